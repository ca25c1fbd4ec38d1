"""Workers: other processes that do pure work, watched by this one, ended and replaced where they take too much.

A worker is given tasks and gives results; it reads and writes nothing that is shared. Before each part of a task it
says what it begins, so that this process knows what took too long. It ends when this process does.
"""

from __future__ import annotations

import atexit
import gc
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from generator.errors import Problem
from generator.limits import PAUSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.context import ForkServerContext, SpawnContext

    from generator.limits import Limits

Task = TypeVar("Task")
Result = TypeVar("Result")
Given_contra = TypeVar("Given_contra", contravariant=True)
Gives_co = TypeVar("Gives_co", covariant=True)

#: Seconds for a worker that has nothing more to do to end by itself.
PATIENCE = 2
#: A worker that ends with this code has told of its own bug on standard error.
BUG = 1


class Making(Protocol[Given_contra, Gives_co]):
    """What a worker is made for: called once in the worker, it gives the function that does a task.

    `uses` are the modules that it needs; where it can be, they are imported before workers are split off.
    """

    @property
    def uses(self) -> tuple[str, ...]:
        """Those modules' names."""

    def __call__(self) -> Callable[[Given_contra, Callable[[str], None]], Gives_co]:
        """Get ready. The function is given a task, and what it calls with the name of each part that it begins."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A task that its worker did not finish: the part that it was at, and why."""

    part: str
    problem: Problem


def cores() -> int:
    """How many processes this one may keep busy."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def prepared(modules: Iterable[str]) -> ForkServerContext | SpawnContext:
    """How workers are started. Where they are split off from a process that has the modules, that begins to import.

    Forking this process is not safe everywhere once it has set text; a fresh one that forks itself is.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # noqa: PLC0415 -- a run of one deal needs none

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(modules))
    with undisturbed():
        forkserver.ensure_running()
    atexit.unregister(_end_server)  # once is enough
    atexit.register(_end_server)
    return context


def _end_server() -> None:
    """End the process that workers are split off from: as long as it imports, it does not see that this one is gone.

    Whoever reads what this one writes would wait for it.
    """
    from multiprocessing import forkserver  # noqa: PLC0415 -- as above

    pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # noqa: SLF001 -- nothing else knows it
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _getting_ready(context: ForkServerContext | SpawnContext) -> threading.Thread:
    """A thread that ends when workers are started at once: where they are split off, when one that does nothing was.

    It can be waited for without holding Ctrl-C back.
    """

    def split_off() -> None:
        if sys.platform == "linux":
            with suppress(EOFError, OSError):  # what is wrong is found out when a worker is started
                process = context.Process(target=int, daemon=True)
                process.start()
                process.join()

    thread = threading.Thread(target=split_off, daemon=True)
    thread.start()
    return thread


@contextmanager
def undisturbed() -> Iterator[None]:
    """Start processes that never hear of Ctrl-C, not even before they can ignore it; this one hears of it afterwards.

    A terminal sends it to all of them, and they start with the signals held back that this one holds back. Windows
    cannot do that.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it would be started with the first of them, and let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(slots=True, eq=False)
class _Worker(Generic[Task]):
    """A process, this side's end of the line to it, and the task that it is at."""

    process: BaseProcess
    line: Connection
    task: Task | None = None
    part: str = ""
    began: float = math.inf  # until it says that it is awake: to start takes as long as it takes

    def give(self, task: Task) -> None:
        self.task = task
        if self.began < math.inf:
            self.begin("")
        with suppress(OSError):  # a worker that was ended meanwhile is found out when it is listened to
            self.line.send(task)

    def begin(self, part: str) -> None:
        self.part, self.began = part, time.monotonic()

    def end(self) -> None:
        """End it: by itself if it has nothing to do, so that it takes away what it has made for itself on disk.

        One that is not awake yet has made nothing, and would be waited for until it is.
        """
        if self.task is None and self.began < math.inf:
            with suppress(OSError):  # it was ended already
                self.line.send(None)
            self.process.join(PATIENCE)
        self.process.kill()
        self.process.join()
        self.line.close()


class Pool(Generic[Task, Result]):
    """So many workers; a context manager, which leaves none behind."""

    def __init__(self, making: Making[Task, Result], size: int, limits: Limits) -> None:
        self.making, self.size, self.limits = making, size, limits
        self.workers: list[_Worker[Task]] = []
        self.context = prepared([type(making).__module__, *making.uses])
        self.ready = _getting_ready(self.context)

    def __enter__(self) -> Pool[Task, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.end()

    def work(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Stopped]]:
        """Have every task done; gives each with what became of it, as it is ready.

        A worker gets its next task before what it did is given, so that it works while that is dealt with.
        """
        coming = iter(tasks)
        self._hand_out(coming)
        while self.workers:
            done = [*self._ready(), *self._overdue()]
            self._hand_out(coming)
            yield from done

    def _hand_out(self, coming: Iterator[Task]) -> None:
        """Give every worker something to do; start workers as long as there is, and end them when there is nothing."""
        while True:
            free = next((worker for worker in self.workers if worker.task is None), None)
            if free is None and len(self.workers) >= self.size:
                return
            task = next(coming, None)
            if task is not None:
                (free or self._start()).give(task)
            elif free:
                self._remove(free)
            else:
                return

    def _start(self) -> _Worker[Task]:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(theirs, self.making, gc.get_threshold()), daemon=True)
        worker = _Worker[Task](process, ours)
        self.ready.join()
        with undisturbed():
            process.start()
            self.workers.append(worker)
        theirs.close()
        return worker

    def _remove(self, worker: _Worker[Task]) -> None:
        self.workers.remove(worker)
        worker.end()

    def _ready(self) -> Iterator[tuple[Task, Result | Stopped]]:
        """Hear what the workers say."""
        lines = {worker.line: worker for worker in self.workers}
        for line in wait(list(lines), timeout=PAUSE):
            worker = lines[line]  # type: ignore[index]  # what `wait` was given
            try:
                done, said = worker.line.recv()
            except (EOFError, OSError):
                yield self._ended(worker)
                continue
            worker.begin("" if done else said)
            if done and worker.task is not None:
                task, worker.task = worker.task, None
                yield task, said

    def _ended(self, worker: _Worker[Task]) -> tuple[Task, Stopped]:
        worker.process.join()
        code = worker.process.exitcode
        if code == BUG:
            message = "a worker ended with the error above"
            raise RuntimeError(message)
        message = f"the process that made it was ended from outside, or by a library ({code})"
        return self._stopped(worker, Problem("", "T152", message))

    def _overdue(self) -> Iterator[tuple[Task, Stopped]]:
        """End the workers that take too much."""
        for worker in [worker for worker in self.workers if worker.task is not None]:
            excess = self.limits.excess(worker.began, worker.process.pid)
            if excess:
                yield self._stopped(worker, excess)

    def _stopped(self, worker: _Worker[Task], problem: Problem) -> tuple[Task, Stopped]:
        """Give up a worker and the task that it is at."""
        self._remove(worker)
        return cast("Task", worker.task), Stopped(worker.part, problem)


def _serve(line: Connection, making: Making[Task, Result], threshold: tuple[int, int, int]) -> None:
    """A worker's life. It looks for cycles as seldom as the process that started it, and never among the modules."""
    gc.set_threshold(*threshold)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    threading.Thread(target=_receive, args=(line, tasks), daemon=True).start()
    do = making()
    line.send((False, ""))
    while (task := tasks.get()) is not None:
        line.send((True, do(task, lambda part: line.send((False, part)))))
    del do
    gc.collect()  # libraries take their temporary files away with the last of what uses them


def _receive(line: Connection, tasks: SimpleQueue[Task | None]) -> None:
    """Take in tasks, None after the last; end this process, whatever it is at, when the other one is gone."""
    try:
        while True:
            tasks.put(line.recv())
    except (EOFError, OSError):
        os._exit(0)
