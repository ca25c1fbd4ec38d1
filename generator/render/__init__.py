"""Rendering: a suffix chooses the module; a template and values become bytes."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from generator.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from generator.errors import Problem
    from generator.templating import Sandbox


class Template(Protocol):
    """A template, read and compiled once. Making one raises Faults with every fault of its syntax."""

    def render(self, values: Mapping[str, object], dated: date | None = None) -> bytes:
        """Make the document; `dated` is its date of creation inside the file. Raises Faults."""

    def problems(self, known: Mapping[str, Any]) -> tuple[Problem, ...]:
        """Every fault that shows without data: `known` maps the names of values to their types."""


@runtime_checkable
class Pages(Template, Protocol):
    """A template whose text, with the files that it uses, decides what is laid out: filling in is the lesser work."""

    def text(self, values: Mapping[str, object]) -> str:
        """Fill it in. Raises Faults."""

    def laid_out(self, text: str, dated: date | None = None) -> tuple[bytes, dict[str, str]]:
        """Lay out a text; gives the document, and the name and SHA-256 of each file below its folder that it used."""


def _html(path: Path, environment: Sandbox) -> Template:
    try:
        with redirect_stdout(StringIO()):  # WeasyPrint prints a page of advice there
            from generator.render.html import HtmlTemplate  # noqa: PLC0415 -- slow to import
    except OSError as error:
        message = (
            "Pango is missing, without which there are no PDF documents ('dealdocs doctor' says how to install it)"
        )
        raise Misuse(message) from error
    return HtmlTemplate(path, environment)


def _docx(path: Path, environment: Sandbox) -> Template:
    from generator.render.docx import DocxTemplate  # noqa: PLC0415 -- slow to import

    return DocxTemplate(path, environment)


def _xlsx(path: Path, environment: Sandbox) -> Template:
    from generator.render.xlsx import XlsxTemplate  # noqa: PLC0415 -- slow to import

    return XlsxTemplate(path, environment)


def _txt(path: Path, environment: Sandbox) -> Template:
    from generator.render.text import TextTemplate  # noqa: PLC0415 -- like the others

    return TextTemplate(path, environment)


#: Template suffix → the function that reads such a template.
RENDERERS: dict[str, Callable[[Path, Sandbox], Template]] = {
    ".html": _html,
    ".docx": _docx,
    ".xlsx": _xlsx,
    ".txt": _txt,
}
