"""Addressing: addresses by their country's custom, and greetings; from models, from mappings, and in templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import docx
import pytest

from generator import cldr
from generator.addressing import block, greeting
from generator.deal import Client
from generator.errors import Faults
from generator.fields import Address, Person
from generator.render.docx import DocxTemplate
from generator.render.html import HtmlTemplate
from generator.templating import environment
from tests.making import deal, house

if TYPE_CHECKING:
    from pathlib import Path


def address(street: str, city: str, region: str = "", code: str = "", country: str = "") -> dict[str, str]:
    return {"street": street, "street2": "", "city": city, "region": region, "postal_code": code, "country": country}


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        (address("9 Quay Street", "Portland", "OR", "97201", "US"), "9 Quay Street|Portland, OR 97201"),
        (address("5 Mill Lane", "Portland", code="97201"), "5 Mill Lane|Portland 97201"),
        (address("1 rue Sainte", "Montréal", "QC", "H2Y 1C6", "CA"), "1 rue Sainte|Montréal QC H2Y 1C6|Canada"),
        (
            address("10 Downing Street", "London", "", "SW1A 2AA", "GB"),
            "10 Downing Street|London|SW1A 2AA|United Kingdom",
        ),
        (address("Hauptstr. 5", "München", "Bayern", "80331", "DE"), "Hauptstr. 5|80331 München|Germany"),
        (address("8 rue de la Paix", "Paris", "", "75002", "FR"), "8 rue de la Paix|75002 Paris|France"),
        (address("Via Roma 1", "Torino", "TO", "10121", "IT"), "Via Roma 1|10121 Torino TO|Italy"),
        (
            address("Av. Paulista 1", "São Paulo", "SP", "01310-100", "BR"),
            "Av. Paulista 1|São Paulo - SP|01310-100|Brazil",
        ),
        (address("Reforma 1", "Cuauhtémoc", "CDMX", "06500", "MX"), "Reforma 1|06500 Cuauhtémoc, CDMX|Mexico"),
        (address("1 George St", "Sydney", "NSW", "2000", "AU"), "1 George St|Sydney NSW 2000|Australia"),
        (address("Váci utca 5", "Budapest", "", "1052", "HU"), "Budapest|Váci utca 5|1052|Hungary"),
        (
            address("1-1 Chiyoda", "Chiyoda-ku", "Tokyo", "100-0001", "JP"),
            "1-1 Chiyoda|Chiyoda-ku, Tokyo 100-0001|Japan",
        ),
        (address("1 Herzl", "Tel Aviv", "", "61000", "IL"), "1 Herzl|Tel Aviv 61000|Israel"),
        (address("1 MG Road", "Bengaluru", "Karnataka", "560001", "IN"), "1 MG Road|Bengaluru 560001|Karnataka|India"),
        (address("1 Castle Lane", "Dunmore", "Co. Galway", "", "IE"), "1 Castle Lane|Dunmore|Co. Galway|Ireland"),
    ],
)
def test_an_address_is_written_by_its_country_s_custom(written: dict[str, str], lines: str) -> None:
    assert block(written) == tuple(lines.split("|"))


def test_in_japanese_it_goes_from_the_large_to_the_small_and_the_names_come_last() -> None:
    written = address("千代田1-1", "千代田区", "東京都", "100-0001", "JP")
    assert block(written, "山田商店", "山田太郎", home="JP") == (
        "〒100-0001",
        "東京都千代田区千代田1-1",
        "山田商店",
        "山田太郎",
    )


@pytest.mark.parametrize("country", ["GB", "gb", "United Kingdom", "united kingdom", "UK", "Vereinigtes Königreich"])
def test_a_country_is_known_by_its_code_and_by_its_name(country: str) -> None:
    written = address("10 Downing Street", "London", code="SW1A 2AA", country=country)
    assert block(written, locale="de_DE")[-2:] == ("SW1A 2AA", "Vereinigtes Königreich")


def test_a_country_that_nobody_knows_is_printed_as_it_was_written() -> None:
    assert block(address("1 Main Road", "Emerald City", country="Oz"))[-1] == "Oz"


def test_the_home_country_is_not_named_whichever_it_is() -> None:
    written = address("Hauptstraße 5", "München", code="80331", country="DE")
    assert block(written, home="DE") == ("Hauptstraße 5", "80331 München")
    assert block({**written, "country": ""}, home="DE") == ("Hauptstraße 5", "80331 München")


def test_nothing_empty_and_no_name_twice_is_in_a_block() -> None:
    person = Person(name="Ann Lee", title="Owner")
    names = ("Acme", "", None, "  ", person, {"name": "Ann Lee"}, "Acme")
    assert block(address(" 1 Main Street ", "Portland", "OR"), *names) == (
        "Acme", "Ann Lee", "1 Main Street", "Portland, OR",
    )  # fmt: skip


def test_a_model_and_a_mapping_give_the_same() -> None:
    model = Address(street="9 Quay Street", street2="Suite 4", city="Portland", region="OR", postal_code="97201")
    assert block(model, "Acme") == block(model.model_dump(), "Acme") == ("Acme", *model.lines)
    assert model.lines == ("9 Quay Street", "Suite 4", "Portland, OR 97201")


@pytest.mark.parametrize(
    ("name", "pattern", "said"),
    [
        ("Maria Lindqvist", "Dear {name},", "Dear Maria Lindqvist,"),
        ("Maria Lindqvist", "Dear {first},", "Dear Maria,"),
        ("Lindqvist, Maria", "Dear {first} {last},", "Dear Maria Lindqvist,"),
        ("Dr. Paul van Renner Jr.", "Dear {prefix} {last},", "Dear Dr. van Renner,"),
        ("John Q. Public", "Hello {last}!", "Hello Public!"),
        ("Sam Dee, MD", "Hello {last}!", "Hello Dee!"),
        ("Drew Barr", "Hello {first}!", "Hello Drew!"),
        ("Madonna", "Dear {first},", "Dear Madonna,"),
        ("Madonna", "Dear {last},", "Dear Sir or Madam,"),
        ("Maria Lindqvist", "Dear {prefix} {last},", "Dear Sir or Madam,"),
        ("Ann and Bob Lee", "Dear {first},", "Dear Sir or Madam,"),
        ("山田太郎", "{name}様", "山田太郎様"),
        ("山田 花子", "{last}様", "山田様"),
        ("山田 花子", "{first}さん", "花子さん"),
        ("", "Dear {name},", "Dear Sir or Madam,"),
        ("{last}", "Dear {name},", "Dear {last},"),
    ],
)
def test_a_greeting_names_whom_it_can_and_falls_back(name: str, pattern: str, said: str) -> None:
    assert greeting(name, pattern) == said
    assert greeting({"name": name}, pattern) == said


def test_a_greeting_takes_the_columns_of_a_spreadsheet_and_nobody() -> None:
    row = {"first_name": "Anna Maria", "last_name": "Lee"}
    assert greeting(row, "Dear {first} {last},") == "Dear Anna Maria Lee,"
    assert greeting(row) == "Dear Anna Maria Lee,"
    assert greeting(None, fallback="Hello,") == "Hello,"


def test_parts_of_a_name_in_columns_of_their_own_greet_and_address() -> None:
    person = {"prefix": "Frau", "first": "Maria", "last": "van Renner"}
    assert greeting(person, "Guten Tag {prefix} {last},") == "Guten Tag Frau van Renner,"
    assert greeting(person) == "Dear Maria van Renner,"
    assert (
        greeting({**person, "name": "Dr. M. Renner"}, "{prefix} {last} ({name})") == "Frau van Renner (Dr. M. Renner)"
    )
    assert greeting({**person, "prefix": ""}, "Guten Tag {prefix} {last},", "Guten Tag,") == "Guten Tag,"
    assert block(address("5 Mill Lane", "Portland"), person)[0] == "Frau Maria van Renner"
    assert block(address("5 Mill Lane", "Portland"), {"first_name": "Ann", "last_name": "Lee"})[0] == "Ann Lee"


def test_a_prefix_alone_is_no_name() -> None:
    assert greeting({"prefix": "Frau"}) == "Dear Sir or Madam,"
    assert block(address("5 Mill Lane", "Portland"), {"prefix": "Frau"}) == ("5 Mill Lane", "Portland")


def test_anything_else_in_braces_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no '\{lst\}' \(did you mean 'last'\?\)"):
        greeting("Ann Lee", "Dear {lst},")
    with pytest.raises(ValueError, match=r"no '\{salutation\}' \(there are \{name\}, \{first\}"):
        greeting("Ann Lee", "Dear {salutation} {last},")
    with pytest.raises(ValueError, match=r"fallback has no '\{name\}'"):
        greeting("Ann Lee", "Dear {last},", "Dear {name},")


def test_a_template_is_looked_over_for_such_braces_before_it_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "letter.html"
    path.write_text(
        "<html lang=en><title>t</title><p>{{ client.contact | greeting('Dear {lst},', fallback='Hi {first}') }}",
        encoding="utf-8",
    )
    found = HtmlTemplate(path).problems({"client": Client})
    assert [(problem.line, problem.message) for problem in found] == [
        (1, "the greeting has no '{lst}'"),
        (1, "the greeting's fallback has no '{first}'"),
    ]


def filled(text: str) -> str:
    values = {"client": deal().client, "provider": house().provider}
    return environment("en_US", "USD", markup=False).from_string(text).render(values)


def test_both_are_filters_of_every_template() -> None:
    assert filled("{{ client.address | address_block(client.name, client.contact) }}") == (
        "Acme\nAnn Lee\n1 Main Street\nPortland"
    )
    assert filled("{{ client.contact | greeting('Dear {first},', 'Hello,') }}") == "Dear Ann,"


def test_home_is_the_provider_s_country_unless_it_is_said() -> None:
    assert filled("{{ client.address | address_block(home='CA') }}").endswith("United States")


def test_a_misspelt_name_is_a_fault_and_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "letter.html"
    path.write_text("<p>{{ client.adress | address_block }}", encoding="utf-8")
    with pytest.raises(Faults, match="adress"):
        HtmlTemplate(path).text({"client": deal().client})


def test_in_word_each_line_of_a_block_is_a_line(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("{{ client.address | address_block(client.name) }}")
    document.save(str(tmp_path / "letter.docx"))
    made = tmp_path / "made.docx"
    template = DocxTemplate(tmp_path / "letter.docx", environment())
    made.write_bytes(template.render({"client": deal().client, "provider": house().provider}))
    assert [paragraph.text for paragraph in docx.Document(str(made)).paragraphs] == ["Acme\n1 Main Street\nPortland"]


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("U.S.", "US"), ("U.S.A.", "US"), ("the United States of America", "US"), ("U.K.", "GB"),
        ("Great Britain", "GB"), ("The Netherlands", "NL"), ("Scotland", "GB"), ("England", "GB"), ("Wales", "GB"),
        ("Northern Ireland", "GB"), ("Czech Republic", "CZ"), ("St. Lucia", "LC"), ("The Bahamas", "BS"),
        ("die Schweiz", ""),
    ],
)  # fmt: skip
def test_a_country_is_known_as_people_write_it(country: str, code: str) -> None:
    assert cldr.country_code(country, "en_US") == code
