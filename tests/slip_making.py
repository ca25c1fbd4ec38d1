"""An office for tests: a deal is rendered, people fill in its slip, and what becomes of every mark is followed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl

from generator import pipeline, write
from generator.order import Order
from generator.pipeline import Workspace
from tests.making import ROOT, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.account import Account

DEAL = "harbor-dental"
HEADINGS = ("id", "Section", "Action", "Owner", "Due", "Done on", "Initials", "Notes")
MARKS = ("Done on", "Initials", "Notes")
ONLY_SLIPS = Order(only=frozenset({"routing-slip"}))


@dataclass(frozen=True)
class Office:
    """A workspace with one deal; `slip` is its filled-in routing slip."""

    root: Path

    @classmethod
    def opened(cls, root: Path) -> Office:
        """Set the deal down and make its slip."""
        (root / "deals").mkdir(parents=True)
        shutil.copytree(TEMPLATES, root / "templates")
        made = cls(root)
        made.take(DEAL)
        made.render()
        return made

    def take(self, deal: str) -> None:
        """Put one of the sample deals among the deals."""
        shutil.copy(ROOT / "deals" / f"{deal}.yaml", self.root / "deals")

    @property
    def workspace(self) -> Workspace:
        return Workspace.at(self.root)

    @property
    def slip(self) -> Path:
        return self.root / "output" / DEAL / "routing-slip.xlsx"

    def render(self, *, force: bool = False) -> Account:
        """Make the slip again."""
        writer = write.Disk(self.workspace.output, force=force)
        return pipeline.render(self.workspace, (), writer, order=ONLY_SLIPS)

    def change_deal(self, *replacing: tuple[str, str]) -> None:
        """Replace texts in the deal's file."""
        path = self.root / "deals" / f"{DEAL}.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in replacing:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def sheet(self) -> Sheet:
        """The slip as a workbook to write into."""
        return Sheet(self.slip)

    def rows(self, title: str = "Slip") -> dict[int, dict[str, Any]]:
        """Row number → heading → what stands there; rows in which nothing stands are left out."""
        return {number: row for number, row in Sheet(self.slip, title).rows() if any(row.values())}

    def actions(self) -> dict[str, dict[str, Any]]:
        """The rows of the slip's actions by id."""
        return {row["id"]: row for row in self.rows().values() if row["id"]}

    def added(self) -> list[dict[str, Any]]:
        """The rows that people added."""
        return [row for row in self.rows().values() if not row["id"]]

    def kept(self) -> list[dict[str, Any]]:
        """The rows on the sheet of kept rows, which is an empty sheet without any."""
        is_empty = openpyxl.load_workbook(self.slip)["Kept"].max_row == 1
        return [] if is_empty else list(self.rows("Kept").values())


class Sheet:
    """A sheet of a slip, by headings and row numbers."""

    def __init__(self, path: Path, title: str = "Slip") -> None:
        self.path = path
        self.book = openpyxl.load_workbook(path)
        self.cells: Any = self.book[title]
        rows = enumerate(self.cells.iter_rows(values_only=True), 1)
        self.top = next(number for number, row in rows if "id" in row)
        self.columns: dict[str, int] = {
            str(cell.value): cell.column for cell in self.cells[self.top] if cell.value is not None
        }

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for number in range(self.top + 1, self.cells.max_row + 1):
            yield number, {heading: self.get(number, heading) for heading in self.columns}

    def get(self, number: int, heading: str) -> Any:
        value = self.cells.cell(number, self.columns[heading]).value
        return value.date() if isinstance(value, datetime) else value

    def row_of(self, action: str) -> int:
        """The row of an action."""
        return next(number for number, row in self.rows() if row["id"] == action)

    def put(self, number: int, values: Mapping[str, Any]) -> None:
        """Write cells of a row by their headings; a text stays a text."""
        for heading, value in values.items():
            cell = self.cells.cell(number, self.columns[heading])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, date):
                cell.number_format = "mmm d, yyyy"

    def mark(self, action: str, done: object = None, initials: object = None, notes: object = None) -> str:
        """Fill in an action's row; gives the name of its done cell."""
        number = self.row_of(action)
        self.put(number, dict(zip(MARKS, (done, initials, notes), strict=True)))
        return f"Slip!F{number}"

    def save(self) -> None:
        self.book.save(self.path)


def follow(before: Mapping[int, Mapping[str, Any]], office: Office, account: Account) -> None:
    """Hold that no done mark is lost or on another action, and that every row that was put aside is told by its cell.

    `before` are the rows as people left them; the actions of the new slip read as they do by the deal.
    """
    after = {marked(row) for row in office.rows().values()}
    aside = {marked(row) for row in office.kept()}
    told = {problem.place for problem in account.problems}
    for number, row in before.items():
        if row["Done on"] is not None and marked(row) not in after:
            assert marked(row) in aside, f"the done mark of row {number} is lost: {row}"
            assert {f"Slip!A{number}", f"Slip!F{number}"} & told, f"row {number} is not told: {told}"
    was = {marked(row) for row in before.values()}
    assert aside <= was
    assert {row for row in after if row[2]} <= was
    assert all(row["Why"] for row in office.kept())


def marked(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a done mark stands for: the action's id and its words."""
    return row["id"] or None, row["Action"], row["Done on"], row["Initials"], row["Notes"]
