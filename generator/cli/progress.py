"""Progress: how far a run is, on a line of the terminal that is written over, or as plain lines in a CI's log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from generator.work import DealAccount

WIDTH = 20
#: Seconds between two writings: of the line, and of lines in a log.
LINE, LOG = 0.1, 10.0


@dataclass(slots=True)
class Progress:
    """Follows a run deal by deal. `shown` on a line of the terminal, `logged` as lines, or neither."""

    stream: TextIO
    shown: bool
    logged: bool = False
    done: int = 0
    documents: int = 0
    began: float = field(default_factory=time.monotonic)
    written: float = 0

    def follow(self, deal: DealAccount, total: int) -> None:
        """Note that a deal is done, of so many."""
        self.done += 1
        self.documents += len(deal.documents)
        now = time.monotonic()
        last = max(self.written, self.began)
        if self.shown and (now - last >= LINE or self.done in {1, total}):
            self._write(f"\r\x1b[2K{bar(self.done, total)} {self.said(total, now)}", now)
        elif self.logged and not self.shown and now - last >= LOG:
            self._write(f"{self.said(total, now)}\n", now)

    def said(self, total: int, now: float) -> str:
        """`12/40 deals, 21.3 documents/s, 0:09 left`."""
        took = max(now - self.began, 0.001)
        left = round(took / self.done * (total - self.done))
        return f"{self.done}/{total} deals, {self.documents / took:.1f} documents/s, {left // 60}:{left % 60:02} left"

    def close(self) -> None:
        """Leave the line empty for what comes next."""
        if self.shown:
            self._write("\r\x1b[2K", time.monotonic())

    def _write(self, text: str, now: float) -> None:
        self.written = now
        self.stream.write(text)
        self.stream.flush()


def bar(done: int, total: int) -> str:
    """`[#####---------------]`."""
    full = WIDTH * done // max(total, 1)
    return f"[{'#' * full}{'-' * (WIDTH - full)}]"
