"""The ledger of issued invoices, `deals/invoices.csv`: a line for each, added and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An issued invoice or credit note; `line` is where it stands in the ledger (from 1), 0 if it does not yet.

    `what` is the invoice's key ("setup", "2026-12", "note-1"); amounts are in `currency`.
    `hash` stands for all that the invoice says: see `content.digest`.
    """

    number: str
    deal: str
    what: str
    date: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    hash: str
    line: int = 0
