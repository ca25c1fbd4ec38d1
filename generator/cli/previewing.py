"""Previewing: a merge's records as text for people, before or after anything is made of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.report import counted, problem_as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.account import Written
    from generator.errors import Problem
    from generator.merge.gathering import Gathering
    from generator.merge.merging import Merged
    from generator.recipients import Recipient, Table

#: The same in every record, and what stands there under another name too: it would only hide the rest.
SHARED = ("provider.", "deal.client.")
EMPTY = "(empty)"


def preview(record: Recipient, number: int, count: int, lines: Sequence[str] | None = None) -> str:
    """A record's values under the names that a template calls them by, the empty ones marked; or its `lines`."""
    head = f"Record {number} of {count}: {where(record)}"
    if lines is not None:
        return "\n".join([head, *(f"  {line}" for line in lines)]) + "\n"
    pairs = [(name, text) for name, text in flat(record.values) if not name.startswith(SHARED)]
    width = min(max((len(name) for name, _ in pairs), default=0), 40)
    return "\n".join([head, *(f"  {name:<{width}}  {text}" for name, text in pairs)]) + "\n"


def where(record: Recipient) -> str:
    """A record's place: its file and row, or its deal and file."""
    return f"{record.file}:{record.line}" if record.line else f"{record.key} ({record.file})"


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every value within a value, as a template would name it, and as text."""
    inner = parts(value)
    if inner is None:
        yield name, EMPTY if value is None or value == "" else " ⏎ ".join(str(value).splitlines())
    elif not inner:
        yield name, EMPTY
    for key, one in (inner or {}).items():
        yield from flat(one, f"{name}{key}" if key.startswith("[") or not name else f"{name}.{key}")


def parts(value: object) -> Mapping[str, object] | None:
    """What a value holds, by name; None for one that is a text, a number, a day."""
    if names := getattr(type(value), "model_fields", None):
        return {key: getattr(value, key) for key in names}
    if isinstance(value, Mapping):
        return {str(key): one for key, one in value.items()}
    if isinstance(value, tuple | list):
        return {f"[{at}]": one for at, one in enumerate(value)}
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return None


def columns(table: Table) -> str:
    """The columns of a spreadsheet and what templates call them, line by line."""
    width = max((len(title) for title in table.header), default=0)
    lines = [
        f"  {title:<{width}}  {{{{ {name} }}}}" for title, name in zip(table.header, table.names, strict=True) if name
    ]
    return "\n".join([f"Columns of {table.file}:", *lines]) + "\n"


def listing(records: Sequence[Recipient], names: Sequence[str]) -> str:
    """A line for each record: its place in the merge, where it stands, and the file's name if it has one of its own."""
    width = max((len(where(one)) for one in records), default=0)
    return "".join(
        f"{at:>5}  {where(one):<{width}}  {name}".rstrip() + "\n"
        for at, (one, name) in enumerate(zip(records, names, strict=True), 1)
    )


def summary(found: Gathering, merged: Merged, options: Mapping[str, Any]) -> str:
    """What was merged, in a few sentences."""
    said = [merged.note or made(merged, noun(found, options))]
    faults = faulty(found.problems)
    said += [f"{counted(len(faults), 'fault')}: see above."] if faults else []
    said += (
        [f"{counted(len(found.doubled), 'record')} left out because one like it came before."] if found.doubled else []
    )
    return " ".join(said) + "\n"


def faulty(problems: Iterable[Problem]) -> set[tuple[str, int, str]]:
    """Where there is a fault: file, line, deal."""
    return {(problem.file, problem.line, problem.deal) for problem in problems if problem.severity == "error"}


def made(merged: Merged, what: str) -> str:
    """How much was made, and what became of the files: those that were left as they are hold nothing of it."""
    kept = [file for file in merged.files if file.change == "kept"]
    removed = [file for file in merged.files if file.change == "removed"]
    written = [file for file in merged.files if file.change not in {"kept", "removed"}]
    size = f" on {counted(merged.pages, 'page')}" if merged.pages else ""
    said = [f"{counted(merged.letters, what)}{size}{where_to(written)}."] if written or not kept else []
    said = said or ["Nothing was written."]
    said += [f"{kept[0].path if len(kept) == 1 else counted(len(kept), 'file')} stayed as before."] if kept else []
    said += [f"{counted(len(removed), 'file')} of an earlier merge removed."] if removed else []
    return " ".join(said)


def noun(found: Gathering, options: Mapping[str, Any]) -> str:
    """What the records became."""
    if options["email"]:
        return "message" if options["send"] else "draft"
    if options["together"]:
        return "record"
    template = found.subject.template
    by_name = {"labels": "label", "envelopes": "envelope"}
    return by_name.get(found.subject.name, "letter" if template and template.suffix.lower() == ".docx" else "record")


def where_to(files: Sequence[Written]) -> str:
    """The file, or how many there are and where; and what became of them."""
    if not files:
        return ""
    counts = Counter(file.change for file in files)
    changes = ", ".join(f"{counts[change]} {change}" if len(files) > 1 else change for change in counts)
    place = files[0].path if len(files) == 1 else f"{len(files)} files in {Path(files[0].path).parent}"
    return f" in {place} ({changes})"


def as_json(
    document: str, records: Sequence[Recipient], names: Sequence[str], merged: Merged, problems: Sequence[Problem]
) -> str:
    """A merge as one JSON document; the keys are a contract."""
    told = {
        "document": document,
        "records": [
            {"key": one.key, "file": one.file, "line": one.line or None, "number": one.number, "name": name or None}
            for one, name in zip(records, names, strict=True)
        ],
        "letters": merged.letters,
        "pages": merged.pages or None,
        "files": [{"path": file.path, "change": file.change} for file in merged.files],
        "problems": [problem_as_json(problem) for problem in problems],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)
