"""Records become drafts, or messages that a real mail server gets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller

from generator import files
from generator.cli import run
from generator.merge.emailing import LOG
from tests.making import SMALLEST
from tests.workspaces import COMMAND, ENVIRONMENT, sign, small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

    from generator.workspace import Workspace

MAIL = """To: {{ client.contact.name }} <{{ client.contact.email }}>
From: Tamarack <help@tamarack.example>
Subject: Welcome, {{ client.name }}
Attach: {deal}/page.pdf

Dear {{ client.contact.name }},
welcome.
"""
ROWS = "Name,Mail\nJosé Núñez,jose@x.example\n山田 花子,hanako@x.example\nداود,d@x.example\n"
ROW_MAIL = "To: {{ Name }} <{{ Mail }}>\nFrom: help@x.example\nSubject: Hello {{ Name }}\n\nHello, {{ Name }}!\n"


class Inbox:
    """What came."""

    def __init__(self) -> None:
        self.came: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.came.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = small(tmp_path, deals=0)
    for name in ("anna", "bert"):
        mailed = SMALLEST.replace("{name: Ann Lee}", f"{{name: Ann Lee, email: {name}@client.example}}")
        sign(made, name, mailed)
    (made.templates / "welcome.txt").write_text(MAIL)
    (made.templates / "hello.txt").write_text(ROW_MAIL)
    (tmp_path / "c.csv").write_text(ROWS)
    for variable in [name for name in os.environ if name.startswith("DEALDOCS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def inbox(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:  # noqa: ARG001 -- it comes first
    made = Inbox()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setenv("DEALDOCS_SMTP", f"smtp://127.0.0.1:{port}")
    try:
        yield made
    finally:
        controller.stop()


def drafts(workspace: Workspace, name: str) -> list[EmailMessage]:
    paths = sorted((workspace.output / "_merged" / name).glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def send(*words: str) -> int:
    return run(["merge", "hello.txt", "--data", "c.csv", "--email", "--send", "--rate", "1000000", *words])


def test_each_record_becomes_a_draft_with_its_documents(workspace: Workspace) -> None:
    assert run(["render", "-q"]) == 0
    assert run(["merge", "welcome.txt", "--email"]) == 0
    first, second = drafts(workspace, "welcome")
    assert (first["To"], second["To"]) == ("Ann Lee <anna@client.example>", "Ann Lee <bert@client.example>")
    assert first["X-Unsent"] == "1"
    assert [part.get_filename() for part in first.iter_attachments()] == ["page.pdf"]
    body = first.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["Dear", "Ann", "Lee,", "welcome."]


def test_a_draft_whose_document_is_not_there_is_left_out(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "-q", "bert"]) == 0
    assert run(["merge", "welcome.txt", "--email"]) == 1
    assert len(drafts(workspace, "welcome")) == 1
    assert "deals/anna.yaml: M604 " in capsys.readouterr().err.replace("\\", "/")


def test_names_in_any_script_come_through_from_a_spreadsheet(workspace: Workspace) -> None:
    assert run(["merge", "hello.txt", "--data", "c.csv", "--email", "--name", "{{ record.number }}"]) == 0
    made = drafts(workspace, "hello")
    assert [one["Subject"] for one in made] == ["Hello José Núñez", "Hello 山田 花子", "Hello داود"]
    assert [one["To"].addresses[0].display_name for one in made] == ["José Núñez", "山田 花子", "داود"]
    assert [one["Date"] for one in made] == [None] * 3
    assert [one.get_content().strip() for one in made] == [
        f"Hello, {name}!" for name in ("José Núñez", "山田 花子", "داود")
    ]


def test_a_name_that_would_begin_a_header_leaves_its_record_out(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.csv").write_text('Name,Mail\n"x\nBcc: evil@x.example",a@x.example\nAnn,ann@x.example\n')
    assert run(["merge", "hello.txt", "--data", "c.csv", "--email"]) == 1
    assert [one["To"] for one in drafts(workspace, "hello")] == ["Ann <ann@x.example>"]
    assert capsys.readouterr().err.startswith("c.csv:2: ")


def test_a_template_that_is_no_e_mail_is_refused(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page", "--email"]) == 2
    assert "To: and Subject:" in capsys.readouterr().err
    assert not (workspace.output / "_merged").exists()


@pytest.mark.usefixtures("workspace")
def test_nothing_is_sent_where_nobody_can_be_asked(inbox: Inbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert send() == 2
    assert "--yes" in capsys.readouterr().err
    assert inbox.came == []


@pytest.mark.usefixtures("workspace")
def test_nothing_is_sent_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert send("--yes") == 2
    assert "DEALDOCS_SMTP" in capsys.readouterr().err


@pytest.mark.usefixtures("workspace")
def test_a_dry_run_sends_nothing(inbox: Inbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert send("--yes", "--dry-run") == 0
    assert inbox.came == []
    assert "none of them was sent" in capsys.readouterr().out


def test_what_is_sent_is_logged_and_never_sent_again(
    workspace: Workspace, inbox: Inbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send("--yes", "--limit", "2") == 0
    assert "2 sent." in capsys.readouterr().out
    assert [one["Subject"] for one in inbox.came] == ["Hello José Núñez", "Hello 山田 花子"]
    log = (workspace.deals / LOG).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["state"] for line in log] == ["sending", "sent"] * 2
    assert send("--yes") == 0
    assert "1 sent, 2 sent before." in capsys.readouterr().out
    assert send("--yes", "--force") == 0
    assert len(inbox.came) == 3
    assert not (workspace.output / "_merged").exists()


@pytest.mark.usefixtures("inbox")
def test_what_was_perhaps_sent_is_told_by_its_row(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert send("--yes", "--limit", "1") == 0
    log = workspace.deals / LOG
    log.write_bytes(log.read_bytes().splitlines(keepends=True)[0])
    assert send("--yes", "--limit", "1") == 1
    assert "c.csv:2: M620 " in capsys.readouterr().err
    assert send("--yes", "--limit", "1", "--force") == 0


@pytest.mark.usefixtures("inbox")
def test_what_is_left_out_is_told_before_anybody_is_asked(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Name,Mail\nAnn,ann@x.example\nBob,none\n")
    words = [*COMMAND, "merge", "hello.txt", "--data", "c.csv", "--email", "--send"]
    environment = {**ENVIRONMENT, "DEALDOCS_SMTP": os.environ["DEALDOCS_SMTP"]}
    refused = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    problem, question = refused.stderr.index("c.csv:3: M602"), refused.stderr.index("1 record is left out")
    assert problem < question < refused.stderr.index("--yes")
    assert refused.stderr.count("M602") == 1
    assert not (workspace.deals / LOG).exists()


def test_problems_of_what_is_sent_are_told_once(
    inbox: Inbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.csv").write_text("Name,Mail\nAnn,ann@x.example\nBob,none\n")
    assert send("--yes") == 1
    said = capsys.readouterr()
    assert said.err.count("M602") == 1
    assert "1 sent. 1 fault: see above." in said.out
    assert len(inbox.came) == 1


@pytest.mark.usefixtures("inbox")
def test_sending_leaves_the_output_folder_to_others(workspace: Workspace) -> None:
    with files.alone(workspace.output):
        assert send("--yes", "--limit", "1") == 0


@pytest.mark.usefixtures("inbox")
def test_one_message_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert send("--dry-run", "--limit", "1") == 0
    assert "1 message; none of them was sent." in capsys.readouterr().out


def test_the_html_part_of_an_e_mail_has_a_line_for_each_of_an_address(workspace: Workspace) -> None:
    (workspace.templates / "welcome.txt").write_text(MAIL.replace("Attach: {deal}/page.pdf\n", ""))
    (workspace.templates / "welcome.html").write_text("<p>{{ client.address | address_block('A & B') }}</p>")
    assert run(["merge", "welcome.txt", "anna", "--email"]) == 0
    body = drafts(workspace, "welcome")[0].get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<p>A &amp; B<br>1 Main Street<br>Portland</p>"
