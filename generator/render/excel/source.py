"""A sheet's rows as one Jinja source: a line for every cell with a tag, marks where rows, turns and formulas stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree
from lxml.etree import _Element as Element
from markupsafe import escape
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator
from openpyxl.utils import column_index_from_string, get_column_letter

from generator.render.excel.formula import Formula, parsed
from generator.render.excel.rows import Block, Layout
from generator.render.excel.tags import PAIRS, Checker, RowTag, check_row_tags, has_tags, row_tags

if TYPE_CHECKING:
    from collections.abc import Iterator


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
X = f"{{{MAIN}}}"

#: Marks that no text can hold: they divide rows, and stand for a row's number, a formula, a note of the row.
ROW, END, NUMBER, FORMULA, NOTE = "\x02", "\x03", "\x04", "\x05", "\x06"

_NEXT_LINE = "{#\n#}"
_DECLARED = re.compile(r' xmlns(?::\w+)?="[^"]*"')
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")


class FormulaCell(NamedTuple):
    """A formula's cell: its column and template row, the formula, and what else its `<f>` says."""

    column: str
    row: int
    formula: Formula
    attributes: dict[str, str]


@dataclass(slots=True)
class Rowed:
    """What a sheet's rows were made into: `source`, and for each of its lines a place (`Slip!C12`)."""

    source: str
    places: list[str]
    layout: Layout
    formulas: list[FormulaCell]
    tagged: bool
    live: frozenset[tuple[int, str]] = frozenset()


def inner(element: Element) -> str:
    """An element's content as markup, without the namespaces that the sheet's root declares."""
    return str(escape(element.text or "")) + "".join(bare(child) for child in element)


def bare(element: Element) -> str:
    """An element as markup, without the namespaces that the sheet's root declares."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    known = {value: prefix for prefix, value in _root(element).nsmap.items()}
    return _DECLARED.sub(lambda found: "" if found[0].split('"')[1] in known else found[0], text)


def _root(element: Element) -> Element:
    return element.getroottree().getroot()


def attributes_of(element: Element, *without: str) -> str:
    """An element's attributes as markup; those of other namespances are left out."""
    kept = ((name, value) for name, value in element.attrib.items() if name not in without and name[0] != "{")
    return "".join(f' {name}="{escape(value)}"' for name, value in kept)


def runs_of(text: Element) -> list[tuple[str, str]]:
    """A shared or inline string as (format, text) runs; the format is markup, empty where there is none."""
    runs = []
    for child in text:
        if child.tag == f"{X}t":
            runs.append(("", child.text or ""))
        elif child.tag == f"{X}r":
            style = child.find(f"{X}rPr")
            runs.append(("" if style is None else bare(style), child.findtext(f"{X}t") or ""))
    return runs


def gathered(runs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The runs with every tag wholly in the run in which it begins."""
    whole: list[tuple[str, str]] = []
    for style, text in runs:
        if whole and _is_open(whole[-1][1]):
            end = _closing(whole[-1][1], text)
            whole[-1] = (whole[-1][0], whole[-1][1] + text[:end])
            text = text[end:]  # noqa: PLW2901 -- what is left of the run
        if text:
            whole.append((style, text))
    return whole


def _is_open(text: str) -> bool:
    last = max(text.rfind("{{"), text.rfind("{%"), text.rfind("{#"))
    return text.endswith("{") or (last >= 0 and not re.search(r"[}%#]\}", text[last + 2 :]))


def _closing(before: str, text: str) -> int:
    """How much of the following text belongs to the tag that `before` leaves open."""
    if before.endswith("{") and text[:1] not in {"{", "%", "#"}:
        return 0
    found = re.search(r"[}%#]\}", before[-1] + text)
    return found.end() - 1 if found else len(text)


def rich_source(checker: Checker, runs: Sequence[tuple[str, str]], place: str) -> str:
    """Formatted runs with tags as source; nothing if a tag has a fault, which is noted."""
    if not checker.source("".join(text for _, text in runs), place):
        return ""
    texts = ((style, checker.words(text)) for style, text in runs)
    return "".join(f'<r>{style}<t xml:space="preserve">{text}</t></r>' for style, text in texts)


@dataclass(slots=True)
class Builder:
    """Makes a sheet's rows into source. `dated`: style without a number format → its styles for days and moments."""

    sheet: str
    strings: Sequence[Element]
    dated: Mapping[str, tuple[str, str]]
    checker: Checker
    since_1904: bool = False
    notes: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    _pieces: list[str] = field(default_factory=list)
    _places: list[str] = field(default_factory=list)
    _formulas: list[FormulaCell] = field(default_factory=list)
    _shared: dict[str, tuple[str, str]] = field(default_factory=dict)
    _blocks: list[Block] = field(default_factory=list)
    _open: list[tuple[RowTag, int, int | None]] = field(default_factory=list)
    _tagged: bool = False
    _live: set[tuple[int, str]] = field(default_factory=set)

    def build(self, data: Element, tables: tuple[tuple[int, int], ...] = ()) -> Rowed:
        """Read `<sheetData>`."""
        rows = dict(self._numbered(data))
        tags = {number: found for number, row in rows.items() if (found := self._row_tags(number, row))}
        check_row_tags(self.checker, (tag for number in sorted(tags) for tag in tags[number]))
        first, last = (min(tags), max(tags)) if tags else (0, -1)
        self._places = [self.sheet]
        for number in sorted({*rows, *self.notes, *range(first, last + 1)}):
            if number in tags:
                self._take_away(number, tags[number])
            else:
                self._row(number, rows.get(number))
        layout = Layout(tuple(self._blocks), frozenset(tags), tables if tags else ())
        tagged = self._tagged or bool(tags)
        return Rowed("".join(self._pieces), self._places, layout, self._formulas, tagged, frozenset(self._live))

    @staticmethod
    def _numbered(data: Element) -> Iterator[tuple[int, Element]]:
        number = 0
        for row in data:
            number = int(row.get("r") or number + 1)
            yield number, row

    @staticmethod
    def _cells(row: Element) -> Iterator[tuple[str, Element]]:
        index = 0
        for cell in row.iterfind(f"{X}c"):
            found = _REFERENCE.fullmatch(cell.get("r") or "")
            index = column_index_from_string(found[1]) if found else index + 1
            yield get_column_letter(index), cell

    def _runs(self, cell: Element) -> list[tuple[str, str]]:
        """The texts of a cell that holds a text; nothing for others, and for formulas."""
        if cell.find(f"{X}f") is not None:
            return []
        kind, value = cell.get("t"), cell.findtext(f"{X}v")
        if kind == "s" and value and int(value) < len(self.strings):
            return runs_of(self.strings[int(value)])
        found = cell.find(f"{X}is")
        if kind == "inlineStr" and found is not None:
            return runs_of(found)
        return [("", value)] if kind == "str" and value else []

    def _row_tags(self, number: int, row: Element) -> list[RowTag]:
        tags, others = [], []
        for column, cell in self._cells(row):
            text = "".join(text for _, text in self._runs(cell))
            found = row_tags(text, f"{self.sheet}!{column}{number}")
            tags += found
            others += [f"{column}{number}"] if has_tags(text) and not found else []
        for place in others if tags else []:
            self.checker.fault(f"{self.sheet}!{place}", "T302", "the tag stands in a row that another tag takes away")
        return tags

    def _take_away(self, number: int, tags: Sequence[RowTag]) -> None:
        for tag in tags:
            if tag.word in {"else", "elif", *PAIRS.values()} and self._open:
                opener, block, outer = self._open.pop()
                self._blocks[block] = Block(self._blocks[block].opens, number, outer, self._blocks[block].repeats)
                if tag.word in {"else", "elif"}:
                    self._begin(number, tag, opener, outer)
                    continue
            if tag.word in PAIRS:
                self._begin(number, tag, tag, self._open[-1][1] if self._open else None)
            else:
                self._line(tag.place)
                self._pieces.append(tag.source)

    def _begin(self, number: int, tag: RowTag, opener: RowTag, outer: int | None) -> None:
        self._line(tag.place)
        self._open.append((opener, len(self._blocks), outer))
        self._pieces.append(f"{tag.source}{ROW}b{len(self._blocks)}{END}")
        self._blocks.append(Block(number, number + 1, outer, repeats=tag.word == "for"))

    def _line(self, place: str) -> None:
        self._pieces.append(_NEXT_LINE)
        self._places.append(place)

    def _row(self, number: int, row: Element | None) -> None:
        self._pieces.append(f"{ROW}{number}{END}")
        for place, source in self.notes.get(number, ()):
            self._tagged = True
            self._line(place)
            self._pieces.append(source)
        if row is None:
            return
        self._pieces.append(f'<row r="{NUMBER}"{attributes_of(row, "r")}>')
        for column, cell in self._cells(row):
            self._cell(number, column, cell)
        self._pieces.append("</row>")

    def _cell(self, number: int, column: str, cell: Element) -> None:
        start = f'<c r="{column}{NUMBER}"'
        formula = cell.find(f"{X}f")
        runs = gathered(self._runs(cell))
        if formula is not None:
            self._pieces.append(start + attributes_of(cell, "r", "t"))
            self._formula(number, column, formula)
        elif has_tags("".join(text for _, text in runs)):
            self._tagged = True
            self._live.add((number, column))
            self._line(f"{self.sheet}!{column}{number}")
            self._pieces.append(start + self._filled(cell, runs, f"{self.sheet}!{column}{number}"))
        else:
            attributes, content = attributes_of(cell, "r"), inner(cell).replace("\n", "&#10;")
            self._pieces.append(f"{start}{attributes}>{content}</c>" if content else f"{start}{attributes}/>")

    def _filled(self, cell: Element, runs: list[tuple[str, str]], place: str) -> str:
        """A cell with tags, from its attributes on; nothing if a tag has a fault, which is noted."""
        whole = "".join(text for _, text in runs)
        source, style = self.checker.source(whole, place), attributes_of(cell, "r", "t")
        if not source:
            return ""
        if expression := self.checker.expression(whole):
            return self._valued(cell, expression)
        if len(runs) == 1 and not runs[0][0]:
            return f"{style}{{% filter _mixed %}}{source}{{% endfilter %}}"
        return f"{style}{{% filter _rich %}}{rich_source(self.checker, runs, place)}{{% endfilter %}}"

    def _valued(self, cell: Element, expression: str) -> str:
        """A cell that is one expression; without a number format of its own it takes one for a date."""
        since = ", true" if self.since_1904 else ""
        pair = self.dated.get(cell.get("s", "0"))
        if pair is None:
            return f"{attributes_of(cell, 'r', 't')}{{{{ ({expression}) | _typed({since[2:]}) }}}}"
        own = f'"{cell.get("s", "0")}", "{pair[0]}", "{pair[1]}"{since}'
        return f"{attributes_of(cell, 'r', 't', 's')}{{{{ ({expression}) | _styled({own}) }}}}"

    def _formula(self, number: int, column: str, element: Element) -> None:
        """Note a formula and leave a mark for it; shared formulas are taken apart."""
        place, text = f"{self.sheet}!{column}{number}", element.text or ""
        attributes = {name: value for name, value in element.attrib.items() if name not in {"t", "si", "ref"}}
        kind, shared = element.get("t"), element.get("si")
        if kind == "shared" and shared is not None:
            if text:
                self._shared[shared] = (text, f"{column}{number}")
            elif shared in self._shared:
                text, origin = self._shared[shared]
                text = Translator("=" + text, origin).translate_formula(f"{column}{number}")[1:]
        elif kind and element.get("ref"):
            attributes |= {"t": kind, "ref": element.get("ref", "")}
        if has_tags(text) and "{" in text and re.search(r"\{[{%]", text):
            message = "tags inside a formula are not filled in"
            self.checker.fault(place, "T307", message, "put the value into a cell of its own and name that cell")
        self._pieces.append(f"{FORMULA}{len(self._formulas)}{END}")
        self._formulas.append(FormulaCell(column, number, self._parsed(text), attributes))

    def _parsed(self, text: str) -> Formula:
        try:
            return parsed(text, self.sheet)
        except (TokenizerError, IndexError):  # what Excel itself wrote but the tokeniser does not know stays as it is
            return (text,)
