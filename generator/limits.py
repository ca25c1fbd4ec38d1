"""Limits: how long a document may take and how much memory, and the watch that stops one in this process."""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

from generator.errors import Faults, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    import psutil

T = TypeVar("T")

#: Seconds between two looks at what a document takes.
PAUSE = 0.1
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take: seconds, and megabytes of the process that makes it."""

    seconds: float = 60
    megabytes: int = 1000

    def excess(self, began: float, pid: int | None = None) -> Problem | None:
        """What is wrong with a document begun at a `time.monotonic()`, made by a process (default: this one)."""
        if time.monotonic() - began > self.seconds:
            message = f"took longer than {self.seconds:g} seconds, so it was stopped"
            return Problem("", "T150", message, hint="--time-limit sets another limit")
        if memory_of(pid) > self.megabytes * MEGABYTE:
            message = f"took more than {self.megabytes} MB of memory, so it was stopped"
            return Problem("", "T151", message, hint="--memory-limit sets another limit")
        return None


@cache
def process_of(pid: int | None) -> psutil.Process:
    """A process to look at; this one without an id."""
    import psutil  # noqa: PLC0415 -- only where something is rendered

    return psutil.Process(pid)


def memory_of(pid: int | None) -> int:
    """The memory that a process has in use, in bytes; 0 if it has just ended."""
    import psutil  # noqa: PLC0415 -- only where something is rendered

    try:
        return int(process_of(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


class _Over(BaseException):  # no fault of the program: it must pass every `except Exception`
    """Raised inside the work that takes too much."""


class _Watch(threading.Thread):
    """Looks at the time and memory that a thread takes, and raises `_Over` inside it when that is too much.

    It is raised again and again until `end`, for one that comes while a library calls back into Python is lost.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__(daemon=True)
        self.limits, self.watched, self.began = limits, threading.get_ident(), time.monotonic()
        self.found: Problem | None = None
        self.ending = threading.Event()
        self.lock = threading.Lock()

    def run(self) -> None:
        while not self.ending.wait(PAUSE):
            excess = self.found or self.limits.excess(self.began)
            with self.lock:
                if excess and not self.ending.is_set():
                    self.found = excess
                    _raise_in(self.watched, _Over)

    def end(self) -> None:
        """Stop watching; an `_Over` that is still on its way arrives in here.

        It is not taken back, for Python would look for it at every step from then on, and under a debugger or a
        profiler do nothing else.
        """
        while not self.ending.is_set():
            try:
                with self.lock:
                    self.ending.set()
                if self.found:
                    _raise_in(self.watched, _Over)  # in place of one that has not arrived, if there is one
                    while True:
                        pass
            except _Over:
                pass


def _raise_in(thread: int, exception: type[BaseException]) -> None:
    """Raise an exception in a thread at its next step of Python; there is never more than one on its way."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))


def limited(limits: Limits, work: Callable[[], T]) -> T:
    """Do some work in this thread, and stop it when it takes too much. Raises Faults.

    It stops between two steps of Python, so that one long step in a library is waited for; a worker is simply ended.
    """
    watch = _Watch(limits)
    watch.start()
    try:
        try:
            return work()
        finally:
            watch.end()
    except _Over:
        watch.end()
    raise Faults([cast("Problem", watch.found)])
