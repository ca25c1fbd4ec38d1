"""The one Jinja environment: sandboxed, strict, escaping, with the provider's locale in its filters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, TemplateError, Undefined, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from generator.addressing import block, greeting
from generator.customs import Customs
from generator.errors import did_you_mean
from generator.money import rounded
from generator.recipients import Fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import BaseLoader
    from jinja2.runtime import Context


#: How large a whole number a template may raise another one to.
MOST_BITS = 10_000


class MissingValueError(Exception):
    """A template prints a value that the deal does not have."""


#: What filling in a template can raise through a fault of the template or of its values.
FILLING_ERRORS = (
    TemplateError,
    MissingValueError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


class NamedUndefined(StrictUndefined):
    """A name that is not there: says so with the nearest name that is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        asked: object = self._undefined_name  # jinja says that it is a text
        if isinstance(asked, int) and isinstance(self._undefined_obj, list | tuple):
            return f"there is no item {asked} in a list of {len(self._undefined_obj)} (they are counted from 0)"
        name = str(asked)
        hint = did_you_mean(name, names_of(self._undefined_obj))
        return f"there is no value '{name}'" + (f" ({hint})" if hint else "")


def names_of(thing: object) -> Iterable[str]:
    """The names that a template may ask a value for."""
    if isinstance(thing, dict):
        return [str(key) for key in thing]
    own = [name for kind in type(thing).__mro__ for name in vars(kind) if not name.startswith("_")]
    return [*getattr(type(thing), "model_fields", {}), *getattr(thing, "__dataclass_fields__", {}), *own]


@cache
def fields_of(kind: type) -> frozenset[str]:
    """The fields that a class of our own declares: whatever stands in them is for templates to see."""
    names = {*getattr(kind, "model_fields", {}), *getattr(kind, "__dataclass_fields__", {})}
    return frozenset(name for name in names if not name.startswith("_"))


class Sandbox(ImmutableSandboxedEnvironment):
    """Templates see the fields of a deal, not the machinery of the objects that hold them."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 -- jinja's signature
        """Compute with an amount as Decimal, where a template has `1.05` too."""
        if isinstance(left, Decimal) or isinstance(right, Decimal):
            left, right = as_written(left), as_written(right)
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            bounded(left, right)
        return super().call_binop(context, operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 -- jinja's signature
        """Give a field at once (a third of a render's time went into asking whether it is safe), or ask."""
        if attribute in fields_of(type(obj)):  # type: ignore[arg-type]  # every class is hashable
            return getattr(obj, attribute)
        if isinstance(obj, Fields) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 -- jinja's signature
        """Refuse methods of our own values besides all that jinja refuses."""
        is_ours = isinstance(obj, BaseModel) or hasattr(type(obj), "__dataclass_fields__")
        if is_ours and (callable(value) or attr.startswith("model_")):
            return False
        return bool(super().is_safe_attribute(obj, attr, value))


def bounded(base: int, power: int) -> None:
    """Refuse a power that is worked out in one step for ever, which no limit could stop. Raises OverflowError."""
    if base.bit_length() * power > MOST_BITS:
        message = "a power is too large to be worked out"
        raise OverflowError(message)


def present(value: Any) -> Any:  # noqa: ANN401 -- whatever a template prints
    """Let a value be printed unless it is missing: no document with a hole in it is ever written."""
    if value is None:
        message = "the value is empty; fill it in, or say what to print instead: {{ … | default('–') }}"
        raise MissingValueError(message)
    return value


def default(value: Any, instead: Any = "", boolean: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 -- jinja's own signature
    """Jinja's `default`, which here also stands in for an empty value."""
    if isinstance(value, Undefined) or value is None or (boolean and not value):
        return instead
    return value


@cache
def environment(
    locale: str = "en_US",
    currency: str = "USD",
    loader: BaseLoader | None = None,
    *,
    markup: bool = True,
    customs: Customs | None = None,
) -> Sandbox:
    """The environment that every template of every format is compiled in.

    `markup` is False only for plain text that becomes a value itself: an action's words, a file's name.
    `customs` are those that texts are read by as figures and days (default: the locale's).
    """
    read_by = customs or Customs(locale, currency)
    made = Sandbox(
        autoescape=markup,
        undefined=NamedUndefined,
        finalize=present,
        keep_trailing_newline=True,
        loader=loader,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    made.filters |= {"default": default, "d": default, **reading_filters(read_by)}
    made.filters |= {**locale_filters(locale, currency, read_by), **address_filters(locale, read_by)}
    made.globals = {
        name: made.globals[name] for name in ("range", "namespace", "dict", "cycler", "joiner") if name in made.globals
    }
    return made


def reading_filters(customs: Customs) -> dict[str, Any]:
    """`figure` and `day`: what a text says; and jinja's `float` and `int`, for which a word is no longer 0."""

    def figure(value: object, instead: Any = None) -> Any:  # noqa: ANN401 -- whatever a template says instead
        try:
            return figure_of(as_written(value), customs, "a figure")
        except (ValueError, TypeError):
            if instead is None:
                raise
            return instead

    def whole(value: object, instead: Any = None) -> int:  # noqa: ANN401 -- as above
        return int(figure(value, instead))

    def day(value: object) -> date:
        return day_of(value, customs, "a day")

    return {"figure": figure, "float": figure, "int": whole, "day": day}


def figure_of(value: object, customs: Customs, kind: str) -> Decimal:
    """A value as a figure. Raises ValueError for a text that is none, and TypeError for what cannot be one."""
    if isinstance(value, str):
        return customs.figure(value, kind)
    return Decimal(need(value, (Decimal, int), kind))


def day_of(value: object, customs: Customs, kind: str) -> date:
    """A value as a day. Raises as above."""
    found: date = customs.day(value, kind) if isinstance(value, str) else need(value, date, kind)
    return found


def as_written(value: Any) -> Any:  # noqa: ANN401 -- whatever a template computes with
    """A figure as it stands in a template: 1.05 is no more and no less."""
    return Decimal(repr(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


def locale_filters(locale: str, currency: str, customs: Customs | None = None) -> dict[str, Any]:
    """`money`, `number`, `date` and `country`, as the provider's locale prints them (CLDR, through Babel)."""
    from babel import Locale, dates, numbers  # noqa: PLC0415 -- slow to import

    known = Locale.parse(locale)
    customs = customs or Customs(locale, currency)

    def money(amount: object) -> str:
        cents = rounded(figure_of(amount, customs, "an amount"), currency)
        return numbers.format_currency(cents, currency, locale=known)

    def number(value: object, pattern: str | None = None) -> str:
        return numbers.format_decimal(figure_of(value, customs, "a number"), pattern, locale=known)

    def day(value: object, pattern: str = "long") -> str:
        return dates.format_date(day_of(value, customs, "a date"), pattern, locale=known)

    def country(code: str) -> str:
        return str(known.territories.get(need(code, str, "a country code"), code))

    return {"money": money, "number": number, "date": day, "country": country}


def address_filters(locale: str, customs: Customs) -> dict[str, Any]:
    """`address_block` and `greeting`: text for letters and labels; a block's lines are parted by line breaks."""

    @pass_context
    def address_block(context: Context, address: object, *names: object, home: str = "") -> str:
        provider = context.get("provider")
        at_home = home or getattr(getattr(provider, "address", None), "country", "US")
        return "\n".join(block(given(address), *map(given, names), home=at_home, locale=locale, customs=customs))

    def greeted(person: object, pattern: str = "Dear {name},", fallback: str = "Dear Sir or Madam,") -> str:
        return greeting(given(person), pattern, fallback)

    return {"address_block": address_block, "greeting": greeted}


def given(value: Any) -> Any:  # noqa: ANN401 -- whatever a template passes
    """Refuse a name that is not there; what is there may be empty."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 -- jinja's own way to say which name is missing
    return value


def need(value: Any, kind: type | tuple[type, ...], words: str) -> Any:  # noqa: ANN401 -- whatever a template passes
    """Refuse what a filter cannot print: an empty value, or one of another kind. Raises TypeError."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 -- jinja's own way to say which name is missing
    present(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        message = f"'{value}' is not {words}"
        raise TypeError(message)
    return value
