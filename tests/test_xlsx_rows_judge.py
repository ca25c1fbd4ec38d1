"""References of random sheets after rows came or went: the loop's and LibreOffice's own rows give the same formulas.

In the template a loop's rows stand once, between its tags. For LibreOffice they stand as the loop's first and last
turn, so that a range up to the loop's row ends in the last one, and it puts the turns between them in.

Where the two differ by intention, no formula is made:
- one cell of a loop in a function of lists, `SUM(B5)`, means every turn of it; in LibreOffice it stays one cell;
- a reference all of whose rows an empty list took away means the sheet's last, empty row; in LibreOffice, #REF!.
"""

from __future__ import annotations

import io
import random
import re
from typing import TYPE_CHECKING, NamedTuple

import openpyxl
import xlsxwriter

from generator.render.xlsx import XlsxTemplate
from tests.libreoffice import LIBREOFFICE, run_macro

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGES, ROWS = 40, 26
COUNTS = (0, 1, 2, 3, 9)
SHAPES = (
    "SUM({area})", "SUM({area},{area})", "COUNTIF({area},3)", "SUMPRODUCT({area}*2)", "MAX({area})-{cell}",
    "{cell}*{cell}", "ROUND({cell}/7,2)", "IF({cell}>3,SUM({area}),{cell})", "INDEX({area},2)", "LOG10({cell})",
    "COUNTIF({area},{cell})", "LARGE({area},{cell})", "RANK({cell},{area})", "SUMIF({area},{cell},{area})",
    "COUNTIFS({area},{cell},{area},{cell})", "INDEX({area},{cell})", "SUM({cell}*2,{area})",
    "VLOOKUP({cell},{area},1,0)", '"B7:B9 and "&{cell}', 'IF({cell}="A12",1,-{cell})',
)  # fmt: skip


class Loop(NamedTuple):
    """The rows of a loop in a sheet without tags, and how many turns it makes."""

    top: int
    bottom: int
    turns: int

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1

    @property
    def added(self) -> int:
        """How many rows its last turn adds to the sheet that LibreOffice gets."""
        return self.height if self.turns > 1 else 0


class Page(NamedTuple):
    """A sheet: its name and its loops from top to bottom."""

    name: str
    loops: tuple[Loop, ...]

    def tagged(self, row: int, *, last: bool = False) -> int:  # noqa: ARG002 -- a loop's rows stand once
        """Where a row stands in the template, which holds two rows of tags for each loop."""
        return row + sum((row >= loop.top) + (row > loop.bottom) for loop in self.loops)

    def stood(self, row: int, *, last: bool = False) -> int:
        """Where a row stands for LibreOffice: one of a loop in its first turn or its last."""
        above = sum(loop.added for loop in self.loops if row > loop.bottom)
        return row + above + sum(loop.added for loop in self.loops if last and loop.top <= row <= loop.bottom)

    def outside(self) -> list[int]:
        return [row for row in range(1, ROWS + 1) if not any(loop.top <= row <= loop.bottom for loop in self.loops)]

    def gone(self, top: int, bottom: int) -> bool:
        """Whether empty lists take all of these rows away."""
        empty = {row for loop in self.loops if not loop.turns for row in range(loop.top, loop.bottom + 1)}
        return set(range(top, bottom + 1)) <= empty

    def statements(self) -> list[str]:
        """What LibreOffice is to do, from the lowest loop upwards."""
        rows = f'book.Sheets.getByName("{self.name}").Rows'
        made = []
        for loop in reversed(self.loops):
            if loop.turns == 0:
                made.append(f"{rows}.removeByIndex({self.stood(loop.top) - 1}, {loop.height})")
            elif loop.turns > 2:
                made.append(f"{rows}.insertByIndex({self.stood(loop.bottom)}, {(loop.turns - 2) * loop.height})")
        return made


def page(chance: random.Random, number: int) -> Page:
    tops = chance.choice([(chance.randint(2, 22),), (chance.randint(1, 9), chance.randint(12, 22)), (8, 11)])
    loops = tuple(Loop(top, top + chance.randint(0, 2), chance.choice(COUNTS)) for top in tops)
    return Page(f"Data{number}" if number % 2 else f"It's no. {number}", loops)


class Writer:
    """Writes the same random formulas for either workbook: `place` says where a page's row stands in it."""

    def __init__(self, pages: list[Page], place: Callable[..., int]) -> None:
        self.pages, self.place, self.chance = pages, place, random.Random(7)

    def formula(self, own: Page) -> str:
        shapes = "+".join(self.chance.sample(SHAPES, self.chance.randint(1, 3)))
        return "=" + re.sub(
            "{cell}|{area}", lambda slot: self.cell(own) if slot[0] == "{cell}" else self.area(own), shapes
        )

    def aimed(self, own: Page | None) -> tuple[Page, str, int, int]:
        """The page that a reference is to, its name as a prefix, and two rows of it that do not all go away."""
        other = self.chance.choice(self.pages)
        to = self.chance.choice([own or other, other])
        prefix = "" if to is own else "'" + to.name.replace("'", "''") + "'!"
        while True:
            top, bottom = sorted(self.chance.choices(range(1, ROWS + 1), k=2))
            if not to.gone(top, bottom):
                return to, prefix, top, bottom

    def signed(self, *ends: str | int, dollars: tuple[str, ...] = ("", "$")) -> list[str]:
        """Columns and rows with a dollar sign or without."""
        return [f"{self.chance.choice(dollars)}{end}" for end in ends]

    def cell(self, own: Page) -> str:
        to, prefix, top, bottom = self.aimed(own)
        row = next(row for row in range(top, bottom + 1) if not to.gone(row, row))
        return prefix + "".join(self.signed(self.chance.choice("ABC"), self.place(to, row)))

    def area(self, own: Page | None = None, dollars: tuple[str, ...] = ("", "$")) -> str:
        """A range, or whole rows or columns; `own` is None where no sheet is the formula's own."""
        to, prefix, top, bottom = self.aimed(own)
        columns = sorted(self.chance.choices("ABC", k=2))
        rows = self.place(to, top), self.place(to, bottom, last=True)
        left, right, first, last = self.signed(*columns, *rows, dollars=dollars)
        area = f"{left}{first}:{right}{last}"
        return prefix + self.chance.choice([area, area, area, f"{first}:{last}", f"{left}:{right}"])


def workbook(path: Path, pages: list[Page], place: Callable[..., int]) -> Path:
    writer = Writer(pages, place)
    with xlsxwriter.Workbook(path) as book:
        for own in pages:
            sheet = book.add_worksheet(own.name)
            for row in own.outside():
                sheet.write(f"A{place(own, row)}", row)
                sheet.write(f"E{place(own, row)}", writer.formula(own))
            for number, loop in enumerate(own.loops):
                if place is Page.tagged:
                    items = f"counts[{pages.index(own)}][{number}]"
                    sheet.write(f"A{place(own, loop.top) - 1}", f"{{%tr for x in range({items}) %}}")
                    sheet.write(f"A{place(own, loop.bottom) + 1}", "{%tr endfor %}")
            book.define_name(f"Range_{own.name[-2:].strip()}", "=" + writer.area(dollars=("$",)))
    return path


def formulas(book: openpyxl.Workbook) -> dict[str, str]:
    """Cell or defined name → formula; quotes around a sheet's name that needs none are left out."""
    cells = {
        f"{sheet.title}!{cell.coordinate}": cell.value
        for sheet in book
        for row in sheet
        for cell in row
        if cell.data_type == "f"
    }
    names = {name: defined.attr_text for name, defined in book.defined_names.items()}
    return {place: re.sub(r"'(Data\d+)'!", r"\1!", text) for place, text in (cells | names).items()}


@LIBREOFFICE
def test_a_loops_rows_move_references_as_rows_put_in_by_libreoffice_do(tmp_path: Path) -> None:
    chance = random.Random(11)
    pages = [page(chance, number) for number in range(PAGES)]
    template = XlsxTemplate(workbook(tmp_path / "tags.xlsx", pages, Page.tagged))
    counts = [[loop.turns for loop in each.loops] for each in pages]
    ours = formulas(openpyxl.load_workbook(io.BytesIO(template.render({"counts": counts}))))
    path = workbook(tmp_path / "plain.xlsx", pages, Page.stood)
    before = formulas(openpyxl.load_workbook(path))
    run_macro(tmp_path / "profile", "\n".join(line for each in pages for line in each.statements()), path)
    theirs = formulas(openpyxl.load_workbook(path))
    assert {cell: (made, theirs.get(cell)) for cell, made in ours.items() if made != theirs.get(cell)} == {}
    assert len(ours) == len(theirs) == sum(len(each.outside()) + 1 for each in pages)
    assert sum(before.get(cell) != made for cell, made in theirs.items()) > len(theirs) / 2
