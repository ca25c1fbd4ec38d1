"""Word's own merge fields that are left in a template: no merge of ours fills them in, so they are told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml.etree import _Element as Element

from generator.render.word.place import places_in
from generator.render.word.words import INSTR, P, nearest, w

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHAR, _SIMPLE, _KIND = w("fldChar"), w("fldSimple"), w("fldCharType")
_WORDS = re.compile(r'"[^"]*"|\S+')
#: A condition on the page, or on one of our tags, is none of a merge.
_OTHER_CONDITION = re.compile(r"\{[{%]|\b(?:PAGE|NUMPAGES|SECTION|SECTIONPAGES|DATE|TIME|DOCPROPERTY)\b", re.IGNORECASE)
_LOOP = "use --together, and a loop over `records`"
_ASK = "write {{ answer }} instead, and give it with --set answer=…"
_INSTEAD = {
    "MERGEFIELD": "write {{{{ {name} }}}} instead",
    "IF": "write {% if … %}…{% else %}…{% endif %} instead",
    "NEXT": _LOOP,
    "NEXTIF": _LOOP,
    "SKIPIF": 'use --where "not (…)"',
    "ASK": _ASK,
    "FILLIN": _ASK,
    "MERGEREC": "write {{ record.number }} instead",
    "MERGESEQ": "write {{ record.sequence }} instead",
    "ADDRESSBLOCK": "write {{ client.address | address_block(client.contact, client.name) }} instead",
    "GREETINGLINE": "write {{ client.contact | greeting }} instead",
}


@dataclass(slots=True)
class _Field:
    """A field as far as it was read: the paragraph that it begins in, and its code with that of fields inside of it."""

    paragraph: Element | None
    code: str = ""
    has_result: bool = False


def merge_fields(root: Element, label: str = "") -> Iterator[tuple[str, str, str]]:
    """Each merge field in a part: its place, a message, a hint."""
    places = places_in(root, label)
    for paragraph, code in fields_in(root):
        words = _WORDS.findall(code)
        kind = words[0].upper() if words else ""
        if kind not in _INSTEAD or (kind == "IF" and _OTHER_CONDITION.search(code)):
            continue
        place = places.get(paragraph, label) if paragraph is not None else label
        hint = _INSTEAD[kind]
        if kind == "MERGEFIELD":
            name = words[1].strip('"') if len(words) > 1 else "…"
            yield place, f"Word's merge field «{name}» is not filled in", hint.format(name=re.sub(r"\W", "_", name))
        else:
            yield place, f"Word's merge field {kind} does nothing here", hint


def fields_in(root: Element) -> Iterator[tuple[Element | None, str]]:
    """The paragraph and the code of each field, simple or in pieces."""
    opened: list[_Field] = []
    for element in root.iter(_CHAR, INSTR, _SIMPLE):
        if element.tag == _SIMPLE:
            yield nearest(element, P), element.get(w("instr"), "")
        elif element.tag == INSTR:
            for field in opened:
                field.code += "" if field.has_result else element.text or ""
        elif element.get(_KIND) == "begin":
            opened.append(_Field(nearest(element, P)))
        elif opened and element.get(_KIND) == "separate":
            opened[-1].has_result = True
        elif opened and element.get(_KIND) == "end":
            field = opened.pop()
            yield field.paragraph, field.code
