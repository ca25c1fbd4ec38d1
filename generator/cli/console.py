"""The console: exit codes, and what every command tells people in the same way."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from generator.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path
    from typing import TextIO

    from generator.account import Account
    from generator.errors import Problem

OK, FAILED, IMPOSSIBLE, STOPPED = 0, 1, 2, 130
#: How a day is written on the command line.
DAY = click.DateTime(["%Y-%m-%d"])


class Lines(click.types.StringParamType):
    """A text that may be given more than once; a variable has one in each line, for a space may belong to it."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """The lines that are not empty."""
        return [line for line in rv.splitlines() if line.strip()]


def day_of(given: datetime | None) -> date:
    """The day that was given, or else today."""
    return (given or datetime.now().astimezone()).date()


def colorful(stream: TextIO) -> bool:
    """Whether to write in colour: NO_COLOR says no, FORCE_COLOR yes, otherwise a terminal that can does."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def tell(problems: Iterable[Problem]) -> None:
    """Write problems to standard error."""
    from generator import report

    color = colorful(sys.stderr)
    click.echo(report.diagnostics(problems, color=color), nl=False, err=True, color=color)


def fallen_through(problems: Sequence[Problem], *, as_json: bool) -> int:
    """Tell why nothing was done at all, as JSON too if that is asked for; the exit code."""
    from generator import report
    from generator.account import Account

    tell(problems)
    if as_json:
        click.echo(report.as_json(Account((), tuple(problems))))
    return FAILED


def say_if_empty(account: Account, deals: Path) -> bool:
    """Say what to do where there are no deals at all; whether that was so."""
    empty = not (account.deals or account.gone)
    if empty:
        click.echo(f"There are no deals in {deals} yet; 'dealdocs new ID' makes one.", err=True)
    return empty


def agreed(question: str, *, yes: bool, err: bool = False) -> bool:
    """Whether the one who is asked agrees. Raises Misuse where there is nobody to ask."""
    if not yes and not sys.stdin.isatty():
        message = "nothing was written, for there is nobody to ask; use --yes, or --dry-run to look only"
        raise Misuse(message)
    return yes or click.confirm(question, err=err)
