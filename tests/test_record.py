"""Only what changed is made again, by content and never by time; a record that is damaged costs no file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from generator import inputs, load
from generator.account import Layout
from generator.cli import run
from generator.errors import Problem
from generator.files import alone
from generator.invoicing import books
from generator.order import Order
from generator.record import (
    EDITED,
    GONE,
    LEFT,
    RECORDS,
    SHAPE,
    UNREADABLE,
    Entry,
    Record,
    hash_of,
    parsed,
    reason,
    recorded,
    text_of,
)
from generator.render.html import HtmlTemplate
from tests.making import ROOT
from tests.workspaces import change, changes, documents, reasons, render, sign, small, tree

if TYPE_CHECKING:
    from pathlib import Path

    from generator.pipeline import Workspace

FORCE = Order(jobs=1, force=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two rendered deals."""
    made = small(tmp_path)
    render(made)
    return made


@pytest.fixture
def laid_out(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are laid out from now on."""
    texts: list[str] = []
    really = HtmlTemplate.laid_out

    def heard(self: HtmlTemplate, text: str, *rest: object) -> object:
        texts.append(text)
        return really(self, text, *rest)  # type: ignore[arg-type]

    assert workspace.output.is_dir()
    monkeypatch.setattr(HtmlTemplate, "laid_out", heard)
    return texts


def touch_everything(root: Path) -> None:
    for path in root.rglob("*"):
        os.utime(path, (1, 1))


def test_a_record_reads_back_as_it_was_written() -> None:
    layout = Layout("a", {"look.css": "b"})
    warning = Problem("acme.yaml", "D116", "„words“", 3, 4, severity="warning")
    entries = {"b.pdf": Entry("b", "1", "2", layout=layout), "a.xlsx": Entry("a", "3", due=True, filled_in=True)}
    record = Record({"the deal": "x"}, entries, (warning,), "acme", "../deals/acme.yaml", ("a",))
    assert parsed(text_of(record)) == record
    assert list(parsed(text_of(record)).entries) == ["b.pdf", "a.xlsx"]


def test_a_record_has_files_whose_name_is_no_text() -> None:
    record = Record({"templates/caf\udce9.png": "x"}, name="山田")
    assert parsed(text_of(record).encode().decode()) == record


def test_a_record_that_is_not_whole_is_none() -> None:
    text = text_of(Record({"the deal": "x"}, {"a.pdf": Entry("a", "1")}))
    assert parsed(text).entries
    assert parsed(text.replace("a.pdf", "b.pdf")) == parsed(text[:-3]) == parsed("") == Record()


def test_a_record_of_another_version_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    text = text_of(Record({"the deal": "x"}))
    monkeypatch.setattr("generator.record.SHAPE", "of a version whose entries have other parts")
    assert parsed(text) == Record()


def test_the_shape_of_a_record_has_every_part_and_its_kind() -> None:
    for part in ("('marked', 'bool')", "('covers', 'tuple[str, ...]')", "('severity', 'Severity')", "('assets', "):
        assert part in SHAPE


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..", "a/b.pdf", "a\\b.pdf", "c:a.pdf", ""])
def test_a_deals_record_of_what_is_no_file_in_its_folder_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / RECORDS).mkdir()
    (tmp_path / RECORDS / "acme.json").write_text(text_of(Record(entries={name: Entry("a", "1")})))
    assert recorded(tmp_path, "acme") == Record()


@pytest.mark.parametrize(
    ("entry", "present", "state"),
    [
        (Entry("a", "new", "old"), "new", "same"),
        (Entry("a", "new", "old"), "old", "due"),
        (Entry("a", "new", "old"), "other", "kept"),
        (Entry("a", "new", "old"), None, "due"),
        (Entry("a", "new", due=True), "new", "due"),
        (Entry("a", "new", due=True), "other", "kept"),
        (Entry("a", "new", filled_in=True), "other", "due"),
        (Entry("a", "new", filled_in=True), "new", "same"),
        (Entry("a", "new", left=True), "other", "kept"),
        (Entry("a", "new", left=True), "new", "due"),
        (Entry("a", "new", left=True, marked=True), "new", "kept"),
        (Entry("a", "new", left=True), None, "due"),
        (Entry("a", "new"), UNREADABLE, "due"),
        (Entry("a", "new"), hash_of(b""), "due"),
    ],
)
def test_how_a_file_stands(entry: Entry, present: str | None, state: str) -> None:
    assert entry.state(present) == state


def test_reasons_name_what_changed() -> None:
    assert reason({}, {"the deal": "1"}) == "there is no record of it"
    assert reason({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "x", "d": "4"}) == "b, d, c changed"


def test_nothing_is_read_or_made_where_nothing_changed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        pytest.fail("a file was parsed")

    monkeypatch.setattr(load, "read", read)
    before = tree(workspace.output)
    account = render(workspace)
    assert set(changes(account).values()) == {"same"}
    assert set(reasons(account).values()) == {"nothing changed"}
    assert tree(workspace.output) == before


def test_a_run_in_which_nothing_changed_imports_nothing_that_is_slow_to(workspace: Workspace) -> None:
    program = f"""
import sys
from generator.cli import run
assert run(["-C", {str(workspace.deals.parent)!r}, "render"]) == 0
print({{"babel", "jinja2", "lxml", "openpyxl", "psutil", "pydantic", "rich", "weasyprint", "yaml"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("6 unchanged.\nset()\n")


def test_touching_everything_changes_nothing(workspace: Workspace, laid_out: list[str]) -> None:
    before = tree(workspace.output)
    touch_everything(workspace.deals.parent)
    assert set(changes(render(workspace)).values()) == {"same"}
    assert (tree(workspace.output), laid_out) == (before, [])


def test_a_changed_deal_is_made_again_and_no_other(workspace: Workspace, laid_out: list[str]) -> None:
    change(workspace.deals / "client-01.yaml", "starts: 2026-12-01", "starts: 2026-12-01\nnotes: Ring twice")
    account = render(workspace)
    assert [target for target, became in changes(account).items() if became == "changed"] == ["client-01/page.pdf"]
    assert reasons(account)["client-01/page.pdf"] == "the deal changed"
    assert reasons(account)["client-01/invoice-setup.pdf"] == "nothing that it shows changed"
    assert len(laid_out) == 1


def test_a_phone_number_is_laid_out_again_only_where_it_shows(workspace: Workspace, laid_out: list[str]) -> None:
    provider = load.parse((workspace.templates / "provider.yaml").read_text(), "p").text_at("contact", "phone")
    assert provider
    change(workspace.templates / "provider.yaml", f"phone: {provider}", "phone: +1 503 555 0199")
    account = render(workspace)
    changed = [target for target, became in changes(account).items() if became == "changed"]
    assert changed == ["client-00/page.pdf", "client-01/page.pdf"]
    assert reasons(account)["client-00/page.pdf"] == "templates/provider.yaml changed"
    assert len(laid_out) == 2


@pytest.mark.parametrize(
    ("file", "old", "new", "made"),
    [
        ("look.css", "navy", "teal", ["page.pdf"]),
        ("look.css", "p {", "p  {", ["page.pdf"]),
        ("part.html", "Total", "Sum", ["invoice-2026-12.pdf", "invoice-setup.pdf"]),
        ("part.html", "Total", "{# again #}Total", []),
    ],
)
def test_what_a_document_includes_counts_and_what_it_does_not_show_does_not(  # noqa: PLR0913, PLR0917 -- a table
    workspace: Workspace, laid_out: list[str], file: str, old: str, new: str, made: list[str]
) -> None:
    change(workspace.templates / file, old, new)
    render(workspace, "client-00")
    assert len(laid_out) == len(made)
    assert set(changes(render(workspace, "client-00")).values()) == {"same"}


def test_force_makes_all_again(workspace: Workspace, laid_out: list[str]) -> None:
    assert set(changes(render(workspace, order=FORCE)).values()) == {"same"}
    assert len(laid_out) == 6


def test_a_file_that_is_gone_is_made_again_and_no_other(workspace: Workspace, laid_out: list[str]) -> None:
    before = tree(workspace.output)
    (workspace.output / "client-01/page.pdf").unlink()
    account = render(workspace)
    assert [target for target, became in changes(account).items() if became == "new"] == ["client-01/page.pdf"]
    assert reasons(account)["client-01/page.pdf"] == "the file was gone"
    assert (tree(workspace.output), len(laid_out)) == (before, 1)


def test_a_file_that_is_empty_is_made_again(workspace: Workspace) -> None:
    before = documents(workspace.output)
    (workspace.output / "client-01/page.pdf").write_bytes(b"")
    account = render(workspace)
    assert changes(account)["client-01/page.pdf"] == "changed"
    assert reasons(account)["client-01/page.pdf"] == "the file was empty"
    assert documents(workspace.output) == before


def test_one_document_alone_says_nothing_of_the_others(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    assert set(changes(render(workspace, only=("page",)))) == {"client-00/page.pdf", "client-01/page.pdf"}
    assert set(changes(render(workspace, only=("page",))).values()) == {"same"}
    assert len(changes(render(workspace, only=("bill",)))) == 4
    assert len(changes(render(workspace))) == 6
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 3")
    render(workspace, only=("page",))
    account = render(workspace)
    assert changes(account)["client-00/invoice-2026-12.pdf"] == "changed"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"a.pdf": 3}', "0" * 64 + "\n{}", "\udcff"])
def test_a_damaged_record_costs_a_render_and_no_file(workspace: Workspace, laid_out: list[str], damage: str) -> None:
    before = tree(workspace.output)
    record = workspace.output / RECORDS / "client-00.json"
    record.write_text(damage, encoding="utf-8", errors="surrogateescape")
    assert set(changes(render(workspace)).values()) == {"same"}
    assert (tree(workspace.output), len(laid_out)) == (before, 3)


@pytest.mark.parametrize("holds", [(), ("note.txt",)])
def test_a_folder_in_a_records_place_costs_a_render_and_is_set_aside(
    workspace: Workspace, laid_out: list[str], holds: tuple[str, ...]
) -> None:
    before = tree(workspace.output)
    for name in ("client-00", "_templates"):
        record = workspace.output / RECORDS / f"{name}.json"
        record.unlink()
        record.mkdir()
        for inner in holds:
            (record / inner).write_text("mine")
    account = render(workspace)
    assert (account.problems, set(changes(account).values())) == ((), {"same"})
    assert {name: content for name, content in tree(workspace.output).items() if content != b"mine"} == before
    assert len(laid_out) == 3
    assert len(list((workspace.output / RECORDS).glob("*.~1~"))) == 2 * len(holds)
    assert render(workspace).problems == ()
    assert len(laid_out) == 3


def test_a_folder_in_the_place_of_a_record_that_is_not_needed_is_set_aside(workspace: Workspace) -> None:
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    render(workspace)
    record = workspace.output / RECORDS / "_failed.json"
    record.unlink()
    record.mkdir()
    render(workspace)
    assert record.is_file()


def test_without_any_record_nothing_is_lost(workspace: Workspace) -> None:
    before = tree(workspace.output)
    shutil.rmtree(workspace.output / RECORDS)
    assert set(changes(render(workspace)).values()) == {"same"}
    assert tree(workspace.output) == before


def test_a_restored_file_of_ours_is_known_and_brought_up_to_date(workspace: Workspace) -> None:
    page = workspace.output / "client-00/page.pdf"
    first = page.read_bytes()
    page.write_bytes(b"by hand")
    change(workspace.templates / "page.html", "<p>", "<p>Dear ")
    assert changes(render(workspace))["client-00/page.pdf"] == "kept"
    page.write_bytes(first)
    assert changes(render(workspace))["client-00/page.pdf"] == "changed"
    assert page.read_bytes() != first


def test_a_restored_file_and_its_restored_template_are_as_if_nothing_had_been(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = workspace.output / "client-00/page.pdf"
    before, first = tree(workspace.output), page.read_bytes()
    page.write_bytes(b"by hand")
    change(workspace.templates / "page.html", "<p>", "<p>Dear ")
    assert changes(render(workspace, "client-00"))["client-00/page.pdf"] == "kept"
    page.write_bytes(first)
    change(workspace.templates / "page.html", "<p>Dear ", "<p>")
    assert set(changes(render(workspace)).values()) == {"same"}
    assert tree(workspace.output) == before
    test_nothing_is_read_or_made_where_nothing_changed(workspace, monkeypatch)


def test_warnings_are_told_again_although_nothing_is_read(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    sign(workspace, "same-name", (workspace.deals / "client-00.yaml").read_text())
    change(workspace.templates / "page.html", "<html lang=en>", "<html>")
    first, second = render(workspace), render(workspace)
    assert {problem.code for problem in first.problems} == {"D116", "T141"}
    assert first.problems == second.problems


def test_templates_that_were_found_sound_are_not_looked_over_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(workspace.templates / "page.html", "<html lang=en>", "<html>")
    first = render(workspace).problems
    looked_over: list[str] = []
    really = HtmlTemplate.looked_over

    def heard(self: HtmlTemplate, name: str) -> list[Problem]:
        looked_over.append(name)
        return really(self, name)

    monkeypatch.setattr(HtmlTemplate, "looked_over", heard)
    change(workspace.deals / "client-00.yaml", "2026-12-01", "2026-12-08")
    assert render(workspace).problems == first
    assert looked_over == []
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ clint.name }}")
    assert {problem.code for problem in render(workspace).problems} == {"T110", "T141"}
    assert "page.html" in looked_over


def test_a_deal_that_failed_is_done_again_when_failed_ones_are_asked_for(workspace: Workspace) -> None:
    failing = Order(jobs=1, failed=True)
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    assert [deal.status for deal in render(workspace).deals] == ["ok", "failed"]
    assert [deal.deal for deal in render(workspace, order=failing).deals] == ["client-01"]
    change(workspace.deals / "client-01.yaml", "glod", "gold")
    assert [deal.status for deal in render(workspace, order=failing).deals] == ["ok"]
    assert render(workspace, order=failing).deals == ()


def test_which_deals_failed_is_found_out_again_where_nobody_knows_any_more(workspace: Workspace) -> None:
    failing = Order(jobs=1, failed=True)
    deal = workspace.deals / "client-01.yaml"
    change(deal, "gold", "glod")
    render(workspace)
    (workspace.output / RECORDS / "_failed.json").unlink()
    assert {made.deal: made.status for made in render(workspace, order=failing).deals} == {
        "client-00": "ok", "client-01": "failed"
    }  # fmt: skip
    assert [made.deal for made in render(workspace, order=failing).deals] == ["client-01"]


def failed_next(workspace: Workspace) -> list[str]:
    """The deals that a run of those that failed last time does."""
    return [made.deal for made in render(workspace, order=Order(jobs=1, failed=True)).deals]


def test_a_run_of_some_deals_does_not_settle_which_of_the_others_failed(workspace: Workspace) -> None:
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    render(workspace)
    (workspace.output / RECORDS / "_failed.json").unlink()
    render(workspace, "client-00")
    assert failed_next(workspace) == ["client-01"]


def test_after_a_run_that_was_killed_any_may_have_failed(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """Stands for a process that is ended at once."""

    def killed(*_: object) -> None:
        raise Killed

    change(workspace.deals / "client-01.yaml", "servers: 2", "servers: 3")
    monkeypatch.setattr("generator.write.Disk.write", killed)
    with pytest.raises(Killed):
        render(workspace)
    monkeypatch.undo()
    assert failed_next(workspace) == ["client-00", "client-01"]
    assert failed_next(workspace) == []


def test_a_document_that_could_be_made_does_not_settle_that_its_deal_failed(workspace: Workspace) -> None:
    change(workspace.templates / "part.html", "Total: ", "{{ deal.lines[9].description }}")
    assert {made.status for made in render(workspace).deals} == {"failed"}
    assert {made.status for made in render(workspace, "client-00", only=("page",)).deals} == {"ok"}
    assert failed_next(workspace) == ["client-00", "client-01"]


def test_of_two_deals_with_one_id_the_one_that_failed_is_remembered(workspace: Workspace) -> None:
    (workspace.deals / "2027").mkdir()
    shutil.copy(workspace.deals / "client-01.yaml", workspace.deals / "2027")
    render(workspace)
    assert "client-01" in failed_next(workspace)


def test_deals_that_a_ledger_with_a_lost_line_stopped_have_failed(workspace: Workspace) -> None:
    proposal = books.propose(workspace, (), date(2026, 12, 24))
    books.enter(workspace, proposal)
    render(workspace)
    whole = workspace.ledger.read_bytes()
    workspace.ledger.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert [made.status for made in render(workspace).deals] == ["failed", "failed"]
    workspace.ledger.write_bytes(whole)
    assert failed_next(workspace) == ["client-00", "client-01"]


def test_before_the_first_run_none_has_failed_though_the_run_has_locked_the_folder(tmp_path: Path) -> None:
    made = small(tmp_path / "new")
    with alone(made.output):
        assert failed_next(made) == []


def test_what_is_left_of_a_deal_that_is_gone_is_listed_and_pruned_unless_somebody_changed_it(
    workspace: Workspace,
) -> None:
    (workspace.deals / "client-01.yaml").unlink()
    (workspace.output / "client-01/page.pdf").write_bytes(b"by hand")
    account = render(workspace)
    listed, why = changes(account), reasons(account)
    assert {became for target, became in listed.items() if target.startswith("client-01")} == {"gone"}
    assert (why["client-01/page.pdf"], why["client-01/invoice-setup.pdf"]) == (EDITED, GONE)
    account = render(workspace, order=Order(jobs=1, prune=True))
    pruned, why = changes(account), reasons(account)
    assert (why["client-01/page.pdf"], why["client-01/invoice-setup.pdf"]) == (EDITED, GONE)
    assert {target: became for target, became in pruned.items() if target.startswith("client-01")} == {
        "client-01/page.pdf": "kept",
        "client-01/invoice-setup.pdf": "removed",
        "client-01/invoice-2026-12.pdf": "removed",
    }
    assert [name for name in documents(workspace.output) if name.startswith("client-01")] == ["client-01/page.pdf"]


def test_a_changed_document_that_the_deal_no_longer_has_is_told_as_that_until_it_is_removed(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    page, manifest = workspace.output / "client-00/page.pdf", workspace.templates / "documents.yaml"
    ours = page.read_bytes()
    page.write_bytes(b"by hand")
    change(manifest, "target: page.pdf", "target: cover.pdf")
    for order in (Order(jobs=1), FORCE, Order(jobs=1)):
        account = render(workspace, order=order)
        assert (changes(account)["client-00/page.pdf"], reasons(account)["client-00/page.pdf"]) == ("kept", LEFT)
        assert [(problem.code, problem.message) for problem in account.problems] == [("W403", LEFT)]
        assert "--force" not in account.problems[0].hint
    assert run(["-C", str(workspace.deals.parent), "render"]) == 0
    assert "--force" not in capsys.readouterr().out
    page.write_bytes(ours)
    assert changes(render(workspace))["client-00/page.pdf"] == "removed"
    page.write_bytes(b"by hand, once more")
    assert "client-00/page.pdf" not in changes(render(workspace))
    change(manifest, "target: cover.pdf", "target: page.pdf")
    account = render(workspace)
    assert changes(account)["client-00/page.pdf"] == "kept"
    assert page.read_bytes() == b"by hand, once more"


def test_a_changed_document_that_the_deal_has_again_is_brought_up_to_date_by_force(workspace: Workspace) -> None:
    page, manifest = workspace.output / "client-00/page.pdf", workspace.templates / "documents.yaml"
    ours = page.read_bytes()
    page.write_bytes(b"by hand")
    change(manifest, "target: page.pdf", "target: cover.pdf")
    render(workspace)
    change(manifest, "target: cover.pdf", "target: page.pdf")
    assert changes(render(workspace))["client-00/page.pdf"] == "kept"
    assert changes(render(workspace, order=FORCE))["client-00/page.pdf"] == "changed"
    assert (page.read_bytes(), page.with_name("page.pdf.~1~").read_bytes()) == (ours, b"by hand")
    assert set(changes(render(workspace)).values()) == {"same"}


def test_a_document_that_cannot_be_read_fails_its_deal_and_was_changed_by_nobody(workspace: Workspace) -> None:
    page = workspace.output / "client-00/page.pdf"
    page.unlink()
    page.mkdir()
    account = render(workspace)
    assert [(deal.deal, deal.status) for deal in account.deals] == [("client-00", "failed"), ("client-01", "ok")]
    assert [(problem.file, problem.code) for problem in account.problems] == [(str(page), "W401")]


def test_a_deal_that_is_gone_leaves_nothing_behind(workspace: Workspace) -> None:
    (workspace.deals / "client-01.yaml").unlink()
    render(workspace, order=Order(jobs=1, prune=True))
    assert not [name for name in tree(workspace.output) if "client-01" in name]
    assert not (workspace.output / "client-01").exists()


def test_what_was_removed_is_told_where_no_deal_is_left(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in workspace.deals.iterdir():
        path.unlink()
    assert run(["-C", str(workspace.deals.parent), "render", "--prune"]) == 0
    assert "client-01/page.pdf" in capsys.readouterr().out
    assert documents(workspace.output) == {}


def test_the_reason_for_what_was_not_asked_for_last_time_is_that(workspace: Workspace) -> None:
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 3")
    render(workspace, only=("page",))
    told = {target: why for target, why in reasons(render(workspace)).items() if target.startswith("client-00")}
    assert told["client-00/invoice-2026-12.pdf"] == "it was not asked for last time"


def test_a_deal_that_was_moved_is_not_gone_in_a_run_of_others(workspace: Workspace) -> None:
    (workspace.deals / "2026").mkdir()
    shutil.move(workspace.deals / "client-01.yaml", workspace.deals / "2026")
    before = documents(workspace.output)
    assert render(workspace, "client-00", order=Order(jobs=1, prune=True)).gone == ()
    assert render(workspace, order=Order(jobs=1, failed=True)).gone == ()
    assert documents(workspace.output) == before


def test_no_deal_is_gone_because_the_output_folder_is_a_link(tmp_path: Path) -> None:
    made = small(tmp_path / "office")
    (tmp_path / "share/deep/out").mkdir(parents=True)
    made.output.symlink_to(tmp_path / "share/deep/out")
    elsewhere = made.deals.parent / "2027"
    elsewhere.mkdir()
    moved = shutil.move(made.deals / "client-01.yaml", elsewhere)
    render(made)
    render(made, str(moved))
    assert render(made, order=Order(jobs=1, prune=True)).gone == ()
    assert (made.output / "client-01/page.pdf").is_file()


def test_a_deal_in_another_folder_is_not_gone(workspace: Workspace) -> None:
    other = workspace.deals.parent / "2027"
    other.mkdir()
    moved = shutil.move(workspace.deals / "client-01.yaml", other)
    render(workspace, str(moved))
    assert render(workspace, order=Order(jobs=1, prune=True)).gone == ()
    assert (workspace.output / "client-01/page.pdf").is_file()


def test_the_program_and_its_libraries_and_fonts_are_inputs(workspace: Workspace) -> None:
    names = inputs.of_house(workspace.templates)
    assert {"dealdocs", "libraries", "fonts", "templates/look.css", "templates/documents.yaml"} <= set(names)
    assert all(len(value) == 64 for value in names.values())


def test_another_version_of_a_library_lays_everything_out_again(
    workspace: Workspace, laid_out: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = inputs.of_machine()
    monkeypatch.setattr(inputs, "of_machine", lambda: {**machine, "libraries": "another"})
    account = render(workspace)
    assert set(changes(account).values()) == {"same"}
    assert len(laid_out) == 6


def test_another_version_of_a_library_counts_for_documents_that_were_not_asked_for_at_first(
    workspace: Workspace, laid_out: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = inputs.of_machine()
    monkeypatch.setattr(inputs, "of_machine", lambda: {**machine, "fonts": "others"})
    render(workspace, only=("bill",))
    laid_out.clear()
    render(workspace, "client-00")
    assert [text for text in laid_out if "Client-00" in text]


def test_lock_files_of_office_programs_are_no_deals(workspace: Workspace) -> None:
    for name in ("~$client-00.yaml", ".client-00.yaml"):
        (workspace.deals / name).write_text("x")
    assert render(workspace).problems == ()


def test_lock_files_of_office_programs_are_no_inputs(workspace: Workspace) -> None:
    before = inputs.of_house(workspace.templates)
    for name in ("~$letter.docx", ".~lock.letter.docx#", ".page.html.swp"):
        (workspace.templates / name).write_text("x")
    assert inputs.of_house(workspace.templates) == before
