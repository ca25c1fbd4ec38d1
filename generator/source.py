"""A YAML file as it was read: its tree of values, and the place in the text of every one of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from generator.errors import Problem

if TYPE_CHECKING:
    from generator.codes import Code
    from generator.errors import Severity

#: The keys and list indices that lead to a value, from the top of the file: ("lines", 0, "price").
Path = tuple[str | int, ...]

#: Characters that no file may hold: control characters and other line ends than the usual; embeddings, overrides and
#: isolates of writing direction, which make a line read otherwise than it is; stray byte-order marks; no characters.
#: The marks U+200E, U+200F and U+061C stay: Hebrew and Arabic names need them, and they only touch their neighbours.
UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


@lru_cache(maxsize=16)
def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a text, with U+FFFD for each unwanted character, so that they can be shown."""
    return tuple(UNWANTED.sub("\ufffd", text).splitlines())


@lru_cache(maxsize=16)
def _line_starts(text: str) -> list[int]:
    """The offset at which each line begins."""
    return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]


def place_of(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset in a text, both from 1."""
    starts = _line_starts(text)
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


@dataclass(frozen=True, slots=True)
class Source:
    """A read YAML file; `file` is the path as the user gave it.

    `data` is a tree of dict, list and text. `positions` has the line and column (from 1) of every value, `keys` of
    every key, also of one without a value, which `data` leaves out.
    """

    file: str
    text: str
    data: object
    positions: Mapping[Path, tuple[int, int]]
    keys: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    def get(self, *path: str | int) -> object:
        """What is written at a path; None where nothing is."""
        found = self.data
        for step in path:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def text_at(self, *path: str | int) -> str | None:
        """The text written at a path; None where there is none."""
        found = self.get(*path)
        return found if isinstance(found, str) else None

    def under(self, *path: str | int) -> list[Path]:
        """The paths of what is written directly under a path, in order."""
        found = self.get(*path)
        if isinstance(found, dict):
            return [(*path, key) for key in found]
        return [(*path, index) for index in range(len(found))] if isinstance(found, list) else []

    def place(self, path: Path) -> tuple[int, int]:
        """The line and column of the value at a path, or of the nearest thing around it that is written."""
        if path in self.positions:
            return self.positions[path]
        return self.key_place(path)

    def key_place(self, path: Path) -> tuple[int, int]:
        """The line and column of the key at a path, or of the nearest key or list item around it."""
        while path:
            if path in self.keys:
                return self.keys[path]
            if path in self.positions and isinstance(path[-1], int):
                return self.positions[path]
            path = path[:-1]
        return (1, 1)

    def problem(
        self, code: Code, at: tuple[int, int], message: str, hint: str = "", severity: Severity = "error"
    ) -> Problem:
        """A problem at a place of this file, with that line's text."""
        return problem_in(self.file, self.text, code, at, message, hint, severity)


def problem_in(  # noqa: PLR0913, PLR0917 -- a problem has that many sides
    file: str,
    text: str,
    code: Code,
    at: tuple[int, int],
    message: str,
    hint: str = "",
    severity: Severity = "error",
) -> Problem:
    """A problem at a line and column of a file's text, with that line's text."""
    lines = lines_of(text)
    source = lines[at[0] - 1] if at[0] <= len(lines) else ""
    return Problem(file, str(code), message, at[0], at[1], hint=hint, source=source, severity=severity)
