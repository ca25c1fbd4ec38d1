"""What a deal file must never hold: card numbers, security codes and bank accounts, for git never forgets.

The whole text is searched, comments included. A problem names what was found by its last four digits at most, and
no problem shows a line, or quotes a value, that has such a number in it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stdnum import iban, luhn
from stdnum.us import rtn

from generator.codes import Code
from generator.source import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from generator.errors import Problem
    from generator.source import Source


@dataclass(frozen=True, slots=True)
class Secret:
    """Something confidential in a text: from offset `start` up to `end`; `digits` is its number without separators."""

    code: Code
    start: int
    end: int
    digits: str


#: Card prefixes (ISO/IEC 7812 ranges, first and last of the same length) and the lengths of their numbers.
ISSUERS = (
    ("4", "4", {13, 16, 19}),  # Visa
    ("51", "55", {16}),  # Mastercard
    ("2221", "2720", {16}),  # Mastercard
    ("34", "34", {15}),  # American Express
    ("37", "37", {15}),  # American Express
    ("6011", "6011", {16, 17, 18, 19}),  # Discover
    ("644", "659", {16, 17, 18, 19}),  # Discover
    ("300", "305", {14, 16}),  # Diners Club
    ("36", "36", {14, 16}),  # Diners Club
    ("38", "39", {14, 16}),  # Diners Club
    ("3528", "3589", {16, 17, 18, 19}),  # JCB
    ("62", "62", {16, 17, 18, 19}),  # UnionPay
    ("5018", "5018", set(range(13, 20))),  # Maestro
    ("5020", "5020", set(range(13, 20))),
    ("5038", "5038", set(range(13, 20))),
    ("5893", "5893", set(range(13, 20))),
    ("6304", "6304", set(range(13, 20))),
    ("6759", "6763", set(range(13, 20))),
)
#: How the digits of a card are grouped on its face, and in forms.
SHAPES = {(4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (4, 4, 5), (4, 4, 4, 3), (8, 8)}

#: The first two digits of US routing numbers.
FEDERAL_PREFIXES = {*range(1, 13), *range(21, 33), *range(61, 73), 80}

_HARMLESS = re.compile(
    r"(?<![0-9])(?:"
    r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]"  # a day
    r"|(?:1[ .-])?[2-9][0-9]{2}[ .-][0-9]{3}[ .-][0-9]{4}"  # a North American telephone number
    r")(?![0-9])"
    r"|\+[0-9](?:[ ().-]{0,2}[0-9]){6,14}(?![0-9]|[ -][0-9])"  # an international one: at most fifteen digits
)
_RUN = re.compile(r"(?<![0-9A-Za-z_])(?<![0-9]\.)[0-9](?:[ .-]{0,3}[0-9]){12,}(?![A-Za-z_])")
_GROUP = re.compile(r"[0-9]+")
_GAP = r"""(?:["'\s:=#(.)-]|(?:is|was|no|nr|num|number)\b){0,12}"""
_SECURITY_CODE = re.compile(
    r"(?<![a-z0-9])(?:card)?[ _-]?(?:cvv2?|cvc2?|cvn2?|cid|csc|security[ _-]?code|card[ _-]?code"
    r"|verification[ _-]?(?:code|value|number))(?![a-z0-9])" + _GAP + r"(?<![0-9])([0-9]{3,4})(?![./:-]?[0-9])"
)
_CODE_WORDS = ("cv", "cid", "csc", "security", "card code", "card_code", "card-code", "cardcode", "verification")
_ROUTING_WORD = re.compile(r"routing|(?<![a-z])(?:aba|rtn|transit)(?![a-z])")
_ROUTING_NUMBER = re.compile(r"(?<![0-9A-Za-z.+-])(?:[0-9]{9}|[0-9]{4}[ -][0-9]{4}[ -][0-9])(?![0-9A-Za-z]|[.-][0-9])")
_ACCOUNT_WORDS = ("account", "acct", "checking", "savings", "bank")
_ACCOUNT_NUMBER = re.compile(
    r"(?:accounts?|acct|checking|savings|(?<![a-z])bank)(?:(?![a-z])|(?=n))[ _-]?(?:(?:number|num|nr|no)(?![a-z]))?"
    + _GAP
    + r"(?<![0-9])([0-9](?:[ -]?[0-9]){5,16})(?![0-9]|[.-][0-9])"
)
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}")


def find(text: str) -> list[Secret]:
    """Everything confidential in a text, in order; what overlaps is told once."""
    plain = _plain(text)
    calm = _HARMLESS.sub(lambda found: "," * len(found[0]), plain)
    found: list[Secret] = []
    taken: set[int] = set()
    for secret in (*_ibans(plain), *_cards(calm), *_routing_numbers(plain), *_codes(calm), *_accounts(calm)):
        if taken.isdisjoint(range(secret.start, secret.end)):
            taken.update(range(secret.start, secret.end))
            found.append(secret)
    return sorted(found, key=lambda secret: secret.start)


def with_secrets(source: Source, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems of a file and one for everything confidential in it; none of them shows any of it."""
    in_text = find(source.text)
    known = {secret.digits for secret in in_text}
    placed = [(place_of(source.text, secret.start), secret) for secret in in_text]
    placed += [(at, secret) for at, secret in _in_values(source) if secret.digits not in known]
    lines = _lines(source.text, in_text) | {at[0] for at, _ in placed}
    own = [source.problem(secret.code, at, *_told(secret)) for at, secret in placed]
    return tuple(_hidden((*own, *problems), lines, [secret.digits for _, secret in placed]))


def hide(problems: Iterable[Problem], text: str) -> tuple[Problem, ...]:
    """The problems of a file, without its lines and quotations that show something confidential."""
    found = find(text)
    return tuple(_hidden(problems, _lines(text, found), [secret.digits for secret in found]))


def _in_values(source: Source) -> Iterator[tuple[tuple[int, int], Secret]]:
    """What is confidential only in a value as it is read: over folded lines, or with escapes."""
    for path, at in source.positions.items():
        value = source.get(*path)
        if isinstance(value, str) and value not in source.text:
            yield from ((at, secret) for secret in find(value))


def _told(secret: Secret) -> tuple[str, str]:
    """The message and the next step."""
    ending = "" if secret.code is Code.SECURITY_CODE else f" (it ends with {secret.digits[-4:]})"
    hint = "take it out before the file is committed, for git never forgets; keep it with the payment processor"
    if secret.code is Code.ACCOUNT_NUMBER:
        hint += "; if it is no bank account, call it a reference"
    return f"this looks like {secret.code.meaning}{ending}", hint


def _lines(text: str, found: Iterable[Secret]) -> set[int]:
    """The numbers of the lines that hold any part of what was found."""
    return {
        line
        for secret in found
        for line in range(place_of(text, secret.start)[0], place_of(text, secret.end - 1)[0] + 1)
    }


def _hidden(problems: Iterable[Problem], lines: set[int], digits: Iterable[str]) -> Iterator[Problem]:
    """The problems without those lines' text, and without quotations that share digits with a number."""
    pieces = {number[i : i + 3] for number in digits for i in range(len(number) - 2)}

    def masked(quoted: re.Match[str]) -> str:
        shown = re.sub(r"[^0-9A-Za-z]", "", _plain(quoted[0]))
        return "'…'" if any(piece in shown for piece in pieces) else quoted[0]

    for problem in problems:
        message = re.sub(r"'.*'", masked, problem.message, flags=re.DOTALL) if pieces else problem.message
        hint = re.sub(r"'.*'", masked, problem.hint) if pieces else problem.hint
        source = "" if problem.line in lines else problem.source
        yield replace(problem, message=message, hint=hint, source=source)


def _plain(text: str) -> str:
    """The text, character for character, in small letters, with digits, blanks and dashes of any script as ASCII."""
    return text.lower() if text.isascii() else "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    if character.isascii():
        return character.lower()
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    return {"Zs": " ", "Cf": " ", "Pd": "-"}.get(kind, character)


def _ibans(text: str) -> Iterator[Secret]:
    for found in _IBAN.finditer(text):
        ends = [end for end in range(found.end(), found.start() + 15, -1) if not text[end : end + 1].isalnum()]
        valid = (end for end in ends if iban.is_valid(text[found.start() : end], check_country=False))
        end = next(valid, None)
        if end:
            yield Secret(Code.IBAN, found.start(), end, iban.compact(text[found.start() : end]))


def _cards(text: str) -> Iterator[Secret]:
    for run in _RUN.finditer(text):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run[0])]
        for start, end in _windows(text, groups):
            digits = re.sub("[^0-9]", "", text[start:end])
            is_phone = text[start - 1 : start] == "+" and len(digits) <= 15  # noqa: PLR2004 -- E.164's longest
            is_fraction = text[start - 1 : start] == "." and text[start - 2].isdigit() and end - start == len(digits)
            if not is_phone and not is_fraction and _is_card(digits):
                yield Secret(Code.CARD_NUMBER, start, end, digits)


def _windows(text: str, groups: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where a card's number may stand in a run of groups of digits: grouped as on cards, in one group, or in all."""
    sizes = [end - start for start, end in groups]
    for first in range(len(groups)):
        for last in range(first, min(first + 5, len(groups))):
            start, end = groups[first][0], groups[last][1]
            if first == last or tuple(sizes[first : last + 1]) in SHAPES:
                yield start, end
    start, end = groups[0][0], groups[-1][1]
    if "." not in text[start:end] and sum(sizes) > 13:  # noqa: PLR2004 -- many telephone numbers have thirteen digits
        yield start, end


def _is_card(digits: str) -> bool:
    """Whether an issuer of cards gives out such numbers, and the check digit is right."""
    return (
        any(low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in ISSUERS)
        and len(set(digits)) > 1
        and luhn.is_valid(digits)
    )


def _routing_numbers(text: str) -> Iterator[Secret]:
    """US routing numbers with the word near them: the Federal Reserve's prefixes, and the right check digit."""
    for found in _ROUTING_NUMBER.finditer(text):
        digits = re.sub("[^0-9]", "", found[0])
        near = text[max(0, found.start() - 40) : found.start()] + "," + text[found.end() : found.end() + 20]
        if int(digits[:2]) in FEDERAL_PREFIXES and rtn.is_valid(digits) and _ROUTING_WORD.search(near):
            yield Secret(Code.ROUTING_NUMBER, found.start(), found.end(), digits)


def _codes(text: str) -> Iterator[Secret]:
    if not _holds(text, *_CODE_WORDS):
        return
    for found in _SECURITY_CODE.finditer(text):
        yield Secret(Code.SECURITY_CODE, found.start(1), found.end(1), found[1])


def _accounts(text: str) -> Iterator[Secret]:
    if not _holds(text, *_ACCOUNT_WORDS):
        return
    for found in _ACCOUNT_NUMBER.finditer(text):
        yield Secret(Code.ACCOUNT_NUMBER, found.start(1), found.end(1), re.sub("[^0-9]", "", found[1]))


def _holds(text: str, *words: str) -> bool:
    """Whether any of the words is in the text: much quicker than to look for them with what follows."""
    return any(word in text for word in words)
