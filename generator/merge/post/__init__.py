"""Post: messages go to a mail server one after another, each once, and a log says what became of each.

A message that stands in the log as "sending" alone was perhaps sent: the machine stopped, or the connection broke,
before the server answered. Like one that was sent it does not go again, unless that is forced.
"""

from __future__ import annotations

import signal
import smtplib
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from generator.errors import Misuse
from generator.merge.post.letter import Letter, letter_of
from generator.merge.post.log import Note, is_due, log_at, states_in
from generator.merge.post.route import (
    FORM,
    REFUSALS,
    VARIABLE,
    Route,
    Server,
    UnknownError,
    is_temporary,
    server_of,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from email.message import EmailMessage
    from pathlib import Path

__all__ = ["FORM", "VARIABLE", "Posted", "Server", "send", "server_of"]

#: How long to wait before each further try, in seconds.
PAUSES = (5.0, 30.0, 120.0)

State = Literal["sent", "before", "perhaps", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a message: `before`: it had been sent; `perhaps`: nobody knows; `failed`: not, but it may be yet.

    `refused` are those of its recipients whom the server would not take, each with the server's words.
    """

    state: State
    recipients: tuple[str, ...]
    subject: str
    why: str = ""
    refused: tuple[tuple[str, str], ...] = ()


def send(  # noqa: PLR0913, PLR0917 -- all that sending depends on
    messages: Sequence[EmailMessage],
    server: Server,
    log: Path,
    rate: float,
    ask: Callable[[str], bool],
    tell: Callable[[str], None],
    *,
    force: bool = False,
    pauses: Sequence[float] = PAUSES,
) -> tuple[Posted, ...]:
    """Send what has not been sent before, at most `rate` messages a minute; one result for each message, in order.

    `ask` is asked once, with how many go where; nothing is sent if it says no, and there are no results. `force` sends
    again what was perhaps sent, but never what was. Raises Misuse where the server cannot be used at all, and
    KeyboardInterrupt after the message that is on its way when Ctrl-C is pressed.
    """
    if not rate > 0:
        message = "the rate must be more than 0 messages a minute"
        raise Misuse(message)
    letters = [letter_of(message, server.user) for message in messages]
    states = states_in(log)
    due = {letter.key: letter for letter in letters if is_due(states.get(letter.key), force=force)}
    if not due:
        return tuple(outcome(letters, states, {}))
    senders = ", ".join(sorted({letter.sender for letter in due.values()}))
    if not ask(f"Send {len(due):,} message{'s' * (len(due) > 1)} from {senders} through {server.host}?"):
        return ()
    with Route(server, pauses) as route, log_at(log) as note:
        states = states_in(log)  # another run may have sent some until the answer came
        still = tuple(letter for letter in due.values() if is_due(states.get(letter.key), force=force))
        results = delivered(still, route, note, rate, tell)
    return tuple(outcome(letters, states, results))


def delivered(
    letters: Sequence[Letter], route: Route, note: Note, rate: float, tell: Callable[[str], None]
) -> dict[str, Posted]:
    """Send one message after another; gives what became of each, by its key. Stops where the server is gone."""
    results: dict[str, Posted] = {}
    try:
        for letter in paced(letters, rate):
            with uninterrupted() as asked:
                results[letter.key] = posted(letter, route, note, asked)
                tell(told(results[letter.key]))
            if route.lost:
                tell("The connection to the mail server is lost; the same command goes on from here.")
                break
    except KeyboardInterrupt:
        tell(f"Stopped after {len(results):,} of {len(letters):,}; the same command goes on from here.")
        raise
    return results


def outcome(letters: Sequence[Letter], states: Mapping[str, str], results: Mapping[str, Posted]) -> Iterator[Posted]:
    """What became of each message; the second of two that are the same was sent before."""
    seen: set[str] = set()
    for letter in letters:
        known: dict[str | None, State] = {"sent": "before", "sending": "perhaps"}
        untried = Posted(known.get(states.get(letter.key), "failed"), letter.recipients, letter.subject)
        result = results.get(letter.key, untried)
        again = letter.key in seen and result.state == "sent"
        yield replace(result, state="before", refused=()) if again else result
        seen.add(letter.key)


def posted(letter: Letter, route: Route, note: Note, asked: Sequence[int]) -> Posted:
    """Send one message, try again where the server says so, and log it."""
    note(letter, "sending", "")
    try:
        refused = route.deliver(letter, asked)
    except UnknownError as error:
        return Posted("perhaps", letter.recipients, letter.subject, str(error))
    except (smtplib.SMTPException, OSError) as error:
        why = words_of(error)
        note(letter, "refused", why)
        final = isinstance(error, REFUSALS) and not is_temporary(error)
        return Posted("refused" if final else "failed", letter.recipients, letter.subject, why)
    note(letter, "sent", "; ".join(f"{who} refused: {why}" for who, why in refused))
    return Posted("sent", letter.recipients, letter.subject, refused=refused)


def paced(letters: Sequence[Letter], rate: float) -> Iterator[Letter]:
    """The messages, each not before its time."""
    due = time.monotonic()
    for letter in letters:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic()) + 60 / rate
        yield letter


@contextmanager
def uninterrupted() -> Iterator[Sequence[int]]:
    """Let Ctrl-C wait until a message is through, and tell by a list that is no longer empty that it was pressed.

    A second one does not wait.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # signals come to that one alone
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def later(number: int, _: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, later)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


def told(result: Posted) -> str:
    """A line on what became of a message."""
    words = {"sent": "sent", "perhaps": "perhaps sent", "refused": "refused", "failed": "not sent"}
    problems = [result.why, *(f"{who} was refused: {why}" for who, why in result.refused)]
    return ": ".join([f"{words[result.state]} to {', '.join(result.recipients)}", *filter(None, problems)])
