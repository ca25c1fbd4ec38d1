"""Addressing: a postal address as its country writes it, and how a letter greets somebody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from generator import cldr
from generator.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.customs import Customs

#: How a country writes what follows the street: C city, S region, Z postal code; | begins a line, and what stands
#: between two of them is left out with either. By the Universal Postal Union's rules for each country.
_TOWNS = {
    "C, S Z": "AS FM GU MH MP PR PW US VI",
    "C S Z": "AU CA CC CX NF",
    "C Z": "BH BM BN BT IL JO KH LB LS MT MV NP NZ SA SG",
    "C, Z": "LV MM",
    "C-Z": "PK",
    "C - Z": "BD",
    "C|Z": "FK GG GI IM JE KE LK PN SH SZ TC VG ZA",
    "C|S|Z": "EG GB IE RU UA",
    "C, S|Z": "HN IQ",
    "C - S|Z": "BR",
    "C|S Z": "ID MN TH VN",
    "C Z|S": "IN NG PE",
    "C, S, Z": "CO",
    "C, S": "BS KN",
    "C|S": "AE HK JM NR PA SC SR TV",
    "Z C": "AD AT AX BA BE BG CH CY CZ DE DK DO DZ ET FI FO FR GE GF GL GP GR HR IS KW LA LI LT LU MA MC MD ME MG MK "
    "MQ NC NE NL NO PL PM PT PY RE RS SE SI SJ SK SM SN TJ TN VA WF XK YT ZM",
    "Z C S": "IT UY",
    "Z C, S": "EE MX",
    "Z C/S": "TR",
    "Z|C": "AL EC MU OM",
}
_TOWN_OF = {country: pattern for pattern, countries in _TOWNS.items() for country in countries.split()}
_ELSEWHERE = "Z C|S"
#: Where the street's line comes elsewhere: A street and its second line.
_WHOLE = {"HU": "C|A|Z"}
#: East Asia, written in its own script: from the large to the small, people last (N). In Latin letters it is our order.
_EASTERN = {"CN": "Z|SCA|N", "HK": "SC|A|N", "JP": "〒Z|SCA|N", "KR": "S C|A|N|Z", "TW": "Z|SCA|N"}
_LATIN = {"CN": "C|S, Z", "JP": "C, S Z", "KR": "C|S|Z", "TW": "C, S Z"}
_FIELD = re.compile(r"([ACSZN])")

#: What stands before a name, and after it, without being part of it.
_PREFIXES = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Rev|Hon|Sir|Dame|Herr|Frau|Mme|Mlle|Sr|Sra|Dipl|Ing)\b\.?\s+)+"
)
_SUFFIXES = re.compile(r",?\s+(?:Jr|Sr|II|III|IV|MD|M\.D|PhD|Ph\.D|DDS|DMD|DVM|CPA|Esq)\.?$", re.IGNORECASE)
#: A letter for a middle name.
_MIDDLE = re.compile(r"[^\W\d_]\.\s")
_SEVERAL = re.compile(r"&|\band\b")
_PARTS = ("name", "first", "last", "prefix")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def block(
    address: object, *names: object, home: str = "US", locale: str = "en_US", customs: Customs | None = None
) -> tuple[str, ...]:
    """The lines of an address block: the names, then the address by its country's custom; nothing empty, nothing twice.

    An address, and a person among the names, is a model or a mapping with the same keys; of a person without `name`,
    its `prefix`, `first` and `last` (or `first_name`, `last_name`) are the name. `home`: the country (ISO 3166)
    that is not named, in an address without a country too; another is named last, in the locale's words.
    `customs` are those of the list that the address is from.
    """
    written = text(address, "country") or (customs.country if customs else "")
    known = cldr.country_code(written, locale) or (cldr.country_code(written, customs.locale) if customs else "")
    country = known if written else home
    people = [name for name in (name_of(one) for one in names) if name]
    lines = laid_out(address, country, list(dict.fromkeys(people)))
    abroad = (cldr.country_name(country, locale) or written) if country != home else ""
    return (*lines, *filter(None, [abroad]))


def lines(address: object) -> tuple[str, ...]:
    """An address by its country's custom, without names and without the country."""
    return tuple(laid_out(address, text(address, "country"), []))


def laid_out(address: object, country: str, names: list[str]) -> list[str]:
    """Names and address in a country's order."""
    fields = {field: text(address, key) for field, key in (("C", "city"), ("S", "region"), ("Z", "postal_code"))}
    streets = [street for street in (text(address, "street"), text(address, "street2")) if street]
    if country in _EASTERN and any(map(is_eastern, [*streets, fields["C"]])):
        return [line for part in _EASTERN[country].split("|") for line in eastern(part, fields, streets, names)]
    pattern = _WHOLE.get(country) or f"A|{_LATIN.get(country) or _TOWN_OF.get(country, _ELSEWHERE)}"
    parts = [streets if part == "A" else [joined(part, fields)] for part in pattern.split("|")]
    return [*names, *(line for part in parts for line in part if line)]


def eastern(part: str, fields: Mapping[str, str], streets: list[str], names: list[str]) -> list[str]:
    """The lines of a part of an address that is written from the large to the small."""
    if part == "N":
        return names
    if part == "A":
        return streets
    first, rest = ("".join(streets[:1]), streets[1:]) if "A" in part else ("", [])
    line = joined(part, {**fields, "A": first})
    return [line, *rest] if line else rest


def joined(pattern: str, fields: Mapping[str, str]) -> str:
    """The fields of one line; what stands between two of them, or before one, goes with what is missing."""
    line, between = "", ""
    for piece in _FIELD.split(pattern):
        if piece not in fields:
            between = piece
        elif fields[piece]:
            line, between = line + (between if line or not between.isspace() else "") + fields[piece], ""
        else:
            between = between if line else ""
    return line


def is_eastern(written: str) -> bool:
    """Whether a text is written in Chinese, Japanese or Korean letters."""
    scripts = {unicodedata.name(character, "").partition(" ")[0] for character in written}
    return not scripts.isdisjoint({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})


def greeting(person: object, pattern: str = "Dear {name},", fallback: str = "Dear Sir or Madam,") -> str:
    """Greet somebody: `{name}`, `{first}`, `{last}` and `{prefix}` ("Dr.") in the pattern stand for parts of the name.

    The fallback greets whoever has no name, or not the part of it that the pattern asks for. What is written in fields
    of its own (`first` or `first_name`, `last` or `last_name`, `prefix`) counts before what the name itself tells.
    Raises ValueError for anything else in braces.
    """
    for message, hint in (*strange_in(pattern), *strange_in(fallback, is_fallback=True)):
        told = f"{message} ({hint})"
        raise ValueError(told)
    written, name = parts_in(person), name_of(person, prefixed=False)
    parts = {**parts_of(name), **{key: value for key, value in written.items() if value}, "name": name}
    if not name or not all(parts[asked] for asked in _PLACEHOLDER.findall(pattern)):
        return fallback
    return _PLACEHOLDER.sub(lambda asked: parts[asked[1]], pattern)


def strange_in(text: str, *, is_fallback: bool = False) -> Iterator[tuple[str, str]]:
    """A message and a hint for all that stands in braces in a greeting's pattern and is no part of a name.

    Its fallback has no part at all, since it greets those whose name is not known.
    """
    there = ", ".join(f"{{{part}}}" for part in _PARTS)
    for asked in _PLACEHOLDER.findall(text):
        if is_fallback:
            yield f"the greeting's fallback has no '{{{asked}}}'", "it greets those who have no such part of a name"
        elif asked not in _PARTS:
            yield f"the greeting has no '{{{asked}}}'", did_you_mean(asked, _PARTS) or f"there are {there}"


def parts_in(person: object) -> dict[str, str]:
    """The parts of a name that are written in fields of their own; "" for those that are not."""
    first, last = (text(person, key) or text(person, f"{key}_name") for key in ("first", "last"))
    return {"prefix": text(person, "prefix"), "first": first, "last": last}


def name_of(person: object, *, prefixed: bool = True) -> str:
    """A person's whole name: as it is written, or else put together from its parts, with the prefix or without."""
    parts = parts_in(person)
    names = [parts["first"], parts["last"]]
    made = " ".join(filter(None, [parts["prefix"], *names] if prefixed and any(names) else names))
    return text(person, "name") or plain(person) or made


def parts_of(name: str) -> dict[str, str]:
    """The prefix, first and last name: of "Dr. Paul van Renner Jr." Dr., Paul and van Renner; of two persons, none."""
    before = _PREFIXES.match(name)
    rest = _SUFFIXES.sub("", name[before.end() if before else 0 :].strip())
    turned = rest.partition(",")
    if turned[1]:
        rest = f"{turned[2].strip()} {turned[0].strip()}"
    first, _, last = ("", "", "") if _SEVERAL.search(rest) else rest.partition(" ")
    if last and not turned[1] and is_eastern(rest):  # where the family's name comes first
        first, last = last.strip(), first
    while not turned[1] and _MIDDLE.match(last):
        last = last.partition(" ")[2]
    return {"prefix": before[0].strip() if before else "", "first": first, "last": last}


def text(thing: object, name: str) -> str:
    """A field of a model or of a mapping as text; nothing where it is not there or empty."""
    value: Any = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
    return plain(value)


def plain(value: object) -> str:
    """What is a text itself, without white space around it; nothing for anything else."""
    return value.strip() if isinstance(value, str) else ""
