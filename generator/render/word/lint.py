"""What a Word template should not bring along: macros, links to other places, fields that run programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.render.word.words import INSTR, w

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.render.package import Package

_RUNS_OR_FETCHES = re.compile(r"^\s*(DDEAUTO|DDE|INCLUDETEXT|INCLUDEPICTURE|LINK|MACROBUTTON)\b", re.IGNORECASE)
_HARMLESS = ("/hyperlink",)
_DANGERS = {
    "/attachedTemplate": "the template is attached to another one, which Word fetches whenever the document is opened",
    "/image": "a picture is not in the file: Word fetches it whenever the document is opened",
    "/oleObject": "an object is not in the file: Word fetches it whenever the document is opened",
}


def dangers(package: Package) -> Iterator[tuple[str, str, str]]:
    """What a template brings along that a document sent to a client must not have: code, message, hint."""
    for name, kind in package.content_types.items():
        if "vbaProject" in kind or name.lower().endswith("vbaproject.bin"):
            yield "T230", "the template holds macros", "save it in Word as a .docx file"
    for source in ["", *package.parts]:
        for relation in package.relations(source).values():
            if not relation.external or relation.kind.endswith(_HARMLESS):
                continue
            told = next((words for end, words in _DANGERS.items() if relation.kind.endswith(end)), "")
            message = told or f"the template fetches something from elsewhere ({relation.kind.rsplit('/', 1)[-1]})"
            yield (
                "T231",
                f"{message}: {relation.target}",
                "take the link away in Word, or put what it names into the file",
            )
    for name in package.parts:
        if name.endswith(".xml") and b"instr" in package.parts[name]:
            root = package.tree(name)
            codes = [element.text or "" for element in root.iter(INSTR)]
            codes += [element.get(w("instr"), "") for element in root.iter(w("fldSimple"))]
            for code in codes:
                if found := _RUNS_OR_FETCHES.match(code):
                    yield (
                        "T232",
                        f"a field runs or fetches something when it is updated: {found[1]}",
                        "take the field away",
                    )
