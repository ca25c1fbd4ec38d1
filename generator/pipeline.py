"""The pipeline: what can be asked for, of all the stages together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from generator import load, validate
from generator.account import Account, DealAccount
from generator.errors import ordered
from generator.invoicing import books, memory
from generator.order import Order
from generator.reading import open_house, packet_of, read_deals, read_house
from generator.run import render
from generator.standings import standings
from generator.workspace import Workspace, all_deals, find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from generator.errors import Problem
    from generator.provider import House

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
    problems += memory.lost(workspace) if since is None else books.changed(workspace, since)
    return account(done, problems)


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
