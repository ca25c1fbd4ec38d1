"""Pages: HTML text becomes a PDF by WeasyPrint, which may read the template's own folder and nothing else."""

from __future__ import annotations

import logging
import re
import unicodedata
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import DataHandler, Request

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from generator.errors import Faults, Problem
from generator.naming import inside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from weasyprint import Document, Page

    from generator.errors import Severity

#: The address that a template's folder has while it is laid out; no machine's paths get into the document.
HERE = "https://templates.invalid/"
LARGEST_FILE = 20_000_000
WIDEST_SPAN = 1000
#: How much larger the paper is that a page is tried on.
LARGER_PAPER = (1.12, 1.24, 1.38)
SPANS = ("colspan", "rowspan", "span")
KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

_LOG = logging.getLogger("weasyprint")
_LOG.setLevel(logging.WARNING)
logging.getLogger("fontTools").setLevel(logging.ERROR)  # where it does HarfBuzz-Subset's work, it remarks on each font
_PLACE = re.compile(r" at (\d+):(\d+)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ADDRESS = re.compile(r"\burl\(\s*['\"]?([^'\"\s)]+)", re.IGNORECASE)


class RefusedError(Exception):
    """A page asks for something that it may not have, or that is not there."""


class Assets(URLFetcher):
    """What pages may refer to: the files below one folder, and data: addresses.

    Keeps what it refused, and why, and the hash of each file that it gave.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)  # type: ignore[no-untyped-call]
        self.folder = folder.resolve()
        self.refused: dict[str, str] = {}
        self.used: dict[str, str] = {}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 -- WeasyPrint asks so
        """Answer with a file's content; nothing is ever asked of the network."""
        try:
            if url.lower().startswith("data:"):
                answer = DataHandler().data_open(Request(url))  # noqa: S310 -- it holds its own content
                return URLFetcherResponse("data:", answer.read(), answer.headers)
            path = self.path(url)
            kind = KINDS.get(path.suffix.lower(), "application/octet-stream")
            content = path.read_bytes()
            self.used[path.relative_to(self.folder).as_posix()] = sha256(content).hexdigest()
            return URLFetcherResponse(url, content, {"Content-Type": kind})
        except (RefusedError, OSError, ValueError) as error:
            self.refused[url] = str(error)
            raise

    def path(self, url: str) -> Path:
        """The file that an address means. Raises RefusedError."""
        shown = url.removeprefix(HERE)
        if not url.startswith(HERE):
            message = f"'{shown}' is not in the templates' folder, and pages may use nothing else"
            raise RefusedError(message)
        path = inside(self.folder, unquote(urlsplit(url).path).lstrip("/"))
        if path is None:
            message = f"'{shown}' is not a file in the templates' folder"
            raise RefusedError(message)
        if path.stat().st_size > LARGEST_FILE:
            message = f"'{shown}' is larger than {LARGEST_FILE // 1_000_000} MB"
            raise RefusedError(message)
        return path


class Heard(logging.Handler):
    """Keeps what WeasyPrint says while it works."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


@contextmanager
def listening() -> Iterator[list[logging.LogRecord]]:
    """Hear WeasyPrint's warnings and errors, which would otherwise be lost."""
    heard = Heard()
    _LOG.addHandler(heard)
    try:
        yield heard.records
    finally:
        _LOG.removeHandler(heard)


class Press:
    """Lays out the HTML text of one template. It keeps the machine's fonts at hand, and those that the template brings.

    They are not shared between templates, for one template's own fonts would then show in another's documents.
    """

    def __init__(self, folder: Path, file: str) -> None:
        self.folder, self.file = folder, file

    @cached_property
    def fonts(self) -> FontConfiguration:
        """The fonts: gathered once, which takes a tenth of the time that a page takes."""
        return FontConfiguration()

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
        return fitted(page, self.fonts, images)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Say of elements that lie too deeply inside one another that they do. Raises Faults."""
        try:
            yield
        except RecursionError as error:
            message = "elements lie too deeply inside one another"
            raise Faults([Problem(self.file, "T124", message)]) from error


def fitted(page: HTML, config: FontConfiguration, images: dict[str, Any] | None) -> tuple[Document, float]:
    """Lay out; `<html data-pages="1">` asks for everything to be smaller, if that makes it fit on so many pages.

    It is laid out on larger paper, and the zoom brings that back to the paper's true size.
    """
    document = page.render(font_config=config, pdf_tags=True, cache=images)
    asked = page.etree_element.get("data-pages", "")
    wanted = int(asked) if asked.isdecimal() else len(document.pages)
    if not wanted < len(document.pages) <= 2 * wanted:
        return document, 1
    for larger in LARGER_PAPER:
        smaller = on_larger_paper(page, config, document.pages[0], larger)
        if len(smaller.pages) <= wanted:
            return smaller, 1 / larger
    return document, 1


def on_larger_paper(page: HTML, config: FontConfiguration, first: Page, larger: float) -> Document:
    """Lay out again on paper so many times as wide and high as that of the first page."""
    size = f"@page {{ size: {first.width * larger:.3f}px {first.height * larger:.3f}px !important }}"
    document: Document = page.render(font_config=config, pdf_tags=True, stylesheets=[CSS(string=size)])
    return document


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


def in_words(record: logging.LogRecord) -> str:
    """What WeasyPrint said, without the address that stands for the templates' folder."""
    return record.getMessage().replace(HERE, "").rstrip(" .:")


def style_problems(css: str, folder: Path, file: str, first_line: int = 1) -> Iterator[Problem]:
    """What WeasyPrint would ignore in a style sheet (warnings), and what it names that it may not have (errors)."""
    lines = css.splitlines()
    for line, column, code, message in style_faults(css, folder):
        source = lines[line - 1] if line <= len(lines) else ""
        severity: Severity = "warning" if code == "T140" else "error"
        yield Problem(file, code, message, first_line + line - 1, column, source=source, severity=severity)


def style_faults(css: str, folder: Path) -> Iterator[tuple[int, int, str, str]]:
    """The line, column, code and message of each fault of a style sheet."""
    assets = Assets(folder)
    with listening() as heard:
        CSS(string=css, base_url=HERE, url_fetcher=assets)
    for address in _ADDRESS.findall(_COMMENT.sub("", css)):
        with suppress(RefusedError, OSError, ValueError):
            assets.fetch(urljoin(HERE, address))
    for url, message in assets.refused.items():
        named = (number for number, line in enumerate(css.splitlines(), 1) if url.removeprefix(HERE) in line)
        yield next(named, 1), 0, "T120", message
    for record in heard:
        place = _PLACE.search(record.getMessage())
        if place and record.levelno == logging.WARNING:
            yield int(place[1]), int(place[2]), "T140", _PLACE.sub("", in_words(record), count=1)
