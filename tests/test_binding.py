"""Binding: many records in one PDF, read back by a library that had no part in making it."""

from __future__ import annotations

import ctypes
import re
import zlib
from datetime import date
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pikepdf
import pypdfium2
import pytest
from PIL import Image
from pypdfium2 import raw as pdfium

from generator.errors import Faults, Problem
from generator.render.assets import Assets
from generator.render.binding import AT_ONCE, Part, bound
from generator.render.html import HtmlTemplate
from tests.making import TEMPLATES, jobs

if TYPE_CHECKING:
    from pathlib import Path

PDFIUM: Any = pdfium
DAY = date(2026, 11, 16)
LINES = [f"{{description: Service number {number} with a name, price: 10.00, every: month}}" for number in range(60)]
MANY_LINES, SOME_LINES = (f"lines: [{', '.join(LINES[:count])}]" for count in (60, 26))


@cache
def template(name: str) -> HtmlTemplate:
    return HtmlTemplate(TEMPLATES / name)


@cache
def invoices() -> tuple[Part, ...]:
    """Invoices of two clients, one of them of two pages."""
    parts = []
    for client, text in (("Acme", ""), ("Long Firm", MANY_LINES), ("Acme", "monthly: {paid_by: check}")):
        named = f"client: {{name: {client}, address: {{street: 1 Main Street, city: Portland}}, contact: {{name: A}}}}"
        for job in jobs(f"{named}\n{text}"):
            if job.template == "invoice.html":
                made = template("invoice.html").text(job.values)
                parts.append(Part(template("invoice.html"), made, (client, job.target.stem)))
    return tuple(parts)


@cache
def volume(*, duplex: bool = False) -> bytes:
    return bound(invoices(), DAY, title="Invoices", duplex=duplex)


def written(tmp_path: Path, text: str, name: str = "page") -> HtmlTemplate:
    path = tmp_path / f"{name}.html"
    path.write_text(f'<html lang="en"><title>Page</title><body>{text}', encoding="utf-8")
    return HtmlTemplate(path)


def part_of(made: HtmlTemplate, *bookmarks: str) -> Part:
    return Part(made, made.text({}), bookmarks)


def pages(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def outline(pdf: bytes) -> list[tuple[int, str, int | None]]:
    """Level from 0, title and page from 0 of each entry."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [(item.level, item.get_title(), item.get_dest().get_index()) for item in document.get_toc()]


def unpacked(pdf: bytes) -> bytes:
    """The file with its streams unpacked, as far as they are text."""
    found = [pdf]
    for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompressobj().decompress(stream[1]))
        except zlib.error:
            continue
    return b"\n".join(found)


def test_each_page_has_the_text_that_it_has_in_its_own_file() -> None:
    parts = invoices()
    alone = [page for part in parts for page in pages(part.template.laid_out(part.text, DAY)[0])]
    assert len(parts) == 8
    assert [re.findall("Page . of .", text) for text in alone[3:6]] == [
        ["Page 1 of 2"],
        ["Page 2 of 2"],
        ["Page 1 of 1"],
    ]
    assert pages(volume()) == alone


def test_a_page_that_was_set_smaller_to_fit_is_so_in_the_volume_too() -> None:
    made = template("cover-page.html")
    texts = [made.text(job.values) for text in ("", SOME_LINES) for job in jobs(text)[:1]]
    alone = [made.laid_out(text, DAY)[0] for text in texts]
    together = bound([Part(made, text, ("Cover",)) for text in texts], DAY, title="Covers")
    assert [len(pages(pdf)) for pdf in alone] == [1, 1]
    assert press_zooms(made, texts) == [False, True]
    drawn = [page.render(scale=1).to_pil() for pdf in alone for page in pypdfium2.PdfDocument(pdf)]
    with pypdfium2.PdfDocument(together) as document:
        assert [page.get_size() for page in document] == [(612, 792)] * len(drawn)
        assert [page.render(scale=1).to_pil().tobytes() for page in document] == [image.tobytes() for image in drawn]


def press_zooms(made: HtmlTemplate, texts: list[str]) -> list[bool]:
    """Which of the texts are set smaller."""
    return [made.press.typeset(text, Assets(made.press.folder))[1] < 1 for text in texts]


def test_the_outline_has_one_entry_for_those_who_share_a_name_whatever_the_order() -> None:
    entries = outline(volume())
    assert [entry for entry in entries if entry[0] < 2] == [
        (0, "Acme", 0),
        (1, "invoice-setup", 0), (1, "invoice-2026-12", 1),
        (1, "invoice-setup", 5), (1, "invoice-2026-12", 6), (1, "invoice-2027-01", 7), (1, "invoice-2027-02", 8),
        (0, "Long Firm", 2),
        (1, "invoice-setup", 2), (1, "invoice-2026-12", 3),
    ]  # fmt: skip


def test_headings_stand_below_a_record_of_several_pages_only(tmp_path: Path) -> None:
    short = written(tmp_path, "<h1>One</h1>", "short")
    long = written(tmp_path, '<h1>First</h1><h2 style="break-before: page">Second</h2>', "long")
    entries = outline(bound([part_of(short, "A"), part_of(long, "B")], DAY, title="Both"))
    assert entries == [(0, "A", 0), (0, "B", 1), (1, "First", 1), (2, "Second", 2)]


def test_a_part_without_bookmarks_is_in_the_document_and_not_in_the_outline(tmp_path: Path) -> None:
    page = written(tmp_path, "Hello")
    made = bound([part_of(page), part_of(page, "B")], DAY, title="Both")
    assert len(pages(made)) == 2
    assert outline(made) == [(0, "B", 1)]


def test_fonts_and_pictures_are_there_once(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "teal").save(tmp_path / "logo.png")
    page = written(tmp_path, '<img src="logo.png" alt="Logo"><p>Dear {{ name }}')
    parts = [Part(page, page.text({"name": name}), (name,)) for name in ("Ann", "Bob", "Zoë", "Łukasz")]
    inside = unpacked(bound(parts, DAY, title="Letters"))
    assert inside.count(b"/Subtype /Image") == 1
    assert len(re.findall(rb"/FontFile\d? ", inside)) == 1


def test_on_both_sides_each_record_starts_on_an_odd_page() -> None:
    made = volume(duplex=True)
    assert [re.findall("Page (.) of", text) for text in pages(made)] == [
        ["1"], [], ["1"], [], ["1"], [], ["1"], ["2"], ["1"], [], ["1"], [], ["1"], [], ["1"],
    ]  # fmt: skip
    with pypdfium2.PdfDocument(made) as document:
        assert {page.get_size() for page in document} == {(612, 792)}


def test_the_same_parts_make_the_same_bytes_dated_by_the_day_given() -> None:
    parts = invoices()[:2]
    made = bound(parts, DAY, title="Invoices of November")
    assert made == bound(parts, DAY, title="Invoices of November")
    with pypdfium2.PdfDocument(made) as document:
        told = document.get_metadata_dict()
    assert told["Title"] == "Invoices of November"
    assert told["CreationDate"].startswith("D:20261116")
    assert told["Author"] == "Tamarack Lane IT Services, LLC"


def test_links_lead_to_a_place_in_their_own_record(tmp_path: Path) -> None:
    page = written(tmp_path, '<a href="#end">on</a><p id="end" style="break-before: page">the end')
    made = bound([part_of(page, "A"), part_of(page, "B")], DAY, title="Both")
    with pypdfium2.PdfDocument(made) as document:
        assert [target_of_first_link(document, at) for at in (0, 2)] == [1, 3]


def target_of_first_link(document: pypdfium2.PdfDocument, at: int) -> int:
    page, start, link = document[at], ctypes.c_int(0), PDFIUM.FPDF_LINK()
    assert PDFIUM.FPDFLink_Enumerate(page, start, link)
    return int(PDFIUM.FPDFDest_GetDestPageIndex(document, PDFIUM.FPDFLink_GetDest(document, link)))


def test_it_is_smaller_than_a_third_of_the_single_files() -> None:
    parts = invoices()
    alone = sum(len(part.template.laid_out(part.text, DAY)[0]) for part in parts)
    assert 3 * len(bound(parts * 4, DAY, title="Invoices")) < 4 * alone


def test_qpdf_finds_nothing_wrong() -> None:
    """pikepdf is qpdf's library: what it looks for is what `qpdf --check` does."""
    with pikepdf.open(BytesIO(volume(duplex=True))) as book:
        assert book.check_pdf_syntax() == []


def faulty(tmp_path: Path) -> list[Part]:
    """A sound part, one with a picture that is not there (twice), one with a character that no font has."""
    page = written(tmp_path, "{{ picture | default('') }} Dear {{ name }}")
    lacking = page.text({"name": "Bob"}).replace("Dear", '<img src="gone.png" alt="gone"> Dear')
    return [
        Part(page, page.text({"name": "Ann"}), ("Ann",)),
        Part(page, lacking, ("Bob",)),
        Part(page, lacking, ("Carl", "Letter")),
        Part(page, page.text({"name": "\U000f1234"}), ("Dora",)),
    ]


def test_every_fault_is_told_with_its_record(tmp_path: Path) -> None:
    with pytest.raises(Faults) as raised:
        bound(faulty(tmp_path), DAY, title="Letters")
    assert [(problem.code, problem.place) for problem in raised.value.problems] == [
        ("T120", "Bob"), ("T120", "Carl, Letter"), ("T130", "Dora"),
    ]  # fmt: skip


def test_parts_with_faults_can_be_left_out(tmp_path: Path) -> None:
    problems: list[Problem] = []
    made = bound(faulty(tmp_path), DAY, title="Letters", left_out=problems)
    assert [text.strip() for text in pages(made)] == ["Dear Ann"]
    assert [problem.place for problem in problems] == ["Bob", "Carl, Letter", "Dora"]
    with pytest.raises(Faults):
        bound(faulty(tmp_path)[1:], DAY, title="Letters", left_out=[])


def test_pages_without_a_letter_are_bound_too(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "teal").save(tmp_path / "logo.png")
    page = written(tmp_path, '<img src="logo.png" alt="Logo">')
    assert pages(bound([part_of(page, "A"), part_of(page, "B")], DAY, title="Pictures")) == ["", ""]


def test_the_tags_of_every_page_and_link_lead_to_elements_that_stand_there(tmp_path: Path) -> None:
    page = written(tmp_path, '<h1>Dear {{ name }}</h1><a href="https://acme.example">Acme</a><p>Bye')
    parts = [Part(page, page.text({"name": f"N{number}"}), (f"N{number}",)) for number in range(AT_ONCE + 3)]
    with pikepdf.open(BytesIO(bound(parts, DAY, title="Letters"))) as pdf:
        nums = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        tree = dict(zip(map(int, nums[::2]), nums[1::2], strict=True))
        assert len(tree) == 2 * len(parts)
        assert list(tree) == sorted(tree)
        for page_read in pdf.pages:
            (link,) = list(page_read.Annots)
            elements = [*tree[int(page_read.StructParents)], tree[int(link.StructParent)]]
            assert {element.Pg.objgen for element in elements} == {page_read.objgen}
            assert elements[-1].S == "/Link"


def test_more_parts_than_are_drawn_at_once_share_fonts_too(tmp_path: Path) -> None:
    page = written(tmp_path, '<p style="font-family: Carlito, Noto Sans">{{ name }}')
    names = [chr(ord("A") + number) * 3 for number in range(2 * AT_ONCE + 3)]
    made = bound([Part(page, page.text({"name": name}), (name,)) for name in names], DAY, title="Letters", duplex=True)
    assert [text.strip() for text in pages(made)][::2] == names
    assert len(pages(made)) == 2 * len(names) - 1
    assert [at for _, _, at in outline(made)] == list(range(0, 2 * len(names), 2))
    assert len(re.findall(rb"/FontFile\d? ", unpacked(made))) == 1
