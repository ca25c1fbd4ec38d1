"""Auditing: what the ledger, the deals and git say of one another is held together, and each fault has its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from generator import compute, ledger, load
from generator.invoicing import auditing, numbering
from generator.provider import Invoicing, Provider
from tests.making import SMALLEST, deal, house

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.deal import Deal
    from generator.errors import Problem
    from generator.ledger import Ledger, LedgerLine

PROVIDER = house().provider
SERIES = PROVIDER.invoicing.series
DAY = date(2027, 1, 20)


def issued(one: Deal, as_of: date = DAY, provider: Provider = PROVIDER) -> list[LedgerLine]:
    """A deal's invoices, numbered and sealed."""
    figures = compute.figures(one, provider, (), as_of)
    bare = numbering.numbered(numbering.due(one, figures, as_of), (), provider)
    figures = compute.figures(one, provider, bare)
    return [numbering.sealed(line, one, figures, provider) for line in bare]


def book(lines: Iterable[LedgerLine]) -> Ledger:
    return ledger.parse(ledger.with_lines("", list(lines)), "deals/invoices.csv")


def closed(day: str) -> Provider:
    return PROVIDER.model_copy(update={"invoicing": Invoicing(closed_through=date.fromisoformat(day))})


def compared(was: Deal, now: Deal, provider: Provider = PROVIDER) -> auditing.Comparison:
    read = book(issued(was))
    return auditing.compared(read, now, compute.figures(now, provider, read.of(now.id)), provider)


def said(problems: Iterable[Problem]) -> list[str]:
    found = list(problems)
    assert all(problem.hint for problem in found)
    return [f"{problem.line} {problem.code} {problem.message}" for problem in found]


def test_a_deal_that_gives_what_was_issued_has_no_problem() -> None:
    assert compared(deal(), deal()) == auditing.Comparison((), frozenset())


def test_a_changed_count_is_told_for_each_invoice_with_old_and_new_total() -> None:
    told = compared(deal(), deal("workstations: 15"))
    assert said(told.problems) == [
        "2 L313 2026-0001 (acme, setup) was issued, but now differs in lines: total 1,410.00, now 1,475.00",
        "3 L313 2026-0002 (acme, 2026-12) was issued, but now differs in lines: total 1,410.00, now 1,475.00",
        "4 L313 2026-0003 (acme, 2027-01) was issued, but now differs in lines: total 1,410.00, now 1,475.00",
        "5 L313 2027-0001 (acme, 2027-02) was issued, but now differs in lines: total 1,410.00, now 1,475.00",
    ]
    assert "dealdocs credit 2026-0001" in told.problems[0].hint
    assert "closed_through" in told.problems[0].hint
    assert {problem.deal for problem in told.problems} == {"acme"}


def test_another_name_is_told_without_amounts_and_both_together() -> None:
    renamed = SMALLEST.replace("Acme", "Acme Corp")
    (first, *_) = said(compared(deal(), deal(over=renamed)).problems)
    assert first.endswith("now differs in who is billed")
    (first, *_) = said(compared(deal(), deal("workstations: 15", over=renamed)).problems)
    assert first.endswith("now differs in who is billed; lines: total 1,410.00, now 1,475.00")


def test_another_date_is_told_with_both() -> None:
    (first, *_) = said(compared(deal(), deal("signed: 2026-11-17")).problems)
    assert "now differs in dates and terms: date 2026-11-16, now 2026-11-17" in first


def test_another_tax_is_told_with_net_and_tax() -> None:
    line = "lines: [{description: x, price: 100, every: month, taxable: true}]\ntax: {rate: '%s', label: Tax}"
    (first, *_) = said(compared(deal(line % 5), deal(line % 6)).problems)
    assert first.endswith("now differs in lines: tax 5.00, now 6.00, total 1,515.00, now 1,516.00")


def test_an_invoice_that_its_deal_no_longer_has_is_told() -> None:
    (told,) = said(compared(deal(), deal("term_months: 2")).problems)
    assert told == "5 L314 2027-0001 (acme, 2027-02) was issued, but is no longer among the deal's invoices"


def test_a_figure_that_was_changed_in_the_ledger_itself_is_told() -> None:
    one = deal()
    first, *rest = issued(one)
    read = book([replace(first, net=Decimal("1400.00"), total=Decimal("1400.00")), *rest])
    (told,) = said(auditing.compared(read, one, compute.figures(one, PROVIDER, read.lines), PROVIDER).problems)
    assert told.endswith("now differs in lines: total 1,400.00, now 1,410.00")


def test_in_closed_books_what_was_issued_stays_and_what_came_later_is_compared() -> None:
    told = compared(deal(), deal("workstations: 15"), closed("2026-12-20"))
    assert told.frozen == {"setup", "2026-12", "2027-01"}
    assert [problem.line for problem in told.problems] == [5]
    assert compared(deal(), deal("workstations: 15"), closed("2027-01-20")).problems == ()


def test_an_amount_that_somebody_changed_in_the_ledger_is_told_in_closed_books_too() -> None:
    first, *rest = issued(deal())
    read = book([replace(first, net=Decimal("1400.00"), total=Decimal("1400.00")), *rest])
    one, provider = deal(), closed("2027-01-20")
    (told,) = said(auditing.compared(read, one, compute.figures(one, provider, read.lines), provider).problems)
    assert told.endswith("now differs in lines: total 1,400.00, now 1,410.00")


def test_in_closed_books_nothing_is_held_where_nothing_differs() -> None:
    assert compared(deal(), deal(), closed("2027-01-20")).frozen == frozenset()


NOTE = "credit_notes:\n  - {invoice: %s, dated: 2027-01-05, lines: [{description: x, amount: %s}], tax: %s}\n"
TAXED = SMALLEST + "lines: [{description: x, price: 100, every: month, taxable: true}]\ntax: {rate: '5', label: Tax}\n"


def credits_of(notes: str, over: str = SMALLEST) -> list[str]:
    """What is wrong with a deal's credit notes for invoices that were issued before they were written."""
    lines = [*issued(deal(over=over)), replace(issued(deal(name="bolt"))[0], number="B-1")]
    one = deal(notes, over=over)
    read, source = book(lines), load.parse(over + notes, "acme.yaml")
    found = auditing.of_credits(read, one, compute.figures(one, PROVIDER, read.of("acme")), source)
    return [told.replace(f"{len(over.splitlines())}+", "") for told in said(found)]


def test_credit_notes_up_to_all_that_was_invoiced_are_sound() -> None:
    assert credits_of(NOTE % ("2026-0002", "1410.00", "0")) == []
    assert credits_of(NOTE % ("2026-0002", "1000", 0) + (NOTE % ("2026-0002", "410", 0)).partition("\n")[2]) == []
    assert credits_of(NOTE % ("2026-0002", "1510.00", "5.00"), TAXED) == []


@pytest.mark.parametrize(
    ("invoice", "amount", "tax", "message"),
    [
        ("2026-0002", "1411", 0, "L316 of invoice 2026-0002 1,411.00 net is credited in all, but 1,410.00 was"),
        ("2026-0002", "10", "0.01", "L316 of invoice 2026-0002 0.01 tax is credited in all, but 0.00 was invoiced"),
        ("2026-0009", "10", 0, "L315 a credit note is for invoice 2026-0009, which was not issued"),
        ("B-1", "10", 0, "L315 a credit note is for invoice B-1, which is bolt's"),
    ],
)  # fmt: skip
def test_a_credit_note_that_cannot_be_is_told_in_the_deal_file(
    invoice: str, amount: str, tax: object, message: str
) -> None:
    (told,) = credits_of(NOTE % (invoice, amount, tax))
    assert told.startswith(f"{len(SMALLEST.splitlines()) + 2} {message}")


def test_several_credit_notes_add_up_and_the_last_one_is_told() -> None:
    notes = NOTE % ("2026-0002", "1000", 0) + (NOTE % ("2026-0002", "410.01", 0)).partition("\n")[2]
    (told,) = credits_of(notes)
    assert told.startswith(f"{len(SMALLEST.splitlines()) + 3} L316 of invoice 2026-0002 1,410.01 net")


def test_a_refund_is_never_more_than_the_ledger_says() -> None:
    lines = [replace(line, net=Decimal(9), total=Decimal(9)) for line in issued(deal())]
    ended = SMALLEST + "ended: 2026-12-01\n"
    one, read = deal(over=ended), book(lines)
    figures = compute.figures(one, PROVIDER, read.lines)
    assert [note.total for note in figures.corrections] == [Decimal("8.71"), Decimal(9), Decimal(9)]  # 30/31, all, all
    assert said(auditing.of_credits(read, one, figures, load.parse(ended, "acme.yaml"))) == []


def test_a_credit_note_cannot_be_credited() -> None:
    given = SMALLEST + "credits: [{description: y, amount: 10, from: 2026-12-01, through: 2026-12-31, invoice: A}]\n"
    number = next(line.number for line in issued(deal(over=given)) if line.what == "credit-1")
    (told,) = credits_of(NOTE % (number, "10", 0), given)
    assert told.endswith(f"L315 a credit note is for {number}, which is a credit note itself")


def of_numbers(*numbers: str, provider: Provider = PROVIDER) -> list[str]:
    (line, *_) = issued(deal())
    lines = [replace(line, number=number, what=f"note-{at}") for at, number in enumerate(numbers)]
    return said(auditing.of_numbers(book(lines), provider.invoicing.series))


def test_a_run_without_gaps_is_sound_in_whatever_order() -> None:
    assert of_numbers() == []
    assert of_numbers("2026-0002", "2026-0001", "2027-0001", "2026-0003") == []


def test_gaps_are_told_before_the_number_that_follows_them() -> None:
    assert of_numbers("2026-0003", "2026-0004", "2026-0008", "2027-0002") == [
        "2 L307 the numbers 2026-0001 to 2026-0002 are missing before 2026-0003",
        "4 L307 the numbers 2026-0005 to 2026-0007 are missing before 2026-0008",
        "5 L307 the number 2027-0001 is missing before 2027-0002",
    ]


def test_a_number_far_beyond_all_others_is_a_gap_like_any_other() -> None:
    (told,) = of_numbers("2026-0001", "2026-999999999999")
    assert told == "3 L307 the numbers 2026-0002 to 2026-999999999998 are missing before 2026-999999999999"


def test_a_first_year_that_begins_later_has_no_gap_at_its_beginning() -> None:
    series = [{"pattern": "{year}-{number:04}", "first": "118"}]
    provider = PROVIDER.model_copy(update={"invoicing": Invoicing.model_validate({"series": series})})
    assert of_numbers("2026-0118", "2026-0119", "2027-0001", provider=provider) == []
    (told,) = of_numbers("2026-0119", provider=provider)
    assert told.endswith("the number 2026-0118 is missing before 2026-0119")


def test_a_number_that_no_series_makes_is_a_warning_and_no_gap() -> None:
    (told,) = of_numbers("OLD-17")
    assert told == "2 L308 no series of templates/provider.yaml makes the number OLD-17"


def test_lines_of_deals_that_are_gone_and_in_other_money_are_told_unless_books_are_closed() -> None:
    first, second, *_ = issued(deal())
    read = book([replace(first, deal="bolt"), replace(second, currency="CAD")])
    assert said(auditing.of_deals(read, PROVIDER, {"acme"})) == [
        "2 L309 the deal of 2026-0001 (bolt, setup) is gone",
        "3 L311 2026-0002 (acme, 2026-12) is in CAD; the provider's currency is USD",
    ]
    assert said(auditing.of_deals(read, closed("2026-11-16"), {"acme"})) == []


def order(lines: Iterable[LedgerLine], *deals: Deal) -> list[str]:
    days: auditing.Days = {}
    for one in deals:
        days |= auditing.issue_days(one, compute.figures(one, PROVIDER))
    read = book(lines)
    return said(problem for problem, _ in auditing.of_order(read, read.lines, days, SERIES))


def test_a_line_dated_before_the_day_of_issue_of_one_above_it_is_a_warning() -> None:
    first, second, third, _ = issued(deal())
    assert order([first, second, third]) == []
    moved = [replace(third, number="2026-0001"), replace(first, number="2026-0002")]
    (told,) = order(moved)
    assert told.startswith("3 L310 2026-0002 (acme, setup) is dated 2026-11-16, before 2026-0001 (acme, 2027-01), ")
    assert told.endswith("which was issued 2026-12-20")


def test_months_paid_in_advance_are_issued_at_signing_though_dated_ahead() -> None:
    ahead, later = deal(over=SMALLEST.replace("card", "check")), deal("signed: 2026-12-01", name="bolt")
    lines = [*issued(ahead)[:3], replace(issued(later)[0], number="2026-0004")]
    assert order(lines, ahead, later) == []
    assert order(lines) != [], "without the deals nobody can know when they were signed"


def of_revision(before: str, now: str) -> list[str]:
    return said(auditing.of_revision(ledger.parse(now, "deals/invoices.csv"), before, "main"))


def test_only_added_lines_are_right() -> None:
    one, two, three, four = (ledger.text_of([line]) for line in issued(deal()))
    head = f"{ledger.HEADER}\n"
    assert of_revision("", head + one) == []
    assert of_revision(head + one, head + one + two + three) == []
    assert of_revision(head + one + two, head + one + three + two) == []
    assert of_revision(head + one + two, (head + one + two).replace("\n", "\r\n")) == []
    assert of_revision(head + one + two, head + two + four) == [
        "2 L312 the line of 2026-0001 was removed since main, where it is line 2"
    ]
    assert of_revision(head + one + two, head + one.replace("setup", "2027-05") + two) == [
        "2 L312 the line of 2026-0001 was changed since main"
    ]
    assert of_revision(head + one + two, head + two + one) == ["1 L312 lines stand in another order than at main"]
    assert of_revision(head + one + two, "") == ["1 L312 all lines were removed since main, where there are 3"]
