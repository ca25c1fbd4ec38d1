# ruff: noqa: DTZ001 -- cells have no time zone
from __future__ import annotations

import hashlib
import io
import re
import shutil
import subprocess
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import python_calamine
import xlsxwriter

from generator.errors import Faults
from generator.render.xlsx import XlsxTemplate
from tests.xlsx_making import changed, everything, items, parts, saved, template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.errors import Problem

ODD_TEXTS = [
    "=1+1",
    "+1",
    "-1",
    "@x",
    "007",
    "#N/A",
    "12345678901234567890",
    "2026-01-02",
    "1E5",
    " a ",
    "TRUE",
    "_x0041_",
]


def page(content: bytes, name: str = "Slip") -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))[name]


def rendered(folder: Path, cells: dict[str, Any], **values: Any) -> Any:
    return page(template(folder, cells).render(values))


def told(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in problems]


def faults_of(work: XlsxTemplate, **values: Any) -> tuple[Problem, ...]:
    with pytest.raises(Faults) as raised:
        work.render(values)
    return raised.value.problems


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (Decimal("1410.50"), 1410.5),
        (Decimal("1E+3"), 1000),
        (14, 14),
        (-0.5, -0.5),
        (True, True),
        (None, None),
        ("", None),
        (date(2026, 11, 16), datetime(2026, 11, 16)),
        (datetime(2026, 11, 16, 12, 30), datetime(2026, 11, 16, 12, 30)),
        (time(6, 0), 0.25),
        (date(1890, 5, 1), "1890-05-01"),
    ],
)
def test_a_cell_that_is_one_expression_keeps_the_type_of_its_value(tmp_path: Path, value: Any, read: Any) -> None:
    assert rendered(tmp_path, {"A1": "{{ value }}"}, value=value)["A1"].value == read


def test_a_date_in_a_cell_without_a_number_format_looks_like_a_date_and_styles_stay_otherwise(tmp_path: Path) -> None:
    work = template(tmp_path, {"A1": "{{ value }}"})
    assert page(work.render({"value": date(2026, 1, 2)}))["A1"].is_date
    before = parts((tmp_path / "template.xlsx").read_bytes())["xl/styles.xml"]
    assert parts(work.render({"value": 3}))["xl/styles.xml"] == before


def test_days_are_counted_as_the_workbook_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "old.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        book.add_worksheet("Slip").write("A1", "{{ value }}", book.add_format({"num_format": "d.m.yyyy"}))
    made = page(XlsxTemplate(path).render({"value": date(2026, 1, 2)}))
    assert made["A1"].value == datetime(2026, 1, 2)


@pytest.mark.parametrize("cells", [{"A1": "{{ value }}"}, {"A1": "{{ value }}{# note #}"}])
@pytest.mark.parametrize("value", ODD_TEXTS)
def test_text_stays_text_for_openpyxl_and_calamine(tmp_path: Path, value: str, cells: dict[str, str]) -> None:
    content = template(tmp_path, cells).render({"value": value})
    cell = page(content)["A1"]
    wanted = value.replace("_x", "_x005F_x")  # openpyxl shows the file's own spelling
    assert (cell.value, cell.data_type) == (wanted, "s")
    sheet = python_calamine.CalamineWorkbook.from_object(io.BytesIO(content)).get_sheet_by_index(0)
    assert sheet.to_python()[0][0] in {value, wanted}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_text_stays_text_for_libreoffice(tmp_path: Path) -> None:
    cells = {"A1": "{%tr for text in texts %}", "A2": "{{ text }}", "A3": "{%tr endfor %}"}
    (tmp_path / "made.xlsx").write_bytes(template(tmp_path, cells).render({"texts": ODD_TEXTS}))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", "ods", "--outdir", str(tmp_path), "made.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=tmp_path)
    rows = python_calamine.CalamineWorkbook.from_path(tmp_path / "made.ods").get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ODD_TEXTS


def test_data_is_never_template_or_markup(tmp_path: Path) -> None:
    value = "{{ 7*7 }} & <b>Sons</b> =1+1 {% for %}"
    made = rendered(tmp_path, {"A1": "{{ value }}", "A2": "For {{ value }}"}, value=value)
    assert (made["A1"].value, made["A2"].value) == (value, f"For {value}")


def test_curly_quotes_and_new_lines_that_excel_types_into_a_tag_do_no_harm(tmp_path: Path) -> None:
    made = rendered(tmp_path, {"A1": "{{ value |\ndefault(“none”) }}", "A2": "a\n{{ value or ‘b’ }}"}, value="")
    assert (made["A1"].value, made["A2"].value) == (None, "a\nb")


def test_a_tag_that_excel_split_into_formatted_runs_is_filled_in_whole(tmp_path: Path) -> None:
    path = tmp_path / "rich.xlsx"
    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format({"bold": True})
        book.add_worksheet("Slip").write_rich_string("A1", "Dear {", bold, "{ na", "me }}, ", bold, "welcome")
    content = XlsxTemplate(path).render({"name": "A & B"})
    text = openpyxl.load_workbook(io.BytesIO(content), rich_text=True)["Slip"]["A1"].value
    assert str(text) == "Dear A & B, welcome"
    assert [run.text for run in text if not isinstance(run, str) and run.font.b] == ["welcome"]


def test_rows_repeat_nest_and_choose(tmp_path: Path) -> None:
    cells = {
        "A1": "{%tr for group in groups %}",
        "A2": "{{ group.name }}",
        "A3": "{%tr if group.lines %}",
        "A4": "{%tr for line in group.lines %}",
        "A5": "{{ line }}",
        "A6": "{%tr endfor %}",
        "B7": "=SUM(A5:A5)",
        "A8": "{%tr else %}",
        "A9": "none",
        "A10": "{%tr endif %}",
        "A11": "{%tr endfor %}",
        "A12": "end",
        "B12": "=SUM(B7:B7)",
        "B13": "=COUNT(A1:A12)",
    }
    groups = [{"name": "x", "lines": [1, 2]}, {"name": "y", "lines": []}, {"name": "z", "lines": [3]}]
    content = template(tmp_path, cells).render({"groups": groups})
    made = page(content)
    assert [row[0].value for row in made.iter_rows(max_row=9)] == ["x", 1, 2, None, "y", "none", "z", 3, None]
    assert [made[place].value for place in ("B4", "B9", "B10", "B11")] == [
        "=SUM(A2:A3)",
        "=SUM(A8:A8)",
        "=SUM(B4:B9)",
        "=COUNT(A1:A10)",
    ]
    shown = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Slip"]
    assert [shown[place].value for place in ("B4", "B9", "B10", "B11")] == [3, 3, 6, 3]


def test_a_row_comment_takes_its_row_away(tmp_path: Path) -> None:
    made = rendered(tmp_path, {"A1": "one", "A2": "{#tr only for us #}", "A3": "three", "B3": "=A1"})
    assert [cell.value for cell in made["A"]] == ["one", "three"]
    assert made["B2"].value == "=A1"


def test_a_cell_named_by_the_loops_own_tag_is_the_row_above(tmp_path: Path) -> None:
    cells = {"A1": 100, "A2": "{%tr for x in xs %}", "A3": "=A2+B3", "B3": "{{ x }}", "A4": "{%tr endfor %}"}
    content = template(tmp_path, cells).render({"xs": [1, 2, 3]})
    assert [page(content)[f"A{row}"].value for row in (2, 3, 4)] == ["=A1+B2", "=A2+B3", "=A3+B4"]
    assert openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Slip"]["A4"].value == 106


def test_shared_formulas_are_taken_apart(tmp_path: Path) -> None:
    cells = {
        "A1": "{%tr for x in xs %}",
        "A2": "{{ x }}",
        "A3": "{%tr endfor %}",
        "A5": 1,
        "A6": 2,
        "B5": "=A5*2",
        "B6": "=A6*2",
    }
    path = saved(tmp_path, cells)
    changed(path, "xl/worksheets/sheet1.xml", "<f>A5*2</f>", '<f t="shared" ref="B5:B6" si="0">A5*2</f>')
    changed(path, "xl/worksheets/sheet1.xml", "<f>A6*2</f>", '<f t="shared" si="0"/>')
    made = page(XlsxTemplate(path).render({"xs": [1, 2, 3, 4]}))
    assert (made["B6"].value, made["B7"].value) == ("=A6*2", "=A7*2")


def test_a_workbook_whose_elements_have_a_prefix_is_filled_in_too(tmp_path: Path) -> None:
    path = saved(tmp_path, {"A1": "{%tr for x in xs %}", "A2": "{{ x }}", "A3": "{%tr endfor %}", "A4": "=SUM(A2:A2)"})
    for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"):
        text = parts(path.read_bytes())[part]
        head, root, rest = text.partition(
            "<worksheet" if "sheets/" in part else "<sst" if "sst" in text else "<workbook"
        )
        body = re.sub(r"<(/?)(?=\w)", r"<\1x:", root + rest).replace("xmlns=", "xmlns:x=")
        changed(path, part, text, head + body)
    made = page(XlsxTemplate(path).render({"xs": [1, 2]}))
    assert [cell.value for cell in made["A"]] == [1, 2, "=SUM(A1:A2)"]


def test_links_and_comments_are_filled_in_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "links.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Slip")
        sheet.write("A1", "{%tr for x in xs %}")
        sheet.write_url("A2", "mailto:{{ x }}@example.com", string="{{ x }}", tip="Write to {{ x }}")
        sheet.write_comment("A2", "About {{ x }} & co")
        sheet.write("A3", "{%tr endfor %}")
    made = page(XlsxTemplate(path).render({"xs": ["ann", "b c"]}))
    assert [made[f"A{row}"].hyperlink.target for row in (1, 2)] == [
        "mailto:ann@example.com",
        "mailto:b%20c@example.com",
    ]
    assert [made[f"A{row}"].hyperlink.tooltip for row in (1, 2)] == ["Write to ann", "Write to b c"]
    assert [made[f"A{row}"].comment.text for row in (1, 2)] == ["About ann & co", "About b c & co"]


def test_a_link_cannot_be_made_to_run_something(tmp_path: Path) -> None:
    path = tmp_path / "links.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Slip").write_url("A2", "https://{{ x }}", string="link")
    changed(path, "xl/worksheets/_rels/sheet1.xml.rels", "https://", "")
    assert told(faults_of(XlsxTemplate(path), x="javascript:alert(1)")) == [("Slip!A2, link", "T312")]


def test_parts_without_tags_are_the_same_bytes(tmp_path: Path) -> None:
    path = everything(tmp_path / "everything.xlsx")
    values = {"client": "x", "signed": date(2026, 1, 1), "yes": True, "nothing": None, "items": items(3)}
    before, after = parts(path.read_bytes()), parts(XlsxTemplate(path).render(values))
    same = {name for name, text in before.items() if after.get(name) == text}
    assert {
        "xl/worksheets/sheet4.xml",
        "xl/theme/theme1.xml",
        "xl/styles.xml",
        "xl/drawings/drawing2.xml",
        "docProps/app.xml",
    } <= same
    assert set(before) - set(after) == set()


def test_a_workbook_without_tags_is_not_changed_at_all(tmp_path: Path) -> None:
    path = saved(tmp_path, {"A1": "text", "A2": "=1+1"})
    assert parts(XlsxTemplate(path).render({})) == parts(path.read_bytes())


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_input_gives_the_same_bytes_with_any_hash_seed(tmp_path: Path, seed: str) -> None:
    path = everything(tmp_path / "everything.xlsx")
    script = (
        "import sys, hashlib, pathlib, datetime\n"
        "from generator.render.xlsx import XlsxTemplate\n"
        "from tests.xlsx_making import items\n"
        "work = XlsxTemplate(pathlib.Path(sys.argv[1]))\n"
        "for n in (3, 0, 3):\n"
        "    made = work.render({'client': 'x', 'signed': datetime.date(2026, 1, 1), 'yes': 1, 'nothing': None,"
        " 'items': items(n)}, datetime.date(2026, 1, 2))\n"
        "print(hashlib.sha256(made).hexdigest())\n"
    )
    root = Path(__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, cwd=root,
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
    )  # fmt: skip
    values = {"client": "x", "signed": date(2026, 1, 1), "yes": 1, "nothing": None, "items": items(3)}
    here = hashlib.sha256(XlsxTemplate(path).render(values, date(2026, 1, 2))).hexdigest()
    assert run.stdout.strip() == here


def test_the_document_is_dated_as_asked(tmp_path: Path) -> None:
    core = parts(template(tmp_path, {"A1": "{{ x }}"}).render({"x": 1}, date(2026, 11, 16)))["docProps/core.xml"]
    assert core.count("2026-11-16T00:00:00Z") == 2


def test_a_page_header_doubles_the_ampersand_and_keeps_a_size_from_a_figure(tmp_path: Path) -> None:
    path = tmp_path / "header.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Slip").set_header("&L&10{{ name }}&R&P")
    made = XlsxTemplate(path)
    content = made.render({"name": "42 & Co"})
    assert "&amp;L&amp;10 42 &amp;&amp; Co&amp;R" in parts(content)["xl/worksheets/sheet1.xml"]
    assert told(faults_of(made, name="x" * 300)) == [("Slip, page header", "T311")]


def test_every_fault_of_filling_in_is_told_at_its_cell(tmp_path: Path) -> None:
    cells = {
        "A1": "{{ missing }}",
        "B1": "{{ fine }}",
        "A2": "For {{ missing.name }}",
        "A3": "{{ long }}",
        "A4": "bad {{ bell }}",
        "A5": "{{ [1] }}",
        "A6": "{{ big }}",
        "A7": "{{ long }} and more",
        "A8": "{{ bell }}",
        "A9": "{{ number }}",
        "C1": "{{ 1 / 0 }}",
    }
    values = {"fine": 1, "long": "x" * 32_768, "bell": "\x07", "big": 10**17 + 1, "number": float("inf")}
    problems = faults_of(template(tmp_path, cells), **values)
    assert [problem.place for problem in problems] == sorted(f"Slip!{place}" for place in cells if place != "B1")
    assert "32,767" in problems[2].message
    assert "U+0007" in problems[3].message


def test_the_longest_text_fits(tmp_path: Path) -> None:
    made = rendered(tmp_path, {"A1": "{{ text }}", "A2": "{{ text }}{# #}"}, text="x" * 32_767)
    assert (len(made["A1"].value), len(made["A2"].value)) == (32_767, 32_767)


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        ({"A1": "{{ name"}, ["Slip!A1"]),
        ({"A1": "{{ name }"}, ["Slip!A1"]),
        ({"A1": "{% if x %}a"}, ["Slip!A1"]),
        ({"A1": "{{ a b }}", "B7": "{% endif %}"}, ["Slip!A1", "Slip!B7"]),
        ({"A1": "{%tr for x in xs %}", "A2": "{{ x }}"}, ["Slip!A1"]),
        ({"A1": "{{ x }}", "A2": "{%tr endfor %}"}, ["Slip!A2"]),
        ({"A1": "{%tr for x in xs %}", "A3": "{%tr endif %}", "A5": "{%tr endfor %}"}, ["Slip!A3"]),
        ({"A1": "{%tr else %}"}, ["Slip!A1"]),
        ({"A1": "{%tr for x of xs %}", "A3": "{%tr endfor %}"}, ["Slip!A1"]),
        ({"A1": "{%tr for x in xs %}", "B1": "{{ lost }}", "A3": "{%tr endfor %}"}, ["Slip!B1"]),
        ({"A1": "{%tc for x in xs %}"}, ["Slip!A1"]),
        ({"A1": "{%p if x %}"}, ["Slip!A1"]),
        ({"A1": "{{r x }}"}, ["Slip!A1"]),
        ({"A1": '="{{ x }}"'}, ["Slip!A1"]),
        ({"A1": "{{ x | nofilter }}", "A2": "{{ x is notest }}"}, ["Slip!A1", "Slip!A2"]),
        ({"A1": "{%tr macro m() %}", "A2": "{%tr endmacro %}"}, ["Slip!A1", "Slip!A2"]),
    ],
)
def test_every_fault_of_the_tags_is_told_at_its_cell(tmp_path: Path, cells: dict[str, str], places: list[str]) -> None:
    work = template(tmp_path, cells)
    assert [problem.place for problem in work.problems({"x": Any, "xs": Any, "name": Any})] == places
    assert [problem.place for problem in faults_of(work)] == places
    assert all(problem.file == str(tmp_path / "template.xlsx") for problem in work.problems({}))


def test_unknown_names_are_found_without_data_with_the_nearest_that_is_there(tmp_path: Path) -> None:
    path = tmp_path / "names.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Slip")
        for place, text in {
            "A1": "{{ clinet }}",
            "A3": "{%tr for x in items %}",
            "A4": "{{ x }} {{ y }}",
            "A5": "{%tr endfor %}",
        }.items():
            sheet.write(place, text)
        sheet.set_footer("&C{{ who }}")
        sheet.insert_textbox("E5", "Dear {{ nobody }}")
        sheet.write_comment("B4", "{{ z }}")
    problems = XlsxTemplate(path).problems({"client": str, "items": list[str]})
    assert {problem.place for problem in problems} == {
        "Slip!A1",
        "Slip!A4",
        "Slip!B4, comment",
        "Slip, page footer",
        "Slip, text box, text",
    }
    assert next(problem.hint for problem in problems if problem.place == "Slip!A1") == "did you mean 'client'?"


def test_merged_cells_across_a_loops_edge_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Slip")
        for place, text in {"A2": "{%tr for x in xs %}", "A3": "{{ x }}", "A4": "{%tr endfor %}"}.items():
            sheet.write(place, text)
        sheet.merge_range("C1:C3", "torn")
        sheet.merge_range("D3:E3", "inside")
        sheet.merge_range("F1:F5", "around")
    assert told(XlsxTemplate(path).problems({"xs": list[str]})) == [("Slip!C1", "T303")]


def test_a_tables_heading_cannot_hold_tags(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Slip").add_table("A1:B3", {"columns": [{"header": "{{ x }}"}, {"header": "b"}]})
    assert ("Slip!A1", "T307") in told(XlsxTemplate(path).problems({"x": str}))


def test_a_file_that_is_no_workbook_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"no zip")
    with pytest.raises(Faults):
        XlsxTemplate(tmp_path / "a.xlsx")
