"""A workbook compiled: which of its parts a render makes anew, and how; all others stay as they are."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import _Element as Element
from openpyxl.utils import column_index_from_string, get_column_letter

from generator.render.excel import parts
from generator.render.excel.area import Area
from generator.render.excel.book import Book, serialised
from generator.render.excel.fill import Source
from generator.render.excel.follow import Around, followed, taken_apart
from generator.render.excel.formula import sheets_in
from generator.render.excel.leaf import Leaf, Leaves
from generator.render.excel.notes import Notes, fill_links, follow_comments
from generator.render.excel.sheet import filled
from generator.render.excel.source import Builder, Rowed, X
from generator.render.excel.tags import Checker
from generator.render.package import relations_part
from generator.render.paper import put_on
from generator.templating import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from generator.render.excel.book import Sheet
    from generator.render.excel.rows import Rows
    from generator.render.excel.sheet import Filled

    Follow = Callable[[Element, Mapping[str, Rows], Mapping[str, Filled]], None]


@dataclass(slots=True)
class SheetTemplate:
    """A compiled sheet: its rows, and everything around them with an empty `<sheetData/>` in the rows' place."""

    file: str
    name: str
    part: str
    rowed: Rowed
    around: Element
    relations: Element | None
    leaves: list[Leaf]
    has_links: bool
    tables: tuple[Element, ...]
    source: Source | None = None

    def fill(self, values: Mapping[str, object]) -> Filled:
        """Fill in the rows and number them. Raises Faults."""
        return filled(self.rowed, self.source.filled(values) if self.source else self.rowed.source)

    def brought_along(self, made: Filled, rows: Mapping[str, Rows], paper: str) -> tuple[str, str, bytes | None]:
        """The markup before and after the rows, and the sheet's relations if they changed. Raises Faults."""
        root = deepcopy(self.around)
        followed(root, Around(self.name, rows))
        put_on(paper, root)
        relations = deepcopy(self.relations) if self.has_links else None
        if self.has_links:
            fill_links(root, relations, made.notes, self.file, self.name)
        return (*split(root), serialised(relations) if relations is not None else None)


@dataclass(slots=True)
class PartTemplate:
    """A part beside the sheets that is made anew: its tree, its texts with tags, and how it follows the rows."""

    part: str
    root: Element
    leaves: list[Leaf]
    follow: Follow | None
    has_notes: bool = False

    def brought_along(self, made: Mapping[str, Filled], rows: Mapping[str, Rows]) -> str:
        """The part's markup, its texts not yet filled in."""
        root = deepcopy(self.root)
        if self.follow:
            self.follow(root, rows, made)
        return serialised(root).decode()


def split(root: Element) -> tuple[str, str]:
    """A worksheet's markup before and after its rows."""
    head, _, tail = etree.tostring(root, encoding="unicode").partition("<sheetData/>")
    return head, tail


@dataclass(slots=True)
class Compiled:
    """A workbook's templates: `sheets` that are filled in, `parts` that follow them; `rowed` tells of all sheets."""

    book: Book
    checker: Checker
    environment: Sandbox
    leaves: Leaves
    sheets: list[SheetTemplate] = field(default_factory=list)
    parts: list[PartTemplate] = field(default_factory=list)
    rowed: dict[str, Rowed] = field(default_factory=dict)
    core: PartTemplate | None = None


def compiled(book: Book, checker: Checker, cells: Sandbox, environment: Sandbox) -> Compiled:
    """Compile a workbook; its faults are noted in the checker."""
    made = Compiled(book, checker, cells, Leaves(checker, environment))
    every = [_sheet(made, sheet) for sheet in book.sheets]
    made.rowed = {sheet.name: sheet.rowed for sheet in every}
    alive = _alive(made, every)
    made.sheets = [sheet for sheet in every if sheet.name in alive]
    moving = {sheet.name for sheet in every if sheet.rowed.layout.tags}
    for sheet in every:
        made.parts += _parts_of(made, sheet, moving, alive)
    made.parts += _shared_parts(made, moving)
    for part in book.related("", "core-properties"):
        root = deepcopy(book.tree(part))
        made.core = PartTemplate(part, root, made.leaves.found(root, "properties"), None)
    for template in made.sheets if not checker.problems else ():
        if template.rowed.tagged:
            template.source = Source.compiled(checker.file, template.rowed.source, template.rowed.places, cells)
    return made


def _sheet(made: Compiled, sheet: Sheet) -> SheetTemplate:
    """Compile one sheet, but for its source: that waits until it is known that there are no faults."""
    book, checker = made.book, made.checker
    around = deepcopy(book.tree(sheet.part))
    data = around.find(f"{X}sheetData")
    relations = _copy_of_relations(book, sheet.part)
    notes = Notes(sheet.name, checker)
    notes.take_links(around, relations)
    has_links = notes.count > 0
    for part in book.related(sheet.part, "comments"):
        notes.take_comments(book.tree(part))
    tables = tuple(book.tree(part) for part in book.related(sheet.part, "table"))
    builder = Builder(sheet.name, book.strings, book.dated_styles, checker, book.since_1904, notes.sources)
    rowed = builder.build(data, tuple(sorted(parts.table_data(table) for table in tables)))
    data.clear()
    leaves = made.leaves.found(around, sheet.name)
    if rowed.tagged:
        checker.compiles(rowed.source, rowed.places)
    _check_edges(checker, sheet.name, around, tables, rowed)
    return SheetTemplate(checker.file, sheet.name, sheet.part, rowed, around, relations, leaves, has_links, tables)


def _copy_of_relations(book: Book, part: str) -> Element | None:
    name = relations_part(part)
    return deepcopy(book.tree(name)) if name in book.package.parts else None


def _check_edges(checker: Checker, sheet: str, around: Element, tables: tuple[Element, ...], rowed: Rowed) -> None:
    """Note merged cells and tables that a loop would tear, and tags in the headings of tables."""
    for merged in around.iterfind(f"{X}mergeCells/{X}mergeCell"):
        area = Area.of(merged.get("ref", ""))
        if block := rowed.layout.crossed(area.top, area.bottom):
            message = f"the merged cells {area} reach across the edge of the rows {block.opens} to {block.closes}"
            hint = "merge cells either within the rows that are repeated or around all of them"
            checker.fault(f"{sheet}!{area.left}{area.top}", "T303", message, hint)
    for table in tables:
        area = Area.of(table.get("ref", ""))
        place = f"{sheet}!{area.left}{area.top}"
        if rowed.layout.chain(area.top, area.bottom) or rowed.layout.crossed(area.top, area.bottom):
            checker.fault(place, "T303", f"the table {table.get('displayName')} cannot be repeated or torn by a loop")
        for column, row in _headings(area, table):
            if f"{sheet}!{column}{row}" in rowed.places:
                checker.fault(f"{sheet}!{column}{row}", "T307", "a table's heading cannot hold tags")


def _headings(area: Area, table: Element) -> Iterator[tuple[str, int]]:
    for row in range(area.top, area.top + int(table.get("headerRowCount", "1"))):
        for index in range(column_index_from_string(area.left), column_index_from_string(area.right) + 1):
            yield get_column_letter(index), row


def _alive(made: Compiled, every: list[SheetTemplate]) -> set[str]:
    """The sheets that a render changes: those with tags, and those whose formulas look at such a sheet."""
    alive = {sheet.name for sheet in every if sheet.rowed.tagged or sheet.leaves or sheet.has_links}
    indirect = {"INDIRECT(", "OFFSET(", *_names_of_ranges(made.book, every)}
    grown = True
    while grown and alive:
        more = {sheet.name for sheet in every if sheet.name not in alive and _looks_at(sheet, alive, indirect)}
        alive |= more
        grown = bool(more)
    return alive


def _names_of_ranges(book: Book, every: list[SheetTemplate]) -> set[str]:
    names = {e.get("name", "") for e in book.tree(book.part).iterfind(f"{X}definedNames/{X}definedName")}
    return {*names, *(table.get("displayName", "") for sheet in every for table in sheet.tables)} - {""}


def _looks_at(sheet: SheetTemplate, alive: set[str], indirect: set[str]) -> bool:
    """Whether a sheet names cells of those sheets, in its formulas or around its rows."""
    around = [
        e.text for e in sheet.around.iter() if e.text and e.tag.rpartition("}")[2] in {"f", "formula", "formula1"}
    ]
    formulas = [cell.formula for cell in sheet.rowed.formulas] + [taken_apart(text, sheet.name) for text in around]
    return any(
        sheets_in(formula) & alive
        or any(name in piece for piece in formula if isinstance(piece, str) for name in indirect)
        for formula in formulas
    )


def _parts_of(made: Compiled, sheet: SheetTemplate, moving: set[str], alive: set[str]) -> Iterator[PartTemplate]:
    """The parts that belong to a sheet."""
    book, name = made.book, sheet.name
    simple: dict[str, Callable[[Element, Around], None]] = {
        "table": parts.follow_table,
        "threadedComment": parts.follow_threads,
        "ctrlProp": parts.follow_control,
        "drawing": parts.follow_drawing,
    }
    for kind, follow in simple.items():
        for part in book.related(sheet.part, kind):
            follows = partial(_around, follow, name) if name in moving else None
            yield from _part(made, part, book.tree(part), f"{name}, text box", follows)
            for chart_kind in ("chart", "chartEx"):
                for chart in book.related(part, chart_kind):
                    yield from _chart(made, chart, name, alive)
    for part in book.related(sheet.part, "comments"):
        marked = any(comment.get("note") for comment in book.tree(part).iter(f"{X}comment"))
        if marked or name in moving:
            yield PartTemplate(part, book.tree(part), [], partial(_comments, name), has_notes=marked)
    for part in book.related(sheet.part, "vmlDrawing") if name in moving else ():
        if b"ClientData" in book.package.parts[part]:
            yield PartTemplate(part, book.tree(part), [], partial(_around, parts.follow_shapes, name))


def _part(made: Compiled, part: str, tree: Element, place: str, follow: Follow | None) -> Iterator[PartTemplate]:
    """One part, if there is anything to do in it."""
    root = deepcopy(tree)
    leaves = made.leaves.found(root, place)
    if leaves or follow:
        yield PartTemplate(part, root, leaves, follow)


def _chart(made: Compiled, part: str, sheet: str, alive: set[str]) -> Iterator[PartTemplate]:
    root = made.book.tree(part)
    texts = [e.text for e in root.iter() if e.text and e.tag.rpartition("}")[2] == "f"]
    named = set().union(*(sheets_in(taken_apart(text, "")) for text in texts))
    if named & alive:
        root = deepcopy(root)
        parts.forget_values(root, alive)
    yield from _part(made, part, root, f"{sheet}, chart", _follow_chart if named & alive else None)


def _shared_parts(made: Compiled, moving: set[str]) -> Iterator[PartTemplate]:
    """The workbook's own parts: its pivot tables' sources, and its properties."""
    book = made.book
    for part in book.related(book.part, "pivotCacheDefinition"):
        if moving:
            yield PartTemplate(part, book.tree(part), [], _follow_pivot)
    for kind, place in (("extended-properties", "properties"), ("custom-properties", "properties")):
        for part in book.related("", kind):
            yield from _part(made, part, book.tree(part), place, None)


def _around(
    follow: Callable[[Element, Around], None], sheet: str, root: Element, rows: Mapping[str, Rows], _: object
) -> None:
    follow(root, Around(sheet, rows))


def _comments(sheet: str, root: Element, rows: Mapping[str, Rows], made: Mapping[str, Filled]) -> None:
    follow_comments(root, rows[sheet], made[sheet].notes)


def _follow_chart(root: Element, rows: Mapping[str, Rows], _: object) -> None:
    parts.follow_chart(root, rows)


def _follow_pivot(root: Element, rows: Mapping[str, Rows], _: object) -> None:
    parts.follow_pivot(root, rows)
