"""One cell of a loop named in a formula: where a function takes a list it means every turn, elsewhere the first."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.xlsx_making import template

if TYPE_CHECKING:
    from pathlib import Path

#: As written in the template, below a loop whose only row is 3, and as it stands below four turns, rows 2 to 5.
GROWING = {
    "SUM(B3)": "SUM(B2:B5)",
    "SUM(1, B3 ,$B$3)": "SUM(1, B2:B5 ,$B$2:$B$5)",
    "COUNT(Slip!B3)": "COUNT(Slip!B2:B5)",
    "COUNTIF(B3,5)": "COUNTIF(B2:B5,5)",
    "SUMIF(A3,5,B3)": "SUMIF(A2:A5,5,B2:B5)",
    "SUMIFS(B3,A3,5,C3,6)": "SUMIFS(B2:B5,A2:A5,5,C2:C5,6)",
    "COUNTIFS(A3,5,C3,6)": "COUNTIFS(A2:A5,5,C2:C5,6)",
    "_xlfn.MAXIFS(B3,A3,5)": "_xlfn.MAXIFS(B2:B5,A2:A5,5)",
    "SUBTOTAL(9,B3)": "SUBTOTAL(9,B2:B5)",
    "AGGREGATE(9,4,B3)": "AGGREGATE(9,4,B2:B5)",
    'TEXTJOIN(", ",TRUE,A3)': 'TEXTJOIN(", ",TRUE,A2:A5)',
    "NPV(7,B3)": "NPV(7,B2:B5)",
    "_xlfn.STDEV.S(B3)": "_xlfn.STDEV.S(B2:B5)",
    "INDEX(A3,MATCH(9,B3,0))": "INDEX(A2:A5,MATCH(9,B2:B5,0))",
    "SUM(IF(A1>0,1,2),B3)": "SUM(IF(A1>0,1,2),B2:B5)",
    "SUMPRODUCT((A3>1)*B3)": "SUMPRODUCT((A2:A5>1)*B2:B5)",
    "_xlfn._xlws.FILTER(A3,B3>1)": "_xlfn._xlws.FILTER(A2:A5,B2:B5>1)",
    "SUMPRODUCT(ROUND(A3*B3,2))": "SUMPRODUCT(ROUND(A2:A5*B2:B5,2))",
}
STAYING = {
    "B3*2": "B2*2",
    "COUNTIF(B6:B9,B3)": "COUNTIF(B7:B10,B2)",
    "COUNTIF(B3,B3)": "COUNTIF(B2:B5,B2)",
    "COUNTIFS(A3,A3,C3,C3)": "COUNTIFS(A2:A5,A2,C2:C5,C2)",
    "SUMIF(A3,A3,B3)": "SUMIF(A2:A5,A2,B2:B5)",
    "SUMIFS(B3,A3,A3,C3,C3)": "SUMIFS(B2:B5,A2:A5,A2,C2:C5,C2)",
    "AVERAGEIF(A3,A3,B3)": "AVERAGEIF(A2:A5,A2,B2:B5)",
    "LARGE(B3,B3)": "LARGE(B2:B5,B2)",
    "SMALL(B3,A3)": "SMALL(B2:B5,A2)",
    "RANK(B3,B3,C3)": "RANK(B2,B2:B5,C2)",
    "PERCENTILE(B3,A3)": "PERCENTILE(B2:B5,A2)",
    "INDEX(A3,B3)": "INDEX(A2:A5,B2)",
    "INDEX(A6:A9,B3)": "INDEX(A7:A10,B2)",
    "VLOOKUP(A3,A6:B9,2,0)": "VLOOKUP(A2,A7:B10,2,0)",
    "IF(B3>1,B3,C3)": "IF(B2>1,B2,C2)",
    "IF(SUM(B3)>1,B3,C3)": "IF(SUM(B2:B5)>1,B2,C2)",
    "SUBTOTAL(A3,B3)": "SUBTOTAL(A2,B2:B5)",
    "TEXTJOIN(A3,B3,C3)": "TEXTJOIN(A2,B2,C2:C5)",
    "NPV(A3,B3)": "NPV(A2,B2:B5)",
    "ROUND(B3,A3)": "ROUND(B2,A2)",
    'CONCATENATE(A3," and ",B3)': 'CONCATENATE(A2," and ",B2)',
    "SUM(B3*2)": "SUM(B2*2)",
    "SUM(-B3,A3)": "SUM(-B2,A2:A5)",
    "AND(B3>1,A3)": "AND(B2>1,A2:A5)",
    "SUM(ABS(B3))": "SUM(ABS(B2))",
    "SUMPRODUCT(INDEX(B6:B9,1):B3)": "SUMPRODUCT(INDEX(B7:B10,1):B2)",
    "SUM(INDEX(B6:B9,1):B3)": "SUM(INDEX(B7:B10,1):B2)",
}


def seen(folder: Path, formula: str, place: str = "D6") -> str:
    """A formula below the loop (or in `place`), as it stands after four turns."""
    cells = {"A1": 1, "A2": "{%tr for x in xs %}", "A3": "{{ x }}", "B3": "{{ x }}", "A4": "{%tr endfor %}"}
    content = template(folder, {**cells, place: f"={formula}"}).render({"xs": range(4)})
    page = openpyxl.load_workbook(io.BytesIO(content))["Slip"]
    column = page[place[0]]
    found = next(cell.value for cell in reversed(column) if cell.value)
    return str(getattr(found, "text", found))[1:]


@pytest.mark.parametrize("formula", GROWING)
def test_an_argument_that_is_a_list_means_every_turn(tmp_path: Path, formula: str) -> None:
    assert seen(tmp_path, formula) == GROWING[formula]


@pytest.mark.parametrize("formula", STAYING)
def test_a_criterion_a_position_or_an_operand_means_the_first_turn(tmp_path: Path, formula: str) -> None:
    assert seen(tmp_path, formula) == STAYING[formula]


#: Formula below the loop → the functions that a cell of it is calculated with in, where a list is meant.
WARNED = {
    "SUM(B3*2)": ["SUM"],
    "SUM(-B3,A3)": ["SUM"],
    "SUM(ABS(B3))": ["SUM"],
    "SUM((B3)*(1+A1))": ["SUM"],
    "_xlfn.STDEV.S(1+B3)": ["STDEV"],
    "SUM(B3*2)+MAX(1,Slip!$A$3+1)": ["MAX", "SUM"],
    "SUM(SUMIF(A3,A3,B3))": [],
    **{formula: [] for formula in STAYING if "SUM(" not in formula and "AND(" not in formula},
    **{formula: [] for formula in GROWING if "IF(" not in formula},
    "SUM(B2:B4*2)": [],
    "SUM(B6*2)": [],
}


def told(folder: Path, formula: str, place: str, tag: str = "for x in xs") -> list[str]:
    """The functions that `problems` warns of in a formula."""
    word, _, _ = tag.partition(" ")
    cells = {"A2": f"{{%tr {tag} %}}", "A3": 1, "B3": 2, "A4": f"{{%tr end{word} %}}", place: f"={formula}"}
    found = template(folder, cells).problems({"xs": list[int]})
    assert {(one.code, one.severity, one.place) for one in found} <= {("T314", "warning", f"Slip!{place}")}
    return sorted(one.message.rpartition(" ")[2] for one in found)


@pytest.mark.parametrize("formula", WARNED)
def test_a_formula_that_is_the_first_turns_alone_is_warned_of(tmp_path: Path, formula: str) -> None:
    assert told(tmp_path, formula, "D6") == WARNED[formula]


def test_in_the_loops_own_rows_and_where_nothing_is_repeated_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert told(tmp_path, "SUM(B3*2)", "D3") == []
    assert told(tmp_path, "SUM(B3*2)", "D6", tag="if xs") == []


def test_within_the_loop_a_cell_is_that_of_its_own_turn(tmp_path: Path) -> None:
    assert seen(tmp_path, "RANK(B3,B$3:B$3)+COUNTIF($B$3,B3)", place="D3") == "RANK(B5,B$2:B$5)+COUNTIF($B$2:$B$5,B5)"


def test_a_criterion_from_the_loop_is_worked_out(tmp_path: Path) -> None:
    cells = {"A2": "{%tr for x in xs %}", "A3": "{{ x }}", "A4": "{%tr endfor %}", "A5": "=COUNTIF(A3,A3)"}
    content = template(tmp_path, cells).render({"xs": [7, 8, 7]})
    page = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Slip"]
    assert page["A5"].value == 2
