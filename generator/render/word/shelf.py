"""The parts of a document that is joined from several: each content once, under a name of its own."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from generator.render.package import CONTENT_TYPES, Member, Relation, relations_part, zipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from generator.render.word.finished import Finished

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MOST_PARTS = 60_000  # a zip of the usual kind holds 65,535 files
_BY_SUFFIX = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}


class Shelf:
    """Where the parts of the joined document are put."""

    def __init__(self) -> None:
        self._members: list[Member] = []
        self._kinds: dict[str, str] = {}
        self._names: dict[bytes, str] = {}
        self._counts: Counter[str] = Counter()

    def reserve(self, name: str) -> None:
        """Keep a name for a part that is put later."""
        self._kinds[name] = ""

    def put(self, name: str, kind: str, member: Member, relations: Iterable[Relation] = ()) -> None:
        """Put a part under its name."""
        self._kinds[name] = kind
        self._members.append(member)
        told = tuple(relations)
        if told:
            source = relations_part(name)
            self._members.append(Member.of(source, relationships(name, told)))

    def once(self, name: str, kind: str, content: bytes, relations: tuple[Relation, ...]) -> str:
        """Put a part unless one of the same content is there; gives the name under which it stands."""
        told = repr((kind, posixpath.splitext(name)[1], relations)).encode()
        key = blake2b(blake2b(told).digest() + content, digest_size=20).digest()
        if key not in self._names:
            self._names[key] = self._free(name)
            self.put(self._names[key], kind, Member.of(self._names[key], content), relations)
        return self._names[key]

    def carried(self, document: Finished, name: str, content: bytes | None = None) -> str:
        """Put a document's part, or `content` in its place, with all that belongs to it; gives where it stands."""
        relations = self.brought(document, name)
        return self.once(name, document.kind(name), document.read(name) if content is None else content, relations)

    def brought(self, document: Finished, name: str) -> tuple[Relation, ...]:
        """Put what belongs to a document's part; gives the relationships to it."""
        return tuple(
            each if each.external else Relation(each.id, each.kind, self.carried(document, each.target), external=False)
            for each in document.relations(name).values()
        )

    def zipped(self, relations: Iterable[Relation]) -> bytes:
        """The package, with its own relationships; parts in the order in which they were put."""
        first = Member.of(CONTENT_TYPES, self._types())
        root = Member.of(relations_part(""), relationships("", relations))
        return zipped([first, root, *self._members])

    @property
    def is_full(self) -> bool:
        """Whether there is no room for many more parts."""
        return len(self._members) > MOST_PARTS

    def _free(self, name: str) -> str:
        if name not in self._kinds:
            return name
        stem, suffix = posixpath.splitext(name)
        stem = re.sub(r"\d+$", "", stem)
        while name in self._kinds:
            self._counts[stem] += 1
            name = f"{stem}{self._counts[stem]}{suffix}"
        return name

    def _types(self) -> bytes:
        by_suffix = dict(_BY_SUFFIX)
        lines = []
        for name, kind in ((name, kind) for name, kind in self._kinds.items() if kind):
            suffix = posixpath.splitext(name)[1][1:].lower()
            if by_suffix.setdefault(suffix or " ", kind) != kind or not suffix:
                lines.append(f"<Override PartName={quoteattr(f'/{name}')} ContentType={quoteattr(kind)}/>")
        by_suffix.pop(" ", None)
        usual = [f"<Default Extension={quoteattr(s)} ContentType={quoteattr(kind)}/>" for s, kind in by_suffix.items()]
        return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{"".join(usual + lines)}</Types>'.encode()


class Relations:
    """The relationships of a part of the joined document; each is there once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._known: dict[tuple[str, str, bool], str] = {}
        self._next = count(1)

    def identity(self, kind: str, target: str, *, external: bool = False, wanted: str = "") -> str:
        """The id of a relationship; the `wanted` one for one that is new and may have it."""
        key = (kind, target, external)
        if key not in self._known:
            while not wanted or wanted in self._taken:
                wanted = f"rIdJoined{next(self._next)}"
            self._taken.add(wanted)
            self._known[key] = wanted
        return self._known[key]

    def __iter__(self) -> Iterator[Relation]:
        return (Relation(identity, *key) for key, identity in self._known.items())


def relationships(part: str, relations: Iterable[Relation]) -> bytes:
    """The relationships part of a part."""
    folder = posixpath.dirname(part)
    lines = [_relationship(folder, each) for each in relations]
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'.encode()


def _relationship(folder: str, relation: Relation) -> str:
    mode = ' TargetMode="External"' if relation.external else ""
    target = relation.target if relation.external else quote(posixpath.relpath(relation.target, folder or "."))
    told = f"Id={quoteattr(relation.id)} Type={quoteattr(relation.kind)} Target={quoteattr(target)}"
    return f"<Relationship {told}{mode}/>"
