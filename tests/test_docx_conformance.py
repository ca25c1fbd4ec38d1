"""Templates in docxtpl's syntax become what docxtpl makes of them, but for what is listed as meant to differ.

Both documents are compared part for part as canonical XML. Set aside are revision ids and proofing marks, the ids of
pictures, empty runs and properties, how text of one look is divided into runs, `xml:space`, the cell properties' order.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import docx
import pytest
from docx.oxml import parse_xml
from docxtpl.template import DocxTemplate as Peer
from jinja2 import Environment
from lxml import etree

from generator.render.docx import DocxTemplate
from tests.docx_making import W, add_footnote, paragraph, parts_of, rendered, saved, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VALUES: dict[str, Any] = {
    "name": "Harbor <Dental> & “Sons”",
    "empty": "",
    "yes": True,
    "no": False,
    "count": 3,
    "items": ["one", "two", "three"],
    "none_at_all": [],
    "rows": [{"label": "A", "cells": ["1", "2", "3"]}, {"label": "B", "cells": ["4", "5", "6"]}],
    "text": "first\nsecond\tthird",
    "color": "FF0000",
}


def cell_tag(document: Any, *words: str) -> Any:
    """A table whose middle row repeats, with a tag in its first cell."""
    return table(document, ("{%tr for row in rows %}", ""), words, ("{%tr endfor %}", ""))


def each_cell(document: Any, inside: str) -> None:
    """A table whose columns repeat."""
    table(document, ("head", "{%tc for c in rows[0].cells %}", inside, "{%tc endfor %}"))


def header_and_footer(document: Any) -> None:
    section = document.sections[0]
    section.header.paragraphs[0].text = "To {{ name }}"
    section.footer.paragraphs[0].text = "{% if yes %}{{ count }} pages{% endif %}"
    paragraph(document, "body")


def properties(document: Any) -> None:
    document.core_properties.title = "For {{ count }}"
    document.core_properties.subject = "{% if yes %}yes{% endif %}"
    paragraph(document, "body")


def nested_tables(document: Any) -> None:
    outer = table(document, ("x", "y"))
    inner = outer.cell(0, 1).add_table(3, 1)
    for row, text in zip(inner.rows, ("{%tr for i in items %}", "{{ i }}", "{%tr endfor %}"), strict=True):
        row.cells[0].text = text


def proofing(document: Any) -> None:
    made = paragraph(document, "Dear {{ na", "me", " }}, hello")
    made.runs[0]._r.addnext(parse_xml(f'<w:proofErr xmlns:w="{W[1:-1]}" w:type="spellStart"/>'))


def spans(document: Any) -> None:
    made = table(document, ("{% colspan count %}{{ name }}", "", ""), ("1", "2", "3"))
    for cell in made.rows[0].cells[1:]:
        cell._tc.getparent().remove(cell._tc)


def merged_down(document: Any) -> None:
    cell_tag(document, "{% vm %}{{ name }}", "{{ row.label }}")


def merged_across(document: Any) -> None:
    made = table(document, ("a", "b", "c"), ("{%tc for c in rows[0].cells %}", "{% hm %}{{ name }}", "{%tc endfor %}"))
    assert len(made.rows) == 2


def styled(document: Any) -> None:
    document.add_paragraph("{%p for i in items %}")
    document.add_paragraph("{{ i }}", style="List Bullet")
    document.add_paragraph("{%p endfor %}")


TEMPLATES: dict[str, Callable[[Any], object]] = {
    "value": lambda d: paragraph(d, "Dear {{ name }},"),
    "split over runs": lambda d: paragraph(d, "Dear {{ na", "me", " }}, hello {", "{ count }", "}."),
    "split with proofing marks": proofing,
    "split over looks, at the end": lambda d: paragraph(d, "Dear {{ na", "*me }}"),
    "loop over paragraphs": lambda d: [
        paragraph(d, each) for each in ("{%p for i in items %}", "{{ loop.index }}. {{ i }}", "{%p endfor %}", "end")
    ],
    "loop in a list style": styled,
    "nested loops over paragraphs": lambda d: [
        paragraph(d, each)
        for each in (
            "{%p for r in rows %}",
            "{{ r.label }}",
            "{%p for c in r.cells %}",
            "{{ c }}",
            "{%p endfor %}",
            "{%p endfor %}",
        )
    ],
    "condition over paragraphs": lambda d: [
        paragraph(d, each)
        for each in ("{%p if no %}", "A", "{%p elif count > 2 %}", "B", "{%p else %}", "C", "{%p endif %}")
    ],
    "condition inside a paragraph": lambda d: paragraph(
        d, "{% if yes %}A{% else %}B{% endif %}, {{ 'x' if no else 'y' }}"
    ),
    "loop inside a paragraph": lambda d: paragraph(
        d, "{% for i in items %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}"
    ),
    "condition over runs": lambda d: paragraph(d, "{% if yes %}", "*bold", "{% endif %}", " plain"),
    "loop over rows": lambda d: cell_tag(d, "{{ row.label }}", "{{ row.cells | join(', ') }}"),
    "loop over cells": lambda d: each_cell(d, "{{ c }}"),
    "rows and cells": lambda d: table(
        d,
        ("{%tr for row in rows %}",),
        ("{{ row.label }}", "{%tc for c in row.cells %}", "{{ c }}", "{%tc endfor %}"),
        ("{%tr endfor %}",),
    ),
    "tables in tables": nested_tables,
    "condition over rows": lambda d: table(
        d, ("{%tr if no %}",), ("hidden",), ("{%tr else %}",), ("shown",), ("{%tr endif %}",)
    ),
    "rows merged in a loop": merged_down,
    "cells merged in a loop": merged_across,
    "colspan": spans,
    "cell colour": lambda d: table(d, ("{% cellbg color %}{{ name }}",)).rows[0].cells[0]._tc.get_or_add_tcPr(),
    "header and footer": header_and_footer,
    "properties": properties,
    "comments": lambda d: [paragraph(d, each) for each in ("a{# not this #}b", "{#p nor this #}", "c")],
    "comment over a row": lambda d: table(d, ("{#tr away #}", "with all"), ("stays", "here")),
    "blanks": lambda d: paragraph(d, "  {{ empty }}  x  {{ count }}  "),
    "new lines and tabs in a value": lambda d: paragraph(d, "{{ text }}"),
    "escaped braces": lambda d: paragraph(d, "{_{ name }_} {_% if %_} {{ count }}"),
    "smart quotes that delimit": lambda d: paragraph(d, "{{ “a” ~ ‘b’ }}{% if name == “x” %}1{% else %}2{% endif %}"),
    "set, macro and filter": lambda d: paragraph(
        d,
        "{% set a = count * 2 %}{{ a }} {% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(name) }} {{ items | join }}",
    ),
    "joined paragraphs": lambda d: [
        paragraph(d, each) for each in ("A house {%- if yes %}", "{%- endif %} by the sea", "next")
    ],
    "joined to the next paragraph": lambda d: [
        paragraph(d, each) for each in ("A house{% if yes -%}", " by the sea{% endif %}")
    ],
    "comparisons": lambda d: paragraph(d, "{% if count < 4 and count > 2 %}fits{% endif %}"),
    "blanks taken by a dash": lambda d: paragraph(d, "a   {{- count -}}   b"),
    "loop that makes nothing, inside text": lambda d: paragraph(
        d, "a{% for i in none_at_all %}x{% else %}–{% endfor %}b"
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_renders_as_docxtpl_renders_it(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, TEMPLATES[name])
    assert compared(path)


def test_footnotes_render_as_docxtpl_renders_them(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "body {{ count }}"))
    add_footnote(path, "see {{ name }}")
    assert compared(path)


def compared(path: Path) -> int:
    """Compare every part that holds text; gives how many there were."""
    ours, theirs = parts_of(DocxTemplate(path).render(VALUES)), parts_of(by_peer(path))
    names = [n for n in theirs if n.startswith("word/") and n.endswith(".xml") and b"<w:p" in theirs[n]]
    for name in (*names, "docProps/core.xml"):
        assert canonical(ours[name]) == canonical(theirs[name]), name
    return len(names)


def by_peer(path: Path) -> bytes:
    """The document that docxtpl makes, with escaping on."""
    peer, content = Peer(path), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer.render(VALUES, Environment(autoescape=True), autoescape=True)
        peer.save(content)
    return content.getvalue()


def canonical(content: bytes) -> str:
    """A part's XML without what has no meaning for its reader."""
    root = etree.fromstring(content)
    for element in [*root.iter(etree.Element)]:
        for name in [n for n in element.attrib if "rsid" in n or ("Id" in n and "w14" in n) or n.endswith("}space")]:
            del element.attrib[name]
        if element.tag == f"{W}proofErr" or (
            root.tag.endswith("coreProperties") and not element.text and not len(element)
        ):
            element.getparent().remove(element)
        elif element.tag.endswith("}docPr"):
            element.attrib.pop("id", None)
        elif element.tag == f"{W}tcPr":
            element[:] = sorted(element, key=lambda child: child.tag)
    for made in root.iter(f"{W}p"):
        _one_run_a_look(made)
    etree.cleanup_namespaces(root)
    text: str = etree.tostring(root, method="c14n").decode()
    return text


def _one_run_a_look(made: Any) -> None:
    for run in [*made.iter(f"{W}r")]:
        for text in [text for text in run.findall(f"{W}t") if not text.text]:
            run.remove(text)
        before = run.getprevious()
        if all(child.tag == f"{W}rPr" for child in run):
            run.getparent().remove(run)
        elif before is not None and before.tag == f"{W}r" and _look(before) == _look(run):
            before.extend([child for child in run if child.tag != f"{W}rPr"])
            run.getparent().remove(run)
    for run in made.iter(f"{W}r"):
        for text in list(run.findall(f"{W}t")):
            before = text.getprevious()
            if before is not None and before.tag == f"{W}t":
                before.text = (before.text or "") + text.text
                run.remove(text)


def _look(run: Any) -> bytes:
    found = run.find(f"{W}rPr")
    return b"" if found is None else bytes(etree.tostring(found, method="c14n"))


# What is meant to differ from docxtpl, each with its reason in the test's name.


def test_differs_text_after_a_split_tag_keeps_its_own_look(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "Dear {{ na", "*me }} and all"))
    assert [(run.text, run.bold) for run in rendered(path, VALUES).paragraphs[0].runs][-1] == (" and all", True)


def test_differs_text_after_a_run_tag_keeps_its_look(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "*Dear {{r count }} people"))
    assert {run.bold for run in rendered(path, VALUES).paragraphs[0].runs} == {True}


def test_differs_quotes_inside_a_string_stay_as_they_are(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ 'the client’s “name”' }}"))
    assert rendered(path, VALUES).paragraphs[0].text == "the client’s “name”"


def test_differs_data_that_looks_like_an_escaped_brace_stays_as_it_is(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: paragraph(d, "{{ name }}"))
    assert rendered(path, {"name": "{_{ x }_}"}).paragraphs[0].text == "{_{ x }_}"


def test_differs_properties_are_escaped_once(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        document.core_properties.title = "{{ name }}"

    assert rendered(saved(tmp_path, build), VALUES).core_properties.title == VALUES["name"]
    assert "&lt;" in docx.Document(io.BytesIO(by_peer(saved(tmp_path, build)))).core_properties.title


def test_differs_a_table_without_rows_goes_away_since_word_opens_no_such_file(tmp_path: Path) -> None:
    rows = ("{%tr for i in none_at_all %}",), ("{{ i }}",), ("{%tr endfor %}",)
    assert rendered(saved(tmp_path, lambda d: table(d, *rows)), VALUES).tables == []


def test_differs_a_cell_whose_paragraphs_all_go_keeps_an_empty_one_since_word_opens_no_other(tmp_path: Path) -> None:
    def build(document: Any) -> None:
        cell = table(document, ("{%p if no %}",)).cell(0, 0)
        cell.add_paragraph("x")
        cell.add_paragraph("{%p endif %}")

    assert [each.text for each in rendered(saved(tmp_path, build), VALUES).tables[0].cell(0, 0).paragraphs] == [""]


def test_differs_a_form_feed_or_bell_in_a_value_is_refused_as_every_character_that_xml_forbids(tmp_path: Path) -> None:
    from generator.errors import Faults  # noqa: PLC0415

    path = saved(tmp_path, lambda d: paragraph(d, "{{ name }}"))
    with pytest.raises(Faults, match=r"U\+0007"):
        DocxTemplate(path).render({"name": "a\ab"})


def test_differs_a_table_has_as_many_grid_columns_as_its_cells_span(tmp_path: Path) -> None:
    path = saved(tmp_path, lambda d: table(d, ("{% colspan count %}{{ name }}",)))
    assert len(rendered(path, VALUES).tables[0].columns) == 3
