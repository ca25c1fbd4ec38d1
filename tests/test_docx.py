"""A Word template is compiled once, fills every place with values, and tells where each fault is."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import docx
import pytest
from docx.enum.section import WD_SECTION
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from openxml_audit import OpenXmlValidator

from generator.errors import Faults
from generator.render.docx import DocxTemplate
from generator.render.word import program as docx_program
from generator.templating import environment
from generator.work import VALUES
from tests.docx_making import (
    PICTURE,
    RELATED,
    W,
    add_footnote,
    cells,
    faults,
    footnote_of,
    lines,
    paragraph,
    parts_of,
    rendered,
    saved,
    table,
    told,
)
from tests.making import ROOT, TEMPLATES, jobs
from tests.reading import pages_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

OWN = ("intro-letter.docx", "service-agreement.docx")
DEALS = ("", "monthly: {paid_by: check}", "plan: silver\nservers: 0", "term_months: '0'")
#: All that is outside XML 1.0's `Char`.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HOSTILE = "{{ 6*7 }} {% for x in y %} & <b>Sons</b> =1+1 ]]> <w:t> “quoted”"


def everywhere(document: Any) -> None:
    """A template with the tag {{ value }} in each place that a document has."""
    document.core_properties.title = "{{ value }}"
    document.add_section(WD_SECTION.NEW_PAGE)
    document.add_section(WD_SECTION.NEW_PAGE)
    document.settings.odd_and_even_pages_header_footer = True
    for section in document.sections:
        section.different_first_page_header_footer = True
        for part in (section.header, section.footer, section.first_page_header, section.even_page_footer):
            part.is_linked_to_previous = False
            part.paragraphs[0].text = "{{ value }}"
    paragraph(document, "{{ value }}")
    table(document, ("{{ value }}", "x"))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> DocxTemplate:
    path = saved(tmp_path_factory.mktemp("everywhere"), everywhere)
    add_footnote(path, "{{ value }}")
    return DocxTemplate(path)


def read_back(content: bytes) -> list[str]:
    """What every place of the template with a tag everywhere says."""
    document = docx.Document(io.BytesIO(content))
    found = [
        document.core_properties.title,
        lines(document)[2],
        document.tables[0].cell(0, 0).text,
        footnote_of(content),
    ]
    for section in document.sections:
        for part in (section.header, section.footer, section.first_page_header, section.even_page_footer):
            found += lines(part)
    return found


# Compiled once


def test_a_part_is_compiled_once_and_then_only_run(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n }}"))
    template, before = DocxTemplate(path), docx_program.compiled_parts
    texts = [lines(docx.Document(io.BytesIO(template.render({"n": n})))) for n in range(20)]
    assert texts == [[str(n)] for n in range(20)]
    assert docx_program.compiled_parts - before == 2  # the body, and the properties with their dates


def test_the_same_values_make_the_same_bytes(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n }}"))
    assert DocxTemplate(path).render({"n": 1}) == DocxTemplate(path).render({"n": 1})


def test_parts_without_tags_stay_as_they_are(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n }}"))
    before, after = parts_of(path), parts_of(DocxTemplate(path).render({"n": 1}))
    assert {name for name in before if before[name] != after[name]} == {"word/document.xml", "docProps/core.xml"}
    assert list(after) == list(before)


def test_the_document_is_dated_by_the_deal_or_keeps_the_template_s_dates(tmp_path: Path) -> None:
    template = DocxTemplate(saved(tmp_path, lambda d: paragraph(d, "{{ n }}")))
    dated = docx.Document(io.BytesIO(template.render({"n": 1}, date(2026, 11, 16)))).core_properties
    assert dated.created == dated.modified == datetime(2026, 11, 16, tzinfo=UTC)
    own = docx.Document(io.BytesIO(template.render({"n": 1}))).core_properties
    assert own.created == docx.Document(str(tmp_path / "template.docx")).core_properties.created


# Values


def test_data_is_never_run_as_template_in_any_part(everything: DocxTemplate) -> None:
    assert set(read_back(everything.render({"value": HOSTILE}))) == {HOSTILE}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_every_character_is_kept_or_refused_with_its_place(everything: DocxTemplate, value: str) -> None:
    if FORBIDDEN.search(value):
        with pytest.raises(Faults) as caught:
            everything.render({"value": value})
        assert {problem.place.split(" ")[0] for problem in caught.value.problems} >= {"paragraph", "header", "footnote"}
        assert all("which no Word file can hold" in problem.message for problem in caught.value.problems)
    else:
        found = set(read_back(everything.render({"value": value})))
        kept = value.replace("\r\n", "\n").replace("\r", "\n")
        assert {each.replace("\r\n", "\n").replace("\r", "\n") for each in found} == {kept}


def test_new_lines_and_tabs_become_breaks_and_tabs(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "*{{ n }} end"))
    made = rendered(path, {"n": "a\tb\nc"})
    assert lines(made) == ["a\tb\nc end"]
    assert [run.bold for run in made.paragraphs[0].runs] == [True]


def test_an_empty_value_is_an_error_unless_the_template_says_what_stands_for_it(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n }}"))
    assert faults(path, {"n": None}) == [
        "paragraph 1 \"{{ n }}\": the value is empty; fill it in, or say what to print instead: {{ … | default('–') }}"
    ]
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n | default('–') }}"))
    assert lines(rendered(path, {"n": None})) == ["–"]


def test_amounts_and_dates_are_printed_by_the_shared_filters(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ a | money }} on {{ b | date }}"))
    given_values = {"a": Decimal("1234.5"), "b": date(2026, 12, 1)}
    assert lines(rendered(path, given_values, environment("en_US", "USD"))) == ["$1,234.50 on December 1, 2026"]


def test_links_alternative_texts_and_field_codes_are_filled_in(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        made = paragraph(document, "x")
        made.part.relate_to("https://x.example/?q=%7B%7B%20n%20%7D%7D", f"{RELATED}/hyperlink", is_external=True)
        document.add_picture(io.BytesIO(PICTURE))
        document.inline_shapes[0]._inline.docPr.set("descr", "Seen: {{ n }}")
        field = paragraph(document, "")._p
        field.append(etree.fromstring(f'<w:fldSimple xmlns:w="{W[1:-1]}" w:instr="QUOTE &quot;{{{{ n }}}}&quot;"/>'))

    content = DocxTemplate(saved(tmp_path, build)).render({"n": 'a "b" c'})
    document = docx.Document(io.BytesIO(content))
    assert [each.target_ref for each in document.part.rels.values() if each.is_external] == [
        "https://x.example/?q=a%20%22b%22%20c"
    ]
    assert document.inline_shapes[0]._inline.docPr.get("descr") == 'Seen: a "b" c'
    assert 'QUOTE "a \\"b\\" c"' in document.element.body.xpath("//w:fldSimple/@w:instr")


def test_repeated_pictures_have_ids_of_their_own_and_bookmarks_stay_unique(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "{%p for i in items %}")
        made = paragraph(document, "x")
        made.add_run().add_picture(io.BytesIO(PICTURE))
        for name in ("bookmarkStart", "bookmarkEnd"):
            made._p.append(etree.fromstring(f'<w:{name} xmlns:w="{W[1:-1]}" w:id="7" w:name="here"/>'))
        paragraph(document, "{%p endfor %}")

    made = rendered(saved(tmp_path, build), {"items": [1, 2, 3]}).element.body
    ids = made.xpath("//wp:docPr/@id")
    assert len(ids) == len(set(ids)) == 3
    assert len(made.xpath("//w:bookmarkStart")) == len(made.xpath("//w:bookmarkEnd")) == 1


def test_columns_that_a_loop_adds_are_in_the_grid(tmp_path: Path) -> None:
    rows = ("head", "{%tc for c in items %}", "{{ c }}", "{%tc endfor %}")
    for count in (1, 2, 5):
        made = rendered(saved(tmp_path, lambda d: table(d, rows)), {"items": list(range(count))}).tables[0]
        assert len(made.columns) == count + 1
        assert cells(made) == [["head", *map(str, range(count))]]


def test_fields_are_updated_on_opening_only_where_a_template_has_some(tmp_path: Path) -> None:
    def with_code(code: str) -> bytes:
        def build(document: Any) -> None:
            xml = f'<w:fldSimple xmlns:w="{W[1:-1]}" w:instr=" {code} "/>'
            paragraph(document, "{{ n }}")._p.append(etree.fromstring(xml))

        return parts_of(DocxTemplate(saved(tmp_path, build)).render({"n": 1}))["word/settings.xml"]

    assert b'<w:updateFields w:val="true"/>' in with_code("TOC \\o")
    assert b"updateFields" not in with_code("PAGE")


# Our own documents


@pytest.mark.parametrize("name", OWN)
def test_our_own_templates_are_not_accused(name: str) -> None:
    assert told(DocxTemplate(TEMPLATES / name, environment()).problems(VALUES)) == []


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("deal", DEALS)
def test_our_own_documents_are_right_files(tmp_path: Path, name: str, deal: str) -> None:
    path = tmp_path / name
    path.write_bytes(made(name, deal))
    assert [str(error) for error in OpenXmlValidator().validate(path).errors] == []
    assert "{" not in text_of(path)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_our_own_documents_open_in_libreoffice_with_the_pages_they_should_have(tmp_path: Path) -> None:
    for name in OWN:
        (tmp_path / name).write_bytes(made(name, ""))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command: list[str | Path] = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        tmp_path,
        *(tmp_path / name for name in OWN),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    letter, agreement = ((tmp_path / name).with_suffix(".pdf") for name in OWN)
    assert len(pages_of(letter)) == 1
    assert len(pages_of(agreement)) > 3


def made(name: str, deal: str) -> bytes:
    job = next(job for job in jobs(deal) if job.template == name)
    return DocxTemplate(ROOT / "templates" / name, environment()).render(job.values, job.dated)
