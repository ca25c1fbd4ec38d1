"""What a value becomes in a Word file: the text of a run, an attribute, a field code, a link, a property."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from generator.templating import present

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PRESERVED = '<w:t xml:space="preserve">'
_BREAKS = str.maketrans(
    {"\n": f"</w:t><w:br/>{_PRESERVED}", "\t": f"</w:t><w:tab/>{_PRESERVED}"},
)
_NOT_HERE = "these are whole paragraphs: write {{p … }} in a paragraph of its own"
_ENTITIES = str.maketrans({"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
BASE = "\x02"  # what no value can hold
_IN_LINKS = "%!#$&'()*+,/:;=?@[]~"


class Xml(Markup):
    """Finished XML that one of the engine's own filters made, and that stands in place of runs or of paragraphs."""

    __slots__ = ()


class Blocks(Xml):
    """Finished paragraphs; `BASE` in them stands for the formatting of the paragraph that they take the place of."""

    __slots__ = ()


class ForbiddenCharacterError(ValueError):
    """A value holds a character that no XML file can hold."""


def text(value: Any) -> Markup:  # noqa: ANN401 -- whatever a template prints
    """The text of a run: new lines become breaks, tabs become tabs, every other character stays."""
    if isinstance(value, Blocks):
        raise TypeError(_NOT_HERE)
    if isinstance(value, Xml):
        return Xml(f"</w:t></w:r>{value}<w:r>{_PRESERVED}")
    plain = said(value)
    if isinstance(plain, Markup) or plain.isprintable():
        return escape(plain)
    return Markup(str(escape(plain)).replace("\r\n", "\n").replace("\r", "\n").translate(_BREAKS))  # noqa: S704 -- escaped


def attribute(value: Any) -> Markup:  # noqa: ANN401
    """The value of an attribute, or a part of it."""
    return Markup(str(escape(str(said(value)))).translate(_ENTITIES))  # noqa: S704 -- escaped


def plain(value: Any) -> Markup:  # noqa: ANN401
    """The text of a document property: it has no breaks and no runs."""
    return Markup(str(escape(str(said(value)))).replace("\r", "&#13;"))  # noqa: S704 -- escaped


def link(value: Any) -> Markup:  # noqa: ANN401
    """A hyperlink's target, or a part of it: Word opens no file with a target that is not a URI."""
    return escape(quote(str(said(value)), safe=_IN_LINKS))


def code(value: Any) -> Markup:  # noqa: ANN401
    """A part of a field's code: quotes in it stay part of the field's argument."""
    return escape(str(said(value)).replace("\\", "\\\\").replace('"', '\\"'))


def run(value: Any, properties: str) -> Markup:  # noqa: ANN401
    """What stands in place of a run: finished runs, or plain text in the run's own formatting."""
    if isinstance(value, Blocks):
        raise TypeError(_NOT_HERE)
    made = said(value)
    if hasattr(value, "__html__"):
        return escape(made) if isinstance(value, Xml) else Markup(str(made).translate(_BREAKS))  # noqa: S704 -- markup
    return Markup(f"<w:r>{properties}{_PRESERVED}{text(made)}</w:t></w:r>")  # noqa: S704 -- escaped by text


def block(value: Any, properties: str) -> Markup:  # noqa: ANN401
    """What stands in place of a paragraph: finished paragraphs, or plain text in the paragraph's own formatting."""
    if isinstance(value, Blocks):
        return Markup(str(value).replace(BASE, properties))  # noqa: S704 -- the engine's own
    made = said(value)
    if isinstance(value, Xml):
        return Markup(f"<w:p>{properties}{value}</w:p>")  # noqa: S704 -- the engine's own runs
    if hasattr(value, "__html__"):
        return escape(made)
    return Markup(f"<w:p>{properties}<w:r>{_PRESERVED}{text(made)}</w:t></w:r></w:p>")  # noqa: S704 -- escaped by text


def said(value: Any) -> str:  # noqa: ANN401
    """A value as text, or as the markup that it brings along. Raises for what is missing or cannot be in a file."""
    if not isinstance(value, str):
        present(value)
        value = Markup(value.__html__()) if hasattr(value, "__html__") else str(value)  # noqa: S704 -- the value's own
    words: str = value
    if not words.isprintable() and (found := _FORBIDDEN.search(words)):
        message = (
            f"the value holds the character U+{ord(found[0]):04X} ({str(words[:40])!r}), which no Word file can hold"
        )
        raise ForbiddenCharacterError(message)
    return words


#: Where a tag stands → what its value becomes there.
CONTEXTS = {
    "text": text,
    "attribute": attribute,
    "plain": plain,
    "link": link,
    "code": code,
    "run": run,
    "block": block,
}
