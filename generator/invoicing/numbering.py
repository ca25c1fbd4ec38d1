"""Numbering: the invoices that are due to be issued get the next numbers of their series, in order of their dates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from generator import content, ledger, numbers
from generator.deal import Deal
from generator.ledger import IS_CREDIT, LedgerLine
from generator.money import total
from generator.work import Invoice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from decimal import Decimal

    from generator.numbers import Run
    from generator.provider import Provider
    from generator.work import Figures


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice that is due to be issued; `nth` is its place among its deal's.

    `day` is its date; that of the invoice which it credits, where that is later: no invoice is credited before it is
    issued.
    """

    deal: Deal
    invoice: Invoice
    nth: int
    day: date

    @property
    def order(self) -> tuple[date, str, int]:
        """The order in which numbers are given."""
        return self.day, self.deal.id, self.nth


def due(deal: Deal, figures: Figures, as_of: date) -> Iterator[Bill]:
    """What is to be issued by a day: the packet at signing, all else when its date has come. 0.00 is no invoice."""
    packet = {invoice.key for invoice in figures.packet_invoices}
    dates = {name: one.dated for one in figures.invoices for name in (one.number, f"{deal.id}, {one.key}") if name}
    for nth, invoice in enumerate(figures.invoices):
        day = deal.signed if invoice.key in packet else invoice.dated
        if day <= as_of and not invoice.number and invoice.total:
            yield Bill(deal, invoice, nth, max(invoice.dated, dates.get(invoice.credited, invoice.dated)))


def numbered(bills: Iterable[Bill], issued: Sequence[LedgerLine], provider: Provider) -> list[LedgerLine]:
    """A line for each bill, with the next number of its run; the hash is still to come (see `sealed`)."""
    series = provider.invoicing.series
    taken: dict[Run, int] = defaultdict(int)
    for line in issued:
        found = numbers.run_of(series, line.number)
        if found:
            taken[found[0]] = max(taken[found[0]], found[1])
    lines = []
    for bill in sorted(bills, key=lambda bill: bill.order):
        invoice, year = bill.invoice, bill.invoice.dated.year
        place = numbers.series_of(series, invoice.kind)
        run = numbers.Run(place, year if series[place].restart == "yearly" else 0)
        count = taken[run] + 1 if run in taken else numbers.begin(series, run, taken)
        taken[run] = count
        lines.append(
            LedgerLine(
                number=numbers.written(series[place], year, count),
                deal=bill.deal.id,
                what=invoice.key,
                date=invoice.dated,
                currency=provider.currency,
                net=invoice.net,
                tax=invoice.tax,
                total=invoice.total,
                hash="",
            )
        )
    return lines


def sealed(line: LedgerLine, deal: Deal, figures: Figures, provider: Provider) -> LedgerLine:
    """The line with the hash of what its invoice says, in figures that know all the numbers given with it."""
    invoice = next(invoice for invoice in figures.invoices if invoice.key == line.what)
    return replace(line, hash=content.digest(invoice, deal, provider))


def as_table(lines: Sequence[LedgerLine], month: Callable[[date], str], money: Callable[[Decimal], str]) -> str:
    """The lines for people, with their sums in a sentence."""
    rows = [("Number", "Deal", "What", "Date", "Total")]
    rows += [
        (line.number, line.deal, ledger.in_words(line.what, month), line.date.isoformat(), money(line.total))
        for line in lines
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    written = []
    for *words, amount in rows:
        cells = [word.ljust(width) for word, width in zip(words, widths, strict=False)]
        written.append("  ".join([*cells, amount.rjust(widths[-1])]))
    return "\n".join([written[0], "  ".join("-" * width for width in widths), *written[1:], "", sums(lines, money)])


def sums(lines: Sequence[LedgerLine], money: Callable[[Decimal], str]) -> str:
    """How many invoices and credit notes there are, and what they come to: "3 invoices: $1,410.00"."""
    said = []
    for word, wanted in (("invoice", False), ("credit note", True)):
        chosen = [line for line in lines if bool(IS_CREDIT.match(line.what)) == wanted]
        if chosen:
            amount = money(total((line.total for line in chosen), chosen[0].currency))
            said.append(f"{len(chosen)} {word}{'' if len(chosen) == 1 else 's'}: {amount}")
    return f"{', '.join(said)}.\n"


def as_json(lines: Sequence[LedgerLine]) -> list[dict[str, str]]:
    """The lines as JSON objects; the keys are the ledger's columns."""
    rows = (ledger.cells_of(ledger.text_of([line]).rstrip("\n")) for line in lines)
    return [dict(zip(ledger.COLUMNS, row, strict=True)) for row in rows]
