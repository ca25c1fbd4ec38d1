"""Stitching: the PDFs of one print run, drawn one after another with the same fonts, become one PDF."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from pikepdf import Array, Dictionary, Name, ObjectStreamMode, OutlineItem, Pdf, String

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: An entry of an outline as WeasyPrint has it: label, (page from 0, x, y), entries below, "open" or "closed".
Entry = tuple[str, tuple[int, float, float], list[Any], str]


class Stitched:
    """A PDF that grows by others: their pages, what is told of them to those who hear them read, and their links."""

    def __init__(self) -> None:
        self.pdf = Pdf.new()
        self.fonts: list[Any] = []
        self.numbers = 0
        tree = self.pdf.make_indirect(Dictionary(Nums=Array()))
        self.structure = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=Array(), ParentTree=tree))

    @property
    def pages(self) -> int:
        """How many pages there are so far."""
        return len(self.pdf.pages)

    def add(self, made: bytes) -> None:
        """Add the pages of a tagged PDF that WeasyPrint drew; it has no fonts in it yet."""
        first = self.pages
        with Pdf.open(BytesIO(made)) as more:
            links = list(links_within(more))
            self.pdf.pages.extend(more.pages)
            for page, link, target, place in links:
                self.pdf.pages[first + page].Annots[link].Dest = Array([self.pdf.pages[first + target].obj, *place])
            self.add_structure(more, first)
            if not first:
                self.add_metadata(more)
        self.fonts.append(self.pdf.pages[first].Resources.Font)

    def add_structure(self, more: Pdf, first: int) -> None:
        """Add the tags: numbers lead from the pages and their links to the elements, and must differ."""
        copied = self.pdf.copy_foreign(more.Root.StructTreeRoot)
        for element in copied.K:
            element.P = self.structure
            self.structure.K.append(element)
        highest = 0
        for number, target in pairs(copied.ParentTree.Nums):
            highest = max(highest, int(number) + 1)
            self.structure.ParentTree.Nums.append(int(number) + self.numbers)
            self.structure.ParentTree.Nums.append(target)
        for page in list(self.pdf.pages)[first:]:
            page.StructParents = int(page.StructParents) + self.numbers
            for link in page.get("/Annots", ()):
                if "/StructParent" in link:
                    link.StructParent = int(link.StructParent) + self.numbers
        self.numbers += highest

    def add_metadata(self, more: Pdf) -> None:
        """Take over title, author, dates and language."""
        self.pdf.trailer.Info = self.pdf.copy_foreign(more.trailer.Info)
        self.pdf.Root.Lang = String(str(more.Root.Lang))
        self.pdf.Root.MarkInfo = Dictionary(Marked=True)
        self.pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)

    def finished(self, fonts: bytes, outline: Sequence[Entry]) -> bytes:
        """The whole: with the fonts of a page that has them all, and its outline."""
        with Pdf.open(BytesIO(fonts)) as drawn:
            known = self.pdf.copy_foreign(drawn.pages[0].Resources.Font)
        for used in self.fonts:
            for name, font in known.items():
                used[name] = font
        self.pdf.Root.StructTreeRoot = self.structure
        with self.pdf.open_outline() as shown:
            shown.root.extend(items(outline))
        written = BytesIO()
        self.pdf.save(written, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        return written.getvalue()


def pages_in(made: bytes) -> int:
    """The number of pages of a PDF of ours."""
    with Pdf.open(BytesIO(made)) as document:
        return len(document.pages)


def pairs(array: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 -- an object of pikepdf's
    """The pairs of a tree's array: number or name, and what it leads to."""
    flat = list(array)
    return list(zip(flat[::2], flat[1::2], strict=True))


def links_within(made: Pdf) -> Iterator[tuple[int, int, int, list[Any]]]:
    """The links inside a PDF by page and place among its links, each with the page that it leads to and where on it.

    Their targets have names; those are taken out, since they are the same in another PDF.
    """
    if "/Names" not in made.Root:
        return
    at = {page.objgen: number for number, page in enumerate(made.pages)}
    named = {
        bytes(name): (at[target[0].objgen], list(target)[1:]) for name, target in pairs(made.Root.Names.Dests.Names)
    }
    del made.Root.Names
    for number, page in enumerate(made.pages):
        for place, link in enumerate(page.get("/Annots", ())):
            if "/Dest" in link:
                yield number, place, *named[bytes(link.Dest)]
                del link.Dest


def items(entries: Sequence[Entry]) -> list[OutlineItem]:
    """Outline entries as pikepdf has them."""
    made = []
    for label, (page, x, y), below, state in entries:
        item = OutlineItem(label, page, "XYZ", left=x, top=y)
        item.is_closed = state == "closed"
        item.children.extend(items(below))
        made.append(item)
    return made
