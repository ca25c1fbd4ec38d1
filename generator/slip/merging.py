"""What people filled in, put to the actions as they are now; what fits no action is kept, and told by its cell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from generator.errors import Problem
from generator.work import Action, Row

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from generator.slip.reading import Line, Slip
    from generator.work import Entry

_KEPT = "the next slip has this row on its sheet of kept rows"


@dataclass(slots=True)
class Merged:
    """The actions with what was filled in, the rows that people added, and those that fit no action.

    `problems` are warnings: each oddity by its cell.
    """

    file: str
    actions: dict[str, Action]
    added: list[Row] = field(default_factory=list)
    kept: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def keep(self, row: Row, cell: str, reason: str) -> None:
        """Put a row aside, unless one like it was put aside before."""
        aside = replace(row, reason=reason)
        if not any(replace(one, cell=aside.cell) == aside for one in self.kept):
            self.kept.append(aside)
        self.warn("S501", cell, reason, _KEPT)

    def carry(self, row: Row) -> None:
        """Put what was filled in to its action."""
        if row.done is not None and not isinstance(row.done, date):
            message = f"'{row.done}' is not a day, so the action does not count as done"
            self.warn("S502", row.cell, message, "write a day such as 2026-12-01")
        action = self.actions[row.id]
        self.actions[row.id] = replace(action, done=row.done, initials=row.initials, notes=row.notes)

    def warn(self, code: str, cell: str, message: str, hint: str) -> None:
        """Tell an oddity."""
        self.problems.append(Problem(self.file, code, message, place=cell, hint=hint, severity="warning"))


def merged(slip: Slip, actions: Sequence[Action], known: Collection[str], file: str) -> Merged:
    """Put the rows of a slip to the actions; `known` are the ids of all actions, also of those that do not apply."""
    result = Merged(file, {action.id: action for action in actions}, kept=list(slip.kept))
    by_id: dict[str, list[Line]] = {}
    for line in slip.lines:
        by_id.setdefault(line.row.id, []).append(line)
    missing = {words(one.text): one.id for one in actions if one.id not in by_id}
    for name, lines in by_id.items():
        if not name:
            nameless(lines, missing, result)
        elif name not in result.actions:
            strangers(lines, missing, result, was=name in known)
        elif len(lines) > 1:
            doubled(lines, result)
        else:
            single(lines[0], result)
    return result


def nameless(lines: Sequence[Line], missing: Mapping[str, str], result: Merged) -> None:
    """Rows without an id: those that people added, and those of actions whose id was taken away."""
    for line in lines:
        meant = missing.get(words(line.row.text))
        if meant is None:
            result.added.append(line.row)
        elif is_marked(line.row):
            result.keep(line.row, line.id_cell, f"the id is missing (it may be '{meant}')")


def strangers(lines: Sequence[Line], missing: Mapping[str, str], result: Merged, *, was: bool) -> None:
    """Rows whose id is none of the deal's actions'; `was`: it is that of an action that other deals have."""
    for line in lines:
        row, meant = line.row, missing.get(words(line.row.text))
        if meant is not None:
            reason = f"no action has the id '{row.id}' (it may be '{meant}')"
        elif was:
            reason = f"the action '{row.id}' no longer applies to this deal"
        else:
            reason = f"no action has the id '{row.id}'"
        if is_marked(row) or (meant is None and not was):
            result.keep(row, line.id_cell, reason)


def doubled(lines: Sequence[Line], result: Merged) -> None:
    """Rows with the same id: what is marked once, and reads as the action does, is the action's; the rest is kept."""
    action = result.actions[lines[0].row.id]
    alike = [line for line in lines if words(line.row.text) == words(action.text)]
    marks = {marks_of(line.row): line for line in reversed(alike) if is_marked(line.row)}
    chosen = next(iter(marks.values())) if len(marks) == 1 else alike[0] if alike and not marks else None
    if chosen:
        result.carry(chosen.row)
    for line in lines:
        others = ", ".join(other.id_cell.rpartition("!")[2] for other in lines if other is not line)
        reason = f"the id '{action.id}' stands in {others} too"
        if line not in alike or (chosen is None and is_marked(line.row)):
            result.keep(line.row, line.id_cell, reason)
        elif line is not chosen:
            result.warn("S503", line.id_cell, reason, "this copy says nothing more, so it was left out")


def single(line: Line, result: Merged) -> None:
    """The one row of an action: its marks stay, unless they were made for an action that read otherwise."""
    row, action = line.row, result.actions[line.row.id]
    others = {words(one.text) for one in result.actions.values() if one is not action}
    if words(row.text) == words(action.text) or not is_marked(row):
        result.carry(row)
    elif row.done is not None or words(row.text) in others:
        result.keep(row, row.cell, f"the action '{action.id}' reads otherwise now: {action.text}")
    else:
        result.carry(row)


def words(text: Entry) -> str:
    """A text to compare by."""
    return " ".join(str(text or "").split())


def marks_of(row: Row | Action) -> tuple[Entry, Entry, Entry]:
    """What people fill in."""
    return row.done, row.initials, row.notes


def is_marked(row: Row | Action) -> bool:
    """Whether anything was filled in."""
    return any(mark is not None for mark in marks_of(row))
