"""The invoice as people read it: a draft says so, a numbered one its number, a credit note why it is there."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator.invoicing import books
from generator.pipeline import Workspace
from tests.making import SMALLEST, TEMPLATES
from tests.reading import text_of
from tests.workspaces import change, render

if TYPE_CHECKING:
    from pathlib import Path

INVOICES = 'documents: {invoice: {template: invoice.html, each: invoice, target: "{{ invoice.file }}.pdf"}}\n'
BY_CHECK = SMALLEST.replace("card", "check")
CREDIT = "credits: [{description: Spam filter, amount: 28.00, from: 2026-11-01, through: 2026-12-31, invoice: A-17}]\n"
NOTE = """credit_notes:
  - {invoice: 2026-0002, dated: 2027-01-05, reason: Two workstations less., lines: [{description: x, amount: 130}]}
  - {invoice: 2026-0002, dated: 2027-01-06, lines: [{description: x, amount: 10}]}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One deal, paid by check, and the invoice's own template."""
    made = Workspace.at(tmp_path)
    made.deals.mkdir()
    shutil.copytree(TEMPLATES, made.templates)
    (made.templates / "documents.yaml").write_text(INVOICES, encoding="utf-8")
    (made.deals / "acme.yaml").write_text(BY_CHECK + CREDIT, encoding="utf-8")
    return made


def number(made: Workspace, as_of: str = "2026-11-16") -> None:
    books.enter(made, books.propose(made, (), date.fromisoformat(as_of)))


def words(made: Workspace) -> dict[str, str]:
    """Each document's text."""
    assert not render(made).failed
    return {path.stem: text_of(path) for path in sorted((made.output / "acme").iterdir())}


def test_a_draft_differs_from_the_numbered_one_by_its_mark_and_the_number(workspace: Workspace) -> None:
    drafts = words(workspace)
    number(workspace)
    numbered = words(workspace)
    assert set(drafts) == set(numbered) == {
        "invoice-setup", "invoice-2026-12", "invoice-2027-01", "invoice-2027-02", "credit-note-1",
    }  # fmt: skip
    for name, draft in drafts.items():
        assert " DRAFT " in draft
        number_line = next(word for word in numbered[name].split() if word.startswith("2026-00") or word == "2027-0001")
        assert numbered[name] == draft.replace(" DRAFT ", " ").replace(" Date ", f" Number {number_line} Date ", 1)


def test_the_reference_says_whose_and_what_with_and_without_a_number(workspace: Workspace) -> None:
    said = {
        "invoice-setup": "Reference acme, setup",
        "invoice-2026-12": "Reference acme, December 2026",
        "credit-note-1": "Reference acme, credit 1",
    }
    drafts = words(workspace)
    assert all(text in drafts[name] for name, text in said.items())
    number(workspace)
    assert all(text in words(workspace)[name] for name, text in said.items())


def test_a_credit_for_what_the_plan_includes_says_so(workspace: Workspace) -> None:
    note = words(workspace)["credit-note-1"]
    assert "Credits invoice A-17" in note
    assert "the service above is part of your plan from December 1, 2026" in note


def test_a_correction_says_its_invoice_and_the_reason(workspace: Workspace) -> None:
    number(workspace)
    change(workspace.deals / "acme.yaml", "credits:", NOTE + "credits:")
    texts = words(workspace)
    assert "Credits invoice 2026-0002" in texts["credit-note-for-2026-0002"]
    assert "Reference acme, correction 2026-0002" in texts["credit-note-for-2026-0002"]
    assert "Two workstations less." in texts["credit-note-for-2026-0002"]
    assert "This corrects invoice 2026-0002." in texts["credit-note-for-2026-0002-2"]
    assert "DRAFT" in texts["credit-note-for-2026-0002"]
    number(workspace, "2027-01-05")
    texts = words(workspace)
    assert "DRAFT" not in texts["credit-note-for-2026-0002"]
    assert "DRAFT" in texts["credit-note-for-2026-0002-2"]


def test_a_refund_says_when_service_ended_which_days_and_that_they_were_paid_in_advance(workspace: Workspace) -> None:
    number(workspace)
    change(workspace.deals / "acme.yaml", "credits:", "ended: 2027-01-15\ncredits:")
    texts = words(workspace)
    refund = texts["credit-note-2027-01"]
    assert "Credits invoice 2026-0004" in refund
    assert "January 16, 2027 – January 31, 2027" in refund
    assert "Service ended on January 15, 2027." in refund
    assert "the days after it, which invoice 2026-0004 had billed and which were paid in advance." in refund
    assert "Reference acme, refund for January 2027" in refund
    assert "$1,410.00" in texts["credit-note-2027-02"]
