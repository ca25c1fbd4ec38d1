"""Excel templates: a workbook made in Excel, compiled once, filled in without hurting what it holds."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from generator import templating
from generator.errors import Faults
from generator.render.excel.book import Book, serialised
from generator.render.excel.cached import Held, Values
from generator.render.excel.cells import DATED, prepared
from generator.render.excel.compile import compiled
from generator.render.excel.leaf import filled_leaves
from generator.render.excel.lint import warnings
from generator.render.excel.parts import follow_names
from generator.render.excel.rows import Rows
from generator.render.excel.sheet import finished
from generator.render.excel.source import runs_of
from generator.render.excel.tags import Checker
from generator.render.package import Member, relations_part
from generator.render.paper import paper_of, put_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from generator.errors import Problem
    from generator.render.excel.compile import PartTemplate, SheetTemplate
    from generator.render.excel.sheet import Filled
    from generator.templating import Sandbox

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: Fillings whose rows stand differently for which is remembered what follows them.
MOST_REMEMBERED = 32
_LEVEL = 3  # rows are much alike: deflating them harder takes three times as long to save a tenth
_CREATED = ("created", "modified")
_TERMS = "{http://purl.org/dc/terms/}"


def _sorted(found: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.order))


class XlsxTemplate:
    """An Excel template. Making one raises Faults if the file cannot be read; faults of its tags wait for `problems`.

    So `problems` tells of every fault at once, of syntax and of names; `render` raises those of syntax.
    """

    def __init__(self, path: Path, environment: Sandbox | None = None) -> None:
        given = environment or templating.environment()
        cells = prepared(given)
        self.book = Book(path)
        self.compiled = compiled(self.book, Checker(str(path), cells), cells, given)
        self.faults = _sorted(self.compiled.checker.problems)
        self.settled = self.book.without_chain() if self.compiled.sheets else {}
        strings = self.book.strings_without_tags()
        if strings:
            self.settled[self.book.strings_part] = strings
        self.styles = self.book.styles_with_dates()
        self.texts = ["".join(text for _, text in runs_of(item)) for item in self.book.strings]
        self.still: dict[tuple[str, int, str], Held] = {}
        self.properties: dict[date | None, str] = {}
        self.remembered: dict[tuple[str, ...], Along] = {}
        self.still_sheets: dict[str, dict[str, Member]] = {}

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without data: `known` maps the names of values to their types."""
        checker, rowed = self.compiled.checker, self.compiled.rowed
        return _sorted([*self.faults, *checker.names(known), *warnings(checker.file, rowed)])

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the workbook; `dated` is its date of creation. Raises Faults."""
        if self.faults:
            raise Faults(self.faults)
        values = {**self.compiled.environment.globals, **values}
        made = self._filled(values)
        paper = paper_of(values)
        along = self._along(made, paper)
        shown = Values(self.compiled.rowed, made, self.texts, self.still)
        changes: dict[str, bytes | Member | None] = {
            **self.settled,
            **self._still(paper),
            **self._sheets(values, made, along, shown),
            **self._properties(values, dated),
        }
        if made:
            changes[self.book.part] = along.workbook(self, recalculate=shown.unknown)
        if any(filled.dated for filled in made.values()):
            changes[self.book.styles_part] = self.styles
        return self.book.package.written(changes)

    def _filled(self, values: Mapping[str, object]) -> dict[str, Filled]:
        """The rows of all sheets. Raises Faults with those of all sheets and of the texts around their rows."""
        made: dict[str, Filled] = {}
        found: list[Problem] = []
        for sheet in self.compiled.sheets:
            with gathered(found):
                made[sheet.name] = sheet.fill(values)
        if found:
            around = [leaf for sheet in self.compiled.sheets for leaf in sheet.leaves]
            for leaf in (*around, *(leaf for part in self.compiled.parts for leaf in part.leaves)):
                with gathered(found):
                    leaf.text(values)
            raise Faults(_sorted(found))
        return made

    def _still(self, paper: str) -> dict[str, Member]:
        """The sheets that change in nothing but their paper."""
        if paper not in self.still_sheets:
            alive = {sheet.part for sheet in self.compiled.sheets}
            roots = {sheet.part: deepcopy(self.book.tree(sheet.part)) for sheet in self.book.sheets if paper}
            changed = {part: root for part, root in roots.items() if part not in alive and put_on(paper, root)}
            self.still_sheets[paper] = {part: Member.of(part, serialised(root)) for part, root in changed.items()}
        return self.still_sheets[paper]

    def _along(self, made: dict[str, Filled], paper: str) -> Along:
        """What follows the rows: remembered from an earlier document whose rows stand alike, or made."""
        key = (paper, *(filled.signature for filled in made.values()))
        if key not in self.remembered:
            if len(self.remembered) >= MOST_REMEMBERED:
                self.remembered.pop(next(iter(self.remembered)))
            self.remembered[key] = Along({name: filled.rows for name, filled in made.items()}, paper)
        return self.remembered[key]

    def _sheets(
        self, values: Mapping[str, object], made: Mapping[str, Filled], along: Along, shown: Values
    ) -> dict[str, bytes | Member | None]:
        """All sheets and what belongs to them. Raises Faults with those of all of them."""
        changes: dict[str, bytes | Member | None] = {}
        found: list[Problem] = []
        for sheet in self.compiled.sheets:
            with gathered(found):
                head, tail, relations = along.around(sheet, made[sheet.name])
                head, tail = filled_leaves(f"{head}{DATED}{tail}", sheet.leaves, values).split(DATED)
                text = finished(made[sheet.name], sheet.rowed, sheet.name, along.rows, shown.shown)
                content = f"{_HEAD}{head}<sheetData>{text}</sheetData>{tail}".encode()
                changes[sheet.part] = Member.of(sheet.part, content, _LEVEL)
                if relations:
                    changes[relations_part(sheet.part)] = relations
        for part in self.compiled.parts:
            with gathered(found):
                changes[part.part] = filled_leaves(along.part(part, made), part.leaves, values).encode()
        if found:
            raise Faults(_sorted(found))
        return changes

    def _properties(self, values: Mapping[str, object], dated: date | None) -> dict[str, bytes]:
        """The core properties, if they hold tags or get a date. Raises Faults."""
        core = self.compiled.core
        if core is None or not (core.leaves or dated):
            return {}
        if dated not in self.properties:
            root = deepcopy(core.root)
            for name in _CREATED if dated else ():
                for element in root.iter(f"{_TERMS}{name}"):
                    element.text = f"{dated:%Y-%m-%d}T00:00:00Z"
            self.properties[dated] = serialised(root).decode()
        return {core.part: filled_leaves(self.properties[dated], core.leaves, values).encode()}


@dataclass(slots=True)
class Along:
    """What follows the rows of a workbook, made once for all documents whose rows stand alike."""

    rows: dict[str, Rows]
    paper: str
    _sheets: dict[str, tuple[str, str, bytes | None]] = field(default_factory=dict)
    _parts: dict[str, str] = field(default_factory=dict)
    _workbooks: dict[bool, Member] = field(default_factory=dict)

    def around(self, sheet: SheetTemplate, made: Filled) -> tuple[str, str, bytes | None]:
        """A sheet's markup before and after its rows, and its relations if they change. Raises Faults."""
        if sheet.has_links:
            return sheet.brought_along(made, self.rows, self.paper)
        if sheet.part not in self._sheets:
            self._sheets[sheet.part] = sheet.brought_along(made, self.rows, self.paper)
        return self._sheets[sheet.part]

    def part(self, part: PartTemplate, made: Mapping[str, Filled]) -> str:
        """Another part's markup."""
        if part.has_notes:
            return part.brought_along(made, self.rows)
        if part.part not in self._parts:
            self._parts[part.part] = part.brought_along(made, self.rows)
        return self._parts[part.part]

    def workbook(self, template: XlsxTemplate, *, recalculate: bool) -> Member:
        """The workbook's own part, ready-deflated."""
        if recalculate not in self._workbooks:
            book = template.book
            root = deepcopy(book.tree(book.part))
            follow_names(root, book.names, self.rows, recalculate=recalculate)
            self._workbooks[recalculate] = Member.of(book.part, serialised(root))
        return self._workbooks[recalculate]


@contextmanager
def gathered(found: list[Problem]) -> Iterator[None]:
    """Note the faults that are raised inside, and go on."""
    try:
        yield
    except Faults as faults:
        found += faults.problems
