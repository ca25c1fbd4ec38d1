"""The address book: deals as rows for others' merges and address books, under the names that those know.

The columns up to the country are called as in Outlook's import, which Word's merge knows too; the rest follow.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

from generator.addressing import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from generator.deal import Deal
    from generator.provider import Plan
    from generator.work import Figures

#: What begins a formula for spreadsheet programs.
_FORMULA = re.compile(r"[=+\-@\t\r]")
#: Telephone numbers as people write them abroad: no program takes figures with a space between for a formula, as
#: Excel takes +1-503.
_TELEPHONE = re.compile(r"\+[0-9]+ \(?[0-9]+(?:(?:\) ?| \(?|[.-])[0-9]+)*")


def row(deal: Deal, plan: Plan, figures: Figures, country: Callable[[str], str]) -> dict[str, str]:
    """A deal as a row, column by column; `country` gives a country's name by its code."""
    client, address = deal.client, deal.client.address
    parts = parts_of(client.contact.name)
    return {
        "First Name": parts["first"],
        "Last Name": parts["last"],
        "Company": client.billing_name,
        "Job Title": client.contact.title or "",
        "E-mail Address": client.contact.email or "",
        "Business Phone": client.contact.phone or "",
        "Business Street": address.street,
        "Business Street 2": address.street2 or "",
        "Business City": address.city,
        "Business State": address.region or "",
        "Business Postal Code": address.postal_code or "",
        "Business Country/Region": country(address.country),
        "Deal": deal.id,
        "Full Name": client.contact.name,
        "Legal Name": client.name,
        "Signer": client.signer.name,
        "Billing E-mail": client.billing.email or "",
        "PO Number": client.billing.po_number or "",
        "Plan": plan.label,
        "Servers": str(deal.servers.count),
        "Workstations": str(deal.workstations.count),
        "Signed": deal.signed.isoformat(),
        "Starts": deal.starts.isoformat(),
        "Term End": figures.term_end.isoformat() if figures.term_end else "",
        "Setup Fee": str(figures.setup_fee),
        "Monthly Total": str(figures.monthly_total),
        "To Collect": str(figures.collect.total),
    }


def as_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Rows as a CSV file that Excel, Word and Outlook read as it is: UTF-8 with its mark, lines as on Windows."""
    out = StringIO(newline="")
    writer: csv.DictWriter[str] | None = None
    for one in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(one), lineterminator="\r\n")
            writer.writeheader()
        writer.writerow({name: no_formula(text) for name, text in one.items()})
    return out.getvalue().encode("utf-8-sig")


def no_formula(text: str) -> str:
    """A text that no spreadsheet program takes for a formula: with "'" before it, as people write it there."""
    return f"'{text}" if _FORMULA.match(text) and not _TELEPHONE.fullmatch(text) else text
