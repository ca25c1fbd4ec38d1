"""Finished documents read back, each by a library that had no part in making it."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import docx
import openpyxl
import pypdfium2
from docx.text.paragraph import Paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement

_MONEY = re.compile(r"(?<![\w.])\$(\d[\d,]*\.\d\d)(?!\d)")


def text_of(path: Path) -> str:
    """All that a reader sees, with white space folded; cells and paragraphs are divided by a blank."""
    pieces = {".pdf": _pdf, ".docx": _docx, ".xlsx": _xlsx}[path.suffix](path)
    return " ".join(" ".join(pieces).split())


def amounts_in(text: str) -> list[Decimal]:
    """Every amount in dollars and cents, in reading order."""
    return [Decimal(found.replace(",", "")) for found in _MONEY.findall(text)]


def pages_of(path: Path) -> list[str]:
    """The text of each page of a PDF."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [page.get_textpage().get_text_range() for page in pdf]


def cells_of(path: Path) -> dict[str, object]:
    """Every value of the first sheet by its cell's name; formulas as their text."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def paragraphs_of(path: Path) -> list[str]:
    """The text of each paragraph in the body of a Word file, those in tables too."""
    return [text for text in _paragraphs(docx.Document(str(path)).element.body) if text.strip()]


def _pdf(path: Path) -> Iterator[str]:
    for text in pages_of(path):
        # a soft hyphen at a line's end is how the reader marks a word that was broken
        yield text.replace("\ufffe\r\n", "").replace("\r\n", " ")


def _docx(path: Path) -> Iterator[str]:
    document: Document = docx.Document(str(path))
    yield from _paragraphs(document.element.body)
    for section in document.sections:
        for part in (section.header, section.footer, section.first_page_header, section.first_page_footer):
            yield from _paragraphs(part._element)


def _paragraphs(element: BaseOxmlElement) -> Iterator[str]:
    for paragraph in element.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p"):
        yield Paragraph(paragraph, None).text  # type: ignore[arg-type]  # a parent is only asked for styles


def _xlsx(path: Path) -> Iterator[str]:
    for value in cells_of(path).values():
        if isinstance(value, datetime | date):
            yield f"{value:%B} {value.day}, {value.year}"
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield f"${Decimal(str(value)):,.2f} {value}"
        else:
            yield str(value)
