"""Every fault of a Word template is told with its place, all of them in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from generator.errors import Faults
from generator.render.docx import DocxTemplate
from generator.work import VALUES
from tests.docx_making import (
    RELATED,
    W,
    add_footnote,
    faults,
    lines,
    paragraph,
    parts_of,
    rendered,
    replace_in,
    saved,
    table,
    told,
    write_parts,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_typo_in_body_cell_header_and_footnote_is_four_errors_in_one_run(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "Dear")
        paragraph(document, "{{ client.contcat.name }}")
        table(document, ("x", "y"), ("x", "{{ plan.lable }}"))
        document.sections[0].different_first_page_header_footer = True
        document.sections[0].first_page_header.paragraphs[0].text = "{{ clint }}"

    path = saved(tmp_path, build)
    add_footnote(path, "{{ provider.nmae }}")
    assert told(DocxTemplate(path).problems(VALUES)) == [
        "footnote 1, paragraph 1 \"{{ provider.nmae }}\": there is no value 'nmae' in provider (did you mean 'name'?)",
        "header 1, first page, paragraph 1 \"{{ clint }}\": there is no value 'clint' (did you mean 'client'?)",
        "paragraph 2 \"{{ client.contcat.name }}\": there is no value 'contcat' in client (did you mean 'contact'?)",
        "table 1, row 2, cell 2 \"{{ plan.lable }}\": there is no value 'lable' in plan (did you mean 'label'?)",
    ]


def test_errors_of_filling_in_are_told_for_every_part_with_their_places(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "{% if yes %}")
        paragraph(document, "a {{ n }} b{% endif %}")
        document.sections[0].footer.paragraphs[0].text = "{{ n | money }}"

    found = faults(saved(tmp_path, build), {"yes": 1, "n": "x\x01"})
    assert [each.split(": ")[0] for each in found] == [
        'paragraph 2 "a {{ n }} b{% endif %}"',
        'footer 1, paragraph 1 "{{ n | money }}"',
    ]


SYNTAX = [
    ("{{ n", "'{{' is not closed by '}}' in its paragraph"),
    ("{{ n }", "'{{' is not closed by '}}' in its paragraph"),
    ("n }}", "'}}' closes a tag that was never opened"),
    ("{% if n %}x", "'{% if n %}' is never closed (put '{% endif %}' where it ends)"),
    ("x{% endif %}", "'{% endif %}' belongs to nothing that is open"),
    (
        "{% for a in n %}{% if a %}{% endfor %}",
        "'{% if a %}' is not closed before '{% endfor %}' (put '{% endif %}' where it ends)",
    ),
    ("{% fro a in n %}", "'{% fro a in n %}' cannot be read: Encountered unknown tag 'fro' (did you mean 'for'?)"),
    ("{{ n n }}", "'{{ n n }}' cannot be read: expected token 'end of print statement', got 'n'"),
    ("{% include 'x' %}", "'include' has no use in a Word template"),
    ("{%tr for a in n %}", "'{%tr for a in n %}' stands outside any table"),
    (
        "keep me {%p if n %}",
        "which takes its whole paragraph away (put '{%p if n %}' into a paragraph of its own)",
    ),
    ("{{ n | nofilter }}", "there is no filter 'nofilter'"),
]


@pytest.mark.parametrize(("text", "message"), SYNTAX)
def test_a_fault_of_syntax_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = saved(tmp_path, lambda d: (paragraph(d, "first"), paragraph(d, text)))
    found = told(DocxTemplate(path).problems({"n": Any}))
    assert any(each.startswith("paragraph 2 ") and each.endswith(message) for each in found), found
    with pytest.raises(Faults):
        DocxTemplate(path).render({"n": "1"})


def test_all_faults_of_syntax_and_all_unknown_names_are_told_in_one_run(tmp_path: Path) -> None:
    texts = ("{{ client.nmae }}", "{% if client %}", "{{ broken broken }}", "{{ open", "{% endfor %}")
    path = saved(tmp_path, lambda d: [paragraph(d, text) for text in texts])
    assert [problem.place.split(" ")[1] for problem in DocxTemplate(path).problems(VALUES)] == ["1", "2", "3", "4", "5"]


def test_a_pair_with_two_prefixes_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: (paragraph(d, "{%p if n %}"), paragraph(d, "x{% endif %}")))
    assert "is opened with another prefix" in told(DocxTemplate(path).problems({"n": Any}))[0]


def test_a_loop_over_rows_that_ends_in_another_table_is_told(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        table(document, ("{%tr for a in n %}",), ("x",))
        paragraph(document, "between")
        table(document, ("y",), ("{%tr endfor %}",))

    assert "do not stand in the same" in told(DocxTemplate(saved(tmp_path, build)).problems({"n": Any}))[0]


def test_a_tag_in_a_tracked_deletion_is_told_and_not_run(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        xml = (
            f'<w:del xmlns:w="{W[1:-1]}" w:id="1" w:author="a"><w:r><w:delText>{{{{ gone }}}}</w:delText></w:r></w:del>'
        )
        paragraph(document, "{{ n }}")._p.append(etree.fromstring(xml))

    template = DocxTemplate(saved(tmp_path, build))
    assert "a tag stands in a tracked deletion" in told(template.problems({"n": Any}))[0]


def test_macros_and_links_to_other_templates_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "x"))
    parts = parts_of(path)
    parts["word/vbaProject.bin"] = b"macro"
    replace_in(
        parts,
        "[Content_Types].xml",
        "</Types>",
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
    )
    parts["word/_rels/settings.xml.rels"] = (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{RELATED}/attachedTemplate" Target="https://evil.example/a.dot" TargetMode="External"/></Relationships>'
    ).encode()
    write_parts(path, parts)
    found = told(DocxTemplate(path).problems({}))
    assert any("macros" in each for each in found)
    assert any("https://evil.example/a.dot" in each for each in found)


def test_a_file_that_is_no_word_document_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "x"))
    parts = parts_of(path)
    replace_in(parts, "[Content_Types].xml", "wordprocessingml.document.main+xml", "something+xml")
    write_parts(path, parts)
    with pytest.raises(Faults, match="not a Word document"):
        DocxTemplate(path)


def test_a_loop_without_end_is_stopped(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        lambda d: paragraph(d, "{% for i in range(99999) %}{% for j in range(99999) %}{{ n }}{% endfor %}{% endfor %}"),
    )
    assert "longer than" in faults(path, {"n": "x" * 10_000})[0]


def test_a_template_sees_no_machinery(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n.__class__.__mro__ }}"))
    assert "unsafe" in faults(path, {"n": "x"})[0]


def test_every_value_that_fails_in_a_part_is_told(tmp_path: Path) -> None:
    texts = ("{{ client.nmae }}", "fine", "{{ none }}", "{% for i in 'ab' %}{{ bad }}{% endfor %}")
    path = saved(tmp_path, lambda d: [paragraph(d, text) for text in texts])
    found = faults(path, {"client": {"name": "x"}, "none": None, "bad": "\x01"})
    assert [each.split(" ")[1] for each in found] == ["1", "3", "4"]


def test_a_pair_over_paragraphs_is_a_warning_and_works(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: (paragraph(d, "A{% if n %}b"), paragraph(d, "c{% endif %}D")))
    (problem,) = DocxTemplate(path).problems({"n": Any})
    assert (problem.severity, problem.place) == ("warning", 'paragraph 1 "A{% if n %}b"')
    assert lines(rendered(path, {"n": 0})) == ["AD"]


def test_characters_that_the_engine_needs_for_itself_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n }} \U0010ff00"))
    assert "U+10FF00" in told(DocxTemplate(path).problems({"n": Any}))[0]


def test_markup_that_would_break_the_file_is_told_and_no_document_made(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ n | safe }}"))
    assert "breaks the document" in faults(path, {"n": "<w:t>"})[0]
