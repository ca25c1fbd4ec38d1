"""Reading: which deal files are meant, `templates/` opened, deals validated and planned, each fault in its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from generator import compute, ledger, load, plan, validate
from generator.codes import Code
from generator.deal import Deal
from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.invoicing import auditing
from generator.ledger import Ledger
from generator.limits import Limits
from generator.naming import HIDDEN
from generator.provider import House
from generator.render import RENDERERS, Template, texts
from generator.source import Source, problem_in
from generator.templating import Sandbox, environment
from generator.work import INVOICE_VALUES, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from generator.provider import Document
    from generator.work import Figures, Job

T = TypeVar("T")

HOUSE_FILES = ("provider", "routing", "documents")
DEAL_SUFFIXES = (".yaml", ".yml")
NONE: Mapping[Path, str] = {}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The three folders, each as the user would name it."""

    deals: Path
    templates: Path
    output: Path

    @classmethod
    def at(cls, root: Path, output: Path | None = None) -> Workspace:
        """The workspace in a folder; `output` overrules its output folder. Raises Misuse for one among the others."""
        made = cls(root / "deals", root / "templates", output or root / "output")
        for folder in (made.deals, made.templates):
            if made.output.resolve().is_relative_to(folder.resolve()):
                message = f"documents cannot go to {made.output}, for that is in {folder}; name another folder"
                raise Misuse(message)
        return made

    @property
    def ledger(self) -> Path:
        """The ledger of issued invoices."""
        return self.deals / ledger.NAME


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


def find(workspace: Workspace, names: Sequence[str]) -> list[Path]:
    """The deal files that files, folders and ids name; all of the workspace's deals without a name. Raises Misuse."""
    found = [path for name in names for path in named(workspace, name)] if names else deal_files(workspace.deals)
    return sorted(by_place(found).values(), key=lambda path: (path.stem, str(path)))


def by_place(paths: Sequence[Path]) -> dict[Path, Path]:
    """Where each file really is → how it was named first; a link is where it stands, not where it leads to."""
    folders = {folder: folder.resolve() for folder in {path.parent for path in paths}}
    return {folders[path.parent] / path.name: path for path in reversed(paths)}


def same_ids(paths: Sequence[Path], deals: Sequence[Path]) -> dict[Path, Problem]:
    """Those of the paths whose id another of them has, or another of the `deals` that there are, with their fault."""
    groups: dict[str, list[Path]] = {}
    for path in by_place([*paths, *deals]).values():
        groups.setdefault(path.stem.casefold(), []).append(path)
    found = {}
    for path in paths:
        for other in [other for other in groups[path.stem.casefold()] if other != path][:1]:
            message = f"{other} has the same id '{path.stem}'; both would go to the same folder"
            found[path] = Problem(str(path), Code.SAME_ID, message, 1, 1, hint="rename one of the files")
    return found


def all_deals(workspace: Workspace) -> list[Path]:
    """The deal files of the workspace; none where it has no folder for them."""
    return deal_files(workspace.deals) if workspace.deals.is_dir() else []


def named(workspace: Workspace, name: str) -> list[Path]:
    """The deal files that one name on the command line means; an id before a folder of that name, such as output/ID."""
    path = Path(name)
    if path.is_file():
        return [path] if path.name not in {ledger.NAME, ledger.LOCK} else []
    deals = all_deals(workspace)
    if by_id := [deal for deal in deals if deal.stem == name]:
        return by_id
    if path.is_dir():
        return deal_files(path)
    for other in (path, *(workspace.deals / f"{name}{suffix}" for suffix in DEAL_SUFFIXES)):
        if other.exists():
            message = f"{other} is no file, so it is no deal"
            raise Misuse(message)
    hint = did_you_mean(name, [deal.stem for deal in deals]) or f"the deals are the .yaml files in {workspace.deals}"
    message = f"there is no deal '{name}' ({hint})"
    raise Misuse(message)


def is_named_so(path: Path) -> bool:
    """Whether a path has a deal file's suffix, in letters of either case."""
    return path.suffix.lower() in DEAL_SUFFIXES


def deal_files(folder: Path) -> list[Path]:
    """The deal files in a folder and in those below it. Raises Misuse where there is no such folder.

    What is no file is no deal, for reading a pipe would not end; a link that leads nowhere is one that cannot be read.
    Raises Misuse for a folder that cannot be read, too: nobody knows which deals are in it.
    """
    if not folder.is_dir():
        message = f"there is no folder {folder} (make a workspace with 'dealdocs init', or name one with -C)"
        raise Misuse(message)
    found = []
    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        found += [Path(root, name) for name in names if not name.startswith(HIDDEN)]
    return [path for path in found if is_named_so(path) and (path.is_file() or not path.exists())]


def unreadable(error: OSError) -> None:
    """Raise Misuse for a folder that the system does not let be read."""
    message = f"{error.filename} cannot be read: {error.strerror}"
    raise Misuse(message) from error


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


def issued(workspace: Workspace) -> Ledger:
    """The ledger; an empty one where none is there yet. What is wrong with it is among its problems."""
    name = str(workspace.ledger)
    try:
        return ledger.parse(workspace.ledger.read_bytes().decode(), name)
    except FileNotFoundError:
        return Ledger(name)
    except UnicodeDecodeError:
        message, hint = "is not UTF-8 text", "bring the file back from git if a spreadsheet program saved it"
    except OSError as error:
        message, hint = f"cannot be read: {error.strerror}", ""
    return Ledger(name, problems=(problem_in(name, "", Code.LEDGER_UNREADABLE, (1, 1), message, hint),))


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
