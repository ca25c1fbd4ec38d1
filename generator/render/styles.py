"""Style sheets: parsed once for all pages of a template, and looked over without any page."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
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
class Sheet:
    """A parsed style sheet, the counters that it brings, and the name and SHA-256 of each file that it took."""

    css: CSS
    counters: Mapping[str, Any]
    used: Mapping[str, str]


class Styles:
    """The style sheets of one template's pages. To parse them anew for each page takes a tenth of its time.

    The machine's fonts are kept at hand too, with those that the sheets bring. They are not shared between templates,
    for one template's own fonts would then show in another's documents.
    """

    def __init__(self) -> None:
        self.sheets: dict[str, Sheet | None] = {}

    @cached_property
    def fonts(self) -> FontConfiguration:
        """The fonts: gathered once, which takes a tenth of the time that a page takes."""
        return FontConfiguration()

    def of(self, page: Element, assets: Assets) -> dict[str, Any]:
        """What the layout of a page is given of its styles: fonts, and what is parsed already of what it asks for."""
        sheets, counters = self.taken_from(page, assets), CounterStyle()
        for sheet in sheets:
            counters.update(sheet.counters)
            assets.used |= sheet.used
        return {
            "font_config": self.fonts, "counter_style": counters, "stylesheets": [sheet.css for sheet in sheets]
        }  # fmt: skip

    def taken_from(self, page: Element, assets: Assets) -> list[Sheet]:
        """Take a page's style sheets away from it; none where it would not look the same with them given apart.

        WeasyPrint lets the rules of sheets that it is given yield to those that stand in the page, whatever they
        select. So a page with a style element, or with `!important` in an attribute, keeps its sheets, and so does one
        with a sheet that has layers, that asks for a medium, or of which there is anything to tell.
        """
        links = [link for link in page.iter("link") if "stylesheet" in link.get("rel", "").lower()]
        if has_rules(page) or not all(dict(link.items()) == plain(link) for link in links):
            return []
        sheets = [self.sheet(link.get("href", ""), assets.folder) for link in links]
        if None in sheets:
            return []
        for link in links:
            link.set("rel", "")
        return [sheet for sheet in sheets if sheet]

    def sheet(self, address: str, folder: Path) -> Sheet | None:
        """A style sheet, parsed once; None for one that pages keep."""
        if address not in self.sheets:
            self.sheets[address] = self.parsed(urljoin(HERE, address.strip()), Assets(folder))
        return self.sheets[address]

    def parsed(self, url: str, assets: Assets) -> Sheet | None:
        """Parse a style sheet; None where it is no .css, has layers, or where there is anything to tell of it."""
        if not url.endswith(".css"):
            return None
        counters = CounterStyle()
        with listening() as heard, suppress(URLFetchingError):
            css = CSS(url=url, url_fetcher=assets, font_config=self.fonts, counter_style=counters)
            if not (css.layers or assets.refused or any(record.levelno >= logging.ERROR for record in heard)):
                return Sheet(css, counters, assets.used)
        return None


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
