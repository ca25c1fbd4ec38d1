"""Compute: a deal and the provider's terms become every amount, count and date of the packet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from generator.days import Period, billed_month, month_start, term_end
from generator.money import ZERO, rounded, share, total
from generator.provider import DeviceSetup, FixedSetup, MonthsSetup, NoSetup
from generator.work import Charge, Collect, Figures, Invoice, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from generator.deal import Credit, Deal, Line
    from generator.fields import Tax
    from generator.provider import Plan, Provider


def figures(deal: Deal, provider: Provider) -> Figures:
    """Work out a validated deal. Amounts are in the provider's currency; no sum is taken of unrounded amounts."""
    currency, plan = provider.currency, provider.plans[deal.plan]
    servers, workstations = devices(deal, provider, plan)
    monthly_lines = tuple(line_charge(line, currency) for line in deal.lines if line.every == "month")
    once_lines = tuple(line_charge(line, currency) for line in deal.lines if line.every == "once")
    fee = setup_fee(deal, plan, servers, workstations, currency)
    setup = setup_invoice(deal, provider, fee, once_lines)
    billed = tuple(charge for charge in (servers, workstations) if charge.quantity) + monthly_lines
    ends = term_end(deal.starts, deal.term_months) if deal.term_months else None
    first = billed_month(deal.starts, 0, provider.terms.proration)
    monthly = monthly_invoices(deal, provider, billed, ends)
    notes = credit_notes(deal, currency)
    credit_total = total((note.total for note in notes), currency)
    collect = to_collect(deal, setup, monthly, credit_total, currency)
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
        setup_invoice=setup,
        monthly_invoices=monthly,
        credit_notes=notes,
        credit_total=credit_total,
        first_month=first,
        first_amount=monthly_invoice(deal, provider, billed, 0, 1).total,
        months_prepaid=len(monthly),
        held=collect.monthly_due,
        releases=releases(monthly, collect, currency),
        collect=collect,
        tax=deal.tax,
        term_end=ends,
        notice_by=ends - timedelta(days=provider.terms.notice_days) if ends else None,
    )


def charge(description: str, quantity: Decimal, price: Decimal, currency: str, *, taxable: bool = False) -> Charge:
    """A priced line for a whole month, or for once."""
    return Charge(description, quantity, rounded(price, currency), rounded(quantity * price, currency), taxable)


def devices(deal: Deal, provider: Provider, plan: Plan) -> tuple[Charge, Charge]:
    """Servers and workstations at the deal's own price, or else the plan's."""
    taxable, words, currency = provider.tax.monthly_taxable, provider.lines, provider.currency
    server = plan.server if deal.servers.price is None else deal.servers.price
    workstation = plan.workstation if deal.workstations.price is None else deal.workstations.price
    return (
        charge(words.server, Decimal(deal.servers.count), server, currency, taxable=taxable),
        charge(words.workstation, Decimal(deal.workstations.count), workstation, currency, taxable=taxable),
    )


def line_charge(line: Line, currency: str) -> Charge:
    """Anything else that is sold, as a priced line."""
    return charge(line.description, line.quantity, line.price, currency, taxable=line.taxable)


def setup_fee(deal: Deal, plan: Plan, servers: Charge, workstations: Charge, currency: str) -> Decimal:
    """The deal's own setup fee, or else what the plan's rule makes of its devices."""
    rule = plan.setup
    if deal.setup.fee is not None:
        return rounded(deal.setup.fee, currency)
    if isinstance(rule, FixedSetup):
        return rounded(rule.fee, currency)
    if isinstance(rule, MonthsSetup):
        return rounded(rule.months * (servers.amount + workstations.amount), currency)
    if isinstance(rule, DeviceSetup):
        return rounded(rule.server * servers.quantity + rule.workstation * workstations.quantity, currency)
    if isinstance(rule, NoSetup):
        return rounded(ZERO, currency)
    assert_never(rule)


def setup_invoice(deal: Deal, provider: Provider, fee: Decimal, once: Sequence[Charge]) -> Invoice | None:
    """The setup fee and all one-time lines, due on receipt; none where there is nothing to pay.

    A fee that is waived in the deal file (0) is shown; one that the plan does not ask for is not.
    """
    currency = provider.currency
    shown = fee or deal.setup.fee is not None
    own = charge(provider.lines.setup, Decimal(1), fee, currency, taxable=provider.tax.setup_taxable)
    lines = (*([own] if shown else []), *once)
    net, tax = net_and_tax(lines, deal.tax, currency)
    if not net:
        return None
    return Invoice(
        key="setup",
        file="invoice-setup",
        kind="setup",
        dated=deal.signed,
        due=deal.signed,
        due_days=0,
        paid_by=deal.setup.paid_by,
        lines=lines,
        net=net,
        tax=tax,
        total=net + tax,
    )


def net_and_tax(lines: Iterable[Charge], tax: Tax, currency: str) -> tuple[Decimal, Decimal]:
    """The sum of the rounded lines, and the tax on the sum of the taxable ones, half up."""
    lines = tuple(lines)
    taxable = total((line.amount for line in lines if line.taxable), currency)
    return total((line.amount for line in lines), currency), rounded(taxable * tax.rate / 100, currency)


def monthly_invoices(deal: Deal, provider: Provider, lines: Sequence[Charge], ends: date | None) -> tuple[Invoice, ...]:
    """The months collected at signing: as many as the terms say for the payment method, none after the term's end."""
    count = provider.terms.months_prepaid.by(deal.monthly.paid_by)
    wanted = (monthly_invoice(deal, provider, lines, nth, count) for nth in range(count))
    return tuple(made for made in wanted if made.total and made.period and (ends is None or made.period.start <= ends))


def monthly_invoice(deal: Deal, provider: Provider, lines: Sequence[Charge], nth: int, count: int) -> Invoice:
    """The invoice of the nth month of service (0 is the first), one of `count` collected at signing.

    The first is dated on the signing date, the others so many days before the 1st of their month as the terms say;
    all are due at signing, when they are collected.
    """
    terms, currency = provider.terms, provider.currency
    period = billed_month(deal.starts, nth, terms.proration)
    billed = tuple(part_month(line, period, currency) for line in lines)
    net, tax = net_and_tax(billed, deal.tax, currency)
    issued = month_start(period.start) - timedelta(days=terms.invoice_days)
    return Invoice(
        key=f"{period.start:%Y-%m}",
        file=f"invoice-{period.start:%Y-%m}",
        kind="monthly",
        dated=max(deal.signed, issued) if nth else deal.signed,
        due=deal.signed,
        due_days=0,
        paid_by=deal.monthly.paid_by,
        lines=billed,
        net=net,
        tax=tax,
        total=net + tax,
        period=period,
        prepaid=count > 1,
        released=period.start if count > 1 else None,
    )


def part_month(line: Charge, period: Period, currency: str) -> Charge:
    """A monthly line for the part of the month that is billed, with the fraction to print on it."""
    if not period.is_part:
        return line
    amount = share(line.quantity * line.price, period.part, period.whole, currency)
    return replace(line, amount=amount, fraction=period.fraction)


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
    return Invoice(
        key="credit",
        file="credit-note",
        kind="credit",
        dated=deal.signed,
        due=deal.signed,
        due_days=0,
        paid_by=deal.monthly.paid_by,
        lines=(line,),
        net=amount,
        tax=rounded(ZERO, currency),
        total=amount,
        period=period,
        credited=credit.invoice,
    )


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
