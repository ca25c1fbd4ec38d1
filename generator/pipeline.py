"""The pipeline: what can be asked for, of all the stages together."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from generator import handover, load, revision, validate
from generator.batch import Order
from generator.errors import ordered
from generator.handover import Handover
from generator.invoicing import books, keeping
from generator.reading import Workspace, all_deals, find, open_house, packet_of, read_deals, read_house
from generator.run import Run
from generator.standings import standings
from generator.work import Account, DealAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from generator.errors import Problem
    from generator.provider import House
    from generator.write import Writer

__all__ = [
    "Order",
    "Workspace",
    "check",
    "look_over",
    "read_house",
    "render",
    "schema",
    "standings",
]

USUAL = Order()


def check(workspace: Workspace, names: Sequence[str] = (), since: str | None = None) -> Account:
    """Find every problem in the deals, in `templates/` and in the ledger; nothing is rendered or written.

    `since`: a git revision; what of the ledger's lines was changed since is a problem too.
    """
    problems: list[Problem] = []
    paths = find(workspace, names)
    opened = open_house(workspace, (), problems)
    signed = read_deals(paths, opened, problems, deals=all_deals(workspace))
    done = []
    for path in paths:
        packet = packet_of(signed[path], opened, problems) if opened and path in signed else None
        done.append(DealAccount(path.stem, "failed" if packet is None else "ok"))
    problems += books.audited(workspace, opened, list(signed.values()))
    problems += keeping.lost(workspace) if since is None else books.changed(workspace, since)
    return account(done, problems)


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
    return replace(account(done, run.problems), gone=gone, stopped=stopped, undone=undone)


def asked_for(workspace: Workspace, paths: list[Path], order: Order, failed: Collection[str]) -> list[Path]:
    """Of the deals, those that differ from a revision, or that failed last time, if that is asked for."""
    if order.failed:
        paths = [path for path in paths if path.stem in failed]
    if order.since is not None:
        differing = set(revision.changed(order.since, paths, workspace.templates))
        numbered = books.numbered_since(workspace, order.since) if paths else set()
        paths = [path for path in paths if path in differing or path.stem in numbered]
    return paths


def account(done: Sequence[DealAccount], problems: Sequence[Problem]) -> Account:
    """The account of a run: its problems sorted, each told once."""
    return Account(tuple(done), ordered(problems))


def look_over(path: Path, text: str, house: House) -> tuple[Problem, ...]:
    """Check the text of a deal file that is not written yet; gives warnings. Raises Faults."""
    _, warnings = validate.deal(load.parse(text, str(path)), path.stem, house)
    return warnings


def schema() -> str:
    """The JSON schema of a deal file, for editors."""
    return json.dumps(validate.schema(), ensure_ascii=False, indent=2) + "\n"
