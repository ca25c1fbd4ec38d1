"""Columns are known by what they are called."""

from __future__ import annotations

from generator.merge.matching import matched, names_in, parts_of
from generator.recipients import nested


def test_outlooks_columns_are_known() -> None:
    names = ("First_Name", "Last_Name", "Company", "Business_Street", "Business_City", "Business_Country_Region")
    assert matched(names) == {
        "first": "First_Name", "last": "Last_Name", "company": "Company", "street": "Business_Street",
        "city": "Business_City", "country": "Business_Country_Region",
    }  # fmt: skip


def test_case_spaces_and_accents_make_no_difference() -> None:
    assert matched(("Prénom", "NOM", "Straße", "PLZ", "Adresszusatz", "Ort")) == {
        "first": "Prénom", "last": "NOM", "street": "Straße", "postal_code": "PLZ", "street2": "Adresszusatz",
        "city": "Ort",
    }  # fmt: skip


def test_a_mapped_name_counts_by_its_last_step() -> None:
    columns = matched(("client.contact.first", "client.address.city", "x"))
    values = nested({"client.contact.first": "Ann", "client.address.city": "Bend", "x": "y"})
    assert parts_of(values, columns) == {"first": "Ann", "city": "Bend"}


def test_a_mapped_client_is_a_company_and_its_contact_a_person() -> None:
    assert matched(("client.name", "Vorname", "Nachname")) == {
        "company": "client.name", "first": "Vorname", "last": "Nachname",
    }  # fmt: skip
    assert matched(("client.contact.name", "client.name", "Firma", "Name")) == {
        "name": "client.contact.name", "company": "client.name",
    }  # fmt: skip


def test_a_person_and_the_company_stand_above_an_address_and_nothing_twice() -> None:
    assert names_in({"first": "Ann", "last": "Lee", "company": "Acme"}) == ("Ann Lee", "Acme")
    assert names_in({"name": "Acme", "company": "Acme"}) == ("Acme",)
    assert names_in({"last": "Lee"}) == ("Lee",)
    assert names_in({}) == ()
