"""Paper: letter or A4, as the provider has it, for finished Word and Excel files whose templates have the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

#: Office's numbers for the two; an Excel sheet without one is on letter.
_NUMBERS = {"letter": "1", "A4": "9"}
#: Their short and long sides in twentieths of a point, which Word counts in.
_SIDES = {"letter": (12240, 15840), "A4": (11906, 16838)}
_NEAR = 20  # as far as programs are off when they write these
_LEAST_MARGIN = 360  # what printers leave white

_SIZE = re.compile(rb"<w:pgSz\b[^>]*>")
_MARGINS = re.compile(rb"<w:pgMar\b[^>]*>")
_SECTION, _END = b"<w:sectPr", b"</w:sectPr>"


def paper_of(values: Mapping[str, object]) -> str:
    """The provider's paper; empty where nothing is said of it."""
    paper = getattr(values.get("provider"), "paper", "")
    return paper if paper in _NUMBERS else ""


def put_on(paper: str, sheet: Element) -> bool:
    """Put an Excel sheet on this paper; say whether that changed it. Other sizes than the two stay."""
    setup = sheet.find("{*}pageSetup")
    if setup is None or not paper or {"paperHeight", "paperWidth"} & set(setup.attrib):
        return False
    was = setup.get("paperSize", _NUMBERS["letter"])
    if was == _NUMBERS[paper] or was not in _NUMBERS.values():
        return False
    setup.set("paperSize", _NUMBERS[paper])
    for name in [name for name in setup.attrib if name.endswith("}id")]:
        del setup.attrib[name]  # the settings of somebody's printer, which name the old paper too
    return True


def sections_on(paper: str, body: bytes) -> bytes:
    """A Word document's markup with its sections on this paper; other sizes than the two stay.

    The text keeps its width and so every line and table its shape: the margins beside it take up the difference.
    """
    text, *sections = body.split(_SECTION) if paper else [body]
    made = [text]
    for section in sections:
        own, end, following = section.partition(_END)
        made += [_SECTION, _section_on(paper, own), end, following]
    return b"".join(made)


def _section_on(paper: str, section: bytes) -> bytes:
    found = _SIZE.search(section)
    width, height = (_number(found[0], b"w"), _number(found[0], b"h")) if found else (0, 0)
    short, long = _SIDES[paper]
    is_other = any(_alike((width, height), sides) for name, sides in _SIDES.items() if name != paper)
    if not found or not is_other:
        return section
    now = (short, long) if width < height else (long, short)
    size = _with(_with(found[0], b"w", now[0]), b"h", now[1])
    section = section.replace(found[0], _with(size, b"code", int(_NUMBERS[paper])), 1)
    return _MARGINS.sub(lambda margins: _widened(margins[0], (now[0] - width) // 2), section, count=1)


def _widened(margins: bytes, more: int) -> bytes:
    for side in (b"left", b"right"):
        own = _number(margins, side)
        margins = _with(margins, side, max(own + more, min(own, _LEAST_MARGIN)))
    return margins


def _alike(size: tuple[int, int], sides: tuple[int, int]) -> bool:
    return all(abs(one - other) <= _NEAR for one, other in zip(sorted(size), sides, strict=True))


def _number(element: bytes, name: bytes) -> int:
    found = re.search(rb'\bw:%s="(-?[0-9]+)' % name, element)
    return int(found[1]) if found else 0


def _with(element: bytes, name: bytes, value: int) -> bytes:
    return re.sub(rb'\bw:%s="[^"]*"' % name, b'w:%s="%d"' % (name, value), element)
