"""The header of a spreadsheet: what each column is called there becomes a name that templates can use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.recipients import Row, Table, is_name, kinds_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: A figure or a day; a year alone may well be a column's name.
_FIGURE = re.compile(r"(?!(?:19|20)\d\d$)[-+]?[\d.,/: -]*\d[\d.,/: -]*")


def named(
    file: str, rows: Sequence[Row], problems: list[Problem], mapping: Mapping[str, str], taken: Collection[str]
) -> Table:
    """The table of rows whose first is the header. Raises Faults where that is none, and Misuse for the mapping."""
    if not rows:
        raise Faults([*problems, Problem(file, "M505", "is empty: the first row has the names of the columns")])
    header, *rest = rows
    if looks_like_data(header.cells):
        hint = "put a row above it that names the columns, such as Name, Company, E-mail"
        raise Faults(
            [*problems, Problem(file, "M505", "the first row is no header but a record", header.line, hint=hint)]
        )
    cells, rest = trimmed(header.cells, rest)
    used = {at for row in rest for at, cell in enumerate(row.cells) if cell}
    names, warnings = names_of(file, replace(header, cells=cells), used, mapping, taken)
    sound = [row for row in (evened(file, row, len(cells), problems) for row in rest) if row]
    return Table(file, cells, names, tuple(sound), (*problems, *warnings), kinds_of(names))


def looks_like_data(cells: Sequence[str]) -> bool:
    """Whether a first row is a record: an e-mail address names no column, nor do figures in most of them."""
    filled = [cell for cell in cells if cell]
    figures = sum(bool(_FIGURE.fullmatch(cell)) for cell in filled)
    return any(_ADDRESS.fullmatch(cell) for cell in filled) or 2 * figures > len(filled)


def trimmed(header: tuple[str, ...], rows: Sequence[Row]) -> tuple[tuple[str, ...], list[Row]]:
    """The header without the columns at its end that have no name and are empty in every row; the rows likewise."""
    used = max((at for at, cell in enumerate(header, 1) if cell), default=0)
    wide = len(header)
    filled = (at for row in rows for at, cell in enumerate(row.cells[:wide], 1) if cell and at > used)
    width = max(filled, default=used)
    return header[:width], [replace(row, cells=shortened(row.cells, width)) for row in rows]


def shortened(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """A row without the empty cells beyond a width."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end]


def evened(file: str, row: Row, width: int, problems: list[Problem]) -> Row | None:
    """A row with as many cells as the header; None, and a problem, for one that has more."""
    if len(row.cells) > width:
        message = f"the row has {len(row.cells)} cells, but the header names {width} columns"
        hint = "a cell that holds the separator is put in quotes"
        problems.append(Problem(file, "M506", message, row.line, hint=hint))
        return None
    if len(row.cells) < width:
        message = f"the row has {len(row.cells)} cells of {width}; the others are taken as empty"
        problems.append(Problem(file, "M507", message, row.line, severity="warning"))
    return replace(row, cells=row.cells + ("",) * (width - len(row.cells)))


def names_of(
    file: str, header: Row, filled: Collection[int], mapping: Mapping[str, str], taken: Collection[str]
) -> tuple[tuple[str, ...], list[Problem]]:
    """The name of each column, and a warning for each that had to be called otherwise. Raises Misuse.

    A column without a title in which nothing is `filled` has no name.
    """
    given = mapped(header.cells, mapping, taken)
    given |= {at: "" for at, title in enumerate(header.cells) if not title and at not in filled and at not in given}
    used = {name for name in given.values() if name} | set(taken)
    names: list[str] = []
    warnings: list[Problem] = []
    for at, title in enumerate(header.cells):
        name = given.get(at, name_of(title))
        if at not in given and (not name or name in used):
            name = f"{name or 'column'}_{letters(at)}"
            about = f"“{title}” is there twice, or its name is taken" if title else "has no name"
            message = f"column {letters(at)}: {about}; templates call it {name}"
            hint = f'--map "{letters(at)}=…" gives it another name'
            warnings.append(Problem(file, "M508", message, header.line, hint=hint, severity="warning"))
        used.add(name)
        names.append(name)
    return tuple(names), warnings


def mapped(header: Sequence[str], mapping: Mapping[str, str], taken: Collection[str]) -> dict[int, str]:
    """Column → the name that it is given. Raises Misuse for a column that is not there, and for no name."""
    given: dict[int, str] = {}
    for title, name in mapping.items():
        found = [at for at, one in enumerate(header) if title in {one, name_of(one), letters(at)}]
        exact = [at for at in found if header[at] == title] or found
        if not exact:
            known = [one for one in header if one]
            hint = did_you_mean(title, known) or f"there are {', '.join(known)}"
            message = f"there is no column '{title}' to map ({hint})"
            raise Misuse(message)
        if name and (not is_name(name) or name.partition(".")[0] in taken):
            message = f"'{name}' cannot be a value's name in templates (such as client.name; not {', '.join(taken)})"
            raise Misuse(message)
        if name and name in given.values():
            message = f"two columns are mapped to '{name}'"
            raise Misuse(message)
        given[exact[0]] = name
    return given


def name_of(title: str) -> str:
    """What templates call a column: its title with "_" for all that is no letter or digit; "" where nothing is left.

    A title that begins with a digit gets "M_" before it, as in Word.
    """
    words = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", title)).strip("_")
    name = f"M_{words}" if words[:1].isdigit() else words
    return name if is_name(name) or not name else f"{name}_"


def letters(at: int) -> str:
    """A column's letters as spreadsheets show them; `at` counts from 0."""
    made, at = "", at + 1
    while at:
        at, rest = divmod(at - 1, 26)
        made = chr(ord("A") + rest) + made
    return made
