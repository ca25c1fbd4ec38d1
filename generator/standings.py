"""Standings: how far each deal is, by the routing slip that people have filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import plan, status
from generator.account import Account
from generator.errors import Misuse, ordered
from generator.reading import filled_in, open_books, read_deals, worked_out
from generator.workspace import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.errors import Problem
    from generator.reading import Opened
    from generator.work import Job
    from generator.workspace import Workspace


def standings(workspace: Workspace, names: Sequence[str]) -> tuple[list[status.Standing], Account]:
    """How far each deal is by its routing slip, and every problem met. Raises Faults for those of `templates/`."""
    opened = open_books(workspace)
    if not any(document.filled_in for document in opened.house.manifest.documents.values()):
        message = "no document of documents.yaml is filled in by people (give the routing slip 'filled_in: yes')"
        raise Misuse(message)
    problems: list[Problem] = []
    paths = find(workspace, names)
    signed = read_deals(paths, opened, problems)
    found = []
    for path in paths:
        one = signed.get(path)
        packet = worked_out(one, opened, problems, plan.jobs) if one else None
        if one is None or packet is None:
            found.append(status.Standing(path.stem, "", "", "faulty"))
            continue
        slips = [job for job in packet if job.filled_in]
        found += [standing(job, one.deal.client.billing_name, workspace, opened, problems) for job in slips]
    return found, Account((), ordered(problems))


def standing(job: Job, client: str, workspace: Workspace, opened: Opened, problems: list[Problem]) -> status.Standing:
    """How far a deal is by one slip."""
    path = workspace.output / job.target
    done = filled_in(job, workspace, opened, problems)
    state: status.State = "read" if done.carried else "unreadable" if path.exists() else "missing"
    return status.standing(done, client, str(path), state)
