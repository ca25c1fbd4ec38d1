"""A run over deals: what is unchanged is left, and said to be; the rest is handed to those who make it (making.py).

Of deals of which nothing changed since they were written nothing is read but hashes. That is the usual run, and so all
that making needs is imported only where there is something to make: it takes as long as a thousand unchanged deals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator import handover, inputs, ledger, revision
from generator.account import Account, DealAccount, Written
from generator.codes import Code
from generator.errors import Collecting, Problem, ordered
from generator.handover import Handover
from generator.invoicing import memory
from generator.order import Order
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
)
from generator.workspace import Workspace, all_deals, find, issued, same_ids
from generator.write import Writer, outdated

if TYPE_CHECKING:
    from collections.abc import Iterator

USUAL = Order()


def render(  # noqa: PLR0913, PLR0917 -- what is to be made, where it goes, and who hears of it
    workspace: Workspace,
    names: Sequence[str],
    writer: Writer,
    tell: Callable[[DealAccount, int], None] = lambda _, __: None,
    order: Order = USUAL,
    begin: Callable[[int], None] = lambda _: None,
) -> Account:
    """Make the documents of the deals and hand them to the writer; `tell` hears of each, and of how many there are.

    `begin` hears of that number at the beginning, and when documents begin to be made, all unchanged deals settled.
    A deal with a fault yields no document at all; the others are rendered.
    Deals of which nothing changed since they were written are not even read. Ctrl-C ends the run, not the account.
    """
    paths = find(workspace, names)
    deals = (*paths, *(all_deals(workspace) if names else ()))
    before = handover.failed(workspace.output, {path.stem for path in deals})
    run = Run(workspace, order, writer, tell, begin, Handover(workspace, writer, before), deals)
    gone: tuple[DealAccount, ...] = ()
    stopped = False
    try:
        run.go(asked_for(workspace, paths, order, before))
        gone = tuple(run.gone()) if order.prune or not names else ()
    except KeyboardInterrupt:
        stopped = True
    run.handover.note_failures(run.done.values(), whole=not order.only)
    done = [run.done[path] for path in run.paths if path in run.done]
    undone = len(run.paths) - len(done)
    return Account(tuple(done), ordered(run.problems), gone, stopped, undone)


def asked_for(workspace: Workspace, paths: list[Path], order: Order, failed: Collection[str]) -> list[Path]:
    """Of the deals, those that differ from a revision, or that failed last time, if that is asked for."""
    if order.failed:
        paths = [path for path in paths if path.stem in failed]
    if order.since is not None:
        differing = set(revision.changed(order.since, paths, workspace.templates))
        from generator.invoicing import books  # noqa: PLC0415 -- see above

        numbered = books.numbered_since(workspace, order.since) if paths else set()
        paths = [path for path in paths if path in differing or path.stem in numbered]
    return paths


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
            from generator import making  # noqa: PLC0415 -- see above

            making.refuse_unknown(self.order.only, self.workspace)
        lost = memory.lost(self.workspace)
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
            from generator import making  # noqa: PLC0415 -- see above

            self.handover.unsettle()
            making.make(self, due, sound=warnings is not None)
        if alike := [path for paths in self.clients.values() if len(paths) > 1 for path in paths]:
            from generator import making  # noqa: PLC0415 -- see above

            making.warn_of_names(self, alike)

    def read_hashes(self) -> None:
        """Note the hash of each deal's file, and the revision of those whose documents may show it."""
        found = {path: inputs.of_deal(path) for path in self.paths}
        self.hashes = {path: hash_ for path, (hash_, _) in found.items()}
        all_ask = inputs.shows_revision(self.workspace.templates)
        self.revisions = revision.of_deals([path for path, (_, asks) in found.items() if asks or all_ask])

    def read_ledger(self) -> None:
        """Note each deal's lines, and what is wrong with them; a ledger that was found sound is not looked at again."""
        content = memory.content_of(self.workspace)
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
        made = unchanged(path, self.workspace.output, record, self.made_from(path), self.order)
        if made is None:
            return False
        self.problems += [from_record(problem, path.parent) for problem in record.warnings]
        self.clients.setdefault(record.name, []).append(path)
        self.settle(path, made)
        return True

    def gone(self) -> Iterator[DealAccount]:
        """What is left of deals that are gone; if asked for, removed, but not what a hand changed or invoices."""
        output, there = self.workspace.output, {path.stem for path in self.deals}
        for path in sorted((output / RECORDS).glob("[!_]*.json")):
            if path.stem in there or at_folder((record := recorded(output, path.stem)).source, output).is_file():
                continue
            left = [(entry, output / path.stem / name) for name, entry in record.entries.items()]
            documents = tuple(left_over(entry, file) for entry, file in left if file.is_file())
            if self.order.prune and self.can_prune:
                from generator.invoicing import keeping  # noqa: PLC0415 -- see above

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


def left_over(entry: Entry, file: Path) -> Written:
    """What is left of a deal that is gone, and why it would stay if it did."""
    ours = entry.is_ours(hash_at(file) or "") and not entry.marked
    return Written(entry.document, str(file), "gone", GONE if ours else EDITED)


def unchanged(path: Path, output: Path, record: Record, now: Mapping[str, str], order: Order) -> DealAccount | None:
    """The account of a deal of which nothing has changed by its record; None if it is due.

    Nothing is parsed: its inputs as they are `now`, and the hash of every document, are compared with the record's.
    """
    if order.force or not record.is_of(now, order.only) or record.source != from_folder(path, output):
        return None
    if any(problem.code == Code.DOCUMENT_MISSING for problem in record.warnings):  # it may be back
        return None
    documents = []
    for name, entry in record.entries.items():
        if order.wants(entry.document):
            target = os.path.join(output, path.stem, name)  # noqa: PTH118 -- thousands of them
            state = entry.state(hash_at(target))
            if state == "due":
                return None
            why = entry.why_kept if state == "kept" else "nothing changed"
            documents.append(Written(entry.document, target, state, why))
    return DealAccount(path.stem, "ok", tuple(documents))
