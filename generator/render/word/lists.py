"""Numbered and bulleted lists: which list a style or a paragraph belongs to, and new lists that begin again at 1."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.word.words import MAIN, P_PR, VAL, w

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from generator.render.package import Package

_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
NUMBERING = f"{_DOCUMENT}.numbering+xml"
_STYLES = f"{_DOCUMENT}.styles+xml"
_LEVELS = 9
_INDENT = 360  # twentieths of a point, for each level


class Lists:
    """The lists and styles that a template brings along."""

    def __init__(self, package: Package) -> None:
        self._package = package
        kinds = {kind: name for name, kind in package.content_types.items()}
        self.part = kinds.get(NUMBERING, "")
        self._styles_part = kinds.get(_STYLES, "")

    @cached_property
    def numbering(self) -> Element:
        """The numbering part; an empty one where the template has none."""
        return self._package.tree(self.part) if self.part else etree.Element(w("numbering"), nsmap={"w": MAIN})

    @cached_property
    def styles(self) -> dict[str, Element]:
        """Style id → style."""
        root = self._package.tree(self._styles_part) if self._styles_part else etree.Element("none")
        return {style.get(w("styleId"), ""): style for style in root.iter(w("style"))}

    @cached_property
    def named(self) -> dict[str, str]:
        """A style's name in small letters → its id."""
        names = ((style.find(w("name")), identity) for identity, style in self.styles.items())
        return {name.get(VAL, "").lower(): identity for name, identity in names if name is not None}

    @cached_property
    def abstracts(self) -> dict[str, str]:
        """List id → the id of the definition that it follows."""
        found = ((num.get(w("numId"), ""), num.find(w("abstractNumId"))) for num in self.numbering.iter(w("num")))
        return {number: follows.get(VAL, "") for number, follows in found if follows is not None}

    def of_style(self, style: str) -> tuple[str, str]:
        """The list and the level of a style's paragraphs; none for headings, which number a whole text."""
        number, level, seen = "", "0", set[str]()
        while style in self.styles and style not in seen:
            seen.add(style)
            properties = self.styles[style].find(P_PR)
            if properties is not None and properties.find(w("outlineLvl")) is not None:
                return "", "0"
            number, level = _list_in(properties, number, level)
            based = self.styles[style].find(w("basedOn"))
            style = "" if based is None else based.get(VAL, "")
        return number, level

    def of_paragraph(self, paragraph: Element) -> tuple[str, str]:
        """The list and the level of a paragraph, its own or its style's."""
        properties = paragraph.find(P_PR)
        if properties is None:
            return "", "0"
        style = properties.find(w("pStyle"))
        by_style = self.of_style(style.get(VAL, "")) if style is not None else ("", "0")
        own = _list_in(properties, "", "")
        number = own[0] or by_style[0]
        return ("", "0") if number == "0" else (number, own[1] or by_style[1])


@dataclass(slots=True)
class NewLists:
    """The lists that one document has besides its template's."""

    lists: Lists
    _made: list[tuple[str, str]] = field(default_factory=list)
    _own: dict[str, str] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def number(self, template_list: str) -> str:
        """The list that stands for one of the template's at this place in the document."""
        current = self._current.setdefault(template_list, template_list)
        if not current:
            current = self._current[template_list] = self.restarted(template_list)
        return current

    def restart(self, template_list: str) -> str:
        """Let a list begin again, unless it has not begun yet; prints nothing."""
        if template_list in self._asked:
            self._current[template_list] = ""
        self._asked.add(template_list)
        return ""

    def restarted(self, template_list: str) -> str:
        """A new list that looks like one of the template's."""
        return self._new(self.lists.abstracts.get(template_list, ""))

    def own(self, kind: str) -> str:
        """A new list of our own look: "bullet" or "decimal"."""
        taken = [int(each) for each in self.lists.abstracts.values() if each.isdigit()]
        return self._new(self._own.setdefault(kind, str(max(taken, default=0) + 1 + len(self._own))))

    def content(self) -> bytes | None:
        """The numbering part with the new lists in it; None if there are none."""
        if not self._made:
            return None
        root = copy.deepcopy(self.lists.numbering)
        first = root.find(w("num"))
        place = len(root) if first is None else root.index(first)
        for kind, number in self._own.items():
            root.insert(place, _definition(kind, number))
            place += 1
        after = [child for child in root if child.tag in {w("abstractNum"), w("num")}]
        place = root.index(after[-1]) + 1 if after else 0
        for offset, made in enumerate(self._made):
            root.insert(place + offset, _list(*made))
        content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)
        return content

    def _new(self, follows: str) -> str:
        taken = [int(each) for each in self.lists.abstracts if each.isdigit()]
        number = str(max(taken, default=0) + len(self._made) + 1)
        self._made.append((number, follows))
        return number


def _list_in(properties: Element | None, number: str, level: str) -> tuple[str, str]:
    """What a paragraph's or style's properties say of its list, where it is not known yet."""
    found = None if properties is None else properties.find(w("numPr"))
    if found is None or number:
        return number, level
    told = {etree.QName(child).localname: child.get(VAL, "") for child in found}
    return told.get("numId", ""), told.get("ilvl", level)


def _list(number: str, follows: str) -> Element:
    made = etree.Element(w("num"), {w("numId"): number})
    etree.SubElement(made, w("abstractNumId"), {VAL: follows})
    for level in range(_LEVELS):
        override = etree.SubElement(made, w("lvlOverride"), {w("ilvl"): str(level)})
        etree.SubElement(override, w("startOverride"), {VAL: "1"})
    return made


def _definition(kind: str, number: str) -> Element:
    made = etree.Element(w("abstractNum"), {w("abstractNumId"): number})
    etree.SubElement(made, w("multiLevelType"), {VAL: "hybridMultilevel"})
    for level in range(_LEVELS):
        lvl = etree.SubElement(made, w("lvl"), {w("ilvl"): str(level)})
        text = "•" if kind == "bullet" else f"%{level + 1}."
        for name, value in (("start", "1"), ("numFmt", kind), ("lvlText", text), ("lvlJc", "left")):
            etree.SubElement(lvl, w(name), {VAL: value})
        properties = etree.SubElement(lvl, P_PR)
        indent = {w("left"): str(_INDENT * (level + 1)), w("hanging"): str(_INDENT)}
        etree.SubElement(properties, w("ind"), indent)
    return made
