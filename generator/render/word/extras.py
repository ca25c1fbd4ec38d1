"""Tags outside a Word file's text: in its properties and in the targets of its links; and the document's own date."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from generator.render.word.place import quoted

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from generator.render.word.patch import Patch

CORE = "application/vnd.openxmlformats-package.core-properties+xml"
PROPERTIES = {
    CORE,
    "application/vnd.openxmlformats-officedocument.custom-properties+xml",
    "application/vnd.openxmlformats-officedocument.extended-properties+xml",
}
RELATIONSHIPS = "application/vnd.openxmlformats-package.relationships+xml"

_TERMS = "http://purl.org/dc/terms/"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def patch_properties(patch: Patch) -> None:
    """Find the tags in the values of properties."""
    for element in patch.root.iter(etree.Element):
        if len(element) == 0 and element.text:
            holder = element.getparent()
            name = element.get("name") or (None if holder is None else holder.get("name"))
            place = quoted(f"property '{name or etree.QName(element).localname}'", element.text)
            element.text = patch.plain(element.text, place, "plain")


def patch_core(patch: Patch) -> None:
    """Find the tags in the core properties, and set the dates."""
    patch_properties(patch)
    _dates(patch)


def _dates(patch: Patch) -> None:
    """Let the render set the days of creation and change; without one they stay the template's own."""
    for name in ("created", "modified"):
        element = patch.root.find(f"{{{_TERMS}}}{name}")
        if element is None:
            element = _made(patch.root, name)
        own = (element.text or "").replace("'", "")
        inner = f"_dated or '{own}'" if own else "_dated or '1980-01-01T00:00:00Z'"
        element.text = patch.mark(inner, f"property '{name}'", "plain")


def patch_links(patch: Patch) -> None:
    """Find the tags in the targets of links, which Word keeps percent-encoded."""
    for element in patch.root:
        target = unquote(element.get("Target", ""))
        if "{{" in target or "{%" in target:
            element.set("Target", patch.plain(target, quoted("link", target), "link"))


def _made(root: Element, name: str) -> Element:
    element = etree.SubElement(root, f"{{{_TERMS}}}{name}", nsmap={"dcterms": _TERMS})
    element.set(_TYPE, "dcterms:W3CDTF")
    return element
