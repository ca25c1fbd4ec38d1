"""Files: written whole or not at all, by one process at a time; what the disk refuses becomes a problem."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from generator.errors import Faults, Misuse, Problem
from generator.ledger import LOCK
from generator.locking import lock
from generator.record import RECORDS, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

_LEFTOVER = re.compile(r"\.(.+)\.[0-9]+\.tmp")
_ROOM = "make room on that disk, then render again"
_HINTS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: "see why that disk cannot be written to, or name another folder by --output",
}


def put(path: Path, content: bytes) -> None:
    """Write the whole file or none of it, so that it is there after a power cut too."""
    place(path, content)
    sync(path.parent)


def place(path: Path, content: bytes) -> None:
    """Write the whole file or none of it: a temporary file in the same folder, synced, then renamed."""
    with staged({path: content}) as ready:
        ready[path].replace(path)


@contextmanager
def staged(contents: Mapping[Path, bytes]) -> Iterator[Mapping[Path, Path]]:
    """Have the content of each path in a temporary file beside it, synced; those not renamed are gone afterwards."""
    ready: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            ready[path] = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            with ready[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        yield ready
    finally:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)


def exchange(ready: Mapping[Path, Path | None], seen: Mapping[Path, str | None]) -> None:
    """Rename each path's temporary file into its place, or remove what is there without one; or neither for any.

    What is not as it was `seen` (the SHA-256, None: no file) was saved by somebody meanwhile. Raises Faults: of one
    problem where all stand as they did before, of more where some could not be put back.
    """
    before: dict[Path, bytes | None] = {}
    for path, temporary in ready.items():
        try:
            old = path.read_bytes() if path.exists() else None
            if (None if old is None else hash_of(old)) != seen[path]:
                raise Faults([saved_meanwhile(path), *left_after(before)])
            if temporary:
                temporary.replace(path)
            else:
                path.unlink()
        except OSError as error:
            raise Faults([refused(path, error), *left_after(before)]) from error
        before[path] = old


def saved_meanwhile(path: Path) -> Problem:
    """A file that somebody saved after it was looked at."""
    message = "was saved by somebody just now, so nothing of this deal was written"
    return Problem(str(path), "W401", message, hint="render again")


def left_after(before: Mapping[Path, bytes | None]) -> Iterator[Problem]:
    """Put back what stood at each path, if anything did; a problem for each where that is refused too."""
    for path, content in before.items():
        try:
            if content is None:
                path.unlink()
            else:
                place(path, content)
        except OSError as error:
            message = f"is the new one already, and cannot be taken back: {error.strerror}"
            yield Problem(str(path), "W401", message, hint="render again, so that all of this deal agree")


def sync(folder: Path) -> None:
    """Have the names in a folder outlast a power cut, where the system can: Windows opens no folder."""
    if sys.platform != "win32":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        except OSError as error:
            if error.errno != errno.EINVAL:  # as some disks of a network answer
                raise
        finally:
            os.close(opened)


def hand_out(path: Path, content: bytes) -> None:
    """Write a file wherever somebody wants it: through a link, and straight into what is no file, such as a pipe."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.write(content)
    else:
        put(path.resolve(), content)


def free_name(path: Path) -> Path:
    """The first of `NAME.~1~`, `NAME.~2~` … that is not taken."""
    names = (path.with_name(f"{path.name}.~{n}~") for n in count(1))
    return next(name for name in names if not name.exists())


def sweep(folder: Path) -> None:
    """Take away what a run that was killed left behind: temporary files that never came into their place."""
    if folder.is_dir():
        for path in folder.iterdir():
            if _LEFTOVER.fullmatch(path.name):
                path.unlink(missing_ok=True)


def remove_if_empty(folder: Path) -> None:
    """Remove the folder of a deal that is gone, unless something is left in it."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def alone(output: Path) -> Iterator[None]:
    """Be the only run that writes to the output folder. Raises Misuse with the other one's process."""
    with locked(output / RECORDS / "_lock", output):
        with told(output):
            sweep(output / RECORDS)
        yield


@contextmanager
def bookkeeping(ledger: Path) -> Iterator[None]:
    """Be the only run that adds to the ledger or to its deals. Raises Misuse with the other one's process."""
    folder = ledger.resolve().parent
    with locked(folder / LOCK, folder):
        with told(folder):
            sweep(folder)
        yield


@contextmanager
def locked(path: Path, folder: Path) -> Iterator[None]:
    """Be the only process that has locked a file, for what it writes to a folder. Raises Misuse with the other one.

    Raises Faults where the disk has no locks: two runs that write to the same folder would not see each other.

    The lock is the system's own, so that it ends with the process that holds it, however that ends. Its file stays:
    if it were removed, a run that has just opened it would lock what no other run can see.
    """
    with told(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        if not locked_now(path, file):
            file.seek(0)
            process = file.read(20).decode("ascii", "replace").strip()
            message = f"another run, process {process}, is writing to {folder}; wait until it is done, or end it"
            raise Misuse(message)
        with told(folder):
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode())
            file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def locked_now(path: Path, file: BinaryIO) -> bool:
    """Whether this process has locked a file now, and no other had. Raises Faults where the disk has no locks."""
    try:
        return lock(file)
    except OSError as error:
        hint = "keep this folder on a disk that can lock files, such as one of this machine"
        raise Faults([Problem(str(path), "W401", f"cannot be locked: {error.strerror}", hint=hint)]) from error


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a problem of this deal: no space, no permission, a file in use."""
    try:
        yield
    except OSError as error:
        raise Faults([refused(error.filename or folder, error)]) from error


def refused(path: str | Path, error: OSError) -> Problem:
    """A file that the disk does not let be written; a temporary one stands for the file that it was to become."""
    usual = "close the file if it is open in another program, and see that the folder can be written to"
    hint = _HINTS.get(error.errno or 0, usual)
    name = _LEFTOVER.fullmatch(Path(path).name)
    file = Path(path).with_name(name[1]) if name else path
    return Problem(str(file), "W401", f"cannot be written: {error.strerror or error}", hint=hint)
