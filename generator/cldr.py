"""Which countries, currencies and locales there are, by the Unicode Consortium's CLDR (through Babel)."""

from __future__ import annotations

import re
from functools import cache

from generator.money import minor_units

#: Codes that CLDR lists beside countries: groups of them, and codes for tests and for the unknown.
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
#: Codes that people write for a country's own.
_ALSO_WRITTEN = {"UK": "GB", "EL": "GR"}
#: Names that people write for countries besides CLDR's.
_ALSO_CALLED = {
    "usa": "US", "united states of america": "US", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "holland": "NL", "czech republic": "CZ",
}  # fmt: skip


@cache
def countries() -> frozenset[str]:
    """The two-letter codes of all countries and territories."""
    from babel import Locale  # noqa: PLC0415 -- slow to import

    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2) - _NO_COUNTRIES  # noqa: PLR2004 -- the others are numbers


def country_meant(code: str) -> str:
    """The code that somebody meant who wrote another for a country; nothing where that is not clear."""
    return _ALSO_WRITTEN.get(code, "")


@cache
def country_name(code: str, locale: str) -> str:
    """A country's name in a locale's words; nothing for a code that is none."""
    from babel import Locale  # noqa: PLC0415 -- slow to import

    return str(Locale.parse(locale).territories.get(code, ""))


@cache
def country_code(written: str, locale: str) -> str:
    """The code of a country that is written as a code, or by its name in English or the locale's words; or nothing."""
    from babel import Locale  # noqa: PLC0415 -- slow to import

    plain = called(written)
    code = plain.upper()
    if code in countries() or country_meant(code):
        return country_meant(code) or code
    names = {
        called(str(name)): str(known)
        for language in ("en", locale)
        for known, name in Locale.parse(language).territories.items()
        if known in countries()
    }
    return {**_ALSO_CALLED, **names}.get(plain, "")


def called(name: str) -> str:
    """A country's name without what makes no difference: case, dots, "the" before it."""
    return " ".join(name.casefold().replace(".", "").split()).removeprefix("the ")


@cache
def currencies() -> frozenset[str]:
    """The three-letter codes of all currencies."""
    from babel import Locale  # noqa: PLC0415 -- slow to import

    return frozenset(Locale("en").currencies)


@cache
def is_locale(name: str) -> bool:
    """Whether a locale such as en_US is one of CLDR's."""
    from babel.localedata import exists, normalize_locale  # noqa: PLC0415 -- slow to import

    return bool(normalize_locale(name)) and exists(name)


@cache
def amount_pattern(locale: str, currency: str) -> str:
    """How amounts are written in a locale without the currency's sign, such as "#,##0.00"."""
    from babel import Locale  # noqa: PLC0415 -- slow to import

    whole, digits = Locale.parse(locale).decimal_formats[None].pattern.partition(".")[0], minor_units(currency)
    return f"{whole}.{'0' * digits}" if digits else str(whole)


@cache
def decimal_mark(locale: str) -> str:
    """What stands before the decimals in a locale: a point or a comma."""
    from babel.numbers import get_decimal_symbol  # noqa: PLC0415 -- slow to import

    return "," if get_decimal_symbol(locale) == "," else "."


@cache
def currency_signs(currency: str, locale: str) -> tuple[str, ...]:
    """How amounts of a currency are marked: $, USD."""
    from babel.numbers import get_currency_symbol  # noqa: PLC0415 -- slow to import

    return get_currency_symbol(currency, locale), currency


@cache
def day_order(locale: str) -> tuple[str, str]:
    """The order of a day's parts in figures ("dMy"), and the mark between them."""
    from babel.dates import get_date_format  # noqa: PLC0415 -- slow to import

    pattern = re.sub(r"'[^']*'|\s", "", get_date_format("short", locale).pattern)
    order = "".join(dict.fromkeys(re.findall("[yMd]", pattern)))
    return order, next((mark for mark in pattern if mark in "./-"), "-")
