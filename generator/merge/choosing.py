"""Choosing: which of the records are merged, and in which order, by conditions and keys over their values."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError, Undefined, nodes

from generator.customs import Customs, looks_so
from generator.errors import Misuse, Problem
from generator.recipients import Recipient
from generator.templating import FILLING_ERRORS, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence


_DIGITS = re.compile(r"(\d+)")
#: Comparisons that ask for an order.
_ORDER = frozenset(["gt", "gteq", "lt", "lteq"])
TYPED = "compare figures as “Total | figure > 5”, days as “Renewal | day > '2026-07-01' | day”"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for: conditions that all hold, sort keys ("-" before one: descending), a key that may come once.

    `first` and `last` count, from 1, what is left by then in its order; `limit` is the most of them.
    """

    where: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    first: int = 1
    last: int | None = None
    limit: int | None = None

    @property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """Every expression, with the option that it came by."""
        sort = tuple(text.removeprefix("-") for text in self.sort)
        options = (("--where", self.where), ("--sort", sort), ("--skip-duplicates", self.unique))
        return tuple((option, text) for option, texts in options for text in texts)


@dataclass(slots=True)
class Chooser:
    """Evaluates the expressions of a choice for records; one for which that fails is left out and told.

    `customs` are those of texts; `trail` says how many records there were, and how many each step left.
    """

    environment: Sandbox
    problems: list[Problem]
    customs: Customs = field(default_factory=Customs)
    doubled: list[Recipient] = field(default_factory=list)
    trail: str = ""

    def chosen(self, records: Sequence[Recipient], choice: Choice) -> list[Recipient]:
        """The records that are wanted, in the order that is wanted. Raises Misuse."""
        left = list(records)
        trail = [f"{len(left)} record{'' if len(left) == 1 else 's'}"]
        for condition in choice.where:
            found, before = self.values(left, condition, "--where"), len(left)
            left = [one for one, holds in found if holds]
            faulty = f", {before - len(found)} with a fault" if len(found) < before else ""
            trail.append(f"{len(left)} match --where “{condition}”{faulty}")
        for key in reversed(choice.sort):  # sorting is stable, so the last key comes first
            left = self.ordered(left, key)
        for key in choice.unique:
            left = self.once(left, key)
        left = left[choice.first - 1 : choice.last]
        if choice.first > 1 or choice.last:
            trail.append(f"{len(left)} from {choice.first} to {choice.last or 'the last'}")
        self.trail = ", ".join(trail)
        return left if choice.limit is None else left[: choice.limit]

    def values(self, records: Iterable[Recipient], source: str, option: str) -> list[tuple[Recipient, Any]]:
        """Each record with what an expression gives for it. Raises Misuse where it fails for all."""
        evaluated = self.compiled(source, option)
        found: list[tuple[Recipient, Any]] = []
        failed: list[Problem] = []
        for one in records:
            try:
                found.append((one, settled(evaluated(one.values))))
            except FILLING_ERRORS as error:
                failed.append(one.problem("M520", f"{option} “{source}”: {error}", hint_for(error)))
        if failed and not found and len(failed) > 1:
            hint = f"; {failed[0].hint}" if failed[0].hint else ""
            message = f"{failed[0].message} (so for every record{hint})"
            raise Misuse(message)
        self.problems += failed
        return found

    def compiled(self, source: str, option: str) -> Callable[..., object]:
        """An expression, compiled. Raises Misuse."""
        try:
            return self.environment.compile_expression(source, undefined_to_none=False)
        except TemplateSyntaxError as error:
            message = f'{option} "{source}" cannot be read: {error.message}'
            raise Misuse(message) from None

    def ordered(self, records: list[Recipient], key: str) -> list[Recipient]:
        """The records by a key, those without a value last."""
        found = self.values(records, key.removeprefix("-"), "--sort")
        filled = [(one, value) for one, value in found if not is_empty(value)]
        values = self.comparable(filled, key)
        ranked = sorted(zip(filled, values, strict=True), key=lambda pair: rank(pair[1]), reverse=key.startswith("-"))
        made = [pair for pair, _ in ranked]
        return [one for one, _ in made] + [one for one, value in found if is_empty(value)]

    def comparable(self, filled: Sequence[tuple[Recipient, Any]], key: str) -> list[Any]:
        """Values by which records can be put in order: figures or days where all of them are, and texts say so too."""
        values = [value for _, value in filled]
        for read in (self.figure, self.day):
            found = [read(value) for value in values]
            if all(one is not None for one in found):
                return found
        if any(isinstance(value, str) and looks_so(value) for value in values):
            self.problems += [one for one in [self.odd(filled, key)] if one]
        return values

    def odd(self, filled: Sequence[tuple[Recipient, Any]], key: str) -> Problem | None:
        """A warning of the first that is no figure and no day, among others that look like them."""
        for one, value in filled:
            if self.figure(value) is None and self.day(value) is None:
                message = f"--sort “{key}”: '{value}' is no figure and no day in {self.customs.locale}"
                hint = "all were sorted as texts; --locale says what a list is written in"
                return replace(one.problem("M536", message, hint), severity="warning")
        return None

    def figure(self, value: object) -> Decimal | None:
        """A value as a figure, if it is one."""
        if isinstance(value, str):
            with suppress(ValueError):
                return self.customs.figure(value)
        return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None

    def day(self, value: object) -> date | None:
        """A value as a day, if it is one."""
        if isinstance(value, str):
            with suppress(ValueError):
                return self.customs.day(value)
        return value if isinstance(value, date) else None

    def once(self, records: list[Recipient], key: str) -> list[Recipient]:
        """The records without those whose key came before; an empty key is like no other."""
        seen: set[str] = set()
        left = []
        for one, value in self.values(records, key, "--skip-duplicates"):
            same = "" if is_empty(value) else " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split())
            if same in seen:
                self.doubled.append(one)
                continue
            left.append(one)
            seen |= {same} if same else set()
        return left


def settled(value: object) -> object:
    """A value, or the error that a name which is not there stands for."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 -- jinja's own way to say which name is missing
    return value


def is_empty(value: object) -> bool:
    """Whether there is nothing to compare."""
    return value is None or (isinstance(value, str) and not value.strip())


def hint_for(error: Exception) -> str:
    """What to do where a text was compared with something else."""
    mixed = isinstance(error, TypeError) and "not supported between" in str(error) and "'str'" in str(error)
    return f"a cell is a text; {TYPED}" if mixed else ""


def compares_texts(environment: Sandbox, source: str, columns: Collection[str]) -> bool:
    """Whether an expression asks which of two cells, or of a cell and a figure or day in quotes, is the greater."""
    return any(
        any(one.op in _ORDER for one in node.ops) and all(is_text(one, columns) for one in (node.expr, *node.ops))
        for node in environment.parse(f"{{% if {source} %}}{{% endif %}}").find_all(nodes.Compare)
    )


def is_text(side: nodes.Node, columns: Collection[str]) -> bool:
    """Whether one side of a comparison is a cell as it is, or a text that begins with a figure."""
    while isinstance(side, nodes.Operand | nodes.Getattr):
        side = side.expr if isinstance(side, nodes.Operand) else side.node
    if isinstance(side, nodes.Const):
        return isinstance(side.value, str) and bool(re.match(r"[-+]?\d", side.value))
    return isinstance(side, nodes.Name) and side.name in columns


def rank(value: object) -> tuple[Any, ...]:
    """What a value is compared by: figures, then days, then texts as people sort."""
    if isinstance(value, int | Decimal):
        return (0, value)
    if isinstance(value, date):
        return (1, value.isoformat())
    return (2, natural(str(value)), str(value))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A text cut at its figures, so that "Suite 9" comes before "Suite 10"; case and accents make no difference."""
    parts = _DIGITS.split(folded(text))
    return [counted(part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def counted(digits: str) -> tuple[int, int, str]:
    """What figures are compared by, without making a number of them, which may be too long for one."""
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")
    return 0, len(plain), plain


def folded(text: str) -> str:
    """A text without what differs between ways to write the same: case, accents, width, spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())
