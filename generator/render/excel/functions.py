"""The functions whose values are worked out; each takes a place and its arguments."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from generator.render.excel.column import UNITS, units
from generator.render.excel.values import OPERATORS, UnknownError, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.render.excel.values import Argument, Place, Value

_CRITERION = re.compile(r"(<>|<=|>=|[=<>])?(.*)", re.DOTALL)


def _listed(place: Place, argument: Argument) -> list[Value]:
    """An argument's values: those of a range, or the one."""
    node, reference = argument
    return place.cells(reference) if reference else [node(place)]


def _numbers(place: Place, arguments: Sequence[Argument]) -> list[float]:
    """The numbers among the arguments; a range's texts and truths do not count."""
    found: list[float] = []
    for argument in arguments:
        values = _listed(place, argument)
        if argument[1] is None:
            found += [number(value) for value in values]
        else:
            found += [value for value in values if isinstance(value, float)]
    return found


def _total(place: Place, arguments: Sequence[Argument]) -> Value:
    return sum(place.units(cell) if cell else units(number(node(place))) for node, cell in arguments) / UNITS


def _count(place: Place, arguments: Sequence[Argument]) -> Value:
    return float(len(_numbers(place, arguments)))


def _count_all(place: Place, arguments: Sequence[Argument]) -> Value:
    return float(sum(value is not None for argument in arguments for value in _listed(place, argument)))


def _smallest(place: Place, arguments: Sequence[Argument]) -> Value:
    return min(_numbers(place, arguments), default=0.0)


def _largest(place: Place, arguments: Sequence[Argument]) -> Value:
    return max(_numbers(place, arguments), default=0.0)


def _if(place: Place, arguments: Sequence[Argument]) -> Value:
    if not 2 <= len(arguments) <= 3:  # noqa: PLR2004
        raise UnknownError
    if number(arguments[0][0](place)):
        return arguments[1][0](place)
    return arguments[2][0](place) if len(arguments) == 3 else False  # noqa: PLR2004


def _rounded(place: Place, arguments: Sequence[Argument]) -> Value:
    if len(arguments) != 2:  # noqa: PLR2004
        raise UnknownError
    value, digits = (number(node(place)) for node, _ in arguments)
    unit = Decimal(1).scaleb(-int(digits))
    return float(Decimal(f"{value:.15g}").quantize(unit, ROUND_HALF_UP))


def _joined(place: Place, arguments: Sequence[Argument]) -> Value:
    return "".join(text(value) for argument in arguments for value in _listed(place, argument))


def _joined_by(place: Place, arguments: Sequence[Argument]) -> Value:
    if len(arguments) < 3:  # noqa: PLR2004
        raise UnknownError
    between, skips = text(arguments[0][0](place)), bool(number(arguments[1][0](place)))
    texts = [text(value) for argument in arguments[2:] for value in _listed(place, argument)]
    return between.join(part for part in texts if part or not skips)


def _criterion(wanted: Value) -> Callable[[Value], bool]:
    """The test that a criterion such as `">5"`, `"Silver"` or `"<>"` stands for."""
    if not isinstance(wanted, str):
        if wanted is None or isinstance(wanted, bool):
            raise UnknownError
        return lambda value: isinstance(value, float) and value == wanted
    found = _CRITERION.fullmatch(wanted)
    sign, operand = (found[1], found[2]) if found else ("", wanted)
    if re.search(r"[*?~]", operand) or (not operand and sign != "<>"):
        raise UnknownError
    if not operand:
        return lambda value: value is not None
    try:
        limit: Value = float(operand) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", operand) else operand
    except ValueError:  # pragma: no cover -- the expression admits only what float reads
        raise UnknownError from None
    if isinstance(limit, str) and (sign in {"<", ">", "<=", ">="} or not limit.replace(" ", "").isalpha()):
        raise UnknownError
    compare = OPERATORS[sign or "="]
    if sign == "<>":
        return lambda value: type(value) is not type(limit) or bool(compare(value, limit))
    return lambda value: type(value) is type(limit) and bool(compare(value, limit))


def _chosen(place: Place, pairs: Sequence[Argument]) -> list[bool]:
    """For each cell of the ranges whether it meets all criteria."""
    if len(pairs) % 2 or not pairs:
        raise UnknownError
    columns = []
    for (_, reference), (node, single) in zip(pairs[::2], pairs[1::2], strict=True):
        if reference is None:
            raise UnknownError
        test = _criterion(place.cell(single) if single else node(place))
        columns.append([test(value) for value in place.cells(reference)])
    if len({len(column) for column in columns}) != 1:
        raise UnknownError
    return [all(met) for met in zip(*columns, strict=True)]


def _count_if(place: Place, arguments: Sequence[Argument]) -> Value:
    return float(sum(_chosen(place, arguments)))


def _sum_chosen(place: Place, summed: Argument, pairs: Sequence[Argument]) -> Value:
    values, chosen = _listed(place, summed), _chosen(place, pairs)
    if len(values) != len(chosen):
        raise UnknownError
    return math.fsum(v for v, met in zip(values, chosen, strict=True) if met and isinstance(v, float))


def _sum_if(place: Place, arguments: Sequence[Argument]) -> Value:
    return _sum_chosen(place, arguments[2] if len(arguments) == 3 else arguments[0], arguments[:2])  # noqa: PLR2004


def _sum_ifs(place: Place, arguments: Sequence[Argument]) -> Value:
    return _sum_chosen(place, arguments[0], arguments[1:])


FUNCTIONS: dict[str, Callable[[Place, Sequence[Argument]], Value]] = {
    "SUM": _total,
    "COUNT": _count,
    "COUNTA": _count_all,
    "COUNTIF": _count_if,
    "COUNTIFS": _count_if,
    "SUMIF": _sum_if,
    "SUMIFS": _sum_ifs,
    "IF": _if,
    "ROUND": _rounded,
    "MIN": _smallest,
    "MAX": _largest,
    "CONCATENATE": _joined,
    "CONCAT": _joined,
    "TEXTJOIN": _joined_by,
}
