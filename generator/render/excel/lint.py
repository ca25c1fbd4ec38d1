"""Lint: formulas of an Excel template that a render fills in soundly, but hardly as they are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.errors import Problem
from generator.render.excel.formula import Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.render.excel.source import FormulaCell, Rowed


def warnings(file: str, rowed: Mapping[str, Rowed]) -> Iterator[Problem]:
    """Warnings of formulas outside a loop that calculate with one cell of its rows where a list is meant.

    `SUM(B3)` means every turn; `SUM(B3*2)` is the first turn's alone.
    """
    for sheet, one in rowed.items():
        for cell in one.formulas:
            for piece in cell.formula:
                if isinstance(piece, Reference) and _means_more(piece, cell, sheet, rowed):
                    message = f"calculates with one cell of a repeated row, {piece.text}, inside {piece.within}"
                    hint = (
                        "that is the first turn's alone: calculate in a column of the row, and name its cell alone here"
                    )
                    place = f"{sheet}!{cell.column}{cell.row}"
                    yield Problem(file, "T314", message, place=place, hint=hint, severity="warning")


def _means_more(piece: Reference, cell: FormulaCell, sheet: str, rowed: Mapping[str, Rowed]) -> bool:
    """Whether a cell, calculated with in a function's list, is one of a loop that the formula is not in."""
    if not piece.within or not piece.single or piece.sheet not in rowed:
        return False
    row, layout = piece.span.top, rowed[piece.sheet].layout
    loops = {at for at in layout.chain(row, row) if layout.blocks[at].repeats}
    own = set(layout.chain(cell.row, cell.row)) if piece.sheet == sheet else set()
    return bool(loops - own)
