"""Days: business days and holidays, months added to dates, and the part of a month that is billed."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

if TYPE_CHECKING:
    from collections.abc import Container

    from generator.provider import Proration


@dataclass(frozen=True, slots=True)
class Period:
    """A billed period, `start` and `end` inclusive, and the part of its month that it is: `part`/`whole` days."""

    start: date
    end: date
    part: int = 1
    whole: int = 1

    @property
    def is_part(self) -> bool:
        """Whether less than the whole month is billed."""
        return self.part != self.whole

    @property
    def fraction(self) -> str:
        """The fraction as printed on the line: "15/31", or nothing for a whole month."""
        return f"{self.part}/{self.whole}" if self.is_part else ""


def month_start(day: date) -> date:
    """The first of the day's month."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """The last day of the day's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """The same day some months on, or that month's last day where it has no such day."""
    return day + relativedelta(months=months)


def term_end(starts: date, months: int) -> date:
    """The last day of a term: the day before the same day `months` later.

    A term that starts on the 31st ends on the last day of a month that has no 31st.
    """
    following = add_months(starts, months)
    return following if following.day < starts.day else following - timedelta(days=1)


def billed_month(starts: date, nth: int, proration: Proration, ends: date | None = None) -> Period:
    """The nth month of service (0 is the first); one that service starts or ends inside of is a part month.

    `actual`: the days of service, first and last counted, over the days of that month.
    `thirty`: every month has 30 days; the 31st counts as the 30th. `none`: the full month.
    """
    first = add_months(month_start(starts), nth)
    start, end = max(first, starts), month_end(first)
    stop = min(end, ends) if ends else end
    if proration == "none" or (start == first and stop == end):
        return Period(start, stop)
    return Period(start, stop, *part_of_month(start, stop, proration))


def part_of_month(start: date, stop: date, proration: Proration) -> tuple[int, int]:
    """The days from `start` through `stop`, both in one month, and the days of that month, as the rule counts them."""
    last = month_end(start).day
    if proration == "thirty":
        return (30 if stop.day == last else min(stop.day, 30)) - min(start.day, 30) + 1, 30
    return stop.day - start.day + 1, last


@cache
def holidays_of(country: str, region: str | None, year: int) -> Container[date]:
    """The public holidays of a year; none where the country is not known."""
    import holidays  # noqa: PLC0415 -- slow to import

    try:
        return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
    except NotImplementedError:
        return holidays_of(country, None, year) if region else frozenset()


def add_business_days(day: date, count: int, country: str, region: str | None = None) -> date:
    """The day `count` business days later; 0 is the day itself, or the next business day if it is none."""

    def is_free(candidate: date) -> bool:
        return candidate.weekday() > 4 or candidate in holidays_of(country, region, candidate.year)  # noqa: PLR2004

    while is_free(day):
        day += timedelta(days=1)
    for _ in range(count):
        day += timedelta(days=1)
        while is_free(day):
            day += timedelta(days=1)
    return day
