"""Stationery: the measures of label sheets and envelopes, in millimetres from the top left corner."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

INCH = 25.4
LETTER = (8.5 * INCH, 11 * INCH)
A4 = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on paper: where its top left corner is, its width and its height."""

    left: float
    top: float
    width: float
    height: float

    def within(self, across: float, down: float) -> Box:
        """What is left of it inside an inner margin at both sides, and at top and bottom."""
        return Box(self.left + across, self.top + down, self.width - 2 * across, self.height - 2 * down)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of labels: `paper` and `label` are width and height; `first` is where the first label's corner is.

    `pitch` is the way from one label's corner to the next one's, across and down. `radius` is that of its corners.
    """

    name: str
    paper: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    first: tuple[float, float]
    pitch: tuple[float, float]
    radius: float = 1.6

    @property
    def count(self) -> int:
        """How many labels there are on a sheet."""
        return self.columns * self.rows

    def box(self, place: int) -> Box:
        """The label at a place, counted from 0 along the rows."""
        row, column = divmod(place, self.columns)
        left, top = self.first[0] + column * self.pitch[0], self.first[1] + row * self.pitch[1]
        return Box(left, top, *self.label)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope, lying: where the address stands, and the sender's."""

    name: str
    width: float
    height: float

    @property
    def address(self) -> Box:
        """From 42 % of the width and height to the right edge's margin and the clear zone.

        Posts read there: the US Postal Service keeps 5/8 inch at the lower edge clear, for its barcode.
        """
        left, top = 0.42 * self.width, 0.42 * self.height
        return Box(left, top, self.width - left - 15, self.height - top - 5 / 8 * INCH)

    @property
    def sender(self) -> Box:
        """The upper left corner, above the address; the upper right is the stamp's."""
        return Box(10, 8, 0.5 * self.width - 10, self.address.top - 8 - 4)


def _inches(name: str, grid: tuple[int, int], label: tuple[float, float], top: float, gap: float) -> Sheet:
    """A letter-size sheet by measures in inches: its labels stand in the middle, a gap apart; its rows touch."""
    width, height = label[0] * INCH, label[1] * INCH
    left = (LETTER[0] - grid[0] * width - (grid[0] - 1) * gap * INCH) / 2
    return Sheet(name, LETTER, *grid, (width, height), (left, top * INCH), (width + gap * INCH, height))


def _metric(name: str, columns: int, rows: int, label: tuple[float, float], gap: float = 2.5) -> Sheet:
    """An A4 sheet whose labels stand in the middle; its columns are a gap apart, its rows touch one another."""
    left = (A4[0] - columns * label[0] - (columns - 1) * gap) / 2
    return Sheet(name, A4, columns, rows, label, (left, (A4[1] - rows * label[1]) / 2), (label[0] + gap, label[1]))


def _and_alike(sheet: Sheet, *names: str) -> dict[str, Sheet]:
    """The sheet by its own name, and by those of sheets that are cut alike."""
    return {name: replace(sheet, name=name) for name in (sheet.name, *names)}


#: Label sheets by the maker's number: the sizes and counts that Avery states for them, in inches and millimetres.
#: All stand in the middle of their paper. US gaps: 5/32 in at the left of 4-inch labels (so 3/16 in between them), as
#: the templates of the gLabels project have it; 5160: 3/16 in at the left and 1/8 in between, as published for 8160
#: (gLabels: 5/32 in for both). A4: 2.5 mm between columns; the gLabels list agrees to 0.4 mm for L7160, to 0.1 mm for
#: L7165, and is up to 1.3 mm off the middle for L7163. Numbers of sheets cut alike, for other materials: that list too.
SHEETS: Mapping[str, Sheet] = {
    **_and_alike(_inches("5160", (3, 10), (2.625, 1), 1 / 2, 1 / 8), "5260", "5520", "5960", "8160", "8460", "18160"),
    **_and_alike(_inches("5161", (2, 10), (4, 1), 1 / 2, 3 / 16), "5261", "5961", "8161", "8461", "18161"),
    **_and_alike(_inches("5162", (2, 7), (4, 4 / 3), 5 / 6, 3 / 16), "5262", "5962", "8162", "8462", "18162"),
    **_and_alike(_inches("5163", (2, 5), (4, 2), 1 / 2, 3 / 16), "5263", "5963", "8163", "8463", "18163"),
    **_and_alike(_inches("5164", (2, 3), (4, 10 / 3), 1 / 2, 3 / 16), "5264", "8164", "8464"),
    **_and_alike(_inches("5167", (4, 20), (1.75, 0.5), 1 / 2, 5 / 16), "5267", "8167", "18167"),
    **_and_alike(_metric("L7159", 3, 8, (63.5, 33.9)), "J8159"),
    **_and_alike(_metric("L7160", 3, 7, (63.5, 38.1)), "J8160"),
    **_and_alike(_metric("L7161", 3, 6, (63.5, 46.6)), "J8161"),
    **_and_alike(_metric("L7162", 2, 8, (99.1, 33.9)), "J8162"),
    **_and_alike(_metric("L7163", 2, 7, (99.1, 38.1)), "J8163"),
    **_and_alike(_metric("L7164", 3, 4, (63.5, 72)), "J8164"),
    **_and_alike(_metric("L7165", 2, 4, (99.1, 67.7)), "J8165"),
    **_and_alike(_metric("L7173", 2, 5, (99.1, 57)), "J8173"),
    **_and_alike(_metric("L7651", 5, 13, (38.1, 21.2)), "J8651"),
}

#: Envelopes by name: #9 and #10 as in the US trade (3⅞ × 8⅞ and 4⅛ × 9½ in), the others by ISO 269, which calls
#: C6/5 also C6/C5 and C5/6. #6¾ is 3⅝ × 6½ in.
ENVELOPES: Mapping[str, Envelope] = {
    made.name: made
    for made in (
        Envelope("#6¾", 6.5 * INCH, 3.625 * INCH),
        Envelope("#9", 8.875 * INCH, 3.875 * INCH),
        Envelope("#10", 9.5 * INCH, 4.125 * INCH),
        Envelope("DL", 220, 110),
        Envelope("C5", 229, 162),
        Envelope("C6", 162, 114),
        Envelope("C6/5", 229, 114),
    )
}
_ALSO = {"c56": "c65", "c6c5": "c65", "c5c6": "c65"}


def found(name: str, known: Mapping[str, T]) -> T | None:
    """The sheet or envelope of that name, however it is written: "avery l7160", "#6 3/4", "c6/5"."""
    plain = {_plain(one): made for one, made in known.items()}
    return plain.get(_plain(name))


def _plain(name: str) -> str:
    """A name without the maker's, and without all but small letters and figures."""
    text = unicodedata.normalize("NFKC", name).casefold().strip().removeprefix("avery")
    letters = re.sub(r"[^a-z0-9]", "", text)
    return _ALSO.get(letters, letters)


def usual(known: Mapping[str, T]) -> list[str]:
    """The names of which none is cut like one before it."""
    first: dict[T, str] = {}
    for name, made in known.items():
        first.setdefault(replace(made, name=""), name)  # type: ignore[type-var]  # both kinds are dataclasses
    return list(first.values())
