"""Portfolio: every deal with its figures and its lines of the ledger becomes an overview of them all on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator import compute
from generator.invoicing import overview
from generator.invoicing.credits import sound
from generator.reading import Collecting, Opened, find, issued, read_deals, read_house
from generator.templating import environment
from generator.work import Account, DealAccount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from generator.errors import Problem
    from generator.invoicing.overview import Overview, Row
    from generator.reading import Workspace


def survey(workspace: Workspace, names: Sequence[str], as_of: date, sort: str = "deal") -> tuple[Overview, Account]:
    """The deals that can be read, in the order of a column, and what became of all of them.

    Raises Faults for those of `templates/`, and those that concern the whole ledger.
    """
    books = sound(issued(workspace), "")
    house, sources = read_house(workspace)
    provider = house.provider
    opened = Opened(house, sources, {}, environment(provider.locale, provider.currency, markup=False))
    problems: list[Problem] = []
    paths = find(workspace, names)
    signed = read_deals(paths, opened, problems)
    rows: dict[str, Row] = {}
    for one in signed.values():
        with Collecting(problems):
            lines = sound(books, one.id).of(one.id)
            figures = compute.figures(one.deal, provider, lines)
            rows[one.id] = overview.row_of(one.deal, figures, lines, as_of, provider.currency)
    done = tuple(DealAccount(path.stem, "ok" if path.stem in rows else "failed") for path in paths)
    ordered = tuple(sorted(set(problems), key=lambda problem: problem.order))
    return overview.overview(rows.values(), as_of, provider, sort), Account(done, ordered)
