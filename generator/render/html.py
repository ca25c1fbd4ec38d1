"""HTML templates: read and compiled once, filled in with a deal's values, looked over without any."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from generator import templating
from generator.errors import Problem
from generator.render.assets import HERE, Assets, RefusedError
from generator.render.pages import Press, element_faults
from generator.render.sources import Sources
from generator.render.styles import style_problems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from generator.templating import Sandbox

#: Stands for a tag in a template's outline: what is written with it is not known before there are values.
MARK = "\N{OBJECT REPLACEMENT CHARACTER}"


class HtmlTemplate:
    """An HTML template and all that it includes or extends, from its own folder; it makes PDF documents."""

    def __init__(self, path: Path, environment: Sandbox | None = None) -> None:
        self.file = str(path)
        self.folder = path.parent
        self.press = Press(path.parent, self.file)
        self.sources = Sources(path, environment or templating.environment())

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the PDF; `dated` is its date of creation. Raises Faults."""
        return self.pages(self.text(values), dated)

    def text(self, values: Mapping[str, object]) -> str:
        """Fill in the template: the HTML text that alone, with its assets, decides what the PDF is. Raises Faults."""
        return self.sources.text(values)

    def pages(self, text: str, dated: date | None = None) -> bytes:
        """Lay out HTML text that this template made. Raises Faults."""
        return self.press.lay_out(text, dated)

    def laid_out(self, text: str, dated: date | None = None) -> tuple[bytes, dict[str, str]]:
        """Lay out, and tell the name and SHA-256 of each file that was used. Raises Faults."""
        return self.press.laid_out(text, dated)

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without values: unknown names, files that are not there, styles that do nothing."""
        found = chain(self.sources.unknown(known), *(self.looked_over(name) for name in self.sources.trees))
        return tuple(sorted(set(found), key=lambda problem: problem.order))

    def looked_over(self, name: str) -> list[Problem]:
        """What is wrong with the elements and styles of one of the files."""
        source = self.sources.texts[name]
        outline = Outline(self.sources.file_of(name), source, self.folder)
        outline.feed(outline_of(self.sources.environment, source))
        outline.close()
        return outline.problems


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
