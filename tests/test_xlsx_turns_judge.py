"""Formulas inside loops, and loops in loops: every turn has the formulas that LibreOffice makes by copying rows.

In the template an outer loop's rows stand once, and in them those of an inner loop. For LibreOffice the outer rows
stand as the first and the last turn, in both of them the inner rows as first and last: it puts rows in between, and
copies the first turn's rows over the others.

What copying rows says otherwise by intention is not asked here:
- from within a loop, a row outside of it is named with a dollar sign: a copied `B2` would become `B3` in the next
  row, ours stays, since the template names that one row; and so for an outer row named from an inner one;
- from within an inner loop, its own rows are named without dollar signs: a copied `B$7` stays in the first outer
  turn for ever, ours is the first inner turn of the same outer turn, as a share of the group's total needs it;
- no list is empty: what is taken away is asked of LibreOffice elsewhere, by formulas outside of loops.
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
from tests.test_xlsx_rows_judge import SHAPES, formulas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGES, ROWS = 30, 16
OUTSIDE, OUTER, INNER = range(3)


class Page(NamedTuple):
    """A sheet with a loop from `top` to `bottom`, in it one from `first` to `last`; `turns` of the inner, by outer."""

    name: str
    top: int
    bottom: int
    first: int
    last: int
    turns: tuple[int, ...]

    @property
    def inner(self) -> int:
        return self.last - self.first + 1

    @property
    def block(self) -> int:
        """How high an outer turn is when its inner rows stand twice."""
        return self.bottom - self.top + 1 + self.inner

    def level(self, row: int) -> int:
        return INNER if self.first <= row <= self.last else OUTER if self.top <= row <= self.bottom else OUTSIDE

    def tagged(self, row: int, *, last_turn: bool = False, last_inner: bool = False) -> int:  # noqa: ARG002 -- once
        """Where a row stands in the template, which holds a row for each tag."""
        return row + (row >= self.top) + (row >= self.first) + (row > self.last) + (row > self.bottom)

    def tags(self, outer: str, inner: str) -> Iterator[tuple[int, str]]:
        """The rows of the template that hold tags."""
        yield self.top, outer
        yield self.first + 1, inner
        yield self.last + 3, "endfor"
        yield self.bottom + 4, "endfor"

    def stood(self, row: int, *, last_turn: bool = False, last_inner: bool = False) -> int:
        """Where a row stands for LibreOffice, in the first turn or the last."""
        inner = row > self.last or (self.level(row) == INNER and last_inner)
        block = len(self.turns) > 1 and (row > self.bottom or (self.level(row) != OUTSIDE and last_turn))
        return row + self.inner * inner + self.block * block

    def statements(self) -> Iterator[str]:
        """What LibreOffice is to do: outer turns from the first, then the inner ones in each, from the last upwards."""
        sheet, count = f'book.Sheets.getByName("{self.name}")', len(self.turns)
        if count > 2:
            yield f"{sheet}.Rows.insertByIndex({self.top + self.block - 1}, {(count - 2) * self.block})"
        for turn in range(1, count):
            yield copied(sheet, self.top, self.block, self.top + turn * self.block)
        for turn in reversed(range(count)):
            start, turns = self.first + turn * self.block, self.turns[turn]
            if turns == 1:
                yield f"{sheet}.Rows.removeByIndex({start + self.inner - 1}, {self.inner})"
            if turns > 2:
                yield f"{sheet}.Rows.insertByIndex({start + self.inner - 1}, {(turns - 2) * self.inner})"
            for number in range(1, turns):
                yield copied(sheet, start, self.inner, start + number * self.inner)


def copied(sheet: str, row: int, height: int, target: int) -> str:
    return f'Copy {sheet}, "A{row}:E{row + height - 1}", "A{target}"'


def page(chance: random.Random, number: int) -> Page:
    top = chance.randint(3, 6)
    first = top + chance.randint(0, 2)
    last = first + number % 2
    # both sets of two inner rows stay: a range to the second's first row would else end in the first's last
    turns = [chance.randint(last - first + 1, 4) for _ in range(chance.randint(1, 5))]
    return Page(f"Data{number}", top, last + chance.randint(0, 2), first, last, tuple(turns))


class Writer:
    """Writes the same random formulas for either workbook: `place` says where a page's row stands in it."""

    def __init__(self, pages: list[Page], place: Callable[..., int]) -> None:
        self.pages, self.place, self.chance = pages, place, random.Random(5)

    def formula(self, own: Page, row: int) -> str:
        shapes = "+".join(self.chance.sample(SHAPES, self.chance.randint(1, 2)))
        return "=" + re.sub("{cell}|{area}", lambda slot: self.reference(own, row, slot[0] == "{area}"), shapes)

    def reference(self, own: Page, row: int, is_area: bool) -> str:  # noqa: FBT001
        to = self.chance.choice([own, own, self.chance.choice(self.pages)])
        prefix = "" if to is own else f"{to.name}!"
        top, bottom = sorted(self.chance.choices(range(1, ROWS + 1), k=2))
        dollars = [self.dollar(own, row, to, end) for end in (top, bottom)]
        left, right = (self.chance.choice(["", "$"]) + column for column in sorted(self.chance.choices("ABC", k=2)))
        upper = f"{dollars[0]}{self.place(to, top)}"
        if not is_area:
            return f"{prefix}{left}{upper}"
        far = bool(dollars[1]) or own.level(row) == OUTSIDE
        lower = self.place(to, bottom, last_turn=far, last_inner=far or own.level(row) == OUTER)
        area = f"{left}{upper}:{right}{dollars[1]}{lower}"
        return prefix + self.chance.choice([area, area, area, f"{upper}:{dollars[1]}{lower}"])

    def dollar(self, own: Page, row: int, to: Page, end: int) -> str:
        """Whether an end of a reference is fixed, where copying rows is no guide to one of the two."""
        at = own.level(row)
        if at == OUTSIDE or (at == OUTER and to is own and own.level(end) != OUTSIDE):
            return self.chance.choice(["", "$"])
        return "" if at == INNER and to is own and own.level(end) == INNER else "$"


def workbook(path: Path, pages: list[Page], place: Callable[..., int]) -> Path:
    writer = Writer(pages, place)
    with xlsxwriter.Workbook(path) as book:
        for number, own in enumerate(pages):
            sheet = book.add_worksheet(own.name)
            for row in range(1, ROWS + 1):
                sheet.write(f"A{place(own, row)}", row)
                sheet.write(f"E{place(own, row)}", writer.formula(own, row))
            if place is Page.tagged:
                for row, tag in own.tags(f"for turns in pages[{number}]", "for x in range(turns)"):
                    sheet.write(f"A{row}", f"{{%tr {tag} %}}")
    return path


@LIBREOFFICE
def test_every_turn_has_the_formulas_that_libreoffice_makes_by_copying_rows(tmp_path: Path) -> None:
    chance = random.Random(3)
    pages = [page(chance, number) for number in range(PAGES)]
    template = XlsxTemplate(workbook(tmp_path / "tags.xlsx", pages, Page.tagged))
    ours = formulas(openpyxl.load_workbook(io.BytesIO(template.render({"pages": [each.turns for each in pages]}))))
    path = workbook(tmp_path / "plain.xlsx", pages, Page.stood)
    run_macro(tmp_path / "profile", "\n".join(line for each in pages for line in each.statements()), path)
    theirs = formulas(openpyxl.load_workbook(path))
    assert {cell: (made, theirs.get(cell)) for cell, made in ours.items() if made != theirs.get(cell)} == {}
    outside = sum(each.level(row) == OUTSIDE for each in pages for row in range(1, ROWS + 1))
    assert len(ours) == len(theirs) > outside + 500
