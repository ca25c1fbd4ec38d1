"""What follows the packet: credit notes for issued invoices, and refunds of what was paid beyond a deal's end."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from generator.compute.charges import due_at_once, net_and_tax
from generator.days import Period, part_of_month
from generator.money import ZERO, rounded, share
from generator.work import Charge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.deal import CreditNote, Deal
    from generator.ledger import LedgerLine
    from generator.provider import Proration, Provider
    from generator.work import Invoice


def notes(deal: Deal, currency: str) -> Iterator[Invoice]:
    """The credit notes that the deal file has for issued invoices."""
    before: Counter[str] = Counter()
    for note in deal.credit_notes:
        before[note.invoice] += 1
        again = f"-{before[note.invoice]}" if before[note.invoice] > 1 else ""
        name = f"{file_part(note.invoice)}{again}"
        yield replace(correction(deal, note, currency), key=f"note-{name}", file=f"credit-note-for-{name}")


def file_part(number: str) -> str:
    """An invoice's number as a part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", number)


def correction(deal: Deal, note: CreditNote, currency: str) -> Invoice:
    """A credit note as it is written in the deal file."""
    lines = tuple(
        Charge(line.description, Decimal(1), amount, amount, line.taxable)
        for line in note.lines
        for amount in (rounded(line.amount, currency),)
    )
    made = due_at_once(note.dated, deal.monthly.paid_by, lines, rounded(note.tax, currency), currency)
    return replace(made, credited=note.invoice, cause="correction", reason=note.reason or "")


def refunds(  # noqa: PLR0913, PLR0917 -- all that they depend on
    deal: Deal,
    provider: Provider,
    monthly: Iterable[Invoice],
    notes: Sequence[Invoice],
    issued: Sequence[LedgerLine],
    as_of: date | None,
) -> Iterator[Invoice]:
    """What was invoiced for days after the deal ended: a credit note a month.

    Where something of the month was credited by `notes` before the end, or its prices have changed since in closed
    books, its lines no longer say what is to be paid back: then it is the share of what is left of the invoice.
    A refund is dated by the day on which it is issued, for a deal's end is often written down after it.
    """
    lines = {line.what: line for line in issued}
    for invoice in monthly:
        if deal.ended and invoice.period and invoice.period.end > deal.ended:
            billed = lines.get(invoice.key, invoice)
            before = (note for note in notes if note.dated <= deal.ended)  # later ones credit what this leaves
            credited = [note for note in before if invoice.number and note.credited == invoice.number]
            days = Days.of(invoice.period, deal.ended, provider.terms.proration)
            made = refund(deal, provider, invoice, days)
            if credited or (billed.net, billed.tax) != (invoice.net, invoice.tax):
                net = billed.net - sum(note.net for note in credited)
                tax = billed.tax - sum(note.tax for note in credited)
                made = in_one_line(made, provider.plans[deal.plan].label, (net, tax), days, provider.currency)
            if made.total:
                there = lines.get(made.key)
                dated = there.date if there else max(made.dated, as_of or made.dated)
                yield replace(made, dated=dated, due=dated)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a billed period: how many were `used` until the end of a deal, `billed`, and in the `whole` month.

    `unused` are the first and the last of the others.
    """

    used: int
    billed: int
    whole: int
    unused: Period

    @classmethod
    def of(cls, period: Period, ended: date, rule: Proration) -> Days:
        """Count them by the proration rule; where part months are billed as full ones, a month begun is used up."""
        unused = Period(max(period.start, ended + timedelta(days=1)), period.end)
        billed, whole = part_of_month(period.start, period.end, rule)
        if ended < period.start:
            return cls(0, billed, whole, unused)
        if rule == "none":
            return cls(billed, billed, billed, unused)
        return cls(part_of_month(period.start, ended, rule)[0], billed, whole, unused)


def refund(deal: Deal, provider: Provider, invoice: Invoice, days: Days) -> Invoice:
    """The credit note for the days of a month after the end: what was invoiced, less what those until then cost."""
    currency = provider.currency
    lines = tuple(unused(line, days, currency) for line in invoice.lines)
    kept = [replace(was, amount=was.amount - now.amount) for was, now in zip(invoice.lines, lines, strict=True)]
    tax = invoice.tax - net_and_tax(kept, deal.tax, currency)[1]
    ended = days.unused.start - timedelta(days=1) if days.used else deal.ended or invoice.dated
    dated = max(ended, deal.signed if invoice.due == deal.signed else invoice.dated)
    return replace(
        due_at_once(dated, invoice.paid_by, lines, tax, currency),
        key=f"refund-{invoice.key}",
        file=f"credit-note-{invoice.key}",
        period=days.unused,
        credited=invoice.number or f"{deal.id}, {invoice.key}",
        cause="ended",
        prepaid=invoice.prepaid,
    )


def unused(line: Charge, days: Days, currency: str) -> Charge:
    """What was invoiced on a line of a month, less the share of the days that were used."""
    if not days.used:
        return line
    left = line.amount - share(line.quantity * line.price, days.used, days.whole, currency)
    fraction = f"{days.billed - days.used}/{days.whole}"
    return replace(line, amount=max(left, rounded(ZERO, currency)), fraction=fraction)


def in_one_line(made: Invoice, label: str, amounts: tuple[Decimal, Decimal], days: Days, currency: str) -> Invoice:
    """A refund of the share of the days that were not used, of what is left of an invoice: its net and tax."""
    left, left_tax = (max(rounded(amount, currency), rounded(ZERO, currency)) for amount in amounts)
    back = left - share(left, days.used, days.billed, currency)
    back_tax = left_tax - share(left_tax, days.used, days.billed, currency)
    fraction = f"{days.billed - days.used}/{days.billed}" if days.used else ""
    line = Charge(label, Decimal(1), left, back, fraction=fraction)
    return replace(made, lines=(line,), net=back, tax=back_tax, total=back + back_tax)
