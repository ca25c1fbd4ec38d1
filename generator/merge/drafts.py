"""Drafts: an e-mail with its attachments becomes a message, and the `.eml` file that a mail program opens to be sent.

The same e-mail gives the same bytes. Outlook and Thunderbird take a file with `X-Unsent: 1` for a message that is
being written; Apple Mail goes by `X-Uniform-Type-Identifier: com.apple.mail-draft`. A draft has no Message-ID: the
program that sends it gives it one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.charset import Charset
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from generator.errors import Faults, Problem
from generator.mail import ADDRESSED, RECIPIENTS, Field
from generator.naming import inside, is_hidden
from generator.source import UNWANTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

#: The types of what offices attach; the machine's own table would not be the same everywhere.
TYPES = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".gif": "image/gif",
    ".html": "text/html",
    ".ics": "text/calendar",
    ".jpg": "image/jpeg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
ANY_TYPE = "application/octet-stream"

_QUOTED = r'"(?:[^"\\]|\\.)*"'
#: Addresses are parted by commas (or semicolons, as in Outlook), but for those in quotes.
_PARTED = re.compile(rf"((?:{_QUOTED}|[^,;\"]|\")*?)(?:[,;]|\Z)")
_NAMED = re.compile(rf"\s*({_QUOTED}|[^<>]*?)\s*<([^<>]*)>\s*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
#: What may stand in a header as it is.
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
#: A line of a header, without what ends it.
WIDTH = 76
UTF_8 = Charset("utf-8")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message, under this name."""

    name: str
    content: bytes


class Headers(EmailPolicy):
    """How a message is written: CRLF, and headers in ASCII by encoded words (RFC 2047).

    The standard library's own way loses the quotes of a name with a comma where a long list of addresses is folded.
    """

    def fold(self, name: str, value: str) -> str:
        """One header, whole, with its line end."""
        addresses = getattr(value, "addresses", None)
        if addresses is not None:
            text = f",{self.linesep} ".join(mailbox(address) for address in addresses)
            begins = len(name) + 2 + text.find(self.linesep) <= WIDTH
            return f"{name}:{' ' if begins else self.linesep + ' '}{text}{self.linesep}"
        if name.lower() == "subject":
            return f"{name}: {encoded(value, len(name) + 2)}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same as bytes."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


POLICY = Headers(**{name: getattr(SMTP, name) for name in ("linesep", "max_line_length")})


def message(
    head: Sequence[Field], text: str, html: str, attachments: Iterable[Attachment], dated: date
) -> EmailMessage:
    """Make the message; `html` may be empty. Raises Faults with all that is wrong in the head."""
    faults = [*faults_of(head)]
    if faults:
        raise Faults(faults)
    made = EmailMessage(policy=POLICY)
    made["X-Unsent"] = "1"
    made["X-Uniform-Type-Identifier"] = "com.apple.mail-draft"
    made["Date"] = format_datetime(datetime.combine(dated, time(12), UTC))
    for name in ADDRESSED:
        addresses = [one for field in head if field.name == name for one in addresses_in(field.value)]
        if addresses:
            made[name] = addresses
    made["Subject"] = encoded(subject_of(head))
    fill(made, text, html, attachments)
    return made


def attached(paths: Iterable[Field], folders: Sequence[Path]) -> tuple[Attachment, ...]:
    """The files that lines `Attach` name, from the first of the folders that has them.

    A line may name several, with semicolons between. Raises Faults with all that are not there.
    """
    found: list[Attachment] = []
    faults: list[Problem] = []
    for field in paths:
        for name in filter(None, (part.strip() for part in field.value.split(";") if field.name == "Attach")):
            path = next(filter(None, (inside(folder, name) for folder in folders)), None)
            try:
                content = path.read_bytes() if path else None
            except OSError as error:
                faults.append(problem(field, "M604", f"'{name}' cannot be read: {error.strerror}"))
                continue
            if content is None and any(is_hidden(folder, name) for folder in folders):
                faults.append(problem(field, "M604", f"'{name}' is a hidden file, and those are not attached"))
            elif content is None:
                hint = "it is looked for in " + " and ".join(map(str, folders)) + "; 'dealdocs render' makes documents"
                faults.append(problem(field, "M604", f"there is no file '{name}' to attach", hint))
            else:
                found.append(Attachment(PurePath(name).name, content))
    if faults:
        raise Faults(faults)
    return tuple(found)


def fill(made: EmailMessage, text: str, html: str, attachments: Iterable[Attachment]) -> None:
    """Put the text, the HTML part and the attachments into a message, with boundaries that depend on these alone.

    An attachment that the HTML part shows as a picture, by `src="cid:NAME"`, goes with that part.
    """
    files = list(attachments)
    shown = [one for one in files if f"cid:{one.name}" in html]
    identities = {one.name: f"{sha256(one.content).hexdigest()[:32]}@dealdocs" for one in shown}
    for name in sorted(identities, key=len, reverse=True):
        html = html.replace(f"cid:{name}", f"cid:{identities[name]}")
    made.set_content(text, cte=transfer(text))
    if html:
        made.add_alternative(html, subtype="html", cte=transfer(html))
    part = made.get_body(("html",))
    for one in shown:
        if part:
            part.add_related(one.content, cid=f"<{identities[one.name]}>", filename=one.name, **kind_of(one))
    for one in files:
        if one not in shown:
            made.add_attachment(one.content, filename=one.name, **kind_of(one))
    digest = sha256(f"{text}\0{html}".encode())
    for one in files:
        digest.update(one.name.encode() + one.content)
    for number, part in enumerate(part for part in made.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest.hexdigest()[:32]}_{number}")


def kind_of(one: Attachment) -> dict[str, Any]:
    """The type of a file by its name, as the e-mail package takes it."""
    main, _, kind = TYPES.get(PurePath(one.name).suffix.lower(), ANY_TYPE).partition("/")
    return {"maintype": main, "subtype": kind, "params": {"charset": "utf-8"} if main == "text" else {}}


def transfer(text: str) -> str:
    """How a text is encoded: as it is where every mail server lets it pass, or else readable as far as it is ASCII."""
    if text.isascii() and not UNWANTED.search(text) and all(len(line) <= WIDTH for line in text.split("\n")):
        return "7bit"
    ascii_part = sum(character.isascii() for character in text)
    return "quoted-printable" if ascii_part * 2 > len(text) else "base64"


def faults_of(head: Iterable[Field]) -> Iterator[Problem]:
    """What is wrong in a head: what would begin a header, addresses that are none, nobody to go to, no subject."""
    fields = list(head)
    broken = [field for field in fields if UNWANTED.search(field.value) or re.search(r"[\r\n]", field.value)]
    for field in broken:
        yield problem(field, "M601", f"{field.name}: a line break or control character cannot stand in a header")
    for field in fields:
        if field.name in ADDRESSED and field not in broken:
            yield from address_faults(field)
    if not any(field.value.strip(" ,;") for field in fields if field.name in RECIPIENTS):
        nearest = next((field for field in fields if field.name in RECIPIENTS), Field("To", ""))
        yield problem(nearest, "M603", "there is nobody it goes to: To, Cc and Bcc are empty")
    if not subject_of(fields):
        nearest = next((field for field in fields if field.name == "Subject"), Field("Subject", ""))
        yield problem(nearest, "M603", "the subject is empty")


def address_faults(field: Field) -> Iterator[Problem]:
    """Those of the addresses that are none."""
    for part in parts_of(field.value):
        try:
            address_of(part)
        except ValueError:
            hint = (
                "write an address such as office@client.example, or Ann Lee <ann@client.example>; commas part several"
            )
            yield problem(field, "M602", f"{field.name}: '{part}' is not an e-mail address", hint)


def problem(field: Field, code: str, text: str, hint: str = "") -> Problem:
    """A problem at the line of the template that a field was made from."""
    return Problem(field.file, code, text, field.line, hint=hint)


def subject_of(head: Iterable[Field]) -> str:
    """The subject; empty where there is none."""
    return next((field.value.strip() for field in head if field.name == "Subject"), "")


def addresses_in(text: str) -> list[Address]:
    """The addresses of a line. Raises ValueError for one that is none."""
    return [address_of(part) for part in parts_of(text)]


def parts_of(text: str) -> list[str]:
    """The parts of a line of addresses, as they are written."""
    return [part.strip() for part in _PARTED.findall(text) if part.strip()]


def address_of(text: str) -> Address:
    """One address, with or without a name. Raises ValueError where it is none, or a server could not be found by it."""
    named = _NAMED.fullmatch(text)
    name, written = named.groups() if named else ("", text)
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    local, _, domain = written.strip().rpartition("@")
    host = domain if domain.isascii() else domain.encode("idna").decode()
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(host) or len(local) > 64 or len(host) > 253:  # noqa: PLR2004
        message = f"'{written}' is not an address"
        raise ValueError(message)
    return Address(" ".join(name.split()), local, host)


def mailbox(address: Address) -> str:
    """An address as a header has it, folded where its name is long."""
    name = address.display_name
    if not name:
        return address.addr_spec
    if name.isascii() and "=?" not in name and len(name) < WIDTH // 2:
        if not _ATOMS.fullmatch(name) or name != " ".join(name.split()):
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            name = f'"{escaped}"'
        return f"{name} <{address.addr_spec}>"
    word = UTF_8.header_encode(name)
    if len(word) >= WIDTH:
        word = Header(name, UTF_8, WIDTH, header_name="").encode(linesep="\r\n")
    fits = len(word) + len(address.addr_spec) < WIDTH - len("Reply-To:  <>,")
    return f"{word} <{address.addr_spec}>" if fits else f"{word}\r\n <{address.addr_spec}>"


def encoded(text: str, taken: int = 0) -> str:
    """A text for a header: folded at spaces as far as it is plain ASCII, or else encoded words of whole characters.

    `taken`: how much of the first line the header's name takes; 0 where there is to be one line.
    """
    if text.isascii() and "=?" not in text and text == " ".join(text.split()):
        lines = wrap(text, WIDTH - taken, break_long_words=False, break_on_hyphens=False) if taken else [text]
        if all(len(line) <= WIDTH for line in lines) or not taken:
            return "\r\n ".join(lines)
    return Header(text, UTF_8, WIDTH, header_name="Subject").encode(linesep="\r\n" if taken else "")
