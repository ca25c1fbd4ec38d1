"""The values beside formulas: worked out for a closed set of them, left away for all others, never stale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING

from markupsafe import Markup
from openpyxl.utils import column_index_from_string, get_column_letter

from generator.render.excel.arithmetic import read
from generator.render.excel.column import Column
from generator.render.excel.rows import LAST_ROW, Here, Layout, Rows
from generator.render.excel.sheet import Filled, filled
from generator.render.excel.source import END, FORMULA, FormulaCell, Rowed
from generator.render.excel.values import UnknownError, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.render.excel.formula import Reference
    from generator.render.excel.sheet import Shown

MOST_CELLS = 200_000  # of one range; larger ones are left to the spreadsheet program
_PLAIN, _END_OF_PLAIN = '<is><t xml:space="preserve">', "</t></is>"
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
    _columns: dict[tuple[str, str], Column] = field(default_factory=dict)

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

    def column(self, sheet: str, column: str, top: int, bottom: int) -> Column:
        """A column that holds these rows; no others are asked for. Raises UnknownError."""
        found = self._columns.get((sheet, column))
        if found is None or not found.first <= top <= found.end:
            found = self._columns[sheet, column] = Column(top)
        found.reach(bottom, partial(self.of, sheet, column))
        return found

    def _worked_out(self, cell: FormulaCell, sheet: str, row: int) -> Value:
        if "t" in cell.attributes:
            raise UnknownError
        try:
            value = read(cell.formula)(Place(self, sheet, Here(self._texts[sheet][row][0], row)))
        except OverflowError:
            raise UnknownError from None
        if isinstance(value, float) and not isfinite(value):
            raise UnknownError
        return value

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
        if start < 0:
            return None
        close = text.find(">", start)
        head = text[start:close]
        if FORMULA in head:  # such a cell has no ">" of its own
            return self.rowed[sheet].formulas[int(head[head.index(FORMULA) + 1 : head.index(END)])]
        return None if head.endswith("/") else self._held(head, text[close + 1 : text.index("</c>", close)])

    def _text_of(self, sheet: str) -> dict[int, tuple[int, str]]:
        if sheet not in self._texts:
            if sheet not in self.rowed:
                raise UnknownError
            filled_in = self.made.get(sheet) or filled(self.rowed[sheet], self.rowed[sheet].source)
            self._texts[sheet] = {number: (row, text) for row, number, text in filled_in.texts}
        return self._texts[sheet]

    def _held(self, head: str, content: str) -> Held:
        if ' t="inlineStr"' in head:
            plain = content[len(_PLAIN) : -len(_END_OF_PLAIN)]
            is_plain = content.startswith(_PLAIN) and "<" not in plain
            return _words(plain if is_plain else "".join(_TEXT.findall(content)))
        kind, number = _KIND.search(head), _NUMBER.search(content)
        return self._of_kind(kind[1] if kind else "n", number[1]) if number else None

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
        top, bottom, columns = self._columns(reference)
        values = [column.values(top, bottom) for column in columns]
        return list(values[0]) if len(values) == 1 else list(chain.from_iterable(zip(*values, strict=True)))

    def units(self, reference: Reference) -> int:
        """The sum of a range's numbers, in `UNITS`. Raises UnknownError."""
        top, bottom, columns = self._columns(reference)
        return sum(column.units(top, bottom) for column in columns)

    def _columns(self, reference: Reference) -> tuple[int, int, list[Column]]:
        top, bottom = self._rows(reference)
        letters = list(_columns(reference.left.lstrip("$"), reference.right.lstrip("$")))
        if (bottom - top + 1) * len(letters) > MOST_CELLS or not letters:
            raise UnknownError
        return top, bottom, [self.values.column(reference.sheet, letter, top, bottom) for letter in letters]


def _words(markup: str) -> str:
    """The text that markup stands for."""
    return Markup(markup).unescape() if "&" in markup else markup  # noqa: S704 -- read back from the finished rows


def _columns(left: str, right: str) -> Iterator[str]:
    if left and right:
        for index in range(column_index_from_string(left), column_index_from_string(right) + 1):
            yield get_column_letter(index)
