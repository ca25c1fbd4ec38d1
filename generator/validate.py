"""Validation: files that were read become a House and Deals, or every problem that they have, in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from generator.codes import Code
from generator.confidential import with_secrets
from generator.days import add_business_days
from generator.deal import Deal
from generator.deal_checks import of_deal, of_id
from generator.errors import Faults, Problem
from generator.fields import Model, Tax
from generator.house_checks import of_house
from generator.provider import House, Manifest, Provider, Routing
from generator.schema import of_deal as of_deal_file
from generator.wording import DEAL_CODES, HOUSE_CODES, shaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from generator.source import Source

ModelType = TypeVar("ModelType", bound=Model)


def house(provider: Source, routing: Source, manifest: Source) -> House:
    """All of `templates/` that is data. Raises Faults with every problem of the three files."""
    shape: list[Problem] = []
    said = _shape(Provider, provider, HOUSE_CODES, shape)
    checklist = _shape(Routing, routing, HOUSE_CODES, shape)
    packet = _shape(Manifest, manifest, HOUSE_CODES, shape)
    problems = _told_once(shape, list(of_house(provider, routing, manifest)))
    if said is None or checklist is None or packet is None or problems:
        raise Faults(_sorted(problems))
    return House.model_construct(provider=said, routing=checklist, manifest=packet)


def deal(source: Source, id: str, house: House) -> tuple[Deal, tuple[Problem, ...]]:  # noqa: A002 -- the trade's word
    """A deal with the provider's defaults filled in, and warnings. Raises Faults with every error and warning."""
    shape: list[Problem] = []
    wrong_id = list(of_id(source, id))
    made = _shape(Deal, source, DEAL_CODES, shape, {"id": "x" if wrong_id else id, "revision": ""})
    problems = _sorted(with_secrets(source, _told_once(shape, [*wrong_id, *of_deal(source, house)])))
    if made is None or any(problem.severity == "error" for problem in problems):
        raise Faults(problems)
    return _completed(made, house.provider), problems


def deals(read: Sequence[tuple[Source, Deal]]) -> tuple[Problem, ...]:
    """Warnings of deals whose billing name another one has."""
    names: dict[str, Source] = {}
    problems = []
    for source, one in sorted(read, key=lambda pair: pair[0].file):
        name = " ".join(one.client.billing_name.casefold().split())
        if name in names:
            message = f"{names[name].file} has the same billing name '{one.client.billing_name}'"
            at = source.place(("client", "billing_name" if source.text_at("client", "billing_name") else "name"))
            problems.append(source.problem(Code.SAME_NAME, at, message, "tell them apart by billing_name", "warning"))
        names.setdefault(name, source)
    return tuple(problems)


def schema() -> dict[str, Any]:
    """The JSON schema of a deal file, for editors."""
    return of_deal_file()


def _shape(
    model: type[ModelType],
    source: Source,
    codes: Sequence[Code],
    problems: list[Problem],
    given: Mapping[str, object] | None = None,
) -> ModelType | None:
    """A file as a model; None, and its faults among the problems, where it has another shape."""
    try:
        return shaped(model, source, codes, given)
    except Faults as faults:
        problems += faults.problems
        return None


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.order))


def _told_once(shape: Sequence[Problem], checked: Sequence[Problem]) -> list[Problem]:
    """Both kinds of problems; what a check says of a value stands for what is wrong with that value's own form."""
    places = {(problem.file, problem.line, problem.column) for problem in checked if problem.severity == "error"}
    form = {Code.WRONG_KIND, Code.HOUSE_WRONG_KIND}
    kept = [one for one in shape if one.code not in form or (one.file, one.line, one.column) not in places]
    return [*kept, *checked]


def _completed(made: Deal, provider: Provider) -> Deal:
    """The deal with what it leaves to the provider: term, tax, and the day by which it is set up."""
    terms, place = provider.terms, provider.address
    onboard_by = made.onboard_by or add_business_days(made.signed, terms.onboarding_days, place.country, place.region)
    return made.model_copy(
        update={
            "onboard_by": onboard_by,
            "term_months": terms.term_months if made.term_months is None else made.term_months,
            "tax": made.tax or Tax(rate=provider.tax.rate, label=provider.tax.label),
        }
    )
