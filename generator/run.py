"""A run over deals: what is unchanged is left, the rest is read, planned, made and written; the order of the stages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator import batch, inputs, ledger, load, revision, validate
from generator.batch import Order, Planned
from generator.errors import Problem
from generator.handover import Handover
from generator.invoicing import keeping
from generator.reading import (
    Collecting,
    Opened,
    Workspace,
    chosen,
    filled_in,
    issued,
    open_house,
    packet_of,
    read_deals,
    read_house,
    same_ids,
)
from generator.record import (
    EDITED,
    GONE,
    OUTDATED,
    RECORDS,
    Entry,
    Record,
    at_folder,
    from_folder,
    from_record,
    hash_at,
    hash_of,
    recorded,
    to_record,
)
from generator.work import DealAccount, Written
from generator.workshop import Finished, Workshop, modules
from generator.write import Writer, outdated

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Run:
    """One run over deals: what became of each so far, every problem so far, and which clients have which name.

    `deals` are the files of all deals that there are, `paths` of those that are asked for. `common` is what
    all documents are made from (name → hash); `hashes`, `revisions` and `rows` (the ledger's lines, by id) what one
    deal's are besides; `began_with` is how `templates/` stood when the run began. `failed`: a deal has.
    """

    workspace: Workspace
    order: Order
    writer: Writer
    tell: Callable[[DealAccount, int], None]
    begin: Callable[[int], None]
    handover: Handover
    deals: Sequence[Path]
    paths: list[Path] = field(default_factory=list)
    done: dict[Path, DealAccount] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    clients: dict[str, list[Path]] = field(default_factory=dict)
    common: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[Path, str] = field(default_factory=dict)
    revisions: Mapping[Path, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)
    began_with: Collection[tuple[object, ...]] = ()
    can_prune: bool = True
    failed: bool = False

    def go(self, paths: list[Path]) -> None:
        """Settle what is unchanged, read and plan the rest, and have it made; nothing if the ledger lost a line."""
        self.paths = paths
        self.begin(len(paths))
        if self.order.only:
            with Collecting([]):  # of faults, those that have anything to make will tell
                chosen(read_house(self.workspace)[0].manifest.documents, self.order.only)
        lost = keeping.lost(self.workspace)
        if lost:
            self.problems += lost
            self.can_prune = False
            for path in paths:
                self.settle(path, DealAccount(path.stem, "failed"))
            return
        self.began_with = inputs.state_of(self.workspace.templates)
        self.common = common = inputs.of_house(self.workspace.templates)
        self.read_ledger()
        self.read_hashes()
        same = same_ids(paths, self.deals)
        self.problems += same.values()
        for path in same:
            self.settle(path, DealAccount(path.stem, "failed"))
        due = [path for path in paths if path not in same and not self.unchanged(path)]
        warnings = self.handover.sound_templates(common)
        self.problems += warnings or ()
        if due or warnings is None:
            self.handover.unsettle()
            self.make(due, sound=warnings is not None)
        self.same_names()

    def read_hashes(self) -> None:
        """Note the hash of each deal's file, and the revision of those whose documents may show it."""
        found = {path: inputs.of_deal(path) for path in self.paths}
        self.hashes = {path: hash_ for path, (hash_, _) in found.items()}
        all_ask = inputs.shows_revision(self.workspace.templates)
        self.revisions = revision.of_deals([path for path, (_, asks) in found.items() if asks or all_ask])

    def read_ledger(self) -> None:
        """Note each deal's lines, and what is wrong with them; a ledger that was found sound is not looked at again."""
        content = keeping.content_of(self.workspace)
        if content == b"":
            return
        program = self.common["dealdocs"]
        if content is None or not self.handover.has_sound_ledger(content, program):
            found = issued(self.workspace)
            self.problems += found.problems
            if content is not None and not found.problems:
                self.handover.note_ledger(content, program)
        self.can_prune = content is not None
        self.rows = ledger.rows_of((content or b"").decode(errors="replace"))

    def made_from(self, path: Path) -> dict[str, str]:
        """All that a deal's documents are made from."""
        shown = {"its revision": self.revisions[path]} if path in self.revisions else {}
        lines = self.rows.get(path.stem)
        numbers = {"its invoices' numbers": hash_of(lines.encode())} if lines else {}
        return {"the deal": self.hashes[path], **numbers, **shown, **self.common}

    def unchanged(self, path: Path) -> bool:
        """Settle a deal of which nothing has changed, and warn of it as it was; whether that is so."""
        record = recorded(self.workspace.output, path.stem)
        made = batch.unchanged(path, self.workspace.output, record, self.made_from(path), self.order)
        if made is None:
            return False
        self.problems += [from_record(problem, path.parent) for problem in record.warnings]
        self.clients.setdefault(record.name, []).append(path)
        self.settle(path, made)
        return True

    def make(self, due: Sequence[Path], *, sound: bool) -> None:
        """Open `templates/`, and have documents made of the deals that can be read."""
        batch.begin(self.order, len(due), self.common)
        opened = self.opened(sound=sound)
        if opened is None:
            read_deals(due, None, self.problems)
            for path in due:
                self.settle(path, DealAccount(path.stem, "failed"))
            return
        provider = opened.house.provider
        uses = modules(opened.templates)
        shop = Workshop(self.workspace.templates, provider.locale, provider.currency, uses)
        self.begin(len(self.paths))
        planned = self.all_planned(due, opened)
        with closing(batch.finished(planned, len(due), shop, opened.templates, self.order)) as results:
            for one, result in results:
                self.write(one, result)
                if self.is_over():
                    break
        if not self.is_steady():
            self.problems.append(unsteady(self.workspace.templates))

    def opened(self, *, sound: bool) -> Opened | None:
        """Open `templates/`; what there is to warn of is recorded, for runs that need not look for it again."""
        found: list[Problem] = []
        opened = open_house(self.workspace, self.order.only, found, sound=sound)
        self.problems += found
        whole = not (sound or self.order.only) and self.is_steady()
        if whole and not any(problem.severity == "error" for problem in found):
            self.handover.note_templates(self.common, found)
        return replace(opened, limits=self.order.limits) if opened else None

    def all_planned(self, paths: Sequence[Path], opened: Opened) -> Iterator[Planned]:
        """Read and plan the deals, one by one, until no more are to be begun; of some there is nothing to be made."""
        for path in paths:
            if self.is_over():
                return
            one = self.planned(path, opened)
            if one and one.jobs:
                yield one
            elif one:
                self.write(one, Finished())

    def planned(self, path: Path, opened: Opened) -> Planned | None:
        """Read a deal and plan its packet; where that is a fault, the deal has failed."""
        now = {**self.made_from(path), "the deal": inputs.of_deal(path)[0]}  # it may have been changed since
        due = batch.due(path, self.workspace.output, now, self.order)
        found: list[Problem] = []
        one = read_deals([path], opened, found, self.revisions).get(path)
        packet = packet_of(one, opened, self.problems) if one else None
        if packet is not None:
            packet = (*packet, *keeping.unmade(due, packet, opened))
            found += keeping.missing(packet, self.workspace.output, opened.ledger)
        wanted = [job for job in packet or () if self.order.wants(job.document) and not job.frozen]
        jobs = tuple(filled_in(job, self.workspace, opened, self.problems) for job in wanted)
        self.problems += found
        if one is None or packet is None or any(job.template not in opened.templates for job in jobs):
            self.settle(path, DealAccount(path.stem, "failed"))
            return None
        name = " ".join(one.deal.client.billing_name.casefold().split())
        self.clients.setdefault(name, []).append(path)
        warnings = tuple(to_record(problem, path.parent) for problem in found)
        note = Record(warnings=warnings, name=name, source=from_folder(path, self.workspace.output))
        return Planned(due, packet, jobs, note)

    def write(self, one: Planned, result: Finished) -> None:
        """Hand a deal's documents to the writer, if all of them were made."""
        self.problems += result.problems
        made = DealAccount(one.due.id, "failed")
        if len(result.made) == len(one.jobs):
            with Collecting(self.problems):
                made = DealAccount(one.due.id, "ok", self.written(one, result))
        self.settle(one.due.path, made)

    def written(self, one: Planned, result: Finished) -> tuple[Written, ...]:
        """What became of each document. Raises Faults where it could not be written.

        Of one that was made while `templates/` changed nobody knows by which of its contents, and so that is not noted.
        """
        due, note = one.due, one.note
        if self.is_steady():
            note = replace(note, inputs=due.inputs, covers=due.record.covering(due.inputs, self.order.only))
        return self.writer.write(due.id, one.packet, result.made, note, due.why)

    def gone(self) -> Iterator[DealAccount]:
        """What is left of deals that are gone; if asked for, removed, but not what a hand changed or invoices."""
        output, there = self.workspace.output, {path.stem for path in self.deals}
        for path in sorted((output / RECORDS).glob("[!_]*.json")):
            if path.stem in there or at_folder((record := recorded(output, path.stem)).source, output).is_file():
                continue
            left = [(entry, output / path.stem / name) for name, entry in record.entries.items()]
            documents = tuple(left_over(entry, file) for entry, file in left if file.is_file())
            if self.order.prune and self.can_prune:
                stay = tuple(keeping.papers(path.stem, record)) if path.stem in self.rows else ()
                self.problems += keeping.left_of(issued(self.workspace), path.stem, stay, output) if stay else ()
                with Collecting(self.problems, path.stem):
                    pruned = self.writer.write(path.stem, stay, ())
                    documents = tuple(replace(d, why=GONE if d.change == "removed" else EDITED) for d in pruned)
            if documents:
                yield DealAccount(path.stem, "ok", documents)

    def is_over(self) -> bool:
        """Whether no more deals are to be begun."""
        return self.failed and self.order.fail_fast

    def is_steady(self) -> bool:
        """Whether nothing was written to `templates/` since the run began."""
        return inputs.state_of(self.workspace.templates) == self.began_with

    def settle(self, path: Path, made: DealAccount) -> None:
        """Note what became of a deal, and warn of a document that was kept although it is out of date."""
        self.problems += [outdated(document) for document in made.documents if document.why in OUTDATED]
        self.failed = self.failed or made.status == "failed"
        self.done[path] = made
        self.tell(made, len(self.paths))

    def same_names(self) -> None:
        """Warn of clients that have the same name; only those have to be read for it."""
        same = [path for paths in self.clients.values() if len(paths) > 1 for path in paths]
        if same:
            with Collecting(self.problems):  # any of these files may have been changed since
                house, _ = read_house(self.workspace)
                read = [(load.read(path, str(path)), path.stem) for path in same]
                self.problems += validate.deals([(one, validate.deal(one, deal, house)[0]) for one, deal in read])


def left_over(entry: Entry, file: Path) -> Written:
    """What is left of a deal that is gone, and why it would stay if it did."""
    ours = entry.is_ours(hash_at(file) or "") and not entry.marked
    return Written(entry.document, str(file), "gone", GONE if ours else EDITED)


def unsteady(templates: Path) -> Problem:
    """A warning of templates that were changed while documents were made by them."""
    message = "was changed while documents were made by it, so some may be as it was, and some as it is"
    return Problem(str(templates), "W404", message, hint="render once more", severity="warning")
