"""One sheet: its compiled rows filled in and numbered, and what stands around the rows brought along."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import escape

from generator.render.excel.cells import DATED
from generator.render.excel.formula import written
from generator.render.excel.rows import Here, Rows
from generator.render.excel.source import END, FORMULA, NOTE, NUMBER, ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from generator.render.excel.source import FormulaCell, Rowed

_FORMULA = re.compile(f"{FORMULA}([0-9]+){END}")
_NOTE = re.compile(f"{NOTE}([0-9]+){END}([^{END}]*){END}")

#: The value that a formula's cell shows: number, text, truth or None for "not known", by sheet, column and row.
Shown = float | str | bool | None


@dataclass(slots=True)
class Filled:
    """A sheet's rows filled in: where they stand, and each finished row as (template row, number, markup).

    `dated`: a cell took a style for dates. `signature`: the same for two fillings whose rows stand alike.
    """

    rows: Rows
    texts: list[tuple[int, int, str]]
    notes: dict[tuple[str, int], str] = field(default_factory=dict)
    dated: bool = False
    signature: str = ""


def filled(rowed: Rowed, output: str) -> Filled:
    """Number the rows that the template put out."""
    rows = Rows(rowed.layout)
    made = Filled(rows, [], dated=DATED in output)
    if made.dated:
        output = output.replace(DATED, "")
    tables = list(rowed.layout.tables)
    heads = []
    for chunk in output.split(ROW)[1:]:
        head, _, text = chunk.partition(END)
        heads.append(head)
        if head[0] == "b":
            rows.begin(int(head[1:]))
            continue
        row = int(head)
        while tables and row > tables[0][1]:
            _keep_one(rows, *tables.pop(0))
        number = rows.add(row)
        if NOTE in text:
            text = _take_notes(made, number, text)
        if text:
            made.texts.append((row, number, text.replace(NUMBER, str(number))))
    for table in tables:
        _keep_one(rows, *table)
    made.signature = ",".join(heads)
    return made


def _keep_one(rows: Rows, first: int, last: int) -> None:
    """A table without any row is a broken workbook: an empty list leaves it an empty one."""
    if rows.gone(first, last):
        rows.keep(first)


def _take_notes(made: Filled, number: int, text: str) -> str:
    for note in _NOTE.finditer(text):
        made.notes[note[1], number] = note[2]
    return _NOTE.sub("", text)


def finished(
    filled_in: Filled, rowed: Rowed, sheet: str, rows: Mapping[str, Rows], shown: Callable[[str, str, int], Shown]
) -> str:
    """The markup of all rows, with every formula where its cells now stand, and the value that it shows."""
    if not rowed.formulas:
        return "".join(text for _, _, text in filled_in.texts)
    made = []
    for row, number, text in filled_in.texts:
        if FORMULA in text:
            here = Here(row, number)
            pieces = _FORMULA.split(text)
            for index in range(1, len(pieces), 2):
                cell = rowed.formulas[int(pieces[index])]
                pieces[index] = _formula_cell(cell, here, sheet, rows, shown(sheet, cell.column, number))
            text = "".join(pieces)  # noqa: PLW2901 -- the finished row
        made.append(text)
    return "".join(made)


def _formula_cell(cell: FormulaCell, here: Here, sheet: str, rows: Mapping[str, Rows], shown: Shown) -> str:
    text = escape(written(cell.formula, rows, sheet, here))
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in _moved(cell, here, rows[sheet]))
    kind, value = _shown(shown)
    return f"{kind}><f{attributes}>{text}</f>{value}</c>"


def _moved(cell: FormulaCell, here: Here, rows: Rows) -> Iterable[tuple[str, str]]:
    """The attributes of `<f>`, an array's range where it now stands."""
    for name, value in cell.attributes.items():
        if name == "ref":
            left, _, right = value.partition(":")
            bottom = int(re.sub("[A-Z]", "", right or left))
            height = (rows.images_of(cell.row, bottom, *rows.around(cell.row, bottom, here)) or (0, 0))[1] - here.now
            ends = f":{re.sub('[0-9]', '', right)}{here.now + max(height, 0)}" if right else ""
            yield name, f"{re.sub('[0-9]', '', left)}{here.now}{ends}"
        else:
            yield name, value


def _shown(value: Shown) -> tuple[str, str]:
    """A cell's type and its value, as markup."""
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return ' t="b"', f"<v>{int(value)}</v>"
    if isinstance(value, str):
        return (
            ' t="str"',
            f'<v xml:space="preserve">{escape(value)}</v>' if value != value.strip() else f"<v>{escape(value)}</v>",
        )
    return "", f"<v>{value!r}</v>" if value % 1 else f"<v>{int(value)}</v>"
