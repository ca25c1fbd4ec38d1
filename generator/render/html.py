"""HTML templates: read and compiled once, filled in with a deal's values, looked over without any."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from jinja2 import FunctionLoader, TemplateNotFound, TemplateSyntaxError, nodes

from generator import templating
from generator.errors import Faults, Problem
from generator.render.names import findings
from generator.render.pages import HERE, Assets, Press, RefusedError, element_faults, inside, style_problems
from generator.templating import FILLING_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from generator.templating import Sandbox

LARGEST_TEMPLATE = 1_000_000
LARGEST_TEXT = 5_000_000
#: Stands for a tag in a template's outline: what is written with it is not known before there are values.
MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


class HtmlTemplate:
    """An HTML template and all that it includes or extends, from its own folder; it makes PDF documents."""

    def __init__(self, path: Path, environment: Sandbox | None = None) -> None:
        self.file = str(path)
        self.name = path.name
        self.folder = path.parent
        self.press = Press(path.parent, self.file)
        self.sources: dict[str, str] = {}
        self.trees: dict[str, nodes.Template] = {}
        self.environment = (environment or templating.environment()).overlay(loader=FunctionLoader(self.load))
        faults = [*self.read(self.name)]
        if faults:
            raise Faults(faults)
        self.template = self.environment.get_template(self.name)

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the PDF; `dated` is its date of creation. Raises Faults."""
        return self.pages(self.text(values), dated)

    def text(self, values: Mapping[str, object]) -> str:
        """Fill in the template: the HTML text that alone, with its assets, decides what the PDF is. Raises Faults."""
        try:
            return "".join(bounded(self.template.generate(dict(values))))
        except FILLING_ERRORS as error:
            raise Faults([self.fault(error)]) from error

    def pages(self, text: str, dated: date | None = None) -> bytes:
        """Lay out HTML text that this template made. Raises Faults."""
        return self.press.lay_out(text, dated)

    def laid_out(self, text: str, dated: date | None = None) -> tuple[bytes, dict[str, str]]:
        """Lay out, and tell the name and SHA-256 of each file that was used. Raises Faults."""
        return self.press.laid_out(text, dated)

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without values: unknown names, files that are not there, styles that do nothing."""
        found = chain.from_iterable(self.problems_in(name, known) for name in self.trees)
        return tuple(sorted(set(found), key=lambda problem: problem.order))

    def problems_in(self, name: str, known: Mapping[str, Any]) -> Iterator[Problem]:
        """The faults of one of the files. A name that another file sets may be in sight, so it passes."""
        elsewhere = {given for other, tree in self.trees.items() if other != name for given in names_set(tree)}
        for finding in findings(self.trees[name], {**dict.fromkeys(elsewhere, Any), **known}, self.environment):
            code = "T110" if finding.about == "value" else "T111"
            problem = self.problem(code, finding.message, self.file_of(name), finding.line)
            yield replace(problem, hint=finding.hint)
        outline = Outline(self.file_of(name), self.sources[name], self.folder)
        outline.feed(outline_of(self.environment, self.sources[name]))
        outline.close()
        yield from outline.problems

    def load(self, name: str) -> tuple[str, str, None]:
        """Read a template from the folder, as Jinja's loader: its text and its file. Raises TemplateNotFound."""
        path = inside(self.folder, name)
        if path is None:
            raise TemplateNotFound(name, f"there is no template '{name}' in {self.folder}")
        if path.stat().st_size > LARGEST_TEMPLATE:
            raise TemplateNotFound(name, f"'{name}' is larger than {LARGEST_TEMPLATE // 1_000_000} MB")
        try:
            return self.sources.setdefault(name, path.read_text("utf-8-sig")), self.file_of(name), None
        except UnicodeDecodeError:
            raise TemplateNotFound(name, f"'{name}' is not UTF-8 text") from None

    def file_of(self, name: str) -> str:
        """A template's file as the user would name it."""
        return self.file if name == self.name else str(self.folder / name)

    def read(self, name: str, line: int = 0, within: str = "") -> Iterator[Problem]:
        """Parse a template and, in turn, those that it names; yields what is wrong with their syntax."""
        if name in self.trees:
            return
        try:
            source, file, _ = self.load(name)
            self.trees[name] = self.environment.parse(source, name, file)
            self.environment.compile(source, name, file)
        except TemplateSyntaxError as error:
            yield self.problem("T101", error.message or "", self.file_of(name), error.lineno)
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
        ours = {self.file_of(name) for name in self.sources}
        for at, number in frames(error.__traceback__):
            if at in ours:
                file, line = at, number
        message = "it goes round in circles" if isinstance(error, RecursionError) else str(error)
        return self.problem("T110", message, file, line)

    def problem(self, code: str, message: str, file: str, line: int) -> Problem:
        """A problem with the text of its line."""
        names = {self.file_of(name): name for name in self.sources}
        lines = self.sources[names[file]].splitlines() if file in names else []
        return Problem(file, code, message, line, source=lines[line - 1] if 0 < line <= len(lines) else "")


def bounded(chunks: Iterable[str]) -> Iterator[str]:
    """Pass on text until it is more than a document can be. Raises ValueError."""
    length = 0
    for chunk in chunks:
        length += len(chunk)
        if length > LARGEST_TEXT:
            message = f"the document is longer than {LARGEST_TEXT:,} characters"
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


def outline_of(environment: Sandbox, source: str) -> str:
    """A template's own text, line for line, with MARK in place of each tag."""
    parts: list[str] = []
    line = 1
    for at, kind, value in environment.lex(source):
        parts.append("\n" * (at - line))
        line = at
        if kind == "data":
            parts.append(value)
            line += value.count("\n")
        elif kind in {"variable_begin", "block_begin"}:
            parts.append(MARK)
    return "".join(parts)


class Outline(HTMLParser):
    """Looks over a template's outline: the files and styles it names, and what the layout would refuse."""

    def __init__(self, file: str, source: str, folder: Path) -> None:
        super().__init__()
        self.file, self.folder = file, folder
        self.lines = source.splitlines()
        self.assets = Assets(folder)
        self.problems: list[Problem] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element's attributes, as far as they are written out."""
        written = {name: value for name, value in attrs if value and MARK not in value}
        self.in_style = tag == "style"
        self.problems += [self.here(code, message) for code, message in element_faults(tag, written)]
        self.listened_to(tag, dict(attrs))
        address = written.get("src") if tag in {"img", "embed"} else written.get("data") if tag == "object" else None
        if tag == "link" and "stylesheet" in written.get("rel", "").lower().split():
            address = written.get("href")
        if address and not address.startswith("data:"):
            self.look_up(address.strip())

    def listened_to(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Warn of what those miss who have a document read to them."""
        for element, needed in (("html", "lang"), ("img", "alt")):
            if tag == element and needed not in attributes:
                message = f"<{tag}> has no {needed}, which programs that read a document aloud need"
                self.problems.append(replace(self.here("T141", message), severity="warning"))

    def handle_data(self, data: str) -> None:
        """Look at the rules of a style element, but for lines that only values make whole."""
        if self.in_style:
            line = self.getpos()[0]
            found = style_problems(data, self.folder, self.file, line)
            self.problems += [problem for problem in found if MARK not in problem.source]

    def handle_endtag(self, tag: str) -> None:
        """Leave a style element."""
        self.in_style = self.in_style and tag != "style"

    def look_up(self, address: str) -> None:
        """Look for a file, and into it if it is a style sheet."""
        try:
            path = self.assets.path(urljoin(HERE, address))
        except RefusedError as refused:
            self.problems.append(self.here("T120", str(refused)))
            return
        if path.suffix == ".css":
            css = path.read_text("utf-8", errors="replace")
            self.problems += style_problems(css, self.folder, str(self.folder / address))

    def here(self, code: str, message: str) -> Problem:
        """A problem at the place of the element."""
        line, column = self.getpos()
        return Problem(self.file, code, message, line, column + 1, source=self.lines[line - 1])
