"""A watch renders at once and after every change, survives what is broken, and ends with Ctrl-C."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from generator.watch import Ours
from tests.workspaces import change, documents, finished, sign, small, started

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
    process = started(workspace, "--watch", "--jobs", "1")
    until(lambda: len(documents(workspace.output)) == 6)
    time.sleep(0.5)
    yield process
    process.kill()
    process.communicate()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


@pytest.mark.parametrize(("name", "counts"), [("acme.yaml", True), (".acme.yaml.swp", False), ("~$letter.docx", False)])
def test_what_programs_put_beside_a_file_does_not_count(name: str, counts: bool) -> None:  # noqa: FBT001 -- a table
    from watchfiles import Change  # noqa: PLC0415 -- here only

    assert Ours()(Change.modified, f"/deals/{name}") is counts
