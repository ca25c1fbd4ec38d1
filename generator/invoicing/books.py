"""The books: invoices get their numbers in the ledger, and the ledger is held against deals, series and git."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from generator import compute, files, ledger, revision
from generator.codes import Code
from generator.errors import Faults, Misuse, Problem
from generator.invoicing import auditing, memory, numbering
from generator.ledger import Ledger, LedgerLine
from generator.provider import Provider
from generator.reading import Opened, Signed, open_books, packet_of, read_deals
from generator.workspace import Workspace, all_deals, by_place, deal_files, find, issued

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from generator.invoicing.auditing import Days
    from generator.invoicing.numbering import Bill

#: With one of these no number is given, for it might be wrong.
UNSOUND = {
    Code.LEDGER_UNREADABLE, Code.LEDGER_HEADER, Code.LEDGER_CONFLICT, Code.LEDGER_LINE,
    Code.NUMBER_TWICE, Code.INVOICE_TWICE, Code.NUMBER_GAP, Code.DEAL_GONE, Code.LINE_CHANGED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lines that are to be added to the ledger as it was read, and what was found on the way.

    A deal with a fault is left out. `asked`: what it was proposed for, to be able to see that it still is so.
    """

    ledger: Ledger
    lines: tuple[LedgerLine, ...]
    problems: tuple[Problem, ...]
    provider: Provider
    asked: tuple[Sequence[str], date, date]


def propose(workspace: Workspace, names: Sequence[str], as_of: date, today: date = date.min) -> Proposal:
    """Find what is due to be issued by a day, and its numbers. Raises Faults for `templates/` and an unsound ledger.

    Raises Misuse for deals of another folder, and a day that is far from `today`, the ledger and the deals.
    """
    opened = open_books(workspace)
    provider, book = opened.house.provider, opened.ledger
    own = by_place(deal_files(workspace.deals))
    paths = chosen(workspace, names, own)
    found = [*memory.lost(workspace), *book.problems, *auditing.of_numbers(book, provider.invoicing.series)]
    found += auditing.of_deals(book, provider, {path.stem for path in own})
    if any(problem.code in UNSOUND for problem in found):
        raise Faults(sorted(set(found), key=lambda problem: problem.order))
    signed = sound(workspace, paths, opened, found)
    refuse_far(as_of, [today, *(line.date for line in book.lines), *(one.deal.signed for one in signed)])
    bare = numbering.numbered((bill for one in signed for bill in due(one, opened, as_of)), book.lines, provider)
    lines = tuple(sealed(bare, signed, opened))
    found += [*late(workspace, opened, signed, lines), *after_closing(book, lines, provider)]
    found += [problem for one in signed for problem in term_over(one, provider, as_of)]
    told = tuple(sorted(set(found), key=lambda problem: problem.order))
    return Proposal(book, lines, told, provider, (names, as_of, today))


def chosen(workspace: Workspace, names: Sequence[str], own: Collection[Path]) -> list[Path]:
    """The deals that are asked for. Raises Misuse for one that is not of the workspace: the ledger is not its own."""
    paths = find(workspace, names)
    for place, path in by_place(paths).items():
        if place not in own:
            message = f"{path} does not lie in {workspace.deals}, whose ledger only has numbers for deals that do"
            raise Misuse(message)
    return paths


def refuse_far(as_of: date, known: Iterable[date]) -> None:
    """Raise Misuse for a day that is more than a year after all days that are known: a slip of the finger."""
    last = max(known)
    if as_of - last > timedelta(days=366):
        message = f"{as_of} is more than a year ahead of {last}; choose an earlier day for --as-of"
        raise Misuse(message)


def sound(workspace: Workspace, paths: Sequence[Path], opened: Opened, problems: list[Problem]) -> list[Signed]:
    """The deals without a fault; none whose id another deal has, for the ledger could not tell their invoices apart."""
    read = read_deals(paths, opened, problems, deals=all_deals(workspace)).values()
    return [one for one in read if packet_of(one, opened, problems) is not None]


def due(one: Signed, opened: Opened, as_of: date) -> Iterator[Bill]:
    """What is due to be issued to a deal by a day."""
    figures = compute.figures(one.deal, opened.house.provider, opened.ledger.of(one.id), as_of)
    return numbering.due(one.deal, figures, as_of)


def term_over(one: Signed, provider: Provider, as_of: date) -> Iterator[Problem]:
    """A warning of a deal whose term is over, though nobody wrote down that it has ended."""
    ends = compute.figures(one.deal, provider).term_end
    if ends and ends < as_of and one.deal.ended is None:
        message = f"its term was over on {ends}, so no later month is billed"
        hint = f"where service goes on, make term_months longer; where it does not, write 'ended: {ends}'"
        path = ("term_months",)
        yield one.source.problem(Code.TERM_OVER, one.source.place(path), message, hint, "warning")


def sealed(lines: Sequence[LedgerLine], signed: Iterable[Signed], opened: Opened) -> Iterator[LedgerLine]:
    """The lines with their hashes, which stand for invoices that know the new numbers, their own and others'."""
    provider, figures = opened.house.provider, {}
    deals = {one.id: one.deal for one in signed}
    for line in lines:
        if line.deal not in figures:
            own = [*opened.ledger.of(line.deal), *(other for other in lines if other.deal == line.deal)]
            figures[line.deal] = compute.figures(deals[line.deal], provider, own)
        yield numbering.sealed(line, deals[line.deal], figures[line.deal], provider)


def late(workspace: Workspace, opened: Opened, signed: Sequence[Signed], lines: Sequence[LedgerLine]) -> list[Problem]:
    """Warnings of new lines that are dated before one that was issued earlier."""
    if not lines:
        return []
    book, first = opened.ledger, min(line.date for line in lines)
    days = issue_days(workspace, opened, signed, {line.deal for line in book.lines if line.date > first})
    everything = auditing.of_order(book, (*book.lines, *lines), days, opened.house.provider.invoicing.series)
    new = {line.number for line in lines}
    return [problem for problem, line in everything if line.number in new]


def after_closing(book: Ledger, lines: Iterable[LedgerLine], provider: Provider) -> Iterator[Problem]:
    """Warnings of new lines in books that are closed."""
    for line in lines:
        if auditing.is_closed(line, provider):
            message = f"{line.reference} is dated {line.date}; the books are closed until then"
            hint = "ask whoever closed them; give it a number only if the invoice was sent"
            yield book.problem(Code.NUMBERED_LATE, line, message, hint, "warning")


def issue_days(workspace: Workspace, opened: Opened, signed: Sequence[Signed], deals: Collection[str]) -> Days:
    """When the invoices of some deals' packets were issued, besides those of the deals at hand."""
    here = {one.id for one in signed}
    others = [path for path in deal_files(workspace.deals) if path.stem in deals and path.stem not in here]
    days: Days = {}
    for one in (*signed, *read_deals(others, opened, []).values()):
        figures = compute.figures(one.deal, opened.house.provider, opened.ledger.of(one.id))
        days |= auditing.issue_days(one.deal, figures)
    return days


def enter(workspace: Workspace, proposal: Proposal) -> None:
    """Add a proposal's lines to the ledger. Raises Misuse where they are no longer what is due, Faults from the disk.

    Somebody may have thought about them for long: meanwhile another run can have been quicker, or a deal have changed.
    """
    with files.bookkeeping(workspace.ledger), files.told(workspace.deals):
        if issued(workspace).text != proposal.ledger.text:
            message = f"{workspace.ledger} has changed since it was shown; nothing was written, so run this again"
            raise Misuse(message)
        if deals := differing(proposal.lines, propose(workspace, *proposal.asked).lines):
            what = f"what is due of {', '.join(deals)}"
            message = f"{what} has changed since it was shown; nothing was written, so run this again"
            raise Misuse(message)
        files.put(workspace.ledger.resolve(), ledger.with_lines(proposal.ledger.text, proposal.lines).encode())


def differing(shown: Sequence[LedgerLine], now: Sequence[LedgerLine]) -> list[str]:
    """The deals of which other lines are due than were shown; if there are none, those that would get other numbers."""
    was, is_ = ({replace(line, number="") for line in lines} for lines in (shown, now))
    return sorted({line.deal for line in was ^ is_ or {*shown} ^ {*now}})


def audited(workspace: Workspace, opened: Opened | None, signed: Sequence[Signed]) -> list[Problem]:
    """Every problem of the ledger, but for how it stands to each deal: that is told with the deal."""
    if opened is None:
        return list(issued(workspace).problems)
    book, provider = opened.ledger, opened.house.provider
    here = {path.stem for path in deal_files(workspace.deals)} if workspace.deals.is_dir() else set()
    here |= {one.id for one in signed}
    found = [*book.problems, *auditing.of_numbers(book, provider.invoicing.series)]
    found += auditing.of_deals(book, provider, here)
    if book.lines:
        days = issue_days(workspace, opened, signed, {line.deal for line in book.lines})
        order = auditing.of_order(book, book.lines, days, provider.invoicing.series)
        found += [problem for problem, line in order if not auditing.is_closed(line, provider)]
    return found


def changed(workspace: Workspace, since: str, path: Path | None = None) -> list[Problem]:
    """What of the ledger's lines is not as it was at a revision. Raises Misuse where there is no such revision.

    `path` is where git knows the ledger, if it is looked at elsewhere.
    """
    return list(auditing.of_revision(issued(workspace), revision.shown(since, path or workspace.ledger), since))


def numbered_since(workspace: Workspace, since: str) -> set[str]:
    """The deals whose lines in the ledger are not as they were at a revision."""
    if not workspace.deals.is_dir():
        return set()
    now, before = (ledger.rows_of(text) for text in (issued(workspace).text, revision.shown(since, workspace.ledger)))
    return {deal for deal in {*now, *before} if now.get(deal) != before.get(deal)}
