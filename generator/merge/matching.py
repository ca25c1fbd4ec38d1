"""Matching: which columns of a spreadsheet hold a name, a company, an address, by what they are called."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Part → what its column may be called, without spaces and accents; the first that there is counts.
PARTS: Mapping[str, tuple[str, ...]] = {
    "name": ("fullname", "name", "contactname", "contact", "recipient", "attention", "ansprechpartner", "nomcomplet"),
    "first": ("firstname", "givenname", "first", "vorname", "prenom", "nombre"),
    "last": ("lastname", "surname", "familyname", "last", "nachname", "nom", "apellido", "apellidos"),
    "company": (
        "company", "companyname", "organization", "organisation", "business", "client", "customer", "legalname",
        "firma", "unternehmen", "societe", "entreprise", "empresa",
    ),
    "street": (
        "street", "businessstreet", "homestreet", "streetaddress", "address", "address1", "addressline1", "street1",
        "strasse", "adresse", "rue", "direccion",
    ),
    "street2": ("street2", "businessstreet2", "homestreet2", "address2", "addressline2", "suite", "adresszusatz"),
    "city": ("city", "businesscity", "homecity", "town", "ort", "stadt", "ville", "ciudad"),
    "region": ("state", "region", "businessstate", "homestate", "province", "county", "bundesland"),
    "postal_code": (
        "postalcode", "businesspostalcode", "homepostalcode", "zip", "zipcode", "postcode", "plz", "codepostal",
    ),
    "country": ("country", "businesscountry", "businesscountryregion", "homecountry", "countryregion", "land", "pays"),
}  # fmt: skip

#: What is mapped to a deal's own names is known by the whole of them.
WHOLE = {"client.name": "company", "client.contact.name": "name"}


def matched(names: Iterable[str]) -> dict[str, str]:
    """Part → the name of its column. A deal's own names come first; of another mapped name, its last step counts."""
    whole = {WHOLE[name]: name for name in names if name in WHOLE}
    there = {plain(name.rpartition(".")[2]): name for name in names if name and name not in WHOLE}
    found = {part: next((there[word] for word in words if word in there), "") for part, words in PARTS.items()}
    return {part: name for part, name in (found | whole).items() if name}


def plain(name: str) -> str:
    """A column's name without all but its letters and figures."""
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss").casefold())
    return re.sub(r"[\W_]", "", "".join(one for one in letters if not unicodedata.combining(one)))


def value_at(values: Mapping[str, object], name: str) -> str:
    """The text under a name, dotted or not."""
    found: object = values
    for step in name.split("."):
        found = found[step] if isinstance(found, dict) else ""
    return str(found)


def parts_of(values: Mapping[str, object], columns: Mapping[str, str]) -> dict[str, str]:
    """The parts of one record's name and address, those that are filled in."""
    found = {part: value_at(values, name) for part, name in columns.items()}
    return {part: text for part, text in found.items() if text}


def names_in(parts: Mapping[str, str]) -> tuple[str, ...]:
    """The lines above the address: the person, then the company."""
    person = parts.get("name") or " ".join(filter(None, (parts.get("first"), parts.get("last"))))
    return tuple(dict.fromkeys(filter(None, (person, parts.get("company", "")))))
