"""Invoice numbers: a series' pattern and a count become a number, and a number is read back.

A pattern holds `{number}`, or `{number:04}` (filled up with zeros), and may hold `{year}`, the year of the invoice's
date in four digits. Numbers are counted in runs: one for each year where a series begins anew, otherwise a single one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.provider import InvoiceKind, Series

#: Accounting packages take no longer ones. Room is kept for six digits.
LONGEST = 21
DIGITS = 6
ALLOWED = "letters, digits, - / . and _"

_FIELD = re.compile(r"\{(year|number(?::0([1-9][0-9]?))?)\}")
_FIXED = re.compile(r"[A-Za-z0-9/._-]*")


class Run(NamedTuple):
    """Numbers that are counted together: a series (its place among the provider's), and the year or 0."""

    series: int
    year: int


def written(series: Series, year: int, number: int) -> str:
    """The number of an invoice dated in that year."""
    return _FIELD.sub(lambda field: _filled(field, year, number), series.pattern)


def _filled(field: re.Match[str], year: int, number: int) -> str:
    return f"{year:04}" if field[1] == "year" else f"{number:0{field[2] or 1}}"


def read(series: Series, text: str) -> tuple[int, int] | None:
    """The year (0 where the pattern has none) and the count of a number; None if it is not of this series."""
    found = _reader(series.pattern).fullmatch(text)
    if found is None:
        return None
    year, number = int(found.groupdict().get("year") or 0), int(found["number"])
    return (year, number) if number and written(series, year, number) == text else None


@cache
def _reader(pattern: str) -> re.Pattern[str]:
    """What reads the numbers of a pattern."""
    return re.compile("".join(_read_piece(fixed, field) for fixed, field in _pieces(pattern)))


def _read_piece(fixed: str, field: re.Match[str] | None) -> str:
    if field is None:
        return re.escape(fixed)
    return "(?P<year>[0-9]{4})" if field[1] == "year" else "(?P<number>[0-9]{1,99})"


def _pieces(pattern: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """The texts and fields of a pattern, in order."""
    end = 0
    for field in _FIELD.finditer(pattern):
        yield pattern[end : field.start()], None
        yield "", field
        end = field.end()
    yield pattern[end:], None


def run_of(series: Sequence[Series], text: str) -> tuple[Run, int] | None:
    """The run that a number is of, and its count in it; None if it is of no series."""
    for place, one in enumerate(series):
        found = read(one, text)
        if found:
            return Run(place, found[0] if one.restart == "yearly" else 0), found[1]
    return None


def series_of(series: Sequence[Series], kind: InvoiceKind) -> int:
    """The place of the series that an invoice of this kind gets its number from."""
    return next(place for place, one in enumerate(series) if kind in one.for_)


def begin(series: Sequence[Series], run: Run, runs: Iterable[Run]) -> int:
    """The count at which a run begins: `first` in a series' first year, 1 in every later one."""
    earlier = any(other.series == run.series and other.year < run.year for other in runs)
    return 1 if earlier else series[run.series].first


def fault_of(pattern: str, restart: str) -> str:
    """What is wrong with a pattern, in words; empty if nothing is."""
    fields = [field[1].partition(":")[0] for field in _FIELD.finditer(pattern)]
    fixed = "".join(text for text, _ in _pieces(pattern))
    faults = {
        "has something else in braces than {year}, {number} or such as {number:04}": "{" in fixed or "}" in fixed,
        "must hold {number} once": fields.count("number") != 1,
        "holds {year} more than once": fields.count("year") > 1,
        "has no {year}, so that each year's numbers would be the last year's again": restart == "yearly"
        and "year" not in fields,
        f"may have nothing but {ALLOWED} besides {{year}} and {{number}}": not _FIXED.fullmatch(fixed),
        f"makes numbers of {longest(pattern)} characters; accounting packages take {LONGEST}": longest(pattern)
        > LONGEST,
    }
    return next((words for words, found in faults.items() if found), "")


def longest(pattern: str) -> int:
    """How long a pattern's numbers become with six digits, or as many as it fills up to."""
    return sum(len(fixed) + _width(field) for fixed, field in _pieces(pattern))


def _width(field: re.Match[str] | None) -> int:
    if field is None:
        return 0
    return 4 if field[1] == "year" else max(DIGITS, int(field[2] or 1))


def can_be_the_same(one: str, other: str) -> bool:
    """Whether two sound patterns can make the same number; the case of letters makes no difference."""
    seen: set[tuple[int, int]] = set()
    first, second = _atoms(one), _atoms(other)
    ahead = [(0, 0)]
    while ahead:
        here = ahead.pop()
        if here in seen:
            continue
        seen.add(here)
        at, to = here
        if at == len(first) and to == len(second):
            return True
        ahead += _steps(first, second, at, to)
    return False


class _Atom(NamedTuple):
    """A character, or any digit where it is empty; `more`: it may be there any number of times, or not at all."""

    character: str
    more: bool = False

    def meets(self, other: _Atom) -> bool:
        if self.character and other.character:
            return self.character == other.character
        return (self.character or "0").isdigit() and (other.character or "0").isdigit()


def _atoms(pattern: str) -> list[_Atom]:
    """A pattern, character by character."""
    atoms: list[_Atom] = []
    for fixed, field in _pieces(pattern):
        atoms += [_Atom(character) for character in fixed.casefold()]
        if field is not None:
            atoms += [_Atom("")] * (4 if field[1] == "year" else int(field[2] or 1))
            atoms += [] if field[1] == "year" else [_Atom("", more=True)]
    return atoms


def _steps(first: list[_Atom], second: list[_Atom], at: int, to: int) -> Iterator[tuple[int, int]]:
    """Where a next character, the same in both, can lead; or leaving out what need not be there."""
    left = first[at] if at < len(first) else None
    right = second[to] if to < len(second) else None
    if left and left.more:
        yield at + 1, to
    if right and right.more:
        yield at, to + 1
    if left and right and left.meets(right):
        yield at if left.more else at + 1, to if right.more else to + 1
