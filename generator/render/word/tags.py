"""The tags in a paragraph's text: where each begins and ends, its prefix, and its words with straight quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Mark = Literal["{{", "{%", "{#", "raw"]

_CLOSING: dict[str, str] = {"{{": "}}", "{%": "%}", "{#": "#}"}
_ANY_MARK = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
# a prefix stands right after the mark, and before a word: "{{p }}" and "{{p | upper}}" print a value named p
_PREFIX = re.compile(r"(tr|tc|p|r)[\s\xa0]+(?=[\w\"'“”‘’„(\[{-])")
_COMMENT_PREFIX = re.compile(r"(tr|tc|p)\s")
_ESCAPED = re.compile(r"\{_([{%])|([}%])_\}")
#: What opens a string → what closes it, and how it is written for Jinja.
_QUOTES = {
    '"': ('"', '"'),
    "'": ("'", "'"),
    **dict.fromkeys("“”„‟", ('”“"', '"')),
    **dict.fromkeys("‘’‚‛", ("’‘'", "'")),
}
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. `start` and `end` are its place in the text, `inner` is what Jinja reads of it.

    `joins_before` and `joins_after` say that it was written with a dash: `{%- … -%}`.
    """

    start: int
    end: int
    mark: Mark
    inner: str
    text: str = ""
    prefix: str = ""
    joins_before: bool = False
    joins_after: bool = False

    @property
    def word(self) -> str:
        """The first word of a statement ("for"), or nothing for a value."""
        found = re.match(r"\w+", self.inner) if self.mark == "{%" else None
        return found[0] if found else ""


@dataclass(slots=True)
class Scanned:
    """The tags of a text in their order, and what is wrong with it: (place in the text, code, message)."""

    tags: list[Tag] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def scan(text: str) -> Scanned:
    """Find the tags of a paragraph's text."""
    found, at = Scanned(), 0
    while mark := _ANY_MARK.search(text, at):
        if mark[0] not in _CLOSING:
            found.faults.append((mark.start(), "T202", f"'{mark[0]}' closes a tag that was never opened"))
            at = mark.end()
        elif raw := _RAW.match(text, mark.start()):
            found.tags.append(Tag(raw.start(), raw.end(), "raw", raw[1], raw[0]))
            at = raw.end()
        elif tag := _tag(text, mark.start(), mark[0]):
            found.tags.append(tag)
            at = tag.end
        else:
            message = f"'{mark[0]}' is not closed by '{_CLOSING[mark[0]]}' in its paragraph"
            found.faults.append((mark.start(), "T201", message))
            at = mark.end()
    return found


def unescaped(text: str) -> str:
    """Write out the braces that a template escapes: "{_{" is "{{", "%_}" is "%}"."""
    return _ESCAPED.sub(lambda found: f"{{{found[1]}" if found[1] else f"{found[2]}}}", text)


def _tag(text: str, start: int, mark: str) -> Tag | None:
    """Read the tag that begins at `start`; None if it is not closed."""
    if mark == "{#":
        end = text.find("#}", start + 2)
        return None if end < 0 else _made(text, start, end + 2, "{#", text[start + 2 : end])
    closing = _CLOSING[mark]
    end, inner = _read(text, start + 2, closing)
    if end < 0:  # perhaps an apostrophe opened a string: the next mark that closes is good enough for an error message
        plain = text.find(closing, start + 2)
        end, inner = plain, text[start + 2 : plain]
        if plain < 0 or re.search(r"\{[{%]", inner):
            return None
    return _made(text, start, end + 2, "{{" if mark == "{{" else "{%", inner)


def _made(text: str, start: int, end: int, mark: Mark, inner: str) -> Tag:
    before, after = inner.startswith("-"), inner.endswith("-") and len(inner) > 1
    inner = inner[before : len(inner) - after]
    found = (_COMMENT_PREFIX if mark == "{#" else _PREFIX).match(inner)
    prefix = found[1] if found else ""
    inner = " ".join(inner[len(prefix) :].splitlines()).strip()
    return Tag(start, end, mark, inner, text[start:end], prefix, before, after)


def _read(text: str, at: int, closing: str) -> tuple[int, str]:
    """Read on to the mark that closes the tag, past strings and brackets; gives its place, or -1, and what Jinja reads.

    Only quotes that delimit a string are straightened: those inside it belong to its words.
    """
    pieces: list[str] = []
    nested: list[str] = []
    while at < len(text):
        character = text[at]
        if text.startswith(closing, at) and not nested:
            return at, "".join(pieces)
        if character in _QUOTES:
            end, string = _string(text, at)
            if end < 0:
                return -1, ""
            pieces.append(string)
            at = end
            continue
        if character in _BRACKETS.values():
            nested.append(character)
        elif nested and _BRACKETS.get(character) == nested[-1]:
            nested.pop()
        pieces.append(" " if character == "\xa0" else character)
        at += 1
    return -1, ""


def _string(text: str, at: int) -> tuple[int, str]:
    """Read a string literal; gives the place after it, or -1, and the literal with straight quotes."""
    closes, straight = _QUOTES[text[at]]
    curled = text[at] not in "\"'"
    end = at + 1
    while end < len(text):
        character = text[end]
        if character == "\\":
            end += 2
            continue
        # a curled apostrophe inside a word is an apostrophe: ‘the client’s’
        apostrophe = curled and character == "’" and text[end + 1 : end + 2].isalpha()
        if character in closes and not apostrophe:
            content = text[at + 1 : end]
            return end + 1, straight + (content.replace(straight, f"\\{straight}") if curled else content) + straight
        end += 1
    return -1, ""
