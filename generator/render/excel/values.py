"""Values of cells and the operators between them, as spreadsheet programs have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from generator.render.excel.formula import Reference

#: What a cell holds: a number, a text, a truth, or nothing.
Value = float | str | bool | None

LONGEST_GENERAL = 11  # characters of a number in a text that all programs write alike


class UnknownError(Exception):
    """A value that is left to the spreadsheet program."""


class Place(Protocol):
    """Where a formula stands: it looks references up."""

    def cell(self, reference: Reference) -> Value:
        """The value of one cell. Raises UnknownError."""

    def cells(self, reference: Reference) -> list[Value]:
        """The values of a range. Raises UnknownError."""

    def units(self, reference: Reference) -> int:
        """The sum of a range's numbers, in `UNITS`. Raises UnknownError."""


Node = Callable[[Place], Value]
#: A function's argument: how to work it out, and the reference that it is, if it is nothing else.
Argument = tuple[Node, "Reference | None"]


def number(value: Value) -> float:
    """A value in arithmetic: nothing is 0, truths are 1 and 0; texts are left to the spreadsheet program."""
    if isinstance(value, str):
        raise UnknownError
    return float(value or 0)


def text(value: Value) -> str:
    """A value in a text, where all programs write it alike."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        written = f"{value:.15g}"
        if "e" in written or len(written) > LONGEST_GENERAL:
            raise UnknownError
        return written
    return value or ""


def added(left: float, right: float) -> float:
    """A sum; one that is nothing but the noise of binary fractions is zero, as in spreadsheet programs."""
    result = left + right
    return 0.0 if abs(result) < 1e-15 * max(abs(left), abs(right)) else result


def _divided(left: Value, right: Value) -> Value:
    divisor = number(right)
    if not divisor:
        raise UnknownError
    return number(left) / divisor


def _raised(left: Value, right: Value) -> Value:
    base, exponent = number(left), number(right)
    if base <= 0 or abs(exponent) > 100:  # noqa: PLR2004 -- far from where programs differ
        raise UnknownError
    return float(base**exponent)


def _nothing_like(other: Value) -> Value:
    """What an empty cell is when it is compared with something."""
    return "" if isinstance(other, str) else False if isinstance(other, bool) else 0.0


def _order(left: Value, right: Value) -> int:
    """-1, 0 or 1; numbers come before texts, texts before truths; case does not count."""
    left, right = _nothing_like(right) if left is None else left, _nothing_like(left) if right is None else right
    if isinstance(left, str) and isinstance(right, str):
        if not (left.isascii() and right.isascii()) and left != right:
            raise UnknownError  # another alphabet's order is the locale's
        one, other = left.lower(), right.lower()
        if one != other and not (one.isalnum() and other.isalnum()):
            return 2  # not equal; which comes first is the locale's
        return (one > other) - (one < other)
    ranks = [2 if isinstance(v, bool) else 1 if isinstance(v, str) else 0 for v in (left, right)]
    if ranks[0] != ranks[1]:
        return (ranks[0] > ranks[1]) - (ranks[0] < ranks[1])
    return (number(left) > number(right)) - (number(left) < number(right))


def _compared(admitted: set[int]) -> Callable[[Value, Value], Value]:
    def work(left: Value, right: Value) -> Value:
        order = _order(left, right)
        if order == 2 and admitted not in ({0}, {-1, 1}):  # noqa: PLR2004 -- see _order
            raise UnknownError
        return order in admitted or (order == 2 and 0 not in admitted)  # noqa: PLR2004

    return work


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "+": lambda left, right: added(number(left), number(right)),
    "-": lambda left, right: added(number(left), -number(right)),
    "*": lambda left, right: number(left) * number(right),
    "/": _divided,
    "^": _raised,
    "&": lambda left, right: text(left) + text(right),
    "=": _compared({0}),
    "<>": _compared({-1, 1}),
    "<": _compared({-1}),
    ">": _compared({1}),
    "<=": _compared({-1, 0}),
    ">=": _compared({0, 1}),
}
