"""What can be asked of a value of some type: the attributes of models, dataclasses, lists and plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel


@dataclass(eq=False, slots=True)
class Watched:
    """The type of a value that somebody gave by name; notes whether any template asks for it.

    `others` are the names that templates ask for though there need be no such value.
    """

    kind: Any
    asked: bool = False
    others: set[str] = field(default_factory=set)


def kinds_of(kind: Any) -> list[Any]:  # noqa: ANN401 -- a type, of any form
    """The types that a value may have: the members of a union, less None; a literal's is that of its values."""
    origin = get_origin(kind)
    if origin is Annotated:
        return kinds_of(get_args(kind)[0])
    if origin in {Union, UnionType}:
        return [each for member in get_args(kind) if member is not NoneType for each in kinds_of(member)]
    if origin is Literal:
        return [type(value) for value in get_args(kind)][:1]
    return [kind]


def attributes_of(kind: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Attribute → type; None where nothing is known of the type. "*" stands for any further name (a mapping's keys)."""
    plain = get_origin(kind) or kind
    if not isinstance(plain, type) or plain in {object, Any}:
        return None
    if issubclass(plain, BaseModel) or is_dataclass(plain):
        return _fields(plain)
    named = dict.fromkeys((name for name in dir(plain) if not name.startswith("_")), Any)
    if issubclass(plain, Mapping):
        return {**named, "*": element_of(kind, values=True)}
    return named


def element_of(kind: Any, *, values: bool = False) -> Any:  # noqa: ANN401
    """The type of what a loop over a value gives: a list's elements, a mapping's keys (or, if asked, its values)."""
    for one in kinds_of(kind):
        origin, arguments = get_origin(one), get_args(one)
        if not isinstance(origin, type) or not arguments:
            continue
        if issubclass(origin, Mapping):
            return arguments[-1] if values else arguments[0]
        if issubclass(origin, tuple) and arguments[-1] is not Ellipsis:
            return arguments[0] if len(set(arguments)) == 1 else Any
        if issubclass(origin, Iterable):
            return arguments[0]
    return Any


def value_of(kind: Any, position: int) -> Any:  # noqa: ANN401
    """The type of a list's element at a position; only a tuple of fixed length tells them apart."""
    for one in kinds_of(kind):
        arguments = get_args(one)
        if get_origin(one) is tuple and arguments and arguments[-1] is not Ellipsis:
            return arguments[position] if -len(arguments) <= position < len(arguments) else Any
    return element_of(kind, values=True)


def said(kind: Any, method: str) -> Any:  # noqa: ANN401
    """What a mapping's `items`, `keys` or `values` gives."""
    key, value = element_of(kind), element_of(kind, values=True)
    return {"items": list[tuple[key, value]], "keys": list[key], "values": list[value]}[method]  # type: ignore[valid-type]


@cache
def _fields(kind: type) -> dict[str, Any]:
    """The fields and properties of a model or dataclass; its methods are not for templates."""
    if issubclass(kind, BaseModel):
        fields = {name: field.annotation for name, field in kind.model_fields.items()}
    else:
        hints = get_type_hints(kind)
        fields = {name: hints.get(name, Any) for name in kind.__dataclass_fields__}  # type: ignore[attr-defined]
    ours = (one for one in kind.__mro__ if one not in BaseModel.__mro__)
    properties = ((name, part) for one in ours for name, part in vars(one).items() if isinstance(part, property))
    return {name: _returned(part) for name, part in properties if not name.startswith("_")} | fields


def _returned(part: property) -> Any:  # noqa: ANN401
    try:
        return get_type_hints(part.fget).get("return", Any)
    except NameError:  # its annotation is only there for the type checker
        return Any
