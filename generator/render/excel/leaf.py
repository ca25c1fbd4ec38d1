"""Tags outside of rows: page headers, text boxes, chart titles, prompts, properties."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import escape

from generator.errors import Faults, Problem
from generator.render.excel.cells import clean, clean_banner, plain
from generator.render.excel.fill import Source
from generator.render.excel.source import X, gathered
from generator.render.excel.tags import has_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from generator.render.excel.tags import Checker
    from generator.templating import Sandbox

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
LONGEST_BANNER = 255

#: Stands in a part for a text that is filled in: characters for private use, which no office writes.
_MARK = "\ue000{}\ue001"

#: Paragraphs whose texts may be split into runs: the paragraph's tag → the tag of its texts.
_PARAGRAPHS = {f"{A}p": f"{A}t", f"{X}text": f"{X}t"}
_FORMULAS = {f"{X}{name}" for name in ("f", "formula", "formula1", "formula2", "definedName")}
_BANNERS = {f"{X}{which}{what}" for which in ("odd", "even", "first") for what in ("Header", "Footer")}
_SIZE_THEN_TAG = re.compile(r"(?<=[^&]&)([0-9]{1,3})(?=\{\{)|^(&[0-9]{1,3})(?=\{\{)")


class Spot(NamedTuple):
    """Where in a part a text stands: its element, and its attribute, if it is one."""

    element: Element
    attribute: str


@dataclass(slots=True)
class Leaf:
    """One text with tags."""

    mark: str
    source: Source
    is_banner: bool

    def text(self, values: Mapping[str, object]) -> str:
        """The filled in text, as markup. Raises Faults."""
        text = self.source.filled(values)
        if self.is_banner and len(text) > LONGEST_BANNER:
            message = f"the text has {len(text)} characters; a page header or footer holds {LONGEST_BANNER}"
            raise Faults([Problem(self.source.file, "T311", message, place=self.source.places[0])])
        return str(escape(text)).replace("\n", "&#10;")


def filled_leaves(markup: str, leaves: Sequence[Leaf], values: Mapping[str, object]) -> str:
    """The markup with its texts filled in. Raises Faults with those of all of them."""
    found: list[Problem] = []
    for leaf in leaves:
        try:
            markup = markup.replace(leaf.mark, leaf.text(values))
        except Faults as faults:
            found += faults.problems
    if found:
        raise Faults(found)
    return markup


class Leaves:
    """Finds the texts with tags in a part, and fills them in."""

    def __init__(self, checker: Checker, environment: Sandbox) -> None:
        self.checker = checker
        self.count = 0
        self.plain = plain(environment, clean)
        self.banner = plain(environment, clean_banner)

    def found(self, root: Element, place: str) -> list[Leaf]:
        """The texts with tags in a part's tree, which get marks in their place. Faults are noted."""
        for paragraph, text in _PARAGRAPHS.items():
            for element in root.iter(paragraph):
                _put_together(list(element.iter(text)))
        return [leaf for spot in list(_tagged(root)) if (leaf := self._leaf(spot, place))]

    def _leaf(self, spot: Spot, place: str) -> Leaf | None:
        element, attribute = spot
        text = element.get(attribute, "") if attribute else element.text or ""
        place = f"{place}, {spoken(element, attribute)}"
        if element.tag in _FORMULAS:
            message = "tags inside a formula are not filled in"
            self.checker.fault(place, "T307", message, "put the value into a cell of its own and name that cell")
            return None
        is_banner = element.tag in _BANNERS
        if is_banner:  # a figure right after a font size would be read as part of the size
            text = _SIZE_THEN_TAG.sub(r"\1\2 ", text)
        source = self.checker.source(text, place, markup=False)
        if not source or not self.checker.compiles(source, [place]) or self.checker.problems:
            return None
        environment = self.banner if is_banner else self.plain
        self.count += 1
        mark = _MARK.format(self.count)
        if attribute:
            element.set(attribute, mark)
        else:
            element.text = mark
        return Leaf(mark, Source.compiled(self.checker.file, source, [place], environment), is_banner)


def _put_together(texts: list[Element]) -> None:
    """Move every tag into the run in which it begins."""
    if not has_tags("".join(text.text or "" for text in texts)):
        return
    whole = dict(gathered([(str(index), text.text or "") for index, text in enumerate(texts)]))
    for index, text in enumerate(texts):
        text.text = whole.get(str(index), "")


def _tagged(root: Element) -> Iterator[Spot]:
    for element in root.iter():
        if has_tags(element.text):
            yield Spot(element, "")
        for name, value in element.attrib.items():
            if has_tags(value):
                yield Spot(element, name)


def spoken(element: Element, attribute: str) -> str:
    """What a person would call the place of a text."""
    name = str(element.tag).rpartition("}")[2]
    words = {
        "oddHeader": "page header", "oddFooter": "page footer", "evenHeader": "page header of even pages",
        "evenFooter": "page footer of even pages", "firstHeader": "page header of the first page",
        "firstFooter": "page footer of the first page", "definedName": f"defined name {element.get('name')}",
        "dataValidation": f"validation of {element.get('sqref')}", "t": "text",
    }  # fmt: skip
    return words.get(name, name) + (f" ({attribute})" if attribute and name not in words else "")
