"""What may stand only once in a document, in a part that repeats some of itself: ids, bookmarks, comment marks."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.docx_patch import INSTRUCTION
from generator.render.docx_words import BOOKMARKS, DRAWING, WORD_2010, w

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.etree import _Element as Element

    from generator.render.docx_patch import Patch

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
