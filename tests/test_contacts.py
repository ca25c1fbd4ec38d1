"""Spreadsheets of recipients: each oddity of encoding, separator, header or row does what a user would expect."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.customs import Plain
from generator.errors import Faults, Misuse
from generator.merge import contacts
from generator.merge.contacts.book import text_of
from generator.merge.contacts.header import letters, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.errors import Problem
    from generator.recipients import Table

UMLAUTS = "Firma;Ort\nMüller & Söhne;Köln\nBäckerei Grüß;Bad Füssing\n"
NO_MAP: Mapping[str, str] = {}


def written(folder: Path, content: str | bytes, name: str = "c.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, mapping: Mapping[str, str] = NO_MAP, encoding: str = "", taken: tuple[str, ...] = ()) -> Table:
    return contacts.read(str(path), mapping, encoding, taken)


def rows(table: Table) -> list[dict[str, object]]:
    return [table.values(row) for row in table.rows]


def told(table: Table) -> list[tuple[str, int, str]]:
    return [(problem.code, problem.line, problem.severity) for problem in table.problems]


def fault(path: Path, **options: Any) -> Problem:
    with pytest.raises(Faults) as caught:
        read(path, **options)
    return caught.value.problems[-1]


def book(folder: Path, *cells: list[Any], title: str = "People", **formats: str) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in cells:
        sheet.append(row)
    for cell, form in formats.items():
        sheet[cell].number_format = form
    path = folder / "c.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    table = read(written(tmp_path, UMLAUTS.encode(encoding)))
    assert table.names == ("Firma", "Ort")
    assert rows(table)[0] == {"Firma": "Müller & Söhne", "Ort": "Köln"}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Имя,Город\nИванов,Москва\nПетрова,Казань\n"),
        ("cp932", "名前,住所\n山田太郎,東京都千代田区\n株式会社さくら,大阪市\n"),
        ("gb18030", "姓名,城市\n王小明,北京市朝阳区\n李雷,上海市\n"),
        ("cp1253", "Όνομα,Πόλη\nΓιώργος,Αθήνα\nΜαρία,Πάτρα\n"),
    ],
)
def test_other_scripts_are_found_out_too_and_the_guess_is_told(tmp_path: Path, encoding: str, text: str) -> None:
    table = read(written(tmp_path, text.encode(encoding)))
    assert list(rows(table)[0].values()) == text.splitlines()[1].split(",")
    assert told(table) == [("M504", 0, "warning")]
    assert "--encoding" in table.problems[0].hint


def test_a_guess_is_not_needed_where_the_encoding_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "Name,Town\nDvořák,Plzeň\n".encode("cp1250"))
    assert rows(read(path, encoding="cp1250")) == [{"Name": "Dvořák", "Town": "Plzeň"}]
    assert read(path, encoding="cp1250").problems == ()


def test_bytes_that_are_not_of_the_named_encoding_are_a_fault_with_a_line(tmp_path: Path) -> None:
    found = fault(written(tmp_path, "Name\nAnn\nJosé\n".encode("cp1252")), encoding="utf-8")
    assert (found.code, found.line) == ("M502", 3)


def test_an_encoding_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="no encoding 'klingon'"):
        read(written(tmp_path, "Name\nAnn\n"), encoding="klingon")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out_also_among_others(tmp_path: Path, separator: str) -> None:
    text = f'Name{separator}Note\nAnn{separator}"a,b;c|d\te"\n"Lee, Bob"{separator}x;y\n'.replace(
        "x;y", "x y" if separator == ";" else "x;y"
    )
    assert [row["Name"] for row in rows(read(written(tmp_path, text)))] == ["Ann", "Lee, Bob"]
    assert rows(read(written(tmp_path, text)))[0]["Note"] == "a,b;c|d\te"


def test_excels_own_word_on_the_separator_counts(tmp_path: Path) -> None:
    table = read(written(tmp_path, "sep=|\r\nName|Note\r\nAnn|1,2\r\n"))
    assert rows(table) == [{"Name": "Ann", "Note": "1,2"}]
    assert [row.line for row in table.rows] == [3]


def test_a_single_column_is_a_table_too(tmp_path: Path) -> None:
    assert rows(read(written(tmp_path, "Name\nAnn\nBob Lee\n"))) == [{"Name": "Ann"}, {"Name": "Bob Lee"}]


def test_a_quoted_line_break_stays_and_the_next_row_still_knows_its_line(tmp_path: Path) -> None:
    table = read(written(tmp_path, 'Name,Street\r\nAnn,"9 Quay\r\nSuite 4"\r\nBob,x\r\n'))
    assert rows(table)[0]["Street"] == "9 Quay\nSuite 4"
    assert [row.line for row in table.rows] == [2, 4]


def test_what_cannot_be_seen_is_left_out_of_cells(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Street\n\ufeffAnn\u202egnp.exe\x07,a\u2028b\n"))
    assert rows(table) == [{"Name": "Anngnp.exe", "Street": "a\nb"}]


def test_empty_rows_are_passed_over(tmp_path: Path) -> None:
    table = read(written(tmp_path, "\n,,\nName,Town\n\nAnn,Bend\n , \nBob,Salem\n\n"))
    assert [(row.line, row.cells[0]) for row in table.rows] == [(5, "Ann"), (7, "Bob")]
    assert table.problems == ()


def test_a_row_with_too_many_cells_is_a_fault_and_the_others_are_there(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Town\nAnn,Bend\nLee, Bob,Salem\nEve,Bend\n"))
    assert told(table) == [("M506", 3, "error")]
    assert [row["Name"] for row in rows(table)] == ["Ann", "Eve"]


def test_cells_too_many_that_are_empty_do_no_harm(tmp_path: Path) -> None:
    assert read(written(tmp_path, "Name,Town,\nAnn,Bend,,,\n")).problems == ()


def test_a_row_with_too_few_cells_is_warned_of_and_the_rest_is_empty(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Town,Phone\nAnn\n"))
    assert told(table) == [("M507", 2, "warning")]
    assert rows(table) == [{"Name": "Ann", "Town": "", "Phone": ""}]


def test_a_doubled_header_is_named_by_its_column(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Phone,Phone\nAnn,1,2\n"))
    assert rows(table) == [{"Name": "Ann", "Phone": "1", "Phone_C": "2"}]
    assert told(table) == [("M508", 1, "warning")]
    assert "column C" in table.problems[0].message
    assert "Phone_C" in table.problems[0].message


def test_headers_that_become_the_same_name_are_told_apart(tmp_path: Path) -> None:
    assert read(written(tmp_path, "First name,First-name\nAnn,Bob\n")).names == ("First_name", "First_name_B")


def test_a_column_without_a_name_that_holds_something_is_named_by_its_letter(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,,Town\nAnn,x,Bend\n"))
    assert rows(table) == [{"Name": "Ann", "column_B": "x", "Town": "Bend"}]
    assert told(table) == [("M508", 1, "warning")]


@pytest.mark.parametrize("text", ["", "\n\n", ",,,\n"])
def test_an_empty_file_is_a_fault(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text)).code == "M505"


@pytest.mark.parametrize("text", ["Ann Lee,ann@x.example\nBob,bob@x.example\n", "1,2026-12-01,Ann\n2,2026-12-02,Bob\n"])
def test_a_missing_header_is_a_fault(tmp_path: Path, text: str) -> None:
    found = fault(written(tmp_path, text))
    assert (found.code, found.line) == ("M505", 1)


def test_years_are_titles(tmp_path: Path) -> None:
    assert read(written(tmp_path, "Name,2024,2025,2026\nAnn,1,2,3\n")).names == ("Name", "M_2024", "M_2025", "M_2026")


def test_a_column_without_a_name_that_holds_nothing_is_left_alone(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,,Town\nAnn,,Bend\n"))
    assert rows(table) == [{"Name": "Ann", "Town": "Bend"}]
    assert table.problems == ()


def test_a_column_can_be_left_out(tmp_path: Path) -> None:
    assert rows(read(written(tmp_path, "Name,Note\nAnn,x\n"), {"Note": ""})) == [{"Name": "Ann"}]


def test_a_header_alone_makes_no_record(tmp_path: Path) -> None:
    assert read(written(tmp_path, "Name,Town\n")).rows == ()


def test_a_quote_that_is_never_closed_is_told_at_its_row(tmp_path: Path) -> None:
    table = read(written(tmp_path, 'Name,Town\nAnn,Bend\n"Bob,Salem\nEve,Bend\n'))
    assert told(table) == [("M503", 3, "error")]
    assert [row["Name"] for row in rows(table)] == ["Ann"]


def test_columns_are_mapped_by_title_by_name_or_by_letter(tmp_path: Path) -> None:
    mapping = {"Firma": "client.name", "Straße_1": "client.street", "C": "town"}
    table = read(written(tmp_path, "Firma,Straße 1,Ort\nMüller,Weg 5,Köln\n"), mapping)
    assert rows(table) == [{"client": {"name": "Müller", "street": "Weg 5"}, "town": "Köln"}]


def test_of_doubled_headers_each_can_be_mapped(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Phone,Phone\nAnn,1,2\n"), {"C": "mobile"})
    assert table.names == ("Name", "Phone", "mobile")
    assert table.problems == ()


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"Frima": "client.name"}, "no column 'Frima' to map .did you mean 'Firma'"),
        ({"Firma": "client name"}, "'client name' cannot be a value's name"),
        ({"Firma": "record"}, "'record' cannot be a value's name"),
        ({"Firma": "a", "Ort": "a"}, "two columns are mapped to 'a'"),
        ({"Firma": "a", "Ort": "a.b"}, "'a' cannot be both"),
        ({"Firma": "a.b", "Ort": "a"}, "'a' cannot be both"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path: Path, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(Misuse, match=message):
        read(written(tmp_path, "Firma,Ort\nx,y\n"), mapping, taken=("record",))


def test_a_column_called_like_one_of_our_values_is_called_otherwise(tmp_path: Path) -> None:
    table = read(written(tmp_path, "provider,Name\nx,y\n"), taken=("provider",))
    assert table.names == ("provider_A", "Name")
    assert told(table) == [("M508", 1, "warning")]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("First name", "First_name"), ("E-mail", "E_mail"), ("Straße", "Straße"), ("2nd line", "M_2nd_line"),
        ("not", "not_"), ("  A / B  ", "A_B"), ("名前", "名前"), ("***", ""), ("class", "class"),
    ],
)  # fmt: skip
def test_titles_become_names(title: str, name: str) -> None:
    assert name_of(title) == name


def test_columns_have_the_letters_of_spreadsheets() -> None:
    assert [letters(at) for at in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_cells_of_a_workbook_are_texts_as_they_are_seen(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ["Text", "Zip", "Whole", "Part", "Day", "Moment", "Hour", "Truth", "Code", "Nothing"],
        ["0123", 97201, 14.0, 0.1 + 0.2, date(2026, 12, 1), datetime(2026, 12, 1, 9, 30), time(9, 5), True, 1234, None],  # noqa: DTZ001
        [" x ", 1234, -3, 1e-7, date(2026, 12, 2), None, None, False, 123456789, None],
        B3="00000", I3="00000-0000",
    )  # fmt: skip
    first, second = (list(row.values()) for row in rows(read(path)))
    assert first == ["0123", "97201", "14", "0.3", "2026-12-01", "2026-12-01 09:30", "09:05", "TRUE", "1234", ""]
    assert second == ["x", "01234", "-3", "0.0000001", "2026-12-02", "", "", "FALSE", "12345-6789", ""]


def test_a_sheet_is_named_after_the_file(tmp_path: Path) -> None:
    path = book(tmp_path, ["Name"], ["Ann"], title="A #1")
    made = openpyxl.load_workbook(path)
    made.create_sheet("Other").append(["Town"])
    made["Other"].append(["Bend"])
    made.save(path)
    assert rows(contacts.read(str(path), {})) == [{"Name": "Ann"}]
    assert rows(contacts.read(f"{path}#Other", {})) == [{"Town": "Bend"}]
    with pytest.raises(Misuse, match=r"no sheet 'Othr' .did you mean 'Other'"):
        contacts.read(f"{path}#Othr", {})


def test_rows_of_a_workbook_know_where_they_stand(tmp_path: Path) -> None:
    table = read(book(tmp_path, ["Name"], ["Ann"], [None], ["Bob"]))
    assert [row.line for row in table.rows] == [2, 4]


def test_a_formula_that_failed_is_a_fault_of_its_row(tmp_path: Path) -> None:
    table = read(book(tmp_path, ["Name", "Sum"], ["Ann", "#N/A"], ["Bob", 3]))
    assert told(table) == [("M510", 2, "error")]
    assert "B2" in table.problems[0].message
    assert rows(table) == [{"Name": "Bob", "Sum": "3"}]


def test_formulas_that_were_never_worked_out_are_a_fault_and_empty_texts_are_not(tmp_path: Path) -> None:
    path = book(tmp_path, ["Name", "Sum"], ["Ann", "=1+1"])
    assert told(read(path)) == [("M509", 2, "error")]
    empty = tmp_path / "empty.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(empty, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if "sheet1" in name:
                content = re.sub(rb'<c r="B2"[^>]*>', b'<c r="B2" t="str">', content)
            new.writestr(name, content)
    assert read(empty).problems == ()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 an old or encrypted one"])
def test_what_is_no_workbook_is_a_fault(tmp_path: Path, content: bytes) -> None:
    assert fault(written(tmp_path, content, "c.xlsx")).code == "M501"


def test_a_package_that_is_no_workbook_is_a_fault(tmp_path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr("hello.txt", "hello")
    assert fault(written(tmp_path, packed.getvalue(), "c.xlsx")).code == "M501"


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"neither a \.csv nor an \.xlsx"):
        read(written(tmp_path, "x", "c.ods"))
    with pytest.raises(Misuse, match="no file"):
        read(tmp_path / "none.csv")
    with pytest.raises(Misuse, match="has no sheets"):
        contacts.read(f"{written(tmp_path, 'Name')}#Sheet", {})


@given(value=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_figures_never_have_an_exponent_nor_a_needless_point(value: float) -> None:
    text = text_of(value)
    assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", text)
    assert abs(float(text) - value) <= max(abs(value) * 1e-14, 1e-15)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cf")), min_size=1, max_size=40))
def test_any_text_comes_back_from_a_csv_file(text: str) -> None:
    import csv  # noqa: PLC0415
    import tempfile  # noqa: PLC0415
    from pathlib import Path as FilePath  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = FilePath(folder, "c.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["Name", "Town"], [text, "Bend"]])
        assert [row["Name"] for row in rows(read(path))] == [text.strip()]


def test_one_bad_byte_in_utf_8_is_told_at_its_line(tmp_path: Path) -> None:
    text = "Name,Town\nJosé,Köln\n".encode() + "René,Bern\n".encode("cp1252")
    found = fault(written(tmp_path, text))
    assert (found.code, found.line) == ("M502", 3)
    assert rows(read(written(tmp_path, text), encoding="cp1252"))[1]["Name"] == "René"


@pytest.mark.parametrize("encoding", ["undefined", "hex", "a\0b"])
def test_an_encoding_of_no_use_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Misuse, match="no encoding"):
        read(written(tmp_path, "Name\nJosé\n"), encoding=encoding)


def test_the_separator_that_names_more_columns_counts_though_a_row_is_short(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name;City, State;Mail\nAnn;Bend, OR;a@x.example\nBob;Salem, OR\n"))
    assert table.header == ("Name", "City, State", "Mail")
    assert told(table) == [("M507", 3, "warning")]


def test_a_comma_in_one_title_makes_no_columns_of_texts(tmp_path: Path) -> None:
    table = read(written(tmp_path, "Name,Note; a; b; c\nAnn,x\nBob,y\nCy,z\n"))
    assert table.header == ("Name", "Note; a; b; c")


def test_formulas_on_another_sheet_do_not_matter(tmp_path: Path) -> None:
    path = book(tmp_path, ["Name"], ["Ann"])
    made = openpyxl.load_workbook(path)
    made.create_sheet("Sums")["A1"] = "=1+1"
    made.save(path)
    assert read(path).problems == ()
    assert fault_of_sheet(path, "Sums").code == "M509"


def fault_of_sheet(path: Path, sheet: str) -> Problem:
    with pytest.raises(Faults) as caught:
        contacts.read(f"{path}#{sheet}", {})
    return caught.value.problems[-1]


def test_a_formula_that_was_never_worked_out_leaves_its_row_out(tmp_path: Path) -> None:
    table = read(book(tmp_path, ["Name", "Sum"], ["Ann", "=1+1"], ["Bob", 3], [None, "=2+2"]))
    assert told(table) == [("M509", 2, "error"), ("M509", 4, "error")]
    assert "B2" in table.problems[0].message
    assert rows(table) == [{"Name": "Bob", "Sum": "3"}]


def test_a_header_that_was_never_worked_out_is_a_fault_of_the_file(tmp_path: Path) -> None:
    found = fault(book(tmp_path, ["Name", '="S"&"um"'], ["Ann", 1], ["Bob", 3]))
    assert (found.code, found.line) == ("M509", 1)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("m/d/yyyy", "2026-11-30"),
        ("mm-dd-yy", "2026-11-30"),
        ("[$-x-sysdate]dddd, mmmm dd, yyyy", "2026-11-30"),
        ('d" des "mmmm', "2026-11-30"),
        ("m/d/yy h:mm", "2026-11-30 14:30"),
        ("yyyy-mm-dd hh:mm:ss", "2026-11-30 14:30"),
    ],
)
def test_a_time_of_day_is_read_where_the_format_shows_it(tmp_path: Path, form: str, text: str) -> None:
    table = read(book(tmp_path, ["Due"], [datetime(2026, 11, 30, 14, 30)], A2=form))  # noqa: DTZ001
    assert rows(table) == [{"Due": text}]


def test_a_workbooks_own_figures_and_days_are_marked_as_plain_and_its_texts_are_not(tmp_path: Path) -> None:
    table = read(book(tmp_path, ["A", "B", "C"], [12.345, date(2026, 12, 1), "12.345"]))
    figure, day, text = table.rows[0].cells
    assert isinstance(figure, Plain)
    assert isinstance(day, Plain)
    assert not isinstance(text, Plain)
    assert (figure, day, text) == ("12.345", "2026-12-01", "12.345")


def notes_first(folder: Path, *rows: list[Any], state: str = "visible") -> Path:
    made = openpyxl.Workbook()
    assert made.active is not None
    made.active.title = "Notes"
    made.active.append(["Read me"])
    made.active.append(["Mind the gap"])
    sheet = made.create_sheet("Contacts")
    sheet.sheet_state = state
    for row in rows:
        sheet.append(row)
    path = folder / "c.xlsx"
    made.save(path)
    return path


def test_a_table_on_a_further_sheet_is_told(tmp_path: Path) -> None:
    path = notes_first(tmp_path, ["Name", "Town"], ["Ann", "Bend"])
    (problem,) = read(path).problems
    assert (problem.code, problem.severity) == ("M511", "warning")
    assert "'Notes'; there is a table in 'Contacts' too" in problem.message
    assert problem.hint == f'--data "{path}#Contacts" reads that one'
    assert contacts.read(f"{path}#Notes", {}).problems == ()


def test_sheets_that_are_empty_or_hidden_are_not_told(tmp_path: Path) -> None:
    assert read(notes_first(tmp_path)).problems == ()
    assert read(notes_first(tmp_path, ["Name", "Town"], ["Ann", "Bend"], state="hidden")).problems == ()
