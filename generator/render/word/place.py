"""Where a paragraph stands in a Word file, in words that lead a person there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.render.word.words import FALLBACK, TBL, TC, TEXT_BOX, TR, P, blocks, nearest, w

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from generator.render.package import Package

_LONGEST = 60
_WHICH = {"first": ", first page", "even": ", even pages"}
_NOTES = {w("footnote"): "footnote", w("endnote"): "endnote", w("comment"): "comment"}
_HEADERS = {w("headerReference"): "header", w("footerReference"): "footer"}


def places_in(root: Element, label: str = "") -> dict[Element, str]:
    """Every paragraph of a part → "header 1, first page, table 2, row 3, cell 1"; counted from 1."""
    places: dict[Element, str] = {}
    body = root.find(w("body"))
    notes = [note for note in root if note.tag in _NOTES and note.get(w("type"), "normal") == "normal"]
    for number, note in enumerate(notes, 1):
        _number(note, f"{_NOTES[note.tag]} {number}, ", places)
    if not notes:
        _number(root if body is None else body, label and f"{label}, ", places)
    return places


def part_labels(package: Package, main: str) -> dict[str, str]:
    """Header and footer parts → "header 2, first page": the number is that of the section that shows it first."""
    labels: dict[str, str] = {}
    relations = package.relations(main)
    for section, properties in enumerate(package.tree(main).iter(w("sectPr")), 1):
        for reference in properties:
            relation = relations.get(reference.get(_REL_ID, ""))
            if reference.tag in _HEADERS and relation:
                which = _WHICH.get(reference.get(w("type"), ""), "")
                labels.setdefault(relation.target, f"{_HEADERS[reference.tag]} {section}{which}")
    return labels


_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def quoted(place: str, text: str, tag: str = "") -> str:
    """A place with the text that stands there; a long text is cut to what surrounds the tag."""
    text = " ".join(text.split())
    tag = " ".join(tag.split())
    if len(text) > _LONGEST:
        at = max(text.find(tag), 0)
        start = max(0, min(at - (_LONGEST - len(tag)) // 2, len(text) - _LONGEST))
        end = max(start + _LONGEST, at + len(tag))
        text = ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
    return f'{place} "{text}"' if text else place


def _number(container: Element, before: str, places: dict[Element, str]) -> None:
    paragraphs = tables = 0
    here = list(blocks(container, P, TBL))
    only = container.tag == TC and len(here) == 1
    for block in here:
        if block.tag == P:
            paragraphs += 1
            places[block] = before.removesuffix(", ") if only else f"{before}paragraph {paragraphs}"
            _number_boxes(block, f"{places[block]}, ", places)
        else:
            tables += 1
            _number_cells(block, f"{before}table {tables}, ", places)


def _number_cells(table: Element, before: str, places: dict[Element, str]) -> None:
    for row_number, row in enumerate(blocks(table, TR), 1):
        for cell_number, cell in enumerate(blocks(row, TC), 1):
            _number(cell, f"{before}row {row_number}, cell {cell_number}, ", places)


def _number_boxes(paragraph: Element, before: str, places: dict[Element, str]) -> None:
    """Text boxes stand in the file twice, the second time for old readers: both are the same box to a person."""
    counts = {True: 0, False: 0}
    for box in paragraph.iter(TEXT_BOX):
        if nearest(box, P) is paragraph:
            old = nearest(box, FALLBACK) is not None
            counts[old] += 1
            _number(box, f"{before}text box {counts[old]}, ", places)
