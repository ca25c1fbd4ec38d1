"""The routing slip's template, filled in: rows, days and amounts that are typed, and a sheet to work with."""

from __future__ import annotations

import re
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from generator import compute, plan
from generator.work import Row
from tests.libreoffice import LIBREOFFICE, soffice
from tests.making import deal, house
from tests.reading import pages_of
from tests.test_templates import SLIP, made, parts, samples, template

if TYPE_CHECKING:
    from pathlib import Path

    from generator.deal import Deal

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
    rules = [rule for rule in slip.conditional_formatting if "$F" in rule.rules[0].formula[0]]
    assert len(rules) == 4
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


@pytest.mark.parametrize(
    ("billed_as", "height"), [("Acme", 27), ("A" * 50, 40), ("A" * 100, 66)], ids=("short", "long", "very long")
)
def test_rows_of_the_slip_are_as_high_as_their_text_needs_and_not_fixed(billed_as: str, height: int) -> None:
    of = deal(f"client: {{name: {billed_as}, address: {{street: 1 Main Street, city: Portland}}, "
              "contact: {name: Ann Lee}}")  # fmt: skip
    slip = sheet(made(SLIP, of))
    top = heading_row(slip)
    assert [slip.row_dimensions[top + row].height for row in (1, 2)] == [height, 21]
    fixed = re.findall(r'<row r="([0-9]+)"[^>]* customHeight=', dict(parts(SLIP))["xl/worksheets/sheet1.xml"])
    assert fixed == ["2", "3", "4"]  # the client's names, and a gap


CREDIT = "credits: [{description: Old filter, amount: 31, from: 2026-12-01, through: 2026-12-31, invoice: '9'}]"


def amounts_of(of: Deal) -> dict[str, object]:
    """What the slip says is to be collected: words → amount."""
    slip = sheet(made(SLIP, of))
    rows = range(1, heading_row(slip))
    return {slip.cell(row, 4).value: slip.cell(row, 5).value for row in rows if slip.cell(row, 5).value is not None}


def test_the_slip_shows_only_the_amounts_that_apply() -> None:
    assert amounts_of(deal()) == {"Setup": 1410, "First month": 1410, "Total, by card": 2820}
    assert amounts_of(deal(f"{{setup: {{paid_by: check}}, {CREDIT}}}")) == {
        "Setup": 1410, "First month": 1410, "Less credit": 31, "Total": 2789, "– by check": 1410, "– by card": 1379,
    }  # fmt: skip
    assert amounts_of(deal("{setup: {fee: 0, paid_by: card}, monthly: {paid_by: check}}")) == {
        "Setup": 0, "First 3 months": 4230, "Total, by check": 4230,
    }  # fmt: skip


def test_amounts_and_days_in_the_slips_head_are_typed() -> None:
    slip = sheet(made(SLIP, deal(CREDIT)))
    amounts = [slip.cell(row, 5) for row in range(1, heading_row(slip)) if slip.cell(row, 5).value is not None]
    assert len(amounts) == 4
    assert {cell.number_format for cell in amounts} == {"#,##0.00#"}
    days = [slip.cell(row, 8).value for row in range(1, heading_row(slip))]
    assert [value.date() for value in days if isinstance(value, datetime)] == [
        date(2026, 11, 16),
        date(2026, 12, 1),
        date(2026, 12, 1),
    ]


def test_amounts_in_a_currency_without_decimals_show_none() -> None:
    slip = sheet(made(SLIP, deal()))
    (rule,) = (rule for rule in slip.conditional_formatting if "JPY" in rule.rules[0].formula[0])
    amounts = {row for row in range(1, heading_row(slip)) if slip.cell(row, 5).value is not None}
    (span,) = rule.sqref.ranges
    assert amounts <= set(range(span.min_row, span.max_row + 1))
    assert rule.rules[0].dxf.numFmt.formatCode == "#,##0"


@pytest.mark.parametrize(
    ("servers", "workstations", "said"),
    [(2, 14, "Gold: 2 servers, 14 workstations"), (0, 1, "Gold: 1 workstation"), (1, 0, "Gold: 1 server"),
     (0, 0, "Gold")],
)  # fmt: skip
def test_the_slip_names_only_the_kinds_of_devices_that_there_are(servers: int, workstations: int, said: str) -> None:
    slip = sheet(made(SLIP, deal(f"{{servers: {servers}, workstations: {workstations}}}")))
    assert said in [slip.cell(row, 2).value for row in range(1, heading_row(slip))]


def test_what_is_overdue_is_marked_by_more_than_a_colour() -> None:
    slip = sheet(made(SLIP, deal()))
    styles = [rule.dxf for span in slip.conditional_formatting for rule in span.rules if "TODAY" in rule.formula[0]]
    assert [style.numFmt.formatCode for style in styles if style.numFmt] == ['"! "mmm d, yyyy']


def test_the_sheet_of_kept_rows_is_empty_and_so_not_printed_as_long_as_nothing_is_kept() -> None:
    (job,) = (job for job in plan.jobs(deal(), house(), compute.figures(deal(), house().provider)) if job.filled_in)
    blank = openpyxl.load_workbook(BytesIO(template(SLIP).render(job.values)))["Kept"]
    assert [cell for row in blank.iter_rows(values_only=True) for cell in row if cell is not None] == []
    row = Row("Slip!F20", "move", "Agree", "Move", "Ann", None, date(2026, 11, 17), "AL", None, "no such action")
    kept = openpyxl.load_workbook(BytesIO(template(SLIP).render({**job.values, "kept": (row,)})))["Kept"]
    rows = [[cell for cell in row if cell is not None] for row in kept.iter_rows(values_only=True)]
    assert [row[0] for row in rows if row][::2] == ["Kept", "Stood in"]
    assert [row for row in rows if row][2] == ["Stood in", *COLUMNS, "Why"]
    assert rows[-1][:3] == ["Slip!F20", "move", "Agree"]
    assert kept.page_setup.orientation == "portrait"


@LIBREOFFICE
def test_a_slip_of_thirty_rows_is_one_page(tmp_path: Path) -> None:
    (longest,) = (of for of in samples() if of.id == "harbor-dental")
    path = tmp_path / SLIP
    path.write_bytes(made(SLIP, longest))
    soffice(tmp_path / "profile", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path))
    assert len(pages_of(path.with_suffix(".pdf"))) == 1
