"""What can be wrong, said once: a problem has a place, a reason and a next step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault or warning in a file that a person wrote.

    `file` is the path as the user gave it. A text file's place is `line` and `column` (both from 1);
    a template's place is said in words in `place` ("header 2, first page, paragraph 1", "Slip!C12").
    `deal` names the deal for which a template failed, where it is not `file` itself.
    `source` is the line's own text, for the caret; it stays empty where showing it would repeat a secret.
    """

    file: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    place: str = ""
    hint: str = ""
    source: str = ""
    severity: Severity = "error"
    deal: str = ""

    @property
    def order(self) -> tuple[str, int, int, str, str, str, str]:
        """The order in which problems are told: by file, then by place."""
        return (self.file, self.line, self.column, self.place, self.code, self.message, self.deal)


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems as they are told: in order, and each once."""
    return tuple(sorted(set(problems), key=lambda problem: problem.order))


class Faults(Exception):  # noqa: N818 -- it carries a list of problems, each of them may be an error
    """Raised where work cannot go on; carries every problem found so far, at least one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.file}: {p.message}" for p in self.problems))


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Say `did you mean 'gold'?` for the candidate nearest to `name`, or nothing."""
    nearest = get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return f"did you mean '{nearest[0]}'?" if nearest else ""


class Misuse(Exception):  # noqa: N818 -- it is the caller's mistake, not the program's error
    """Raised where a command was asked for something that is not there; its text says what to do instead."""


@dataclass(frozen=True, slots=True)
class Collecting:
    """Lets a part of the work fail by itself: `with` it, faults are noted in `problems` and the rest goes on."""

    problems: list[Problem]
    deal: str = ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Faults):
            return False
        self.problems.extend(replace(problem, deal=self.deal or problem.deal) for problem in error.problems)
        return True
