"""Word templates: read and compiled once, filled in with a deal's values, looked over without any."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, TemplateSyntaxError

from generator import templating
from generator.errors import Faults, Problem
from generator.render import docx_values, names
from generator.render.docx_extras import CORE, PROPERTIES, RELATIONSHIPS, patch_core, patch_links, patch_properties
from generator.render.docx_lint import dangers
from generator.render.docx_patch import Patch
from generator.render.docx_place import part_labels, places_in
from generator.render.docx_program import Listing, Program, compiled, listed, slot_at, tree_of
from generator.render.docx_repeat import make_repeatable, once, unique
from generator.render.docx_settings import settled
from generator.render.package import Member, Package
from generator.templating import MissingValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from generator.templating import Sandbox

_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_MAIN = (f"{_DOCUMENT}.document.main+xml", f"{_DOCUMENT}.template.main+xml")
_TEXTS = {*_MAIN, *(f"{_DOCUMENT}.{kind}+xml" for kind in ("header", "footer", "footnotes", "endnotes", "comments"))}
#: Names that the engine itself puts into its listings.
_OWN = dict.fromkeys(["_dated", "_unique", "_first"], Any)
#: What filling in a template can raise through a fault of the template or of its values.
FILLING_ERRORS = (
    TemplateError,
    MissingValueError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
)


class DocxTemplate:
    """A Word template. Making one raises Faults if the file cannot be read; faults of its tags wait for `problems`.

    So `problems` tells of every fault at once, of syntax and of names; `render` raises those of syntax.
    """

    def __init__(self, path: Path, environment: Sandbox | None = None) -> None:
        self.file = str(path)
        self.folder = path.parent
        self.package = Package(path)
        mains = [name for name, kind in self.package.content_types.items() if kind in _MAIN]
        if not mains:
            raise self.package.fault("T200", "is not a Word document", "save it in Word as a .docx file")
        self.main = mains[0]
        self.environment = (environment or templating.environment()).overlay(finalize=None)
        self.environment.filters = {
            **self.environment.filters,
            **{f"_{name}": made for name, made in docx_values.CONTEXTS.items()},
        }
        self.faults: list[Problem] = []

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the document; `dated` becomes its day of creation, else the template's own stays. Raises Faults."""
        changes: dict[str, bytes] = {}
        own = {"_dated": f"{dated:%Y-%m-%d}T00:00:00Z" if dated else "", "_unique": self._unique(), "_first": once()}
        given = {**values, **own}
        problems = []
        for program in self.programs:
            try:
                changes[program.part] = program.run(given).encode()
            except FILLING_ERRORS as error:
                problems.append(self._failed(program, error))
        if problems:
            raise Faults(problems)
        return self.package.written({**self._settled, **changes})

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without values."""
        found = [problem for listing in self.listings for problem in self._unknown(listing, {**known, **_OWN})]
        found += self.faults
        found += [Problem(self.file, code, message, hint=hint) for code, message, hint in dangers(self.package)]
        return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.order))

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """The tagged parts, patched and written as listings; what is wrong with them is kept in `faults`."""
        made = []
        for part, work in self._work().items():
            root = copy.deepcopy(self.package.tree(part))
            patch = Patch(root, places_in(root, self._labels.get(part, "")), self._report)
            work(patch)
            make_repeatable(patch)
            if patch.slots:
                made.append(listed(part, root, patch.slots, self.environment, self._report))
        return tuple(made)

    def _work(self) -> dict[str, Callable[[Patch], None]]:
        """The parts that may hold tags, and what finds them there."""
        found: dict[str, Callable[[Patch], None]] = {}
        for part, kind in self.package.content_types.items():
            if kind == CORE:
                found[part] = patch_core
            elif b"{" not in self.package.parts[part] and b"%7B" not in self.package.parts[part]:
                continue
            elif kind in _TEXTS:
                found[part] = Patch.run
            elif kind in PROPERTIES:
                found[part] = patch_properties
            elif kind == RELATIONSHIPS:
                found[part] = patch_links
        return found

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(part for part, kind in self.package.content_types.items() if kind in _TEXTS)

    @cached_property
    def _unique(self) -> Callable[[], Callable[[], int]]:
        return unique(self.package.tree(part) for part in self._texts)

    @cached_property
    def _settled(self) -> dict[str, Member]:
        made = settled(self.package, self.main, self._texts)
        return {part: Member.of(part, content) for part, content in made.items()}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return part_labels(self.package, self.main)

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """The tagged parts, compiled. Raises Faults."""
        listings = self.listings
        faults = [problem for problem in self.faults if problem.severity == "error"]
        made = []
        for listing in listings if not faults else ():
            try:
                made.append(compiled(listing, self.environment))
            except TemplateSyntaxError as error:
                slot = slot_at(listing.slots, error.lineno)
                faults.append(Problem(self.file, "T208", error.message or "", place=slot.place if slot else ""))
        if faults:
            raise Faults(dict.fromkeys(faults))
        return tuple(made)

    def _report(self, place: str, code: str, message: str, hint: str = "") -> None:
        self.faults.append(Problem(self.file, code, message, place=place, hint=hint))

    def _unknown(self, listing: Listing, known: Mapping[str, Any]) -> list[Problem]:
        """The names in a part that are not there."""
        try:
            tree = tree_of(listing, self.environment)
        except TemplateSyntaxError as error:
            slot = slot_at(listing.slots, error.lineno)
            return [Problem(self.file, "T208", error.message or "", place=slot.place if slot else "")]
        codes = {"value": "T210", "filter": "T211", "test": "T212"}
        found = []
        for finding in names.findings(tree, known, self.environment):
            slot = slot_at(listing.slots, finding.line)
            place = slot.place if slot else ""
            found.append(Problem(self.file, codes[finding.about], finding.message, place=place, hint=finding.hint))
        return found

    def _failed(self, program: Program, error: Exception) -> Problem:
        """An error of filling in, at the tag that it comes from."""
        slot = program.slot_of(error.__traceback__)
        message = "it goes round in circles" if isinstance(error, RecursionError) else str(error)
        return Problem(self.file, "T220", message, place=slot.place if slot else program.part)
