"""Progress: how far a run is, on a line of the terminal that is written over, or as plain lines in a CI's log."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from generator.account import DealAccount

WIDTH = 20
#: Seconds between two writings: of the line, and of lines in a log.
LINE, LOG = 0.1, 10.0
#: To the beginning of the line, and all of it empty.
CLEAR = "\r\x1b[2K"


@dataclass(slots=True)
class Progress:
    """Follows a run deal by deal. `shown` on a line of the terminal, `logged` as lines, or neither.

    What the rate and the time left are worked out from began when `before` deals were done, for these were unchanged.
    """

    stream: TextIO = sys.stderr
    shown: bool = False
    logged: bool = False
    done: int = 0
    before: int = 0
    documents: int = 0
    began: float = field(default_factory=time.monotonic)
    written: float = 0

    def begin(self, total: int) -> None:
        """Note that work begins on the deals that are left, of so many."""
        self.before, self.documents, self.began = self.done, 0, time.monotonic()
        if self.shown and total:
            self._write(self.line(total, self.began), self.began)

    def follow(self, deal: DealAccount, total: int) -> None:
        """Note that a deal is done, of so many."""
        self.done += 1
        self.documents += len(deal.documents)
        now = time.monotonic()
        last = max(self.written, self.began)
        if self.shown and (now - last >= LINE or self.done == total):
            self._write(self.line(total, now), now)
        elif self.logged and not self.shown and now - last >= LOG:
            self._write(f"{', '.join(self.said(total, now))}\n", now)

    def line(self, total: int, now: float) -> str:
        """What the terminal has room for: without the bar where it is narrow, and then without the last of the rest."""
        said = self.said(total, now)
        whole = f"{bar(self.done, total)} {', '.join(said)}"
        shorter = list(accumulate(said, "{}, {}".format))
        room = columns(self.stream) - 1  # in the last one some terminals go on to the next line
        return CLEAR + next((line for line in (whole, *reversed(shorter)) if len(line) <= room), "")

    def said(self, total: int, now: float) -> list[str]:
        """`12/40 deals`, and `21.3 documents/s` and `0:09 left` where that can be known."""
        count, made = f"{self.done}/{total} deals", self.done - self.before
        if not made:
            return [count]
        took = max(now - self.began, 0.001)
        left = round(took / made * (total - self.done))
        return [count, f"{self.documents / took:.1f} documents/s", f"{left // 60}:{left % 60:02} left"]

    def close(self) -> None:
        """Leave the line empty for what comes next."""
        if self.shown:
            self._write(CLEAR, time.monotonic())

    def _write(self, text: str, now: float) -> None:
        self.written = now
        self.stream.write(text)
        self.stream.flush()


def for_stream(stream: TextIO) -> Progress:
    """As the stream can have it: a line on a terminal that can clear it; a log in a CI, and on any other terminal."""
    is_terminal = stream.isatty()
    shown = is_terminal and (sys.platform == "win32" or os.environ.get("TERM", "dumb") != "dumb")
    return Progress(stream, shown, logged=is_terminal or bool(os.environ.get("CI")))


def columns(stream: TextIO) -> int:
    """How wide the terminal is that a stream leads to."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or shutil.get_terminal_size().columns
    except OSError:
        return shutil.get_terminal_size().columns


def bar(done: int, total: int) -> str:
    """`[#####---------------]`."""
    full = WIDTH * done // max(total, 1)
    return f"[{'#' * full}{'-' * (WIDTH - full)}]"
