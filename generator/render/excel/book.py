"""A workbook's parts by what they are: sheets, strings, styles, and who belongs to whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.excel.source import MAIN, X, runs_of
from generator.render.excel.tags import has_tags
from generator.render.package import Member, Package, relations_part

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.etree import _Element as Element

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
R = f"{{{OFFICE}}}"
_DAY_FORMAT, _MOMENT_FORMAT = "14", "22"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: its name and its part."""

    name: str
    part: str


class Book:
    """A template's workbook. Making one raises Faults if it is none."""

    def __init__(self, path: Path) -> None:
        self.package = Package(path)
        self._unprefixed: dict[str, Element] = {}
        code, other = "T300", "is not an Excel workbook"
        mains = [r.target for r in self.package.relations().values() if r.kind.endswith("/officeDocument")]
        if not mains or mains[0] not in self.package.parts:
            raise self.package.fault(code, other)
        self.part = mains[0]
        if self.tree(self.part).tag != f"{X}workbook":
            hint = "save it in Excel as 'Excel Workbook', not as 'Strict Open XML'"
            raise self.package.fault(code, other, hint)

    def tree(self, part: str) -> Element:
        """A part's XML; copy what you change. Some programs write `<x:row>` for `<row>`: that prefix is gone."""
        root = self.package.tree(part)
        if not root.prefix or etree.QName(root).namespace != MAIN:
            return root
        if part not in self._unprefixed:
            self._unprefixed[part] = _unprefixed(root)
        return self._unprefixed[part]

    def related(self, part: str, kind: str) -> Iterator[str]:
        """The parts of a kind (the last word of the relation's type) that a part names."""
        for relation in self.package.relations(part).values():
            if relation.kind.endswith(f"/{kind}") and not relation.external and relation.target in self.package.parts:
                yield relation.target

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The worksheets in their order; chart sheets are none."""
        relations = self.package.relations(self.part)
        found = []
        for element in self.tree(self.part).iterfind(f"{X}sheets/{X}sheet"):
            relation = relations.get(element.get(f"{R}id", ""))
            if relation and relation.kind.endswith("/worksheet") and relation.target in self.package.parts:
                found.append(Sheet(element.get("name", ""), relation.target))
        return tuple(found)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all sheets in their order, chart sheets too."""
        return tuple(e.get("name", "") for e in self.tree(self.part).iterfind(f"{X}sheets/{X}sheet"))

    @cached_property
    def strings_part(self) -> str:
        """The part that holds the shared strings; empty without one."""
        return next(self.related(self.part, "sharedStrings"), "")

    @cached_property
    def strings(self) -> tuple[Element, ...]:
        """The shared strings."""
        return tuple(self.tree(self.strings_part).iterfind(f"{X}si")) if self.strings_part else ()

    def strings_without_tags(self) -> Member | None:
        """The shared strings with those that hold tags emptied; None if none does."""
        if not any(has_tags("".join(text for _, text in runs_of(item))) for item in self.strings):
            return None
        root = etree.fromstring(etree.tostring(self.tree(self.strings_part)))
        for item in root.iterfind(f"{X}si"):
            if has_tags("".join(text for _, text in runs_of(item))):
                for child in list(item):
                    item.remove(child)
                etree.SubElement(item, f"{X}t")
        return Member.of(self.strings_part, serialised(root))

    @property
    def since_1904(self) -> bool:
        """Whether days are counted from 1904 (workbooks that began on an old Macintosh)."""
        settings = self.tree(self.part).find(f"{X}workbookPr")
        return settings is not None and settings.get("date1904") in {"1", "true"}

    @cached_property
    def styles_part(self) -> str:
        """The part that holds the cell styles; empty without one."""
        return next(self.related(self.part, "styles"), "")

    @cached_property
    def _formats(self) -> tuple[Element, ...]:
        return tuple(self.tree(self.styles_part).iterfind(f"{X}cellXfs/{X}xf")) if self.styles_part else ()

    @cached_property
    def dated_styles(self) -> dict[str, tuple[str, str]]:
        """Each cell style without a number format → the styles added behind them all, for days and for moments."""
        plain = [n for n, style in enumerate(self._formats) if style.get("numFmtId", "0") == "0"]
        first = len(self._formats)
        return {str(n): (str(first + 2 * i), str(first + 2 * i + 1)) for i, n in enumerate(plain)}

    def styles_with_dates(self) -> Member | None:
        """The styles with those of `dated_styles`."""
        if not self.styles_part:
            return None
        root = etree.fromstring(etree.tostring(self.tree(self.styles_part)))
        formats = root.find(f"{X}cellXfs")
        own = list(formats)
        for number in self.dated_styles:
            for kind in (_DAY_FORMAT, _MOMENT_FORMAT):
                added = etree.fromstring(etree.tostring(own[int(number)]))
                added.set("numFmtId", kind)
                added.set("applyNumberFormat", "1")
                formats.append(added)
        formats.set("count", str(len(formats)))
        return Member.of(self.styles_part, serialised(root))

    def without_chain(self) -> dict[str, bytes | Member | None]:
        """The changes that take the calculation chain out: it names cells that may have moved."""
        chain = next(self.related(self.part, "calcChain"), "")
        if not chain:
            return {}
        relations, types = relations_part(self.part), "[Content_Types].xml"
        changed: dict[str, bytes | Member | None] = {chain: None}
        for part, name, value in ((relations, "Type", "/calcChain"), (types, "PartName", f"/{chain}")):
            root = etree.fromstring(etree.tostring(self.tree(part)))
            for element in list(root):
                if (element.get(name) or "").endswith(value):
                    root.remove(element)
            changed[part] = Member.of(part, serialised(root))
        return changed


def _unprefixed(root: Element) -> Element:
    markup = re.sub(f"(</?){root.prefix}:", r"\1", etree.tostring(root, encoding="unicode"))
    return etree.fromstring(markup.replace(f"xmlns:{root.prefix}=", "xmlns=", 1))


def serialised(root: Element) -> bytes:
    """A part's bytes."""
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return content


__all__ = ["MAIN", "OFFICE", "Book", "R", "Sheet", "serialised"]
