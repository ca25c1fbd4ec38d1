"""Charges: what is sold becomes priced lines, each rounded; a part month is its fraction of the whole one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from generator.money import ZERO, rounded, share, total
from generator.provider import DeviceSetup, FixedSetup, MonthsSetup, NoSetup
from generator.work import Charge, Invoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from generator.days import Period
    from generator.deal import Deal, Line
    from generator.fields import Payment, Tax
    from generator.provider import Plan, Provider


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


def net_and_tax(lines: Iterable[Charge], tax: Tax, currency: str) -> tuple[Decimal, Decimal]:
    """The sum of the rounded lines, and the tax on the sum of the taxable ones, half up."""
    lines = tuple(lines)
    taxable = total((line.amount for line in lines if line.taxable), currency)
    return total((line.amount for line in lines), currency), rounded(taxable * tax.rate / 100, currency)


def part_month(line: Charge, period: Period, currency: str) -> Charge:
    """A monthly line for the part of the month that is billed, with the fraction to print on it."""
    if not period.is_part:
        return line
    amount = share(line.quantity * line.price, period.part, period.whole, currency)
    return replace(line, amount=amount, fraction=period.fraction)


def due_at_once(day: date, paid_by: Payment, lines: Sequence[Charge], tax: Decimal, currency: str) -> Invoice:
    """A credit note (or what `replace` makes of it) over some lines, dated and due on a day; `tax` is worked out."""
    net = total((line.amount for line in lines), currency)
    return Invoice(
        key="credit",
        file="credit-note",
        kind="credit",
        dated=day,
        due=day,
        due_days=0,
        paid_by=paid_by,
        lines=tuple(lines),
        net=net,
        tax=tax,
        total=net + tax,
    )
