"""A watch renders at once and after every change, survives what is broken, and ends with Ctrl-C."""

from __future__ import annotations

import shutil
import signal
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from generator.files import alone
from generator.watch import Ours
from tests.workspaces import change, documents, finished, render, sign, small, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import Popen

    from generator.pipeline import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two deals."""
    return small(tmp_path)


@pytest.fixture
def watch(workspace: Workspace) -> Iterator[Popen[str]]:
    """`dealdocs render --watch`, when it has rendered for the first time."""
    with watching(workspace) as process:
        until(lambda: len(documents(workspace.output)) == 6)
        time.sleep(0.5)
        yield process


@contextmanager
def watching(workspace: Workspace, *words: str) -> Iterator[Popen[str]]:
    process = started(workspace, *words, "--watch", "--jobs", "1")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def until_it_differs(path: Path, before: bytes) -> None:
    until(lambda: path.read_bytes() != before)


def change_in(workspace: Workspace, name: str) -> None:
    """Change what a document is made from, in `deals` or in `templates`."""
    if name == "deals":
        change(workspace.deals / "client-00.yaml", "{name: Client-00", "{name: Client-00 Sons")
    else:
        change(workspace.templates / "page.html", "{{ client.name }}", "Dear {{ client.name }}")


def test_changes_are_rendered_and_what_is_broken_is_told_until_ctrl_c(workspace: Workspace, watch: Popen[str]) -> None:
    before = documents(workspace.output)
    change(workspace.deals / "client-00.yaml", "starts: 2026-12-01", "starts: 2026-12-01\nnotes: Ring twice")
    until(lambda: documents(workspace.output)["client-00/page.pdf"] != before["client-00/page.pdf"])
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ clint.name }}")
    time.sleep(1)
    change(workspace.templates / "page.html", "{{ clint.name }}", "Dear {{ client.name }}")
    until(lambda: documents(workspace.output)["client-01/page.pdf"] != before["client-01/page.pdf"])
    sign(workspace, "client-09")
    until(lambda: len(documents(workspace.output)) == 9)
    time.sleep(0.5)
    watch.send_signal(signal.SIGINT)
    code, out, err = finished(watch)
    assert code == 0
    assert "did you mean 'client'?" in err
    assert "Traceback" not in err
    assert "client-00: 3 documents (1 changed, 2 same)" in out


def undisturbed(workspace: Workspace) -> dict[str, bytes]:
    """The documents that a run by itself makes of what there is now."""
    other = replace(workspace, output=workspace.output.with_name("undisturbed"))
    render(other)
    return documents(other.output)


def test_what_is_saved_during_a_round_is_rendered_in_the_next(tmp_path: Path) -> None:
    workspace = small(tmp_path, 12)
    first = workspace.output / "client-00/page.pdf"
    with watching(workspace):
        until(first.is_file)
        for _ in range(3):
            before = first.read_bytes()
            change(workspace.deals / "client-00.yaml", "{name: Client-00", "{name: Client-00 Sons")
            until_it_differs(first, before)
            before = first.read_bytes()
            change(workspace.templates / "page.html", "{{ client.name }}", "Dear {{ client.name }}")
            until_it_differs(first, before)
        expected = undisturbed(workspace)
        until(lambda: documents(workspace.output) == expected)
    assert len(documents(workspace.output)) == 36
    assert documents(workspace.output) == expected


def test_a_folder_that_is_named_is_watched_but_not_what_is_made_in_it(workspace: Workspace) -> None:
    folder = workspace.deals.parent / "2027"
    workspace.deals.rename(folder)
    workspace.deals.mkdir()
    page = folder / "made/client-00/page.pdf"
    with watching(workspace, "2027", "--output", "2027/made", "--report", "2027/report.json") as process:
        until((folder / "report.json").is_file)
        before = page.read_bytes()
        time.sleep(0.5)
        change(folder / "client-00.yaml", "starts: 2026-12-01", "starts: 2026-12-01\nnotes: Ring twice")
        until(lambda: page.read_bytes() != before)
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        code, _, err = finished(process)
    assert code == 0
    assert err.splitlines() == ["Watching; Ctrl-C ends."] * 2 + [""]


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("name", ["deals", "templates"])
def test_a_folder_that_is_replaced_is_watched_on(tmp_path: Path, name: str, *, is_kept: bool) -> None:
    workspace = small(tmp_path)
    page, folder = workspace.output / "client-00/page.pdf", tmp_path / name
    shutil.copytree(folder, tmp_path / "copy")
    with watching(workspace):
        until(page.is_file)
        time.sleep(0.5)
        folder.rename(tmp_path / "old") if is_kept else shutil.rmtree(folder)
        shutil.copytree(tmp_path / "copy", folder)
        time.sleep(1.5)
        before = page.read_bytes()
        change_in(workspace, name)
        until(lambda: page.read_bytes() != before)
        expected = undisturbed(workspace)
        until(lambda: documents(workspace.output) == expected)
    assert page.read_bytes() == expected["client-00/page.pdf"] != before


@pytest.mark.parametrize("name", ["deals", "templates"])
def test_a_folder_that_is_made_after_the_start_is_watched(tmp_path: Path, name: str) -> None:
    workspace = small(tmp_path)
    page, folder = workspace.output / "client-00/page.pdf", tmp_path / name
    folder.rename(tmp_path / "elsewhere")
    with watching(workspace) as process:
        assert process.stderr is not None
        assert f"no folder {name}" in process.stderr.readline()
        time.sleep(0.5)
        (tmp_path / "elsewhere").rename(folder)
        until(page.is_file)
        time.sleep(1.5)
        before = page.read_bytes()
        change_in(workspace, name)
        until(lambda: page.read_bytes() != before)


def test_what_changes_while_another_run_is_writing_is_rendered_when_that_is_done(
    workspace: Workspace, watch: Popen[str]
) -> None:
    before = documents(workspace.output)["client-00/page.pdf"]
    with alone(workspace.output):
        change(workspace.deals / "client-00.yaml", "{name: Client-00", "{name: Client-00 Sons")
        time.sleep(3)
        assert documents(workspace.output)["client-00/page.pdf"] == before
    until(lambda: documents(workspace.output)["client-00/page.pdf"] != before)
    watch.send_signal(signal.SIGINT)
    code, _, err = finished(watch)
    assert code == 0
    assert err.count("another run, process") == 1


@pytest.mark.parametrize(("name", "counts"), [("acme.yaml", True), (".acme.yaml.swp", False), ("~$letter.docx", False)])
def test_what_programs_put_beside_a_file_does_not_count(name: str, counts: bool) -> None:  # noqa: FBT001 -- a table
    from watchfiles import Change  # noqa: PLC0415 -- here only

    assert Ours()(Change.modified, f"/deals/{name}") is counts
