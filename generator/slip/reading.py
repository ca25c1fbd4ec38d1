"""A filled-in routing slip as rows: whatever people did to the file, a cell is named where it stood."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape

from generator.work import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openpyxl import Workbook

    from generator.work import Entry

#: Heading → field of a row. A sheet with the headings of `NEEDED` is a slip, with `KEPT`'s too the sheet of kept rows.
HEADINGS = {
    "id": "id",
    "section": "section",
    "action": "text",
    "owner": "owner",
    "due": "due",
    "done on": "done",
    "initials": "initials",
    "notes": "notes",
}
KEPT = {"stood in": "cell", "why": "reason"}
NEEDED = {"id", "action", "done on"}

#: What openpyxl raises for a file that is damaged, encrypted, or no workbook at all.
_DAMAGE = (
    OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError,
    SyntaxError, ArithmeticError, BadZipFile, zlib.error,
)  # fmt: skip
_LARGEST = 50_000_000  # bytes, unpacked
_LINE_END = re.compile(r"\r\n?")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)  # no other program shows them, or writes them
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = range(32874, 109575)  # 1990 to 2199 as Excel counts days
#: What cannot be carried over: kind → the parts of the package where it is, and how it begins there.
_PARTS = {
    "comment": (re.compile(r"/(?:threaded)?comments?\d*\.xml$", re.IGNORECASE), re.compile(rb"<(?:\w+:)?comment[\s>]")),
    "picture or shape": (
        re.compile(r"/drawings/[^/]+\.xml$"),
        re.compile(rb"<(?:\w+:)?(?:twoCell|oneCell|absolute)Anchor"),
    ),
}


class UnreadableError(Exception):
    """The file is not a routing slip that can be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the slip, and the name of its id's cell."""

    row: Row
    id_cell: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What a slip holds: its rows, the rows kept on another sheet, and where there are cells beside its columns.

    `above`: what stands in the column of ids above the headings, with its cell. `sheets` are the names of further
    sheets; `extras` counts comments and pictures.
    """

    lines: tuple[Line, ...]
    kept: tuple[Row, ...]
    beside: tuple[str, ...]
    above: Mapping[str, str]
    sheets: tuple[str, ...]
    extras: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """The cells below a row of headings: column → field, and for each row column → value.

    `above`: the same for the rows above. `epoch`: the day from which the workbook counts days.
    """

    title: str
    epoch: datetime
    columns: Mapping[int, str]
    rows: Mapping[int, Mapping[int, Any]]
    above: Mapping[int, Mapping[int, Any]]

    def cell(self, row: int, field: str) -> str:
        """The name of a cell: "Slip!F12"."""
        return f"{self.title}!{get_column_letter(self.column(field))}{row}"

    def column(self, field: str) -> int:
        """The column of a field."""
        return next(column for column, name in self.columns.items() if name == field)


def read(content: bytes) -> Slip:
    """Read a slip. Raises UnreadableError."""
    try:
        extras = parts_of(content)
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of what it leaves out
            return slip_of(content, extras)
    except _DAMAGE as error:
        message = f"it is not a workbook that can be read ({error})"
        raise UnreadableError(message) from error


def parts_of(content: bytes) -> Mapping[str, int]:
    """How many comments, and how many pictures and shapes, a workbook holds."""
    with ZipFile(BytesIO(content)) as package:
        members = package.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > _LARGEST or any(member.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for member in members):
            message = "it is larger than a slip can be, or packed in an unusual way"
            raise UnreadableError(message)
        counts: Counter[str] = Counter()
        for member in members:
            for kind, (name, element) in _PARTS.items():
                if name.search(member.filename):
                    counts[kind] += len(element.findall(package.read(member)))
    return counts


def slip_of(content: bytes, extras: Mapping[str, int]) -> Slip:
    """The slip's tables, told apart by their headings. Raises UnreadableError."""
    book = opened(content, cached=False)
    tables = {title: table for title in titles_of(book) if (table := table_of(book, title))}
    if any(is_formula(value) for table in tables.values() for row in table.rows.values() for value in row.values()):
        cached = opened(content, cached=True)
        tables = {title: with_results(table, table_of(cached, title)) for title, table in tables.items()}
    kept = [table for table in tables.values() if "reason" in table.columns.values()]
    slips = [table for table in tables.values() if table not in kept]
    if len(slips) != 1 or len(kept) > 1:
        found = f"{len(slips) or 'no'} sheets with the headings id, action and done on" if len(slips) != 1 else ""
        message = f"it has {found or f'{len(kept)} sheets of kept rows'}; it must have one"
        raise UnreadableError(message)
    return Slip(
        lines=tuple(Line(row, slips[0].cell(number, "id")) for number, row in rows_of(slips[0])),
        kept=tuple(row for table in kept for _, row in rows_of(table)),
        beside=tuple(name for table in tables.values() for name in beside(table)),
        above={
            str(cells.get(slips[0].column("id"))): slips[0].cell(row, "id") for row, cells in slips[0].above.items()
        },
        sheets=tuple(title for title in book.sheetnames if title not in tables),
        extras=extras,
    )


def opened(content: bytes, *, cached: bool) -> Workbook:
    """The workbook; `cached` gives the results of formulas instead of the formulas."""
    return openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=cached, keep_links=False)


def titles_of(book: Workbook) -> list[str]:
    """The sheets with cells; a chart on a sheet of its own has none."""
    return [sheet.title for sheet in book.worksheets]


def table_of(book: Workbook, title: str) -> Table | None:
    """The table on a sheet; None where there is no row with a slip's headings."""
    columns: Mapping[int, str] = {}
    rows: dict[int, Mapping[int, Any]] = {}
    above: dict[int, Mapping[int, Any]] = {}
    sheet: Any = book[title]
    sheet.reset_dimensions()  # another program may have left them wrong
    for row in sheet.iter_rows():
        written = [(cell, value) for cell in row if cell.value is not None and (value := value_of(cell)) is not None]
        cells = {cell.column: value for cell, value in written}
        if not columns and (columns := headings(cells)):
            above, rows = rows, {}
        elif cells:
            rows[written[0][0].row] = cells
    return Table(title, book.epoch, columns, rows, above) if columns else None


def headings(cells: Mapping[int, Any]) -> Mapping[int, str]:
    """Column → field, if these are a slip's headings; of two equal headings the first counts."""
    said = {column: " ".join(str(value).casefold().split()) for column, value in cells.items()}
    if not set(said.values()) >= NEEDED:
        return {}
    known = HEADINGS | (KEPT if "why" in said.values() else {})
    firsts = {heading: column for column, heading in reversed(said.items()) if heading in known}
    return {column: known[heading] for heading, column in firsts.items()}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that somebody wrote into the table, as its text."""

    text: str


def is_formula(value: object) -> bool:
    """Whether a cell's value is still to be worked out."""
    return isinstance(value, Formula)


def value_of(cell: Any) -> Any:  # noqa: ANN401 -- openpyxl's cells, and whatever they hold
    """A cell's value without what only formats it; None for one that shows nothing."""
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if isinstance(value, str):
        text = _UNSEEN.sub("", _LINE_END.sub("\n", unescape(value)))
        return text if text.strip() else None
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, time | timedelta):
        return str(value)
    return value


def with_results(table: Table, cached: Table | None) -> Table:
    """The table with the result of each formula; its text where no program has worked it out."""
    results = cached.rows if cached else {}

    def result(row: int, column: int, value: object) -> object:
        if not isinstance(value, Formula):
            return value
        return results.get(row, {}).get(column, value.text)

    rows = {
        row: {column: result(row, column, value) for column, value in cells.items()}
        for row, cells in table.rows.items()
    }
    return replace(table, rows=rows)


def rows_of(table: Table) -> Iterator[tuple[int, Row]]:
    """The rows in which anything is written, with their numbers."""
    for number, cells in table.rows.items():
        found = {field: cells.get(column) for column, field in table.columns.items()}
        if any(value is not None for value in found.values()):
            yield (
                number,
                Row(
                    cell=str(found.get("cell") or table.cell(number, "done")),
                    id=str(found.get("id") or "").strip(),
                    section=found.get("section"),
                    text=found.get("text"),
                    owner=found.get("owner"),
                    due=found.get("due"),
                    done=done_of(found["done"], table.epoch),
                    initials=found.get("initials"),
                    notes=found.get("notes"),
                    reason=str(found.get("reason") or ""),
                ),
            )


def done_of(value: Any, epoch: datetime) -> Entry:  # noqa: ANN401 -- whatever a cell holds
    """A done mark: a day, however it was written, or whatever else stands there."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value in _DAYS:
        day: date = from_excel(value, epoch).date()  # it lost its format when it was pasted
        return day
    written: Entry = value
    return written


def beside(table: Table) -> Iterator[str]:
    """The names of cells in the table's rows that are in none of its columns."""
    for number, cells in table.rows.items():
        yield from (
            f"{table.title}!{get_column_letter(column)}{number}" for column in cells.keys() - table.columns.keys()
        )
