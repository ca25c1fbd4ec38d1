"""A filled-in part set right: no table without rows, no cell without its last paragraph, grids that fit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from generator.render.package import parser
from generator.render.word.words import TBL, TC, TC_PR, TR, VAL, blocks, w

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

    from generator.render.word.patch import Slot

_ROW_WITHOUT_CELLS = re.compile(
    r"<w:tr(?: [^>]*)?>(?:<w:trPr>(?:(?!</w:trPr>).)*</w:trPr>|<w:trPr/>)?</w:tr>", re.DOTALL
)
_TABLE_WITHOUT_ROWS = re.compile(r"<w:tbl>(?:(?!<w:tbl>|<w:tr[ >]).)*(?:</w:tblGrid>|<w:tblGrid/>)</w:tbl>", re.DOTALL)
_CELL_WITHOUT_END = re.compile(r"(</w:tcPr>|<w:tcPr/>|<w:tc>|<w:tc [^>]*>|</w:tbl>)</w:tc>")
_EMPTY_HOLDER = re.compile(r"(<w:(hdr|ftr|footnote|endnote|comment|txbxContent)(?: [^>]*)?>)(</w:\2>)")
_COLUMN_WORDS = {"colspan", "hm"}


def needs_blocks(slots: Sequence[Slot]) -> bool:
    """Whether tags take away paragraphs, rows or cells, so that what holds them may be left empty."""
    return any(slot.context == "block" for slot in slots)


def needs_grids(slots: Sequence[Slot]) -> bool:
    """Whether tags change how many columns a table has."""
    return any(slot.tag.prefix == "tc" or slot.tag.word in _COLUMN_WORDS for slot in slots)


def with_blocks(text: str) -> str:
    """Take away rows without cells and tables without rows; give cells, headers and notes the paragraph they need."""
    text = _ROW_WITHOUT_CELLS.sub("", text)
    if "</w:tblGrid></w:tbl>" in text or "<w:tblGrid/></w:tbl>" in text:
        text = _TABLE_WITHOUT_ROWS.sub("", text)
    text = _CELL_WITHOUT_END.sub(r"\1<w:p></w:p></w:tc>", text)
    return _EMPTY_HOLDER.sub(r"\1<w:p></w:p>\3", text)


def with_grids(text: str) -> str:
    """Give each table as many grid columns as its widest row needs; the table keeps its width."""
    root = etree.fromstring(text.encode(), parser())
    for table in root.iter(TBL):
        grid = table.find(w("tblGrid"))
        if grid is not None:
            _fit(grid, max((_width(row) for row in blocks(table, TR)), default=0))
    made: str = etree.tostring(root, encoding="unicode")
    return made


def _width(row: Element) -> int:
    """How many grid columns a row takes."""
    aside = sum(
        int(e.get(VAL, "0")) for name in ("gridBefore", "gridAfter") for e in row.findall(f"{w('trPr')}/{w(name)}")
    )
    spans = [cell.find(f"{TC_PR}/{w('gridSpan')}") for cell in blocks(row, TC)]
    return aside + sum(1 if span is None else int(span.get(VAL, "1")) for span in spans)


def _fit(grid: Element, wanted: int) -> None:
    columns = grid.findall(w("gridCol"))
    if not wanted or wanted == len(columns) or not columns:
        return
    widths = [int(float(column.get(w("w"), "0"))) for column in columns]
    if wanted > len(widths):
        scaled = [width * len(widths) // wanted for width in widths]
        widths = scaled + [sum(widths) // wanted] * (wanted - len(widths))
    else:
        share = sum(widths[wanted:]) // wanted
        widths = [width + share for width in widths[:wanted]]
    for column in columns:
        grid.remove(column)
    for place, width in enumerate(widths):
        column = grid.makeelement(w("gridCol"))
        column.set(w("w"), str(width))
        grid.insert(place, column)
