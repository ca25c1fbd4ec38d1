"""Rendering: a suffix chooses the module; a template and values become bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

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


def _html(path: Path, environment: Sandbox) -> Template:
    from generator.render.html import HtmlTemplate  # noqa: PLC0415 -- slow to import

    return HtmlTemplate(path, environment)


def _docx(path: Path, environment: Sandbox) -> Template:
    from generator.render.docx import DocxTemplate  # noqa: PLC0415 -- slow to import

    return DocxTemplate(path, environment)


def _xlsx(path: Path, environment: Sandbox) -> Template:
    from generator.render.xlsx import XlsxTemplate  # noqa: PLC0415 -- slow to import

    return XlsxTemplate(path, environment)


#: Template suffix → the function that reads such a template.
RENDERERS: dict[str, Callable[[Path, Sandbox], Template]] = {".html": _html, ".docx": _docx, ".xlsx": _xlsx}
