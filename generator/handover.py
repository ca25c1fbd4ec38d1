"""Handover: what one run leaves to the next, besides its documents. To lose it costs another look, never a file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.invoicing import memory
from generator.record import ALL, FAILED, LEDGER, RECORDS, TEMPLATES, Record, from_record, recorded, to_record
from generator.workspace import Workspace
from generator.write import Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from generator.account import DealAccount
    from generator.errors import Problem


def failed(output: Path, deals: Iterable[str]) -> frozenset[str]:
    """The ids of the deals that failed last time. Where nobody knows any more, that may be any of these."""
    known = recorded(output, FAILED)
    if known == Record() and any((output / RECORDS).glob("*.json")):
        return frozenset(deals)
    return frozenset(known.inputs)


@dataclass(frozen=True, slots=True)
class Handover:
    """Takes over from the last run, and notes for the next.

    `before` are the ids of the deals that failed last time, or may have.
    """

    workspace: Workspace
    writer: Writer
    before: Collection[str]

    def unsettle(self) -> None:
        """Note that nobody knows which deals fail, until it is noted."""
        self.writer.note(FAILED, Record())

    def note_failures(self, done: Collection[DealAccount], *, whole: bool = True) -> None:
        """Note which deals failed, for a run that is to do just these; those that were not done stay as they were.

        So do those of which not the `whole` packet was asked for: what failed may be another document.
        """
        names = {made.deal for made in done if made.status == "failed"}
        names |= set(self.before) - {made.deal for made in done if whole}
        self.writer.note(FAILED, Record(dict.fromkeys(sorted(names), ""), covers=(ALL,)))

    def sound_templates(self, inputs: Mapping[str, str]) -> tuple[Problem, ...] | None:
        """What there is to warn of in `templates/`, if a run found no error in it as it is now; None if none has."""
        known = recorded(self.workspace.output, TEMPLATES)
        if known.inputs != inputs:
            return None
        return tuple(from_record(problem, self.workspace.templates) for problem in known.warnings)

    def note_templates(self, inputs: Mapping[str, str], warnings: Iterable[Problem]) -> None:
        """Note that there is no error in `templates/`."""
        found = tuple(to_record(problem, self.workspace.templates) for problem in warnings)
        self.writer.note(TEMPLATES, Record(inputs, warnings=found))

    def has_sound_ledger(self, content: bytes, program: str) -> bool:
        """Whether a run of this program found no fault in a ledger of this content."""
        return recorded(self.workspace.output, LEDGER) == of_ledger(self.workspace, content, program)

    def note_ledger(self, content: bytes, program: str) -> None:
        """Note that there is no fault in the ledger."""
        self.writer.note(LEDGER, of_ledger(self.workspace, content, program))


def of_ledger(workspace: Workspace, content: bytes, program: str) -> Record:
    """What is recorded of a ledger that was found sound, by the hash of the program that found so."""
    return Record({**memory.mark(workspace, content), "dealdocs": program})
