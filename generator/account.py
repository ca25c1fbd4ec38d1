"""The account: what became of a run, of each deal, of each document; and what a laid-out one was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from generator.errors import Problem


@dataclass(frozen=True, slots=True)
class Layout:
    """What alone decides a laid-out document, in hashes.

    `text` is that of its text with the program, libraries and fonts; `assets` (name → hash) of each file that it used.
    """

    text: str
    assets: Mapping[str, str]


Change = Literal["new", "changed", "same", "kept", "removed", "gone"]


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one document's file; `path` as the user would name it.

    `kept`: somebody changed it since it was written, so it was left alone. `removed`: the deal no longer has this
    document, and nobody had changed it. `gone`: its deal is. `why`: the reason for the change, or for none.
    `copy`: where what somebody had changed is kept, if this took its place.
    """

    document: str
    path: str
    change: Change
    why: str = ""
    copy: str = ""


@dataclass(frozen=True, slots=True)
class DealAccount:
    """What became of one deal."""

    deal: str
    status: Literal["ok", "failed"]
    documents: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a whole run: every deal in order, every problem, sorted, and what is left of `gone` deals.

    `stopped`: Ctrl-C ended it before it was through, and this is what became of it until then. `undone`: how many deals
    were not begun or not finished, because it was stopped, or to be stopped by the first that fails.
    """

    deals: tuple[DealAccount, ...] = ()
    problems: tuple[Problem, ...] = ()
    gone: tuple[DealAccount, ...] = ()
    stopped: bool = False
    undone: int = 0

    @property
    def failed(self) -> bool:
        """Whether anything went wrong; warnings alone do not count."""
        return any(problem.severity == "error" for problem in self.problems)
