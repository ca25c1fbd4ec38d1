"""Reading: which deal files are meant, `templates/` opened, deals validated and planned, each fault in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

from generator import compute, load, plan, validate
from generator.deal import Deal
from generator.errors import Collecting, Faults, Misuse, Problem, did_you_mean
from generator.invoicing import auditing
from generator.ledger import Ledger
from generator.limits import Limits
from generator.provider import House
from generator.render import RENDERERS, Template, texts
from generator.source import Source
from generator.templating import Sandbox, environment
from generator.work import INVOICE_VALUES, VALUES
from generator.workspace import Workspace, issued, same_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from generator.provider import Document
    from generator.work import Figures, Job

T = TypeVar("T")

HOUSE_FILES = ("provider", "routing", "documents")
NONE: Mapping[Path, str] = {}


@dataclass(frozen=True, slots=True)
class Opened:
    """`templates/` as read, checked and compiled; a template with a fault is not among `templates`.

    `plain` is the environment of texts that stand in YAML; `ledger` has the invoices that were issued; `limits` are
    those of a deal's texts.
    """

    house: House
    sources: Mapping[str, Source]
    templates: Mapping[str, Template]
    plain: Sandbox
    ledger: Ledger = field(default_factory=Ledger)
    limits: Limits = plan.USUAL


@dataclass(frozen=True, slots=True)
class Signed:
    """A deal file that could be read, and the deal if it passed validation."""

    id: str
    source: Source
    deal: Deal


def open_house(
    workspace: Workspace, only: Collection[str], problems: list[Problem], *, sound: bool = False
) -> Opened | None:
    """Read and check `templates/`; None where its YAML files have faults, for nothing can be said of deals then.

    `sound`: as they are now they were found to have no fault, so they are not looked over for faults again.
    """
    with Collecting(problems):
        house, sources = read_house(workspace)
        documents = chosen(house.manifest.documents, only)
        plain = environment(house.provider.locale, house.provider.currency, markup=False)
        if not sound:
            problems += texts.house_problems(sources["routing"], sources["documents"], plain)
        templates = open_templates(workspace, house, documents, problems, sound=sound)
        return Opened(house, sources, templates, plain, issued(workspace))
    return None


def open_books(workspace: Workspace) -> Opened:
    """The YAML files of `templates/` and the ledger: what it takes to work deals out. Raises Faults."""
    house, sources = read_house(workspace)
    plain = environment(house.provider.locale, house.provider.currency, markup=False)
    return Opened(house, sources, {}, plain, issued(workspace))


def read_house(workspace: Workspace) -> tuple[House, Mapping[str, Source]]:
    """The YAML files of `templates/`, read and checked together. Raises Faults with all that is wrong in them."""
    if not workspace.templates.is_dir():
        message = (
            f"there is no folder {workspace.templates} (make a workspace with 'dealdocs init', or name one with -C)"
        )
        raise Misuse(message)
    problems: list[Problem] = []
    sources: dict[str, Source] = {}
    for name in HOUSE_FILES:
        path = workspace.templates / f"{name}.yaml"
        with Collecting(problems):
            sources[name] = load.read(path, str(path))
    if problems:
        raise Faults(problems)
    try:
        return validate.house(*(sources[name] for name in HOUSE_FILES)), sources
    except Faults as faults:
        found = texts.house_problems(sources["routing"], sources["documents"], environment(markup=False))
        raise Faults([*faults.problems, *found]) from None


def chosen(documents: Mapping[str, Document], only: Collection[str]) -> dict[str, Document]:
    """The documents of the manifest that are asked for. Raises Misuse for one that it does not have."""
    for name in only:
        if name not in documents:
            hint = did_you_mean(name, documents) or f"there are {', '.join(documents)}"
            message = f"there is no document '{name}' in documents.yaml ({hint})"
            raise Misuse(message)
    return {name: document for name, document in documents.items() if not only or name in only}


def open_templates(
    workspace: Workspace, house: House, documents: Mapping[str, Document], problems: list[Problem], *, sound: bool
) -> dict[str, Template]:
    """Compile each template once and, unless they are known to be sound, find every fault that shows without data."""
    opened: dict[str, Template] = {}
    env = environment(house.provider.locale, house.provider.currency)
    for document in documents.values():
        path = workspace.templates / document.template
        known = INVOICE_VALUES if document.each == "invoice" else VALUES
        with Collecting(problems):
            template = opened.get(document.template) or opened_template(path, env)
            faults = () if sound else template.problems(known)
            problems += faults
            if not any(fault.severity == "error" for fault in faults):
                opened[document.template] = template
    return opened


def opened_template(path: Path, env: Sandbox) -> Template:
    """A template, compiled. Raises Faults, for a file that cannot be read too."""
    try:
        return RENDERERS[path.suffix.lower()](path, env)
    except OSError as error:
        raise Faults([Problem(str(path), "T102", f"cannot be read: {error.strerror}")]) from error


def read_deals(
    paths: Sequence[Path],
    opened: Opened | None,
    problems: list[Problem],
    revisions: Mapping[Path, str] = NONE,
    deals: Sequence[Path] = (),
) -> dict[Path, Signed]:
    """Read and check every deal; without a sound `templates/` only their YAML can be looked at.

    None of them may have the id of another, nor that of one of the `deals` that there are besides.
    """
    signed: dict[Path, Signed] = {}
    same = same_ids(paths, deals)
    problems += same.values()
    for path in paths:
        with Collecting(problems):
            source = load.read(path, str(path))
            if opened:
                deal, warnings = validate.deal(source, path.stem, opened.house)
                problems += warnings
                if wrong := list(texts.deal_problems(source, opened.plain)):
                    raise Faults(wrong)
                stood = deal.model_copy(update={"revision": revisions[path]}) if path in revisions else deal
                signed[path] = Signed(path.stem, source, stood)
    signed = {path: one for path, one in signed.items() if path not in same}
    problems += validate.deals([(one.source, one.deal) for one in signed.values()])
    return signed


def packet_of(one: Signed, opened: Opened, problems: list[Problem]) -> tuple[Job, ...] | None:
    """Work out a deal and plan its packet; None where that is a fault."""

    def planned(deal: Deal, house: House, figures: Figures) -> tuple[Job, ...] | None:
        held = standing(one, opened, figures, problems)
        packet = plan.jobs(deal, house, figures, opened.limits)
        return None if held is None else tuple(replace(job, frozen=job.invoice in held) for job in packet)

    return worked_out(one, opened, problems, planned)


def standing(one: Signed, opened: Opened, figures: Figures, problems: list[Problem]) -> Collection[str] | None:
    """The keys of the invoices that are as they were issued in closed books; None where those issued do not hold."""
    found = auditing.compared(opened.ledger, one.deal, figures, opened.house.provider)
    wrong = [*found.problems, *auditing.of_credits(opened.ledger, one.deal, figures, one.source)]
    problems += wrong
    return None if wrong or opened.ledger.faults_of(one.id) else found.frozen


def worked_out(
    one: Signed, opened: Opened, problems: list[Problem], then: Callable[[Deal, House, Figures], T]
) -> T | None:
    """Work out a deal, and plan something with its figures; None where that is a fault."""
    figures = compute.figures(one.deal, opened.house.provider, opened.ledger.of(one.id))
    try:
        return then(one.deal, opened.house, figures)
    except Faults as faults:
        sources = {**opened.sources, "deal": one.source}
        told = {(problem.file, problem.line, problem.column) for problem in problems if problem.deal in {"", one.id}}
        found = [placed(problem, sources, one.id) for problem in faults.problems]
        problems += [problem for problem in found if (problem.file, problem.line, problem.column) not in told]
        return None


def placed(problem: Problem, sources: Mapping[str, Source], deal: str) -> Problem:
    """Turn a path of keys ("actions.3.when") into a file, a line and a column."""
    source = sources[problem.file]
    path = tuple(int(key) if key.isdigit() else key for key in problem.place.split("."))
    line, column = source.positions[path]
    text = source.text.splitlines()[line - 1]
    shown = "" if problem.file == "deal" else deal
    return replace(problem, file=source.file, line=line, column=column, place="", source=text, deal=shown)


def filled_in(job: Job, workspace: Workspace, opened: Opened, problems: list[Problem]) -> Job:
    """The job with what people wrote into the document that stands in its place."""
    if job.filled_in:
        from generator import slip  # noqa: PLC0415 -- openpyxl is slow to import, and unchanged deals need none

        added = cast("Deal", job.values["deal"]).routing.add
        known = {rule.id for rule in (*opened.house.routing.actions, *added)}
        target, template = workspace.output / job.target, workspace.templates / job.template
        job, found = slip.carry_over(job, target, template, known)
        problems += found
    return job
