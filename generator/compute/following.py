"""What follows the packet: credit notes for issued invoices, and refunds of what was paid beyond a deal's end."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from generator.compute.charges import net_and_tax
from generator.days import Period, part_of_month
from generator.money import rounded, share, total
from generator.work import Charge, Invoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.deal import CreditNote, Deal
    from generator.ledger import LedgerLine
    from generator.provider import Provider


def notes(deal: Deal, currency: str) -> Iterator[Invoice]:
    """The credit notes that the deal file has for issued invoices."""
    before: Counter[str] = Counter()
    for nth, note in enumerate(deal.credit_notes, 1):
        before[note.invoice] += 1
        again = f"-{before[note.invoice]}" if before[note.invoice] > 1 else ""
        made = correction(deal, note, currency)
        yield replace(made, key=f"note-{nth}", file=f"credit-note-for-{file_part(note.invoice)}{again}")


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
    net, tax = total((line.amount for line in lines), currency), rounded(note.tax, currency)
    return Invoice(
        key="note",
        file="credit-note",
        kind="credit",
        dated=note.dated,
        due=note.dated,
        due_days=0,
        paid_by=deal.monthly.paid_by,
        lines=lines,
        net=net,
        tax=tax,
        total=net + tax,
        credited=note.invoice,
        cause="correction",
        reason=note.reason or "",
    )


def refunds(
    deal: Deal, provider: Provider, monthly: Iterable[Invoice], notes: Sequence[Invoice], issued: Sequence[LedgerLine]
) -> Iterator[Invoice]:
    """What was invoiced for days after the deal ended, less what `notes` credited already: a credit note a month.

    Never more than was issued, even where prices have gone up since in books that are closed.
    """
    lines = {line.what: line for line in issued}
    for invoice in monthly:
        if deal.ended and invoice.period and invoice.period.end > deal.ended:
            billed = lines.get(invoice.key, invoice)
            credited = [note for note in notes if invoice.number and note.credited == invoice.number]
            net = min(billed.net, invoice.net) - sum(note.net for note in credited)
            tax = min(billed.tax, invoice.tax) - sum(note.tax for note in credited)
            made = at_most(refund(deal, provider, invoice, invoice.period, deal.ended), net, tax, provider.currency)
            if made.total:
                yield made


def refund(deal: Deal, provider: Provider, invoice: Invoice, period: Period, ended: date) -> Invoice:
    """The credit note for the days of a month after the end: what was invoiced, less what those until then cost."""
    currency, rule = provider.currency, provider.terms.proration
    used, whole = (0, 1) if ended < period.start else part_of_month(period.start, ended, rule)
    if rule == "none" and used:
        used = whole  # a month that was begun is a full one
    billed = part_of_month(period.start, period.end, rule)[0]
    lines = tuple(unused(line, used, whole, billed, currency) for line in invoice.lines)
    kept = [replace(was, amount=was.amount - now.amount) for was, now in zip(invoice.lines, lines, strict=True)]
    net = total((line.amount for line in lines), currency)
    tax = invoice.tax - net_and_tax(kept, deal.tax, currency)[1]
    start = max(period.start, ended + timedelta(days=1))
    return Invoice(
        key=f"refund-{invoice.key}",
        file=f"credit-note-{invoice.key}",
        kind="credit",
        dated=max(ended, deal.signed if invoice.due == deal.signed else invoice.dated),
        due=ended,
        due_days=0,
        paid_by=invoice.paid_by,
        lines=lines,
        net=net,
        tax=tax,
        total=net + tax,
        period=Period(start, max(start, period.end)),
        credited=invoice.number or f"{deal.id}, {invoice.key}",
        cause="ended",
        prepaid=invoice.prepaid,
    )


def unused(line: Charge, used: int, whole: int, billed: int, currency: str) -> Charge:
    """What was invoiced on a line of a month, less the share of the `used` days; `billed` days were invoiced."""
    if not used:
        return line
    left = line.amount - share(line.quantity * line.price, used, whole, currency)
    return replace(line, amount=max(left, rounded(Decimal(0), currency)), fraction=f"{billed - used}/{whole}")


def at_most(made: Invoice, net: Decimal, tax: Decimal, currency: str) -> Invoice:
    """A refund cut down, from its last line on, to what is left of its invoice."""
    zero = rounded(Decimal(0), currency)
    lines, left = [], net
    for line in made.lines:
        amount = max(min(line.amount, left), zero)
        left -= amount
        lines.append(replace(line, amount=amount))
    net = total((line.amount for line in lines), currency)
    tax = max(min(made.tax, tax), zero)
    return replace(made, lines=tuple(lines), net=net, tax=tax, total=net + tax)
