"""Ledgers for tests: invoices of deals issued under numbers, without the command that gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import compute, content, ledger, load, validate
from generator.ledger import LedgerLine
from generator.reading import read_house
from tests.making import house

if TYPE_CHECKING:
    from datetime import date

    from generator.deal import Deal
    from generator.provider import House
    from generator.work import Invoice
    from generator.workspace import Workspace


def line(invoice: Invoice, number: str, deal: Deal, within: House | None = None) -> LedgerLine:
    """An invoice as the ledger has it."""
    provider = (within or house()).provider
    sums = (invoice.net, invoice.tax, invoice.total)
    hash_ = content.digest(invoice, deal, provider)
    return LedgerLine(number, deal.id, invoice.key, invoice.dated, provider.currency, *sums, hash_)


def issued(
    deal: Deal, as_of: date | None = None, *, first: int = 1, within: House | None = None
) -> tuple[LedgerLine, ...]:
    """A deal's invoices that are due by a day, numbered 2026-0001, 2026-0002 … in the order of the packet."""
    found = compute.figures(deal, (within or house()).provider, (), as_of).invoices
    return tuple(line(one, f"2026-{nth:04}", deal, within) for nth, one in enumerate(found, first))


def issue(workspace: Workspace, name: str, as_of: date | None = None) -> tuple[LedgerLine, ...]:
    """Write the lines of a deal's invoices into the workspace's ledger."""
    within, _ = read_house(workspace)
    path, book = workspace.deals / f"{name}.yaml", workspace.deals / ledger.NAME
    before = book.read_text(encoding="utf-8") if book.exists() else ""
    deal, _ = validate.deal(load.read(path, str(path)), name, within)
    lines = issued(deal, as_of, first=len(before.splitlines()) or 1, within=within)
    book.write_text(ledger.with_lines(before, lines), encoding="utf-8", newline="")
    return lines
