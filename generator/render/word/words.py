"""The names of WordprocessingML that the engine reads and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
WORD_2010 = "http://schemas.microsoft.com/office/word/2010/wordml"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def w(name: str) -> str:
    """A name of WordprocessingML's main namespace, as lxml writes it."""
    return f"{{{MAIN}}}{name}"


P, R, T, TBL, TR, TC = w("p"), w("r"), w("t"), w("tbl"), w("tr"), w("tc")
P_PR, R_PR, TC_PR, SECT_PR = w("pPr"), w("rPr"), w("tcPr"), w("sectPr")
INSTR, TEXT_BOX, VAL = w("instrText"), w("txbxContent"), w("val")
FALLBACK = f"{{{COMPATIBILITY}}}Fallback"
BOOKMARKS = (w("bookmarkStart"), w("bookmarkEnd"))
DELETIONS = (w("del"), w("moveFrom"))

#: The children of a cell's properties in the order in which the schema wants them, as far as tags write them.
_CELL_ORDER = ["cnfStyle", "tcW", "gridSpan", "hMerge", "vMerge", "tcBorders", "shd", "noWrap", "tcMar"]
_CELL_ORDER += ["textDirection", "tcFitText", "vAlign", "hideMark"]


def nearest(element: Element, *names: str) -> Element | None:
    """The nearest ancestor of one of the names."""
    return next(element.iterancestors(*names), None)


def blocks(container: Element, *names: str) -> Iterator[Element]:
    """The paragraphs and tables, rows or cells of a container, whatever content control or revision holds them."""
    for child in container:
        if child.tag in names:
            yield child
        elif child.tag in {w("sdt"), w("sdtContent"), w("ins"), w("customXml"), w("moveTo"), w("del")}:
            yield from blocks(child, *names)


def put_cell_property(cell: Element, name: str, **attributes: str) -> None:
    """Set a property of a table cell, in its place among the others; one that was there before is replaced."""
    properties = cell.find(TC_PR)
    if properties is None:
        properties = cell.makeelement(TC_PR)
        cell.insert(0, properties)
    for old in properties.findall(w(name)):
        properties.remove(old)
    made = properties.makeelement(w(name), {w(key): value for key, value in attributes.items()})
    before = {w(earlier) for earlier in _CELL_ORDER[: _CELL_ORDER.index(name)]}
    position = sum(1 for child in properties if child.tag in before)
    properties.insert(position, made)
