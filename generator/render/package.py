"""An OOXML package: a zip that is read once, within limits, and written the same on every day and machine."""

from __future__ import annotations

import posixpath
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from zipfile import BadZipFile, ZipFile

from lxml import etree

from generator.errors import Faults, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lxml.etree import _Element as Element

LARGEST_PACKAGE = 50_000_000  # bytes of all members together, unzipped
LARGEST_RATIO = 100  # unzipped to zipped, of any member larger than SMALL
SMALL = 100_000  # bytes: below this a member may be as regular as it likes
MOST_MEMBERS = 10_000
CONTENT_TYPES = "[Content_Types].xml"

_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LEVEL = 6
_DEFLATED = 8
_UTF8_NAMES = 0x800
_ENCRYPTED = 0x1
_FIRST_OF_1980 = 0x21  # the earliest date that a zip can hold
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package, ready-deflated."""

    name: bytes
    checksum: int
    size: int
    deflated: bytes

    @classmethod
    def of(cls, name: str, content: bytes, level: int = _LEVEL) -> Member:
        """Deflate a member's content; a lower `level` is quicker and larger."""
        press = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        return cls(name.encode(), zlib.crc32(content), len(content), press.compress(content) + press.flush())

    @property
    def _facts(self) -> tuple[int, int, int, int, int, int, int]:
        return (_DEFLATED, 0, _FIRST_OF_1980, self.checksum, len(self.deflated), self.size, len(self.name))

    @property
    def local(self) -> bytes:
        """The member as it stands in the zip: its header, its name, its content."""
        return _LOCAL.pack(b"PK\3\4", 20, _UTF8_NAMES, *self._facts, 0) + self.name + self.deflated

    def central(self, offset: int) -> bytes:
        """The member's line in the zip's list of contents."""
        return _CENTRAL.pack(b"PK\1\2", 20, 20, _UTF8_NAMES, *self._facts, 0, 0, 0, 0, 0, offset) + self.name


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship of a part; `target` is a part's name, or for an external one whatever it points to."""

    id: str
    kind: str
    target: str
    external: bool


class Package:
    """A template's package. Making one raises Faults if it is no package, too large, or hides something.

    Its parts are read once; those that a render does not change are written as they were deflated here.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with ZipFile(path) as archive:
                self._admit(archive)
                self.parts = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
        except OSError as error:
            raise self.fault(code="T001", message=f"cannot be read: {error.strerror or error}") from None
        except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
            raise self.fault(code="T002", message=f"is not a Word or Excel file: {error}") from None
        if CONTENT_TYPES not in self.parts:
            raise self.fault(code="T002", message=f"is not a Word or Excel file: it has no {CONTENT_TYPES}")
        self._ready = {name: Member.of(name, self.parts[name]) for name in self._order(self.parts)}
        self._trees: dict[str, Element] = {}

    def fault(self, code: str, message: str, hint: str = "") -> Faults:
        """A fault of the package as a whole, to be raised."""
        return Faults([Problem(str(self._path), code, message, hint=hint)])

    def tree(self, name: str) -> Element:
        """A part's XML, parsed once; callers copy what they change. Raises Faults for DTDs, entities and broken XML."""
        if name not in self._trees:
            self._trees[name] = self._parsed(name)
        return self._trees[name]

    @cached_property
    def content_types(self) -> dict[str, str]:
        """Part → content type, for all parts that have one."""
        root = self.tree(CONTENT_TYPES)
        by_suffix = {
            e.get("Extension", "").lower(): e.get("ContentType", "") for e in root.iterfind(f"{_TYPES}Default")
        }
        by_name = {e.get("PartName", "").lower(): e.get("ContentType", "") for e in root.iterfind(f"{_TYPES}Override")}
        found = {
            name: by_name.get(f"/{name}".lower()) or by_suffix.get(posixpath.splitext(name)[1][1:].lower(), "")
            for name in self.parts
        }
        return {name: kind for name, kind in found.items() if kind}

    def relations(self, part: str = "") -> dict[str, Relation]:
        """The relationships of a part, by id; of the package itself where no part is named."""
        source = relations_part(part)
        if source not in self.parts:
            return {}
        elements = self.tree(source).iter(f"{{{_RELATIONS}}}Relationship")
        return {found.id: found for found in (_relation(part, element) for element in elements)}

    def written(self, changes: Mapping[str, bytes | Member | None]) -> bytes:
        """The package as a zip, with `changes`: part → new content (ready-deflated or not), or None to leave it out."""
        members = dict(self._ready)
        for name, content in changes.items():
            if content is None:
                members.pop(name, None)
            else:
                members[name] = content if isinstance(content, Member) else Member.of(name, content)
        return zipped(members.values())

    def _admit(self, archive: ZipFile) -> None:
        """Look at what the zip declares before anything is unzipped: zipfile unzips no more than was declared."""
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise self.fault(code="T003", message=f"holds more than {MOST_MEMBERS} files")
        if sum(info.file_size for info in members) > LARGEST_PACKAGE:
            raise self.fault(code="T003", message=f"would be larger than {LARGEST_PACKAGE // 1_000_000} MB unzipped")
        for info in members:
            if info.file_size > SMALL and info.file_size > LARGEST_RATIO * info.compress_size:
                raise self.fault(code="T003", message=f"'{info.filename}' is packed more than {LARGEST_RATIO} : 1")
            if info.flag_bits & _ENCRYPTED:
                raise self.fault(code="T002", message="is encrypted", hint="save it without a password")
        if len({info.filename.lower() for info in members}) < len(members):
            raise self.fault(code="T002", message="is not a Word or Excel file: it holds the same name twice")

    @staticmethod
    def _order(names: Iterable[str]) -> list[str]:
        """Readers expect the list of content types first; the rest stays as it was."""
        return sorted(names, key=lambda name: name != CONTENT_TYPES)

    def _parsed(self, name: str) -> Element:
        content = self.parts[name]
        if b"<!DOCTYPE" in content.replace(b"\0", b"").upper():
            raise self.fault(
                code="T004", message=f"'{name}' holds a document type definition, which no Word or Excel file needs"
            )
        try:
            root = etree.fromstring(content, parser())
        except etree.XMLSyntaxError as error:
            raise self.fault(
                code="T005", message=f"'{name}' is broken: {error}", hint="open it and save it again"
            ) from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise self.fault(
                code="T004", message=f"'{name}' holds a document type definition, which no Word or Excel file needs"
            )
        return root


def parser() -> etree.XMLParser:
    """A parser that fetches nothing, replaces no entities and keeps to libxml2's limits."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )


def zipped(members: Iterable[Member]) -> bytes:
    """A zip of ready-deflated members, in their order, dated 1 January 1980."""
    pieces, contents, offset = [], [], 0
    for member in members:
        contents.append(member.central(offset))
        pieces.append(member.local)
        offset += len(pieces[-1])
    listing = b"".join(contents)
    end = _END.pack(b"PK\5\6", 0, 0, len(contents), len(contents), len(listing), offset, 0)
    return b"".join([*pieces, listing, end])


def relations_part(part: str) -> str:
    """Where a part's relationships stand: "word/document.xml" → "word/_rels/document.xml.rels"."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relation(part: str, element: Element) -> Relation:
    target, external = element.get("Target", ""), element.get("TargetMode") == "External"
    if not external:
        path = unquote(urlsplit(target).path)
        target = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), path)).lstrip("/")
    return Relation(element.get("Id", ""), element.get("Type", ""), target, external)
