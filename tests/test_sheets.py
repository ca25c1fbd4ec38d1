"""Our cover page and invoices: what is printed on them, and that nothing is cut off, whatever the deal."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest

from generator import compute, plan
from generator.render.html import HtmlTemplate
from generator.templating import environment
from tests.making import SMALLEST, TEMPLATES, deal, house

if TYPE_CHECKING:
    from generator.work import Job

HARBOR = (Path(__file__).parent.parent / "deals" / "harbor-dental.yaml").read_text(encoding="utf-8")
ODD = "{{ 7*7 }} & <b>Sons</b> =1+1"


@cache
def template(name: str) -> HtmlTemplate:
    return HtmlTemplate(TEMPLATES / name, environment())


def jobs(text: str, over: str = HARBOR, **provider: object) -> dict[str, Job]:
    """The PDF jobs of a deal by the names of their targets; `provider` overrules provider.yaml."""
    changed = house().provider.model_copy(update=provider)
    within = house().model_copy(update={"provider": changed})
    made = deal(text, over=over, within=within, name="harbor-dental")
    planned = plan.jobs(made, within, compute.figures(made, within.provider))
    return {job.target.stem: job for job in planned if job.target.suffix == ".pdf"}


def pdf(text: str, name: str, over: str = HARBOR, **provider: object) -> bytes:
    """One finished PDF of a deal."""
    job = jobs(text, over, **provider)[name]
    return template(job.template).render(job.values, job.dated)


def sheets(text: str, name: str, over: str = HARBOR, **provider: object) -> list[str]:
    """The words of each page, white space folded."""
    with pypdfium2.PdfDocument(pdf(text, name, over, **provider)) as read:
        pages = [page.get_textpage().get_text_range() for page in read]
    return [" ".join(page.replace("\ufffe\r\n", "").split()) for page in pages]


def chosen(text: str, over: str = HARBOR) -> list[str]:
    """What is circled on the cover page."""
    job = jobs(text, over)["cover-page"]
    return re.findall(
        r'<span class="choice chosen">(.*?)<i class="heard"> \(chosen\)</i></span>',
        template("cover-page.html").text(job.values),
    )


def test_the_cover_page_has_the_figures_of_the_deal() -> None:
    (page,) = sheets("", "cover-page")
    for words in (
        "Harbor Dental Group, LLC In every system: Harbor Dental",
        "Signed November 16, 2026 First month on service December 2026",
        "Managed server 2 $250.00 $500.00 Managed workstation 14 $65.00 $910.00 Cloud backup 500 GB 1 $120.00 $120.00",
        "Monthly total $1,530.00",
        "Setup fee $1,410.00 Firewall 1 $640.00 $640.00 Sales tax 7.25% $46.40 Setup invoice $2,096.40",
        "Setup invoice $2,096.40 December 2026 $1,530.00 Credit: Hosted spam filtering −$14.23 Total $3,612.17",
        "of this by Check $2,096.40 of this by Card $1,515.77",
        "Correct billing information Name Harbor Dental Attention Accounts payable E-mail ap@harbordental.example",
        "PO number 4471 Signer Dr. Paul Renner, Owner Contact Maria Lindqvist, Office Manager",
        "Notes Server room key is with the front desk.",
        "Page 1 of 1",
    ):
        assert words in page
    assert "Release" not in page


def test_the_plan_and_both_ways_to_pay_are_circled() -> None:
    assert chosen("") == ["Gold", "Check", "Card"]
    assert chosen("plan: silver\nsetup: {paid_by: ach}\nmonthly: {paid_by: check}") == ["Silver", "ACH", "Check"]


def test_what_is_chosen_has_a_round_line_and_the_rest_has_none() -> None:
    with pypdfium2.PdfDocument(pdf("", "cover-page")) as read:
        page = read[0]
        image = page.render(scale=2).to_pil().convert("RGB")
        words = page.get_textpage()
        places = {
            name: words.search(name, match_case=True, match_whole_word=True).get_next() for name in ("Gold", "Silver")
        }
        height = page.get_height()
        found = {name: rim(image, words.get_charbox(at[0]), height) for name, at in places.items() if at}
    assert found == {"Gold": True, "Silver": False}


def rim(image: object, box: tuple[float, float, float, float], height: float) -> bool:
    """Whether a dark line is met on the way from a word's first letter to the left."""
    left, bottom, _, top = box
    row = int((height - (bottom + top) / 2) * 2)
    return any(sum(image.getpixel((int(left * 2) - step, row))) < 450 for step in range(3, 36))  # type: ignore[attr-defined]


def test_zero_counts_and_prices_are_shown() -> None:
    (page,) = sheets(
        "servers: 0\nworkstations: 0\nterm_months: 0\nsetup: {fee: 0, paid_by: ach}", "cover-page", SMALLEST
    )
    assert "Managed server 0 $250.00 $0.00 Managed workstation 0 $65.00 $0.00 Monthly total $0.00" in page
    assert "Setup fee $0.00 Setup total $0.00" in page
    assert "Term Month to month" in page
    assert "Total $0.00" in page


def test_prepaid_months_are_released_one_by_one_until_nothing_is_held() -> None:
    (page,) = sheets("monthly: {paid_by: check}", "cover-page")
    assert "Total, by Check $6,672.17" in page
    assert (
        "Collected at signing $4,575.77 December 2026 $1,530.00 $14.23 Dec 1, 2026 $1,515.77 $3,060.00 "
        "January 2027 $1,530.00 $0.00 Jan 1, 2027 $1,530.00 $1,530.00 "
        "February 2027 $1,530.00 $0.00 Feb 1, 2027 $1,530.00 $0.00"
    ) in page


def test_the_setup_invoice() -> None:
    (page,) = sheets("", "invoice-setup")
    for words in (
        "Invoice DRAFT",
        "Bill to Harbor Dental Attn: Accounts payable 9 Quay Street Suite 4 Portland, OR 97201 ap@harbordental.example",
        "Date November 16, 2026 Due On receipt For Setup PO number 4471 Reference harbor-dental",
        "Onboarding and setup 1 $1,410.00 $1,410.00 Firewall taxable 1 $640.00 $640.00",
        "Net $2,050.00 Sales tax 7.25% $46.40 Total $2,096.40",
        "Payment by Check Please make the check payable to Tamarack Lane IT Services, LLC.",
        "A late fee of 1.5% per month, or the highest rate that the law allows if that is lower, applies",
        "to amounts more than 10 days past due.",
        "Our tax ID: 00-5550140",
    ):
        assert words in page
    assert "in advance" not in page


def test_a_prepaid_invoice_says_until_when_it_is_held() -> None:
    made = jobs("monthly: {paid_by: check}")
    assert [name for name in made if name.startswith("invoice-2")] == [
        "invoice-2026-12",
        "invoice-2027-01",
        "invoice-2027-02",
    ]
    (page,) = sheets("monthly: {paid_by: check}", "invoice-2027-01")
    assert "Date December 20, 2026 Due At signing Service period January 2027" in page
    assert "Held, and applied on January 1, 2027." in page
    assert "Total $1,530.00" in page
    assert "Net" not in page


def test_a_part_month_prints_its_fraction_on_every_line() -> None:
    text = "starts: 2027-03-17\nlines: []\ncredits: []"
    (page,) = sheets(text, "invoice-2027-03")
    assert "Service period March 17, 2027 – March 31, 2027" in page
    assert "Managed server 2 $250.00 15/31 $241.94 Managed workstation 14 $65.00 15/31 $440.32" in page
    assert "Total $682.26" in page
    assert "March 2027 (part month, 15/31) $682.26" in sheets(text, "cover-page")[0]


def test_a_credit_note_is_called_so_and_names_the_original_invoice() -> None:
    (page,) = sheets("", "credit-note-1")
    for words in (
        "Credit note DRAFT Credit to Harbor Dental",
        "Credits invoice 1017 Period credited December 1, 2026 – December 31, 2026",
        "Hosted spam filtering 1 $28.00 31/61 $14.23 Amount credited $14.23",
        "is part of your plan from December 1, 2026.",
    ):
        assert words in page
    for words in ("Due", "Total", "late fee", "Payment by", "Invoice"):
        assert words not in page


def test_a_numbered_invoice_is_no_draft() -> None:
    from dataclasses import replace  # noqa: PLC0415 -- only here

    job = jobs("")["invoice-setup"]
    numbered = {
        **job.values,
        "invoice": replace(compute.figures(deal(HARBOR), house().provider).invoices[0], number="INV-7"),
    }
    text = template("invoice.html").text(numbered)
    assert "DRAFT" not in text
    assert "<title>Invoice INV-7 – Harbor Dental</title>" in text


def many_lines(count: int) -> str:
    rows = ", ".join(
        f'{{description: "Item {n}", quantity: {n}, price: 10.5, every: month}}' for n in range(1, count + 1)
    )
    return f"lines: [{rows}]"


def test_a_long_invoice_repeats_its_head_and_keeps_its_totals_together() -> None:
    pages = sheets(many_lines(40), "invoice-2026-12")
    assert len(pages) == 2
    for number, page in enumerate(pages, 1):
        assert "Description Quantity Price Amount" in page
        assert f"Page {number} of 2" in page
    assert "Invoice · Harbor Dental · harbor-dental" in pages[1]
    assert "Item 40 40 $10.50 $420.00 Total $10,020.00 Payment by Card" in pages[1]


@pytest.mark.parametrize("count", range(24, 36))
def test_a_total_never_stands_alone_on_a_page(count: int) -> None:
    *_, last = sheets(many_lines(count), "invoice-2026-12")
    assert f"Item {count} " in last
    assert "Total $" in last


def test_a_full_deal_still_has_one_cover_page() -> None:
    (page,) = sheets(
        f'{many_lines(10)}\nmonthly: {{paid_by: check}}\nnotes: "{"All about the keys. " * 75}"', "cover-page"
    )
    assert "Page 1 of 1" in page


LONG = f"""
client:
  name: {"Society for the Preservation and Enjoyment of Very Long Names of the Pacific Northwest " + "Inc" * 11}
  address:
    street: {"1200 North-Northwest Boulevard of the Allied Associations, Building 14, Floor 22, Room 2217, Desk 9"}
    street2: Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft
    city: Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch
    region: OR
  contact:
    name: {"W" * 120}
    email: a.very.long.mailbox.name.that.goes.on.and.on.for.ever.and.ever@a-very-long-domain-name-indeed.example
  billing: {{po_number: {"0123456789" * 8}, tax_id: {"DE-999999999-" * 8}X}}
lines: [{{description: {"Unbroken" * 30}, quantity: 999999.999999, price: 9.99, every: month}}]
notes: {"Unbroken" * 150}
"""


@pytest.mark.parametrize("paper", ["letter", "A4"])
@pytest.mark.parametrize("name", ["cover-page", "invoice-2026-12", "invoice-setup", "credit-note-1"])
def test_nothing_is_cut_off_however_long_the_words_are(name: str, paper: str) -> None:
    with pypdfium2.PdfDocument(pdf(LONG, name, paper=paper)) as read:
        assert read[0].get_size() == pytest.approx({"letter": (612, 792), "A4": (595.28, 841.89)}[paper], abs=0.1)
        for page in read:
            words, (width, height) = page.get_textpage(), page.get_size()
            boxes = [words.get_charbox(index) for index in range(words.count_chars())]
            assert min(left for left, _, _, _ in boxes) > 30
            assert max(right for _, _, right, _ in boxes) < width - 30
            assert min(bottom for _, bottom, _, _ in boxes) > 15
            assert max(top for _, _, _, top in boxes) < height - 15


@pytest.mark.parametrize("name", [ODD, "Łódź & Søn Ærø Ñandú", "株式会社港デンタル", "Иван Петров"])
def test_a_clients_name_reads_back_as_it_was_written(name: str) -> None:
    text = f"client: {{name: '{name}', address: {{street: 1 Main, city: Portland}}, contact: {{name: '{name}'}}}}"
    for target in ("cover-page", "invoice-setup", "invoice-2026-12"):
        (page,) = sheets(text, target, SMALLEST)
        assert name in page
    with pypdfium2.PdfDocument(pdf(text, "invoice-setup", SMALLEST)) as read:
        assert read.get_metadata_dict()["Title"] == f"Invoice – {name}"


def test_the_providers_color_and_language_are_used() -> None:
    job = jobs("", color="#aa0000", locale="de_DE")["cover-page"]
    text = template("cover-page.html").text(job.values)
    assert '<html lang="de-DE" style="--accent: #aa0000; --paper: letter" data-pages="1">' in text
    assert pdf("", "cover-page", color="#aa0000") != pdf("", "cover-page")


def test_a_provider_who_says_less_gets_shorter_sheets() -> None:
    bare: dict[str, Any] = {"logo": None, "website": None, "tax_id": None, "invoice_note": None}
    terms = house().provider.terms.model_copy(update={"late_fee": None})
    pay = house().provider.pay.model_copy(update={"check": None})
    (page,) = sheets("", "invoice-setup", terms=terms, pay=pay, **bare)
    for words in ("late fee", "tax ID", "Questions", "Please"):
        assert words not in page
    assert "Payment by Check Tamarack Lane IT Services, LLC" in page


def test_pdfs_are_dated_by_the_signing() -> None:
    with pypdfium2.PdfDocument(pdf("", "cover-page")) as read:
        told = read.get_metadata_dict()
        assert read.is_tagged()
    assert told["CreationDate"] == f"D:{date(2026, 11, 16):%Y%m%d}"
    assert told["Author"] == "Tamarack Lane IT Services, LLC"


def test_a_credit_note_names_the_days_that_it_credits_however_many_they_are() -> None:
    credit = "credits: [{description: Filter, amount: 90.00, from: 2026-12-01, through: 2027-02-28, invoice: '1017'}]"
    (page,) = sheets(credit, "credit-note-1")
    assert "Period credited December 1, 2026 – February 28, 2027" in page
