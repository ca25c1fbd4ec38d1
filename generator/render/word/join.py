"""Joins finished Word documents to one: each a section of its own that looks and counts as it does by itself."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree

from generator.errors import Misuse
from generator.render.package import Member, Relation, parser
from generator.render.word.finished import Finished
from generator.render.word.lists import NUMBERING
from generator.render.word.notes import KINDS
from generator.render.word.record import RELATED, Record, Shared, properties
from generator.render.word.record_lists import RecordLists, styled_lists
from generator.render.word.sections import Sections, closed, marked
from generator.render.word.settings import update_fields
from generator.render.word.shelf import Relations
from generator.render.word.words import MAIN, RELATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

_BODY = re.compile(rb"<w:body(?:\s[^>]*)?/?>")
_NAMES = re.compile(rb'(\S+)="([^"]*)"')
_ENDNOTES = re.compile(rb"<w:endnotePr\b[^>]*/>|<w:endnotePr\b.*?</w:endnotePr>", re.DOTALL)
_POSITION = re.compile(rb"<w:pos\b[^>]*/>")
_AFTER_ENDNOTES = re.compile(
    rb"<(?:w:(?:compat|docVars|rsids|attachedSchema|themeFontLang|clrSchemeMapping|doNot\w+|forceUpgrade|captions"
    rb"|readModeInkLockDown|smartTagType|shapeDefaults|decimalSymbol|listSeparator)|m:mathPr|sl:schemaLibrary"
    rb"|w1[0-9]:\w+)\b|</w:settings>"
)
#: What all records share; where one of these differs, the records come from different templates.
_SHARED = ("styles", "settings", "theme", "fontTable")
#: What stands in the text by its id, or is put together from all records.
_LATER = {"header", "footer", "image", "hyperlink", "numbering", "settings", *KINDS.values()}
_LEVEL = 6
LARGEST = 2**32 - 1  # bytes of a part of a zip of the usual kind


def joined(documents: Iterable[bytes], *, duplex: bool = False) -> bytes:
    """One document of several finished ones that come from one template; each begins on a new page, numbered 1.

    `duplex`: each begins on an odd page, so that sheets printed on both sides can be parted. The documents are taken
    one by one and not kept. Title, author and date are those of the first. Raises Faults for one that is no Word
    document or comes from another template, Misuse where there is none at all.
    """
    whole: _Joining | None = None
    for number, content in enumerate(documents, 1):
        document = Finished(content, number)
        whole = whole or _Joining(document, duplex=duplex)
        whole.add(document)
    if whole is None:
        message = "there is no document to join"
        raise Misuse(message)
    return whole.content()


class _Joining:
    """The joined document as it grows."""

    def __init__(self, first: Finished, *, duplex: bool) -> None:
        numbering, styles = first.related("numbering"), first.related("styles")
        base = first.xml(numbering) if numbering else b""
        styled = styled_lists(first.read(styles) if styles else b"", base)
        lists = RecordLists(base or b'<w:numbering xmlns:w="%s"/>' % MAIN.encode(), styled)
        self._shared = Shared(Sections(duplex), lists, properties(first), Relations())
        self._numbering = numbering
        self._first = first
        self._head = b""
        self._text = _Stream(first.main)
        self._waiting: tuple[bytes, bytes, bytes] | None = None
        self._package = self._begun()

    def add(self, document: Finished) -> None:
        """Add one more document at the end."""
        head, body = _parts(document)
        if document.number == 1:
            self._head = head
            self._text.write(head)
        self._check(document, head)
        if self._waiting:
            self._text.write(closed(*self._waiting))
        self._numbering = self._numbering or document.related("numbering")
        self._waiting = Record(document, self._shared).settled(body)
        if self._shared.shelf.is_full or self._text.size > LARGEST:
            raise document.fault(
                code="T242", message="is one more than a Word file can hold", hint="join fewer at a time"
            )

    def content(self) -> bytes:
        """The joined document as a file."""
        if self._waiting:
            content, section, mark = self._waiting
            self._text.write(marked(content, mark) + section + b"</w:body></w:document>")
        shelf = self._shared.shelf
        for notes in self._shared.notes.values():
            if notes.name:
                self._shared.relations.identity(f"{RELATIONS}/{KINDS[notes.kind]}", notes.name)
                shelf.put(notes.name, notes.content_type, notes.member(), notes.relations)
        self._finish_lists()
        self._finish_settings()
        shelf.put(self._first.main, self._first.kind(self._first.main), self._text.member(), self._shared.relations)
        return shelf.zipped(self._package)

    def _begun(self) -> tuple[Relation, ...]:
        """Put what is the first document's and everybody's; gives the relationships of the package."""
        first, shelf = self._first, self._shared.shelf
        named = {found[2].decode() for found in RELATED.finditer(first.xml(first.main))}
        kept = (first.related(kind) for kind in ("settings", "numbering", *KINDS.values()))
        for name in (first.main, "word/numbering.xml", *filter(None, kept)):
            shelf.reserve(name)
        for notes in self._shared.notes.values():
            notes.begin(first)
        for each in first.of_document.values():
            if each.id not in named and each.kind.rpartition("/")[2] not in _LATER:
                target = each.target if each.external else shelf.carried(first, each.target)
                self._shared.relations.identity(each.kind, target, external=each.external, wanted=each.id)
        return tuple(
            each
            if each.external or each.target == first.main
            else Relation(each.id, each.kind, shelf.carried(first, each.target), external=False)
            for each in first.relations("").values()
        )

    def _check(self, document: Finished, head: bytes) -> None:
        """See whether a document comes from the template of the first."""
        differing = ["names"] if sorted(_NAMES.findall(head)) != sorted(_NAMES.findall(self._head)) else []
        for kind in _SHARED:
            mine, theirs = self._first.related(kind), document.related(kind)
            if (mine and self._first.mark(mine)) != (theirs and document.mark(theirs)):
                differing.append({"fontTable": "fonts"}.get(kind, kind))
        if differing:
            raise document.fault(
                code="T241",
                message=f"comes from another template than document 1: other {', '.join(differing)}",
                hint="join the documents of each template by themselves",
            )

    def _finish_lists(self) -> None:
        if self._numbering:
            self._shared.relations.identity(f"{RELATIONS}/numbering", self._numbering)
            own = self._shared.shelf.brought(self._first, self._numbering)
            member = Member.of(self._numbering, self._shared.lists.content())
            self._shared.shelf.put(self._numbering, NUMBERING, member, own)

    def _finish_settings(self) -> None:
        name = self._first.related("settings")
        if name:
            content = self._first.xml(name)
            if self._shared.counters.has(b"endnote"):
                content = _ended_by_section(content)
            if self._shared.is_outdated:
                content = _updated(content)
            self._shared.relations.identity(f"{RELATIONS}/settings", name)
            own = self._shared.shelf.brought(self._first, name)
            self._shared.shelf.put(name, self._first.kind(name), Member.of(name, content), own)


@dataclass(slots=True)
class _Stream:
    """A part that is written bit by bit: only its deflated content is kept."""

    name: str
    size: int = 0
    _checksum: int = 0
    _pieces: list[bytes] = field(default_factory=list)
    _press: zlib._Compress = field(default_factory=lambda: zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS))

    def write(self, content: bytes) -> None:
        """Add something at the end."""
        self._pieces.append(self._press.compress(content))
        self._checksum = zlib.crc32(content, self._checksum)
        self.size += len(content)

    def member(self) -> Member:
        """The part when it is whole."""
        self._pieces.append(self._press.flush())
        return Member(self.name.encode(), self._checksum, self.size, b"".join(self._pieces))


def _parts(document: Finished) -> tuple[bytes, bytes]:
    """What stands before the first paragraph, and the body."""
    text = document.xml(document.main)
    found, end = _BODY.search(text), text.rfind(b"</w:body>")
    if not found or f'xmlns:w="{MAIN}"'.encode() not in text[: found.start()]:
        raise document.fault(code="T240", message="has no body of text", hint="open it in Word and save it again")
    if found[0].endswith(b"/>"):
        return text[: found.end() - 2] + b">", b""
    return text[: found.end()], text[found.end() : end]


def _updated(settings: bytes) -> bytes:
    root = etree.fromstring(settings, parser())
    update_fields(root)
    made: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return made


def _ended_by_section(settings: bytes) -> bytes:
    """Settings by which endnotes stand at the end of their record, not of all."""
    place = b'<w:pos w:val="sectEnd"/>'
    found = _ENDNOTES.search(settings)
    if found and not found[0].endswith(b"Pr/>"):
        own = _POSITION.sub(b"", found[0]).replace(b"<w:endnotePr>", b"<w:endnotePr>" + place)
        return settings[: found.start()] + own + settings[found.end() :]
    start, end = found.span() if found else (_AFTER_ENDNOTES.search(settings).start(),) * 2  # type: ignore[union-attr]
    return b"".join([settings[:start], b"<w:endnotePr>", place, b"</w:endnotePr>", settings[end:]])
