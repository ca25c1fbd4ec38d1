"""The house stands as drawn: nouns below stages, stages below the conductors, conductors below the doors.

Imports are read from the source, those inside functions and for annotations too.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest

from tests.making import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "generator"

#: What the stages speak of. They import one another and nothing above.
NOUNS = {
    "__init__", "account", "addressing", "cldr", "codes", "confidential", "content", "customs", "days", "deal",
    "deal_checks", "errors", "fields", "files", "house_checks", "ledger", "limits", "locking", "mail", "merge.matching",
    "money", "naming", "numbers", "order", "provider", "questions", "recipients", "record", "scalars", "schema",
    "source", "stationery", "templating", "wording", "work", "workspace",
}  # fmt: skip

#: What happens, in the order in which the data meets it; then what stands beside it. They import nouns only.
STAGES = {"load", "validate", "compute", "plan", "slip", "render", "write", "report", "status"} | {
    "doctor", "inputs", "revision", "starter", "watch", "workers",
    "invoicing.amending", "invoicing.auditing", "invoicing.crediting", "invoicing.numbering", "invoicing.overview",
    "merge.addressbook", "merge.choosing", "merge.contacts", "merge.drafts", "merge.post",
}  # fmt: skip

#: What knows the order of the stages. Each imports its like, and what stands below.
CONDUCTORS = {
    "reading", "handover", "staging", "standings", "workshop", "cluster", "batch", "making", "run", "pipeline",
    "invoicing", "invoicing.books", "invoicing.credits", "invoicing.keeping", "invoicing.memory", "invoicing.portfolio",
    "merge", "merge.emailing", "merge.gathering", "merge.merging", "merge.outbox", "merge.printing",
}  # fmt: skip

#: What the user meets.
DOORS = {"cli"}

PLACES = NOUNS | STAGES | CONDUCTORS | DOORS

#: Outside library → the modules where it is at home; "render" stands for all its modules.
HOMES = {
    "babel": {"cldr", "money", "templating"},
    "charset_normalizer": {"merge.contacts"},
    "click": {"cli"},
    "dateutil": {"days"},
    "distributed": {"cluster"},
    "holidays": {"days"},
    "jinja2": {"merge.choosing", "render", "templating"},
    "lxml": {"render"},
    "markdown_it": {"render"},
    "markupsafe": {"render"},
    "openpyxl": {"merge.contacts", "render", "slip"},
    "pikepdf": {"render"},
    "psutil": {"limits"},
    "pydantic": {"deal", "deal_checks", "fields", "provider", "questions", "render", "templating", "wording"},
    "pydantic_core": {"fields", "wording"},
    "rich": {"invoicing.overview", "status"},
    "stdnum": {"confidential"},
    "watchfiles": {"watch"},
    "weasyprint": {"doctor", "render"},
    "yaml": {"load"},
}


@cache
def imports() -> dict[str, frozenset[str]]:
    """Module ("render.html") → the full names of all that it imports."""
    folder = ROOT / PACKAGE
    found = {}
    for path in folder.rglob("*.py"):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = frozenset(imported(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full, so that this test can read them"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(module: str) -> set[str]:
    """Those of our modules that a module imports."""
    names = {full.removeprefix(f"{PACKAGE}.") for full in imports()[module] if full.startswith(f"{PACKAGE}.")}
    return {known for name in names if (known := longest_known(name))} - {module}


def longest_known(name: str) -> str:
    """The module of ours in which a full name lies: "render.html" for "render.html.HtmlTemplate"."""
    while name and name not in imports():
        name = name.rpartition(".")[0]
    return name or "__init__"


def room(module: str) -> str:
    """The place that a module belongs to: "render" for "render.html", "merge.post" for "merge.post.log"."""
    name = module
    while name not in PLACES and "." in name:
        name = name.rpartition(".")[0]
    return name


def allowed(module: str) -> set[str]:
    """The rooms that a module may import from."""
    if module in NOUNS:
        return NOUNS
    if room(module) in STAGES:
        return NOUNS | {room(module)}
    if module in CONDUCTORS:
        return NOUNS | STAGES | CONDUCTORS
    return NOUNS | STAGES | CONDUCTORS | DOORS


def test_what_is_looked_at_is_the_real_house() -> None:
    edges = sum(len(own(module)) for module in imports())
    assert len(imports()) >= 50
    assert edges >= 150
    assert {"pipeline", "render.html", "render.docx", "render.xlsx"} <= set(imports())


def test_every_module_has_its_place() -> None:
    rooms = {room(module) for module in imports()}
    assert rooms == PLACES | {"__main__"}


@pytest.mark.parametrize("module", sorted(imports()))
def test_modules_import_only_what_stands_below_them(module: str) -> None:
    assert {room(other) for other in own(module)} <= allowed(module)


def test_each_outside_library_is_at_home_where_the_map_says_and_nowhere_else() -> None:
    homes: dict[str, set[str]] = {}
    for module, names in imports().items():
        for library in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {PACKAGE}:
            homes.setdefault(library, set()).add(room(module))
    assert homes == HOMES


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", line)[0].lower() for line in project["dependencies"]}
    used = {name.lower() for library in HOMES for name in packages_distributions()[library]}
    assert len(declared) > 10
    assert declared <= used


def test_only_conductors_and_doors_know_several_stages() -> None:
    knowing = {module for module in imports() if len({room(o) for o in own(module)} & STAGES - {room(module)}) > 1}
    assert {"pipeline", "run"} <= knowing
    assert {room(module) for module in knowing} <= CONDUCTORS | DOORS


def test_no_module_is_called_utils() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "base"}
    assert {module for module in imports() if set(module.split(".")) & vague} == set()
