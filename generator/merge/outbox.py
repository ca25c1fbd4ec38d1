"""The outbox: merged files become files, whole or not at all, and never over what a person changed.

What was written is recorded by its hash, as for the documents of deals; here under each file's path.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import Problem
from generator.record import RECORDS, Entry, Record, hash_of, recorded, text_of
from generator.work import Change, Written
from generator.write import free_name, hash_there, put, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: The name of the record, and of the folder for merged files: no deal's, for an id has no underscore.
MERGED = "_merged"
#: How many files are held at a time: the record is written before them, once for all of these.
AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Step:
    """What is to become of one file; `entry` is what is recorded of it, `copied` whether what stands there is kept."""

    written: Written
    path: Path
    content: bytes
    entry: Entry | None
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Outbox:
    """Writes merged files; `force` replaces what was changed by hand too, and keeps a copy beside it."""

    output: Path
    force: bool = False

    def write(self, files: Iterable[tuple[Path, bytes]], document: str, problems: list[Problem]) -> Iterator[Written]:
        """Write files; one that somebody changed stays as it is, and is a problem. Raises Faults."""
        left = iter(files)
        while some := list(islice(left, AT_A_TIME)):
            with told(self.output):
                before = recorded(self.output, MERGED)
                steps = [self.step(path, content, document, before, problems) for path, content in some]
                self.carry_out(steps, before)
            yield from (step.written for step in steps)

    def preview(self, files: Iterable[tuple[Path, bytes]], document: str, problems: list[Problem]) -> Iterator[Written]:
        """Say what `write` would do."""
        before = recorded(self.output, MERGED)
        for path, content in files:
            yield self.step(path, content, document, before, problems).written

    def step(self, path: Path, content: bytes, document: str, before: Record, problems: list[Problem]) -> Step:
        """What becomes of one file, given what is recorded."""
        new, present, entry = hash_of(content), hash_there(path), before.entries.get(self.key(path))
        ours = present is None or present == new or (entry is not None and entry.is_ours(present))
        if not ours and not self.force:
            problems.append(changed_by_hand(path, known=entry is not None))
            return Step(Written(document, str(path), "kept"), path, b"", None)
        was = present if ours and present and present != new else ""
        change: Change = "new" if present is None else "same" if present == new else "changed"
        return Step(Written(document, str(path), change), path, content, Entry(document, new, was), copied=not ours)

    def carry_out(self, steps: Sequence[Step], before: Record) -> None:
        """Record what is about to be written, and write it."""
        entries = {**before.entries, **{self.key(step.path): step.entry for step in steps if step.entry}}
        after = replace(before, entries=entries)
        if after != before:
            put(self.output / RECORDS / f"{MERGED}.json", text_of(after).encode())
        for step in steps:
            if step.copied:
                put(free_name(step.path), step.path.read_bytes())
            if step.written.change in {"new", "changed"}:
                put(step.path, step.content)

    def key(self, path: Path) -> str:
        """What a file is recorded under: its path from the output folder, or in full where it lies elsewhere."""
        try:
            return path.resolve().relative_to(self.output.resolve()).as_posix()
        except ValueError:
            return os.fspath(path.resolve())


def changed_by_hand(path: Path, *, known: bool) -> Problem:
    """A file that stands in the way."""
    message = (
        "somebody changed it since it was merged" if known else "there is a file of that name that is not a merge's"
    )
    hint = "move it away, or use --force: it writes the new one and keeps this one beside it"
    return Problem(str(path), "M540", f"{message}, so it was left as it is", hint=hint)
