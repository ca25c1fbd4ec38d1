"""The books: invoices get their numbers in the ledger, and the ledger is held against deals, series and git."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator import compute, ledger, revision, write
from generator.codes import Code
from generator.errors import Faults, Misuse, Problem
from generator.invoicing import auditing, numbering
from generator.ledger import Ledger, LedgerLine
from generator.provider import Provider
from generator.reading import (
    Opened,
    Signed,
    Workspace,
    deal_files,
    find,
    issued,
    key_of,
    packet_of,
    read_deals,
    read_house,
)
from generator.templating import environment
from generator.work import Job

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from generator.batch import Due
    from generator.invoicing.auditing import Days
    from generator.invoicing.numbering import Bill

#: With one of these no number is given, for it might be wrong.
UNSOUND = {
    Code.LEDGER_UNREADABLE, Code.LEDGER_HEADER, Code.LEDGER_CONFLICT, Code.LEDGER_LINE,
    Code.NUMBER_TWICE, Code.INVOICE_TWICE, Code.NUMBER_GAP,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lines that are to be added to the ledger as it was read, and what was found on the way.

    A deal with a fault is left out.
    """

    ledger: Ledger
    lines: tuple[LedgerLine, ...]
    problems: tuple[Problem, ...]
    provider: Provider


def propose(workspace: Workspace, names: Sequence[str], as_of: date) -> Proposal:
    """Find what is due to be issued by a day, and its numbers. Raises Faults for `templates/` and an unsound ledger."""
    opened = opened_books(workspace)
    provider, book = opened.house.provider, opened.ledger
    found = [*book.problems, *auditing.of_numbers(book, provider.invoicing.series)]
    if any(problem.code in UNSOUND for problem in found):
        raise Faults(found)
    signed = sound(find(workspace, names), opened, found)
    bare = numbering.numbered((bill for one in signed for bill in due(one, opened, as_of)), book.lines, provider)
    lines = tuple(sealed(bare, signed, opened))
    found += [*late(workspace, opened, signed, lines), *after_closing(book, lines, provider)]
    return Proposal(book, lines, tuple(sorted(set(found), key=lambda problem: problem.order)), provider)


def opened_books(workspace: Workspace) -> Opened:
    """What is needed of `templates/` to work deals out, and the ledger. Raises Faults."""
    house, sources = read_house(workspace)
    plain = environment(house.provider.locale, house.provider.currency, markup=False)
    return Opened(house, sources, {}, plain, issued(workspace))


def sound(paths: Sequence[Path], opened: Opened, problems: list[Problem]) -> list[Signed]:
    """The deals without a fault."""
    read = read_deals(paths, opened, problems).values()
    return [one for one in read if packet_of(one, opened, problems) is not None]


def due(one: Signed, opened: Opened, as_of: date) -> Iterator[Bill]:
    """What is due to be issued to a deal by a day."""
    figures = compute.figures(one.deal, opened.house.provider, opened.ledger.of(one.id), as_of)
    return numbering.due(one.deal, figures, as_of)


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
    """Add a proposal's lines to the ledger. Raises Misuse where another run was quicker, Faults from the disk."""
    with write.alone(workspace.output), write.told(workspace.deals):
        for left in workspace.deals.glob(f".{ledger.NAME}.*.tmp"):  # of a run that was killed
            left.unlink(missing_ok=True)
        if issued(workspace).text != proposal.ledger.text:
            message = f"{workspace.ledger} has changed since it was shown; nothing was written, so run this again"
            raise Misuse(message)
        write.put(workspace.ledger, ledger.with_lines(proposal.ledger.text, proposal.lines).encode())


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


def unmade(due: Due, packet: Sequence[Job], opened: Opened) -> Iterator[Job]:
    """The documents of issued invoices that their deal no longer has, in books that are closed: they stay."""
    shown = {key_of(job) for job in packet}
    if all(line.what in shown for line in opened.ledger.of(due.id)):
        return
    targets, documents = {job.target.name for job in packet}, opened.house.manifest.documents
    for name, entry in due.record.entries.items():
        document = documents.get(entry.document)
        if document and document.each == "invoice" and name not in targets:
            target = PurePosixPath(due.id, name)
            yield Job(due.id, entry.document, document.template, target, date.min, {}, frozen=True)


def missing(packet: Iterable[Job], output: Path, book: Ledger) -> Iterator[Problem]:
    """Warnings of documents of closed books that are not there, and cannot be made any more."""
    for job in packet:
        line = next((line for line in book.of(job.deal) if line.what == key_of(job)), None)
        if job.frozen and line and not (output / job.target).is_file():
            message = f"{job.target} is not there, and the deal no longer gives what {line.reference} said"
            hint = "bring it back from a backup, or from git with the deal and templates as they were then"
            yield book.problem(Code.DOCUMENT_MISSING, line, message, hint, "warning")
