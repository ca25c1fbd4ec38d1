"""Portfolio: every deal with its figures and its lines of the ledger becomes an overview of them all on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import compute
from generator.account import Account, DealAccount
from generator.errors import Collecting, Faults, ordered
from generator.invoicing import auditing, overview
from generator.invoicing.credits import unspoilt
from generator.reading import open_books, read_deals
from generator.workspace import find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from generator.errors import Problem
    from generator.invoicing.overview import Overview, Row
    from generator.reading import Opened, Signed
    from generator.workspace import Workspace


def survey(workspace: Workspace, names: Sequence[str], as_of: date, sort: str = "deal") -> tuple[Overview, Account]:
    """The deals that can be read, in the order of a column, and what became of all of them.

    Raises Faults for those of `templates/`, and those that concern the whole ledger.
    """
    opened = open_books(workspace)
    unspoilt(opened.ledger, "")
    problems: list[Problem] = []
    paths = find(workspace, names)
    rows: dict[str, Row] = {}
    for one in read_deals(paths, opened, problems).values():
        with Collecting(problems):
            rows[one.id] = row_of(one, opened, as_of)
    done = tuple(DealAccount(path.stem, "ok" if path.stem in rows else "failed") for path in paths)
    return overview.overview(rows.values(), as_of, opened.house.provider, sort), Account(done, ordered(problems))


def row_of(one: Signed, opened: Opened, as_of: date) -> Row:
    """A deal on a day. Raises Faults where its lines are unsound, or in another currency, closed books or not."""
    provider, lines = opened.house.provider, unspoilt(opened.ledger, one.id).of(one.id)
    other = next((line for line in lines if line.currency != provider.currency), None)
    if other:
        raise Faults([auditing.other_currency(opened.ledger, other, provider)])
    figures = compute.figures(one.deal, provider, lines)
    return overview.row_of(one.deal, figures, lines, as_of, provider.currency)
