"""Auditing: what is wrong between the ledger of issued invoices, the deals as they are now, and the number series."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from generator import content, numbers
from generator.codes import Code
from generator.errors import Problem
from generator.ledger import IS_CREDIT
from generator.money import ZERO

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from generator.deal import Deal
    from generator.ledger import Ledger, LedgerLine
    from generator.numbers import Run
    from generator.provider import Provider, Series
    from generator.source import Path, Source
    from generator.work import Figures, Invoice

#: A line's deal and what → the day on which it was issued, where that is not its date.
Days = dict[tuple[str, str], "date"]
#: What to do about a deal that is gone.
GONE = (
    "bring the deal's file back from git; if it was renamed, give it its old name again, which is its id; a deal that "
    "is over has 'ended:'"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a deal's invoices stand to its lines in the ledger.

    `frozen`: the keys of those in closed books, if any of them differs: what was issued stays, and with it all that its
    documents say of one another.
    """

    problems: tuple[Problem, ...]
    frozen: frozenset[str]


def is_closed(line: LedgerLine, provider: Provider) -> bool:
    """Whether an issued invoice stays as it is, whatever its deal says now."""
    through = provider.invoicing.closed_through
    return through is not None and line.date <= through


def compared(ledger: Ledger, deal: Deal, figures: Figures, provider: Provider) -> Comparison:
    """Compare what a deal gives now with what was issued to it."""
    invoices = {invoice.key: invoice for invoice in figures.invoices}
    problems, closed = [], {line.what: False for line in ledger.of(deal.id) if is_closed(line, provider)}
    for line in ledger.of(deal.id):
        invoice = invoices.get(line.what)
        said = differences(line, invoice, deal, provider) if invoice else "is no longer among the deal's invoices"
        altered = invoice and said and not content.differing(line.hash, content.digest(invoice, deal, provider))
        if line.what in closed and not altered:
            closed[line.what] = bool(said)
        elif said:
            code = Code.INVOICE_DIFFERS if invoice else Code.INVOICE_GONE
            problems.append(ledger.problem(code, line, f"{line.reference} was issued, but {said}", way_out(line)))
    return Comparison(tuple(problems), frozenset(closed) if any(closed.values()) else frozenset())


def way_out(line: LedgerLine) -> str:
    """What to do about an issued invoice that its deal would now change."""
    credit = "" if IS_CREDIT.match(line.what) else f", credit it with 'dealdocs credit {line.number}'"
    return (
        f"an issued invoice stays as it is: put the deal or provider.yaml back{credit}, or, where the change is right "
        f"from now on, set invoicing.closed_through in templates/provider.yaml"
    )


def differences(line: LedgerLine, invoice: Invoice, deal: Deal, provider: Provider) -> str:
    """What an invoice would now say otherwise than when it was issued, with old and new amounts; empty if nothing."""
    parts = content.differing(line.hash, content.digest(invoice, deal, provider))
    detail: dict[str, list[str]] = defaultdict(list)
    if line.date != invoice.dated:
        detail["dates and terms"].append(f"date {line.date}, now {invoice.dated}")
    if line.currency != provider.currency:
        detail["lines"].append(f"currency {line.currency}, now {provider.currency}")
    for word, was, now in (("net", line.net, invoice.net), ("tax", line.tax, invoice.tax)):
        if was != now and ZERO not in {line.tax, invoice.tax}:
            detail["lines"].append(f"{word} {was:,f}, now {now:,f}")
    if line.total != invoice.total or (line.net, line.tax) != (invoice.net, invoice.tax):
        detail["lines"].append(f"total {line.total:,f}, now {invoice.total:,f}")
    names = [name for name in content.PARTS if name in parts or name in detail]
    said = "; ".join(f"{name}: {', '.join(detail[name])}" if name in detail else name for name in names)
    return f"now differs in {said}" if said else ""


def of_credits(ledger: Ledger, deal: Deal, figures: Figures, source: Source) -> Iterator[Problem]:
    """What is wrong with a deal's credit notes for issued invoices: each is for one of its own, none is too high."""
    known = {line.number: line for line in ledger.lines}
    last: dict[str, Path] = {}
    for nth, note in enumerate(deal.credit_notes):
        last[note.invoice] = path = ("credit_notes", nth, "invoice")
        said = not_creditable(note.invoice, known.get(note.invoice), deal)
        if said:
            hint = f"the numbers of issued invoices are in {ledger.file}"
            yield source.problem(Code.CREDITS_UNKNOWN, source.place(path), said, hint)
    for number in dict.fromkeys(invoice.credited for invoice in figures.corrections):
        line = known.get(number)
        over = too_much(line, [one for one in figures.corrections if one.credited == number]) if line else ""
        if line and over and line.deal == deal.id:
            hint = f"the invoice is on line {line.line} of {ledger.file}; correct what is credited"
            at = source.place(last.get(number, ("ended",)))
            yield source.problem(Code.CREDITS_TOO_MUCH, at, over, hint)


def not_creditable(number: str, line: LedgerLine | None, deal: Deal) -> str:
    """Why no credit note of this deal can be for an invoice of that number."""
    if line is None:
        return f"a credit note is for invoice {number}, which was not issued"
    if line.deal != deal.id:
        return f"a credit note is for invoice {number}, which is {line.deal}'s"
    return f"a credit note is for {number}, which is a credit note itself" if IS_CREDIT.match(line.what) else ""


def too_much(line: LedgerLine, notes: Sequence[Invoice]) -> str:
    """What is credited beyond an invoice, in words; empty if nothing is."""
    for word, credited, invoiced in (
        ("net", sum((note.net for note in notes), ZERO), line.net),
        ("tax", sum((note.tax for note in notes), ZERO), line.tax),
    ):
        if credited > invoiced:
            return f"of invoice {line.number} {credited:,f} {word} is credited in all, but {invoiced:,f} was invoiced"
    return ""


def of_numbers(ledger: Ledger, series: Sequence[Series]) -> Iterator[Problem]:
    """Numbers that are missing in their run, and warnings of those that no series makes."""
    runs: dict[Run, dict[int, LedgerLine]] = defaultdict(dict)
    for line in ledger.lines:
        found = numbers.run_of(series, line.number)
        if found:
            runs[found[0]].setdefault(found[1], line)
        else:
            message = f"no series of templates/provider.yaml makes the number {line.number}"
            hint = "was a pattern changed? Numbers of the old one are not looked at for gaps"
            yield ledger.problem(Code.NUMBER_UNKNOWN, line, message, hint, "warning")
    for run, counted in runs.items():
        one = series[run.series]
        lowest = min(counted)
        start = lowest if lowest in {1, one.first} else min(lowest, numbers.begin(series, run, runs))
        for before, count in pairwise([start - 1, *sorted(counted)]):
            if count > before + 1:
                line = counted[count]
                ends = [numbers.written(one, run.year or line.date.year, end) for end in (before + 1, count - 1)]
                yield _gap(ledger, line, ends)


def _gap(ledger: Ledger, line: LedgerLine, ends: Sequence[str]) -> Problem:
    first, last = ends
    said = f"the number {first} is" if first == last else f"the numbers {first} to {last} are"
    hint = f"no number is ever left out: bring the line back, see 'git log -p -- {ledger.file}'"
    return ledger.problem(Code.NUMBER_GAP, line, f"{said} missing before {line.number}", hint)


def of_deals(ledger: Ledger, provider: Provider, here: Collection[str]) -> Iterator[Problem]:
    """Lines whose deal is gone, or that are in another currency; those of closed books may be."""
    for line in ledger.lines:
        if is_closed(line, provider):
            continue
        if line.deal not in here:
            yield ledger.problem(Code.DEAL_GONE, line, f"the deal of {line.reference} is gone", GONE)
        if line.currency != provider.currency:
            yield other_currency(ledger, line, provider)


def other_currency(ledger: Ledger, line: LedgerLine, provider: Provider) -> Problem:
    """What is wrong with a line that is in another currency than the provider's."""
    message = f"{line.reference} is in {line.currency}; the provider's currency is {provider.currency}"
    return ledger.problem(Code.OTHER_CURRENCY, line, message, "amounts of two currencies cannot be added up")


def of_order(
    ledger: Ledger, lines: Iterable[LedgerLine], days: Mapping[tuple[str, str], date], series: Sequence[Series]
) -> Iterator[tuple[Problem, LedgerLine]]:
    """Warnings (and their lines) of lines dated before the day on which one above them in their run was issued."""
    latest: dict[Run, tuple[date, LedgerLine]] = {}
    for line in lines:
        found = numbers.run_of(series, line.number)
        if found is None:
            continue
        day, above = latest.get(found[0], (line.date, line))
        if line.date < day:
            message = f"{line.reference} is dated {line.date}, before {above.reference}, which was issued {day}"
            hint = "number invoices as soon as they are due, so that numbers and dates go the same way"
            yield ledger.problem(Code.NUMBER_ORDER, line, message, hint, "warning"), line
        issued = days.get((line.deal, line.what), line.date)
        if issued >= day:
            latest[found[0]] = issued, line


def issue_days(deal: Deal, figures: Figures) -> Days:
    """When the invoices of a deal's packet were issued: at signing, though months paid in advance are dated ahead."""
    return {(deal.id, invoice.key): min(invoice.dated, deal.signed) for invoice in figures.packet_invoices}


def of_revision(ledger: Ledger, before: str, revision: str) -> Iterator[Problem]:
    """Lines that were changed or removed since a revision, at which the ledger's text was `before`."""
    was, now = before.splitlines(), ledger.text.splitlines()
    left, at = set(now), {line.number: line for line in ledger.lines}
    hint = f"lines are only added; bring it back, see 'git diff {revision} -- {ledger.file}'"
    if was and not now:
        yield ledger.at(
            Code.LINE_CHANGED, 1, f"all lines were removed since {revision}, where there are {len(was)}", hint
        )
        return
    gone = [(place, row) for place, row in enumerate(was, 1) if row not in left]
    for place, row in gone:
        number = row.partition(",")[0]
        line = at.get(number)
        if line:
            yield ledger.problem(Code.LINE_CHANGED, line, f"the line of {number} was changed since {revision}", hint)
        else:
            message = f"the line of {number} was removed since {revision}, where it is line {place}"
            yield ledger.at(Code.LINE_CHANGED, min(place, max(len(now), 1)), message, hint)
    rows = iter(now)
    if not gone and not all(row in rows for row in was):
        yield ledger.at(Code.LINE_CHANGED, 1, f"lines stand in another order than at {revision}", hint)
