from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import load
from generator.scalars import scalar

WORDS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1).filter(lambda text: text.strip())


@given(WORDS)
def test_any_text_is_read_back_as_it_was_written(text: str) -> None:
    assert load.parse(f"key: {scalar(text)}\n", "t").data == {"key": text}


@given(WORDS)
def test_any_text_is_read_back_from_between_braces_too(text: str) -> None:
    assert load.parse(f"{{key: {scalar(text, flow=True)}, other: x}}\n", "t").data == {"key": text, "other": "x"}


@pytest.mark.parametrize("text", ["no", "Null", "1e5", "97201", "~", "- a", "a: b", "a #b", "'a", "@a", "*a"])
def test_what_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@pytest.mark.parametrize("text", ["Harbor Dental Group, LLC", "Bolt & Nut", "ann@acme.example", "Société Générale"])
def test_ordinary_text_is_left_plain(text: str) -> None:
    assert scalar(text) == text
