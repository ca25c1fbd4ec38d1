"""Plan: a worked-out deal becomes its routing actions and the jobs of its packet, without a disk."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from generator.days import add_business_days
from generator.errors import Faults, Problem
from generator.limits import Limits, limited
from generator.naming import is_portable
from generator.provider import PRODUCES
from generator.templating import FILLING_ERRORS, Sandbox, environment
from generator.work import Action, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from generator.deal import Deal
    from generator.fields import ActionRule
    from generator.provider import Document, House
    from generator.work import Figures

    Compiled = Callable[[Sandbox, str], Callable[..., object]]

#: How many texts of routing.yaml, documents.yaml and deals are kept compiled; each deal may have some of its own.
TEXTS = 500


#: What the texts of one deal may take together. They are short: a thousandth of it is much.
USUAL = Limits(seconds=10)


def jobs(deal: Deal, house: House, figures: Figures, limits: Limits = USUAL) -> tuple[Job, ...]:
    """Every document of the deal's packet, in the manifest's order.

    Raises Faults with all that is wrong in the texts of routing.yaml, documents.yaml and the deal's own actions, and
    with the one at which all of them took more than the limits.
    Their `file` is "routing", "documents" or "deal" and their `place` the path of keys ("actions.3.when"):
    where those files lie, and on which line, is not known here.
    """
    words, planned = Words(house, values_of(deal, house, figures)), list[Job]()

    def work() -> None:
        add_actions(words, deal, house)
        planned.extend(job for name in house.manifest.documents for job in jobs_of(name, deal, house, words))

    words.within(limits, work)
    problems = (*words.problems, *collisions(planned))
    if problems:
        raise Faults(problems)
    return tuple(planned)


def values(deal: Deal, house: House, figures: Figures, limits: Limits = USUAL) -> dict[str, Any]:
    """The values of a template that is not of the packet. Raises Faults as `jobs` does."""
    words = Words(house, values_of(deal, house, figures))
    words.within(limits, lambda: add_actions(words, deal, house))
    if words.problems:
        raise Faults(words.problems)
    return words.values


def add_actions(words: Words, deal: Deal, house: House) -> None:
    """Put the actions in sight of the texts that come after them."""
    words.values |= {"actions": tuple(actions(deal, house, words)), "added": (), "kept": ()}


def values_of(deal: Deal, house: House, figures: Figures) -> dict[str, Any]:
    """The template values that every document of a deal gets (their types: work.VALUES), but for the actions."""
    return {
        "provider": house.provider,
        "deal": deal,
        "client": deal.client,
        "plan": house.provider.plans[deal.plan],
        "figures": figures,
        "team": {**house.provider.people, **deal.team},
    }


class Words:
    """Evaluates the conditions and texts that stand in YAML files, and collects what is wrong with them."""

    def __init__(self, house: House, values: dict[str, Any]) -> None:
        self.environment = environment(house.provider.locale, house.provider.currency, markup=False)
        self.values = values
        self.problems: list[Problem] = []
        self.at = ("", "")  # the file and the place of the last one

    def within(self, limits: Limits, work: Callable[[], None]) -> None:
        """Do work that evaluates texts, and stop when it takes too much; say at which text."""
        try:
            limited(limits, work)
        except Faults as faults:
            file, place = self.at
            hint = "its loops, or those of the texts before it, go round too often"
            self.problems += [replace(problem, file=file, place=place, hint=hint) for problem in faults.problems]

    def holds(self, condition: str | None, file: str, place: str, **more: object) -> bool:
        """Whether a `when` holds; one that is not written does."""
        return condition is None or bool(self._of(compiled_condition, condition, (file, place), more))

    def text(self, source: str, file: str, place: str, **more: object) -> str:
        """A text with its `{{ }}` filled in; empty where that is a fault."""
        return str(self._of(compiled_text, source, (file, place), more) or "")

    def _of(self, compiled: Compiled, source: str, where: tuple[str, str], more: Mapping[str, object]) -> object:
        self.at = where
        try:
            return compiled(self.environment, source)({**self.values, **more})
        except (*FILLING_ERRORS, MemoryError) as error:
            said = str(error) or "it takes more memory than there is"
            self.problems.append(Problem(where[0], "P290", f"{said}, in “{source}”", place=where[1]))
            return None


@lru_cache(maxsize=TEXTS)
def compiled_condition(env: Sandbox, source: str) -> Callable[..., object]:
    """A `when`, compiled once."""
    return env.compile_expression(source, undefined_to_none=False)


@lru_cache(maxsize=TEXTS)
def compiled_text(env: Sandbox, source: str) -> Callable[..., object]:
    """A text with tags, compiled once."""
    return env.from_string(source).render


def actions(deal: Deal, house: House, words: Words) -> Iterator[Action]:
    """The checklist of this deal: the rules that apply, less what the deal skips, with what it adds."""
    address = house.provider.address
    for rule, file, place in rules(deal, house):
        if words.holds(rule.when, file, f"{place}.when"):
            yield Action(
                id=rule.id,
                section=rule.section,
                text=words.text(rule.action, file, f"{place}.action"),
                owner=rule.owner,
                person=words.values["team"][rule.owner],
                due=add_business_days(deal.signed, rule.due, address.country, address.region),
            )


def rules(deal: Deal, house: House) -> list[tuple[ActionRule, str, str]]:
    """Each rule with the file and the path where it stands; an added one closes its section."""
    standard = [(rule, "routing", f"actions.{n}") for n, rule in enumerate(house.routing.actions)]
    added = [(rule, "deal", f"routing.add.{n}") for n, rule in enumerate(deal.routing.add)]
    kept = [row for row in (*standard, *added) if row[0].id not in deal.routing.skip]
    sections = list(dict.fromkeys(rule.section for rule, _, _ in (*standard, *added)))
    return sorted(kept, key=lambda row: sections.index(row[0].section))


def jobs_of(name: str, deal: Deal, house: House, words: Words) -> Iterator[Job]:
    """The jobs that a document of the manifest makes for this deal: one, one for each invoice, or none."""
    document, place = house.manifest.documents[name], f"documents.{name}"
    invoices = words.values["figures"].invoices if document.each == "invoice" else (None,)
    for invoice in invoices:
        more: dict[str, object] = {"invoice": invoice} if invoice else {}
        if not words.holds(document.when, "documents", f"{place}.when", **more):
            continue
        file = words.text(document.target, "documents", f"{place}.target", **more)
        words.problems += target_faults(file, document, f"{place}.target")
        yield Job(
            deal=deal.id,
            document=name,
            template=document.template,
            target=PurePosixPath(deal.id, file),
            dated=invoice.dated if invoice else deal.signed,
            values={**words.values, **more},
            filled_in=document.filled_in,
            invoice=invoice.key if invoice else "",
        )


def target_faults(file: str, document: Document, place: str) -> Iterator[Problem]:
    """What is wrong with a target's name: it must be a plain file name that every system takes, with its suffix."""
    suffix = PRODUCES[PurePosixPath(document.template).suffix]
    if file and not is_portable(file):
        hint = 'use letters, digits, spaces, ".", "-" and "_" only, and not too many'
        yield Problem(
            "documents", "P291", f"'{file}' is not a file name that every system takes", place=place, hint=hint
        )
    elif file and PurePosixPath(file).suffix != suffix:
        message = f"'{file}' must end with {suffix}, because {document.template} makes such a file"
        yield Problem("documents", "P292", message, place=place)


def collisions(planned: Sequence[Job]) -> Iterator[Problem]:
    """Two documents with the same target: on some systems the case of letters makes no difference."""
    seen: dict[str, Job] = {}
    for job in planned:
        first = seen.setdefault(job.target.name.casefold(), job)
        if first is not job:
            message = f"'{job.target.name}' is the target of '{first.document}' and of '{job.document}'"
            hint = "put something into the target that tells them apart, such as {{ invoice.file }}"
            yield Problem("documents", "P293", message, place=f"documents.{job.document}.target", hint=hint)
