"""The `render` command: its options become an order, the account of the run becomes text and an exit code."""

from __future__ import annotations

import sys
import time
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.console import OK, STOPPED, Lines, fallen_through, say_if_empty, tell
from generator.errors import Faults, Misuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.account import Account
    from generator.errors import Problem
    from generator.order import Order
    from generator.workspace import Workspace

# Only what --help needs is imported above; the rest is imported by the functions that use it.

#: Seconds until what could not be is tried again.
AGAIN = 1
_ALL_NAMES = click.argument("names", metavar="[DEAL]...", nargs=-1)
_OPTIONS = (
    click.option("--output", type=click.Path(path_type=Path), metavar="DIR",
                 help="Where documents go. [default: output]"),
    click.option("--only", multiple=True, type=Lines(), metavar="DOC",
                 help="Make this document only; may be given more than once."),
    click.option("--since", metavar="REV", help="Deals that differ from a git revision; all, if templates do."),
    click.option("--failed", is_flag=True, help="Deals that failed last time."),
    click.option("--force", is_flag=True, help="Make all again, also over what was changed by hand; copies are kept."),
    click.option("--prune", is_flag=True, help="Remove documents whose deal is gone, if nobody changed them."),
    click.option("--dry-run", "dry", is_flag=True, help="Say what would be written, and write nothing."),
    click.option("--watch", is_flag=True, help="Render again whenever a deal or a template changes."),
    click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes to use. [default: the cores]"),
    click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler whose workers do it: tcp://HOST:8786."),
    click.option("--fail-fast", is_flag=True, help="Stop at the first deal that fails."),
    click.option("--time-limit", type=click.FloatRange(0.1), default=60, show_default=True, metavar="SECONDS",
                 help="What one document may take."),
    click.option("--memory-limit", type=click.IntRange(100), default=1000, show_default=True, metavar="MB",
                 help="What one document may take."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the summary."),
    click.option("--report", type=click.Path(path_type=Path), metavar="FILE",
                 help="Write that JSON document to a file."),
    click.option("--why", is_flag=True, help="List every document, with the reason why it was made or left."),
    click.option("-q", "--quiet", is_flag=True, help="No summary; problems are told all the same."),
    click.option("-v", "--verbose", is_flag=True, help="List every document."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telling:
    """What is told of a run, and where to."""

    dry: bool
    as_json: bool
    report: Path | None
    why: bool
    quiet: bool
    verbose: bool


@click.command()
@_ALL_NAMES
@click.pass_obj
def render(directory: Path, /, names: Sequence[str], **options: Any) -> int:  # noqa: ANN401 -- of many types
    """Make the documents of the deals.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace. A deal with a problem yields no
    document at all; the others are made. What has not changed since it was made is left as it is.
    """
    from generator.workspace import Workspace

    workspace = Workspace.at(directory, options["output"])
    order = order_of(options)
    telling = Telling(*(options[name] for name in ("dry", "as_json", "report", "why", "quiet", "verbose")))
    if not options["watch"]:
        return once(workspace, names, order, telling)
    return again_and_again(workspace, names, order, telling)


for option in reversed(_OPTIONS):
    render = option(render)


def order_of(options: dict[str, Any]) -> Order:
    """What is asked for."""
    from generator.limits import Limits
    from generator.order import Order

    return Order(
        only=frozenset(options["only"]),
        limits=Limits(options["time_limit"], options["memory_limit"]),
        **{name: options[name] for name in ("since", "failed", "force", "prune", "jobs", "cluster", "fail_fast")},
    )


def once(workspace: Workspace, names: Sequence[str], order: Order, telling: Telling) -> int:
    """Render, and tell what became of it."""
    from generator import files, report, run, write
    from generator.account import Account
    from generator.cli import progress

    writer = (write.Preview if telling.dry else write.Disk)(workspace.output, force=order.force)
    shown = progress.Progress() if telling.quiet else progress.for_stream(sys.stderr)
    try:
        with closing(shown), nullcontext() if telling.dry else files.alone(workspace.output):
            account = run.render(workspace, names, writer, shown.follow, order, shown.begin)
    except Faults as faults:  # the output folder cannot be written to at all
        unwritten = reported(Account(problems=faults.problems), telling.report)
        return fallen_through((*faults.problems, *unwritten), as_json=telling.as_json)
    tell(account.problems)
    unwritten = reported(account, telling.report)
    tell(unwritten)
    account = replace(account, problems=(*account.problems, *unwritten))
    say(account, workspace, order, telling)
    return report.exit_code(account)


def reported(account: Account, path: Path | None) -> Sequence[Problem]:
    """Write the account to a file, if that is asked for; gives what is wrong with that."""
    from generator import files, report
    from generator.errors import Collecting

    unwritten: list[Problem] = []
    if path:
        with Collecting(unwritten), files.told(path):
            files.hand_out(path, f"{report.as_json(account)}\n".encode(errors="backslashreplace"))
    return unwritten


def say(account: Account, workspace: Workspace, order: Order, telling: Telling) -> None:
    """Tell what became of the deals, on standard output; of a run that was stopped, on standard error."""
    from generator import report

    if telling.as_json:
        click.echo(report.as_json(account))
    elif account.stopped and not account.deals:
        click.echo("Stopped.", err=True)
    elif not (account.deals or account.gone) and (order.failed or order.since):
        click.echo("There is nothing to do: no deal is among those that were asked for.", err=True)
    elif not say_if_empty(account, workspace.deals) and not telling.quiet:
        listing = report.listing(account, why=telling.why) if telling.verbose or telling.why else ""
        stopped = "Stopped. Until then:\n" if account.stopped else ""
        click.echo(stopped + listing + report.summary(account, dry=telling.dry), nl=False, err=account.stopped)


def again_and_again(workspace: Workspace, names: Sequence[str], order: Order, telling: Telling) -> int:
    """Render, and again after every change, until Ctrl-C. What is broken is told, and may be mended meanwhile."""
    from generator import watch
    from generator.record import RECORDS

    named = [path if path.is_dir() else path.parent for path in map(Path, names) if path.exists()]
    made = [workspace.output, workspace.output / RECORDS, *([telling.report] if telling.report else [])]
    try:
        for _ in watch.rounds([workspace.deals, workspace.templates, *named], made):
            if as_soon_as_it_can(lambda: once(workspace, names, order, telling)) == STOPPED:
                return OK
            click.echo("Watching; Ctrl-C ends.", err=True)
    except KeyboardInterrupt:
        click.echo("", err=True)
    return OK


def as_soon_as_it_can(run: Callable[[], int]) -> int:
    """Run, and where that cannot be, again and again until it can; why not is told, once.

    What is missing comes, and another run ends, without a change in what is watched.
    """
    told = ""
    while True:
        try:
            return run()
        except Misuse as misuse:
            if told != (told := f"dealdocs: {misuse}"):
                click.echo(f"{told}\ndealdocs: trying again until that is mended; Ctrl-C ends.", err=True)
        time.sleep(AGAIN)
