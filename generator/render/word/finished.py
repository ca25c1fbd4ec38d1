"""A finished Word document, opened to be joined with others: its parts, their types and how they are related."""

from __future__ import annotations

import io
import posixpath
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zipfile import BadZipFile, ZipFile

from lxml import etree

from generator.errors import Faults, Problem
from generator.render.package import CONTENT_TYPES, Relation, parser, relations_part
from generator.render.word.words import DRAWING, MAIN, RELATIONS, WORD_2010

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
#: What XML may look like that lxml would write in another way; the joining reads only what lxml would write.
_UNUSUAL = tuple((mark, re.compile(pattern)) for mark, pattern in ((b"='", rb"<[^<>]*='"), (b"<!", rb"<!")))
_PREFIXES = {MAIN.encode(): b"w", RELATIONS.encode(): b"r", DRAWING.encode(): b"wp", WORD_2010.encode(): b"w14"}
_DECLARED = re.compile(rb'xmlns:?(\w*)="(%s)"' % b"|".join(map(re.escape, _PREFIXES)))
_LONGEST_DECLARATION = 80  # bytes


class Finished:
    """One of the documents to be joined; `number` is its place among them, from 1. Raises Faults if it is none."""

    def __init__(self, content: bytes, number: int) -> None:
        self.number = number
        try:
            self._archive = ZipFile(io.BytesIO(content))
            self.types = _content_types(self._archive.read(CONTENT_TYPES))
        except (BadZipFile, KeyError, etree.XMLSyntaxError) as error:
            raise self.fault(code="T240", message=f"is not a Word document: {error}") from None
        self.names = frozenset(self._archive.namelist())
        mains = [found.target for found in self.relations("").values() if found.kind.endswith("/officeDocument")]
        if not mains or mains[0] not in self.names:
            raise self.fault(code="T240", message="is not a Word document")
        self.main = mains[0]

    def fault(self, code: str, message: str, hint: str = "") -> Faults:
        """A fault of the document as a whole, to be raised."""
        return Faults([Problem(f"document {self.number}", code, message, hint=hint)])

    def read(self, name: str) -> bytes:
        """A part as it stands."""
        return self._archive.read(name)

    def xml(self, name: str) -> bytes:
        """A part's XML as lxml writes it: in UTF-8, with double quotes, without comments. Raises Faults."""
        content = self._usual(name)
        if any(_PREFIXES[found[2]] != found[1] for found in _DECLARED.finditer(content)):
            raise self.fault(
                code="T240", message=f"'{name}' has unusual names", hint="open the template in Word and save it again"
            )
        return content

    def _usual(self, name: str) -> bytes:
        content = self.read(name)
        start = content.find(b"?>", 0, _LONGEST_DECLARATION)
        is_unusual = any(
            content.find(mark, start) >= 0 and pattern.search(content, start) for mark, pattern in _UNUSUAL
        )
        if start > 0 and b"UTF-8" in content[:start] and not is_unusual:
            return content
        made: bytes = etree.tostring(
            etree.fromstring(content, parser()), encoding="UTF-8", xml_declaration=True, standalone=True
        )
        return made

    def kind(self, name: str) -> str:
        """A part's content type."""
        suffix = name.rpartition(".")[2].lower()
        return self.types.get(f"/{name}".lower()) or self.types.get(suffix, "application/octet-stream")

    def relations(self, part: str) -> Mapping[str, Relation]:
        """The relationships of a part by id, of the package itself for ""; those that lead nowhere are left out."""
        source = relations_part(part)
        if source not in self.names:
            return {}
        found = _relations(part, self.read(source))
        return {key: each for key, each in found.items() if each.external or each.target in self.names}

    def mark(self, name: str) -> tuple[int, int]:
        """What tells whether two parts are the same, without unpacking them."""
        told = self._archive.getinfo(name)
        return told.CRC, told.file_size

    @cached_property
    def of_document(self) -> Mapping[str, Relation]:
        """The relationships of the document's text."""
        return self.relations(self.main)

    def related(self, kind: str) -> str:
        """The part that the text is related to in a way of which there is one at most ("styles"), or none."""
        found = (each.target for each in self.of_document.values() if each.kind.endswith(f"/{kind}"))
        return next(found, "")


@lru_cache(maxsize=64)
def _content_types(content: bytes) -> dict[str, str]:
    """Suffix or "/part" in small letters → content type."""
    root = etree.fromstring(content, parser())
    found = {each.get("Extension", "").lower(): each.get("ContentType", "") for each in root.iter(f"{_TYPES}Default")}
    names = ((each.get("PartName", ""), each.get("ContentType", "")) for each in root.iter(f"{_TYPES}Override"))
    return found | {name.lower(): kind for name, kind in names}


@lru_cache(maxsize=256)
def _relations(part: str, content: bytes) -> dict[str, Relation]:
    root = etree.fromstring(content, parser())
    return {each.get("Id", ""): _relation(part, each) for each in root.iter(_RELATION)}


def _relation(part: str, element: etree._Element) -> Relation:
    target, external = element.get("Target", ""), element.get("TargetMode") == "External"
    if not external:
        path = unquote(urlsplit(target).path)
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), path)).lstrip("/")
    return Relation(element.get("Id", ""), element.get("Type", ""), target, external)
