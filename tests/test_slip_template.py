"""The routing slip's template, filled in: rows, days and amounts that are typed, and a sheet to work with."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from generator import compute, plan
from tests.making import deal, house
from tests.reading import pages_of
from tests.slip_making import soffice
from tests.test_templates import SLIP, made, parts, samples

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ["id", "Section", "Action", "Owner", "Due", "Done on", "Initials", "Notes"]


def sheet(content: bytes) -> Any:
    """The slip itself; openpyxl's own types leave open what a finished slip has."""
    return openpyxl.load_workbook(BytesIO(content))["Slip"]


def heading_row(slip: Any) -> int:
    """The row of the table's head; the actions stand below it."""
    return next(row for row in range(1, 40) if slip.cell(row, 1).value == "id")


def test_the_slip_has_a_row_for_every_action_with_days_that_are_days() -> None:
    for of in samples():
        slip = sheet(made(SLIP, of))
        top = heading_row(slip)
        actions = plan.jobs(of, house(), compute.figures(of, house().provider))[0].values["actions"]
        assert isinstance(actions, tuple)
        assert [cell.value for cell in slip[top]] == COLUMNS
        for number, action in enumerate(actions, top + 1):
            row = [cell.value for cell in slip[number]]
            assert row[:3] == [action.id, action.section, action.text]
            assert row[3] == action.person.name
            assert isinstance(row[4], datetime)
            assert row[4].date() == action.due
            assert row[5:] == [None, None, None]
        assert slip.cell(top + len(actions) + 1, 3).value is None


def test_the_slip_counts_what_is_done_over_all_its_rows() -> None:
    slip = sheet(made(SLIP, deal()))
    top, last = heading_row(slip), slip.max_row
    formulas = [cell.value for row in slip.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert formulas == [f'=COUNT(F{top + 1}:F{last})&" of "&COUNTA(C{top + 1}:C{last})&" done"']


def test_only_where_people_write_is_the_slip_unlocked() -> None:
    slip = sheet(made(SLIP, deal()))
    top = heading_row(slip)
    for row in slip.iter_rows(min_row=1, max_row=slip.max_row, max_col=8):
        is_action = row[0].row > top and row[0].value
        is_spare = row[0].row > top and not row[0].value
        free = [not cell.protection.locked for cell in row]
        assert free == ([False] * 5 + [True] * 3 if is_action else [False] + [True] * 7 if is_spare else [False] * 8)
    kept = slip.protection
    assert kept.sheet
    assert kept.password is None
    assert {kept.sort, kept.autoFilter, kept.formatRows} == {False}


def test_marks_filters_and_checks_reach_over_every_row_of_the_slip() -> None:
    slip = sheet(made(SLIP, deal()))
    top, last = heading_row(slip), slip.max_row
    rows = set(range(top + 1, last + 1))
    assert slip.auto_filter.ref == f"A{top}:H{last}"
    checks = {check.type: check for check in slip.data_validations.dataValidation}
    for check in (checks["date"], checks["list"]):
        assert {row for span in check.sqref.ranges for row in range(span.min_row, span.max_row + 1)} == rows
    rules = list(slip.conditional_formatting)
    assert len(rules) == 3
    for rule in rules:
        assert {row for span in rule.sqref.ranges for row in range(span.min_row, span.max_row + 1)} == {top, *rows}
        assert f"$F{top})" in rule.rules[0].formula[0]


def test_the_initials_to_choose_from_are_those_of_the_people() -> None:
    book = openpyxl.load_workbook(BytesIO(made(SLIP, deal())))
    (place,) = book.defined_names["Initials"].destinations
    listed = [cell.value for row in book[place[0]][place[1].replace("$", "")] for cell in row]
    assert listed == ["DW", "RO", "MS", "PR", "HM"]


def test_the_slip_prints_one_page_wide_with_its_head_repeated() -> None:
    slip = sheet(made(SLIP, deal()))
    top = heading_row(slip)
    assert slip.freeze_panes == f"A{top + 1}"
    assert slip.print_title_rows == f"${top}:${top}"
    assert slip.page_setup.orientation == "portrait"
    assert (slip.page_setup.paperSize, slip.page_setup.fitToHeight) == (1, 0)
    assert slip.sheet_properties.pageSetUpPr.fitToPage
    assert "Acme" in slip.oddHeader.left.text
    assert slip.oddFooter.right.text == "Page &P of &N"


def test_rows_of_the_slip_are_high_enough_for_their_text_and_not_fixed() -> None:
    name = "Ébénisterie, menuiserie et agencement intérieur du Haut-Jura, Grandjean et frères"
    slip = sheet(made(SLIP, deal(f"client: {{name: '{name}', address: {{street: 1 Main Street, city: Portland}}, "
                                 "contact: {name: Ann Lee}}")))  # fmt: skip
    top = heading_row(slip)
    assert [slip.row_dimensions[top + row].height for row in (1, 2)] == [66, 27]
    assert dict(parts(SLIP))["xl/worksheets/sheet1.xml"].count(" customHeight=") == 1  # the client's name


def test_amounts_on_the_slip_are_numbers_with_two_decimals() -> None:
    slip = sheet(made(SLIP, deal("credits: [{description: Old filter, amount: 31, from: 2026-12-01, "
                                 "through: 2026-12-31, invoice: '9'}]")))  # fmt: skip
    amounts = {slip.cell(row, 4).value: slip.cell(row, 5) for row in range(5, 12)}
    assert amounts["Total"].value == 2789
    assert amounts["Less credit"].value == 31
    assert {cell.number_format for cell in amounts.values()} == {"#,##0.00"}
    days = [slip.cell(row, 8).value for row in range(5, 8)]
    assert [value.date() for value in days if isinstance(value, datetime)] == [
        date(2026, 11, 16),
        date(2026, 12, 1),
        date(2026, 12, 1),
    ]


def test_a_sheet_with_headings_of_its_own_waits_for_rows_that_fit_no_action() -> None:
    kept = openpyxl.load_workbook(BytesIO(made(SLIP, deal())))["Kept"]
    rows = [[cell for cell in row if cell] for row in kept.iter_rows(values_only=True)]
    assert [row for row in rows if row] == [["Kept"], ["Nothing was kept."], ["Stood in", *COLUMNS, "Why"]]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_slip_of_thirty_rows_is_two_pages(tmp_path: Path) -> None:
    (longest,) = (of for of in samples() if of.id == "harbor-dental")
    path = tmp_path / SLIP
    path.write_bytes(made(SLIP, longest))
    soffice(tmp_path / "profile", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path))
    slip = [page for page in pages_of(path.with_suffix(".pdf")) if "Done on" in page and "Stood in" not in page]
    assert len(slip) == 2
