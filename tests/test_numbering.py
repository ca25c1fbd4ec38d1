"""Numbering: what is due by a day gets the next numbers of its series, in order of dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator import compute, content
from generator.invoicing import numbering
from generator.provider import Invoicing, Provider
from tests.making import SMALLEST, deal, house

if TYPE_CHECKING:
    from generator.deal import Deal
    from generator.ledger import LedgerLine

PROVIDER = house().provider
CREDIT = "credits: [{description: Filter, amount: 10.00, from: 2026-12-01, through: 2026-12-31, invoice: A}]\n"
BY_CHECK = SMALLEST.replace("card", "check")
DECEMBER = date(2026, 12, 24)


def with_series(*series: dict[str, object]) -> Provider:
    return PROVIDER.model_copy(update={"invoicing": Invoicing.model_validate({"series": series})})


def due(*deals: Deal, as_of: date = DECEMBER, issued: tuple[LedgerLine, ...] = ()) -> list[numbering.Bill]:
    return [
        bill
        for one in deals
        for bill in numbering.due(one, compute.figures(one, PROVIDER, issued, as_of), as_of)
    ]  # fmt: skip


def given(*deals: Deal, provider: Provider = PROVIDER, as_of: date = DECEMBER) -> list[tuple[str, str, str]]:
    lines = numbering.numbered(due(*deals, as_of=as_of), (), provider)
    return [(line.number, line.deal, line.what) for line in lines]


@pytest.mark.parametrize(
    ("as_of", "keys"),
    [
        ("2026-11-15", []),
        ("2026-11-16", ["setup", "2026-12", "credit-1"]),
        ("2026-12-19", ["setup", "2026-12", "credit-1"]),
        ("2026-12-20", ["setup", "2026-12", "credit-1", "2027-01"]),
    ],
)
def test_a_packet_is_due_at_signing_and_a_month_when_its_date_has_come(as_of: str, keys: list[str]) -> None:
    bills = due(deal(CREDIT), as_of=date.fromisoformat(as_of))
    assert [bill.invoice.key for bill in bills] == keys


def test_months_paid_in_advance_are_issued_with_the_packet_although_they_are_dated_ahead() -> None:
    bills = due(deal(over=BY_CHECK), as_of=date(2026, 11, 16))
    assert [bill.invoice.key for bill in bills] == ["setup", "2026-12", "2027-01", "2027-02"]
    assert bills[-1].invoice.dated == date(2027, 1, 20)


def test_what_has_a_number_is_not_due_again() -> None:
    one = deal()
    lines = tuple(numbering.numbered(due(one), (), PROVIDER))
    assert due(one, issued=lines) == []
    assert [bill.invoice.key for bill in due(one, issued=lines, as_of=date(2027, 1, 20))] == ["2027-02"]


def test_nothing_of_0_00_is_issued() -> None:
    free = deal("servers: 0\nworkstations: 0\nsetup: {fee: 0, paid_by: card}")
    assert due(free) == []
    note = "credit_notes: [{invoice: A, dated: 2026-12-01, lines: [{description: x, amount: 0}]}]"
    assert [bill.invoice.key for bill in due(deal(note))] == ["setup", "2026-12", "2027-01"]


def test_numbers_go_by_date_then_deal_then_the_order_of_the_packet() -> None:
    early, late = deal(name="zebra"), deal("signed: 2026-11-17", name="acme")
    assert given(late, early) == [
        ("2026-0001", "zebra", "setup"),
        ("2026-0002", "zebra", "2026-12"),
        ("2026-0003", "acme", "setup"),
        ("2026-0004", "acme", "2026-12"),
        ("2026-0005", "acme", "2027-01"),
        ("2026-0006", "zebra", "2027-01"),
    ]


def test_each_year_begins_anew_by_the_invoice_s_date() -> None:
    numbers = [number for number, _, _ in given(deal(over=BY_CHECK))]
    assert numbers == ["2026-0001", "2026-0002", "2026-0003", "2027-0001"]


def test_numbers_that_never_begin_anew_go_on_from_the_first() -> None:
    provider = with_series({"pattern": "INV{number:06}", "restart": "never", "first": "1018"})
    numbers = [number for number, _, _ in given(deal(over=BY_CHECK), provider=provider)]
    assert numbers == ["INV001018", "INV001019", "INV001020", "INV001021"]


def test_credit_notes_can_have_a_series_of_their_own() -> None:
    provider = with_series(
        {"pattern": "{year}-{number:04}", "for": ["setup", "monthly"], "first": "118"},
        {"pattern": "CN{number:03}", "restart": "never", "for": ["credit"]},
    )
    assert given(deal(CREDIT), provider=provider) == [
        ("2026-0118", "acme", "setup"),
        ("2026-0119", "acme", "2026-12"),
        ("CN001", "acme", "credit-1"),
        ("2026-0120", "acme", "2027-01"),
    ]


def test_the_next_number_follows_the_highest_of_its_run_and_others_do_not_count() -> None:
    one = deal()
    (first, *_) = numbering.numbered(due(one), (), PROVIDER)
    before = [replace(first, number=number) for number in ("2026-0041", "2026-0007", "OLD-9", "2027-0500")]
    assert next(iter(numbering.numbered(due(one), before, PROVIDER))).number == "2026-0042"


def test_a_line_says_what_its_invoice_says_and_is_sealed_with_it() -> None:
    one = deal(CREDIT)
    bare = numbering.numbered(due(one), (), PROVIDER)[2]
    figures = compute.figures(one, PROVIDER, (bare,))
    (note,) = figures.credit_notes
    assert (bare.what, bare.date, bare.currency, bare.total, bare.hash) == (note.key, note.dated, "USD", note.total, "")
    assert numbering.sealed(bare, one, figures, PROVIDER).hash == content.digest(note, one, PROVIDER)


def test_the_table_lines_up_and_adds_up() -> None:
    lines = numbering.numbered(due(deal(CREDIT)), (), PROVIDER)
    table = numbering.as_table(lines, lambda day: f"{day:%B %Y}", lambda amount: f"${amount:,}").splitlines()
    assert table[2] == "2026-0001  acme  setup          2026-11-16  $1,410.00"
    assert {len(row) for row in table[:6]} == {len(table[2])}
    assert table[-1] == "3 invoices: $4,230.00, 1 credit note: $10.00."


def test_as_json_has_the_columns_of_the_ledger() -> None:
    (first, *_) = numbering.as_json(numbering.numbered(due(deal()), (), PROVIDER))
    assert first == {
        "number": "2026-0001",
        "deal": "acme",
        "what": "setup",
        "date": "2026-11-16",
        "currency": "USD",
        "net": "1410.00",
        "tax": "0.00",
        "total": "1410.00",
        "hash": "",
    }
