"""The Word and Excel templates in `templates/`: made as an office makes them, and filled in without a hole."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import docx
import pypdfium2
import pytest
from docx.oxml.ns import qn
from docx.shared import Inches
from lxml import etree

from generator import compute, load, plan, validate
from generator.render import RENDERERS
from generator.templating import environment
from generator.work import VALUES
from tests.making import SAMPLES, TEMPLATES, deal, house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docx.document import Document

    from generator.deal import Deal
    from generator.provider import House
    from generator.render import Template

LETTER, AGREEMENT, SLIP = "intro-letter.docx", "service-agreement.docx", "routing-slip.xlsx"
WORD = (LETTER, AGREEMENT)
ALL = (*WORD, SLIP)

MONTH_TO_MONTH = "term_months: 0"
BY_CHECK = "{setup: {paid_by: check}, monthly: {paid_by: check}, starts: 2027-03-17}"
NOTHING_TO_PAY = "{setup: {fee: 0, paid_by: ach}, monthly: {paid_by: ach}, servers: 0, workstations: 0}"


@cache
def template(name: str) -> Template:
    provider = house().provider
    path = TEMPLATES / name
    return RENDERERS[path.suffix](path, environment(provider.locale, provider.currency))


def made(name: str, of: Deal, within: House | None = None) -> bytes:
    """The document of a deal; `within` may hold other terms than provider.yaml's."""
    home = within or house()
    jobs = plan.jobs(of, home, compute.figures(of, home.provider))
    return template(name).render(next(job.values for job in jobs if job.template == name), of.signed)


def word(content: bytes) -> str:
    """The text of a Word file's body, paragraph by paragraph, tables included."""
    body = docx.Document(BytesIO(content)).element.body
    return "\n".join("".join(piece.text or "" for piece in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))


def parts(name: str) -> Iterator[tuple[str, str]]:
    """Every XML part of a template, as text."""
    with ZipFile(TEMPLATES / name) as package:
        for part in package.namelist():
            yield part, package.read(part).decode()


def words(name: str) -> str:
    """What a template itself says, without its tags."""
    texts = (" ".join(map(str, etree.fromstring(xml.encode()).itertext())) for _, xml in parts(name))
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", " ".join(texts), flags=re.DOTALL)


def original(name: str) -> Document:
    document: Document = docx.Document(str(TEMPLATES / name))
    return document


def samples() -> Iterator[Deal]:
    for path in SAMPLES:
        of, _ = validate.deal(load.read(path, str(path)), path.stem, house())
        yield of


@pytest.mark.parametrize("name", ALL)
def test_a_template_has_no_fault_that_shows_without_data(name: str) -> None:
    assert template(name).problems(VALUES) == ()


#: What provider.yaml says in words that mean something else elsewhere ("setup", "credit").
NOT_SAID = {"paper", "color", "currency", "locale", "terms", "tax", "invoicing"}


@pytest.mark.parametrize("name", ALL)
def test_what_provider_yaml_says_is_not_said_again_in_a_template(name: str) -> None:
    said = set(said_by(house().provider.model_dump(exclude=NOT_SAID)))
    common = {"Owner", "Emergency", "fixed", "months"}
    assert len(said) > 60
    assert {text for text in said - common if text in words(name)} == set()


def said_by(value: object) -> Iterator[str]:
    """All texts within a model's values that are long enough to be told from common words."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from said_by(one)
    elif isinstance(value, str) and len(value) > 4:
        yield value


@pytest.mark.parametrize("name", WORD)
def test_no_amount_day_or_percentage_is_written_into_a_word_template(name: str) -> None:
    assert not re.findall(r"[$€£]|\d+(?:\.\d+)? ?(?:%|percent|days|months)|\b20\d\d\b(?!-)", body_words(name))


def body_words(name: str) -> str:
    text = word((TEMPLATES / name).read_bytes())
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", WORD)
def test_calibri_is_the_only_family_of_a_word_template(name: str) -> None:
    fonts = [font for part, xml in parts(name) if part != "word/fontTable.xml" for font in families(xml)]
    assert fonts
    assert set(fonts) == {"Calibri"}


def families(xml: str) -> list[str]:
    return re.findall(r'w:(?:ascii|hAnsi|cs|eastAsia|asciiTheme|hAnsiTheme)="([^"]*)"', "".join(font_tags(xml)))


def font_tags(xml: str) -> list[str]:
    return re.findall(r"<w:rFonts[^>]*>", xml)


@pytest.mark.parametrize("name", WORD)
def test_a_word_template_is_set_in_eleven_points_of_american_english_on_letter_paper(name: str) -> None:
    document = original(name)
    defaults = document.styles.element.find(qn("w:docDefaults")).find(f".//{qn('w:rPr')}")
    assert defaults.find(qn("w:sz")).get(qn("w:val")) == "22"
    assert defaults.find(qn("w:lang")).get(qn("w:val")) == "en-US"
    section = document.sections[0]
    assert (section.page_width, section.page_height) == (Inches(8.5), Inches(11))
    assert document.styles["Normal"].paragraph_format.widow_control


@pytest.mark.parametrize("name", WORD)
def test_a_word_template_looks_by_its_styles_and_not_by_hand(name: str) -> None:
    document = original(name)
    known = {style.style_id for style in document.styles}
    for paragraph in document.element.body.iter(qn("w:p")):
        assert paragraph.pPr.pStyle.val in known
    for properties in document.element.body.iter(qn("w:rPr")):
        assert {child.tag for child in properties} <= {qn("w:rStyle")}


@pytest.mark.parametrize("name", WORD)
def test_tags_that_take_their_place_away_stand_alone_and_show_as_tags(name: str) -> None:
    for paragraph in original(name).element.body.iter(qn("w:p")):
        text = "".join(piece.text or "" for piece in paragraph.iter(qn("w:t")))
        if re.match(r"\{%(p|tr) ", text):
            assert paragraph.pPr.pStyle.val == "TemplateTag", text
            assert re.fullmatch(r"\{%(p|tr) [^%]*%\}", text), text
        else:
            assert "{%p " not in text
            assert "{%tr " not in text


@pytest.mark.parametrize("name", WORD)
def test_every_footer_counts_the_pages(name: str) -> None:
    footers = [xml for part, xml in parts(name) if "footer" in part and part.startswith("word/footer")]
    assert footers
    for xml in footers:
        assert " PAGE " in xml
        assert " NUMPAGES " in xml


@pytest.mark.parametrize("name", WORD)
def test_no_table_row_splits_over_pages_and_heads_are_repeated(name: str) -> None:
    for table in original(name).element.body.iter(qn("w:tbl")):
        look = table.tblPr.find(qn("w:tblLook")).get(qn("w:firstRow"))
        rows = list(table.iter(qn("w:tr")))
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in rows)
        assert (rows[0].trPr.find(qn("w:tblHeader")) is not None) == (look == "1")
        spans = {sum(cell.grid_span for cell in row.tc_lst) for row in rows}
        assert spans == {len(table.tblGrid.gridCol_lst)}


@pytest.mark.parametrize("name", ALL)
def test_the_properties_name_the_client(name: str) -> None:
    core = etree.fromstring(dict(parts(name))["docProps/core.xml"].encode())
    assert core.findtext("{http://purl.org/dc/elements/1.1/}title", "").startswith("{{ client.name }} – ")


def test_clauses_and_schedules_are_numbered_by_multilevel_lists() -> None:
    document = original(AGREEMENT)
    level = {
        style: (document.styles[style].element.pPr.numPr.numId.val, document.styles[style].element.pPr.numPr.ilvl)
        for style in ("Heading 1", "Clause", "Clause List", "Schedule Heading", "Heading 2")
    }
    assert len({number for number, _ in level.values()}) == 2
    assert level["Heading 1"][0] == level["Clause"][0] == level["Clause List"][0]
    assert [level[style][1].val for style in ("Clause", "Clause List", "Heading 2")] == [1, 2, 1]
    assert not re.search(r"^\s*(?:\d+\.|\([a-z]\))", body_words(AGREEMENT), flags=re.MULTILINE)
    for style in ("Heading 1", "Heading 2", "Schedule Heading", "Part Heading"):
        element = document.styles[style]
        assert element.paragraph_format.keep_with_next or element.base_style.paragraph_format.keep_with_next


def test_a_section_that_the_agreement_refers_to_is_there_by_that_name() -> None:
    document = original(AGREEMENT)
    titles = {paragraph.text for paragraph in document.paragraphs if paragraph.style == document.styles["Heading 1"]}
    lists = re.findall(r"sections? (“[^”]+”(?:(?:, | and )“[^”]+”)*)", word((TEMPLATES / AGREEMENT).read_bytes()))
    named = set(re.findall(r"“([^”]+)”", " ".join(lists)))
    assert {"Service requests", "Warranties", "Insurance", "Price changes"} <= named
    assert named <= titles


def test_the_advice_to_the_owner_is_in_the_template_and_not_in_the_document() -> None:
    assert "Have your own lawyer review" in word((TEMPLATES / AGREEMENT).read_bytes())
    assert "lawyer review" not in word(made(AGREEMENT, deal()))


@pytest.mark.parametrize("name", WORD)
@pytest.mark.parametrize("text", ["", MONTH_TO_MONTH, BY_CHECK, NOTHING_TO_PAY, "plan: silver", "plan: platinum"])
def test_a_finished_word_file_has_no_tag_and_no_hole(name: str, text: str) -> None:
    with ZipFile(BytesIO(made(name, deal(text)))) as package:
        for part in package.namelist():
            assert not re.search(rb"\{[{%#]|[%#}]\}|>None<|\bNone\b", package.read(part)), part
    finished = word(made(name, deal(text)))
    assert not re.search(r" [,.;:](?:\s|$)|\.\.|,,|  ", finished)


def test_the_month_to_month_agreement_has_no_end_and_no_charge_for_ending() -> None:
    fixed, open_ended = word(made(AGREEMENT, deal())), word(made(AGREEMENT, deal(MONTH_TO_MONTH)))
    assert "36 months, through November 30, 2029" in fixed
    assert "no later than October 1, 2029" in fixed
    assert "month that remains of the term" in fixed
    assert "from month to month" in open_ended
    assert "At least 60 days before the end of a calendar month" in open_ended
    assert "nothing is charged for ending it, except what remains of third-party commitments" in open_ended
    assert not re.search(r"that remains|retiring devices does not|“Ending for cause” names|2029", open_ended)


def test_the_agreement_follows_the_providers_terms() -> None:
    finished = word(made(AGREEMENT, deal()))
    assert "more than 10 days past due" in finished
    assert "1.5 percent for each month" in finished
    assert "no more than 4 percent" in finished
    assert "divided by the days of that month" in finished


@pytest.mark.parametrize(
    ("terms", "gone", "said"),
    [
        ({"late_fee": None}, "late fee of", "may suspend"),
        ({"yearly_increase": "0"}, "once in twelve months", "only by a change order"),
        ({"proration": "thirty"}, "divided by the days", "thirty days"),
        ({"proration": "none"}, "divided by the days", "billed in full"),
        ({"proration": "none"}, "billed from the day", "billed from the first day of the month"),
        ({"proration": "none"}, "through the last day", "through the end of the last month"),
        ({"early_exit": "0"}, "that remains of the term", "Ending for cause"),
        ({"early_exit": "0"}, "“Ending for cause” names", "Limits of liability"),
        ({"minimum_fee": "0"}, "retiring devices does not", "add or retire covered devices"),
        ({"due_days": "0"}, " 0 days", "due on receipt"),
        ({"due_days": "1"}, " 1 days", "due 1 day after its date"),
        ({"notice_days": "1"}, " 1 days", "1 day’s notice in writing"),
        ({"notice_days": "0"}, " 0 days", "give you notice in writing"),
        ({"invoice_days": "0"}, " 0 days", "when that month begins"),
    ],
)
def test_a_term_that_the_provider_does_not_have_is_not_in_the_agreement(
    terms: dict[str, Any], gone: str, said: str
) -> None:
    within = house(**terms)
    finished = word(made(AGREEMENT, deal(within=within), within))
    assert gone not in finished
    assert said in finished


def test_a_check_payer_reads_when_the_prepaid_months_are_applied() -> None:
    finished = word(made(AGREEMENT, deal(BY_CHECK)))
    assert "the first 3 months in advance" in finished
    assert "15/31 of the month" in finished
    assert "Still held\nMarch 17, 2027" in finished
    assert "Months paid in advance" not in word(made(AGREEMENT, deal()))


AUTHORIZED = '{{setup: {{paid_by: {}}}, monthly: {{paid_by: {}}}, authorization: {{last4: "4242", processor: Stripe}}}}'


@pytest.mark.parametrize(
    ("setup", "monthly", "said"),
    [
        (
            "check",
            "card",
            "Automatic payments are made under your authorization through Stripe, from the card that ends",
        ),
        ("ach", "ach", "through Stripe, from the bank account that ends in 4242."),
        ("ach", "card", "Automatic payments are made under your authorization through Stripe."),
        ("card", "check", "The payment for setup is made under your authorization through Stripe, from the card that"),
    ],
)
def test_an_authorization_is_told_for_the_one_way_to_pay_that_its_digits_fit(
    setup: str, monthly: str, said: str
) -> None:
    assert said in word(made(AGREEMENT, deal(AUTHORIZED.format(setup, monthly))))


def test_an_agreement_that_is_paid_by_check_alone_speaks_of_no_authorization() -> None:
    assert "authorization" not in word(made(AGREEMENT, deal(AUTHORIZED.format("check", "check"))))


def test_the_monthly_total_is_told_before_and_after_tax_only_where_a_monthly_line_is_taxed() -> None:
    rate = "tax: {rate: 10}, lines: [{description: Phones, price: 90.00, taxable: true"
    monthly = word(made(AGREEMENT, deal("{" + rate + ", every: month}]}")))
    assert "Monthly total, before tax\n$1,500.00\nSales tax, 10 percent of the lines marked *\n$9.00" in monthly
    assert "Monthly total with tax\n$1,509.00" in monthly
    assert "Monthly total\n$1,410.00" in word(made(AGREEMENT, deal("{" + rate + ", every: once}]}")))


def test_the_covered_devices_leave_out_a_kind_of_which_there_is_none() -> None:
    assert "Covered devices\n14 workstations\n" in word(made(AGREEMENT, deal("servers: 0")))
    assert "Covered devices\n1 server\n" in word(made(AGREEMENT, deal("{servers: 1, workstations: 0}")))


def test_a_notice_to_a_signer_without_an_address_goes_in_care_of_the_contact() -> None:
    contact = "contact: {name: Ann Lee, email: ann@acme.example}"
    address = "address: {street: 1 Main Street, city: Portland}"
    signer = deal("{client: {name: Acme, " + address + ", " + contact + ", signer: {name: Jo Poe}}}")
    assert "Jo Poe, in care of Ann Lee" in word(made(AGREEMENT, signer))
    assert "in care of" not in word(made(AGREEMENT, deal()))


def test_times_run_at_any_hour_where_the_plan_has_support_after_hours() -> None:
    assert "Times run at any hour" in word(made(AGREEMENT, deal("plan: platinum")))
    assert "Alerts outside business hours" not in word(made(AGREEMENT, deal("plan: platinum")))
    assert "respond within 30 minutes, at any hour" in word(made(LETTER, deal("plan: platinum")))
    assert "Alerts outside business hours" in word(made(AGREEMENT, deal()))
    assert "respond within 1 hour, in business hours" in word(made(LETTER, deal()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BY_CHECK, "$1,410.00 for setup and $3,502.26 for the first 3 months: one check of $4,912.26."),
        ("", "$1,410.00 for setup and $1,410.00 for the first month: $2,820.00 by card."),
        (
            "setup: {paid_by: ach}",
            "for setup by bank draft (ACH) and $1,410.00 for the first month by card: $2,820.00 in",
        ),
        ("setup: {paid_by: card, fee: 0}", "Due at signing: $1,410.00 for the first month by card. After that"),
        ("{starts: 2027-02-08, setup: {paid_by: card, fee: 0}}", "for the first month (February 8 to 28) by card."),
    ],
)
def test_the_letter_says_what_is_due_at_signing_and_says_no_amount_twice(text: str, said: str) -> None:
    assert said in word(made(LETTER, deal(text)))


def test_work_by_the_hour_has_its_price_in_the_agreement_and_in_the_letter() -> None:
    assert "Work by the hour, where no other price is agreed: $145.00" in word(made(AGREEMENT, deal()))
    assert "billed at $145.00 an hour" in word(made(LETTER, deal()))
    free = without_hourly_rate(house())
    assert "the hour" not in word(made(AGREEMENT, deal(), free))
    assert "an hour" not in word(made(LETTER, deal(), free))


def without_hourly_rate(within: House) -> House:
    return within.model_copy(update={"provider": within.provider.model_copy(update={"hourly_rate": None})})


def test_the_letter_tells_only_what_will_happen() -> None:
    assert "spam filtering" in word(made(LETTER, deal()))
    silver = word(made(LETTER, deal("{plan: silver, servers: 0}")))
    assert "spam" not in silver
    assert "server" not in silver
    skipped = "routing: {skip: [train-spam-filter, portal-tutored]}"
    assert "training follows" not in word(made(LETTER, deal(skipped)))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_letter_of_every_sample_is_one_page_and_the_agreement_six_to_eleven(tmp_path: Path) -> None:
    for of in samples():
        for name in WORD:
            (tmp_path / f"{of.id}.{name}").write_bytes(made(name, of))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    files = [str(path) for path in tmp_path.glob("*.docx")]
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *files]
    subprocess.run(command, check=True, capture_output=True)
    pages = {path.name: pages_of(path) for path in tmp_path.glob("*.pdf")}
    assert len(pages) == 2 * len(SAMPLES)
    assert {name: count for name, count in pages.items() if "letter" in name and count != 1} == {}
    assert {name: count for name, count in pages.items() if "agreement" in name and not 6 <= count <= 10} == {}


def pages_of(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as pdf:
        return len(pdf)
