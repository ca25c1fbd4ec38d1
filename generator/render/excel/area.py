"""Ranges of cells outside of formulas, and where they stand when rows have moved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from generator.render.excel.rows import Rows

_AREA = re.compile(r"(\$?[A-Z]*)(\$?)([0-9]*)")


class Area(NamedTuple):
    """A range of cells: columns as letters (empty: all), rows as numbers (0: all)."""

    left: str
    top: int
    right: str
    bottom: int

    @classmethod
    def of(cls, text: str) -> Area:
        """Read `A1:H5`, `A1`, `A:A` or `1:3`."""
        first, _, last = text.partition(":")
        found = [_AREA.fullmatch(end) for end in (first, last or first)]
        (left, top), (right, bottom) = ((match[1], int(match[3] or 0)) if match else ("", 0) for match in found)
        return cls(left, top, right, bottom)

    def at(self, top: int, bottom: int) -> Area:
        """The same columns in other rows."""
        return self._replace(top=top, bottom=bottom)

    def __str__(self) -> str:
        upper, lower = f"{self.left}{self.top or ''}", f"{self.right}{self.bottom or ''}"
        return upper if upper == lower and self.left and self.top else f"{upper}:{lower}"


def whole_area(text: str, rows: Rows) -> str | None:
    """Where one range stands now, grown with the loops in it; None if all of it went away."""
    area = Area.of(text)
    if not area.top:
        return text
    found = rows.images_of(area.top, area.bottom)
    return str(area.at(*found)) if found else None


def each_area(text: str, rows: Rows) -> list[Area]:
    """Where one range stands now, once for every turn of the loop that it is in."""
    area = Area.of(text)
    return [area.at(*found) for found in rows.instances(area.top, area.bottom)] if area.top else [area]


def all_areas(text: str, rows: Rows) -> str:
    """Where a list of ranges (`A1:B2 D4`) stands now; neighbours are told as one."""
    made: list[Area] = []
    for part in text.split():
        for area in each_area(part, rows):
            last = made[-1] if made else None
            if last and last.right == area.right and last.left == area.left and last.bottom + 1 == area.top:
                made[-1] = last._replace(bottom=area.bottom)
            else:
                made.append(area)
    return " ".join(map(str, made))
