"""What may stand only once in a document, in a part that repeats some of itself: ids, bookmarks, comment marks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.word.patch import INSTRUCTION
from generator.render.word.words import BOOKMARKS, DRAWING, P_PR, VAL, WORD_2010, P, w

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.etree import _Element as Element

    from generator.render.word.lists import Lists
    from generator.render.word.patch import Patch

_PICTURE = f"{{{DRAWING}}}docPr"
_ONCE = (*BOOKMARKS, w("commentRangeStart"), w("commentRangeEnd"), w("commentReference"))
_OWN_IDS = (f"{{{WORD_2010}}}paraId", f"{{{WORD_2010}}}textId")
_REPEATING = {"for", "macro", "call"}


def make_repeatable(patch: Patch) -> None:
    """Let every repetition have ids of its own, and only the first of them the bookmarks."""
    if not any(slot.tag.word in _REPEATING for slot in patch.slots):
        return
    for element in [*patch.root.iter(etree.Element)]:
        for name in _OWN_IDS:
            element.attrib.pop(name, None)
        if element.tag == _PICTURE:
            element.set("id", patch.mark("_unique()", "picture"))
        elif element.tag == w("id") and element.getparent().tag == w("sdtPr"):
            element.getparent().remove(element)
        elif element.tag in _ONCE:
            _only_first(patch, element)


def restart_lists(patch: Patch, lists: Lists) -> None:
    """Let a list begin again in each repetition of a loop that repeats it as a whole, with what it belongs to.

    A loop that makes the items of one list goes on counting; so do headings.
    """
    for opening in [each for each in patch.root.iter(etree.ProcessingInstruction) if _word(patch, each) == "for"]:
        inside = _inside(patch, opening)
        for number in sorted(_repeated(inside, lists)):
            mark = patch.insert("{{", f"_restart({number!r})", "list", "plain")
            opening.addnext(etree.ProcessingInstruction(INSTRUCTION, str(mark)))
            for paragraph in (each for each, _ in inside if lists.of_paragraph(each)[0] == number):
                _follow(patch, paragraph, *lists.of_paragraph(paragraph))


def _word(patch: Patch, instruction: Element) -> str:
    return patch.slots[int(instruction.text or 0)].tag.word


def _inside(patch: Patch, opening: Element) -> list[tuple[Element, int]]:
    """The paragraphs between a loop's tags, each with how many further loops it stands in."""
    found: list[tuple[Element, int]] = []
    depth = 0
    for element in opening.itersiblings():
        if element.tag is etree.ProcessingInstruction:
            depth += {"for": 1, "endfor": -1}.get(_word(patch, element), 0)
            if depth < 0:
                break
            continue
        inner = 0
        for each in element.iter(P, etree.ProcessingInstruction):
            if each.tag == P:
                found.append((each, depth + inner))
            else:
                inner += {"for": 1, "endfor": -1}.get(_word(patch, each), 0)
    return found


def _repeated(inside: list[tuple[Element, int]], lists: Lists) -> set[str]:
    """The lists that stand whole in one repetition: with other paragraphs, and made by a loop or of several items."""
    numbers = {number for each, _ in inside if (number := lists.of_paragraph(each)[0])}
    found = set()
    for number in numbers:
        items = [
            (depth, lists.of_paragraph(each)[1]) for each, depth in inside if lists.of_paragraph(each)[0] == number
        ]
        top = min(level for _, level in items)
        others = any(lists.of_paragraph(each)[0] != number for each, _ in inside)
        if others and (any(depth for depth, _ in items) or sum(level == top for _, level in items) > 1):
            found.add(number)
    return found


def _follow(patch: Patch, paragraph: Element, number: str, level: str) -> None:
    """Let a paragraph's list be the one that the document has at that place."""
    properties = paragraph.find(P_PR)
    old = properties.find(w("numPr"))
    if old is not None:
        properties.remove(old)
    made = properties.makeelement(w("numPr"))
    etree.SubElement(made, w("ilvl"), {VAL: level})
    etree.SubElement(made, w("numId"), {VAL: patch.mark(f"_number({number!r})", "list")})
    before = (w("pStyle"), w("keepNext"), w("keepLines"), w("pageBreakBefore"), w("framePr"), w("widowControl"))
    properties.insert(sum(1 for child in properties if child.tag in before), made)


def once() -> Callable[[str], bool]:
    """A question that is answered with yes only the first time that it is asked of a key."""
    asked: set[str] = set()

    def first(key: str) -> bool:
        is_new = key not in asked
        asked.add(key)
        return is_new

    return first


def unique(roots: Iterable[Element]) -> Callable[[], Callable[[], int]]:
    """Makes, for each document, a source of picture ids that no picture of the template has."""
    taken = [
        int(found) for root in roots for element in root.iter(_PICTURE) if (found := element.get("id", "")).isdigit()
    ]
    first = max(taken, default=0) + 1
    return lambda: itertools.count(first).__next__


def _only_first(patch: Patch, element: Element) -> None:
    key = f"{etree.QName(element).localname} {element.get(w('id'))}"
    opens = patch.insert("{%", f"if _first({key!r})", "bookmark")
    closes = patch.insert("{%", "endif", "bookmark")
    element.addprevious(etree.ProcessingInstruction(INSTRUCTION, str(opens)))
    element.addnext(etree.ProcessingInstruction(INSTRUCTION, str(closes)))
