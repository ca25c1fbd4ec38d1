"""Footnotes, endnotes and comments of joined records: one part for each kind, each note with an id of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.render.package import Member
from generator.render.word.shelf import Relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.render.word.finished import Finished

#: Kind of note → the relationship by which its part is found.
KINDS = {b"footnote": "footnotes", b"endnote": "endnotes", b"comment": "comments"}
_ID = re.compile(rb'(\sw:id=")([^"]*)(")')
_SPECIAL = re.compile(rb'\sw:type="(?!normal")')


@dataclass(slots=True)
class Notes:
    """The notes of one kind, of all records one after another."""

    kind: bytes
    name: str = ""
    content_type: str = ""
    relations: Relations = field(default_factory=Relations)
    _head: bytes = b""
    _notes: list[bytes] = field(default_factory=list)

    def begin(self, document: Finished) -> None:
        """Begin with a document's part, if it has one: with the lines that separate notes from the text."""
        self.name = document.related(KINDS[self.kind])
        if self.name:
            self.content_type = document.kind(self.name)
            text = document.xml(self.name)
            head = re.search(rb"<w:%ss\b[^>]*>" % self.kind, text)
            self._head = text[: head.end()].replace(b"/>", b">") if head else b""
            self._notes = [note for note in self._every(text) if _SPECIAL.search(_opening(note))]

    def of(self, document: Finished, part: str, wanted: Mapping[bytes, int]) -> Iterator[bytes]:
        """Those notes of a document that are wanted: the id there → the id here."""
        for note in self._every(document.xml(part)):
            start = _opening(note)
            identity = _ID.search(start)
            if identity and identity[2] in wanted and not _SPECIAL.search(start):
                place = slice(*identity.span(2))
                yield note[: place.start] + b"%d" % wanted[identity[2]] + note[place.stop :]

    def add(self, note: bytes) -> None:
        """Add a note at the end."""
        self._notes.append(note)

    def member(self) -> Member:
        """The part of the joined document."""
        return Member.of(self.name, b"".join([self._head, *self._notes, b"</w:%ss>" % self.kind]))

    def _every(self, text: bytes) -> list[bytes]:
        return re.findall(rb"<w:%s\b[^>]*?(?:/>|>.*?</w:%s>)" % (self.kind, self.kind), text, re.DOTALL)


def _opening(note: bytes) -> bytes:
    return note[: note.index(b">")]
