"""Pages: what the layout may read, what it refuses, and that the same text always makes the same bytes."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import pypdfium2
import pytest

from generator.errors import Faults
from generator.render.pages import Press
from tests.making import ROOT

DAY = date(2026, 11, 16)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{}</svg>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A templates' folder with a picture, a style sheet, and things outside of it."""
    made = tmp_path / "templates"
    (made / "parts").mkdir(parents=True)
    (made / "logo.png").write_bytes(PIXEL)
    (made / "logo.svg").write_text(SVG.format("<rect width='9' height='9'/>"), encoding="utf-8")
    (made / "broken.png").write_bytes(b"\x89PNG nothing")
    (made / "parts" / "paper.css").write_text("p { background: url(../logo.png) }", encoding="utf-8")
    (made / "outward.svg").write_text(SVG.format("<image href='https://example.com/x.png'/>"), encoding="utf-8")
    (tmp_path / "outside.png").write_bytes(PIXEL)
    (made / "link.png").symlink_to(tmp_path / "outside.png")
    return made


def page(body: str, head: str = "", attributes: str = "") -> str:
    return f'<html lang="en" {attributes}><head><title>A sheet</title>{head}</head><body>{body}</body></html>'


def lay_out(folder: Path, text: str) -> bytes:
    return Press(folder, "sheet.html").lay_out(text, DAY)


def refused(folder: Path, text: str) -> list[tuple[str, str]]:
    """Code and message of what a text cannot be laid out for."""
    with pytest.raises(Faults) as raised:
        lay_out(folder, text)
    assert {problem.file for problem in raised.value.problems} == {"sheet.html"}
    return [(problem.code, problem.message) for problem in raised.value.problems]


def text_of(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as read:
        return [sheet.get_textpage().get_text_range() for sheet in read]


def test_the_pdf_says_what_it_is(folder: Path) -> None:
    head = '<meta name="author" content="Tamarack Lane &amp; Co">'
    with pypdfium2.PdfDocument(lay_out(folder, page("<p>Hello", head))) as pdf:
        told = pdf.get_metadata_dict()
        assert pdf.is_tagged()
    assert (told["Title"], told["Author"]) == ("A sheet", "Tamarack Lane & Co")
    assert (told["CreationDate"], told["ModDate"]) == ("D:20261116", "D:20261116")


def test_without_a_day_the_pdf_has_no_date(folder: Path) -> None:
    with pypdfium2.PdfDocument(Press(folder, "sheet.html").lay_out(page("<p>Hello"))) as pdf:
        assert not pdf.get_metadata_dict().get("CreationDate")


def test_pictures_and_styles_of_the_folder_may_be_used(folder: Path) -> None:
    data = base64.b64encode(PIXEL).decode()
    pictures = "".join(
        f'<img src="{src}" alt="x">' for src in ("logo.png", "logo.svg", f"data:image/png;base64,{data}")
    )
    made = lay_out(folder, page(f"<p>Hello</p>{pictures}", '<link rel="stylesheet" href="parts/paper.css">'))
    assert "Hello" in text_of(made)[0]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/x.png",
        "http://127.0.0.1:9/x.png",
        "//example.com/x.png",
        "file:///etc/hostname",
        "ftp://example.com/x.png",
        "FILE:///etc/hostname",
    ],
)
def test_nothing_is_fetched_from_anywhere_else(folder: Path, address: str) -> None:
    shown = f"https:{address}" if address.startswith("//") else address
    expected = [("T120", f"'{shown}' is not in the templates' folder, and pages may use nothing else")]
    assert refused(folder, page(f'<img src="{address}" alt="x">')) == expected
    assert refused(folder, page("<p>x", f"<style>p {{ background: url('{address}') }}</style>")) == expected
    assert refused(folder, page("<p>x", f"<style>@import url('{address}');</style>")) == expected
    assert refused(folder, page("<p>x", f'<link rel="stylesheet" href="{address}">')) == expected


@pytest.mark.parametrize(
    "address", ["none.png", "link.png", "../outside.png", "/etc/hostname", "parts", "%00", "x" * 999]
)
def test_what_is_not_a_file_of_the_folder_is_refused(folder: Path, address: str) -> None:
    ((code, message),) = refused(folder, page(f'<img src="{address}" alt="x">'))
    assert code == "T120"
    assert address.removeprefix("../").removeprefix("/") in message
    assert "is not a file in the templates' folder" in message


@pytest.mark.parametrize("address", [".hidden.png", "leads-to-hidden.png"])
def test_a_hidden_file_is_refused(folder: Path, address: str) -> None:
    (folder / ".hidden.png").write_bytes(b"a picture")
    (folder / "leads-to-hidden.png").symlink_to(folder / ".hidden.png")
    ((code, message),) = refused(folder, page(f'<img src="{address}" alt="x">'))
    assert code == "T120"
    assert f"'{address}' is a hidden file, and pages use none" in message


def test_a_picture_cannot_fetch_either(folder: Path) -> None:
    ((code, message),) = refused(folder, page('<img src="outward.svg" alt="x">'))
    assert code == "T120"
    assert "'https://example.com/x.png'" in message


def test_every_refusal_is_told_at_once(folder: Path) -> None:
    found = refused(folder, page('<img src="a.png" alt="x"><img src="b.png" alt="x"><img src="broken.png" alt="x">'))
    assert sorted(code for code, _ in found) == ["T120", "T120", "T121"]


def test_a_broken_picture_is_a_fault_that_names_it(folder: Path) -> None:
    ((code, message),) = refused(folder, page('<img src="broken.png" alt="x">'))
    assert code == "T121"
    assert "'broken.png'" in message


@pytest.mark.parametrize(
    "element", ['<link rel="attachment" href="logo.png">', '<a rel="attachment" href="logo.png">x</a>']
)
def test_nothing_is_attached(folder: Path, element: str) -> None:
    assert [code for code, _ in refused(folder, page(element))] == ["T122"]


@pytest.mark.parametrize("cell", ['<td colspan="1000000">', '<td rowspan=" +01001 ">', '<th colspan="9999999999999">'])
def test_a_cell_that_would_not_finish_is_refused(folder: Path, cell: str) -> None:
    assert [code for code, _ in refused(folder, page(f"<table><tr>{cell}x</table>"))] == ["T123"]


def test_elements_too_deep_inside_one_another_are_a_fault(folder: Path) -> None:
    assert [code for code, _ in refused(folder, page("<div>" * 3000))] == ["T124"]


def test_what_only_listeners_miss_does_not_stop_a_document(folder: Path) -> None:
    assert "Hello" in text_of(lay_out(folder, "<p>Hello<img src='logo.png'>"))[0]


def test_a_wide_cell_is_not_too_wide(folder: Path) -> None:
    assert "x" in text_of(lay_out(folder, page('<table><tr><td colspan="40">x</table>')))[0]


def test_a_character_that_no_font_has_is_a_fault_that_names_it(folder: Path) -> None:
    found = refused(folder, page("<p>Acme \u0378 \u0378<b>\U0010fffd</b>"))
    assert found == [
        ("T130", "no font on this machine has the character “\u0378” (U+0378, without a name)"),
        ("T130", "no font on this machine has the character “\U0010fffd” (U+10FFFD, without a name)"),
    ]


@pytest.mark.parametrize(
    "name", ["Łódź Nguyễn Ωμέγα", "Иван Петров", "株式会社港", "สมชาย", "a\u00adb\u200bc\u00a0d\u2011e"]
)
def test_names_of_other_scripts_have_their_characters(folder: Path, name: str) -> None:
    assert len(text_of(lay_out(folder, page(f"<p>{name}")))) == 1


def test_pages_are_made_smaller_only_if_that_makes_them_fit(folder: Path) -> None:
    def sheets(lines: int, attributes: str = "") -> list[tuple[float, float]]:
        text = page(
            "<p>x</p>" * lines, "<style>@page { size: letter; margin: 1in } p { margin: 0 }</style>", attributes
        )
        with pypdfium2.PdfDocument(lay_out(folder, text)) as pdf:
            return [sheet.get_size() for sheet in pdf]

    assert len(sheets(50)) == 2
    (size,) = sheets(50, 'data-pages="1"')
    assert size == pytest.approx((612, 792), abs=0.01)
    assert len(sheets(75, 'data-pages="1"')) == 2
    assert len(sheets(50, 'data-pages="many"')) == 2


def test_fonts_that_one_template_brings_are_not_seen_by_another(folder: Path) -> None:
    own = Path("/usr/share/fonts/truetype/crosextra/Carlito-Bold.ttf")
    if not own.is_file():
        pytest.skip("fonts-crosextra-carlito is not installed: there is no font file to bring")
    (folder / "own.ttf").write_bytes(own.read_bytes())
    (folder / "own.css").write_text("@font-face { font-family: Ours; src: url(own.ttf) }", encoding="utf-8")
    plain = page("<p style='font-family: Ours, sans-serif'>Hello")
    before = lay_out(folder, plain)
    assert lay_out(folder, plain.replace("<title>", '<link rel="stylesheet" href="own.css"><title>')) != before
    assert lay_out(folder, plain) == before


def test_what_is_laid_out_before_makes_no_difference(folder: Path) -> None:
    first, second = page("<p>Łódź <b>株式会社</b> 12.50"), page("<h1>Other</h1><p>สมชาย Иван")
    press = Press(folder, "sheet.html")
    alone = [lay_out(folder, first), lay_out(folder, second)]
    assert [press.lay_out(first, DAY), press.lay_out(second, DAY)] == alone
    assert [press.lay_out(second, DAY), press.lay_out(first, DAY)] == alone[::-1]


def test_the_same_text_makes_the_same_bytes_elsewhere(folder: Path, tmp_path: Path) -> None:
    program = """
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path
from generator.render.pages import Press
text = Path(sys.argv[2]).read_text("utf-8")
print(sha256(Press(Path(sys.argv[1]), "sheet.html").lay_out(text, date(2026, 11, 16))).hexdigest())
"""
    source = tmp_path / "page.html"
    source.write_text(page("<p>Łódź Иван 株式会社 สมชาย</p><img src='logo.png' alt='x'>"), encoding="utf-8")
    moved = folder.rename(tmp_path / "elsewhere")

    def elsewhere(**environment: str) -> str:
        command = [sys.executable, "-c", program, str(moved), str(source)]
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.strip()

    here = sha256(lay_out(moved, source.read_text("utf-8"))).hexdigest()
    assert elsewhere(TZ="Asia/Tokyo", LANG="ja_JP.UTF-8", LC_ALL="ja_JP.UTF-8", PYTHONHASHSEED="1") == here
    assert elsewhere(TZ="America/Los_Angeles", LANG="zh_CN.UTF-8", LC_ALL="C", PYTHONHASHSEED="2") == here
