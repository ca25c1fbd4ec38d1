"""The outbox: merged files become files, whole or not at all, and never over what a person changed.

What was written is recorded by its hash, as for the documents of deals; here under each file's path.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from generator.account import Change, Written
from generator.errors import Faults, Misuse, Problem
from generator.files import free_name, put, told
from generator.record import Entry, Record, hash_of, recorded
from generator.write import hash_there, remember

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

#: The name of the record, and of the folder for merged files: no deal's, for an id has no underscore.
MERGED = "_merged"
#: How many files are held at a time: the record is written before them, once for all of these.
AT_A_TIME = 100
#: How many files of an earlier merge are told by name.
MOST_NAMED = 5


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
                steps = [self.tried(path, content, document, before, problems) for path, content in some]
                yield from self.carry_out(steps, before, problems)

    def preview(self, files: Iterable[tuple[Path, bytes]], document: str, problems: list[Problem]) -> Iterator[Written]:
        """Say what `write` would do."""
        before = recorded(self.output, MERGED)
        for path, content in files:
            yield self.tried(path, content, document, before, problems).written

    def tried(self, path: Path, content: bytes, document: str, before: Record, problems: list[Problem]) -> Step:
        """What becomes of one file; one that cannot be read stays as it is, and is a problem."""
        made = kept(path, document)
        with noted(path, problems):
            made = self.step(path, content, document, before, problems)
        return made  # noqa: RET504 -- unless the disk refused that

    def step(self, path: Path, content: bytes, document: str, before: Record, problems: list[Problem]) -> Step:
        """What becomes of one file, given what is recorded."""
        new, present, entry = hash_of(content), hash_there(path), before.entries.get(self.key(path))
        ours = present is None or present == new or (entry is not None and entry.is_ours(present))
        if not ours and not self.force:
            problems.append(changed_by_hand(path, known=entry is not None))
            return kept(path, document)
        was = present if ours and present and present != new else ""
        change: Change = "new" if present is None else "same" if present == new else "changed"
        return Step(Written(document, str(path), change), path, content, Entry(document, new, was), copied=not ours)

    def carry_out(self, steps: Sequence[Step], before: Record, problems: list[Problem]) -> Iterator[Written]:
        """Record what is about to be written, and write it; a file that cannot be written stops no other."""
        entries = {**before.entries, **{self.key(step.path): step.entry for step in steps if step.entry}}
        remember(self.output, MERGED, before, replace(before, entries=entries))
        for step in steps:
            done = replace(step.written, change="kept")
            with noted(step.path, problems):
                if step.copied:
                    put(free_name(step.path), step.path.read_bytes())
                if step.written.change in {"new", "changed"}:
                    put(step.path, step.content)
                done = step.written
            yield done

    def earlier(self, folder: Path, document: str, made: Iterable[Written]) -> dict[Path, bool]:
        """The files that earlier merges of a document left in a folder, and whether each is as it was written."""
        keys, home = {self.key(Path(one.path)) for one in made}, PurePath(self.key(folder))
        entries = recorded(self.output, MERGED).entries
        with told(self.output):
            there = {
                folder / PurePath(key).name: entry
                for key, entry in sorted(entries.items())
                if entry.document == document and key not in keys and PurePath(key).parent == home
            }
            return {path: entry.is_ours(hash_there(path) or "") for path, entry in there.items() if path.is_file()}

    def remove(self, paths: Iterable[Path], problems: list[Problem]) -> list[Path]:
        """Remove files, and forget them; gives those that are gone. Raises Faults."""
        gone = []
        for path in paths:
            with noted(path, problems):
                path.unlink()
                gone.append(path)
        before, keys = recorded(self.output, MERGED), {self.key(path) for path in gone}
        with told(self.output):
            left = {key: entry for key, entry in before.entries.items() if key not in keys}
            remember(self.output, MERGED, before, replace(before, entries=left))
        return gone

    def key(self, path: Path) -> str:
        """What a file is recorded under: its path from the output folder, or in full where it lies elsewhere."""
        try:
            return path.resolve().relative_to(self.output.resolve()).as_posix()
        except ValueError:
            return os.fspath(path.resolve())


def sparing(
    files: Iterable[tuple[Path, bytes]], folders: Collection[Path], sources: Collection[Path]
) -> Iterator[tuple[Path, bytes]]:
    """Pass on files. Raises Misuse for one within these folders, or in the place of what it is made from."""
    for path, content in files:
        real = path.resolve()
        within = next((folder for folder in folders if real.is_relative_to(folder.resolve())), None)
        if within:
            message = f"{path} lies in {within}, which merged files stay out of; name another place with --output"
            raise Misuse(message)
        if any(real == source.resolve() or (path.exists() and path.samefile(source)) for source in sources):
            message = f"{path} is what this is made from; name another place with --output"
            raise Misuse(message)
        yield path, content


def kept(path: Path, document: str) -> Step:
    """A file that stays as it is."""
    return Step(Written(document, str(path), "kept"), path, b"", None)


@contextmanager
def noted(path: Path, problems: list[Problem]) -> Iterator[None]:
    """Note what the disk refuses to do with a file, such as one that is open in another program, and go on."""
    try:
        with told(path):
            yield
    except Faults as faults:
        problems += [replace(one, file=str(path)) for one in faults.problems]


def changed_by_hand(path: Path, *, known: bool) -> Problem:
    """A file that stands in the way."""
    message = (
        "somebody changed it since it was merged" if known else "there is a file of that name that is not a merge's"
    )
    hint = "move it away, or use --force: it writes the new one and keeps this one beside it"
    return Problem(str(path), "M540", f"{message}, so it was left as it is", hint=hint)


def still_there(folder: Path, names: Sequence[str], *, pruned: bool) -> Problem:
    """A warning of files of an earlier merge that stay in the folder of this one."""
    some = ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
    count = "a file of an earlier merge is" if len(names) == 1 else f"{len(names)} files of an earlier merge are"
    why = " (somebody changed what stays)" if pruned else ""
    hint = "look at it, and remove it yourself" if pruned else "--prune removes what nobody changed"
    message = f"{count} still in this folder{why}, besides those of this one: {some}"
    return Problem(str(folder), "M541", message, hint=hint, severity="warning")
