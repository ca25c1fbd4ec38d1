"""The packet's invoices: what is issued at signing, what is collected then, and when it is released."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from generator.compute.charges import charge, due_at_once, net_and_tax
from generator.days import Period
from generator.money import ZERO, rounded, share, total
from generator.work import Charge, Collect, Release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.deal import Credit, Deal
    from generator.provider import Provider
    from generator.work import Invoice


def setup_invoice(deal: Deal, provider: Provider, fee: Decimal, once: Sequence[Charge]) -> Invoice | None:
    """The setup fee and all one-time lines, due on receipt; none where there is nothing to pay.

    A fee that is waived in the deal file (0) is shown; one that the plan does not ask for is not.
    """
    currency = provider.currency
    shown = fee or deal.setup.fee is not None
    own = charge(provider.lines.setup, Decimal(1), fee, currency, taxable=provider.tax.setup_taxable)
    lines = (*([own] if shown else []), *once)
    net, tax = net_and_tax(lines, deal.tax, currency)
    made = due_at_once(deal.signed, deal.setup.paid_by, lines, tax, currency)
    return replace(made, key="setup", file="invoice-setup", kind="setup") if net else None


def credit_notes(deal: Deal, currency: str) -> tuple[Invoice, ...]:
    """A credit note for each service that was billed beyond the start; none where nothing is left to credit."""
    notes = (credit_note(deal, credit, currency) for credit in deal.credits)
    kept = [note for note in notes if note.total]
    return tuple(replace(note, key=f"credit-{n}", file=f"credit-note-{n}") for n, note in enumerate(kept, 1))


def credit_note(deal: Deal, credit: Credit, currency: str) -> Invoice:
    """What was billed for the days from the start (inclusive) through the end of the billed period."""
    start = max(credit.from_, deal.starts)
    whole = (credit.through - credit.from_).days + 1
    part = max((credit.through - start).days + 1, 0)
    period = Period(start, max(start, credit.through), part, whole)
    amount = share(credit.amount, part, whole, currency)
    line = Charge(credit.description, Decimal(1), rounded(credit.amount, currency), amount, fraction=period.fraction)
    made = due_at_once(deal.signed, deal.monthly.paid_by, [line], rounded(ZERO, currency), currency)
    return replace(made, period=period, credited=credit.invoice, cause="included")


def to_collect(
    deal: Deal, setup: Invoice | None, monthly: Sequence[Invoice], credit: Decimal, currency: str
) -> Collect:
    """What to collect at signing. A credit lowers what is due for the months first, then the setup."""
    for_setup = setup.total if setup else rounded(ZERO, currency)
    for_months = total((invoice.total for invoice in monthly), currency)
    off_months = min(credit, for_months)
    off_setup = min(credit - off_months, for_setup)
    dues = {"setup": for_setup - off_setup, "monthly": for_months - off_months}
    ways = ((deal.setup.paid_by, dues["setup"]), (deal.monthly.paid_by, dues["monthly"]))
    by = {way: total((due for paid_by, due in ways if paid_by == way), currency) for way in ("check", "card", "ach")}
    return Collect(
        setup=for_setup,
        monthly=for_months,
        credit=credit,
        total=dues["setup"] + dues["monthly"],
        account=credit - off_months - off_setup,
        setup_due=dues["setup"],
        monthly_due=dues["monthly"],
        **by,
    )


def releases(monthly: Sequence[Invoice], collect: Collect, currency: str) -> tuple[Release, ...]:
    """The month-by-month release of what was collected for the months; the last balance is zero."""
    balance, credit = collect.monthly_due, min(collect.credit, collect.monthly)
    rows = []
    for invoice in monthly:
        off = rounded(min(credit, invoice.total), currency)
        credit, balance = credit - off, balance - (invoice.total - off)
        period = invoice.period
        if period is None:  # pragma: no cover -- a monthly invoice has its month
            continue
        rows.append(Release(period, period.start, invoice.total, off, invoice.total - off, balance))
    return tuple(rows)
