"""The fields of a record in a joined document: what they count, collect and point to stays within the record."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from generator.render.word.identities import Identities

_SIMPLE = re.compile(
    rb'<w:fldSimple\b[^>]*?\sw:instr="([^"]*)"[^>]*?(?:/>|>(?:<w:fldData\b.*?</w:fldData>)?(.*?)</w:fldSimple>)',
    re.DOTALL,
)
_TOKEN = re.compile(
    rb'<w:fldChar\b[^>]*?\sw:fldCharType="(\w+)"|<w:instrText\b[^>]*>([^<]*)</w:instrText>|<w:t(?:\s[^>]*)?>[^<]*</w:t>'
)
_WORDS = re.compile(r'"[^"]*"|\S+')
_REFERENCES = {"REF", "PAGEREF", "NOTEREF", "GOTOBUTTON", "ASK", "SET"}
_PROPERTIES = {"TITLE", "SUBJECT", "AUTHOR", "KEYWORDS", "COMMENTS", "LASTSAVEDBY", "DOCPROPERTY"}
_RESULT = (
    b'<w:fldChar w:fldCharType="begin"/><w:instrText xml:space="preserve">%s</w:instrText>'
    b'<w:fldChar w:fldCharType="separate"/><w:t>1</w:t><w:fldChar w:fldCharType="end"/>'
)
_COMPLEX = (
    b'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve">%s</w:instrText></w:r>'
    b'<w:r><w:fldChar w:fldCharType="separate"/></w:r>%s<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


@dataclass(slots=True)
class Fields:
    """The fields of one record.

    `properties` gives those of its own that the joined document does not have, by name in small letters; `sections`
    is how many sections it has; `counts_from_1`: the number of its last page is that of its pages. `end` and `whole`
    tell afterwards whether it needs a bookmark at its end, and around it.
    """

    identities: Identities
    properties: Callable[[], Mapping[str, str]]
    sections: int = 1
    counts_from_1: bool = True
    end: bool = False
    whole: bool = False
    _counted: set[str] = field(default_factory=set)

    @property
    def end_name(self) -> bytes:
        """The bookmark at the record's end."""
        return b"_RecordEnd%d" % self.identities.number

    @property
    def whole_name(self) -> bytes:
        """The bookmark around the record."""
        return b"_Record%d" % self.identities.number

    def settled(self, text: bytes) -> bytes:
        """A part of the record with its fields set."""
        if b"<w:fldSimple" in text:
            text = _SIMPLE.sub(self._complex, text)
        if b"<w:instrText" not in text:
            return text
        pieces, last = [], 0
        for start, end, made in sorted(self._edits(text)):
            pieces += [text[last:start], made]
            last = end
        return b"".join([*pieces, text[last:]])

    def _complex(self, found: re.Match[bytes]) -> bytes:
        """A simple field that must change, written as a complex one."""
        words = _WORDS.findall(html.unescape(found[1].decode()))
        if not words or words[0].upper() in {"PAGE", "DATE", "TIME", "MERGEFIELD"}:
            return found[0]
        return _COMPLEX % (found[1], found[2] or b"")

    def _edits(self, text: bytes) -> list[tuple[int, int, bytes]]:
        """What is to be changed in a text: from, to, and what comes there."""
        edits: list[tuple[int, int, bytes]] = []
        opened: list[_Field] = []
        for found in _TOKEN.finditer(text):
            if found[1] == b"begin":
                if opened and not opened[-1].is_result:
                    opened[-1].is_parted = True
                opened.append(_Field())
            elif not opened:
                continue
            elif found[1] == b"end":
                edits += self._of(opened.pop())
            elif found[1]:
                opened[-1].is_result = True
            elif found[2] is not None:
                opened[-1].codes.append((*found.span(2), found[2]))
            elif opened[-1].is_result:
                opened[-1].results.append(found.span())
        return edits

    def _of(self, one: _Field) -> list[tuple[int, int, bytes]]:
        if one.is_parted:  # by a field in its code: its pieces stay where they are
            return [(start, end, self._named(text.decode()).encode()) for start, end, text in one.codes]
        code = html.unescape(b"".join(text for _, _, text in one.codes).decode())
        words = _WORDS.findall(code)
        if not words:
            return []
        changed, result = self._changed(words[0].upper(), words, code)
        if changed == code:
            return []
        (start, end, _), *others = one.codes
        edits = [(start, end, html.escape(changed, quote=False).encode())]
        edits += [(start, end, b"") for start, end, _ in others]
        if result and one.results:
            edits += [(*one.results[0], result)] + [(*span, b"") for span in one.results[1:]]
        return edits

    def _changed(self, kind: str, words: list[str], code: str) -> tuple[str, bytes]:
        """A field's code as it must be in the joined document, and its result where that changes too."""
        if kind == "NUMPAGES":
            return self._pages(code)
        if kind in _PROPERTIES:
            return self._property(kind, words, code)
        return self._inside(kind, words, code), b""

    def _inside(self, kind: str, words: list[str], code: str) -> str:
        """A field's code that counts, collects and refers within the record only."""
        if kind in {"TOC", "INDEX"}:
            return self._collecting(code)
        if kind == "SEQ":
            return self._counting(words, code)
        if kind == "HYPERLINK":
            return re.sub(r'(?<=\\l )(\s*"?)([^"\s]+)', lambda found: found[1] + self._name(found[2]), code)
        if kind == "IF" or kind.startswith("="):
            return self._named(code)
        return self._referring(words, code, 1 if kind in _REFERENCES else 0)

    def _referring(self, words: list[str], code: str, place: int) -> str:
        """A code of which one word is a bookmark's name."""
        if len(words) <= place:
            return code
        at = 0
        for word in words[:place]:
            at = code.index(word, at) + len(word)
        at = code.index(words[place], at)
        return code[:at] + self._name(words[place]) + code[at + len(words[place]) :]

    def _pages(self, code: str) -> tuple[str, bytes]:
        """The number of the record's pages.

        Word itself keeps the number of a section's pages up to date. For programs that do not know it, or if the
        record has more sections, the number is that of the page on which the record ends.
        """
        pages = re.sub(r"(?i)NUMPAGES", "SECTIONPAGES", code, count=1)
        if self.sections == 1 and not self.counts_from_1:
            return pages, b""
        self.end = True
        end = re.sub(r"(?i)NUMPAGES", f"PAGEREF {self.end_name.decode()}", code, count=1)
        if self.sections > 1:
            return end, b""
        nested = _RESULT % html.escape(end, quote=False).encode()
        return pages, nested

    def _collecting(self, code: str) -> str:
        """A table of contents, which collects what stands in the record."""
        found = re.search(r'\\b\s+"?(\w+)', code)
        if found:
            return code[: found.start(1)] + self._name(found[1]) + code[found.end(1) :]
        self.whole = True
        return f"{code.rstrip()} \\b {self.whole_name.decode()} "

    def _counting(self, words: list[str], code: str) -> str:
        """A numbered caption; the record's first of its kind begins again."""
        name = words[1].lower() if len(words) > 1 else ""
        is_first = name not in self._counted
        self._counted.add(name)
        if self.identities.number == 1 or not is_first or {r"\r", r"\c"} & {word.lower()[:2] for word in words}:
            return code
        return f"{code.rstrip()} \\r 1 "

    def _property(self, kind: str, words: list[str], code: str) -> tuple[str, bytes]:
        """A property of the record's own, written out."""
        name = kind.lower() if kind != "DOCPROPERTY" else " ".join(words[1:2]).strip('"').lower()
        said = self.properties().get(name)
        if said is None:
            return code, b""
        text = html.escape(said, quote=False).encode()
        quoted = said.replace("\\", "\\\\").replace('"', '\\"')
        return f' QUOTE "{quoted}" ', b'<w:t xml:space="preserve">%s</w:t>' % text

    def _named(self, code: str) -> str:
        """A code in which any word may be a bookmark's name, but for what stands in quotation marks."""
        return re.sub(r'"[^"]*"|\w+', lambda found: found[0] if found[0][0] == '"' else self._name(found[0]), code)

    def _name(self, name: str) -> str:
        """A bookmark's name in the joined document."""
        quotes = '"' if name.startswith('"') else ""
        return quotes + self.identities.renamed(name.strip('"').encode()).decode() + quotes if name else name


@dataclass(slots=True)
class _Field:
    """A field that is being read: where its code stands, and the texts of its result."""

    codes: list[tuple[int, int, bytes]] = field(default_factory=list)
    results: list[tuple[int, int]] = field(default_factory=list)
    is_result: bool = False
    is_parted: bool = False
