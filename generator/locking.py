"""Locks: a file is one process's alone, by the system's own lock, which ends with the process however that ends."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

#: The byte that is locked. On Windows what is locked cannot be read, so it lies where no content is.
PLACE = 1 << 30


#: What the system says where another process has the lock; Windows has words of its own for it.
HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


def lock(file: BinaryIO) -> bool:
    """Lock a file for this process; whether that could be, or another one has it. Raises OSError for anything else."""
    try:
        _lock(file)
    except OSError as error:
        if error.errno not in HELD:
            raise
        return False
    return True


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 -- only there

        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 -- not on Windows

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
