"""Style sheets: parsed once for all pages of a template, and looked over without any page."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from weasyprint import CSS
from weasyprint.css.counters import CounterStyle
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetchingError

from generator.errors import Problem
from generator.render.assets import HERE, Assets, RefusedError, in_words, listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from generator.errors import Severity

_PLACE = re.compile(r" at (\d+):(\d+)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ADDRESS = re.compile(r"\burl\(\s*['\"]?([^'\"\s)]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """Style sheets parsed together, with the fonts and counters that they bring.

    `used`: the name and SHA-256 of each file that they took.
    """

    fonts: FontConfiguration
    counters: CounterStyle
    sheets: tuple[CSS, ...]
    used: Mapping[str, str]


class Styles:
    """The looks of one template's pages. To parse style sheets and gather fonts anew takes a fifth of a page's time.

    A font that a page brings must not show in another. So pages share fonts only if they have the same style sheets, or
    none that may bring any.
    """

    def __init__(self) -> None:
        self.looks: dict[tuple[str, ...], Look | None] = {}
        self.bringing: dict[str, bool] = {}

    @cached_property
    def fonts(self) -> FontConfiguration:
        """The machine's fonts."""
        return FontConfiguration()

    def of(self, page: Element, assets: Assets) -> dict[str, Any]:
        """What the layout of a page is given of its styles: fonts, and what is parsed already of what it asks for."""
        look = self.taken_from(page, assets)
        if look is None:
            fonts = FontConfiguration() if self.brings_fonts(page, assets) else self.fonts
            look = Look(fonts, CounterStyle(), (), {})
        assets.used |= look.used
        return {"font_config": look.fonts, "counter_style": look.counters, "stylesheets": [*look.sheets]}

    def taken_from(self, page: Element, assets: Assets) -> Look | None:
        """Take a page's style sheets away from it; None where it would not look the same with them given apart.

        WeasyPrint lets the rules of sheets that it is given yield to those that stand in the page, whatever they
        select. So a page with a style element, or with `!important` in an attribute, keeps its sheets, and so does one
        with a sheet that has layers, that asks for a medium, or of which there is anything to tell.
        """
        links = links_of(page)
        if has_rules(page) or not all(dict(link.items()) == plain(link) for link in links):
            return None
        addresses = tuple(link.get("href", "") for link in links)
        if addresses not in self.looks:
            self.looks[addresses] = parsed(addresses, Assets(assets.folder))
        look = self.looks[addresses]
        for link in links if look else ():
            link.set("rel", "")
        return look

    def brings_fonts(self, page: Element, assets: Assets) -> bool:
        """Whether a page that keeps its style sheets may bring fonts."""
        return any(may_bring_fonts(style.text or "") for style in page.iter("style")) or any(
            self.does_bring(link.get("href", ""), assets) for link in links_of(page)
        )

    def does_bring(self, address: str, assets: Assets) -> bool:
        """Whether a style sheet may bring fonts, found out once."""
        if address not in self.bringing:
            self.bringing[address] = True
            with suppress(RefusedError, OSError, ValueError):
                read = Assets(assets.folder).fetch(urljoin(HERE, address.strip())).read()
                self.bringing[address] = may_bring_fonts(read.decode(errors="replace"))
        return self.bringing[address]


def parsed(addresses: Sequence[str], assets: Assets) -> Look | None:
    """Parse style sheets; None if one is no .css, has layers, or if there is anything to tell of it."""
    fonts, counters, sheets = FontConfiguration(), CounterStyle(), []
    with listening() as heard, suppress(URLFetchingError):
        for url in (urljoin(HERE, address.strip()) for address in addresses):
            sheets.append(CSS(url=url, url_fetcher=assets, font_config=fonts, counter_style=counters))
            if sheets[-1].layers or not url.endswith(".css"):
                return None
        if not (assets.refused or any(record.levelno >= logging.ERROR for record in heard)):
            return Look(fonts, counters, tuple(sheets), assets.used)
    return None


def may_bring_fonts(css: str) -> bool:
    """Whether a style sheet has fonts of its own, or asks for another that may have."""
    return "@font-face" in css.lower() or "@import" in css.lower()


def links_of(page: Element) -> list[Element]:
    """The links of a page to style sheets, of whatever kind."""
    return [link for link in page.iter("link") if "stylesheet" in link.get("rel", "").lower()]


def plain(link: Element) -> dict[str, str]:
    """The attributes of a link that is nothing but one to a style sheet."""
    return {"rel": "stylesheet", "href": link.get("href", "")}


def has_rules(page: Element) -> bool:
    """Whether rules stand in a page that its style sheets might not yield to."""
    return any(element.tag == "style" or "!" in element.get("style", "") for element in page.iter())


def style_problems(css: str, folder: Path, file: str, first_line: int = 1) -> Iterator[Problem]:
    """What WeasyPrint would ignore in a style sheet (warnings), and what it names that it may not have (errors)."""
    lines = css.splitlines()
    for line, column, code, message in style_faults(css, folder):
        source = lines[line - 1] if line <= len(lines) else ""
        severity: Severity = "warning" if code == "T140" else "error"
        yield Problem(file, code, message, first_line + line - 1, column, source=source, severity=severity)


def style_faults(css: str, folder: Path) -> Iterator[tuple[int, int, str, str]]:
    """The line, column, code and message of each fault of a style sheet."""
    assets = Assets(folder)
    with listening() as heard:
        CSS(string=css, base_url=HERE, url_fetcher=assets)
    for address in _ADDRESS.findall(_COMMENT.sub("", css)):
        with suppress(RefusedError, OSError, ValueError):
            assets.fetch(urljoin(HERE, address))
    for url, message in assets.refused.items():
        named = (number for number, line in enumerate(css.splitlines(), 1) if url.removeprefix(HERE) in line)
        yield next(named, 1), 0, "T120", message
    for record in heard:
        place = _PLACE.search(record.getMessage())
        if place and record.levelno == logging.WARNING:
            yield int(place[1]), int(place[2]), "T140", _PLACE.sub("", in_words(record), count=1)
