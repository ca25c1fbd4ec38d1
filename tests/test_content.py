"""A digest holds for years: these stand in ledgers, so no change to the program may change them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from generator import compute, content
from generator.days import Period
from tests.making import deal, house

if TYPE_CHECKING:
    from generator.deal import Deal
    from generator.work import Invoice

PROVIDER = house().provider
TAXED = "tax: {rate: '7.25', label: Sales tax}\nlines: [{description: Router, price: 80, every: month, taxable: true}]"
CLIENT = "client: {name: Acme, address: {street: 1 Main Street, city: Portland}, contact: {name: Ann Lee}"
PLAIN = "bc4f7e256f1d8a7b-7d676a7089d17ca6-697e84a482756d5b-dc8c430043290996"
PLAIN_TAXED = "bc4f7e256f1d8a7b-7d676a7089d17ca6-697e84a482756d5b-efa8b72f0d95817e"


def invoice(text: str = "", key: str = "2026-12") -> tuple[Invoice, Deal]:
    made = deal(text)
    return next(one for one in compute.figures(made, PROVIDER).invoices if one.key == key), made


def parts(one: Invoice, made: Deal, provider: Any = PROVIDER) -> list[str]:
    """In what an invoice differs from that of the smallest deal."""
    before, whose = invoice()
    return content.differing(content.digest(before, whose, PROVIDER), content.digest(one, made, provider))


def test_the_digests_in_ledgers_stay_what_they_are() -> None:
    """If this fails, every ledger there is would be called wrong: change the program back, not the test."""
    assert content.digest(*invoice(), PROVIDER) == PLAIN
    assert content.digest(*invoice(TAXED), PROVIDER) == PLAIN_TAXED


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("client: {name: Acme & Co, address: {street: 1 Main Street, city: Portland}, contact: {name: Ann Lee}}", 1),
        ("client: {name: Acme, address: {street: 2 Main Street, city: Portland}, contact: {name: Ann Lee}}", 1),
        (f"{CLIENT}, billing: {{po_number: '4471'}}}}", 1),
        ("signed: 2026-11-17", 2),
        ("monthly: {paid_by: ach}", 2),
        ("workstations: 15", 3),
        ("workstations: {count: 14, price: 66}", 3),
    ],
)  # fmt: skip
def test_a_difference_is_in_the_part_that_it_is_of(text: str, part: int) -> None:
    assert parts(*invoice(text)) == [content.PARTS[part]]


def test_a_move_of_the_provider_is_who_bills_and_another_currency_the_lines() -> None:
    moved = PROVIDER.model_copy(update={"address": PROVIDER.address.model_copy(update={"street": "1 New Street"})})
    assert parts(*invoice(), moved) == ["who bills"]
    assert parts(*invoice(), PROVIDER.model_copy(update={"currency": "CAD"})) == ["lines"]


@pytest.mark.parametrize(
    "change",
    [
        {"due": date(2026, 11, 17)},
        {"due_days": 15},
        {"period": Period(date(2026, 12, 2), date(2026, 12, 31), 30, 31)},
        {"prepaid": True},
        {"released": date(2026, 12, 1)},
        {"credited": "2026-0001"},
        {"cause": "ended"},
        {"reason": "Because"},
        {"kind": "setup"},
    ],
)
def test_every_date_and_term_counts(change: dict[str, Any]) -> None:
    one, made = invoice()
    assert parts(replace(one, **change), made) == ["dates and terms"]


@pytest.mark.parametrize(
    "change",
    [
        {"description": "x"},
        {"quantity": Decimal(3)},
        {"price": Decimal("1.5")},
        {"amount": Decimal("1.5")},
        {"fraction": "1/2"},
    ],
)
def test_every_field_of_a_line_counts(change: dict[str, Any]) -> None:
    one, made = invoice()
    assert parts(replace(one, lines=(replace(one.lines[0], **change), *one.lines[1:])), made) == ["lines"]


@pytest.mark.parametrize(
    "text",
    [
        f"{CLIENT}, billing: {{email: ap@acme.example, attention: Accounts}}}}",
        "notes: For the cover page",
        "setup: {paid_by: check}",
        "tax: {rate: '7.25', label: Sales tax}",
        "team: {technician: Sam}",
    ],
)
def test_what_an_invoice_does_not_say_is_no_content(text: str) -> None:
    assert parts(*invoice(text)) == []


def test_a_number_and_how_figures_are_written_are_no_content() -> None:
    one, made = invoice()
    assert parts(replace(one, number="2026-0001", file="x"), made) == []
    assert parts(replace(one, net=Decimal("1410.0"), total=Decimal(1410)), made) == []


def test_the_tax_of_an_invoice_that_has_one_counts_with_its_label_and_rate() -> None:
    one, made = invoice(TAXED)
    other = made.model_copy(update={"tax": made.tax.model_copy(update={"label": "VAT"})})
    assert content.differing(content.digest(one, made, PROVIDER), content.digest(one, other, PROVIDER)) == ["lines"]


def test_texts_that_run_together_are_told_apart() -> None:
    one, made = invoice()
    split = replace(one, credited="2026-0001", reason="")
    joined = replace(one, credited="2026-000", reason="1")
    assert parts(split, made) == parts(joined, made) == ["dates and terms"]
    assert content.digest(split, made, PROVIDER) != content.digest(joined, made, PROVIDER)
