"""One record of a joined document: its text with ids, lists, fields, headers and notes that are its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.package import parser
from generator.render.word.fields import Fields
from generator.render.word.identities import Counters, Identities
from generator.render.word.notes import KINDS, Notes
from generator.render.word.record_lists import OfRecord, RecordLists
from generator.render.word.sections import Sections, counts_from_1, parted, section_count
from generator.render.word.shelf import Relations, Shelf
from generator.render.word.words import MAIN, RELATIONS

if TYPE_CHECKING:
    from generator.render.package import Relation
    from generator.render.word.finished import Finished

RELATED = re.compile(rb'(\s(?:r:\w+|o:relid)=")([^"]+)(")')
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_BLANK = {b"header": b"hdr", b"footer": b"ftr"}
_CORE = {"creator": "author", "description": "comments", "lastModifiedBy": "lastsavedby"}


@dataclass(slots=True)
class Shared:
    """What all records have in common; `lists` are those of the joined document, `properties` those of the first.

    `is_outdated`: there is a field that Word does not work out by itself.
    """

    sections: Sections
    lists: RecordLists
    properties: Mapping[str, str]
    relations: Relations
    shelf: Shelf = field(default_factory=Shelf)
    counters: Counters = field(default_factory=Counters)
    is_outdated: bool = False
    notes: dict[bytes, Notes] = field(default_factory=lambda: {kind: Notes(kind) for kind in KINDS})


class Record:
    """One record at work."""

    def __init__(self, document: Finished, shared: Shared) -> None:
        self._document, self._shared = document, shared
        self._identities = Identities(document.number, shared.counters)
        self._fields = Fields(self._identities, self._own_properties)
        self._lists: OfRecord | None = None
        if document.number > 1:  # the first one keeps the lists that it has
            numbering = document.related("numbering")
            self._lists = shared.lists.of_record(document.xml(numbering) if numbering else b"")

    def settled(self, body: bytes) -> tuple[bytes, bytes, bytes]:
        """The content of the record's body, the properties of its last section, and a mark for its last paragraph."""
        text = b"".join(parted(body))
        self._fields.sections, self._fields.counts_from_1 = section_count(text), counts_from_1(text)
        text = self._linked(self._renewed(text), self._shared.relations, self._document.of_document)
        noted = {kind: self._noted(notes) for kind, notes in self._shared.notes.items()}
        blank = {kind: self._blank(kind) for kind in self._shared.sections.lacks(text)}
        text = self._shared.sections.of_record(
            text, footnotes=noted[b"footnote"], endnotes=noted[b"endnote"], blank=blank
        )
        content, section = parted(text)
        before, mark = self._bookmarks()
        return before + content, section, mark

    def _renewed(self, text: bytes, *, perhaps_shared: bool = False) -> bytes:
        """A part of the record, or a piece of one, with what is its own.

        A part that is `perhaps_shared` and has nothing of the record's own stays the same for all records.
        """
        self._identities.know(text)
        made = self._fields.settled(text)
        made = self._lists.renumbered(made) if self._lists else made
        if perhaps_shared and made == text and b"<w:bookmarkStart" not in text:
            return text
        return self._identities.renewed(made)

    def _linked(self, text: bytes, relations: Relations, own: Mapping[str, Relation]) -> bytes:
        """A text with the relationships of the joined document in place of its own."""

        def identity(found: re.Match[bytes]) -> bytes:
            relation = own.get(found[2].decode())
            if relation is None:
                return found[0]
            target = self._target(relation.target) if relation.external else self._carried(relation.target)
            made = relations.identity(relation.kind, target, external=relation.external, wanted=relation.id)
            return found[1] + made.encode() + found[3]

        return RELATED.sub(identity, text)

    def _target(self, target: str) -> str:
        """Where a link leads: a bookmark of the record's own has another name now."""
        return f"#{self._identities.renamed(target[1:].encode()).decode()}" if target.startswith("#") else target

    def _carried(self, part: str) -> str:
        """Put a part that the record refers to; headers and footers with what is the record's own in them."""
        kind = self._document.kind(part)
        content = None
        if kind in {f"{_WORD}.header+xml", f"{_WORD}.footer+xml"}:
            content = self._renewed(self._document.xml(part), perhaps_shared=True)
        return self._shared.shelf.carried(self._document, part, content)

    def _noted(self, notes: Notes) -> bool:
        """Take the record's notes of one kind; whether it has any."""
        if not self._identities.notes.get(notes.kind):
            return False
        if not notes.name:
            notes.begin(self._document)
        part = self._document.related(KINDS[notes.kind])
        own = self._document.relations(part)
        for note in notes.of(self._document, part, self._identities.notes[notes.kind]):
            notes.add(self._linked(self._renewed(note), notes.relations, own))
        return True

    def _blank(self, kind: bytes) -> bytes:
        """An attribute that names an empty header or footer."""
        content = b'<w:%s xmlns:w="%s"><w:p/></w:%s>' % (_BLANK[kind], MAIN.encode(), _BLANK[kind])
        name = kind.decode()
        part = self._shared.shelf.once(f"word/{name}.xml", f"{_WORD}.{name}+xml", content, ())
        made = self._shared.relations.identity(f"{RELATIONS}/{name}", part)
        return b'xmlns:r="%s" r:id="%s"' % (RELATIONS.encode(), made.encode())

    def _bookmarks(self) -> tuple[bytes, bytes]:
        """Bookmarks that the record's fields need: what comes before its text, and what into its last paragraph."""
        before = mark = b""
        if self._fields.whole:
            before, mark = self._identities.bookmark(self._fields.whole_name)
        if self._fields.end:
            self._shared.is_outdated |= self._fields.sections > 1
            mark += b"".join(self._identities.bookmark(self._fields.end_name))
        return before, mark

    def _own_properties(self) -> dict[str, str]:
        """Those properties of the record that are not as in the first one."""
        own = properties(self._document)
        return {name: value for name, value in own.items() if self._shared.properties.get(name) != value}


def properties(document: Finished) -> dict[str, str]:
    """A document's properties by name in small letters, as fields call them."""
    found: dict[str, str] = {}
    for each in document.relations("").values():
        if each.kind.endswith(("/core-properties", "/extended-properties", "/custom-properties")):
            found |= _properties(document.read(each.target))
    return found


@lru_cache(maxsize=16)
def _properties(content: bytes) -> dict[str, str]:
    made = {}
    for element in etree.fromstring(content, parser()):
        name = element.get("name") or _CORE.get(etree.QName(element).localname) or etree.QName(element).localname
        made[name.lower()] = "".join(element.itertext())
    return made
