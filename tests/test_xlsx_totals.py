"""Totals beside long lists: running ones look at each row once, exact to the last digit."""

from __future__ import annotations

import io
import math
import random
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from generator.render.excel.column import Column, units
from tests.xlsx_making import template

if TYPE_CHECKING:
    from pathlib import Path

LOOP = {"A1": "{%tr for x in xs %}", "C2": "{{ x }}", "A3": "{%tr endfor %}"}


def shown(folder: Path, cells: dict[str, Any], xs: list[Any]) -> Any:
    content = template(folder, LOOP | cells).render({"xs": xs})
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Slip"]


def test_running_totals_of_any_kind_are_exact(tmp_path: Path) -> None:
    chance = random.Random(1)
    xs = [chance.choice([chance.uniform(-1e9, 1e9), chance.random() / 1e9, "text", True, None]) for _ in range(300)]
    cells = {
        "D2": "=SUM(C$2:C2)",
        "E2": "=SUM(C2:C$2)",
        "F2": "=SUM($C$2:$C$2)-SUM(C$2:C2)",
        "G2": "=SUM(B$2:C2,1)",
        "H2": "=COUNT(C$2:C2)",
        "I2": "=MAX(C$2:C2)",
    }
    page = shown(tmp_path, cells, xs)
    numbers = [x if isinstance(x, float) else 0.0 for x in xs]
    whole = math.fsum(numbers)
    for row in range(1, 301):
        total = math.fsum(numbers[:row])
        assert page[f"D{row}"].value == total
        assert page[f"E{row}"].value == math.fsum(numbers[row - 1 :])
        assert page[f"F{row}"].value == pytest.approx(whole - total, abs=1e-6)
        assert page[f"G{row}"].value == math.fsum([*numbers[:row], 1])
        assert page[f"H{row}"].value == sum(isinstance(x, float) for x in xs[:row])
        assert page[f"I{row}"].value == max((x for x in xs[:row] if isinstance(x, float)), default=0)


def test_a_total_may_need_totals_further_down_its_own_column(tmp_path: Path) -> None:
    cells = {"D2": "=C2+SUM(D$3:D$3)", "D5": "=SUM(E5:E7)", "E5": "=E6+1", "E6": "=SUM(E7:E8)", "E7": 2, "E8": 3}
    page = shown(tmp_path, cells, [])
    assert (page["D2"].value, page["E2"].value, page["E3"].value) == (13, 6, 5)


def test_a_list_asked_for_in_pieces_never_asks_for_cells_between(tmp_path: Path) -> None:
    cells = {"F5": 1, "F6": "=NOW()", "F7": 3, "G5": "=SUM(F5:F5)", "G6": "=SUM(F7:F7)", "G7": "=SUM(F5:F7)"}
    page = shown(tmp_path, cells, [])
    assert [page[f"G{row}"].value for row in (2, 3, 4)] == [1, 3, None]


def test_a_total_beyond_all_numbers_is_left_to_the_spreadsheet_program(tmp_path: Path) -> None:
    cells = {"F5": 1.5e308, "F6": 1.5e308, "G5": "=SUM(F5:F6)", "G6": "=F5*2", "G7": "=G6-G6", "G8": "=F5/2"}
    page = shown(tmp_path, cells, [])
    assert [page[f"G{row}"].value for row in (2, 3, 4, 5)] == [None, None, None, 7.5e307]


def test_every_row_is_looked_at_once_however_many_totals_run_over_it() -> None:
    asked: list[int] = []
    column = Column(2)
    for bottom in [*range(2, 2002), *range(2001, 1, -1)]:
        column.reach(bottom, lambda row: asked.append(row) or 0.1)  # type: ignore[func-returns-value]
        assert column.units(2, bottom) == (bottom - 1) * units(0.1)
    assert asked == list(range(2, 2002))
