"""The ledger's text: what is written is read back, and whatever else stands in it is told with its line."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import ledger
from generator.ledger import HEADER, LedgerLine

HASH = "-".join(["0123456789abcdef"] * 4)
FILE = "deals/invoices.csv"

LINES = st.builds(
    LedgerLine,
    number=st.from_regex(r"[A-Za-z0-9/._-]{1,21}", fullmatch=True),
    deal=st.from_regex(r"[a-z0-9-]{1,60}", fullmatch=True),
    what=st.sampled_from(["setup", "2026-12", "credit-1", "note-A.7_2-2", "refund-2027-06"]),
    date=st.dates(date(1990, 1, 1), date(2199, 12, 31)),
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    net=st.decimals(0, 10**9, places=2),
    tax=st.decimals(0, 10**9, places=2),
    total=st.just(Decimal(0)),
    hash=st.just(HASH),
)


def row(number: str = "2026-0001", deal: str = "acme", what: str = "setup", **more: str) -> str:
    cells = {"date": "2026-11-16", "currency": "USD", "net": "100.00", "tax": "7.25", "total": "107.25", "hash": HASH}
    return ",".join([number, deal, what, *{**cells, **more}.values()])


def told(*rows: str, head: str = HEADER) -> list[str]:
    """The problems of a ledger, as `line code message`."""
    read = ledger.parse("\n".join([head, *rows]) + "\n", FILE)
    assert all(problem.file == FILE and problem.column == 1 and problem.hint for problem in read.problems)
    return [f"{problem.line} {problem.code} {problem.message}" for problem in read.problems]


@given(st.lists(LINES, max_size=5, unique_by=lambda line: line.number.casefold()))
def test_what_is_written_is_read_back(lines: list[LedgerLine]) -> None:
    summed = [replace(one, deal=f"d{at}", total=one.net + one.tax, line=at) for at, one in enumerate(lines, 2)]
    read = ledger.parse(ledger.with_lines("", summed), FILE)
    assert read.problems == ()
    assert list(read.lines) == summed
    assert next(csv.reader(io.StringIO(read.text))) == HEADER.split(",")


@given(st.text(st.sampled_from('2026-0001,acme"\r\n<=>|\x00é ') | st.characters(), max_size=60))
def test_whatever_stands_in_it_is_read_or_told(text: str) -> None:
    read = ledger.parse(f"{HEADER}\n{row()}\n{text}\n", FILE)
    assert read.lines[0].number == "2026-0001"
    assert len(read.lines) > 1 or read.problems or not text.splitlines()


def test_lines_are_added_and_nothing_else_changes() -> None:
    (line,) = ledger.parse(f"{HEADER}\n{row()}\n", FILE).lines
    for before in (f"{HEADER}\n", f"{HEADER}\n{row('A')}\n", f"{HEADER}\r\n{row('A')}\r\n"):
        after = ledger.with_lines(before, [line])
        assert after.startswith(before)
        assert after.count("\r") == (3 if "\r" in before else 0)
    assert ledger.with_lines(f"{HEADER}\n{row('A')}", [line]) == f"{HEADER}\n{row('A')}\n{row()}\n"
    assert ledger.with_lines("", [line]) == f"{HEADER}\n{row()}\n"


def test_a_ledger_that_is_not_there_yet_has_no_problem() -> None:
    assert ledger.parse("", FILE).problems == ()


def test_windows_line_ends_and_quotation_marks_are_read_too() -> None:
    quoted = ",".join(f'"{cell}"' for cell in row().split(","))
    assert len(ledger.parse(f"{HEADER}\r\n{quoted}\r\n", FILE).lines) == 1
    assert ledger.rows_of(quoted) == {"acme": quoted}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-0001,acme", "has 2 columns; there are 9"),
        ("", "has 0 columns; there are 9"),
        (row() + ",x", "has 10 columns; there are 9"),
        (row("№ 7"), "has '№ 7' for its number"),
        (row(deal="Acme"), "has 'Acme' for its deal"),
        (row(what="december"), "has 'december' for its what"),
        (row(date="16.11.2026"), "has '16.11.2026' for its date; a date is written 2026-12-31"),
        (row(date="2026-11-31"), "has '2026-11-31' for its date; a date is written 2026-12-31"),
        (row(currency="usd"), "has 'usd' for its currency"),
        (row(net="1e2"), "has '1e2' for its net; an amount is written 1410.00"),
        (row(net=""), "has '' for its net; an amount is written 1410.00"),
        (row(total="107.26"), "has a total of 107.26, but 100.00 and 7.25 make 107.25"),
        (row(hash="0123"), "has '0123' for its hash"),
        (row() + '"', f"has '{HASH}\"' for its hash"),
        ('"2026-0001,acme', "has a quotation mark that is not closed, or something behind one"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(text: str, said: str) -> None:
    assert told(row("A-1", what="2026-12"), text, row("A-2", what="2027-01")) == [f"3 L304 this line {said}"]


def test_a_half_line_is_told() -> None:
    read = ledger.parse(f"{HEADER}\n{row()}\n{row('2026-0002')[:40]}", FILE)
    assert [problem.line for problem in read.problems] == [3]


@pytest.mark.parametrize("head", [row(), HEADER.replace(",", ";"), "\ufeff" + HEADER, HEADER.upper()])
def test_another_heading_is_told(head: str) -> None:
    assert told(head=head) == ["1 L302 the first line is not the ledger's heading"]


def test_both_sides_of_a_merge_are_told_with_their_lines() -> None:
    both = ("<<<<<<< HEAD", row("2026-0002", "bolt"), "=======", row("2026-0002", "coil"), ">>>>>>> other")
    assert told(row(), *both) == [
        "3 L303 a merge left both sides here, on lines 3 to 7",
        "4 L305 the number 2026-0002 (bolt, setup) is on line 6 too",
        "6 L305 the number 2026-0002 (coil, setup) is on line 4 too",
    ]


def test_what_is_there_twice_is_told_on_each_of_its_lines() -> None:
    assert told(row("A-1"), row("a-1", "bolt"), row("B", "bolt"), row("A-1", "coil")) == [
        "2 L305 the number A-1 (acme, setup) is on line 3 and 5 too",
        "3 L305 the number a-1 (bolt, setup) is on line 2 and 5 too",
        "5 L305 the number A-1 (coil, setup) is on line 2 and 3 too",
        "3 L306 the invoice bolt, setup (a-1) is on line 4 too",
        "4 L306 the invoice bolt, setup (B) is on line 3 too",
    ]


def test_a_problem_of_a_line_is_of_its_deal_and_one_of_the_file_of_all() -> None:
    read = ledger.parse("\n".join([HEADER, row(), row(deal="bolt")]), FILE)
    assert [len(read.faults_of(name)) for name in ("acme", "bolt", "coil")] == [1, 1, 0]
    assert len(ledger.parse("what\n", FILE).faults_of("coil")) == 1


def test_a_deal_has_its_lines_and_their_text() -> None:
    read = ledger.parse("\n".join([HEADER, row(), row("B", "bolt"), row("C", what="2026-12")]), FILE)
    assert [line.number for line in read.of("acme")] == ["2026-0001", "C"]
    assert ledger.rows_of(read.text)["acme"] == f"{row()}\n{row('C', what='2026-12')}"
    assert read.of("coil") == ()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("setup", "setup"),
        ("2026-12", "12/26"),
        ("credit-2", "credit 2"),
        ("note-2026-0001", "correction 2026-0001"),
        ("refund-2027-06", "refund for 06/27"),
    ],
)
def test_an_invoice_is_called_by_words(what: str, said: str) -> None:
    assert ledger.in_words(what, lambda day: f"{day:%m/%y}") == said
