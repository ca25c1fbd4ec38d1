"""Pictures, Markdown and lists: placed where the template says, in its own styles, and in sound files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import docx
import pytest

from generator.render.docx import DocxTemplate
from tests.docx_making import (
    PICTURE,
    audited,
    faults,
    lines,
    paragraph,
    parts_of,
    rendered,
    replace_in,
    saved,
    write_parts,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_picture_of_the_template_s_folder_is_placed_in_body_and_header(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "*before {{ logo | image(width='35mm', alt='Our <logo>') }} after")
        document.sections[0].header.paragraphs[0].text = "{{ logo | image(height='1in') }}"

    (tmp_path / "logo.png").write_bytes(PICTURE)
    content = DocxTemplate(saved(tmp_path, build)).render({"logo": "logo.png"})
    document = docx.Document(io.BytesIO(content))
    shape = document.inline_shapes[0]
    assert (shape.width.mm, shape.height.mm) == (35, 35)
    assert shape._inline.docPr.get("descr") == "Our <logo>"
    assert [(run.text, run.bold) for run in document.paragraphs[0].runs if run.text] == [
        ("before ", True),
        (" after", True),
    ]
    related = [each.target_part.blob for each in document.sections[0].header.part.rels.values()]
    assert related == [PICTURE]
    assert audited(tmp_path, content) == []


def test_an_svg_picture_comes_with_a_picture_for_readers_that_cannot_draw_it(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"/>')
    path = saved(tmp_path, lambda d: paragraph(d, "{{ 'logo.svg' | image(width='40mm') }}"))
    content = DocxTemplate(path).render({})
    assert docx.Document(io.BytesIO(content)).inline_shapes[0].height.mm == 10
    assert {name.rpartition(".")[2] for name in parts_of(content) if "media" in name} == {"png", "svg"}
    assert audited(tmp_path, content) == []


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("{{ '../secret.png' | image }}", "the picture '../secret.png' is not in the template's folder"),
        ("{{ '/etc/passwd' | image }}", "the picture '/etc/passwd' is not in the template's folder"),
        ("{{ 'none.png' | image }}", "the picture 'none.png' cannot be read: No such file or directory"),
        ("{{ 'template.docx' | image }}", "the picture 'template.docx' is neither PNG nor JPEG nor SVG"),
        ("{{ 'logo.png' | image(width='wide') }}", "'wide' is not a length such as 35mm, 2.5cm, 1in, 72pt or 120px"),
        ("{{ 'x' | markdown }}", "these are whole paragraphs: write {{p … }} in a paragraph of its own"),
    ],
)
def test_a_picture_or_text_that_cannot_be_placed_is_told_with_its_place(tmp_path: Path, tag: str, message: str) -> None:
    (tmp_path / "logo.png").write_bytes(PICTURE)
    assert faults(saved(tmp_path, lambda d: paragraph(d, tag)), {}) == [f'paragraph 1 "{tag}": {message}']


MARKDOWN = """Some **bold** and *italic* & <b>text</b>, [a link](https://x.example/?a=1&b="2").

- one
- two
  - nested

1. first
2. second

between

1. again

## A heading"""


def test_markdown_becomes_paragraphs_in_the_template_s_own_styles(tmp_path: Path) -> None:
    content = DocxTemplate(saved(tmp_path, lambda d: paragraph(d, "{{p text | markdown }}"))).render({"text": MARKDOWN})
    document = docx.Document(io.BytesIO(content))
    body = [(style_of(made), made._p.xpath("string(.)")) for made in document.paragraphs]
    assert body == [
        ("Normal", "Some bold and italic & <b>text</b>, a link."),
        ("List Bullet", "one"),
        ("List Bullet", "two"),
        ("List Bullet", "nested"),
        ("List Number", "first"),
        ("List Number", "second"),
        ("Normal", "between"),
        ("List Number", "again"),
        ("Heading 2", "A heading"),
    ]
    assert [(run.text, run.bold, run.italic) for run in document.paragraphs[0].runs][1::2][:2] == [
        ("bold", True, None),
        ("italic", None, True),
    ]
    numbers = [made._p.xpath("string(.//w:numId/@w:val)") for made in document.paragraphs]
    assert numbers[4] == numbers[5] != numbers[7]
    assert audited(tmp_path, content) == []


def test_markdown_makes_lists_where_the_template_has_no_styles_for_them(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{p text | markdown }}"))
    parts = parts_of(path)
    for name in ("List Bullet", "List Number"):
        replace_in(parts, "word/styles.xml", f'w:val="{name}"', f'w:val="Other {name}"')
    write_parts(path, parts)
    content = DocxTemplate(path).render({"text": MARKDOWN})
    assert len(lines(docx.Document(io.BytesIO(content)))) == 9
    assert audited(tmp_path, content) == []


def test_markdown_in_data_cannot_bring_tags_fields_or_markup(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{p text | markdown }}"))
    hostile = 'a {{ 6*7 }} <w:t> [x](javascript:alert) [y](https://x.example/"%20\\o) ![alt](/etc/passwd)'
    made = rendered(path, {"text": hostile})
    assert made.paragraphs[0]._p.xpath("string(.)") == "a {{ 6*7 }} <w:t> [x](javascript:alert) y alt"
    assert all('"' not in code[11:-1] for code in made.element.body.xpath("//w:fldSimple/@w:instr"))


def style_of(made: Any) -> str:
    return str(made.style.name)


def numbers_of(document: Any) -> list[str]:
    return [
        made._p.xpath("string(.//w:numId/@w:val)") for made in document.paragraphs if style_of(made) == "List Number"
    ]


def test_a_numbered_list_begins_again_where_a_loop_repeats_it(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "{%p for part in parts %}")
        document.add_heading("{{ part }}")
        paragraph(document, "{%p for i in items %}")
        document.add_paragraph("{{ i }}", style="List Number")
        paragraph(document, "{%p endfor %}")
        paragraph(document, "{%p endfor %}")

    content = DocxTemplate(saved(tmp_path, build)).render({"parts": "ab", "items": "xy"})
    found = numbers_of(docx.Document(io.BytesIO(content)))
    assert found[0] == found[1] != found[2] == found[3]
    assert audited(tmp_path, content) == []


def test_a_loop_that_makes_the_items_of_one_list_goes_on_counting(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        paragraph(document, "{%p for i in items %}")
        document.add_paragraph("{{ i }}", style="List Number")
        paragraph(document, "{%p endfor %}")

    assert len(set(numbers_of(rendered(saved(tmp_path, build), {"items": "xyz"})))) == 1
