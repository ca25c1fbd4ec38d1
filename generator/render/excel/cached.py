"""The values beside formulas: worked out for a closed set of them, left away for all others, never stale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from markupsafe import Markup
from openpyxl.utils import column_index_from_string, get_column_letter

from generator.render.excel.arithmetic import read
from generator.render.excel.rows import LAST_ROW, Here, Layout, Rows
from generator.render.excel.sheet import Filled, filled
from generator.render.excel.source import END, FORMULA, FormulaCell, Rowed
from generator.render.excel.values import UnknownError, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.render.excel.formula import Reference
    from generator.render.excel.sheet import Shown

MOST_CELLS = 200_000  # of one range; larger ones are left to the spreadsheet program
_CELL = re.compile(f'<c r="([A-Z]+)[0-9]+"([^>{FORMULA}]*?)(?:{FORMULA}([0-9]+){END}|/>|>(.*?)</c>)', re.DOTALL)
_TEXT = re.compile(r"<t(?: [^>]*)?>(.*?)</t>", re.DOTALL)
_NUMBER = re.compile(r"<v>([^<]*)</v>")
_KIND = re.compile(r' t="(\w+)"')
_STILL = Rows(Layout())


class Fault(Enum):
    """What a cell holds that shows an error such as `#N/A`."""

    FAULT = 1


FAULT = Fault.FAULT
#: What is found in a cell: its value, the formula that has to be worked out, or an error.
Held = Value | FormulaCell | Fault


@dataclass(slots=True)
class Values:
    """What every cell of a finished workbook holds; `unknown` tells whether a formula was asked for in vain."""

    rowed: Mapping[str, Rowed]
    made: dict[str, Filled]
    strings: Sequence[str]
    still: dict[tuple[str, int, str], Held]
    unknown: bool = False
    _texts: dict[str, dict[int, tuple[int, str]]] = field(default_factory=dict)
    _known: dict[tuple[str, str, int], Value] = field(default_factory=dict)
    _failed: set[tuple[str, str, int]] = field(default_factory=set)

    def shown(self, sheet: str, column: str, row: int) -> Shown:
        """The value that a formula's cell shows; None if it is not known here."""
        try:
            value = self.of(sheet, column, row)
        except UnknownError:
            self.unknown = True
            return None
        return 0.0 if value is None else value

    def of(self, sheet: str, column: str, row: int) -> Value:
        """A cell's value. Raises UnknownError."""
        held = self._find(sheet, column, row)
        if held is FAULT:
            raise UnknownError
        if not isinstance(held, tuple):
            return held
        key = (sheet, column, row)
        if key in self._failed:  # known to fail, or being worked out right now: a circle
            raise UnknownError
        if key not in self._known:
            self._failed.add(key)
            self._known[key] = self._worked_out(held, sheet, row)
            self._failed.remove(key)
        return self._known[key]

    def _worked_out(self, cell: FormulaCell, sheet: str, row: int) -> Value:
        if "t" in cell.attributes:
            raise UnknownError
        return read(cell.formula)(Place(self, sheet, Here(self._texts[sheet][row][0], row)))

    def _find(self, sheet: str, column: str, row: int) -> Held:
        """What a cell holds; cells without tags hold the same in every document."""
        found = self._text_of(sheet).get(row)
        if found is None:
            return None
        key = (sheet, found[0], column)
        if key in self.still:
            return self.still[key]
        held = self._read(found[1], sheet, column, row)
        if (found[0], column) not in self.rowed[sheet].live:
            self.still[key] = held
        return held

    def _read(self, text: str, sheet: str, column: str, row: int) -> Held:
        start = text.find(f'<c r="{column}{row}"')
        cell = _CELL.match(text, start) if start >= 0 else None
        return self._held(cell, sheet) if cell else None

    def _text_of(self, sheet: str) -> dict[int, tuple[int, str]]:
        if sheet not in self._texts:
            if sheet not in self.rowed:
                raise UnknownError
            filled_in = self.made.get(sheet) or filled(self.rowed[sheet], self.rowed[sheet].source)
            self._texts[sheet] = {number: (row, text) for row, number, text in filled_in.texts}
        return self._texts[sheet]

    def _held(self, cell: re.Match[str], sheet: str) -> Held:
        if cell[3]:
            return self.rowed[sheet].formulas[int(cell[3])]
        content = cell[4] or ""
        kind = _KIND.search(cell[2])
        if kind and kind[1] == "inlineStr":
            return _words("".join(_TEXT.findall(content)))
        number = _NUMBER.search(content)
        if not number:
            return None
        return self._of_kind(kind[1] if kind else "n", number[1])

    def _of_kind(self, kind: str, text: str) -> Value | Fault:
        if kind == "s":
            return self.strings[int(text)]
        if kind == "b":
            return text == "1"
        if kind == "str":
            return _words(text)
        return float(text) if kind == "n" else FAULT


@dataclass(slots=True)
class Place:
    """A formula's cell, from which its references are looked up."""

    values: Values
    sheet: str
    here: Here

    def _rows(self, reference: Reference) -> tuple[int, int]:
        filled_in = self.values.made.get(reference.sheet)
        rows = filled_in.rows if filled_in else _STILL
        here = self.here if reference.sheet == self.sheet else None
        if reference.single and not reference.grows:
            row = rows.row(reference.span.top, here, fixed=reference.span.top_fixed) or LAST_ROW
            return (row, row)
        return rows.span(reference.span, here) or (LAST_ROW, LAST_ROW)

    def cell(self, reference: Reference) -> Value:
        """The value of a reference to one cell. Raises UnknownError."""
        top, bottom = self._rows(reference)
        left, right = reference.left.lstrip("$"), reference.right.lstrip("$")
        if top != bottom or left != right or not left:
            raise UnknownError
        return self.values.of(reference.sheet, left, top)

    def cells(self, reference: Reference) -> list[Value]:
        """The values of a range, row by row. Raises UnknownError."""
        top, bottom = self._rows(reference)
        columns = list(_columns(reference.left.lstrip("$"), reference.right.lstrip("$")))
        if (bottom - top + 1) * len(columns) > MOST_CELLS or not columns:
            raise UnknownError
        rows = range(top, bottom + 1)
        return [self.values.of(reference.sheet, column, row) for row in rows for column in columns]


def _words(markup: str) -> str:
    """The text that markup stands for."""
    return Markup(markup).unescape() if "&" in markup else markup  # noqa: S704 -- read back from the finished rows


def _columns(left: str, right: str) -> Iterator[str]:
    if left and right:
        for index in range(column_index_from_string(left), column_index_from_string(right) + 1):
            yield get_column_letter(index)
