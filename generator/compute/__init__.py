"""Compute: a deal and the provider's terms become every amount, count and date of its documents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from generator.compute.charges import devices, line_charge, net_and_tax, setup_fee
from generator.compute.following import notes, refunds
from generator.compute.months import Service
from generator.compute.packet import credit_notes, releases, setup_invoice, to_collect
from generator.days import billed_month, term_end
from generator.money import ZERO, rounded, total
from generator.work import Figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.deal import Deal
    from generator.ledger import LedgerLine
    from generator.provider import Provider
    from generator.work import Invoice


def figures(deal: Deal, provider: Provider, issued: Sequence[LedgerLine] = (), as_of: date | None = None) -> Figures:
    """Work out a validated deal. Amounts are in the provider's currency; no sum is taken of unrounded amounts.

    `issued` are the deal's own lines of the ledger: the invoices that they name have their numbers, and the months
    among them that follow the packet stand in `recurring_invoices`, where with `as_of` those stand too that are due
    to be issued by that day.
    """
    currency, plan = provider.currency, provider.plans[deal.plan]
    servers, workstations = devices(deal, provider, plan)
    monthly_lines = tuple(line_charge(line, currency) for line in deal.lines if line.every == "month")
    once_lines = tuple(line_charge(line, currency) for line in deal.lines if line.every == "once")
    fee = setup_fee(deal, plan, servers, workstations, currency)
    billed = tuple(charge for charge in (servers, workstations) if charge.quantity) + monthly_lines
    ends = term_end(deal.starts, deal.term_months) if deal.term_months else None
    service = Service(deal, provider, billed, ends)
    numbers = {line.what: line.number for line in issued}
    setup = setup_invoice(deal, provider, fee, once_lines)
    monthly = tuple(numbered(service.packet(), numbers))
    given = tuple(numbered(credit_notes(deal, currency), numbers))
    recurring = tuple(numbered(following_months(service, monthly, issued, as_of), numbers))
    written = tuple(notes(deal, currency))
    refunded = refunds(deal, provider, (*monthly, *recurring), written, issued, as_of)
    credit_total = total((note.total for note in given), currency)
    collect = to_collect(deal, setup, monthly, credit_total, currency)
    first = service.invoice(0)
    monthly_total, monthly_tax = net_and_tax((servers, workstations, *monthly_lines), deal.tax, currency)
    return Figures(
        servers=servers,
        workstations=workstations,
        monthly_lines=monthly_lines,
        monthly_total=monthly_total,
        monthly_tax=monthly_tax,
        monthly_with_tax=monthly_total + monthly_tax,
        once_lines=once_lines,
        setup_fee=fee,
        setup_invoice=next(numbered([setup], numbers)) if setup else None,
        monthly_invoices=monthly,
        credit_notes=given,
        credit_total=credit_total,
        first_month=billed_month(deal.starts, 0, provider.terms.proration, ends),
        first_amount=first.total if first else rounded(ZERO, currency),
        months_prepaid=len(monthly),
        held=collect.monthly_due,
        releases=releases(monthly, collect, currency),
        collect=collect,
        tax=deal.tax,
        term_end=ends,
        notice_by=ends - timedelta(days=provider.terms.notice_days) if ends else None,
        recurring_invoices=recurring,
        corrections=tuple(numbered((*written, *refunded), numbers)),
    )


def numbered(invoices: Iterable[Invoice], numbers: dict[str, str]) -> Iterator[Invoice]:
    """Put the numbers (by key) on the invoices that have one."""
    return (replace(invoice, number=numbers.get(invoice.key, "")) for invoice in invoices)


def following_months(
    service: Service, packet: Sequence[Invoice], issued: Sequence[LedgerLine], as_of: date | None
) -> list[Invoice]:
    """The months after the packet's that are issued, and those that are due to be by `as_of`, in order."""
    collected = {invoice.key for invoice in packet}
    there = [service.of_key(line.what) for line in issued if line.what not in collected]
    due = service.recurring(as_of) if as_of else ()
    found = {invoice.key: invoice for invoice in (*there, *due) if invoice}
    return [found[key] for key in sorted(found)]
