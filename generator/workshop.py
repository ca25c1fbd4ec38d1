"""The workshop: a deal's jobs become finished documents. Pure, and the same here, in a worker, on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from generator.account import Layout
from generator.errors import Faults, Problem
from generator.record import hash_at, hash_of
from generator.render import RENDERERS, Pages
from generator.templating import environment
from generator.work import Job, Made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from generator.render import Template


#: A template's suffix → the module that renders it.
_MODULES = {".html": "generator.render.html", ".docx": "generator.render.docx", ".xlsx": "generator.render.xlsx"}


@dataclass(frozen=True, slots=True)
class Errand:
    """The jobs of one deal, and the layout that each target (by its name) was made from, where it is as we wrote it.

    `engine` stands for the program, libraries and fonts, which decide how a text is laid out.
    """

    deal: str
    jobs: tuple[Job, ...]
    known: Mapping[str, Layout]
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A deal's documents, without the values that they were made from, and the problems that left some out."""

    made: tuple[Made, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a worker is made for: the templates' folder, and the locale and currency that values are printed in.

    `uses` are the modules that it needs.
    """

    templates: Path
    locale: str
    currency: str
    uses: tuple[str, ...] = ()

    def opener(self) -> Callable[[str], Template]:
        """A function that gives a template by its name, and reads each once."""
        opened: dict[str, Template] = {}

        def template(name: str) -> Template:
            if name not in opened:
                path = self.templates / name
                opened[name] = RENDERERS[path.suffix](path, environment(self.locale, self.currency))
            return opened[name]

        return template

    def __call__(self) -> Callable[[Errand, Callable[[str], None]], Finished]:
        """Get ready to do errands."""
        template = self.opener()

        def do(errand: Errand, begin: Callable[[str], None]) -> Finished:
            def announced(job: Job, work: Callable[[], Made]) -> Made:
                begin(job.target.name)
                return work()

            return finish(errand, self.templates, template, announced)

        return do


def modules(templates: Iterable[str]) -> tuple[str, ...]:
    """The modules that templates of these names need; other files need none."""
    return tuple(sorted({_MODULES[suffix] for name in templates if (suffix := PurePath(name).suffix) in _MODULES}))


def finish(
    errand: Errand,
    templates: Path,
    template: Callable[[str], Template],
    doing: Callable[[Job, Callable[[], Made]], Made],
) -> Finished:
    """Make the documents of an errand, each by `doing`, which is given the work for a job; a fault stops no other."""
    made: list[Made] = []
    problems: list[Problem] = []
    for job in errand.jobs:
        try:
            known = errand.known.get(job.target.name)
            made.append(doing(job, partial(make, job, templates, template, known, errand.engine)))
        except Faults as faults:
            problems += [placed(problem, job, templates) for problem in faults.problems]
    return Finished(tuple(made), tuple(problems))


def make(job: Job, templates: Path, opened: Callable[[str], Template], known: Layout | None, engine: str) -> Made:
    """One document; nothing is laid out again from what is known. Raises Faults."""
    bare, template = replace(job, values={}), opened(job.template)
    try:
        if not isinstance(template, Pages):
            content = template.render(job.values, job.dated)
            if job.carried:
                from generator import slip  # noqa: PLC0415 -- openpyxl is slow to import, and runs without slips need none

                slip.verified(job, content)
            return Made(bare, content)
        text = template.text(job.values)
        decided = hash_of(f"{engine} {job.template} {job.dated}\n{text}".encode())
        if (
            known
            and known.text == decided
            and all(hash_at(templates / name) == was for name, was in known.assets.items())
        ):
            return Made(bare, None, known)
        content, assets = template.laid_out(text, job.dated)
        return Made(bare, content, Layout(decided, assets))
    except MemoryError:
        raise Faults([Problem("", "T151", "takes more memory than there is")]) from None


def placed(problem: Problem, job: Job, templates: Path) -> Problem:
    """A problem with its deal, and its file and document where it has none."""
    if problem.file:
        return replace(problem, deal=job.deal)
    return replace(problem, file=str(templates / job.template), place=job.target.name, deal=job.deal)
