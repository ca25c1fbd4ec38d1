"""A cluster: the workers of a Dask scheduler do the work, on any machines; what they make is written here.

The templates travel to each worker by content, once, so that no disk is shared. The scheduler gives the deals of a
worker that is lost to another. Workers must have the same dealdocs, libraries and fonts as this machine.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from generator import inputs
from generator.errors import Misuse, Problem
from generator.limits import Limits, limited
from generator.workers import Stopped
from generator.workshop import Errand, Finished, Workshop, finish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from distributed import Client, Future

    from generator.render import Template

#: Errands that are under way for each thread of the workers, so that none waits for this machine.
AHEAD = 2
#: Setting text is not made for several threads of one process.
_ONE_AT_A_TIME = threading.Lock()
#: How a scheduler on another machine can be spoken to.
SCHEMES = ("tcp", "tls", "ws", "wss")


@dataclass(frozen=True)
class Bundle:
    """All that workers need besides errands: the files of `templates/`, by content; `machine` is what they must be."""

    files: tuple[tuple[str, bytes], ...]
    workshop: Workshop
    machine: Mapping[str, str]
    limits: Limits

    def __hash__(self) -> int:
        return hash(self.files)


def bundled(workshop: Workshop, limits: Limits) -> Bundle:
    """The bundle of this machine."""
    files = tuple((name, path.read_bytes()) for name, path in sorted(inputs.files_below(workshop.templates)))
    return Bundle(files, workshop, inputs.of_machine(), limits)


class Cluster:
    """A connection to a scheduler; a context manager. Raises Misuse where there is none, or no worker."""

    def __init__(self, address: str, workshop: Workshop, limits: Limits) -> None:
        refuse_malformed(address)
        try:
            import distributed  # noqa: PLC0415 -- an extra, and slow to import
        except ImportError:
            message = "this needs Dask: install dealdocs[cluster]"
            raise Misuse(message) from None
        for name in ("distributed", "distributed.client"):  # which has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self.client: Client = distributed.Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            message = f"there is no scheduler at {address} ({error})"
            raise Misuse(message) from None
        self.address, self.bundle = address, bundled(workshop, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()  # type: ignore[no-untyped-call]

    def work(self, errands: Iterable[Errand]) -> Iterator[tuple[Errand, Finished | Stopped]]:
        """Have every errand done; gives each with what became of it, as it is ready. Raises Misuse where it is lost."""
        from distributed import as_completed  # noqa: PLC0415 -- an extra, and slow to import

        with self._in_reach():
            threads = sum(self.client.nthreads().values())  # type: ignore[no-untyped-call]
        if not threads:
            message = "the scheduler has no workers; start some with 'dask worker ADDRESS --nthreads 1'"
            raise Misuse(message)
        with self._in_reach():
            bundle = self.client.submit(_same, self.bundle)
        coming, under_way = iter(errands), {}
        ready = as_completed(loop=self.client.loop)  # type: ignore[no-untyped-call]

        def send(count: int) -> None:
            for _, errand in zip(range(count), coming, strict=False):
                future = self.client.submit(_do, bundle, errand, pure=False)
                under_way[future.key] = errand
                ready.add(future)  # type: ignore[no-untyped-call]

        with self._in_reach():
            send(threads * AHEAD)
        while under_way:
            with self._in_reach():
                future = next(ready)
                errand = under_way.pop(future.key)
                result = _result(future)
                send(1)
            yield errand, result

    @contextmanager
    def _in_reach(self) -> Iterator[None]:
        """Tell of a scheduler that is gone, in whichever way it is found out."""
        from distributed import CancelledError  # noqa: PLC0415 -- an extra, and slow to import
        from distributed.client import ClosedClientError  # noqa: PLC0415 -- as above
        from distributed.comm.core import CommClosedError  # noqa: PLC0415 -- as above

        try:
            yield
        except (CancelledError, ClosedClientError, CommClosedError, TimeoutError):
            message = (
                f"the scheduler at {self.address} was lost; what was finished is written, run this again for the rest"
            )
            raise Misuse(message) from None


def refuse_malformed(address: str) -> None:
    """Raise Misuse for an address that cannot be one; Dask would try it for a long time, and then break down."""
    try:
        parts = urlsplit(address)
        sound = address.partition("://")[0] in SCHEMES and parts.hostname and parts.port and not parts.path
    except ValueError:  # a port that is no number, or too great a one
        sound = None
    if not sound:
        message = f"{address!r} is no address of a scheduler, which is such as tcp://HOST:8786 ({', '.join(SCHEMES)})"
        raise Misuse(message)


def _result(future: Future[Finished | Stopped]) -> Finished | Stopped:
    """What became of an errand; a worker's bug keeps its traceback."""
    from distributed.scheduler import KilledWorker  # noqa: PLC0415 -- an extra, and slow to import

    try:
        result = future.result()
    except KilledWorker as killed:
        result = Stopped("", Problem("", "T152", f"the workers that made it were lost, again and again ({killed})"))
    future.release()  # type: ignore[no-untyped-call]
    return result


def _same(bundle: Bundle) -> Bundle:
    """The bundle, as a task of its own: each worker gets its result once, and one that is lost is made again."""
    return bundle


def _do(bundle: Bundle, errand: Errand) -> Finished | Stopped:
    """On a worker: do an errand."""
    if inputs.of_machine() != bundle.machine:
        other = [name for name, value in inputs.of_machine().items() if bundle.machine.get(name) != value]
        message = f"a worker of the cluster has not the same {', '.join(other)} as this machine"
        hint = "install the same on every worker, and start those anew that are running"
        return Stopped("", Problem("", "T153", message, hint=hint))
    with _ONE_AT_A_TIME:
        folder, template = _unpacked(bundle)
        done = finish(errand, Path(folder.name), template, lambda _, work: limited(bundle.limits, work))
    return replace(done, problems=tuple(_named(problem, folder.name, bundle) for problem in done.problems))


def _named(problem: Problem, folder: str, bundle: Bundle) -> Problem:
    """A problem with its file as it is called where the run was started."""
    with suppress(ValueError):
        name = Path(problem.file).relative_to(folder)
        return replace(problem, file=str(bundle.workshop.templates / name))
    return problem


@lru_cache(maxsize=1)
def _unpacked(bundle: Bundle) -> tuple[TemporaryDirectory[str], Callable[[str], Template]]:
    """On a worker: the templates in a folder of their own, for as long as they are the last ones; each is read once."""
    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="dealdocs-")
    for name, content in bundle.files:
        path = Path(folder.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder, replace(bundle.workshop, templates=Path(folder.name)).opener()
