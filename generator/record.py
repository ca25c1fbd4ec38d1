"""The record: what each document was made from and what was written, so that only what changed is made again.

A deal's is `.dealdocs/ID.json` in the output folder. One that is missing or damaged costs a render, never a file
and never an error.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from generator.account import Layout
from generator.errors import Problem
from generator.naming import PORTABLE

RECORDS = ".dealdocs"
#: The records that are of no deal (a deal's id has no underscore): the templates', the deals that failed, and the
#: ledger's, if it was found to be sound.
TEMPLATES, FAILED, LEDGER = "_templates", "_failed", "_ledger"
#: Stands for all documents of the manifest.
ALL = "*"

State = Literal["same", "due", "kept"]

#: Why a document is kept: a hand changed it; since then the deal or its template changed too; or the packet lost it.
EDITED = "somebody changed it"
STALE = "somebody changed it, and it no longer agrees with the deal"
LEFT = "somebody changed it, and the deal no longer has it"
#: Or it stood there before any of ours did, or since its record was lost.
UNKNOWN = "there is no record of who wrote it"
#: Why a document is not wanted any more.
GONE = "its deal is gone"
#: Such documents do not say what the others of their packet do, or may not.
OUTDATED = frozenset([STALE, LEFT, UNKNOWN])
#: In the place of a hash, for a file that cannot be read.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of ours. The record is written before its files, so either of two contents may stand there.

    `hash` is what was last written, or about to be; `was` what we had written before. `due`: it is not what it should
    be, because somebody had changed it when the time came to replace it. `marked`: it holds what people filled in, so
    that it cannot be made again from the deal alone. `left`: its packet no longer has it, and it is only kept because a
    hand changed it. `layout`: what it was laid out from.
    `invoice`: the key of the invoice that it is for, empty if it is for none; None where that is not known.
    """

    document: str
    hash: str
    was: str = ""
    due: bool = False
    filled_in: bool = False
    marked: bool = False
    left: bool = False
    layout: Layout | None = None
    invoice: str | None = None

    def is_ours(self, present: str) -> bool:
        """Whether a file with this hash is as we wrote it, or has lost all that was in it: nothing can be lost then."""
        return present in {self.hash, self.was, EMPTY}

    def state(self, present: str | None) -> State:
        """How a file with this hash (None: no file) stands, if nothing that it is made from has changed."""
        if present in {None, UNREADABLE}:
            return "due"
        if self.left:
            return "due" if self.is_ours(present) and not self.marked else "kept"
        if present == self.hash and not self.due:
            return "same"
        if self.filled_in or self.is_ours(present):
            return "due"
        return "kept"

    @property
    def why_kept(self) -> str:
        """Why a file that is not as we wrote it is kept."""
        if self.left:
            return LEFT
        if not self.hash:
            return UNKNOWN
        return STALE if self.due else EDITED


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a deal: `inputs` (name → hash) of all documents, the files (name → entry), what was warned of.

    `source` is the deal's file as it lies from the output folder; `name` the billing name, as names are compared.
    `covers`: the documents of the manifest that were made from these inputs, or ALL. The files of warnings are as they
    lie from the deal's folder.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
    name: str = ""
    source: str = ""
    covers: tuple[str, ...] = ()

    def is_of(self, inputs: Mapping[str, str], only: Collection[str]) -> bool:
        """Whether these documents (all without one) were made from these inputs."""
        return self.inputs == inputs and (ALL in self.covers or (bool(only) and set(only) <= set(self.covers)))

    def stands_for(self, document: str) -> bool:
        """Whether a document of the manifest was made from these inputs."""
        return ALL in self.covers or document in self.covers

    def covering(self, inputs: Mapping[str, str], only: Collection[str]) -> tuple[str, ...]:
        """Which documents stand for these inputs once these are made (all without one)."""
        stand = self.covers if self.inputs == inputs else ()
        return (ALL,) if not only or ALL in stand else tuple(sorted({*stand, *only}))


#: What a record of this version is made of. It is hashed along with it: one of another shape is none.
SHAPE = repr([(part.__name__, [(f.name, f.type) for f in fields(part)]) for part in (Record, Entry, Layout, Problem)])


def text_of(record: Record) -> str:
    """The record as it is stored: a line with the hash of the rest, then JSON.

    That is all ASCII: names of files may be no text, and so have letters that UTF-8 does not know.
    """
    body = json.dumps(asdict(record), indent=1) + "\n"
    return f"{hash_of((SHAPE + body).encode())}\n{body}"


def parsed(text: str) -> Record:
    """The record of a stored text; an empty one where it is not whole, or of another version."""
    head, _, body = text.partition("\n")
    if hash_of((SHAPE + body).encode()) != head:
        return Record()
    data = json.loads(body)
    entries = {name: entry_of(**entry) for name, entry in data["entries"].items()}
    warnings = tuple(Problem(**problem) for problem in data["warnings"])
    return Record(data["inputs"], entries, warnings, data["name"], data["source"], tuple(data["covers"]))


def entry_of(layout: Mapping[str, Any] | None, **rest: Any) -> Entry:  # noqa: ANN401 -- what its dataclass says
    """An entry from its JSON."""
    return Entry(layout=Layout(**layout) if layout else None, **rest)


def recorded(output: Path, name: str) -> Record:
    """The record of a deal; an empty one where there is none, or where it names what cannot lie in its folder."""
    try:
        record = parsed((output / RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return Record()
    plain = name.startswith("_") or all(map(PORTABLE.fullmatch, record.entries))
    return record if plain else Record()


def hash_of(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(content).hexdigest()


#: The hash of a file without content.
EMPTY = hash_of(b"")


def hash_at(path: str | Path) -> str | None:
    """The hash of a file's content; None where there is no file, UNREADABLE where it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- seven thousand of them in a run: Path.open takes longer
            return hash_of(file.read())
    except FileNotFoundError:
        return None
    except OSError:
        return UNREADABLE


def reason(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What of the inputs has changed, in words."""
    if not before:
        return "there is no record of it"
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    return f"{', '.join(names)} changed" if names else ""


def from_folder(path: str | Path, folder: Path) -> str:
    """A path as it lies from a folder, wherever that is reached from; in full if they are on different drives."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(Path(path).resolve())


def at_folder(place: str, folder: Path) -> Path:
    """The path that lies so from a folder: what `from_folder` gave, taken back, whatever links there are between."""
    return Path(os.path.normpath(folder / place))


def to_record(problem: Problem, folder: Path) -> Problem:
    """A problem with its file as it lies from a folder."""
    return replace(problem, file=from_folder(problem.file, folder))


def from_record(problem: Problem, folder: Path) -> Problem:
    """The problem as the user would name its file."""
    return replace(problem, file=str(folder / problem.file))
