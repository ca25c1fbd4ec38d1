"""The bookkeeper's door: invoices get their numbers, are credited, and are listed with what was paid for them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.cli.billing import credit, list_
from generator.cli.console import FAILED, OK, agreed, tell
from generator.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.errors import Problem
    from generator.invoicing.books import Proposal
    from generator.ledger import LedgerLine

# Only what --help needs is imported above; the rest is imported by the command that uses it.

DAY = click.DateTime(["%Y-%m-%d"])


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
    from generator.invoicing import books
    from generator.reading import Workspace

    workspace = Workspace.at(directory, output)
    day = (as_of or datetime.now().astimezone()).date()
    try:
        proposal = books.propose(workspace, names, day)
        tell(proposal.problems)
        if not as_json:
            click.echo(shown(proposal, f"{day}"), nl=False)
        wanted = (
            bool(proposal.lines)
            and not dry
            and agreed("Give these numbers? They are never changed again.", yes=yes, err=as_json)
        )
        if wanted:
            books.enter(workspace, proposal)
    except Faults as faults:
        tell(faults.problems)
        if as_json:
            click.echo(as_document((), faults.problems, f"{day}", written=False))
        return FAILED
    if as_json:
        click.echo(as_document(proposal.lines, proposal.problems, f"{day}", written=wanted))
    elif wanted:
        click.echo(f"Added to {workspace.ledger}. Next: 'dealdocs render', and commit the ledger.")
    return FAILED if any(problem.severity == "error" for problem in proposal.problems) else OK


def shown(proposal: Proposal, day: str) -> str:
    """What is proposed, for people."""
    from generator.invoicing import numbering
    from generator.templating import locale_filters

    if not proposal.lines:
        return f"Nothing is due to be issued by {day}.\n"
    filters = locale_filters(proposal.provider.locale, proposal.provider.currency)
    return numbering.as_table(proposal.lines, lambda month: filters["date"](month, "MMMM y"), filters["money"])


def as_document(lines: Sequence[LedgerLine], found: Sequence[Problem], day: str, *, written: bool) -> str:
    """What was proposed, as one JSON document; the keys are a contract."""
    import json

    from generator import report
    from generator.invoicing import numbering

    problems = [report.problem_as_json(problem) for problem in found]
    content = {"as_of": day, "written": written, "numbered": numbering.as_json(lines), "problems": problems}
    return json.dumps(content, ensure_ascii=False, indent=2)


#: What `cli` takes in.
COMMANDS: tuple[click.Command, ...] = (number, credit, list_)
