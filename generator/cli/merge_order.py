"""A merge as it is asked for: which of all the shapes it takes, with the options that go with that shape."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.errors import Faults, Misuse, Problem
from generator.merge import drafts, emailing, merging, printing
from generator.merge.gathering import Gathering
from generator.merge.merging import Merged
from generator.merge.outbox import MERGED
from generator.reading import Workspace
from generator.work import Written

if TYPE_CHECKING:
    from email.message import EmailMessage

    from generator.recipients import Recipient


@dataclass(slots=True)
class Order:
    """A merge as it is asked for: whose records, what becomes of the files, and the options of the command line.

    `names` are those of the records' own files, if they get any.
    """

    workspace: Workspace
    found: Gathering
    write: Callable[[Iterable[tuple[Path, bytes]], str, list[Problem]], Iterable[Written]]
    options: Mapping[str, Any]
    names: list[str] = field(default_factory=list)

    def made(self) -> Merged:
        """Make what is asked for. Raises Faults, and Misuse."""
        if self.options["data_out"]:
            return self.contact_list()
        if self.found.subject.template is None:
            return self.on_paper()
        if self.options["email"]:
            return self.e_mails()
        return self.documents()

    def one(self, name: str, content: bytes, merged: Merged) -> Merged:
        """Write the one file of a merge."""
        path = merging.place_for(self.workspace, self.options["output"], name)
        merged.files = list(self.write([(path, content)], self.found.subject.name, self.found.problems))
        return merged

    def expect(self, suffix: str, *, several: bool = False) -> None:
        """Raise Misuse where a file would be of another kind than is asked for, or not where it is to be."""
        output: Path | None = self.options["output"]
        if self.options["pdf"] and suffix != ".pdf":
            reason = "Word and Excel files stay what they are, to be changed; an .html template makes a PDF"
            message = f"{self.found.subject.name} makes {suffix} files, no PDF ({reason})"
            raise Misuse(message)
        if several and output and output.is_file():
            message = f"--output: {output} is a file; several files need a folder"
            raise Misuse(message)
        if not several and output and not output.is_dir() and output.suffix.lower() != suffix:
            message = (
                f"--output: {output} must end with {suffix}, for that is what is made, or be a folder that there is"
            )
            raise Misuse(message)

    def contact_list(self) -> Merged:
        """The list of deals for others' merges."""
        content = merging.contact_list(self.found)
        path: Path = self.options["data_out"]
        files = list(self.write([(path, content)], "contacts", self.found.problems))
        return Merged(files, len(self.found.records))

    def on_paper(self) -> Merged:
        """Labels or envelopes."""
        name, text = self.found.subject.name, self.options["text_file"]
        self.expect(".pdf")
        if name == "labels":
            start = row_and_column(self.options["start_at"])
            made = printing.labels(self.found, self.options["sheet"], start, text, outline=self.options["outline"])
        else:
            made = printing.envelopes(self.found, self.options["size"], text)
        return self.one(f"{name}.pdf", *made)

    def documents(self) -> Merged:
        """One document for the printer, one with a loop over all records, or one for each of them."""
        found, options = self.found, self.options
        suffix = merging.suffix_of(found)
        name = f"{found.subject.name}{suffix}"
        self.expect(suffix, several=options["separate"])
        template = merging.opened(found, together=options["together"])
        if options["separate"]:
            self.names = merging.names_of(found, options["pattern"] or merging.PATTERN, suffix)
            return self.apart(merging.separate(found, template, self.names, self.folder))
        if options["together"]:
            return self.one(name, *merging.together(found, template))
        return self.one(name, *merging.one_file(found, template, duplex=options["duplex"]))

    @property
    def folder(self) -> Path:
        """Where the files of records are written."""
        return self.options["output"] or self.workspace.output / MERGED / self.found.subject.name

    def apart(self, files: Iterable[tuple[Path, bytes]]) -> Merged:
        """Write a file for each record."""
        done = list(self.write(files, self.found.subject.name, self.found.problems))
        if not done:
            raise Faults(merging.nothing_left(self.found))
        return Merged(done, len(done))

    def e_mails(self) -> Merged:
        """Drafts, or messages on their way."""
        self.expect(".eml", several=True)
        template = merging.opened(self.found)
        if not self.options["send"]:
            self.names = merging.names_of(self.found, self.options["pattern"] or merging.PATTERN, ".eml")
        messages = emailing.messages(self.workspace, self.found, template)
        if self.options["send"]:
            return self.sent(list(messages))
        named = {one.key: name for one, name in zip(self.found.records, self.names, strict=True)}
        return self.apart((self.folder / named[one.key], drafts.as_eml(made)) for one, made in messages)

    def sent(self, messages: list[tuple[Recipient, EmailMessage]]) -> Merged:
        """Send the messages, if somebody says so."""
        if not messages:
            raise Faults(merging.nothing_left(self.found))
        if self.options["dry"]:
            return Merged(note=f"{len(messages)} messages; none of them was sent.")
        force, rate = self.options["force"], self.options["rate"]
        results, problems = emailing.sent(self.workspace, messages, rate, self.may_send, said, force=force)
        self.found.problems += problems
        return Merged(letters=sum(result.state == "sent" for result in results), note=emailing.summary(results))

    def may_send(self, question: str) -> bool:
        """Whether to send: `--yes`, or what somebody at the terminal says. Raises Misuse where there is nobody."""
        if self.options["yes"]:
            return True
        if not sys.stdin.isatty():
            message = f"{question} There is nobody to ask: say --yes"
            raise Misuse(message)
        return click.confirm(question, err=True)


def said(line: str) -> None:
    """Say what became of a message, as it happens."""
    click.echo(line, err=True)


def row_and_column(text: str) -> tuple[int, int]:
    """The place that --start-at names. Raises Misuse."""
    found = re.fullmatch(r"\s*(\d{1,4})\s*,\s*(\d{1,4})\s*", text)
    if not found:
        message = f"--start-at '{text}' must be a row and a column, such as 3,2"
        raise Misuse(message)
    return int(found[1]), int(found[2])
