"""What a document has besides its template's parts: pictures and lists, with the relationships and types they need."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from jinja2 import pass_context
from lxml import etree

from generator.render.package import CONTENT_TYPES, parser, relations_part
from generator.render.word.lists import NUMBERING
from generator.render.word.markdown import paragraphs
from generator.render.word.values import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2.runtime import Context
    from lxml.etree import _Element as Element

    from generator.render.package import Package
    from generator.render.word.lists import NewLists
    from generator.render.word.pictures import Pictures
    from generator.render.word.values import Blocks, Xml

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml"}


@pass_context
def image(context: Context, name: Any, width: str = "", height: str = "", alt: str = "") -> Xml:  # noqa: ANN401
    """A run with a picture of the template's folder; `width` and `height` as in "35mm". Raises ValueError."""
    pictures: Pictures = context["_pictures"]
    return pictures.place(said(name), width, height, alt)


@pass_context
def markdown(context: Context, source: Any) -> Blocks:  # noqa: ANN401
    """A text in Markdown as paragraphs, as in `{{p deal.notes | markdown }}`."""
    return paragraphs(said(source), context["_lists"])


def added(
    package: Package, main: str, made: Mapping[str, bytes], pictures: Mapping[str, Pictures], lists: NewLists
) -> dict[str, bytes]:
    """The parts that pictures and lists add or change; `made` are those that the render changed itself."""
    parts = _Parts(package, made)
    for part, placed in pictures.items():
        for name, identity in placed.relations.items():
            parts.changed[name] = placed.contents[name]
            parts.relate(part, identity, f"{_OFFICE}/image", name)
            parts.declare("Default", "Extension", name.rpartition(".")[2], _TYPES[name.rpartition(".")[2]])
    numbering = lists.content()
    if numbering:
        part = lists.lists.part or posixpath.join(posixpath.dirname(main), "numbering.xml")
        parts.changed[part] = numbering
        if not lists.lists.part:
            parts.relate(main, "rIdNumbering", f"{_OFFICE}/numbering", part)
            parts.declare("Override", "PartName", f"/{part}", NUMBERING)
    return parts.changed | {name: _written(root) for name, root in parts.trees.items()}


class _Parts:
    """Relationship parts and the list of content types, at work."""

    def __init__(self, package: Package, made: Mapping[str, bytes]) -> None:
        self._package = package
        self._made = made
        self.trees: dict[str, Element] = {}
        self.changed: dict[str, bytes] = {}

    def relate(self, part: str, identity: str, kind: str, target: str) -> None:
        """Give a part a relationship."""
        root = self._tree(relations_part(part), f"<Relationships xmlns='{_PACKAGE}/relationships'/>")
        told = {"Id": identity, "Type": kind, "Target": posixpath.relpath(target, posixpath.dirname(part))}
        etree.SubElement(root, f"{{{_PACKAGE}/relationships}}Relationship", told)

    def declare(self, element: str, key: str, value: str, kind: str) -> None:
        """Give a suffix or a part its content type, unless it has one."""
        root = self._tree(CONTENT_TYPES, "")
        if not any(child.get(key, "").lower() == value.lower() for child in root):
            name = f"{{{_PACKAGE}/content-types}}{element}"
            root.insert(0, root.makeelement(name, {key: value, "ContentType": kind}))

    def _tree(self, name: str, empty: str) -> Element:
        if name not in self.trees:
            content = self._made.get(name) or self._package.parts.get(name) or empty.encode()
            self.trees[name] = etree.fromstring(content, parser())
        return self.trees[name]


def _written(root: Element) -> bytes:
    content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return content
