"""Keeping: no line of the ledger gets lost unseen, and no paper of an issued invoice is removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from generator import ledger, revision
from generator.codes import Code
from generator.invoicing import auditing
from generator.reading import issued
from generator.record import LEDGER, RECORDS, hash_of, recorded
from generator.work import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from generator.batch import Due
    from generator.errors import Problem
    from generator.ledger import Ledger
    from generator.reading import Opened, Workspace
    from generator.record import Entry, Record

HASH, LENGTH, COMMITTED = "the ledger", "its length", "the last commit's"


def content_of(workspace: Workspace) -> bytes | None:
    """What the ledger holds: nothing where there is none, None where it cannot be read."""
    try:
        return workspace.ledger.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError:
        return None


def mark(workspace: Workspace, content: bytes) -> dict[str, str]:
    """What a run remembers of a ledger, to see later whether it still begins with all of that.

    By the last commit's it is seen whether somebody committed another ledger meanwhile.
    """
    before = revision.committed(workspace.ledger)
    return {HASH: hash_of(content), LENGTH: str(len(content)), COMMITTED: "" if before is None else hash_of(before)}


def lost(workspace: Workspace) -> list[Problem]:
    """Lines that the last commit has, and the ledger has no more; or that the last run saw, if git never knew them."""
    content = content_of(workspace)
    if content is None:
        return []
    before = revision.committed(workspace.ledger)
    found = [] if before is None else since_commit(workspace, content, before)
    return found or since_last_run(workspace, content, before)


def since_commit(workspace: Workspace, content: bytes, before: bytes) -> list[Problem]:
    """Lines of the last commit that are gone, unless they were taken away to mend it: to merge, say."""
    text = before.decode(errors="replace")
    if content.startswith(before) or ledger.parse(text, ledger.NAME).problems or revision.merging(workspace.deals):
        return []
    found = auditing.of_revision(issued(workspace), text, "HEAD")
    return [replace(problem, hint=f"{problem.hint}; if this is meant, commit it first") for problem in found]


def since_last_run(workspace: Workspace, content: bytes, before: bytes | None) -> list[Problem]:
    """That the ledger no longer begins with all that the last run found in it, where no commit accounts for that."""
    known = recorded(workspace.output, LEDGER).inputs
    if LENGTH not in known or begins_so(content, known) or accounted_for(workspace, known, before):
        return []
    message = f"{'lines were changed or removed' if content else 'all lines were removed'} since the last run"
    memory = workspace.output / RECORDS / f"{LEDGER}.json"
    hint = f"lines are only added; bring them back from a backup; if all is right as it is now, remove {memory}"
    return [issued(workspace).at(Code.LINE_CHANGED, 1, message, hint)]


def begins_so(content: bytes, known: Mapping[str, str]) -> bool:
    """Whether a ledger begins with all that a run remembers of it."""
    return hash_of(content[: int(known[LENGTH])]) == known[HASH]


def accounted_for(workspace: Workspace, known: Mapping[str, str], before: bytes | None) -> bool:
    """Whether lines are missing by somebody's decision: the last commit has another ledger than it had then.

    Or some commit has the lines, as where another branch was checked out: they are not lost.
    """
    if before is not None and hash_of(before) != known.get(COMMITTED):
        return True
    return any(begins_so(content, known) for content in revision.ever_committed(workspace.ledger))


def unmade(due: Due, packet: Sequence[Job], opened: Opened) -> Iterator[Job]:
    """The documents of issued invoices that are not made again, or no longer under these names: they stay."""
    left = {line.what for line in opened.ledger.of(due.id)} - {job.invoice for job in packet if not job.frozen}
    names = {job.target.name for job in packet}
    for job in papers(due.id, due.record) if left else ():
        if job.target.name not in names and (not job.invoice or job.invoice in left):
            yield job


def papers(deal: str, record: Record) -> Iterator[Job]:
    """The documents of a deal's invoices by its record, and any of which that is not known, to be left as they are."""
    for name, entry in record.entries.items():
        if entry.invoice != "":
            yield staying(deal, name, entry)


def staying(deal: str, name: str, entry: Entry) -> Job:
    """A document that is not made again; it needs no template."""
    target, invoice = PurePosixPath(deal, name), entry.invoice or ""
    return Job(deal, entry.document, "", target, date.min, {}, frozen=True, invoice=invoice)


def left_of(book: Ledger, deal: str, stay: Iterable[Job], output: Path) -> Iterator[Problem]:
    """A warning of a deal that is gone, whose papers are not removed."""
    count = len({job.target for job in stay if (output / job.target).is_file()})
    for line in book.of(deal)[: bool(count)]:
        papers = "the paper of its invoice stays" if count == 1 else f"the papers of its {count} invoices stay"
        message = f"the deal of {line.reference} is gone; {papers}"
        yield book.problem(Code.DEAL_GONE, line, message, auditing.GONE, "warning")


def missing(packet: Iterable[Job], output: Path, book: Ledger) -> Iterator[Problem]:
    """Warnings of documents of closed books that are not there, and cannot be made any more."""
    frozen = [job for job in packet if job.frozen]
    told = {(job.document, job.invoice) for job in frozen if (output / job.target).is_file()}
    for job in frozen:
        line = next((line for line in book.of(job.deal) if line.what == job.invoice), None)
        if line and (job.document, job.invoice) not in told:
            told.add((job.document, job.invoice))
            message = f"{job.target} is not there, and the deal no longer gives what {line.reference} said"
            hint = (
                "bring it back from a backup, or from git with the deal and templates as they were then; if "
                "documents.yaml called it otherwise then, rename it"
            )
            yield book.problem(Code.DOCUMENT_MISSING, line, message, hint, "warning")
