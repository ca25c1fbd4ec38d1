"""Conditions, sort keys, duplicates and limits over records' values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Misuse, Problem
from generator.merge.choosing import Choice, Chooser
from generator.recipients import Fields, Recipient
from generator.templating import environment


def record(number: int, **values: object) -> Recipient:
    return Recipient(f"row-{number + 1}", "c.csv", number + 1, values, date(2026, 12, 1), number)


def people(*names: object, of: str = "name") -> list[Recipient]:
    return [record(number, **{of: name}) for number, name in enumerate(names, 1)]


def chooser() -> Chooser:
    problems: list[Problem] = []
    return Chooser(environment(markup=False), problems)


def chosen(records: list[Recipient], **choice: object) -> list[object]:
    made = chooser()
    left = made.chosen(records, Choice(**choice))  # type: ignore[arg-type]
    assert made.problems == []
    return [next(iter(one.values.values())) for one in left]


def test_without_a_wish_all_come_in_their_order() -> None:
    assert chosen(people("b", "a")) == ["b", "a"]


def test_conditions_hold_together() -> None:
    records = people("Ann", "Bob", "Abe", "Al")
    assert chosen(records, where=("name[0] == 'A'", "name | length == 3")) == ["Ann", "Abe"]


def test_a_value_within_a_value_is_named_by_dots_whatever_it_is_called() -> None:
    records = [record(1, client=Fields(items="x", name="Ann")), record(2, client=Fields(items="y", name="Bob"))]
    made = chooser()
    assert [one.number for one in made.chosen(records, Choice(where=("client.items == 'y'",)))] == [2]


def test_names_are_sorted_as_people_do() -> None:
    names = people("Zoë", "Émile", "adam", "Eve", "Suite 10", "Suite 9", "")
    assert chosen(names, sort=("name",)) == ["adam", "Émile", "Eve", "Suite 9", "Suite 10", "Zoë", ""]


def test_texts_that_are_all_numbers_are_sorted_as_numbers() -> None:
    assert chosen(people("10", "9", "-2.5", "100"), sort=("name",)) == ["-2.5", "9", "10", "100"]


def test_a_minus_turns_the_order_around_and_empty_ones_stay_last() -> None:
    assert chosen(people("1", "", "3", "2"), sort=("-name",)) == ["3", "2", "1", ""]


@pytest.mark.parametrize(
    "values",
    [
        (Decimal("9.5"), Decimal(10), Decimal(100)),
        (date(2026, 9, 1), date(2026, 12, 1), date(2027, 1, 1)),
        (False, True),
    ],
)
def test_other_values_have_their_own_order(values: tuple[object, ...]) -> None:
    assert chosen(people(*reversed(values)), sort=("name",)) == list(values)


def test_the_first_key_counts_before_the_second() -> None:
    records = [record(n, town=both[0], name=both[1]) for n, both in enumerate(["bz", "aa", "az", "ba"], 1)]
    made = chooser().chosen(records, Choice(sort=("town", "-name")))
    assert ["".join(map(str, one.values.values())) for one in made] == ["az", "aa", "bz", "ba"]


def test_of_duplicates_the_first_in_order_stays_and_the_others_are_noted() -> None:
    records = people("Ann@x.example", "b@x.example", " ann@X.example", "B@x.example")
    made = chooser()
    left = made.chosen(records, Choice(unique=("name",), sort=("-name",)))
    assert [one.values["name"] for one in left] == ["b@x.example", "Ann@x.example"]
    assert len(made.doubled) == 2


def test_records_without_a_key_are_no_duplicates_of_one_another() -> None:
    assert chosen(people("", "a", "", "A"), unique=("name",)) == ["", "a", ""]


def test_accents_make_a_difference_between_people() -> None:
    assert chosen(people("José", "Jose", "が", "か"), unique=("name",)) == ["José", "Jose", "が", "か"]


def test_from_to_and_limit_count_what_is_left_in_its_order() -> None:
    names = people("e", "d", "c", "b", "a", "x")
    assert chosen(names, where=("name != 'x'",), sort=("name",), first=2, last=4, limit=2) == ["b", "c"]


@pytest.mark.parametrize(("first", "last", "left"), [(3, None, 1), (9, None, 0), (3, 2, 0), (1, 99, 3)])
def test_places_beyond_the_end_leave_nothing_there(first: int, last: int | None, left: int) -> None:
    assert len(chosen(people("a", "b", "c"), first=first, last=last)) == left


def test_a_record_for_which_a_condition_fails_is_told_by_its_row_and_left_out() -> None:
    made = chooser()
    left = made.chosen([record(1, n=Decimal(1)), record(2, n="x"), record(3, n=Decimal(3))], Choice(where=("n > 0",)))
    assert [one.number for one in left] == [1, 3]
    assert [(problem.file, problem.line, problem.code) for problem in made.problems] == [("c.csv", 3, "M520")]


def test_a_condition_that_fails_for_all_is_the_users_mistake() -> None:
    with pytest.raises(Misuse, match="for every record"):
        chooser().chosen(people("a", "b"), Choice(where=("name > 3",)))


@pytest.mark.parametrize("condition", ["name ==", "((name)", "{{ name }}", "name; drop"])
def test_a_condition_that_cannot_be_read_is_the_users_mistake(condition: str) -> None:
    with pytest.raises(Misuse, match="--where"):
        chooser().chosen(people("a"), Choice(where=(condition,)))


@pytest.mark.parametrize("condition", ["name.__class__", "''.__class__.__mro__", "name.__init__.__globals__"])
def test_conditions_cannot_leave_the_sandbox(condition: str) -> None:
    made = chooser()
    assert made.chosen(people("a"), Choice(where=(condition,))) == []
    assert len(made.problems) == 1


@given(st.lists(st.one_of(st.text(max_size=8), st.integers(), st.dates(), st.booleans(), st.none()), max_size=12))
def test_any_values_can_be_sorted_and_none_is_lost(values: list[object]) -> None:
    made = chooser()
    left = made.chosen(people(*values), Choice(sort=("name",)))
    assert made.problems == []
    assert sorted(one.number for one in left) == list(range(1, len(values) + 1))
    again = chooser().chosen(left, Choice(sort=("name",)))
    assert [one.number for one in again] == [one.number for one in left]
