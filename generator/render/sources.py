"""Template texts: a file and all that it includes or extends, compiled once, filled in, looked over for names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jinja2 import BaseLoader, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from markupsafe import Markup

from generator.errors import Faults, Problem
from generator.naming import inside, is_hidden
from generator.render.names import findings
from generator.templating import FILLING_ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import CodeType, TracebackType

    from jinja2 import Environment, Template
    from jinja2.runtime import Context

    from generator.templating import Sandbox

LARGEST_TEMPLATE = 1_000_000
LARGEST_TEXT = 5_000_000


def broken(environment: Sandbox) -> Callable[..., Markup]:
    """The filter `address_block` for HTML, where a line break in a text is no more than a space."""
    made = environment.filters["address_block"]

    @pass_context
    def address_block(context: Context, *given: object, **options: str) -> Markup:
        return Markup("<br>").join(made(context, *given, **options).split("\n"))

    return address_block


class Compiled(BaseLoader):
    """Gives Jinja what was compiled when its syntax was looked at, instead of its text to compile again."""

    def __init__(self, code_of: Callable[[str], CodeType]) -> None:
        self.code_of = code_of

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:  # noqa: A002, ANN401 -- jinja's signature
        """Make a template. Raises TemplateNotFound and TemplateSyntaxError."""
        return environment.template_class.from_code(environment, self.code_of(name), globals or {})


class Sources:
    """A template's text and those of the templates that it names, from its own folder and those below."""

    def __init__(self, path: Path, environment: Sandbox, prepare: Callable[[str], str] = str) -> None:
        """Read; `prepare` makes of the first file's text what is compiled. Raises Faults."""
        self.prepare = prepare
        self.file = str(path)
        self.name = path.name
        self.folder = path.parent
        self.texts: dict[str, str] = {}
        self.trees: dict[str, nodes.Template] = {}
        self.codes: dict[str, CodeType] = {}
        self.environment = environment.overlay(loader=Compiled(self.code_of))
        if self.environment.autoescape:
            self.environment.filters = {**environment.filters, "address_block": broken(environment)}
        faults = [*self.read(self.name)]
        if faults:
            raise Faults(faults)
        self.template = self.environment.get_template(self.name)

    def text(self, values: Mapping[str, object]) -> str:
        """Fill in the template. Raises Faults."""
        try:
            return "".join(bounded(self.template.generate(dict(values))))
        except FILLING_ERRORS as error:
            raise Faults([self.fault(error)]) from error

    def unknown(self, known: Mapping[str, Any]) -> Iterator[Problem]:
        """Every name that there is not, in any of the files."""
        for name in self.trees:
            yield from self.unknown_in(name, known)

    def unknown_in(self, name: str, known: Mapping[str, Any]) -> Iterator[Problem]:
        """The names of one of the files. A name that another file sets may be in sight, so it passes."""
        elsewhere = {given for other, tree in self.trees.items() if other != name for given in names_set(tree)}
        for finding in findings(self.trees[name], {**dict.fromkeys(elsewhere, Any), **known}, self.environment):
            code = "T110" if finding.about == "value" else "T111"
            problem = self.problem(code, finding.message, self.file_of(name), finding.line)
            yield replace(problem, hint=finding.hint)

    def code_of(self, name: str) -> CodeType:
        """A template compiled, once. Raises TemplateNotFound and TemplateSyntaxError."""
        if name not in self.codes:
            file = self.file_of(name)
            self.trees[name] = self.environment.parse(self.text_of(name), name, file)
            self.codes[name] = self.environment.compile(self.trees[name], name, file)
        return self.codes[name]

    def text_of(self, name: str) -> str:
        """Read a template from the folder, once. Raises TemplateNotFound."""
        if name in self.texts:
            return self.texts[name]
        path = inside(self.folder, name)
        if path is None:
            hidden = is_hidden(self.folder, name)
            absent = f"there is no template '{name}' in {self.folder}"
            raise TemplateNotFound(name, f"'{name}' is a hidden file, and templates use none" if hidden else absent)
        if path.stat().st_size > LARGEST_TEMPLATE:
            raise TemplateNotFound(name, f"'{name}' is larger than {LARGEST_TEMPLATE // 1_000_000} MB")
        try:
            text = path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            raise TemplateNotFound(name, f"'{name}' is not UTF-8 text") from None
        self.texts[name] = self.prepare(text) if name == self.name else text
        return self.texts[name]

    def file_of(self, name: str) -> str:
        """A template's file as the user would name it."""
        return self.file if name == self.name else str(self.folder / name)

    def read(self, name: str, line: int = 0, within: str = "") -> Iterator[Problem]:
        """Parse a template and, in turn, those that it names; yields what is wrong with their syntax."""
        if name in self.trees:
            return
        file = self.file_of(name)
        try:
            self.code_of(name)
        except TemplateSyntaxError as error:
            yield self.problem("T101", error.message or "", file, error.lineno)
            return
        except TemplateNotFound as error:
            yield self.problem("T102", error.message or "", within or self.file, line)
            return
        for reference, at in references(self.trees[name]):
            yield from self.read(reference, at, file)

    def fault(self, error: BaseException) -> Problem:
        """An error of filling in, at the template's line where it came about."""
        if isinstance(error, TemplateSyntaxError):
            return self.problem("T101", error.message or "", error.filename or self.file, error.lineno)
        file, line = self.file, 0
        ours = {self.file_of(name) for name in self.texts}
        for at, number in frames(error.__traceback__):
            if at in ours:
                file, line = at, number
        message = "it goes round in circles" if isinstance(error, RecursionError) else str(error)
        return self.problem("T110", message, file, line)

    def problem(self, code: str, message: str, file: str, line: int) -> Problem:
        """A problem with the text of its line."""
        names = {self.file_of(name): name for name in self.texts}
        lines = self.texts[names[file]].splitlines() if file in names else []
        return Problem(file, code, message, line, source=lines[line - 1] if 0 < line <= len(lines) else "")


def bounded(chunks: Iterable[str], most: int = LARGEST_TEXT) -> Iterator[str]:
    """Pass on text until it is more than a document can be. Raises ValueError."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > most:
            message = f"the document is longer than {most:,} characters"
            raise ValueError(message)
        yield chunk


def references(tree: nodes.Template) -> Iterator[tuple[str, int]]:
    """The names of the templates that a template includes, extends or imports, as far as they are written out."""
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        named, may_lack = getattr(node, "template", None), getattr(node, "ignore_missing", False)
        if isinstance(named, nodes.Const) and isinstance(named.value, str) and not may_lack:
            yield named.value, node.lineno


def names_set(tree: nodes.Template) -> Iterator[str]:
    """The names that a template gives to values of its own."""
    for node in tree.find_all((nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)):
        if (isinstance(node, nodes.Name) and node.ctx == "store") or isinstance(node, nodes.Macro):
            yield node.name
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)


def frames(trace: TracebackType | None) -> Iterator[tuple[str, int]]:
    """The file and line of every call in a traceback, outermost first."""
    while trace:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
