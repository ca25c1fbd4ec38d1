"""What travels from stage to stage: figures, invoices, actions, and the jobs that become files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Literal

from generator.account import Layout
from generator.days import Period
from generator.deal import Client, Deal
from generator.fields import Payment, Person, Tax
from generator.provider import Plan, Provider


@dataclass(frozen=True, slots=True)
class Charge:
    """A priced line: quantity × price (× the fraction of the month) = amount, rounded, in the provider's currency."""

    description: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    taxable: bool = False
    fraction: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, or a credit note (`kind` is "credit", all its amounts positive).

    `key` is "setup", "2026-12", "credit-1" (a service that the plan now includes), "note-2026-0001" (something of an
    issued invoice) or "refund-2027-06" (days paid for after a deal has ended); `cause` tells credit notes apart.
    `file` is the name of its document without a suffix. `number` is empty as long as it is a draft.
    `net` is the sum of the rounded lines.
    `due_days` 0 means due on receipt; an invoice of the packet is collected at signing, and so due then.
    `prepaid`: one of several months collected in advance, held until `released`.
    `credited`: the number of the invoice that a credit note credits, and its reference where it has none;
    `reason`: why.
    """

    key: str
    file: str
    kind: Literal["setup", "monthly", "credit"]
    dated: date
    due: date
    due_days: int
    paid_by: Payment
    lines: tuple[Charge, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    period: Period | None = None
    prepaid: bool = False
    released: date | None = None
    credited: str = ""
    cause: Literal["", "included", "correction", "ended"] = ""
    reason: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """One month of prepaid money: `amount` of its invoice, less `credit`, is `released` on `on`.

    `balance` is what stays held from then on; the last one is zero.
    """

    period: Period
    on: date
    amount: Decimal
    credit: Decimal
    released: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Collect:
    """What to collect at signing: `setup` + `monthly` - `credit` = `total`; by payment method, and by purpose.

    The credit lowers what is due for the months first, then the setup; what is left over stays on `account`.
    """

    setup: Decimal
    monthly: Decimal
    credit: Decimal
    total: Decimal
    account: Decimal
    setup_due: Decimal
    monthly_due: Decimal
    check: Decimal
    card: Decimal
    ach: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """Every amount, count and date that is worked out from a deal and the provider's terms.

    `monthly_invoices` and `credit_notes` are those of the packet. What is issued after signing stands by itself:
    `recurring_invoices` are the months that follow, `corrections` the credit notes for issued invoices.
    """

    servers: Charge
    workstations: Charge
    monthly_lines: tuple[Charge, ...]
    monthly_total: Decimal
    monthly_tax: Decimal
    monthly_with_tax: Decimal
    once_lines: tuple[Charge, ...]
    setup_fee: Decimal
    setup_invoice: Invoice | None
    monthly_invoices: tuple[Invoice, ...]
    credit_notes: tuple[Invoice, ...]
    credit_total: Decimal
    first_month: Period
    first_amount: Decimal
    months_prepaid: int
    held: Decimal
    releases: tuple[Release, ...]
    collect: Collect
    tax: Tax
    term_end: date | None
    notice_by: date | None
    recurring_invoices: tuple[Invoice, ...] = ()
    corrections: tuple[Invoice, ...] = ()

    @property
    def packet_invoices(self) -> tuple[Invoice, ...]:
        """Those that are issued at signing: every invoice, then every credit note."""
        setup = (self.setup_invoice,) if self.setup_invoice else ()
        return (*setup, *self.monthly_invoices, *self.credit_notes)

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        """Every invoice and credit note: the packet's, then those that follow."""
        return (*self.packet_invoices, *self.recurring_invoices, *self.corrections)


#: What a person may have left in a cell: `done` counts as done if it is a day.
Entry = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Action:
    """A line of the routing slip: who does what by when; on the slip, also what people filled in."""

    id: str
    section: str
    text: str
    owner: str
    person: Person
    due: date
    done: Entry = None
    initials: Entry = None
    notes: Entry = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a filled-in routing slip, as it stood there; `cell` is where ("Slip!F12").

    A row that people added has no `id`. `reason`: why a row that was kept is not an action's row.
    """

    cell: str
    id: str
    section: Entry
    text: Entry
    owner: Entry
    due: Entry
    done: Entry
    initials: Entry
    notes: Entry
    reason: str = ""


#: Template values: name → type. `invoice` is there only in documents made once for each invoice.
VALUES: Mapping[str, Any] = {
    "provider": Provider,
    "deal": Deal,
    "client": Client,
    "plan": Plan,
    "figures": Figures,
    "team": dict[str, Person],
    "actions": tuple[Action, ...],
    "added": tuple[Row, ...],
    "kept": tuple[Row, ...],
}
INVOICE_VALUES: Mapping[str, Any] = {**VALUES, "invoice": Invoice}


@dataclass(frozen=True, slots=True)
class Job:
    """One document to be made: a template's name, the values for it, and the target below the output folder.

    `filled_in`: people write into it. `carried`: the SHA-256 of the file whose entries the values hold, so that this
    file may be replaced; `marked`: there are such entries. `held`: the file must stay as it is, for it is open, or not
    all of it can be carried over.
    `frozen`: an invoice of closed books that its deal no longer gives; its file stays, and it is not made again.
    `invoice`: the key of the invoice that it is for; empty if it is for none.
    """

    deal: str
    document: str
    template: str
    target: PurePosixPath
    dated: date
    values: Mapping[str, object]
    filled_in: bool = False
    carried: str = ""
    marked: bool = False
    held: bool = False
    frozen: bool = False
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """One finished document, not yet written; without `content` where its layout is the known one, so none was made."""

    job: Job
    content: bytes | None
    layout: Layout | None = None
