"""Names of files that every system takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.naming import PORTABLE, alike, fitting_id, is_cut, is_portable, portable


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Harbor Dental Group, LLC", "Harbor Dental Group, LLC"),
        ('a/b\\c:d*e?f"g<h>i|j', "a-b-c-d-e-f-g-h-i-j"),
        ("AC/DC: Back", "AC-DC- Back"),
        ("Acme, Inc.", "Acme, Inc"),
        ("  two\n lines ", "two lines"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("lpt1", "_lpt1"),
        ("../../etc/passwd", "etc-passwd"),
        ("さくら貿易", "さくら貿易"),
        ("e\u0301", "é"),
        ("...", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_texts_become_names(text: str, name: str) -> None:
    assert portable(text) == name


@given(st.text(max_size=300))
def test_every_text_becomes_a_name_that_all_systems_take_or_none(text: str) -> None:
    name = portable(text)
    assert name == "" or PORTABLE.fullmatch(f"{name}.docx")
    assert not name or is_portable(f"{name}.docx")
    assert portable(name) == name


def test_names_that_are_one_file_somewhere_are_found() -> None:
    assert list(alike(["a.pdf", "B.pdf", "A.pdf", "e\u0301.pdf", "é.pdf", "b.PDF"])) == [(0, 2), (3, 4), (1, 5)]


def test_a_name_that_had_to_be_cut_is_known() -> None:
    assert not is_cut("a" * 100)
    assert is_cut("a" * 101)
    assert is_cut("山" * 67)
    assert not is_cut(" a   b? " + " " * 100)


@pytest.mark.parametrize(
    ("text", "fitting"),
    [("Société Générale", "societe-generale"), ("Bolt & Nut", "bolt-nut"), ("A" * 61, "a" * 60), ("山田", "")],
)
def test_an_id_is_found_for_a_name(text: str, fitting: str) -> None:
    assert fitting_id(text) == fitting
