"""The watch that stops, in this process, a document that takes too much."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial

import pytest

from generator import limits
from generator.errors import Faults
from generator.limits import Limits, limited
from tests.making import ROOT

SHORT = Limits(seconds=0.3)
LONG = 30


def work_on(until: float) -> None:
    while time.monotonic() < until:
        pass


def work_on_deaf(until: float, misses: int) -> None:
    """Work that loses what is raised inside it, as a library does that calls back into Python."""
    while misses:
        with suppress(limits._Over):
            work_on(until)
        misses -= 1
    work_on(until)


def test_work_that_takes_too_long_is_stopped() -> None:
    end = time.monotonic() + LONG
    with pytest.raises(Faults, match=r"longer than 0\.3 seconds"):
        limited(SHORT, lambda: work_on(end))
    assert time.monotonic() < end


def test_work_that_misses_being_stopped_is_stopped_again() -> None:
    end = time.monotonic() + LONG
    with pytest.raises(Faults, match="was stopped"):
        limited(SHORT, lambda: work_on_deaf(end, 3))
    assert time.monotonic() < end


def test_work_within_its_limits_is_left_alone() -> None:
    for _ in range(20):
        assert limited(Limits(seconds=0.11), lambda: sum(range(1000))) == 499_500
    work_on(time.monotonic() + 0.3)  # nor is what comes after it


#: Under a debugger Python would ask at every step, for ever, for what was once raised in a thread and then taken back.
TRACED = """
import sys
from generator.errors import Faults
from generator.limits import Limits, limited
def work():
    while seconds < 1:
        pass
for seconds in (60, 0.1):
    try:
        limited(Limits(seconds=seconds), work)
    except Faults:
        print("stopped")
sys.settrace(lambda *_: None)
for _ in range(3):
    (lambda: None)()
print("went on")
"""


def test_what_comes_after_it_goes_on_under_a_debugger() -> None:
    done = subprocess.run([sys.executable, "-c", TRACED], cwd=ROOT, capture_output=True, timeout=LONG, check=True)
    assert done.stdout.split() == [b"stopped", b"went", b"on"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_goes_wrong_inside_comes_out_and_ends_the_watch(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(error):
        limited(SHORT, fail)
    work_on(time.monotonic() + 0.5)


def test_a_stop_that_comes_while_what_it_watches_ends_hits_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step in C waits for the stop and ends the work with an error, so that Python looks for the stop only after it.

    Without a stop it would end without an error.
    """
    for _ in range(5):
        with monkeypatch.context() as patched:
            come = told_of_a_stop(patched)
            with pytest.raises((Faults, StopIteration)):
                limited(SHORT, partial(next, iter(partial(come.acquire, timeout=LONG), True)))  # noqa: FBT003 -- what ends it


def told_of_a_stop(monkeypatch: pytest.MonkeyPatch) -> threading.Lock:
    """A lock that is open once a stop is on its way."""
    lock, raise_in = threading.Lock(), limits._raise_in
    lock.acquire()

    def note(thread: int, exception: type[BaseException]) -> None:
        raise_in(thread, exception)
        with suppress(RuntimeError):  # it is open already
            lock.release()

    monkeypatch.setattr(limits, "_raise_in", note)
    return lock


def test_a_stop_that_comes_at_the_last_moment_hits_nothing_else() -> None:
    turns = 0
    while turns < 10:
        with suppress(Faults):
            limited(Limits(seconds=0.1), lambda: time.sleep(0.1995))
        turns += 1
    time.sleep(0.2)
    assert turns == 10  # a stop that came later would have ended this test
