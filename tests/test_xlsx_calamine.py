# ruff: noqa: ARG005 -- every check takes the same two arguments
"""The workbook that holds everything as python-calamine sees it: values, results, merged cells, tables, sheets.

Of the checks that openpyxl makes, those in `UNSEEN` no release of python-calamine can make: it reads no formats, row
heights, comments, links, validations, page settings, defined names or drawings, and of a formula the result alone.
"""

from __future__ import annotations

import io
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
import python_calamine
from openpyxl.utils import column_index_from_string

from tests.libreoffice import LIBREOFFICE
from tests.test_xlsx_conformance import (
    CLIENT,
    COUNTS,
    FEWEST_CHECKS,
    Check,
    all_checks,
    every,
    failed,
    recalculated,
    rendered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["recalculated", "rendered"]  # fixtures

UNSEEN = {
    "the template's format of a date", "amounts' format", "bold in every row", "row heights repeat",
    "row heights move", "no shared formula", "conditional format of the loop", "its formula",
    "conditional format below", "no format without cells", "validation of the loop", "validation below",
    "validation by another sheet", "autofilter", "print area", "repeated rows", "page breaks", "protection",
    "link inside", "link below", "comments inside", "comment below", "no other comments", "page orientation",
    "frozen panes", "chart's values", "chart forgets old values", "chart's title", "text box", "anchors move",
    "sparklines", "sparklines inside", "data bar's later part", "page header", "ignored errors",
    "no calculation chain", "comment boxes", "a sheet's own name", "size of the sheet",
    "unknown formulas are worked out on load",
}  # fmt: skip
#: Results that are left to the spreadsheet program: there is nothing to see before it has opened the workbook.
LEFT = {"an array formula", "defined name", "another sheet's range", "whole columns stay"}
SERIAL = (date(2026, 11, 16) - date(1899, 12, 30)).days


class Seen:
    """A workbook as calamine reads it."""

    def __init__(self, content: bytes) -> None:
        self.book = python_calamine.CalamineWorkbook.from_object(io.BytesIO(content), load_tables=True)
        self.page = self.book.get_sheet_by_name("Slip")
        self.rows = {name: self.rows_of(name) for name in self.book.sheet_names}
        self.merged = set(self.page.merged_cell_ranges or ())

    def rows_of(self, name: str) -> list[list[Any]]:
        return self.book.get_sheet_by_name(name).to_python(skip_empty_area=False)

    def __getitem__(self, place: str) -> Any:
        """A value of the sheet "Slip", or of the one before the `!`."""
        sheet, _, cell = place.rpartition("!")
        found = re.fullmatch("([A-Z]+)([0-9]+)", cell)
        assert found
        return self.rows[sheet or "Slip"][int(found[2]) - 1][column_index_from_string(found[1]) - 1]

    @property
    def table(self) -> Any:
        return self.book.get_table_by_name("Items")


def amounts(count: int) -> list[float]:
    return [i * 1.25 - 2 for i in range(count)]


def rounded(value: float, digits: str) -> float:
    return float(Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP))


def value_checks() -> Iterator[Check]:
    yield "text beside a tag", lambda s, n: s["A1"] == f"Slip of {CLIENT}"
    yield "a date is a date", lambda s, n: s["B1"] == date(2026, 11, 16)
    yield "a truth is a truth", lambda s, n: s["C1"] is True
    yield "nothing is an empty cell", lambda s, n: s["D1"] == ""
    yield "headings stay", lambda s, n: s.rows["Slip"][2][:3] == ["name", "amount", "due"]
    yield "later headings stay", lambda s, n: s.rows["Slip"][2][3:6] == ["double", "tag", "running"]
    yield "names of the rows", lambda s, n: every(n, lambda r, i: s[f"A{r}"] == f"item {i}")
    yield "amounts of the rows", lambda s, n: every(n, lambda r, i: s[f"B{r}"] == amounts(n)[i])
    yield "amounts are numbers", lambda s, n: every(n, lambda r, i: type(s[f"B{r}"]) is float)
    yield "dates of the rows", lambda s, n: every(n, lambda r, i: s[f"C{r}"] == date(2026, 1, 1 + i % 28))
    yield "tags of the rows", lambda s, n: every(n, lambda r, i: s[f"E{r}"] == ("odd" if i % 2 else "even"))
    yield "merged cells have the turn's number", lambda s, n: every(n, lambda r, i: s[f"I{r}"] == f"in {i + 1}")
    yield "a link's text in every row", lambda s, n: every(n, lambda r, i: s[f"K{r}"] == "list")
    yield "a link's text below", lambda s, n: s[f"K{6 + n}"] == "total"
    yield "a row below moves", lambda s, n: s[f"A{5 + n}"] == f"below {n}"
    yield "a merged text below", lambda s, n: s[f"A{8 + n}"] == "merged below"
    yield "a merged text around", lambda s, n: s["L4"] == "merged around"
    yield "an empty row stays", lambda s, n: set(s.rows["Slip"][1]) == {""}
    yield "no tag is left", lambda s, n: not any("{" in str(value) for value in all_values(s))
    yield "no broken reference", lambda s, n: not any(str(value).startswith("#") for value in all_values(s))
    yield "nothing stands below the end", lambda s, n: s.page.end[0] + 1 in {8 + n, 9 + n}
    yield "nothing stands beside the end", lambda s, n: s.page.end[1] == 11
    yield "the first cell is used", lambda s, n: s.page.start == (0, 0)


def result_checks() -> Iterator[Check]:
    yield "a formula above grows", lambda s, n: s["E1"] == f"{n} rows, {sum(amounts(n)):.15g}"
    yield "a formula above follows", lambda s, n: s["F1"] == 2 * sum(amounts(n))
    yield "a formula inside", lambda s, n: every(n, lambda r, i: s[f"D{r}"] == 2 * amounts(n)[i])
    yield "a running total", lambda s, n: every(n, lambda r, i: s[f"F{r}"] == sum(amounts(i + 1)))
    yield (
        "a fixed cell below, seen from inside",
        lambda s, n: every(n, lambda r, i: s[f"G{r}"] == ("big" if amounts(n)[i] >= sum(amounts(n)) / 10 else "small")),
    )
    yield "rounding", lambda s, n: every(n, lambda r, i: s[f"H{r}"] == rounded(amounts(n)[i] / 3, "0.01"))
    yield "a sum below grows", lambda s, n: s[f"B{6 + n}"] == sum(amounts(n))
    yield "a range from tag to tag", lambda s, n: s[f"C{6 + n}"] == n
    yield (
        "a range around the loop",
        lambda s, n: s[f"D{6 + n}"] == max(amounts(n), default=0) - min(amounts(n), default=0),
    )
    yield "counting by a criterion", lambda s, n: s[f"E{6 + n}"] == n // 2
    yield "adding by a criterion", lambda s, n: s[f"F{6 + n}"] == sum(amounts(n)[::2])
    yield "adding by two criteria", lambda s, n: s[f"G{6 + n}"] == sum(a for a in amounts(n)[1::2] if a > 1)
    yield "counting by two criteria", lambda s, n: s[f"H{6 + n}"] == sum(a < 5 for a in amounts(n)[::2])
    yield "a text with numbers", lambda s, n: s[f"I{6 + n}"].startswith(f"Total: {rounded(sum(amounts(n)), '0.1'):g}")
    yield "a text for no rows", lambda s, n: s[f"I{6 + n}"].endswith(" (none)") == (n == 0)
    yield "an array formula", lambda s, n: s[f"J{6 + n}"] == 2 * sum(amounts(n))
    yield "another sheet's sum", lambda s, n: s["Sums & more!A1"] == sum(amounts(n))
    yield "another sheet's cell", lambda s, n: s["Sums & more!A2"] == 2 * sum(amounts(n))
    yield "another sheet's text", lambda s, n: s["Sums & more!A3"] == f"last: below {n}"
    yield "defined name", lambda s, n: s["Sums & more!B1"] == sum(amounts(n))
    yield (
        "another sheet's range",
        lambda s, n: s["Sums & more!B2"] == pytest.approx(2 * sum(amounts(n)) / (n + 1), rel=1e-12),
    )
    yield "whole columns stay", lambda s, n: s["Sums & more!B3"] == SERIAL + 2 * sum(amounts(n))


def form_checks() -> Iterator[Check]:
    yield "merged below", lambda s, n: ((7 + n, 0), (8 + n, 2)) in s.merged
    yield "merged inside, in every row", lambda s, n: every(n, lambda r, i: ((r - 1, 8), (r - 1, 9)) in s.merged)
    yield "merged around grows", lambda s, n: ((3, 11), (4 + n, 11)) in s.merged
    yield "no other merged cells", lambda s, n: len(s.merged) == 2 + n
    yield "no merged cells on another sheet", lambda s, n: not s.book.get_sheet_by_name("Table").merged_cell_ranges
    yield "table", lambda s, n: (s.table.start, s.table.end) == ((2, 0), (1 + max(n, 1), 1))
    yield "the table's sheet", lambda s, n: s.table.sheet == "Table"
    yield "the table's headings", lambda s, n: s.table.columns == ["Name", "Amount"]
    yield "no other table", lambda s, n: s.book.table_names == ["Items"]
    yield (
        "table's rows",
        lambda s, n: s.table.to_python() == ([[f"item {i}", a] for i, a in enumerate(amounts(n))] or [["", ""]]),
    )
    yield "the table's last row", lambda s, n: s[f"Table!A{3 + max(n, 1)}"] == "All"
    yield "below the table", lambda s, n: s[f"Table!A{5 + max(n, 1)}"] == "after the table"
    yield "another sheet stays", lambda s, n: s.rows["Still"] == [["stays", 1, 2.5]]
    yield "sheets keep their order", lambda s, n: s.book.sheet_names == ["Slip", "Sums & more", "Table", "Still"]
    yield "every sheet is seen", lambda s, n: {str(each.visible) for each in s.book.sheets_metadata} == {VISIBLE}
    yield "every sheet is a worksheet", lambda s, n: {str(each.typ) for each in s.book.sheets_metadata} == {WORKSHEET}


VISIBLE = str(python_calamine.SheetVisibleEnum.Visible)
WORKSHEET = str(python_calamine.SheetTypeEnum.WorkSheet)


def all_values(seen: Seen) -> Iterator[Any]:
    return (value for rows in seen.rows.values() for row in rows for value in row)


CHECKS = [*value_checks(), *result_checks(), *form_checks()]


def test_every_check_is_made_or_cannot_be() -> None:
    names = [name for name, _ in CHECKS]
    assert len(names) == len(set(names)) >= FEWEST_CHECKS
    assert {name for name, _ in all_checks()} - set(names) == UNSEEN


def test_the_reader_still_cannot_see_the_rest() -> None:
    told = {
        name
        for kind in (python_calamine.CalamineWorkbook, python_calamine.CalamineSheet)
        for name in dir(kind)
        if name[0] != "_"
    }
    assert not [name for name in told if re.search("formula|defined|style|format|comment|link|valid|print", name)]


@pytest.mark.parametrize("count", COUNTS)
def test_calamine_finds_everything_in_its_place(rendered: dict[int, bytes], count: int) -> None:
    checks = [check for check in CHECKS if check[0] not in LEFT]
    assert len(checks) >= FEWEST_CHECKS
    assert failed(Seen(rendered[count]), count, checks) == []


@LIBREOFFICE
@pytest.mark.parametrize("count", COUNTS)
def test_calamine_finds_every_result_that_libreoffice_worked_out(recalculated: dict[int, bytes], count: int) -> None:
    assert failed(Seen(recalculated[count]), count, CHECKS) == []
