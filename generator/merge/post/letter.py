"""A message on its way: who it is from and goes to, and the key by which it is known again."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from email.message import EmailMessage
from hashlib import sha256

from generator.errors import Misuse

#: What is in a draft for mail programs, or for the sender alone, and is not sent.
UNSENT = ("X-Unsent", "X-Uniform-Type-Identifier", "Bcc", "Date", "Message-ID")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it is sent, but for its date; `key`: the hash of its recipients and its content."""

    message: EmailMessage
    sender: str
    recipients: tuple[str, ...]
    subject: str
    key: str


def letter_of(message: EmailMessage, user: str) -> Letter:
    """A message as it is sent; from `user` where it does not say from whom. Raises Misuse where nobody knows."""
    sender = message["From"].addresses[0].addr_spec if message["From"] else user
    if "@" not in sender:
        text = "it is not known from whom the messages are: write a line 'From:' into the head of the template"
        raise Misuse(text)
    named = [one.addr_spec for name in ("To", "Cc", "Bcc") if message[name] for one in message[name].addresses]
    recipients = tuple(dict.fromkeys(named))
    sent = deepcopy(message)
    for name in UNSENT:
        del sent[name]
    if not sent["From"]:
        sent["From"] = sender
    content = "\n".join(sorted(one.lower() for one in recipients)).encode() + b"\0" + sent.as_bytes()
    key = sha256(content).hexdigest()
    sent["Message-ID"] = f"<{key[:40]}@{sender.rpartition('@')[2]}>"
    return Letter(sent, sender, recipients, str(message["Subject"] or ""), key)
