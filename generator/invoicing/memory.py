"""Memory: no line of the ledger gets lost unseen; what is there is held against git, and what the last run saw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator import ledger, revision
from generator.codes import Code
from generator.record import LEDGER, RECORDS, hash_of, recorded
from generator.workspace import issued

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.errors import Problem
    from generator.workspace import Workspace

HASH, LENGTH, COMMITTED = "the ledger", "its length", "the last commit's"


def content_of(workspace: Workspace) -> bytes | None:
    """What the ledger holds: nothing where there is none, None where it cannot be read."""
    try:
        return workspace.ledger.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError:
        return None


def mark(workspace: Workspace, content: bytes) -> dict[str, str]:
    """What a run remembers of a ledger, to see later whether it still begins with all of that.

    By the last commit's it is seen whether somebody committed another ledger meanwhile.
    """
    before = revision.committed(workspace.ledger)
    return {HASH: hash_of(content), LENGTH: str(len(content)), COMMITTED: "" if before is None else hash_of(before)}


def lost(workspace: Workspace) -> list[Problem]:
    """Lines that the last commit has, and the ledger has no more; or that the last run saw, if git never knew them."""
    content = content_of(workspace)
    if content is None:
        return []
    before = revision.committed(workspace.ledger)
    found = [] if before is None else since_commit(workspace, content, before)
    return found or since_last_run(workspace, content, before)


def since_commit(workspace: Workspace, content: bytes, before: bytes) -> list[Problem]:
    """Lines of the last commit that are gone, unless they were taken away to mend it: to merge, say."""
    text = before.decode(errors="replace")
    if content.startswith(before) or ledger.parse(text, ledger.NAME).problems or revision.merging(workspace.deals):
        return []
    from generator.invoicing import auditing  # noqa: PLC0415 -- slow to import, and hardly ever needed

    found = auditing.of_revision(issued(workspace), text, "HEAD")
    return [replace(problem, hint=f"{problem.hint}; if this is meant, commit it first") for problem in found]


def since_last_run(workspace: Workspace, content: bytes, before: bytes | None) -> list[Problem]:
    """That the ledger no longer begins with all that the last run found in it, where no commit accounts for that."""
    known = recorded(workspace.output, LEDGER).inputs
    if LENGTH not in known or begins_so(content, known) or accounted_for(workspace, known, before):
        return []
    message = f"{'lines were changed or removed' if content else 'all lines were removed'} since the last run"
    memory = workspace.output / RECORDS / f"{LEDGER}.json"
    hint = f"lines are only added; bring them back from a backup; if all is right as it is now, remove {memory}"
    return [issued(workspace).at(Code.LINE_CHANGED, 1, message, hint)]


def begins_so(content: bytes, known: Mapping[str, str]) -> bool:
    """Whether a ledger begins with all that a run remembers of it."""
    return hash_of(content[: int(known[LENGTH])]) == known[HASH]


def accounted_for(workspace: Workspace, known: Mapping[str, str], before: bytes | None) -> bool:
    """Whether lines are missing by somebody's decision: the last commit has another ledger than it had then.

    Or some commit has the lines, as where another branch was checked out: they are not lost.
    """
    if before is not None and hash_of(before) != known.get(COMMITTED):
        return True
    return any(begins_so(content, known) for content in revision.ever_committed(workspace.ledger))
