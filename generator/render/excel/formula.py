"""Formulas: taken apart once into words and references, written again where the rows have moved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.formula import Tokenizer

from generator.render.excel.arguments import with_lists
from generator.render.excel.rows import LAST_ROW, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openpyxl.formula.tokenizer import Token

    from generator.render.excel.rows import Here, Rows

_REFERENCE = re.compile(
    r"""(?P<prefix>(?:'(?:[^'\[\]:]|'')+'|[^'!\[\]:(){},;"\s]+)!)?
        (?: (?P<left>\$?[A-Z]{1,3})(?P<top>\$?[1-9][0-9]{0,6})
            (?: :(?P<right>\$?[A-Z]{1,3})(?P<bottom>\$?[1-9][0-9]{0,6}) )?
          | (?P<first>\$?[1-9][0-9]{0,6}):(?P<last>\$?[1-9][0-9]{0,6}) )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell, a range or whole rows; `prefix` is the sheet as written with its `!`, `left`/`right` keep their `$`.

    Where an empty list took all of its rows away, the empty last row of the sheet stands for them: a range of the
    same columns, with nothing in it. `within`: the function in whose list a cell is calculated with.
    """

    prefix: str
    sheet: str
    left: str
    right: str
    span: Span
    single: bool
    grows: bool = False
    within: str = ""

    def written(self, rows: Rows, here: Here | None) -> str:
        """The reference where its rows stand now; `here` is None on another sheet than the rows'."""
        if self.single and not self.grows:
            row = rows.row(self.span.top, here, fixed=self.span.top_fixed)
            return self._text(row or LAST_ROW, row or LAST_ROW)
        return self._text(*(rows.span(self.span, here) or (LAST_ROW, LAST_ROW)))

    def _text(self, top: int, bottom: int) -> str:
        upper = f"{self.prefix}{self.left}{'$' if self.span.top_fixed else ''}{top}"
        if self.single and top == bottom:
            return upper
        return f"{upper}:{self.right}{'$' if self.span.bottom_fixed else ''}{bottom}"

    @property
    def text(self) -> str:
        """The reference as in the template."""
        return self._text(self.span.top, self.span.bottom)


Formula = tuple["str | Reference", ...]


def parsed(formula: str, own: str) -> Formula:
    """Take a formula without its `=` apart; references without a sheet are the sheet's `own`."""
    tokens = with_lists(Tokenizer("=" + formula).items)
    pieces = (piece for token, grows, within in tokens for piece in _pieces(token, own, within, grows=grows))
    return tuple(_joined(pieces))


def _pieces(token: Token, own: str, within: str, *, grows: bool) -> Iterator[str | Reference]:
    """A token's references and the text around them: `A1:INDEX(` and `:B5` hold one each."""
    text = token.value
    is_reference = (token.type, token.subtype) == ("OPERAND", "RANGE") or (token.type == "FUNC" and ":" in text)
    if not is_reference:
        yield text
        return
    if text.startswith(":"):
        yield ":"
        text = text[1:]
    found = _REFERENCE.match(text)
    rest = text[found.end() :] if found else text
    if found and (not rest or rest.startswith(":")):
        yield _reference(found, own, within, grows=grows and not rest and text is token.value)
        yield rest
    else:
        yield text


def _reference(found: re.Match[str], own: str, within: str, *, grows: bool) -> Reference:
    top, bottom = found["top"] or found["first"], found["bottom"] or found["last"] or found["top"]
    left = found["left"] or ""
    prefix = found["prefix"] or ""
    rows = Span(int(top.lstrip("$")), int(bottom.lstrip("$")), top[0] == "$", bottom[0] == "$")
    single = bool(left) and not found["bottom"]
    right = found["right"] or (left if single else "")
    return Reference(prefix, sheet_named(prefix) or own, left, right, rows, single, grows, within)


def sheet_named(prefix: str) -> str:
    """The sheet's name in `'My Sheet'!`."""
    name = prefix.removesuffix("!")
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _joined(pieces: Iterable[str | Reference]) -> Iterator[str | Reference]:
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
        text = ""
        yield piece
    if text:
        yield text


def written(formula: Formula, rows: Mapping[str, Rows], own: str, here: Here | None) -> str:
    """Write a formula for the place `here` on the sheet `own`, by where the rows of every sheet now stand."""
    return "".join(
        piece
        if isinstance(piece, str)
        else piece.written(rows[piece.sheet], here if piece.sheet == own else None)
        if piece.sheet in rows
        else piece.text
        for piece in formula
    )


def sheets_in(formula: Formula) -> set[str]:
    """The sheets whose cells a formula names."""
    return {piece.sheet for piece in formula if not isinstance(piece, str)}
