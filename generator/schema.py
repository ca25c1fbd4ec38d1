"""The JSON schema of a deal file, by which an editor completes and explains its keys while they are written."""

from __future__ import annotations

from typing import Any

from generator.deal import Deal

#: Definition → key → what an editor says of it. "Deal" is the file itself.
DESCRIPTIONS: dict[str, dict[str, str]] = {
    "Deal": {
        "client": "Who has signed.",
        "signed": "The day of signing, such as 2026-11-16.",
        "starts": "The first day that is billed.",
        "onboard_by": "The day by which everything is set up. Default: the provider's business days after signing.",
        "term_months": "The term in months; 0 is month to month. Default: the provider's.",
        "plan": "A plan of templates/provider.yaml.",
        "servers": "How many servers, or {count: 2, price: 250.00}.",
        "workstations": "How many workstations, or {count: 14, price: 65.00}.",
        "lines": "Anything else that is sold.",
        "setup": "The setup fee, and how it is paid.",
        "monthly": "How the monthly fee is paid.",
        "credits": "Services billed until now that the plan includes from now on.",
        "credit_notes": "What is credited of issued invoices; 'dealdocs credit' writes it.",
        "ended": "The last day of service of a deal that is over; no later month is invoiced.",
        "tax": "The sales tax. Default: the provider's.",
        "authorization": "Where the payment authorization is kept. Never a card number or a bank account.",
        "team": "Role → person, over the provider's people.",
        "routing": "What this deal leaves out of the routing checklist, and what it adds.",
        "notes": "Anything for the cover page.",
    },
    "Client": {
        "name": "The legal name, for the agreement and its signatures.",
        "billing_name": "The name used in PSA, RMM, accounting and mailing list. Default: the legal name.",
        "address": "The client's postal address.",
        "contact": "The person to talk to.",
        "signer": "The person who signs. Default: the contact.",
        "billing": "Where invoices go. What is left out is taken from the client.",
    },
    "Billing": {
        "name": "The name on invoices. Default: the billing name.",
        "attention": "Who gets the invoices. Default: the contact.",
        "email": "Where invoices are mailed. Default: the contact's address.",
        "address": "The address on invoices. Default: the client's.",
        "po_number": "The client's purchase order, printed on every invoice.",
        "tax_id": "The client's tax number, where it must be printed.",
    },
    "Address": {
        "street": "Street and number.",
        "street2": "Suite, floor or building.",
        "city": "The city or town.",
        "region": "State or province, such as OR.",
        "postal_code": "The postal code, as it is written.",
        "country": "Two letters by ISO 3166, such as US.",
    },
    "Person": {
        "name": "First and last name.",
        "title": "What the person is called in the firm.",
        "email": "One e-mail address.",
        "phone": "The telephone number, as it is printed.",
    },
    "Devices": {
        "count": "How many; 0 is allowed.",
        "price": "The price per month for each. Default: the plan's.",
    },
    "Line": {
        "description": "What is printed on cover page, invoice and agreement.",
        "quantity": "How many. Default: 1.",
        "price": "The price of one, before tax.",
        "every": "month: billed each month. once: billed with the setup.",
        "taxable": "Whether sales tax is added.",
    },
    "SetupTerms": {
        "fee": "The setup fee. Default: by the plan's rule.",
        "paid_by": "check, card or ach.",
    },
    "MonthlyTerms": {"paid_by": "check, card or ach."},
    "Credit": {
        "description": "The service that was billed until now.",
        "amount": "What was billed for the whole period.",
        "from": "The first day of the billed period.",
        "through": "The last day of the billed period.",
        "invoice": "The number of the invoice that billed it.",
    },
    "CreditNote": {
        "invoice": "The number of the issued invoice.",
        "dated": "The credit note's date.",
        "reason": "Why; printed on the credit note.",
        "lines": "What is credited.",
        "tax": "The tax credited with it. Default: 0.",
    },
    "NoteLine": {
        "description": "What is printed on the credit note.",
        "amount": "What is credited, before tax.",
        "taxable": "Whether sales tax was added.",
    },
    "Tax": {"rate": "In percent, such as 7.25.", "label": "What it is called. Default: Sales tax."},
    "Authorization": {
        "processor": "The payment processor.",
        "customer": "The customer's id with the processor.",
        "last4": "The last four digits of the card or account; never more.",
        "authorized": "The day on which the form was signed.",
        "filed": "Where the form is kept.",
    },
    "RoutingChanges": {
        "skip": "The ids of actions that are left out.",
        "add": "Actions that this deal has besides.",
    },
    "ActionRule": {
        "id": "A short name that no other action has, such as move-dns.",
        "section": "The slip's section, such as Set up.",
        "action": "What is to be done; may hold {{ values }}.",
        "owner": "The role that does it.",
        "due": "Business days after signing.",
        "when": "A condition on the template values; without it the action is always there.",
    },
}
#: Keys that the models require once the defaults are filled in, and a person may leave out.
_FILLED_IN = {
    "Deal": {"id"},
    "Client": {"billing_name", "signer", "billing"},
    "Billing": {"name", "attention", "address"},
}
_YES_OR_NO = {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}]}


def of_deal() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12); as the reader takes them, numbers may be texts, and texts numbers."""
    made = Deal.model_json_schema()
    del made["properties"]["id"], made["properties"]["revision"]
    definitions = made.pop("$defs")
    for name, definition in {"Deal": made, **definitions}.items():
        _describe(name, definition)
    body = {key: made[key] for key in ("type", "additionalProperties", "required", "properties")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A signed deal",
        "description": "deals/ID.yaml: only what differs from client to client.",
        **body,
        "$defs": definitions,
    }


def _describe(name: str, definition: dict[str, Any]) -> None:
    """Turn a model's definition into what an editor needs."""
    definition.pop("title", None)
    properties = {key: _written(value) for key, value in definition["properties"].items()}
    described = {key: {**value, "description": DESCRIPTIONS[name][key]} for key, value in properties.items()}
    definition["properties"] = described
    definition["required"] = [key for key in definition.get("required", []) if key not in _FILLED_IN.get(name, ())]


def _written(node: dict[str, Any]) -> dict[str, Any]:
    """A value's schema as a person may write the value: bounds for numbers, patterns in JSON Schema's notation."""
    node = {key: value for key, value in node.items() if key not in {"title", "default", "ge", "le"}} | _bounds(node)
    if node.get("type") == "boolean":
        return _YES_OR_NO
    if "pattern" in node:
        node["pattern"] = _anchored(node["pattern"])
    if node.get("type") == "string" and "pattern" in node:
        node["type"] = ["string", "number"]  # a postal code without quotes is a number to an editor
    if "anyOf" in node:
        node["anyOf"] = [_written(branch) for branch in node["anyOf"]]
    if "items" in node:
        node["items"] = _written(node["items"])
    if "patternProperties" in node:
        node["patternProperties"] = {
            _anchored(key): _written(value) for key, value in node["patternProperties"].items()
        }
    return node


def _bounds(node: dict[str, Any]) -> dict[str, Any]:
    """The bounds of a number; a day's bounds are not an editor's business."""
    if "format" in node:
        return {}
    return {to: float(node[key]) for key, to in (("ge", "minimum"), ("le", "maximum")) if key in node}


def _anchored(pattern: str) -> str:
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")
