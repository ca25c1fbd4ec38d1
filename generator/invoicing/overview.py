"""Overview: what every deal brings, holds and has been billed on a day, with totals; as a table, as JSON, as CSV."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Literal

from generator.cldr import amount_pattern
from generator.fields import PAYMENTS, Payment
from generator.money import rounded, total
from generator.templating import locale_filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from generator.deal import Deal
    from generator.ledger import LedgerLine
    from generator.provider import Provider
    from generator.work import Figures, Invoice, Release

State = Literal["before start", "in force", "in notice window", "ended", "term over"]
STATES: tuple[State, ...] = ("before start", "in force", "in notice window", "ended", "term over")
_IN_FORCE = {"in force", "in notice window"}
_WAYS: dict[Payment, str] = {"check": "check", "card": "card", "ach": "ACH"}

Written = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class Row:
    """A deal on a day: amounts in the provider's currency, `monthly` before tax; the names are those of the columns.

    `held`: money collected at signing for months that have not begun. `invoiced`, `credited`: by the ledger, with tax.
    """

    deal: str
    client: str
    plan: str
    state: State
    monthly: Decimal
    paid_by: Payment
    starts: date
    term_end: date | None
    notice_by: date | None
    ended: date | None
    held: Decimal
    invoiced: Decimal
    credited: Decimal

    @property
    def is_in_force(self) -> bool:
        """Whether it brings its monthly fee on that day."""
        return self.state in _IN_FORCE


COLUMNS = tuple(field.name for field in fields(Row))


@dataclass(frozen=True, slots=True)
class Overview:
    """All rows, for a day; `plans` are the provider's plans, key → label."""

    rows: Sequence[Row]
    as_of: date
    currency: str
    locale: str
    plans: dict[str, str]


def overview(rows: Iterable[Row], as_of: date, provider: Provider, sort: str = "deal") -> Overview:
    """The rows in the order of a column; those that have nothing in it come last."""
    labels = {key: plan.label for key, plan in provider.plans.items()}

    def place(row: Row) -> tuple[bool, object, str]:
        value = getattr(row, sort)
        return value is None, value, row.deal

    return Overview(sorted(rows, key=place), as_of, provider.currency, provider.locale, labels)


def row_of(deal: Deal, figures: Figures, issued: Sequence[LedgerLine], as_of: date, currency: str) -> Row:
    """A deal on a day, by its figures and its lines of the ledger."""
    come = [line for line in issued if line.date <= as_of]
    return Row(
        deal=deal.id,
        client=deal.client.billing_name,
        plan=deal.plan,
        state=state_of(deal, figures, as_of),
        monthly=figures.monthly_total,
        paid_by=deal.monthly.paid_by,
        starts=deal.starts,
        term_end=figures.term_end,
        notice_by=figures.notice_by,
        ended=deal.ended,
        held=held(deal, figures, issued, as_of, currency),
        invoiced=total((line.total for line in come if not line.is_credit), currency),
        credited=total((line.total for line in come if line.is_credit), currency),
    )


def state_of(deal: Deal, figures: Figures, as_of: date) -> State:
    """How a deal stands on a day; its last day of service, and of notice, is still one."""
    if deal.ended and as_of > deal.ended:
        return "ended"
    if figures.term_end and as_of > figures.term_end:
        return "term over"
    if as_of < deal.starts:
        return "before start"
    if figures.notice_by and as_of >= figures.notice_by:
        return "in notice window"
    return "in force"


def held(deal: Deal, figures: Figures, issued: Sequence[LedgerLine], as_of: date, currency: str) -> Decimal:
    """What was collected at signing for months that have not begun by that day, less what was credited of them.

    What a month was issued for counts, whatever the prices are since.
    """
    if as_of < deal.signed:
        return total((), currency)
    months = zip(figures.monthly_invoices, figures.releases, strict=True)
    billed = {line.what: line.total for line in issued}
    amounts = ((month, release, billed.get(month.key, month.total)) for month, release in months)
    return total((held_for(*one, deal, figures, as_of) for one in amounts), currency)


def held_for(  # noqa: PLR0913, PLR0917 -- all that it depends on
    month: Invoice, release: Release, billed: Decimal, deal: Deal, figures: Figures, as_of: date
) -> Decimal:
    """What is held for one month: nothing from its first day on, and nothing that was credited before."""
    if release.on <= as_of:
        return Decimal(0)
    named = {month.number, f"{deal.id}, {month.key}"} - {""}
    credited = sum(note.total for note in figures.corrections if note.credited in named and note.dated <= as_of)
    return max(billed - release.credit - credited, Decimal(0))


def as_json(shown: Overview) -> str:
    """All of it as one JSON document; the keys are a contract, amounts are texts such as "1410.00"."""
    deals = [{name: plain(getattr(row, name)) for name in COLUMNS} for row in shown.rows]
    totals = {
        "deals": len(shown.rows),
        **recurring(shown, shown.rows),
        **{name: plain(sum_of(shown, name)) for name in ("held", "invoiced", "credited")},
        "by_plan": [{"plan": key, **recurring(shown, rows)} for key, rows in by_plan(shown)],
        "by_payment": [{"paid_by": way, **recurring(shown, rows)} for way, rows in by_payment(shown)],
    }
    made = {"as_of": shown.as_of.isoformat(), "currency": shown.currency, "deals": deals, "totals": totals}
    return json.dumps(made, ensure_ascii=False, indent=2)


def plain(value: object) -> str | None:
    """A value as data: days by ISO 8601, amounts with a point and nothing else."""
    return None if value is None else str(value)


def recurring(shown: Overview, rows: Sequence[Row]) -> dict[str, object]:
    """How many of the deals are in force, and what those bring in a month and in a year."""
    monthly = monthly_of(shown, rows)
    return {"in_force": sum(row.is_in_force for row in rows), "monthly": plain(monthly), "yearly": plain(12 * monthly)}


def monthly_of(shown: Overview, rows: Iterable[Row]) -> Decimal:
    """What those that are in force bring in a month, before tax."""
    return total((row.monthly for row in rows if row.is_in_force), shown.currency)


def sum_of(shown: Overview, column: str) -> Decimal:
    """The sum of a column of amounts."""
    return total((getattr(row, column) for row in shown.rows), shown.currency)


def by_plan(shown: Overview) -> Iterator[tuple[str, list[Row]]]:
    """The deals in force by plan, in the provider's order; only the plans that there are deals for."""
    for key in shown.plans:
        rows = [row for row in shown.rows if row.plan == key and row.is_in_force]
        if rows:
            yield key, rows


def by_payment(shown: Overview) -> Iterator[tuple[Payment, list[Row]]]:
    """The deals in force by the way in which the monthly fee is paid."""
    for way in PAYMENTS:
        rows = [row for row in shown.rows if row.paid_by == way and row.is_in_force]
        if rows:
            yield way, rows


def as_csv(shown: Overview) -> str:
    """A line for each deal, below a line of headings."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    for row in shown.rows:
        lines.writerow([plain(getattr(row, name)) for name in COLUMNS])
    return text.getvalue()


def as_table(shown: Overview, *, width: int | None = None, color: bool = False) -> str:
    """Tables for people, and the sum in a sentence. A deal has a line, or two where the `width` is too small for it."""
    from rich.cells import cell_len  # noqa: PLC0415 -- slow to import

    written = amounts(shown)
    fits = width is None or max(map(cell_len, drawn(wide(shown, written), None).splitlines())) <= width
    made = drawn((wide if fits else folded)(shown, written), width, color=color)
    return f"{made}\n\n{drawn(totals(shown, written), width, color=color)}\n\n{in_words(shown)}\n"


def amounts(shown: Overview) -> Written:
    """Amounts by the provider's locale, without the currency's sign."""
    number = locale_filters(shown.locale, shown.currency)["number"]
    pattern = amount_pattern(shown.locale, shown.currency)
    return lambda amount: str(number(rounded(amount, shown.currency), pattern))


def columns(*headings: str, right: Sequence[str]) -> Table:
    """An empty table; what stands under the headings in `right` is set against the right edge."""
    from rich import box  # noqa: PLC0415 -- slow to import
    from rich.table import Table  # noqa: PLC0415

    table = Table(*headings, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column, heading in zip(table.columns, headings, strict=True):
        column.justify = "right" if heading in right else "left"
        column.overflow = "fold"
    return table


def wide(shown: Overview, written: Written) -> Table:
    """A line for each deal."""
    money = ("Monthly", "Held", "Invoiced", "Credited")
    table = columns(
        "Deal", "Client", "Plan", "Monthly", "Paid by", "Starts", "Term ends", "Notice by", "Held", "Invoiced",
        "Credited", "", right=money,
    )  # fmt: skip
    for row in shown.rows:
        days = (row.starts.isoformat(), iso(row.term_end), iso(row.notice_by))
        sums = (written(row.held), written(row.invoiced), written(row.credited))
        plan, way = shown.plans[row.plan], _WAYS[row.paid_by]
        table.add_row(row.deal, row.client, plan, written(row.monthly), way, *days, *sums, said(row), style=style(row))
    return table


def folded(shown: Overview, written: Written) -> Table:
    """Two lines for each deal."""
    headings = ("Deal\nClient", "Plan\nPaid by", "Monthly", "Starts\nTerm ends", "Notice by", "Held")
    table = columns(*headings, "Invoiced\nCredited", right=("Monthly", "Held", "Invoiced\nCredited"))
    for row in shown.rows:
        table.add_row(
            f"{row.deal}\n{row.client}",
            f"{shown.plans[row.plan]}\n{_WAYS[row.paid_by]}",
            written(row.monthly),
            f"{row.starts}\n{iso(row.term_end) or 'no term'}",
            f"{iso(row.notice_by)}\n{said(row)}",
            written(row.held),
            f"{written(row.invoiced)}\n{written(row.credited)}",
            style=style(row),
        )
    return table


def iso(day: date | None) -> str:
    """A day, or nothing."""
    return day.isoformat() if day else ""


def said(row: Row) -> str:
    """A deal's state, and the day on which it is to end."""
    return f"until {row.ended}" if row.ended and row.is_in_force else row.state


def style(row: Row) -> str:
    """Deals that bring nothing now stand back."""
    return "" if row.is_in_force else "dim"


def totals(shown: Overview, written: Written) -> Table:
    """What the deals in force bring, by plan and by way of payment."""
    table = columns("In force", "Deals", "Monthly", "Yearly", right=("Deals", "Monthly", "Yearly"))
    plans = [(shown.plans[key], rows) for key, rows in by_plan(shown)]
    ways = [(f"paid by {_WAYS[way]}", rows) for way, rows in by_payment(shown)]
    for name, rows in (*plans, *ways, ("all", [row for row in shown.rows if row.is_in_force])):
        monthly = monthly_of(shown, rows)
        table.add_row(name, str(len(rows)), written(monthly), written(12 * monthly))
    return table


def drawn(table: Table, width: int | None, *, color: bool = False) -> str:
    """A table as text; without a `width`, nothing in it is broken into lines."""
    from rich.console import Console  # noqa: PLC0415 -- slow to import

    console = Console(
        file=StringIO(), width=width or 10_000, force_terminal=color, no_color=not color, highlight=False, markup=False
    )
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().strip("\n").splitlines())


def in_words(shown: Overview) -> str:
    """The sum in a sentence."""
    money = locale_filters(shown.locale, shown.currency)["money"]
    counts = Counter(row.state for row in shown.rows)
    states = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    deals = f"{len(shown.rows)} deal{'' if len(shown.rows) == 1 else 's'}"
    sums = ", ".join(f"{money(sum_of(shown, name))} {name}" for name in ("held", "invoiced", "credited"))
    counted = f": {states}; {sums}" if shown.rows else ""
    return f"{deals} as of {shown.as_of.isoformat()}{counted}."
