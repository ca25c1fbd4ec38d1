"""Figures and days are read as a locale writes them, or plain; what could be either is never guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from babel.dates import format_date, get_date_format
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from generator.customs import Customs, Plain, looks_so

LOCALES = ("en_US", "en_GB", "en_IN", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CH", "es_ES", "nl_NL", "pl_PL", "sv_SE")
GERMAN = Customs("de_DE", "EUR")
AMERICAN = Customs("en_US", "USD")


@pytest.mark.parametrize(
    ("customs", "written", "figure"),
    [
        (GERMAN, "1.234,50", "1234.50"),
        (GERMAN, "12.000", "12000"),
        (GERMAN, "1.234", "1234"),
        (GERMAN, "99,00 €", "99.00"),
        (GERMAN, "1234.5", "1234.5"),
        (GERMAN, "-0,5", "-0.5"),
        (GERMAN, "−3", "-3"),
        (AMERICAN, "$1,234.50", "1234.50"),
        (AMERICAN, "-$5", "-5"),
        (AMERICAN, "USD 1,410", "1410"),
        (AMERICAN, " 0150 ", "150"),
        (Customs("de_CH"), "1'234.50", "1234.50"),
        (Customs("fr_FR", "EUR"), "1 234,50\xa0€", "1234.50"),
        (Customs("en_IN", "INR"), "12,34,567.00", "1234567.00"),
    ],
)
def test_a_figure_is_read_as_the_locale_writes_it_or_plain(customs: Customs, written: str, figure: str) -> None:
    assert str(customs.figure(written)) == figure


@pytest.mark.parametrize(
    ("customs", "written"),
    [
        (AMERICAN, "1.234,50"),
        (AMERICAN, "12,50"),
        (AMERICAN, "1,23"),
        (AMERICAN, "1,234,5"),
        (AMERICAN, "5 €"),
        (AMERICAN, "1e5"),
        (AMERICAN, "NaN"),
        (AMERICAN, "٣"),
        (AMERICAN, "12 %"),
        (GERMAN, "1,234.50"),
        (GERMAN, "1.2345,00"),
        (GERMAN, "1.234 567"),
        (GERMAN, "24.12.2026"),
        (GERMAN, "acht"),
    ],
)
def test_a_text_that_is_no_figure_is_an_error_that_names_it(customs: Customs, written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a figure in (en_US|de_DE)") as caught:
        customs.figure(written)
    assert f"'{written}'" in str(caught.value)


def test_what_a_workbook_said_is_not_read_by_the_locale() -> None:
    assert GERMAN.figure(Plain("12.345")) == Decimal("12.345")
    assert GERMAN.figure("12.345") == 12345
    with pytest.raises(ValueError, match="not a figure"):
        GERMAN.figure(Plain("1,5"))


@pytest.mark.parametrize(
    ("customs", "written", "day"),
    [
        (GERMAN, "24.12.2026", date(2026, 12, 24)),
        (GERMAN, "1.3.2027 14:30", date(2027, 3, 1)),
        (GERMAN, "2026-12-24", date(2026, 12, 24)),
        (GERMAN, "2026-11-30 14:30", date(2026, 11, 30)),
        (AMERICAN, "12/24/2026", date(2026, 12, 24)),
        (AMERICAN, "5-12-2026", date(2026, 5, 12)),
        (AMERICAN, "5/12/2026, 2:30 PM", date(2026, 5, 12)),
        (Customs("en_GB"), "05/12/2026", date(2026, 12, 5)),
        (Customs("hu_HU"), "2026. 12. 24.", date(2026, 12, 24)),
    ],
)
def test_a_day_is_read_as_the_locale_writes_it_or_by_the_standard(customs: Customs, written: str, day: date) -> None:
    assert customs.day(written) == day


@pytest.mark.parametrize(
    ("customs", "written"),
    [
        (GERMAN, "12/24/2026"),
        (GERMAN, "05/12/2026"),
        (GERMAN, "31.02.2026"),
        (GERMAN, "24.12.26"),
        (GERMAN, "24. Dezember 2026"),
        (AMERICAN, "24/12/2026"),
        (AMERICAN, "05.12.2026"),
        (AMERICAN, "2026-13-01"),
        (AMERICAN, "1410"),
    ],
)
def test_a_text_that_is_no_day_is_an_error_that_names_it(customs: Customs, written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day in .* \(such as (24\.12\.2026|12/24/2026);") as caught:
        customs.day(written)
    assert f"'{written}'" in str(caught.value)


def test_nothing_is_neither() -> None:
    for read in (GERMAN.figure, GERMAN.day):
        with pytest.raises(ValueError, match="an empty text is not a "):
            read(" ")


@given(st.decimals(-10_000_000, 10_000_000, places=2), st.sampled_from(LOCALES))
def test_what_a_locale_prints_is_read_back(amount: Decimal, locale: str) -> None:
    read = Customs(locale, "EUR").figure
    assert read(format_decimal(amount, "#,##0.00", locale=locale)) == amount
    assert read(f"{amount:f}") == amount
    if amount >= 0:
        assert read(format_currency(amount, "EUR", locale=locale)) == amount


@given(st.dates(date(1000, 1, 1)), st.sampled_from(LOCALES))
def test_days_that_a_locale_prints_are_read_back(day: date, locale: str) -> None:
    whole = get_date_format("short", locale).pattern.replace("yy", "y")
    assert Customs(locale).day(format_date(day, whole, locale=locale)) == day
    assert Customs(locale).day(day.isoformat()) == day


def test_what_looks_like_a_figure_or_a_day_is_told_from_other_texts() -> None:
    assert all(map(looks_so, ["1.234,50", "99,00", "1 234", "24.12.2026", "5/12/26", "0.5"]))
    assert not any(map(looks_so, ["12", "Suite 9", "503-555-0134", "9 Quay Street", "", "97201-1234"]))
