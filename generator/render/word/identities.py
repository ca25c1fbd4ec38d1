"""What may stand only once in a document, in records that are joined: ids, and the names of bookmarks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from zlib import crc32

_DRAWING = re.compile(rb'(<wp:docPr\b[^>]*?\sid=")\d+(")')
_OWN_IDS = re.compile(rb'\sw1[46]:(?:paraId|textId)="[^"]*"')
_CONTROL = re.compile(rb"<w:id w:val=\"[^\"]*\"\s*/>|<w(?:15)?:dataBinding\b[^>]*/>")
_NAMED = re.compile(rb'<w:bookmarkStart\b[^>]*?\sw:name="([^"]*)"')
_NAME = re.compile(rb'(<w:bookmarkStart\b[^>]*?\sw:name=")([^"]*)(")')
_ANCHOR = re.compile(rb'(<w:hyperlink\b[^>]*?\sw:anchor=")([^"]*)(")')
_REVISIONS = rb"ins|del|moveFrom|moveTo|cellIns|cellDel|cellMerge|\w+Change"
_RANGES = rb"bookmark(?:Start|End)|perm(?:Start|End)|move(?:From|To)Range(?:Start|End)|customXml\w+Range(?:Start|End)"
_MARKED = re.compile(rb'(<w:(%s|%s)\b[^>]*?\sw:id=")([^"]*)(")' % (_REVISIONS, _RANGES))
_REFERRING = re.compile(
    rb'(<w:(footnoteReference|endnoteReference|comment(?:Reference|RangeStart|RangeEnd))\b[^>]*?\sw:id=")([^"]*)(")'
)
LONGEST_NAME = 40  # characters of a bookmark's name, by Word


@dataclass(slots=True)
class Counters:
    """The numbers that the whole document hands out, each once."""

    drawings: Iterator[int] = field(default_factory=lambda: count(1))
    marks: Iterator[int] = field(default_factory=lambda: count(1))
    notes: dict[bytes, Iterator[int]] = field(default_factory=dict)

    def note(self, kind: bytes) -> int:
        """The next id of a footnote, an endnote or a comment."""
        return next(self.notes.setdefault(kind, count(1)))

    def has(self, kind: bytes) -> bool:
        """Whether there is a note of a kind."""
        return kind in self.notes


@dataclass(slots=True)
class Identities:
    """The ids and bookmarks of one record; the first record keeps the names that it has.

    `notes`: "footnote", "endnote" and "comment" → the id in the record → the id in the joined document.
    """

    number: int
    counters: Counters
    names: set[bytes] = field(default_factory=set)
    notes: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    _marks: dict[tuple[bytes, bytes], int] = field(default_factory=dict)

    def know(self, text: bytes) -> None:
        """Take note of the bookmarks in a part of the record."""
        self.names.update(_NAMED.findall(text))

    def renamed(self, name: bytes) -> bytes:
        """A bookmark's name in the joined document; one that the record does not have stays as it is."""
        if self.number == 1 or name not in self.names:
            return name
        ending = b"_r%d" % self.number
        if len(name.decode()) + len(ending) > LONGEST_NAME:
            ending = b"_%08x%s" % (crc32(name), ending)
            name = name.decode()[: LONGEST_NAME - len(ending)].encode()
        return name + ending

    def bookmark(self, name: bytes) -> tuple[bytes, bytes]:
        """The beginning and the end of a bookmark of our own."""
        number = next(self.counters.marks)
        begin = b'<w:bookmarkStart w:id="%d" w:name="%s"/>' % (number, name)
        return begin, b'<w:bookmarkEnd w:id="%d"/>' % number

    def renewed(self, text: bytes) -> bytes:
        """A part of the record with ids that no other record has, and the names of bookmarks and what points there."""
        if b"<wp:docPr" in text:
            text = _DRAWING.sub(lambda found: b"%s%d%s" % (found[1], next(self.counters.drawings), found[2]), text)
        if b'w:id="' in text:
            text = _MARKED.sub(lambda found: b"%s%d%s" % (found[1], self._mark(found[2], found[3]), found[4]), text)
            text = _REFERRING.sub(lambda found: b"%s%d%s" % (found[1], self._note(found[2], found[3]), found[4]), text)
        return text if self.number == 1 else self._later(text)

    def _later(self, text: bytes) -> bytes:
        if b":paraId=" in text or b":textId=" in text:
            text = _OWN_IDS.sub(b"", text)
        if b"<w:sdtPr>" in text:
            text = _CONTROL.sub(b"", text)
        if self.names:
            text = _NAME.sub(lambda found: found[1] + self.renamed(found[2]) + found[3], text)
            text = _ANCHOR.sub(lambda found: found[1] + self.renamed(found[2]) + found[3], text)
        return text

    def _mark(self, element: bytes, old: bytes) -> int:
        """The id of a mark; those of a beginning and of its end are the same, those of two revisions are not."""
        family = re.sub(rb"(?:Range)?(?:Start|End)$", b"", element)
        if family == element:
            return next(self.counters.marks)
        key = (family, old)
        if key not in self._marks:
            self._marks[key] = next(self.counters.marks)
        return self._marks[key]

    def _note(self, element: bytes, old: bytes) -> int:
        kind = re.sub(rb"(?:Reference|RangeStart|RangeEnd)$", b"", element)
        known = self.notes.setdefault(kind, {})
        if old not in known:
            known[old] = self.counters.note(kind)
        return known[old]
