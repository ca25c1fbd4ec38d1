"""The months of a deal after those of the packet: each once, until the term or the deal ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import compute
from generator.ledger import LedgerLine
from tests.making import deal, house

if TYPE_CHECKING:
    from generator.work import Figures, Invoice

FAR = date(2199, 12, 31)


def figures(
    text: str = "",
    as_of: date | None = FAR,
    issued: tuple[str, ...] = (),
    *,
    net: Decimal | None = None,
    proration: str = "actual",
) -> Figures:
    """The figures of a deal; each key of `issued` was invoiced as it is worked out, or else for so much before tax."""
    within = house(proration=proration)
    zero, made = Decimal(0), deal(text, within=within)
    lines = [
        LedgerLine(f"2026-{n:04}", "acme", what, date(2026, 11, 16), "USD", zero, zero, zero, "")
        for n, what in enumerate(issued, 1)
    ]
    there = {invoice.key: invoice for invoice in compute.figures(made, within.provider, lines).invoices}
    for n, line in enumerate(lines):
        if line.what in there:
            tax = there[line.what].tax if net is None else zero
            amount = there[line.what].net if net is None else net
            lines[n] = replace(line, net=amount, tax=tax, total=amount + tax)
    return compute.figures(made, within.provider, lines, as_of)


def keys(invoices: tuple[Invoice, ...]) -> list[str]:
    return [invoice.key for invoice in invoices]


def months(made: Figures) -> tuple[Invoice, ...]:
    return made.monthly_invoices + made.recurring_invoices


def test_without_a_day_or_a_ledger_there_is_only_the_packet() -> None:
    assert figures(as_of=None).recurring_invoices == ()


def test_a_month_is_due_to_be_issued_when_its_date_has_come() -> None:
    assert keys(figures(as_of=date(2026, 12, 19)).recurring_invoices) == []
    assert keys(figures(as_of=date(2026, 12, 20)).recurring_invoices) == ["2027-01"]


def test_months_paid_in_advance_by_check_are_not_issued_again() -> None:
    made = figures("monthly: {paid_by: check}", date(2027, 2, 17))
    assert keys(made.monthly_invoices) == ["2026-12", "2027-01", "2027-02"]
    assert keys(made.recurring_invoices) == ["2027-03"]


def test_the_ledger_keeps_a_month_in_the_figures_and_gives_it_its_number() -> None:
    made = figures(as_of=None, issued=("setup", "2026-12", "2027-01"))
    assert [(invoice.key, invoice.number) for invoice in made.invoices] == [
        ("setup", "2026-0001"),
        ("2026-12", "2026-0002"),
        ("2027-01", "2026-0003"),
    ]
    assert made.setup_invoice
    assert made.setup_invoice.number == "2026-0001"


@pytest.mark.parametrize("what", ["2026-11", "2026-13", "2030-01", "2027-1", "nonsense", "2026-12-01", "٢٠٢٧-01"])
def test_a_ledger_line_of_a_month_that_the_deal_does_not_have_makes_no_invoice(what: str) -> None:
    assert figures("term_months: 12", as_of=None, issued=(what,)).recurring_invoices == ()


def test_what_follows_is_due_by_the_terms_or_when_autopay_collects_it() -> None:
    by_check = figures("monthly: {paid_by: check}", date(2027, 2, 17)).recurring_invoices[0]
    assert (by_check.dated, by_check.due, by_check.due_days) == (date(2027, 2, 17), date(2027, 3, 4), 15)
    by_card = figures(as_of=date(2026, 12, 20)).recurring_invoices[0]
    assert (by_card.dated, by_card.due, by_card.due_days) == (date(2026, 12, 20), date(2027, 1, 4), 15)
    assert not by_check.prepaid
    assert by_check.released is None


def test_the_last_month_of_a_term_is_the_rest_of_the_first() -> None:
    made = months(figures("starts: 2027-03-17\nterm_months: 12"))
    assert len(made) == 13
    assert [invoice.lines[0].fraction for invoice in made] == ["15/31", *[""] * 11, "16/31"]
    assert made[0].total + made[-1].total == Decimal("1410.00")


def test_where_a_part_month_is_billed_as_a_full_one_a_term_has_as_many_invoices_as_months() -> None:
    assert len(months(figures("starts: 2027-03-17\nterm_months: 12", proration="none"))) == 12


def test_no_month_after_the_end_of_a_deal_is_issued() -> None:
    assert keys(months(figures("ended: 2027-02-10"))) == ["2026-12", "2027-01", "2027-02"]
    assert keys(months(figures("ended: 2027-01-31"))) == ["2026-12", "2027-01"]


def test_a_month_that_was_issued_before_the_deal_ended_stays() -> None:
    made = figures("ended: 2027-01-31", issued=("2026-12", "2027-01", "2027-02"))
    assert keys(made.recurring_invoices) == ["2027-01", "2027-02"]


days = st.dates(date(2026, 11, 16), date(2027, 11, 1))


@given(days, st.integers(1, 40), st.sampled_from(["actual", "thirty", "none"]), st.sampled_from(["check", "card"]))
def test_the_months_of_a_term_follow_one_another_without_a_gap(starts: date, term: int, rule: str, way: str) -> None:
    made = figures(f"starts: {starts}\nterm_months: {term}\nmonthly: {{paid_by: {way}}}", proration=rule)
    periods = [invoice.period for invoice in months(made) if invoice.period]
    assert periods[0].start == starts
    for before, after in pairwise(periods):
        assert after.start == before.end + timedelta(days=1)
    assert made.term_end
    if rule != "none":
        assert periods[-1].end == made.term_end
    assert all(invoice.dated <= max(invoice.due, date(2026, 11, 16)) or invoice.prepaid for invoice in months(made))


@given(days, days)
def test_what_is_due_by_a_day_is_what_was_due_before_and_more(one: date, other: date) -> None:
    early, late = sorted((one, other))
    before, after = (keys(months(figures("starts: 2026-11-20", day))) for day in (early, late))
    assert after[: len(before)] == before
