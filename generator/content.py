"""Content: a digest of all that an invoice says, so that an issued one can be told from what its deal gives now.

A digest has four parts, joined by "-": who bills; who is billed; dates and terms; lines and totals. Each is the first
16 hexadecimal digits of the SHA-256 of a JSON array of texts in UTF-8, as `json.dumps` writes it with
`ensure_ascii=False` and no blanks. The texts, in this order:

- who bills: name, street, street2, city, region, postal code, country, tax id;
- who is billed: the billing name and the same of the billing address, tax id, PO number;
- dates and terms: kind, date, due, due days, first and last day of the period, its part and whole, paid by,
  "prepaid" or nothing, released, the invoice that is credited, why (cause), the reason; the late fee in percent and
  its days (nothing twice without one, and for credit notes);
- lines: currency; for each line its description, quantity, price, amount, "taxable" or nothing, fraction; net; tax;
  where there is a tax, its label and rate, otherwise nothing twice; total.

What is not there is an empty text. A day is written 2026-12-31, a number plainly and without zeros at its end.
A line counts as taxable only on an invoice with tax, for only there it says so.

Digests stand in ledgers for years: what is written here must never change. How a template looks is no content. Nor is
where a paper goes, the e-mail address and the name behind "Attn": they may change after an invoice was issued, and it
then is printed with the new ones.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.deal import Deal
    from generator.fields import Address
    from generator.provider import Provider
    from generator.work import Invoice

#: What a part is called where it differs.
PARTS = ("who bills", "who is billed", "dates and terms", "lines")

_Value = str | int | date | Decimal | None


def digest(invoice: Invoice, deal: Deal, provider: Provider) -> str:
    """What an invoice says, as its ledger line keeps it."""
    parts = (
        _who_bills(provider),
        _who_is_billed(deal),
        _dates_and_terms(invoice, provider),
        _lines(invoice, deal, provider),
    )
    return "-".join(_hashed(part) for part in parts)


def differing(before: str, now: str) -> list[str]:
    """The names of the parts in which two digests differ."""
    pairs = zip(PARTS, before.split("-"), now.split("-"), strict=True)
    return [name for name, was, is_ in pairs if was != is_]


def _hashed(values: Iterator[_Value]) -> str:
    text = json.dumps([_text(value) for value in values], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:16]


def _text(value: _Value) -> str:
    """A value in its one way of writing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        written = f"{value:f}"
        return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"
    return value.isoformat() if isinstance(value, date) else str(value)


def _who_bills(provider: Provider) -> Iterator[_Value]:
    yield provider.name
    yield from _address(provider.address)
    yield provider.tax_id


def _who_is_billed(deal: Deal) -> Iterator[_Value]:
    billing = deal.client.billing
    yield billing.name
    yield from _address(billing.address)
    yield billing.tax_id
    yield billing.po_number


def _address(where: Address) -> Iterator[_Value]:
    yield from (where.street, where.street2, where.city, where.region, where.postal_code, where.country)


def _dates_and_terms(invoice: Invoice, provider: Provider) -> Iterator[_Value]:
    period, fee = invoice.period, provider.terms.late_fee if invoice.kind != "credit" else None
    yield from (invoice.kind, invoice.dated, invoice.due, invoice.due_days)
    yield from (period.start, period.end, period.part, period.whole) if period else (None,) * 4
    yield from (invoice.paid_by, "prepaid" if invoice.prepaid else "", invoice.released)
    yield from (invoice.credited, invoice.cause, invoice.reason)
    yield from (fee.percent, fee.after_days) if fee else (None, None)


def _lines(invoice: Invoice, deal: Deal, provider: Provider) -> Iterator[_Value]:
    yield provider.currency
    for line in invoice.lines:
        yield from (line.description, line.quantity, line.price, line.amount)
        yield "taxable" if line.taxable and invoice.tax else ""
        yield line.fraction
    yield from (invoice.net, invoice.tax)
    yield from (deal.tax.label, deal.tax.rate) if invoice.tax else (None, None)
    yield invoice.total
