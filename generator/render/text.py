"""Plain-text templates, and the e-mails that those are which begin with a head: To, Subject, Attach and so on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from generator.errors import Faults, Problem, did_you_mean
from generator.mail import ADDRESSED, FIELDS, RECIPIENTS, SEVERAL, Field, Mail
from generator.render.names import findings
from generator.render.sources import Sources
from generator.source import UNWANTED
from generator.templating import FILLING_ERRORS, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from jinja2 import Template

    from generator.templating import Sandbox

_COMMENT = r"\{#(?:(?!#\}).)*#\}[ \t]*"
#: What may stand before a head.
_BEFORE = re.compile(rf"(?:\s*{_COMMENT}(?:\n|\Z))*", re.DOTALL)
_FIRST = re.compile(rf"(?:{'|'.join(FIELDS)})[ \t]*:", re.IGNORECASE)
_LINE = re.compile(r"([\w-]+)[ \t]*:[ \t]*(.*)")
#: An attribute of an HTML element that names a file.
_FILE = re.compile(r"""\b(?:src|href)\s*=\s*["']?(?![a-z]+:|[#{"'])([^"'\s>{]+)""", re.IGNORECASE)
#: What a path of an attachment may say instead of {{ deal.id }}.
_SHORT = re.compile(r"(?<!\{)\{deal\}(?!\})")

#: They stand around each value in a line of addresses, so that a comma in a name is not one between two addresses.
BEGIN, END = "\x02", "\x03"
_VALUE = re.compile(f"{BEGIN}([^{END}]*){END}")
_PLAIN = f'[^,;<"{BEGIN}{END}]*'
#: A name before an address in angle brackets, of which a value is a part.
_NAME = re.compile(rf'(^|[,;])[ \t]*"?({_PLAIN}(?:{_VALUE.pattern}{_PLAIN})+)"?[ \t]*(?=<)')
_ONE = re.compile(f"<{BEGIN}([^{END}]*[<>,;\\s][^{END}]*){END}>")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the head as it stands in the template; `number` from 1."""

    name: str
    written: str
    number: int


class TextTemplate:
    """A text template and all that it includes; an `.html` of the same name beside it is the HTML part of an e-mail."""

    def __init__(self, path: Path, environment: Sandbox) -> None:
        self.file = str(path)
        self.written: list[str] = []
        self.head: list[Line] = []
        self.filling: dict[int, Template] = {}
        self.plain = environment.overlay(autoescape=False, finalize=of_one_line)
        self.marking = environment.overlay(autoescape=False, finalize=marked)
        beside = path.with_suffix(".html")
        faults: list[Problem] = []
        self.html: Sources | None = None
        try:
            self.body = Sources(path, environment.overlay(autoescape=False), self.without_head)
        except Faults as error:
            faults += error.problems
        try:
            self.html = (
                Sources(beside, environment.overlay(autoescape=True)) if self.head and beside.is_file() else None
            )
        except Faults as error:
            faults += error.problems
        faults += [*self.misshapen(), *self.unreadable()]
        if faults:
            raise Faults(faults)

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:  # noqa: ARG002 -- as others
        """Make the text, in UTF-8; the head of an e-mail is the beginning of it. Raises Faults."""
        head = "".join(f"{field.name}: {field.value}\n" for field in self.fields(values))
        return (head + "\n" * bool(head) + self.body.text(values)).encode()

    def mail(self, values: Mapping[str, object]) -> Mail:
        """Make the e-mail. Raises Faults, for a template without a head too."""
        if not self.head:
            message = "it has no head, so that it is not known to whom it goes"
            hint = "begin it with lines such as 'To: {{ client.contact.email }}' and 'Subject: …', then an empty line"
            raise Faults([Problem(self.file, "T160", message, 1, hint=hint)])
        return Mail(self.fields(values), self.body.text(values), self.html.text(values) if self.html else "")

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every name that there is not, in head, text and HTML part."""
        found = {*self.body.unknown(known), *(self.html.unknown(known) if self.html else ())}
        for line in self.head:
            for finding in findings(self.plain.parse(line.written), known, self.plain):
                code = "T110" if finding.about == "value" else "T111"
                found.add(replace(self.problem(code, finding.message, line.number), hint=finding.hint))
        return tuple(sorted({*found, *self.unreachable()}, key=lambda problem: problem.order))

    def unreachable(self) -> Iterator[Problem]:
        """What the HTML part takes from files, which those who get the e-mail do not have."""
        if self.html is None:
            return
        hint = "attach a picture ('Attach: logo.png' in the head) and write src=\"cid:logo.png\"; write styles here"
        for name, text in self.html.texts.items():
            for match in _FILE.finditer(text):
                message = f"an e-mail cannot show '{match[1]}', which is a file here"
                line = text.count("\n", 0, match.start()) + 1
                yield Problem(self.html.file_of(name), "T162", message, line, hint=hint)

    def without_head(self, text: str) -> str:
        """Take the head, if there is one, off a template's text; what is left keeps its line numbers."""
        before = _BEFORE.match(text)
        start = before.end() if before else 0
        if not _FIRST.match(text, start):
            return text
        end = re.compile(r"\n[ \t]*(?:\n|\Z)|\Z").search(text, start)
        cut = end.end() if end else len(text)
        self.written = text.split("\n")
        self.head = [*head_lines(text[start:cut], text.count("\n", 0, start) + 1)]
        return "{#" + "\n" * text.count("\n", 0, cut) + "#}" + text[cut:]

    def fields(self, values: Mapping[str, object]) -> tuple[Field, ...]:
        """The head, filled in. Raises Faults with the faults of all its lines."""
        filled, faults = [], []
        for line in self.head:
            try:
                filled.append(Field(line.name, self.value(line, values), self.file, line.number))
            except FILLING_ERRORS as error:
                faults.append(self.problem("T110", f"{line.name}: {error}", line.number))
        if faults:
            raise Faults(faults)
        return tuple(filled)

    def value(self, line: Line, values: Mapping[str, object]) -> str:
        """What a line says for these values."""
        text = self.filling[line.number].render(dict(values))
        return unmarked(text).strip() if line.name in ADDRESSED else text.strip()

    def misshapen(self) -> Iterator[Problem]:
        """What is wrong with the head as a whole, and with lines that are none of a head."""
        names = [line.name for line in self.head]
        for line in self.head:
            if line.name not in FIELDS.values():
                hint = did_you_mean(line.name, FIELDS.values()) or f"there are {', '.join(FIELDS.values())}"
                message = f"'{line.name}' is not a line of a head, which an empty line ends"
                yield replace(self.problem("T161", message, line.number), hint=hint)
            elif names.count(line.name) > 1 and line.name not in SEVERAL:
                yield self.problem("T161", f"there is more than one line '{line.name}'", line.number)
        if names and not set(names) & set(RECIPIENTS):
            yield self.problem("T161", "the head has no line 'To'", self.head[0].number)
        if names and "Subject" not in names:
            yield self.problem("T161", "the head has no line 'Subject'", self.head[0].number)

    def unreadable(self) -> Iterator[Problem]:
        """Compile the head; yields the faults of its syntax."""
        for line in self.head:
            try:
                environment = self.marking if line.name in ADDRESSED else self.plain
                self.filling[line.number] = environment.from_string(line.written)
            except TemplateSyntaxError as error:
                yield self.problem("T101", error.message or "", line.number)

    def problem(self, code: str, message: str, number: int) -> Problem:
        """A problem in a line of the head."""
        return Problem(self.file, code, message, number, source=self.written[number - 1])


def head_lines(head: str, first: int) -> Iterator[Line]:
    """The lines of a head, less comments; one that has no name is its own name."""
    for number, written in enumerate(head.split("\n"), first):
        if not written.strip() or re.fullmatch(_COMMENT, written.strip()):
            continue
        match = _LINE.fullmatch(written)
        name, value = match.groups() if match else (written.strip(), "")
        known = FIELDS.get(name.lower(), name)
        yield Line(known, _SHORT.sub("{{ deal.id }}", value) if known == "Attach" else value, number)


def of_one_line(value: Any) -> str:  # noqa: ANN401 -- whatever a template prints
    """A value as text for the head. Raises ValueError where it would end the line, and so begin another one."""
    text = str(present(value))
    if UNWANTED.search(text) or "\n" in text or "\r" in text:
        message = f"a line break or control character in {text[:60]!r} cannot stand in the head of an e-mail"
        raise ValueError(message)
    return text


def marked(value: Any) -> str:  # noqa: ANN401 -- whatever a template prints
    """A value as text for a line of addresses, told from what stands in the template."""
    return f"{BEGIN}{of_one_line(value)}{END}"


def unmarked(text: str) -> str:
    """A line of addresses without marks: names in quotes, so that every value stays where it is put."""
    several = _ONE.search(text)
    if several:
        message = f"'{several[1]}' is not one e-mail address"
        raise ValueError(message)
    return _VALUE.sub(r"\1", _NAME.sub(quoted_name, text))


def quoted_name(match: re.Match[str]) -> str:
    """A name before an address, in quotes."""
    name = _VALUE.sub(r"\1", match[2]).strip()
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{match[1]} "{escaped}" ' if name else f"{match[1]} "
