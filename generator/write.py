"""Write: finished documents become files, whole or not at all, and never over what a person changed.

A record beside the documents (`.dealdocs/ID.json` in the output folder) holds the hash of each file as it was
written; a file with another hash was changed by somebody since, and is kept.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from generator.errors import Faults, Problem
from generator.work import Change, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from generator.work import Job, Made

RECORDS = ".dealdocs"


class Writer(Protocol):
    """Takes a deal's finished documents, given all the jobs of its packet. Raises Faults where it cannot write."""

    def __call__(self, deal: str, packet: Sequence[Job], made: Sequence[Made]) -> tuple[Written, ...]:
        """Write, or say what would be written."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to become of one file: its change, its new content if any, and whether a copy is made of the old one."""

    document: str
    path: Path
    change: Change
    content: bytes | None = None
    copied: bool = False


def disk(output: Path, *, force: bool = False) -> Writer:
    """A writer into the output folder; `force` replaces what was changed by hand, and keeps a copy beside it."""

    def write(deal: str, packet: Sequence[Job], made: Sequence[Made]) -> tuple[Written, ...]:
        with told(output / deal):
            steps = list(decide(output, deal, packet, made, force=force))
            for step in steps:
                carry_out(step)
            remember(output, deal, steps)
        return written(steps)

    return write


def preview(output: Path, *, force: bool = False) -> Writer:
    """A writer that only says what `disk` would do."""

    def write(deal: str, packet: Sequence[Job], made: Sequence[Made]) -> tuple[Written, ...]:
        with told(output / deal):
            return written(decide(output, deal, packet, made, force=force))

    return write


def written(steps: Iterable[Step]) -> tuple[Written, ...]:
    """What to report of the steps."""
    return tuple(Written(step.document, str(step.path), step.change) for step in steps)


def decide(output: Path, deal: str, packet: Sequence[Job], made: Sequence[Made], *, force: bool) -> Iterator[Step]:
    """One step for each finished document, and one for each file of an earlier packet that is no longer in it."""
    record = recorded(output, deal)
    for one in made:
        path = inside(output, output / one.job.target)
        change = changed(path, one.content, record.get(path.name))
        copied = force and change == "kept"
        wanted = copied or change in {"new", "changed"}
        yield Step(
            one.job.document, path, "changed" if copied else change, one.content if wanted else None, copied=copied
        )
    for name in sorted(record.keys() - {job.target.name for job in packet}):
        path = inside(output, output / deal / name)
        if path.is_file():
            yield Step(path.stem, path, "removed" if hash_of(path.read_bytes()) == record[name] else "kept")


def changed(path: Path, content: bytes, was: str | None) -> Change:
    """How the file at `path` stands to its new content, and to the hash of what was written there before."""
    try:
        present = path.read_bytes()
    except FileNotFoundError:
        return "new"
    if present == content:
        return "same"
    return "changed" if hash_of(present) == was else "kept"


def hash_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


def inside(output: Path, path: Path) -> Path:
    """The path, if it really lies below the output folder. Raises Faults for a link that leads out of it."""
    if path.resolve().is_relative_to(output.resolve()):
        return path
    message = "this target lies outside the output folder, so nothing was written"
    raise Faults([Problem(str(path), "W402", message, hint="remove the link that leads out of it")])


def carry_out(step: Step) -> None:
    """Put the new content in place, after a copy of what somebody changed; remove what is no longer wanted."""
    if step.change == "removed":
        step.path.unlink()
    if step.content is None:
        return
    if step.copied:
        replace(free_name(step.path), step.path.read_bytes())
    replace(step.path, step.content)


def free_name(path: Path) -> Path:
    """The first of `NAME.~1~`, `NAME.~2~` … that is not taken."""
    names = (path.with_name(f"{path.name}.~{n}~") for n in count(1))
    return next(name for name in names if not name.exists())


def replace(path: Path, content: bytes) -> None:
    """Write the whole file or none of it: a temporary file in the same folder, synced, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def recorded(output: Path, deal: str) -> Mapping[str, str]:
    """File name → hash as it was last written; nothing where the record is missing or damaged."""
    try:
        record = json.loads((output / RECORDS / f"{deal}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    pairs = record.items() if isinstance(record, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str) and Path(name).name == name}


def remember(output: Path, deal: str, steps: Sequence[Step]) -> None:
    """Record what was written; what was kept stays recorded as we once wrote it."""
    before = recorded(output, deal)
    after = dict(before)
    for step in steps:
        if step.content is not None:
            after[step.path.name] = hash_of(step.content)
        elif step.change == "same":
            after[step.path.name] = hash_of(step.path.read_bytes())
        elif step.change == "removed":
            del after[step.path.name]
    if after != before:
        text = json.dumps(after, indent=1, sort_keys=True) + "\n"
        replace(output / RECORDS / f"{deal}.json", text.encode())


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a problem of this deal: no space, no permission, a file in use."""
    try:
        yield
    except OSError as error:
        path, reason = error.filename or str(folder), error.strerror or str(error)
        hint = "close the file if it is open in another program, and see that the folder can be written to"
        raise Faults([Problem(str(path), "W401", f"cannot be written: {reason}", hint=hint)]) from error
