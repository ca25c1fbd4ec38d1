"""Word templates: read and compiled once, filled in with a deal's values, looked over without any."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from generator import templating
from generator.errors import Faults, Problem
from generator.render import names
from generator.render.package import Member, Package
from generator.render.paper import paper_of, sections_on
from generator.render.word import values as word_values
from generator.render.word.additions import added, image, markdown
from generator.render.word.extras import CORE, PROPERTIES, RELATIONSHIPS, patch_core, patch_links, patch_properties
from generator.render.word.lint import dangers
from generator.render.word.lists import Lists, NewLists
from generator.render.word.merge_fields import merge_fields
from generator.render.word.patch import Patch
from generator.render.word.pictures import Pictures
from generator.render.word.pieces import MARK
from generator.render.word.place import part_labels, places_in
from generator.render.word.program import Listing, Program, compiled, failures, listed, slot_at, tree_of
from generator.render.word.repeat import make_repeatable, once, restart_lists, unique
from generator.render.word.settings import settled
from generator.templating import FILLING_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from generator.errors import Severity
    from generator.templating import Sandbox

_DOCUMENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_MAIN = (f"{_DOCUMENT}.document.main+xml", f"{_DOCUMENT}.template.main+xml")
_TEXTS = {*_MAIN, *(f"{_DOCUMENT}.{kind}+xml" for kind in ("header", "footer", "footnotes", "endnotes", "comments"))}
#: A tag in a tracked deletion, and a pair that spans paragraphs: what is meant can be told, but perhaps it is a slip.
_WARNINGS = {"T207", "T213"}
_BRACES = (b"{", b"}", b"%7B")  # the last as in the targets of links
#: Names that the engine itself puts into its listings.
_OWN = dict.fromkeys(["_dated", "_unique", "_first", "_number", "_restart"], Any)


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
            raise self.package.fault(code="T200", message="is not a Word document", hint="save it in Word as a .docx")
        self.main = mains[0]
        self.environment = (environment or templating.environment()).overlay(finalize=None)
        self.environment.filters = {
            **self.environment.filters,
            "image": image,
            "markdown": markdown,
            **{f"_{name}": made for name, made in word_values.CONTEXTS.items()},
        }
        self.faults: list[Problem] = []

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the document; `dated` becomes its day of creation, else the template's own stays. Raises Faults."""
        changes: dict[str, bytes] = {}
        lists, number = NewLists(self._lists), self._unique()
        own = {"_unique": number, "_first": once(), "_lists": lists, "_number": lists.number, "_restart": lists.restart}
        given = {**values, **own, "_dated": f"{dated:%Y-%m-%d}T00:00:00Z" if dated else ""}
        problems, pictures = [], {}
        for program in self.programs:
            pictures[program.part] = Pictures(self.folder, number)
            try:
                changes[program.part] = program.run({**given, "_pictures": pictures[program.part]}).encode()
            except FILLING_ERRORS as error:
                failed = self._failed(program.part, {**given, "_pictures": pictures[program.part]})
                problems += failed or [Problem(self.file, "T220", str(error), place=program.part)]
        if problems:
            raise Faults(dict.fromkeys(problems))
        body = changes.get(self.main) or self.package.parts[self.main]
        on_paper = sections_on(paper_of(values), body)
        if on_paper != body:
            changes[self.main] = on_paper
        more = added(self.package, self.main, self._settled | changes, pictures, lists)
        return self.package.written({**self._settled_ready, **changes, **more})

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without values."""
        found = [problem for listing in self.listings for problem in self._unknown(listing, {**known, **_OWN})]
        found += self.faults
        found += [Problem(self.file, code, message, hint=hint) for code, message, hint in dangers(self.package)]
        found += self._merge_fields()
        return tuple(sorted(dict.fromkeys(found), key=lambda problem: problem.order))

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """The tagged parts, patched and written as listings; what is wrong with them is kept in `faults`."""
        made = []
        for part, work in self._work().items():
            if any(mark.encode() in self.package.parts[part] for mark in MARK.split("{}")):
                self._report(
                    part, "T209", "the part holds characters that the engine needs for itself (U+10FF00, U+10FF01)"
                )
                continue
            root = copy.deepcopy(self.package.tree(part))
            patch = Patch(root, places_in(root, self._labels.get(part, "")), self._report)
            work(patch)
            restart_lists(patch, self._lists)
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
            elif not any(brace in self.package.parts[part] for brace in _BRACES):
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
    def _settled(self) -> dict[str, bytes]:
        return settled(self.package, self.main, self._texts)

    @cached_property
    def _settled_ready(self) -> dict[str, Member]:
        return {part: Member.of(part, content) for part, content in self._settled.items()}

    @cached_property
    def _lists(self) -> Lists:
        return Lists(self.package)

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

    def _merge_fields(self) -> Iterator[Problem]:
        """Warnings of what Word's own mail merge would have filled in."""
        for part in self._texts:
            if b"instr" in self.package.parts[part]:
                for place, message, hint in merge_fields(self.package.tree(part), self._labels.get(part, "")):
                    yield Problem(self.file, "T233", message, place=place, hint=hint, severity="warning")

    def _report(self, place: str, code: str, message: str, hint: str = "") -> None:
        severity: Severity = "warning" if code in _WARNINGS else "error"
        self.faults.append(Problem(self.file, code, message, place=place, hint=hint, severity=severity))

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

    def _failed(self, part: str, values: Mapping[str, object]) -> list[Problem]:
        """Every error of filling in a part, each at the tag that it comes from."""
        listing = next(each for each in self.listings if each.part == part)
        found = []
        for slot, error in failures(listing, self.environment, values, FILLING_ERRORS):
            message = "it goes round in circles" if isinstance(error, RecursionError) else str(error)
            found.append(Problem(self.file, "T220", message, place=slot.place if slot else part))
        return found
