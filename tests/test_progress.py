"""How far a run is: on a line of a terminal that is written over, or now and then as a plain line in a CI's log."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from generator import pipeline, write
from generator.account import DealAccount, Written
from generator.cli.progress import Progress, bar, for_stream
from generator.order import Order
from tests.workspaces import ENVIRONMENT, render, small

if TYPE_CHECKING:
    from pathlib import Path

DEAL = DealAccount("acme", "ok", (Written("page", "acme/page.pdf", "new"),) * 3)
LINE = re.compile(r"\d+/8 deals, \d+\.\d documents/s, \d+:\d\d left")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as it is told, in seconds; the terminal is wide."""
    now = [100.0]
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def followed(clock: list[float], seconds: float, *, shown: bool, logged: bool) -> str:
    """What is written of eight deals, each of which takes so long."""
    stream = io.StringIO()
    run = Progress(stream, shown, logged)
    run.begin(8)
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
    assert len(lines) == 9
    assert lines[0] == f"{bar(0, 8)} 0/8 deals"
    assert lines[1] == f"{bar(1, 8)} 1/8 deals, 0.5 documents/s, 0:42 left"
    assert last == ""
    assert "\n" not in written


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (61, f"{bar(1, 8)} 1/8 deals, 0.5 documents/s, 0:42 left"),
        (60, "1/8 deals, 0.5 documents/s, 0:42 left"),
        (38, "1/8 deals, 0.5 documents/s, 0:42 left"),
        (37, "1/8 deals, 0.5 documents/s"),
        (20, "1/8 deals"),
        (5, ""),
    ],
)
def test_a_narrow_terminal_has_what_fits_into_it(
    clock: list[float], monkeypatch: pytest.MonkeyPatch, width: int, line: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert followed(clock, 6, shown=True, logged=False).split("\r\x1b[2K")[2] == line


def test_what_is_unchanged_says_nothing_of_the_time_that_the_rest_takes(clock: list[float]) -> None:
    run = Progress(io.StringIO(), shown=True)
    run.begin(30)
    for _ in range(24):
        clock[0] += 0.001
        run.follow(DEAL, 30)
    run.begin(30)
    assert run.said(30, clock[0]) == ["24/30 deals"]
    clock[0] += 6
    run.follow(DEAL, 30)
    assert run.said(30, clock[0]) == ["25/30 deals", "0.5 documents/s", "0:30 left"]


def test_a_run_tells_when_it_begins_and_when_documents_begin_to_be_made(tmp_path: Path) -> None:
    workspace, told = small(tmp_path, 3), list[str]()
    render(workspace, "client-00", "client-02")

    pipeline.render(
        workspace,
        (),
        write.Disk(workspace.output),
        lambda deal, _: told.append(deal.deal),
        Order(jobs=1),
        lambda total: told.append(f"of {total}"),
    )
    assert told == ["of 3", "client-00", "client-02", "of 3", "client-01"]


@pytest.mark.parametrize("term", ["dumb", None])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no TERM")
def test_a_terminal_that_cannot_clear_a_line_gets_a_log(monkeypatch: pytest.MonkeyPatch, term: str | None) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert (for_stream(terminal).shown, for_stream(io.StringIO()).shown) == (True, False)
    monkeypatch.setenv("TERM", term) if term else monkeypatch.delenv("TERM")
    assert (for_stream(terminal).shown, for_stream(terminal).logged) == (False, True)


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
