"""A part's XML made ready for Jinja: each tag joined into one piece, and put where what it governs begins or ends.

Tags are replaced by marks in the text, or by processing instructions between elements; the slot of that number says
what was written there. Nothing is dropped in silence: whatever would be lost is a fault with its place.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import _Element as Element

from generator.render.word.pieces import (
    MARK,
    MARKED,
    Piece,
    cut,
    drop_breaks,
    merge,
    pieces_of,
    tidy,
    trim,
    write,
    xml_of,
)
from generator.render.word.place import quoted
from generator.render.word.tags import Tag, scan
from generator.render.word.words import (
    BOOKMARKS,
    P_PR,
    R_PR,
    SECT_PR,
    TC,
    TC_PR,
    TR,
    VAL,
    P,
    R,
    T,
    nearest,
    put_cell_property,
    w,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Processing instructions of this name stand for tags between elements.
INSTRUCTION = "dealdocs"

_WHOLE = {"p": P, "tr": TR, "tc": TC}
_SAID = {"p": "paragraph", "tr": "table row", "tc": "table cell"}
_CELL_WORDS = {"colspan", "cellbg", "vm", "hm"}
_PICTURES = (w("drawing"), w("pict"), w("object"), w("footnoteReference"), w("endnoteReference"))
_MAKES_RUNS = re.compile(r"\|\s*image\b")


@dataclass(slots=True)
class Slot:
    """A tag in its place. `context` says what its value becomes; `properties` is the formatting that it stands in.

    A slot that no person wrote, but that the engine needs, has `made` set.
    """

    tag: Tag
    place: str
    context: str = "text"
    properties: str = ""
    made: bool = False


@dataclass
class Patch:
    """One part at work. `report` is told of each fault: place, code, message, hint."""

    root: Element
    places: dict[Element, str]
    report: Callable[[str, str, str, str], None]
    slots: list[Slot] = field(default_factory=list)
    _whole: dict[Element, list[int]] = field(default_factory=dict)
    _joins: list[tuple[int, Element]] = field(default_factory=list)

    def run(self) -> None:
        """Patch the whole part."""
        tidy(self.root)
        for paragraph in [*self.root.iter(P)]:
            self._paragraph(paragraph)
        for element, numbers in self._whole.items():
            self._replace(element, numbers)
        for number, element in self._joins:
            self._join(number, element)
        for element in self.root.iter(etree.Element):
            self._attributes(element)

    def slot(self, tag: Tag, place: str, context: str = "text", properties: str = "", *, made: bool = False) -> int:
        """Keep a tag; gives the number that its mark bears."""
        self.slots.append(Slot(tag, place, context, properties, made))
        return len(self.slots) - 1

    def insert(self, mark: str, inner: str, place: str, context: str = "block") -> int:
        """Keep a tag that no person wrote."""
        return self.slot(Tag(0, 0, "{{" if mark == "{{" else "{%", inner), place, context, made=True)

    def mark(self, inner: str, place: str, context: str = "attribute") -> str:
        """The mark of a value that no person wrote a tag for."""
        return MARK.format(self.insert("{{", inner, place, context))

    def _paragraph(self, paragraph: Element) -> None:
        texts, codes, deleted = pieces_of(paragraph)
        place = self.places.get(paragraph, "")
        words = "".join(piece.text for piece in texts)
        if scan(deleted).tags:
            message = "a tag stands in a tracked deletion"
            self.report(quoted(place, deleted), "T207", message, "accept or reject the change in Word")
        for pieces, context in ((texts, "text"), (codes, "code")):
            self._stream(paragraph, pieces, place, context)
        self._check_whole(paragraph, quoted(place, words))

    def _stream(self, paragraph: Element, pieces: list[Piece], place: str, context: str) -> None:
        """Join the tags of a paragraph's texts, or of its field codes, the last one first so that places stay true."""
        text = "".join(piece.text for piece in pieces)
        if "{" not in text and "}" not in text:
            return
        found = scan(text)
        for at, code, message in found.faults:
            self.report(quoted(place, text, text[at : at + 20]), code, message, "")
        numbered = [(self.slot(tag, quoted(place, text, tag.text), context), tag) for tag in found.tags]
        for number, tag in reversed(numbered):
            self._place(paragraph, pieces, number, tag)

    def _place(self, paragraph: Element, pieces: list[Piece], number: int, tag: Tag) -> None:
        if tag.mark == "raw":
            cut(pieces, tag, tag.inner)
        elif tag.prefix in _WHOLE:
            cut(pieces, tag, "")
            self._claim(paragraph, number, tag)
        elif tag.word in _CELL_WORDS:
            self._cell(cut(pieces, tag, ""), number, tag)
        else:
            piece = cut(pieces, tag, MARK.format(number))
            trim(piece, tag, MARK.format(number))
            if tag.prefix == "r" or (tag.mark == "{{" and _MAKES_RUNS.search(tag.inner)):
                self._split(piece, number)
            elif tag.mark == "{%" and (tag.joins_before or tag.joins_after):
                self._joins.append((number, piece.element))

    def _claim(self, paragraph: Element, number: int, tag: Tag) -> None:
        """Note that a tag takes away its whole paragraph, row or cell."""
        owner = paragraph if tag.prefix == "p" else nearest(paragraph, _WHOLE[tag.prefix])
        if owner is None:
            self._fault(number, "T203", f"'{tag.text}' stands outside any table", "")
            return
        slot = self.slots[number]
        slot.context = "block"
        if tag.prefix == "p":
            properties = paragraph.find(P_PR)
            slot.properties = "" if properties is None else xml_of(properties)
        self._whole.setdefault(owner, []).insert(0, number)

    def _check_whole(self, paragraph: Element, place: str) -> None:
        """Refuse what would vanish with a paragraph that a `{%p` tag takes away."""
        if paragraph not in self._whole or self._is_comment(self._whole[paragraph]):
            return
        self._check_beside([paragraph], self.slots[self._whole[paragraph][0]].tag, place)

    def _is_comment(self, numbers: list[int]) -> bool:
        """Whether nothing but a comment takes an element away: then it was meant to go with all that it holds."""
        return all(self.slots[number].tag.mark == "{#" for number in numbers)

    def _check_beside(self, paragraphs: Iterable[Element], tag: Tag, place: str) -> None:
        for paragraph in paragraphs:
            texts, codes, _ = pieces_of(paragraph)
            beside = "".join(piece.text for piece in [*texts, *codes] if piece.real)
            beside = MARKED.sub(lambda mark: "" if self.slots[int(mark[1])].tag.mark == "{#" else "\ufffc", beside)
            picture = next(paragraph.iter(*_PICTURES), None) is not None
            if beside.strip() or picture:
                what = (
                    "text"
                    if beside.replace("\ufffc", "").strip()
                    else "a picture or note"
                    if picture
                    else "another tag"
                )
                message = f"{what} stands beside '{tag.text}', which takes its whole {_SAID[tag.prefix]} away"
                self.report(place, "T204", message, f"put '{tag.text}' into a {_SAID[tag.prefix]} of its own")
            if next(paragraph.iter(SECT_PR), None) is not None:
                message = f"a section ends in the paragraph that '{tag.text}' takes away"
                self.report(place, "T204", message, "put the section break into a paragraph of its own")

    def _replace(self, element: Element, numbers: list[int]) -> None:
        """Put tags in place of the paragraph, row or cell that they take away."""
        slot = self.slots[numbers[0]]
        if element.tag != P and not self._is_comment(numbers):
            self._check_beside([p for p in element.iter(P) if p not in self._whole], slot.tag, slot.place)
        for kept in [*element.iter(*BOOKMARKS)] if element.tag == P else []:
            element.addprevious(kept)
        for number in numbers:
            element.addprevious(etree.ProcessingInstruction(INSTRUCTION, str(number)))
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)

    def _cell(self, piece: Piece, number: int, tag: Tag) -> None:
        """Do what the tags for cells say: span columns, colour, merge over the rows or the columns of a loop."""
        cell = nearest(piece.element, TC)
        place = self.slots[number].place
        if cell is None:
            self._fault(number, "T203", f"'{tag.text}' stands outside any table", "")
            return
        value = tag.inner.removeprefix(tag.word).strip()
        self.slots[number].made = True
        if tag.word == "colspan":
            put_cell_property(cell, "gridSpan", val=self.mark(value, place))
        elif tag.word == "cellbg":
            fill = self.mark(value, place)
            put_cell_property(cell, "shd", val="clear", color="auto", fill=fill)
        elif tag.word == "vm":
            self._merge_down(cell, piece, place)
        else:
            self._merge_across(cell, place)

    def _merge_down(self, cell: Element, piece: Piece, place: str) -> None:
        """The cells that a loop over rows makes of this one are one cell, with the text of the first."""
        put_cell_property(cell, "vMerge", val=self.mark("'restart' if loop.first else 'continue'", place))
        for text in [*cell.iter(T)]:
            if text.text:
                opens, closes = self.insert("{%", "if loop.first", place), self.insert("{%", "endif", place)
                write(text, MARK.format(opens) + text.text + MARK.format(closes))
            if text is piece.element:
                break
        piece.text = piece.element.text or ""

    def _merge_across(self, cell: Element, place: str) -> None:
        """The cells that a loop over columns makes of this one are one cell, as wide as all of them."""
        old = cell.find(f"{TC_PR}/{w('gridSpan')}")
        width = "loop.length" if old is None else f"{int(old.get(VAL, '1'))} * loop.length"
        put_cell_property(cell, "gridSpan", val=self.mark(width, place))
        opens, closes = self.insert("{%", "if loop.first", place), self.insert("{%", "endif", place)
        cell.addprevious(etree.ProcessingInstruction(INSTRUCTION, str(opens)))
        cell.addnext(etree.ProcessingInstruction(INSTRUCTION, str(closes)))

    def _split(self, piece: Piece, number: int) -> None:
        """Put a tag that makes runs between two runs: what stood before it, and what stood after it."""
        run = nearest(piece.element, R)
        if run is None:
            return
        properties = run.find(R_PR)
        slot = self.slots[number]
        slot.context, slot.properties = "run", "" if properties is None else xml_of(properties)
        before, _, after = piece.text.partition(MARK.format(number))
        following = copy.copy(run)
        del following[:]
        if properties is not None:
            following.append(copy.deepcopy(properties))
        rest = piece.element.makeelement(T)
        write(rest, after)
        following.append(rest)
        following.extend(piece.element.itersiblings())
        run.addnext(following)
        run.addnext(etree.ProcessingInstruction(INSTRUCTION, str(number)))
        piece.text = before
        write(piece.element, before)
        for each in (run, following):
            if all(child.tag == R_PR or (child.tag == T and not child.text) for child in each):
                each.getparent().remove(each)

    def _join(self, number: int, element: Element) -> None:
        """Merge a paragraph that a dash joins to the one before or after it: what both hold becomes one paragraph."""
        paragraph, tag, mark = nearest(element, P), self.slots[number].tag, MARK.format(number)
        if paragraph is None:
            return
        pieces = pieces_of(paragraph)[0]
        before, _, after = "".join(piece.text for piece in pieces).partition(mark)
        holder = next(index for index, piece in enumerate(pieces) if piece.element is element)
        inside = element.text.partition(mark)
        if tag.joins_before and not inside[0].strip():
            drop_breaks(pieces[:holder][::-1])
        if tag.joins_after and not inside[2].strip():
            drop_breaks(pieces[holder + 1 :])
        previous, following = paragraph.getprevious(), paragraph.getnext()
        if tag.joins_after and not after.strip() and following is not None and following.tag == P:
            merge(paragraph, following)
        if tag.joins_before and not before.strip() and previous is not None and previous.tag == P:
            merge(previous, paragraph)

    def _attributes(self, element: Element) -> None:
        """Find tags in attributes: alternative texts, field codes, whatever else a person put one into."""
        for name, value in element.attrib.items():
            if "{{" not in value and "{%" not in value and "{#" not in value:
                continue
            paragraph = nearest(element, P)
            place = self.places.get(paragraph, "") if paragraph is not None else ""
            local = etree.QName(name).localname
            called = "alternative text" if local in {"descr", "title"} else f"attribute '{local}'"
            place = quoted(f"{place}, {called}" if place else called, value)
            element.set(name, self.plain(value, place, "code" if local == "instr" else "attribute"))

    def plain(self, text: str, place: str, context: str) -> str:
        """Replace the tags of a text that has no runs by their marks."""
        found = scan(text)
        for _, code, message in found.faults:
            self.report(place, code, message, "")
        for tag in reversed(found.tags):
            mark = tag.inner if tag.mark == "raw" else MARK.format(self.slot(tag, place, context))
            text = text[: tag.start] + mark + text[tag.end :]
        return text

    def _fault(self, number: int, code: str, message: str, hint: str) -> None:
        self.report(self.slots[number].place, code, message, hint)
