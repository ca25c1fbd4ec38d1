"""How far a run is: on a line of a terminal that is written over, or now and then as a plain line in a CI's log."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from generator.cli.progress import Progress, bar
from generator.work import DealAccount, Written
from tests.workspaces import ENVIRONMENT, small

if TYPE_CHECKING:
    from pathlib import Path

DEAL = DealAccount("acme", "ok", (Written("page", "acme/page.pdf", "new"),) * 3)
LINE = re.compile(r"\d+/8 deals, \d+\.\d documents/s, \d+:\d\d left")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as it is told, in seconds."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def followed(clock: list[float], seconds: float, *, shown: bool, logged: bool) -> str:
    """What is written of eight deals, each of which takes so long."""
    stream = io.StringIO()
    run = Progress(stream, shown, logged, began=clock[0])
    for _ in range(8):
        clock[0] += seconds
        run.follow(DEAL, 8)
    run.close()
    return stream.getvalue()


def test_a_log_gets_a_plain_line_every_ten_seconds(clock: list[float]) -> None:
    written = followed(clock, 6, shown=False, logged=True)
    assert written.splitlines() == [
        "2/8 deals, 0.5 documents/s, 0:36 left",
        "4/8 deals, 0.5 documents/s, 0:24 left",
        "6/8 deals, 0.5 documents/s, 0:12 left",
        "8/8 deals, 0.5 documents/s, 0:00 left",
    ]


def test_a_short_run_leaves_nothing_in_a_log(clock: list[float]) -> None:
    assert followed(clock, 1, shown=False, logged=True) == ""


def test_a_terminal_has_one_line_that_is_empty_at_the_end(clock: list[float]) -> None:
    written = followed(clock, 6, shown=True, logged=True)
    *lines, last = written.split("\r\x1b[2K")[1:]
    assert len(lines) == 8
    assert lines[0] == f"{bar(1, 8)} 1/8 deals, 0.5 documents/s, 0:42 left"
    assert last == ""
    assert "\n" not in written


def test_a_pipe_gets_nothing(clock: list[float]) -> None:
    assert followed(clock, 6, shown=False, logged=False) == ""


def test_a_run_in_a_ci_tells_of_its_progress_without_moving_the_cursor(tmp_path: Path) -> None:
    small(tmp_path, 8)
    program = "import sys; from generator.cli import run, progress; progress.LOG = 0.0; sys.exit(run())"
    ended = subprocess.run(
        [sys.executable, "-c", program, "render", "--jobs", "1"],
        cwd=tmp_path, env={**ENVIRONMENT, "CI": "true"}, text=True, encoding="utf-8", capture_output=True, check=True,
    )  # fmt: skip
    assert "24 documents written for 8 deals" in ended.stdout
    lines = ended.stderr.splitlines()
    assert [line.partition("/")[0] for line in lines] == list("12345678")
    assert all(LINE.fullmatch(line) for line in lines)
