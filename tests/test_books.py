"""The books: the command gives numbers once and for all, issued invoices stay, and no accident loses or doubles one."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator import files, ledger, pipeline
from generator.cli import run
from generator.errors import Faults, Misuse
from generator.invoicing import books
from generator.order import Order
from generator.workspace import issued
from tests.making import SMALLEST
from tests.reading import text_of
from tests.workspaces import ENVIRONMENT, THOROUGH, change, changes, documents, render, sign, small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.pipeline import Workspace

BILL = """<html lang=en><title>t</title><link rel=stylesheet href=look.css>
<p>{{ invoice.number or "DRAFT" }} {{ invoice.total | money }}</p></html>"""
DAY = date(2026, 12, 24)
WORDS = ("number", "--yes", "--as-of", "2026-12-24")
GIT = {**ENVIRONMENT, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
#: A deal that is billed month after month without an end.
ENDLESS = SMALLEST.replace("gold", "gold\nterm_months: 0")
#: Gives the numbers of one month after the other, as so many runs of the command would.
MONTHS = """
import sys
from datetime import date
from pathlib import Path
from generator.invoicing import books
from generator.pipeline import Workspace
made = Workspace.at(Path(sys.argv[1]))
print("ready", flush=True)
for month in range(int(sys.argv[2]), int(sys.argv[2]) + 400):
    proposal = books.propose(made, (), date(2026 + month // 12, month % 12 + 1, 20))
    if proposal.lines:
        books.enter(made, proposal)
"""
#: Before those: the power goes when the disk is spoken to the Nth time; half of what it was not told to keep is lost.
POWER_CUT = """
import os, stat, sys
left, kept, fsync, replace = int(sys.argv[3]), set(), os.fsync, os.replace
def cut(what, file):
    global left
    left -= 1
    if left < 0:
        found = os.stat(file)
        if found.st_ino not in kept and stat.S_ISREG(found.st_mode):
            os.truncate(file, found.st_size // 2)
        print(what, flush=True)
        os._exit(9)
def fsync_and_cut(file):
    cut("fsync", file)
    fsync(file)
    kept.add(os.fstat(file).st_ino)
def replace_and_cut(old, new, **more):
    cut("before replace", old)
    replace(old, new, **more)
    cut("after replace", new)
os.fsync, os.replace = fsync_and_cut, replace_and_cut
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two deals, and templates that show an invoice's number."""
    made = small(tmp_path)
    (made.templates / "bill.html").write_text(BILL)
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("DEALDOCS_")]:
        monkeypatch.delenv(variable)
    return pipeline.Workspace.at(tmp_path.relative_to(tmp_path))


def number(made: Workspace, *names: str, as_of: date = DAY) -> list[str]:
    """Give numbers; those that were given."""
    proposal = books.propose(made, names, as_of)
    if proposal.lines:
        books.enter(made, proposal)
    return [line.number for line in proposal.lines]


def told(made: Workspace, since: str | None = None) -> list[str]:
    """The problems that a check finds."""
    return [
        f"{problem.file}:{problem.line} {problem.code} {problem.message}"
        for problem in pipeline.check(made, (), since).problems
    ]


def pdf(made: Workspace, name: str = "client-00/invoice-2026-12.pdf") -> bytes:
    return (made.output / name).read_bytes()


def test_the_command_shows_what_it_will_do_and_does_it(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*WORDS]) == 0
    said = capsys.readouterr()
    assert "2026-0001  client-00  setup          2026-11-16  $1,410.00" in said.out
    assert "2026-0006  client-01  January 2027   2026-12-20  $1,410.00" in said.out
    assert "6 invoices: $8,460.00." in said.out
    assert "Next: 'dealdocs render', and commit the ledger." in said.out
    assert said.err == ""
    read = issued(workspace)
    assert [line.number for line in read.lines] == [f"2026-{n:04}" for n in range(1, 7)]
    assert told(workspace) == []


def test_what_has_its_number_keeps_it_and_nothing_due_is_no_fault(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number(workspace)
    before = workspace.ledger.read_bytes()
    assert run(["number", "--as-of", "2026-12-24"]) == 0
    assert capsys.readouterr().out == "Nothing is due to be issued by 2026-12-24.\n"
    assert workspace.ledger.read_bytes() == before
    assert number(workspace, as_of=date(2027, 1, 20)) == ["2027-0001", "2027-0002"]
    assert workspace.ledger.read_bytes().startswith(before)


def test_one_deal_can_be_numbered_by_itself(workspace: Workspace) -> None:
    assert number(workspace, "client-01") == ["2026-0001", "2026-0002", "2026-0003"]
    assert {line.deal for line in issued(workspace).lines} == {"client-01"}


def test_a_dry_run_writes_nothing_and_json_is_one_document(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*WORDS, "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["as_of"], said["written"], said["problems"]) == ("2026-12-24", False, [])
    assert said["numbered"][0]["number"] == "2026-0001"
    assert not workspace.ledger.exists()
    assert run([*WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {**said, "written": True}


def test_without_a_terminal_nobody_is_asked_and_nothing_written(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["number", "--as-of", "2026-12-24"]) == 2
    said = capsys.readouterr()
    assert "2026-0001" in said.out
    assert "there is nobody to ask; use --yes" in said.err
    assert not workspace.ledger.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal")
@pytest.mark.parametrize(("typed", "code", "lines"), [("y\n", 0, 7), ("n\n", 0, 0), ("", 130, 0)])
def test_at_a_terminal_it_asks(workspace: Workspace, typed: str, code: int, lines: int) -> None:
    import pty  # noqa: PLC0415 -- not on Windows

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "generator", "number", "--as-of", "2026-12-24"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=ENVIRONMENT)
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    if typed:
        os.write(ours, typed.encode())
    while not typed and process.poll() is None:  # Ctrl-C, which is lost if it comes just before the terminal is read
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    assert process.wait(timeout=60) == code
    os.close(ours)
    assert len(issued(workspace).text.splitlines()) == lines


def test_json_has_what_is_proposed_where_nobody_can_be_asked(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["number", "--as-of", "2026-12-24", "--json"]) == 2
    said = capsys.readouterr()
    made = json.loads(said.out)
    assert (made["written"], len(made["numbered"])) == (False, 6)
    assert "there is nobody to ask" in said.err
    assert not workspace.ledger.exists()


def test_a_deal_with_a_fault_is_left_out_and_the_others_are_numbered(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    change(workspace.deals / "client-00.yaml", "gold", "glod")
    assert run([*WORDS]) == 1
    said = capsys.readouterr()
    assert "D105 plan 'glod'" in said.err
    assert {line.deal for line in issued(workspace).lines} == {"client-01"}


def test_a_deal_whose_id_another_one_has_gets_no_number_by_itself_either(workspace: Workspace) -> None:
    (workspace.deals / "2027").mkdir()
    path = sign(workspace, "2027/client-00")
    for names in ((str(path),), (str(workspace.deals / "client-00.yaml"),)):
        found = books.propose(workspace, (*names, "client-01"), DAY)
        assert {line.deal for line in found.lines} == {"client-01"}
        assert [(problem.code, problem.file) for problem in found.problems] == [("D117", names[0])]


def test_a_deal_with_a_fault_in_an_action_of_its_own_gets_no_number(workspace: Workspace) -> None:
    words = "section: File, owner: owner, due: 1, when: deal.servers.count > 99, action: '{{ clint.name }}'"
    path = workspace.deals / "client-00.yaml"
    path.write_text(f"{path.read_text()}routing: {{add: [{{id: x, {words}}}]}}\n")
    number(workspace)
    assert {line.deal for line in issued(workspace).lines} == {"client-01"}


def test_an_unsound_ledger_is_refused(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    number(workspace)
    rows = workspace.ledger.read_text().splitlines(keepends=True)
    conflict = "<<<<<<< HEAD\n=======\n>>>>>>> other\n"
    for text in ("".join(rows[:2] + rows[3:]), "".join([*rows, rows[1]]), "".join([*rows, conflict])):
        workspace.ledger.write_text(text)
        assert run(["number", "--yes", "--as-of", "2027-06-01"]) == 1
        assert re.search(r"deals/invoices.csv:\d+:1: L30[3-7] ", capsys.readouterr().err.replace("\\", "/"))
        assert workspace.ledger.read_text() == text


def test_an_invoice_dated_before_one_of_its_series_is_warned_of(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number(workspace)
    sign(workspace, "late")
    assert run([*WORDS]) == 0
    assert "L310 warning: 2026-0007 (late, setup) is dated 2026-11-16, before 2026-0006" in capsys.readouterr().err
    assert [problem.code for problem in pipeline.check(workspace).problems] == ["L310", "L310"]


def test_months_paid_ahead_by_a_deal_that_is_not_chosen_are_not_warned_of(workspace: Workspace) -> None:
    sign(workspace, "ahead", SMALLEST.replace("card", "check"))
    number(workspace, "ahead", as_of=date(2026, 11, 16))
    sign(workspace, "later", SMALLEST.replace("2026-11-16", "2026-11-20"))
    assert books.propose(workspace, ["later"], date(2026, 11, 20)).problems == ()


def test_what_was_paid_ahead_was_issued_on_the_day_of_its_deal(workspace: Workspace) -> None:
    """All lines of that deal are dated after the one that comes late."""
    sign(workspace, "ahead", SMALLEST.replace("card", "check").replace("2026-11-16", "2026-11-20"))
    number(workspace, "ahead", as_of=date(2026, 11, 20))
    sign(workspace, "older")
    found = books.propose(workspace, ["older"], date(2026, 11, 20)).problems
    assert [problem.message.rpartition(", ")[2] for problem in found] == ["which was issued 2026-11-20"] * 2


def test_a_ledger_that_changed_since_it_was_shown_is_left_alone(workspace: Workspace) -> None:
    proposal = books.propose(workspace, (), DAY)
    number(workspace, "client-01")
    before = workspace.ledger.read_bytes()
    with pytest.raises(Misuse, match="has changed since it was shown"):
        books.enter(workspace, proposal)
    assert workspace.ledger.read_bytes() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "whose"),
    [
        ("deals/client-01.yaml", "servers: 2", "servers: 3", "client-01"),
        ("deals/client-00.yaml", "plan: gold", "plan: glod", "client-00"),
        ("deals/client-01.yaml", "city: Portland", "city: Salem", "client-01"),
        ("templates/provider.yaml", "400 Tamarack Lane", "1 New Street", "client-00, client-01"),
    ],
    ids=["count", "fault", "address", "provider"],
)  # fmt: skip
def test_what_changed_since_it_was_shown_is_not_issued(
    workspace: Workspace, file: str, old: str, new: str, whose: str
) -> None:
    proposal = books.propose(workspace, (), DAY)
    change(workspace.deals.parent / file, old, new)
    with pytest.raises(Misuse, match=f"what is due of {whose} has changed since it was shown; nothing was written"):
        books.enter(workspace, proposal)
    assert not workspace.ledger.exists()


def test_a_deal_that_is_new_since_numbers_were_shown_is_left_for_the_next_time(workspace: Workspace) -> None:
    proposal = books.propose(workspace, ["client-00"], DAY)
    change(workspace.deals / "client-01.yaml", "servers: 2", "servers: 3")
    sign(workspace, "another")
    books.enter(workspace, proposal)
    assert {line.deal for line in issued(workspace).lines} == {"client-00"}


def test_no_number_is_given_while_another_run_gives_some(workspace: Workspace) -> None:
    proposal = books.propose(workspace, (), DAY)
    with files.bookkeeping(workspace.ledger), pytest.raises(Misuse, match="another run"):
        books.enter(workspace, proposal)
    assert not workspace.ledger.exists()


def test_a_ledger_that_is_no_text_is_told(workspace: Workspace) -> None:
    workspace.ledger.write_bytes(b"PK\x03\x04\xff\xfe")
    assert told(workspace) == ["deals/invoices.csv:1 L301 is not UTF-8 text"]
    assert render(workspace).failed
    with pytest.raises(Faults):
        books.propose(workspace, (), DAY)


def test_the_ledger_is_no_deal(workspace: Workspace) -> None:
    number(workspace)
    assert run(["check", "-q", *map(str, sorted(workspace.deals.iterdir()))]) == 0


def test_a_number_stands_on_its_document_and_only_what_changed_is_made_again(workspace: Workspace) -> None:
    render(workspace)
    assert "DRAFT" in text_of(workspace.output / "client-00/invoice-setup.pdf")
    number(workspace, "client-00", as_of=date(2026, 11, 16))
    found = changes(render(workspace))
    assert found["client-00/invoice-setup.pdf"] == found["client-00/invoice-2026-12.pdf"] == "changed"
    assert {change for name, change in found.items() if "client-01" in name or "page" in name} == {"same"}
    assert "2026-0001 $1,410.00" in text_of(workspace.output / "client-00/invoice-setup.pdf")
    number(workspace, "client-00")
    found = changes(render(workspace))
    assert [name for name, change in found.items() if change != "same"] == ["client-00/invoice-2027-01.pdf"]


def test_a_changed_count_is_refused_with_old_and_new_total_and_the_old_paper_stays(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number(workspace)
    render(workspace)
    before = documents(workspace.output)
    change(workspace.deals / "client-00.yaml", "workstations: 14", "workstations: 15")
    change(workspace.deals / "client-01.yaml", "servers", "notes: New\nservers")
    assert run(["render", "--jobs", "1"]) == 1
    said = capsys.readouterr().err.replace("\\", "/")
    assert (
        "deals/invoices.csv:3:1: L313 2026-0002 (client-00, 2026-12) was issued, but now differs in lines: "
        "total 1,410.00, now 1,475.00"
    ) in said
    after = documents(workspace.output)
    changed = [name for name in after if after[name] != before[name]]
    assert changed == ["client-01/page.pdf"]
    change(workspace.deals / "client-00.yaml", "workstations: 15", "workstations: 14")
    assert run(["render", "--jobs", "1"]) == 0
    assert pdf(workspace) == before["client-00/invoice-2026-12.pdf"]


def test_another_look_is_no_other_content(workspace: Workspace) -> None:
    number(workspace)
    render(workspace)
    before = pdf(workspace)
    change(workspace.templates / "look.css", "navy", "maroon")
    assert run(["render", "--jobs", "1", "-q"]) == 0
    assert pdf(workspace) != before
    assert told(workspace) == []


def test_in_closed_books_the_paper_stays_as_it_is_whatever_changes(workspace: Workspace) -> None:
    number(workspace)
    render(workspace)
    before = documents(workspace.output)
    change(workspace.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2026-12-31")
    change(workspace.templates / "provider.yaml", "400 Tamarack Lane", "1 New Street")
    change(workspace.deals / "client-00.yaml", "workstations: 14", "workstations: 15\nterm_months: 1")
    short = ["D118"]  # the term is cut so that an issued month is after it
    for _ in range(2):
        assert not render(workspace, order=Order(jobs=1, force=True)).failed
        after = documents(workspace.output)
        bills = [name for name in before if "invoice" in name]
        assert len(bills) == 6
        assert all(after[name] == before[name] for name in bills)
    assert number(workspace, as_of=date(2027, 1, 20)) == ["2027-0001"]
    assert [problem.code for problem in pipeline.check(workspace).problems] == short


def test_numbers_in_closed_books_are_warned_of_and_old_disorder_in_them_is_not(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number(workspace)
    sign(workspace, "late")
    change(workspace.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2026-12-31")
    assert run([*WORDS]) == 0
    assert "L318 warning: 2026-0007 (late, setup) is dated 2026-11-16; the books are closed" in capsys.readouterr().err
    assert told(workspace) == []


def test_a_deal_whose_term_is_over_is_told_until_somebody_writes_that_it_has_ended(tmp_path: Path) -> None:
    made = small(tmp_path / "over")
    sign(made, "client-07", f"{SMALLEST}term_months: 1\n")
    day = date(2027, 1, 20)
    (told,) = [one for one in books.propose(made, ("client-07",), day).problems if one.code == "L319"]
    assert "its term was over on 2026-12-31" in told.message
    assert told.severity == "warning"
    change(made.deals / "client-07.yaml", "term_months: 1", "term_months: 1\nended: 2026-12-31")
    assert "L319" not in {one.code for one in books.propose(made, ("client-07",), day).problems}


def test_a_paper_of_closed_books_that_is_lost_is_warned_of_and_not_made_up(workspace: Workspace) -> None:
    number(workspace)
    change(workspace.templates / "provider.yaml", "# closed_through: 2026-12-31", "closed_through: 2026-12-31")
    change(workspace.deals / "client-00.yaml", "workstations: 14", "workstations: 15")
    account = render(workspace, "client-00")
    assert not account.failed
    assert [problem.code for problem in account.problems] == ["L317"] * 3
    assert not (workspace.output / "client-00/invoice-2026-12.pdf").exists()


def test_faults_of_the_ledger_stop_the_deals_that_they_are_about(workspace: Workspace) -> None:
    number(workspace)
    rows = workspace.ledger.read_text().splitlines(keepends=True)
    workspace.ledger.write_text("".join([*rows, rows[1].replace("2026-0001", "2026-0007")]))
    account = render(workspace)
    assert {one.deal: one.status for one in account.deals} == {"client-00": "failed", "client-01": "ok"}
    assert [problem.code for problem in account.problems] == ["L306", "L306"]
    workspace.ledger.write_text("".join(rows[1:]))
    account = render(workspace, order=Order(jobs=1, force=True))
    assert {one.status for one in account.deals} == {"failed"}


def test_check_finds_deals_that_are_gone(workspace: Workspace) -> None:
    number(workspace)
    (workspace.deals / "client-01.yaml").unlink()
    assert told(workspace) == [
        "deals/invoices.csv:4 L309 the deal of 2026-0003 (client-01, setup) is gone",
        "deals/invoices.csv:5 L309 the deal of 2026-0004 (client-01, 2026-12) is gone",
        "deals/invoices.csv:7 L309 the deal of 2026-0006 (client-01, 2027-01) is gone",
    ]


def git(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", *words],
        cwd=folder, env=GIT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.fixture
def repository(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A repository whose first commit has a ledger with a deal's numbers."""
    git(tmp_path, "init", "-q", "-b", "main")
    sign(workspace, "first")
    number(workspace, "first", as_of=date(2026, 11, 16))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return workspace


def branched(made: Workspace, folder: Path) -> None:
    """Two branches, each of which takes the next numbers for a deal of its own."""
    for branch, name in (("other", "client-01"), ("main", "client-00")):
        git(folder, "checkout", "-q", *(["-b", branch] if branch != "main" else [branch]))
        assert number(made, name, as_of=date(2026, 11, 16)) == ["2026-0003", "2026-0004"]
        git(folder, "commit", "-qam", branch)


def test_two_branches_that_take_the_next_number_conflict(repository: Workspace, tmp_path: Path) -> None:
    branched(repository, tmp_path)
    git(tmp_path, "merge", "-q", "other", code=1)
    assert told(repository)[:3] == [
        "deals/invoices.csv:4 L303 a merge left both sides here, on lines 4 to 10",
        "deals/invoices.csv:5 L305 the number 2026-0003 (client-00, setup) is on line 8 too",
        "deals/invoices.csv:6 L305 the number 2026-0004 (client-00, 2026-12) is on line 9 too",
    ]
    assert run([*WORDS]) == 1


def test_where_git_keeps_both_sides_check_names_both_lines(repository: Workspace, tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("deals/invoices.csv merge=union\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "union")
    branched(repository, tmp_path)
    git(tmp_path, "merge", "-q", "other", "-m", "both")
    assert told(repository) == [
        "deals/invoices.csv:4 L305 the number 2026-0003 (client-00, setup) is on line 6 too",
        "deals/invoices.csv:5 L305 the number 2026-0004 (client-00, 2026-12) is on line 7 too",
        "deals/invoices.csv:6 L305 the number 2026-0003 (client-01, setup) is on line 4 too",
        "deals/invoices.csv:7 L305 the number 2026-0004 (client-01, 2026-12) is on line 5 too",
    ]


def test_check_since_a_revision_tells_lines_that_were_changed_or_removed(
    repository: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number(repository)
    assert run(["check", "--since", "main", "-q"]) == 0
    text = repository.ledger.read_text()
    repository.ledger.write_text(text.replace("1410.00", "1400.00", 2))
    assert run(["check", "--since", "main", "-q"]) == 1
    assert "invoices.csv:2:1: L312 the line of 2026-0001 was changed since main" in capsys.readouterr().err
    assert run(["check", "--since", "nonsense"]) == 2


def test_staged_changes_of_the_ledger_are_held_against_the_last_commit(
    repository: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number(repository, "client-00")
    git(tmp_path, "add", "-A")
    assert run(["check", "--staged", "-q"]) == 0
    rows = repository.ledger.read_text().splitlines(keepends=True)
    repository.ledger.write_text("".join(rows[:-4] + rows[-3:]))
    git(tmp_path, "add", "-A")
    repository.ledger.write_text("".join(rows))
    assert run(["check", "--staged", "-q"]) == 1
    assert "L312 the line of 2026-0002 was removed since HEAD" in capsys.readouterr().err


def test_what_was_numbered_since_a_revision_is_rendered(repository: Workspace) -> None:
    number(repository, "client-01")
    account = render(repository, order=Order(jobs=1, since="main"))
    assert [one.deal for one in account.deals] == ["client-01"]


def months(made: Workspace) -> str:
    """The month of the ledger's latest line, for `MONTHS`: November 2026 where it has none."""
    return str(max(((one.date.year - 2026) * 12 + one.date.month - 1 for one in issued(made).lines), default=10))


def still_whole(made: Workspace, seen: str) -> str:
    """The ledger's text, which has all that was seen before, and no fault."""
    text = issued(made).text
    assert text.startswith(seen)
    assert [problem for problem in pipeline.check(made).problems if problem.severity == "error"] == []
    return text


def nothing_is_missing(made: Workspace, least: int) -> None:
    """Numbering goes on after all accidents, sweeps up, and gives each invoice one number."""
    number(made, as_of=date(2027, 6, 20))
    assert list(made.deals.glob(".*.tmp")) == []
    whats = [(line.deal, line.what) for line in issued(made).lines]
    assert len(set(whats)) == len(whats) >= least
    assert told(made) == []


def test_killing_it_at_random_moments_leaves_no_half_line_no_repeat_and_no_gap(workspace: Workspace) -> None:
    moment, seen = random.Random(7), ""
    for name in (f"more-{n}" for n in range(4)):
        sign(workspace, name, ENDLESS)
    for _ in range(100 if THOROUGH else 5):
        process = subprocess.Popen(
            [sys.executable, "-c", MONTHS, str(workspace.deals.resolve().parent), months(workspace)],
            env=ENVIRONMENT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        time.sleep(moment.uniform(0.05, 0.5))
        process.kill()
        process.communicate()
        seen = still_whole(workspace, seen)
    nothing_is_missing(workspace, 6 * 8)


def test_a_power_cut_while_the_ledger_is_written_leaves_it_whole(workspace: Workspace) -> None:
    seen, cuts = "", []
    sign(workspace, "more", ENDLESS)
    for moment in range(40 if THOROUGH else 7):
        command = [sys.executable, "-c", POWER_CUT + MONTHS]
        words = [str(workspace.deals.resolve().parent), months(workspace), str(moment)]
        done = subprocess.run([*command, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (9, "")
        cuts.append(done.stdout.removeprefix("ready\n").strip())
        seen = still_whole(workspace, seen)
    assert {"fsync", "before replace", "after replace"} <= set(cuts)
    nothing_is_missing(workspace, 3 * 8)


def test_a_ledger_of_many_lines_is_read_in_moments() -> None:
    """A thousand deals of two years are read in the time that a few documents take."""
    row = "2026-0001,client-{:03},{}-{:02},2026-11-16,USD,100.00,7.25,107.25," + "-".join(["0123456789abcdef"] * 4)
    rows = [row.format(n, year, m).replace("2026-0001", f"A-{n * 24 + (year - 2026) * 12 + m}")
            for n in range(1000) for year in (2026, 2027) for m in range(1, 13)]  # fmt: skip
    begun = time.process_time()
    read = ledger.parse("\n".join([ledger.HEADER, *rows]), "invoices.csv")
    took = time.process_time() - begun
    assert len(read.lines) == 24_000
    assert read.problems == ()
    assert took < 2, f"{took:.2f} s"
