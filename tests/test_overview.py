"""The deals on a day: how they stand, what is held of their money, and what they bring altogether."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from generator import compute, load, validate
from generator.invoicing import overview
from generator.invoicing.overview import COLUMNS, Overview, Row
from tests.ledger_making import issued
from tests.making import ROOT, SMALLEST, deal, house

if TYPE_CHECKING:
    from generator.deal import Deal

BY_CHECK = "{plan: gold, starts: 2026-12-17, monthly: {paid_by: check}}"
NOTHING = Decimal("0.00")
ROW = Row(
    deal="acme", client="Acme", plan="gold", state="in force", monthly=Decimal("1410.00"), paid_by="card",
    starts=date(2026, 12, 1), term_end=date(2029, 11, 30), notice_by=date(2029, 10, 1), ended=None,
    held=NOTHING, invoiced=Decimal("2820.00"), credited=Decimal("28.50"),
)  # fmt: skip


def row(made: Deal, day: str, as_of: str | None = None) -> Row:
    """A deal on a day; all that was due by `as_of` has its number."""
    provider, on = house().provider, date.fromisoformat(day)
    lines = issued(made, date.fromisoformat(as_of)) if as_of else ()
    return overview.row_of(made, compute.figures(made, provider, lines), lines, on, provider.currency)


def shown(*rows: Row, sort: str = "deal", **changed: str) -> Overview:
    provider = house().provider.model_copy(update=changed)
    return overview.overview(rows, date(2027, 3, 1), provider, sort)


@pytest.mark.parametrize(
    ("text", "day", "state"),
    [
        ("{}", "2026-11-01", "before start"),
        ("{}", "2026-11-30", "before start"),
        ("{}", "2026-12-01", "in force"),
        ("{}", "2029-09-30", "in force"),
        ("{}", "2029-10-01", "in notice window"),
        ("{}", "2029-11-30", "in notice window"),
        ("{}", "2029-12-01", "term over"),
        ("{term_months: 0}", "2099-12-01", "in force"),
        ("{ended: 2027-05-31}", "2027-05-31", "in force"),
        ("{ended: 2027-05-31}", "2027-06-01", "ended"),
        ("{ended: 2027-05-31}", "2099-12-01", "ended"),
        ("{ended: 2026-11-20}", "2026-11-21", "ended"),
    ],
)
def test_a_deal_stands_by_its_dates(text: str, day: str, state: str) -> None:
    assert row(deal(text), day).state == state


@pytest.mark.parametrize(
    ("day", "held"),
    [
        ("2026-11-15", "0.00"),
        ("2026-11-16", "3502.26"),  # 682.26 for a part of December, twice 1410.00
        ("2026-12-16", "3502.26"),
        ("2026-12-17", "2820.00"),
        ("2026-12-31", "2820.00"),
        ("2027-01-01", "1410.00"),
        ("2027-02-01", "0.00"),
        ("2030-01-01", "0.00"),
    ],
)
def test_what_was_paid_in_advance_is_held_until_its_month_begins(day: str, held: str) -> None:
    for as_of in (None, "2026-11-16", "2027-06-01"):
        assert str(row(deal(BY_CHECK), day, as_of).held) == held


def test_a_credit_of_the_packet_is_not_held() -> None:
    text = SMALLEST.replace("monthly: {paid_by: card}", "monthly: {paid_by: check}") + (
        'credits: [{description: x, amount: 31.00, from: 2026-12-01, through: 2026-12-31, invoice: "1"}]\n'
    )
    made = deal(over=text)
    assert [str(row(made, day).held) for day in ("2026-11-16", "2026-12-01", "2027-02-01")] == [
        "4199.00", "2820.00", "0.00",
    ]  # fmt: skip


@pytest.mark.parametrize(("as_of", "until"), [(None, "0.00"), ("2027-01-10", "0.00"), ("2027-06-01", "1410.00")])
def test_what_is_refunded_when_a_deal_has_ended_is_held_until_the_credit_note(as_of: str | None, until: str) -> None:
    made = deal("{starts: 2026-12-17, monthly: {paid_by: check}, ended: 2027-01-10}")
    days = ("2027-01-09", "2027-01-10", "2027-01-31", "2027-02-01")
    assert [str(row(made, day, as_of).held) for day in days] == ["1410.00", until, until, "0.00"]


def test_what_is_held_never_rises_and_ends_at_nothing() -> None:
    for path in sorted((ROOT / "deals").glob("*.yaml")):
        made, _ = validate.deal(load.read(path, path.name), path.stem, house())
        days = [made.signed + timedelta(days=nth) for nth in range(0, 500, 3)]
        held = [row(made, str(day)).held for day in days]
        assert held == sorted(held, reverse=True)
        assert held[0] == compute.figures(made, house().provider).held
        assert held[-1] == 0


def test_invoiced_and_credited_are_what_the_ledger_says_up_to_the_day() -> None:
    path = ROOT / "deals/harbor-dental.yaml"
    made, _ = validate.deal(load.read(path, path.name), path.stem, house())
    lines = {line.what: line for line in issued(made, date(2027, 1, 1))}
    invoiced = lines["setup"].total + lines["2026-12"].total
    later = row(made, "2026-12-20", "2027-01-01")
    assert row(made, "2026-11-15", "2027-01-01").invoiced == 0
    assert row(made, "2026-12-19", "2027-01-01").invoiced == invoiced
    assert (later.invoiced, later.credited) == (invoiced + lines["2027-01"].total, lines["credit-1"].total)


def test_totals_count_only_the_deals_in_force() -> None:
    over = shown(
        ROW,
        replace(ROW, deal="b", plan="silver", paid_by="check", monthly=Decimal("100.50"), held=Decimal("201.00")),
        replace(ROW, deal="c", state="in notice window", monthly=Decimal("9.50")),
        replace(ROW, deal="d", state="ended"), replace(ROW, deal="e", state="term over"),
        replace(ROW, deal="f", state="before start", held=Decimal("10.00")),
    )  # fmt: skip
    made = json.loads(overview.as_json(over))
    assert made["totals"] == {
        "deals": 6, "in_force": 3, "monthly": "1520.00", "yearly": "18240.00",
        "held": "211.00", "invoiced": "16920.00", "credited": "171.00",
        "by_plan": [
            {"plan": "silver", "in_force": 1, "monthly": "100.50", "yearly": "1206.00"},
            {"plan": "gold", "in_force": 2, "monthly": "1419.50", "yearly": "17034.00"},
        ],
        "by_payment": [
            {"paid_by": "check", "in_force": 1, "monthly": "100.50", "yearly": "1206.00"},
            {"paid_by": "card", "in_force": 2, "monthly": "1419.50", "yearly": "17034.00"},
        ],
    }  # fmt: skip
    assert (made["as_of"], made["currency"]) == ("2027-03-01", "USD")


def test_json_and_csv_have_the_same_columns_and_plain_values() -> None:
    over = shown(ROW, replace(ROW, deal="b", client='The "B", Ltd', term_end=None, notice_by=None))
    rows = list(csv.DictReader(io.StringIO(overview.as_csv(over))))
    deals = json.loads(overview.as_json(over))["deals"]
    assert [{name: value or "" for name, value in one.items()} for one in deals] == rows
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["monthly"], rows[0]["starts"], rows[1]["client"]) == ("1410.00", "2026-12-01", 'The "B", Ltd')
    assert deals[1]["term_end"] is None


@pytest.mark.parametrize(
    ("sort", "order"), [("deal", "abc"), ("monthly", "bca"), ("term_end", "cab"), ("client", "acb")]
)
def test_rows_are_in_the_order_of_a_column_and_what_is_empty_comes_last(sort: str, order: str) -> None:
    rows = (
        replace(ROW, deal="c", client="Y", monthly=Decimal(20), term_end=date(2028, 1, 1)),
        replace(ROW, deal="a", client="X", monthly=Decimal(100)),
        replace(ROW, deal="b", client="Z", monthly=Decimal(3), term_end=None),
    )
    assert "".join(one.deal for one in shown(*rows, sort=sort).rows) == order


def test_a_table_without_a_width_has_a_line_for_each_deal() -> None:
    table = overview.as_table(shown(ROW, replace(ROW, deal="b", state="ended", ended=date(2027, 2, 1))))
    first, second = table.splitlines()[2:4]
    assert first.split() == [
        "acme", "Acme", "Gold", "1,410.00", "card", "2026-12-01", "2029-11-30", "2029-10-01", "0.00", "2,820.00",
        "28.50", "in", "force",
    ]  # fmt: skip
    assert second.endswith("ended")
    assert ["all", "1", "1,410.00", "16,920.00"] in [line.split() for line in table.splitlines()]
    assert table.endswith(
        "2 deals as of 2027-03-01: 1 in force, 1 ended; $0.00 held, $5,640.00 invoiced, $57.00 credited.\n"
    )


def test_a_deal_that_is_to_end_says_when() -> None:
    assert "until 2027-05-31" in overview.as_table(shown(replace(ROW, ended=date(2027, 5, 31))))


def test_a_table_of_usual_amounts_fits_into_a_hundred_columns() -> None:
    rows = (
        replace(ROW, deal="societe-de-nettoyage", client="Société générale de nettoyage, d’entretien et de rénovation"),
        replace(ROW, deal="sakura", client="さくら貿易" * 5, monthly=Decimal("99999.99"), state="before start"),
        replace(ROW, deal="b", held=Decimal("99999.99"), invoiced=Decimal("999999.99"), state="in notice window"),
    )
    table = overview.as_table(shown(*rows), width=100)
    assert max(map(cell_len, table.splitlines()[:12])) <= 100
    for whole in ("societe-de-nettoyage", "99,999.99", "999,999.99", "in notice window", "before start", "2029-11-30"):
        assert whole in table


def test_amounts_stand_against_the_right_edge_by_the_providers_locale() -> None:
    big = replace(ROW, deal="b", monthly=Decimal("1410000.00"))
    first, second = overview.as_table(shown(ROW, big)).splitlines()[2:4]
    assert first.index("1,410.00") + len("1,410.00") == second.index("1,410,000.00") + len("1,410,000.00")
    assert "1.410.000,00" in overview.as_table(shown(big, locale="de_DE"))
    assert "14,10,000.00" in overview.as_table(shown(big, locale="en_IN", currency="INR"))
    assert "1,410,000 " in overview.as_table(shown(big, locale="ja_JP", currency="JPY"))
