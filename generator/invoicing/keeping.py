"""Keeping: no paper of an issued invoice is removed, whatever became of its deal."""

from __future__ import annotations

from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from generator.codes import Code
from generator.invoicing import auditing
from generator.work import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.batch import Due
    from generator.errors import Problem
    from generator.ledger import Ledger
    from generator.reading import Opened
    from generator.record import Entry, Record


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
