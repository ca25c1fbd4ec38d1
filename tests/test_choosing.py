"""Conditions, sort keys, duplicates and limits over records' values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.customs import Customs
from generator.errors import Misuse, Problem
from generator.merge.choosing import Choice, Chooser, compares_texts, natural
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


def test_figures_without_end_are_put_in_order_too() -> None:
    assert natural("a" + "9" * 5000) < natural("a1" + "0" * 5000)
    assert natural("a007") < natural("a10")
    assert natural("٣") == natural("3")


GERMAN = Customs("de_DE", "EUR")


def german(values: list[object], **choice: object) -> tuple[list[object], list[Problem]]:
    problems: list[Problem] = []
    made = Chooser(environment(markup=False, customs=GERMAN), problems, GERMAN)
    left = made.chosen(people(*values, of="Wert"), Choice(**choice))  # type: ignore[arg-type]
    return [one.values["Wert"] for one in left], problems


def test_figures_and_days_are_sorted_as_the_list_writes_them() -> None:
    assert german(["99,00", "12.000,00", "1.234,50", "150"], sort=("-Wert",)) == (
        ["12.000,00", "1.234,50", "150", "99,00"],
        [],
    )
    days: list[object] = ["24.12.2026", "01.03.2027", "", "15.06.2026", "2026-07-01"]
    assert german(days, sort=("Wert",))[0] == ["15.06.2026", "2026-07-01", "24.12.2026", "01.03.2027", ""]


def test_a_condition_reads_figures_and_days_as_the_list_writes_them() -> None:
    assert german(["1.234,50", "99,00", "150"], where=("Wert | float > 100",)) == (["1.234,50", "150"], [])
    assert german(["24.12.2026", "15.06.2026"], where=("Wert | day > '2026-07-01' | day",)) == (["24.12.2026"], [])


def test_a_text_that_is_no_figure_is_told_at_its_record_and_not_taken_for_nought() -> None:
    left, (problem,) = german(["1.234,50", "viel", "150"], where=("Wert | float < 1000",))
    assert left == ["150"]
    assert (problem.file, problem.line, problem.code) == ("c.csv", 3, "M520")
    assert problem.message.startswith("--where “Wert | float < 1000”: ")
    assert "'viel' is not a figure in de_DE" in problem.message


def test_figures_among_other_texts_are_told_since_they_cannot_be_sorted_by_size() -> None:
    left, (problem,) = german(["1.234,50", "n/a", "99,00"], sort=("Wert",))
    assert (len(left), problem.line, problem.code, problem.severity) == (3, 3, "M536", "warning")
    assert "'n/a' is no figure and no day in de_DE" in problem.message
    assert german(["10", "n/a", "9"], sort=("Wert",)) == (["9", "10", "n/a"], [])


def test_a_text_beside_a_number_is_told_with_the_filter_that_is_missing() -> None:
    with pytest.raises(Misuse, match=r"for every record; a cell is a text; compare figures as “Total \| figure > 5”"):
        german(["10", "20"], where=("Wert > 5",))


@pytest.mark.parametrize(
    ("expression", "texts"),
    [
        ("Wert > '2026-07-01'", True),
        ("'100' >= Wert", True),
        ("'2026-01-01' < client.since < '2026-07-01'", True),
        ("Wert < Ort", True),
        ("Wert | figure > 100", False),
        ("Wert | day > '2026-07-01' | day", False),
        ("Wert == '100'", False),
        ("Ort > 'M'", False),
        ("record.number > 5", False),
        ("Ort | length > record.number", False),
    ],
)
def test_a_comparison_of_figures_or_days_as_texts_is_found(expression: str, *, texts: bool) -> None:
    assert compares_texts(environment(markup=False), expression, {"Wert", "Ort", "client"}) is texts


def test_faults_in_a_condition_are_counted_where_it_leaves_none() -> None:
    made = Chooser(environment(markup=False), [])
    made.chosen(people("1", "viel", "2"), Choice(where=("name | figure > 5",)))
    assert made.trail == "3 records, 0 match --where “name | figure > 5”, 1 with a fault"


def test_what_choosing_left_is_told_step_by_step() -> None:
    made = chooser()
    made.chosen(people("Ann", "Bob", "Abe"), Choice(where=("name[0] == 'A'", "name == 'Al'"), first=2))
    assert made.trail == (
        "3 records, 2 match --where “name[0] == 'A'”, 0 match --where “name == 'Al'”, 0 from 2 to the last"
    )
