"""Two years of twelve deals, month by month: numbers, months, prepaid money, and the papers themselves add up."""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest

from generator import compute, ledger, load, numbers, validate
from generator.days import add_months, month_end, month_start, term_end
from generator.invoicing import books
from generator.pipeline import Workspace
from generator.reading import read_house
from generator.workspace import issued
from tests.making import TEMPLATES
from tests.reading import amounts_in, text_of
from tests.workspaces import change, documents, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.ledger import LedgerLine

INVOICES = 'documents: {invoice: {template: invoice.html, each: invoice, target: "{{ invoice.file }}.pdf"}}\n'


class Sold(NamedTuple):
    """A deal as far as the walk is about it; `more` is what else stands in its file."""

    signed: str
    starts: str
    plan: str
    servers: int
    workstations: int
    setup: str
    monthly: str
    more: str = ""

    def text(self, name: str) -> str:
        """The deal's file."""
        party = (
            f"client: {{name: {name}, address: {{street: 1 Main St, city: Portland}}, contact: {{name: Ann Lee}}}}\n"
        )
        dates = f"signed: {self.signed}\nstarts: {self.starts}\nplan: {self.plan}\n"
        counts = f"servers: {self.servers}\nworkstations: {self.workstations}\n"
        return (
            f"{party}{dates}{counts}setup: {{paid_by: {self.setup}}}\nmonthly: {{paid_by: {self.monthly}}}\n{self.more}"
        )


TAXED = """tax: {rate: "7.25", label: Sales tax}
lines: [{description: Backup, price: 19.99, every: month, taxable: true}]
"""
CREDIT = "credits: [{description: Filter, amount: 28.00, from: 2027-03-01, through: 2027-05-31, invoice: A-17}]\n"
HOSTING = "lines: [{description: Hosting, price: 45.50, every: month}]\n"
DEALS = {
    "alder": Sold("2026-11-02", "2026-12-01", "gold", 2, 14, "check", "card"),
    "birch": Sold("2026-11-02", "2026-12-01", "silver", 0, 3, "check", "check"),
    "cedar": Sold("2026-11-16", "2026-11-17", "platinum", 1, 9, "card", "ach", TAXED),
    "dogwood": Sold("2026-12-10", "2027-01-15", "gold", 1, 5, "ach", "check", "term_months: 12\n"),
    "elm": Sold("2027-01-04", "2027-02-01", "gold", 0, 7, "check", "check", "term_months: 2\n"),
    "fir": Sold("2027-01-31", "2027-01-31", "silver", 0, 1, "card", "card", "term_months: 0\n"),
    "ginkgo": Sold("2027-03-08", "2027-04-01", "gold", 3, 30, "card", "check", CREDIT),
    "hazel": Sold("2027-03-08", "2027-03-09", "gold", 0, 4, "check", "ach"),
    "ilex": Sold("2027-06-21", "2027-08-01", "platinum", 2, 12, "check", "check"),
    "juniper": Sold("2027-10-01", "2027-10-01", "silver", 1, 6, "ach", "card", "term_months: 6\n"),
    "katsura": Sold("2027-12-20", "2028-01-10", "gold", 0, 0, "card", "card", HOSTING),
    "larch": Sold("2028-02-29", "2028-03-01", "silver", 1, 2, "card", "check"),
}
#: id → the last day of service, and the day on which that is written into the file
ENDED = {"birch": (date(2027, 1, 10), date(2027, 1, 5)), "hazel": (date(2027, 9, 30), date(2027, 9, 1)),
         "ginkgo": (date(2028, 2, 14), date(2028, 2, 10))}  # fmt: skip
WALK = [add_months(date(2026, 11, 20), month) for month in range(26)]
#: When everything is made once more, from nothing.
AGAIN = {date(2027, 2, 20), WALK[-1]}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace after two years, in which the same bytes were found at every look."""
    made = Workspace.at(tmp_path_factory.mktemp("walk"))
    made.deals.mkdir()
    shutil.copytree(TEMPLATES, made.templates)
    (made.templates / "documents.yaml").write_text(INVOICES, encoding="utf-8")
    seen: dict[str, bytes] = {}
    for day in WALK:
        sign_and_end(made, day)
        proposal = books.propose(made, (), day)
        assert not [problem for problem in proposal.problems if problem.severity == "error"]
        books.enter(made, proposal)
        assert not render(made).failed
        stand = papers(made)
        assert {name: stand[name] for name in seen} == seen
        seen = stand
        if day in AGAIN:
            other = Workspace(made.deals, made.templates, made.output.with_name(f"again-{day}"))
            assert not render(other).failed
            assert papers(other) == seen
    return made


def sign_and_end(made: Workspace, day: date) -> None:
    """Put into `deals/` what people have written by a day."""
    for name, sold in DEALS.items():
        path = made.deals / f"{name}.yaml"
        if not path.exists() and date.fromisoformat(sold.signed) <= day:
            path.write_text(sold.text(name.title()), encoding="utf-8")
        ended, known = ENDED.get(name, (date.max, date.max))
        if known <= day and path.exists() and "ended" not in path.read_text(encoding="utf-8"):
            change(path, "plan:", f"ended: {ended}\nplan:")


def papers(made: Workspace) -> dict[str, bytes]:
    """The documents of numbered invoices."""
    numbered = set(targets(made).values())
    return {name: content for name, content in documents(made.output).items() if name in numbered}


def targets(made: Workspace) -> dict[LedgerLine, str]:
    """Each line of the ledger with its document."""
    (house, _), book = read_house(made), issued(made)
    found: dict[LedgerLine, str] = {}
    for name in DEALS:
        path = made.deals / f"{name}.yaml"
        if path.exists():
            deal, _ = validate.deal(load.read(path, name), name, house)
            invoices = {one.key: one for one in compute.figures(deal, house.provider, book.of(name)).invoices}
            found |= {line: f"{name}/{invoices[line.what].file}.pdf" for line in book.of(name)}
    return found


def months_of(name: str) -> Iterator[str]:
    """The months that a deal is to be billed for in the walk, worked out from what is written alone."""
    sold = DEALS[name]
    first, term = date.fromisoformat(sold.starts), re.search("term_months: ([0-9]+)", sold.more)
    months = int(term[1]) if term else 36
    prepaid = 3 if sold.monthly == "check" else 1
    ended, known = ENDED.get(name, (date.max, date.max))
    for nth in range(40):
        month = add_months(month_start(first), nth)
        dated = max(date.fromisoformat(sold.signed), month - timedelta(days=12))
        known_too_late = any(dated <= day < known for day in WALK)
        over = months and month > term_end(first, months)
        if over or (nth >= prepaid and (dated > WALK[-1] or (month > ended and not known_too_late))):
            return
        yield f"{month:%Y-%m}"


def test_numbers_run_without_a_gap_or_a_repeat(walked: Workspace) -> None:
    lines = issued(walked).lines
    series = read_house(walked)[0].provider.invoicing.series
    runs: dict[numbers.Run, list[int]] = defaultdict(list)
    for line in lines:
        run, count = numbers.run_of(series, line.number) or pytest.fail(line.number)
        assert run.year == line.date.year
        runs[run].append(count)
    assert len(lines) > 150
    assert {run.year for run in runs} >= {2026, 2027, 2028}
    assert all(counts == list(range(1, len(counts) + 1)) for counts in runs.values())


def test_every_month_of_every_deal_is_invoiced_exactly_once(walked: Workspace) -> None:
    billed = Counter((line.deal, line.what) for line in issued(walked).lines)
    assert set(billed.values()) == {1}
    expected = {(name, month) for name in DEALS for month in months_of(name)}
    assert {(deal, what) for deal, what in billed if re.fullmatch("[0-9]{4}-[0-9]{2}", what)} == expected
    assert {deal for deal, what in billed if what == "setup"} == set(DEALS) - {"katsura"}
    assert ("ginkgo", "credit-1") in billed


def test_what_was_paid_for_days_after_the_end_is_given_back(walked: Workspace) -> None:
    by_deal = issued(walked).by_deal
    for name, (ended, _) in ENDED.items():
        lines = {line.what: line.total for line in by_deal[name]}
        after = [what for what in lines if what[:1] == "2" and month_end(date.fromisoformat(f"{what}-01")) > ended]
        assert [what for what in lines if what.startswith("refund-")] == [f"refund-{what}" for what in after]
        for what in after:
            begun = month_start(ended) == date.fromisoformat(f"{what}-01")
            assert (lines[f"refund-{what}"] < lines[what]) if begun else (lines[f"refund-{what}"] == lines[what])
    assert sum(line.what.startswith("refund-") for line in issued(walked).lines) >= 3


def test_prepaid_money_is_released_to_nothing(walked: Workspace) -> None:
    house, _ = read_house(walked)
    held = 0
    for path in walked.deals.glob("*.yaml"):
        deal, _ = validate.deal(load.read(path, path.name), path.stem, house)
        figures = compute.figures(deal, house.provider, issued(walked).of(deal.id))
        balances = [figures.held, *(release.balance for release in figures.releases)]
        assert all(before >= after for before, after in pairwise(balances))
        assert balances[-1] == 0
        held += len(balances) > 2
    assert held >= 5


def test_the_ledger_comes_to_what_the_papers_say(walked: Workspace) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    lines = targets(walked)
    for line, name in lines.items():
        text = text_of(walked.output / name)
        assert line.number in text
        assert "DRAFT" not in text
        total = re.search(r"(?:Total|Amount credited) (\$[\d,.]+\.\d\d)", text)
        assert total
        (sums["papers"],) = (sums["papers"] + amount for amount in amounts_in(total[1]))
        sums["ledger"] += line.total
    assert set(lines) == set(issued(walked).lines)
    assert sums["papers"] == sums["ledger"] > 50_000


def test_there_is_nothing_left_to_number_and_nothing_to_complain_of(walked: Workspace) -> None:
    assert not books.propose(walked, (), WALK[-1]).lines
    text = (walked.deals / ledger.NAME).read_text(encoding="utf-8")
    assert text == ledger.with_lines("", issued(walked).lines)


def test_no_draft_is_left_among_the_papers(walked: Workspace) -> None:
    assert set(documents(walked.output)) == set(papers(walked))
