"""The finished packets of the sample deals, read back: every amount, count, date and name agrees across the files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openxml_audit import OpenXmlValidator

from generator import compute, load, pipeline, validate, write
from generator.deal import Deal
from generator.pipeline import Workspace
from generator.templating import environment
from generator.work import Figures
from tests.making import ROOT, SAMPLES, TEMPLATES, house
from tests.reading import amounts_in, cells_of, pages_of, paragraphs_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from generator.work import Charge, Invoice

IDS = [path.stem for path in SAMPLES]
WHOLE = ("cover-page.pdf", "routing-slip.xlsx", "intro-letter.docx", "service-agreement.docx")
_FILTERS = environment().filters


def money(amount: Decimal) -> str:
    return str(_FILTERS["money"](amount))


def day(value: date) -> str:
    return str(_FILTERS["date"](value))


@dataclass(frozen=True)
class Packet:
    """A deal, what it comes to, and its finished files as text."""

    deal: Deal
    figures: Figures
    folder: Path
    texts: dict[str, str]

    def invoice(self, invoice: Invoice) -> str:
        return self.texts[f"{invoice.file}.pdf"]


def read(path: Path, output: Path) -> Packet:
    """A packet read back from the output folder."""
    deal, _ = validate.deal(load.read(path, str(path)), path.stem, house())
    folder = output / path.stem
    texts = {file.name: text_of(file) for file in sorted(folder.iterdir())}
    return Packet(deal, compute.figures(deal, house().provider), folder, texts)


@pytest.fixture(scope="session")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All sample deals, rendered once."""
    made = Workspace.at(ROOT, tmp_path_factory.mktemp("output"))
    account = pipeline.render(made, (), write.Disk(made.output))
    assert [problem for problem in account.problems if problem.severity == "error"] == []
    return made.output


@pytest.fixture(scope="session")
def packets(output: Path) -> dict[str, Packet]:
    return {path.stem: read(path, output) for path in SAMPLES}


@pytest.fixture(params=IDS)
def packet(packets: dict[str, Packet], request: pytest.FixtureRequest) -> Packet:
    return packets[str(request.param)]


def test_there_are_samples_enough() -> None:
    assert len(IDS) >= 8


def test_every_document_of_the_packet_is_there(packet: Packet) -> None:
    invoices = {f"{invoice.file}.pdf" for invoice in packet.figures.invoices}
    assert packet.texts.keys() == {*WHOLE, *invoices}


def test_the_clients_name_reads_the_same_everywhere(packet: Packet) -> None:
    for name, text in packet.texts.items():
        shown = {packet.deal.client.name, packet.deal.client.billing_name, packet.deal.client.billing.name}
        assert any(" ".join(one.split()) in text for one in shown), name
    assert packet.deal.client.name in packet.texts["service-agreement.docx"]


def test_the_plan_and_the_days_agree(packet: Packet) -> None:
    plan = house().provider.plans[packet.deal.plan].label
    for name in WHOLE:
        assert plan in packet.texts[name], name
        assert day(packet.deal.signed) in packet.texts[name], name
        assert day(packet.deal.starts) in packet.texts[name], name


def test_the_monthly_total_and_the_sum_to_collect_agree(packet: Packet) -> None:
    for name in ("cover-page.pdf", "intro-letter.docx", "service-agreement.docx"):
        assert money(packet.figures.monthly_total) in packet.texts[name], name
    for name in ("cover-page.pdf", "routing-slip.xlsx"):
        assert money(packet.figures.collect.total) in packet.texts[name], name
    assert money(packet.figures.setup_fee) in packet.texts["service-agreement.docx"]
    assert money(packet.figures.setup_fee) in packet.texts["cover-page.pdf"]


def test_the_price_of_every_line_is_on_the_cover_page_and_in_the_agreement(packet: Packet) -> None:
    made = packet.figures
    for charge in (made.servers, made.workstations, *made.monthly_lines, *made.once_lines):
        for name in ("cover-page.pdf", "service-agreement.docx"):
            assert money(charge.price) in packet.texts[name], (name, charge)
            assert money(charge.amount) in packet.texts[name], (name, charge)


def test_an_invoice_adds_up_as_read(packet: Packet) -> None:
    for invoice in packet.figures.invoices:
        text, amounts = packet.invoice(invoice), amounts_in(packet.invoice(invoice))
        for line in invoice.lines:
            assert " ".join(line.description.split()) in text
            assert line.amount in amounts
            assert line.fraction in text
        assert {invoice.net, invoice.total} <= set(amounts)
        assert invoice.tax == 0 or invoice.tax in amounts
        assert day(invoice.dated) in text
        assert invoice.credited in text
        assert "DRAFT" in text.upper()


def test_no_document_shows_an_amount_that_nothing_accounts_for(packet: Packet) -> None:
    known = set(amounts_of(packet.figures)) | set(prices())
    for name, text in packet.texts.items():
        assert set(amounts_in(text)) <= known, name


def amounts_of(made: Figures) -> Iterator[Decimal]:
    """Every amount of a deal's figures."""
    collect = made.collect
    yield from (made.monthly_total, made.setup_fee, made.credit_total, made.first_amount, made.held)
    yield from (getattr(collect, name) for name in collect.__slots__)
    yield from (getattr(row, name) for row in made.releases for name in ("amount", "credit", "released", "balance"))
    for invoice in made.invoices:
        yield from (invoice.net, invoice.tax, invoice.total)
        yield from (amount for line in invoice.lines for amount in both(line))
    for charge in (made.servers, made.workstations, *made.monthly_lines, *made.once_lines):
        yield from both(charge)


def both(charge: Charge) -> tuple[Decimal, Decimal]:
    return charge.price, charge.amount


def prices() -> Iterator[Decimal]:
    """What the plans and an hour's work cost."""
    for plan in house().provider.plans.values():
        yield from (plan.server, plan.workstation)
    yield house().provider.hourly_rate or Decimal(0)


def test_the_slip_holds_the_amounts_as_numbers_and_the_days_as_days(packet: Packet) -> None:
    cells = list(cells_of(packet.folder / "routing-slip.xlsx").values())
    numbers = {Decimal(str(value)) for value in cells if isinstance(value, int | float)}
    assert packet.figures.collect.total in numbers
    assert packet.deal.signed in {value.date() for value in cells if hasattr(value, "date")}


def test_the_agreement_names_the_end_of_the_term_and_the_last_day_for_notice(packet: Packet) -> None:
    ends, notice = packet.figures.term_end, packet.figures.notice_by
    for value in filter(None, (ends, notice)):
        assert day(value) in packet.texts["service-agreement.docx"]


def test_the_cover_page_is_one_page(packet: Packet) -> None:
    assert len(pages_of(packet.folder / "cover-page.pdf")) == 1


def test_the_release_schedule_of_prepaid_money_ends_at_zero(packet: Packet) -> None:
    if len(packet.figures.releases) > 1:
        assert "$0.00" in packet.texts["cover-page.pdf"]


def test_the_worked_example_reads_back_to_the_cent(packets: dict[str, Packet]) -> None:
    texts = packets["harbor-dental"].texts
    setup, month, credit, collect = "2,096.40", "1,530.00", "14.23", "3,612.17"
    for name, amounts in {
        "cover-page.pdf": (setup, month, credit, collect, "1,410.00", "640.00", "46.40"),
        "invoice-setup.pdf": (setup, "1,410.00", "640.00", "46.40"),
        "invoice-2026-12.pdf": (month, "500.00", "910.00", "120.00"),
        "credit-note-1.pdf": (credit, "28.00"),
        "routing-slip.xlsx": (setup, month, credit, collect, "1,515.77"),
        "intro-letter.docx": (setup, month, credit, collect),
        "service-agreement.docx": (setup, month, credit, collect, "1,410.00", "640.00", "46.40"),
    }.items():
        for amount in amounts:
            assert f"${amount}" in texts[name], (name, amount)


STRANGE = "{{ 7*7 }} & <b>Sons</b> =1+1"


def changed_harbor(root: Path, *replacing: tuple[str, str]) -> Packet:
    """The packet of the worked example with some of its text replaced."""
    text = (ROOT / "deals" / "harbor-dental.yaml").read_text()
    for old, new in replacing:
        assert old in text
        text = text.replace(old, new)
    (root / "deals").mkdir()
    path = root / "deals" / "harbor-dental.yaml"
    path.write_text(text)
    made = Workspace(root / "deals", TEMPLATES, root / "output")
    account = pipeline.render(made, (), write.Disk(made.output))
    assert account.problems == ()
    return read(path, made.output)


def test_data_is_never_a_template_markup_or_a_formula(tmp_path: Path) -> None:
    made = changed_harbor(
        tmp_path, ("name: Harbor Dental Group, LLC", f"name: '{STRANGE}'"), ("billing_name: Harbor Dental\n", "\n")
    )
    assert {name for name, text in made.texts.items() if STRANGE not in text} == set()
    cells = cells_of(made.folder / "routing-slip.xlsx")
    assert not [value for value in cells.values() if str(value).startswith("=") and "1+1" in str(value)]


def test_the_worked_example_with_the_monthly_fee_by_check(tmp_path: Path) -> None:
    made = changed_harbor(tmp_path, ("monthly: {paid_by: card}", "monthly: {paid_by: check}"))
    invoices = [f"invoice-{month}.pdf" for month in ("2026-12", "2027-01", "2027-02")]
    for name in invoices:
        assert "$1,530.00" in made.texts[name]
    assert "$6,672.17" in made.texts["cover-page.pdf"]
    slip = made.texts["routing-slip.xlsx"]
    assert "Check collected: $6,672.17" in slip
    assert "card-charged" not in slip
    assert "autopay-set-up" not in slip


def test_a_part_month_prints_its_fraction_on_both_lines(tmp_path: Path) -> None:
    text = (ROOT / "deals" / "harbor-dental.yaml").read_text()
    extra = text[text.index("lines:") : text.index("setup:")], ""
    credit = text[text.index("credits:") : text.index("tax:")], ""
    made = changed_harbor(tmp_path, extra, credit, ("starts: 2026-12-01", "starts: 2027-03-17"))
    invoice = made.texts["invoice-2027-03.pdf"]
    assert invoice.count("15/31") == 2
    assert {Decimal("241.94"), Decimal("440.32"), Decimal("682.26")} <= set(amounts_in(invoice))


RENDER = "import sys; from generator.cli import main; sys.argv[1:] = {arguments!r}; main()"


def test_the_same_deal_makes_the_same_bytes_in_another_place_and_at_another_time(output: Path, tmp_path: Path) -> None:
    ids = ["harbor-dental", IDS[-1]]
    arguments = ["-C", str(ROOT), "render", *ids, "--output", str(tmp_path), "-q"]
    elsewhere = {"TZ": "Asia/Tokyo", "LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", RENDER.format(arguments=arguments)]
    subprocess.run(command, check=True, env={**os.environ, **elsewhere}, cwd=ROOT)
    assert hashes(tmp_path, ids) == hashes(output, ids)


def hashes(folder: Path, ids: list[str]) -> dict[str, str]:
    files = (file for name in ids for file in (folder / name).iterdir())
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_every_letter_and_agreement_opens_in_libreoffice_with_all_its_text(output: Path, tmp_path: Path) -> None:
    files = {f"{path.parent.name}.{path.name}": path for path in sorted(output.glob("*/*.docx"))}
    for name, path in files.items():
        (tmp_path / name).write_bytes(path.read_bytes())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", "txt:Text (encoded):UTF8", "--outdir", str(tmp_path)]
    subprocess.run([*command, *(str(tmp_path / name) for name in files)], check=True, capture_output=True)
    for name, path in files.items():
        shown = folded((tmp_path / name).with_suffix(".txt").read_text("utf-8-sig"))
        assert [text for text in paragraphs_of(path) if folded(text) not in shown] == [], name


def folded(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", IDS)
def test_every_office_file_keeps_to_the_standard(output: Path, name: str) -> None:
    for path in sorted((output / name).glob("*.*x")):
        assert [str(error) for error in OpenXmlValidator().validate(path).errors] == [], path.name
