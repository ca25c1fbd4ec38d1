"""Excel templates: a workbook made in Excel, compiled once, filled in without hurting what it holds."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from generator import templating
from generator.errors import Faults
from generator.render.package import relations_part
from generator.render.xlsx_book import Book, serialised
from generator.render.xlsx_cached import Values
from generator.render.xlsx_cells import clean_cell, prepared
from generator.render.xlsx_compile import compiled, filled_leaves
from generator.render.xlsx_parts import follow_names
from generator.render.xlsx_sheet import finished
from generator.render.xlsx_source import runs_of
from generator.render.xlsx_tags import Checker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from generator.errors import Problem
    from generator.render.package import Member
    from generator.render.xlsx_compile import Compiled
    from generator.render.xlsx_rows import Rows
    from generator.render.xlsx_sheet import Filled
    from generator.templating import Sandbox

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_CREATED = ("created", "modified")
_TERMS = "{http://purl.org/dc/terms/}"


def problems(path: Path, environment: Sandbox | None, known: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Every fault of a template that shows without data, those of its syntax too."""
    try:
        checker = _looked_over(path, environment).checker
    except Faults as faults:
        return faults.problems
    return _sorted([*checker.problems, *checker.names(known)])


def _looked_over(path: Path, environment: Sandbox | None) -> Compiled:
    given = environment or templating.environment()
    cells = prepared(given, clean_cell)
    return compiled(Book(path), Checker(str(path), cells), cells, given)


def _sorted(found: list[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.order))


class XlsxTemplate:
    """An Excel template; it makes workbooks. Making one raises Faults with every fault of its syntax."""

    def __init__(self, path: Path, environment: Sandbox | None = None) -> None:
        self.compiled = _looked_over(path, environment)
        if self.compiled.checker.problems:
            raise Faults(_sorted(self.compiled.checker.problems))
        self.book = self.compiled.book
        self.settled = self.book.without_chain() if self.compiled.sheets else {}
        strings = self.book.strings_without_tags()
        if strings:
            self.settled[self.book.strings_part] = strings
        self.styles = self.book.styles_with_dates()
        self.texts = ["".join(text for _, text in runs_of(item)) for item in self.book.strings]
        self.core = self.compiled.core

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without data: `known` maps the names of values to their types."""
        return _sorted([*self.compiled.checker.names(known)])

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the workbook; `dated` is its date of creation. Raises Faults."""
        made = self._filled(values)
        rows = {name: filled.rows for name, filled in made.items()}
        shown = Values(self.compiled.rowed, made, self.texts)
        changes = {**self.settled, **self._finished(values, made, rows, shown), **self._properties(values, dated)}
        if made:
            changes[self.book.part] = self._workbook(rows, recalculate=shown.unknown)
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
                    leaf.source.filled(values)
            raise Faults(_sorted(found))
        return made

    def _finished(
        self, values: Mapping[str, object], made: Mapping[str, Filled], rows: Mapping[str, Rows], shown: Values
    ) -> dict[str, bytes | Member | None]:
        """All sheets and what belongs to them. Raises Faults with those of all of them."""
        changes: dict[str, bytes | Member | None] = {}
        found: list[Problem] = []
        for sheet in self.compiled.sheets:
            with gathered(found):
                head, tail, relations = sheet.brought_along(values, made[sheet.name], rows)
                text = finished(made[sheet.name], sheet.rowed, sheet.name, rows, shown.shown)
                changes[sheet.part] = f"{_HEAD}{head}<sheetData>{text}</sheetData>{tail}".encode()
                if relations:
                    changes[relations_part(sheet.part)] = relations
        for part in self.compiled.parts:
            with gathered(found):
                changes[part.part] = part.finished(values, made, rows)
        if found:
            raise Faults(_sorted(found))
        return changes

    def _workbook(self, rows: Mapping[str, Rows], *, recalculate: bool) -> bytes:
        root = deepcopy(self.book.tree(self.book.part))
        follow_names(root, self.book.names, rows, recalculate=recalculate)
        return serialised(root)

    def _properties(self, values: Mapping[str, object], dated: date | None) -> dict[str, bytes]:
        """The core properties, if they hold tags or get a date. Raises Faults."""
        if self.core is None or not (self.core.leaves or dated):
            return {}
        root = deepcopy(self.core.root)
        filled_leaves(root, self.core.leaves, values)
        for name in _CREATED if dated else ():
            for element in root.iter(f"{_TERMS}{name}"):
                element.text = f"{dated:%Y-%m-%d}T00:00:00Z"
        return {self.core.part: serialised(root)}


@contextmanager
def gathered(found: list[Problem]) -> Iterator[None]:
    """Note the faults that are raised inside, and go on."""
    try:
        yield
    except Faults as faults:
        found += faults.problems
