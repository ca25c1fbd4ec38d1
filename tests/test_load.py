from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Faults, Problem
from generator.load import DEEPEST, LARGEST_FILE, MOST_VALUES, parse, read
from tests.making import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path


def fault(text: str) -> Problem:
    """The one problem that reading the text ends with."""
    with pytest.raises(Faults) as caught:
        parse(text, "deal.yaml")
    (problem,) = caught.value.problems
    return problem


def told(text: str) -> list[str]:
    with pytest.raises(Faults) as caught:
        parse(text, "deal.yaml")
    return [f"{problem.line}:{problem.column} {problem.code}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    "written", ["NO", "0123", "12:30", "1.10", "null", "~", "2026-12-01", "+1 503 555 0134", "1e3"]
)
def test_a_plain_scalar_is_read_as_its_text(written: str) -> None:
    assert parse(f"a: {written}", "x").data == {"a": written}


def test_a_key_without_a_value_counts_as_not_written_and_keeps_its_place() -> None:
    source = parse("po_number:\nname: x\nlist:\n  - a\n  -\n  - b\n", "x")
    assert source.data == {"name": "x", "list": ["a", "b"]}
    assert source.keys["po_number",] == (1, 1)
    assert ("po_number",) not in source.positions


def test_a_quoted_empty_text_is_a_text() -> None:
    assert parse("a: ''\nb: \"\"\nc: |\n", "x").data == {"a": "", "b": "", "c": ""}


def test_every_value_and_every_key_has_its_place() -> None:
    source = parse("client:\n  name: Æ 東京 x\n  tags: [one, {two: 2}]\n", "x")
    assert source.positions == {
        (): (1, 1),
        ("client",): (2, 3),
        ("client", "name"): (2, 9),
        ("client", "tags"): (3, 9),
        ("client", "tags", 0): (3, 10),
        ("client", "tags", 1): (3, 15),
        ("client", "tags", 1, "two"): (3, 21),
    }
    assert source.keys["client", "tags"] == (3, 3)
    assert source.keys["client", "tags", 1, "two"] == (3, 16)


def test_a_place_that_is_not_written_is_that_of_what_is_around_it() -> None:
    source = parse("client:\n  address: {city: Bend}\nlines:\n  - {price: 1}\n", "x")
    assert source.place(("client", "address", "street")) == (2, 3)
    assert source.place(("lines", 0, "every")) == (4, 5)
    assert source.place(("plan",)) == (1, 1)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_read_as_pyyaml_reads_them_without_types(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse(text, path.name).data == yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 -- it makes texts only


def test_all_faults_that_can_be_passed_over_are_told_in_one_run() -> None:
    text = "a: !!str x\nb: &q x\nc: *q\n<<: {}\na: 2\nd: \x07\n"
    assert told(text) == ["1:4 Y007", "2:4 Y008", "3:4 Y008", "4:1 Y009", "5:1 Y010", "6:4 Y004"]


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    assert fault("a: 1\nb:\n  c: 1\n  c: 2\n").message == "the key 'c' is written twice; the first is on line 3"
    assert fault("a:\na: 1\n").code == "Y010"


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("\u2066", "LEFT-TO-RIGHT ISOLATE (U+2066)"),
        ("\x00", "NULL (U+0000)"),
        ("\x85", "NEXT LINE (U+0085)"),
        ("\x9b", "CONTROL CHARACTER (U+009B)"),
        ("\u2028", "LINE SEPARATOR (U+2028)"),
        ("\ufeff", "BYTE ORDER MARK (U+FEFF)"),
    ],
)
def test_an_unwanted_character_is_named_and_not_shown(character: str, name: str) -> None:
    problem = fault(f"a: 1\nb: x{character}y # {character.isspace()}\n")
    assert (problem.line, problem.column, problem.code) == (2, 5, "Y004")
    assert name in problem.message
    assert character not in problem.source + problem.message


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c", "\u200d", "\u00a0", "\t"])
def test_characters_that_names_and_texts_need_stay(mark: str) -> None:
    assert parse(f"a: x{mark}y", "x").data == {"a": f"x{mark}y"}


def test_an_escape_cannot_bring_in_an_unwanted_character() -> None:
    assert "RIGHT-TO-LEFT OVERRIDE" in fault('a: "x\\u202ey"').message
    assert fault('"\\0": x').code == "Y004"


def test_an_open_quotation_mark_is_told_where_it_begins() -> None:
    problem = fault("a: 1\nb: 'x\nc: 2\n")
    assert (problem.line, problem.column) == (2, 4)
    assert "not closed" in problem.message


def test_a_tab_is_called_a_tab() -> None:
    assert fault("a:\n\tb: 1").message.endswith("a tab stands where blanks belong")


def test_nesting_is_bounded_before_it_costs_anything() -> None:
    assert fault("[" * 100_000).code == "Y006"
    assert fault("- " * 100_000).code == "Y006"
    assert parse("[" * DEEPEST + "]" * DEEPEST, "x").data


def test_the_number_of_values_is_bounded() -> None:
    assert fault("[" + "a," * (MOST_VALUES + 1) + "]").code == "Y002"


def test_one_document_is_a_file() -> None:
    assert parse("---\na: 1\n...\n", "x").data == {"a": "1"}
    assert told("a: 1\n---\nb: 2\n") == ["2:1 Y011"]


def test_nothing_written_is_an_empty_mapping() -> None:
    assert parse("", "x").data == parse("# only this\n", "x").data == parse("---\n", "x").data == {}


def test_a_line_with_a_card_number_is_not_shown_by_another_fault() -> None:
    problem = fault("a: 1\nb: &x 4242 4242 4242 4242\n")
    assert problem.source == ""
    problem = fault("'4242 4242 4242 4242': 1\n'4242 4242 4242 4242': 2\n")
    assert "4242" not in problem.message + problem.source


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffa: é\r\nb: 2\r\n".encode())
    source = read(path, "deals/a.yaml")
    assert source.data == {"a": "é", "b": "2"}
    assert source.positions["a",] == (1, 4)
    assert source.file == "deals/a.yaml"


def test_a_file_that_is_not_there_or_not_a_file_is_a_fault(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(Faults) as caught:
            read(path, "x.yaml")
        assert caught.value.problems[0].code == "Y001"


def test_a_file_may_not_be_larger_than_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * LARGEST_FILE)
    assert read(path, "x").data == {}
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(Faults) as caught:
        read(path, "x")
    assert caught.value.problems[0].code == "Y002"


def test_bytes_that_are_not_utf8_have_a_place(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é\nb: ".encode() + b"Jos\xe9\n")
    with pytest.raises(Faults) as caught:
        read(path, "x")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.code) == (2, 7, "Y003")


def problems_of(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, "x")
    except Faults as faults:
        return faults.problems
    return ()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems_of(text))


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%#?, \n\t<\\", max_size=60))
def test_any_tangle_of_signs_is_read_or_refused_at_a_place(text: str) -> None:
    assert all(problem.line <= text.count("\n") + 2 for problem in problems_of(text))


trees = st.recursive(
    st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(trees)
def test_what_pyyaml_writes_reads_back_the_same(tree: object) -> None:
    text = yaml.safe_dump({"tree": tree}, allow_unicode=True, default_style='"')
    text = text.replace("!!set ", "")
    assert parse(text, "x").data == {"tree": tree}
