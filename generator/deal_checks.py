"""What must hold across the keys of a deal file, and between it and `templates/`.

A check looks at what is written, whether or not the rest of the file is sound, and yields a problem for each fault.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from generator.cldr import countries, country_meant
from generator.codes import Code
from generator.days import term_end
from generator.errors import did_you_mean
from generator.fields import Day
from generator.money import minor_units
from generator.naming import fitting_id
from generator.wording import dotted, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from generator.errors import Problem
    from generator.provider import House
    from generator.source import Path, Source

_DAY: TypeAdapter[date] = TypeAdapter(Day)

A_YEAR = timedelta(days=366)

#: Names that Windows keeps for devices: no folder or file can be called so.
RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def of_deal(source: Source, house: House) -> Iterator[Problem]:
    """Every problem across the keys of a deal file."""
    for check in CHECKS:
        yield from check(source, house)


def of_id(source: Source, name: str) -> Iterator[Problem]:
    """A deal's id is its file's name: short, lower-case, and a folder's name on every system."""
    fitting = fitting_id(name)
    if RESERVED.fullmatch(name):
        fitting, why = f"{name}-deal", f"Windows has no folder called '{name}'"
    elif not re.fullmatch(r"[a-z0-9-]{1,60}", name):
        why = "only a-z, 0-9 and - can be in it, at most 60 of them"
    else:
        return
    message = f"the file's name '{shortened(name)}' cannot be a deal's id: {why}"
    yield source.problem(Code.BAD_ID, (1, 1), message, f"rename the file to {fitting or 'another-name'}.yaml")


def day_at(source: Source, *path: str | int) -> date | None:
    """The day written at a path, if it is one that a deal may have."""
    try:
        return _DAY.validate_python(source.text_at(*path))
    except ValidationError:
        return None


def _dates(source: Source, _house: House) -> Iterator[Problem]:
    signed = day_at(source, "signed")
    for key in ("starts", "onboard_by"):
        day = day_at(source, key)
        if signed and day and day < signed:
            message = f"{key} {day} is before the day of signing, {signed}"
            yield source.problem(Code.DATE_ORDER, source.place((key,)), message, "correct one of the two dates")


def _far_dates(source: Source, _house: House) -> Iterator[Problem]:
    signed = day_at(source, "signed")
    for path in (("starts",), ("onboard_by",), ("authorization", "authorized")):
        day = day_at(source, *path)
        if signed and day and (day - signed > A_YEAR or (signed - day > A_YEAR and len(path) > 1)):
            message = f"{dotted(path)} {day} is more than a year from the day of signing, {signed}"
            yield source.problem(Code.FAR_DATE, source.place(path), message, "check the year", "warning")


def _end_of_term(source: Source, house: House) -> date | None:
    """The last day of the term; None for a deal from month to month, or where it cannot be told."""
    starts, written = day_at(source, "starts"), source.text_at("term_months") or ""
    months = int(written) if re.fullmatch("[0-9]{1,3}", written) else house.provider.terms.term_months
    return term_end(starts, months) if starts and months else None


def _notice(source: Source, house: House) -> Iterator[Problem]:
    signed, ends, terms = day_at(source, "signed"), _end_of_term(source, house), house.provider.terms
    if signed and ends and ends - timedelta(days=terms.notice_days) < signed:
        message = f"the term ends less than the {terms.notice_days} days of notice after the day of signing"
        path = ("term_months",) if source.text_at("term_months") else ("starts",)
        yield source.problem(Code.SHORT_TERM, source.place(path), message, "0 is month to month", "warning")


def _ended(source: Source, house: House) -> Iterator[Problem]:
    signed, ended, ends = day_at(source, "signed"), day_at(source, "ended"), _end_of_term(source, house)
    at = source.place(("ended",))
    if signed and ended and ended < signed:
        message = f"ended {ended} is before the day of signing, {signed}"
        yield source.problem(Code.DATE_ORDER, at, message, "correct one of the two dates")
    elif ended and ends and ended - ends > A_YEAR:
        message = f"ended {ended} is more than a year after the end of the term, {ends}"
        yield source.problem(Code.FAR_DATE, at, message, "check the year", "warning")


def _credits(source: Source, _house: House) -> Iterator[Problem]:
    starts = day_at(source, "starts")
    for path in source.under("credits"):
        begin, end = day_at(source, *path, "from"), day_at(source, *path, "through")
        at = source.place((*path, "through"))
        if begin and end and end < begin:
            message = f"the credit's through {end} is before its from, {begin}"
            yield source.problem(Code.DATE_ORDER, at, message, "correct one of the two dates")
        elif starts and end and end < starts:
            message = f"the credit ends {end}, before the start of service {starts}: there is nothing to credit"
            yield source.problem(
                Code.EMPTY_CREDIT, at, message, "correct the dates, or take the credit away", "warning"
            )


def _credit_notes(source: Source, _house: House) -> Iterator[Problem]:
    signed = day_at(source, "signed")
    for path in source.under("credit_notes"):
        dated = day_at(source, *path, "dated")
        if signed and dated and dated < signed:
            message = f"the credit note's dated {dated} is before the day of signing, {signed}"
            at = source.place((*path, "dated"))
            yield source.problem(Code.DATE_ORDER, at, message, "correct one of the two dates")
        amounts = [source.text_at(*line, "amount") or "?" for line in source.under(*path, "lines")]
        if amounts and not re.search("[^0.]", "".join([*amounts, source.text_at(*path, "tax") or "0"])):
            message, hint = "the credit note credits nothing", "correct its amounts, or take it away"
            yield source.problem(Code.EMPTY_CREDIT, source.place(path), message, hint, "warning")


def _amounts(source: Source, house: House) -> Iterator[Problem]:
    paths: list[Path] = [("servers", "price"), ("workstations", "price"), ("setup", "fee")]
    paths += [(*path, "price") for path in source.under("lines")]
    paths += [(*path, "amount") for path in source.under("credits")]
    for note in source.under("credit_notes"):
        paths += [(*note, "tax"), *((*path, "amount") for path in source.under(*note, "lines"))]
    yield from decimals(source, paths, house.provider.currency, Code.DECIMALS)


def decimals(source: Source, paths: Iterable[Path], currency: str, code: Code) -> Iterator[Problem]:
    """A problem for each amount with more decimals than its currency has."""
    most = minor_units(currency)
    for path in paths:
        _, _, digits = (source.text_at(*path) or "").partition(".")
        if digits.isdigit() and len(digits.rstrip("0")) > most:
            written = "1 decimal" if len(digits) == 1 else f"{len(digits)} decimals"
            message = f"{dotted(path)} has {written}; {currency} has {most or 'none'}"
            yield source.problem(code, source.place(path), message, "round it")


def _countries(source: Source, _house: House) -> Iterator[Problem]:
    addresses: tuple[Path, ...] = (("client", "address"), ("client", "billing", "address"))
    yield from unknown_countries(source, [(*path, "country") for path in addresses], Code.UNKNOWN_COUNTRY)


def unknown_countries(source: Source, paths: Iterable[Path], code: Code) -> Iterator[Problem]:
    """A problem for each country code that there is not."""
    for path in paths:
        written = source.text_at(*path)
        if written and written not in countries():
            upper = written.upper()
            meant = country_meant(upper) or (upper if upper in countries() else "")
            hint = f"did you mean '{meant}'?" if meant else "write its two letters, such as US or CA"
            yield source.problem(code, source.place(path), f"there is no country '{shortened(written)}'", hint)


def _mails(source: Source, _house: House) -> Iterator[Problem]:
    paths: list[Path] = [("client", who, "email") for who in ("contact", "signer", "billing")]
    paths += [(*path, "email") for path in source.under("team")]
    yield from mails(source, paths, Code.BAD_EMAIL)


def mails(source: Source, paths: Iterable[Path], code: Code) -> Iterator[Problem]:
    """A problem for each e-mail address that is none."""
    for path in paths:
        written = source.text_at(*path)
        if written and not re.fullmatch(r"[^@\s]+@[^@\s]+", written):
            message = f"{dotted(path)} '{shortened(written)}' is not an e-mail address"
            yield source.problem(code, source.place(path), message, "write one address, such as office@client.example")


def _plan(source: Source, house: House) -> Iterator[Problem]:
    written = source.text_at("plan")
    if written and written not in house.provider.plans:
        message = f"plan '{shortened(written)}' is not in templates/provider.yaml"
        yield source.problem(
            Code.UNKNOWN_PLAN, source.place(("plan",)), message, choices(written, house.provider.plans)
        )


def choices(written: str, known: Iterable[str]) -> str:
    """The next step after an unknown name: the nearest one, or all there are."""
    names = list(known)
    return did_you_mean(written.lower(), names) or f"there are {', '.join(names)}"


def _roles(source: Source, house: House) -> Iterator[Problem]:
    people = house.provider.people
    written = [(str(path[-1]), source.key_place(path)) for path in source.under("team")]
    for path in source.under("routing", "add"):
        owner = source.text_at(*path, "owner")
        written += [(owner, source.place((*path, "owner")))] if owner else []
    for role, at in written:
        if role not in people:
            message = f"role '{shortened(role)}' is not among the people of templates/provider.yaml"
            yield source.problem(Code.UNKNOWN_ROLE, at, message, choices(role, people))


def _skipped(source: Source, house: House) -> Iterator[Problem]:
    known = [action.id for action in house.routing.actions]
    for path in source.under("routing", "skip"):
        written = source.text_at(*path)
        if written and written not in known:
            hint = did_you_mean(written.lower(), known) or "the ids are in templates/routing.yaml"
            message = f"routing.skip: '{shortened(written)}' is not an action of templates/routing.yaml"
            yield source.problem(Code.UNKNOWN_ACTION, source.place(path), message, hint)


def _added(source: Source, house: House) -> Iterator[Problem]:
    taken = {action.id: "in templates/routing.yaml" for action in house.routing.actions}
    for path in source.under("routing", "add"):
        written = source.text_at(*path, "id")
        if written and written in taken:
            message = f"routing.add: the id '{shortened(written)}' is already {taken[written]}"
            yield source.problem(Code.ACTION_TWICE, source.place((*path, "id")), message, "choose another id")
        elif written:
            taken[written] = "added above"


CHECKS: tuple[Callable[[Source, House], Iterator[Problem]], ...] = (
    _dates,
    _far_dates,
    _notice,
    _ended,
    _credits,
    _credit_notes,
    _amounts,
    _countries,
    _mails,
    _plan,
    _roles,
    _skipped,
    _added,
)
