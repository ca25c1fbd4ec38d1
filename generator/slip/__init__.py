"""Slip: a routing slip that people have filled in is read back, and what they wrote goes into the next one."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from generator.errors import Faults, Problem
from generator.slip.merging import is_marked, marks_of, merged
from generator.slip.reading import Slip, read
from generator.slip.workbook import Book, UnreadableError, book_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from generator.work import Action, Job, Row

_HELD = "rendering leaves it as it is"
_BY_FORCE = "or --force, which writes a new one and keeps a copy of this one"


def carry_over(job: Job, path: Path, template: Path, known: Collection[str]) -> tuple[Job, tuple[Problem, ...]]:
    """The job with what people filled in at `path`, and a warning for each oddity.

    A slip that is open in another program, that cannot be read, or that holds what cannot be carried over is held.
    `known` are the ids of all actions of the checklist, also of those that do not apply.
    """
    if not path.exists():
        return job, ()
    actions = cast("Sequence[Action]", job.values["actions"])
    try:
        content = path.read_bytes()
        slip = in_order(read(content), {*known, *(action.id for action in actions)})
    except PermissionError as error:
        return held(job, path, "S511", f"it cannot be opened ({error.strerror})", "close it in the other program")
    except (OSError, UnreadableError) as error:
        return held(job, path, "S512", str(error), f"mend it, rename it, {_BY_FORCE}")
    result = merged(slip, actions, known, str(path))
    obstacles = (*in_use(path), *left_behind(slip, path, form_of(template)))
    values = {
        **job.values,
        "actions": tuple(result.actions.values()),
        "added": tuple(result.added),
        "kept": tuple(result.kept),
    }
    carried, marked = sha256(content).hexdigest(), bool(entries(values))
    filled = replace(job, values=values, carried=carried, marked=marked, held=bool(obstacles))
    return filled, (*obstacles, *result.problems)


def held(job: Job, path: Path, code: str, message: str, hint: str) -> tuple[Job, tuple[Problem, ...]]:
    """The job of a slip that must stay as it is."""
    return replace(job, held=True), (warning(path, code, message, hint),)


def warning(path: Path, code: str, message: str, hint: str, place: str = "") -> Problem:
    """Why a slip is held."""
    return Problem(str(path), code, f"{message}, so {_HELD}", place=place, hint=hint, severity="warning")


def in_order(slip: Slip, ids: Collection[str]) -> Slip:
    """The slip, if all its rows stand below their headings. Raises UnreadableError."""
    for name, cell in slip.above.items():
        if name in ids:
            message = f"its row of headings has come below the row of '{name}' ({cell})"
            raise UnreadableError(message)
    return slip


def in_use(path: Path) -> Iterator[Problem]:
    """Say so if Excel or LibreOffice has the file open: each lays a file of its own beside it."""
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if lock.exists():
            hint = f"close it there; if nobody has it open, delete {lock.name}"
            yield warning(path, "S511", "it is open in another program", hint)
            return


def form_of(template: Path) -> Book | None:
    """The template as a workbook; None where it is none, so that nothing will be made by it."""
    with suppress(OSError, UnreadableError):
        return form_in(template.read_bytes())
    return None


@lru_cache(maxsize=4)
def form_in(content: bytes) -> Book:
    """A template's content as a workbook: by the content, for the file may change while a watch goes on."""
    return book_of(content)


def left_behind(slip: Slip, path: Path, form: Book | None) -> Iterator[Problem]:
    """What a new slip would not have: cells beside the columns, further sheets, comments, pictures."""
    if form is None:
        return
    hint = f"move it elsewhere, {_BY_FORCE}"
    for cell in slip.beside:
        yield warning(path, "S513", "this cell is in none of the slip's columns", hint, cell)
    for title in slip.sheets:
        if title not in form.sheets:
            yield warning(path, "S513", f"the sheet '{title}' is not one of the slip's", hint, title)
    for kind, count in slip.extras.items():
        if count > form.extras.get(kind, 0):
            yield warning(path, "S513", f"somebody put a {kind} on it", hint)


def verified(job: Job, content: bytes) -> None:
    """Read a finished slip back: whatever was carried over must be in it. Raises Faults, not yet of any file."""
    if not (job.carried and entries(job.values)):
        return
    actions = cast("Sequence[Action]", job.values["actions"])
    result = merged(read(content), actions, [], job.template)
    found = {"actions": tuple(result.actions.values()), "added": tuple(result.added), "kept": tuple(result.kept)}
    lost = entries(job.values) - entries(found)
    if lost:
        said = sorted(" – ".join(str(value) for value in one if value is not None) for one in lost)
        message = f"the template does not take up what people filled in: {'; '.join(said)}"
        hint = "it needs a cell for done on, for initials and for notes, and rows for 'added' and 'kept'"
        raise Faults([Problem("", "S514", message, hint=hint)])


def entries(values: Mapping[str, object]) -> Counter[tuple[object, ...]]:
    """All that people filled in, as it can be counted."""
    actions = cast("Sequence[Action]", values["actions"])
    rows = (*cast("Sequence[Row]", values["added"]), *cast("Sequence[Row]", values["kept"]))
    filled: Counter[tuple[object, ...]] = Counter((one.id, *marks_of(one)) for one in actions if is_marked(one))
    return filled + Counter((one.id, one.section, one.text, one.owner, one.due, *marks_of(one)) for one in rows)
