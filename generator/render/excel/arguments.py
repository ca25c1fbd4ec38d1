"""Which arguments of a function are lists: one loop cell standing there means every turn, elsewhere the first turn."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.formula.tokenizer import Token

_MOST = 256
_FORMS: tuple[tuple[Container[int], str], ...] = (
    (range(1, _MOST), "SUM COUNT COUNTA COUNTBLANK AVERAGE AVERAGEA MIN MAX MINA MAXA PRODUCT SUMSQ MEDIAN MODE"),
    (range(1, _MOST), "STDEV STDEVA STDEVP VAR VARA VARP DEVSQ GEOMEAN HARMEAN AND OR XOR CONCAT GCD LCM"),
    ({1}, "COUNTIF LARGE SMALL PERCENTILE QUARTILE PERCENTRANK TRIMMEAN IRR INDEX ROWS UNIQUE SORT"),
    ({2}, "RANK MATCH XMATCH VLOOKUP"),
    ({3}, "AGGREGATE"),
    ({1, 2}, "CORREL SLOPE INTERCEPT FREQUENCY XIRR"),
    ({1, 3}, "SUMIF AVERAGEIF"),
    ({2, 3}, "LOOKUP XLOOKUP XNPV"),
    (range(2, _MOST), "NPV SUBTOTAL"),
    (range(3, _MOST), "TEXTJOIN"),
    (range(1, _MOST, 2), "COUNTIFS"),
    ({1, *range(2, _MOST, 2)}, "SUMIFS AVERAGEIFS MAXIFS MINIFS"),
)
#: Function → its arguments that are lists, counted from 1; a criterion, a position or a number of digits is none.
_LISTS = {name: lists for lists, names in _FORMS for name in names.split()}
#: Newer names for the same: `STDEV.S`, `RANK.EQ`.
_KINDS = (".S", ".P", ".EQ", ".AVG", ".INC", ".EXC", ".SNGL", ".MULT")
#: They work with lists cell by cell, whatever stands between these: `SUMPRODUCT(ROUND(A3*B3,2))`.
_CELL_BY_CELL = {"SUMPRODUCT", "FILTER"}
_BLANK = "WHITE-SPACE"


@dataclass(slots=True)
class _Open:
    """A function or parenthesis whose end has not come; `argument` is the number of the one being read.

    `name`: a function that takes lists; `around`: the one in whose list all of it stands.
    """

    lists: Container[int] = ()
    cell_by_cell: bool = False
    name: str = ""
    around: str = ""
    argument: int = 1

    @property
    def list_of(self) -> str:
        """The function in whose list the argument that is being read stands; empty if in none's."""
        if self.name:
            return self.name if self.argument in self.lists else ""
        return self.around


def with_lists(tokens: Sequence[Token]) -> Iterator[tuple[Token, bool, str]]:
    """Each token of a formula, and whether one cell of a loop means the whole list there.

    Where it does not, although it is calculated with in a function's list (`SUM(B3*2)`), that function.
    """
    stack = [_Open()]
    begins = False
    for index, token in enumerate(tokens):
        inside = stack[-1]
        alone = begins and _ends_argument(tokens[index + 1 :])
        grows = inside.cell_by_cell or (alone and inside.argument in inside.lists)
        yield token, grows, "" if grows else inside.list_of
        if token.type != _BLANK:
            begins = token.type == "SEP" or (token.type == "FUNC" and token.subtype == "OPEN")
        if token.subtype == "OPEN":
            stack.append(_opened(token, inside))
        elif token.subtype == "CLOSE" and len(stack) > 1:
            stack.pop()
        elif token.type == "SEP":
            inside.argument += 1


def _ends_argument(following: Sequence[Token]) -> bool:
    token = next((token for token in following if token.type != _BLANK), None)
    return token is not None and (token.type == "SEP" or token.subtype == "CLOSE")


def _opened(token: Token, around: _Open) -> _Open:
    name = token.value.rpartition(":")[2].rstrip("(").upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
    for kind in _KINDS:
        name = name.removesuffix(kind)
    lists = _LISTS.get(name, ())
    return _Open(lists, around.cell_by_cell or name in _CELL_BY_CELL, name if lists else "", around.list_of)
