"""Making: the deals that are due are read, planned, made and written, in the order of the stages."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from generator import batch, inputs, load, validate
from generator.account import DealAccount, Written
from generator.batch import Planned
from generator.errors import Collecting, Problem
from generator.invoicing import keeping
from generator.reading import Opened, chosen, filled_in, open_house, packet_of, read_deals, read_house
from generator.record import Record, from_folder, to_record
from generator.workshop import Finished, Workshop, modules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from generator.run import Run
    from generator.workspace import Workspace


def refuse_unknown(only: Collection[str], workspace: Workspace) -> None:
    """Raise Misuse for a document that the manifest does not have; its faults are told where there is work to do."""
    with Collecting([]):
        chosen(read_house(workspace)[0].manifest.documents, only)


def warn_of_names(run: Run, same: Sequence[Path]) -> None:
    """Warn of clients that have the same name; only those have to be read for it."""
    with Collecting(run.problems):  # any of these files may have been changed since
        house, _ = read_house(run.workspace)
        read = [(load.read(path, str(path)), path.stem) for path in same]
        run.problems += validate.deals([(one, validate.deal(one, deal, house)[0]) for one, deal in read])


def make(run: Run, due: Sequence[Path], *, sound: bool) -> None:
    """Open `templates/`, and have documents made of the deals that can be read."""
    batch.begin(run.order, len(due), run.common)
    opened = opened_for(run, sound=sound)
    if opened is None:
        read_deals(due, None, run.problems)
        for path in due:
            run.settle(path, DealAccount(path.stem, "failed"))
        return
    provider = opened.house.provider
    uses = modules(opened.templates)
    shop = Workshop(run.workspace.templates, provider.locale, provider.currency, uses)
    run.begin(len(run.paths))
    coming = all_planned(run, due, opened)
    with closing(batch.finished(coming, len(due), shop, opened.templates, run.order)) as results:
        for one, result in results:
            write(run, one, result)
            if run.is_over():
                break
    if not run.is_steady():
        run.problems.append(unsteady(run.workspace.templates))


def opened_for(run: Run, *, sound: bool) -> Opened | None:
    """Open `templates/`; what there is to warn of is recorded, for runs that need not look for it again."""
    found: list[Problem] = []
    opened = open_house(run.workspace, run.order.only, found, sound=sound)
    run.problems += found
    whole = not (sound or run.order.only) and run.is_steady()
    if whole and not any(problem.severity == "error" for problem in found):
        run.handover.note_templates(run.common, found)
    return replace(opened, limits=run.order.limits) if opened else None


def all_planned(run: Run, paths: Sequence[Path], opened: Opened) -> Iterator[Planned]:
    """Read and plan the deals, one by one, until no more are to be begun; of some there is nothing to be made."""
    for path in paths:
        if run.is_over():
            return
        one = planned(run, path, opened)
        if one and one.jobs:
            yield one
        elif one:
            write(run, one, Finished())


def planned(run: Run, path: Path, opened: Opened) -> Planned | None:
    """Read a deal and plan its packet; where that is a fault, the deal has failed."""
    now = {**run.made_from(path), "the deal": inputs.of_deal(path)[0]}  # it may have been changed since
    due = batch.due(path, run.workspace.output, now, run.order)
    found: list[Problem] = []
    one = read_deals([path], opened, found, run.revisions).get(path)
    packet = packet_of(one, opened, run.problems) if one else None
    if packet is not None:
        packet = (*packet, *keeping.unmade(due, packet, opened))
        found += keeping.missing(packet, run.workspace.output, opened.ledger)
    wanted = [job for job in packet or () if run.order.wants(job.document) and not job.frozen]
    jobs = tuple(filled_in(job, run.workspace, opened, run.problems) for job in wanted)
    run.problems += found
    if one is None or packet is None or any(job.template not in opened.templates for job in jobs):
        run.settle(path, DealAccount(path.stem, "failed"))
        return None
    name = " ".join(one.deal.client.billing_name.casefold().split())
    run.clients.setdefault(name, []).append(path)
    warnings = tuple(to_record(problem, path.parent) for problem in found)
    note = Record(warnings=warnings, name=name, source=from_folder(path, run.workspace.output))
    return Planned(due, packet, jobs, note)


def write(run: Run, one: Planned, result: Finished) -> None:
    """Hand a deal's documents to the writer, if all of them were made."""
    run.problems += result.problems
    made = DealAccount(one.due.id, "failed")
    if len(result.made) == len(one.jobs):
        with Collecting(run.problems):
            made = DealAccount(one.due.id, "ok", written(run, one, result))
    run.settle(one.due.path, made)


def written(run: Run, one: Planned, result: Finished) -> tuple[Written, ...]:
    """What became of each document. Raises Faults where it could not be written.

    Of one that was made while `templates/` changed nobody knows by which of its contents, and so that is not noted.
    """
    due, note = one.due, one.note
    if run.is_steady():
        note = replace(note, inputs=due.inputs, covers=due.record.covering(due.inputs, run.order.only))
    return run.writer.write(due.id, one.packet, result.made, note, due.why)


def unsteady(templates: Path) -> Problem:
    """A warning of templates that were changed while documents were made by them."""
    message = "was changed while documents were made by it, so some may be as it was, and some as it is"
    return Problem(str(templates), "W404", message, hint="render once more", severity="warning")
