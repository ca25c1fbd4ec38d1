"""The ledger of issued invoices, `deals/invoices.csv`: a line for each, added and never changed."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING

from generator.codes import Code
from generator.errors import Problem
from generator.source import problem_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from generator.errors import Severity

NAME = "invoices.csv"
#: The file that whoever adds to the ledger locks; git is told to ignore such names.
LOCK = ".~lock.dealdocs"
COLUMNS = ("number", "deal", "what", "date", "currency", "net", "tax", "total", "hash")
HEADER = ",".join(COLUMNS)

_SHAPES = {
    "number": re.compile(r"[A-Za-z0-9/._-]{1,60}"),
    "deal": re.compile(r"[a-z0-9-]{1,60}"),
    "what": re.compile(r"setup|[0-9]{4}-[0-9]{2}|credit-[0-9]+|note-[A-Za-z0-9_.-]{1,80}|refund-[0-9]{4}-[0-9]{2}"),
    "currency": re.compile(r"[A-Z]{3}"),
    "hash": re.compile(r"[0-9a-f]{16}(?:-[0-9a-f]{16}){3}"),
}
#: The keys of credit notes.
IS_CREDIT = re.compile(r"credit-|note-|refund-")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: A row as we write it: read at once, for there are thousands of them. Any other is read cell by cell.
_AMOUNT = r"([0-9]+(?:\.[0-9]+)?)"
_ROW = re.compile(
    ",".join(
        [
            *(f"({_SHAPES[column].pattern})" for column in ("number", "deal", "what")),
            f"({_ISO.pattern})",
            f"({_SHAPES['currency'].pattern})",
            *[_AMOUNT] * 3,
            f"({_SHAPES['hash'].pattern})",
        ]
    )
)
#: What git leaves where it could not merge: where the one side begins, then what both began from, the other side.
_MARKS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An issued invoice or credit note; `line` is where it stands in the ledger (from 1), 0 if it does not yet.

    `what` is the invoice's key ("setup", "2026-12", "note-2026-0001"); amounts are in `currency`.
    `hash` stands for all that the invoice says: see `content.digest`.
    """

    number: str
    deal: str
    what: str
    date: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    hash: str
    line: int = 0

    @property
    def reference(self) -> str:
        """What names it in a message: "2026-0007 (harbor-dental, 2026-12)"."""
        return f"{self.number} ({self.deal}, {self.what})"

    @property
    def is_credit(self) -> bool:
        """Whether it is a credit note: of the packet, of the deal file, or a refund."""
        return self.what.startswith(("credit-", "note-", "refund-"))


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger as it was read; `file` is its path as the user gave it.

    `problems` are those that show in the file alone: what cannot be read, and what is there twice. One that is about
    a line names its deal; one that names no deal is about them all.
    """

    file: str = NAME
    text: str = ""
    lines: tuple[LedgerLine, ...] = ()
    problems: tuple[Problem, ...] = ()
    by_deal: Mapping[str, tuple[LedgerLine, ...]] = field(default_factory=dict)

    def of(self, deal: str) -> tuple[LedgerLine, ...]:
        """A deal's lines."""
        return self.by_deal.get(deal, ())

    def faults_of(self, deal: str) -> list[Problem]:
        """Why nothing can be said of a deal's invoices."""
        return [problem for problem in self.problems if problem.deal in {"", deal}]

    def problem(
        self, code: Code, line: LedgerLine, message: str, hint: str = "", severity: Severity = "error"
    ) -> Problem:
        """A problem at one of its lines, or at its end for a line that is not there yet."""
        at = line.line or len(self.text.splitlines()) + 1
        return replace(self.at(code, at, message, hint, severity), deal=line.deal)

    def at(self, code: Code, line: int, message: str, hint: str = "", severity: Severity = "error") -> Problem:
        """A problem at a line that is of no deal."""
        return problem_in(self.file, self.text, code, (line, 1), message, hint, severity)


@lru_cache(maxsize=4)
def parse(text: str, file: str) -> Ledger:
    """Read the ledger's text; what cannot be read is among its problems."""
    rows = text.splitlines()
    problems = list(_of_head(rows, text, file)) + list(_conflicts(rows, text, file))
    lines: list[LedgerLine] = []
    for at, row in enumerate(rows[1:], 2):
        if row.startswith(_MARKS):
            continue
        try:
            as_written = _ROW.fullmatch(row)
            cells = as_written.groups() if as_written else cells_of(row)
            lines.append(line_of(cells, at, sound=bool(as_written)))
        except ValueError as error:
            hint = "every line has " + HEADER + "; bring the file back from git if a spreadsheet program saved it"
            problems.append(problem_in(file, text, Code.LEDGER_LINE, (at, 1), f"this line {error}", hint))
    by_deal: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in lines:
        by_deal[line.deal].append(line)
    issued = {deal: tuple(its) for deal, its in by_deal.items()}
    read = Ledger(file, text, tuple(lines), (), issued)
    return replace(read, problems=(*problems, *_twice(read)))


def rows_of(text: str) -> dict[str, str]:
    """Deal → its rows as they are written, without a look at what they say: quick, for a ledger that did not change."""
    rows: dict[str, list[str]] = defaultdict(list)
    for row in text.splitlines():
        _, _, rest = row.partition(",")
        rows[rest.partition(",")[0].strip('"')].append(row)
    return {deal: "\n".join(its) for deal, its in rows.items()}


def cells_of(row: str) -> list[str]:
    """A row's cells. Raises ValueError."""
    try:
        return next(csv.reader([row], strict=True), [])
    except csv.Error:
        message = "has a quotation mark that is not closed, or something behind one"
        raise ValueError(message) from None


def line_of(cells: Sequence[str], at: int = 0, *, sound: bool = False) -> LedgerLine:
    """A row of the ledger as a line; `sound`: its cells have their shapes. Raises ValueError with what is wrong."""
    if not sound:
        look_at(cells)
    number, deal, what, day, currency, *amounts, hash_ = cells
    net, tax, total = map(Decimal, amounts)
    if net + tax != total:
        message = f"has a total of {total}, but {net} and {tax} make {net + tax}"
        raise ValueError(message)
    return LedgerLine(number, deal, what, _day(day), currency, net, tax, total, hash_, at)


def look_at(cells: Sequence[str]) -> None:
    """Raise ValueError for the first cell of a row that has not its shape."""
    if len(cells) != len(COLUMNS):
        message = f"has {len(cells)} columns; there are {len(COLUMNS)}"
        raise ValueError(message)
    for column, cell in zip(COLUMNS, cells, strict=True):
        if column == "date":
            _day(cell)
        elif column in _SHAPES and not _SHAPES[column].fullmatch(cell):
            message = f"has '{cell}' for its {column}"
            raise ValueError(message)
        elif column not in _SHAPES and not re.fullmatch(_AMOUNT, cell):
            message = f"has '{cell}' for its {column}; an amount is written 1410.00"
            raise ValueError(message)


def _day(cell: str) -> date:
    if _ISO.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass
    message = f"has '{cell}' for its date; a date is written 2026-12-31"
    raise ValueError(message)


def _of_head(rows: Sequence[str], text: str, file: str) -> Iterator[Problem]:
    """The problem of a first line that is not the heading."""
    if rows and rows[0] != HEADER:
        hint = f"it is {HEADER}; bring the file back from git if a spreadsheet program saved it"
        yield problem_in(file, text, Code.LEDGER_HEADER, (1, 1), "the first line is not the ledger's heading", hint)


def _conflicts(rows: Sequence[str], text: str, file: str) -> Iterator[Problem]:
    """A problem for each place where a merge left both sides."""
    begun = 0
    for at, row in enumerate(rows, 1):
        if row.startswith(_MARKS[0]):
            begun = at
        elif row.startswith(_MARKS[3]):
            message = f"a merge left both sides here, on lines {begun or 1} to {at}"
            hint = (
                "keep the lines of the side whose invoices were sent, take away the others and the marks, and run "
                "'dealdocs number' for the other side's deals again"
            )
            yield problem_in(file, text, Code.LEDGER_CONFLICT, (begun or 1, 1), message, hint)


def _twice(ledger: Ledger) -> Iterator[Problem]:
    """A problem on each line whose number, or whose invoice, stands on another one too."""
    numbers: dict[str, list[LedgerLine]] = defaultdict(list)
    invoices: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in ledger.lines:
        numbers[line.number.casefold()].append(line)
        invoices[f"{line.deal}, {line.what}"].append(line)
    for line, others in _sharing(numbers.values()):
        message = f"the number {line.number} ({line.deal}, {line.what}) is on line {others} too"
        hint = "take away the line whose invoice was not sent yet, and run 'dealdocs number' for that deal again"
        yield ledger.problem(Code.NUMBER_TWICE, line, message, hint)
    for line, others in _sharing(invoices.values()):
        message = f"the invoice {line.deal}, {line.what} ({line.number}) is on line {others} too"
        hint = "an invoice has one number: take away the line of the one that was not sent"
        yield ledger.problem(Code.INVOICE_TWICE, line, message, hint)


def _sharing(groups: Iterable[Sequence[LedgerLine]]) -> Iterator[tuple[LedgerLine, str]]:
    """Each line of a group of several, and where its others are."""
    for group in groups:
        if len(group) > 1:
            for line in group:
                yield line, " and ".join(str(other.line) for other in group if other is not line)


def in_words(what: str, month: Callable[[date], str]) -> str:
    """An invoice's key for people: "setup", "December 2026", "correction 2026-0001", "refund for June 2027"."""
    kind, _, rest = what.partition("-")
    if kind in {"credit", "note"}:
        return f"{'correction' if kind == 'note' else kind} {rest}"
    refund = what.startswith("refund-")
    days = what.removeprefix("refund-")
    if not days[:1].isdigit():
        return what
    return f"{'refund for ' if refund else ''}{month(date.fromisoformat(f'{days}-01'))}"


def text_of(lines: Iterable[LedgerLine]) -> str:
    """Lines as they are written in the ledger."""
    made = StringIO()
    writer = csv.writer(made, lineterminator="\n")
    for line in lines:
        writer.writerow(
            (
                line.number,
                line.deal,
                line.what,
                line.date.isoformat(),
                line.currency,
                *(f"{amount:f}" for amount in (line.net, line.tax, line.total)),
                line.hash,
            )
        )
    return made.getvalue()


def with_lines(text: str, lines: Sequence[LedgerLine]) -> str:
    """The ledger's text with lines added at its end; nothing else of it changes."""
    before = text or HEADER + "\n"
    if not before.endswith("\n"):
        before += "\n"
    end = "\r\n" if before.splitlines(keepends=True)[0].endswith("\r\n") else "\n"
    return before + text_of(lines).replace("\n", end)
