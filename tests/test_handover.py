"""What a run leaves to the next: which deals failed, and what was found sound. To lose it costs a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from generator import handover, write
from generator.account import DealAccount
from generator.errors import Problem
from generator.handover import Handover
from generator.record import FAILED, RECORDS
from generator.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"paper.html": "abc", "dealdocs": "def"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path)


def failed(workspace: Workspace) -> list[str]:
    """The deals that a run of those that failed last time would do, out of three."""
    return sorted(handover.failed(workspace.output, ["acme", "brook", "cedar"]))


def following(workspace: Workspace) -> Handover:
    """The handover of the next run."""
    return Handover(workspace, write.Disk(workspace.output), failed(workspace))


def note(workspace: Workspace, **status: Literal["ok", "failed"]) -> None:
    """What the next run notes of the deals that it does."""
    following(workspace).note_failures([DealAccount(deal, became) for deal, became in status.items()])


def test_before_the_first_run_no_deal_has_failed(workspace: Workspace) -> None:
    assert failed(workspace) == []


def test_deals_that_failed_are_known_until_they_are_done(workspace: Workspace) -> None:
    note(workspace, acme="failed", brook="ok", cedar="failed")
    assert failed(workspace) == ["acme", "cedar"]
    note(workspace, acme="ok")
    assert failed(workspace) == ["cedar"]
    note(workspace, cedar="ok")
    assert failed(workspace) == []


def test_after_a_run_that_was_cut_off_any_may_have_failed_that_was_not_done_since(workspace: Workspace) -> None:
    note(workspace, acme="failed")
    following(workspace).note_templates(INPUTS, [])
    following(workspace).unsettle()
    assert failed(workspace) == ["acme", "brook", "cedar"]
    note(workspace, brook="ok")
    assert failed(workspace) == ["acme", "cedar"]


def test_any_may_have_failed_by_a_damaged_record(workspace: Workspace) -> None:
    note(workspace, acme="failed")
    (workspace.output / RECORDS / f"{FAILED}.json").write_text("{}", encoding="utf-8")
    assert failed(workspace) == ["acme", "brook", "cedar"]


def test_templates_are_sound_as_long_as_they_are_the_same_and_their_warnings_are_told(workspace: Workspace) -> None:
    problem = Problem(str(workspace.templates / "paper.css"), "T140", "does nothing", 3, 1, severity="warning")
    assert following(workspace).sound_templates(INPUTS) is None
    following(workspace).note_templates(INPUTS, [problem])
    assert following(workspace).sound_templates(INPUTS) == (problem,)
    assert following(workspace).sound_templates({**INPUTS, "paper.html": "changed"}) is None


def test_a_ledger_is_sound_for_the_program_that_found_it_so(workspace: Workspace) -> None:
    following(workspace).note_ledger(b"lines", "this one")
    assert following(workspace).has_sound_ledger(b"lines", "this one")
    assert not following(workspace).has_sound_ledger(b"lines", "another")
    assert not following(workspace).has_sound_ledger(b"more lines", "this one")


def test_what_cannot_be_noted_is_found_again(workspace: Workspace) -> None:
    workspace.output.mkdir()
    (workspace.output / RECORDS).write_text("in the way", encoding="utf-8")
    following(workspace).note_templates(INPUTS, [])
    assert following(workspace).sound_templates(INPUTS) is None


def test_a_preview_notes_nothing(workspace: Workspace) -> None:
    Handover(workspace, write.Preview(workspace.output), ()).note_failures([DealAccount("acme", "failed")])
    assert not workspace.output.exists()
