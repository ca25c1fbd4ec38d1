"""Binding: the pages of many HTML texts become one PDF, with one set of fonts and pictures and one outline."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any

from weasyprint import HTML, Document, Page

from generator.errors import Faults
from generator.render import Pages
from generator.render.assets import Assets, listening
from generator.render.html import HtmlTemplate
from generator.render.pages import failures, hole, missing, refusals, stop_at
from generator.render.stitching import Entry, Stitched

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from datetime import date

    from generator.errors import Problem
    from generator.render.pages import Press

#: PDF units in a CSS pixel.
POINTS = 0.75
#: So many parts are drawn at once: a page that is laid out takes a megabyte of memory until it is drawn.
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One record: the HTML text that its template gave, and where it stands in the outline, from the top.

    ("Harbor Dental", "Invoice 2026-0007") stands below an entry that all parts of Harbor Dental share.
    """

    template: Pages
    text: str
    bookmarks: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The part in a problem's words."""
        return ", ".join(self.bookmarks)


@dataclass(frozen=True, slots=True)
class Record:
    """A part that is laid out; each of its pages is ready to be drawn in a document with others."""

    part: Part
    document: Document
    pages: tuple[Page, ...]
    headings: list[Entry]


class Reduced(Page):
    """A page laid out on larger paper, and all that is told of it, at its true size."""

    def __init__(self, page: Page, zoom: float) -> None:
        self.page, self.zoom = page, zoom
        self.width, self.height = page.width * zoom, page.height * zoom
        self.bleed = {side: length * zoom for side, length in page.bleed.items()}
        self.anchors = {name: tuple(at * zoom for at in box) for name, box in page.anchors.items()}
        self.links = [(kind, to, tuple(at * zoom for at in box), of) for kind, to, box, of in page.links]
        fields = {form: [(of, [at * zoom for at in box]) for of, box in found] for form, found in page.forms.items()}
        self.bookmarks, self.forms, self._page_box = page.bookmarks, fields, page._page_box  # noqa: SLF001 -- a Page's own

    def paint(self, stream: Any, scale: float = 1) -> None:  # noqa: ANN401 -- WeasyPrint's own signature
        """Draw it smaller."""
        self.page.paint(stream, scale * self.zoom)


class Fonts(dict[Any, Any]):
    """The fonts that all parts are drawn with; they go into the PDF at the end, when all of their letters are known."""

    finished = False

    def values(self) -> Any:  # noqa: ANN401 -- a view of a dictionary's
        """What WeasyPrint writes into the PDF."""
        return super().values() if self.finished else ()

    def without(self) -> list[str]:
        """The characters that no font had."""
        return missing(super().values())


class Volume:
    """What is bound so far. Its outline is that of the records, whatever their order is."""

    def __init__(self, dated: date | None, title: str, *, duplex: bool) -> None:
        self.dated, self.title, self.duplex = dated.isoformat() if dated else None, title, duplex
        self.stitched, self.fonts = Stitched(), Fonts()
        self.outline: list[Entry] = []
        self.shared: dict[tuple[str, ...], list[Entry]] = {(): self.outline}
        self.kept: list[Sequence[Record]] = []
        self.first: Record | None = None

    def add(self, records: Sequence[Record]) -> list[Problem]:
        """Draw records, but for those with a character that no font has; gives their problems."""
        known, before = len(self.fonts), set(self.fonts.without())
        made = self.drawn(records)
        if len(self.fonts) > known:
            self.kept.append(tuple(records))  # a font is there as long as a text that was laid out with it
        found = list(holes(records, self.fonts.without(), before))
        if found:
            holed = {id(record) for record, _ in found}
            records = [record for record in records if id(record) not in holed]
            made = self.drawn(records)
        if made:
            self.first = self.first or records[0]
            self.enter(records)
            self.stitched.add(made)
        return [problem for _, problem in found]

    def drawn(self, records: Sequence[Record]) -> bytes:
        """Draw the pages of records as a PDF; no records make nothing."""
        if not records:
            return b""
        pages: list[Page] = []
        for record in records:
            if self.duplex and (self.stitched.pages + len(pages)) % 2:
                pages.append(blank(record.pages[0]))
            pages += record.pages
        return self.pdf(records[0].document, pages, press_of(records[0].part.template).file)

    def pdf(self, like: Document, pages: list[Page], file: str) -> bytes:
        """Draw pages as a PDF, with the metadata of another document. Raises Faults."""
        document = like.copy(pages)
        document.fonts = self.fonts
        document.metadata.title, document.metadata.description = self.title, None
        document.metadata.created = document.metadata.modified = self.dated
        with listening() as heard:
            made: bytes = document.write_pdf(pdf_tags=True)
        stop_at([*failures(heard, like.url_fetcher, file)])
        return made

    def enter(self, records: Sequence[Record]) -> None:
        """Enter records in the outline; those whose names begin alike share an entry."""
        page = self.stitched.pages
        for record in records:
            page += self.duplex and page % 2
            self.enter_at(page, record)
            page += len(record.pages)

    def enter_at(self, page: int, record: Record) -> None:
        """Enter a record that begins on a page, counted from 0."""
        *leading, own = record.part.bookmarks or ("",)
        target = (page, 0.0, record.pages[0].height * POINTS)
        path: tuple[str, ...] = ()
        for name in leading:
            above, path = self.shared[path], (*path, name)
            if path not in self.shared:
                self.shared[path] = []
                above.append((name, target, self.shared[path], "open"))
        if own:
            below = list(moved(record.headings, page))
            self.shared[path].append((own, target, below, "closed"))
            self.shared.setdefault((*path, own), below)

    def finished(self) -> bytes:
        """The whole as a PDF; nothing where there is no page."""
        if self.first is None:
            return b""
        self.fonts.finished = True
        blank_page = blank(self.first.pages[0])
        fonts = self.pdf(self.first.document, [blank_page], press_of(self.first.part.template).file)
        return self.stitched.finished(fonts, self.outline)


def bound(
    parts: Iterable[Part],
    dated: date | None,
    *,
    title: str,
    duplex: bool = False,
    left_out: list[Problem] | None = None,
) -> bytes:
    """Make one PDF of all parts, in their order; the pages of each count from 1. There must be at least one.

    `duplex`: each part starts on an odd page, so that printing on both sides puts no two on one sheet.
    Raises Faults with those of all parts; with `left_out`, a part with a fault is noted there and left out, and Faults
    are raised only if no part is left.
    """
    faults: list[Problem] = []
    volume = Volume(dated, title, duplex=duplex)
    records = laid_out(parts, faults)
    while some := list(islice(records, AT_ONCE)):
        faults += volume.add(some)
        some.clear()
        gc.collect(1)  # pages refer to one another in circles, which are else looked for too seldom
    made = volume.finished() if not faults or left_out is not None else b""
    if not made:
        raise Faults(faults)
    if left_out is not None:
        left_out += faults
    return made


def laid_out(parts: Iterable[Part], faults: list[Problem]) -> Iterator[Record]:
    """Lay out part after part; the fault of one is noted, and the others go on."""
    at_hand: dict[Press, tuple[Assets, dict[str, Any]]] = {}
    for number, part in enumerate(parts):
        press = press_of(part.template)
        assets, images = at_hand.setdefault(press, (Assets(press.folder), {}))
        try:
            with press.nested(), listening() as heard:
                document, zoom = press.typeset(part.text, assets, images)
            stop_at([*refusals(assets, press.file), *failures(heard, assets, press.file)])
        except Faults as found:
            faults += [replace(problem, place=part.place) for problem in found.problems]
            del at_hand[press]  # a picture that could not be had is remembered as none
            continue
        yield record_of(part, document, zoom, number)


def press_of(template: Pages) -> Press:
    """What lays out a template's text."""
    if not isinstance(template, HtmlTemplate):
        message = f"{template} does not lay out pages"
        raise TypeError(message)
    return template.press


def record_of(part: Part, document: Document, zoom: float, number: int) -> Record:
    """The pages of a part, with its own names for the places that its links lead to."""
    headings = document.make_bookmark_tree(POINTS * zoom, transform_pages=True) if len(document.pages) > 1 else []
    pages = [Reduced(page, zoom) if zoom != 1 else page for page in document.pages]
    for page in pages:
        page.bookmarks = []
        page.anchors = {f"{number}-{name}": box for name, box in page.anchors.items()}
        page.links = [
            (kind, f"{number}-{to}" if kind == "internal" else to, box, of) for kind, to, box, of in page.links
        ]
    return Record(part, document, tuple(pages), headings)


def holes(
    records: Sequence[Record], without: Iterable[str], before: Container[str]
) -> Iterator[tuple[Record, Problem]]:
    """The records that hold characters that no font has, each with its problem.

    A character that was not so `before`, and stands in no text, comes from a style sheet, and so is in every record.
    """
    for character in without:
        having = [record for record in records if character in unescape(record.part.text)]
        for record in having or (() if character in before else records):
            file = press_of(record.part.template).file
            yield record, replace(hole(character, file), place=record.part.place)


def moved(entries: Sequence[Entry], pages: int) -> Iterator[Entry]:
    """The entries of an outline, so many pages further on."""
    for label, (page, x, y), below, state in entries:
        yield label, (page + pages, x, y), list(moved(below, pages)), state


def blank(like: Page) -> Page:
    """An empty page of the same size."""
    style = f"@page {{ size: {like.width}px {like.height}px; margin: 0 }}"
    page: Page = HTML(string=f"<html lang='en'><style>{style}</style>").render().pages[0]
    return page
