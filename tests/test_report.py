"""What a run says: one line for each thing, a place for each problem, a code for the shell."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from generator import report
from generator.account import Account, DealAccount, Written
from generator.errors import Problem
from tests.making import ROOT

UNKNOWN_PLAN = Problem(
    file="deals/acme.yaml",
    code="D105",
    message="plan 'glod' is not in templates/provider.yaml",
    line=12,
    column=7,
    hint="did you mean 'gold'?",
    source="plan: glod",
)
WARNING = Problem("deals/b.yaml", "D150", "same billing name", line=1, column=1, severity="warning")
LETTER = Problem("templates/intro-letter.docx", "T201", "there is no value 'x'", place="paragraph 7", deal="acme")
DONE = DealAccount(
    "acme", "ok", (Written("cover-page", "output/acme/cover-page.pdf", "new"), Written("letter", "l.docx", "kept"))
)
FAILED = DealAccount("bolt", "failed")


def test_a_problem_shows_its_place_its_line_and_a_caret() -> None:
    assert report.diagnostics([UNKNOWN_PLAN]) == (
        "deals/acme.yaml:12:7: D105 plan 'glod' is not in templates/provider.yaml (did you mean 'gold'?)\n"
        "    plan: glod\n"
        "          ^\n"
    )


def test_a_caret_stands_right_below_a_tab() -> None:
    problem = Problem("a.yaml", "Y001", "tab", line=1, column=3, source="\tab")
    assert report.diagnostics([problem]).splitlines()[1:] == ["    \tab", "    \t ^"]


def test_a_template_fault_shows_its_place_in_words_and_the_deal() -> None:
    assert report.diagnostics([LETTER]) == (
        "templates/intro-letter.docx: paragraph 7: T201 there is no value 'x' [acme]\n"
    )


def test_a_fault_that_many_deals_share_is_told_once() -> None:
    from dataclasses import replace  # noqa: PLC0415

    text = report.diagnostics([replace(LETTER, deal=name) for name in "abcde"])
    assert text.count("\n") == 1
    assert "[a, b, c and 2 more]" in text


def test_problems_are_told_in_the_order_of_files_and_lines() -> None:
    text = report.diagnostics([LETTER, WARNING, UNKNOWN_PLAN])
    assert [text.index(name) for name in ("acme.yaml", "b.yaml", "intro-letter")] == sorted(
        text.index(name) for name in ("acme.yaml", "b.yaml", "intro-letter")
    )


def test_colour_only_where_asked_for() -> None:
    assert "\033[" not in report.diagnostics([UNKNOWN_PLAN, WARNING])
    assert "\033[1;31mD105\033[0m" in report.diagnostics([UNKNOWN_PLAN], color=True)


def test_annotations_escape_what_a_workflow_command_would_misread() -> None:
    problem = Problem("a,b.yaml", "D101", "50 %\nmore", line=3, column=4)
    assert report.github([problem]) == "::error file=a%2Cb.yaml,line=3,col=4,title=D101::50 %25%0Amore\n"


def test_the_json_has_the_keys_that_others_rely_on() -> None:
    account = json.loads(report.as_json(Account((DONE, FAILED), (UNKNOWN_PLAN,))))
    assert account["deals"][0]["documents"][0] == {
        "document": "cover-page",
        "path": "output/acme/cover-page.pdf",
        "change": "new",
        "why": "",
    }
    assert [deal["status"] for deal in account["deals"]] == ["ok", "failed"]
    assert {"file", "line", "column", "code", "message", "hint"} <= account["problems"][0].keys()


@pytest.mark.parametrize("stopped", [True, False])
def test_the_json_is_laid_out_as_one_structure_would_be(stopped: bool) -> None:  # noqa: FBT001 -- a table
    odd = replace(UNKNOWN_PLAN, message='a\u2028b\x85c\nd "e" \\ é', line=0)
    for account in (Account((DONE, FAILED), (odd, WARNING), (DONE,), stopped=stopped), Account(stopped=stopped)):
        text = report.as_json(account)
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2)


def test_the_json_says_of_a_run_that_was_stopped_that_it_was_and_of_no_other() -> None:
    assert json.loads(report.as_json(Account((DONE,), stopped=True)))["stopped"] is True
    assert "stopped" not in json.loads(report.as_json(Account((DONE,))))


def test_the_summary_counts_what_was_written_kept_and_failed() -> None:
    text = report.summary(Account((DONE, FAILED), (UNKNOWN_PLAN,)))
    assert "acme: 2 documents (1 new, 1 kept)" in text
    assert "bolt: failed, nothing written" in text
    assert "  l.docx" in text
    assert text.endswith("1 document written for 1 deal, 0 unchanged, 1 kept; 1 deal failed.\n")


@pytest.mark.parametrize(("dry", "verb"), [(False, "were"), (True, "would be")])
def test_the_summary_lists_what_is_removed_of_deals_that_are_gone_and_what_stays(*, dry: bool, verb: str) -> None:
    left = (
        Written("a", "output/old/a.pdf", "removed"),
        Written("b", "output/old/b.pdf", "kept", "somebody changed it"),
    )
    text = report.summary(Account(gone=(DealAccount("old", "ok", left),)), dry=dry)
    assert f"Of deals that are gone, these {verb} removed:\n  output/old/a.pdf\n" in text
    assert "Of deals that are gone, these stay:\n  output/old/b.pdf (somebody changed it)\n" in text


def test_the_summary_lists_what_is_removed_and_does_not_count_it_among_the_documents() -> None:
    documents = (Written("a", "output/acme/a.pdf", "same"), Written("b", "output/acme/b.pdf", "removed"))
    text = report.summary(Account((DealAccount("acme", "ok", documents),)))
    assert text.startswith("acme: 1 document (1 same), 1 removed\n\n")
    assert "they were removed:\n  output/acme/b.pdf\n" in text


def test_the_summary_has_no_line_for_a_deal_of_which_all_is_the_same() -> None:
    same = DealAccount("acme", "ok", (Written("a", "output/acme/a.pdf", "same"),))
    assert report.summary(Account((same,))) == "0 documents written for 1 deal, 1 unchanged.\n"
    assert report.summary(Account((DealAccount("acme", "ok"),))).startswith("acme: no documents\n")


def test_copies_are_told_by_name() -> None:
    written = Written("a", "output/acme/a.docx", "changed", copy="output/acme/a.docx.~1~")
    account = Account((DealAccount("acme", "ok", (written,)),))
    assert "copies of that were kept:\n  output/acme/a.docx.~1~\n" in report.summary(account)
    assert "copies of that would be kept:\n" in report.summary(account, dry=True)
    assert json.loads(report.as_json(account))["deals"][0]["documents"][0]["copy"] == "output/acme/a.docx.~1~"


def test_what_a_stopped_run_did_not_come_to_is_counted() -> None:
    account = Account((FAILED,), undone=3)
    assert report.summary(account).endswith("1 deal failed. Stopped with 3 deals not done.\n")
    assert json.loads(report.as_json(account))["undone"] == 3
    assert "undone" not in json.loads(report.as_json(Account((FAILED,))))


def test_what_is_left_of_deals_that_are_gone_has_a_reason_where_it_would_stay() -> None:
    left = (Written("a", "old/a.pdf", "gone", "its deal is gone"), Written("b", "old/b.docx", "gone", "edited"))
    text = report.summary(Account(gone=(DealAccount("old", "ok", left),)))
    assert "  old/a.pdf\n  old/b.docx (edited)\n" in text


def test_a_dry_run_says_would() -> None:
    assert "1 document would be written" in report.summary(Account((DONE,)), dry=True)


def test_a_check_says_what_it_found() -> None:
    assert report.checked(Account((DONE,))) == "1 deal checked: no problems.\n"
    assert report.checked(Account((DONE,), (WARNING, UNKNOWN_PLAN))) == "1 deal checked: 1 error and 1 warning.\n"


def test_an_error_is_1_and_a_warning_is_0_and_a_stop_is_130() -> None:
    assert report.exit_code(Account((), (UNKNOWN_PLAN,), stopped=True)) == 130
    assert report.exit_code(Account((), (UNKNOWN_PLAN,))) == 1
    assert report.exit_code(Account((), (WARNING,))) == 0


def keys(value: object) -> set[str]:
    """Every key in JSON."""
    if isinstance(value, dict):
        return {*value, *(key for inner in value.values() for key in keys(inner))}
    return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()


def test_every_key_of_the_account_is_told_of() -> None:
    copied = Written("a", "a.pdf", "changed", "forced", "a.pdf.~1~")
    account = Account((DealAccount("acme", "ok", (copied,)),), (WARNING,), (DONE,), stopped=True, undone=1)
    text = (ROOT / "docs" / "account.md").read_text(encoding="utf-8")
    assert {key for key in keys(json.loads(report.as_json(account))) if f"`{key}`" not in text} == set()
