"""Markdown as Word paragraphs: headings, bullets, numbered lists, bold, italic, links, in the template's own styles."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from generator.render.word.values import BASE, Blocks, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.token import Token

    from generator.render.word.lists import NewLists

_LOOKS = {"strong_open": "<w:b/><w:bCs/>", "em_open": "<w:i/><w:iCs/>", "s_open": "<w:strike/>"}
_IN_LINKS = "%!#$&'()*+,/:;=?@[]~"
_SAFE_LINKS = ("http://", "https://", "mailto:", "tel:")
_LIST_STYLES = {"bullet": "list bullet", "decimal": "list number"}
_KINDS = {"bullet_list_open": "bullet", "ordered_list_open": "decimal"}


def paragraphs(source: str, lists: NewLists) -> Blocks:
    """The paragraphs that a Markdown text becomes. HTML in it is text; pictures are their alternative texts."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 -- slow to import

    reader = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    return Blocks("".join(_blocks(reader.parse(source), lists)))


def _blocks(tokens: list[Token], lists: NewLists) -> Iterator[str]:
    """Walk through the blocks; the stack holds the lists that are open: kind and Word's number of the list."""
    open_: list[tuple[str, str]] = []
    style, fresh = "", False
    for token in tokens:
        if token.type in _KINDS:
            open_.append((_KINDS[token.type], _number(_KINDS[token.type], lists)))
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            open_.pop()
        elif token.type == "list_item_open":
            fresh = True
        elif token.type == "heading_open":
            style = lists.lists.named.get(f"heading {token.tag[1:]}", "")
        elif token.type == "blockquote_open":
            style = lists.lists.named.get("quote", "")
        elif token.type in {"heading_close", "blockquote_close"}:
            style = ""
        elif token.type == "inline":
            yield _paragraph(_properties(style, open_, lists, numbered=fresh), _runs(token.children or [], lists))
            fresh = False
        elif token.type in {"fence", "code_block"}:
            yield _paragraph(_properties(style, open_, lists, numbered=False), _run(token.content.rstrip("\n"), ""))


def _number(kind: str, lists: NewLists) -> str:
    """A list of its own for every list in the text, so that each begins at 1; it looks like the template's."""
    template = lists.lists.of_style(lists.lists.named.get(_LIST_STYLES[kind], ""))[0]
    if not template:
        return lists.own(kind)
    return template if kind == "bullet" else lists.restarted(template)


def _properties(style: str, open_: list[tuple[str, str]], lists: NewLists, *, numbered: bool) -> str:
    if style:
        return f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
    if not open_:
        return BASE
    kind, number = open_[-1]
    named = lists.lists.named.get(_LIST_STYLES[kind], "")
    level = len(open_) - 1
    styled = f'<w:pStyle w:val="{named}"/>' if named else ""
    numbering = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number if numbered else 0}"/></w:numPr>'
    indent = (
        "" if numbered and not level else f'<w:ind w:left="{360 * (level + 1)}" w:hanging="{360 if numbered else 0}"/>'
    )
    return f"<w:pPr>{styled}{numbering}{indent}</w:pPr>"


def _paragraph(properties: str, runs: str) -> str:
    return f"<w:p>{properties}{runs}</w:p>"


def _runs(tokens: list[Token], lists: NewLists) -> str:
    looks: list[str] = []
    pieces: list[str] = []
    closing: list[str] = []
    for token in tokens:
        if token.type in _LOOKS:
            looks.append(_LOOKS[token.type])
        elif token.type in {"strong_close", "em_close", "s_close"}:
            looks.pop()
        elif token.type == "link_open":
            opens, closes, look = _link(str(token.attrs.get("href", "")), lists.lists.named.get)
            pieces.append(opens)
            closing.append(closes)
            looks.insert(0, look)
        elif token.type == "link_close":
            pieces.append(closing.pop())
            looks.pop(0)
        else:
            said = {"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content)
            pieces.append(_run(said, "".join(dict.fromkeys(looks))))
    return "".join(pieces)


def _link(target: str, named: Callable[[str, str], str]) -> tuple[str, str, str]:
    """A link as a field, which needs no relationship; what is no web or mail address is plain text."""
    if not target.startswith(_SAFE_LINKS):
        return "", "", ""
    code = quoteattr(f'HYPERLINK "{quote(target, safe=_IN_LINKS)}"')
    style = named("hyperlink", "")
    look = f'<w:rStyle w:val="{style}"/>' if style else '<w:color w:val="0563C1"/><w:u w:val="single"/>'
    return f"<w:fldSimple w:instr={code}>", "</w:fldSimple>", look


def _run(words: str, looks: str) -> str:
    properties = f"<w:rPr>{looks}</w:rPr>" if looks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text(words)}</w:t></w:r>'
