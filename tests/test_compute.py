"""The figures of a deal: worked examples by hand, and what holds for every deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.compute import figures as compute_figures
from generator.deal import Credit, Deal, Devices, Line, MonthlyTerms, SetupTerms
from generator.fields import PAYMENTS, Tax
from generator.money import rounded
from generator.provider import MonthsPrepaid, Provider
from tests.making import ROOT, deal, figures, house

HARBOR = (ROOT / "deals" / "harbor-dental.yaml").read_text()


class TestTheWorkedExample:
    """Two servers and fourteen workstations on gold, setup by check, monthly by card, with a taxed firewall."""

    def test_amounts(self) -> None:
        made = compute_figures(deal(over=HARBOR), house().provider)
        assert made.setup_invoice is not None
        assert (made.monthly_total, made.setup_fee) == (Decimal("1530.00"), Decimal("1410.00"))
        assert (made.setup_invoice.net, made.setup_invoice.tax) == (Decimal("2050.00"), Decimal("46.40"))
        assert made.setup_invoice.total == Decimal("2096.40")
        assert [invoice.total for invoice in made.monthly_invoices] == [Decimal("1530.00")]
        assert [note.total for note in made.credit_notes] == [Decimal("14.23")]
        assert made.credit_notes[0].lines[0].fraction == "31/61"

    def test_what_to_collect_now(self) -> None:
        collect = compute_figures(deal(over=HARBOR), house().provider).collect
        assert collect.total == Decimal("3612.17")
        assert (collect.check, collect.card, collect.ach) == (Decimal("2096.40"), Decimal("1515.77"), Decimal(0))

    def test_term_and_notice(self) -> None:
        made = compute_figures(deal(over=HARBOR), house().provider)
        assert made.term_end == date(2029, 11, 30)
        assert made.notice_by == date(2029, 10, 1)


class TestAMonthlyFeeByCheck:
    """Three months in advance, as three dated invoices, released month by month."""

    made = staticmethod(lambda: compute_figures(deal("monthly: {paid_by: check}", over=HARBOR), house().provider))

    def test_three_invoices(self) -> None:
        invoices = self.made().monthly_invoices
        assert [invoice.key for invoice in invoices] == ["2026-12", "2027-01", "2027-02"]
        assert {invoice.total for invoice in invoices} == {Decimal("1530.00")}
        assert [invoice.dated for invoice in invoices] == [date(2026, 11, 16), date(2026, 12, 20), date(2027, 1, 20)]
        assert {invoice.due for invoice in invoices} == {date(2026, 11, 16)}
        assert [invoice.released for invoice in invoices] == [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]

    def test_collected_with_the_setup_in_one_check(self) -> None:
        collect = self.made().collect
        assert (collect.total, collect.check) == (Decimal("6672.17"), Decimal("6672.17"))

    def test_the_release_schedule_ends_at_zero(self) -> None:
        made = self.made()
        assert [row.balance for row in made.releases] == [Decimal("3060.00"), Decimal("1530.00"), Decimal("0.00")]
        assert made.releases[0].released == Decimal("1515.77")
        assert made.held == Decimal("4575.77")


def test_a_start_on_the_17th_of_march_is_fifteen_days_of_thirty_one() -> None:
    made = figures("starts: 2027-03-17")
    assert [line.amount for line in made.monthly_invoices[0].lines] == [Decimal("241.94"), Decimal("440.32")]
    assert {line.fraction for line in made.monthly_invoices[0].lines} == {"15/31"}
    assert made.first_amount == Decimal("682.26")


@pytest.mark.parametrize(("rule", "amount"), [("actual", "682.26"), ("thirty", "658.00"), ("none", "1410.00")])
def test_the_proration_rule_is_the_providers(rule: str, amount: str) -> None:
    assert figures("starts: 2027-03-17", proration=rule).first_amount == Decimal(amount)


@pytest.mark.parametrize(("plan", "fee"), [("silver", "500.00"), ("gold", "1410.00"), ("platinum", "1550.00")])
def test_a_setup_fee_follows_the_plans_rule(plan: str, fee: str) -> None:
    assert figures(f"plan: {plan}").setup_fee == Decimal(fee)


def test_a_setup_fee_of_the_deal_overrules_the_plan() -> None:
    assert figures("setup: {paid_by: card, fee: 99.50}").setup_fee == Decimal("99.50")


def test_a_waived_setup_fee_is_shown_among_other_lines_but_makes_no_invoice_alone() -> None:
    waived = "setup: {paid_by: card, fee: 0}"
    assert figures(waived).setup_invoice is None
    made = figures(waived + "\nlines: [{description: Firewall, price: 10.00, every: once}]").setup_invoice
    assert made is not None
    assert [line.amount for line in made.lines] == [Decimal(0), Decimal(10)]


def test_prices_of_the_deal_overrule_the_plans() -> None:
    made = figures("servers: {count: 3, price: 100.00}\nworkstations: {count: 2, price: 0}")
    assert made.monthly_total == Decimal("300.00")
    assert [line.amount for line in made.monthly_invoices[0].lines] == [Decimal("300.00"), Decimal("0.00")]


def test_no_servers_is_zero_in_the_figures_and_no_line_on_the_invoice() -> None:
    made = figures("servers: 0")
    assert (made.servers.quantity, made.servers.amount) == (Decimal(0), Decimal("0.00"))
    assert [line.description for line in made.monthly_invoices[0].lines] == ["Managed workstation"]


def test_month_to_month_has_no_end_and_no_notice_day() -> None:
    made = figures("term_months: 0")
    assert (made.term_end, made.notice_by) == (None, None)


def test_no_month_is_collected_beyond_the_end_of_the_term() -> None:
    assert len(figures("term_months: 2\nmonthly: {paid_by: check}").monthly_invoices) == 2


def test_a_credit_beyond_what_is_due_stays_on_account() -> None:
    credit = "credits: [{description: Support, amount: 5000.00, from: 2026-12-01, through: 2026-12-31, invoice: A}]"
    collect = figures(credit).collect
    assert (collect.total, collect.account) == (Decimal("0.00"), Decimal("2180.00"))


def test_a_credit_for_days_before_the_start_alone_makes_no_note() -> None:
    credit = "credits: [{description: Support, amount: 5.00, from: 2026-10-01, through: 2026-10-31, invoice: A}]"
    assert figures(credit).credit_notes == ()


def test_setup_by_check_and_monthly_by_ach_are_collected_apart() -> None:
    collect = figures("setup: {paid_by: check}\nmonthly: {paid_by: ach}").collect
    assert (collect.check, collect.card, collect.ach) == (Decimal("1410.00"), Decimal(0), Decimal("1410.00"))


def test_a_currency_without_decimals_is_rounded_to_its_own_unit() -> None:
    within = house()
    yen = within.model_copy(update={"provider": within.provider.model_copy(update={"currency": "JPY"})})
    made = compute_figures(deal("starts: 2027-03-17"), yen.provider)
    assert [str(line.amount) for line in made.monthly_invoices[0].lines] == ["242", "440"]


amounts = st.decimals(0, 20000, places=2)
quantities = st.one_of(st.integers(0, 500).map(Decimal), st.decimals(0, 50, places=2))
payments = st.sampled_from(PAYMENTS)
days = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    return Line.model_construct(
        description="Line",
        quantity=draw(quantities),
        price=draw(amounts),
        every=draw(st.sampled_from(["month", "once"])),
        taxable=draw(st.booleans()),
    )


@st.composite
def credits_(draw: st.DrawFn) -> Credit:
    start = draw(days)
    return Credit.model_construct(
        description="Credit",
        amount=draw(amounts),
        from_=start,
        through=start + timedelta(days=draw(st.integers(0, 400))),
        invoice="1017",
    )


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    signed = draw(days)
    devices = st.builds(Devices.model_construct, count=st.integers(0, 500), price=st.none() | amounts)
    return deal().model_copy(
        update={
            "signed": signed,
            "starts": signed + timedelta(days=draw(st.integers(0, 400))),
            "plan": draw(st.sampled_from(sorted(house().provider.plans))),
            "servers": draw(devices),
            "workstations": draw(devices),
            "term_months": draw(st.integers(0, 60)),
            "lines": tuple(draw(st.lists(lines(), max_size=6))),
            "credits": tuple(draw(st.lists(credits_(), max_size=3))),
            "setup": SetupTerms.model_construct(fee=draw(st.none() | amounts), paid_by=draw(payments)),
            "monthly": MonthlyTerms.model_construct(paid_by=draw(payments)),
            "tax": Tax.model_construct(rate=draw(st.decimals(0, 25, places=3)), label="Tax"),
        }
    )


@st.composite
def providers(draw: st.DrawFn) -> Provider:
    terms = house().provider.terms.model_copy(
        update={
            "proration": draw(st.sampled_from(["actual", "thirty", "none"])),
            "months_prepaid": MonthsPrepaid.model_construct(
                check=draw(st.integers(0, 12)), card=draw(st.integers(0, 3)), ach=draw(st.integers(0, 3))
            ),
            "invoice_days": draw(st.integers(0, 30)),
            "due_days": draw(st.integers(0, 60)),
        }
    )
    currency = draw(st.sampled_from(["USD", "JPY", "KWD", "EUR"]))
    return house().provider.model_copy(update={"terms": terms, "currency": currency})


@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(deals(), providers())
def test_what_holds_for_every_deal(made: Deal, provider: Provider) -> None:
    result = compute_figures(made, provider)
    currency, collect = provider.currency, result.collect
    for invoice in result.invoices:
        assert invoice.net == sum(line.amount for line in invoice.lines)
        assert invoice.total == invoice.net + invoice.tax
        assert all(line.amount == rounded(line.amount, currency) for line in invoice.lines)
        taxable = sum((line.amount for line in invoice.lines if line.taxable), Decimal(0))
        if invoice.kind != "credit":
            assert invoice.tax == rounded(taxable * made.tax.rate / 100, currency)
        assert invoice.dated >= made.signed
        assert invoice.due == made.signed
    monthly = (result.servers, result.workstations, *result.monthly_lines)
    assert result.monthly_total == sum(charge.amount for charge in monthly)
    assert result.monthly_with_tax == result.monthly_total + result.monthly_tax
    assert {i.total for i in result.monthly_invoices if i.period and not i.period.is_part} <= {result.monthly_with_tax}
    invoiced = sum((i.total for i in result.invoices if i.kind != "credit"), Decimal(0))
    credited = sum((i.total for i in result.invoices if i.kind == "credit"), Decimal(0))
    assert invoiced - credited == collect.total - collect.account
    assert collect.total == collect.check + collect.card + collect.ach == collect.setup_due + collect.monthly_due
    assert min(collect.total, collect.account, collect.setup_due, collect.monthly_due) >= 0
    assert collect.total == 0 or collect.account == 0
    assert sum((row.released for row in result.releases), Decimal(0)) == result.held == collect.monthly_due
    assert [row.balance for row in result.releases][-1:] in ([], [Decimal(0)])
    assert len({invoice.file for invoice in result.invoices}) == len(result.invoices)
    assert compute_figures(made, provider) == replace(result)
