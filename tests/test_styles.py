"""Style sheets are parsed once, and pages look as if each had asked for its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator import reading
from generator.errors import Faults
from generator.pipeline import Workspace
from generator.render.assets import Assets
from generator.render.html import HtmlTemplate
from generator.render.pages import Press
from generator.render.styles import Styles, parsed
from tests.making import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

SHEETS = {
    "look.css": "@import 'deep.css'; p { color: navy; margin: 1cm }",
    "deep.css": "p { font-weight: bold }",
    "more.css": "p { color: teal }",
    "strict.css": "p { color: navy !important }",
    "layers.css": "@layer low { p { color: navy } }",
    "own.css": "@counter-style own { system: cyclic; symbols: '+' } ol { list-style: own }",
    "wrong.css": "@import 'nowhere.css';",
    "notes.txt": "p { color: navy }",
}
LOOK = "<link rel=stylesheet href=look.css>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Style sheets."""
    for name, text in SHEETS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def by_themselves(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let pages fetch and parse their own style sheets from now on."""
    return lambda: monkeypatch.setattr(Styles, "taken_from", lambda *_: None)


def page(head: str, body: str = "<p>Hello <b>there") -> str:
    return f"<html lang=en><title>A sheet</title>{head}{body}</html>"


def test_our_documents_are_the_same_to_the_byte(by_themselves: Callable[[], None]) -> None:
    workspace = Workspace.at(ROOT)
    opened = reading.open_house(workspace, (), [])
    assert opened
    paths = [workspace.deals / f"{name}.yaml" for name in ("harbor-dental", "lakeside-market", "sakura-trading")]
    signed = reading.read_deals(paths, opened, [])
    jobs = [job for path in paths for job in reading.packet_of(signed[path], opened, []) or ()]
    pages = [(template, job) for job in jobs if isinstance(template := opened.templates[job.template], HtmlTemplate)]
    assert len(pages) > 10
    made = [template.laid_out(template.text(job.values), job.dated) for template, job in pages]
    by_themselves()
    assert [template.laid_out(template.text(job.values), job.dated) for template, job in pages] == made


@pytest.mark.parametrize(
    "head",
    [
        LOOK,
        f"{LOOK}<link rel=stylesheet href=more.css>",
        f"<link rel=stylesheet href=more.css>{LOOK}",
        f"{LOOK}<style>b {{ color: red }} p {{ margin: 0 }}</style>",
        f"<style>p {{ color: red }}</style>{LOOK}",
        "<link rel=stylesheet href=look.css media=screen>",
        "<link rel=stylesheet href=look.css media=print>",
        f"<link rel='alternate stylesheet' href=more.css title=other>{LOOK}",
        f"{LOOK}<link rel=stylesheet href=layers.css>",
        "<link rel=stylesheet href=own.css>",
        "<link rel=Stylesheet href=' look.css '>",
        "<link rel=stylesheet href='data:text/css,p{color:red}'>",
    ],
)
@pytest.mark.parametrize(
    "body",
    ["<p>Hello <b>there", "<p style='color: red'>Hello<ol><li>one", "<p class=x style='color: red !important'>Hi"],
)
def test_a_page_looks_as_if_it_had_parsed_its_own(
    folder: Path, head: str, body: str, by_themselves: Callable[[], None]
) -> None:
    press = Press(folder, "sheet.html")
    texts = [page(head, body), page("<link rel=stylesheet href=strict.css>", body)]
    made = [press.laid_out(text) for text in (*texts, *texts)]
    by_themselves()
    assert [press.laid_out(text) for text in (*texts, *texts)] == made


def test_a_style_sheet_is_read_once_and_every_page_says_that_it_used_it(folder: Path) -> None:
    press = Press(folder, "sheet.html")
    first = press.laid_out(page(LOOK))
    assert set(first[1]) == {"look.css", "deep.css"}
    for name in ("look.css", "deep.css"):
        (folder / name).unlink()
    assert press.laid_out(page(LOOK)) == first


@pytest.mark.parametrize(
    ("name", "said"), [("absent.css", "'absent.css' is not a file"), ("wrong.css", "'nowhere.css' is not a file")]
)
def test_what_a_style_sheet_lacks_is_told_for_every_page(folder: Path, name: str, said: str) -> None:
    press = Press(folder, "sheet.html")
    for _ in range(2):
        with pytest.raises(Faults, match=said):
            press.lay_out(page(f"<link rel=stylesheet href={name}>"))


@pytest.mark.parametrize(("name", "kept"), [("look.css", False), ("layers.css", True), ("notes.txt", True)])
def test_only_a_plain_style_sheet_is_taken_from_its_page(folder: Path, name: str, kept: bool) -> None:  # noqa: FBT001 -- a table
    assert (parsed([name], Assets(folder)) is None) is kept


FACE = "@font-face { font-family: Ours; src: url(own.ttf) }"
BRINGING = [
    f"<style>{FACE}</style>", "<link rel=stylesheet href=face.css>", f"<link rel=stylesheet href=face.css>{LOOK}",
    "<link rel=stylesheet href=face.css><style>p { margin: 0 }</style>", "<style>@import 'face.css';</style>",
]  # fmt: skip


@pytest.mark.parametrize("head", BRINGING)
def test_a_font_of_one_page_is_not_seen_by_another_and_is_told_of_for_each(folder: Path, head: str) -> None:
    own = Path("/usr/share/fonts/truetype/crosextra/Carlito-Italic.ttf")
    if not own.is_file():
        pytest.skip("fonts-crosextra-carlito is not installed: there is no font file to bring")
    (folder / "own.ttf").write_bytes(own.read_bytes())
    (folder / "face.css").write_text(FACE)
    body = "<p style='font-family: Ours, sans-serif'>Hello"
    press = Press(folder, "sheet.html")
    for bare in (page("", body), page("<style>p { margin: 0 }</style>", body), page(LOOK, body)):
        alone = Press(folder, "sheet.html").laid_out(bare)
        first = press.laid_out(page(head, body))
        assert press.laid_out(bare) == alone
        assert press.laid_out(page(head, body)) == first
        assert "own.ttf" in first[1]
        assert first[0] != alone[0]


def test_a_counter_of_one_page_is_not_seen_by_another(folder: Path) -> None:
    press, body = Press(folder, "sheet.html"), "<ol style='list-style: own'><li>one"
    alone = press.lay_out(page("", body))
    assert press.lay_out(page("<link rel=stylesheet href=own.css>", body)) != alone
    assert press.lay_out(page("", body)) == alone
