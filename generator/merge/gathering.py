"""Gathering: the records of a merge, from deals or from a spreadsheet, checked, chosen and put in order."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from generator import cldr, plan
from generator.customs import Customs
from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.merge import contacts
from generator.merge.choosing import TYPED, Choice, Chooser, compares_texts
from generator.provider import Provider
from generator.reading import Opened, Signed, filled_in, packet_of, read_deals, read_house, standing, worked_out
from generator.recipients import Place, Recipient, Table, is_name
from generator.render import RENDERERS, texts
from generator.render.kinds import Watched
from generator.templating import environment
from generator.work import INVOICE_VALUES, VALUES, Figures
from generator.workspace import find, issued

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from generator.deal import Deal
    from generator.provider import House
    from generator.templating import Sandbox
    from generator.workspace import Workspace

#: The day that the files of a spreadsheet's records are dated without another: the first that a package can have.
UNDATED = date(1980, 1, 1)
#: Values of our own, which no column and no `--set` may take the name of.
OWN = ("provider", "record", "records")

SHEETS = ("labels", "envelopes")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be merged, of which records. `document` is as the user named it; `names` are of deals.

    `data` names a spreadsheet, which `mapping`, `encoding`, `locale` and `country` belong to: how it writes figures
    and days, and the country of an address without one. `given` are values from the command line.
    `bare`: no document is needed, so that the first word may be a deal's name.
    `each`: a record for every deal, or for every invoice; a document of the packet says that itself.
    """

    document: str = ""
    names: tuple[str, ...] = ()
    data: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    locale: str = ""
    country: str = ""
    choice: Choice = field(default_factory=Choice)
    given: Mapping[str, str] = field(default_factory=dict)
    each: Literal["deal", "invoice"] = "deal"
    dated: date | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What is made of each record: a template, or nothing but its address. `name` is what the files are called.

    `document` is its name in documents.yaml, for one of the packet.
    """

    name: str
    template: Path | None = None
    document: str = ""
    each: Literal["deal", "invoice"] = "deal"


@dataclass(slots=True)
class Gathering:
    """The records of a merge, and what was met on the way to them.

    `known`: name → type of a record's values. `table` is the spreadsheet, if they come from one. `doubled` are those
    that were left out because one like it came before. `given` are the values from the command line. `trail` says
    what choosing left of them.
    """

    opened: Opened
    subject: Subject
    known: Mapping[str, Any]
    records: list[Recipient] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    table: Table | None = None
    doubled: list[Recipient] = field(default_factory=list)
    given: Mapping[str, str] = field(default_factory=dict)
    customs: Customs = field(default_factory=Customs)
    trail: str = ""

    @property
    def plain(self) -> Sandbox:
        """The environment for texts."""
        return self.opened.plain

    @property
    def template_environment(self) -> Sandbox:
        """The environment for templates."""
        provider = self.opened.house.provider
        return environment(provider.locale, provider.currency, customs=self.customs)


def gather(workspace: Workspace, wish: Wish) -> Gathering:
    """The records that are wanted, in order. Raises Faults for `templates/` and the spreadsheet, and Misuse."""
    house, sources = read_house(workspace)
    customs = customs_of(wish, house.provider)
    plain = environment(house.provider.locale, house.provider.currency, markup=False, customs=customs)
    opened = Opened(house, sources, {}, plain, issued(workspace))
    subject, wish = understood(workspace, opened, wish)
    found = from_table(opened, subject, wish) if wish.data else from_deals(workspace, opened, subject, wish)
    found.customs = customs
    look_over(found, wish.choice)
    chooser = Chooser(plain, found.problems, customs)
    found.records = numbered(chooser.chosen(numbered(found.records, wish), wish.choice), wish)
    found.doubled, found.given, found.trail = chooser.doubled, wish.given, chooser.trail
    return found


def customs_of(wish: Wish, provider: Provider) -> Customs:
    """The customs of a spreadsheet: those that were named, or the provider's. Raises Misuse."""
    locale = wish.locale.replace("-", "_") or provider.locale
    if not cldr.is_locale(locale):
        message = f"--locale: there is no locale '{wish.locale}' (such as en_US or de_CH)"
        raise Misuse(message)
    country = cldr.country_code(wish.country, locale)
    if wish.country and not country:
        message = f"--country: there is no country '{wish.country}' (its code, such as DE, or its name)"
        raise Misuse(message)
    return Customs(locale, provider.currency, country)


def understood(workspace: Workspace, opened: Opened, wish: Wish) -> tuple[Subject, Wish]:
    """What the first word means: a document or, where none is needed, perhaps the first of the deals. Raises Misuse."""
    try:
        return subject_of(workspace, opened, wish), wish
    except Misuse:
        if not wish.bare:
            raise
        with suppress(Misuse):
            find(workspace, (wish.document,))
            wish = replace(wish, document="", names=(wish.document, *wish.names))
            return subject_of(workspace, opened, wish), wish
        raise


def subject_of(workspace: Workspace, opened: Opened, wish: Wish) -> Subject:
    """What a name on the command line means: a document of the packet, or a template's file. Raises Misuse."""
    documents = opened.house.manifest.documents
    if wish.document in SHEETS or not wish.document:
        return Subject(wish.document or "contacts", each=wish.each)
    if wish.document in documents:
        document = documents[wish.document]
        if wish.each == "invoice" != document.each:
            message = f"--each belongs to templates of your own; documents.yaml makes {wish.document} for each deal"
            raise Misuse(message)
        return Subject(wish.document, workspace.templates / document.template, wish.document, document.each)
    for path in (Path(wish.document), workspace.templates / wish.document):
        if path.is_file():
            if path.suffix.lower() not in RENDERERS:
                message = f"{path} is no template (templates end with {', '.join(RENDERERS)})"
                raise Misuse(message)
            return Subject(path.stem, path, each=wish.each)
    hint = did_you_mean(wish.document, [*documents, *SHEETS]) or f"there are {', '.join([*documents, *SHEETS])}"
    message = f"there is no document or template '{wish.document}' ({hint})"
    raise Misuse(message)


def from_table(opened: Opened, subject: Subject, wish: Wish) -> Gathering:
    """A record for each row of the spreadsheet."""
    if wish.names:
        message = "records come from deals or from --data, not from both"
        raise Misuse(message)
    table = contacts.read(wish.data, wish.mapping, wish.encoding, OWN)
    provider = opened.house.provider
    given = given_values(wish, table.kinds)
    records = [
        Recipient(
            key=f"row-{row.line}",
            file=table.file,
            line=row.line,
            values={**table.values(row), "provider": provider, **given},
            dated=wish.dated or UNDATED,
            number=number,
        )
        for number, row in enumerate(table.rows, 1)
    ]
    known = {**table.kinds, "provider": Provider, "record": Place, **watched(given)}
    return Gathering(opened, subject, known, records, list(table.problems), table)


def from_deals(workspace: Workspace, opened: Opened, subject: Subject, wish: Wish) -> Gathering:
    """A record for each deal, or for each of its invoices; a deal with a fault has none."""
    values = INVOICE_VALUES if subject.each == "invoice" else VALUES
    given = given_values(wish, values)
    known = {**values, "record": Place, **watched(given)}
    found = Gathering(opened, subject, known)
    house_faults = texts.house_problems(opened.sources["routing"], opened.sources["documents"], opened.plain)
    found.problems += [*house_faults, *opened.ledger.problems]
    paths = find(workspace, wish.names)
    signed = read_deals(paths, opened, found.problems)
    for path in paths:
        if path in signed:
            found.records += records_of(signed[path], workspace, found, given, wish.dated)
    found.records = [replace(one, number=number) for number, one in enumerate(found.records, 1)]
    return found


def records_of(
    one: Signed, workspace: Workspace, found: Gathering, given: Mapping[str, str], dated: date | None
) -> Iterator[Recipient]:
    """The records of one deal."""
    for key, values in values_of(one, workspace, found):
        yield Recipient(key, one.source.file, 0, {**values, **given}, dated or one.deal.signed, 0)


def values_of(one: Signed, workspace: Workspace, found: Gathering) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The values of each record of one deal, as they are for the documents of its packet."""
    subject = found.subject
    if subject.document:
        for job in packet_of(one, found.opened, found.problems) or ():
            if job.document != subject.document:
                continue
            if job.frozen:
                found.problems.append(only_in_its_file(workspace.output / job.target))
            else:
                values = filled_in(job, workspace, found.opened, found.problems).values
                yield (f"{one.id}-{job.target.stem}" if subject.each == "invoice" else one.id), values
        return
    worked = worked_out(one, found.opened, found.problems, partial(values_if_sound, one, found))
    if worked is None:
        return
    if subject.each == "deal":
        yield one.id, worked
        return
    for invoice in cast("Figures", worked["figures"]).invoices:
        yield f"{one.id}-{invoice.file}", {**worked, "invoice": invoice}


def only_in_its_file(path: Path) -> Problem:
    """A warning of an issued invoice that its deal no longer gives; the books are closed over it."""
    message = "the books are closed over this invoice, and its deal no longer gives what it says; it is left out"
    return Problem(str(path), "M535", message, hint="print its own file", severity="warning")


def values_if_sound(
    one: Signed, found: Gathering, deal: Deal, house: House, figures: Figures
) -> Mapping[str, object] | None:
    """The values of a deal; None where its issued invoices do not hold, which is told."""
    held = standing(one, found.opened, figures, found.problems)
    return None if held is None else plan.values(deal, house, figures)


def given_values(wish: Wish, known: Mapping[str, Any]) -> Mapping[str, str]:
    """The values of `--set`. Raises Misuse for a name that cannot be one, or that there is already."""
    for name in wish.given:
        if not is_name(name) or "." in name:
            message = f"--set: '{name}' cannot be a value's name in templates (letters, digits and _)"
            raise Misuse(message)
        if name in known or name in OWN:
            column = f' a column has that name (leave it out with --map "{name}=", or use another name)'
            message = f"--set {name}:" + (column if wish.data and name not in OWN else " there is such a value already")
            raise Misuse(message)
    return wish.given


def watched(given: Iterable[str]) -> dict[str, Watched]:
    """The types of the values of `--set`: texts, of which each is to be used."""
    return {name: Watched(str) for name in given}


def look_over(found: Gathering, choice: Choice) -> None:
    """Hold the names in conditions and keys against what records have. Raises Misuse."""
    for option, source in choice.expressions:
        for _, message, hint in texts.faults_in(f"{{% if {source} %}}{{% endif %}}", found.plain, found.known):
            hint = "to compare, use ==" if "got '='" in message else hint  # noqa: PLW2901 -- Jinja's own is of no help
            more = f" ({hint})" if hint else ""
            told = f'{option} "{source}": {message}{more}'
            raise Misuse(told)
        if found.table and compares_texts(found.plain, source, found.table.kinds):
            told = f'{option} "{source}" would compare texts, letter by letter; {TYPED}'
            raise Misuse(told)


def numbered(records: list[Recipient], wish: Wish) -> list[Recipient]:
    """The records with their place among the others."""
    return [
        replace(one, values={**one.values, "record": place_of(one, sequence, len(records), wish)})
        for sequence, one in enumerate(records, 1)
    ]


def place_of(one: Recipient, sequence: int, count: int, wish: Wish) -> Place:
    """The value `record` of one of them."""
    day = wish.dated or (None if wish.data else one.dated)
    return Place(one.key, one.number, sequence, count, one.file, one.line, day)


def day_of(one: Recipient) -> date | None:
    """The day that a record's document is dated; None where nobody said one, so that it keeps its template's."""
    return None if one.dated == UNDATED else one.dated


def stop_at(problems: Iterable[Problem]) -> None:
    """Raise Faults if any of these is an error."""
    found = tuple(problems)
    if any(problem.severity == "error" for problem in found):
        raise Faults(found)


def deal_of(one: Recipient) -> Deal:
    """The deal that a record is of."""
    return cast("Deal", one.values["deal"])
