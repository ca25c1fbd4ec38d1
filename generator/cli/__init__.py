"""The command line: words become a call, an account becomes text and an exit code."""

from __future__ import annotations

import errno
import gc
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator import __version__
from generator.cli.billing import credit, list_
from generator.cli.bookkeeping import number
from generator.cli.console import (
    DAY,
    FAILED,
    IMPOSSIBLE,
    OK,
    STOPPED,
    colorful,
    day_of,
    fallen_through,
    say_if_empty,
    tell,
)
from generator.cli.merge import merge
from generator.cli.rendering import render
from generator.errors import Faults, Misuse
from generator.questions import QUESTIONS, Interview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from generator.provider import Provider
    from generator.questions import Question

#: What a stream fails with where it leads to a file for which there is no room, or to a disk that is broken.
FULL = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT}

# Only what --help needs is imported above; the rest is imported by the command that uses it.


def main() -> None:
    """Run the command line and exit with its code."""
    gc.set_threshold(100_000, 20, 50)  # a render makes few cycles, and a tenth of its time went into looking for them
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a redirected stream on Windows would not take every name
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = run()
        click.echo(nl=False)  # what is still held back
    except OSError as error:
        if error.filename or error.errno not in FULL:  # a bug, and no fault of the stream
            raise
        code = unheard(error)
    sys.exit(code)


def unheard(error: OSError) -> int:
    """Say why the output cannot be written, on what may be left to say it on; the exit code."""
    with suppress(OSError):
        click.echo(f"dealdocs: the output cannot be written: {error.strerror}", err=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream:
            os.dup2(nowhere, stream.fileno())  # for Python writes what is left over when it ends
    return IMPOSSIBLE


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command (without `arguments`, the process's own) and give its exit code."""
    try:
        code = cli.main(arguments, prog_name="dealdocs", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Misuse as error:
        click.echo(f"dealdocs: {error}", err=True)
        return IMPOSSIBLE
    except click.Abort:
        click.echo("Stopped.", err=True)
        return STOPPED
    return int(code or OK)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-C",
    "--directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Work in another workspace than this folder.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, directory: Path) -> None:
    """Turn one YAML file per signed deal into its whole packet of documents.

    Every option can be set by a variable too: DEALDOCS_DIRECTORY, DEALDOCS_RENDER_OUTPUT, DEALDOCS_CHECK_FORMAT. One
    that may be given more than once takes a value from each line.
    """
    context.obj = directory


@cli.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def init(directory: Path, folder: Path | None) -> None:
    """Make a new workspace: templates, a sample deal, a schema for editors.

    What is already there stays as it is.
    """
    from generator import pipeline, starter

    workspace = directory / (folder or Path())
    laid = starter.lay_out(workspace, pipeline.schema())
    for verb, paths in (("made", laid.made), ("left as it was", laid.left)):
        for path in paths:
            click.echo(f"{verb}: {path}")
    click.echo(f"\nNext, in {workspace.resolve()}: make templates/provider.yaml yours,")
    click.echo("then 'dealdocs new ID' and 'dealdocs render'.")


def _asking(command: Callable[..., int]) -> Callable[..., int]:
    """Give `new` an option for each question that it asks."""
    for question in reversed(QUESTIONS):
        command = click.option(question.option, metavar="TEXT", help=f"{question.words}.")(command)
    return command


@cli.command()
@click.argument("deal", metavar="ID")
@_asking
@click.pass_obj
def new(directory: Path, /, deal: str, **given: str | None) -> int:
    """Make a new deal file, deals/ID.yaml.

    What no option answers is asked for, if there is somebody to ask.
    """
    from generator import pipeline, starter

    workspace = pipeline.Workspace.at(directory)
    path = starter.free_path(workspace.deals, deal)
    try:
        house, _ = pipeline.read_house(workspace)
        text = starter.deal_text(interviewed(given, house.provider))
        tell(pipeline.look_over(path, text, house))
    except Faults as faults:
        tell(faults.problems)
        return FAILED
    starter.write_new(path, text.encode())
    click.echo(f"made: {path}\n\nNext: look it over, then 'dealdocs render {deal}'.")
    return OK


def interviewed(given: Mapping[str, str | None], provider: Provider) -> Mapping[str, str]:
    """The answer to every question, from the options or from whoever sits at the terminal. Raises UsageError."""
    asking = sys.stdin.isatty()
    absent = [question.option for question in QUESTIONS if not question.default and given[question.key] is None]
    if absent and not asking:
        message = f"missing {', '.join(absent)} (there is nobody to ask)"
        raise click.UsageError(message)
    interview = Interview(provider, today=day_of(None))
    wrong = []
    for question in QUESTIONS:
        try:
            interview.answers[question.key] = answer(question, given[question.key], interview, asking=asking)
        except click.UsageError as error:
            wrong.append(error.message)
            interview.answers[question.key] = fallback(question, interview)
    if wrong:
        raise click.UsageError("; ".join(wrong))
    return interview.answers


def fallback(question: Question, interview: Interview) -> str:
    """What stands in for an answer that was refused, so that the others can be looked at too."""
    return question.default(interview) if question.default else ""


def answer(question: Question, given: str | None, interview: Interview, *, asking: bool) -> str:
    """One answer; one that cannot be is asked for again at the terminal, and refused where it came by an option."""

    def read(text: str) -> str:
        try:
            return question.read(text, interview) if text else text
        except ValueError as error:
            raise click.UsageError(f"{question.option}: {error}" if given else f"{error}") from None

    default = question.default(interview) if question.default else None
    if given is None and asking:
        asked: str = click.prompt(
            question.asked(interview), default=default, show_default=bool(default), value_proc=read
        )
        return asked
    return read(given if given is not None else default or "")


_NAMES = click.argument("names", metavar="[DEAL]...", nargs=-1)
_QUIET = click.option("-q", "--quiet", is_flag=True, help="No summary; problems are told all the same.")


@cli.command()
@_NAMES
@click.option("--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True)
@click.option("--staged", is_flag=True, help="What is staged in git, as it is staged: for a pre-commit hook.")
@click.option("--since", metavar="REV", help="Also what was changed of issued invoices since a git revision.")
@_QUIET
@click.pass_obj
def check(  # noqa: PLR0913 -- as many as the command has options
    directory: Path, /, names: Sequence[str], form: str, since: str | None, *, staged: bool, quiet: bool
) -> int:
    """Find every problem in deals, templates and the ledger of issued invoices; write nothing.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace.
    """
    from generator import pipeline, report, staging

    if staged and (names or since is not None):
        message = "--staged checks what is staged, held against the last commit: no DEAL and no --since goes with it"
        raise click.UsageError(message)
    workspace = pipeline.Workspace.at(directory)
    account = staging.check(directory) if staged else pipeline.check(workspace, names, since)
    if form == "json":
        click.echo(report.as_json(account))
    elif form == "github":
        click.echo(report.github(account.problems), nl=False)
    else:
        tell(account.problems)
        if not staged:
            say_if_empty(account, workspace.deals)
        if not quiet:
            click.echo(report.checked(account), nl=False)
    return report.exit_code(account)


for command in (render, merge, number, credit, list_):
    cli.add_command(command)


@cli.command()
@_NAMES
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Where documents are. [default: output]")
@click.option("--owner", metavar="NAME", help="What one person has to do: a name or a part of it, initials, or a role.")
@click.option("--overdue", is_flag=True, help="Deals in which something is overdue.")
@click.option("--as-of", type=DAY, metavar="DATE", help="Overdue on that day. [default: today]")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_obj
def status(  # noqa: PLR0913, PLR0917 -- as many as the command has options
    directory: Path,
    /,
    names: Sequence[str],
    output: Path | None,
    owner: str | None,
    as_of: datetime | None,
    form: str,
    *,
    overdue: bool,
    as_json: bool,
) -> int:
    """Say what is still to do, by the routing slips that people have filled in.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace.
    """
    from generator import pipeline
    from generator import status as statuses

    workspace, as_json = pipeline.Workspace.at(directory, output), as_json or form == "json"
    try:
        found, account = pipeline.standings(workspace, names)
    except Faults as faults:
        return fallen_through(faults.problems, as_json=as_json)
    tell(account.problems)
    day = day_of(as_of)
    if owner:
        found = statuses.owned(found, owner)
    if overdue:
        found = statuses.overdue(found, day)
    if as_json:
        click.echo(statuses.as_json(found, day))
    elif form == "csv":
        click.echo(statuses.as_csv(found, day), nl=False)
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        color = colorful(sys.stdout)
        click.echo(statuses.as_table(found, day, width=width, color=color), nl=False, color=color)
    return OK


@cli.command()
@click.pass_obj
def schema(_: Path) -> None:
    """Print the JSON schema of a deal file, for editors."""
    from generator import pipeline

    click.echo(pipeline.schema(), nl=False)


@cli.command()
@click.pass_obj
def doctor(_: Path) -> int:
    """Say what this machine lacks, and the command that mends it."""
    from generator import doctor as doctors

    findings = doctors.examine()
    click.echo(doctors.told(findings), nl=False)
    return IMPOSSIBLE if doctors.lacks_needed(findings) else OK


def hear_variables(command: click.Command, *words: str) -> None:
    """Have each option of a command set by a variable too, called by the command's words and the option's flag.

    click would call it by the name that the option has in the program, which nobody else knows.
    """
    for option in command.params:
        if isinstance(option, click.Option) and option.expose_value:  # --version is a question, and no setting
            flag = max(option.opts, key=len).lstrip("-")
            option.envvar = "_".join([*words, flag]).replace("-", "_").upper()


hear_variables(cli, "dealdocs")
for word, command in cli.commands.items():
    hear_variables(command, "dealdocs", word)
