"""What was billed, at the console: an issued invoice is credited, and all deals are listed with what they bring."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from generator.cli.console import DAY, FAILED, OK, agreed, colorful, day_of, fallen_through, say_if_empty, tell
from generator.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

# Only what --help needs is imported above; the rest is imported by the command that uses it.

#: What the list can be sorted by: the columns of an overview.
_COLUMNS = (
    "deal", "client", "plan", "state", "monthly", "paid_by", "starts", "term_end", "notice_by", "ended", "held",
    "invoiced", "credited",
)  # fmt: skip


@click.command()
@click.argument("number")
@click.option(
    "--lines",
    metavar="LINES",
    help="Lines of the invoice: 1,3, or with amounts before tax: 2=130.00. [default: all that is left]",
)
@click.option("--reason", metavar="TEXT", help="Why; printed on the credit note.")
@click.option("--date", "dated", type=DAY, metavar="DATE", help="The credit note's date. [default: today]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", "dry", is_flag=True, help="Say what would be added, and write nothing.")
@click.pass_obj
def credit(  # noqa: PLR0913 -- as many as the command has options
    directory: Path,
    /,
    number: str,
    lines: str | None,
    reason: str | None,
    dated: datetime | None,
    *,
    yes: bool,
    dry: bool,
) -> int:
    """Credit an issued invoice, or a part of it.

    Adds a credit note to its deal's file, and changes nothing else there; 'dealdocs number' then gives it a number.
    """
    from generator.invoicing.credits import amend, propose
    from generator.workspace import Workspace

    workspace = Workspace.at(directory)
    try:
        amendment = propose(workspace, number, lines, day_of(dated), reason)
        click.echo(f"{amendment.told}\n{amendment.diff}\n")
        if dry:
            return OK
        if not agreed(f"Add this to {amendment.path}?", yes=yes):
            click.echo("Nothing was written.")
            return OK
        amend(workspace, amendment)
    except Faults as faults:
        tell(faults.problems)
        return FAILED
    deal = amendment.invoice.line.deal
    click.echo(f"Added to {amendment.path}. Next: 'dealdocs number {deal}' gives the credit note its number.")
    return OK


@click.command("list")
@click.argument("names", metavar="[DEAL]...", nargs=-1)
@click.option("--as-of", type=DAY, metavar="DATE", help="As it is on that day. [default: today]")
@click.option("--sort", type=click.Choice(_COLUMNS), default="deal", show_default=True, help="By which column.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_obj
def list_(  # noqa: PLR0913 -- as many as the command has options
    directory: Path, /, names: Sequence[str], as_of: datetime | None, sort: str, form: str, *, as_json: bool
) -> int:
    """List the deals: what each brings, holds, and has been billed; with totals by plan and way of payment.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace.
    """
    from generator import report
    from generator.invoicing import overview, portfolio
    from generator.workspace import Workspace

    workspace, as_json = Workspace.at(directory), as_json or form == "json"
    try:
        shown, account = portfolio.survey(workspace, names, day_of(as_of), sort)
    except Faults as faults:
        return fallen_through(faults.problems, as_json=as_json)
    tell(account.problems)
    if as_json:
        click.echo(overview.as_json(shown))
    elif form == "csv":
        click.echo(overview.as_csv(shown), nl=False)
    elif not say_if_empty(account, workspace.deals):
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        color = colorful(sys.stdout)
        click.echo(overview.as_table(shown, width=width, color=color), nl=False, color=color)
    return report.exit_code(account)
