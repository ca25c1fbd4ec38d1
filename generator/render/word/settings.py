"""What is the same in every document of a template: fields to be updated on opening, and a document's content type."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.package import CONTENT_TYPES
from generator.render.word.words import INSTR, VAL, w

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element as Element

    from generator.render.package import Package

SETTINGS = "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"
#: Fields that Word keeps up to date by itself, or that have nothing to update: for these nobody should be asked.
_BY_THEMSELVES = {"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "HYPERLINK", "SYMBOL", "EQ", "TC", "XE", "LISTNUM"}
_BY_THEMSELVES |= {"FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "MERGEFIELD", "ADVANCE", "MACROBUTTON"}
#: The settings that the schema wants after `updateFields`.
_AFTER = {"hdrShapeDefaults", "footnotePr", "endnotePr", "compat", "docVars", "rsids", "mathPr", "attachedSchema"}
_AFTER |= {
    "themeFontLang",
    "clrSchemeMapping",
    "doNotIncludeSubdocsInStats",
    "doNotAutoCompressPictures",
    "forceUpgrade",
}
_AFTER |= {"captions", "readModeInkLockDown", "smartTagType", "schemaLibrary", "shapeDefaults", "doNotEmbedSmartTags"}
_AFTER |= {"decimalSymbol", "listSeparator"}


def settled(package: Package, main: str, texts: Iterable[str]) -> dict[str, bytes]:
    """The parts that every document has in place of the template's own."""
    made: dict[str, bytes] = {}
    settings = next((name for name, kind in package.content_types.items() if kind == SETTINGS), "")
    if settings and any(_has_fields(package.tree(name)) for name in texts):
        root = copy.deepcopy(package.tree(settings))
        update_fields(root)
        made[settings] = _written(root)
    if ".template." in package.content_types[main]:
        root = copy.deepcopy(package.tree(CONTENT_TYPES))
        for element in root:
            if ".template." in element.get("ContentType", ""):
                element.set("ContentType", element.get("ContentType").replace(".template.", ".document."))
        made[CONTENT_TYPES] = _written(root)
    return made


def _has_fields(root: Element) -> bool:
    codes = [element.text or "" for element in root.iter(INSTR)]
    codes += [element.get(w("instr"), "") for element in root.iter(w("fldSimple"))]
    words = (re.match(r"\s*([A-Za-z]+|=)", code) for code in codes)
    return any(word and word[1].upper() not in _BY_THEMSELVES for word in words)


def update_fields(settings: Element) -> None:
    """Let Word work out all fields when it opens the document; it asks first."""
    for old in settings.findall(w("updateFields")):
        settings.remove(old)
    made = settings.makeelement(w("updateFields"), {VAL: "true"})
    following = next((child for child in settings if etree.QName(child).localname in _AFTER), None)
    if following is None:
        settings.append(made)
    else:
        following.addprevious(made)


def _written(root: Element) -> bytes:
    content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
    return content
