"""What is left of an issued invoice, and what can be credited of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import compute, load, validate
from generator.compute.following import correction
from generator.errors import Misuse
from generator.invoicing import crediting
from generator.ledger import LedgerLine
from generator.work import Charge, Invoice
from tests.making import ROOT, deal, house

if TYPE_CHECKING:
    from generator.deal import CreditNote
    from generator.invoicing.crediting import Issued

DAY = date(2027, 3, 1)
RATE = Decimal("8.875")
CHARGES = (
    Charge("Onboarding", Decimal(1), Decimal("450.00"), Decimal("450.00")),
    Charge("Access point", Decimal(3), Decimal("219.95"), Decimal("659.85"), taxable=True),
    Charge("Printer", Decimal(2), Decimal("289.00"), Decimal("578.00"), taxable=True),
    Charge("Printer", Decimal(1), Decimal("99.00"), Decimal("99.00"), taxable=True),
)
LINE = LedgerLine(
    "2026-0001",
    "acme",
    "setup",
    date(2026, 9, 21),
    "USD",
    Decimal("1786.85"),
    Decimal("118.65"),
    Decimal("1905.50"),
    "",
)
#: The same, when its lines are no longer known.
UNKNOWN = crediting.issued(LINE, None, RATE, ())


def after(*notes: CreditNote, known: bool = True) -> Issued:
    """The invoice after some credit notes."""
    credited = [correction(deal(), note, "USD") for note in notes]
    return crediting.issued(LINE, CHARGES if known else None, RATE, credited)


def note(invoice: Issued, wanted: str | None = None) -> CreditNote:
    return crediting.note_for(invoice, wanted, DAY, None)


def sums(made: CreditNote) -> tuple[list[str], str]:
    return [f"{line.description} {line.amount}" for line in made.lines], str(made.tax)


def test_without_lines_all_is_credited() -> None:
    lines = ["Onboarding 450.00", "Access point 659.85", "Printer 578.00", "Printer 99.00"]
    assert sums(note(after())) == (lines, "118.65")
    left = after(note(after()))
    assert [left.net, left.tax, *(item.left for item in left.items)] == [0] * 6


def test_some_lines_are_credited_whole_or_in_part_with_their_tax() -> None:
    assert sums(note(after(), "1")) == (["Onboarding 450.00"], "0.00")
    assert sums(note(after(), "2=219.95")) == (["Access point 219.95"], "19.52")
    assert sums(note(after(), "3, 1=0.5")) == (["Onboarding 0.50", "Printer 578.00"], "51.30")


def test_tax_is_rounded_half_up_and_its_rest_goes_with_the_last_of_what_is_taxed() -> None:
    once = note(after(), "2=2.00")
    assert once.tax == Decimal("0.18")  # 0.1775
    rest = note(after(once), "2,3,4")
    assert rest.tax == Decimal("118.47")
    assert sums(note(after(once, rest))) == (["Onboarding 450.00"], "0.00")


def test_what_was_credited_before_is_not_there_any_more() -> None:
    once = note(after(), "1=400.00,2")
    assert sums(note(after(once)))[0] == ["Onboarding 50.00", "Printer 578.00", "Printer 99.00"]
    with pytest.raises(Misuse, match=r"only 50.00 is left of line 1, Onboarding"):
        note(after(once), "1=50.01")
    with pytest.raises(Misuse, match="nothing is left of line 2, Access point"):
        note(after(once), "2")
    with pytest.raises(Misuse, match="nothing is left of invoice 2026-0001"):
        note(after(once, note(after(once))))


def test_of_lines_that_are_called_alike_the_one_of_that_amount_is_credited() -> None:
    left = after(note(after(), "4"))
    assert [item.left for item in left.items[2:]] == [Decimal("578.00"), Decimal("0.00")]
    part = after(note(after(), "4=10.00"))
    assert [item.left for item in part.items[2:]] == [Decimal("568.00"), Decimal("99.00")]
    assert sum(item.left for item in left.items) == left.net


def test_of_lines_that_are_called_alike_the_one_that_is_taxed_alike_is_credited() -> None:
    charges = (*CHARGES[:2], replace(CHARGES[2], taxable=False), replace(CHARGES[3], amount=Decimal("578.00")))
    made = crediting.issued(LINE, charges, RATE, [])
    left = crediting.issued(LINE, charges, RATE, [correction(deal(), note(made, "4"), "USD")])
    assert [item.left for item in left.items[2:]] == [Decimal("578.00"), Decimal("0.00")]


def test_a_note_in_other_words_counts_against_the_whole() -> None:
    other = note(after(), "2=600.00")
    line = other.lines[0].model_copy(update={"description": "Two access points"})
    left = after(other.model_copy(update={"lines": (line,)}))
    assert sums(note(left)) == (["What is left of invoice 2026-0001 1186.85"], "65.40")
    assert sums(note(left, "2"))[0] == ["Access point 659.85"]
    with pytest.raises(Misuse, match=r"more than is left of invoice 2026-0001: 1186.85"):
        note(left, "1,2,3")


def test_an_invoice_that_its_deal_no_longer_gives_is_credited_in_one_line() -> None:
    assert sums(note(UNKNOWN)) == (["Invoice 2026-0001 1786.85"], "118.65")
    assert sums(note(UNKNOWN, "1=130.00")) == (["Invoice 2026-0001 130.00"], "8.63")
    left = after(note(UNKNOWN, "1=130.00"), known=False)
    assert sums(note(left)) == (["Invoice 2026-0001 1656.85"], "110.02")
    with pytest.raises(Misuse, match=r"'2' is not a line .*deal has changed since.* 1 is 1786.85"):
        note(UNKNOWN, "2")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("5", "'5' is not a line of invoice 2026-0001 .1 is Onboarding, 450.00; 2 is Access point, 659.85;"),
        ("0", "'0' is not a line"),
        ("", "'' is not a line"),
        ("one", "'one' is not a line"),
        ("1,1=2.00", "line 1 is there twice"),
        ("2=", "'' cannot be credited; write an amount in USD like 2=659.85"),
        ("2=0.00", "'0.00' cannot be credited"),
        ("2=-1", "'-1' cannot be credited"),
        ("2=1.005", "'1.005' cannot be credited"),
        ("2=$5", r"'\$5' is not an amount; write it like 2=659.85"),
        ("2=659.86", "only 659.85 is left of line 2"),
    ],
)
def test_lines_that_cannot_be_credited_are_refused(wanted: str, words: str) -> None:
    with pytest.raises(Misuse, match=words):
        note(after(), wanted)


def test_an_invoice_of_which_too_much_was_credited_by_hand_has_nothing_left() -> None:
    more = note(after()).model_copy(update={"tax": Decimal("500.00")})
    line = more.lines[1].model_copy(update={"amount": Decimal("5000.00")})
    with pytest.raises(Misuse, match="nothing is left of invoice"):
        note(after(more.model_copy(update={"lines": (line,)})))


@pytest.mark.parametrize("reason", ["", " ", "a\x07b", "x" * 1001, "\u202egnorw"])
def test_a_reason_that_cannot_be_printed_is_refused(reason: str) -> None:
    with pytest.raises(Misuse, match="--reason"):
        crediting.note_for(after(), None, DAY, reason)


@pytest.mark.parametrize("what", ["credit-1", "note-2", "refund-2027-06"])
def test_a_credit_note_cannot_be_credited(what: str) -> None:
    with pytest.raises(Misuse, match="2026-0001 is a credit note"):
        crediting.found("2026-0001", [replace(LINE, what=what)], "invoices.csv")


def test_an_unknown_number_is_told_with_the_nearest() -> None:
    lines = [LINE, replace(LINE, number="2026-0101")]
    assert crediting.found("2026-0001", lines, "invoices.csv") == LINE
    with pytest.raises(Misuse, match=r"'2026-1' was issued, says invoices.csv .did you mean '2026-0[01]01'"):
        crediting.found("2026-1", lines, "invoices.csv")
    with pytest.raises(Misuse, match="'dealdocs number' gives numbers"):
        crediting.found("2026-0001", [], "invoices.csv")


def test_it_is_told_with_its_sums_and_what_it_leaves() -> None:
    told = crediting.told(after(), note(after(), "2=219.95"), lambda amount: f"${amount:,}")
    assert (
        told
        == """\
Credit note for invoice 2026-0001 (acme, setup), dated 2027-03-01:
  Access point           $219.95
  Tax (8.875%)            $19.52
  Total                  $239.47
  Left of the invoice  $1,666.03
"""
    )


parts = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 70_000)), min_size=1, max_size=12)


@given(parts, st.booleans())
def test_however_it_is_credited_it_is_never_more_than_was_invoiced(
    wanted: list[tuple[int, int]],
    known: bool,  # noqa: FBT001 -- drawn
) -> None:
    notes: list[CreditNote] = []
    for place, cents in wanted:
        left = after(*notes, known=known)
        item = left.items[place - 1 if known else 0]
        amount = min(Decimal(cents) / 100, item.left, left.net)
        if amount:
            notes.append(note(left, f"{place if known else 1}={amount:.2f}"))
    left = after(*notes, known=known)
    assert left.net >= 0
    assert left.tax >= 0
    assert all(item.left >= 0 for item in left.items)
    if left.net:
        notes.append(note(left))
    total = [correction(deal(), one, "USD") for one in notes]
    assert (sum(one.net for one in total), sum(one.tax for one in total)) == (LINE.net, LINE.tax)


@pytest.mark.parametrize("name", ["lakeside-market", "harbor-dental"])
def test_the_notes_of_a_sample_add_up_to_its_invoices(name: str) -> None:
    made, _ = validate.deal(load.read(ROOT / f"deals/{name}.yaml", name), name, house())
    for invoice in compute.figures(made, house().provider).packet_invoices:
        whole = crediting.issued(ledger_line(invoice), invoice.lines, made.tax.rate, ())
        by_line = [str(place) for place, line in enumerate(invoice.lines, 1) if line.amount]
        taken = [crediting.note_for(whole, place, DAY, None) for place in by_line]
        assert sum(line.amount for one in taken for line in one.lines) == invoice.net
        assert crediting.note_for(whole, ",".join(by_line), DAY, None) == crediting.note_for(whole, None, DAY, None)


def ledger_line(invoice: Invoice) -> LedgerLine:
    return replace(LINE, what=invoice.key, net=invoice.net, tax=invoice.tax, total=invoice.total)
