"""The names in a template, held against the types of the values that it will be given, without any data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, get_origin

from jinja2 import nodes
from jinja2.runtime import LoopContext

from generator.addressing import strange_in
from generator.errors import did_you_mean
from generator.render.kinds import Watched, attributes_of, element_of, kinds_of, said, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jinja2 import Environment

#: Filters that give back the list that they are given, or a part of it.
_SAME_LIST = {"list", "sort", "reverse", "unique", "select", "reject", "selectattr", "rejectattr"}
_ONE_OF_LIST = {"first", "last", "random", "max", "min"}
_TEXTS = {
    "money", "date", "number", "country", "upper", "lower", "title", "trim", "join", "string", "replace",
    "address_block", "greeting",
}  # fmt: skip
#: Filters that name an attribute of a list's elements: name → at which positional argument.
_BY_ATTRIBUTE = {"selectattr": 0, "rejectattr": 0, "groupby": 0, "sum": 0, "join": 1}
#: What `groupby` gives are pairs that have names too.
_GROUP = ("grouper", "list")
_EVERYWHERE = ("self", "super", "caller", "varargs", "kwargs")


@dataclass(frozen=True, slots=True)
class Finding:
    """A name that is not there; `line` is the template's, from 1."""

    about: Literal["value", "filter", "test"]
    line: int
    name: str
    message: str
    hint: str = ""


def findings(tree: nodes.Template, known: Mapping[str, Any], environment: Environment) -> tuple[Finding, ...]:
    """Every name of a value, an attribute, a filter or a test that a render could not find, in the order of lines.

    `known` maps the names of values to their types; whatever is of type Any is silent.
    """
    reader = _Reader(tree, known, environment)
    reader.block(tree.body)
    return tuple(sorted(dict.fromkeys(reader.found), key=lambda finding: finding.line))


class _Reader:
    """Walks through a template as a render would, with the type of each name that is in sight."""

    def __init__(self, tree: nodes.Template, known: Mapping[str, Any], environment: Environment) -> None:
        self.environment = environment
        self.found: list[Finding] = []
        optional = set(_asked_for(tree))
        self.scopes: list[dict[str, Any]] = [
            {**dict.fromkeys([*environment.globals, *_EVERYWHERE, *optional], Any), **known}
        ]
        for kind in known.values():
            if isinstance(kind, Watched):
                kind.others |= optional - known.keys()
        # a macro sees names that are set after it was written, as long as they are set when it is called
        self.ever_set = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
        self.in_macro = 0

    def block(self, body: Iterable[nodes.Node], names: Mapping[str, Any] | None = None) -> None:
        """Read statements, with further names in sight; None where they share their surroundings' scope."""
        if names is not None:
            self.scopes.append(dict(names))
        for node in body:
            self.statement(node)
        if names is not None:
            self.scopes.pop()

    def statement(self, node: nodes.Node) -> None:
        """Read one statement; whatever is not one of those that make names is read for what it holds."""
        reading = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reading:
            reading(node)
        elif isinstance(node, nodes.Expr):
            self.kind(node)
        else:
            for child in node.iter_child_nodes():
                self.statement(child)

    def _for(self, node: nodes.For) -> None:
        names = self.bound(node.target, element_of(self.kind(node.iter)))
        if node.test:
            self.block([node.test], names)
        self.block(node.body, {**names, "loop": LoopContext})
        self.block(node.else_, {})

    def _if(self, node: nodes.If) -> None:
        self.kind(node.test)
        before = dict(self.scopes[-1])
        for body in (node.body, node.elif_, node.else_):
            self.block(body)
        for name, kind in self.scopes[-1].items():
            if name in before and before[name] is not kind:
                self.scopes[-1][name] = Any

    def _assign(self, node: nodes.Assign) -> None:
        self.scopes[-1].update(self.bound(node.target, self.kind(node.node)))

    def _assignblock(self, node: nodes.AssignBlock) -> None:
        self.block(node.body, {})
        if node.filter:
            self.kind(node.filter)
        self.scopes[-1].update(self.bound(node.target, str))

    def _with(self, node: nodes.With) -> None:
        names: dict[str, Any] = {}
        for target, value in zip(node.targets, node.values, strict=True):
            names |= self.bound(target, self.kind(value))
        self.block(node.body, names)

    def _macro(self, node: nodes.Macro) -> None:
        self.scopes[-1][node.name] = Any
        self._called(node)

    def _callblock(self, node: nodes.CallBlock) -> None:
        self.kind(node.call)
        self._called(node)

    def _called(self, node: nodes.Macro | nodes.CallBlock) -> None:
        for default in node.defaults:
            self.kind(default)
        self.in_macro += 1
        self.block(node.body, dict.fromkeys((argument.name for argument in node.args), Any))
        self.in_macro -= 1

    def _import(self, node: nodes.Import) -> None:
        self.kind(node.template)
        self.scopes[-1][node.target] = Any

    def _fromimport(self, node: nodes.FromImport) -> None:
        self.kind(node.template)
        self.scopes[-1].update({name if isinstance(name, str) else name[1]: Any for name in node.names})

    def _block(self, node: nodes.Block) -> None:
        self.block(node.body, {})

    def bound(self, target: nodes.Node, kind: Any) -> dict[str, Any]:  # noqa: ANN401 -- a type, of any form
        """The names that an assignment or a loop makes, with their types."""
        if isinstance(target, nodes.Name):
            return {target.name: kind}
        if isinstance(target, nodes.Tuple):
            each = [value_of(kind, position) for position in range(len(target.items))]
            return {k: v for item, of in zip(target.items, each, strict=True) for k, v in self.bound(item, of).items()}
        return {}  # an attribute of a namespace

    def kind(self, node: nodes.Node) -> Any:  # noqa: ANN401 -- a type, of any form
        """The type of an expression, Any where it cannot be told; reports the names in it that are not there."""
        reading = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        if reading:
            return reading(node)
        for child in node.iter_child_nodes():
            self.kind(child)
        return Any

    def _of_const(self, node: nodes.Const) -> Any:  # noqa: ANN401
        return Any if node.value is None else type(node.value)

    def _of_name(self, node: nodes.Name) -> Any:  # noqa: ANN401
        for scope in reversed(self.scopes):
            if node.name in scope:
                return _seen(scope[node.name])
        if not (self.in_macro and node.name in self.ever_set):
            names = [name for scope in self.scopes for name in scope]
            self.report("value", node, node.name, f"there is no value '{node.name}'", names)
        return Any

    def _of_getattr(self, node: nodes.Getattr) -> Any:  # noqa: ANN401
        return self.attribute(self.kind(node.node), node.attr, node, written(node.node))

    def _of_getitem(self, node: nodes.Getitem) -> Any:  # noqa: ANN401
        kind = self.kind(node.node)
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return self.attribute(kind, node.arg.value, node, written(node.node))
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, int):
            return value_of(kind, node.arg.value)
        self.kind(node.arg)
        return kind if isinstance(node.arg, nodes.Slice) else element_of(kind, values=True)

    def _of_call(self, node: nodes.Call) -> Any:  # noqa: ANN401
        kind = self.kind(node.node)
        for child in list(node.iter_child_nodes())[1:]:
            self.kind(child)
        if isinstance(node.node, nodes.Getattr) and node.node.attr in {"items", "keys", "values"}:
            return said(self.kind_quietly(node.node.node), node.node.attr)
        return str if kind is str else Any

    def _of_condexpr(self, node: nodes.CondExpr) -> Any:  # noqa: ANN401
        self.kind(node.test)
        one = self.kind(node.expr1)
        other = self.kind(node.expr2) if node.expr2 else one
        return one if one == other else Any

    def _of_list(self, node: nodes.List) -> Any:  # noqa: ANN401
        of = [self.kind(item) for item in node.items]
        return list[of[0]] if of and all(kind == of[0] for kind in of) else Any  # type: ignore[valid-type]

    def _of_or(self, node: nodes.Or) -> Any:  # noqa: ANN401
        one, other = self.kind(node.left), self.kind(node.right)
        return one if one == other else Any

    def _of_test(self, node: nodes.Test) -> Any:  # noqa: ANN401
        self.named("test", node.name, node)
        for child in node.iter_child_nodes():
            self.kind(child)
        return bool

    def _of_filter(self, node: nodes.Filter) -> Any:  # noqa: ANN401
        self.named("filter", node.name, node)
        kind = self.kind(node.node) if node.node else str
        for child in [*node.args, *(pair.value for pair in node.kwargs)]:
            self.kind(child)
        if node.name == "greeting":
            self.greeting(node)
        of = self.elements(node, kind)
        return _filtered(node.name, kind, of)

    def greeting(self, node: nodes.Filter) -> None:
        """Report what stands in braces in a greeting and is no part of a name."""
        given = [*node.args, *(pair.value for pair in node.kwargs)]
        texts = [one.value if isinstance(one, nodes.Const) else "" for one in given]
        for text, is_fallback in zip(texts, (False, True), strict=False):
            for message, hint in strange_in(text, is_fallback=is_fallback) if isinstance(text, str) else ():
                self.found.append(Finding("value", node.lineno, "greeting", message, hint))

    def elements(self, node: nodes.Filter, kind: Any) -> Any:  # noqa: ANN401
        """Look up the attribute of a list's elements that a filter names; gives its type."""
        if node.name in {"selectattr", "rejectattr", "select", "reject"}:
            place = 1 if node.name.endswith("attr") else 0
            test = node.args[place] if len(node.args) > place else None
            if isinstance(test, nodes.Const):
                self.named("test", str(test.value), node)
        named = [pair.value for pair in node.kwargs if pair.key == "attribute"]
        named += node.args[_BY_ATTRIBUTE.get(node.name, 99) :][:1]
        path = named[0] if named else None
        if not (isinstance(path, nodes.Const) and isinstance(path.value, str)):
            return Any
        of = element_of(kind)
        for step in path.value.split(","):
            of = element_of(kind)
            for name in step.split("."):
                of = (
                    value_of(of, int(name)) if name.isdigit() else self.attribute(of, name, node, "the list's elements")
                )
        return of

    def attribute(self, kind: Any, name: str, node: nodes.Node, owner: str) -> Any:  # noqa: ANN401
        """The type of an attribute; reports it where no type that the value may have has it."""
        candidates: list[str] = []
        for one in kinds_of(kind):
            attributes = attributes_of(one)
            if attributes is None:
                return Any
            if name in attributes:
                return _seen(attributes[name])
            if name in _GROUP and get_origin(one) is tuple:
                return value_of(one, _GROUP.index(name))
            if "*" in attributes:
                return attributes["*"]
            candidates += attributes
        if candidates:
            self.report("value", node, name, f"there is no value '{name}' in {owner}", candidates)
        return Any

    def kind_quietly(self, node: nodes.Node) -> Any:  # noqa: ANN401
        """The type of an expression that was read, and reported on, before."""
        before = len(self.found)
        kind = self.kind(node)
        del self.found[before:]
        return kind

    def named(self, about: Literal["filter", "test"], name: str, node: nodes.Node) -> None:
        """Report a filter or a test that the environment does not have."""
        there = self.environment.filters if about == "filter" else self.environment.tests
        if name not in there:
            self.report(about, node, name, f"there is no {about} '{name}'", there)

    def report(
        self,
        about: Literal["value", "filter", "test"],
        node: nodes.Node,
        name: str,
        message: str,
        candidates: Iterable[str],
    ) -> None:
        """Note a name that is not there, with the nearest that is."""
        near = did_you_mean(name, (one for one in candidates if one not in _EVERYWHERE and not one.startswith("_")))
        self.found.append(Finding(about, node.lineno, name, message, near))


def _seen(kind: Any) -> Any:  # noqa: ANN401
    """The type itself; notes that its value was asked for, where somebody wants to know."""
    if isinstance(kind, Watched):
        kind.asked = True
        return kind.kind
    return kind


def _filtered(name: str, kind: Any, of: Any) -> Any:  # noqa: ANN401
    """The type of what a filter makes of a value; `of` is the type of the attribute that it was told to take."""
    element = element_of(kind)
    made = {
        **dict.fromkeys(_SAME_LIST, list[element]),  # type: ignore[valid-type]
        **dict.fromkeys(_ONE_OF_LIST, element),
        **dict.fromkeys(("batch", "slice"), list[list[element]]),  # type: ignore[valid-type]
        **dict.fromkeys(("items", "dictsort"), said(kind, "items")),
        **dict.fromkeys(("default", "d"), kind),
        **dict.fromkeys(_TEXTS, str),
        **dict.fromkeys(("figure", "float"), Decimal),
        "day": date,
        "map": list[of],
        "groupby": list[tuple[of, list[element]]],  # type: ignore[valid-type]
    }
    return made.get(name, Any)


def _asked_for(tree: nodes.Template) -> Iterator[str]:
    """Names that a template itself asks whether they are there: it copes with their absence."""
    for test in tree.find_all(nodes.Test):
        if test.name in {"defined", "undefined"} and isinstance(test.node, nodes.Name):
            yield test.node.name
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name in {"default", "d"} and isinstance(filtered.node, nodes.Name):
            yield filtered.node.name


def written(node: nodes.Node) -> str:
    """An expression as a person would name it: "client.contact", or "the value" for anything longer."""
    steps: Sequence[str] = ()
    while isinstance(node, nodes.Getattr):
        steps = (node.attr, *steps)
        node = node.node
    return ".".join((node.name, *steps)) if isinstance(node, nodes.Name) else "the value"
