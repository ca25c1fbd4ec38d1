"""HTML templates: filled in strictly, faults told at their lines, looked over without values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from generator.errors import Faults, Problem
from generator.fields import Person
from generator.render.html import HtmlTemplate
from generator.render.sources import LARGEST_TEXT
from generator.templating import environment
from generator.work import INVOICE_VALUES, VALUES
from tests.making import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

PERSON = {"person": Person}
ANN = {"person": Person(name="Ann Lee")}


def template(folder: Path, text: str, **partials: str) -> HtmlTemplate:
    """A template of that text, beside partials by name."""
    for name, content in partials.items():
        (folder / f"{name}.html").write_text(content, encoding="utf-8")
    path = folder / "sheet.html"
    path.write_text(text, encoding="utf-8")
    return HtmlTemplate(path, environment())


def fault(folder: Path, text: str, values: dict[str, Any] | None = None, **partials: str) -> Problem:
    """The one fault of filling in a template."""
    with pytest.raises(Faults) as raised:
        template(folder, text, **partials).text(ANN if values is None else values)
    (problem,) = raised.value.problems
    return problem


def faults(folder: Path, text: str, **partials: str) -> list[Problem]:
    """The faults that show when a template is read."""
    with pytest.raises(Faults) as raised:
        template(folder, text, **partials)
    return list(raised.value.problems)


def told(problem: Problem) -> tuple[str, int, str]:
    """A problem's file name, line and code."""
    return problem.file.rpartition("/")[2], problem.line, problem.code


def test_a_value_is_text_and_never_markup_or_template(tmp_path: Path) -> None:
    odd = {"person": Person(name="{{ 7*7 }} & <b>Sons</b> =1+1")}
    made = template(tmp_path, "<p title='{{ person.name }}'>{{ person.name }}</p>").text(odd)
    escaped = "{{ 7*7 }} &amp; &lt;b&gt;Sons&lt;/b&gt; =1+1"
    assert made == f"<p title='{escaped}'>{escaped}</p>"


def test_templates_may_extend_include_and_import_from_their_folder(tmp_path: Path) -> None:
    made = template(
        tmp_path,
        "{% extends 'base.html' %}{% block body %}{% include 'part.html' %}{% endblock %}",
        base="{% from 'macros.html' import loud %}<body>{% block body %}{% endblock %}{{ loud('x') }}</body>",
        part="<p>{{ person.name }}</p>",
        macros="{% macro loud(word) %}{{ word | upper }}!{% endmacro %}",
    )
    assert made.text(ANN) == "<body><p>Ann Lee</p>X!</body>"


def test_a_misspelt_name_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    problem = fault(tmp_path, "<p>\n  Dear {{ person.nmae }},\n</p>")
    assert told(problem) == ("sheet.html", 2, "T110")
    assert problem.message == "there is no value 'nmae' (did you mean 'name'?)"
    assert problem.source == "  Dear {{ person.nmae }},"


def test_a_fault_in_a_partial_is_told_there(tmp_path: Path) -> None:
    problem = fault(tmp_path, "\n\n{% include 'part.html' %}", part="<p>\n{{ person.phone }}</p>")
    assert told(problem) == ("part.html", 2, "T110")
    assert "the value is empty" in problem.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ persn.name }}", "there is no value 'persn'"),
        ("{{ person.name | money }}", "'Ann Lee' is not an amount"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ [1, 2][2].name }}", "there is no item 2 in a list of 2 (they are counted from 0)"),
        ("{{ person.__class__.__mro__ }}", "unsafe"),
        ("{{ person.model_dump() }}", "unsafe"),
        ("{% include person.name %}", "there is no template 'Ann Lee'"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "round in circles"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}", "longer than"),
    ],
)
def test_what_cannot_be_filled_in_is_a_fault_and_not_a_traceback(tmp_path: Path, text: str, words: str) -> None:
    problem = fault(tmp_path, text)
    assert words in problem.message
    assert told(problem)[::2] == ("sheet.html", "T110")


def test_every_fault_of_syntax_is_told_at_once_each_in_its_file(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        "{% include 'one.html' %}\n{% include 'two.html' %}\n{% include 'onee.html' %}",
        one="\n{% if %}",
        two="{{ 1 | dte }}",
    )
    assert [told(problem) for problem in found] == [
        ("one.html", 2, "T101"),
        ("two.html", 1, "T101"),
        ("sheet.html", 3, "T102"),
    ]
    assert found[0].source == "{% if %}"


def test_an_optional_include_may_lack(tmp_path: Path) -> None:
    assert template(tmp_path, "a{% include 'none.html' ignore missing %}").text({}) == "a"


@pytest.mark.parametrize("name", ["../outside.html", "link.html", "/etc/hostname", "none.html"])
def test_nothing_outside_the_folder_is_included(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.html").write_text("secret", encoding="utf-8")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "link.html").symlink_to(tmp_path / "outside.html")
    (problem,) = faults(folder, f"{{% include '{name}' %}}")
    assert told(problem) == ("sheet.html", 1, "T102")
    assert name in problem.message


@pytest.mark.parametrize("name", [".part.html", "~$part.html", ".below/part.html", "below/../.part.html", "link.html"])
def test_nothing_hidden_is_included_for_nobody_would_see_it_change(tmp_path: Path, name: str) -> None:
    for folder in ("below", ".below"):
        (tmp_path / folder).mkdir()
    for part in (".part.html", "~$part.html", ".below/part.html"):
        (tmp_path / part).write_text("hidden", encoding="utf-8")
    (tmp_path / "link.html").symlink_to(tmp_path / ".part.html")
    (problem,) = faults(tmp_path, f"{{% include '{name}' %}}")
    assert told(problem) == ("sheet.html", 1, "T102")
    assert problem.message == f"'{name}' is a hidden file, and templates use none"


def test_what_is_not_hidden_is_included_wherever_the_folder_is(tmp_path: Path) -> None:
    folder = tmp_path / ".work" / "templates"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "part.html").write_text("words", encoding="utf-8")
    assert template(folder, "{% include './below/../below/part.html' %}").text({}) == "words"


def test_a_template_that_is_not_there_or_not_text_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"there is no template 'none\.html'"):
        HtmlTemplate(tmp_path / "none.html")
    (tmp_path / "odd.html").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Faults, match="is not UTF-8 text"):
        HtmlTemplate(tmp_path / "odd.html")


def test_templates_are_read_and_compiled_once(tmp_path: Path) -> None:
    made = template(tmp_path, "{% include 'part.html' %}", part="before")
    (tmp_path / "part.html").write_text("after", encoding="utf-8")
    assert made.text({}) == "before"


def test_a_long_document_is_not_too_long(tmp_path: Path) -> None:
    made = template(tmp_path, "{{ 'x' * 1000 }}")
    assert len(made.text({})) == 1000 < LARGEST_TEXT


def test_a_problem_names_the_file_as_the_user_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    template(tmp_path, "{{ nobody }}")
    monkeypatch.chdir(tmp_path)
    from pathlib import Path as Local  # noqa: PLC0415 -- relative on purpose

    with pytest.raises(Faults) as raised:
        HtmlTemplate(Local("sheet.html")).text({})
    assert raised.value.problems[0].file == "sheet.html"


# --- looked over without values -------------------------------------------------------------------------------------


def look(folder: Path, text: str, **partials: str) -> list[tuple[str, int, str, str]]:
    """What is found without values: file, line, code and severity."""
    found = template(folder, text, **partials).problems(PERSON)
    return [(*told(problem), problem.severity) for problem in found]


def test_a_sound_template_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "paper.css").write_text("p { color: red; border-radius: 50% }", encoding="utf-8")
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    text = """<html lang="en"><link rel="stylesheet" href="paper.css">
    <style>p { color: {{ person.name }}; {% if person.title %}margin: 1{% else %}margin: 2{% endif %}mm }</style>
    <img src="logo.svg" alt="us"><img src="{{ person.name }}.png" alt="">
    <a href="https://example.com">x</a><td colspan="3" {% if person.title %}class="x"{% endif %}></html>"""
    assert look(tmp_path, text) == []


def test_unknown_names_are_found_where_they_stand(tmp_path: Path) -> None:
    text = "a\n{{ persn.name }}{% include 'part.html' %}{% if 1 %}{{ 1 | moeny }}{% endif %}"
    made = template(tmp_path, text, part="\n\n{{ person.nmae }}")
    found = made.problems(PERSON)
    assert [told(problem) for problem in found] == [
        ("part.html", 3, "T110"),
        ("sheet.html", 2, "T110"),
        ("sheet.html", 2, "T111"),
    ]
    assert "name" in found[0].hint
    assert found[0].source == "{{ person.nmae }}"


def test_a_partial_may_use_names_that_another_file_sets(tmp_path: Path) -> None:
    text = "{% for one in [1] %}{% include 'part.html' %}{% endfor %}"
    assert look(tmp_path, text, part="{{ one }}") == []
    assert look(tmp_path, text, part="{{ two }}") == [("part.html", 1, "T110", "error")]


def test_styles_that_do_nothing_are_warnings_at_their_lines(tmp_path: Path) -> None:
    (tmp_path / "paper.css").write_text("p { color: red }\nq { colour: red }\n", encoding="utf-8")
    text = '<link rel="stylesheet" href="paper.css">\n<style>\np { color: rde }\n</style>'
    assert look(tmp_path, text) == [("paper.css", 2, "T140", "warning"), ("sheet.html", 3, "T140", "warning")]


def test_what_a_listener_would_miss_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    text = "<html>\n<img src='logo.svg'><img src='logo.svg' alt='{{ person.name }}'>"
    assert look(tmp_path, text) == [("sheet.html", 1, "T141", "warning"), ("sheet.html", 2, "T141", "warning")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('<img src="none.png" alt="">', "T120"),
        ('<img src="https://example.com/x.png" alt="">', "T120"),
        ('<link rel="stylesheet" href="../paper.css">', "T120"),
        ("<style>@import url(https://example.com/x.css);</style>", "T120"),
        ("<style>@import 'none.css';</style>", "T120"),
        ("<style>/* url(old.png) */ p { background: url('none.png') }</style>", "T120"),
        ('<link rel="attachment" href="sheet.html">', "T122"),
        ('<a rel="attachment" href="sheet.html">x</a>', "T122"),
        ('<td colspan="1000000">', "T123"),
        ('<td rowspan="1001">', "T123"),
        ('<col span="99999999999999999999">', "T123"),
    ],
)
def test_what_the_layout_would_refuse_is_found_with_its_line(tmp_path: Path, text: str, code: str) -> None:
    assert look(tmp_path, f"<p>\n{text}\n</p>") == [("sheet.html", 2, code, "error")]


def test_lines_are_counted_right_after_tags_that_take_white_space_away(tmp_path: Path) -> None:
    text = (
        "{%- if person.title -%}\n\n\n{%- endif -%}\n{# a\ncomment #}\n{{ person.name\n}}\n<img src='none.png' alt=''>"
    )
    assert look(tmp_path, text) == [("sheet.html", 9, "T120", "error")]


@pytest.mark.parametrize(("name", "known"), [("cover-page.html", VALUES), ("invoice.html", INVOICE_VALUES)])
def test_our_own_templates_have_no_problems(name: str, known: dict[str, Any]) -> None:
    assert HtmlTemplate(TEMPLATES / name, environment()).problems(known) == ()


def test_a_rendered_template_is_a_dated_pdf(tmp_path: Path) -> None:
    made = template(tmp_path, "<html lang='en'><title>{{ person.name }}</title><p>Hello").render(
        ANN, date(2026, 11, 16)
    )
    with pypdfium2.PdfDocument(made) as pdf:
        assert pdf.get_metadata_dict()["Title"] == "Ann Lee"
        assert pdf.get_metadata_dict()["CreationDate"] == "D:20261116"
