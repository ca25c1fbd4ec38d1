"""Formulas of a closed set, read into something that works them out; all others are unknown."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from generator.render.excel.formula import Reference
from generator.render.excel.functions import FUNCTIONS
from generator.render.excel.values import OPERATORS, UnknownError, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from generator.render.excel.formula import Formula
    from generator.render.excel.values import Argument, Node, Place, Value

_TOKEN = re.compile(
    r'\s*(?:(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)|(?P<text>"(?:[^"]|"")*")'
    r"|(?P<call>[A-Z_.][A-Z0-9_.]*)\(|(?P<truth>TRUE|FALSE)(?![A-Za-z0-9_.(])|(?P<sign><>|<=|>=|[-+*/^&=<>%(),])|(?P<end>$))"
)


@lru_cache(maxsize=4096)
def read(formula: Formula) -> Node:
    """A formula as something that works it out; what is not of the set raises UnknownError when asked."""
    try:
        reader = _Reader(list(_tokens(formula)))
        node = reader.comparison()
        reader.expect("end")
    except UnknownError:
        return _unknown
    return node


def _unknown(_: Place) -> Value:
    raise UnknownError


Token = tuple[str, "str | Reference"]


def _tokens(formula: Formula) -> Iterable[Token]:
    for piece in formula:
        if isinstance(piece, Reference):
            yield "reference", piece
            continue
        position = 0
        while position < len(piece):
            found = _TOKEN.match(piece, position)
            if not found:
                raise UnknownError
            position = found.end()
            if found.lastgroup and found.lastgroup != "end":
                kind = found.lastgroup
                yield (found[kind], found[kind]) if kind == "sign" else (kind, found[kind])
    yield "end", ""


class _Reader:
    """Reads a formula's tokens by the order in which operators bind."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.position][0]

    def take(self) -> str | Reference:
        self.position += 1
        return self.tokens[self.position - 1][1]

    def expect(self, kind: str) -> None:
        if self.kind != kind:
            raise UnknownError
        self.position += 1

    def _binary(self, inner: Callable[[], Node], signs: set[str]) -> Node:
        left = inner()
        while self.kind in signs:
            work, right = OPERATORS[self.kind], self._after(inner)
            left = _two(work, left, right)
        return left

    def _after(self, inner: Callable[[], Node]) -> Node:
        self.take()
        return inner()

    def comparison(self) -> Node:
        return self._binary(self.joined, {"=", "<>", "<", ">", "<=", ">="})

    def joined(self) -> Node:
        return self._binary(self.sum, {"&"})

    def sum(self) -> Node:
        return self._binary(self.product, {"+", "-"})

    def product(self) -> Node:
        return self._binary(self.power, {"*", "/"})

    def power(self) -> Node:
        return self._binary(self.signed, {"^"})

    def signed(self) -> Node:
        if self.kind in {"+", "-"}:
            sign = self.take()
            operand = self.signed()
            return (lambda place: -number(operand(place))) if sign == "-" else operand
        node, _ = self.operand()
        while self.kind == "%":
            self.take()
            node = _two(OPERATORS["/"], node, lambda _: 100.0)
        return node

    def operand(self) -> Argument:
        kind, value = self.kind, self.take()
        if isinstance(value, Reference):
            return (lambda place: place.cell(value)), value
        if kind == "number":
            return _constant(float(value)), None
        if kind == "text":
            return _constant(value[1:-1].replace('""', '"')), None
        if kind == "truth":
            return _constant(value == "TRUE"), None
        if kind == "(":
            node = self.comparison()
            self.expect(")")
            return node, None
        if kind == "call":
            return self.call(value), None
        raise UnknownError

    def call(self, name: str) -> Node:
        function = FUNCTIONS.get(name.removeprefix("_xlfn."))
        if function is None:
            raise UnknownError
        arguments: list[Argument] = []
        while self.kind != ")":
            arguments.append(self.argument())
            if self.kind != ")":
                self.expect(",")
        self.take()
        return lambda place: function(place, arguments)

    def argument(self) -> Argument:
        """An argument; one that is a reference alone is kept as such."""
        following = self.tokens[self.position + 1][0] if self.kind == "reference" else ""
        if following in {",", ")"}:
            return self.operand()
        return self.comparison(), None


def _constant(value: Value) -> Node:
    return lambda _: value


def _two(work: Callable[[Value, Value], Value], left: Node, right: Node) -> Node:
    return lambda place: work(left(place), right(place))
