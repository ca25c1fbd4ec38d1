"""Text templates: their head becomes the head of an e-mail, and nothing that a value says becomes a line of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import compute, plan
from generator.errors import Faults, Problem
from generator.fields import Person
from generator.mail import Field
from generator.merge.drafts import addresses_in, message
from generator.render import RENDERERS
from generator.render.text import BEGIN, TextTemplate, marked, unmarked
from generator.source import UNWANTED
from generator.templating import environment
from generator.work import VALUES
from tests.making import SAMPLES, TEMPLATES, deal, house

if TYPE_CHECKING:
    from pathlib import Path

WELCOME = """\
To: {{ person.name }} <{{ person.email }}>
Subject: Welcome, {{ person.name }}

Dear {{ person.name }},
welcome & thanks.
"""
ANN = Person(name="Ann Lee", email="ann@client.example")
KNOWN = {"person": Person}


def template(folder: Path, text: str, html: str = "") -> TextTemplate:
    """A template of that text, with an HTML part beside it."""
    path = folder / "welcome.txt"
    path.write_text(text, encoding="utf-8")
    if html:
        path.with_suffix(".html").write_text(html, encoding="utf-8")
    return TextTemplate(path, environment())


def head(folder: Path, text: str, **values: Any) -> dict[str, str]:
    """The lines of the head, filled in."""
    mail = template(folder, text).mail({"person": ANN, **values})
    return {field.name: field.value for field in mail.head}


def faults(folder: Path, text: str, html: str = "") -> list[tuple[int, str, str]]:
    """Line, code and message of each fault that shows when a template is read."""
    with pytest.raises(Faults) as raised:
        template(folder, text, html)
    return [(problem.line, problem.code, problem.message) for problem in raised.value.problems]


def refused(folder: Path, text: str, **values: Any) -> Problem:
    """The one fault of filling in."""
    with pytest.raises(Faults) as raised:
        template(folder, text).mail({"person": ANN, **values})
    (problem,) = raised.value.problems
    return problem


def test_a_template_with_a_head_is_an_email(tmp_path: Path) -> None:
    mail = template(tmp_path, WELCOME).mail({"person": ANN})
    assert mail.values("To") == ('"Ann Lee" <ann@client.example>',)
    assert mail.values("Subject") == ("Welcome, Ann Lee",)
    assert mail.text == "Dear Ann Lee,\nwelcome & thanks.\n"
    assert not mail.html


def test_fields_know_the_line_that_they_stand_on(tmp_path: Path) -> None:
    made = template(tmp_path, "{# Sent when\nprices rise. #}\n" + WELCOME).mail({"person": ANN})
    assert made.head[1] == Field("Subject", "Welcome, Ann Lee", str(tmp_path / "welcome.txt"), 4)


def test_text_without_a_head_is_text_and_no_email(tmp_path: Path) -> None:
    plain = template(tmp_path, "Dear {{ person.name }}: hello\n\nTo: nobody\n")
    assert plain.render({"person": ANN}) == b"Dear Ann Lee: hello\n\nTo: nobody\n"
    assert refused(tmp_path, "Dear {{ person.name }}\n").code == "T160"


def test_a_text_file_of_an_email_begins_with_its_head(tmp_path: Path) -> None:
    made = template(tmp_path, WELCOME).render({"person": ANN}).decode()
    assert made.startswith('To: "Ann Lee" <ann@client.example>\nSubject: Welcome, Ann Lee\n\nDear Ann')


def test_the_renderers_know_text_templates(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("{{ person.name }} Ü", encoding="utf-8-sig")
    assert RENDERERS[".txt"](tmp_path / "note.txt", environment()).render({"person": ANN}) == "Ann Lee Ü".encode()


def test_text_is_not_escaped_and_the_html_part_is(tmp_path: Path) -> None:
    made = template(tmp_path, WELCOME, "<p>{{ person.name }}</p>").mail({"person": Person(name="A & <b>", email="a@b")})
    assert "Dear A & <b>,\nwelcome & thanks." in made.text
    assert made.html == "<p>A &amp; &lt;b&gt;</p>"


def test_texts_may_include_others_of_their_folder(tmp_path: Path) -> None:
    (tmp_path / "signature.txt").write_text("-- \n{{ person.name }}", encoding="utf-8")
    assert template(tmp_path, WELCOME + "{% include 'signature.txt' %}").mail({"person": ANN}).text.endswith("Ann Lee")
    assert faults(tmp_path, WELCOME + "{% include '../secret.txt' %}")[0][:2] == (6, "T102")


def test_a_comma_in_a_name_does_not_part_two_addresses(tmp_path: Path) -> None:
    line = "To: {{ person.name }} <{{ person.email }}>, Office {{ title }} <office@client.example>\nSubject: s\n\n"
    values = {"person": Person(name='Renner, Paul "PR" <x>', email="p@client.example"), "title": "a; b"}
    (one, two) = addresses_in(head(tmp_path, line, **values)["To"])
    assert (one.display_name, one.addr_spec) == ('Renner, Paul "PR" <x>', "p@client.example")
    assert (two.display_name, two.addr_spec) == ("Office a; b", "office@client.example")


def test_a_name_that_is_empty_leaves_the_address(tmp_path: Path) -> None:
    assert head(tmp_path, "To: {{ x }} <a@b>\nSubject: s\n\n", x="")["To"].strip() == "<a@b>"


def test_a_value_may_be_a_whole_list_of_addresses(tmp_path: Path) -> None:
    written = head(tmp_path, "To: {{ all }}\nSubject: s\n\n", all="Ann <a@b.example>, c@d.example")["To"]
    assert [one.addr_spec for one in addresses_in(written)] == ["a@b.example", "c@d.example"]


def test_a_value_between_angle_brackets_is_one_address(tmp_path: Path) -> None:
    found = refused(tmp_path, "To: Ann <{{ x }}>\nSubject: s\n\n", x="a@b>, Eve <eve@evil.example")
    assert (found.line, found.code) == (1, "T110")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\x00", "\x02", "\u202e"])
@pytest.mark.parametrize("line", ["To: {{ x }} <a@b>", "To: {{ x }}", "Subject: {{ x }}", "Attach: {{ x }}"])
def test_a_value_cannot_begin_another_line_of_the_head(tmp_path: Path, line: str, end: str) -> None:
    others = "".join(f"{other}: a@b\n" for other in ("To", "Subject") if not line.startswith(other))
    found = refused(tmp_path, f"{line}\n{others}\n", x=f"Ann{end}Bcc: eve@evil.example")
    assert (found.line, found.code) == (1, "T110")
    assert "cannot stand in the head" in found.message


def test_lines_of_the_head_may_be_conditional(tmp_path: Path) -> None:
    text = "To: a@b\nCc: {% if copy %}{{ copy }}{% endif %}\nSubject: s\n\n"
    assert head(tmp_path, text, copy="")["Cc"] == ""
    assert head(tmp_path, text, copy="c@d")["Cc"] == "c@d"


def test_attachments_may_name_the_deal_in_short(tmp_path: Path) -> None:
    text = "To: a@b\nSubject: s\nAttach: {deal}/intro-letter.docx\nAttach: {{ deal.id }}/x.pdf\n\n"
    mail = template(tmp_path, text).mail({"deal": deal(name="acme")})
    assert mail.values("Attach") == ("acme/intro-letter.docx", "acme/x.pdf")
    assert template(tmp_path, text).problems(VALUES) == ()


def test_every_fault_is_told_at_its_line(tmp_path: Path) -> None:
    text = "{# c #}\nTo: a@b\nSubjekt: y\nSubject: {{ x\nSubject: twice\nhello\n\nText {% if %}\n"
    found = faults(tmp_path, text, "<p>{{</p>")
    assert sorted((line, code) for line, code, _ in found) == [
        (1, "T101"), (3, "T161"), (4, "T101"), (4, "T161"), (5, "T161"), (6, "T161"), (8, "T101"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "missing"),
    [("To: a@b\n\n", "the head has no line 'Subject'"), ("Subject: s\n\n", "the head has no line 'To'")],
)
def test_a_head_says_to_whom_and_about_what(tmp_path: Path, text: str, missing: str) -> None:
    assert faults(tmp_path, text) == [(1, "T161", missing)]


def test_names_that_there_are_not_show_without_data_at_their_lines(tmp_path: Path) -> None:
    text = "To: {{ person.emial }}\nSubject: {{ persn }}\n\nDear\n{{ person.nam }}\n"
    found = template(tmp_path, text, "<p>\n{{ person.nmae }}</p>").problems(KNOWN)
    assert [(problem.file.rpartition(".")[2], problem.line) for problem in found] == [
        ("html", 2), ("txt", 1), ("txt", 2), ("txt", 5),
    ]  # fmt: skip
    assert found[1].hint == "did you mean 'email'?"
    assert found[3].source == "{{ person.nam }}"


def test_an_html_part_shows_no_files_that_its_readers_do_not_have(tmp_path: Path) -> None:
    sound = "<a href='https://x.example'><a href=\"{{ person.name }}\"><img src=cid:logo.png><a href=#top>"
    assert template(tmp_path, WELCOME, sound).problems(KNOWN) == ()
    found = template(tmp_path, WELCOME, "<link href=look.css>\n<p><img\nsrc='logo.png'>").problems(KNOWN)
    assert [(problem.code, problem.line) for problem in found] == [("T162", 1), ("T162", 3)]


def test_what_a_deal_lacks_is_a_fault_at_its_line(tmp_path: Path) -> None:
    found = refused(tmp_path, "To: a@b\nSubject: {{ person.title }}\n\n")
    assert (found.line, found.code) == (2, "T110")
    assert refused(tmp_path, "To: a@b\nSubject: s\n\nDear\n{{ person.title }}\n").line == 5


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_name_stays_one_name(name: str) -> None:
    if UNWANTED.search(name) or "\n" in name or "\r" in name or BEGIN in name:
        with pytest.raises(ValueError, match="cannot stand in the head"):
            marked(name)
    else:
        (one,) = addresses_in(unmarked(f"{marked(name)} <{marked('a@b.example')}>"))
        assert (one.display_name, one.addr_spec) == (" ".join(name.split()), "a@b.example")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_sample_is_an_email_to_the_contact_of_each_deal(path: Path) -> None:
    made = TextTemplate(TEMPLATES / "welcome.txt", environment())
    signed = deal(over=path.read_text(encoding="utf-8"), name=path.stem)
    values = plan.values_of(signed, house(), compute.figures(signed, house().provider))
    assert made.problems(VALUES) == ()
    if signed.client.contact.email is None:
        with pytest.raises(Faults, match="To: the value is empty"):
            made.mail(values)
        return
    found = message(made.mail(values).head, made.mail(values).text, "", (), signed.signed)
    (address,) = found["To"].addresses
    assert (address.display_name, address.addr_spec) == (signed.client.contact.name, signed.client.contact.email)
    assert made.mail(values).values("Attach") == (f"{path.stem}/intro-letter.docx",)
    assert "\n\n\n" not in made.mail(values).text
