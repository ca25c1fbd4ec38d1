"""Money: Decimal from the text of a deal to the printed cell, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ZERO = Decimal(0)
LARGEST = Decimal("999999999.99")


def decimal_of(text: str) -> Decimal:
    """Read plain decimal notation ("1410.00", "-3", "0.5"): no exponent, no separators, no sign but minus.

    Raises ValueError for anything else, so that "1,410" is a fault and not 1.41.
    """
    digits = text.removeprefix("-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and text[-1] != "." and text.removeprefix("-")[0] != "."):
        message = f"'{text}' is not a number"
        raise ValueError(message)
    try:
        return Decimal(text)
    except InvalidOperation as error:  # pragma: no cover -- the test above admits only what Decimal reads
        raise ValueError(str(error)) from error


@cache
def minor_units(currency: str) -> int:
    """Decimals of an ISO 4217 currency by CLDR: 2 for USD, 0 for JPY, 3 for KWD."""
    from babel.numbers import get_currency_precision  # noqa: PLC0415 -- slow to import

    return get_currency_precision(currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's smallest unit, half up (away from zero at the half)."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_UP)


def share(amount: Decimal, part: int, whole: int, currency: str) -> Decimal:
    """`amount` × part/whole, rounded: 500.00 × 15/31 = 241.94."""
    return rounded(amount * part / whole, currency)


def total(amounts: Iterable[Decimal], currency: str) -> Decimal:
    """Sum rounded amounts; no amounts make 0.00 in the currency's decimals."""
    return rounded(sum(amounts, ZERO), currency)
