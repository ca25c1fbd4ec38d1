"""The sections of a record in a joined document: where each begins, how its pages count, what its headers are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SECTION = re.compile(rb"<w:sectPr\b[^>]*/>|<w:sectPr\b[^>]*>.*?</w:sectPr>", re.DOTALL)
_CHANGE = re.compile(rb"<w:sectPrChange\b.*?</w:sectPrChange>", re.DOTALL)
_REFERENCE = re.compile(rb"<w:(header|footer)Reference\b[^>]*?\sw:type=\"(\w+)\"|<w:(header|footer)Reference\b")
_TYPE = re.compile(rb"<w:type\b[^>]*/>")
_NUMBERS = re.compile(rb"<w:pgNumType\b[^>]*/>")
_OTHER_NUMBERS = re.compile(rb'<w:pgNumType\b[^>]*?\sw:(?:fmt="(?!decimal")|start="(?!1"))')
_NOTES = {kind: re.compile(rb"<w:%sPr\b(?:[^>]*/>|.*?</w:%sPr>)" % (kind, kind), re.DOTALL)
          for kind in (b"footnote", b"endnote")}  # fmt: skip
_ENDING = re.compile(rb"<w:(?:bookmarkEnd|commentRangeEnd|permEnd|proofErr)\b[^>]*/>")
_PARAGRAPH = re.compile(rb"<(/?)w:p(?=[\s/>])[^>]*?(/?)>")
_EMPTY_PARAGRAPH = re.compile(rb"<w:p(?:\s[^>]*)?/>\Z")
_PROPERTIES = re.compile(rb"<w:p(?:\s[^>]*)?>\s*(<w:pPr\s*/>|<w:pPr>)?")
#: The properties of a section in the order in which the schema wants them.
_ORDER = ["headerReference", "footerReference", "footnotePr", "endnotePr", "type", "pgSz", "pgMar", "paperSrc"]
_ORDER += ["pgBorders", "lnNumType", "pgNumType", "cols", "formProt", "vAlign", "noEndnote", "titlePg"]
_ORDER += ["textDirection", "bidi", "rtlGutter", "docGrid", "printerSettings"]
#: A paragraph as low as can be, for a section that ends with a table.
_LOW = (
    b'<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
    b'<w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr>%s</w:pPr>%s</w:p>'
)

Reference = tuple[bytes, bytes]  # b"header" or b"footer", and b"default", b"first" or b"even"


@dataclass(slots=True)
class Sections:
    """The sections of all records, one record after another."""

    duplex: bool
    _seen: set[Reference] = field(default_factory=set)

    def of_record(self, text: bytes, *, footnotes: bool, endnotes: bool, blank: dict[bytes, bytes]) -> bytes:
        """A record's text with its sections set; `blank`: the ids of an empty header and of an empty footer."""
        found = SECTION.findall(text)
        made = list(found)
        made[0] = self._first(made[0], blank)
        for kind, there in ((b"footnote", footnotes), (b"endnote", endnotes)):
            if there:
                made[0] = restarted(made[0], kind)
        if endnotes:  # those of a record stand at its end, whatever sections it has
            made[:-1] = [put(each, b"noEndnote", b"<w:noEndnote/>") for each in made[:-1]]
        for each in found:
            self._seen |= references(each)
        left = iter(made)
        return SECTION.sub(lambda _: next(left), text)

    def lacks(self, text: bytes) -> set[bytes]:
        """Of b"header" and b"footer" those that a record's first section would take over from the record before."""
        first = SECTION.search(text)
        return {kind for kind, _ in self._seen - (references(first[0]) if first else set())}

    def _first(self, section: bytes, blank: dict[bytes, bytes]) -> bytes:
        start = b"oddPage" if self.duplex else b"nextPage"
        section = put(_TYPE.sub(b"", section), b"type", b'<w:type w:val="%s"/>' % start)
        numbers = _NUMBERS.search(section)
        if not numbers:
            section = put(section, b"pgNumType", b'<w:pgNumType w:start="1"/>')
        elif b"w:start=" not in numbers[0]:
            section = section.replace(numbers[0], numbers[0].replace(b"/>", b' w:start="1"/>'))
        for kind, which in sorted(self._seen - references(section)):
            made = b'<w:%sReference w:type="%s" %s/>' % (kind, which, blank[kind])
            section = put(section, b"%sReference" % kind, made)
        return section


def section_count(text: bytes) -> int:
    """How many sections a record has."""
    return len(SECTION.findall(text))


def counts_from_1(text: bytes) -> bool:
    """Whether the number of a record's last page is that of its pages."""
    return not _OTHER_NUMBERS.search(text)


def references(section: bytes) -> set[Reference]:
    """The headers and footers that a section names."""
    return {(each[1] or each[3], each[2] or b"default") for each in _REFERENCE.finditer(section)}


def restarted(section: bytes, kind: bytes) -> bytes:
    """A section in which the notes count from the beginning."""
    found = _NOTES[kind].search(section)
    made = found[0] if found else b"<w:%sPr/>" % kind
    if b"<w:numRestart" in made:
        return section.replace(made, made.replace(b'"continuous"', b'"eachSect"'))
    whole = made.replace(b"/>", b"></w:%sPr>" % kind) if made.endswith(b"Pr/>") else made
    whole = whole.replace(b"</w:%sPr>" % kind, b'<w:numRestart w:val="eachSect"/></w:%sPr>' % kind)
    return section.replace(made, whole) if found else put(section, b"%sPr" % kind, whole)


def put(section: bytes, name: bytes, element: bytes) -> bytes:
    """A section with one more property, in its place among the others; one of a single kind replaces none."""
    if section.endswith(b"/>") and section.count(b"<") == 1:
        section = section[:-2] + b"></w:sectPr>"
    if name == b"noEndnote" and b"<w:noEndnote" in section:
        return section
    place = section.index(b">") + 1
    following = _ORDER[_ORDER.index(name.decode()) + 1 :]
    found = re.compile(rf"<w:(?:{'|'.join(following)})\b".encode()).search(section, place)
    at = found.start() if found else section.rindex(b"</w:sectPr>")
    return section[:at] + element + section[at:]


def parted(body: bytes) -> tuple[bytes, bytes]:
    """The content of a body, and the properties of its last section."""
    if b"<w:sectPrChange" in body:
        body = _CHANGE.sub(b"", body)
    body = body.rstrip()
    start = body.rfind(b"<w:sectPr")
    found = SECTION.fullmatch(body, start) if start >= 0 else None
    return (body[:start], found[0]) if found else (body, b"<w:sectPr></w:sectPr>")


def closed(content: bytes, section: bytes, mark: bytes = b"") -> bytes:
    """A record's content with a section break at its end, and a `mark` (a bookmark) in its last paragraph."""
    at = _end_of_blocks(content)
    start = _last_paragraph(content[:at])
    paragraph = content[start:at] if start >= 0 else b""
    inside = _with_section(paragraph, section) if start >= 0 else b""
    if not inside:
        return content + _LOW % (section, mark)
    return b"".join([content[:start], inside[: -len(b"</w:p>")], content[at:].strip(), mark, b"</w:p>"])


def marked(content: bytes, mark: bytes) -> bytes:
    """The last record's content with a `mark` in its last paragraph."""
    if not mark:
        return content
    at = _end_of_blocks(content)
    start = _last_paragraph(content[:at])
    if start < 0:
        return content + _LOW % (b"", mark)
    paragraph = _opened(content[start:at])
    return b"".join([content[:start], paragraph[: -len(b"</w:p>")], mark, b"</w:p>", content[at:]])


def _end_of_blocks(content: bytes) -> int:
    """Where the last paragraph or table ends; after it there may be ends of bookmarks and the like."""
    at = len(content.rstrip())
    while at:
        start = content.rfind(b"<", 0, at)
        if not _ENDING.fullmatch(content, start, at):
            break
        at = len(content[:start].rstrip())
    return at


def _last_paragraph(content: bytes) -> int:
    """Where the paragraph begins with which the content ends; -1 if it does not end with one."""
    empty = _EMPTY_PARAGRAPH.search(content, max(0, len(content) - 500))
    if empty:
        return empty.start()
    if not content.endswith(b"</w:p>"):
        return -1
    start = len(content)
    while True:
        start = max(content.rfind(b"<w:p>", 0, start), content.rfind(b"<w:p ", 0, start))
        depth = 0
        for found in _PARAGRAPH.finditer(content, start):
            depth += -1 if found[1] else 0 if found[2] else 1
        if not depth or start < 0:
            return start


def _opened(paragraph: bytes) -> bytes:
    """A paragraph with a beginning and an end, though it be empty."""
    is_empty = paragraph.endswith(b"/>") and paragraph.count(b"<") == 1
    return paragraph[:-2] + b"></w:p>" if is_empty else paragraph


def _with_section(paragraph: bytes, section: bytes) -> bytes:
    """A paragraph that ends a section; nothing where it ends one already."""
    paragraph = _opened(paragraph)
    found = _PROPERTIES.match(paragraph)
    if not found or not found[1]:
        at = paragraph.index(b">") + 1
        return b"".join([paragraph[:at], b"<w:pPr>", section, b"</w:pPr>", paragraph[at:]])
    if found[1] != b"<w:pPr>":
        return paragraph.replace(found[1], b"<w:pPr>%s</w:pPr>" % section, 1)
    end = paragraph.index(b"</w:pPr>", found.end())
    if b"<w:sectPr" in paragraph[found.end() : end]:
        return b""
    change = paragraph.find(b"<w:pPrChange", found.end(), end)
    at = end if change < 0 else change
    return paragraph[:at] + section + paragraph[at:]
