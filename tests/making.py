"""Deals and providers for tests: the sample files of the repository, with changes written as YAML text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator import compute, load, plan, validate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generator.deal import Deal
    from generator.provider import House
    from generator.work import Figures, Job

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
SAMPLES = sorted((ROOT / "deals").glob("*.yaml"))

#: The smallest deal: tests write over it what they are about.
SMALLEST = """
client: {name: Acme, address: {street: 1 Main Street, city: Portland}, contact: {name: Ann Lee}}
signed: 2026-11-16
starts: 2026-12-01
plan: gold
servers: 2
workstations: 14
setup: {paid_by: card}
monthly: {paid_by: card}
"""


@cache
def house(**terms: str) -> House:
    """The repository's own `templates/`; `terms` overrule provider.yaml's terms, as YAML text."""
    sources = [load.read(TEMPLATES / f"{name}.yaml", f"{name}.yaml") for name in ("provider", "routing", "documents")]
    return changed(validate.house(*sources), terms)


def changed(made: House, terms: Mapping[str, str]) -> House:
    """A house with other terms."""
    if not terms:
        return made
    values = {**made.provider.terms.model_dump(), **terms}
    kept = type(made.provider.terms).model_validate(values)
    return made.model_copy(update={"provider": made.provider.model_copy(update={"terms": kept})})


def deal(text: str = "", *, over: str = SMALLEST, within: House | None = None, name: str = "acme") -> Deal:
    """A validated deal: the keys of `text` (YAML) over those of `over`."""
    data: dict[str, Any] = {**_mapping(over), **_mapping(text)}
    source = load.parse(_yaml(data), f"{name}.yaml")
    made, _ = validate.deal(source, name, within or house())
    return made


def figures(text: str = "", **terms: str) -> Figures:
    """The figures of a deal, under the provider's terms as changed by `terms`."""
    within = house(**terms)
    return compute.figures(deal(text, within=within), within.provider)


def jobs(text: str = "") -> tuple[Job, ...]:
    """The planned packet of a deal."""
    made = deal(text)
    return plan.jobs(made, house(), compute.figures(made, house().provider))


def _mapping(text: str) -> dict[str, Any]:
    data = load.parse(text, "text").data if text.strip() else {}
    assert isinstance(data, dict)
    return data


def _yaml(data: object) -> str:
    """Flow YAML of a tree of mappings, lists and texts; JSON is YAML."""
    return json.dumps(data, ensure_ascii=False)
