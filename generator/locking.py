"""Locks: a file is one process's alone, by the system's own lock, which ends with the process however that ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

#: The byte that is locked. On Windows what is locked cannot be read, so it lies where no content is.
PLACE = 1 << 30


def lock(file: BinaryIO) -> None:
    """Lock a file for this process. Raises OSError at once if another one has it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 -- only there

        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 -- not on Windows

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
