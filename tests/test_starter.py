"""What a new workspace and a new deal file begin with."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from generator import pipeline, starter
from generator.errors import Misuse
from generator.questions import QUESTIONS
from tests.making import TEMPLATES, house

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = {
    **dict.fromkeys((question.key for question in QUESTIONS), ""),
    "name": "Bolt & Nut", "street": "1 Main Street", "city": "Portland", "country": "US", "contact": "Ann Lee",
    "signed": "2026-11-16", "starts": "2026-12-01", "plan": "gold", "servers": "0", "workstations": "3",
    "setup_paid_by": "card", "monthly_paid_by": "card",
}  # fmt: skip


def test_a_new_workspace_has_every_template_a_deal_and_a_schema(tmp_path: Path) -> None:
    laid = starter.lay_out(tmp_path, "{}")
    assert laid.left == ()
    made = {path.relative_to(tmp_path).as_posix() for path in laid.made}
    templates = {f"templates/{p.relative_to(TEMPLATES).as_posix()}" for p in TEMPLATES.rglob("*.*") if p.is_file()}
    assert made == templates | {".gitignore", "deal.schema.json", "deals/harbor-dental.yaml"}


def test_the_sample_deal_points_editors_to_the_schema_beside_it(tmp_path: Path) -> None:
    starter.lay_out(tmp_path, "{}")
    first = (tmp_path / "deals/harbor-dental.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert (tmp_path / "deals" / first.partition("$schema=")[2]).resolve() == (tmp_path / "deal.schema.json").resolve()


def test_git_ignores_documents_and_what_office_programs_leave(tmp_path: Path) -> None:
    starter.lay_out(tmp_path, "{}")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    names = ["output/acme/cover-page.pdf", "templates/~$letter.docx", "deals/acme.yaml"]
    asked = subprocess.run(["git", "check-ignore", *names], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert asked.stdout.splitlines() == names[:2]


def test_what_was_there_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine")
    laid = starter.lay_out(tmp_path, "{}")
    assert laid.left == (tmp_path / ".gitignore",)
    assert (tmp_path / ".gitignore").read_text() == "mine"
    assert starter.lay_out(tmp_path, "{}").made == ()


def test_a_new_deal_passes_check_without_a_warning(tmp_path: Path) -> None:
    assert pipeline.look_over(tmp_path / "bolt.yaml", starter.deal_text(ANSWERS), house()) == ()


def test_every_line_that_is_offered_as_a_comment_is_one_that_check_takes(tmp_path: Path) -> None:
    text = starter.deal_text(ANSWERS)
    offered = text.partition("# onboard_by")[2]
    opened = "\n".join(line.removeprefix("# ") for line in f"# onboard_by{offered}".splitlines())
    sound = opened.replace("{technician: …}", "{technician: Jo}").replace('"…"', '"4242"').replace("…", "A name")
    whole = text.partition("\n# Anything else")[0] + "\n" + sound
    assert pipeline.look_over(tmp_path / "bolt.yaml", whole, house()) == ()


def test_a_key_that_was_not_answered_stands_there_as_a_comment() -> None:
    text = starter.deal_text(ANSWERS)
    assert "\n    # email:\n" in text
    assert "\n  # billing_name:" in text


@pytest.mark.parametrize("name", ["", "Bolt", "bolt nut", "bolt/nut", "../bolt", "b" * 61, "böl", "con", "lpt1"])
def test_a_name_that_cannot_be_an_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be a deal's id"):
        starter.free_path(tmp_path, name)


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".YML"])
def test_an_id_that_is_taken_is_refused(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"bolt{suffix}").touch()
    with pytest.raises(Misuse, match="is there already"):
        starter.free_path(tmp_path, "bolt")
