"""What `templates/` says: the provider, its plans and terms, the routing checklist, the packet's documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from generator.fields import (
    ActionRule,
    Address,
    Amount,
    Count,
    Currency,
    Day,
    Days,
    Identifier,
    Model,
    Months,
    Payment,
    Percent,
    Person,
    Quantity,
    Tax,
    Text,
    Truth,
)

Proration = Literal["actual", "thirty", "none"]


class FixedSetup(Model):
    """A setup fee that is the same for every client."""

    rule: Literal["fixed"]
    fee: Amount


class MonthsSetup(Model):
    """A setup fee of so many months of the plan's device prices."""

    rule: Literal["months"]
    months: Quantity


class DeviceSetup(Model):
    """A setup fee per server and per workstation."""

    rule: Literal["per_device"]
    server: Amount
    workstation: Amount


class NoSetup(Model):
    """No setup fee."""

    rule: Literal["none"] = "none"


SetupRule = Annotated[FixedSetup | MonthsSetup | DeviceSetup | NoSetup, Field(discriminator="rule")]


class Response(Model):
    """A response target: what counts as this priority, how soon we answer, when we aim to have it solved."""

    priority: Text
    example: Text
    respond: Text
    resolve: Text


class Plan(Model):
    """A plan (tier): prices per month for each server and workstation, and what they cover."""

    label: Text
    server: Amount
    workstation: Amount
    setup: SetupRule = NoSetup()
    spam_filter: Truth = False
    after_hours: Truth = False
    summary: Text | None = None
    covers: tuple[Text, ...] = ()
    responses: tuple[Response, ...] = ()


class ContactWays(Model):
    """How a client reaches the provider."""

    portal: Text
    email: Text
    phone: Text
    emergency: Text
    hours: Text


class LateFee(Model):
    """A late fee in percent per month on what is `after_days` past due."""

    percent: Percent
    after_days: Days = 0


class MonthsPrepaid(Model):
    """Months collected in advance at signing, by payment method."""

    check: Months = 3
    card: Months = 1
    ach: Months = 1

    def by(self, payment: Payment) -> int:
        """Months collected in advance for a payment method."""
        return {"check": self.check, "card": self.card, "ach": self.ach}[payment]


class Terms(Model):
    """The provider's standing terms; days are calendar days unless said otherwise.

    `early_exit`: percent of the monthly fee due for each month that remains when a client ends a term early.
    `minimum_fee`: percent of the first monthly fee below which retiring devices does not bring it.
    """

    due_days: Days = 15
    months_prepaid: MonthsPrepaid = MonthsPrepaid()
    proration: Proration = "actual"
    invoice_days: Days = 12
    late_fee: LateFee | None = None
    term_months: Months = 36
    notice_days: Days = 60
    yearly_increase: Percent = Decimal(0)
    early_exit: Percent = Decimal(0)
    minimum_fee: Percent = Decimal(0)
    onboarding_days: Days = 10


class TaxTerms(Tax):
    """The tax default, and whether the plan's monthly prices and the setup fee are taxable."""

    rate: Percent = Decimal(0)
    monthly_taxable: Truth = False
    setup_taxable: Truth = False


class LineWords(Model):
    """What the priced lines that come from counts are called on the documents."""

    server: Text = "Managed server"
    workstation: Text = "Managed workstation"
    setup: Text = "Onboarding and setup"


class PaymentWords(Model):
    """How to pay, by method, as printed on the invoices."""

    check: Text | None = None
    card: Text | None = None
    ach: Text | None = None

    def by(self, payment: Payment) -> str | None:
        """The words for a payment method."""
        return {"check": self.check, "card": self.card, "ach": self.ach}[payment]


InvoiceKind = Literal["setup", "monthly", "credit"]
INVOICE_KINDS: tuple[InvoiceKind, ...] = ("setup", "monthly", "credit")


class Series(Model):
    """A run of invoice numbers, for the kinds of invoice that it is `for`.

    `pattern` holds `{number}` or `{number:04}` (filled up with zeros), and `{year}`, the year of the invoice's date.
    The numbers begin at `first` and go on from there, or begin anew with 1 in each later year.
    """

    pattern: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "{year}-{number:04}"
    restart: Literal["yearly", "never"] = "yearly"
    first: Annotated[Count, Field(ge=1)] = 1
    for_: tuple[InvoiceKind, ...] = Field(default=INVOICE_KINDS, alias="for", min_length=1)


class Invoicing(Model):
    """How invoices get their numbers, and the day through which the books are closed.

    An invoice dated on that day or before stays as it was issued, whatever a deal or provider.yaml says since.
    """

    series: tuple[Series, ...] = Field(default=(Series(),), min_length=1)
    closed_through: Day | None = None


class Provider(Model):
    """provider.yaml: who we are, our people, plans, prices and terms."""

    name: Text
    short_name: Text
    address: Address
    contact: ContactWays
    monitoring_email: Text
    website: Text | None = None
    logo: Text | None = None
    tax_id: Text | None = None
    law: Text
    hourly_rate: Amount | None = None
    currency: Currency = "USD"
    locale: Annotated[str, StringConstraints(pattern=r"\A[a-z]{2,3}(?:_[A-Za-z0-9]+)*\Z")] = "en_US"
    paper: Literal["letter", "A4"] = "letter"
    color: Annotated[str, StringConstraints(pattern=r"\A#[0-9a-fA-F]{6}\Z")] = "#1f4e5f"
    people: dict[Identifier, Person] = Field(min_length=1)
    signer: Identifier
    plans: dict[Identifier, Plan] = Field(min_length=1)
    terms: Terms = Terms()
    tax: TaxTerms = TaxTerms()
    lines: LineWords = LineWords()
    pay: PaymentWords = PaymentWords()
    invoicing: Invoicing = Invoicing()
    invoice_note: Text | None = None


class Routing(Model):
    """routing.yaml: the checklist, in the order in which it is worked."""

    actions: tuple[ActionRule, ...]


#: A template's suffix → the suffix of the documents made from it.
PRODUCES = {".html": ".pdf", ".docx": ".docx", ".xlsx": ".xlsx"}


class Document(Model):
    """A document of the packet: which template, once for what, when, and its file's name.

    `filled_in`: people write into it, and what they wrote is carried over into the next one.
    """

    template: Text
    each: Literal["deal", "invoice"] = "deal"
    when: Text | None = None
    target: Text
    filled_in: Truth = False


class Manifest(Model):
    """documents.yaml: the packet, in printing order; the key is the document's name."""

    documents: dict[Identifier, Document] = Field(min_length=1)


class House(Model):
    """All of `templates/` that is data, read and checked together."""

    provider: Provider
    routing: Routing
    manifest: Manifest
