from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generator import load, validate
from tests.making import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parent / "deals"
GOOD = sorted((CORPUS / "good").glob("*.yaml"))
SCHEMA = validate.schema()


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of every mapping, with its schema."""
    for definition in (SCHEMA, *SCHEMA["$defs"].values()):
        yield from definition["properties"].items()


def conforms(value: Any, node: dict[str, Any]) -> bool:
    """Whether a tree of texts has the schema's keys and choices; kinds of scalars are the reader's business."""
    if "$ref" in node:
        return conforms(value, SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    if "anyOf" in node:
        return any(conforms(value, branch) for branch in node["anyOf"])
    if isinstance(value, dict):
        free = next(iter(node.get("patternProperties", {}).values()), None)
        nodes = {key: node.get("properties", {}).get(key) or free for key in value}
        missing = set(node.get("required", [])) - set(value)
        return not missing and all(inner and conforms(value[key], inner) for key, inner in nodes.items())
    if isinstance(value, list):
        return "items" in node and all(conforms(item, node["items"]) for item in value)
    return node.get("type") not in ("object", "array") and value in node.get("enum", [value])


def test_every_key_is_described() -> None:
    described = [bool(value.get("description")) for _, value in properties()]
    assert len(described) >= 60
    assert all(described)


def test_what_a_person_must_write_is_required_and_nothing_else() -> None:
    required = ["client", "signed", "starts", "plan", "servers", "workstations", "setup", "monthly"]
    assert SCHEMA["required"] == required
    assert SCHEMA["$defs"]["Client"]["required"] == ["name", "address", "contact"]
    assert SCHEMA["$defs"]["Billing"]["required"] == []
    assert "id" not in SCHEMA["properties"]


def test_numbers_may_be_texts_and_texts_numbers() -> None:
    price, code = SCHEMA["$defs"]["Line"]["properties"]["price"], SCHEMA["$defs"]["Address"]["properties"]["street"]
    assert [branch["type"] for branch in price["anyOf"]] == ["number", "string"]
    assert (price["minimum"], price["maximum"]) == (0, 999999999.99)
    assert code["type"] == ["string", "number"]


def test_patterns_are_in_the_notation_of_json_schema() -> None:
    assert "^[a-z0-9]+" in SCHEMA["properties"]["plan"]["pattern"]
    assert "\\A" not in str(SCHEMA)


@pytest.mark.parametrize("path", SAMPLES + GOOD, ids=lambda path: path.stem)
def test_good_deals_conform(path: Path) -> None:
    assert conforms(load.read(path, path.name).data, SCHEMA)


@pytest.mark.parametrize(
    "name",
    ["key-misspelt", "key-unknown", "paid-by-unknown", "key-missing-in-contact", "notes-as-a-list", "id-written"],
)
def test_faulty_deals_do_not(name: str) -> None:
    assert not conforms(load.read(CORPUS / "bad" / f"{name}.yaml", name).data, SCHEMA)
