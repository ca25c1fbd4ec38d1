"""Credit notes for issued invoices, and refunds of what was paid beyond a deal's end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.test_months import FAR, figures

if TYPE_CHECKING:
    from generator.work import Invoice

BY_CHECK = """
monthly: {paid_by: check}
tax: {rate: '7.25'}
lines: [{description: Backup, price: 99.99, every: month, taxable: true}]
"""
PREPAID = ("setup", "2026-12", "2027-01", "2027-02")
NOTE = """
credit_notes:
  - invoice: 2026-0002
    dated: 2027-01-05
    reason: Not delivered
    lines: [{description: Server, amount: 250.00}]
    tax: 1.50
"""


def corrections(text: str, issued: tuple[str, ...] = PREPAID, proration: str = "actual") -> tuple[Invoice, ...]:
    return figures(f"{BY_CHECK}\n{text}", None, issued, proration=proration).corrections


def test_a_note_of_the_deal_file_is_a_credit_note() -> None:
    (note,) = corrections(NOTE)
    assert (note.key, note.file, note.kind, note.cause) == (
        "note-2026-0002",
        "credit-note-for-2026-0002",
        "credit",
        "correction",
    )
    assert (note.net, note.tax, note.total) == (Decimal("250.00"), Decimal("1.50"), Decimal("251.50"))
    assert (note.credited, note.reason, note.dated) == ("2026-0002", "Not delivered", date(2027, 1, 5))


def test_a_second_note_for_an_invoice_has_a_file_of_its_own_and_a_number_no_slash() -> None:
    line = "lines: [{description: Server, amount: 1.00}]"
    one, slashed = (f"{{invoice: {number}, dated: 2027-01-05, {line}}}" for number in ("A-1", "A/7"))
    files = [note.file for note in corrections(f"credit_notes: [{one}, {one}, {slashed}]")]
    assert files == ["credit-note-for-A-1", "credit-note-for-A-1-2", "credit-note-for-A-7"]


def test_a_deal_that_ends_inside_of_a_prepaid_month_gets_the_other_days_back() -> None:
    part, whole = corrections("ended: 2027-01-10")
    assert (part.key, part.credited, part.cause) == ("refund-2027-01", "2026-0003", "ended")
    assert [line.fraction for line in part.lines] == ["21/31"] * 3
    assert [line.amount for line in part.lines] == [Decimal("338.71"), Decimal("616.45"), Decimal("67.74")]
    assert part.tax == Decimal("7.25") - Decimal("2.34")  # of 99.99, and of the 32.25 that stay
    assert part.period
    assert (part.period.start, part.period.end) == (date(2027, 1, 11), date(2027, 1, 31))
    assert (whole.key, whole.total) == ("refund-2027-02", Decimal("1517.24"))
    assert {note.dated for note in (part, whole)} == {date(2027, 1, 10)}


@pytest.mark.parametrize(("rule", "fraction"), [("actual", "21/31"), ("thirty", "20/30")])
def test_days_are_counted_by_the_providers_rule(rule: str, fraction: str) -> None:
    assert corrections("ended: 2027-01-10", proration=rule)[0].lines[0].fraction == fraction


def test_where_a_part_month_is_billed_as_a_full_one_it_is_not_paid_back() -> None:
    assert [note.key for note in corrections("ended: 2027-01-10", proration="none")] == ["refund-2027-02"]


def test_a_deal_that_ends_with_a_month_gets_back_only_the_months_after_it() -> None:
    assert [note.key for note in corrections("ended: 2027-01-31")] == ["refund-2027-02"]
    assert corrections("ended: 2027-02-28") == ()


def test_what_was_credited_before_is_not_paid_back_again() -> None:
    whole = "lines: [{description: January, amount: 1509.99}], tax: 7.25"
    note = f"credit_notes: [{{invoice: 2026-0003, dated: 2026-12-30, {whole}}}]"
    assert [one.key for one in corrections(f"ended: 2026-12-31\n{note}")] == ["note-2026-0003", "refund-2027-02"]


def test_no_more_is_paid_back_than_the_ledger_says_was_invoiced() -> None:
    (refund,) = figures(f"{BY_CHECK}\nended: 2027-01-31", None, PREPAID, net=Decimal("100.00")).corrections
    assert (refund.net, refund.tax) == (Decimal(100), Decimal(0))
    assert [(line.description, line.amount) for line in refund.lines] == [("Gold", Decimal(100))]


def test_what_is_paid_back_for_days_is_the_share_of_what_was_issued_although_prices_rose_since() -> None:
    part, whole = figures(f"{BY_CHECK}\nended: 2027-01-10", None, PREPAID, net=Decimal("93.00")).corrections
    assert (part.lines[0].fraction, part.net, part.lines[0].price) == ("21/31", Decimal("63.00"), Decimal("93.00"))
    assert whole.net == Decimal("93.00")


@pytest.mark.parametrize(("dated", "net", "tax"), [("2027-01-05", "630.00", "4.91"), ("2027-01-11", "1022.90", "4.91")])
def test_days_of_a_month_are_paid_back_of_what_was_left_of_it_at_the_end(dated: str, net: str, tax: str) -> None:
    note = NOTE.replace("2026-0002", "2026-0003").replace("250.00", "579.99").replace("1.50", "0.00")
    _, part, _ = corrections(f"ended: 2027-01-10\n{note.replace('2027-01-05', dated)}")
    assert (part.net, part.tax) == (Decimal(net), Decimal(tax))  # 21/31 of 930.00, or of all, and of 7.25


def test_a_refund_is_dated_by_the_day_on_which_it_is_issued() -> None:
    made = figures(f"{BY_CHECK}\nended: 2027-01-31", date(2027, 3, 1), PREPAID).corrections
    assert [refund.dated for refund in made] == [date(2027, 3, 1)]
    early = figures(f"{BY_CHECK}\nended: 2027-01-31", date(2027, 1, 25), PREPAID).corrections
    assert [refund.dated for refund in early] == [date(2027, 1, 31)]


def test_a_refund_of_a_draft_names_it_by_its_reference() -> None:
    assert corrections("ended: 2027-01-31", issued=())[0].credited == "acme, 2027-02"


@given(
    st.dates(date(2026, 11, 16), date(2027, 12, 31)),
    st.dates(date(2026, 11, 17), date(2027, 1, 31)),
    st.sampled_from(["actual", "thirty", "none"]),
    st.decimals(0, 2000, places=2),
)
def test_no_refund_is_more_than_its_invoice_and_days_after_the_end_cost_nothing(
    ended: date, starts: date, rule: str, credited: Decimal
) -> None:
    note = f"credit_notes: [{{invoice: 2026-0002, dated: 2027-01-05, lines: [{{description: x, amount: {credited}}}]}}]"
    issued = tuple(invoice.key for invoice in figures(f"{BY_CHECK}\nstarts: {starts}", date(2027, 2, 1)).invoices)
    made = figures(f"{BY_CHECK}\nstarts: {starts}\nended: {ended}\n{note}", FAR, issued, proration=rule)
    months = {invoice.key: invoice for invoice in (*made.monthly_invoices, *made.recurring_invoices)}
    for refund in (one for one in made.corrections if one.cause == "ended"):
        invoice = months[refund.key.removeprefix("refund-")]
        assert Decimal(0) < refund.total <= invoice.total
        assert refund.net == sum(line.amount for line in refund.lines)
        assert refund.total == refund.net + refund.tax
        if invoice.period and ended < invoice.period.start and invoice.number != "2026-0002":
            assert refund.total == invoice.total
