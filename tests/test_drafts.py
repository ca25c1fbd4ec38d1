"""Drafts: what goes into a message is what a mail program reads out of its file, and the same each time."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.errors import Faults
from generator.mail import Field
from generator.merge.drafts import Attachment, addresses_in, attached, message
from generator.source import UNWANTED

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

DATED = date(2026, 11, 16)
NAMES = {
    "accented": "Zoë Ångström-Müller",
    "Japanese": "株式会社山田太郎",
    "Hebrew": "שלום כהן",
    "Arabic": "محمد الفارسي\u200f",
    "with a comma": "Renner, Paul",
    "with quotes": 'Paul "Pauly" O\'Renner \\ Sons',
    "with an emoji": "Ann 👩‍💻 Lee",
    "like an encoded word": "=?utf-8?q?Bcc=3A_eve=40evil.example?=",
}
#: What one line of a header takes, in bytes of UTF-8. Some versions of Python read a space into longer names.
ONE_WORD = 45


def draft(
    to: str = "ann@client.example",
    subject: str = "Welcome",
    text: str = "Hello\n",
    html: str = "",
    files: tuple[Attachment, ...] = (),
    **more: str,
) -> bytes:
    """The file of a draft; `more` are further lines of its head."""
    head = [Field("To", to), Field("Subject", subject)]
    head += [Field(name.replace("_", "-"), value) for name, value in more.items()]
    return message(head, text, html, files, DATED).as_bytes()


def read(eml: bytes) -> EmailMessage:
    """A file, as Python's own e-mail package reads it: without a defect in any part."""
    found = message_from_bytes(eml, policy=policy.default)
    assert not [defect for part in found.walk() for defect in part.defects]
    assert not [defect for value in found.values() for defect in value.defects]
    return found


def problems(to: str = "a@b.example", subject: str = "s", **more: str) -> list[tuple[str, str, int]]:
    """Code, message and line of all that is wrong with a head."""
    head = [Field("To", to, "welcome.txt", 1), Field("Subject", subject, "welcome.txt", 2)]
    head += [Field(name, value, "welcome.txt", 3) for name, value in more.items()]
    with pytest.raises(Faults) as raised:
        message(head, "", "", (), DATED)
    return [(problem.code, problem.message, problem.line) for problem in raised.value.problems]


def body(found: EmailMessage, kind: str) -> str:
    part = found.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_and_subjects_of_every_script_come_out_as_they_went_in(name: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    found = read(draft(f'"{quoted}" <ann@client.example>', f"Welcome {name}!", f"Dear {name}\n", f"<p>{name}</p>\n"))
    (address,) = found["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "ann@client.example")
    assert found["Subject"] == f"Welcome {name}!"
    assert body(found, "plain") == f"Dear {name}\n"
    assert body(found, "html") == f"<p>{name}</p>\n"


def test_a_draft_opens_as_one_in_outlook_thunderbird_and_apple_mail() -> None:
    found = read(draft())
    assert found["X-Unsent"] == "1"
    assert found["X-Uniform-Type-Identifier"] == "com.apple.mail-draft"
    assert found["Date"] == "Mon, 16 Nov 2026 12:00:00 +0000"
    assert "Message-ID" not in found
    assert found.get_content_type() == "text/plain"


def test_a_message_has_all_the_lines_of_its_head() -> None:
    found = read(
        draft(
            "a@b.example, Ann <c@d.example>; e@f.example",
            Cc="g@h.example",
            Bcc="i@j.example",
            Reply_To="k@l.example",
            From="Us <us@provider.example>",
        )
    )
    shown = {name: [one.addr_spec for one in found[name].addresses] for name in ("To", "Cc", "Bcc", "Reply-To", "From")}
    assert shown == {
        "To": ["a@b.example", "c@d.example", "e@f.example"],
        "Cc": ["g@h.example"],
        "Bcc": ["i@j.example"],
        "Reply-To": ["k@l.example"],
        "From": ["us@provider.example"],
    }


def test_lines_of_a_head_that_stand_there_twice_are_one_header() -> None:
    made = message([Field("To", "a@b"), Field("To", "c@d"), Field("Subject", "s")], "", "", (), DATED)
    assert len(made["To"].addresses) == 2
    assert made.as_bytes().count(b"To:") == 1


def test_lines_end_as_mail_wants_and_are_short_ascii() -> None:
    eml = draft(
        ", ".join(f'"{name}" <{n}@client.example>' for n, name in enumerate(["Zoë Ångström " * 5, "A, B", "山" * 40])),
        "Grüße aus Portland " * 20,
        "x" * 2000 + "\nÜ" * 50 + "\nFrom here\n.\n..\n",
        "<p>" + "山" * 3000,
        (Attachment("レター " * 30 + ".pdf", b"\x00\xff" * 999),),
        Reply_To=f"{'山' * 15} <desk@provider.example>",
    )
    lines = eml.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 78
    assert eml.isascii()


def test_the_same_draft_has_the_same_bytes_and_another_one_other_boundaries() -> None:
    files = (Attachment("a.pdf", b"%PDF"),)
    first, second, other = (draft(html="<p>", files=files, text=text) for text in ("a", "a", "b"))
    assert first == second
    boundaries = [{part.get_boundary() for part in read(eml).walk() if part.is_multipart()} for eml in (first, other)]
    assert len(boundaries[0]) == 2
    assert not boundaries[0] & boundaries[1]


def test_text_html_and_attachments_lie_in_each_other_as_mail_programs_expect() -> None:
    found = read(draft(html="<p>Hello</p>", files=(Attachment("a.pdf", b"%PDF"), Attachment("b.docx", b"PK"))))
    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ]


def test_a_control_character_in_a_text_is_not_sent_as_it_is() -> None:
    assert b"\x00" not in draft(text="a\x00b\n")
    assert body(read(draft(text="a\x00b\n")), "plain") == "a\x00b\n"


def test_pictures_with_similar_names_are_told_apart() -> None:
    files = (Attachment("a.png", b"1"), Attachment("a.png.png", b"2"))
    found = read(draft(html="<img src='cid:a.png'><img src='cid:a.png.png'>", files=files))
    shown = [part["Content-ID"][1:-1] for part in found.walk() if part.get_content_maintype() == "image"]
    assert body(found, "html").strip() == f"<img src='cid:{shown[0]}'><img src='cid:{shown[1]}'>"


def test_a_picture_that_the_html_part_shows_goes_with_it() -> None:
    files = (Attachment("logo.png", b"\x89PNG"), Attachment("a.pdf", b"%PDF"))
    found = read(draft(html='<img src="cid:logo.png" alt="logo.png">', files=files))
    assert [part.get_content_type() for part in found.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    (picture,) = (part for part in found.walk() if part.get_content_type() == "image/png")
    assert f'src="cid:{picture["Content-ID"][1:-1]}" alt="logo.png"' in body(found, "html")
    assert [part.get_filename() for part in found.iter_attachments()] == ["a.pdf"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Größe – レター.pdf", "application/pdf"),
        ('a "b"; c=d.XLSX', "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("מכתב " * 20 + ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("notes.txt", "text/plain"),
        ("mail.eml", "application/octet-stream"),
        ("no suffix", "application/octet-stream"),
    ],
)
def test_attachments_keep_their_name_their_kind_and_every_byte(name: str, kind: str) -> None:
    content = bytes(range(256)) * 9
    (part,) = read(draft(files=(Attachment(name, content),))).iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == (name, kind)
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize("subject", ["word-and-word " * 20, "x" * 300, "two  spaces", "a " * 200 + "é"])
def test_long_subjects_come_out_as_they_went_in(subject: str) -> None:
    eml = draft(subject=subject)
    assert read(eml)["Subject"] == subject.strip()
    assert max(map(len, eml.split(b"\r\n"))) <= 78


def test_a_long_subject_of_plain_words_stays_readable() -> None:
    assert b"Subject: word word" in draft(subject="word " * 40)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x00", "\x0b", "\x85", "\u2028", "\u202e", "\ud800"])
def test_a_line_break_or_control_character_in_the_head_is_refused(end: str) -> None:
    injected = f"a@b.example{end}Bcc: eve@evil.example"
    assert [(code, line) for code, _, line in problems(injected)] == [("M601", 1)]
    assert [(code, line) for code, _, line in problems(subject=injected)] == [("M601", 2)]
    assert [(code, line) for code, _, line in problems(Cc=injected)] == [("M601", 3)]


@pytest.mark.parametrize(
    "written",
    [
        "Ann", "ann@", "@client.example", "ann@client..example", "ann lee@client.example", "a@b@c", "Ann <ann>",
        "<>", "Ann <a@b> x", "ann@-client.example", "ann.@client.example", "änn@client.example", '"Ann" ann@b',
        "<a@b", "a@b>", "ann@client.example\u00a0x", "a" * 65 + "@b", "a@" + "b" * 64, "a@exa_mple.com",
        "Ann <a@b>, Eve", 'Ann "x',
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_a_problem(written: str) -> None:
    found = problems(written)
    assert [code for code, _, _ in found] == ["M602"]
    assert "is not an e-mail address" in found[0][1]


@pytest.mark.parametrize("written", ["ann+list@client.example", "o'hara@b", "a@xn--mnchen-3ya.example", "A.B_c@D-e.F9"])
def test_unusual_addresses_are_addresses(written: str) -> None:
    assert [one.addr_spec for one in addresses_in(written)] == [written]


def test_a_domain_of_another_script_is_written_as_servers_know_it() -> None:
    assert read(draft("zoe@münchen.example"))["To"].addresses[0].domain == "xn--mnchen-3ya.example"


def test_everything_wrong_is_told_at_once() -> None:
    assert [(code, line) for code, _, line in problems("Ann, b@", "", Cc="x\ny")] == [
        ("M601", 3),
        ("M602", 1),
        ("M602", 1),
        ("M603", 2),
    ]


def test_a_message_goes_to_somebody() -> None:
    assert problems(" , ") == [("M603", "there is nobody it goes to: To, Cc and Bcc are empty", 1)]
    assert read(draft("", Bcc="a@b.example"))["To"] is None


def test_attachments_come_from_the_first_folder_that_has_them(tmp_path: Path) -> None:
    output, templates = tmp_path / "output", tmp_path / "templates"
    for path, content in (
        (output / "acme" / "a.pdf", b"1"),
        (templates / "acme" / "a.pdf", b"2"),
        (templates / "b c.txt", b"3"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    found = attached([Field("Attach", "acme/a.pdf; b c.txt;"), Field("Subject", "x")], (output, templates))
    assert found == (Attachment("a.pdf", b"1"), Attachment("b c.txt", b"3"))


def test_a_hidden_file_is_not_attached(tmp_path: Path) -> None:
    (tmp_path / ".a.pdf").write_bytes(b"1")
    with pytest.raises(Faults, match=r"'\.a\.pdf' is a hidden file, and those are not attached"):
        attached([Field("Attach", ".a.pdf")], (tmp_path,))


@pytest.mark.parametrize("name", ["gone.pdf", "../secret.txt", "/etc/hostname", "acme", "link.txt", "x\0y", "a" * 5000])
def test_only_files_of_these_folders_can_be_attached(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "output"
    (folder / "acme").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(Faults) as raised:
        attached([Field("Attach", f"{name};also-gone.pdf", "welcome.txt", 4)], (folder,))
    assert [(problem.code, problem.line) for problem in raised.value.problems] == [("M604", 4)] * 2


WRITTEN = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(lambda text: not UNWANTED.search(text))


@settings(deadline=None)
@given(WRITTEN, st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_name_and_the_text_they_come_out_as_they_went_in(name: str, text: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    raw = draft(f'"{quoted}" <a@b.example>, c@d.example', f"Re: {name}.", text, f"<p>{text}")
    found = read(raw)
    assert [one.addr_spec for one in found["To"].addresses] == ["a@b.example", "c@d.example"]
    assert not {"Bcc", "Cc", "From"} & set(found)
    assert found["Subject"] == f"Re: {name}."
    if len(name.encode()) <= ONE_WORD:
        assert found["To"].addresses[0].display_name == " ".join(name.split())
    shown = message_from_bytes(raw, policy=policy.compat32)["To"]
    assert str(make_header(decode_header(getaddresses([shown])[0][0]))) == " ".join(name.split())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    assert body(found, "plain").removesuffix("\n") == lines
    assert body(found, "html").removesuffix("\n") == f"<p>{lines}"
