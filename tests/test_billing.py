"""The commands `credit` and `list`, from the words on the command line to what they print and write."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from generator import ledger
from generator.cli import billing, run
from generator.invoicing import overview
from tests.making import SMALLEST
from tests.workspaces import change, sign, small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.workspace import Workspace

OK, FAILED, IMPOSSIBLE, STOPPED = 0, 1, 2, 130
NUMBER = "2026-0001"


class Office:
    """A workspace with its command line."""

    def __init__(self, workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
        self.workspace, self.capsys = workspace, capsys

    @property
    def deal(self) -> Path:
        return self.workspace.deals / "acme.yaml"

    def said(self, *words: str, code: int = OK) -> tuple[str, str]:
        """What a command prints, on standard output and standard error."""
        exit_code = run(["-C", str(self.workspace.deals.parent), *words])
        printed = self.capsys.readouterr()
        assert exit_code == code, printed
        return printed.out, printed.err

    def listed(self, *words: str) -> dict[str, dict[str, str]]:
        """The rows of the list, by deal."""
        out, _ = self.said("list", "--format", "csv", *words)
        return {row["deal"]: row for row in csv.DictReader(io.StringIO(out))}


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """One deal, whose setup invoice is 2026-0001 and first month 2026-0002."""
    made = Office(small(tmp_path, 0), capsys)
    sign(made.workspace, "acme")
    made.said("number", "--as-of", "2026-11-16", "--yes")
    return made


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Let somebody sit there who answers."""
    keys = io.StringIO(answer)
    monkeypatch.setattr(keys, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keys)


def test_a_credit_is_shown_written_numbered_and_listed(office: Office) -> None:
    out, err = office.said(
        "credit", NUMBER, "--lines", "1=410.00", "--reason", "Waived", "--date", "2026-12-01", "--yes"
    )
    assert "Onboarding and setup    $410.00" in out
    assert "Left of the invoice   $1,000.00" in out
    assert "+    reason: Waived\n" in out
    assert f"Added to {office.deal}. Next: 'dealdocs number acme' gives the credit note its number.\n" in out
    assert err == ""
    office.said("number", "acme", "--as-of", "2026-12-01", "--yes")
    book = (office.workspace.deals / ledger.NAME).read_text()
    assert "2026-0003,acme,note-2026-0001,2026-12-01,USD,410.00,0.00,410.00," in book
    rows = [office.listed("--as-of", day)["acme"] for day in ("2026-11-30", "2026-12-01")]
    assert [(row["invoiced"], row["credited"]) for row in rows] == [("2820.00", "0.00"), ("2820.00", "410.00")]
    office.said("check")
    office.said("render", "--jobs", "1")
    assert office.said("credit", NUMBER, "--dry-run")[0].count("$1,000.00") == 2
    office.said("credit", "2026-0003", "--yes", code=IMPOSSIBLE)


def test_nothing_is_written_unless_that_is_wanted(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.deal.read_bytes()
    assert "+credit_notes:" in office.said("credit", NUMBER, "--dry-run")[0]
    _, err = office.said("credit", NUMBER, code=IMPOSSIBLE)
    assert err == "dealdocs: nothing was written, for there is nobody to ask; use --yes, or --dry-run to look only\n"
    at_a_terminal(monkeypatch, "n\n")
    assert office.said("credit", NUMBER)[0].endswith("Nothing was written.\n")
    at_a_terminal(monkeypatch, "")  # the end of the input, as Ctrl-C, stops it
    office.said("credit", NUMBER, code=STOPPED)
    assert office.deal.read_bytes() == before


def test_who_does_not_agree_to_numbers_is_told_that_there_are_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = office.workspace.ledger.read_bytes()
    at_a_terminal(monkeypatch, "n\n")
    assert office.said("number", "--as-of", "2027-06-01")[0].endswith("Nothing was written.\n")
    at_a_terminal(monkeypatch, "n\n")
    assert json.loads(office.said("number", "--as-of", "2027-06-01", "--json")[0])["written"] is False
    assert office.workspace.ledger.read_bytes() == before


def test_who_agrees_gets_it_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, "y\n")
    out, _ = office.said("credit", NUMBER, "--date", "2026-12-01")
    assert f"Add this to {office.deal}? [y/N]" in out
    assert "credit_notes:" in office.deal.read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2026-0009",), "no invoice with the number '2026-0009' was issued"),
        ((NUMBER, "--lines", "7"), "'7' is not a line of invoice 2026-0001 (1 is Onboarding and setup, 1410.00)"),
        ((NUMBER, "--date", "2026-11-01"), "2026-11-01 is before 2026-11-16, when invoice 2026-0001 was issued"),
        ((NUMBER, "--reason", ""), "--reason: write a text"),
        ((NUMBER, "--date", "1.12.2026"), "does not match the format"),
        ((), "Missing argument 'NUMBER'"),
    ],
)
def test_what_cannot_be_credited_is_told(office: Office, words: tuple[str, ...], told: str) -> None:
    before = office.deal.read_bytes()
    assert told in office.said("credit", *words, "--yes", code=IMPOSSIBLE)[1]
    assert office.deal.read_bytes() == before


def test_a_faulty_deal_is_told_with_its_place(office: Office) -> None:
    office.deal.write_text(office.deal.read_text().replace("gold", "glod"))
    _, err = office.said("credit", NUMBER, "--yes", code=FAILED)
    assert f"{office.deal}:5:7: D105 plan 'glod'" in err


def test_the_list_can_be_sorted_by_every_column_and_by_nothing_else(office: Office) -> None:
    assert billing._COLUMNS == overview.COLUMNS
    sign(office.workspace, "zebra", SMALLEST.replace("workstations: 14", "workstations: 1"))
    assert list(office.listed("--sort", "monthly")) == ["zebra", "acme"]
    office.said("list", "--sort", "colour", code=IMPOSSIBLE)


def test_a_faulty_deal_is_told_and_the_others_are_listed(office: Office) -> None:
    sign(office.workspace, "bolt", SMALLEST.replace("gold", "glod"))
    out, err = office.said("list", "--json", code=FAILED)
    assert [deal["deal"] for deal in json.loads(out)["deals"]] == ["acme"]
    assert "bolt.yaml:5:7: D105 plan 'glod'" in err
    out, _ = office.said("list", "acme")
    assert "1 deal as of " in out


def test_a_deal_whose_lines_in_the_ledger_are_wrong_is_not_listed(office: Office) -> None:
    sign(office.workspace, "bolt")
    book = office.workspace.deals / ledger.NAME
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join([*rows, rows[1]]))
    out, err = office.said("list", "--format", "csv", code=FAILED)
    assert [line.split(",")[0] for line in out.splitlines()] == ["deal", "bolt"]
    assert f"{book}:2:1: " in err
    book.write_text("number;deal\n")
    out, err = office.said("list", code=FAILED)
    assert out == ""
    assert f"{book}:1:1: " in err


def test_a_deal_that_was_billed_in_another_currency_is_not_listed_even_in_closed_books(office: Office) -> None:
    sign(office.workspace, "bolt")
    provider = office.workspace.templates / "provider.yaml"
    change(provider, "currency: USD", "currency: EUR")
    change(provider, "invoicing:\n", "invoicing:\n  closed_through: 2027-01-31\n")
    out, err = office.said("list", "--format", "csv", code=FAILED)
    assert [line.split(",")[0] for line in out.splitlines()] == ["deal", "bolt"]
    assert f"{office.workspace.ledger}:2:1: L311 2026-0001 (acme, setup) is in USD; the provider's currency is" in err


@pytest.mark.parametrize("words", [("list", "--json"), ("list", "--format", "json"), ("status", "--json")])
def test_json_is_one_document_where_nothing_can_be_listed_too(office: Office, words: tuple[str, ...]) -> None:
    change(office.workspace.templates / "provider.yaml", "currency: USD", "currency: dollars")
    out, err = office.said(*words, code=FAILED)
    said = json.loads(out)
    assert said["deals"] == []
    assert [problem["file"] for problem in said["problems"]] == [str(office.workspace.templates / "provider.yaml")]
    assert "provider.yaml:" in err


def test_where_there_are_no_deals_the_list_says_so(office: Office) -> None:
    office.deal.unlink()
    out, err = office.said("list")
    assert (out, err) == ("", f"There are no deals in {office.workspace.deals} yet; 'dealdocs new ID' makes one.\n")
    assert json.loads(office.said("list", "--json")[0])["deals"] == []


def test_without_a_terminal_the_list_has_a_line_for_each_deal(office: Office) -> None:
    out, _ = office.said("list", "--as-of", "2027-01-01")
    assert out.splitlines()[2].split() == [
        "acme", "Acme", "Gold", "1,410.00", "card", "2026-12-01", "2029-11-30", "2029-10-01", "0.00", "2,820.00",
        "0.00", "in", "force",
    ]  # fmt: skip
