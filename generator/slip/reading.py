"""A filled-in routing slip as rows: whatever people did to the sheet, a cell is named where it stood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from generator.slip.workbook import Book, Cells, Formula, UnreadableError, book_of
from generator.work import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

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

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = range(32874, 109575)  # 1990 to 2199 as Excel counts days


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
    """The cells above and below a row of headings; `columns`: column number → field.

    `epoch`: the day from which the workbook counts days.
    """

    title: str
    epoch: datetime
    columns: Mapping[int, str]
    above: Cells
    rows: Cells

    def cell(self, row: int, field: str) -> str:
        """The name of a cell: "Slip!F12"."""
        return f"{self.title}!{get_column_letter(self.column(field))}{row}"

    def column(self, field: str) -> int:
        """The column of a field."""
        return next(column for column, name in self.columns.items() if name == field)


def read(content: bytes) -> Slip:
    """Read a slip: its tables are told apart by their headings. Raises UnreadableError."""
    book = book_of(content)
    tables = tables_of(book)
    if any(isinstance(value, Formula) for table in tables for cells in table.rows.values() for value in cells.values()):
        worked_out = book_of(content, results=True)
        tables = [with_results(table, worked_out.sheets[table.title]) for table in tables]
    kept = [table for table in tables if "reason" in table.columns.values()]
    slips = [table for table in tables if table not in kept]
    if len(slips) != 1 or len(kept) > 1:
        found = f"{len(slips) or 'no'} sheets with the headings id, action and done on" if len(slips) != 1 else ""
        message = f"it has {found or f'{len(kept)} sheets of kept rows'}; it must have one"
        raise UnreadableError(message)
    (slip,) = slips
    return Slip(
        lines=tuple(Line(row, slip.cell(number, "id")) for number, row in rows_of(slip)),
        kept=tuple(row for table in kept for _, row in rows_of(table)),
        beside=tuple(name for table in tables for name in beside(table)),
        above={str(cells.get(slip.column("id"))): slip.cell(row, "id") for row, cells in slip.above.items()},
        sheets=tuple(title for title in book.sheets if title not in {table.title for table in tables}),
        extras=book.extras,
    )


def tables_of(book: Book) -> list[Table]:
    """The table of each sheet that has a row with a slip's headings."""
    found = []
    for title, cells in book.sheets.items():
        top, columns = next(((row, named) for row in cells if (named := headings(cells[row]))), (0, None))
        if columns:
            above = {row: cells[row] for row in cells if row < top}
            below = {row: cells[row] for row in cells if row > top}
            found.append(Table(title, book.epoch, columns, above, below))
    return found


def headings(cells: Mapping[int, Any]) -> Mapping[int, str]:
    """Column → field, if these are a slip's headings; of two equal headings the first counts."""
    said = {column: " ".join(str(value).casefold().split()) for column, value in cells.items()}
    if not set(said.values()) >= NEEDED:
        return {}
    known = HEADINGS | (KEPT if "why" in said.values() else {})
    firsts = {heading: column for column, heading in reversed(said.items()) if heading in known}
    return {column: known[heading] for heading, column in firsts.items()}


def with_results(table: Table, results: Cells) -> Table:
    """The table with the result of each formula; its text where no program has worked it out."""

    def result(row: int, column: int, value: object) -> object:
        return results.get(row, {}).get(column, value.text) if isinstance(value, Formula) else value

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
