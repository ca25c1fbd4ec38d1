"""Invoice numbers: what a pattern makes is read back as what it was made from, and as nothing else."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generator import load, numbers, validate
from generator.errors import Faults
from generator.numbers import Run
from generator.provider import Series
from tests.making import TEMPLATES

HOUSE = {name: (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("routing", "documents")}
PROVIDER = re.sub(r"(?ms)^invoicing:.*?^$", "", (TEMPLATES / "provider.yaml").read_text(encoding="utf-8"))

FIXED = st.text("ABab01-/._", max_size=6)
FIELDS = st.sampled_from(["{number}", "{number:02}", "{number:04}", "{number:06}"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    """Sound patterns, with or without a year, on either side."""
    year, number = draw(st.sampled_from(["", "{year}"])), draw(FIELDS)
    middle = [year, number] if draw(st.booleans()) else [number, year]
    made = draw(FIXED) + draw(FIXED).join(middle) + draw(FIXED)
    assume(not numbers.fault_of(made, "never"))
    return made


def series(pattern: str, restart: str = "never", first: int = 1) -> Series:
    return Series.model_validate({"pattern": pattern, "restart": restart, "first": str(first)})


def faults(invoicing: str) -> list[str]:
    """What is wrong with the `invoicing:` of a provider.yaml, as `code message`."""
    text = f"{PROVIDER}\ninvoicing:\n{invoicing}"
    sources = [load.parse(text, "provider.yaml"), *(load.parse(HOUSE[name], name) for name in HOUSE)]
    try:
        validate.house(*sources)
    except Faults as caught:
        return [f"{problem.code} {problem.message}" for problem in caught.problems]
    return []


@pytest.mark.parametrize(
    ("pattern", "year", "number", "text"),
    [
        ("{year}-{number:04}", 2026, 7, "2026-0007"),
        ("{year}-{number:04}", 2026, 12345, "2026-12345"),
        ("{number}", 2026, 7, "7"),
        ("INV{number:06}", 2026, 7, "INV000007"),
        ("A/{number}/{year}", 2026, 7, "A/7/2026"),
        ("{number}{year}", 2026, 7, "72026"),
    ],
)
def test_a_number_is_written_by_its_pattern(pattern: str, year: int, number: int, text: str) -> None:
    assert numbers.written(series(pattern), year, number) == text


@pytest.mark.parametrize("text", ["2026-007", "2026-00007", "2026-0000", "26-0007", "2026-0007 ", "2026-٠٠٠٧", "x"])
def test_what_a_pattern_does_not_make_is_not_read(text: str) -> None:
    assert numbers.read(series("{year}-{number:04}"), text) is None


@given(patterns(), st.integers(1990, 2199), st.integers(1, 10**7))
def test_every_number_is_read_back(pattern: str, year: int, number: int) -> None:
    one = series(pattern)
    assert numbers.read(one, numbers.written(one, year, number)) == (year if "{year}" in pattern else 0, number)


@given(patterns(), patterns(), st.integers(2000, 2009), st.integers(1, 200), st.integers(2000, 2009))
def test_patterns_that_are_held_apart_never_make_the_same(one: str, other: str, y: int, n: int, z: int) -> None:
    assume(not numbers.can_be_the_same(one, other))
    text = numbers.written(series(one), y, n)
    assert numbers.read(series(other), text) is None
    assert text not in {numbers.written(series(other), z, m) for m in range(1, 50)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{year}-{number:04}", "{year}-{number:05}"),
        ("{number}", "1{number}"),
        ("{number}", "{number}{year}"),
        ("{year}-{number}", "2026-{number:03}"),
        ("A{number}", "A{number}"),
    ],
)
def test_patterns_that_can_make_the_same_are_found(one: str, other: str) -> None:
    def made(pattern: str) -> set[str]:
        counts = [*range(1, 1200), *range(10_000, 10_010), 12026, 120261]
        return {numbers.written(series(pattern), y, n) for y, n in product((2025, 2026), counts)}

    assert made(one) & made(other), "the test's own patterns do make the same"
    assert numbers.can_be_the_same(one, other)
    assert numbers.can_be_the_same(other, one)


def test_other_letters_tell_patterns_apart_but_not_their_case() -> None:
    assert numbers.can_be_the_same("cn-{number}", "CN-{number}")
    assert not numbers.can_be_the_same("CN-{number}", "INV-{number}")
    assert not numbers.can_be_the_same("{year}-{number:04}", "CN{year}-{number:04}")


def test_the_first_year_begins_where_the_provider_says_and_later_ones_with_1() -> None:
    both = [series("{year}-{number:04}", "yearly", 118)]
    assert numbers.begin(both, Run(0, 2026), []) == 118
    assert numbers.begin(both, Run(0, 2027), [Run(0, 2026)]) == 1
    assert numbers.begin(both, Run(0, 2026), [Run(0, 2027)]) == 118


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{year}", "must hold {number} once"),
        ("{number}-{number}", "must hold {number} once"),
        ("{year}{year}-{number}", "holds {year} more than once"),
        ("{month}-{number}", "something else in braces"),
        ("{number:4}", "something else in braces"),
        ("{number", "something else in braces"),
        ("Nr {number}", "may have nothing but"),
        ("№{number}", "may have nothing but"),
        ("{number},x", "may have nothing but"),
        ("INVOICE-2026-OR-{number}", "makes numbers of 22 characters"),
        ("{number:022}", "makes numbers of 22 characters"),
    ],
)
def test_a_pattern_that_cannot_make_numbers_is_told(pattern: str, said: str) -> None:
    (told,) = faults(f'  series: [{{pattern: "{pattern}", restart: never}}]')
    assert told.startswith("P240 ")
    assert said in told


def test_numbers_that_begin_anew_each_year_say_the_year() -> None:
    (told,) = faults('  series: [{pattern: "{number:04}"}]')
    assert "has no {year}" in told


def test_each_kind_of_invoice_has_one_series() -> None:
    assert faults('  series: [{pattern: "{number}", restart: never, for: [setup, monthly]}]') == [
        "P241 invoices of the kind 'credit' have no series"
    ]
    both = '[{pattern: "A{number}", restart: never}, {pattern: "B{number}", restart: never, for: [credit]}]'
    assert faults(f"  series: {both}") == ["P241 invoices of the kind 'credit' have more than one series"]


def test_two_series_never_make_the_same_number() -> None:
    kinds = ("for: [setup, monthly]", "for: [credit]")
    (told,) = faults(
        "  series:\n"
        f'    - {{pattern: "{{year}}-{{number:04}}", {kinds[0]}}}\n'
        f'    - {{pattern: "{{year}}-{{number:05}}", {kinds[1]}}}\n'
    )
    assert told.startswith("P242 '{year}-{number:05}' can make the same numbers as the series on line ")


@pytest.mark.parametrize(
    "invoicing",
    [
        "  closed_through: 2026-12-31",
        '  series: [{pattern: "INV{number:06}", restart: never, first: 1018}]',
        '  series: [{pattern: "{year}/{number}", for: [setup, monthly]}, {pattern: "C{year}/{number}", for: [credit]}]',
    ],
)  # fmt: skip
def test_what_a_provider_would_want_is_sound(invoicing: str) -> None:
    assert faults(invoicing) == []
