"""Questions: what `dealdocs new` has to know, and which answers can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from generator.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from generator.provider import Provider

    Reader = Callable[[str, "Interview"], str]

# This module is imported for `dealdocs --help`; what is slow to import is imported by the readers.


@dataclass(slots=True)
class Interview:
    """An interview under way: what may be answered, the day of it, and the answers so far by key."""

    provider: Provider
    today: date
    answers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `read` raises ValueError, whose text says what is expected, for an answer that cannot be.

    `default` is what no answer means; without one the question must be answered. An empty default leaves the key out.
    `choices` are shown where the question is asked.
    """

    key: str
    words: str
    read: Reader
    default: Callable[[Interview], str] | None = None
    choices: Callable[[Interview], Collection[str]] | None = None

    def asked(self, interview: Interview) -> str:
        """The question as it is asked at the terminal."""
        return f"{self.words} ({', '.join(self.choices(interview))})" if self.choices else self.words

    @property
    def option(self) -> str:
        """The option that answers it on the command line."""
        return f"--{self.key.replace('_', '-')}"


def of_kind(name: str, expected: str = "") -> Reader:
    """A reader that takes what the kind of that name in `fields` takes."""

    def read(text: str, _: Interview) -> str:
        from pydantic import TypeAdapter, ValidationError

        from generator import fields

        try:
            TypeAdapter(getattr(fields, name), config=fields.Model.model_config).validate_python(text)
        except ValidationError as error:
            raise ValueError(expected or error.errors()[0]["msg"]) from None
        return text

    return read


def _email(text: str, interview: Interview) -> str:
    name, at, domain = text.partition("@")
    if not (name and at and domain):
        message = "must be an e-mail address such as office@harbordental.example"
        raise ValueError(message)
    return _TEXT(text, interview)


def _payments(_: Interview) -> Collection[str]:
    return ("check", "card", "ach")


def _payment(text: str, interview: Interview) -> str:
    if text.lower() not in _payments(interview):
        message = f"must be one of {', '.join(_payments(interview))}"
        raise ValueError(message)
    return text.lower()


def _plans(interview: Interview) -> Collection[str]:
    return interview.provider.plans


def _plan(text: str, interview: Interview) -> str:
    plans = interview.provider.plans
    by_label = {plan.label.lower(): key for key, plan in plans.items()}
    key = by_label.get(text.lower(), text)
    if key not in plans:
        hint = did_you_mean(text, plans)
        message = f"must be one of {', '.join(plans)}" + (f" ({hint})" if hint else "")
        raise ValueError(message)
    return key


def _starts(text: str, interview: Interview) -> str:
    _DAY(text, interview)
    if date.fromisoformat(text) < date.fromisoformat(interview.answers["signed"]):
        message = f"must not be before {interview.answers['signed']}, the day of signing"
        raise ValueError(message)
    return text


def _next_month(interview: Interview) -> str:
    signed = date.fromisoformat(interview.answers["signed"])
    return str((signed.replace(day=28) + timedelta(days=4)).replace(day=1))


def _left_out(_: Interview) -> str:
    return ""


def _today(interview: Interview) -> str:
    return str(interview.today)


def _home(interview: Interview) -> str:
    return interview.provider.address.country


_TEXT = of_kind("Text", "must be a text of at most 4,000 characters")
_COUNTRY = of_kind("Country", "must be a country's two letters, such as US")
_DAY, _COUNT = of_kind("Day"), of_kind("Count")

QUESTIONS = (
    Question("name", "Client's legal name", _TEXT),
    Question("billing_name", "Name on invoices and in accounting, if another", _TEXT, _left_out),
    Question("street", "Street", _TEXT),
    Question("street2", "Suite or floor, if any", _TEXT, _left_out),
    Question("city", "City", _TEXT),
    Question("region", "State or region, if any", _TEXT, _left_out),
    Question("postal_code", "ZIP or postal code, if any", _TEXT, _left_out),
    Question("country", "Country, as two letters", _COUNTRY, _home),
    Question("contact", "Contact person's name", _TEXT),
    Question("contact_title", "Contact's title, if known", _TEXT, _left_out),
    Question("contact_email", "Contact's e-mail, if known", _email, _left_out),
    Question("contact_phone", "Contact's phone, if known", _TEXT, _left_out),
    Question("signed", "Day of signing (year-month-day)", _DAY, _today),
    Question("starts", "First day of service and billing", _starts, _next_month),
    Question("plan", "Plan", _plan, choices=_plans),
    Question("servers", "Number of servers", _COUNT),
    Question("workstations", "Number of workstations", _COUNT),
    Question("setup_paid_by", "Setup paid by", _payment, choices=_payments),
    Question("monthly_paid_by", "Monthly fee paid by", _payment, choices=_payments),
)
