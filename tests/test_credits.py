"""Credit notes for issued invoices of real deal files: proposed, and written into them."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from generator import ledger, load, validate
from generator.errors import Faults, Misuse
from generator.invoicing import credits as credit_notes
from generator.reading import read_house
from tests.ledger_making import issue
from tests.making import SMALLEST
from tests.workspaces import change, sign, small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.workspace import Workspace

DAY = date(2027, 3, 1)
TAXED = SMALLEST + "lines: [{description: Firewall, price: 640.00, every: once, taxable: yes}]\ntax: {rate: 7.25}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two deals whose invoices are numbered: acme's setup is 2026-0001, its first month 2026-0002."""
    made = small(tmp_path, 0)
    sign(made, "acme", TAXED)
    sign(made, "bolt", TAXED.replace("monthly: {paid_by: card}", "monthly: {paid_by: check}"))
    for name in ("acme", "bolt"):
        issue(made, name, DAY)
    return made


def number_of(workspace: Workspace, deal: str, what: str) -> str:
    lines = ledger.parse((workspace.deals / ledger.NAME).read_text(), "x").lines
    (line,) = (line for line in lines if (line.deal, line.what) == (deal, what))
    return line.number


def propose(
    workspace: Workspace, number: str, wanted: str | None = None, dated: date = DAY, reason: str | None = None
) -> credit_notes.Amendment:
    return credit_notes.propose(workspace, number, wanted, dated, reason)


def credited(workspace: Workspace, number: str, wanted: str | None = None, dated: date = DAY) -> credit_notes.Amendment:
    """Credit, as it was proposed."""
    amendment = propose(workspace, number, wanted, dated)
    credit_notes.amend(workspace, amendment)
    return amendment


def file_of(workspace: Workspace, name: str = "acme") -> Path:
    return workspace.deals / f"{name}.yaml"


def sums(amendment: credit_notes.Amendment) -> tuple[Decimal, Decimal]:
    return sum((line.amount for line in amendment.note.lines), Decimal(0)), amendment.note.tax


def test_only_lines_are_added_to_the_deal_file_and_it_reads_as_before_with_the_note(workspace: Workspace) -> None:
    path, (house, _) = file_of(workspace), read_house(workspace)
    before, text = validate.deal(load.read(path, "acme.yaml"), "acme", house)[0], path.read_text()
    git(workspace, "init", "-q")
    git(workspace, "add", ".")
    amendments = [credited(workspace, "2026-0001", wanted) for wanted in ("2", "1=10.00", None)]
    after = validate.deal(load.read(path, "acme.yaml"), "acme", house)[0]
    assert path.read_text().startswith(text)
    assert after == before.model_copy(update={"credit_notes": tuple(one.note for one in amendments)})
    added, removed, _ = git(workspace, "diff", "--numstat", "deals/acme.yaml").split()
    assert (int(added), removed) == (14, "0")
    assert [sums(one) for one in amendments] == [
        (Decimal("640.00"), Decimal("46.40")),
        (Decimal("10.00"), Decimal("0.00")),
        (Decimal("1400.00"), Decimal("0.00")),
    ]


def git(workspace: Workspace, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=workspace.deals.parent, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_would_be_added_is_shown_as_a_diff(workspace: Workspace) -> None:
    before = file_of(workspace).read_bytes()
    amendment = propose(workspace, "2026-0002", "1=100.00", reason="One server was off for a week")
    assert [line for line in amendment.diff.splitlines() if line.startswith("+")][1:] == [
        "+credit_notes:",
        '+  - invoice: "2026-0002"',
        "+    dated: 2027-03-01",
        "+    reason: One server was off for a week",
        "+    lines:",
        "+      - {description: Managed server, amount: 100.00}",
    ]
    assert "Left of the invoice  $1,310.00" in amendment.told
    assert file_of(workspace).read_bytes() == before


def test_marks_line_ends_and_permissions_of_the_file_are_kept(workspace: Workspace) -> None:
    path = file_of(workspace)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o640)
    mode = path.stat().st_mode
    before = path.read_bytes()
    credited(workspace, "2026-0001")
    after = path.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\r\n") == after.count(b"\n") > before.count(b"\n")
    assert path.stat().st_mode == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_a_deal_that_is_a_link_stays_one(workspace: Workspace, tmp_path: Path) -> None:
    path, real = file_of(workspace), tmp_path / "elsewhere.yaml"
    path.rename(real)
    path.symlink_to(real)
    credited(workspace, "2026-0001")
    assert path.is_symlink()
    assert "credit_notes:" in real.read_text()


def test_what_a_refund_takes_back_is_not_there_to_be_credited(workspace: Workspace) -> None:
    number = number_of(workspace, "bolt", "2027-02")
    path = file_of(workspace, "bolt")
    path.write_text(path.read_text() + "ended: 2027-02-14\n")
    half = credited(workspace, number)
    assert sums(half)[0] == Decimal("705.00")  # 14 of 28 days were used
    with pytest.raises(Misuse, match="nothing is left"):
        propose(workspace, number)


def test_an_invoice_of_which_the_deal_gives_other_lines_is_credited_as_one(workspace: Workspace) -> None:
    change(file_of(workspace), "workstations: 14", "workstations: 15")
    whole = propose(workspace, "2026-0002")
    assert [line.description for line in whole.note.lines] == ["Invoice 2026-0002"]
    assert sums(whole)[0] == Decimal("1410.00")
    with pytest.raises(Misuse, match="its deal has changed since, so it can only be credited as a whole"):
        propose(workspace, "2026-0002", "2")


def test_another_address_changes_nothing_of_the_lines(workspace: Workspace) -> None:
    change(file_of(workspace), "city: Portland", "city: Salem")
    assert len(propose(workspace, "2026-0002").note.lines) == 2


def test_a_note_is_not_dated_before_its_invoice_was_issued(workspace: Workspace) -> None:
    first, second, later = (number_of(workspace, "bolt", what) for what in ("2026-12", "2027-01", "2027-03"))
    signed = date(2026, 11, 16)
    assert propose(workspace, first, dated=signed).note.dated == signed
    assert propose(workspace, second, dated=signed).note.dated == signed  # dated ahead, issued at signing
    with pytest.raises(Misuse, match=r"2026-11-15 is before 2026-11-16, when invoice .* was issued"):
        propose(workspace, first, dated=date(2026, 11, 15))
    with pytest.raises(Misuse, match=r"2027-02-16 is before 2027-02-17, when invoice .* was issued"):
        propose(workspace, later, dated=date(2027, 2, 16))


def test_nothing_is_dated_into_closed_books(workspace: Workspace) -> None:
    change(workspace.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2027-03-01")
    with pytest.raises(Misuse, match="the books are closed through 2027-03-01"):
        propose(workspace, "2026-0001")
    assert propose(workspace, "2026-0001", dated=date(2027, 3, 2)).note.lines


@pytest.mark.parametrize("where", ["deeper", "gone", "twice"])
def test_the_deal_is_found_wherever_it_lies(workspace: Workspace, where: str) -> None:
    path, below = file_of(workspace), workspace.deals / "old"
    below.mkdir()
    if where == "twice":
        (below / path.name).write_text(path.read_text())
    elif where == "deeper":
        path.rename(below / path.name)
        assert propose(workspace, "2026-0001").path == below / path.name
        return
    else:
        path.unlink()
    with pytest.raises(Misuse, match=f"invoice 2026-0001 is for the deal 'acme', which is {where}"):
        propose(workspace, "2026-0001")


def test_a_faulty_deal_or_ledger_is_told_and_nothing_is_proposed(workspace: Workspace) -> None:
    change(file_of(workspace, "bolt"), "plan: gold", "plan: glod")
    with pytest.raises(Faults, match="plan 'glod'"):
        propose(workspace, number_of(workspace, "bolt", "setup"))
    book = workspace.deals / ledger.NAME
    rows = book.read_text().splitlines(keepends=True)
    book.write_text("".join([*rows, rows[1]]))
    with pytest.raises(Faults, match="the number 2026-0001"):
        propose(workspace, "2026-0001")
    book.write_text("".join([rows[0], "<<<<<<< ours\n", *rows[1:], "=======\n>>>>>>> theirs\n"]))
    with pytest.raises(Faults):
        propose(workspace, number_of(workspace, "acme", "2027-01"))


def test_a_reason_that_the_deal_file_must_not_hold_is_told(workspace: Workspace) -> None:
    before = file_of(workspace).read_bytes()
    with pytest.raises(Faults, match="card number"):
        propose(workspace, "2026-0001", reason="Paid by 4242 4242 4242 4242")
    assert file_of(workspace).read_bytes() == before


def test_a_file_that_changed_since_it_was_shown_is_left_alone(workspace: Workspace) -> None:
    amendment = propose(workspace, "2026-0001")
    change(file_of(workspace), "servers: 2", "servers: 3")
    after = file_of(workspace).read_bytes()
    with pytest.raises(Misuse, match="was changed meanwhile, so nothing was written"):
        credit_notes.amend(workspace, amendment)
    assert file_of(workspace).read_bytes() == after


def test_nothing_is_added_where_the_books_or_the_ledger_changed_since_it_was_shown(workspace: Workspace) -> None:
    amendment, before = propose(workspace, "2026-0002"), file_of(workspace).read_bytes()
    text = workspace.ledger.read_text()
    workspace.ledger.write_text(text.replace("1410.00,0.00,1410.00", "1400.00,0.00,1400.00"))
    with pytest.raises(Misuse, match="was changed meanwhile, so nothing was written"):
        credit_notes.amend(workspace, amendment)
    workspace.ledger.write_text(text)
    change(workspace.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2027-03-01")
    with pytest.raises(Misuse, match="the books are closed through 2027-03-01"):
        credit_notes.amend(workspace, amendment)
    assert file_of(workspace).read_bytes() == before


def test_a_file_to_which_nothing_can_be_added_gets_its_note_told(workspace: Workspace) -> None:
    keys = TAXED.strip().splitlines(keepends=True)
    file_of(workspace).write_text("".join(f"? {line.replace(': ', chr(10) + ': ', 1)}" for line in keys))
    with pytest.raises(Misuse, match=r"add to its notes by hand:\ncredit_notes:\n- invoice: .2026-0001"):
        propose(workspace, "2026-0001")
