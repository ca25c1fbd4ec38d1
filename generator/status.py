"""Status: how far each deal is by its routing slip, as a table, as JSON and as CSV."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Literal, cast

from generator.errors import Misuse, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from generator.work import Action, Entry, Job, Row

#: `read`: by the slip. `missing`: there is none yet. `unreadable`, `faulty`: nothing can be said of slip or deal.
State = Literal["read", "missing", "unreadable", "faulty"]
_WORDS: dict[State, str] = {
    "read": "",
    "missing": "no slip yet",
    "unreadable": "the slip cannot be read",
    "faulty": "the deal has problems",
}
COLUMNS = ("deal", "client", "state", "done", "total", "overdue", "action", "owner", "due", "kept", "slip")


@dataclass(frozen=True, slots=True)
class Task:
    """An action, or a row that people added (then without `id` and `role`); `initials` are its owner's."""

    id: str
    action: str
    owner: str
    role: str
    initials: str
    due: date | None
    done: date | None

    def is_overdue(self, as_of: date) -> bool:
        """Whether it should have been done before that day."""
        return self.done is None and self.due is not None and self.due < as_of


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a deal is; `kept` counts rows of the slip that fit no action."""

    deal: str
    client: str
    slip: str
    state: State
    tasks: tuple[Task, ...] = ()
    kept: int = 0

    @property
    def open(self) -> tuple[Task, ...]:
        """What is still to do, the most pressing first."""
        return tuple(sorted((task for task in self.tasks if task.done is None), key=lambda one: one.due or date.max))

    @property
    def done(self) -> int:
        """How much is done."""
        return len(self.tasks) - len(self.open)

    def overdue(self, as_of: date) -> int:
        """How much should have been done before that day."""
        return sum(task.is_overdue(as_of) for task in self.tasks)


def standing(job: Job, client: str, slip: str, state: State) -> Standing:
    """How far a deal is by the job of its slip, into which what people filled in was carried over."""
    if state == "unreadable":
        return Standing(job.deal, client, slip, state)
    actions = (task_of(action) for action in cast("Sequence[Action]", job.values["actions"]))
    added = (added_task(row) for row in cast("Sequence[Row]", job.values["added"]) if row.text is not None)
    kept = len(cast("Sequence[Row]", job.values["kept"]))
    return Standing(job.deal, client, slip, state, (*actions, *added), kept)


def task_of(action: Action) -> Task:
    """An action of the checklist."""
    person = action.person
    return Task(action.id, action.text, person.name, action.owner, person.initials, action.due, day(action.done))


def added_task(row: Row) -> Task:
    """A row that people added."""
    return Task("", str(row.text), str(row.owner or ""), "", "", day(row.due), day(row.done))


def day(written: Entry) -> date | None:
    """A cell's day; None where anything else stands there."""
    return written if isinstance(written, date) else None


def owned(standings: Sequence[Standing], owner: str) -> list[Standing]:
    """What is one person's, by name, part of a name, initials or role. Raises Misuse where nobody is called so."""
    said = owner.casefold()

    def is_theirs(task: Task) -> bool:
        return said in task.owner.casefold() or said in {task.initials.casefold(), task.role.casefold()}

    theirs = [limited(one, is_theirs) for one in standings]
    names = dict.fromkeys(task.owner for one in standings for task in one.tasks if task.owner)
    if names and not any(one.tasks for one in theirs):
        hint = did_you_mean(owner, names) or f"there are {', '.join(names)}"
        message = f"nobody is called '{owner}' ({hint})"
        raise Misuse(message)
    return [one for one in theirs if one.tasks]


def limited(one: Standing, wanted: Callable[[Task], bool]) -> Standing:
    """A standing with some of its tasks."""
    tasks = tuple(task for task in one.tasks if wanted(task))
    return Standing(one.deal, one.client, one.slip, one.state, tasks, one.kept)


def overdue(standings: Sequence[Standing], as_of: date) -> list[Standing]:
    """Those in which something should have been done before that day."""
    return [one for one in standings if one.overdue(as_of)]


def as_json(standings: Sequence[Standing], as_of: date) -> str:
    """All of it as one JSON document; the keys are a contract."""
    deals = [
        {
            "deal": one.deal,
            "client": one.client,
            "slip": one.slip,
            "state": one.state,
            "done": one.done,
            "total": len(one.tasks),
            "overdue": one.overdue(as_of),
            "kept": one.kept,
            "open": [
                {
                    "id": task.id,
                    "action": task.action,
                    "owner": task.owner,
                    "due": task.due.isoformat() if task.due else None,
                    "overdue": task.is_overdue(as_of),
                }
                for task in one.open
            ],
        }
        for one in standings
    ]
    return json.dumps({"as_of": as_of.isoformat(), "deals": deals}, ensure_ascii=False, indent=2)


def as_csv(standings: Sequence[Standing], as_of: date) -> str:
    """A line for each deal, below a line of headings."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in standings:
        following = one.open[0] if one.open else None
        step = (following.action, following.owner, following.due or "") if following else ("", "", "")
        counts = (one.done, len(one.tasks), one.overdue(as_of))
        lines.writerow((one.deal, one.client, one.state, *counts, *step, one.kept, one.slip))
    return text.getvalue()


def as_table(standings: Sequence[Standing], as_of: date, *, width: int | None = None, color: bool = False) -> str:
    """A table for people, and the sum of it in a sentence; without a `width`, each deal on one line."""
    from rich import box  # noqa: PLC0415 -- slow to import
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(
        "Deal", "Done", "Overdue", "Next", "Owner", "Due", "", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False
    )
    table.columns[2].justify = "right"
    for one in standings:
        table.add_row(*cells_of(one, as_of), style="red" if one.overdue(as_of) else "")
    console = Console(
        file=StringIO(), width=width or 10_000, force_terminal=color, no_color=not color, highlight=False, markup=False
    )
    with console.capture() as captured:
        console.print(table)
    lines = "\n".join(line.rstrip() for line in captured.get().strip("\n").splitlines())
    return f"{lines}\n\n{in_words(standings, as_of)}\n"


def cells_of(one: Standing, as_of: date) -> Iterator[str]:
    """A deal's line in the table."""
    following = one.open[0] if one.open else None
    said = [_WORDS[one.state], f"{one.kept} kept" if one.kept else ""]
    counted = one.state not in {"unreadable", "faulty"}
    yield one.deal
    yield f"{one.done} of {len(one.tasks)}" if counted else ""
    yield str(one.overdue(as_of) or "")
    yield following.action if following else "all done" if counted else ""
    yield following.owner if following else ""
    yield following.due.isoformat() if following and following.due else ""
    yield ", ".join(filter(None, said))


def in_words(standings: Sequence[Standing], as_of: date) -> str:
    """The sum in a sentence."""
    done, total = sum(one.done for one in standings), sum(len(one.tasks) for one in standings)
    late = sum(one.overdue(as_of) for one in standings)
    deals = f"{len(standings)} deal{'' if len(standings) == 1 else 's'}"
    return f"{deals}: {done} of {total} actions done, {late} overdue as of {as_of.isoformat()}."
