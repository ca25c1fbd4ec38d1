"""Credits: an issued invoice, what is left of it, and its deal's file with a credit note more."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from generator import compute, content, files, load, validate
from generator.deal import CreditNote
from generator.errors import Faults, Misuse
from generator.invoicing import amending, crediting
from generator.invoicing.crediting import Issued
from generator.reading import read_house
from generator.templating import locale_filters
from generator.workspace import deal_files, issued

if TYPE_CHECKING:
    from datetime import date

    from generator.deal import Deal
    from generator.ledger import Ledger, LedgerLine
    from generator.provider import House, Provider
    from generator.source import Source
    from generator.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Amendment:
    """A credit note that may be added to a deal file: `before` is what the file holds, `after` what it would.

    `told` is the note in words, `diff` what would be added, as git shows it; `wanted` the lines that were asked for.
    """

    invoice: Issued
    note: CreditNote
    path: Path
    before: bytes
    after: bytes
    told: str
    diff: str
    wanted: str | None


def propose(workspace: Workspace, number: str, wanted: str | None, dated: date, reason: str | None) -> Amendment:
    """The credit note for an issued invoice, or for the `wanted` of its lines. Raises Faults and Misuse."""
    books = issued(workspace)
    house, _ = read_house(workspace)
    line = crediting.found(number, unspoilt(books, "").lines, books.file)
    path = file_of(workspace, line)
    source, before = load.read(path, str(path)), path.read_bytes()
    deal, _ = validate.deal(source, path.stem, house)
    invoice, issued_on = known(line, unspoilt(books, line.deal).of(line.deal), deal, house.provider)
    fits(dated, issued_on, number, house.provider)
    note = crediting.note_for(invoice, wanted, dated, reason)
    text = with_note(source, deal, note, house)
    mark = before[: len(before) - len(source.text.encode())]  # of a file that says of itself that it is UTF-8
    diff = unified_diff(source.text.splitlines(), text.splitlines(), str(path), str(path), lineterm="")
    told = crediting.told(invoice, note, locale_filters(house.provider.locale, line.currency)["money"])
    return Amendment(invoice, note, path, before, mark + text.encode(), told, "\n".join(diff), wanted)


def unspoilt(books: Ledger, deal: str) -> Ledger:
    """The ledger, if nothing is wrong with its lines of a deal. Raises Faults."""
    faults = [problem for problem in books.faults_of(deal) if problem.severity == "error"]
    if faults:
        raise Faults(faults)
    return books


def file_of(workspace: Workspace, line: LedgerLine) -> Path:
    """The file of the deal that an invoice is for. Raises Misuse where there is none, or more than one."""
    paths = [path for path in deal_files(workspace.deals) if path.stem == line.deal]
    if len(paths) != 1:
        words = " and ".join(map(str, sorted(paths)))
        hint = f"there are {words}; remove one" if paths else "bring its file back from git"
        message = (
            f"invoice {line.number} is for the deal '{line.deal}', which is {'twice' if paths else 'gone'} ({hint})"
        )
        raise Misuse(message)
    return paths[0]


def known(line: LedgerLine, lines: tuple[LedgerLine, ...], deal: Deal, provider: Provider) -> tuple[Issued, date]:
    """What is known of an issued invoice after its credit notes and refunds, and the day on which it was issued.

    Its lines are known as long as its deal still gives the same ones.
    """
    figures = compute.figures(deal, provider, lines)
    invoice = next((one for one in figures.invoices if one.key == line.what), None)
    credited = [note for note in figures.corrections if note.credited == line.number]
    same = invoice and "lines" not in content.differing(line.hash, content.digest(invoice, deal, provider))
    charges = invoice.lines if invoice and same else None
    at_signing = line.what in {one.key for one in figures.packet_invoices}
    issued_on = min(line.date, deal.signed) if at_signing else line.date
    return crediting.issued(line, charges, deal.tax.rate, credited), issued_on


def fits(dated: date, issued_on: date, number: str, provider: Provider) -> None:
    """Raise Misuse where a credit note cannot be dated on that day."""
    closed = provider.invoicing.closed_through
    if dated < issued_on:
        message = f"{dated} is before {issued_on}, when invoice {number} was issued; choose another --date"
        raise Misuse(message)
    if closed and dated <= closed:
        message = f"the books are closed through {closed} (invoicing.closed_through); choose a later --date"
        raise Misuse(message)


def with_note(source: Source, deal: Deal, note: CreditNote, house: House) -> str:
    """The deal file's text with the note in it, read back: the same deal, and the note. Raises Faults and Misuse."""
    expected = deal.model_copy(update={"credit_notes": (*deal.credit_notes, note)})
    for text in amending.amended(source, note):
        try:
            made, _ = validate.deal(load.parse(text, source.file), deal.id, house)
        except Faults as faults:
            if not any(problem.code.startswith("Y") for problem in faults.problems):
                raise
        else:
            if made == expected:
                return text
    block = "\n".join(["credit_notes:", *amending.written(note, source)])
    message = (
        f"{source.file} is written so that nothing can be added to it by itself; add to its notes by hand:\n{block}"
    )
    raise Misuse(message)


def amend(workspace: Workspace, amendment: Amendment) -> None:
    """Write the deal file with the note. Raises Misuse where that is no longer right, Faults by the disk.

    The deal, the ledger and the provider may have changed since it was shown.
    """
    path, note = amendment.path.resolve(), amendment.note
    with files.bookkeeping(workspace.ledger), files.told(path):
        if path.read_bytes() != amendment.before:
            message = f"{amendment.path} was changed meanwhile, so nothing was written; do it again"
            raise Misuse(message)
        if propose(workspace, note.invoice, amendment.wanted, note.dated, note.reason) != amendment:
            message = f"what is known of {note.invoice} was changed meanwhile, so nothing was written; do it again"
            raise Misuse(message)
        mode = path.stat().st_mode
        files.put(path, amendment.after)
        path.chmod(mode)
