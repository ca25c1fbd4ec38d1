"""Compute: a deal and the provider's terms become every amount, count and date of its documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from generator.compute.charges import devices, line_charge, net_and_tax, setup_fee
from generator.compute.following import notes, refunds
from generator.compute.months import Service
from generator.compute.packet import credit_notes, releases, setup_invoice, to_collect
from generator.days import billed_month, term_end
from generator.money import ZERO, rounded, total
from generator.work import Charge, Figures, Invoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.deal import Deal
    from generator.ledger import LedgerLine
    from generator.provider import Provider


@dataclass(frozen=True, slots=True)
class Sold:
    """What a deal is charged for: its devices and other lines, each month or once, and the setup fee."""

    servers: Charge
    workstations: Charge
    monthly: tuple[Charge, ...]
    once: tuple[Charge, ...]
    fee: Decimal

    @property
    def billed(self) -> tuple[Charge, ...]:
        """The lines of a monthly invoice: no line for devices that there are none of."""
        return (*(charge for charge in (self.servers, self.workstations) if charge.quantity), *self.monthly)


@dataclass(frozen=True, slots=True)
class Papers:
    """The invoices and credit notes of a deal: those of the packet, and those that follow it."""

    setup: Invoice | None
    monthly: tuple[Invoice, ...]
    given: tuple[Invoice, ...]
    recurring: tuple[Invoice, ...]
    corrections: tuple[Invoice, ...]


def figures(deal: Deal, provider: Provider, issued: Sequence[LedgerLine] = (), as_of: date | None = None) -> Figures:
    """Work out a validated deal. Amounts are in the provider's currency; no sum is taken of unrounded amounts.

    `issued` are the deal's own lines of the ledger: the invoices that they name have their numbers, and the months
    among them that follow the packet stand in `recurring_invoices`, where with `as_of` those stand too that are due
    to be issued by that day.
    """
    what = sold(deal, provider)
    ends = term_end(deal.starts, deal.term_months) if deal.term_months else None
    service = Service(deal, provider, what.billed, ends)
    return put_together(service, what, papers(service, what, issued, as_of))


def sold(deal: Deal, provider: Provider) -> Sold:
    """Price what the deal has, by its own prices or else the plan's."""
    currency, plan = provider.currency, provider.plans[deal.plan]
    servers, workstations = devices(deal, provider, plan)
    monthly, once = (
        tuple(line_charge(line, currency) for line in deal.lines if line.every == every) for every in ("month", "once")
    )
    return Sold(servers, workstations, monthly, once, setup_fee(deal, plan, servers, workstations, currency))


def papers(service: Service, what: Sold, issued: Sequence[LedgerLine], as_of: date | None) -> Papers:
    """Make every invoice and credit note, with the numbers that they have."""
    deal, provider = service.deal, service.provider
    numbers = {line.what: line.number for line in issued}
    setup = setup_invoice(deal, provider, what.fee, what.once)
    monthly = tuple(numbered(service.packet(), numbers))
    recurring = tuple(numbered(following_months(service, monthly, issued, as_of), numbers))
    written = tuple(notes(deal, provider.currency))
    refunded = refunds(deal, provider, (*monthly, *recurring), written, issued, as_of)
    return Papers(
        setup=next(numbered([setup], numbers)) if setup else None,
        monthly=monthly,
        given=tuple(numbered(credit_notes(deal, provider.currency), numbers)),
        recurring=recurring,
        corrections=tuple(numbered((*written, *refunded), numbers)),
    )


def put_together(service: Service, what: Sold, made: Papers) -> Figures:
    """Sum up: the month, what to collect at signing, what is held of it and until when, the term."""
    deal, provider, ends = service.deal, service.provider, service.ends
    currency, first = provider.currency, service.invoice(0)
    credit_total = total((note.total for note in made.given), currency)
    collect = to_collect(deal, made.setup, made.monthly, credit_total, currency)
    month, tax = net_and_tax((what.servers, what.workstations, *what.monthly), deal.tax, currency)
    return Figures(
        servers=what.servers,
        workstations=what.workstations,
        monthly_lines=what.monthly,
        monthly_total=month,
        monthly_tax=tax,
        monthly_with_tax=month + tax,
        once_lines=what.once,
        setup_fee=what.fee,
        setup_invoice=made.setup,
        monthly_invoices=made.monthly,
        credit_notes=made.given,
        credit_total=credit_total,
        first_month=billed_month(deal.starts, 0, provider.terms.proration, ends),
        first_amount=first.total if first else rounded(ZERO, currency),
        months_prepaid=len(made.monthly),
        held=collect.monthly_due,
        releases=releases(made.monthly, collect, currency),
        collect=collect,
        tax=deal.tax,
        term_end=ends,
        notice_by=ends - timedelta(days=provider.terms.notice_days) if ends else None,
        recurring_invoices=made.recurring,
        corrections=made.corrections,
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
