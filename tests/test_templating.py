"""Filters read figures and days out of texts, refuse what is none, and compute without floats."""

from __future__ import annotations

from decimal import Decimal

import pytest

from generator.customs import Customs
from generator.templating import environment

GERMAN = environment("en_US", "USD", markup=False, customs=Customs("de_DE", "USD"))


def printed(template: str, **values: object) -> str:
    return GERMAN.from_string(f"{{{{ {template} }}}}").render(values)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Fee | money", "$1,234.50"),
        ("Fee | float | money", "$1,234.50"),
        ("Fee | figure | money", "$1,234.50"),
        ("Fee | int", "1234"),
        ("Fee | int | money", "$1,234.00"),
        ("'0,125' | money", "$0.13"),
        ("Fee | number", "1,234.5"),
        ("(Fee | float * 1.1) | round(2) | money", "$1,357.95"),
        ("Fee | figure + 1", "1235.50"),
        ("Fee | figure > 100.5", "True"),
        ("Renewal | date('MMMM d, y')", "December 24, 2026"),
        ("Renewal | day > '2026-07-01' | day", "True"),
        ("Name | float(7)", "7"),
        ("'' | int(0)", "0"),
        ("[Fee, '1,5'] | map('figure') | sum | money", "$1,236.00"),
    ],
)
def test_a_text_is_read_by_the_customs_of_its_list(template: str, text: str) -> None:
    assert printed(template, Fee="1.234,50", Renewal="24.12.2026", Name="Ann") == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("Name | money", "'Ann' is not an amount in de_DE"),
        ("Name | number", "'Ann' is not a number in de_DE"),
        ("Name | date", "'Ann' is not a date in de_DE"),
        ("Name | float", "'Ann' is not a figure in de_DE"),
        ("Name | int", "'Ann' is not a figure in de_DE"),
        ("'' | money", "an empty text is not an amount"),
    ],
)
def test_a_text_that_cannot_be_read_is_an_error_and_never_nought(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        printed(template, Name="Ann")


def test_amounts_and_the_figures_of_a_template_are_computed_as_they_are_written() -> None:
    assert printed("fee * 1.05", fee=Decimal("0.10")) == "0.1050"
    assert printed("1.1 * fee", fee=Decimal(3)) == "3.3"
    with pytest.raises(TypeError, match="is not an amount"):
        printed("0.1 | money")


def test_a_power_that_would_be_worked_out_for_ever_is_refused() -> None:
    assert printed("2 ** 100") == str(2**100)
    assert printed("1.5 ** 2") == "2.25"
    with pytest.raises(OverflowError, match="a power is too large"):
        printed("9 ** 9999999999")
