"""Customs: how those who keep a list write figures and days, and which country they do not name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from generator import cldr
from generator.money import decimal_of

_ISO = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?)?", re.ASCII)
_SPACE = "[ \xa0\u202f]"
_CLOCK = r"(?:,? \d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?)?"
#: What looks like a figure with decimals or thousands, or like a day, whatever the locale.
_ALIKE = re.compile(
    r"[-−]?(?:\d+[.,]\d+|\d{1,3}(?:[., '’\xa0\u202f]\d{3})+(?:[.,]\d+)?)|\d{1,4}([./-])\d{1,2}\1\d{2,4}"
)


class Plain(str):
    """A text that a workbook's figure or day became: written 1234.5 and 2026-12-01, whoever keeps the list."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Customs:
    """The customs of a `locale`; `currency` is the one whose sign an amount may carry.

    `country` (ISO 3166) is that of an address which names none; nothing where it is the sender's.
    """

    locale: str = "en_US"
    currency: str = "USD"
    country: str = ""

    def figure(self, written: str, kind: str = "a figure") -> Decimal:
        """A text as a figure: plain (1234.5), or as the locale writes it. Raises ValueError; `kind` is for its message.

        What can be read in both ways is the locale's: 1.234 is 1234 in de_DE.
        """
        found = None if isinstance(written, Plain) else _figures(self.locale, self.currency).fullmatch(written.strip())
        if found:
            whole, part = re.sub(r"\D", "", found["whole"]), found["part"]
            return Decimal(f"{'-' if found['minus'] else ''}{whole}{f'.{part}' if part else ''}")
        try:
            return decimal_of(written.strip() or "?")
        except ValueError:
            example = f"1{'.' if cldr.decimal_mark(self.locale) == ',' else ','}234{cldr.decimal_mark(self.locale)}50"
            raise ValueError(self._unread(written, kind, example)) from None

    def day(self, written: str, kind: str = "a day") -> date:
        """A text as a day: 2026-12-24, or as the locale writes it with a year of four figures. Raises ValueError."""
        iso = _ISO.fullmatch(written.strip())
        order, mark = cldr.day_order(self.locale)
        found = None if iso else _days("." if mark == "." else "/-", order).fullmatch(written.strip())
        try:
            if iso:
                return date.fromisoformat(iso[1])
            if found:
                return date(*(int(found[part]) for part in "yMd"))
        except ValueError:  # there is no such day
            pass
        example = mark.join({"y": "2026", "M": "12", "d": "24"}[part] for part in order)
        raise ValueError(self._unread(written, kind, example))

    def _unread(self, written: str, kind: str, example: str) -> str:
        if not written.strip():
            return f"an empty text is not {kind}; ask first whether it is filled in"
        hint = f"such as {example}; --locale says what a list is written in"
        return f"'{written}' is not {kind} in {self.locale} ({hint})"


def looks_so(written: str) -> bool:
    """Whether a text may well be meant for a figure or a day."""
    return bool(_ALIKE.fullmatch(written.strip()))


@cache
def _figures(locale: str, currency: str) -> re.Pattern[str]:
    """What a figure looks like: with one mark between thousands, or none; a sign of the currency on either side."""
    decimal = cldr.decimal_mark(locale)
    marks = rf"(?:['’{'.' if decimal == ',' else ','}]|{_SPACE})"
    sign = "|".join(re.escape(one) for one in cldr.currency_signs(currency, locale))
    whole = rf"\d{{1,3}}(?P<mark>{marks})(?:\d{{2,3}}(?P=mark))*\d{{3}}|\d+"
    return re.compile(
        rf"(?P<minus>[-−]?)(?:(?:{sign}){_SPACE}?)?(?P<whole>{whole})(?:{re.escape(decimal)}(?P<part>\d+))?(?:{_SPACE}?(?:{sign}))?",
        re.ASCII,
    )


@cache
def _days(marks: str, order: str) -> re.Pattern[str]:
    """What a day looks like, its parts in this order ("dMy"); a day of another order often has another mark."""
    between = rf"{_SPACE}?[{marks}]{_SPACE}?"
    parts = {"y": r"(?P<y>\d{4})", "M": r"(?P<M>\d{1,2})", "d": r"(?P<d>\d{1,2})"}
    return re.compile(between.join(parts[part] for part in order) + rf"\.?{_CLOCK}", re.ASCII)
