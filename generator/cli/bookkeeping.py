"""The `number` command: invoices get their numbers, once it was shown which and somebody agreed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.console import DAY, FAILED, OK, agreed, day_of, tell
from generator.errors import Faults, Misuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from generator.errors import Problem
    from generator.invoicing.books import Proposal
    from generator.ledger import LedgerLine
    from generator.workspace import Workspace

# Only what --help needs is imported above; the rest is imported by the command that uses it.


@click.command()
@click.argument("names", metavar="[DEAL]...", nargs=-1)
@click.option("--as-of", type=DAY, metavar="DATE", help="Issue what is due by that day. [default: today]")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", "dry", is_flag=True, help="Say which numbers would be given, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the table.")
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Where documents are. [default: output]")
@click.pass_obj
def number(  # noqa: PLR0913 -- as many as the command has options
    directory: Path,
    /,
    names: Sequence[str],
    as_of: datetime | None,
    output: Path | None,
    *,
    yes: bool,
    dry: bool,
    as_json: bool,
) -> int:
    """Give invoices and credit notes their numbers, and add them to the ledger, deals/invoices.csv.

    Due are the invoices of a packet once the deal is signed, and all others once their date has come. An issued
    invoice stays as it is: from then on its deal must give the same, or 'render' refuses it.

    A DEAL is an id, a file or a folder; without one, all deals of the workspace.
    """
    from generator.workspace import Workspace

    workspace, day = Workspace.at(directory, output), day_of(as_of)
    try:
        found, done = issue(workspace, names, day, Wanted(yes=yes, dry=dry, as_json=as_json))
    except Faults as faults:
        tell(faults.problems)
        if as_json:
            click.echo(as_document((), faults.problems, day, written=False))
        return FAILED
    if as_json:
        click.echo(as_document(found.lines, found.problems, day, written=done))
    elif done:
        click.echo(f"Added to {workspace.ledger}. Next: 'dealdocs render', and commit the ledger.")
    elif found.lines and not dry:
        click.echo("Nothing was written.")
    return FAILED if any(problem.severity == "error" for problem in found.problems) else OK


@dataclass(frozen=True, slots=True)
class Wanted:
    """How numbers are to be given."""

    yes: bool
    dry: bool
    as_json: bool


def issue(workspace: Workspace, names: Sequence[str], day: date, wanted: Wanted) -> tuple[Proposal, bool]:
    """Show what is due, and give the numbers if that is wanted; whether it was done. Raises Faults and Misuse."""
    from generator.invoicing import books

    proposal = books.propose(workspace, names, day, day_of(None))
    tell(proposal.problems)
    if not wanted.as_json:
        click.echo(shown(proposal, day), nl=False)
    if not proposal.lines or wanted.dry:
        return proposal, False
    return proposal, carried_out(workspace, proposal, day, yes=wanted.yes, as_json=wanted.as_json)


def carried_out(workspace: Workspace, proposal: Proposal, day: date, *, yes: bool, as_json: bool) -> bool:
    """Give the numbers, if somebody agrees; whether that was so. Raises Misuse, once JSON has what was proposed."""
    from generator.invoicing import books

    try:
        agrees = agreed("Give these numbers? They are never changed again.", yes=yes, err=as_json)
        if agrees:
            books.enter(workspace, proposal)
    except Misuse:
        if as_json:
            click.echo(as_document(proposal.lines, proposal.problems, day, written=False))
        raise
    return agrees


def shown(proposal: Proposal, day: date) -> str:
    """What is proposed, for people."""
    from generator.invoicing import numbering
    from generator.templating import locale_filters

    if not proposal.lines:
        return f"Nothing is due to be issued by {day}.\n"
    filters = locale_filters(proposal.provider.locale, proposal.provider.currency)
    return numbering.as_table(proposal.lines, lambda month: filters["date"](month, "MMMM y"), filters["money"])


def as_document(lines: Sequence[LedgerLine], found: Sequence[Problem], day: date, *, written: bool) -> str:
    """What was proposed, as one JSON document; the keys are a contract."""
    import json

    from generator import report
    from generator.invoicing import numbering

    problems = [report.problem_as_json(problem) for problem in found]
    content = {"as_of": f"{day}", "written": written, "numbered": numbering.as_json(lines), "problems": problems}
    return json.dumps(content, ensure_ascii=False, indent=2)
