"""A workbook as plain values: whatever another program or a mishap made of the file, it is read or refused."""

from __future__ import annotations

import re
import warnings
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import openpyxl
from openpyxl.utils.escape import unescape

#: What openpyxl raises for a file that is damaged, encrypted, or no workbook at all.
_DAMAGE = (
    OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError,
    SyntaxError, ArithmeticError, BadZipFile, zlib.error,
)  # fmt: skip
_LARGEST = 50_000_000  # bytes, unpacked
_LINE_END = re.compile(r"\r\n?")
_UNSEEN = re.compile(  # no program shows them
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)
#: What is not among the values: kind → the parts of the package where it is, and how it begins there.
_PARTS = {
    "comment": (re.compile(r"/(?:threaded)?comments?\d*\.xml$", re.IGNORECASE), re.compile(rb"<(?:\w+:)?comment[\s>]")),
    "picture or shape": (
        re.compile(r"/drawings/[^/]+\.xml$"),
        re.compile(rb"<(?:\w+:)?(?:twoCell|oneCell|absolute)Anchor"),
    ),
}

#: Row number → column number → value, without what is empty.
Cells = Mapping[int, Mapping[int, Any]]


class UnreadableError(Exception):
    """The file is not a routing slip that can be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, as its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Book:
    """The cells of each sheet by its title, in order; `epoch` is the day from which days are counted.

    `extras` counts comments, and pictures and shapes.
    """

    sheets: Mapping[str, Cells]
    epoch: datetime
    extras: Mapping[str, int]


def book_of(content: bytes, *, results: bool = False) -> Book:
    """Read a workbook; `results` gives those of formulas instead of the formulas. Raises UnreadableError."""
    try:
        extras = parts_of(content)
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of what it leaves out
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=results, keep_links=False)
            sheets: dict[str, Cells] = {title: {} for title in book.sheetnames}
            return Book(sheets | {sheet.title: cells_of(sheet) for sheet in book.worksheets}, book.epoch, extras)
    except _DAMAGE as error:
        message = f"it is not a workbook that can be read ({error})"
        raise UnreadableError(message) from error


def parts_of(content: bytes) -> Mapping[str, int]:
    """How many comments, and how many pictures and shapes, a workbook holds."""
    with ZipFile(BytesIO(content)) as package:
        members = package.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > _LARGEST or any(member.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for member in members):
            message = "it is larger than a slip can be, or packed in an unusual way"
            raise UnreadableError(message)
        counts: Counter[str] = Counter()
        for member in members:
            for kind, (name, element) in _PARTS.items():
                if name.search(member.filename):
                    counts[kind] += len(element.findall(package.read(member)))
    return counts


def cells_of(sheet: Any) -> Cells:  # noqa: ANN401 -- openpyxl has two kinds of sheets, and types for one
    """The cells of a sheet in which something can be seen."""
    sheet.reset_dimensions()  # another program may have left them wrong
    rows = ([cell for cell in row if cell.value is not None] for row in sheet.iter_rows())
    found = {row[0].row: {cell.column: value_of(cell) for cell in row} for row in rows if row}
    return {
        number: seen
        for number, row in found.items()
        if (seen := {column: value for column, value in row.items() if value is not None})
    }


def value_of(cell: Any) -> Any:  # noqa: ANN401 -- openpyxl's cells, and whatever they hold
    """A cell's value without what only formats it; None for one that shows nothing."""
    value = cell.value
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value)))
    if isinstance(value, str):
        text = _UNSEEN.sub("", _LINE_END.sub("\n", unescape(value)))
        return text if text.strip() else None
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, time | timedelta):
        return str(value)
    return value
