"""Workers: other processes that do pure work, watched by this one, ended and replaced where they take too much.

A worker is given tasks and gives results; it reads and writes nothing that is shared. Before each part of a task it
says what it begins, so that this process knows what took too long. It ends when this process does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

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

#: Tasks that a worker has at hand besides the one that it does, so that it need not wait for this process.
AHEAD = 1
#: A worker that ends with this code has told of its own bug on standard error.
BUG = 1


class Making(Protocol[Given_contra, Gives_co]):
    """What a worker is made for: called once in the worker, it gives the function that does a task.

    `uses` are the modules that it needs; where it can be, they are imported before workers are split off.
    """

    uses: ClassVar[tuple[str, ...]]

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


@dataclass(slots=True, eq=False)
class _Worker(Generic[Task]):
    """A process and this side's end of the line to it; `tasks[0]` is the one that it does."""

    process: BaseProcess
    line: Connection
    tasks: deque[Task] = field(default_factory=deque)
    part: str = ""
    began: float = 0

    def give(self, task: Task) -> None:
        self.line.send(task)
        self.tasks.append(task)
        if len(self.tasks) == 1:
            self.begin("")

    def begin(self, part: str) -> None:
        self.part, self.began = part, time.monotonic()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


class Pool(Generic[Task, Result]):
    """So many workers; a context manager, which leaves none behind."""

    def __init__(self, making: Making[Task, Result], size: int, limits: Limits) -> None:
        self.making, self.size, self.limits = making, size, limits
        self.workers: list[_Worker[Task]] = []
        #: Forking a process that has set text once is not safe everywhere; a fresh one that forks itself is.
        self.context: ForkServerContext | SpawnContext
        if sys.platform == "linux":
            self.context = multiprocessing.get_context("forkserver")
            self.context.set_forkserver_preload([type(making).__module__, *making.uses])
        else:
            self.context = multiprocessing.get_context("spawn")

    def __enter__(self) -> Pool[Task, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.end()

    def work(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Result | Stopped]]:
        """Have every task done; gives each with what became of it, as it is ready."""
        coming, again = iter(tasks), deque[Task]()
        while True:
            self._hand_out(coming, again)
            if not self.workers:
                return
            yield from self._ready(again)
            yield from self._overdue(again)

    def _hand_out(self, coming: Iterator[Task], again: deque[Task]) -> None:
        """See that each worker has enough to do; start workers as long as there is something for them."""
        while True:
            busy = len(self.workers) >= self.size
            free = min(self.workers, key=lambda worker: len(worker.tasks)) if busy else None
            if free and len(free.tasks) > AHEAD:
                return
            task = again.popleft() if again else next(coming, None)
            if task is None:
                self._dismiss()
                return
            (free or self._start()).give(task)

    def _dismiss(self) -> None:
        """End the workers for which there is nothing left to do."""
        for worker in [worker for worker in self.workers if not worker.tasks]:
            self._remove(worker)

    def _start(self) -> _Worker[Task]:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(theirs, self.making), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker[Task](process, ours)
        self.workers.append(worker)
        return worker

    def _remove(self, worker: _Worker[Task]) -> None:
        self.workers.remove(worker)
        worker.end()

    def _ready(self, again: deque[Task]) -> Iterator[tuple[Task, Result | Stopped]]:
        """Hear what the workers say."""
        lines = {worker.line: worker for worker in self.workers}
        for line in wait(list(lines), timeout=PAUSE):
            worker = lines[line]  # type: ignore[index]  # what `wait` was given
            try:
                done, said = worker.line.recv()
            except (EOFError, OSError):
                yield self._ended(worker, again)
                continue
            if done:
                yield worker.tasks.popleft(), said
            worker.begin("" if done else said)

    def _ended(self, worker: _Worker[Task], again: deque[Task]) -> tuple[Task, Stopped]:
        worker.process.join()
        code = worker.process.exitcode
        if code == BUG:
            message = "a worker ended with the error above"
            raise RuntimeError(message)
        message = f"the process that made it was ended from outside, or by a library ({code})"
        return self._stopped(worker, Problem("", "T152", message), again)

    def _overdue(self, again: deque[Task]) -> Iterator[tuple[Task, Stopped]]:
        """End the workers that take too much."""
        for worker in list(self.workers):
            excess = self.limits.excess(worker.began, worker.process.pid) if worker.tasks else None
            if excess:
                yield self._stopped(worker, excess, again)

    def _stopped(self, worker: _Worker[Task], problem: Problem, again: deque[Task]) -> tuple[Task, Stopped]:
        """Give up the task that a worker is at; what it had at hand is for another."""
        task = worker.tasks.popleft()
        again.extend(worker.tasks)
        self._remove(worker)
        return task, Stopped(worker.part, problem)


def _serve(line: Connection, making: Making[Task, Result]) -> None:
    """A worker's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started it
    tasks: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_receive, args=(line, tasks), daemon=True).start()
    do = making()
    while True:
        line.send((True, do(tasks.get(), lambda part: line.send((False, part)))))


def _receive(line: Connection, tasks: SimpleQueue[Task]) -> None:
    """Take in tasks, also while one is done; end this process when the other one is gone."""
    try:
        while True:
            tasks.put(line.recv())
    except (EOFError, OSError):
        os._exit(0)
