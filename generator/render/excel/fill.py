"""Compiled sources of a workbook, filled in; an error is told at the cell or part whose line it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Template

from generator.errors import Faults, Problem
from generator.templating import FILLING_ERRORS, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


MOST_ERRORS = 50  # of one sheet told in one go

_OUTPUT = re.compile(r"\{\{.*?\}\}|\{% filter \w+ %\}.*\{% endfilter %\}")


@dataclass(slots=True)
class Source:
    """A compiled source: `places` names for each of its lines what a person would look for."""

    file: str
    text: str
    places: Sequence[str]
    environment: Sandbox
    template: Template

    @classmethod
    def compiled(cls, file: str, text: str, places: Sequence[str], environment: Sandbox) -> Source:
        """Compile a source that was already found to be free of faults."""
        return cls(file, text, places, environment, environment.from_string(text))

    def filled(self, values: Mapping[str, object]) -> str:
        """Fill it in; `values` hold the environment's globals too. Raises Faults with those of all cells in reach."""
        try:
            return _run(self.template, values)
        except FILLING_ERRORS as error:
            raise Faults(self._all_faults(error, values)) from error

    def _all_faults(self, error: Exception, values: Mapping[str, object]) -> Iterator[Problem]:
        """The fault, then those found when its line is left out, and so on; a faulty loop ends the search."""
        lines = self.text.split("\n")
        template = self.template
        for _ in range(MOST_ERRORS):
            line = _line_of(error, template)
            yield self._problem(error, line)
            without = _OUTPUT.sub("", lines[line - 1]) if line else ""
            if not line or without == lines[line - 1]:
                return
            lines[line - 1] = without
            template = self.environment.from_string("\n".join(lines))
            try:
                _run(template, values)
            except FILLING_ERRORS as following:
                error = following
            else:
                return

    def _problem(self, error: Exception, line: int) -> Problem:
        place = self.places[line - 1] if 0 < line <= len(self.places) else ""
        message = "it goes round in circles" if isinstance(error, RecursionError) else str(error)
        return Problem(self.file, "T310", message, place=place)


def _run(template: Template, values: Mapping[str, object]) -> str:
    """What a template prints; `shared` spares a copy of all values for each of a workbook's many templates."""
    return "".join(template.root_render_func(template.new_context(cast("dict[str, Any]", values), shared=True)))


def _line_of(error: Exception, template: Template) -> int:
    """The line of the source in which the error came about; 0 if in none."""
    trace, line = error.__traceback__, 0
    while trace:
        if (
            trace.tb_frame.f_globals.get("__jinja_template__") is template
            or trace.tb_frame.f_code.co_filename == template.filename
        ):
            line = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return line
