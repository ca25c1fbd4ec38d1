"""Reading YAML: a file becomes a tree of mappings, lists and texts with the place of every value.

A scalar is read as its text: `NO` is not False, `0123` keeps its zero. Tags, anchors, merges and duplicate keys are
faults. The tree is built from libyaml's events in one loop, so no nesting can exhaust the stack.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from generator.codes import Code
from generator.confidential import hide
from generator.errors import Faults
from generator.source import UNWANTED, Path, Source, lines_of, place_of, problem_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path as FilePath

    from generator.errors import Problem

    class _Mark(Protocol):
        """Where an event begins, both from 0."""

        line: int
        column: int

    class _Event(Protocol):
        """What libyaml says of a piece of the text, as far as it is used here."""

        value: str
        style: str | None
        tag: str | None
        anchor: str | None
        start_mark: _Mark


LARGEST_FILE = 1_000_000  # bytes
MOST_VALUES = 50_000
DEEPEST = 50

_Holder = dict[str, object] | list[object] | None

_CONTROL_NAMES = {0x00: "NULL", 0x07: "BELL", 0x08: "BACKSPACE", 0x0B: "LINE TABULATION", 0x0C: "FORM FEED"}
_CONTROL_NAMES |= {0x1B: "ESCAPE", 0x7F: "DELETE", 0x85: "NEXT LINE", 0xFEFF: "BYTE ORDER MARK"}

#: What libyaml says → what to say instead, and the next step.
_SYNTAX = {
    "that cannot start any token": ("this character cannot begin a value", "put the value in quotes"),
    "mapping values are not allowed": ("a colon stands where none can be", "put a value that holds ': ' in quotes"),
    "could not find expected ':'": ("a key has no colon", "write 'key: value', or indent the line as part of a text"),
    "did not find expected ',' or '}'": ("a { is not closed", "end it with }, and put commas between its values"),
    "did not find expected ',' or ']'": ("a [ is not closed", "end it with ], and put commas between its values"),
    "did not find expected key": ("the line does not fit in here", "check its indentation, and quotes around values"),
    "did not find expected '-' indicator": ("the line does not fit in here", "begin it with '- ' like the others"),
    "block sequence entries are not allowed": ("a list cannot begin here", "begin it on a line of its own"),
    "found unexpected end of stream": ("a quotation mark is not closed", "close it"),
    "unexpected document indicator": ("a quotation mark is not closed", "close it"),
    "unknown escape character": ("in double quotes a backslash has a meaning", "use single quotes"),
    "did not find expected hexdecimal number": ("in double quotes a backslash has a meaning", "use single quotes"),
    "did not find expected <document start>": ("the line does not fit in here", "check its indentation and quotes"),
}


def read(path: FilePath, name: str) -> Source:
    """Read a file; `name` is its path as the user gave it. Raises Faults."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Faults([problem_in(name, "", Code.UNREADABLE, (1, 1), f"cannot be read: {error.strerror}")]) from None
    if len(content) > LARGEST_FILE:
        raise Faults([problem_in(name, "", Code.TOO_LARGE, (1, 1), "is larger than 1 MB, which no deal needs")])
    return parse(_decoded(content, name), name)


def parse(text: str, name: str) -> Source:
    """Read a text that came from the file `name`. Raises Faults with every fault up to where reading had to stop."""
    text = text.removeprefix("\ufeff")
    faults = list(_unwanted_characters(text, name))
    tree = _Tree(text, name, faults)
    try:
        tree.build(CParser(UNWANTED.sub("\ufffd", text)))
    except MarkedYAMLError as error:
        faults.append(_syntax_problem(error, text, name))
    except _StopError:
        pass
    if faults:
        raise Faults(hide(sorted(faults, key=lambda fault: fault.order), text))
    return Source(name, text, tree.data, tree.positions, tree.keys)


def _decoded(content: bytes, name: str) -> str:
    """The text of a file's bytes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        at = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        text = content.decode("utf-8", "replace")
        problem = problem_in(name, text, Code.NOT_UTF8, at, "is not UTF-8 text", "save the file with encoding UTF-8")
        raise Faults(hide([problem], text)) from None


def _unwanted_characters(text: str, name: str) -> list[Problem]:
    """A problem for each character that no file may hold; for several in a row, the first."""
    faults = []
    for found in re.finditer(f"{UNWANTED.pattern}+", text):
        message, hint = _about(found[0][0])
        faults.append(problem_in(name, text, Code.CONTROL_CHARACTER, place_of(text, found.start()), message, hint))
    return faults


def _about(character: str) -> tuple[str, str]:
    """What an unwanted character is called, and what to do."""
    name = _CONTROL_NAMES.get(ord(character)) or unicodedata.name(character, "CONTROL CHARACTER")
    return f"holds the character {name} (U+{ord(character):04X})", "delete it; it often comes along when text is copied"


def _syntax_problem(error: MarkedYAMLError, text: str, name: str) -> Problem:
    """What libyaml stumbled on, in other words; a quotation mark that is not closed is told where it began."""
    mark, begun = error.problem_mark, error.context_mark
    said = [words for sign, words in _SYNTAX.items() if sign in str(error.problem)]
    message, hint = said[-1] if said else (f"{error.problem}", "")
    if begun and ("quot" in message or "not closed" in message or mark is None):
        mark, begun = begun, None
    if begun and mark and begun.line != mark.line:
        message += f" ({error.context}, which begins on line {begun.line + 1})"
    at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if lines_of(text)[at[0] - 1 : at[0]] and lines_of(text)[at[0] - 1][at[1] - 1 :].startswith("\t"):
        message, hint = "a tab stands where blanks belong", "indent with blanks"
    return problem_in(name, text, Code.SYNTAX, at, f"cannot be read as YAML: {message}", hint)


class _StopError(Exception):
    """Reading cannot go on after a fault."""


class _Tree:
    """The tree as it grows; `_holder` is the innermost open mapping or list, `_key` its key that waits for a value."""

    def __init__(self, text: str, name: str, faults: list[Problem]) -> None:
        self.data: object = {}
        self.positions: dict[Path, tuple[int, int]] = {}
        self.keys: dict[Path, tuple[int, int]] = {}
        self._text, self._name, self._faults = text, name, faults
        self._holder: _Holder = None
        self._path: Path = ()
        self._key: str | None = None
        self._open: list[tuple[_Holder, Path]] = []
        self._documents = 0

    def build(self, parser: CParser) -> None:
        """Take in every event of the parser."""
        take: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._mapping,
            SequenceStartEvent: self._list,
            MappingEndEvent: self._close,
            SequenceEndEvent: self._close,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        event = parser.get_event()
        while type(event) is not StreamEndEvent:
            taking = take.get(type(event))
            if taking:
                taking(event)
            event = parser.get_event()

    def _scalar(self, event: _Event) -> None:
        value, mark = event.value, event.start_mark
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        if event.style == '"' and UNWANTED.search(value):
            self._fault(Code.CONTROL_CHARACTER, mark, *_about(UNWANTED.findall(value)[0]))
        if self._key is None and type(self._holder) is dict:
            self._take_key(value, event.style, mark)
        elif value or event.style:
            self._put(value, mark)
        else:
            self._key = None  # nothing is written: the key stands alone

    def _take_key(self, key: str, style: str | None, mark: _Mark) -> None:
        path = (*self._path, key)
        if not key:
            self._stop(Code.BAD_KEY, mark, "a key is missing here", "write 'key: value'")
        if key == "<<" and not style:
            self._fault(Code.MERGE, mark, "a merge (<<) cannot be used", "write the values out")
        if path in self.keys:
            message = f"the key '{key}' is written twice; the first is on line {self.keys[path][0]}"
            self._fault(Code.DUPLICATE_KEY, mark, message, "keep one of them")
        else:
            self.keys[path] = (mark.line + 1, mark.column + 1)
        self._key = key

    def _put(self, value: object, mark: _Mark) -> Path:
        """Store a value where it belongs; its path."""
        holder = self._holder
        path: Path = ()
        if type(holder) is dict:
            key = self._key or ""
            path = (*self._path, key)
            holder[key] = value
            self._key = None
        elif type(holder) is list:
            path = (*self._path, len(holder))
            holder.append(value)
        else:
            self.data = value
        if len(self.positions) >= MOST_VALUES:
            self._stop(Code.TOO_LARGE, mark, f"has more than {MOST_VALUES} values, which no deal needs")
        self.positions[path] = (mark.line + 1, mark.column + 1)
        return path

    def _mapping(self, event: _Event) -> None:
        self._begin({}, event)

    def _list(self, event: _Event) -> None:
        self._begin([], event)

    def _begin(self, holder: dict[str, object] | list[object], event: _Event) -> None:
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        if self._key is None and type(self._holder) is dict:
            self._stop(Code.BAD_KEY, event.start_mark, "a key must be a text, not a mapping or a list")
        if len(self._open) >= DEEPEST:
            self._stop(Code.TOO_DEEP, event.start_mark, f"is nested more than {DEEPEST} deep")
        path = self._put(holder, event.start_mark)
        self._open.append((self._holder, self._path))
        self._holder, self._path = holder, path

    def _close(self, _event: object) -> None:
        self._holder, self._path = self._open.pop()

    def _alias(self, event: _Event) -> None:
        message = f"an alias ('*{event.anchor}') cannot be used"
        self._fault(
            Code.ANCHOR, event.start_mark, message, "write the value out, or put a text that begins with * in quotes"
        )
        if self._key is None and type(self._holder) is dict:
            raise _StopError
        self._put("", event.start_mark)

    def _document(self, event: _Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(Code.SECOND_DOCUMENT, event.start_mark, "a second document begins here", "keep one in each file")

    def _refuse_properties(self, event: _Event) -> None:
        """A fault for a tag or an anchor before a value."""
        hint = "take it away, or put the text in quotes"
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._fault(
                Code.TAG, event.start_mark, f"a tag ('{tag}') cannot be used; every value is read as its text", hint
            )
        if event.anchor is not None:
            self._fault(Code.ANCHOR, event.start_mark, f"an anchor ('&{event.anchor}') cannot be used", hint)

    def _fault(self, code: Code, mark: _Mark, message: str, hint: str = "") -> None:
        self._faults.append(problem_in(self._name, self._text, code, (mark.line + 1, mark.column + 1), message, hint))

    def _stop(self, code: Code, mark: _Mark, message: str, hint: str = "") -> NoReturn:
        self._fault(code, mark, message, hint)
        raise _StopError
