from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import load, validate
from generator.codes import Code
from generator.deal import Deal
from generator.errors import Faults, Problem
from generator.provider import Manifest, Provider, Routing
from generator.wording import PATTERNS, keys_of
from tests.making import SAMPLES, SMALLEST, TEMPLATES, deal, house

if TYPE_CHECKING:
    from pydantic import BaseModel

    from generator.source import Source

CORPUS = Path(__file__).parent / "deals"
BAD = sorted((CORPUS / "bad").glob("*.yaml"))
GOOD = sorted((CORPUS / "good").glob("*.yaml"))


def problems_of(path: Path) -> tuple[Problem, ...]:
    """Every problem of a deal file, errors and warnings."""
    try:
        return validate.deal(load.read(path, path.name), path.stem, house())[1]
    except Faults as faults:
        return faults.problems


def shown(problem: Problem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.line}:{problem.column} {problem.code} {problem.message}{hint}"


def faults(text: str, name: str = "acme") -> list[str]:
    """The problems of a deal written over the smallest one, as `line:column code`."""
    return [f"{problem.line}:{problem.column} {problem.code}" for problem in all_problems(text, name)]


def all_problems(text: str, name: str = "acme") -> tuple[Problem, ...]:
    try:
        return validate.deal(load.parse(text, f"{name}.yaml"), name, house())[1]
    except Faults as caught:
        assert [problem for problem in caught.problems if problem.severity == "error"]  # noqa: PT017 -- both ways count
        return caught.problems


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_faulty_deal_is_told_by_place_and_message(path: Path) -> None:
    expected = path.read_bytes().split(b"\n")[0].decode().removeprefix("# ")
    assert [shown(problem) for problem in problems_of(path)] == [expected]


def test_the_corpus_is_large_and_has_every_code_of_deals() -> None:
    told = {problem.code for path in BAD for problem in problems_of(path)}
    between = {Code.SAME_NAME, Code.SAME_ID}
    not_by_a_small_file = {Code.UNREADABLE, Code.TOO_LARGE}
    assert len(BAD) >= 60
    assert told == {code for code in Code if code[0] in "YD"} - between - not_by_a_small_file


@pytest.mark.parametrize("path", GOOD + SAMPLES, ids=lambda path: path.stem)
def test_good_deals_have_no_problem_and_no_warning(path: Path) -> None:
    assert problems_of(path) == ()


def test_what_a_deal_leaves_to_the_provider_is_filled_in() -> None:
    made = deal()
    assert made.onboard_by == date(2026, 12, 1)  # ten business days, without Thanksgiving
    assert made.term_months == 36
    assert (made.tax.rate, made.tax.label) == (Decimal(0), "Sales tax")
    assert made.client.billing.attention == "Ann Lee"


def test_what_a_deal_says_itself_stays() -> None:
    made = deal("{onboard_by: 2026-11-16, term_months: 0, tax: {rate: 7.25, label: VAT}}")
    assert made.onboard_by == date(2026, 11, 16)
    assert made.term_months == 0
    assert (made.tax.rate, made.tax.label) == (Decimal("7.25"), "VAT")


def test_all_faults_of_a_file_are_told_in_one_run_and_in_order() -> None:
    text = """
client: {name: A, addres: {city: y}, contact: {title: z}}
signed: 12/1/2026
starts: 2026-12-01
plan: Glod
servers: -1
setup: {paid_by: Check}
montly: {paid_by: card}
credits: [{description: x, amount: 1.005, from: 2026-02-01, through: 2026-01-01, invoice: "1"}]
notes: pay 4242 4242 4242 4242
"""
    assert faults(text, "Bad Id") == [
        "1:1 D101", "1:1 D109", "2:19 D102", "2:38 D101", "3:9 D103", "5:7 D105", "6:1 D104",
        "7:18 D103", "8:1 D102", "9:36 D112", "9:70 D110", "10:12 D120",
    ]  # fmt: skip


def test_a_misspelt_key_is_told_once_and_not_as_a_missing_one_too() -> None:
    assert faults(SMALLEST.replace("starts:", "start:")) == ["4:1 D102"]


def test_a_fault_in_an_inherited_value_is_told_once() -> None:
    assert faults(SMALLEST.replace("{name: Ann Lee}", "{name: ' '}")) == ["2:88 D103"]
    assert faults(SMALLEST.replace("name: Acme", "name: [x]")) == ["2:16 D103"]
    assert faults(SMALLEST.replace("city: Portland", "city: Portland, zip: 1")) == ["2:71 D102"]
    assert faults(SMALLEST.replace("contact:", "billing: {name: ''}, contact:")) == ["2:88 D103"]


def test_a_line_with_a_secret_is_shown_by_no_problem() -> None:
    text = SMALLEST.replace("plan: gold", "plan: 4242 4242 4242 4242")
    card = all_problems(text)
    assert [problem.code for problem in card] == ["D105", "D120"]
    assert all(problem.source == "" for problem in card)
    assert "4242 " not in "".join(problem.message + problem.hint for problem in card)


def test_nothing_but_a_fault_shows_its_line() -> None:
    (problem,) = all_problems(SMALLEST.replace("plan: gold", "plan: glod"))
    assert problem.source == "plan: glod"


def test_a_name_that_windows_keeps_for_a_device_is_no_id() -> None:
    (problem,) = all_problems(SMALLEST, "nul")
    assert (problem.code, problem.hint) == ("D109", "rename the file to nul-deal.yaml")


@pytest.mark.parametrize("end", ["2026-11-16", "2026-11-20", "2029-11-30", "2030-11-30"])
def test_a_deal_may_end_before_it_starts_and_within_a_year_after_its_term(end: str) -> None:
    assert faults(f"{SMALLEST}ended: {end}\n") == []
    assert faults(f"{SMALLEST}term_months: 0\nended: 2040-01-01\n") == []


def test_a_credit_note_of_tax_alone_is_one() -> None:
    note = 'credit_notes: [{invoice: "7", dated: 2026-11-16, tax: 1.00, lines: [{description: x, amount: 0}]}]\n'
    assert faults(SMALLEST + note) == []
    assert faults(SMALLEST + note.replace("1.00", "0.00")) == ["10:16 D115"]


@pytest.mark.parametrize("name", ["Acme", "a b", "ä", "x" * 61, "", "a_b", "a/b"])
def test_an_id_is_short_and_plain(name: str) -> None:
    (problem,) = all_problems(SMALLEST, name)
    assert problem.code == "D109"
    renamed = re.fullmatch(r"rename the file to ([a-z0-9-]{1,60})\.yaml", problem.hint)
    assert renamed
    assert all_problems(SMALLEST, renamed[1]) == ()


def read(text: str, name: str) -> tuple[Source, Deal]:
    source = load.parse(text, name)
    return source, validate.deal(source, Path(name).stem, house())[0]


def test_two_deals_with_one_billing_name_are_warned_of() -> None:
    other = SMALLEST.replace("name: Acme", "name: Acme Holding, billing_name: ACME ")
    (problem,) = validate.deals([read(other, "b.yaml"), read(SMALLEST, "a.yaml")])
    assert (problem.file, problem.line, problem.column) == ("b.yaml", 2, 44)
    assert (problem.code, problem.severity) == ("D116", "warning")
    assert "a.yaml has the same billing name" in problem.message


def test_different_deals_have_no_problem_between_them() -> None:
    assert validate.deals([read(SMALLEST, "a.yaml"), read(SMALLEST.replace("Acme", "Other"), "b.yaml")]) == ()


HOUSE = {
    name: (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("provider", "routing", "documents")
}


def house_problems(**changed: tuple[str, str]) -> list[Problem]:
    """The problems of `templates/` where in a file one text stands for another."""
    sources = []
    for name, text in HOUSE.items():
        old, new = changed.get(name, ("", ""))
        assert old in text
        sources.append(load.parse(text.replace(old, new, 1) if old else text, f"{name}.yaml"))
    try:
        validate.house(*sources)
    except Faults as caught:
        return list(caught.problems)
    return []


def test_the_sample_templates_have_no_problem() -> None:
    assert house_problems() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "words"),
    [
        ("provider", "currency: USD", "currency: USX", "P220", "there is no currency 'USX'"),
        ("provider", "locale: en_US", "locale: en-US", "P221", "did you mean 'en_US'?"),
        ("provider", "locale: en_US", "locale: xx_YY", "P221", "there is no locale 'xx_YY'"),
        ("provider", "country: US", "country: UK", "P213", "did you mean 'GB'?"),
        ("provider", "signer: owner", "signer: oner", "P206", "did you mean 'owner'?"),
        ("provider", "help@tamaracklane.example", "help", "P214", "is not an e-mail address"),
        ("provider", "server: 150.00", "server: 150.005", "P212", "plans.silver.server has 3 decimals"),
        ("provider", "rule: months, months: 1", "rule: month, months: 1", "P203", "fixed, months, per_device or none"),
        ("provider", "{rule: months, months: 1}", "{months: 1}", "P201", "plans.gold.setup.rule is missing"),
        ("provider", "rule: fixed, fee: 5", "rule: fixed, fees: 5", "P202", "did you mean 'fee'?"),
        ("provider", "proration: actual", "proration: exact", "P203", "actual, thirty or none"),
        ("provider", "paper: letter", "paper: A5", "P203", "must be letter or A4, not 'A5'"),
        ("provider", "check: 3", "check: 300", "P204", "must not be above 120"),
        ("provider", '"#1f4e5f"', "teal", "P203", "must be a colour"),
        ("provider", "\nlaw: the State of Oregon", "", "P201", "law is missing"),
        ("routing", "owner: technician", "owner: tecnician", "P206", "did you mean 'technician'?"),
        ("routing", "id: train-spam-filter", "id: names-match", "P208", "already on line 5"),
        ("routing", "due: 4", "due: soon", "P203", "whole number"),
        ("routing", "actions:", "action:", "P202", "did you mean 'actions'?"),
        ("documents", "template: invoice.html", "template: invoice.htm", "P222", "did you mean '.html'?"),
        ("documents", "template: invoice.html", "template: ../invoice.html", "P222", "without folders"),
        ("documents", "target: intro-letter.docx", "target: intro-letter.pdf", "P223", "does not end with .docx"),
        ("documents", "target: intro-letter.docx", "target: Service-Agreement.docx", "P224", "the same target"),
        ("documents", "target: intro-letter.docx", "target: a/letter.docx", "P223", "not the name of a file"),
        ("documents", "target: intro-letter.docx", "target: con.docx", "P223", "not the name of a file"),
        ("documents", "{{ invoice.file }}.pdf", "invoice.pdf", "P223", "the same for every invoice"),
        ("documents", "each: invoice", "each: invoices", "P203", "did you mean 'invoice'?"),
        ("documents", "  cover-page:", "  Cover page:", "P203", "the key documents.Cover page must be made of"),
    ],
)
def test_each_fault_of_templates_is_told(file: str, old: str, new: str, code: str, words: str) -> None:
    problems = house_problems(**{file: (old, new)})
    assert {(problem.file, problem.code) for problem in problems} == {(f"{file}.yaml", code)}
    assert words in f"{problems[0].message} {problems[0].hint}"
    assert (
        problems[0].source == load.parse(HOUSE[file].replace(old, new, 1), "x").text.split("\n")[problems[0].line - 1]
    )


def test_amounts_have_no_more_decimals_than_the_currency() -> None:
    for currency, amount, known in (
        ("USD", "1.50", True),
        ("JPY", "1.50", False),
        ("JPY", "1.00", True),
        ("KWD", "1.125", True),
    ):
        provider = house().provider.model_copy(update={"currency": currency})
        within = house().model_copy(update={"provider": provider})
        text = SMALLEST.replace("setup: {", f"setup: {{fee: {amount}, ")
        if known:
            assert deal(over=text, within=within).setup.fee == Decimal(amount)
        else:
            with pytest.raises(Faults, match="has 2 decimals; JPY has none"):
                deal(over=text, within=within)


def test_the_faults_of_all_three_files_are_told_in_one_run() -> None:
    problems = house_problems(
        provider=("signer: owner", "signer: nobody\nfax: x"), routing=("due: 4", "due: x"), documents=("html", "odt")
    )
    assert [(problem.file, problem.code) for problem in problems] == [
        ("documents.yaml", "P222"), ("provider.yaml", "P206"), ("provider.yaml", "P202"), ("routing.yaml", "P203"),
    ]  # fmt: skip


@pytest.mark.parametrize("model", [Deal, Provider, Routing, Manifest])
def test_every_pattern_in_the_models_has_words(model: type[BaseModel]) -> None:
    patterns = set(re.findall(r"'pattern': '((?:[^'\\]|\\.)*)'", str(model.model_json_schema())))
    patterns = {pattern for pattern in patterns if "\\" in pattern}  # not the default of a key that is called so
    assert patterns
    assert {pattern.replace("\\\\", "\\") for pattern in patterns} <= set(PATTERNS)


def test_the_keys_at_any_path_are_known() -> None:
    assert keys_of(Deal, ("credits", 0)) == ["description", "amount", "from", "through", "invoice"]
    assert keys_of(Deal, ("team", "technician")) == ["name", "title", "email", "phone"]
    assert keys_of(Deal, ("team",)) is None
    assert keys_of(Provider, ("plans", "gold", "setup")) == ["rule", "fee", "months", "server", "workstation"]
    assert keys_of(Deal, ("plan",)) == []


def test_codes_are_unique_and_each_has_a_meaning() -> None:
    assert len({code.value for code in Code}) == len(Code.__members__)
    assert all(re.fullmatch(r"[YDPL][0-9]{3}", code) and code.meaning for code in Code)


INNER_KEYS = ["name", "address", "contact", "billing", "email", "attention", "price", "id", "rate", "x"]

values = st.recursive(
    st.sampled_from(["", " ", "x", "1", "-1", "2026-12-01", "gold", "card", "true", "1e9", "a@b", "US"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(INNER_KEYS), inner, max_size=4),
    max_leaves=8,
)
KEYS = sorted(validate.schema()["properties"])


@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_tree_of_values_is_a_deal_or_has_located_problems(changes: dict[str, object]) -> None:
    base = load.parse(SMALLEST, "x").data
    assert isinstance(base, dict)
    text = "\n".join(f"{key}: {flow(value)}" for key, value in {**base, **changes}.items())
    problems = all_problems(text)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)
    assert not any("Input should" in problem.message for problem in problems)


def flow(value: object) -> str:
    """A tree as flow YAML, every text in quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]" if isinstance(value, list) else f"'{value}'"
