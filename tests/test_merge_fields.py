"""Word's own merge fields that are left in a template are told, each at its paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import docx
from lxml import etree

from generator import pipeline
from generator.render.docx import DocxTemplate
from tests.docx_making import W, paragraph, saved, table
from tests.workspaces import change, small

if TYPE_CHECKING:
    from pathlib import Path

    from docx.text.paragraph import Paragraph


def simple(made: Paragraph, code: str) -> Paragraph:
    """Add a field as Word writes a simple one."""
    made._p.append(etree.fromstring(f"<w:fldSimple xmlns:w='{W[1:-1]}' w:instr='{code}'/>"))
    return made


def complex_field(made: Paragraph, *codes: str) -> Paragraph:
    """Add a field in pieces; "[" and "]" are the beginning and end of one within it."""
    for code in ("[", *codes, "|", "]"):
        mark = {"[": "begin", "|": "separate", "]": "end"}.get(code)
        inner = f'<w:fldChar w:fldCharType="{mark}"/>' if mark else f"<w:instrText>{code}</w:instrText>"
        made._p.append(etree.fromstring(f'<w:r xmlns:w="{W[1:-1]}">{inner}</w:r>'))
    return made


def warned(path: Path) -> list[tuple[str, str, str]]:
    found = [problem for problem in DocxTemplate(path).problems({"n": Any}) if problem.code == "T233"]
    assert {problem.severity for problem in found} <= {"warning"}
    return [(problem.place, problem.message, problem.hint) for problem in found]


def test_a_merge_field_is_told_at_its_paragraph_with_what_to_write_instead(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "first")
        simple(paragraph(document, "Dear "), " MERGEFIELD First_name \\* MERGEFORMAT ")
        complex_field(document.sections[0].header.paragraphs[0], " MERGE", 'FIELD "Last name" ')
        complex_field(table(document, ("a", "b")).cell(0, 1).paragraphs[0], " NEXT ")

    loop = "use --together, and a loop over `records`"
    assert warned(saved(tmp_path, build)) == [
        ("header 1, paragraph 1", "Word's merge field «Last name» is not filled in", "write {{ Last_name }} instead"),
        ("paragraph 2", "Word's merge field «First_name» is not filled in", "write {{ First_name }} instead"),
        ("table 1, row 1, cell 2", "Word's merge field NEXT does nothing here", loop),
    ]


def test_a_condition_with_a_merge_field_is_told_with_both(tmp_path: Path) -> None:
    codes = (" IF ", "[", " MERGEFIELD State ", "]", ' = "MA" "x" "y" ')
    path = saved(tmp_path, lambda document: complex_field(paragraph(document, "x"), *codes))
    assert [message for _, message, _ in warned(path)] == [
        "Word's merge field IF does nothing here",
        "Word's merge field «State» is not filled in",
    ]


def test_questions_that_word_asks_at_a_merge_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda document: simple(paragraph(document, "x"), ' FILLIN "Until when?" '))
    assert "--set answer=…" in warned(path)[0][2]


def test_a_check_of_the_packet_tells_them_too(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    document = docx.Document()
    simple(paragraph(document, "x"), " MERGEFIELD First_name ")
    document.save(str(workspace.templates / "note.docx"))
    manifest = workspace.templates / "documents.yaml"
    change(manifest, "page.html, each: deal, target: page.pdf", "note.docx, each: deal, target: note.docx")
    found = pipeline.check(workspace).problems
    assert [(problem.code, problem.place) for problem in found] == [("T233", "paragraph 1")]


def test_other_fields_and_conditions_on_pages_or_tags_are_no_merge_fields(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        for code in (" PAGE ", " NUMPAGES ", " DATE ", " REF Next ", ' IF "{{ n }}" = "gold" "a" "b" '):
            complex_field(paragraph(document, "x"), code)
        complex_field(paragraph(document, "x"), " IF ", "[", " PAGE ", "]", ' > 1 "x" "" ')

    assert warned(saved(tmp_path, build)) == []


def test_a_template_with_merge_fields_is_filled_in_all_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda document: simple(paragraph(document, "Dear {{ n }}"), " MERGEFIELD x "))
    (tmp_path / "made.docx").write_bytes(DocxTemplate(path).render({"n": "Ann"}))
    assert docx.Document(str(tmp_path / "made.docx")).paragraphs[0].text == "Dear Ann"
