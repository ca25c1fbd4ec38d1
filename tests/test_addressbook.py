"""The list of deals for others' merges: stable columns, and no cell that becomes a formula."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from generator.merge import addressbook
from tests.making import ROOT, deal, figures, house

COLUMNS = [
    "First Name", "Last Name", "Company", "Job Title", "E-mail Address", "Business Phone", "Business Street",
    "Business Street 2", "Business City", "Business State", "Business Postal Code", "Business Country/Region", "Deal",
    "Full Name", "Legal Name", "Signer", "Billing E-mail", "PO Number", "Plan", "Servers", "Workstations", "Signed",
    "Starts", "Term End", "Setup Fee", "Monthly Total", "To Collect",
]  # fmt: skip


def row(text: str = "") -> dict[str, str]:
    made = deal(text)
    return addressbook.row(made, house().provider.plans[made.plan], figures(text), lambda code: f"<{code}>")


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_columns_are_a_contract() -> None:
    assert list(row()) == COLUMNS


def test_the_columns_are_those_of_the_documentation() -> None:
    documented = (ROOT / "docs" / "merge.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in documented] == []


def test_a_deal_is_a_row() -> None:
    made = row("notes: x")
    assert {name: text for name, text in made.items() if text} == {
        "First Name": "Ann", "Last Name": "Lee", "Company": "Acme", "Business Street": "1 Main Street",
        "Business City": "Portland", "Business Country/Region": "<US>", "Deal": "acme", "Full Name": "Ann Lee",
        "Legal Name": "Acme", "Signer": "Ann Lee", "Plan": "Gold", "Servers": "2", "Workstations": "14",
        "Signed": "2026-11-16", "Starts": "2026-12-01", "Term End": "2029-11-30", "Setup Fee": "1410.00",
        "Monthly Total": "1410.00", "To Collect": "2820.00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ann Lee", ("Ann", "Lee")), ("Dr. Paul van Renner Jr.", ("Paul", "van Renner")), ("Madonna", ("Madonna", "")),
        ("Lindqvist, Maria", ("Maria", "Lindqvist")), ("Ann and Bob Lee", ("", "")),
    ],
)  # fmt: skip
def test_a_name_is_parted_as_greetings_part_it(name: str, parts: tuple[str, str]) -> None:
    made = row(f"client: {{name: Acme, address: {{street: x, city: y}}, contact: {{name: '{name}'}}}}")
    assert (made["First Name"], made["Last Name"], made["Full Name"]) == (*parts, name)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-5", "'-5"), ("+1-503-555", "'+1-503-555"), ("\tx", "'\tx"),
        ("+1 503 555 0134", "+1 503 555 0134"), ("+1 503+1", "'+1 503+1"), ("a=b", "a=b"), ("", ""),
        ("+1 (503) 555-0134", "+1 (503) 555-0134"), ("+44 (0)20 7946 0000", "+44 (0)20 7946 0000"),
        ("+49 89.1234-5", "+49 89.1234-5"), ("+1-503", "'+1-503"), ("+1 - 503", "'+1 - 503"), ("+1(2)", "'+1(2)"),
    ],
)  # fmt: skip
def test_no_cell_becomes_a_formula(text: str, cell: str) -> None:
    assert read(addressbook.as_csv([{"Name": text}]))[0]["Name"] == cell


def test_the_file_is_read_by_excel_word_and_outlook() -> None:
    content = addressbook.as_csv([{"Name": "Société", "Note": 'two\nlines, "quoted"'}])
    assert content.startswith("\ufeffName,Note\r\nSociété,".encode())
    assert read(content) == [{"Name": "Société", "Note": 'two\nlines, "quoted"'}]
