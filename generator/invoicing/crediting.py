"""Crediting: what is left of an issued invoice, and the credit note that takes something of it back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from generator.deal import CreditNote, NoteLine
from generator.errors import Misuse, did_you_mean
from generator.ledger import LedgerLine
from generator.money import ZERO, decimal_of, rounded, total
from generator.source import UNWANTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from generator.work import Charge, Invoice

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an issued invoice: what was invoiced, before tax, and what is left of it to be credited."""

    description: str
    amount: Decimal
    taxable: bool
    left: Decimal


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued invoice, with what is left of its `net` and `tax` after all that was credited.

    `rate` is its tax in percent; it is None where its lines are no longer known: then it has one `item` for all of it,
    and tax goes along with the share of the net.
    """

    line: LedgerLine
    items: tuple[Item, ...]
    rate: Decimal | None
    net: Decimal
    tax: Decimal


def found(number: str, lines: Sequence[LedgerLine], file: str) -> LedgerLine:
    """The ledger's line of an invoice that can be credited. Raises Misuse where there is none."""
    line = next((line for line in lines if line.number == number), None)
    if line is None:
        hint = did_you_mean(number, [line.number for line in lines]) or "'dealdocs number' gives numbers"
        message = f"no invoice with the number '{number}' was issued, says {file} ({hint})"
        raise Misuse(message)
    if line.is_credit:
        message = f"{number} is a credit note, which cannot be credited; credit another part of its invoice, or less"
        raise Misuse(message)
    return line


def issued(line: LedgerLine, charges: Iterable[Charge] | None, rate: Decimal, credited: Sequence[Invoice]) -> Issued:
    """An issued invoice after the credit notes that it has; `charges` are its lines, None where they are not known."""
    net = max(line.net - total((note.net for note in credited), line.currency), ZERO)
    tax = max(line.tax - total((note.tax for note in credited), line.currency), ZERO)
    if charges is None:
        whole = Item(f"Invoice {line.number}", line.net, bool(line.tax), net)
        return Issued(line, (whole,), None, net, tax)
    items = [Item(one.description, one.amount, one.taxable and bool(line.tax), one.amount) for one in charges]
    for charge in (charge for note in credited for charge in note.lines):
        items = taken_off(items, charge)
    return Issued(line, tuple(items), rate, net, tax)


def taken_off(items: Sequence[Item], charge: Charge) -> list[Item]:
    """The lines after a line of a credit note, which credits the one that is called like it.

    Of several that are, those that are taxable like it come first, and among them the one of just that amount.
    """
    called = [place for place, item in enumerate(items) if item.description == charge.description]
    called.sort(key=lambda at: (items[at].taxable != charge.taxable, items[at].left != charge.amount, at))
    rest, after = charge.amount, list(items)
    for place in called:
        off = min(rest, items[place].left)
        rest -= off
        after[place] = replace(items[place], left=items[place].left - off)
    return after


def note_for(invoice: Issued, wanted: str | None, dated: date, reason: str | None) -> CreditNote:
    """The credit note for the `wanted` lines ("1,3" or "2=130.00"), or else for all that is left. Raises Misuse."""
    if not invoice.net + invoice.tax:
        message = f"nothing is left of invoice {invoice.line.number}: all of it was credited"
        raise Misuse(message)
    if reason is not None and (not reason.strip() or len(reason) > LONGEST_REASON or UNWANTED.search(reason)):
        message = f"--reason: write a text of at most {LONGEST_REASON} characters, without control characters"
        raise Misuse(message)
    lines = everything(invoice) if wanted is None else chosen(invoice, wanted)
    tax = tax_of(invoice, lines)
    return CreditNote(invoice=invoice.line.number, dated=dated, reason=reason, lines=lines, tax=tax)


def everything(invoice: Issued) -> tuple[NoteLine, ...]:
    """All that is left, line by line; in one line where it is not clear of which lines something was credited."""
    lines = tuple(
        NoteLine(description=item.description, amount=item.left, taxable=item.taxable)
        for item in invoice.items
        if item.left
    )
    if lines and sum_of(invoice, lines) == invoice.net:
        return lines
    rest = f"What is left of invoice {invoice.line.number}"
    return (NoteLine(description=rest, amount=invoice.net, taxable=bool(invoice.tax)),)


def chosen(invoice: Issued, wanted: str) -> tuple[NoteLine, ...]:
    """The lines that are asked for by their place on the invoice (from 1), each whole or with an amount."""
    amounts = asked_for(invoice, wanted)
    items = {place: invoice.items[place - 1] for place in sorted(amounts)}
    lines = tuple(
        NoteLine(description=item.description, amount=amounts[place], taxable=item.taxable)
        for place, item in items.items()
    )
    if sum_of(invoice, lines) > invoice.net:
        message = f"that is more than is left of invoice {invoice.line.number}: {invoice.net} before tax"
        raise Misuse(message)
    return lines


def asked_for(invoice: Issued, wanted: str) -> Mapping[int, Decimal]:
    """Place of a line → what is to be credited of it. Raises Misuse for what cannot be."""
    amounts: dict[int, Decimal] = {}
    for word in wanted.split(","):
        place, _, written = word.strip().partition("=")
        if not re.fullmatch("[0-9]{1,4}", place) or not 1 <= int(place) <= len(invoice.items):
            message = f"--lines: '{word.strip()}' is not a line of invoice {invoice.line.number} ({listed(invoice)})"
            raise Misuse(message)
        if int(place) in amounts:
            message = f"--lines: line {place} is there twice"
            raise Misuse(message)
        item = invoice.items[int(place) - 1]
        amounts[int(place)] = amount_of(written, item, place, invoice.line.currency) if "=" in word else item.left
        if not item.left:
            message = f"--lines: nothing is left of line {place}, {item.description}"
            raise Misuse(message)
    return amounts


def listed(invoice: Issued) -> str:
    """The lines of an invoice with their places, for somebody who chose one that it does not have."""
    if invoice.rate is None:
        return f"its deal has changed since, so it can only be credited as a whole: 1 is {invoice.net}"
    return "; ".join(f"{place} is {item.description}, {item.left}" for place, item in enumerate(invoice.items, 1))


def amount_of(written: str, item: Item, place: str, currency: str) -> Decimal:
    """An amount that is to be credited of a line. Raises Misuse."""
    try:
        amount = decimal_of(written) if written else ZERO
    except ValueError:
        message = f"--lines: '{written}' is not an amount; write it like {place}={item.left}"
        raise Misuse(message) from None
    if amount <= 0 or amount != rounded(amount, currency):
        message = f"--lines: '{written}' cannot be credited; write an amount in {currency} like {place}={item.left}"
        raise Misuse(message)
    if amount > item.left:
        message = f"--lines: only {item.left} is left of line {place}, {item.description}"
        raise Misuse(message)
    return rounded(amount, currency)


def sum_of(invoice: Issued, lines: Iterable[NoteLine]) -> Decimal:
    """The sum of a credit note's lines, before tax."""
    return total((line.amount for line in lines), invoice.line.currency)


def tax_of(invoice: Issued, lines: Sequence[NoteLine]) -> Decimal:
    """The tax that goes with the lines: rate × the taxable ones, half up; the rest of it with the last of them."""
    net, taxed = sum_of(invoice, lines), sum_of(invoice, (line for line in lines if line.taxable))
    taxable = total((item.left for item in invoice.items if item.taxable), invoice.line.currency)
    if net == invoice.net or (taxed and taxed == taxable):
        return invoice.tax
    share = invoice.line.tax * net / invoice.line.net if invoice.rate is None else taxed * invoice.rate / 100
    return min(rounded(share, invoice.line.currency), invoice.tax)


def told(invoice: Issued, note: CreditNote, money: Callable[[Decimal], str]) -> str:
    """The credit note in words: its lines, tax and total, and what it leaves of the invoice."""
    line, net = invoice.line, sum_of(invoice, note.lines)
    left = invoice.net + invoice.tax - net - note.tax
    rate = f" ({invoice.rate}%)" if invoice.rate else ""
    rows = [(one.description, one.amount) for one in note.lines]
    rows += [(f"Tax{rate}", note.tax)] if line.tax else []
    rows += [("Total", net + note.tax), ("Left of the invoice", left)]
    words, sums = [name for name, _ in rows], [money(amount) for _, amount in rows]
    wide, high = max(map(len, words)), max(map(len, sums))
    body = "".join(f"  {name:<{wide}}  {amount:>{high}}\n" for name, amount in zip(words, sums, strict=True))
    return f"Credit note for invoice {line.reference}, dated {note.dated}:\n{body}"
