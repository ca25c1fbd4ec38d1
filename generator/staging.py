"""Staging: what is staged in git is checked as it is staged, and told as if it stood where it belongs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generator import ledger, pipeline, revision
from generator.account import Account
from generator.invoicing import books
from generator.workspace import DEAL_SUFFIXES, Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from generator.errors import Problem


def check(root: Path) -> Account:
    """Check what is staged in git, as it is staged: the staged deals.

    All of them, if anything of `templates/` is staged or the ledger, or if a file of `deals/` is gone.
    """
    with revision.staged(root) as (inner, deals, templates_too):
        workspace = Workspace.at(inner)
        there = [name for name in deals if (workspace.deals / name).is_file()]
        names = [str(workspace.deals / name) for name in there if name.lower().endswith(DEAL_SUFFIXES)]
        all_too = templates_too or ledger.NAME in deals or there != deals
        if not names and not all_too:
            return Account()
        found = pipeline.check(workspace, [] if all_too else names)
        at = root / workspace.ledger.relative_to(inner)
        lost = books.changed(workspace, "HEAD", at) if ledger.NAME in deals and revision.has_commits(root) else ()
        found = replace(found, problems=(*found.problems, *lost))
        return replace(found, problems=tuple(as_named(problem, workspace, root) for problem in found.problems))


def as_named(problem: Problem, workspace: Workspace, root: Path) -> Problem:
    """A problem of a workspace that lies elsewhere for now, with the files' names as they are in `root`."""

    def named(text: str) -> str:
        for folder in (workspace.deals, workspace.templates):
            text = text.replace(str(folder), str(root / folder.name))
        return text

    return replace(problem, file=named(problem.file), message=named(problem.message), hint=named(problem.hint))
