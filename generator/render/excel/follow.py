"""What stands around a sheet's rows and follows them: merged cells, formats, validations, links, breaks, panes."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.formula.tokenizer import TokenizerError

from generator.render.excel.area import Area, all_areas, each_area, whole_area
from generator.render.excel.formula import Formula, Reference, parsed, written
from generator.render.excel.rows import LAST_ROW, Here
from generator.render.excel.source import X

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lxml.etree import _Element as Element

    from generator.render.excel.rows import Rows

XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
XM = "{http://schemas.microsoft.com/office/excel/2006/main}"
X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"


@lru_cache(maxsize=4096)
def taken_apart(formula: str, sheet: str) -> Formula:
    """A formula's pieces; one that the tokeniser does not know stays whole."""
    try:
        return parsed(formula, sheet)
    except (TokenizerError, IndexError):
        return (formula,)


def moved_formula(formula: str, sheet: str, rows: Mapping[str, Rows], here: Here | None = None) -> str:
    """A formula outside of cells, where its cells now stand."""
    return written(taken_apart(formula, sheet), rows, sheet, here)


def _looks_out(formulas: Iterable[str], sheet: str, rows: Rows, area: Area) -> bool:
    """Whether a formula of a loop's row names a row outside the loop without a dollar sign: it fits one turn only."""
    chain = rows.layout.chain(area.top, area.bottom)
    block = rows.layout.blocks[chain[0]] if chain else None
    return block is not None and any(
        isinstance(piece, Reference)
        and piece.sheet == sheet
        and not (block.opens <= piece.span.top and piece.span.bottom <= block.closes)
        and not (piece.span.top_fixed and piece.span.bottom_fixed)
        for formula in formulas
        for piece in taken_apart(formula, sheet)
    )


class Around(NamedTuple):
    """A sheet's name and where all rows of the workbook went, for those who follow them."""

    sheet: str
    rows: Mapping[str, Rows]

    @property
    def own(self) -> Rows:
        """The sheet's own rows."""
        return self.rows[self.sheet]

    def formula(self, text: str, here: Here | None = None) -> str:
        """A formula of this sheet, moved."""
        return moved_formula(text, self.sheet, self.rows, here)


def followed(root: Element, around: Around) -> None:
    """Bring everything in a worksheet besides its rows along, in place."""
    for element in list(root):
        follow = _FOLLOWERS.get(element.tag)
        if follow:
            follow(element, around)


def _drop(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _drop_if_empty(element: Element) -> None:
    if len(element) == 0:
        _drop(element)
    elif element.get("count") is not None:
        element.set("count", str(len(element)))


def _repeated(element: Element, areas: Sequence[Area], attribute: str = "ref") -> list[Element]:
    """The element once for each area; it goes away without any."""
    parent = element.getparent()
    if parent is None or not areas:
        _drop(element)
        return []
    made = [element, *(deepcopy(element) for _ in areas[1:])]
    for index, (copy, area) in enumerate(zip(made, areas, strict=True)):
        copy.set(attribute, str(area))
        if index:
            parent.insert(parent.index(made[index - 1]) + 1, copy)
    return made


def _merged(element: Element, around: Around) -> None:
    for child in list(element):
        areas = [area for area in each_area(child.get("ref", ""), around.own) if ":" in str(area)]
        _repeated(child, areas)
    _drop_if_empty(element)


def _linked(element: Element, around: Around) -> None:
    for child in list(element):
        for copy in _repeated(child, each_area(child.get("ref", ""), around.own)):
            if copy.get("location"):
                copy.set("location", around.formula(copy.get("location", "")))
    _drop_if_empty(element)


def _one_area(element: Element, around: Around) -> None:
    area = whole_area(element.get("ref", ""), around.own)
    if area is None:
        _drop(element)
        return
    element.set("ref", area)
    for inner in element.iter():
        if inner is not element and inner.get("ref") and inner.tag.startswith(X):
            inner.set("ref", whole_area(inner.get("ref", ""), around.own) or area)


def _listed(element: Element, around: Around) -> None:
    """Protected ranges and ignored errors."""
    for child in list(element):
        areas = all_areas(child.get("sqref", ""), around.own)
        if areas:
            child.set("sqref", areas)
        elif child.get("sqref"):
            _drop(child)
    _drop_if_empty(element)


def _places(element: Element) -> tuple[str, Element | None]:
    """Where a format or a validation applies: its attribute, or its own element in Excel's later parts."""
    own = element.find(f"{XM}sqref")
    return (element.get("sqref", ""), None) if own is None else (own.text or "", own)


def _formulas(element: Element) -> list[Element]:
    tags = {f"{X}formula", f"{X}formula1", f"{X}formula2", f"{XM}f"}
    return [child for child in element.iter() if child.tag in tags and child.text]


def _applied(element: Element, around: Around) -> None:
    """A conditional format or a validation: its ranges, and its formulas seen from their first cell."""
    text, _ = _places(element)
    if not text.strip():
        return
    first = Area.of(text.split()[0])
    values = [child.get("val", "") for child in element.iter(f"{X}cfvo") if child.get("type") == "formula"]
    formulas = [*(child.text or "" for child in _formulas(element)), *values]
    if len(text.split()) == 1 and _looks_out(formulas, around.sheet, around.own, first):
        turns = [str(area) for area in each_area(text, around.own)]
    else:
        turns = [all_areas(text, around.own)]
    if not any(turns):
        _drop(element)
        return
    parent = element.getparent()
    copies = [element, *(deepcopy(element) for _ in turns[1:])]
    for position, (copy, areas) in enumerate(zip(copies, turns, strict=True)):
        _apply(copy, areas, first.top, around)
        if parent is not None and copy is not element:
            parent.insert(parent.index(element) + position, copy)


def _apply(element: Element, areas: str, top: int, around: Around) -> None:
    _, own = _places(element)
    if own is None:
        element.set("sqref", areas)
    else:
        own.text = areas
    now = Area.of(areas.partition(" ")[0]).top
    here = Here(top, now) if top else None
    for child in _formulas(element):
        child.text = around.formula(child.text or "", here)
    for child in element.iter(f"{X}cfvo"):
        if child.get("type") == "formula":
            child.set("val", around.formula(child.get("val", ""), here))


def _validated(element: Element, around: Around) -> None:
    for child in list(element):
        _applied(child, around)
    _drop_if_empty(element)


def _sparklines(element: Element, around: Around) -> None:
    """Each little chart goes with its cell, once for every turn."""
    for child in list(element.iter(f"{X14}sparkline")):
        cell, data = child.find(f"{XM}sqref"), child.find(f"{XM}f")
        parent = child.getparent()
        if cell is None or parent is None:
            continue
        place, source = Area.of(cell.text or ""), data.text if data is not None else ""
        position = parent.index(child)
        parent.remove(child)
        for offset, area in enumerate(each_area(cell.text or "", around.own)):
            copy = deepcopy(child)
            parent.insert(position + offset, copy)
            copy.find(f"{XM}sqref").text = str(area)
            if source:
                copy.find(f"{XM}f").text = around.formula(source, Here(place.top, area.top))
    for group in list(element.iter(f"{X14}sparklineGroup")):
        if group.find(f"{X14}sparklines/{X14}sparkline") is None:
            _drop(group)


def _extended(element: Element, around: Around) -> None:
    for extension in list(element):
        for part in list(extension):
            if part.tag in {f"{X14}dataValidations", f"{X14}conditionalFormattings"}:
                _validated(part, around)
            elif part.tag == f"{X14}sparklineGroups":
                _sparklines(part, around)
                _drop_if_empty(part)
            elif part.tag == f"{X14}ignoredErrors":
                _listed(part, around)
        _drop_if_empty(extension)
    _drop_if_empty(element)


def _broken(element: Element, around: Around) -> None:
    """Page breaks stand below a row; those of a loop's row stand in every turn."""
    rows = []
    for child in list(element):
        number = int(child.get("id") or 0)
        rows += [(bottom, child) for _, bottom in around.own.instances(number, number)]
        element.remove(child)
    for number, child in sorted(dict(rows).items(), key=lambda pair: pair[0]):
        copy = deepcopy(child)
        copy.set("id", str(number))
        element.append(copy)
    element.set("manualBreakCount", str(sum(child.get("man") == "1" for child in element)))
    _drop_if_empty(element)


def _viewed(element: Element, around: Around) -> None:
    """Frozen rows stay frozen; the selection goes with its cells."""
    for pane in element.iter(f"{X}pane"):
        rows = int(float(pane.get("ySplit", "0"))) if "frozen" in pane.get("state", "").lower() else 0
        found = around.own.images_of(1, rows) if rows else None
        if found:
            pane.set("ySplit", str(found[1]))
            corner = Area.of(pane.get("topLeftCell", "A1"))
            after = found[1] + 1 if corner.top == rows + 1 else around.own.row(corner.top, None) or found[1] + 1
            pane.set("topLeftCell", f"{corner.left}{after}")
    for selection in element.iter(f"{X}selection"):
        areas = all_areas(selection.get("sqref", "A1"), around.own)
        active = whole_area(selection.get("activeCell", "A1"), around.own)
        if areas and active:
            selection.set("sqref", areas)
            selection.set("activeCell", active.partition(":")[0])
        else:
            selection.attrib.pop("sqref", None)
            selection.attrib.pop("activeCell", None)


def _anchored(element: Element, around: Around) -> None:
    """Form controls and embedded objects keep to their cells."""
    for anchor in element.iter(f"{X}anchor"):
        rows = [row for row in anchor.iter(f"{XDR}row") if row.text]
        first = int(rows[0].text or 0) + 1 if rows else 0
        now = around.own.images_of(first, LAST_ROW) if rows else None
        for row in rows:
            row.text = str(int(row.text or 0) + (now[0] - first if now else 0))


_FOLLOWERS: Mapping[str, Callable[[Element, Around], None]] = {
    f"{X}dimension": _one_area,
    f"{X}sheetViews": _viewed,
    f"{X}mergeCells": _merged,
    f"{X}conditionalFormatting": _applied,
    f"{X}dataValidations": _validated,
    f"{X}hyperlinks": _linked,
    f"{X}autoFilter": _one_area,
    f"{X}sortState": _one_area,
    f"{X}protectedRanges": _listed,
    f"{X}ignoredErrors": _listed,
    f"{X}rowBreaks": _broken,
    f"{X}controls": _anchored,
    f"{X}oleObjects": _anchored,
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent": _anchored,
    f"{X}extLst": _extended,
}
