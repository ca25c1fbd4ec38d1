"""Where a sheet's rows went: which template row stands where in the finished sheet, and in which turn of a loop."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

LAST_ROW = 1_048_576


@dataclass(frozen=True, slots=True)
class Block:
    """The rows that a tag repeats or drops: those between the rows `opens` and `closes`, which go away themselves.

    `outer` is the number of the block around it; `repeats` tells a loop from a condition.
    """

    opens: int
    closes: int
    outer: int | None
    repeats: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a sheet's rows before any data: its blocks, and the rows that hold their tags."""

    blocks: tuple[Block, ...] = ()
    tags: frozenset[int] = frozenset()
    tables: tuple[tuple[int, int], ...] = ()

    @property
    def region(self) -> tuple[int, int]:
        """The first and last row that a tag can move; (0, 0) without any."""
        return (min(self.tags), max(self.tags)) if self.tags else (0, 0)

    def chain(self, top: int, bottom: int) -> list[int]:
        """The blocks that hold all of the rows, from the innermost outwards."""
        inside = [i for i, block in enumerate(self.blocks) if block.opens < top and bottom < block.closes]
        return sorted(inside, key=lambda i: (self.blocks[i].opens, i), reverse=True)

    def crossed(self, top: int, bottom: int) -> Block | None:
        """The block whose edge runs through the rows, if there is one: neither within it, around it nor beside it."""
        for block in self.blocks:
            inside = block.opens < top and bottom < block.closes
            around = top <= block.opens and block.closes <= bottom
            beside = bottom <= block.opens or block.closes <= top
            if not (inside or around or beside):
                return block
        return None


class Here(NamedTuple):
    """The place from which a formula looks: a row of the template, and where it stands now."""

    row: int
    now: int


class Span(NamedTuple):
    """Rows of the template, first and last, each with whether it was written with a dollar sign."""

    top: int
    bottom: int
    top_fixed: bool = False
    bottom_fixed: bool = False


@dataclass(slots=True)
class Rows:
    """The finished sheet's rows, told one after another in `add` and `begin`, then asked by formulas and the like."""

    layout: Layout
    images: dict[int, list[int]] = field(default_factory=dict)
    turns: dict[int, list[list[int]]] = field(default_factory=dict)
    last: int = 0
    _known: dict[tuple[int, int, int, int], tuple[int, int] | None] = field(default_factory=dict)
    _chains: dict[int, list[int]] = field(default_factory=dict)
    _region: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self._region = self.layout.region
        self.last = max(self._region[0] - 1, 0)

    @property
    def shift(self) -> int:
        """How many rows everything below the last tag moves down (or up, if negative)."""
        return self.last - self._region[1]

    @property
    def moved(self) -> bool:
        """Whether any row can stand elsewhere than in the template."""
        return bool(self.layout.tags)

    def begin(self, block: int) -> None:
        """A turn of a block begins with the next row."""
        self.turns.setdefault(block, []).append([self.last + 1, self.last])

    def add(self, row: int) -> int:
        """The next row of the finished sheet is made from this row of the template; say its number."""
        first, last = self._region
        if row < first:
            return row
        if row > last:
            return row + self.shift
        self.last += 1
        if self.last > LAST_ROW:
            message = f"a sheet holds {LAST_ROW:,} rows"
            raise ValueError(message)
        self.images.setdefault(row, []).append(self.last)
        chain = self._chains.get(row)
        if chain is None:
            chain = self._chains[row] = self.layout.chain(row, row)
        for block in chain:
            self.turns[block][-1][1] = self.last
        return self.last

    def keep(self, row: int) -> None:
        """An empty row stands where a row of the template would have stood."""
        self.last += 1
        self.images.setdefault(row, []).append(self.last)

    def gone(self, top: int, bottom: int) -> bool:
        """Whether none of the rows was put out so far; only rows that tags can move ever are."""
        first, last = self._region
        return first <= top and bottom <= last and not any(row in self.images for row in range(top, bottom + 1))

    def around(self, top: int, bottom: int, here: Here | None, *, whole: bool = False) -> tuple[int, int]:
        """The finished rows among which template rows are looked for: the turn that the asking place is part of.

        `whole`: all turns of the innermost loop that holds place and rows, not its own turn alone.
        """
        if here is None:
            return (1, 1 << 30)
        common = self.layout.chain(min(top, here.row), max(bottom, here.row))
        if whole:
            common = common[next((i + 1 for i, b in enumerate(common) if self.layout.blocks[b].repeats), 0) :]
        if not common:
            return (1, 1 << 30)
        turns = self.turns[common[0]]
        turn = turns[bisect_right(turns, here.now, key=lambda turn: turn[0]) - 1]
        return (turn[0], turn[1])

    def images_of(self, top: int, bottom: int, low: int = 1, high: int = 1 << 30) -> tuple[int, int] | None:
        """The first and last finished row made from these template rows, between `low` and `high`; None if all went."""
        if not self.moved or bottom < self._region[0]:
            return (top, bottom)
        key = (top, bottom, low, high)
        if key not in self._known:
            self._known[key] = self._images_of(*key)
        return self._known[key]

    def _images_of(self, top: int, bottom: int, low: int, high: int) -> tuple[int, int] | None:
        first, last = self._region
        if top > last:
            return (self._below(top), self._below(bottom))
        lows, highs = ([top], [first - 1]) if top < first else ([], [])
        if bottom > last:
            lows, highs = [*lows, self._below(last + 1)], [*highs, self._below(bottom)]
        for row, images in self.images.items():
            if top <= row <= bottom:
                start, end = bisect_left(images, low), bisect_right(images, high)
                if start < end:
                    lows, highs = [*lows, images[start]], [*highs, images[end - 1]]
        return (min(lows), max(highs)) if lows else None

    def _below(self, row: int) -> int:
        """Where a row below the last tag stands; a range that reaches to the end of the sheet still does."""
        return LAST_ROW if row == LAST_ROW else min(row + self.shift, LAST_ROW)

    def instances(self, top: int, bottom: int) -> list[tuple[int, int]]:
        """Where the rows stand, once for every turn of the innermost block that holds them all."""
        chain = self.layout.chain(top, bottom)
        turns = self.turns.get(chain[0], []) if chain else [[1, 1 << 30]]
        found = (self.images_of(top, bottom, low, high) for low, high in turns)
        return [rows for rows in found if rows]

    def row(self, row: int, here: Here | None, *, fixed: bool = False) -> int | None:
        """Where one row stands, seen from a place; the first of several. None if it went away.

        Seen from within a loop, the row of the loop's own opening tag is the row above the turn.
        """
        if here is not None and row == here.row and not fixed:
            return here.now
        turn = self.around(row, row, here, whole=fixed)
        if here is not None and row in self.layout.tags:
            for number in self.layout.chain(here.row, here.row):
                block = self.layout.blocks[number]
                if block.opens == row and block.repeats:
                    return max(self.around(here.row, here.row, here)[0] - 1, 1)
        found = self.images_of(row, row, *turn)
        return found[0] if found else None

    def span(self, span: Span, here: Here | None) -> tuple[int, int] | None:
        """Where a range stands, seen from a place; it grows with the loops inside it. None if all of it went away.

        As if copied down: an end without a dollar sign in the place's own loop follows the place's turn;
        an end with one stays at the first turn, and with both ends fixed the range is the whole loop.
        """
        top, bottom, top_fixed, bottom_fixed = span
        low, high = self.around(top, bottom, here, whole=top_fixed or bottom_fixed)
        if here is None:
            return self.images_of(top, bottom, low, high)
        own = [self.around(row, row, here, whole=fixed) for row, fixed in ((top, top_fixed), (bottom, bottom_fixed))]
        low = max(low, own[0][0]) if self.layout.chain(top, top) and not top_fixed else low
        high = min(high, own[1][1]) if self.layout.chain(bottom, bottom) and not bottom_fixed else high
        return self.images_of(top, bottom, low, high)
