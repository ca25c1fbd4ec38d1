"""Texts and conditions that stand in YAML files: the lint of their tags, held against the values they will be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError

from generator.codes import Code
from generator.render.names import findings
from generator.work import INVOICE_VALUES, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generator.errors import Problem
    from generator.source import Path, Source
    from generator.templating import Sandbox

#: What an action's condition and words may name: all that a document may, but for the rows of the routing slip.
ACTION_VALUES: Mapping[str, Any] = {
    name: kind for name, kind in VALUES.items() if name not in {"actions", "added", "kept"}
}


def house_problems(routing: Source, manifest: Source, environment: Sandbox) -> Iterator[Problem]:
    """Every fault in the conditions and words of the checklist, and in the conditions and targets of the documents."""
    for path in routing.under("actions"):
        yield from problems_of(routing, environment, path, ACTION_VALUES, ("action",))
    for path in manifest.under("documents"):
        known = VALUES if manifest.text_at(*path, "each") in {None, "deal"} else INVOICE_VALUES
        yield from problems_of(manifest, environment, path, known, ("target",))


def deal_problems(source: Source, environment: Sandbox) -> Iterator[Problem]:
    """Every fault in the actions that a deal adds."""
    for path in source.under("routing", "add"):
        yield from problems_of(source, environment, path, ACTION_VALUES, ("action",))


def problems_of(
    source: Source, environment: Sandbox, path: Path, known: Mapping[str, Any], texts: tuple[str, ...]
) -> Iterator[Problem]:
    """The faults of the texts under a path, and of its `when`."""
    for key in (*texts, "when"):
        written = source.text_at(*path, key)
        if written is not None:
            template = f"{{% if {written} %}}{{% endif %}}" if key == "when" else written
            at = source.place((*path, key))
            for code, message, hint in faults_in(template, environment, known):
                yield source.problem(code, at, f"{key}: {message}", hint)


def faults_in(template: str, environment: Sandbox, known: Mapping[str, Any]) -> Iterator[tuple[Code, str, str]]:
    """Code, message and hint of a fault of syntax, or of each name that is not there."""
    try:
        tree = environment.parse(template)
    except TemplateSyntaxError as error:
        yield Code.BAD_TEXT, error.message or "", ""
        return
    for finding in findings(tree, known, environment):
        yield Code.UNKNOWN_NAME, finding.message, finding.hint
