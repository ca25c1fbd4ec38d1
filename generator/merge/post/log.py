"""The log of what was sent: a line of JSON before each message goes, and one after."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from generator.errors import Misuse
from generator.locking import lock
from generator.merge.post.letter import Letter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Adds a line to the log: which message, its state ("sending", "sent" or "refused"), and why.
Note = Callable[[Letter, str, str], None]


def is_due(state: str | None, *, force: bool) -> bool:
    """Whether a message with this last line in the log is to be sent."""
    return state in {None, "refused"} or (force and state == "sending")


def states_in(log: Path) -> dict[str, str]:
    """The last state of each message in the log; once sent, it stays sent. Raises Misuse for a log that is none.

    A line that was cut off is passed over: a first one had not been followed by the message, and where the second is
    missing the first one stands.
    """
    states: dict[str, str] = {}
    try:
        lines = log.read_bytes().splitlines()
    except FileNotFoundError:
        return states
    except OSError as error:
        message = f"{log} cannot be read, and so not what was sent before: {error.strerror}"
        raise Misuse(message) from None
    for line in lines:
        with suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            if states.get(entry["key"]) != "sent":
                states[entry["key"]] = entry["state"]
    return states


@contextmanager
def log_at(log: Path) -> Iterator[Note]:
    """What adds a line to the log, which is on the disk when that is done. Raises Misuse where another run has it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab+") as file:
        try:
            alone = lock(file)
        except OSError as error:
            message = f"{log} cannot be locked ({error.strerror}); keep it on a disk that can lock files"
            raise Misuse(message) from None
        if not alone:
            message = f"another run is sending messages and writing to {log}; wait until it is done, or end it"
            raise Misuse(message)
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        if file.read(1) not in {b"", b"\n"}:  # the last line was cut off
            file.write(b"\n")

        def note(letter: Letter, state: str, why: str) -> None:
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            entry = {"at": moment, "state": state, "to": letter.recipients, "subject": letter.subject, "why": why}
            file.write(json.dumps({**entry, "key": letter.key}, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

        yield note
