"""Post, against a real mail server on this machine: each message goes once, and whatever happens is told and logged."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from generator.errors import Misuse
from generator.mail import Field
from generator.merge.drafts import Attachment, message
from generator.merge.post import Posted, Server, send, server_of
from generator.merge.post.log import log_at
from tests.making import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Session

FAST = 1e9
WORD = "s3cret/%@:x"


@dataclass
class Inbox:
    """What the server does with whom, and what came: the envelopes, in their order.

    `answers` are given to DATA before any message is taken; None closes the connection instead.
    """

    refused: dict[str, str] = field(default_factory=dict)
    answers: list[str | None] = field(default_factory=list)
    came: list[Envelope] = field(default_factory=list)
    tries: int = 0
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else "250 OK"
        self.encrypted.append(session.ssl is not None)
        if answer is None:
            hang_up(server)
            return "250 never heard"
        if answer.startswith("250"):
            self.came.append(envelope)
        return answer


def hang_up(server: SMTP) -> None:
    """Break the connection, without another word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[Server]:
    """A mail server on this machine for as long as the block lasts."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield Server("127.0.0.1", controller.port)
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Server]:
    with serving(inbox) as made:
        yield made


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "_merged" / "sent.jsonl"


def mail(to: str = "ann@client.example", subject: str = "Welcome", text: str = "Hello\n", **more: str) -> EmailMessage:
    head = [Field("From", "Zoë <us@provider.example>"), Field("To", to), Field("Subject", subject)]
    head += [Field(name, value) for name, value in more.items()]
    return message(head, text, "<p>Grüße", (Attachment("レター.pdf", b"%PDF\n."),), date(2026, 11, 16))


def post(server: Server, log: Path, *messages: EmailMessage, pauses: tuple[float, ...] = (), **more: Any) -> list[str]:
    """What became of each message."""
    return [one.state for one in results(server, log, *messages, pauses=pauses, **more)]


def results(
    server: Server, log: Path, *messages: EmailMessage, pauses: tuple[float, ...] = (), **more: Any
) -> tuple[Posted, ...]:
    given = {"rate": FAST, "ask": lambda _: True, "tell": lambda _: None, **more}
    return send(messages, server, log, pauses=pauses, **given)


def logged(log: Path) -> list[tuple[str, str]]:
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [(entry["state"], entry["to"][0]) for entry in entries]


def test_a_message_arrives_whole(server: Server, inbox: Inbox, log: Path) -> None:
    assert post(server, log, mail("Renner, 山 <ann@client.example>".replace(",", ""), "Grüße", ".\n..\nFrom me\n")) == [
        "sent"
    ]
    (envelope,) = inbox.came
    assert isinstance(envelope.content, bytes)
    found = message_from_bytes(envelope.content, policy=policy.default)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("us@provider.example", ["ann@client.example"])
    assert (found["Subject"], found["To"].addresses[0].display_name) == ("Grüße", "Renner 山")
    part = found.get_body(("plain",))
    assert part is not None
    assert part.get_content().splitlines() == [".", "..", "From me"]
    assert [one.get_payload(decode=True) for one in found.iter_attachments()] == [b"%PDF\n."]


def test_what_is_sent_is_no_draft_any_more(server: Server, inbox: Inbox, log: Path) -> None:
    assert post(server, log, mail(Cc="c@client.example", Bcc="boss@provider.example")) == ["sent"]
    assert inbox.came[0].rcpt_tos == ["ann@client.example", "c@client.example", "boss@provider.example"]
    assert isinstance(inbox.came[0].content, bytes)
    found = message_from_bytes(inbox.came[0].content, policy=policy.default)
    assert not {"X-Unsent", "X-Uniform-Type-Identifier", "Bcc"} & set(found)
    assert abs((found["Date"].datetime - datetime.now(UTC)).total_seconds()) < 120
    assert found["Message-ID"].endswith("@provider.example>")


def test_nothing_is_sent_twice(server: Server, inbox: Inbox, log: Path) -> None:
    assert post(server, log, mail("a@x.example"), mail("b@x.example"), mail("a@x.example")) == [
        "sent",
        "sent",
        "before",
    ]
    assert post(server, log, mail("a@x.example"), mail("b@x.example"), mail("c@x.example")) == [
        "before",
        "before",
        "sent",
    ]
    assert post(server, log, mail("c@x.example"), force=True) == ["before"]
    assert post(server, log, mail("c@x.example", text="Hello again\n")) == ["sent"]
    assert [one.rcpt_tos[0][0] for one in inbox.came] == ["a", "b", "c", "c"]


def test_the_log_has_a_line_before_and_one_after(server: Server, log: Path) -> None:
    post(server, log, mail())
    assert logged(log) == [("sending", "ann@client.example"), ("sent", "ann@client.example")]
    entry = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    assert set(entry) == {"at", "state", "to", "subject", "why", "key"}


def test_nothing_is_sent_without_a_yes(server: Server, inbox: Inbox, log: Path) -> None:
    asked: list[str] = []
    assert results(server, log, mail(), mail("b@x.example"), ask=asked.append) == ()
    assert asked == ["Send 2 messages from us@provider.example through 127.0.0.1?"]
    assert not inbox.came
    assert not log.exists()


def test_two_runs_do_not_send_at_the_same_time(server: Server, inbox: Inbox, log: Path) -> None:
    found: list[str] = []

    def meanwhile(_: str) -> None:
        with pytest.raises(Misuse, match="another run"):
            post(server, log, mail("b@x.example"))
        found.append("tried")

    assert post(server, log, mail(), tell=meanwhile) == ["sent"]
    assert found == ["tried"]
    assert len(inbox.came) == 1


def test_what_another_run_sent_while_this_one_asked_is_not_sent_again(server: Server, inbox: Inbox, log: Path) -> None:
    def slow(_: str) -> bool:
        return post(server, log, mail()) == ["sent"]

    assert post(server, log, mail(), mail("b@x.example"), ask=slow) == ["before", "sent"]
    assert len(inbox.came) == 2


def test_nobody_is_asked_where_there_is_nothing_to_send(server: Server, log: Path) -> None:
    post(server, log, mail())
    assert post(server, log, mail(), ask=pytest.fail) == ["before"]


def test_a_refused_recipient_fails_alone(server: Server, inbox: Inbox, log: Path) -> None:
    inbox.refused["bob@x.example"] = "550 no such Bob"
    found = results(server, log, mail("ann@x.example"), mail("bob@x.example"), mail("cy@x.example"))
    assert [one.state for one in found] == ["sent", "refused", "sent"]
    assert found[1].why == "bob@x.example: 550 no such Bob"
    assert post(server, log, mail("bob@x.example")) == ["refused"]  # it is tried again, for it was not sent


def test_of_several_recipients_the_refused_are_told(server: Server, inbox: Inbox, log: Path) -> None:
    inbox.refused["bob@x.example"] = "550 no such Bob"
    told: list[str] = []
    (found,) = results(server, log, mail("ann@x.example, bob@x.example"), tell=told.append)
    assert (found.state, found.refused) == ("sent", (("bob@x.example", "550 no such Bob"),))
    assert told == ["sent to ann@x.example, bob@x.example: bob@x.example was refused: 550 no such Bob"]
    assert inbox.came[0].rcpt_tos == ["ann@x.example"]


def test_a_temporary_error_is_tried_again(server: Server, inbox: Inbox, log: Path) -> None:
    inbox.answers = ["451 later", "452 still full"]
    assert post(server, log, mail(), pauses=(0.01, 0.01)) == ["sent"]
    assert inbox.tries == 3
    assert logged(log) == [("sending", "ann@client.example"), ("sent", "ann@client.example")]


def test_a_temporary_error_that_lasts_is_told_and_the_rest_goes_on(server: Server, inbox: Inbox, log: Path) -> None:
    inbox.refused["ann@x.example"] = "450 greylisted"
    found = results(server, log, mail("ann@x.example"), mail("bob@x.example"), pauses=(0.01,))
    assert [(one.state, one.why) for one in found] == [("failed", "ann@x.example: 450 greylisted"), ("sent", "")]
    inbox.refused.clear()
    assert post(server, log, mail("ann@x.example")) == ["sent"]


def test_a_final_error_is_not_tried_again(server: Server, inbox: Inbox, log: Path) -> None:
    inbox.answers = ["554 looks like spam"]
    assert post(server, log, mail(), pauses=(9.0,)) == ["refused"]
    assert inbox.tries == 1


def test_a_message_without_an_answer_was_perhaps_sent_and_goes_again_only_by_force(
    server: Server, inbox: Inbox, log: Path
) -> None:
    inbox.answers = [None]
    assert post(server, log, mail("a@x.example"), mail("b@x.example"), pauses=(0.01,)) == ["perhaps", "sent"]
    assert inbox.tries == 2
    assert post(server, log, mail("a@x.example")) == ["perhaps"]
    assert post(server, log, mail("a@x.example"), force=True) == ["sent"]
    assert post(server, log, mail("a@x.example"), force=True) == ["before"]


def test_a_server_that_closes_between_two_messages_is_called_again(inbox: Inbox, log: Path) -> None:
    with serving(inbox, timeout=0.2) as server:
        started = time.monotonic()
        found = post(server, log, mail("a@x.example"), mail("b@x.example"), rate=100, pauses=(0.01,))
        assert time.monotonic() - started > 0.5
    assert found == ["sent", "sent"]


def test_where_the_server_is_gone_the_rest_is_not_tried(log: Path) -> None:
    class Closing(Inbox):
        async def handle_MAIL(  # noqa: N802
            self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
        ) -> str:
            if self.came:
                hang_up(server)
            envelope.mail_from = address
            return "250 OK"

    told: list[str] = []
    three = [mail(f"{name}@x.example") for name in "abc"]
    with serving(Closing()) as server:
        assert post(server, log, *three, tell=told.append, pauses=(0.01,)) == ["sent", "failed", "failed"]
    assert told[2:] == ["The connection to the mail server is lost; the same command goes on from here."]
    assert logged(log)[2:] == [("sending", "b@x.example"), ("refused", "b@x.example")]
    with serving(Inbox()) as another:
        assert post(another, log, *three) == ["before", "sent", "sent"]


def test_a_server_that_is_not_there_is_told_at_once(log: Path) -> None:
    with pytest.raises(Misuse, match="cannot be used"):
        post(Server("127.0.0.1", free_port()), log, mail())
    assert not log.exists()


def test_a_log_that_was_cut_off_is_gone_on_with(server: Server, inbox: Inbox, log: Path) -> None:
    post(server, log, mail("a@x.example"))
    whole = log.read_bytes()
    cut = whole[: whole.rindex(b'"key"')]
    log.write_bytes(cut)
    assert post(server, log, mail("a@x.example"), mail("b@x.example")) == ["perhaps", "sent"]
    assert post(server, log, mail("a@x.example"), mail("b@x.example")) == ["perhaps", "before"]
    assert len(inbox.came) == 2
    assert log.read_bytes().startswith(cut + b"\n")


def test_what_was_sent_stays_sent_whatever_comes_after(server: Server, inbox: Inbox, log: Path) -> None:
    post(server, log, mail())
    before, after = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(after + before)
    assert post(server, log, mail(), force=True) == ["before"]
    assert len(inbox.came) == 1


def test_the_rate_is_kept(server: Server, log: Path) -> None:
    started = time.monotonic()
    post(server, log, *(mail(f"{name}@x.example") for name in "abcd"), rate=600)
    assert time.monotonic() - started >= 0.3
    with pytest.raises(Misuse, match="rate"):
        post(server, log, mail(), rate=0)


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://ann:s3cret%2F%25%40%3Ax@mail.example:2525", Server("mail.example", 2525, user="ann", password=WORD)),
        ("smtps://us%40x.example@mail.example", Server("mail.example", 465, secure=True, user="us@x.example")),
        ("smtp://mail.example/", Server("mail.example", 587)),
        ("smtp://[::1]:25", Server("::1", 25)),
    ],
)
def test_a_server_is_named_by_an_address(address: str, server: Server) -> None:
    assert server_of(address) == server


@pytest.mark.parametrize(
    "address",
    ["", "mail.example", "http://mail.example:25", "smtp://", "smtp://ann:pass/word@host", "smtp://u:s3cret@h:port"],
)
def test_what_names_no_server_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(Misuse, match="smtp://USER:PASSWORD@HOST:PORT") as raised:
        server_of(address)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__context__ is None


def test_the_password_is_never_shown(log: Path) -> None:
    server = Server("127.0.0.1", free_port(), user="ann@x.example", password=WORD)
    with pytest.raises(Misuse) as raised:
        post(server, log, mail())
    assert WORD not in f"{server!r} {raised.value}"


@pytest.mark.parametrize(("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("mail.x", False)])
def test_only_this_machine_is_trusted_without_encryption(host: str, *, here: bool) -> None:
    assert Server(host, 25).is_here is here


def test_a_message_from_nobody_is_not_sent(server: Server, log: Path, inbox: Inbox) -> None:
    unsigned = message([Field("To", "a@b.example"), Field("Subject", "s")], "", "", (), date(2026, 1, 1))
    with pytest.raises(Misuse, match="From:"):
        post(server, log, unsigned)
    with serving(inbox, auth_require_tls=False, authenticator=lambda *_: AuthResult(success=True)) as known:
        assert post(replace(known, user="us@x.example", password=WORD), log, unsigned) == ["sent"]
    assert inbox.came[0].mail_from == "us@x.example"


# Encryption: the server's certificate is for mail.provider.example, a name that leads to this machine here.


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a server that is not on this machine, as far as anybody can tell."""
    ask = socket.getaddrinfo

    def lead(host: str | None, *more: Any, **named: Any) -> Any:
        return ask("127.0.0.1" if host and host.endswith("provider.example") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lead)
    return "mail.provider.example"


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def context_of(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"ann" and data.password == WORD.encode(), handled=False)


@pytest.mark.usefixtures("trusted")
def test_the_way_to_another_machine_is_encrypted_before_logging_in(
    inbox: Inbox, log: Path, authority: trustme.CA, away: str
) -> None:
    with serving(inbox, tls_context=context_of(authority, away), require_starttls=True, authenticator=login) as server:
        there = replace(server, host=away, user="ann", password=WORD)
        assert post(there, log, mail()) == ["sent"]
        with pytest.raises(Misuse, match="535") as raised:
            post(replace(there, password=WORD[:-1]), log, mail("b@x.example"))
    assert inbox.encrypted == [True]
    assert WORD[:-1] not in str(raised.value)


def test_a_server_elsewhere_that_does_not_encrypt_gets_nothing(inbox: Inbox, log: Path, away: str) -> None:
    with serving(inbox) as server, pytest.raises(Misuse, match="STARTTLS"):
        post(replace(server, host=away), log, mail())
    assert not inbox.came


def test_a_certificate_that_nobody_trusts_ends_it(inbox: Inbox, log: Path, authority: trustme.CA, away: str) -> None:
    with serving(inbox, tls_context=context_of(authority, away)) as server, pytest.raises(Misuse, match="certificate"):
        post(replace(server, host=away), log, mail())
    assert not inbox.came


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_server_ends_it(inbox: Inbox, log: Path, authority: trustme.CA, away: str) -> None:
    context = context_of(authority, "another.example")
    with serving(inbox, tls_context=context) as server, pytest.raises(Misuse, match="certificate"):
        post(replace(server, host=away), log, mail())
    assert not inbox.came


@pytest.mark.usefixtures("trusted")
def test_smtps_is_encrypted_from_the_start(inbox: Inbox, log: Path, authority: trustme.CA) -> None:
    with serving(inbox, ssl_context=context_of(authority, "localhost")) as server:
        assert post(replace(server, host="localhost", secure=True), log, mail()) == ["sent"]
    assert len(inbox.came) == 1


def test_a_bridge_on_this_machine_may_sign_its_own_certificate(inbox: Inbox, log: Path, authority: trustme.CA) -> None:
    with serving(inbox, tls_context=context_of(authority, "bridge"), require_starttls=True) as server:
        assert post(server, log, mail()) == ["sent"]
    assert inbox.encrypted == [True]


SENDING = """
import sys
from pathlib import Path
from generator.merge.post import Server, send
from tests.test_post import mail
def tell(line):
    print(line, flush=True)
send([mail(f"{n}@x.example") for n in range(9)], Server("127.0.0.1", int(sys.argv[1])), Path(sys.argv[2]), %s,
     lambda _: True, tell)
"""


def sending(server: Server, log: Path, rate: str) -> subprocess.Popen[str]:
    """Nine messages, sent by another process."""
    command = [sys.executable, "-c", SENDING % rate, str(server.port), str(log)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(server: Server, inbox: Inbox, log: Path) -> None:
    with sending(server, log, "60") as process:
        assert process.stdout
        assert process.stdout.readline() == "sent to 0@x.example\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert out == "Stopped after 1 of 9; the same command goes on from here.\n"
    assert "KeyboardInterrupt" in err
    assert logged(log)[-1][0] == "sent"
    found = post(server, log, *(mail(f"{n}@x.example") for n in range(9)))
    assert found == ["before"] + ["sent"] * 8
    assert len(inbox.came) == 9


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
def test_ctrl_c_lets_the_message_on_its_way_arrive(inbox: Inbox, log: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    class Slow(Inbox):
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            reached.set()
            go_on.wait(20)
            return await inbox.handle_DATA(server, session, envelope)

    with serving(Slow()) as server, sending(server, log, "1e9") as process:
        assert reached.wait(20)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        go_on.set()
        out, _ = process.communicate(timeout=30)
    assert out.splitlines()[0] == "sent to 0@x.example"
    assert [state for state, _ in logged(log)] == ["sending", "sent"]
    assert len(inbox.came) == 1


def test_a_log_that_another_run_writes_or_that_cannot_be_locked_takes_no_message(
    inbox: Inbox, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system's own disks have locks")
    with serving(inbox) as server:
        with log_at(log), pytest.raises(Misuse, match="another run is sending"):
            post(server, log, mail("0@x.example"))
        monkeypatch.setattr(fcntl, "flock", lambda *_: os.open(log / "no locks here", os.O_RDONLY))
        with pytest.raises(Misuse, match=r"cannot be locked \(Not a directory\)"):
            post(server, log, mail("0@x.example"))
    assert inbox.came == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_message_during_which_the_machine_stopped_was_perhaps_sent(inbox: Inbox, log: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    class Stuck(Inbox):
        async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
            reached.set()
            go_on.wait(20)
            return "250 OK"

    with serving(Stuck()) as stuck, sending(stuck, log, "1e9") as process:
        assert reached.wait(20)
        process.kill()
        process.wait(20)
        go_on.set()
    assert [state for state, _ in logged(log)] == ["sending"]
    with serving(inbox) as server:
        assert post(server, log, mail("0@x.example"), mail("1@x.example")) == ["perhaps", "sent"]
