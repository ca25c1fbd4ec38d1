"""E-mailing: records become drafts, and drafts that are asked to be sent become messages on their way."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from generator.errors import Faults, Misuse, Problem
from generator.merge import drafts, post
from generator.merge.gathering import day_of
from generator.merge.merging import of_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from email.message import EmailMessage

    from generator.merge.gathering import Gathering
    from generator.recipients import Recipient
    from generator.render import Template
    from generator.workspace import Workspace

#: What was sent to whom. It is not below output/, which may be thrown away: then it would all be sent again.
LOG = "sent.jsonl"
_WORDS: tuple[tuple[post.State, str], ...] = (
    ("sent", "sent"),
    ("before", "sent before"),
    ("perhaps", "perhaps sent"),
    ("refused", "refused"),
    ("failed", "not sent"),
)


def messages(workspace: Workspace, found: Gathering, template: Template) -> Iterator[tuple[Recipient, EmailMessage]]:
    """Each record with its message; one that fails is told and left out. Raises Misuse for a template of no e-mail."""
    if not hasattr(template, "mail"):
        message = "an e-mail is a .txt template that begins with To: and Subject: (an .html beside it is its HTML part)"
        raise Misuse(message)
    folders = (workspace.output, workspace.templates)
    for one in found.records:
        try:
            mail = cast("Any", template).mail(one.values)
            attachments = drafts.attached(mail.head, folders)
            made = drafts.message(mail.head, mail.text, mail.html, attachments, one.dated)
        except Faults as faults:
            found.problems += [of_record(one, problem) for problem in faults.problems]
            continue
        if day_of(one) is None:
            del made["Date"]
        yield one, made


def sent(  # noqa: PLR0913 -- all that sending needs
    workspace: Workspace,
    records: Sequence[tuple[Recipient, EmailMessage]],
    rate: float,
    ask: Callable[[str], bool],
    tell: Callable[[str], None],
    *,
    force: bool,
) -> tuple[list[post.Posted], list[Problem]]:
    """Send the messages; gives what became of each, and a problem for each that did not go. Raises Misuse."""
    address = os.environ.get(post.VARIABLE, "")
    if not address:
        message = f"no mail server is named: set {post.VARIABLE} to {post.FORM}"
        raise Misuse(message)
    server = post.server_of(address)
    log = workspace.deals / LOG
    results = post.send([message for _, message in records], server, log, rate, ask, tell, force=force)
    problems = [
        problem
        for (one, _), result in zip(records, results, strict=bool(results))
        for problem in problems_of(one, result)
    ]
    return list(results), problems


def summary(results: Sequence[post.Posted]) -> str:
    """What became of the messages, in a sentence."""
    counts = Counter(result.state for result in results)
    told = ", ".join(f"{counts[state]} {said}" for state, said in _WORDS if counts[state])
    return f"{told}." if told else "Nothing was sent."


def problems_of(one: Recipient, result: post.Posted) -> Iterator[Problem]:
    """What went wrong with one message."""
    to = ", ".join(result.recipients)
    if result.state == "perhaps":
        hint = "ask whether it came; --force sends it again"
        yield one.problem(
            "M620", f"the message to {to} was perhaps sent: {result.why or 'the run was cut short'}", hint
        )
    elif result.state in {"refused", "failed"}:
        hint = "send it again later" if result.state == "failed" else ""
        yield one.problem("M621", f"the message to {to} was not sent: {result.why}", hint)
    for who, why in result.refused:
        yield one.problem("M621", f"{who} was refused: {why}")
