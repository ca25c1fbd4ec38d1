"""A batch by several processes: the same bytes as by one; what is killed, full or endless loses no file."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from generator import pipeline, write
from generator.batch import processes
from generator.files import alone
from generator.limits import Limits
from generator.order import Order
from generator.record import RECORDS
from generator.workers import cores
from tests.making import SMALLEST
from tests.workspaces import (
    ENVIRONMENT,
    THOROUGH,
    change,
    changes,
    documents,
    finished,
    render,
    sign,
    small,
    started,
    tree,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from generator.account import Account, DealAccount
    from generator.pipeline import Workspace

TWO = Order(jobs=2)
NOTES = "starts: 2026-12-01\nnotes: endless"
#: Work without end: in filling in, and in laying out some hundred thousand pages.
ENDLESS = {
    "filling in": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "laying out": "<style>@page { size: 9mm; margin: 0 }</style>{{ 'word ' * 500000 }}",
}
HUNGRY = "{% set all = namespace(text='word ' * (deal.servers.count * 50000000)) %}" + ENDLESS["filling in"]


def statuses(account: Account) -> dict[str, str]:
    return {deal.deal: deal.status for deal in account.deals}


def make_one_endless(workspace: Workspace, name: str, words: str) -> None:
    """One deal's notes make its page's template do what the words say."""
    change(workspace.deals / f"{name}.yaml", "starts: 2026-12-01", NOTES)
    text = (workspace.templates / "page.html").read_text()
    body = f"{{% if deal.notes == 'endless' %}}{words}{{% endif %}}</html>"
    (workspace.templates / "page.html").write_text(text.replace("</html>", body))


@pytest.mark.parametrize(("system", "most"), [("win32", 60), ("linux", 64)])
def test_no_more_processes_work_than_can_be_waited_for(monkeypatch: pytest.MonkeyPatch, system: str, most: int) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert [processes(Order(jobs=64), count) for count in (1, 60, 500)] == [1, 60, most]


def test_a_few_deals_are_not_worth_starting_workers_for() -> None:
    assert [processes(Order(), count) for count in (1, 4)] == [1, 1]
    assert [processes(Order(jobs=2), count) for count in (1, 2, 4)] == [1, 2, 2]
    assert processes(Order(), 500) == cores()


def test_two_processes_make_the_same_tree_as_one(tmp_path: Path) -> None:
    one, two = small(tmp_path / "one", 8), small(tmp_path / "two", 8)
    render(one)
    account = render(two, order=TWO)
    assert [deal.deal for deal in account.deals] == [f"client-{n:02}" for n in range(8)]
    assert len(tree(one.output)) == 8 * 4 + 2
    assert tree(two.output) == tree(one.output)


@pytest.mark.parametrize("order", [Order(jobs=1), TWO], ids=["in this process", "by workers"])
@pytest.mark.parametrize("words", ENDLESS)
def test_a_document_without_end_fails_alone_within_its_limit(tmp_path: Path, words: str, order: Order) -> None:
    workspace = small(tmp_path, 20)
    make_one_endless(workspace, "client-02", ENDLESS[words])
    began = time.monotonic()
    account = render(workspace, order=Order(jobs=order.jobs, limits=Limits(seconds=5)))
    assert time.monotonic() - began < 120  # it would never end
    assert [name for name, status in statuses(account).items() if status == "failed"] == ["client-02"]
    (problem,) = account.problems
    assert (problem.code, problem.deal, problem.place) == ("T150", "client-02", "page.pdf")
    assert problem.file.endswith("page.html")
    assert "longer than 5 seconds" in problem.message
    assert len(documents(workspace.output)) == 3 * 19


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_document_that_eats_memory_fails_alone(tmp_path: Path, jobs: int) -> None:
    workspace = small(tmp_path, 3)
    make_one_endless(workspace, "client-01", HUNGRY)
    process = started(workspace, "--memory-limit", "400", "--jobs", str(jobs))
    code, out, err = finished(process)
    assert code == 1
    assert "client-01: failed" in out
    assert "client-02: 3 documents (3 new)" in out
    assert "T151" in err
    assert "more than 400 MB" in err
    assert "Traceback" not in err


def test_a_worker_that_is_killed_fails_its_deal_alone(tmp_path: Path) -> None:
    workspace = small(tmp_path, 4)
    make_one_endless(workspace, "client-01", ENDLESS["filling in"])
    process = started(workspace, "--jobs", "2")
    wait_for(workspace, 9)
    os.kill(busiest_child(process.pid), signal.SIGKILL)
    code, out, err = finished(process)
    assert code == 1
    assert "client-01: failed" in out
    assert out.count("3 documents (3 new)") == 3
    assert "T152" in err
    assert "page.pdf" in err


def busiest_child(pid: int) -> int:
    """Of the processes that a process has started, the first that works for half a second from now on."""
    before = {child: child.cpu_times().user for child in psutil.Process(pid).children(recursive=True)}
    deadline = time.monotonic() + 50
    while time.monotonic() < deadline:
        for child, spent in before.items():
            with suppress(psutil.NoSuchProcess):
                if child.cpu_times().user > spent + 0.5:
                    return child.pid
        time.sleep(0.05)
    pytest.fail("none of them works")


def test_fail_fast_begins_nothing_more(tmp_path: Path) -> None:
    workspace = small(tmp_path, 6)
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    account = render(workspace, order=Order(jobs=1, fail_fast=True))
    assert statuses(account) == {"client-00": "ok", "client-01": "failed"}
    assert account.undone == 4


@pytest.mark.parametrize("jobs", [1, 2])
def test_fail_fast_reads_no_other_deal_either(tmp_path: Path, jobs: int) -> None:
    workspace = small(tmp_path, 6)
    render(workspace)
    for name in ("client-01", "client-04"):
        change(workspace.deals / f"{name}.yaml", "gold", "glod")
    account = render(workspace, order=Order(jobs=jobs, fail_fast=True))
    assert [name for name, status in statuses(account).items() if status == "failed"] == ["client-01"]
    assert [problem.file for problem in account.problems] == [str(workspace.deals / "client-01.yaml")]


def test_stopping_ends_soon_and_says_what_was_done(tmp_path: Path) -> None:
    workspace = small(tmp_path, 60)
    process = started(workspace, "--jobs", "2")
    wait_for(workspace, 4)
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    assert time.monotonic() - before < 10  # about a second; the machine may be busy
    assert (code, out) == (130, "")
    assert "Stopped. Until then:\nclient-0" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_stopping_tells_what_failed_until_then_and_it_can_be_done_again(tmp_path: Path, jobs: str) -> None:
    workspace = small(tmp_path, 60)
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    process = started(workspace, "--jobs", jobs, "--report", "report.json")
    wait_for(workspace, 4)
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    assert (code, out) == (130, "")
    assert "client-01.yaml:5:7: D105 plan 'glod'" in err
    assert "client-01: failed, nothing written\n" in err.partition("Stopped. Until then:\n")[2]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["stopped"] is True
    assert {deal["deal"]: deal["status"] for deal in report["deals"]}["client-01"] == "failed"
    assert [problem["code"] for problem in report["problems"]] == ["D105"]
    assert report["undone"] == 60 - len(report["deals"]) > 0
    assert err.endswith(f"Stopped with {report['undone']} deals not done.\n")
    change(workspace.deals / "client-01.yaml", "glod", "gold")
    assert finished(started(workspace, "--failed"))[1].startswith("client-01: 3 documents (3 new)\n\n")


def test_stopping_leaves_one_json_document_and_a_quiet_run_quiet(tmp_path: Path) -> None:
    workspace = small(tmp_path, 60)
    process = started(workspace, "--jobs", "1", "--json")
    wait_for(workspace, 4)
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    assert (code, err) == (130, "")
    account = json.loads(out)
    assert account["stopped"] is True
    assert account["deals"][0]["status"] == "ok"
    process = started(workspace, "--jobs", "1", "-q")
    wait_for(workspace, len(list(workspace.output.glob("*/*.pdf"))) + 1)
    process.send_signal(signal.SIGINT)
    assert finished(process) == (130, "", "")


#: Says that it has begun, then is `dealdocs`; what comes before that is Python's own.
BEGUN = "from generator import __main__; print(flush=True); __main__.main()"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C otherwise, and cannot hold it back")
def test_stopping_at_any_moment_of_the_start_shows_no_traceback_and_leaves_no_process(tmp_path: Path) -> None:
    workspace = small(tmp_path, 6)
    for moment in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0):
        with as_from_a_terminal(workspace, "render", "--jobs", "2", "--force") as process:
            time.sleep(moment)
            children = psutil.Process(process.pid).children(recursive=True)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert "Traceback" not in err, moment
        assert process.returncode in {130, -signal.SIGINT, 0}, moment  # a shell takes the first two for the same
        assert psutil.wait_procs(children, timeout=20)[1] == [], moment


#: `dealdocs`, with Ctrl-C while Python tells somebody that an object is gone, as it does during imports.
LOST = """
import signal, time, weakref
from generator import __main__, cli
def main():
    thing = {1}
    kept = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    for _ in range(200):
        time.sleep(0.1)
cli.main = main
__main__.main()
"""


def test_a_stop_that_a_callback_swallows_comes_again() -> None:
    before = time.monotonic()
    done = subprocess.run([sys.executable, "-c", LOST], env=ENVIRONMENT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")
    assert time.monotonic() - before < 15


def as_from_a_terminal(workspace: Workspace, *words: str) -> subprocess.Popen[str]:
    """`dealdocs`, in a group of processes of its own, as soon as it has begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGUN, *words],
        cwd=workspace.deals.parent, env=ENVIRONMENT, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    return process


def wait_for(workspace: Workspace, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(workspace.output.glob("*/*.pdf"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def versions(workspace: Workspace) -> Iterator[str]:
    """Change all documents of all deals, to and fro."""
    while True:
        for old, new in (("<title>t", "<title>u"), ("<title>u", "<title>t")):
            for name in ("page.html", "bill.html"):
                change(workspace.templates / name, old, new)
            yield new


def test_a_run_that_is_killed_tears_no_file_and_the_next_one_makes_the_same_tree(tmp_path: Path) -> None:
    workspace = small(tmp_path, 20)
    chance = random.Random(8)
    at = versions(workspace)
    expected = {}
    for _ in range(2):
        version = next(at)
        render(workspace)
        expected[version] = documents(workspace.output)
    whole = [set(contents) for contents in zip(*(each.values() for each in expected.values()), strict=True)]
    render(workspace)
    for number in range(200 if THOROUGH else 6):
        version = next(at)
        before = (workspace.output / RECORDS / "_templates.json").read_bytes()
        process = started(workspace, "--jobs", str(1 + number % 2))
        while (workspace.output / RECORDS / "_templates.json").read_bytes() == before and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.9))
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
        process.stderr.close()  # type: ignore[union-attr]
        found = documents(workspace.output)
        for name, contents in zip(expected[version], whole, strict=True):
            assert found[name] in contents, name
        account = render(workspace)
        assert set(changes(account).values()) <= {"changed", "same"}
        assert documents(workspace.output) == expected[version]


def test_workers_end_with_the_run_that_started_them(tmp_path: Path) -> None:
    workspace = small(tmp_path, 40)
    process = started(workspace, "--jobs", "2")
    wait_for(workspace, 2)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.kill()
    finished(process)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def test_a_second_run_at_the_same_time_stops_and_names_the_first(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    with alone(workspace.output):
        before = time.monotonic()
        code, out, err = finished(started(workspace))
        assert time.monotonic() - before < 15  # most of it is Python's start; the machine may be busy
        assert (code, out) == (2, "")
        assert f"another run, process {os.getpid()}, is writing" in err
        assert finished(started(workspace, "--dry-run"))[0] == 0
    assert finished(started(workspace))[0] == 0


def test_leftovers_of_a_killed_run_are_swept_by_the_next(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    render(workspace)
    for path in (
        workspace.output / "client-00/.page.pdf.99.tmp",
        workspace.output / RECORDS / ".client-01.json.99.tmp",
    ):
        path.write_bytes(b"half")
    (workspace.output / "client-00/page.pdf").unlink()
    assert finished(started(workspace))[0] == 0
    assert not list(workspace.output.rglob("*.tmp"))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own that holds a few documents."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk to fill")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(
    shutil.which("mount") is None, reason="only systems with mount(8) can lay a small or read-only disk under a folder"
)
def test_a_full_disk_fails_deals_and_loses_no_good_file(tiny_disk: Path, tmp_path: Path) -> None:
    workspace = small(tmp_path / "work", 2)
    code, _, err = finished(started(workspace, "--output", str(tiny_disk)))
    assert (code, err) == (0, "")
    before = documents(tiny_disk)
    for number in range(2, 20):
        sign(workspace, f"client-{number:02}")
    change(workspace.templates / "page.html", "<p>", "<p>Dear ")
    code, _, err = finished(started(workspace, "--output", str(tiny_disk)))
    assert code == 1
    assert "No space left on device (make room on that disk" in err
    assert not re.search(r"\.tmp|Traceback", err)
    found = documents(tiny_disk)
    assert set(before) <= set(found)
    assert all(content.endswith((b"%%EOF\n", b"%%EOF")) for content in found.values())
    subprocess.run(["mount", "-o", "remount,size=10m", tiny_disk], check=True)
    assert finished(started(workspace, "--output", str(tiny_disk)))[0] == 0
    assert finished(started(workspace, "--output", "undisturbed"))[0] == 0
    assert documents(tiny_disk) == documents(workspace.deals.parent / "undisturbed")


@pytest.fixture
def read_only(tiny_disk: Path, tmp_path: Path) -> Workspace:
    """A workspace whose documents stand where nothing can be written, not even by root."""
    workspace = small(tmp_path / "work", 2)
    assert finished(started(workspace, "--output", str(tiny_disk)))[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    return replace(workspace, output=tiny_disk)


@pytest.mark.skipif(
    shutil.which("mount") is None, reason="only systems with mount(8) can lay a small or read-only disk under a folder"
)
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_output_folder_that_cannot_be_written_to_is_named_and_keeps_its_files(
    read_only: Workspace, jobs: str
) -> None:
    before = tree(read_only.output)
    change(read_only.templates / "page.html", "<p>", "<p>Dear ")
    code, out, err = finished(started(read_only, "--output", str(read_only.output), "--jobs", jobs))
    assert (code, out) == (1, "")
    assert f"{read_only.output}/{RECORDS}/_lock: W401 cannot be written: Read-only file system" in err
    assert "Traceback" not in err
    assert tree(read_only.output) == before


@pytest.mark.parametrize("output", ["a-file", "a-file/output"])
def test_an_output_folder_below_a_file_is_a_fault_of_the_run(tmp_path: Path, output: str) -> None:
    workspace = small(tmp_path)
    (tmp_path / "a-file").write_text("in the way")
    (tmp_path / "report.json").write_text("of the run before")
    code, out, err = finished(started(workspace, "--output", output, "--report", "report.json"))
    assert (code, out) == (1, "")
    assert "W401 cannot be written" in err
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["deals"], [problem["code"] for problem in report["problems"]]) == ([], ["W401"])
    assert "a-file" in err
    assert "Traceback" not in err
    assert (tmp_path / "a-file").read_text() == "in the way"


def test_a_deal_whose_folder_cannot_be_made_fails_alone(tmp_path: Path) -> None:
    workspace = small(tmp_path, 3)
    workspace.output.mkdir()
    (workspace.output / "client-01").write_text("in the way")
    account = render(workspace, order=TWO)
    assert statuses(account) == {"client-00": "ok", "client-01": "failed", "client-02": "ok"}
    assert {problem.code for problem in account.problems} == {"W401"}
    assert (workspace.output / "client-01").read_text() == "in the way"


def test_a_report_that_cannot_be_written_is_a_problem_and_the_documents_are_made_all_the_same(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    (tmp_path / "a-file").write_text("in the way")
    code, out, err = finished(started(workspace, "--report", "a-file/report.json"))
    assert code == 1
    assert "W401 cannot be written" in err
    assert "a-file" in err
    assert "Traceback" not in err
    assert "6 documents written for 2 deals" in out
    assert len(documents(workspace.output)) == 6


def test_hand_edits_are_never_lost_and_touched_times_are_no_alarm(tmp_path: Path) -> None:
    workspace = small(tmp_path, 5)
    chance = random.Random(5)
    at = versions(workspace)
    render(workspace)
    edited: dict[str, bytes] = {}
    for number in range(100 if THOROUGH else 25):
        name, content = chance.choice(sorted(documents(workspace.output).items()))
        path = workspace.output / name
        mark = b"edit %d" % number
        edited[name] = chance.choice([content + mark, mark + content, content[:-7] + mark, mark])
        path.write_bytes(edited[name])
        for other in chance.sample(sorted(workspace.output.glob("*/*.pdf")), 5):
            os.utime(other, (number, number))
        if chance.random() < 0.3:
            next(at)
        account = render(workspace)
        became = changes(account)
        assert {target for target in became if became[target] == "kept"} == set(edited)
        assert {name: (workspace.output / name).read_bytes() for name in edited} == edited
        if chance.random() < 0.1:
            render(workspace, order=Order(jobs=1, force=True))
            copies = [path.read_bytes() for path in workspace.output.glob("*/*~")]
            assert all(content in copies for content in edited.values())
            for copy in workspace.output.glob("*/*~"):
                copy.unlink()
            edited.clear()


@pytest.mark.parametrize("order", [Order(jobs=1), TWO], ids=["in this process", "by workers"])
def test_what_was_made_while_a_template_was_another_is_made_again(tmp_path: Path, order: Order) -> None:
    workspace, undisturbed = small(tmp_path / "disturbed", 6), small(tmp_path / "undisturbed", 6)
    page = workspace.templates / "page.html"
    as_it_was = page.read_text()

    def swapped(_: DealAccount, __: int) -> None:
        change(page, "<title>", "<title>and ")

    pipeline.render(workspace, (), write.Disk(workspace.output), swapped, order)
    page.write_text(as_it_was)
    for each in (workspace, undisturbed):
        assert render(each).problems == ()
    assert tree(workspace.output) == tree(undisturbed.output)


def test_a_deal_that_was_another_while_its_documents_were_made_is_made_again(tmp_path: Path) -> None:
    workspace, undisturbed = small(tmp_path / "disturbed", 3), small(tmp_path / "undisturbed", 3)
    deal = workspace.deals / "client-02.yaml"
    as_it_was = deal.read_text()

    def swapped(_: DealAccount, __: int) -> None:
        deal.write_text(as_it_was.replace("servers: 2", "servers: 3"))

    pipeline.render(workspace, (), write.Disk(workspace.output), swapped, Order(jobs=1))
    deal.write_text(as_it_was)
    for each in (workspace, undisturbed):
        render(each)
    assert documents(workspace.output) == documents(undisturbed.output)


def test_a_template_that_changes_meanwhile_is_warned_of_and_the_next_run_mends_it(tmp_path: Path) -> None:
    workspace = small(tmp_path, 3)
    page = workspace.templates / "page.html"

    def swapped(_: DealAccount, __: int) -> None:
        page.write_text(page.read_text().replace("<title>t", "<title>other"))
        page.write_text(page.read_text().replace("<title>other", "<title>t"))

    account = pipeline.render(workspace, (), write.Disk(workspace.output), swapped, Order(jobs=1))
    assert [(problem.code, problem.severity) for problem in account.problems] == [("W404", "warning")]
    again = changes(render(workspace))
    assert render(workspace).problems == ()
    assert set(again.values()) == {"same"}


def test_a_deal_that_fails_leaves_what_was_written_before(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    render(workspace)
    before = documents(workspace.output)
    (workspace.deals / "client-00.yaml").write_text(SMALLEST.replace("gold", "glod"))
    assert statuses(render(workspace)) == {"client-00": "failed", "client-01": "ok"}
    assert documents(workspace.output) == before
