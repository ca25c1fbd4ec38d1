"""A merge as it is asked for: which of all the shapes it takes, with the options that go with that shape."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.account import Written
from generator.cli import previewing
from generator.cli.console import tell
from generator.errors import Faults, Misuse
from generator.merge import emailing, merging, printing
from generator.merge.gathering import Gathering
from generator.merge.merging import Merged
from generator.merge.outbox import MERGED, Outbox, sparing, still_there
from generator.render import RENDERERS
from generator.report import counted
from generator.workspace import Workspace

if TYPE_CHECKING:
    from email.message import EmailMessage

    from generator.recipients import Recipient


@dataclass(slots=True)
class Order:
    """A merge as it is asked for: whose records, what becomes of the files, and the options of the command line.

    `told`: how many of the problems were told before the end.
    `names` are those of the records' own files, if they get any; `done` the files that are finished, as they come.
    """

    workspace: Workspace
    found: Gathering
    box: Outbox
    options: Mapping[str, Any]
    names: list[str] = field(default_factory=list)
    done: list[Written] = field(default_factory=list)
    told: int = 0

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
        merged.files = self.written([(path, content)], self.found.subject.name)
        return merged

    def written(self, files: Iterable[tuple[Path, bytes]], document: str) -> list[Written]:
        """Write files, or only say what would be written."""
        write = self.box.preview if self.options["dry"] else self.box.write
        spared = sparing(files, (self.workspace.templates, self.workspace.deals), self.sources)
        self.done.extend(write(spared, document, self.found.problems))  # each as it comes: Ctrl-C tells how many
        return self.done

    @property
    def sources(self) -> list[Path]:
        """The files that the merge is made from."""
        table = self.found.table
        read = (self.found.subject.template, self.options["text_file"], Path(table.file) if table else None)
        return [path for path in read if path]

    def expect(self, suffix: str, *, several: bool = False) -> None:
        """Raise Misuse where a file would be of another kind than is asked for, or not where it is to be."""
        output: Path | None = self.options["output"]
        if self.options["pdf"] and suffix != ".pdf":
            reason = "Word and Excel files stay what they are, to be changed; an .html template makes a PDF"
            message = f"{self.found.subject.name} makes {suffix} files, no PDF ({reason})"
            raise Misuse(message)
        if several and output and not output.exists() and output.suffix.lower() in {suffix, *RENDERERS, ".pdf", ".csv"}:
            message = f"--output: {output} is named like a file; several files need a folder"
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
        """The list of deals for others' merges. Raises Misuse."""
        if self.options["data_out"].suffix.lower() != ".csv":
            message = f"--data-out: {self.options['data_out']} must end with .csv, for that is what is made"
            raise Misuse(message)
        merging.all_used(self.found)
        content = merging.contact_list(self.found)
        path: Path = self.options["data_out"]
        return Merged(self.written([(path, content)], "contacts"), len(self.found.records))

    def on_paper(self) -> Merged:
        """Labels or envelopes."""
        name, text = self.found.subject.name, self.options["text_file"]
        self.expect(".pdf")
        if name == "labels":
            start = row_and_column(self.options["start_at"])
            made = printing.labels(self.found, self.options["sheet"], start, text, outline=self.options["outline"])
        else:
            sender = not self.options["no_sender"]
            made = printing.envelopes(self.found, self.options["size"], text, sender=sender)
        merging.all_used(self.found)
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
        merging.all_used(found)
        if options["separate"]:
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
        done = self.written(files, self.found.subject.name)
        if not done:
            raise Faults(merging.nothing_left(self.found))
        return Merged([*done, *self.pruned(done)], sum(one.change != "kept" for one in done))

    def pruned(self, done: Sequence[Written]) -> list[Written]:
        """Remove what earlier merges left in the folder if that is asked for; what stays there is told."""
        document, prune = self.found.subject.name, self.options["prune"]
        earlier = self.box.earlier(self.folder, document, done)
        unwanted = [path for path, untouched in earlier.items() if untouched and prune]
        stay = [path.name for path, untouched in earlier.items() if not (untouched and prune)]
        if stay:
            self.found.problems.append(still_there(self.folder, stay, pruned=prune))
        gone = self.box.remove(unwanted, self.found.problems) if unwanted and not self.options["dry"] else unwanted
        return [Written(document, str(path), "removed") for path in gone]

    def e_mails(self) -> Merged:
        """Drafts, or messages on their way."""
        self.expect(".eml", several=True)
        template = merging.opened(self.found)
        if not self.options["send"]:
            self.names = merging.names_of(self.found, self.options["pattern"] or merging.PATTERN, ".eml")
        merging.all_used(self.found)
        messages = emailing.messages(self.workspace, self.found, template)
        if self.options["send"]:
            return self.sent(list(messages))
        named = {one.key: name for one, name in zip(self.found.records, self.names, strict=True)}
        return self.apart((self.folder / named[one.key], made.as_bytes()) for one, made in messages)

    def sent(self, messages: list[tuple[Recipient, EmailMessage]]) -> Merged:
        """Send the messages, if somebody says so."""
        if not messages:
            raise Faults(merging.nothing_left(self.found))
        if self.options["dry"]:
            return Merged(note=f"{counted(len(messages), 'message')}; none of them was sent.")
        tell(self.found.problems)  # before anybody is asked, or anything goes
        self.told = len(self.found.problems)
        force, rate = self.options["force"], self.options["rate"]
        results, problems = emailing.sent(self.workspace, messages, rate, self.may_send, said, force=force)
        self.found.problems += problems
        return Merged(letters=sum(result.state == "sent" for result in results), note=emailing.summary(results))

    def listed(self) -> tuple[list[Recipient], list[str]]:
        """The records of which something was made, and their files' names."""
        records, names = self.found.records, self.names or [""] * len(self.found.records)
        faults = set() if self.options["send"] else previewing.faulty(self.found.problems)
        sound = [
            pair
            for pair in zip(records, names, strict=True)
            if (pair[0].file, pair[0].line, "" if pair[0].line else pair[0].key) not in faults
        ]
        return [one for one, _ in sound], [name for _, name in sound]

    def may_send(self, question: str) -> bool:
        """Whether to send: `--yes`, or what somebody at the terminal says. Raises Misuse where there is nobody."""
        left_out = len(previewing.faulty(self.found.problems))
        if left_out:
            question = f"{counted(left_out, 'record')} {'is' if left_out == 1 else 'are'} left out. {question}"
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
