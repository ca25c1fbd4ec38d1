"""Contacts: a spreadsheet of recipients, CSV or Excel, becomes rows of texts under names that templates can use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import Faults, Misuse, Problem
from generator.merge.contacts.header import named

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from generator.recipients import Table

LARGEST_FILE = 100_000_000  # bytes
BOOKS = {".xlsx", ".xlsm"}
TEXTS = {".csv", ".tsv", ".tab", ".txt"}


def read(source: str, mapping: Mapping[str, str], encoding: str = "", taken: Collection[str] = ()) -> Table:
    """Read a spreadsheet; `source` is its path, for a workbook also `PATH#Sheet` (default: the first sheet).

    `mapping` has the names that columns get, by what the header calls them; `encoding` overrules what a text file
    looks like; `taken` are names that no column can have. Raises Faults where it cannot be read at all, and Misuse.
    """
    path, sheet = located(source)
    suffix = path.suffix.lower()
    if suffix not in BOOKS | TEXTS:
        message = f"{path} is neither a .csv nor an .xlsx file (save it as one of these)"
        raise Misuse(message)
    if suffix in TEXTS and sheet:
        message = f"{path} has no sheets, so '#{sheet}' means nothing"
        raise Misuse(message)
    content = content_of(path)
    if suffix in BOOKS:
        from generator.merge.contacts.book import rows_of  # noqa: PLC0415 -- openpyxl is slow to import

        rows, problems = rows_of(content, str(path), sheet)
    else:
        from generator.merge.contacts.text import rows_of as lines_of  # noqa: PLC0415 -- as above, charset-normalizer

        rows, problems = lines_of(content, str(path), encoding)
    return named(str(path), rows, problems, mapping, taken)


def located(source: str) -> tuple[Path, str]:
    """The file and the sheet that are meant. Raises Misuse where there is no such file."""
    name, _, sheet = source.rpartition("#")
    for path, title in ((Path(source), ""), (Path(name or source), sheet)):
        if path.is_file():
            return path, title
    message = f"there is no file {source}"
    raise Misuse(message)


def content_of(path: Path) -> bytes:
    """The file's bytes. Raises Faults."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Faults([Problem(str(path), "M501", f"is larger than {LARGEST_FILE // 1_000_000} MB")])
        return path.read_bytes()
    except OSError as error:
        raise Faults([Problem(str(path), "M501", f"cannot be read: {error.strerror}")]) from error
