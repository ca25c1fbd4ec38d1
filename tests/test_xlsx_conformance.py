# ruff: noqa: ARG005 -- every check takes the same two arguments
"""One workbook that holds everything, rendered with few and many rows, and looked at by openpyxl and LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess
import warnings
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from lxml import etree

from generator.render.xlsx import XlsxTemplate
from tests.xlsx_making import everything, items, parts, without_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNTS = (0, 1, 2, 5, 200)
FEWEST_CHECKS = 50
CLIENT = "A & <B> Co"
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

Check = tuple[str, "Callable[[Any, int], bool]"]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    template = XlsxTemplate(everything(tmp_path_factory.mktemp("template") / "everything.xlsx"))
    return {count: template.render(values(count)) for count in COUNTS}


@pytest.fixture(scope="module")
def recalculated(rendered: dict[int, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[int, bytes]:
    """The workbooks after LibreOffice has worked out every formula and saved them."""
    folder = tmp_path_factory.mktemp("office")
    for count, content in rendered.items():
        (folder / f"{count}.xlsx").write_bytes(without_values(content))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = [str(folder / f"{count}.xlsx") for count in COUNTS]
    command = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", str(folder / "saved"), *files]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return {count: (folder / "saved" / f"{count}.xlsx").read_bytes() for count in COUNTS}


def values(count: int) -> dict[str, Any]:
    return {"client": CLIENT, "signed": date(2026, 11, 16), "yes": True, "nothing": None, "items": items(count)}


class Seen:
    """A workbook as openpyxl reads it: formulas, values, and the parts for what openpyxl does not read."""

    def __init__(self, content: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl says which extensions it will not keep
            self.book = openpyxl.load_workbook(io.BytesIO(content))
            self.shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        self.parts = parts(content)
        self.page = self.book["Slip"]

    def __getitem__(self, place: str) -> Any:
        return self.page[place].value

    @property
    def merged(self) -> set[str]:
        return {str(area) for area in self.page.merged_cells.ranges}

    @property
    def formats(self) -> dict[str, Any]:
        return {str(f.sqref): [r.formula for r in f.rules] for f in self.page.conditional_formatting}

    @property
    def validations(self) -> dict[str, Any]:
        return {str(v.sqref): v.formula1 for v in self.page.data_validations.dataValidation}

    @property
    def comments(self) -> dict[str, str]:
        cells = (cell for row in self.page.iter_rows() for cell in row)
        return {cell.coordinate: cell.comment.text for cell in cells if cell.comment}

    def found(self, part: str, name: str) -> list[str]:
        root = etree.fromstring(self.parts[part].encode())
        return [element.text or "" for element in root.iter(f"{{*}}{name}")]

    def anchors(self, part: str) -> list[int]:
        root = etree.fromstring(self.parts[part].encode())
        return [int(start.findtext("{*}row")) + 1 for start in root.iter("{*}from")]


def loop(column: str, count: int) -> str:
    """Where the loop's cells of a column stand."""
    return f"{column}1048576" if not count else f"{column}5" if count == 1 else f"{column}5:{column}{4 + count}"


def span(column: str, count: int) -> str:
    """The same as a range that was written as one."""
    return f"{column}1048576:{column}1048576" if not count else f"{column}5:{column}{4 + count}"


def area(left: str, right: str, count: int) -> set[str]:
    return {f"{left}5:{right}{4 + count}"} if count else set()


def every(count: int, check: Callable[[int, int], bool]) -> bool:
    return all(check(5 + index, index) for index in range(count))


def row_checks() -> Iterator[Check]:
    yield "text beside a tag", lambda s, n: s["A1"] == f"Slip of {CLIENT}"
    yield "a date is a date", lambda s, n: str(s["B1"]) == "2026-11-16 00:00:00"
    yield "the template's format of a date", lambda s, n: s.page["B1"].number_format.replace("\\", "") == "d.m.yyyy"
    yield "a truth is a truth", lambda s, n: s["C1"] is True
    yield "nothing is an empty cell", lambda s, n: s["D1"] is None and s.page["D1"].data_type == "n"
    yield "headings stay", lambda s, n: [c.value for c in s.page[3][:3]] == ["name", "amount", "due"]
    yield "names of the rows", lambda s, n: every(n, lambda r, i: s[f"A{r}"] == f"item {i}")
    yield "amounts of the rows", lambda s, n: every(n, lambda r, i: s[f"B{r}"] == i * 1.25 - 2)
    yield "amounts' format", lambda s, n: every(n, lambda r, i: s.page[f"B{r}"].number_format == "#,##0.00")
    yield "dates of the rows", lambda s, n: every(n, lambda r, i: s[f"C{r}"].day == 1 + i % 28)
    yield "bold in every row", lambda s, n: every(n, lambda r, i: s.page[f"A{r}"].font.bold)
    yield "row heights repeat", lambda s, n: every(n, lambda r, i: abs(s.page.row_dimensions[r].height - 33.5) < 0.5)
    yield "row heights move", lambda s, n: s.page.row_dimensions[6 + n].height == 21
    yield "a row below moves", lambda s, n: s[f"A{5 + n}"] == f"below {n}"
    yield "no tag is left", lambda s, n: not any("{%" in text or "{{" in text for text in s.parts.values())
    yield "nothing stands below the end", lambda s, n: s.page.max_row == 9 + n


def formula_checks() -> Iterator[Check]:
    yield "a formula above grows", lambda s, n: s["E1"] == f'=COUNTA({span("A", n)})&" rows, "&SUM({span("B", n)})'
    yield "a formula above follows", lambda s, n: s["F1"] == f"=B{6 + n}*2"
    yield "a formula inside", lambda s, n: every(n, lambda r, i: s[f"D{r}"] == f"=B{r}*2")
    yield "a running total", lambda s, n: every(n, lambda r, i: s[f"F{r}"] == f"=SUM($B$5:B{r})")
    yield "a fixed cell below, seen from inside", lambda s, n: every(n, lambda r, i: f"$B${6 + n}/10" in s[f"G{r}"])
    yield "a sum below grows", lambda s, n: s[f"B{6 + n}"] == f"=SUM({span('B', n)})"
    yield "a range from tag to tag", lambda s, n: s[f"C{6 + n}"] == f"=COUNT({span('B', n)})"
    yield "a range around the loop", lambda s, n: s[f"D{6 + n}"] == f"=MAX({span('B', n)})-MIN(B3:B{5 + n})"
    yield (
        "an array formula",
        lambda s, n: s[f"J{6 + n}"].ref.startswith(f"J{6 + n}") and span("B", n) in s[f"J{6 + n}"].text,
    )
    yield "another sheet's sum", lambda s, n: s.book["Sums & more"]["A1"].value == f"=SUM(Slip!{span('B', n)})"
    yield "another sheet's cell", lambda s, n: s.book["Sums & more"]["A2"].value == f"=Slip!B{6 + n}+A1"
    yield "another sheet's range", lambda s, n: s.book["Sums & more"]["B2"].value == f"=AVERAGE(Slip!B3:B{6 + n})"
    yield "whole columns stay", lambda s, n: s.book["Sums & more"]["B3"].value.startswith("=SUM(Slip!B")
    yield "no broken reference", lambda s, n: not any("#REF!" in text for text in s.parts.values())
    yield "no shared formula", lambda s, n: 't="shared"' not in s.parts["xl/worksheets/sheet1.xml"]


def follower_checks() -> Iterator[Check]:
    yield "merged below", lambda s, n: f"A{8 + n}:C{9 + n}" in s.merged
    yield "merged inside, in every row", lambda s, n: every(n, lambda r, i: f"I{r}:J{r}" in s.merged)
    yield "merged around grows", lambda s, n: f"L4:L{5 + n}" in s.merged
    yield "no other merged cells", lambda s, n: len(s.merged) == 2 + n
    yield "conditional format of the loop", lambda s, n: not n or f"A5:H{4 + n}" in s.formats
    yield "its formula", lambda s, n: not n or s.formats[f"A5:H{4 + n}"] == [[f"$B5>$B${6 + n}/2"]]
    yield "conditional format below", lambda s, n: f"A{6 + n}:B{6 + n}" in s.formats
    yield "no format without cells", lambda s, n: len(s.formats) == (3 if n else 1)
    yield "validation of the loop", lambda s, n: s.validations.get(loop("E", n)) == ('"odd,even"' if n else None)
    yield "validation below", lambda s, n: s.validations[f"C{6 + n}"] == f"$B${6 + n}"
    yield "validation by another sheet", lambda s, n: "$A$1:$A$3" in s.validations[f"E{6 + n}"]
    yield "autofilter", lambda s, n: s.page.auto_filter.ref == f"A3:F{max(4 + n, 3)}"
    yield "print area", lambda s, n: s.page.print_area == f"'Slip'!$A$1:$K${9 + n}"
    yield "repeated rows", lambda s, n: s.page.print_title_rows == "$3:$3"
    yield "page breaks", lambda s, n: sorted(b.id for b in s.page.row_breaks.brk) == [6 + n, 8 + n]
    yield "protection", lambda s, n: s.page.protection.sheet and not s.page.protection.sort
    yield "link inside", lambda s, n: every(n, lambda r, i: "example.com" in s.page[f"K{r}"].hyperlink.target)
    yield "link below", lambda s, n: s.page[f"K{6 + n}"].hyperlink.location.replace("$", "").endswith(f"B{6 + n}")
    yield "comments inside", lambda s, n: every(n, lambda r, i: "Amount of the row" in s.comments[f"B{r}"])
    yield "comment below", lambda s, n: "The total" in s.comments[f"B{6 + n}"]
    yield "no other comments", lambda s, n: len(s.comments) == 1 + n
    yield "page orientation", lambda s, n: s.page.page_setup.orientation == "landscape"
    yield "table", lambda s, n: s.book["Table"].tables["Items"].ref == f"A2:B{3 + max(n, 1)}"
    yield (
        "table's rows",
        lambda s, n: [s.book["Table"].cell(3 + i, 1).value for i in range(n)] == [f"item {i}" for i in range(n)],
    )
    yield "below the table", lambda s, n: s.book["Table"].cell(5 + max(n, 1), 1).value == "after the table"
    yield "another sheet stays", lambda s, n: [c.value for c in s.book["Still"][1]] == ["stays", 1, 2.5]


def part_checks() -> Iterator[Check]:
    """What only the parts show; LibreOffice writes other parts."""
    drawing, chart, page = "xl/drawings/drawing1.xml", "xl/charts/chart1.xml", "xl/worksheets/sheet1.xml"
    yield "frozen panes", lambda s, n: 'ySplit="3"' in s.parts[page] and 'topLeftCell="B4"' in s.parts[page]
    yield "defined name", lambda s, n: s.book.defined_names["Amounts"].value.replace("$", "") == f"Slip!{span('B', n)}"
    yield "a sheet's own name", lambda s, n: s.page.defined_names["Own"].value == f"Slip!$A${6 + n}"
    yield "chart's values", lambda s, n: s.found(chart, "f")[-1].replace("$", "") == f"Slip!{span('B', n)}"
    yield "chart forgets old values", lambda s, n: "numCache" not in s.parts[chart]
    yield "chart's title", lambda s, n: any(f"Amounts of {CLIENT}" in text for text in s.found(chart, "t"))
    yield "text box", lambda s, n: f"Made for {CLIENT}" in "".join(s.found(drawing, "t"))
    yield "anchors move", lambda s, n: sorted(s.anchors(drawing)) == [8 + n, 11 + n, 27 + n]
    yield "sparklines", lambda s, n: s.found(page, "sqref").count(f"M{6 + n}") == 1
    yield "sparklines inside", lambda s, n: every(n, lambda r, i: f"Slip!B{r}:D{r}" in s.found(page, "f"))
    yield "data bar's later part", lambda s, n: not n or loop("B", n) in s.found(page, "sqref")
    yield "page header", lambda s, n: s.found(page, "oddHeader") == ["&LA && <B> Co&RPage &P of &N"]
    yield "ignored errors", lambda s, n: f'sqref="A5:A{9 + n}"' in s.parts[page] or n == 0
    yield "no calculation chain", lambda s, n: "xl/calcChain.xml" not in s.parts
    yield "comment boxes", lambda s, n: s.parts["xl/drawings/vmlDrawing1.vml"].count("<x:Anchor>") == 1 + n
    yield "size of the sheet", lambda s, n: f'<dimension ref="A1:L{9 + n}"' in s.parts[page]
    yield "unknown formulas are worked out on load", lambda s, n: 'fullCalcOnLoad="1"' in s.parts["xl/workbook.xml"]


def failed(seen: object, count: int, checks: list[Check]) -> list[str]:
    def holds(check: Callable[[Any, int], bool]) -> bool:
        try:
            return bool(check(seen, count))
        except (KeyError, IndexError, AttributeError, TypeError):
            return False

    return [name for name, check in checks if not holds(check)]


@cache
def all_checks() -> list[Check]:
    return [*row_checks(), *formula_checks(), *follower_checks(), *part_checks()]


def test_there_are_enough_checks_and_each_has_its_own_name() -> None:
    names = [name for name, _ in all_checks()]
    assert len(names) >= FEWEST_CHECKS
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("count", COUNTS)
def test_openpyxl_finds_everything_in_its_place(rendered: dict[int, bytes], count: int) -> None:
    assert failed(Seen(rendered[count]), count, all_checks()) == []


@needs_libreoffice
@pytest.mark.parametrize("count", COUNTS)
def test_libreoffice_finds_everything_in_its_place(recalculated: dict[int, bytes], count: int) -> None:
    #: what LibreOffice writes in words of its own, or not at all
    other = {"a truth is a truth", "no shared formula"}
    checks = [check for check in (*row_checks(), *formula_checks(), *follower_checks()) if check[0] not in other]
    assert failed(Seen(recalculated[count]), count, checks) == []


@needs_libreoffice
@pytest.mark.parametrize("count", COUNTS)
def test_the_values_beside_formulas_are_those_that_libreoffice_works_out(
    rendered: dict[int, bytes], recalculated: dict[int, bytes], count: int
) -> None:
    ours, theirs = Seen(rendered[count]), Seen(recalculated[count])
    compared = 0
    for sheet in ours.book:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"):
            value = ours.shown[sheet.title][cell.coordinate].value
            if value is not None:
                other = theirs.shown[sheet.title][cell.coordinate].value
                assert value == (other if isinstance(value, str) else pytest.approx(other, rel=1e-12)), cell.value
                compared += 1
    assert compared >= 13 + 4 * count
