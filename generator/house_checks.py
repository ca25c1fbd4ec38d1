"""What must hold across the keys of provider.yaml, routing.yaml and documents.yaml, and between the three.

A check looks at what is written, whether or not the rest of the file is sound, and yields a problem for each fault.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from generator import numbers
from generator.cldr import currencies, is_locale
from generator.codes import Code
from generator.deal_checks import RESERVED, choices, decimals, mails, unknown_countries
from generator.errors import did_you_mean
from generator.naming import HIDDEN
from generator.provider import INVOICE_KINDS, PRODUCES, Series
from generator.wording import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.errors import Problem
    from generator.source import Path, Source


def of_house(provider: Source, routing: Source, manifest: Source) -> Iterator[Problem]:
    """Every problem across the keys of the three files."""
    yield from _provider(provider)
    yield from _roles(provider, routing)
    yield from _action_ids(routing)
    for path in manifest.under("documents"):
        yield from _template(manifest, path)
        yield from _target(manifest, path)
        yield from _filled_in(manifest, path)
    yield from _same_targets(manifest)


def _provider(source: Source) -> Iterator[Problem]:
    yield from _currency(source)
    yield from _locale(source)
    yield from unknown_countries(source, [("address", "country")], Code.HOUSE_UNKNOWN_COUNTRY)
    addresses: list[Path] = [("contact", "email"), ("monitoring_email",)]
    addresses += [(*path, "email") for path in source.under("people")]
    yield from mails(source, addresses, Code.HOUSE_BAD_EMAIL)
    yield from _prices(source)
    yield from _patterns(source)
    yield from _kinds(source)


def _currency(source: Source) -> Iterator[Problem]:
    written = source.text_at("currency")
    if written and written not in currencies():
        hint = did_you_mean(written.upper(), currencies()) or "write its three letters, such as USD"
        message = f"there is no currency '{shortened(written)}'"
        yield source.problem(Code.UNKNOWN_CURRENCY, source.place(("currency",)), message, hint)


def _locale(source: Source) -> Iterator[Problem]:
    written = source.text_at("locale")
    if written and not is_locale(written):
        meant = written.replace("-", "_")
        hint = (
            f"did you mean '{meant}'?" if meant != written and is_locale(meant) else "write one such as en_US or de_CH"
        )
        message = f"there is no locale '{shortened(written)}'"
        yield source.problem(Code.UNKNOWN_LOCALE, source.place(("locale",)), message, hint)


def _prices(source: Source) -> Iterator[Problem]:
    currency = source.text_at("currency") or "USD"
    paths = [
        (*plan, *keys)
        for plan in source.under("plans")
        for keys in (("server",), ("workstation",), ("setup", "fee"), ("setup", "server"), ("setup", "workstation"))
    ]
    if currency in currencies():
        yield from decimals(source, paths, currency, Code.HOUSE_DECIMALS)


def _patterns(source: Source) -> Iterator[Problem]:
    """Each series' pattern can make invoice numbers, and never the same as another's."""
    sound: list[tuple[str, Path]] = []
    for path in source.under("invoicing", "series"):
        pattern = source.text_at(*path, "pattern") or str(Series.model_fields["pattern"].default)
        at = source.place((*path, "pattern"))
        said = numbers.fault_of(pattern, source.text_at(*path, "restart") or "yearly")
        same = next((other for text, other in sound if not said and numbers.can_be_the_same(text, pattern)), None)
        if said:
            hint = 'write such as "{year}-{number:04}" or "INV{number:06}"'
            yield source.problem(Code.BAD_PATTERN, at, f"the pattern '{shortened(pattern)}' {said}", hint)
        elif same:
            message = f"'{shortened(pattern)}' can make the same numbers as the series on line {source.place(same)[0]}"
            yield source.problem(Code.SAME_NUMBERS, at, message, "begin one of them with other letters, such as CN-")
        else:
            sound.append((pattern, path))


def _kinds(source: Source) -> Iterator[Problem]:
    """Each kind of invoice gets its numbers from one series."""
    series = source.under("invoicing", "series")
    written = [(path, source.get(*path, "for")) for path in series]
    for kind in INVOICE_KINDS:
        its = [path for path, kinds in written if not isinstance(kinds, list) or kind in kinds]
        if series and len(its) != 1:
            message = f"invoices of the kind '{kind}' have {'more than one' if its else 'no'} series"
            hint = f"write each of {', '.join(INVOICE_KINDS)} into the 'for' of one series"
            at = source.place((*its[1], "for")) if its else source.key_place(("invoicing", "series"))
            yield source.problem(Code.SERIES_KINDS, at, message, hint)


def _roles(provider: Source, routing: Source) -> Iterator[Problem]:
    people = provider.get("people")
    roles = list(people) if isinstance(people, dict) else []
    named: list[tuple[Source, Path]] = [(provider, ("signer",))]
    named += [(routing, (*path, "owner")) for path in routing.under("actions")]
    for source, path in named:
        role = source.text_at(*path)
        if role and roles and role not in roles:
            message = f"role '{shortened(role)}' is not among the people of provider.yaml"
            yield source.problem(Code.HOUSE_UNKNOWN_ROLE, source.place(path), message, choices(role, roles))


def _action_ids(routing: Source) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path in routing.under("actions"):
        written = routing.text_at(*path, "id")
        if written and written in first:
            message = f"the action's id '{shortened(written)}' is already on line {routing.place(first[written])[0]}"
            yield routing.problem(Code.HOUSE_ACTION_TWICE, routing.place((*path, "id")), message, "choose another id")
        elif written:
            first[written] = path


def _template(manifest: Source, path: Path) -> Iterator[Problem]:
    written = manifest.text_at(*path, "template")
    if not written:
        return
    at, suffix = manifest.place((*path, "template")), PurePosixPath(written).suffix
    if _is_elsewhere(written):
        message = f"template '{shortened(written)}' must lie in templates/ itself, and not be hidden"
        yield manifest.problem(Code.BAD_TEMPLATE, at, message, "write its name without folders")
    elif suffix not in PRODUCES:
        message = f"template '{shortened(written)}' is of a kind that cannot be filled in"
        hint = did_you_mean(suffix.lower(), PRODUCES) or f"its name must end with {', '.join(PRODUCES)}"
        yield manifest.problem(Code.BAD_TEMPLATE, at, message, hint)


def _is_elsewhere(name: str) -> bool:
    """Whether a file's name leads to another folder, or is hidden."""
    return "/" in name or "\\" in name or ":" in name or name.startswith(HIDDEN)


def _target(manifest: Source, path: Path) -> Iterator[Problem]:
    written = manifest.text_at(*path, "target")
    if not written:
        return
    suffix = PRODUCES.get(PurePosixPath(manifest.text_at(*path, "template") or "").suffix)
    words = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "x", written)
    message = f"target '{shortened(written)}' "
    if _is_elsewhere(words) or re.search(r'[<>"|?*]', words) or RESERVED.fullmatch(words) or words != words.strip(" "):
        message, hint = message + "is not the name of a file", "write a name without folders, such as letter.docx"
    elif suffix and not words.endswith(suffix):
        message, hint = message + f"does not end with {suffix}", "a document's kind follows from its template"
    elif manifest.text_at(*path, "each") == "invoice" and words == written:
        message, hint = message + "is the same for every invoice", f"write such as '{{{{ invoice.file }}}}{suffix}'"
    else:
        return
    yield manifest.problem(Code.BAD_TARGET, manifest.place((*path, "target")), message, hint)


def _filled_in(manifest: Source, path: Path) -> Iterator[Problem]:
    """Only a workbook made once for a deal can be read back."""
    written = (manifest.text_at(*path, "filled_in") or "no").casefold()
    is_slip = (manifest.text_at(*path, "template") or "").endswith(".xlsx") and manifest.text_at(
        *path, "each"
    ) != "invoice"
    if written in {"yes", "true"} and not is_slip:
        message = f"'{path[-1]}' cannot be read back when people have filled it in"
        at = manifest.place((*path, "filled_in"))
        yield manifest.problem(Code.BAD_TEMPLATE, at, message, "only a workbook (.xlsx) made once for a deal can be")


def _same_targets(manifest: Source) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path in manifest.under("documents"):
        written = (manifest.text_at(*path, "target") or "").casefold()
        if written and written in first:
            message = f"'{path[-1]}' has the same target as '{first[written][-1]}'; capital letters make no difference"
            at = manifest.place((*path, "target"))
            yield manifest.problem(Code.SAME_TARGET, at, message, "choose another name for one of them")
        elif written:
            first[written] = path
