"""Pages: HTML text becomes a PDF by WeasyPrint, which may read the template's own folder and nothing else."""

from __future__ import annotations

import logging
import re
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from weasyprint import CSS, HTML

from generator.errors import Faults, Problem
from generator.render.assets import HERE, Assets, in_words, listening
from generator.render.styles import Styles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from weasyprint import Document, Page

WIDEST_SPAN = 1000
#: How much larger the paper is that a page is tried on.
LARGER_PAPER = (1.12, 1.24, 1.38)
SPANS = ("colspan", "rowspan", "span")


class Press:
    """Lays out the HTML text of one template, with its style sheets and fonts at hand."""

    def __init__(self, folder: Path, file: str) -> None:
        self.folder, self.file = folder, file
        self.styles = Styles()

    def lay_out(self, text: str, dated: date | None = None) -> bytes:
        """Make a PDF, as `laid_out` does, and give it alone."""
        return self.laid_out(text, dated)[0]

    def laid_out(self, text: str, dated: date | None = None) -> tuple[bytes, dict[str, str]]:
        """Make a tagged PDF of HTML text whose pictures and style sheets are below the template's folder.

        Gives it with the name and SHA-256 of each file that it used.

        The PDF is dated `dated`, never by the clock. Raises Faults that name the template: for an address that was
        refused or could not be read, for an attachment, for a table too wide to finish, for a character that no font
        has.
        """
        assets = Assets(self.folder)
        with self.nested(), listening() as heard:
            document, zoom = self.typeset(text, assets)
            document.metadata.created = document.metadata.modified = dated.isoformat() if dated else None
            made: bytes = document.write_pdf(zoom=zoom, pdf_tags=True)
        stop_at([*refusals(assets, self.file), *failures(heard, assets, self.file), *holes(document, self.file)])
        return made, assets.used

    def typeset(self, text: str, assets: Assets, images: dict[str, Any] | None = None) -> tuple[Document, float]:
        """Lay out, not yet drawn: the pages, and the zoom that they are to be drawn with.

        `images`: those that were decoded before, by address. Raises Faults for what must not come to the layout.
        """
        page = HTML(string=text, base_url=HERE, url_fetcher=assets)
        stop_at([Problem(self.file, code, message) for code, message in structure(page.etree_element)])
        return fitted(page, {**self.styles.of(page.etree_element, assets), "cache": images, "pdf_tags": True})

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Say of elements that lie too deeply inside one another that they do. Raises Faults."""
        try:
            yield
        except RecursionError as error:
            message = "elements lie too deeply inside one another"
            raise Faults([Problem(self.file, "T124", message)]) from error


def fitted(page: HTML, options: Mapping[str, Any]) -> tuple[Document, float]:
    """Lay out; `<html data-pages="1">` asks for everything to be smaller, if that makes it fit on so many pages.

    It is laid out on larger paper, and the zoom brings that back to the paper's true size.
    """
    document = page.render(**options)
    asked = page.etree_element.get("data-pages", "")
    wanted = int(asked) if asked.isdecimal() else len(document.pages)
    if not wanted < len(document.pages) <= 2 * wanted:
        return document, 1
    for larger in LARGER_PAPER:
        size = on_larger_paper(document.pages[0], larger)
        smaller = page.render(**{**options, "stylesheets": [*options["stylesheets"], size]})
        if len(smaller.pages) <= wanted:
            return smaller, 1 / larger
    return document, 1


def on_larger_paper(page: Page, larger: float) -> CSS:
    """The rule for paper so many times as wide and high as that of a page."""
    return CSS(string=f"@page {{ size: {page.width * larger:.3f}px {page.height * larger:.3f}px !important }}")


def stop_at(problems: list[Problem]) -> None:
    """Raise Faults if there are any."""
    if problems:
        raise Faults(dict.fromkeys(problems))


def structure(root: Element) -> Iterator[tuple[str, str]]:
    """What must not come to the layout: files to attach, and cells that span so much that it would not finish."""
    for element in root.iter():
        if isinstance(element.tag, str):
            yield from element_faults(element.tag, element.attrib)


def element_faults(tag: str, attributes: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The code and message of what is wrong with one element."""
    if tag in {"a", "link", "area"} and "attachment" in (attributes.get("rel") or "").lower().split():
        yield "T122", f"'{attributes.get('href')}' would be attached to the document; pages may not attach files"
    for name in SPANS:
        digits = re.match(r"\s*\+?0*([0-9]+)", attributes.get(name) or "")
        if digits and (len(digits[1]) > len(str(WIDEST_SPAN)) or int(digits[1]) > WIDEST_SPAN):
            yield "T123", f"{name} {digits[1][:20]} is more than {WIDEST_SPAN}"


def refusals(assets: Assets, file: str) -> Iterator[Problem]:
    """A problem for each address that was refused or could not be read."""
    for message in assets.refused.values():
        yield Problem(file, "T120", message)


def failures(heard: list[logging.LogRecord], assets: Assets, file: str) -> Iterator[Problem]:
    """A problem for each thing that WeasyPrint could not use, such as a broken picture.

    What it says of tags is about people who have a document read to them; problems without values tell of that.
    """
    for record in heard:
        if record.module == "tags":
            continue
        refused = isinstance(record.args, tuple) and record.args and record.args[0] in assets.refused
        if record.levelno >= logging.ERROR and not refused:
            yield Problem(file, "T121", in_words(record))


def holes(document: Document, file: str) -> Iterator[Problem]:
    """A problem for each character that no font of this machine has."""
    for character in missing(document.fonts.values()):
        yield hole(character, file)


def missing(fonts: Iterable[Any]) -> list[str]:
    """The characters that no font of this machine has, by the fonts that a document was drawn with."""
    return [chr(codepoint) for codepoint in sorted({at for font in fonts for at in font.missing})]


def hole(character: str, file: str) -> Problem:
    """The problem of a character that no font has: it would be an empty box in the document."""
    name = unicodedata.name(character, "without a name")
    message = f"no font on this machine has the character “{character}” (U+{ord(character):04X}, {name.lower()})"
    return Problem(file, "T130", message, hint="install a font that has it; 'dealdocs doctor' lists the usual ones")
