"""What pydantic finds wrong with a file's shape: at its place in the text, and in the words of the office."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from generator.codes import Code
from generator.errors import Faults, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

    from generator.errors import Problem
    from generator.source import Path, Source

ModelType = TypeVar("ModelType", bound=BaseModel)

#: The four codes of a shape's faults, in a deal and in the files of templates/.
DEAL_CODES = (Code.MISSING, Code.UNKNOWN_KEY, Code.WRONG_KIND, Code.OUT_OF_RANGE)
HOUSE_CODES = (Code.HOUSE_MISSING, Code.HOUSE_UNKNOWN_KEY, Code.HOUSE_WRONG_KIND, Code.HOUSE_OUT_OF_RANGE)

#: What a pattern in the models asks for.
PATTERNS = {
    r"\S": "must not be empty",
    r"\A[a-z0-9]+(?:[-_][a-z0-9]+)*\Z": "must be made of a-z, 0-9, - and _, such as move-dns",
    r"\A[A-Z]{2}\Z": "must be a country code of two capital letters, such as US",
    r"\A[A-Z]{3}\Z": "must be a currency code of three capital letters, such as USD",
    r"\A[0-9]{4}\Z": "must be four digits",
    r"\A[a-z]{2,3}(?:_[A-Za-z0-9]+)*\Z": "must be a locale such as en_US",
    r"\A#[0-9a-fA-F]{6}\Z": 'must be a colour such as "#1f4e5f"',
    r"\A[a-z0-9-]{1,60}\Z": "must be made of a-z, 0-9 and -, at most 60 of them",
}

_LIST = "must be a list: lines that begin with '- ', or [ ]"
_MAPPING = "must be a mapping: lines of 'key: value', or {{ }}"

#: pydantic's type of error → what to say, filled in from its context.
WORDS = {
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": _LIST,
    "string_type": "must be a text, not a list or a mapping",
    "decimal_type": "must be a number such as 1410.00, not a list or a mapping",
    "int_type": "must be a whole number such as 14, not a list or a mapping",
    "date_type": "must be a day such as 2026-12-01, not a list or a mapping",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "model_attributes_type": _MAPPING,
    "string_too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "greater_than_equal": "must not be below {ge}",
    "less_than_equal": "must not be above {le}",
    "too_short": "must have at least one entry",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "must have the rule {expected_tags}",
}
_OUT_OF_RANGE = {"greater_than_equal", "less_than_equal", "string_too_long", "too_short"}

#: How a required key may be written, for the one who left it out.
EXAMPLES = {
    "client": "client: and its name, address and contact below it",
    "client.name": "name: Harbor Dental Group, LLC",
    "client.address": "address: {street: 9 Quay Street, city: Portland, region: OR, postal_code: 97201}",
    "client.contact": "contact: {name: Maria Lindqvist, email: office@harbordental.example}",
    "signed": "signed: 2026-11-16",
    "starts": "starts: 2026-12-01",
    "plan": "plan: gold",
    "servers": "servers: 2",
    "workstations": "workstations: 14",
    "setup": "setup: {paid_by: check}",
    "setup.paid_by": "paid_by: check, card or ach",
    "monthly": "monthly: {paid_by: card}",
    "monthly.paid_by": "paid_by: check, card or ach",
    "lines.every": "every: month or once",
    "credit_notes.invoice": 'invoice: "2026-0007"',
    "credit_notes.dated": "dated: 2027-03-01",
    "credit_notes.lines": "lines: and below it - {description: Managed workstation, amount: 130.00}",
    "credit_notes.lines.amount": "amount: 130.00",
    "plans.setup.rule": "rule: fixed, months, per_device or none",
}


def shaped(
    model: type[ModelType], source: Source, codes: Sequence[Code], given: Mapping[str, object] | None = None
) -> ModelType:
    """The file's data, with what is `given` besides, as a model. Raises Faults with every fault of its shape."""
    data, errors = source.data, []
    made = None
    try:
        made = model.model_validate({**data, **given} if given and isinstance(data, dict) else data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    forbidden = [written_path(source, error["loc"]) for error in errors if error["type"] == "extra_forbidden"]
    forbidden += [(key,) for key in given or ()]
    unknown = [path for path in forbidden if path in source.keys] + _without_value(model, source)
    if made is None or unknown:
        raise Faults(_problems(model, source, codes, errors, unknown))
    return made


def _without_value(model: type[BaseModel], source: Source) -> list[Path]:
    """The paths of the unknown keys that have no value, such as the 400 in `{price: 1,400}`."""
    alone = source.keys.keys() - source.positions.keys()
    return [path for path in alone if str(path[-1]) not in (keys_of(model, path[:-1]) or [str(path[-1])])]


def _problems(
    model: type[BaseModel],
    source: Source,
    codes: Sequence[Code],
    errors: Sequence[ErrorDetails],
    unknown: Sequence[Path],
) -> list[Problem]:
    """A problem for each unknown key, and for each error about what is written or missing from what is written.

    An error in a value that was only inherited from elsewhere in the file is told there.
    """
    found = [_unknown_key(model, source, codes[1], path) for path in unknown]
    misspelt, problems = {meant for meant, _ in found}, [problem for _, problem in found]
    for error in errors:
        path = written_path(source, error["loc"])
        if error["type"] in {"missing", "union_tag_not_found"}:
            missing = (*path, "rule") if error["type"] == "union_tag_not_found" else path
            if _is_written(source, missing[:-1]) and missing not in misspelt:
                problems.append(_missing(source, codes[0], missing))
        elif error["type"] != "extra_forbidden" and _is_written(source, path):
            code = codes[3] if error["type"] in _OUT_OF_RANGE else codes[2]
            problems.append(_wrong(source, code, path, error))
    return problems


def written_path(source: Source, loc: Sequence[int | str]) -> Path:
    """Pydantic's way to an error as the path of keys in the file: without the names of a union's branches."""
    path: Path = ()
    for step in loc:
        found = source.get(*path)
        is_branch = isinstance(found, dict) and step not in found and found.get("rule") == step
        if not is_branch and step != "[key]":
            path = (*path, step)
    return path


def _is_written(source: Source, path: Path) -> bool:
    """Whether a path is written, or is meant by a short form (`servers: 2` for `servers: {count: 2}`)."""
    return not path or source.get(*path) is not None or source.text_at(*path[:-1]) is not None


def dotted(path: Path) -> str:
    """A path in words: its keys with dots between them; which item of a list it is shows by the line."""
    return ".".join(step for step in path if isinstance(step, str)) or "the file"


def _missing(source: Source, code: Code, path: Path) -> Problem:
    """A problem for a required key that is not there, or has nothing after its colon."""
    example = EXAMPLES.get(dotted(path), f"{path[-1]}: …")
    if path in source.keys:
        return source.problem(code, source.keys[path], f"{dotted(path)} has no value", f"write {example}")
    where = f" under '{path[-2]}'" if len(path) > 1 and isinstance(path[-2], str) else ""
    message = f"{dotted(path)} is missing"
    return source.problem(code, source.key_place(path), message, f"add {example}{where}")


def _unknown_key(model: type[BaseModel], source: Source, code: Code, path: Path) -> tuple[Path, Problem]:
    """The path that was probably meant, and the problem."""
    key, names = str(path[-1]), keys_of(model, path[:-1]) or []
    names = [name for name in names if path[:-1] or name not in {"id", "revision"}]
    unused = [name for name in names if (*path[:-1], name) not in source.keys]
    hint = did_you_mean(key.lower(), unused) or f"the keys here are {', '.join(names)}"
    meant = next((name for name in unused if hint == f"did you mean '{name}'?"), "")
    if re.fullmatch(r"[0-9.]+", key):
        hint = "write numbers without commas, such as 1410.00"
    if path == ("id",):
        hint = "a deal's id is the name of its file"
    if path == ("revision",):
        hint = "a deal's revision is what git says"
    problem = source.problem(code, source.key_place(path), f"unknown key '{shortened(key)}'", hint)
    return (*path[:-1], meant), problem


def _wrong(source: Source, code: Code, path: Path, error: ErrorDetails) -> Problem:
    """A problem for a value that cannot be read, or is out of range."""
    context = {key: _plain(value) for key, value in error.get("ctx", {}).items()}
    words = WORDS[error["type"]].format(**context) if error["type"] in WORDS else error["msg"]
    if context.get("class_name") == "Devices":
        words = "must be a whole number such as 14, or {count: 14, price: 65.00}"
    if error["type"] == "string_pattern_mismatch":
        words = PATTERNS.get(context["pattern"], words)
    written = error["input"]
    if isinstance(written, str) and written.strip() and error["type"] != "string_too_long":
        words += f", not '{shortened(written)}'"
    choices = re.findall(r"'([^']+)'", str(error.get("ctx", {}).get("expected", "")))
    hint = did_you_mean(written.lower(), choices) if isinstance(written, str) else ""
    is_key = "[key]" in error["loc"]
    at = source.key_place(path) if is_key else source.place(path)
    return source.problem(code, at, f"{'the key ' if is_key else ''}{dotted(path)} {words}", hint)


def _plain(value: object) -> str:
    """A value from pydantic's context as a person would write it."""
    day = re.fullmatch(r"datetime\.date\((\d+), (\d+), (\d+)\)", str(value))
    if day:
        return date(int(day[1]), int(day[2]), int(day[3])).isoformat()
    if isinstance(value, str) and value.startswith("Decimal("):
        return re.sub(r"[^0-9.]", "", value)
    choices = re.findall(r"'([^']+)'", str(value))
    return f"{', '.join(choices[:-1])} or {choices[-1]}" if len(choices) > 1 else str(value)


def shortened(text: str) -> str:
    """A text short enough to be quoted in a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"  # noqa: PLR2004 -- what fits into a line beside the words


def keys_of(model: type[BaseModel], path: Path) -> list[str] | None:
    """The keys that a mapping at this path may have, by the models; None where any key may be chosen."""
    kinds: list[Any] = [model]
    for step in path:
        if isinstance(step, str):
            kinds = [inner for kind in kinds for inner in _below(kind, step)]
    if any(get_origin(kind) is dict for kind in kinds):
        return None
    return list(dict.fromkeys(name for kind in kinds for name in _fields(kind)))


def _fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401 -- annotations are of any type
    """The keys of a model, as they are written, with their annotations."""
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def _below(kind: Any, key: str) -> Iterator[Any]:  # noqa: ANN401 -- annotations are of any type
    """The models and `dict`s that a key leads to."""
    yield from _mappings(get_args(kind)[1] if get_origin(kind) is dict else _fields(kind).get(key))


def _mappings(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 -- annotations are of any type
    """Every model or `dict` inside an annotation."""
    if get_origin(annotation) is dict or (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        yield annotation
    else:
        for inner in get_args(annotation):
            yield from _mappings(inner)
