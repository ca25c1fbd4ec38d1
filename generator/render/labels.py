"""Labels and envelopes: address blocks, each fitted into its place on paper, as a PDF."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from generator.errors import Faults, Misuse, Problem
from generator.render.assets import listening
from generator.render.pages import hole, missing
from generator.stationery import Box

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from weasyprint import Document

    from generator.stationery import Envelope, Sheet

#: Sizes of type in points: below READABLE a line is rather broken than set smaller still; below SMALLEST it is no use.
READABLE, SMALLEST = 8.0, 6.0
STEP = 0.5
LINE = 1.2
#: Text keeps this far from a label's edges (mm), since printers do not feed paper to the tenth of a millimetre.
ACROSS, DOWN = 3.0, 1.2
#: CSS pixels in a millimetre, and millimetres in a point.
PIXELS, POINT = 96 / 25.4, 25.4 / 72
#: A line may take so much of the width: it is measured in one size and set in another.
ALMOST = 0.995
#: How long the paper is that texts are measured on (mm).
LONG = 20_000
FONTS = (
    'Carlito, Calibri, "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Thai", "Droid Sans Fallback", '
    "sans-serif"
)


@dataclass(frozen=True)
class LabelLook:
    """How addresses are set: the size in points that they have where there is room, the fonts, the language."""

    size: float = 11
    fonts: str = FONTS
    language: str = "en"
    title: str = "Labels"

    @cached_property
    def known(self) -> FontConfiguration:
        """The machine's fonts, gathered once."""
        return FontConfiguration()


@dataclass(frozen=True, slots=True)
class Block:
    """An address and the box that it has to fit into (mm). `place` is how people find it: "label 17"."""

    lines: tuple[str, ...]
    box: Box
    place: str
    size: float
    middle: bool = True


@dataclass(frozen=True, slots=True)
class Fit:
    """How a block fits: the size in points, whether its lines are broken, its height (mm)."""

    size: float
    broken: bool
    height: float


def labels(
    texts: Sequence[Sequence[str]],
    sheet: Sheet,
    house: LabelLook,
    *,
    start: tuple[int, int] = (1, 1),
    outline: bool = False,
) -> bytes:
    """Make sheets of labels: a text is an address block, line by line, and takes the next label along the rows.

    `start`: row and column, from 1, of the first label that is still on the sheet. `outline`: draw the labels' edges,
    to check the print on plain paper. A text without a line leaves its label empty.
    A text that is too large is set smaller; where it would be too small to read well, its lines are broken; what fits
    in neither way raises Faults that name every such label by its number. Raises Misuse for a start off the sheet.
    """
    skipped = first_place(sheet, start)
    blocks = [
        Block(
            cleaned(lines),
            sheet.box((skipped + number) % sheet.count).within(ACROSS, DOWN),
            f"label {number + 1}",
            house.size,
        )
        for number, lines in enumerate(texts)
    ]
    placed = list(zip(blocks, fitted(blocks, house, sheet.name), strict=True))
    filled = -(-(skipped + len(blocks)) // sheet.count)
    edges = "".join(edge(sheet, place) for place in range(sheet.count)) if outline else ""
    pages = []
    for page in range(max(filled, 1)):
        start_at = max(page * sheet.count - skipped, 0)
        end = (page + 1) * sheet.count - skipped
        pages.append(edges + "".join(drawn(block, fit) for block, fit in placed[start_at:end]))
    return pdf(pages, sheet.paper, house, blocks, sheet.name)


def cleaned(text: Sequence[str]) -> tuple[str, ...]:
    """The lines of a text; a value that holds line breaks is several of them."""
    return tuple(part.rstrip() for line in text for part in line.splitlines())


def first_place(sheet: Sheet, start: tuple[int, int]) -> int:
    """The place of a row and column, counted from 0. Raises Misuse where the sheet has none there."""
    row, column = start
    if not (1 <= row <= sheet.rows and 1 <= column <= sheet.columns):
        message = (
            f"there is no label in row {row}, column {column} of a sheet {sheet.name}: "
            f"it has {sheet.rows} rows and {sheet.columns} columns"
        )
        raise Misuse(message)
    return (row - 1) * sheet.columns + column - 1


def envelopes(
    texts: Sequence[Sequence[str]], size: Envelope, sender: Sequence[str], house: LabelLook | None = None
) -> bytes:
    """Make envelopes, one a page: a text is an address block, line by line; `sender` may be empty.

    Raises Faults for an address, or a sender, that cannot fit.
    """
    house = house or LabelLook(title="Envelopes")
    blocks = [
        Block(cleaned(lines), size.address, f"envelope {number}", house.size + 1, middle=False)
        for number, lines in enumerate(texts, 1)
    ]
    corner = Block(cleaned(sender), size.sender, "the sender", house.size - 2, middle=False)
    fits = fitted([*blocks, corner], house, size.name)
    returned = drawn(corner, fits[-1])
    pages = [returned + drawn(block, fit) for block, fit in zip(blocks, fits, strict=False)]
    return pdf(pages, (size.width, size.height), house, [*blocks, corner], size.name)


def fitted(blocks: Sequence[Block], house: LabelLook, file: str) -> list[Fit]:
    """How each block fits: in the largest size that keeps its lines whole, or else with broken lines. Raises Faults."""
    alike = {key(block): block for block in blocks}
    fits = dict(zip(alike, whole(list(alike.values()), house), strict=True))
    large = [block for name, block in alike.items() if not fits[name]]
    fits |= zip(map(key, large), broken(large, house), strict=True)
    unfit = [block for block in blocks if not fits[key(block)]]
    if unfit:
        raise Faults(too_large(block, file) for block in unfit)
    return [fit for block in blocks if (fit := fits[key(block)])]


def key(block: Block) -> tuple[object, ...]:
    """What decides how a block fits."""
    return block.lines, block.box.width, block.box.height, block.size


def whole(blocks: Sequence[Block], house: LabelLook) -> Iterator[Fit | None]:
    """How each block fits with its lines whole, if its size stays readable. A line that is in many is measured once."""
    lines = list(dict.fromkeys((line, block.size) for block in blocks for line in block.lines))
    sizes = measured([((line,), f"white-space:pre;font-size:{size:g}pt") for line, size in lines], house)
    widths = {line: width for line, (width, _) in zip(lines, sizes, strict=True)}
    for block in blocks:
        width = max((widths[line, block.size] for line in block.lines), default=0)
        height = len(block.lines) * LINE * block.size * POINT
        share = min(1, ALMOST * block.box.width / max(width, 1), block.box.height / max(height, 1))
        size = block.size * share // STEP * STEP
        yield Fit(size, broken=False, height=height * size / block.size) if size >= min(READABLE, block.size) else None


def broken(blocks: Sequence[Block], house: LabelLook) -> Iterator[Fit | None]:
    """How each block fits with broken lines: readable, with as few breaks as can be, and then as large as can be."""
    tries = [(block, size) for block in blocks for size in sizes_of(block)]
    styles = (f"white-space:pre-wrap;font-size:{size:g}pt;width:{block.box.width}mm" for block, size in tries)
    heights = measured([(block.lines, style) for (block, _), style in zip(tries, styles, strict=True)], house)
    fits: dict[tuple[object, ...], list[Fit]] = {key(block): [] for block in blocks}
    for (block, size), (_, height) in zip(tries, heights, strict=True):
        if height <= block.box.height + 0.01:
            fits[key(block)].append(Fit(size, broken=True, height=height))
    yield from (min(fits[key(block)], key=worse, default=None) for block in blocks)


def worse(fit: Fit) -> tuple[bool, int, float]:
    """What speaks against a fit, first things first."""
    return fit.size < READABLE, round(fit.height / (LINE * fit.size * POINT)) if fit.size >= READABLE else 0, -fit.size


def sizes_of(block: Block) -> Iterator[float]:
    """The sizes to try, largest first."""
    size = block.size
    while size > SMALLEST:
        yield size
        size -= 2 * STEP if size > READABLE else STEP
    yield SMALLEST


def measured(texts: Sequence[tuple[Sequence[str], str]], house: LabelLook) -> list[tuple[float, float]]:
    """The width and height (mm) that texts take, each in a style."""
    body = "".join(element(lines, f'id="t{number}"', style) for number, (lines, style) in enumerate(texts))
    anchors: Mapping[str, tuple[float, ...]] = laid_out(body, (LONG, LONG), house).pages[0].anchors
    boxes = (anchors[f"t{number}"] for number in range(len(texts)))
    return [((right - left) / PIXELS, (bottom - top) / PIXELS) for left, top, right, bottom in boxes]


def too_large(block: Block, file: str) -> Problem:
    """What to say of an address that cannot fit."""
    message = (
        f"an address of {len(block.lines)} lines ({shortened(' / '.join(block.lines))}) does not fit "
        f"into {block.box.width:.0f} × {block.box.height:.0f} mm, even at {SMALLEST:g} points"
    )
    return Problem(file, "T170", message, place=block.place, hint="shorten it, or choose something larger")


def shortened(text: str, length: int = 60) -> str:
    """A text, cut for a message."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def element(lines: Sequence[str], attribute: str, style: str) -> str:
    """Lines as HTML, each in the direction in which it is written; all from right to left, they stand at the right."""
    text = [escape(line, quote=False) for line in lines]
    left = [leftward(line) for line in lines]
    if any(left) and not all(left):
        body = "".join(f"<p{' class=r' * turned}>{line}</p>" for line, turned in zip(text, left, strict=True))
        return f'<div {attribute} style="{style}">{body}</div>'
    body = "\n".join(text)
    return f'<div {attribute}{" class=r" * all(left)} style="{style}">{body}</div>'


def leftward(line: str) -> bool:
    """Whether a line is written from right to left: its first letter is (Unicode's rule P2)."""
    kinds = (unicodedata.bidirectional(character) for character in line)
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L"


def drawn(block: Block, fit: Fit) -> str:
    """A block at its place; one that is written from right to left stands at the right."""
    box = block.box
    top = box.top + ((box.height - fit.height) / 2 if block.middle else 0)
    place = f"left:{box.left:.3f}mm;top:{top:.3f}mm;width:{box.width:.3f}mm"
    spaces = "pre-wrap" if fit.broken else "pre"
    return element(block.lines, "", f"{place};font-size:{fit.size:g}pt;white-space:{spaces}")


def edge(sheet: Sheet, place: int) -> str:
    """The edge of a label."""
    box = sheet.box(place)
    measures = f"left:{box.left:.3f}mm;top:{box.top:.3f}mm;width:{box.width:.3f}mm;height:{box.height:.3f}mm"
    return f'<div class="edge" style="{measures};border-radius:{sheet.radius}mm"></div>'


def laid_out(body: str, paper: tuple[float, float], house: LabelLook) -> Document:
    """Lay out HTML on paper of a size (mm)."""
    css = (
        f"@page{{size:{paper[0]:.3f}mm {paper[1]:.3f}mm;margin:0}}"
        f"html{{font-family:{house.fonts};line-height:{LINE};overflow-wrap:anywhere}}body,p{{margin:0}}"
        f"section{{position:relative;height:{paper[1] - 0.01:.3f}mm;break-inside:avoid}}"
        "section+section{break-before:page}"
        "div{position:absolute}.r{direction:rtl}p.r{text-align:left}"
        ".edge{box-sizing:border-box;border:0.3pt solid #888}"
    )
    text = (
        f'<!DOCTYPE html><html lang="{escape(house.language)}"><head><title>{escape(house.title)}</title>'
        f"<style>{css}</style></head><body>{body}</body></html>"
    )
    document: Document = HTML(string=text).render(font_config=house.known, pdf_tags=True)
    return document


def pdf(
    pages: Sequence[str], paper: tuple[float, float], house: LabelLook, blocks: Sequence[Block], file: str
) -> bytes:
    """Draw the pages. Raises Faults for characters that no font has, at the place where each is."""
    with listening():
        document = laid_out("".join(f"<section>{page}</section>" for page in pages), paper, house)
        made: bytes = document.write_pdf(pdf_tags=True)
    faults = [
        replace(hole(character, file), place=block.place)
        for character in missing(document.fonts.values())
        for block in blocks
        if any(character in line for line in block.lines)
    ]
    if faults:
        raise Faults(faults)
    return made
