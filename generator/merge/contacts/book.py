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
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.escape import unescape

from generator.customs import Plain
from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.merge.contacts.header import letters
from generator.merge.contacts.text import clean
from generator.recipients import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What openpyxl raises for a file that is damaged, encrypted, or no workbook at all.
_DAMAGE = (
    OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError,
    SyntaxError, ArithmeticError, BadZipFile, zlib.error,
)  # fmt: skip
_LARGEST = 1_000_000_000  # bytes, unpacked
#: How many rows of a further sheet tell whether it has a table.
LOOKED_AT = 20
#: What stands in a number format besides the codes: a language, a text.
_ASIDE = re.compile(r'\[[^\]]*\]|"[^"]*"|\\.')
_ZEROS = re.compile(r"(0+)(?:\\?-(0+))?")
#: A formula's cell as files have it that no spreadsheet program ever worked out.
#: A text that came out empty is none of these.
_NEVER_WORKED_OUT = re.compile(
    rb'<c (?![^>]*\bt="str")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>\s*<f[ >/][^<]*(?:</f>)?\s*(?:<v\s*/>|<v></v>|</c>)'
)


def rows_of(content: bytes, file: str, sheet: str = "") -> tuple[list[Row], list[Problem]]:
    """The rows of a sheet (default: the first) that are not empty. Raises Faults, and Misuse for no such sheet."""
    problems: list[Problem] = []
    try:
        check(content)
        with warnings.catch_warnings(action="ignore"):  # openpyxl warns of what it leaves out
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
            titles = [one.title for one in book.worksheets]
            if sheet and sheet not in titles:
                hint = did_you_mean(sheet, titles) or f"there are {', '.join(titles)}"
                message = f"{file} has no sheet '{sheet}' ({hint})"
                raise Misuse(message)
            chosen = book[sheet or titles[0]]
            rows = list(read(chosen, file, problems, never_worked_out(content, chosen)))
            others = [] if sheet else [one.title for one in book.worksheets[1:] if has_table(one)]
    except _DAMAGE as error:
        hint = "open it in Excel or LibreOffice and save it again as .xlsx, without a password"
        raise Faults([Problem(file, "M501", f"is not a workbook that can be read ({error})", hint=hint)]) from error
    if others:
        tables = ", ".join(f"'{title}'" for title in others)
        message = f"only its first sheet was read, '{titles[0]}'; there is a table in {tables} too"
        hint = f'--data "{file}#{others[0]}" reads that one'
        problems.append(Problem(file, "M511", message, hint=hint, severity="warning"))
    width = max((len(row.cells) for row in rows), default=0)
    return [replace(row, cells=row.cells + ("",) * (width - len(row.cells))) for row in rows], problems


def check(content: bytes) -> None:
    """Raise ValueError for a package that would not fit into memory."""
    with ZipFile(BytesIO(content)) as package:
        if sum(member.file_size for member in package.infolist()) > _LARGEST:
            message = "it is too large"
            raise ValueError(message)


def never_worked_out(content: bytes, sheet: Any) -> dict[int, str]:  # noqa: ANN401 -- openpyxl has two kinds of sheets
    """Row → the first of its formulas whose value is not in the file."""
    with ZipFile(BytesIO(content)) as package:
        found = _NEVER_WORKED_OUT.findall(package.read(sheet._worksheet_path))  # noqa: SLF001 -- told nowhere else
    return {int(line): f"{column.decode()}{int(line)}" for column, line in reversed(found)}


def has_table(sheet: Any) -> bool:  # noqa: ANN401 -- openpyxl has two kinds of sheets
    """Whether a sheet that people see has, near its top, a row with two filled cells at least."""
    if sheet.sheet_state != "visible":
        return False
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=LOOKED_AT, values_only=True)
    return any(sum(value is not None for value in row) > 1 for row in rows)


def read(sheet: Any, file: str, problems: list[Problem], never: Mapping[int, str]) -> Iterator[Row]:  # noqa: ANN401 -- as above
    """The rows as texts; one in which a formula failed, or was never worked out, is a problem. Raises Faults."""
    sheet.reset_dimensions()  # another program may have left them wrong
    is_header = True
    for line, cells in enumerate(sheet.iter_rows(), 1):
        filled = [cell for cell in cells if cell.value is not None]
        if line in never:
            message = f"the formula in {never[line]} was never worked out"
            hint = "a program wrote the workbook: open it in Excel or LibreOffice and save it"
            problems.append(Problem(file, "M509", message, line, hint=hint))
            if is_header:
                raise Faults(problems)
            continue
        if not filled:
            continue
        failed = next((cell for cell in filled if cell.data_type == "e"), None)
        if failed:
            where = f"{letters(failed.column - 1)}{line}"
            problems.append(Problem(file, "M510", f"the formula in {where} gives {failed.value}", line))
            continue
        texts = {cell.column: text_of(cell.value, cell.number_format) for cell in filled}
        if any(texts.values()):
            is_header = False
            yield Row(line, tuple(texts.get(column, "") for column in range(1, max(texts) + 1)))


def text_of(value: object, form: str = "General") -> str:
    """A value as text: days as 2026-12-01, figures plain ("1410", "0.5"), zeros in front where the format has them.

    A time of day that the format does not show stays hidden.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return figure(value, form)
    if isinstance(value, datetime):
        day_alone = value.time() == time() or is_datetime(_ASIDE.sub("", form)) == "date"
        return Plain(value.date().isoformat() if day_alone else f"{value:%Y-%m-%d %H:%M}")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return clean(unescape(str(value)))


def figure(value: float, form: str) -> Plain:
    """A number in plain digits; with a format that is all zeros, such as a postal code's, with as many as that asks."""
    zeros = _ZEROS.fullmatch(form)
    if zeros and value == int(value) >= 0:
        digits = f"{int(value):0{len(zeros[1]) + len(zeros[2] or '')}}"
        cut = len(digits) - len(zeros[2] or "")
        return Plain(f"{digits[:cut]}-{digits[cut:]}" if zeros[2] else digits)
    if value == int(value):
        return Plain(int(value))
    return Plain(f"{Decimal(f'{value:.15g}'):f}")
