"""Recipients: what a merge makes a letter of, and what a template may ask of its place among the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from generator.errors import Misuse, Problem

#: Words that mean something else in a template's expressions.
_KEYWORDS = frozenset(
    [
        "and", "else", "false", "if", "import", "in", "is", "none", "not", "or", "recursive", "self", "true", "with",
        "without",
    ]
)  # fmt: skip


class Fields(dict[str, object]):
    """A record's values under a name, as "client" of "client.name": its keys come before a dictionary's methods."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One record. `key` is a deal's id (with its invoice), or "row-12"; `file` and `line` where it stands.

    `number` is its place in the source, from 1. `dated` is the day that its document is dated.
    """

    key: str
    file: str
    line: int
    values: Mapping[str, object]
    dated: date
    number: int

    def problem(self, code: str, message: str, hint: str = "") -> Problem:
        """A problem with this record."""
        return Problem(self.file, code, message, self.line, hint=hint, deal="" if self.line else self.key)


@dataclass(frozen=True, slots=True)
class Place:
    """The template value `record`: its `number` in the source, and its `sequence` of `count` among those merged.

    `date` is the day that was asked for, if one was; `row` and `file` are where the record stands.
    """

    key: str
    number: int
    sequence: int
    count: int
    file: str
    row: int
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, its cells as texts by column; `line` is the line or row that it begins on."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A spreadsheet as texts: `header` as it is written, `names` what templates call the columns, in the same order.

    A column without a name has "" there. `problems`: what is wrong with rows, which are then not among `rows`.
    """

    file: str
    header: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    kinds: Mapping[str, Any] = field(default_factory=dict)

    def values(self, row: Row) -> dict[str, object]:
        """A row's values by name; a dotted name ("client.name") becomes a value within a value."""
        return nested({name: cell for name, cell in zip(self.names, row.cells, strict=True) if name})


def nested(flat: Mapping[str, object]) -> dict[str, object]:
    """Values by dotted names as values within values."""
    made: dict[str, object] = {}
    for name, value in flat.items():
        holder: dict[str, object] = made
        *outer, last = name.split(".")
        for step in outer:
            holder = holder.setdefault(step, Fields())  # type: ignore[assignment]  # `kinds_of` has seen to that
        holder[last] = value
    return made


def kinds_of(names: tuple[str, ...]) -> dict[str, Any]:
    """Name → type of a table's values, for the lint of template names. Raises Misuse for names that clash."""
    made: dict[str, Any] = {}
    groups: dict[str, list[str]] = {}
    for name in filter(None, names):
        first, _, rest = name.partition(".")
        if rest:
            groups.setdefault(first, []).append(rest)
        if first in made or (first in groups and not rest):
            message = f"'{first}' cannot be both a value and hold others ('{first}.{rest or groups[first][0]}')"
            raise Misuse(message)
        if not rest:
            made[first] = str
    return made | {first: group_of(first, tuple(rests)) for first, rests in groups.items()}


def group_of(name: str, names: tuple[str, ...]) -> Any:  # noqa: ANN401 -- a class made here
    """A class that has these fields, so that the lint knows what there is."""
    return kind(name, kinds_of(names))


def kind(name: str, fields: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a class made here
    """A class with fields of these types; unlike a dataclass's, they may be called `class`."""
    return type(name, (), {"__annotations__": dict(fields), "__dataclass_fields__": dict.fromkeys(fields)})


def is_name(text: str) -> bool:
    """Whether a template can name a value so: letters, digits and underscores, and dots between such."""
    steps = text.split(".")
    return all(step.isidentifier() and step.lower() not in _KEYWORDS for step in steps) and not any(
        step.startswith("_") for step in steps[1:]
    )
