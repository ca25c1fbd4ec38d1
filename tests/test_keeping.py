"""Keeping: no line of the ledger gets lost unseen, and no paper of an issued invoice is removed."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator import files, pipeline
from generator.cli import run
from generator.errors import Faults, Misuse
from generator.invoicing import books
from generator.order import Order
from tests.making import SMALLEST
from tests.workspaces import ENVIRONMENT, change, changes, documents, render, sign, small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.account import Account
    from generator.pipeline import Workspace

BILLS = '\ndocuments:\n  bill: {template: bill.html, each: invoice, target: "{{ invoice.file }}.pdf"}\n'
DAY = date(2026, 12, 24)
GIT = {**ENVIRONMENT, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
USUAL = Order(jobs=1)


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", *words],
        cwd=folder, env=GIT, capture_output=True, check=True,
    )  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A deal by check whose four invoices were issued and rendered."""
    made = small(tmp_path, 0)
    (made.templates / "documents.yaml").write_text(BILLS)
    sign(made, "acme", SMALLEST.replace("paid_by: card", "paid_by: check"))
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DEALDOCS_")]:
        monkeypatch.delenv(variable)
    here = pipeline.Workspace.at(tmp_path.relative_to(tmp_path))
    assert number(here) == ["2026-0001", "2026-0002", "2026-0003", "2027-0001"]
    assert len(documents_of(render(here))) == 4
    return here


def number(made: Workspace, *names: str, as_of: date = DAY) -> list[str]:
    """Give numbers; those that were given."""
    proposal = books.propose(made, names, as_of)
    if proposal.lines:
        books.enter(made, proposal)
    return [line.number for line in proposal.lines]


def documents_of(account: Account) -> dict[str, str]:
    assert not account.failed
    return changes(account)


def close(made: Workspace) -> None:
    """Close the books, then sell twice as many workstations."""
    change(made.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2027-01-31")
    change(made.deals / "acme.yaml", "workstations: 14", "workstations: 28")


def codes(account: Account) -> list[str]:
    return [problem.code for problem in account.problems]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{{ invoice.file }}.pdf", "paper-{{ invoice.file }}.pdf"),
        ('bill: {template: bill.html, each: invoice, target: "', 'p: {template: bill.html, each: invoice, target: "p-'),
        (BILLS.partition("documents:")[2], "\n  page: {template: page.html, each: deal, target: page.pdf}\n"),
    ],
    ids=["target", "key and target", "no invoices any more"],
)  # fmt: skip
def test_papers_of_closed_books_stay_when_the_manifest_calls_them_otherwise(
    workspace: Workspace, old: str, new: str
) -> None:
    before = documents(workspace.output)
    close(workspace)
    change(workspace.templates / "documents.yaml", old, new)
    for order in (USUAL, Order(jobs=1, force=True)):
        assert "removed" not in documents_of(render(workspace, order=order)).values()
        after = documents(workspace.output)
        assert {name: after.get(name) for name in before} == before


def test_a_paper_that_is_there_under_its_old_name_is_not_missed(workspace: Workspace) -> None:
    close(workspace)
    change(workspace.templates / "documents.yaml", "{{ invoice.file }}", "paper-{{ invoice.file }}")
    assert codes(render(workspace)) == []


def test_papers_that_can_be_made_under_their_new_name_are(workspace: Workspace) -> None:
    change(workspace.templates / "documents.yaml", "{{ invoice.file }}", "paper-{{ invoice.file }}")
    assert sorted(documents_of(render(workspace)).values()) == ["new"] * 4 + ["removed"] * 4


def test_a_missing_paper_of_closed_books_is_told_at_every_run_until_it_is_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    before = workspace.output.rename(tmp_path / "elsewhere")
    close(workspace)
    for _ in range(3):
        assert codes(render(workspace)) == ["L317"] * 4
    (workspace.output / "acme").mkdir()
    for path in (before / "acme").iterdir():
        path.rename(workspace.output / "acme" / path.name)
    for _ in range(2):
        assert codes(render(workspace)) == []


def test_prune_leaves_the_papers_of_issued_invoices(workspace: Workspace) -> None:
    (workspace.templates / "documents.yaml").write_text(
        BILLS + "  page: {template: page.html, each: deal, target: page.pdf}\n"
    )
    sign(workspace, "other")
    render(workspace)
    (workspace.deals / "acme.yaml").unlink()
    (workspace.deals / "other.yaml").unlink()
    for _ in range(2):
        account = render(workspace, order=Order(jobs=1, prune=True))
        assert codes(account) == ["L309"]
        assert account.problems[0].message == (
            "the deal of 2026-0001 (acme, setup) is gone; the papers of its 4 invoices stay"
        )
        assert account.problems[0].severity == "warning"
        assert sorted(documents(workspace.output)) == [
            "acme/invoice-2026-12.pdf",
            "acme/invoice-2027-01.pdf",
            "acme/invoice-2027-02.pdf",
            "acme/invoice-setup.pdf",
        ]


def test_a_deal_file_that_was_renamed_is_not_billed_again(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.deals / "acme.yaml").rename(workspace.deals / "acme-inc.yaml")
    before = workspace.ledger.read_bytes()
    assert run(["number", "--yes", "--as-of", "2026-12-24"]) == 1
    said = capsys.readouterr().err
    assert "L309 the deal of 2026-0001 (acme, setup) is gone" in said
    assert "if it was renamed" in said
    assert workspace.ledger.read_bytes() == before


@pytest.fixture
def repository(workspace: Workspace, tmp_path: Path) -> Workspace:
    """The workspace in a repository, whose one commit has the ledger."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("output/\n.~lock.*\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return workspace


def lose(made: Workspace, rows: int) -> None:
    """Take lines away from the ledger's end; the file itself if they are all of them."""
    left = made.ledger.read_text().splitlines(keepends=True)[:-rows]
    made.ledger.write_text("".join(left))
    if len(left) == 1:
        made.ledger.unlink()


def stopped(made: Workspace) -> list[str]:
    """What keeps numbers from being given and documents from being made."""
    before = documents(made.output)
    account = render(made)
    assert {one.status for one in account.deals} == {"failed"}
    assert documents(made.output) == before
    with pytest.raises(Faults) as faults:
        books.propose(made, (), DAY)
    assert list(faults.value.problems) == list(account.problems)
    return [f"{problem.code} {problem.message}" for problem in account.problems]


def test_a_line_that_git_knows_and_the_ledger_lost_stops_all(repository: Workspace) -> None:
    lose(repository, 1)
    assert stopped(repository) == ["L312 the line of 2027-0001 was removed since HEAD, where it is line 5"]
    assert codes(pipeline.check(repository)) == ["L312"]


def test_a_ledger_that_git_knows_and_that_is_lost_stops_all(repository: Workspace) -> None:
    lose(repository, 4)
    assert stopped(repository) == ["L312 all lines were removed since HEAD, where there are 5"]


def test_lines_taken_away_while_a_merge_is_resolved_stop_nothing(repository: Workspace, tmp_path: Path) -> None:
    git(tmp_path, "checkout", "-qb", "other")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "other")
    git(tmp_path, "checkout", "-q", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "main")
    git(tmp_path, "merge", "-q", "--no-commit", "other")
    lose(repository, 1)
    assert codes(render(repository)) == []
    assert number(repository) == ["2027-0001"]


def test_without_git_what_the_last_run_knew_counts(workspace: Workspace) -> None:
    text = workspace.ledger.read_text()
    lose(workspace, 1)
    assert stopped(workspace) == ["L312 lines were changed or removed since the last run"]
    workspace.ledger.unlink()
    assert stopped(workspace) == ["L312 all lines were removed since the last run"]
    workspace.ledger.write_text(text)
    sign(workspace, "second")
    assert len(number(workspace)) == 3
    assert codes(render(workspace)) == []
    lose(workspace, 1)
    assert len(stopped(workspace)) == 1


def test_in_a_repository_a_committed_ledger_counts_not_the_last_run(repository: Workspace, tmp_path: Path) -> None:
    lose(repository, 1)
    git(tmp_path, "commit", "-qam", "taken back, for it was never sent")
    assert codes(render(repository)) == []
    assert number(repository) == ["2027-0001"]


def render_uncommitted(made: Workspace) -> None:
    """Number a second deal and make its documents, before anything of it is committed."""
    sign(made, "second")
    assert len(number(made)) == 3
    assert codes(render(made)) == []


@pytest.mark.parametrize("words", [("checkout", "deals/invoices.csv"), ("stash",)])
def test_in_a_repository_lines_that_were_lost_before_they_were_committed_stop_all(
    repository: Workspace, tmp_path: Path, words: tuple[str, ...]
) -> None:
    render_uncommitted(repository)
    text = repository.ledger.read_text()
    git(tmp_path, *words)
    sign(repository, "a-third")
    for _ in range(2):
        assert stopped(repository) == ["L312 lines were changed or removed since the last run"]
    git(tmp_path, "add", "deals/second.yaml")
    git(tmp_path, "commit", "-qm", "the deal, without its numbers")
    assert codes(pipeline.check(repository)) == ["L312"]
    repository.ledger.write_text(text)
    assert codes(render(repository)) == []


def test_in_a_repository_a_commit_of_the_ledger_counts_not_what_was_never_committed(
    repository: Workspace, tmp_path: Path
) -> None:
    render_uncommitted(repository)
    lose(repository, 4)
    git(tmp_path, "commit", "-qam", "none of these was sent")
    assert codes(render(repository)) == []
    assert number(repository)[0] == "2026-0004"


def test_a_branch_whose_ledger_is_shorter_is_as_good_as_the_one_that_was_rendered(
    repository: Workspace, tmp_path: Path
) -> None:
    git(tmp_path, "checkout", "-qb", "numbers")
    render_uncommitted(repository)
    sign(repository, "third")
    assert len(number(repository)) == 3
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "what was rendered, and more")
    for branch in ("main", "numbers"):
        git(tmp_path, "checkout", "-q", branch)
        assert "L312" not in codes(pipeline.check(repository))
        assert number(repository) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_a_ledger_behind_a_link_is_held_against_its_own_commits(workspace: Workspace, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "invoices.csv"
    kept.parent.mkdir()
    workspace.ledger.rename(kept)
    workspace.ledger.symlink_to(kept)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "deals", "templates", "kept")
    git(tmp_path, "commit", "-qm", "first")
    assert codes(render(workspace)) == []
    lose(workspace, 1)
    assert stopped(workspace) == ["L312 the line of 2027-0001 was removed since HEAD, where it is line 5"]
    git(tmp_path, "commit", "-qam", "taken back, for it was never sent")
    assert codes(render(workspace)) == []


def test_holding_the_ledger_against_git_takes_next_to_nothing(repository: Workspace) -> None:
    begun = time.monotonic()
    for _ in range(10):
        assert render(repository).problems == ()
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("name", ["../outside.yaml", "{}/outside.yaml"])
def test_only_deals_of_the_workspace_get_numbers(workspace: Workspace, tmp_path: Path, name: str) -> None:
    outside = tmp_path.parent / "outside.yaml"
    outside.write_text((workspace.deals / "acme.yaml").read_text())
    with pytest.raises(Misuse, match="does not lie in deals"):
        number(workspace, name.format(tmp_path.parent))
    outside.unlink()
    assert number(workspace, str(tmp_path / "deals/acme.yaml"), "acme", str(tmp_path / "deals")) == []


def test_a_deal_that_is_named_in_two_ways_is_one(workspace: Workspace, tmp_path: Path) -> None:
    assert codes(render(workspace, "acme", str(tmp_path / "deals/acme.yaml"))) == []


@pytest.mark.parametrize("day", ["9999-12-31", "2127-12-31"])
def test_a_day_that_is_far_away_is_a_slip_of_the_finger(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    change(workspace.deals / "acme.yaml", "plan: gold", "plan: gold\nterm_months: 0")
    assert run(["number", "--yes", "--as-of", day]) == 2
    said = capsys.readouterr().err
    assert f"{day} is more than a year ahead" in said
    assert "Traceback" not in said


def test_month_by_month_any_day_is_reached(workspace: Workspace) -> None:
    change(workspace.deals / "acme.yaml", "plan: gold", "plan: gold\nterm_months: 0")
    for year in range(2027, 2032):
        assert len([*number(workspace, as_of=date(year, 6, 1)), *number(workspace, as_of=date(year, 12, 1))]) >= 10


def test_the_ledger_has_a_lock_of_its_own_whatever_the_output(workspace: Workspace, tmp_path: Path) -> None:
    sign(workspace, "second")
    proposal = books.propose(workspace, (), DAY)
    elsewhere = pipeline.Workspace.at(tmp_path, tmp_path / "elsewhere")
    with files.bookkeeping(elsewhere.ledger), pytest.raises(Misuse, match="another run"):
        books.enter(workspace, proposal)
    with files.alone(workspace.output):
        books.enter(workspace, proposal)
    assert "second" in workspace.ledger.read_text()


def test_a_ledger_that_is_a_link_stays_one(workspace: Workspace, tmp_path: Path) -> None:
    kept = tmp_path / "kept" / "invoices.csv"
    kept.parent.mkdir()
    workspace.ledger.rename(kept)
    workspace.ledger.symlink_to(kept)
    sign(workspace, "second")
    assert len(number(workspace)) == 3
    assert workspace.ledger.is_symlink()
    assert "second" in kept.read_text()


def test_a_deal_without_documents_needs_no_worker(workspace: Workspace) -> None:
    sign(workspace, "second")
    change(workspace.templates / "documents.yaml", "each: invoice", "each: invoice, when: \"deal.id != 'second'\"")
    found = render(workspace, order=Order(jobs=2, force=True))
    assert {one.deal: len(one.documents) for one in found.deals} == {"acme": 4, "second": 0}
    assert not found.failed


def test_nothing_is_pruned_without_a_ledger_that_can_be_read(repository: Workspace) -> None:
    (repository.deals / "acme.yaml").unlink()
    before = documents(repository.output)
    repository.ledger.unlink()
    for _ in range(2):
        assert "L3" in codes(render(repository, order=Order(jobs=1, prune=True)))[0]
        assert documents(repository.output) == before
        repository.ledger.mkdir(exist_ok=True)
