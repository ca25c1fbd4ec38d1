"""Write: finished documents become files, and never over what a person changed.

The record (record.py) of a deal is written before its files: then it knows both the old and the new content of each,
and whichever stands there after a run was cut short is known as ours.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from generator.account import Change, Written
from generator.errors import Faults, Problem
from generator.files import exchange, free_name, put, remove_if_empty, staged, sweep, sync, told
from generator.record import EMPTY, LEFT, RECORDS, UNKNOWN, Entry, Record, hash_of, recorded, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from generator.work import Job, Made

NOTHING = Record()


class Writer(Protocol):
    """Takes what a run has made and found."""

    def write(
        self, deal: str, packet: Sequence[Job], made: Sequence[Made], note: Record = NOTHING, why: str = ""
    ) -> tuple[Written, ...]:
        """Write a deal's finished documents, given all the jobs of its packet, or say what would be written.

        `note` has what else is to be recorded; `why` is told. Raises Faults where it cannot write.
        """

    def note(self, name: str, record: Record) -> None:
        """Record what a run found, by a name that no deal has. Where that is refused, what was there before stays."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to become of one file: its change, its new content if any, and where a copy of the old one goes, if any.

    `entry` is what the record is to say of it from now on; nothing of a file that is no longer there. `present` is the
    hash of what stands there now, where that is to go.
    """

    document: str
    path: Path
    change: Change
    why: str
    entry: Entry | None = None
    content: bytes | None = None
    copy: Path | None = None
    present: str | None = None


@dataclass(frozen=True, slots=True)
class Disk:
    """Writes into the output folder; `force` replaces what was changed by hand, and keeps a copy beside it."""

    output: Path
    force: bool = False

    def write(
        self, deal: str, packet: Sequence[Job], made: Sequence[Made], note: Record = NOTHING, why: str = ""
    ) -> tuple[Written, ...]:
        """Put finished documents in their places, and record them."""
        folder = self.output / deal
        with told(folder):
            before = recorded(self.output, deal)
            steps = list(decide(self.output, deal, packet, made, before, why, force=self.force))
            sweep(folder)
            carry_out(steps, before, after(before, packet, note, steps), partial(remember, self.output, deal))
            if not packet:
                remove_if_empty(folder)
        return written(steps)

    def note(self, name: str, record: Record) -> None:
        """Record what a run found."""
        with suppress(OSError):
            remember(self.output, name, recorded(self.output, name), record)


@dataclass(frozen=True, slots=True)
class Preview:
    """Only says what Disk would do."""

    output: Path
    force: bool = False

    def write(
        self, deal: str, packet: Sequence[Job], made: Sequence[Made], _note: Record = NOTHING, why: str = ""
    ) -> tuple[Written, ...]:
        """Say what would become of each file."""
        with told(self.output / deal):
            before = recorded(self.output, deal)
            return written(decide(self.output, deal, packet, made, before, why, force=self.force))

    def note(self, name: str, record: Record) -> None:
        """Nothing is recorded."""


def written(steps: Iterable[Step]) -> tuple[Written, ...]:
    """What to report of the steps."""
    return tuple(Written(step.document, str(step.path), step.change, step.why, str(step.copy or "")) for step in steps)


def outdated(document: Written) -> Problem:
    """A warning of a document that was kept, and that may not say what the others of its packet do."""
    hint = "take the changes over by hand, or use --force: it writes the new one and keeps yours beside it"
    if document.why == LEFT:
        hint = "take over by hand what is still needed of it, then remove it"
    if document.why == UNKNOWN:
        hint = "remove it, or use --force: it writes the new one and keeps this one beside it"
    return Problem(document.path, "W403", document.why, hint=hint, severity="warning")


def decide(  # noqa: PLR0913, PLR0917 -- all that the choice depends on
    output: Path, deal: str, packet: Sequence[Job], made: Sequence[Made], before: Record, why: str, *, force: bool
) -> Iterator[Step]:
    """One step for each finished document, and one for each file of an earlier packet that is no longer in it."""
    for one in made:
        path = inside(output, output / one.job.target)
        reason = why or ("" if before.stands_for(one.job.document) else "it was not asked for last time")
        yield step_of(path, one, before.entries.get(path.name), reason, force=force)
    names = {job.target.name for job in packet}
    for name, entry in before.entries.items():
        path = inside(output, output / deal / name)
        if name not in names and path.is_file():
            present = hash_there(path)
            if entry.marked or not entry.is_ours(present or ""):
                yield Step(entry.document, path, "kept", LEFT, replace(entry, left=True))
            else:
                yield Step(entry.document, path, "removed", "the deal no longer has it", present=present)


def step_of(path: Path, made: Made, entry: Entry | None, why: str, *, force: bool) -> Step:
    """What becomes of one finished document, given what is recorded of its file."""
    job, content = made.job, made.content
    entry = replace(entry, invoice=job.invoice, left=False) if entry else None
    if content is None:
        stands = replace(entry, due=False) if entry else None  # as it was written, and as it is to be again
        return Step(job.document, path, "same", "nothing that it shows changed", stands)
    new = hash_of(content)
    stale = entry is None or entry.hash != new
    fresh = Entry(job.document, "", due=True, filled_in=job.filled_in, marked=job.marked, invoice=job.invoice)
    noted = replace(entry, due=stale) if entry else fresh
    why_kept = "it is open, or not all of it can be carried over" if job.held else noted.why_kept
    kept = Step(job.document, path, "kept", why_kept, noted)
    if job.held and not force:  # it may not even be readable
        return kept
    present = hash_there(path)
    change = changed(present, new, job, entry)
    was = present if present and entry and entry.is_ours(present) and present != new else ""
    placed = replace(fresh, hash=new, was=was, due=False, layout=made.layout)
    if change == "same":
        return Step(job.document, path, change, "nothing that it shows changed", placed)
    if change == "kept" and not force:
        return kept
    reason = why or unasked(present, entry)
    became: Change = "new" if present is None else "changed"
    copy = free_name(path) if change == "kept" else None
    return Step(job.document, path, became, reason, placed, content, copy, present)


def unasked(present: str | None, entry: Entry | None) -> str:
    """Why a file is written although nothing that it is made from has changed."""
    if entry and present in {None, EMPTY}:
        return "the file was gone" if present is None else "the file was empty"
    if entry and entry.filled_in and not entry.is_ours(present or ""):
        return "people filled it in"
    return "the run before was cut short"


def changed(present: str | None, new: str, job: Job, entry: Entry | None) -> Change:
    """How a file stands to its new content, by their hashes."""
    if present is None:
        return "new"
    if present == new:
        return "same"
    replaceable = present == job.carried or (entry is not None and entry.is_ours(present))
    return "changed" if replaceable and not job.held else "kept"


def hash_there(path: Path) -> str | None:
    """The hash of what stands at a path; None where nothing does. Raises OSError where it cannot be read."""
    try:
        return hash_of(path.read_bytes())
    except FileNotFoundError:
        return None


def inside(output: Path, path: Path) -> Path:
    """The path, if it really lies below the output folder. Raises Faults for a link that leads out of it."""
    if path.resolve().is_relative_to(output.resolve()):
        return path
    message = "this target lies outside the output folder, so nothing was written"
    raise Faults([Problem(str(path), "W402", message, hint="remove the link that leads out of it")])


def carry_out(steps: Sequence[Step], before: Record, now: Record, remember: Callable[[Record, Record], None]) -> None:
    """Put the new content in place, after a copy of what somebody changed; remove what is no longer wanted.

    What takes room is written before any document is replaced, so that a disk that is full leaves all as they were;
    and so does a file that cannot be replaced, or that somebody has just saved.
    """
    contents = {step.path: step.content for step in steps if step.content is not None}
    leaving = {step.path: None for step in steps if step.change == "removed"}
    until = replace(now, entries={**now.entries, **{path.name: before.entries[path.name] for path in leaving}})
    with staged(contents) as ready:
        copies = [copied(step.path, step.copy) for step in steps if step.copy]
        remember(before, until)
        try:
            exchange({**ready, **leaving}, {step.path: step.present for step in steps})
        except Faults as faults:
            if len(faults.problems) == 1:
                take_back(copies, partial(remember, until, before))
            raise
        remember(until, now)
    for folder in {folder for path in contents for folder in (path.parent, path.parent.parent)}:
        sync(folder)  # the one above may have got the first one


def copied(path: Path, copy: Path) -> Path:
    """Keep a copy of a file; gives where."""
    put(copy, path.read_bytes())
    return copy


def take_back(copies: Iterable[Path], remember: Callable[[], None]) -> None:
    """Undo what was done for documents of which none was replaced, as far as the disk lets us."""
    with suppress(OSError):
        remember()
        for copy in copies:
            copy.unlink()


def after(before: Record, packet: Sequence[Job], note: Record, steps: Sequence[Step]) -> Record:
    """What is to be recorded of a deal. Documents that were not asked for stay recorded as they were."""
    entries = {step.path.name: step.entry for step in steps}
    names = dict.fromkeys([*(job.target.name for job in packet), *entries])
    stay = {name: entries.get(name, before.entries.get(name)) for name in names}
    return replace(note, entries={name: entry for name, entry in stay.items() if entry})


def remember(output: Path, name: str, before: Record, record: Record) -> None:
    """Put a record in the place of the one before; an empty one is none."""
    path = output / RECORDS / f"{name}.json"
    if record == NOTHING:
        free(path).unlink(missing_ok=True)
    elif record != before:
        put(free(path), text_of(record).encode())


def free(path: Path) -> Path:
    """The place of a record, free of a folder: an empty one is removed, another set aside, for it may be somebody's."""
    if path.is_dir() and not path.is_symlink():
        if any(path.iterdir()):
            path.rename(free_name(path))
        else:
            path.rmdir()
    return path
