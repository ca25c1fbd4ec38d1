"""Months: each month of service becomes an invoice, collected at signing or issued when its date comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from generator.compute.charges import net_and_tax, part_month
from generator.days import add_business_days, billed_month, month_start
from generator.deal import Deal
from generator.provider import Provider
from generator.work import Charge, Invoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generator.days import Period


@dataclass(frozen=True, slots=True)
class Service:
    """What a deal is billed for each month: the `lines` of a whole month, until the term `ends`, if it does."""

    deal: Deal
    provider: Provider
    lines: Sequence[Charge]
    ends: date | None

    @property
    def prepaid(self) -> int:
        """How many months are collected at signing."""
        return self.provider.terms.months_prepaid.by(self.deal.monthly.paid_by)

    def period(self, nth: int) -> Period | None:
        """The nth month of service (0 is the first); None after the term.

        Where a part month is billed as a full one, the first such stands for the last one too.
        """
        rule = self.provider.terms.proration
        period = billed_month(self.deal.starts, nth, rule, self.ends)
        over = self.ends is not None and (
            period.start > self.ends or (rule == "none" and nth >= max(self.deal.term_months, 1))
        )
        return None if over else period

    def packet(self) -> tuple[Invoice, ...]:
        """The invoices of the months collected at signing: as many as the terms say, none of 0.00."""
        made = (self.invoice(nth) for nth in range(self.prepaid))
        return tuple(invoice for invoice in made if invoice and invoice.total)

    def recurring(self, as_of: date) -> Iterator[Invoice]:
        """The invoices of the months after those, in so far as their date has come and the deal has not ended."""
        nth = self.prepaid
        while (invoice := self.invoice(nth)) and invoice.dated <= as_of:
            nth += 1
            if self.deal.ended and invoice.period and invoice.period.start > self.deal.ended:
                return
            if invoice.total:
                yield invoice

    def of_key(self, key: str) -> Invoice | None:
        """The invoice of a month after those collected at signing, by its key ("2027-04")."""
        year, _, month = key.partition("-")
        if not (len(year) == 4 and year.isdigit() and month.isdigit()):  # noqa: PLR2004 -- a year
            return None
        starts = self.deal.starts
        nth = (int(year) - starts.year) * 12 + int(month) - starts.month
        made = self.invoice(nth) if nth >= self.prepaid else None
        return made if made and made.key == key else None

    def invoice(self, nth: int) -> Invoice | None:
        """The invoice of the nth month; None after the term.

        The first is dated on the signing date, the others so many days before the 1st of their month as the terms say.
        What is collected at signing is due then; what follows, by the terms, or when autopay collects it.
        """
        period = self.period(nth)
        if period is None:
            return None
        deal, terms, currency = self.deal, self.provider.terms, self.provider.currency
        billed = tuple(part_month(line, period, currency) for line in self.lines)
        net, tax = net_and_tax(billed, deal.tax, currency)
        dated = month_start(period.start) - timedelta(days=terms.invoice_days)
        made = Invoice(
            key=f"{period.start:%Y-%m}",
            file=f"invoice-{period.start:%Y-%m}",
            kind="monthly",
            dated=max(deal.signed, dated) if nth else deal.signed,
            due=deal.signed,
            due_days=0,
            paid_by=deal.monthly.paid_by,
            lines=billed,
            net=net,
            tax=tax,
            total=net + tax,
            period=period,
        )
        if nth >= self.prepaid:
            return self._due_by_terms(made, period)
        return replace(made, prepaid=True, released=period.start) if self.prepaid > 1 else made

    def _due_by_terms(self, made: Invoice, period: Period) -> Invoice:
        """A check is due so many days after the invoice's date; autopay collects on the month's first business day."""
        place = self.provider.address
        due = made.dated + timedelta(days=self.provider.terms.due_days)
        if made.paid_by != "check":
            due = max(made.dated, add_business_days(period.start, 0, place.country, place.region))
        return replace(made, due=due, due_days=(due - made.dated).days)
