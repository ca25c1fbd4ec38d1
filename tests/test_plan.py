"""The packet of a deal: which actions, which documents, under which names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator import compute, plan
from generator.errors import Faults
from generator.limits import Limits
from tests.making import deal, house, jobs

if TYPE_CHECKING:
    from generator.provider import Document, House
    from generator.work import Action

TWO_WAYS = "setup: {paid_by: check}\nmonthly: {paid_by: ach}"
CREDIT = "credits: [{description: Filter, amount: 10.00, from: 2026-12-01, through: 2026-12-31, invoice: A}]"


def actions(text: str = "") -> dict[str, Action]:
    made = jobs(text)[0].values["actions"]
    assert isinstance(made, tuple)
    return {action.id: action for action in made}


def targets(text: str = "") -> list[str]:
    return [str(job.target) for job in jobs(text)]


def with_document(**changes: str) -> House:
    """The sample house with one more document."""
    made = house()
    document: Document = made.manifest.documents["cover-page"].model_copy(update=changes)
    documents = {**made.manifest.documents, "extra": document}
    return made.model_copy(update={"manifest": made.manifest.model_copy(update={"documents": documents})})


def test_a_packet_has_its_documents_in_the_manifests_order() -> None:
    assert targets() == [
        "acme/cover-page.pdf",
        "acme/invoice-setup.pdf",
        "acme/invoice-2026-12.pdf",
        "acme/routing-slip.xlsx",
        "acme/intro-letter.docx",
        "acme/service-agreement.docx",
    ]


def test_a_check_payer_gets_three_invoices_and_a_credit_its_note() -> None:
    files = targets(f"monthly: {{paid_by: check}}\n{CREDIT}")
    assert files[1:6] == [
        "acme/invoice-setup.pdf",
        "acme/invoice-2026-12.pdf",
        "acme/invoice-2027-01.pdf",
        "acme/invoice-2027-02.pdf",
        "acme/credit-note-1.pdf",
    ]


def test_only_an_invoices_job_has_an_invoice() -> None:
    having = {job.document for job in jobs() if "invoice" in job.values}
    assert having == {"invoice"}


def test_the_card_branch_alone_for_a_card_payer() -> None:
    found = actions()
    assert found["card-charged"].text == "Card charged: $2,820.00 (first month + setup)"
    assert not {"check-collected", "check-deposited", "ach-drawn"} & found.keys()


def test_the_check_branch_alone_for_a_check_payer() -> None:
    found = actions("setup: {paid_by: check}\nmonthly: {paid_by: check}")
    assert found["check-collected"].text == "Check collected: $5,640.00 (3 months in advance + setup)"
    assert not {"card-charged", "ach-drawn", "authorization-collected", "autopay-set-up"} & found.keys()


def test_two_ways_of_paying_have_both_branches_each_with_its_own_amount() -> None:
    found = actions(TWO_WAYS)
    assert found["check-collected"].text == "Check collected: $1,410.00 (setup)"
    assert found["ach-drawn"].text == "ACH drawn: $1,410.00 (first month)"


def test_no_servers_no_server_rows() -> None:
    left_out = actions().keys() - actions("servers: 0").keys()
    assert left_out == {"agent-on-servers", "server-monitored", "server-patched"}


def test_no_spam_filter_in_the_plan_no_spam_filter_rows() -> None:
    left_out = actions().keys() - actions("plan: silver").keys()
    assert left_out == {"spam-filter-set-up", "train-spam-filter"}


def test_credits_have_a_row_only_where_there_are_any() -> None:
    assert "credits-made" not in actions()
    assert actions(CREDIT)["credits-made"].text.endswith("$10.00")


def test_a_deal_skips_actions_and_adds_its_own_at_the_end_of_their_section() -> None:
    added = "{id: move-dns, section: Set up, action: 'Move DNS for {{ client.name }}', owner: technician, due: 5}"
    found = actions(f"routing: {{skip: [train-spam-filter], add: [{added}]}}")
    assert "train-spam-filter" not in found
    assert found["move-dns"].text == "Move DNS for Acme"
    sections = [action.section for action in found.values()]
    assert sections == sorted(sections, key=sections.index)
    assert [a.id for a in found.values() if a.section == "Set up"][-1] == "move-dns"


def test_the_team_of_the_deal_overrules_the_providers_people() -> None:
    assert actions("team: {technician: Jo Park}")["agent-on-servers"].person.name == "Jo Park"


def test_an_action_is_due_in_business_days_after_signing() -> None:
    assert actions()["spam-filter-set-up"].due == date(2026, 11, 23)
    assert actions()["portal-tutored"].due == date(2026, 11, 27)  # Thanksgiving does not count


def test_data_in_an_action_is_never_a_template() -> None:
    found = actions("client: {name: '{{ 7*7 }} & <b>', address: {street: 1, city: P}, contact: {name: A}}")
    assert "“{{ 7*7 }} & <b>”" in found["names-match"].text


def faults(within: House, text: str = "") -> list[tuple[str, str, str]]:
    made = deal(text)
    with pytest.raises(Faults) as caught:
        plan.jobs(made, within, compute.figures(made, within.provider))
    return [(problem.file, problem.code, problem.place) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("Cover-Page.pdf", "P293"),
        ("../escape.pdf", "P291"),
        ("con.pdf", "P291"),
        ("合" * 76 + ".pdf", "P291"),
        ("a:b.pdf", "P291"),
        ("letter.docx", "P292"),
        ("{{ client.nmae }}.pdf", "P290"),
    ],
)
def test_a_target_that_cannot_be_is_a_fault_at_its_place(target: str, code: str) -> None:
    assert ("documents", code, "documents.extra.target") in faults(with_document(target=target))


def test_a_misspelt_name_in_a_condition_is_a_fault_with_the_nearest_name() -> None:
    made = deal()
    within = with_document(when="figures.colect.total", target="x.pdf")
    with pytest.raises(Faults, match="did you mean 'collect'"):
        plan.jobs(made, within, compute.figures(made, within.provider))


def test_an_added_actions_fault_is_placed_in_the_deal() -> None:
    added = "{id: x, section: File, action: '{{ clinet.name }}', owner: technician, due: 1}"
    assert faults(house(), f"routing: {{add: [{added}]}}") == [("deal", "P290", "routing.add.0.action")]


def test_a_document_whose_condition_does_not_hold_is_left_out() -> None:
    within = with_document(when="deal.servers.count > 5", target="x.pdf")
    made = deal()
    planned = plan.jobs(made, within, compute.figures(made, within.provider))
    assert "extra" not in {job.document for job in planned}


ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
AT_ONCE = Limits(seconds=0.2)


@pytest.mark.parametrize(
    ("within", "text", "place"),
    [
        (house(), f'routing: {{add: [{{id: a, section: S, action: "{ENDLESS}", owner: technician, due: 5}}]}}', "deal"),
        (with_document(target=ENDLESS), "", "documents"),
    ],
)
def test_a_text_that_goes_on_without_end_is_stopped_and_named(within: House, text: str, place: str) -> None:
    made = deal(text)
    with pytest.raises(Faults) as raised:
        plan.jobs(made, within, compute.figures(made, within.provider), AT_ONCE)
    (problem,) = raised.value.problems
    where = {"deal": "routing.add.0.action", "documents": "documents.extra.target"}
    assert (problem.code, problem.file, problem.place) == ("T150", place, where[place])
    assert problem.message == "took longer than 0.2 seconds, so it was stopped"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion"),
        ("{{ 'x' * 999999999999999 }}", "it takes more memory than there is"),
    ],
)
def test_a_text_that_takes_more_than_there_is_is_a_fault_in_its_place(text: str, said: str) -> None:
    made, within = deal(), with_document(target=text)
    with pytest.raises(Faults, match=said) as raised:
        plan.jobs(made, within, compute.figures(made, within.provider))
    assert [problem.place for problem in raised.value.problems] == ["documents.extra.target"]
