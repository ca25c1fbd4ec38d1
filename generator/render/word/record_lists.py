"""The numbered lists of records that are joined: each record counts anew, in lists of its own that look the same."""

from __future__ import annotations

import copy
import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.package import parser
from generator.render.word.words import MAIN, P_PR, VAL, w

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_NUMBER = re.compile(rb'<w:numId w:val="(-?\d+)"\s*/>')
_AFTER_NUMBER = re.compile(
    rb"<w:(?!pStyle\b|keepNext\b|keepLines\b|pageBreakBefore\b|framePr\b|widowControl\b)|\Z"
)  # what follows numPr in a paragraph's properties
_AFTER_INDENT = re.compile(
    rb"<w:(?:contextualSpacing|mirrorIndents|suppressOverlap|jc|textDirection|textAlignment|textboxTightWrap"
    rb"|outlineLvl|divId|cnfStyle|rPr|sectPr|pPrChange)\b|\Z"
)
_OWN_LIST = re.compile(rb"<w:numPr>(.*?)</w:numPr>", re.DOTALL)
_INDENT = re.compile(rb"<w:ind\b([^>]*?)/>")
_ATTRIBUTE = re.compile(rb'w:(\w+)="([^"]*)"')
_NAMES = {"start": "left", "end": "right"}
_LEVELS = 9
#: What differs between two lists without making a difference.
_ACCIDENTAL = ("nsid", "tmpl")


@dataclass(frozen=True, slots=True)
class Definition:
    """A list of a document: what it follows (XML without ids), its levels' first numbers, and its own deviations."""

    look: bytes
    starts: dict[str, str]
    overrides: dict[str, bytes]
    is_bulleted: bool


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbering part of a document, read: list id → its definition, and abstract id → its XML without ids."""

    lists: dict[str, Definition]
    looks: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class StyledList:
    """The list of a paragraph style: its id, the level, and what the style says of indents against that level."""

    number: str
    level: str
    indent: dict[str, str]


@dataclass(slots=True)
class RecordLists:
    """The lists of the joined document: those of the first record, and copies of them for each of the others."""

    base: bytes
    styled: dict[bytes, StyledList]
    _abstracts: dict[bytes, str] = field(default_factory=dict)
    _bullets: dict[tuple[bytes, tuple[bytes, ...]], str] = field(default_factory=dict)
    _new_looks: list[bytes] = field(default_factory=list)
    _new_lists: list[bytes] = field(default_factory=list)
    _next: int = field(default=1, init=False)
    _next_look: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        """Take over what the first record has."""
        known = read(self.base)
        for identity, look in known.looks.items():
            self._abstracts.setdefault(look, identity)
        for identity, definition in known.lists.items():
            if definition.is_bulleted:
                self._bullets.setdefault((definition.look, tuple(definition.overrides.values())), identity)
        self._next = max([int(each) for each in known.lists], default=0) + 1
        self._next_look = max([int(each) for each in known.looks], default=0) + 1

    def of_record(self, numbering: bytes) -> OfRecord:
        """The lists of one more record, of which this is the numbering part."""
        return OfRecord(self, read(numbering).lists)

    def content(self) -> bytes:
        """The numbering part of the joined document."""
        if not self._new_lists:
            return self.base
        made = self.base
        if made.rstrip().endswith(b"/>"):
            made = made.rstrip()[:-2] + b"></w:numbering>"
        looks = re.search(rb"<w:num\s|<w:numIdMacAtCleanup\b|</w:numbering>", made)
        at = looks.start() if looks else len(made)
        made = b"".join([made[:at], *self._new_looks, made[at:]])
        lists = re.search(rb"<w:numIdMacAtCleanup\b|</w:numbering>", made)
        at = lists.start() if lists else len(made)
        return b"".join([made[:at], *self._new_lists, made[at:]])

    def copied(self, definition: Definition, *, anew: bool) -> str:
        """A list like another; one that counts `anew` does not go on where the one before it ended."""
        key = (definition.look, tuple(definition.overrides.values()))
        if definition.is_bulleted and key in self._bullets:
            return self._bullets[key]
        identity = str(self._next)
        self._next += 1
        if definition.is_bulleted:
            self._bullets[key] = identity
        overrides = dict(definition.overrides)
        if anew and not definition.is_bulleted:
            overrides = {level: _restarted(definition, level) for level in sorted({*definition.starts, *overrides})}
        self._new_lists.append(
            b'<w:num w:numId="%s"><w:abstractNumId w:val="%s"/>%s</w:num>'
            % (identity.encode(), self._abstract(definition.look).encode(), b"".join(overrides.values()))
        )
        return identity

    def _abstract(self, look: bytes) -> str:
        if look not in self._abstracts:
            self._abstracts[look] = str(self._next_look)
            self._next_look += 1
            element = etree.fromstring(look, parser())
            element.set(w("abstractNumId"), self._abstracts[look])
            self._new_looks.append(etree.tostring(element))
        return self._abstracts[look]


@dataclass(slots=True)
class OfRecord:
    """The lists of one record, and what they are in the joined document."""

    all: RecordLists
    lists: dict[str, Definition]
    _known: dict[bytes, bytes] = field(default_factory=dict)
    _begun: set[bytes] = field(default_factory=set)

    def renumbered(self, text: bytes) -> bytes:
        """A part of the record with lists of its own."""
        styled = {
            style: each
            for style, each in self.all.styled.items()
            if each.number in self.lists and not self.lists[each.number].is_bulleted
        }
        if styled:
            styles = b"|".join(map(re.escape, sorted(styled)))
            pattern = re.compile(rb'(<w:pPr>\s*<w:pStyle w:val="(%s)"\s*/>)(.*?)(?=</w:pPr>)' % styles, re.DOTALL)
            text = pattern.sub(lambda found: found[1] + _directly(found[3], styled[found[2]]), text)
        if b"<w:numId " in text:
            text = _NUMBER.sub(lambda found: b'<w:numId w:val="%s"/>' % self._new(found[1]), text)
        return text

    def _new(self, old: bytes) -> bytes:
        if old not in self._known:
            definition = self.lists.get(old.decode())
            if definition is None:
                return old
            self._known[old] = self.all.copied(definition, anew=definition.look not in self._begun).encode()
            self._begun.add(definition.look)
        return self._known[old]


def _directly(properties: bytes, styled: StyledList) -> bytes:
    """A paragraph's properties after its style, with the style's list as its own, and the style's indents with it."""
    own_list = _OWN_LIST.search(properties)
    if own_list:  # perhaps of its own level only
        listed = b"" if b"<w:numId" in own_list[1] else b'<w:numId w:val="%s"/>' % styled.number.encode()
        return properties[: own_list.end(1)] + listed + properties[own_list.end(1) :]
    at = _AFTER_NUMBER.search(properties).start()  # type: ignore[union-attr]  # the end always matches
    made = b'<w:numPr><w:ilvl w:val="%s"/><w:numId w:val="%s"/></w:numPr>'
    own = made % (styled.level.encode(), styled.number.encode())
    return properties[:at] + own + _indented(properties[at:], styled.indent)


def _indented(properties: bytes, indent: dict[str, str]) -> bytes:
    """Properties with the indents of the paragraph's style, as far as they say nothing else themselves."""
    if not indent:
        return properties
    found = _INDENT.search(properties)
    own = {key.decode(): value.decode() for key, value in _ATTRIBUTE.findall(found[1])} if found else {}
    whole = _over(indent, {_NAMES.get(key, key): value for key, value in own.items()})
    made = b"<w:ind %s/>" % " ".join(f'w:{key}="{value}"' for key, value in whole.items()).encode()
    if found:
        return properties[: found.start()] + made + properties[found.end() :]
    at = _AFTER_INDENT.search(properties).start()  # type: ignore[union-attr]  # the end always matches
    return properties[:at] + made + properties[at:]


def _restarted(definition: Definition, level: str) -> bytes:
    """A deviation that lets a level begin again, unless it says itself where it begins."""
    start = b'<w:startOverride w:val="%s"/>' % definition.starts.get(level, "1").encode()
    own = definition.overrides.get(level, b"")
    if not own:
        return b'<w:lvlOverride w:ilvl="%s">%s</w:lvlOverride>' % (level.encode(), start)
    if b"<w:startOverride" in own:
        return own
    at = own.index(b">") + 1
    return own[:at] + start + own[at:]


@lru_cache(maxsize=64)
def read(numbering: bytes) -> Numbering:
    """The lists of a numbering part; none for an empty one."""
    if not numbering:
        return Numbering({}, {})
    root = etree.fromstring(numbering, parser())
    abstracts = {each.get(w("abstractNumId"), ""): each for each in root.findall(w("abstractNum"))}
    looks = {identity: _look(each) for identity, each in abstracts.items()}
    lists = {}
    for each in root.findall(w("num")):
        follows = each.find(w("abstractNumId"))
        identity = "" if follows is None else follows.get(VAL, "")
        if identity in abstracts:
            lists[each.get(w("numId"), "")] = _definition(each, abstracts[identity], looks[identity])
    return Numbering(lists, looks)


def _definition(listed: Element, abstract: Element, look: bytes) -> Definition:
    levels = abstract.findall(w("lvl"))
    starts = {level.get(w("ilvl"), ""): _value(level, "start", "1") for level in levels}
    overrides = {each.get(w("ilvl"), ""): _bytes(each) for each in listed.findall(w("lvlOverride"))}
    kinds = {_value(level, "numFmt", "decimal") for level in [*levels, *listed.iter(w("lvl"))]}
    starts = starts or {str(level): "1" for level in range(_LEVELS)}
    return Definition(look, starts, overrides, bool(kinds) and kinds <= {"bullet", "none"})


def _look(abstract: Element) -> bytes:
    """A definition without what tells it from another that looks the same."""
    own = copy.deepcopy(abstract)
    own.attrib.pop(w("abstractNumId"), None)
    for name in _ACCIDENTAL:
        for each in own.findall(w(name)):
            own.remove(each)
    return _bytes(own)


def _bytes(element: Element) -> bytes:
    made: bytes = etree.tostring(element, with_tail=False)
    return made


def _value(element: Element, name: str, otherwise: str) -> str:
    found = element.find(w(name))
    return otherwise if found is None else found.get(VAL, otherwise)


def styled_lists(styles: bytes, numbering: bytes) -> dict[bytes, StyledList]:
    """The paragraph styles that number their paragraphs, by id as it stands in an attribute."""
    if not styles or not numbering:
        return {}
    found = {each.get(w("styleId"), ""): each for each in etree.fromstring(styles, parser()).iter(w("style"))}
    levels = _levels(etree.fromstring(numbering, parser()))
    made = {style: _styled(_line(style, found), levels) for style in found}
    return {html.escape(style).encode(): each for style, each in made.items() if each is not None}


def _levels(root: Element) -> dict[str, dict[str, Element]]:
    """List id → level → the level's definition."""
    abstracts = {each.get(w("abstractNumId"), ""): each for each in root.findall(w("abstractNum"))}
    made = {}
    for each in root.findall(w("num")):
        follows = each.find(w("abstractNumId"))
        abstract = abstracts.get("" if follows is None else follows.get(VAL, ""))
        levels = [] if abstract is None else abstract.findall(w("lvl"))
        own = [*levels, *(level for override in each.findall(w("lvlOverride")) for level in override.findall(w("lvl")))]
        made[each.get(w("numId"), "")] = {level.get(w("ilvl"), ""): level for level in own}
    return made


def _line(style: str, styles: dict[str, Element]) -> list[Element]:
    """A style and those that it is based on, the last of them first."""
    line: list[Element] = []
    while style in styles and styles[style] not in line:
        line.insert(0, styles[style])
        style = _value(styles[style], "basedOn", "")
    return line


def _styled(line: list[Element], levels: dict[str, dict[str, Element]]) -> StyledList | None:
    number, level, indent, of_level = "", "", dict[str, str](), dict[str, str]()
    for style in line:
        properties = style.find(P_PR)
        listed = None if properties is None else properties.find(w("numPr"))
        if listed is not None:
            number, level = _value(listed, "numId", number), _value(listed, "ilvl", level)
            linked = _linked(style.get(w("styleId"), ""), levels.get(number, {}))
            level = linked or level or "0"
            of_level = _indents(levels.get(number, {}).get(level))
            indent = _over(indent, of_level)
        indent = _over(indent, _indents(style))
    if number not in levels:
        return None
    direct = _over(indent, of_level)  # what the paragraph would have if its list were its own
    return StyledList(number, level, {} if direct == indent else indent)


def _linked(style: str, levels: dict[str, Element]) -> str:
    """The level of a list that is a style's own."""
    return next((key for key, level in levels.items() if _value(level, "pStyle", "") == style), "")


def _indents(holder: Element | None) -> dict[str, str]:
    """What a style or a level says of indents."""
    found = None if holder is None else holder.find(f"{{{MAIN}}}pPr/{{{MAIN}}}ind")
    if found is None:
        return {}
    told = {etree.QName(key).localname: value for key, value in found.attrib.items()}
    return {_NAMES.get(key, key): value for key, value in told.items()}


def _over(below: dict[str, str], above: dict[str, str]) -> dict[str, str]:
    """Indents over others; a first line goes either in or out."""
    kept = dict(below)
    if "hanging" in above:
        kept.pop("firstLine", None)
    elif "firstLine" in above:
        kept.pop("hanging", None)
    return kept | above
