"""The parts of a workbook beside its sheets that name cells: names, tables, drawings, charts, notes, pivots."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from generator.render.excel.area import Area, each_area, whole_area
from generator.render.excel.follow import XDR, Around, moved_formula, taken_apart
from generator.render.excel.formula import sheets_in
from generator.render.excel.rows import LAST_ROW, Here
from generator.render.excel.source import X

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lxml.etree import _Element as Element

    from generator.render.excel.rows import Rows

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
VML = "{urn:schemas-microsoft-com:vml}"
VX = "{urn:schemas-microsoft-com:office:excel}"
_CACHES = {f"{C}numCache", f"{C}strCache", f"{C}multiLvlStrCache"}
#: What stands before `calcPr` in a workbook.
_BEFORE_CALCULATION = ("definedNames", "externalReferences", "functionGroups", "sheets")


def follow_names(root: Element, names: Sequence[str], rows: Mapping[str, Rows], *, recalculate: bool) -> None:
    """A workbook's defined names; those of one sheet keep their sheet."""
    for element in root.iterfind(f"{X}definedNames/{X}definedName"):
        local = element.get("localSheetId")
        own = names[int(local)] if local is not None and int(local) < len(names) else ""
        element.text = moved_formula(element.text or "", own, rows)
    if recalculate:
        calculation = root.find(f"{X}calcPr")
        if calculation is None:
            calculation = root.makeelement(f"{X}calcPr", {"calcId": "191029"}, nsmap=None)
            before = next(found for tag in _BEFORE_CALCULATION if (found := root.find(f"{X}{tag}")) is not None)
            before.addnext(calculation)
        calculation.set("fullCalcOnLoad", "1")


def table_data(root: Element) -> tuple[int, int]:
    """The first and last row of a table's data, in the template."""
    area = Area.of(root.get("ref", ""))
    return area.top + int(root.get("headerRowCount", "1")), area.bottom - int(root.get("totalsRowCount", "0"))


def follow_table(root: Element, around: Around) -> None:
    """A table and its filter grow with the rows in it."""
    first, _ = table_data(root)
    for element in root.iter():
        if element.get("ref"):
            area = whole_area(element.get("ref", ""), around.own)
            if area:
                element.set("ref", area)
    for element in root.iter(f"{X}calculatedColumnFormula", f"{X}totalsRowFormula"):
        now = around.own.images_of(first, first)
        element.text = around.formula(element.text or "", Here(first, now[0]) if now else None)


def nearest(row: int, rows: Rows) -> int:
    """Where a row stands now, or the first one below it that is left."""
    found = rows.images_of(row, LAST_ROW)
    return found[0] if found else row


def follow_drawing(root: Element, around: Around) -> None:
    """Pictures, boxes and charts keep to their cells; pictures and boxes in a loop stand in every turn."""
    identities = [int(e.get("id", "0")) for e in root.iter(f"{XDR}cNvPr")]
    highest = max(identities, default=0)
    for anchor in list(root):
        start, end = anchor.find(f"{XDR}from/{XDR}row"), anchor.find(f"{XDR}to/{XDR}row")
        if start is None or anchor.get("editAs") == "absolute":
            continue
        top = int(start.text or 0) + 1
        bottom = int(end.text or 0) + 1 if end is not None else top
        places = _anchored(anchor, top, bottom, around.own)
        for offset, place in enumerate(places[1:], 1):
            copy = deepcopy(anchor)
            for identity in copy.iter(f"{XDR}cNvPr"):
                highest += 1
                identity.set("id", str(highest))
            root.insert(root.index(anchor) + offset, copy)
            _anchor(copy, *place)
        if places:
            _anchor(anchor, *places[0])
        else:
            root.remove(anchor)


def _anchored(anchor: Element, top: int, bottom: int, rows: Rows) -> list[tuple[int, int]]:
    """From and to which row an anchor goes: once for every turn of a loop that holds its first row."""
    keeps_size = anchor.get("editAs") == "oneCell" or bottom == top
    if rows.layout.chain(top, top):
        starts = [first for first, _ in rows.instances(top, top)]
        starts = starts[:1] if anchor.find(f"{XDR}graphicFrame") is not None else starts
        return [(start, start + bottom - top) for start in starts]
    start = nearest(top, rows)
    return [(start, start + bottom - top if keeps_size else max(nearest(bottom, rows), start))]


def _anchor(anchor: Element, top: int, bottom: int) -> None:
    for tag, row in (("from", top), ("to", bottom)):
        element = anchor.find(f"{XDR}{tag}/{XDR}row")
        if element is not None:
            element.text = str(row - 1)


def follow_chart(root: Element, rows: Mapping[str, Rows]) -> None:
    """A chart's ranges."""
    for element in root.iter():
        if element.tag.rpartition("}")[2] == "f" and element.text:
            element.text = moved_formula(element.text, "", rows)


def forget_values(root: Element, sheets: AbstractSet[str]) -> None:
    """Let a chart forget what it remembers of the cells of these sheets."""
    for cache in list(root.iter(*_CACHES)):
        parent = cache.getparent()
        named = parent.findtext(f"{C}f") or "" if parent is not None else ""
        if parent is not None and sheets_in(taken_apart(named, "")) & sheets:
            parent.remove(cache)


def follow_threads(root: Element, around: Around) -> None:
    """Conversations on cells go with the first of their cells."""
    for element in list(root):
        areas = each_area(element.get("ref", ""), around.own)
        if areas:
            element.set("ref", str(areas[0]))
        else:
            root.remove(element)


def follow_pivot(root: Element, rows: Mapping[str, Rows]) -> None:
    """A pivot table reads its rows anew when the workbook is opened."""
    source = root.find(f"{X}cacheSource/{X}worksheetSource")
    if source is None or source.get("sheet") not in rows:
        return
    if source.get("ref"):
        source.set("ref", whole_area(source.get("ref", ""), rows[source.get("sheet", "")]) or source.get("ref", ""))
    root.set("refreshOnLoad", "1")


def follow_shapes(root: Element, around: Around) -> None:
    """The boxes of notes, once for every turn, and old form controls, in a sheet's VML."""
    number = 0
    for shape in list(root.iter(f"{VML}shape")):
        data = shape.find(f"{VX}ClientData")
        anchor = data.find(f"{VX}Anchor") if data is not None else None
        if data is None or anchor is None or not anchor.text:
            continue
        noted = data.findtext(f"{VX}Row")
        edges = [int(edge) for edge in anchor.text.split(",")]
        row = int(noted) + 1 if noted else edges[2] + 1
        places = [first for first, _ in around.own.instances(row, row)] if noted else [nearest(row, around.own)]
        for copy in _copies(shape, len(places)):
            if copy is not shape:
                number += 1
                copy.set("id", f"{shape.get('id')}_{number}")
            _shift_shape(copy, places.pop(0) - row)
        for link in (f"{VX}FmlaLink", f"{VX}FmlaRange"):
            for element in data.iter(link):
                element.text = around.formula(element.text or "")


def _copies(shape: Element, count: int) -> list[Element]:
    parent = shape.getparent()
    if parent is None:
        return []
    if not count:
        parent.remove(shape)
        return []
    copies = [shape, *(deepcopy(shape) for _ in range(count - 1))]
    for offset, copy in enumerate(copies[1:], 1):
        parent.insert(parent.index(shape) + offset, copy)
    return copies


def _shift_shape(shape: Element, rows: int) -> None:
    for element in shape.iter(f"{VX}Row"):
        element.text = str(int(element.text or 0) + rows)
    for element in shape.iter(f"{VX}Anchor"):
        edges = [int(edge) for edge in (element.text or "").split(",")]
        edges[2], edges[6] = max(edges[2] + rows, 0), max(edges[6] + rows, 0)
        element.text = ", ".join(map(str, edges))


def follow_control(root: Element, around: Around) -> None:
    """The cell and the list that a form control is tied to."""
    for name in ("fmlaLink", "fmlaRange", "fmlaTxbx"):
        if root.get(name):
            root.set(name, around.formula(root.get(name, "")))
