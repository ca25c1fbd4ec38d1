"""An e-mail as a template gives it for one record: the lines of its head, its text, and its HTML part if it has one."""

from __future__ import annotations

from dataclasses import dataclass

#: The lines that a head may have: their names in lower case, and as they are written.
FIELDS = {name.lower(): name for name in ("From", "To", "Cc", "Bcc", "Reply-To", "Subject", "Attach")}
#: Those whose values are addresses.
ADDRESSED = ("From", "To", "Cc", "Bcc", "Reply-To")
#: Those that say who gets it.
RECIPIENTS = ("To", "Cc", "Bcc")
#: Those that may stand there more than once.
SEVERAL = (*RECIPIENTS, "Reply-To", "Attach")


@dataclass(frozen=True, slots=True)
class Field:
    """One line of the head, filled in; `file` and `line` are the template's, where it was written."""

    name: str
    value: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail that is not yet a message: `html` is empty where there is no HTML part."""

    head: tuple[Field, ...]
    text: str
    html: str = ""

    def values(self, name: str) -> tuple[str, ...]:
        """What the lines of that name say, but for empty ones."""
        return tuple(field.value for field in self.head if field.name == name and field.value)
