"""Tags in a workbook's texts: found, checked, and made into Jinja source of one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError
from markupsafe import escape

from generator.errors import Problem
from generator.render.names import findings
from generator.templating import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from generator.render.names import Finding

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
ANY_MARK = re.compile(r"\{[{%#]|[%#}]\}")
_PREFIXED = re.compile(r"(\{[%#]-?)\s*(tr|tc|p)(?=\s)|\{\{(r)(?=\s)")
_ROW_TAG = re.compile(r"\{(?:%-?\s*tr\s+(?P<tag>.*?)\s*[-+]?%|#-?\s*tr\s.*?#)\}", re.DOTALL)
_TYPED_IN_WORD = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\n": " ", "\r": " "})

#: What opens rows that are repeated or dropped, and what closes them.
PAIRS = {"for": "endfor", "if": "endif", "with": "endwith"}
_ALONE = {"set", "do", "break", "continue"}
_ELSEWHERE = {
    "tc": "{%tc … %} works in Word tables only; in a sheet, put the columns there and leave their cells empty",
    "p": "{%p … %} is for paragraphs of a Word file; in a sheet, {%tr … %} takes its row away",
    "r": "{{r … }} is for Word files; in a sheet, format the cell or its text",
}


def has_tags(text: str | None) -> bool:
    """Whether a text holds anything that looks like a tag."""
    return bool(text) and bool(ANY_MARK.search(text or ""))


def straightened(text: str) -> str:
    """The text with its tags on one line and in straight quotes, as Jinja reads them."""
    return TAG.sub(lambda tag: tag[0].translate(_TYPED_IN_WORD), text)


@dataclass(slots=True)
class Checker:
    """Gathers a template's faults, each with its place, and the sources with the places of their lines."""

    file: str
    environment: Sandbox
    problems: list[Problem] = field(default_factory=list)
    sources: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    def fault(self, place: str, code: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        problem = Problem(self.file, code, message, place=place, hint=hint)
        if problem not in self.problems:
            self.problems.append(problem)

    def compiles(self, source: str, places: Sequence[str]) -> bool:
        """Keep a source for `names`; whether it can be compiled as well. Unknown filters and tests are faults."""
        self.sources.append((source, places))
        try:
            self.environment.compile(source)
        except TemplateSyntaxError as error:
            missing = [finding for finding in self._findings(source, {}) if finding.about != "value"]
            for finding in missing:
                self.fault(places[finding.line - 1], "T313", finding.message, finding.hint)
            if not missing and not self.problems:
                self.fault(
                    places[min(error.lineno, len(places)) - 1], "T301", f"the tag cannot be read: {error.message}"
                )
            return False
        return True

    def names(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        """The names in all sources that a render would not find."""
        for source, places in self.sources:
            for finding in self._findings(source, known):
                place = places[finding.line - 1]
                yield Problem(self.file, "T313", finding.message, place=place, hint=finding.hint)

    def _findings(self, source: str, known: Mapping[str, Any]) -> Iterable[Finding]:
        try:
            return findings(self.environment.parse(source), known, self.environment)
        except TemplateSyntaxError:  # already noted as a fault of its own
            return ()

    def parses(self, source: str, place: str) -> bool:
        """Whether Jinja can read the source; if not, that is a fault."""
        try:
            self.environment.parse(source)
        except TemplateSyntaxError as error:
            self.fault(place, "T301", f"the tag cannot be read: {error.message}")
            return False
        return True

    def source(self, text: str, place: str, *, markup: bool = True) -> str:
        """A text as Jinja source of one line: tags as they are, `markup` escapes the words around them.

        A text whose tags have faults becomes nothing, and the faults are noted.
        """
        text = straightened(text)
        for found in _PREFIXED.finditer(text):
            kind = found[2] or found[3]
            message = _ELSEWHERE.get(kind, "{%tr … %} stands in a cell of the row that it takes away")
            self.fault(place, "T306", message)
            return ""
        if not self.parses(text, place):
            return ""
        return self.words(text) if markup else text

    def words(self, text: str) -> str:
        """The text with all but its tags escaped, on one line."""
        return "".join(
            str(escape(value)).replace("\n", "&#10;") if kind == "data" else value
            for _, kind, value in self.environment.lex(straightened(text))
        )

    def expression(self, text: str) -> str:
        """The expression, if the text is one `{{ … }}` and nothing else."""
        text = straightened(text.strip())
        try:
            tokens = list(self.environment.lex(text))
        except TemplateSyntaxError:
            return ""
        kinds = [kind for _, kind, _ in tokens]
        is_one = kinds.count("variable_begin") == 1 and kinds[0] == "variable_begin" and kinds[-1] == "variable_end"
        return "".join(value for _, _, value in tokens[1:-1]).strip() if is_one else ""


@dataclass(frozen=True, slots=True)
class RowTag:
    """A tag that takes its row away; `word` is its first word ("for", "endif"), empty for a comment."""

    source: str
    word: str
    place: str


def row_tags(text: str, place: str) -> list[RowTag]:
    """The `{%tr … %}` and `{#tr … #}` tags of a cell."""
    found = (tag["tag"] or "" for tag in _ROW_TAG.finditer(straightened(text)))
    return [RowTag(f"{{% {tag} %}}" if tag else "", tag.partition(" ")[0], place) for tag in found]


def check_row_tags(checker: Checker, tags: Iterable[RowTag]) -> None:
    """Note every row tag that cannot be read, that closes nothing, or that is never closed."""
    opened: list[RowTag] = []
    for tag in tags:
        if tag.word in PAIRS:
            checker.parses(f"{tag.source}{{% {PAIRS[tag.word]} %}}", tag.place)
            opened.append(tag)
        elif tag.word in PAIRS.values():
            _close(checker, opened, tag)
        elif tag.word in {"else", "elif"}:
            _check_branch(checker, opened, tag)
        elif tag.word in _ALONE:
            if tag.word in {"set", "do"}:
                checker.parses(tag.source, tag.place)
        elif tag.word:
            checker.fault(tag.place, "T302", f"a row cannot be taken away by the tag '{tag.word}'")
    for tag in opened:
        message = f"'{{%tr {tag.word} … %}}' is never closed: '{{%tr {PAIRS[tag.word]} %}}' is missing below it"
        checker.fault(tag.place, "T302", message)


def _close(checker: Checker, opened: list[RowTag], tag: RowTag) -> None:
    if opened and PAIRS[opened[-1].word] == tag.word:
        opened.pop()
    elif opened:
        expected = PAIRS[opened[-1].word]
        message = f"'{{%tr {tag.word} %}}' stands where '{{%tr {expected} %}}' is expected, for {opened[-1].place}"
        checker.fault(tag.place, "T302", message)
    else:
        checker.fault(tag.place, "T302", f"'{{%tr {tag.word} %}}' closes nothing: no row above opens it")


def _check_branch(checker: Checker, opened: list[RowTag], tag: RowTag) -> None:
    allowed = {"else": ("if", "for"), "elif": ("if",)}[tag.word]
    if not opened or opened[-1].word not in allowed:
        checker.fault(tag.place, "T302", f"'{{%tr {tag.word} %}}' belongs to no '{{%tr if … %}}' above it")
    elif tag.word == "elif":
        checker.parses(f"{{% if 1 %}}{tag.source}{{% endif %}}", tag.place)
