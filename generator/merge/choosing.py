"""Choosing: which of the records are merged, and in which order, by conditions and keys over their values."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError, Undefined

from generator.errors import Misuse, Problem
from generator.money import decimal_of
from generator.recipients import Recipient
from generator.templating import FILLING_ERRORS, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_DIGITS = re.compile(r"(\d+)")


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
    """Evaluates the expressions of a choice for records; one for which that fails is left out and told."""

    environment: Sandbox
    problems: list[Problem]
    doubled: list[Recipient] = field(default_factory=list)

    def chosen(self, records: Sequence[Recipient], choice: Choice) -> list[Recipient]:
        """The records that are wanted, in the order that is wanted. Raises Misuse."""
        left = list(records)
        for condition in choice.where:
            left = [one for one, holds in self.values(left, condition, "--where") if holds]
        for key in reversed(choice.sort):  # sorting is stable, so the last key comes first
            left = self.ordered(left, key)
        for key in choice.unique:
            left = self.once(left, key)
        left = left[choice.first - 1 : choice.last]
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
                failed.append(one.problem("M520", f"{option} “{source}”: {error}"))
        if failed and not found and len(failed) > 1:
            message = f"{failed[0].message} (so for every record)"
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
        numbers = all(number_of(value) is not None for _, value in filled)
        made = sorted(filled, key=lambda pair: rank(pair[1], numbers=numbers), reverse=key.startswith("-"))
        return [one for one, _ in made] + [one for one, value in found if is_empty(value)]

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


def number_of(value: object) -> Decimal | None:
    """A value as a number, if it is one; from a spreadsheet, as text, it may be one too."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    try:
        return decimal_of(value.strip()) if isinstance(value, str) and value.strip() else None
    except (ValueError, IndexError):
        return None


def rank(value: object, *, numbers: bool) -> tuple[Any, ...]:
    """What a value is compared by: as a number where all of them are; otherwise dates, then texts as people sort."""
    if numbers:
        return (number_of(value),)
    if isinstance(value, date):
        return (0, value.isoformat())
    return (1, natural(str(value)), str(value))


def natural(text: str) -> list[tuple[int, int, str]]:
    """A text cut at its figures, so that "Suite 9" comes before "Suite 10"; case and accents make no difference."""
    parts = _DIGITS.split(folded(text))
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def folded(text: str) -> str:
    """A text without what differs between ways to write the same: case, accents, width, spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())
