"""The provider's paper: what templates have on letter or A4 comes out on it, in Excel and in Word."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pypdfium2
import pytest
import xlsxwriter
from docx.enum.section import WD_ORIENT
from docx.shared import Twips

from generator.render import RENDERERS
from generator.render.docx import DocxTemplate
from generator.render.xlsx import XlsxTemplate
from generator.templating import environment
from tests.libreoffice import LIBREOFFICE
from tests.making import TEMPLATES, house, jobs
from tests.xlsx_making import parts

if TYPE_CHECKING:
    from pathlib import Path

#: Excel's numbers of papers, and what a sheet with none is on.
LETTER, LEGAL, A4, UNSAID = 1, 5, 9, None
TWIPS = {"letter": (12240, 15840), "A4": (11906, 16838)}
LEGAL_TWIPS = (12240, 20160)


def on(paper: str) -> dict[str, Any]:
    return {"provider": house().provider.model_copy(update={"paper": paper}), "x": "text"}


def workbook(path: Path) -> XlsxTemplate:
    """Sheets with and without tags on each paper; every second one lies on its side."""
    with xlsxwriter.Workbook(path) as book:
        for number, (size, text) in enumerate(
            (s, t) for s in (UNSAID, LETTER, LEGAL, A4) for t in ("{{ x }}", "still")
        ):
            sheet = book.add_worksheet(f"{size} {text[:5].strip('{ ')}")
            sheet.write("A1", text)
            sheet.fit_to_pages(1, 0)
            if size:
                sheet.set_paper(size)
            if number % 4 > 1:
                sheet.set_landscape()
    return XlsxTemplate(path)


@pytest.mark.parametrize(("paper", "number"), [("letter", LETTER), ("A4", A4)])
def test_every_sheet_on_letter_or_a4_comes_out_on_the_providers(tmp_path: Path, paper: str, number: int) -> None:
    made = workbook(tmp_path / "papers.xlsx")
    before = openpyxl.load_workbook(tmp_path / "papers.xlsx")
    for each in ({"letter": "A4", "A4": "letter"}[paper], paper):  # one template, used for both
        after = openpyxl.load_workbook(io.BytesIO(made.render(on(each))))
    for sheet in before:
        setup, now = sheet.page_setup, after[sheet.title].page_setup
        assert int(now.paperSize or LETTER) == (LEGAL if setup.paperSize == LEGAL else number), sheet.title
        assert (now.orientation, now.fitToHeight) == (setup.orientation, setup.fitToHeight)


def test_sheets_that_are_on_the_providers_paper_stay_byte_for_byte(tmp_path: Path) -> None:
    made = workbook(tmp_path / "papers.xlsx")
    before, after = parts((tmp_path / "papers.xlsx").read_bytes()), parts(made.render(on("letter")))
    same = [name for name in before if name.startswith("xl/worksheets/") and before[name] == after[name]]
    assert same == [f"xl/worksheets/sheet{number}.xml" for number in (2, 4, 6)]


def test_without_a_provider_every_sheet_keeps_its_paper(tmp_path: Path) -> None:
    made = openpyxl.load_workbook(io.BytesIO(workbook(tmp_path / "papers.xlsx").render({"x": 1})))
    assert [sheet.page_setup.paperSize for sheet in made] == [None, None, 1, 1, 5, 5, 9, 9]


def document(path: Path, text: str) -> DocxTemplate:
    """Sections on letter, A4 and legal, upright and on their side."""
    made = docx.Document()
    sizes = [*TWIPS.values(), LEGAL_TWIPS]
    for number, (width, height) in enumerate([*sizes, *((high, wide) for wide, high in sizes)]):
        section = made.sections[0] if number == 0 else made.add_section()
        section.page_width, section.page_height = Twips(width), Twips(height)
        section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
        section.left_margin, section.right_margin = Twips(1440), Twips(400)
        made.add_paragraph(text)
    made.save(str(path))
    return DocxTemplate(path)


@pytest.mark.parametrize("text", ["{{ x }}", "still"])
@pytest.mark.parametrize("paper", ["letter", "A4"])
def test_every_section_on_letter_or_a4_comes_out_on_the_providers(tmp_path: Path, paper: str, text: str) -> None:
    made = document(tmp_path / "papers.docx", text).render(on(paper))
    before, after = docx.Document(str(tmp_path / "papers.docx")).sections, docx.Document(io.BytesIO(made)).sections
    upright, side = TWIPS[paper], TWIPS[paper][::-1]
    expected = [upright, upright, LEGAL_TWIPS, side, side, LEGAL_TWIPS[::-1]]
    assert [(twips(each.page_width), twips(each.page_height)) for each in after] == expected
    assert [each.orientation for each in after] == [each.orientation for each in before]
    for was, now in zip(before, after, strict=True):
        assert (now.top_margin, now.bottom_margin) == (was.top_margin, was.bottom_margin)
        assert twips(now.right_margin) >= 360
        if twips(now.right_margin) > 360:
            assert text_width(now) == text_width(was)


def twips(length: Any) -> int:
    return int(length.twips)


def text_width(section: Any) -> int:
    return twips(section.page_width) - twips(section.left_margin) - twips(section.right_margin)


def test_a_document_on_the_providers_paper_is_the_same_as_without_a_provider(tmp_path: Path) -> None:
    made = docx.Document()
    made.add_paragraph("still")
    made.save(str(tmp_path / "letter.docx"))
    template = DocxTemplate(tmp_path / "letter.docx")
    assert template.render(on("letter")) == template.render({}) != template.render(on("A4"))


@LIBREOFFICE
def test_our_own_documents_have_as_many_pages_on_a4_as_on_letter(tmp_path: Path) -> None:
    office = {".docx", ".xlsx"}
    planned = {job.target.suffix + job.target.stem: job for job in jobs() if job.target.suffix in office}.values()
    for paper in TWIPS:
        for job in planned:
            here = replace(job, values={**job.values, "provider": on(paper)["provider"]})
            template = RENDERERS[job.target.suffix](TEMPLATES / job.template, environment())
            (tmp_path / f"{paper}-{job.target.name}").write_bytes(template.render(here.values, here.dated))
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    files = sorted(str(path) for path in tmp_path.iterdir() if path.suffix in office)
    subprocess.run([*command, "--outdir", str(tmp_path), *files], check=True, capture_output=True, timeout=120)
    assert len(planned) == 3
    for job in planned:
        letter, a4 = (pages(tmp_path / f"{paper}-{job.target.stem}.pdf") for paper in TWIPS)
        assert set(letter) == {(612, 792)}
        assert set(a4) == {(595, 842)}
        assert len(a4) == len(letter)


def pages(path: Path) -> list[tuple[int, int]]:
    """The size of each page of a PDF, in points."""
    with pypdfium2.PdfDocument(path) as read:
        return [(round(width), round(height)) for width, height in (page.get_size() for page in read)]
