"""Days are counted as contracts and calendars count them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.days import add_business_days, add_months, billed_month, term_end

any_day = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("starts", "months", "ends"),
    [
        ("2026-12-01", 36, "2029-11-30"),
        ("2027-03-17", 12, "2028-03-16"),
        ("2027-01-31", 1, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-01-30", 1, "2027-02-28"),
    ],
)
def test_a_term_ends_the_day_before_its_anniversary(starts: str, months: int, ends: str) -> None:
    assert term_end(date.fromisoformat(starts), months) == date.fromisoformat(ends)


def test_a_month_is_added_to_the_last_day_there_is() -> None:
    assert add_months(date(2027, 1, 31), 1) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("starts", "rule", "fraction"),
    [
        ("2027-03-17", "actual", "15/31"),
        ("2027-03-17", "thirty", "14/30"),
        ("2027-03-31", "thirty", "1/30"),
        ("2027-03-17", "none", ""),
        ("2027-03-01", "actual", ""),
        ("2028-02-29", "actual", "1/29"),
    ],
)
def test_a_start_inside_a_month_makes_a_part_month(starts: str, rule: str, fraction: str) -> None:
    assert billed_month(date.fromisoformat(starts), 0, rule).fraction == fraction  # type: ignore[arg-type]


@given(any_day, st.integers(1, 24))
def test_every_month_after_the_first_is_whole(starts: date, nth: int) -> None:
    period = billed_month(starts, nth, "actual")
    assert not period.is_part
    assert period.start.day == 1
    assert billed_month(starts, nth - 1, "actual").end < period.start


def test_business_days_pass_over_weekends_and_holidays() -> None:
    assert add_business_days(date(2026, 11, 25), 1, "US") == date(2026, 11, 27)  # Thanksgiving is on the 26th
    assert add_business_days(date(2026, 11, 20), 1, "US") == date(2026, 11, 23)


def test_a_weekend_moves_to_the_next_business_day() -> None:
    assert add_business_days(date(2026, 11, 21), 0, "US") == date(2026, 11, 23)


def test_a_country_or_region_that_is_not_known_has_weekends_only() -> None:
    assert add_business_days(date(2026, 11, 25), 1, "ZZ") == date(2026, 11, 26)
    assert add_business_days(date(2026, 11, 25), 1, "US", "Nowhere") == date(2026, 11, 27)


@given(any_day, st.integers(0, 40))
def test_a_due_day_is_a_working_day_and_never_earlier(day: date, count: int) -> None:
    due = add_business_days(day, count, "US", "OR")
    assert due >= day
    assert due.weekday() < 5
