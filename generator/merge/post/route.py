"""The way to a mail server: a connection, encrypted unless the server is on this machine; one transaction a message."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from generator.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.merge.post.letter import Letter

#: Where the server is named, and how.
VARIABLE = "DEALDOCS_SMTP"
FORM = "smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT"
#: The ports where none is given: submission, and submission that is encrypted from the start.
PORTS = {"smtp": 587, "smtps": 465}
#: How long a server may take to answer, and to answer to a message, in seconds.
PATIENCE, LONG_PATIENCE = 60.0, 600.0
DONE, FORWARDED = 250, 251
TEMPORARY = range(400, 500)
#: What a server answers; all other exceptions of smtplib and of the network speak of the connection.
REFUSALS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; `secure` is encrypted from the start. Its password is shown nowhere."""

    host: str
    port: int
    secure: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, so that nobody can listen on the way."""
        with suppress(ValueError):
            return ip_address(self.host).is_loopback
        return self.host == "localhost"


class UnknownError(Exception):
    """The connection broke after the text had been sent and before the server answered."""


def server_of(address: str) -> Server:
    """The server that an address names. Raises Misuse, which does not show the password."""
    try:
        parts = urlsplit(address)
        usual = PORTS[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        message = (
            f"{VARIABLE} must name a mail server: {FORM} (write / @ : # ? % in a password as %2F %40 %3A %23 %3F %25)"
        )
        raise Misuse(message)
    return Server(
        parts.hostname, port, parts.scheme == "smtps", unquote(parts.username or ""), unquote(parts.password or "")
    )


class Route:
    """The way to the server: a connection that is opened again where it broke; `lost` where that did not help."""

    def __init__(self, server: Server, pauses: Sequence[float]) -> None:
        self.server, self.pauses = server, pauses
        self.connection: smtplib.SMTP | None = None
        self.lost = False

    def __enter__(self) -> Self:
        """Open it. Raises Misuse where that is not possible."""
        try:
            self.connection = connected(self.server)
        except (smtplib.SMTPException, OSError) as error:
            message = f"the mail server {self.server.host}:{self.server.port} cannot be used: {words_of(error)}"
            raise Misuse(message) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take leave of the server."""
        if self.connection:
            with suppress(smtplib.SMTPException, OSError):
                self.connection.quit()
            self.connection.close()
        self.connection = None

    def deliver(self, letter: Letter, asked: Sequence[int] = ()) -> tuple[tuple[str, str], ...]:
        """Hand over a message; gives the recipients that were refused. Raises what the last try raised.

        There are no further tries once `asked` is no longer empty.
        """
        for pause in self.pauses:
            try:
                return self.once(letter)
            except (smtplib.SMTPException, OSError) as error:
                if not is_temporary(error) or not waited(pause, asked):
                    raise
        return self.once(letter)

    def once(self, letter: Letter) -> tuple[tuple[str, str], ...]:
        """One try; one that failed leaves a connection that is ready for the next message, or none."""
        self.lost = True
        try:
            self.connection = self.connection or connected(self.server)
            refused = transact(self.connection, letter)
        except REFUSALS:
            self.lost = False
            self.start_over()
            raise
        except UnknownError:
            self.lost = False
            self.close()
            raise
        except (smtplib.SMTPException, OSError):
            self.close()
            raise
        self.lost = False
        return refused

    def start_over(self) -> None:
        """Let the server forget a message that it did not take."""
        try:
            kept = self.connection is not None and self.connection.rset()[0] == DONE
        except (smtplib.SMTPException, OSError):
            kept = False
        if not kept:
            self.close()


def waited(seconds: float, asked: Sequence[int]) -> bool:
    """Wait, but no longer than until `asked` is no longer empty; whether the whole time has passed."""
    until = time.monotonic() + seconds
    while not asked and time.monotonic() < until:
        time.sleep(min(0.1, seconds))
    return not asked


def connected(server: Server) -> smtplib.SMTP:
    """A connection to the server, encrypted unless the server is on this machine, and logged in."""
    trust = ssl.create_default_context()
    if server.secure:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=trust)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    try:
        connection.ehlo()
        if not server.secure:
            encrypt(connection, server, trust)
        if server.user:
            connection.login(server.user, server.password)
    except (smtplib.SMTPException, OSError):
        connection.close()
        raise
    return connection


def encrypt(connection: smtplib.SMTP, server: Server, trust: ssl.SSLContext) -> None:
    """Go over to encryption; on this machine only where it is offered, and then whoever signed the certificate."""
    if server.is_here:
        if not connection.has_extn("starttls"):
            return
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE  # programs there, such as a bridge to a mail service, sign their own
    connection.starttls(context=trust)
    connection.ehlo()


def transact(connection: smtplib.SMTP, letter: Letter) -> tuple[tuple[str, str], ...]:
    """Hand over a message in one transaction; gives the refused of several recipients."""
    letter.message["Date"] = format_datetime(datetime.now(UTC))
    content = letter.message.as_bytes()
    del letter.message["Date"]
    size = [f"size={len(content)}"] if connection.has_extn("size") else []
    code, reply = connection.mail(letter.sender, size)
    if code != DONE:
        raise smtplib.SMTPSenderRefused(code, reply, letter.sender)
    answers = {one: connection.rcpt(one) for one in letter.recipients}
    refused = {one: answer for one, answer in answers.items() if answer[0] not in {DONE, FORWARDED}}
    if len(refused) == len(answers):
        raise smtplib.SMTPRecipientsRefused(refused)
    code, reply = handed_over(connection, content)
    if code != DONE:
        raise smtplib.SMTPDataError(code, reply)
    return tuple((one, shown(*answer)) for one, answer in refused.items())


def handed_over(connection: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
    """The server's answer to the text. Raises UnknownError where none comes."""
    if connection.sock:
        connection.sock.settimeout(LONG_PATIENCE)
    try:
        answer = connection.data(content)
    except smtplib.SMTPDataError:  # it did not want the text
        raise
    except (smtplib.SMTPException, OSError) as error:
        message = f"the connection broke before the server answered ({words_of(error)})"
        raise UnknownError(message) from error
    if connection.sock:
        connection.sock.settimeout(PATIENCE)
    return answer


def is_temporary(error: Exception) -> bool:
    """Whether it is worth another try."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in TEMPORARY for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code in TEMPORARY
    return isinstance(error, (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError))


def words_of(error: Exception) -> str:
    """What the server or the machine said."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{who}: {shown(code, reply)}" for who, (code, reply) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return shown(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"it does not offer what is needed, encryption (STARTTLS) or logging in: {error}"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def shown(code: int, reply: bytes | str) -> str:
    """A server's answer on one line."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"
