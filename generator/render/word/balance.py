"""Whether the tags of a part open and close in pairs, and each of them can be read, before the whole is compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError

from generator.errors import did_you_mean
from generator.render.word.patch import Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jinja2 import Environment

    Report = Callable[[str, str, str, str], None]

#: What opens → what may stand between, before it closes.
_OPENING: dict[str, tuple[str, ...]] = {
    "if": ("elif", "else"),
    "for": ("else",),
    **dict.fromkeys(("macro", "call", "filter", "with", "set", "autoescape"), ()),
}
_BETWEEN = {"elif", "else"}
_ALONE = {"do", "break", "continue"}
_ELSEWHERE = {"include", "import", "from", "extends", "block"}
_SET_TO = re.compile(r"set\s+[\w.,\s()]+=(?!=)")


@dataclass(frozen=True, slots=True)
class Placed:
    """A slot, and the path of the elements around it, which must be the same where a pair opens and closes.

    `parent` is the path of the paragraph that a tag stands in, or of the table or row whose rows or cells it governs.
    `alone`: nothing else stands in its paragraph.
    """

    number: int
    slot: Slot
    path: tuple[str, ...]
    parent: str = ""
    alone: bool = False

    @property
    def word(self) -> str:
        """The statement's word; nothing for values, and for a `set` that needs no closing."""
        word = self.slot.tag.word
        return "" if word == "set" and _SET_TO.match(self.slot.tag.inner) else word


def balanced(tags: Sequence[Placed], report: Report) -> tuple[list[Placed], list[str]]:
    """The tags that have their counterparts, and the words that would close what stays open; reports the others."""
    kept: list[Placed] = []
    open_: list[Placed] = []
    for tag in tags:
        word = tag.word
        if word in _OPENING:
            open_.append(tag)
        elif word in _BETWEEN or word.startswith("end"):
            if not _closes(tag, open_, report):
                continue
            if word.startswith("end"):
                open_.pop()
        kept.append(tag)
    for tag in open_:
        message = f"'{tag.slot.tag.text}' is never closed"
        report(tag.slot.place, "T205", message, f"put '{_like(tag)}' where it ends")
    return kept, [f"end{tag.word}" for tag in reversed(open_)]


def _closes(tag: Placed, open_: list[Placed], report: Report) -> bool:
    """Whether a tag belongs to what was opened last; an opening that it skips is told of and given up."""
    word = tag.word
    wanted = [place for place, opened in enumerate(open_) if _fits(word, opened.word)]
    if not wanted:
        message = f"'{tag.slot.tag.text}' belongs to nothing that is open"
        near = did_you_mean(word, [f"end{each}" for each in _OPENING])
        report(tag.slot.place, "T205", message, "" if word[3:] in _OPENING or word in _BETWEEN else near)
        return False
    while len(open_) - 1 > wanted[-1]:
        skipped = open_.pop()
        message = f"'{skipped.slot.tag.text}' is not closed before '{tag.slot.tag.text}'"
        report(skipped.slot.place, "T205", message, f"put '{_like(skipped)}' where it ends")
    _check_pair(open_[-1], tag, report)
    return True


def _fits(word: str, opened: str) -> bool:
    return word == f"end{opened}" or word in _OPENING[opened]


def _check_pair(opened: Placed, tag: Placed, report: Report) -> None:
    """Report a pair that would tear elements apart: each must govern whole paragraphs, rows, cells, or text."""
    one, other = opened.slot.tag, tag.slot.tag
    if opened.slot.made or tag.slot.made:
        return
    if opened.path == tag.path and opened.parent == tag.parent:
        return
    if opened.path == tag.path and not one.prefix and opened.slot.context == "text":
        if opened.alone or tag.alone:
            return
        message = f"'{one.text}' ends in another paragraph, with '{other.text}': what is between becomes one paragraph"
        report(
            opened.slot.place, "T213", message, "write {%p … %} in paragraphs of their own to govern whole paragraphs"
        )
        return
    if one.prefix != other.prefix:
        message = f"'{one.text}' is opened with another prefix than it has in '{other.text}'"
        report(tag.slot.place, "T206", message, f"write '{{%{one.prefix} {tag.slot.tag.inner} %}}'")
    else:
        message = f"'{one.text}' and '{other.text}' do not stand in the same text, table or row"
        report(tag.slot.place, "T206", message, "")


def _like(tag: Placed) -> str:
    return f"{{%{tag.slot.tag.prefix} end{tag.word} %}}"


def readable(slot: Slot, environment: Environment, report: Report) -> bool:
    """Whether Jinja can read a tag by itself; reports it if not."""
    tag = slot.tag
    word = tag.word
    if tag.mark == "{#" or word.startswith("end") or word == "else":
        return True
    if word in _ELSEWHERE:
        report(slot.place, "T208", f"'{word}' has no use in a Word template", "")
        return False
    try:
        environment.parse(_by_itself(slot))
    except TemplateSyntaxError as error:
        known = (*_OPENING, *_ALONE, *_BETWEEN, *(f"end{each}" for each in _OPENING))
        near = did_you_mean(word, known) if word and word not in known else ""
        report(slot.place, "T208", f"'{tag.text}' cannot be read: {_plain(error.message or '')}", near)
        return False
    return True


def _by_itself(slot: Slot) -> str:
    inner, word = slot.tag.inner, slot.tag.word
    if slot.tag.mark == "{{":
        return f"{{{{ {inner} }}}}"
    statement = f"{{% {inner} %}}"
    if word == "set" and _SET_TO.match(inner):
        return statement
    if word in _OPENING:
        return f"{statement}{{% end{word} %}}"
    if word == "elif":
        return f"{{% if 1 %}}{statement}{{% endif %}}"
    return f"{{% for _ in () %}}{statement}{{% endfor %}}"


def _plain(message: str) -> str:
    """Jinja's message without its advice on blocks, which our own pairing gives better."""
    return message.split(" Jinja was looking for", maxsplit=1)[0].split(" You probably made", maxsplit=1)[0].rstrip(".")
