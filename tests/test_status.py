"""The status command, from the words on the command line to what it prints."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from generator.cli import run
from tests.slip_making import DEAL, Office

if TYPE_CHECKING:
    from pathlib import Path

OTHER = "tiny-press"
OK, FAILED, IMPOSSIBLE = 0, 1, 2


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Two deals: one with its slip, one that was not rendered yet."""
    made = Office.opened(tmp_path / "office")
    made.take(OTHER)
    return made


def fill(office: Office) -> None:
    """Two actions done, one of them late; a row added, done too."""
    sheet = office.sheet()
    sheet.mark("names-match", date(2026, 11, 16), "RO")
    sheet.mark("invoices-made", date(2026, 11, 30), "RO")
    sheet.mark("first-payment-worked-out", "yes")
    spare = next(number for number, row in sheet.rows() if not any(row.values()))
    sheet.put(spare, {"Action": "Bring a cake", "Owner": "Priya Raman", "Done on": date(2026, 11, 17)})
    sheet.put(spare + 1, {"Action": "Fetch the key", "Owner": "Bob", "Due": date(2026, 11, 15)})
    sheet.save()


def said(office: Office, capsys: pytest.CaptureFixture[str], *words: str, code: int = OK) -> tuple[str, str]:
    """What the command prints, on standard output and standard error."""
    assert run(["-C", str(office.root), "status", *words]) == code
    printed = capsys.readouterr()
    return printed.out, printed.err


def deals(office: Office, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The deals of the JSON document by id."""
    out, _ = said(office, capsys, "--as-of", "2026-11-18", "--json", *words)
    return {deal["deal"]: deal for deal in json.loads(out)["deals"]}


def test_it_counts_what_is_done_and_what_is_overdue(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    fill(office)
    deal = deals(office, capsys)[DEAL]
    actions = len(office.actions())
    assert (deal["state"], deal["done"], deal["total"]) == ("read", 3, actions + 2)
    late = [one for one in deal["open"] if one["overdue"]]
    assert deal["overdue"] == len(late)
    assert {one["due"] < "2026-11-18" for one in late} == {True}
    assert {one["due"] >= "2026-11-18" for one in deal["open"] if not one["overdue"]} == {True}
    assert deal["open"][0] == {
        "id": "", "action": "Fetch the key", "owner": "Bob", "due": "2026-11-15", "overdue": True,
    }  # fmt: skip
    assert "first-payment-worked-out" in {one["id"] for one in deal["open"]}


def test_it_tells_each_oddity_of_a_slip_by_its_cell(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    fill(office)
    sheet = office.sheet()
    row = sheet.row_of("names-match")
    sheet.put(row, {"id": "nams-match"})
    sheet.save()
    _, err = said(office, capsys)
    assert f"Slip!A{row}: S501 warning: no action has the id 'nams-match'" in err
    assert "S502 warning: 'yes' is not a day" in err
    assert deals(office, capsys)[DEAL]["kept"] == 1


def test_the_same_is_said_before_and_after_the_slip_is_made_again(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(office)
    before = deals(office, capsys, DEAL)
    office.render()
    assert deals(office, capsys, DEAL) == before


def test_a_slip_that_is_missing_or_cannot_be_read_is_listed_as_such(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.slip.write_bytes(b"coffee")
    (office.root / "deals" / "broken.yaml").write_text("plan: gold\n", encoding="utf-8")
    out, err = said(office, capsys)
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "the slip cannot be read" in lines[DEAL]
    assert "no slip yet" in lines[OTHER]
    assert "the deal has problems" in lines["broken"]
    assert f"{office.slip}: S512" in err
    found = deals(office, capsys)
    assert [found[name]["state"] for name in ("broken", DEAL, OTHER)] == ["faulty", "unreadable", "missing"]
    assert found[OTHER]["done"] == 0
    assert found[OTHER]["total"] > 10
    assert found[DEAL]["total"] == 0


@pytest.mark.parametrize("name", ["Priya Raman", "priya", "PR", "technician"])
def test_one_owners_share_is_found_by_name_initials_or_role(
    office: Office, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    deal = deals(office, capsys, DEAL, "--owner", name)[DEAL]
    assert {one["owner"] for one in deal["open"]} == {"Priya Raman"}
    assert deal["total"] == sum(row["Owner"] == "Priya Raman" for row in office.actions().values())


def test_an_owner_who_is_not_there_is_asked_back(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = said(office, capsys, "--owner", "Priya Ramen", code=IMPOSSIBLE)
    assert "nobody is called 'Priya Ramen' (did you mean 'Priya Raman'?)" in err


def test_only_overdue_deals_are_listed_if_asked(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(deals(office, capsys, "--overdue")) == {DEAL, OTHER}
    out, _ = said(office, capsys, "--overdue", "--as-of", "2026-11-16")
    assert "0 deals: 0 of 0 actions done, 0 overdue as of 2026-11-16." in out


def test_the_table_says_what_is_next(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    fill(office)
    out, _ = said(office, capsys, DEAL, "--as-of", "2026-11-18")
    total = len(office.actions()) + 2
    assert f"3 of {total}" in out
    assert "Fetch the key" in out
    assert "2026-11-15" in out
    assert out.splitlines()[-1].startswith(f"1 deal: 3 of {total} actions done, ")
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_csv_has_a_line_for_each_deal(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    fill(office)
    out, _ = said(office, capsys, "--format", "csv", "--as-of", "2026-11-18")
    rows = {row["deal"]: row for row in csv.DictReader(io.StringIO(out))}
    assert rows.keys() == {DEAL, OTHER}
    assert (rows[DEAL]["done"], rows[DEAL]["action"], rows[DEAL]["due"]) == ("3", "Fetch the key", "2026-11-15")
    assert rows[OTHER]["state"] == "missing"


def test_without_a_day_it_is_today(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = date.today()  # noqa: DTZ011 -- the day on this machine is what is meant
    out, _ = said(office, capsys, "--json")
    assert json.loads(out)["as_of"] in {before.isoformat(), date.today().isoformat()}  # noqa: DTZ011


def test_faults_of_the_templates_are_told_and_nothing_else(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    (office.workspace.templates / "routing.yaml").write_text("actions: 7\n", encoding="utf-8")
    out, err = said(office, capsys, code=FAILED)
    assert out == ""
    assert "routing.yaml:1" in err


def test_a_packet_without_a_slip_is_a_misuse(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = office.workspace.templates / "documents.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("    filled_in: yes\n", ""), encoding="utf-8")
    _, err = said(office, capsys, code=IMPOSSIBLE)
    assert "filled_in: yes" in err


def test_only_a_workbook_can_be_filled_in(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = office.workspace.templates / "documents.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("cover-page.pdf\n", "cover-page.pdf\n    filled_in: yes\n"), encoding="utf-8")
    _, err = said(office, capsys, code=FAILED)
    assert "P222 'cover-page' cannot be read back" in err


def test_the_command_itself_writes_colour_only_if_asked(office: Office) -> None:
    command = [sys.executable, "-m", "generator", "-C", str(office.root), "status", "--as-of", "2026-11-18"]
    plain = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8")
    colored = {**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "", "TERM": "xterm"}
    shown = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", env=colored)
    assert "\x1b[" not in plain.stdout
    assert "\x1b[31m" in shown.stdout
