"""The kinds of value that a person writes in YAML: text, amounts, counts, days, people, addresses.

Every scalar arrives as its text; these types are the only place where text becomes something else.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from generator import addressing
from generator.money import LARGEST, decimal_of

Payment = Literal["check", "card", "ach"]
PAYMENTS: tuple[Payment, ...] = ("check", "card", "ach")

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


def _decimal(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return decimal_of(value)
    except ValueError:
        kind, message = "decimal_text", "must be a number such as 1410.00 (no currency sign, no thousands separator)"
        raise PydanticCustomError(kind, message) from None


def _whole(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        kind, message = "whole_text", "must be a whole number such as 14"
        raise PydanticCustomError(kind, message)
    return int(value)


def _day(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    kind, message = "day_text", "must be a day such as 2026-12-01 (year-month-day)"
    raise PydanticCustomError(kind, message)


def _truth(value: object) -> object:
    if isinstance(value, str) and value.lower() in _TRUTH:
        return _TRUTH[value.lower()]
    return value


class Model(BaseModel):
    """The shape of a YAML mapping: no unknown keys, no change after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False, regex_engine="python-re")


Text = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"\S")]
#: A name that fits on every paper: in a spreadsheet's page header there is room for 255 characters in all.
Name = Annotated[str, StringConstraints(min_length=1, max_length=150, pattern=r"\S")]
Identifier = Annotated[str, StringConstraints(pattern=r"\A[a-z0-9]+(?:[-_][a-z0-9]+)*\Z", max_length=60)]
Amount = Annotated[Decimal, BeforeValidator(_decimal, json_schema_input_type=float | str), Field(ge=0, le=LARGEST)]
Quantity = Annotated[Decimal, BeforeValidator(_decimal, json_schema_input_type=float | str), Field(ge=0, le=1_000_000)]
Percent = Annotated[Decimal, BeforeValidator(_decimal, json_schema_input_type=float | str), Field(ge=0, le=100)]
Count = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int | str), Field(ge=0, le=100_000)]
Months = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int | str), Field(ge=0, le=120)]
Days = Annotated[int, BeforeValidator(_whole, json_schema_input_type=int | str), Field(ge=0, le=365)]
Day = Annotated[date, BeforeValidator(_day), Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]
Truth = Annotated[bool, BeforeValidator(_truth)]
Country = Annotated[str, StringConstraints(pattern=r"\A[A-Z]{2}\Z")]
Currency = Annotated[str, StringConstraints(pattern=r"\A[A-Z]{3}\Z")]


class Address(Model):
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    street: Text
    street2: Text | None = None
    city: Text
    region: Text | None = None
    postal_code: Text | None = None
    country: Country = "US"

    @property
    def lines(self) -> tuple[str, ...]:
        """The address by its country's custom, without names and without the country."""
        return addressing.lines(self)


class Person(Model):
    """Somebody by name; the rest as far as known."""

    name: Name
    title: Name | None = None
    email: Text | None = None
    phone: Text | None = None

    @property
    def initials(self) -> str:
        """The first letter of each part of the name, as somebody signs off a line: "Priya Raman" is PR."""
        parts = re.split(r"[\s-]+", self.name)
        return "".join(part[0] for part in parts if part[:1].isalpha() and not part.endswith(".")).upper()


def named(value: object) -> Any:  # noqa: ANN401 -- a pydantic before-validator passes on whatever was written
    """Let a person be written as a bare name."""
    return {"name": value} if isinstance(value, str) else value


PersonOrName = Annotated[Person, BeforeValidator(named, json_schema_input_type=Person | str)]


class Tax(Model):
    """A sales tax; `rate` in percent. dealdocs does not decide what is taxable."""

    rate: Percent
    label: Text = "Sales tax"


class ActionRule(Model):
    """A line of the routing checklist; `due` in business days after signing, `when` a condition on template values."""

    id: Identifier
    section: Text
    action: Text
    owner: Identifier
    due: Days
    when: Text | None = None
