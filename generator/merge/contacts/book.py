"""Workbooks as rows of texts: each cell as a person sees it there, but for how figures are dressed up."""

from __future__ import annotations

import re
import warnings
import zlib
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.utils.escape import unescape

from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.merge.contacts.header import letters
from generator.merge.contacts.text import clean
from generator.recipients import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What openpyxl raises for a file that is damaged, encrypted, or no workbook at all.
_DAMAGE = (
    OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError,
    SyntaxError, ArithmeticError, BadZipFile, zlib.error,
)  # fmt: skip
_LARGEST = 1_000_000_000  # bytes, unpacked
_ZEROS = re.compile(r"(0+)(?:\\?-(0+))?")
#: A formula's cell as files have it that no spreadsheet program ever worked out.
#: A text that came out empty is none of these.
_NEVER_WORKED_OUT = re.compile(rb'<c (?![^>]*\bt="str")[^>]*>\s*<f[ >/][^<]*(?:</f>)?\s*(?:<v\s*/>|<v></v>|</c>)')


def rows_of(content: bytes, file: str, sheet: str = "") -> tuple[list[Row], list[Problem]]:
    """The rows of a sheet (default: the first) that are not empty. Raises Faults, and Misuse for no such sheet."""
    problems: list[Problem] = []
    try:
        uncounted = checked(content)
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of what it leaves out
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            titles = [one.title for one in book.worksheets]
            if sheet and sheet not in titles:
                hint = did_you_mean(sheet, titles) or f"there are {', '.join(titles)}"
                message = f"{file} has no sheet '{sheet}' ({hint})"
                raise Misuse(message)
            rows = list(read(book[sheet or titles[0]], file, problems))
    except _DAMAGE as error:
        hint = "open it in Excel or LibreOffice and save it again as .xlsx, without a password"
        raise Faults([Problem(file, "M501", f"is not a workbook that can be read ({error})", hint=hint)]) from error
    if uncounted:
        message = "holds formulas that were never worked out, so their cells are empty"
        hint = "open it in Excel or LibreOffice and save it"
        problems.append(Problem(file, "M509", message, hint=hint))
    width = max((len(row.cells) for row in rows), default=0)
    return [replace(row, cells=row.cells + ("",) * (width - len(row.cells))) for row in rows], problems


def checked(content: bytes) -> bool:
    """Whether any formula's value is missing. Raises ValueError for a package that would not fit into memory."""
    with ZipFile(BytesIO(content)) as package:
        members = package.infolist()
        if sum(member.file_size for member in members) > _LARGEST:
            message = "it is too large"
            raise ValueError(message)
        sheets = [one.filename for one in members if one.filename.startswith("xl/worksheets/sheet")]
        return any(_NEVER_WORKED_OUT.search(package.read(name)) for name in sheets)


def read(sheet: Any, file: str, problems: list[Problem]) -> Iterator[Row]:  # noqa: ANN401 -- openpyxl has two kinds of sheets
    """The rows as texts; one in which a formula failed is a problem."""
    sheet.reset_dimensions()  # another program may have left them wrong
    for cells in sheet.iter_rows():
        filled = [cell for cell in cells if cell.value is not None]
        if not filled:
            continue
        line = filled[0].row
        failed = next((cell for cell in filled if cell.data_type == "e"), None)
        if failed:
            where = f"{letters(failed.column - 1)}{line}"
            problems.append(Problem(file, "M510", f"the formula in {where} gives {failed.value}", line))
            continue
        texts = {cell.column: clean(text_of(cell.value, cell.number_format)) for cell in filled}
        if any(texts.values()):
            yield Row(line, tuple(texts.get(column, "") for column in range(1, max(texts) + 1)))


def text_of(value: object, form: str = "General") -> str:
    """A value as text: days as 2026-12-01, figures plain ("1410", "0.5"), zeros in front where the format has them."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return figure(value, form)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return unescape(str(value))


def figure(value: float, form: str) -> str:
    """A number in plain digits; with a format that is all zeros, such as a postal code's, with as many as that asks."""
    zeros = _ZEROS.fullmatch(form)
    if zeros and value == int(value) >= 0:
        digits = f"{int(value):0{len(zeros[1]) + len(zeros[2] or '')}}"
        cut = len(digits) - len(zeros[2] or "")
        return f"{digits[:cut]}-{digits[cut:]}" if zeros[2] else digits
    if value == int(value):
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"
