"""What the README promises is so: its deal, its figures, its files, every name, option and code."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from generator import compute, load, plan, validate
from generator.cli import cli
from generator.codes import Code
from generator.work import INVOICE_VALUES
from tests.making import ROOT, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.deal import Deal

README = (ROOT / "README.md").read_text(encoding="utf-8")
CODES = (ROOT / "docs/codes.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`\n]+)`", README))


def block(kind: str, number: int = 0) -> str:
    found: list[str] = re.findall(rf"^```{kind}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return found[number]


def example() -> Deal:
    made, _ = validate.deal(load.parse(block("yaml"), "README.md"), "harbor-dental", house())
    return made


def shapes(annotation: Any, seen: set[type]) -> Iterator[type]:
    """Every model and record within an annotation, and within its fields."""
    if isinstance(annotation, type) and annotation not in seen:
        if issubclass(annotation, BaseModel):
            seen.add(annotation)
            yield annotation
            for field in annotation.model_fields.values():
                yield from shapes(field.annotation, seen)
        elif dataclasses.is_dataclass(annotation):
            seen.add(annotation)
            yield annotation
            for hint in typing.get_type_hints(annotation).values():
                yield from shapes(hint, seen)
    for inner in typing.get_args(annotation):
        yield from shapes(inner, seen)


def names_of(shape: type) -> set[str]:
    fields = shape.model_fields if issubclass(shape, BaseModel) else shape.__annotations__
    return {*fields, *(name for name, value in vars(shape).items() if isinstance(value, property))}


def test_the_deal_of_the_first_page_makes_the_amounts_that_stand_below_it() -> None:
    figures = compute.figures(example(), house().provider)
    assert figures.setup_invoice is not None
    amounts = (figures.collect.total, figures.setup_invoice.total, figures.first_amount, figures.credit_total)
    assert [f"{amount:,}" for amount in amounts] == re.findall(r"\d[\d,]*\.\d\d", block("text"))


def test_the_deal_of_the_first_page_makes_the_files_that_stand_below_it() -> None:
    deal = example()
    jobs = plan.jobs(deal, house(), compute.figures(deal, house().provider))
    assert [f"output/{job.target}" for job in jobs] == re.findall(r"^output/\S+", block("text"), re.MULTILINE)
    actions = typing.cast("tuple[object, ...]", jobs[0].values["actions"])
    assert f"{len(actions)} actions" in block("text")


def test_every_name_that_a_template_can_use_is_listed() -> None:
    seen: set[type] = set()
    found = {
        name for annotation in INVOICE_VALUES.values() for shape in shapes(annotation, seen) for name in names_of(shape)
    }
    assert len(found) > 100
    assert found | set(INVOICE_VALUES) <= QUOTED


def test_every_command_and_option_is_listed() -> None:
    for name, command in cli.commands.items():
        (row,) = (line for line in README.splitlines() if line.startswith(f"| `dealdocs {name}"))
        for parameter in command.params:
            if parameter.param_type_name == "option" and name != "new":
                words = set(re.findall(r"`(--?[a-z][a-z-]*)", row))
                assert words & set(parameter.opts), (name, parameter.opts)


def test_every_code_is_listed_with_its_meaning() -> None:
    for code in Code:
        assert f"| {code} | {code.meaning} |" in CODES
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "generator").rglob("*.py"))
    assert set(re.findall(r'"([A-Z]\d{3})"', source)) <= set(re.findall(r"^\| ([A-Z]\d{3}) \|", CODES, re.MULTILINE))


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"\]\((docs/[^)]+)\)", README)
    assert len(pictures) >= 5
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []
