"""Starter: what a new workspace and a new deal file begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.deal_checks import RESERVED
from generator.errors import Misuse
from generator.naming import fitting_id
from generator.scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "deal.schema.json"
MODELINE = f"# yaml-language-server: $schema=../{SCHEMA}\n"
SAMPLE = "harbor-dental.yaml"
IGNORED = (
    "# Documents are made again from the deals; Word, Excel and LibreOffice leave the rest.\noutput/\n~$*\n.~lock.*\n"
)

_NUMBERS_AND_DAYS = {"signed", "starts", "servers", "workstations"}
_COMMENT_COLUMN = 40


@dataclass(frozen=True, slots=True)
class Laid:
    """The files of a workspace that were made, and those that were there before and left alone."""

    made: tuple[Path, ...]
    left: tuple[Path, ...]


def lay_out(folder: Path, schema: str) -> Laid:
    """Make the files of a new workspace in a folder, with `schema` for editors; overwrite none."""
    made: list[Path] = []
    left: list[Path] = []
    for name, content in files(schema):
        path = folder / name
        (made if write_new(path, content) else left).append(path)
    return Laid(tuple(made), tuple(left))


def files(schema: str) -> Iterator[tuple[str, bytes]]:
    """The files of a new workspace: name, content."""
    yield ".gitignore", IGNORED.encode()
    yield SCHEMA, schema.encode()
    yield f"deals/{SAMPLE}", MODELINE.encode() + (origin() / "deals" / SAMPLE).read_bytes()
    templates = origin() / "templates"
    for path in sorted(templates.rglob("*")):
        if path.is_file() and not path.name.startswith((".", "~")):
            yield f"templates/{path.relative_to(templates).as_posix()}", path.read_bytes()


def origin() -> Path:
    """The folder of the samples: inside the package where it was installed, around it in a checkout."""
    package = Path(__file__).parent
    packed = package / "samples"
    return packed if packed.is_dir() else package.parent


def write_new(path: Path, content: bytes) -> bool:
    """Write a file unless it is there already; whether it was written. Raises Misuse where the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            return False
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise Misuse(message) from error
    return True


def free_path(deals: Path, name: str) -> Path:
    """The path of a new deal's file. Raises Misuse for a name that cannot be an id, or that is taken."""
    if not re.fullmatch(r"[a-z0-9-]{1,60}", name):
        near = fitting_id(name)
        hint = f"; try '{near}'" if near else ""
        message = f"'{name}' cannot be a deal's id: small letters a to z, digits and hyphens, at most 60{hint}"
        raise Misuse(message)
    if RESERVED.fullmatch(name):
        message = f"'{name}' cannot be a deal's id: Windows has no folder called so; try '{name}-deal'"
        raise Misuse(message)
    taken = [path for path in sorted(deals.glob(f"{name}.*")) if path.name.lower() in {f"{name}.yaml", f"{name}.yml"}]
    if taken:
        message = f"{taken[0]} is there already; change it in an editor, or choose another id"
        raise Misuse(message)
    return deals / f"{name}.yaml"


#: The rows of a new deal file: depth, key, the answer that it takes (if it is not a heading), a comment.
_ROWS = (
    (0, "client", "", ""),
    (1, "name", "name", "legal name: in the agreement and at the signatures"),
    (1, "billing_name", "billing_name", "in PSA, RMM, accounting and mailing list; default: name"),
    (1, "address", "", ""),
    (2, "street", "street", ""),
    (2, "street2", "street2", ""),
    (2, "city", "city", ""),
    (2, "region", "region", ""),
    (2, "postal_code", "postal_code", ""),
    (2, "country", "country", ""),
    (1, "contact", "", ""),
    (2, "name", "contact", ""),
    (2, "title", "contact_title", ""),
    (2, "email", "contact_email", ""),
    (2, "phone", "contact_phone", ""),
)
_TERMS = (
    (0, "signed", "signed", ""),
    (0, "starts", "starts", "first day of service and billing"),
    (0, "plan", "plan", "a key of templates/provider.yaml's plans"),
    (0, "servers", "servers", "a count, or {count: 2, price: 250.00}"),
    (0, "workstations", "workstations", ""),
    (0, "setup", "", ""),
    (1, "paid_by", "setup_paid_by", "check, card or ach"),
    (0, "monthly", "", ""),
    (1, "paid_by", "monthly_paid_by", "check, card or ach"),
)
_MORE_ABOUT_THE_CLIENT = """\
  # signer: {name: …, title: Owner}     # who signs for the client; default: the contact
  # billing: {attention: Accounts payable, email: …, po_number: "…", address: {…}}   # default: the above
"""
_MORE = """
# Anything else has a default. Take away the "# " of what differs for this client:
# onboard_by: 2026-12-04                # default: the provider's onboarding days after signing
# term_months: 36                       # default: the provider's; 0 is month to month
# lines:                                # whatever else is sold; every: month or once
#   - {description: Cloud backup 500 GB, quantity: 1, price: 120.00, every: month}
#   - {description: Firewall, quantity: 1, price: 640.00, every: once, taxable: true}
# credits:                              # billed until now, included from now on
#   - {description: Hosted spam filtering, amount: 28.00, from: 2026-11-01, through: 2026-12-31, invoice: "1017"}
# tax: {rate: "7.25", label: Sales tax}
# authorization: {processor: …, customer: …, last4: "…", filed: Client folder}   # never a card or account number
# ended: 2029-11-30                     # the last day of service, once the deal is over
# team: {technician: …}                 # who does it for this client, by role
# routing: {skip: [train-spam-filter]}  # actions of templates/routing.yaml to leave out
# notes: For the cover page.
"""


def deal_text(answers: Mapping[str, str]) -> str:
    """The text of a new deal file; a key whose answer is empty stands there as a comment, to be filled in later."""
    client = "".join(_row(*row, answers) for row in _ROWS)
    terms = "".join(_row(*row, answers) for row in _TERMS)
    return f"{MODELINE}{client}{_MORE_ABOUT_THE_CLIENT}{terms}{_MORE}"


def _row(depth: int, key: str, answer: str, comment: str, answers: Mapping[str, str]) -> str:
    if not answer:
        return f"{'  ' * depth}{key}:\n"
    value = answers[answer] if answer in _NUMBERS_AND_DAYS else scalar(answers[answer])
    text = f"{'  ' * depth}{key}: {value}" if value else f"{'  ' * depth}# {key}:"
    return f"{text:<{_COMMENT_COLUMN}}# {comment}\n" if comment else f"{text}\n"
