"""The batch: documents of many deals are made, here, by workers or by a cluster."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator.account import Layout
from generator.cluster import Cluster
from generator.limits import limited
from generator.record import Record, hash_at, reason, recorded
from generator.work import Job, Made
from generator.workers import Pool, Stopped, cores, prepared
from generator.workshop import Errand, Finished, Workshop, finish, modules, placed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from generator.order import Order
    from generator.render import Template


#: The inputs that decide, besides its text and assets, how a document is laid out.
ENGINE = ("dealdocs", "libraries", "fonts")
#: So many deals are made by this process, unless a number of processes is asked for: to start workers takes as long.
FEW = 4
#: On Windows a process can wait for no more than 63 others at a time.
MOST_ON_WINDOWS = 60


@dataclass(frozen=True, slots=True)
class Due:
    """A deal that has to be looked into: its file, its inputs as they are now, the record of last time.

    `known`: the layout of each target that stands as we wrote it; `why`: what has changed.
    """

    path: Path
    inputs: Mapping[str, str]
    record: Record
    known: Mapping[str, Layout]
    why: str

    @property
    def id(self) -> str:
        """The deal's id."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Planned:
    """A due deal that was read without a fault: its whole packet, the errand, and what is to be recorded."""

    due: Due
    packet: tuple[Job, ...]
    jobs: tuple[Job, ...]
    note: Record

    @property
    def errand(self) -> Errand:
        """What is to be made."""
        return Errand(self.due.id, self.jobs, self.due.known, " ".join(self.due.inputs[name] for name in ENGINE))


def due(path: Path, output: Path, now: Mapping[str, str], order: Order) -> Due:
    """A deal that has to be looked into."""
    record = recorded(output, path.stem)
    known = {}
    if not order.force:
        for name, entry in record.entries.items():
            if entry.layout and hash_at(output / path.stem / name) == entry.hash:
                known[name] = entry.layout
    return Due(path, now, record, known, "asked for by --force" if order.force else reason(record.inputs, now))


def processes(order: Order, count: int) -> int:
    """How many processes so many deals are to be made by; 1 stands for this one."""
    if order.cluster is not None or (order.jobs is None and count <= FEW):
        return 1
    most = MOST_ON_WINDOWS if sys.platform == "win32" else count
    return min(count, order.jobs or cores(), most)


def begin(order: Order, count: int, files: Iterable[str]) -> None:
    """Let a process for workers import what documents by templates of these names need, while they are opened here."""
    if processes(order, count) > 1:
        prepared([Workshop.__module__, *modules(files)])


def finished(
    planned: Iterable[Planned], count: int, shop: Workshop, templates: Mapping[str, Template], order: Order
) -> Generator[tuple[Planned, Finished]]:
    """What was made of deals, or what is wrong with them, each as it is ready; `count` is how many they are at most.

    They are planned one by one, so that only those that are at hand take memory.
    """
    waiting: dict[str, Planned] = {}

    def errands() -> Iterator[Errand]:
        for one in planned:
            waiting[one.due.id] = one
            yield one.errand

    with closing(made(errands(), processes(order, count), shop, templates, order)) as results:
        for errand, result in results:
            one = waiting.pop(errand.deal)
            yield one, ended(one, result, shop.templates) if isinstance(result, Stopped) else result


def made(
    errands: Iterable[Errand], jobs: int, shop: Workshop, templates: Mapping[str, Template], order: Order
) -> Generator[tuple[Errand, Finished | Stopped]]:
    """What becomes of errands: by a cluster, by so many processes, or here."""
    if order.cluster is not None:
        with Cluster(order.cluster, shop, order.limits) as cluster:
            yield from cluster.work(errands)
    elif jobs > 1:
        with Pool(shop, jobs, order.limits) as pool:
            yield from pool.work(errands)
    else:

        def doing(_: Job, work: Callable[[], Made]) -> Made:
            return limited(order.limits, work)

        for errand in errands:
            yield errand, finish(errand, shop.templates, templates.__getitem__, doing)


def ended(one: Planned, result: Stopped, templates: Path) -> Finished:
    """The fault of a deal whose worker was ended, at the document that it was at."""
    job = next((job for job in one.jobs if job.target.name == result.part), one.jobs[0])
    return Finished((), (placed(result.problem, job, templates),))
