"""What hangs on a cell and may hold tags of its own: links and comments, filled in with the cell's row."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from lxml import etree
from markupsafe import Markup

from generator.errors import Faults, Problem
from generator.render.excel.area import Area, each_area
from generator.render.excel.book import R
from generator.render.excel.source import END, MAIN, NOTE, X, gathered, rich_source, runs_of
from generator.render.excel.tags import Checker, has_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

    from generator.render.excel.rows import Rows

RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MARK = "note"  # an attribute of ours that no finished workbook holds: which notes belong to an element
_TARGET = "target"
_KEPT_IN_LINKS = "%:/?#[]@!$&'()*+,;=~-._"
_HARMLESS = frozenset({"http", "https", "mailto", "tel", ""})
_ENCODED_TAG = re.compile(r"%7B(?:%7B|%25).*?(?:%7D|%25)%7D", re.IGNORECASE)
_UID = "{http://schemas.microsoft.com/office/spreadsheetml/2014/revision}uid"


@dataclass(slots=True)
class Notes:
    """The notes of one sheet: sources by template row, to be filled in with that row."""

    sheet: str
    checker: Checker
    sources: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    count: int = 0

    def _note(self, row: int, place: str, source: str) -> str:
        key = str(self.count)
        self.count += 1
        self.sources.setdefault(row, []).append((place, f"{NOTE}{key}{END}{source}{END}"))
        return key

    def take_links(self, root: Element, relations: Element | None) -> None:
        """Mark the links with tags in a worksheet, and take the tags out of it and of its relations."""
        targets = {e.get("Id"): e for e in relations.iter(RELATION)} if relations is not None else {}
        for link in root.iterfind(f"{X}hyperlinks/{X}hyperlink"):
            area, marks = Area.of(link.get("ref", "")), []
            place = f"{self.sheet}!{area.left}{area.top}, link"
            for name in ("location", "display", "tooltip"):
                if has_tags(link.get(name)):
                    source = self.checker.source(link.get(name, ""), place)
                    marks.append(f"{name}={self._note(area.top, place, source)}")
                    link.set(name, "")
            relation = targets.get(link.get(f"{R}id"))
            target = _readable(relation.get("Target", "")) if relation is not None else ""
            if relation is not None and has_tags(target):
                source = self.checker.source(target, place)
                marks.append(f"{_TARGET}={self._note(area.top, place, source)}")
                relation.set("Target", "")
            if marks:
                link.set(_MARK, " ".join(marks))

    def take_comments(self, root: Element) -> None:
        """Mark the comments with tags."""
        for comment in root.iter(f"{X}comment"):
            text = comment.find(f"{X}text")
            area = Area.of(comment.get("ref", ""))
            runs = gathered(runs_of(text)) if text is not None else []
            if has_tags("".join(words for _, words in runs)):
                place = f"{self.sheet}!{area.left}{area.top}, comment"
                comment.set(_MARK, self._note(area.top, place, rich_source(self.checker, runs, place)))


def _readable(target: str) -> str:
    """A link's target with its tags as they were typed: Excel writes `%7B%7B` for `{{`."""
    return _ENCODED_TAG.sub(lambda found: unquote(found[0]), target)


def fill_links(
    root: Element, relations: Element | None, notes: Mapping[tuple[str, int], str], file: str, sheet: str
) -> None:
    """Give the links their filled in targets and tips; a target in a loop is another one in every turn."""
    templates = {e.get("Id"): e for e in relations.iter(RELATION)} if relations is not None else {}
    used = set()
    for link in root.iterfind(f"{X}hyperlinks/{X}hyperlink"):
        area = Area.of(link.get("ref", ""))
        for mark in link.attrib.pop(_MARK, "").split():
            name, _, key = mark.partition("=")
            text = Markup(notes.get((key, area.top), "")).unescape()  # noqa: S704 -- escaped by the template
            if name != _TARGET:
                link.set(name, text)
                continue
            template = templates[link.get(f"{R}id")]
            used.add(template)
            relation = deepcopy(template)
            relation.set("Id", f"{template.get('Id')}_{area.top}")
            relation.set("Target", _address(text, file, f"{sheet}!{area.left}{area.top}, link"))
            template.addnext(relation)
            link.set(f"{R}id", relation.get("Id", ""))
    for template in templates.values():
        if template in used or template.get("Target") == "":
            template.getparent().remove(template)


def _address(text: str, file: str, place: str) -> str:
    """A link's target as it may stand in a workbook. Raises Faults for those that could run something."""
    scheme = urlsplit(text).scheme.lower()
    if scheme not in _HARMLESS:
        message = f"a link may not begin with '{scheme}:'"
        raise Faults([Problem(file, "T312", message, place=place, hint="http, https, mailto and tel are allowed")])
    return quote(text, safe=_KEPT_IN_LINKS)


def follow_comments(root: Element, rows: Rows, notes: Mapping[tuple[str, int], str]) -> None:
    """Comments go with their cells, once for every turn, and get their filled in texts."""
    for comment in list(root.iter(f"{X}comment")):
        parent = comment.getparent()
        areas = each_area(comment.get("ref", ""), rows)
        for offset, area in enumerate(areas):
            copy = comment if not offset else deepcopy(comment)
            copy.set("ref", str(area))
            if offset:
                copy.attrib.pop(_UID, None)
                parent.insert(parent.index(comment) + offset, copy)
        if not areas:
            parent.remove(comment)
    for comment in root.iter(f"{X}comment"):
        key = comment.attrib.pop(_MARK, "")
        if key:
            markup = notes.get((key, Area.of(comment.get("ref", "")).top), "")
            text = etree.fromstring(f'<text xmlns="{MAIN}">{markup}</text>')
            comment.replace(comment.find(f"{X}text"), text)
