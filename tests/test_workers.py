"""Workers do tasks, are watched and replaced, and tell of their own bugs."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest

from generator.limits import Limits
from generator.workers import Pool, Stopped
from tests.making import ROOT
from tests.workspaces import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds that nobody waits for.
LONG = 90


@dataclass(frozen=True)
class Arithmetic:
    """Squares numbers, in its own way."""

    uses: tuple[str, ...] = ()

    def __call__(self) -> Callable[[int, Callable[[str], None]], tuple[int, int]]:
        def do(number: int, begin: Callable[[str], None]) -> tuple[int, int]:
            begin(f"the square of {number}")
            if number == 66:
                time.sleep(60)
            if number == 77:
                os.abort()
            return number**2 // (88 - number), os.getpid()

        return do


@dataclass(frozen=True)
class Threshold:
    """Tells how seldom cycles are looked for."""

    uses: tuple[str, ...] = ()

    def __call__(self) -> Callable[[int, Callable[[str], None]], tuple[int, int, int]]:
        return lambda _, __: gc.get_threshold()


class Folder:
    """A folder that goes when nobody needs it any more, with a cycle, as objects of libraries have them."""

    def __init__(self) -> None:
        self.itself, self.name = self, mkdtemp()

    def __del__(self) -> None:
        os.rmdir(self.name)  # noqa: PTH106 -- at the end of a process


@dataclass(frozen=True)
class Keeping:
    """Keeps a folder for as long as it works; tells where."""

    uses: tuple[str, ...] = ()

    def __call__(self) -> Callable[[int, Callable[[str], None]], str]:
        folder = Folder()
        return lambda _, __: folder.name


def results(*numbers: int, size: int = 2) -> dict[int, tuple[int, int] | Stopped]:
    with Pool(Arithmetic(), size, Limits(seconds=2)) as pool:
        return dict(pool.work(numbers))


@dataclass(frozen=True)
class Meeting:
    """Has each task wait until another one has begun; tells by which process."""

    folder: Path
    uses: tuple[str, ...] = ()

    def __call__(self) -> Callable[[int, Callable[[str], None]], int]:
        def do(number: int, _: Callable[[str], None]) -> int:
            (self.folder / f"{number}").touch()
            while len(list(self.folder.iterdir())) < 2:
                time.sleep(0.01)
            return os.getpid()

        return do


def test_every_task_is_done() -> None:
    done = results(*range(40))
    assert {number: result[0] for number, result in done.items() if isinstance(result, tuple)} == {
        number: number**2 // (88 - number) for number in range(40)
    }


def test_tasks_are_done_by_so_many_processes_at_once(tmp_path: Path) -> None:
    with Pool(Meeting(tmp_path), 2, Limits(seconds=LONG)) as pool:
        done = dict(pool.work(range(40)))
    assert len(done) == 40
    assert len({process for process in done.values() if isinstance(process, int)}) == 2
    assert os.getpid() not in done.values()


def test_a_worker_looks_for_cycles_as_seldom_as_the_process_that_started_it() -> None:
    usual = gc.get_threshold()
    gc.set_threshold(54_321, 9, 8)
    try:
        with Pool(Threshold(), 1, Limits()) as pool:
            assert list(pool.work([1])) == [(1, (54_321, 9, 8))]
    finally:
        gc.set_threshold(*usual)


def test_a_worker_that_is_done_leaves_nothing_behind() -> None:
    with Pool(Keeping(), 2, Limits()) as pool:
        folders = [folder for _, folder in pool.work([1, 2, 3, 4])]
    assert len(folders) == 4
    assert [folder for folder in folders if not isinstance(folder, str) or Path(folder).exists()] == []


def test_no_task_needs_no_worker() -> None:
    assert results() == {}


def test_a_task_that_takes_too_long_is_given_up_and_its_worker_replaced() -> None:
    done = results(1, 66, 2, 3, size=1)
    stopped = done[66]
    assert isinstance(stopped, Stopped)
    assert (stopped.part, stopped.problem.code) == ("the square of 66", "T150")
    assert [number for number, result in done.items() if isinstance(result, tuple)] == [1, 2, 3]


@dataclass(frozen=True)
class Sleepy:
    """Takes long to get ready, and then doubles numbers at once."""

    uses: tuple[str, ...] = ()
    seconds: float = 1.5

    def __call__(self) -> Callable[[int, Callable[[str], None]], int]:
        time.sleep(self.seconds)
        return lambda number, _: 2 * number


def test_the_time_that_a_worker_takes_to_start_is_not_its_first_tasks() -> None:
    with Pool(Sleepy(), 2, Limits(seconds=1)) as pool:
        assert sorted(pool.work([1, 2, 3])) == [(1, 2), (2, 4), (3, 6)]


def test_a_worker_that_is_not_ready_yet_is_ended_without_waiting_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.workers.PATIENCE", LONG)
    before = time.monotonic()
    with Pool(Sleepy(seconds=LONG), 1, Limits()) as pool:
        pool._start()
    assert time.monotonic() - before < LONG / 2


#: Has workers do something for which a module has to be imported that takes its time.
SLOW_START = """
from generator.limits import Limits
from generator.workers import Pool
from tests.test_workers import Sleepy
with Pool(Sleepy(("slow",)), 2, Limits()) as pool:
    print("begun", flush=True)
    list(pool.work([1, 2, 3]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is imported before workers are started")
def test_a_stop_is_heard_while_what_workers_need_is_imported_and_nothing_goes_on(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(f"import time; time.sleep({LONG})")
    environment = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_START], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=LONG / 2)[1]  # whatever went on would hold this open
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    assert said.count("Traceback") == 1


def test_a_worker_that_breaks_down_takes_only_its_task_along(capfd: pytest.CaptureFixture[str]) -> None:
    done = results(1, 77, 2, 3)
    stopped = done[77]
    assert isinstance(stopped, Stopped)
    assert (stopped.part, stopped.problem.code) == ("the square of 77", "T152")
    assert len(done) == 4
    capfd.readouterr()


def test_a_bug_of_ours_is_no_fault_of_the_task() -> None:
    with pytest.raises(RuntimeError, match="the error above"):  # which the worker wrote to standard error
        results(1, 88)
