"""The command line: words become a call, an account becomes text and an exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator import __version__
from generator.errors import Faults, Misuse
from generator.questions import QUESTIONS, Interview

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TextIO

    from generator.errors import Problem
    from generator.provider import Provider
    from generator.questions import Question
    from generator.work import Account, DealAccount

# Only what --help needs is imported above; the rest is imported by the command that uses it.

OK, FAILED, IMPOSSIBLE, STOPPED = 0, 1, 2, 130


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a redirected stream on Windows would not take every name
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run())


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


def say_if_empty(account: Account, deals: Path) -> bool:
    """Say what to do where there are no deals at all; whether that was so."""
    if not account.deals:
        click.echo(f"There are no deals in {deals} yet; 'dealdocs new ID' makes one.", err=True)
    return not account.deals


@dataclass(slots=True)
class Progress:
    """Follows a run deal by deal; `shown` on a line of the terminal that is written over and over."""

    shown: bool
    done: list[DealAccount] = field(default_factory=list)

    def follow(self, deal: DealAccount) -> None:
        """Note that a deal is done."""
        self.done.append(deal)
        self._line(f"{len(self.done)} {deal.deal}")

    def close(self) -> None:
        """Leave the line empty for what comes next."""
        self._line("")

    def _line(self, text: str) -> None:
        if self.shown:
            click.echo(f"\r\x1b[2K{text}", nl=False, err=True)


@click.group(context_settings={"auto_envvar_prefix": "DEALDOCS", "help_option_names": ["-h", "--help"]})
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

    Every option can be set by a variable too: DEALDOCS_DIRECTORY, DEALDOCS_RENDER_OUTPUT, DEALDOCS_CHECK_FORMAT.
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
    interview = Interview(provider, today=datetime.now().astimezone().date())
    for question in QUESTIONS:
        interview.answers[question.key] = answer(question, given[question.key], interview, asking=asking)
    return interview.answers


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
@_QUIET
@click.pass_obj
def check(directory: Path, names: Sequence[str], form: str, *, quiet: bool) -> int:
    """Find every problem in deals and templates; write nothing.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace.
    """
    from generator import pipeline, report

    workspace = pipeline.Workspace.at(directory)
    account = pipeline.check(workspace, names)
    if form == "json":
        click.echo(report.as_json(account))
    elif form == "github":
        click.echo(report.github(account.problems), nl=False)
    else:
        tell(account.problems)
        say_if_empty(account, workspace.deals)
        if not quiet:
            click.echo(report.checked(account), nl=False)
    return report.exit_code(account)


@cli.command()
@_NAMES
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Where documents go. [default: output]")
@click.option("--only", multiple=True, metavar="DOC", help="Make this document only; may be given more than once.")
@click.option("--force", is_flag=True, help="Replace documents changed by hand; a copy of them is kept.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the summary.")
@_QUIET
@click.option("-v", "--verbose", is_flag=True, help="List every document.")
@click.pass_obj
def render(directory: Path, /, names: Sequence[str], output: Path | None, only: Sequence[str], **flags: bool) -> int:
    """Make the documents of the deals.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace. A deal with a problem yields no
    document at all; the others are made.
    """
    from generator import pipeline, report, write

    workspace = pipeline.Workspace.at(directory, output)
    writer = (write.preview if flags["dry"] else write.disk)(workspace.output, force=flags["force"])
    progress = Progress(shown=sys.stderr.isatty() and not flags["quiet"])
    try:
        account = pipeline.render(workspace, names, only, writer, progress.follow)
    except KeyboardInterrupt:
        from generator.work import Account

        progress.close()
        done = report.summary(Account(tuple(progress.done)), dry=flags["dry"])
        click.echo(f"Stopped. Until then:\n{done}", nl=False, err=True)
        return STOPPED
    progress.close()
    tell(account.problems)
    if flags["as_json"]:
        click.echo(report.as_json(account))
    elif not say_if_empty(account, workspace.deals) and not flags["quiet"]:
        listing = report.listing(account) if flags["verbose"] else ""
        click.echo(listing + report.summary(account, dry=flags["dry"]), nl=False)
    return report.exit_code(account)


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
