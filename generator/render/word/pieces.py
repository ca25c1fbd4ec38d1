"""The texts of a paragraph, run by run, as tags see them: read together, cut, joined and written back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree
from lxml.etree import _Element as Element

from generator.render.word.words import DELETIONS, INSTR, P_PR, R_PR, SECT_PR, TR, XML_SPACE, P, R, T, nearest, w

if TYPE_CHECKING:
    from generator.render.word.tags import Tag

MARK = "\U0010ff00{}\U0010ff01"
MARKED = re.compile("\U0010ff00(\\d+)\U0010ff01")

_STANDS_FOR = {w("br"): " ", w("tab"): " ", w("cr"): " ", w("noBreakHyphen"): "-"}


@dataclass(slots=True)
class Piece:
    """A run's text, or something that stands between texts: its element, and the text as far as tags are concerned."""

    element: Element
    text: str
    real: bool = True


def tidy(root: Element) -> None:
    """Take away what Word notes for itself: proofing marks and revision ids; open insertions that tags stand in."""
    for element in [*root.iter(w("proofErr"))]:
        element.getparent().remove(element)
    for element in root.iter(P, R, TR, SECT_PR):
        for name in [name for name in element.attrib if name.startswith(w("rsid"))]:
            del element.attrib[name]
    for element in [*root.iter(w("ins"), w("smartTag"))]:
        parent = element.getparent()
        if parent.tag in {P, w("hyperlink")} and any(
            "{" in (t.text or "") or "}" in (t.text or "") for t in element.iter(T)
        ):
            for child in [*element]:
                element.addprevious(child)
            parent.remove(element)


def pieces_of(paragraph: Element) -> tuple[list[Piece], list[Piece], str]:
    """A paragraph's texts, its field codes, and the text of its tracked deletions; text boxes are not its own."""
    texts: list[Piece] = []
    codes: list[Piece] = []
    deleted = ""
    for element in paragraph.iter(T, INSTR, w("delText"), *_STANDS_FOR):
        if nearest(element, P) is not paragraph or (element.tag in _STANDS_FOR and element.getparent().tag != R):
            continue
        if nearest(element, *DELETIONS) is not None:
            deleted += element.text or ""
        elif element.tag == T:
            texts.append(Piece(element, element.text or ""))
        elif element.tag == INSTR:
            codes.append(Piece(element, element.text or ""))
        elif element.tag in _STANDS_FOR:
            texts.append(Piece(element, _STANDS_FOR[element.tag], real=False))
    return texts, codes, deleted


def cut(pieces: list[Piece], tag: Tag, mark: str) -> Piece:
    """Put a mark in place of a tag, whole into the piece where the tag begins; gives that piece.

    What follows the tag in a later run moves along if both runs look the same, else it stays in its own run.
    """
    at, first, last, starts, ends = 0, -1, -1, 0, 0
    for index, piece in enumerate(pieces):
        if first < 0 and at <= tag.start < at + len(piece.text):
            first, starts = index, tag.start - at
        if at < tag.end <= at + len(piece.text):
            last, ends = index, tag.end - at
        at += len(piece.text)
    begun = pieces[first]
    rest = pieces[last].text[ends:]
    text = begun.text[:starts] + mark
    for piece in pieces[first + 1 : last + 1]:
        piece.text = ""
    if first == last or _alike(begun.element, pieces[last].element):
        text += rest
    else:
        pieces[last].text = rest
        write(pieces[last].element, rest)
    begun.text = text
    write(begun.element, text)
    for piece in pieces[first + 1 : last + 1]:
        if not piece.text:
            _drop(piece.element)
    pieces[first + 1 : last + 1] = [piece for piece in pieces[first + 1 : last + 1] if piece.text]
    return begun


def trim(piece: Piece, tag: Tag, mark: str) -> None:
    """A dash takes away the white space beside its tag, within the same run."""
    before, _, after = piece.text.partition(mark)
    before = before.rstrip() if tag.joins_before else before
    after = after.lstrip() if tag.joins_after else after
    piece.text = before + mark + after
    write(piece.element, piece.text)


def write(element: Element, text: str) -> None:
    """Set a run's text; blanks at its ends, and those that a value may bring, are kept."""
    element.text = text
    if element.tag == T and (MARKED.search(text) or text != text.strip()):
        element.set(XML_SPACE, "preserve")


def _alike(one: Element, other: Element) -> bool:
    """Whether two texts stand side by side in runs that look the same."""
    runs = [run for text in (one, other) if (run := nearest(text, R)) is not None]
    if len(runs) < 2 or runs[0].getparent() is not runs[1].getparent():  # noqa: PLR2004 -- both of them
        return False
    looks = [b"" if (found := run.find(R_PR)) is None else etree.tostring(found, method="c14n") for run in runs]
    return looks[0] == looks[1] and one.tag == other.tag


def _drop(element: Element) -> None:
    """Take a text away, and its run if nothing is left in it."""
    run = element.getparent()
    if run is None:
        return
    run.remove(element)
    if run.tag == R and all(child.tag == R_PR for child in run):
        parent = run.getparent()
        if parent is not None:
            parent.remove(run)


def drop_breaks(pieces: list[Piece]) -> None:
    """Take away the breaks and tabs up to the next text."""
    for piece in pieces:
        if piece.real and piece.text:
            return
        if not piece.real:
            _drop(piece.element)


def merge(into: Element, paragraph: Element) -> None:
    """Move all that a paragraph holds to the end of another, whose formatting stays."""
    for child in [*paragraph]:
        if child.tag != P_PR:
            into.append(child)
    parent = paragraph.getparent()
    if parent is not None:
        parent.remove(paragraph)


def xml_of(element: Element) -> str:
    """An element's XML without the declarations of the namespaces that its part declares anyway."""
    text: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return re.sub(r' xmlns(:\w+)?="[^"]*"', "", text)
