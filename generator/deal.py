"""A deal: what a person writes in `deals/ID.yaml`, with the defaults that follow from it alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from generator.fields import (
    ActionRule,
    Address,
    Amount,
    Count,
    Day,
    Identifier,
    Model,
    Months,
    Name,
    Payment,
    Person,
    PersonOrName,
    Quantity,
    Tax,
    Text,
    Truth,
)

DealId = Annotated[str, StringConstraints(pattern=r"\A[a-z0-9-]{1,60}\Z")]


class Billing(Model):
    """Where invoices go; whatever is left out is taken from the client."""

    name: Name
    attention: Name
    email: Text | None = None
    address: Address
    po_number: Text | None = None
    tax_id: Text | None = None


class Client(Model):
    """The client: legal name for the agreement, billing name for every system that bills or mails."""

    name: Name
    billing_name: Name
    address: Address
    contact: Person
    signer: Person
    billing: Billing

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, data: Any) -> Any:  # noqa: ANN401 -- whatever was written
        if not isinstance(data, dict):
            return data
        filled = {"billing_name": data.get("name"), "signer": data.get("contact"), **data}
        billing = filled.get("billing", {})
        if isinstance(billing, dict):
            contact = data.get("contact")
            contact = contact if isinstance(contact, dict) else {}
            inherited = {
                "name": filled["billing_name"],
                "attention": contact.get("name"),
                "email": contact.get("email"),
                "address": data.get("address"),
            }
            filled["billing"] = {**inherited, **billing}
        return filled


class Devices(Model):
    """How many devices, and a price per month each where it differs from the plan's."""

    count: Count
    price: Amount | None = None


def _counted(value: object) -> Any:  # noqa: ANN401 -- a pydantic before-validator passes on whatever was written
    return {"count": value} if isinstance(value, str) else value


DevicesOrCount = Annotated[Devices, BeforeValidator(_counted, json_schema_input_type=Devices | int | str)]


class Line(Model):
    """Anything else that is sold, monthly or once; `price` each, before tax."""

    description: Text
    quantity: Quantity = Decimal(1)
    price: Amount
    every: Literal["month", "once"]
    taxable: Truth = False


class SetupTerms(Model):
    """The setup fee (default: the plan's rule) and how it is paid."""

    fee: Amount | None = None
    paid_by: Payment


class MonthlyTerms(Model):
    """How the monthly fee is paid."""

    paid_by: Payment


class Credit(Model):
    """A service billed until now that the plan includes from now on; the period is inclusive at both ends."""

    description: Text
    amount: Amount
    from_: Day = Field(alias="from")
    through: Day
    invoice: Text


class NoteLine(Model):
    """A line of a credit note: what is credited of an invoice, before tax."""

    description: Text
    amount: Amount
    taxable: Truth = False


class CreditNote(Model):
    """What is credited of an invoice that was issued; `dealdocs credit` writes it. `invoice` is the number."""

    invoice: Text
    dated: Day
    reason: Text | None = None
    lines: tuple[NoteLine, ...] = Field(min_length=1)
    tax: Amount = Decimal(0)


class Authorization(Model):
    """Where the payment authorization is kept; never the card or the account itself."""

    processor: Text | None = None
    customer: Text | None = None
    last4: Annotated[str, StringConstraints(pattern=r"\A[0-9]{4}\Z")] | None = None
    authorized: Day | None = None
    filed: Text | None = None


class RoutingChanges(Model):
    """What this deal leaves out of the checklist, and what it adds."""

    skip: tuple[Identifier, ...] = ()
    add: tuple[ActionRule, ...] = ()


class Deal(Model):
    """A signed deal. `id` is the file's stem, `revision` the git commit that it stands at; neither is written in it.

    `onboard_by`, `term_months` and `tax` are written only where they differ from the provider's;
    validation fills them in, so a Deal that has passed it always has all three.
    `ended` is the last day of service of a deal that is over: no month after it is invoiced.
    """

    id: DealId
    client: Client
    signed: Day
    starts: Day
    onboard_by: Day = cast("Day", None)  # filled in by validation, as are the two below
    term_months: Months = cast("Months", None)
    plan: Identifier
    servers: DevicesOrCount
    workstations: DevicesOrCount
    lines: tuple[Line, ...] = ()
    setup: SetupTerms
    monthly: MonthlyTerms
    credits: tuple[Credit, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    ended: Day | None = None
    tax: Tax = cast("Tax", None)
    authorization: Authorization | None = None
    team: dict[Identifier, PersonOrName] = Field(default_factory=dict)
    routing: RoutingChanges = RoutingChanges()
    notes: Text | None = None
    revision: str = ""
