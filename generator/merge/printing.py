"""Printing: records become labels or envelopes; an address that cannot fit is told, and the others are printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator import stationery
from generator.addressing import block
from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.merge import matching
from generator.merge.gathering import deal_of
from generator.merge.merging import Merged, nothing_left, of_record
from generator.render import texts
from generator.stationery import ENVELOPES, SHEETS
from generator.templating import FILLING_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from generator.merge.gathering import Gathering
    from generator.recipients import Recipient

    Text = tuple[str, ...]
    T = TypeVar("T")

_NUMBER = re.compile(r"(?:label|envelope) (\d+)")


def labels(
    found: Gathering, name: str, start: tuple[int, int], text: Path | None, *, outline: bool
) -> tuple[bytes, Merged]:
    """Sheets of labels. Raises Faults where none is left, and Misuse for a sheet that is not known."""
    from generator.render import labels as making  # noqa: PLC0415 -- WeasyPrint is slow to import

    sheet = named(name, SHEETS, "sheet")
    look = making.LabelLook(language=language(found))
    return fitted(found, text, lambda blocks: making.labels(blocks, sheet, look, start=start, outline=outline))


def envelopes(found: Gathering, name: str, text: Path | None, *, sender: bool = True) -> tuple[bytes, Merged]:
    """Envelopes, with the provider as their sender if that is not printed on them. Raises as `labels` does."""
    from generator.render import labels as making  # noqa: PLC0415 -- as above

    size = named(name, ENVELOPES, "envelope")
    provider = found.opened.house.provider
    corner = block(provider.address, provider.name, home=provider.address.country) if sender else ()
    look = making.LabelLook(language=language(found), title="Envelopes")
    return fitted(found, text, lambda blocks: making.envelopes(blocks, size, corner, look))


def language(found: Gathering) -> str:
    """The provider's language, for programs that read a document aloud."""
    return found.opened.house.provider.locale.partition("_")[0]


def named(name: str, known: Mapping[str, T], what: str) -> T:
    """The sheet or envelope of that name, however it is written. Raises Misuse."""
    made = stationery.found(name, known)
    if made is None:
        hint = did_you_mean(name, known) or f"there are {', '.join(stationery.usual(known))}, and those cut alike"
        message = f"there is no {what} '{name}' ({hint})"
        raise Misuse(message)
    return made


def fitted(found: Gathering, text: Path | None, make: Callable[[Sequence[Text]], bytes]) -> tuple[bytes, Merged]:
    """Make the sheets, without the records whose text does not fit; those are told. Raises Faults."""
    blocks, made = blocks_of(found, text), b""
    while blocks and not made:
        try:
            made = make([lines for _, lines in blocks])
        except Faults as faults:  # numbered among those that are left
            told = {number_in(problem): problem for problem in faults.problems}
            problems = [of_record(blocks[at - 1][0], one) if at else one for at, one in told.items()]
            if None in told:
                raise Faults(problems) from None
            found.problems += problems
            blocks = [one for at, one in enumerate(blocks, 1) if at not in told]
    if not made:
        told_before, found.problems = found.problems, []
        raise Faults([*told_before, *nothing_left(found)])
    from generator.render.stitching import pages_in  # noqa: PLC0415 -- pikepdf is slow to import

    return made, Merged(letters=len(blocks), pages=pages_in(made))


def number_in(problem: Problem) -> int | None:
    """The number of the label that a problem is about; None for one that is about something else."""
    match = _NUMBER.fullmatch(problem.place)
    return int(match[1]) if match else None


def blocks_of(found: Gathering, text: Path | None) -> list[tuple[Recipient, Text]]:
    """Each record with the lines of its address; one that has none is told."""
    lines_of = by_text(found, text) if text else by_columns(found) if found.table else by_deal(found)
    made: list[tuple[Recipient, Text]] = []
    for one in found.records:
        try:
            lines = tuple(line.strip() for line in lines_of(one) if line.strip())
        except FILLING_ERRORS as error:
            found.problems.append(one.problem("M534", f"{text or 'its address'}: {error}"))
            continue
        if lines:
            made.append((one, lines))
        else:
            found.problems.append(one.problem("M534", "there is nothing to print: its address is empty"))
    return made


def by_text(found: Gathering, text: Path) -> Callable[[Recipient], Sequence[str]]:
    """The lines that a text template gives. Raises Faults for what is wrong with it."""
    try:
        source = text.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Faults([Problem(str(text), "T102", f"cannot be read as UTF-8 text: {error}")]) from error
    found_in = texts.faults_in(source, found.plain, found.known)
    faults = [Problem(str(text), str(code), message, hint=hint) for code, message, hint in found_in]
    if faults:
        raise Faults(faults)
    template = found.plain.from_string(source)
    return lambda one: template.render(dict(one.values)).splitlines()


def by_deal(found: Gathering) -> Callable[[Recipient], Sequence[str]]:
    """The contact, the client and its address, by the custom of its country."""
    provider = found.opened.house.provider

    def lines(one: Recipient) -> Sequence[str]:
        client = deal_of(one).client
        home = provider.address.country
        return block(client.address, client.contact.name, client.name, home=home, locale=provider.locale)

    return lines


def by_columns(found: Gathering) -> Callable[[Recipient], Sequence[str]]:
    """The columns that are called like the parts of an address. Raises Misuse where there are too few."""
    columns = matching.matched(found.table.names if found.table else ())
    if not columns.keys() & {"name", "last", "company"} or not columns.keys() & {"street", "city"}:
        message = "no columns are called like a name and an address; say with --text FILE what to print, or --map them"
        raise Misuse(message)
    provider = found.opened.house.provider

    def lines(one: Recipient) -> Sequence[str]:
        parts = matching.parts_of(one.values, columns)
        home = provider.address.country
        return block(parts, *matching.names_in(parts), home=home, locale=provider.locale, customs=found.customs)

    return lines
