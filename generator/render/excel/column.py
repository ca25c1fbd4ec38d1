"""Cells of a column that follow one another, with their sums from the first on: running totals cost one look each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.render.excel.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Every number of a cell is a whole number of these: sums of them are exact, in any order and by difference.
UNITS = 1 << 1074


@dataclass(slots=True)
class Column:
    """The values from the row `first` on, as far as they were asked for."""

    first: int
    _values: list[Value] = field(default_factory=list)
    _sums: list[int] = field(default_factory=lambda: [0])

    @property
    def end(self) -> int:
        """The row below the last."""
        return self.first + len(self._values)

    def reach(self, bottom: int, value_of: Callable[[int], Value]) -> None:
        """Ask for the values down to a row."""
        while self.end <= bottom:
            self._values.append(value_of(self.end))

    def values(self, top: int, bottom: int) -> Sequence[Value]:
        """The values of some rows."""
        return self._values[top - self.first : bottom - self.first + 1]

    def units(self, top: int, bottom: int) -> int:
        """The sum of the numbers in some rows, in `UNITS`."""
        for value in self._values[len(self._sums) - 1 :]:
            self._sums.append(self._sums[-1] + (units(value) if isinstance(value, float) else 0))
        return self._sums[bottom - self.first + 1] - self._sums[top - self.first]


def units(value: float) -> int:
    """A number in `UNITS`."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (UNITS // denominator)
