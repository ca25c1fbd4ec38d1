"""What a cell may hold: values become typed cells, texts stay texts whatever they look like."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from jinja2 import Undefined
from jinja2.compiler import CodeGenerator
from markupsafe import Markup, escape

from generator.templating import present

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import nodes
    from jinja2.compiler import Frame

    from generator.templating import Sandbox

LONGEST_TEXT = 32_767
MOST_DIGITS = 15

#: Characters that no XML document can hold.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENCODED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_SPECIAL = re.compile("[<>&\"'\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x")
_TAGS = re.compile(r"<[^>]*>")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 -- a workbook's days have no time zone
_FIRST_DAY = date(1900, 3, 1)
_FOUR_YEARS = 1462  # days between the two calendars that a workbook may count by

#: Marks a cell that took a style for dates; no text can hold it.
DATED = "\x07"

#: Cell styles of a kind of value: number format → the style that a cell takes for it.
Styles = dict[str, tuple[str, str]]


class CellError(ValueError):
    """A value that a cell cannot hold; the text says why, for the person who wrote the template."""


def clean(value: Any) -> Any:  # noqa: ANN401 -- whatever a template prints
    """Let a value be printed in any part: not missing, and of characters that XML can hold."""
    present(value)
    if isinstance(value, str):
        found = _FORBIDDEN.search(value)
        if found:
            message = f"the text holds the character U+{ord(found[0]):04X}, which a workbook cannot hold"
            raise CellError(message)
        if "\r" in value:
            return type(value)(value.replace("\r\n", "\n").replace("\r", "\n"))
    return value


def clean_cell(value: Any) -> Any:  # noqa: ANN401 -- whatever a template prints
    """The same for cells, where `_x0041_` would be read as the letter A."""
    value = clean(value)
    if isinstance(value, str) and "_x" in value:
        return type(value)(_ENCODED.sub("_x005F_", value))
    return value


def clean_banner(value: Any) -> Any:  # noqa: ANN401 -- whatever a template prints
    """The same for page headers and footers, where `&` begins a code."""
    value = clean(value)
    return type(value)(value.replace("&", "&&")) if isinstance(value, str) else value


class Finished(str):
    """The rest of a cell: it was checked and escaped while it was made."""

    __slots__ = ()


_EMPTY = Finished("/>")


def printed(value: Any) -> str:  # noqa: ANN401 -- whatever a template prints
    """A value as it stands in a sheet's markup."""
    kind = type(value)
    if kind is Finished or (kind is str and not _SPECIAL.search(value)):
        return cast("str", value)
    return escape(clean_cell(value))


def _text(value: str) -> str:
    if len(value) * 2 > LONGEST_TEXT and len(value.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        message = f"the text has {len(value):,} characters; a cell holds {LONGEST_TEXT:,}"
        raise CellError(message)
    if not value:
        return "/>"
    inside = escape(clean_cell(value)) if _SPECIAL.search(value) else value
    return f' t="inlineStr"><is><t xml:space="preserve">{inside}</t></is></c>'


def _number(value: Decimal | float) -> str:
    text = format(value, "f") if isinstance(value, Decimal) else repr(value)
    digits = text.lstrip("-").replace(".", "").strip("0")
    if not text.lstrip("-")[:1].isdigit():
        message = f"{text} is not a number that a cell can hold"
        raise CellError(message)
    if len(digits) > MOST_DIGITS and not isinstance(value, float):
        message = f"{text} has more than {MOST_DIGITS} digits, of which a cell would lose some: print it as text"
        raise CellError(message)
    return f"><v>{text}</v></c>"


def serial(value: date | time | timedelta, *, since_1904: bool) -> str:
    """The number of days that a workbook keeps for a date, a moment or a time of day."""
    if isinstance(value, timedelta):
        return repr(value / timedelta(days=1))
    if isinstance(value, time):
        since = datetime.combine(_EPOCH, value.replace(tzinfo=None)) - _EPOCH
        return repr(since / timedelta(days=1))
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    since = moment.replace(tzinfo=None) - _EPOCH
    days = since.days - (_FOUR_YEARS if since_1904 else 0)
    return repr(days + since.seconds / 86400) if since.seconds else str(days)


def typed(value: Any, since_1904: bool = False) -> Finished:  # noqa: ANN401, FBT001, FBT002 -- jinja passes it so
    """The rest of a cell after its style, for the value of a cell that is one expression."""
    if value is None:
        return _EMPTY
    return Finished(_text(value) if type(value) is str else _rest(value, since_1904=since_1904))


def styled(value: Any, style: str, day: str, moment: str, since_1904: bool = False) -> Finished:  # noqa: ANN401, FBT001, FBT002
    """Style and rest of a cell without a number format of its own: a date takes the style `day`, a moment `moment`.

    Where one of these is taken a mark tells so, since they are added to the workbook only if they are needed.
    """
    if type(value) is str:
        rest = _text(value)
    elif value is None:
        rest = _EMPTY
    else:
        rest = _rest(value, since_1904=since_1904)
        if isinstance(value, date):
            return Finished(f' s="{moment if isinstance(value, datetime) else day}"{DATED}{rest}')
    return Finished(rest if style == "0" else f' s="{style}"{rest}')


def _rest(value: Any, *, since_1904: bool) -> str:  # noqa: ANN401 -- one line for each kind of value
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "/>"
    if isinstance(value, bool):
        return f' t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (Decimal, int, float)):
        return _number(value)
    if isinstance(value, (date, time, timedelta)):
        if isinstance(value, date) and date(value.year, value.month, value.day) < _FIRST_DAY:
            return _text(value.isoformat())
        return f"><v>{serial(value, since_1904=since_1904)}</v></c>"
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 -- jinja's own way to say which name is missing
    kind = type(value).__name__.lower()
    message = f"a cell cannot hold a {kind}; name one of its values, or print it as text with a filter"
    raise CellError(message)


def mixed(content: str) -> Markup:
    """The rest of a cell after its style, for text with expressions in it; `content` is escaped."""
    if not content:
        return Markup("/>")
    measured(content)
    return Markup(f' t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c>')  # noqa: S704 -- escaped


def rich(content: str) -> Markup:
    """The rest of a cell after its style, for formatted runs with expressions in them; `content` is markup."""
    measured(content)
    return Markup(f' t="inlineStr"><is>{content}</is></c>')  # noqa: S704 -- made at compile time, values escaped


def measured(content: str) -> str:
    """Refuse text that is longer than a cell may hold."""
    if len(content) * 2 > LONGEST_TEXT:
        text = Markup(_TAGS.sub("", content)).unescape()  # noqa: S704 -- only to count
        length = len(text.encode("utf-16-le")) // 2
        if length > LONGEST_TEXT:
            message = f"the text has {length:,} characters; a cell holds {LONGEST_TEXT:,}"
            raise CellError(message)
    return content


class _Generator(CodeGenerator):
    """Leaves the escaping of what is printed to `printed`, as Jinja's own native templates do to theirs."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002
        self.write(finalize.src or "(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:  # noqa: ARG002
        self.write(")")


def plain(environment: Sandbox, finalize: Callable[[Any], Any]) -> Sandbox:
    """The given environment for texts outside of cells, with a check of what is printed."""
    return environment.overlay(finalize=finalize, autoescape=False)


def prepared(environment: Sandbox) -> Sandbox:
    """The given environment for cells: values become the markup of cells."""
    made = environment.overlay(finalize=printed, autoescape=True)
    made.code_generator_class = _Generator
    own = {"_typed": typed, "_mixed": mixed, "_rich": rich, "_styled": styled}
    made.filters = {**environment.filters, **own}
    return made
