"""Merging: chosen records become one file for the printer, or a file for each; a record with a fault is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from generator.account import Written
from generator.deal import Deal
from generator.errors import Faults, Misuse, Problem, did_you_mean
from generator.merge import addressbook
from generator.merge.gathering import day_of, deal_of, stop_at
from generator.merge.outbox import MERGED
from generator.naming import alike, is_cut, portable
from generator.provider import PRODUCES
from generator.reading import opened_template
from generator.recipients import Fields, kind
from generator.render import Pages, texts
from generator.templating import FILLING_ERRORS
from generator.work import INVOICE_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from generator.merge.gathering import Gathering
    from generator.recipients import Recipient
    from generator.render import Template
    from generator.work import Figures
    from generator.workspace import Workspace

#: What the lint says of a value that is not there at all; what a value lacks reads otherwise.
_MISSING = re.compile(r"there is no value '(\w+)'")

#: The name of a record's file where no pattern is given: its deal (and invoice), or its row.
PATTERN = "{{ record.key }}"


@dataclass(slots=True)
class Merged:
    """What became of a merge: the files, how many letters are in them, on how many pages where that can be told.

    `note` says what else is to be told.
    """

    files: list[Written] = field(default_factory=list)
    letters: int = 0
    pages: int = 0
    note: str = ""


def opened(found: Gathering, *, together: bool = False) -> Template:
    """The template of a merge, held against what its records have. Raises Faults; warnings are noted."""
    path = cast("Path", found.subject.template)
    template = opened_template(path, found.template_environment)
    problems = template.problems(together_known(found) if together else found.known)
    faults = tuple(advised(problem, found) for problem in problems)
    if found.table:
        faults = once_each(faults)
    stop_at(faults)
    found.problems += faults
    return template


def advised(problem: Problem, found: Gathering) -> Problem:
    """A problem with what a person may do about it in a merge, where a value is missing."""
    missing = _MISSING.fullmatch(problem.message)
    if not missing:
        return problem
    name = missing[1]
    if name == "records":
        return replace(problem, hint="use --together: it fills in the template once, with all records")
    if name == "invoice" and not found.table:
        return replace(problem, hint="use --each invoice")
    if name in INVOICE_VALUES:
        return replace(problem, hint=f'--map "COLUMN={name}.…" takes it from a column')
    return replace(problem, hint=f"{problem.hint and problem.hint + ' Or '}give it to all with --set {name}=…")


def all_used(found: Gathering) -> None:
    """Raise Misuse for a value of `--set` that nothing asks for."""
    for name in found.given:
        kind = found.known[name]
        if not kind.asked:
            hint = did_you_mean(name, kind.others)
            message = f"--set {name}: nothing asks for this value{hint and f' ({hint})'}"
            raise Misuse(message)


def once_each(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each message once, at its first place: a letter to clients asks for what a spreadsheet lacks at every turn."""
    places: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        places.setdefault((problem.file, problem.code, problem.message), []).append(problem)
    return tuple(
        replace(first, message=f"{first.message}, here and at {len(more)} more places") if more else first
        for first, *more in places.values()
    )


def together_known(found: Gathering) -> dict[str, Any]:
    """Name → type of the values of a template that is filled in once, with all records."""
    one = kind("Record", found.known)
    alone = {name: of for name, of in found.known.items() if name == "provider" or name in found.given}
    return {**alone, "records": tuple[one, ...]}  # type: ignore[valid-type]


def filled(template: Template, found: Gathering) -> Iterator[tuple[Recipient, bytes]]:
    """Each record with its document; one that fails is told and left out."""
    for one in found.records:
        try:
            yield one, template.render(one.values, day_of(one))
        except Faults as faults:
            found.problems += [of_record(one, problem) for problem in faults.problems]


def of_record(one: Recipient, problem: Problem) -> Problem:
    """A fault of filling in a template, told at the record for which it came about."""
    at = f", line {problem.line}" if problem.line else ""
    place = f", {problem.place}" if problem.place else ""
    return one.problem(problem.code, f"{problem.file}{at}{place}: {problem.message}", problem.hint)


def one_file(found: Gathering, template: Template, *, duplex: bool) -> tuple[bytes, Merged]:
    """All records as one document for the printer. Raises Faults where no record is left, and Misuse."""
    suffix = suffix_of(found)
    if suffix == ".xlsx":
        message = "workbooks cannot be put into one another: use --separate, or --together and a loop over `records`"
        raise Misuse(message)
    if isinstance(template, Pages):
        return as_pages(found, template, duplex=duplex)
    if duplex and suffix != ".docx":
        message = f"--duplex belongs to Word and HTML templates; {suffix} files have no pages"
        raise Misuse(message)
    merged = Merged()

    def counted() -> Iterator[bytes]:
        for _, content in filled(template, found):
            merged.letters += 1
            yield content

    if suffix == ".docx":
        from generator.render.word.join import joined  # noqa: PLC0415 -- only here

        before = len(found.problems)
        content = joined(some(counted(), found, before), duplex=duplex)
    else:
        content = b"".join(map(line_ended, some(counted(), found, len(found.problems))))
    return content, merged


def line_ended(text: bytes) -> bytes:
    """A text that the next one does not run into."""
    return text if not text or text.endswith(b"\n") else text + b"\n"


def some(contents: Iterator[bytes], found: Gathering, before: int) -> Iterator[bytes]:
    """Pass on contents. Raises Faults if there are none, with what was told since."""
    first = next(contents, None)
    if first is None:
        told, found.problems[before:] = found.problems[before:], []
        raise Faults([*told, *nothing_left(found)])
    yield first
    yield from contents


def nothing_left(found: Gathering) -> list[Problem]:
    """What to say where no record is left to merge."""
    where = found.table.file if found.table else "the deals"
    why = f"{found.trail}; each of these has a fault" if found.records else found.trail
    return [Problem(where, "M530", f"no record is left to merge ({why})")]


def as_pages(found: Gathering, template: Pages, *, duplex: bool) -> tuple[bytes, Merged]:
    """All records as one PDF with an outline. Raises Faults where no record is left."""
    from generator.render.binding import Part, bound  # noqa: PLC0415 -- WeasyPrint is slow to import
    from generator.render.stitching import pages_in  # noqa: PLC0415 -- pikepdf likewise

    if not found.records:
        raise Faults(nothing_left(found))
    records: dict[str, Recipient] = {}
    problems: list[Problem] = []

    def parts() -> Iterator[Part]:
        for one in found.records:
            try:
                part = Part(template, template.text(one.values), bookmarks(one, records))
            except Faults as faults:
                problems.extend(of_record(one, problem) for problem in faults.problems)
                continue
            records[part.place] = one
            yield part

    left_out: list[Problem] = []
    try:
        made = bound(parts(), day_of(found.records[0]), title=title_of(found), duplex=duplex, left_out=left_out)
    except Faults as faults:
        left_out += faults.problems
        made = b""
    problems += [of_part(records, problem) for problem in left_out]
    if not made:
        raise Faults([*problems, *nothing_left(found)])
    found.problems += problems
    faulty = {problem.place for problem in left_out}
    return made, Merged(letters=len(records.keys() - faulty), pages=pages_in(made))


def of_part(records: Mapping[str, Recipient], problem: Problem) -> Problem:
    """A fault of laying out a part, told at its record."""
    one = records.get(problem.place)
    return of_record(one, replace(problem, place="")) if one else problem


def bookmarks(one: Recipient, taken: Mapping[str, Recipient]) -> tuple[str, ...]:
    """Where a record stands in the outline: under its client if it is an invoice; told from others by its key."""
    deal = one.values.get("deal")
    if isinstance(deal, Deal):  # a column may be called so
        names = [deal.client.billing_name]
        invoice = one.values.get("invoice")
        names += [f"{cast('Any', invoice).number or cast('Any', invoice).file}"] if invoice else []
    else:
        names = [next((text for text in one.values.values() if isinstance(text, str) and text), one.key)]
    if ", ".join(names) in taken:
        names[-1] = f"{names[-1]} ({one.key})"
    return tuple(names)


def title_of(found: Gathering) -> str:
    """What a merged document is called inside of it."""
    return found.subject.name.replace("-", " ").replace("_", " ").capitalize()


def together(found: Gathering, template: Template) -> tuple[bytes, Merged]:
    """One document with all records in it: the template is filled in once, and loops over `records`. Raises Faults."""
    if not found.records:
        raise Faults(nothing_left(found))
    records = tuple(Fields(one.values) for one in found.records)
    values = {**found.given, "provider": found.opened.house.provider, "records": records}
    content = template.render(values, day_of(found.records[0]))
    return content, Merged(letters=len(records))


def names_of(found: Gathering, pattern: str, suffix: str) -> list[str]:
    """The name of each record's own file; a record that gets none is told and left out.

    Raises Faults for names that are one file, before anything is written, and Misuse for the pattern.
    """
    for _, message, hint in texts.faults_in(pattern, found.plain, found.known):
        told = f'--name "{pattern}": {message}' + (f" ({hint})" if hint else "")
        raise Misuse(told)
    made = found.plain.from_string(pattern.removesuffix(suffix))
    names: list[str] = []
    kept: list[Recipient] = []
    for one in found.records:
        try:
            whole = made.render(dict(one.values))
        except FILLING_ERRORS as error:
            found.problems.append(one.problem("M531", f"its file's name: {error}"))
            continue
        name = portable(whole)
        if is_cut(whole):
            found.problems.append(cut_short(one, f"{name}{suffix}"))
        if not name:
            found.problems.append(one.problem("M531", "its file's name would be empty", "use another --name"))
            continue
        names.append(f"{name}{suffix}")
        kept.append(one)
    found.records = kept
    stop_at(clashes(kept, names))
    return names


def cut_short(one: Recipient, name: str) -> Problem:
    """A warning of a name that is longer than files may be called."""
    hint = "cut a value in --name: {{ client.name | truncate(40, true, '') }}, or put what counts first"
    told = one.problem("M533", f"its file's name is too long, and was cut to '{name}'", hint)
    return replace(told, severity="warning")


def clashes(records: Sequence[Recipient], names: Sequence[str]) -> Iterator[Problem]:
    """A problem for each record whose file's name another one has."""
    for first, second in alike(names):
        other = records[first]
        where = f"{other.file}:{other.line}" if other.line else other.key
        hint = "put something into --name that tells them apart, such as {{ record.key }}"
        yield records[second].problem("M532", f"its file's name '{names[second]}' is that of {where} too", hint)


def separate(found: Gathering, template: Template, names: Sequence[str], folder: Path) -> Iterator[tuple[Path, bytes]]:
    """A file for each record."""
    named = {one.key: name for one, name in zip(found.records, names, strict=True)}
    for one, content in filled(template, found):
        yield folder / named[one.key], content


def contact_list(found: Gathering) -> bytes:
    """The address book of the deals, each once. Raises Faults where there are none, and Misuse for a spreadsheet's."""
    if found.table:
        message = "--data-out writes a list of deals; a spreadsheet is one already"
        raise Misuse(message)
    if not found.records:
        raise Faults(nothing_left(found))
    found.records = list({deal_of(one).id: one for one in reversed(found.records)}.values())[::-1]
    country = found.plain.filters["country"]
    plans = found.opened.house.provider.plans
    return addressbook.as_csv(
        addressbook.row(deal, plans[deal.plan], cast("Figures", one.values["figures"]), country)
        for one in found.records
        for deal in [deal_of(one)]
    )


def suffix_of(found: Gathering) -> str:
    """The suffix of the documents that a merge makes."""
    if found.subject.template is None:
        return ".pdf"
    suffix = found.subject.template.suffix.lower()
    return PRODUCES.get(suffix, suffix)


def place_for(workspace: Workspace, output: Path | None, name: str) -> Path:
    """Where a merged file goes: `output`, a file or a folder that there is; or the folder for merged files."""
    if output is None:
        return workspace.output / MERGED / name
    return output / name if output.is_dir() else output
