"""Money is read, rounded and shared out as an accountant would."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.money import decimal_of, minor_units, rounded, share, total

amounts = st.decimals(0, 10**7, places=2)


@pytest.mark.parametrize(("text", "value"), [("1410.00", "1410.00"), ("0", "0"), ("-3.5", "-3.5"), ("007", "7")])
def test_plain_decimal_notation_is_read_as_written(text: str, value: str) -> None:
    assert decimal_of(text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1,410", "1e3", "NaN", "", "-", ".5", "5.", "1.2.3", "$5", "٣", "1_000", " 1", "+1", "--1"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        decimal_of(text)


@pytest.mark.parametrize(("currency", "units"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_a_currency_has_its_own_decimals(currency: str, units: int) -> None:
    assert minor_units(currency) == units


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [("0.005", "USD", "0.01"), ("0.0049", "USD", "0.00"), ("2.5", "JPY", "3"), ("1.0005", "KWD", "1.001")],
)
def test_the_half_is_rounded_up(amount: str, currency: str, value: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == value


@pytest.mark.parametrize(
    ("amount", "part", "whole", "value"),
    [
        ("500.00", 15, 31, "241.94"),
        ("910.00", 15, 31, "440.32"),
        ("22.00", 17, 31, "12.06"),
        ("28.00", 31, 61, "14.23"),
    ],
)
def test_a_part_month_is_rounded_to_the_cent(amount: str, part: int, whole: int, value: str) -> None:
    assert str(share(Decimal(amount), part, whole, "USD")) == value


@given(amounts, st.integers(1, 31))
def test_the_two_parts_of_a_month_make_the_whole_within_a_cent(amount: Decimal, part: int) -> None:
    parts = share(amount, part, 31, "USD") + share(amount, 31 - part, 31, "USD")
    assert abs(parts - amount) <= Decimal("0.01")


@given(st.lists(amounts))
def test_a_total_is_the_exact_sum(values: list[Decimal]) -> None:
    assert total(values, "USD") == sum(values, Decimal(0))


def test_no_amounts_make_zero_with_the_currencys_decimals() -> None:
    assert str(total([], "USD")) == "0.00"
