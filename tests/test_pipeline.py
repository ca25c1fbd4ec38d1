"""A folder of deals goes through all the stages; what is wrong with one never stops another."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest

from generator import pipeline, write
from generator.errors import Misuse
from generator.limits import Limits
from generator.order import Order
from generator.record import RECORDS
from generator.workspace import Workspace, find
from tests.making import SMALLEST, TEMPLATES
from tests.workspaces import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from generator.account import Account

PAGE = "<html lang=en><title>t</title><p>{{ client.name }}: {{ figures.collect.total | money }}</p></html>"
MANIFEST = """
documents:
  page: {template: page.html, each: deal, target: page.pdf}
  bill: {template: bill.html, each: invoice, target: "{{ invoice.file }}.pdf"}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two sound deals and two small templates."""
    made = Workspace.at(tmp_path)
    made.deals.mkdir()
    made.templates.mkdir()
    for name in ("provider.yaml", "routing.yaml"):
        shutil.copy(TEMPLATES / name, made.templates)
    (made.templates / "documents.yaml").write_text(MANIFEST)
    (made.templates / "page.html").write_text(PAGE)
    (made.templates / "bill.html").write_text("<html lang=en><title>t</title>{{ invoice.total | money }}</html>")
    for name in ("acme", "bolt"):
        (made.deals / f"{name}.yaml").write_text(SMALLEST.replace("Acme", name.title()))
    return made


def render(workspace: Workspace, *names: str, only: tuple[str, ...] = ()) -> Account:
    return pipeline.render(workspace, names, write.Disk(workspace.output), order=Order(only=frozenset(only)))


def statuses(account: Account) -> dict[str, str]:
    return {deal.deal: deal.status for deal in account.deals}


def files(workspace: Workspace) -> list[str]:
    found = (p for p in workspace.output.rglob("*") if p.is_file() and RECORDS not in p.parts)
    return sorted(str(p.relative_to(workspace.output)) for p in found)


def codes(account: Account) -> list[str]:
    return [problem.code for problem in account.problems]


def test_every_deal_of_the_folder_is_rendered(workspace: Workspace) -> None:
    account = render(workspace)
    assert account.problems == ()
    assert statuses(account) == {"acme": "ok", "bolt": "ok"}
    assert files(workspace)[:3] == ["acme/invoice-2026-12.pdf", "acme/invoice-setup.pdf", "acme/page.pdf"]


def test_the_second_run_changes_nothing(workspace: Workspace) -> None:
    render(workspace)
    again = render(workspace)
    assert {document.change for deal in again.deals for document in deal.documents} == {"same"}


def test_a_document_changed_by_hand_is_warned_of_as_long_as_it_is_out_of_date(workspace: Workspace) -> None:
    render(workspace)
    page, deal = workspace.output / "acme" / "page.pdf", workspace.deals / "acme.yaml"
    page.write_bytes(b"by hand")
    assert codes(render(workspace)) == []
    deal.write_text(deal.read_text().replace("workstations: 14", "workstations: 20"))
    for _ in range(2):
        account = render(workspace)
        assert codes(account) == ["W403"]
        assert not account.failed
    deal.write_text(deal.read_text().replace("workstations: 20", "workstations: 14"))
    assert codes(render(workspace)) == []
    assert page.read_bytes() == b"by hand"


def test_a_deals_text_that_goes_on_without_end_is_named_and_the_others_are_rendered(workspace: Workspace) -> None:
    deal = workspace.deals / "bolt.yaml"
    text = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    deal.write_text(
        f"{deal.read_text()}\nrouting: {{add: [{{id: a, section: S, action: '{text}', owner: technician, due: 5}}]}}"
    )
    account = pipeline.render(workspace, (), write.Disk(workspace.output), order=Order(limits=Limits(seconds=4)))
    assert statuses(account) == {"acme": "ok", "bolt": "failed"}
    (problem,) = account.problems
    assert (problem.code, problem.file, problem.line) == ("T150", str(deal), len(deal.read_text().splitlines()))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no pipes in folders")
def test_a_pipe_among_the_deals_is_none_and_is_not_waited_for(workspace: Workspace) -> None:
    pipe = workspace.deals / "pipe.yaml"
    os.mkfifo(pipe)
    assert statuses(render(workspace)) == {"acme": "ok", "bolt": "ok"}
    for name in ("pipe", str(pipe)):
        with pytest.raises(Misuse, match=r"pipe\.yaml is no file, so it is no deal"):
            pipeline.check(workspace, [name])


def test_a_link_that_leads_nowhere_is_a_deal_that_cannot_be_read(workspace: Workspace) -> None:
    (workspace.deals / "carl.yaml").symlink_to("nowhere.yaml")
    assert statuses(pipeline.check(workspace)) == {"acme": "ok", "bolt": "ok", "carl": "failed"}


def test_a_suffix_in_capital_letters_is_a_deals_too(workspace: Workspace) -> None:
    (workspace.deals / "bolt.yaml").rename(workspace.deals / "bolt.YAML")
    assert statuses(pipeline.check(workspace)) == {"acme": "ok", "bolt": "ok"}
    assert statuses(pipeline.check(workspace, ["bolt"])) == {"bolt": "ok"}


def test_ids_files_and_folders_name_deals_and_none_is_done_twice(workspace: Workspace) -> None:
    path = str(workspace.deals / "acme.yaml")
    assert statuses(render(workspace, "acme", path)) == {"acme": "ok"}
    assert len(render(workspace, str(workspace.deals), path).deals) == 2


def test_an_id_names_its_deal_wherever_it_lies_and_whatever_else_has_its_name(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.deals / "2026").mkdir()
    deal = next(workspace.deals.glob("*.yaml"))
    deal = deal.rename(workspace.deals / "2026" / deal.name)
    (tmp_path / "here" / deal.stem).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert find(workspace, [deal.stem]) == [deal]


def test_a_name_that_is_no_deal_says_which_is_near(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match="did you mean 'acme'"):
        render(workspace, "acmee")


def test_a_document_that_the_manifest_does_not_have_says_which_is_near(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match="did you mean 'page'"):
        render(workspace, only=("pages",))


def test_it_says_so_too_where_nothing_has_changed(workspace: Workspace) -> None:
    render(workspace)
    with pytest.raises(Misuse, match="there is no document 'pages'"):
        render(workspace, only=("pages",))


def test_no_folder_of_deals_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="dealdocs init"):
        render(Workspace.at(tmp_path))


def test_a_folder_of_deals_that_cannot_be_read_is_not_an_empty_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.deals / "2027").mkdir()
    scandir = os.scandir

    def refused(path: str) -> Any:
        if str(path).endswith("2027"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(Misuse, match="2027 cannot be read: Permission denied"):
        render(workspace)


def test_an_empty_folder_is_an_account_without_deals(workspace: Workspace) -> None:
    for path in workspace.deals.iterdir():
        path.unlink()
    assert render(workspace).deals == ()


def test_one_document_alone(workspace: Workspace) -> None:
    render(workspace, only=("page",))
    assert files(workspace) == ["acme/page.pdf", "bolt/page.pdf"]


def test_a_deal_with_a_fault_yields_nothing_and_the_other_is_rendered(workspace: Workspace) -> None:
    (workspace.deals / "acme.yaml").write_text(SMALLEST.replace("gold", "glod"))
    account = render(workspace)
    assert statuses(account) == {"acme": "failed", "bolt": "ok"}
    assert codes(account) == ["D105"]
    assert {file.split("/")[0] for file in files(workspace)} == {"bolt"}


def test_all_problems_of_all_files_are_told_in_one_run(workspace: Workspace) -> None:
    (workspace.deals / "acme.yaml").write_text(SMALLEST.replace("gold", "glod").replace("servers", "severs"))
    (workspace.deals / "bolt.yaml").write_text("client: [")
    (workspace.templates / "page.html").write_text("{{ clinet.name }} {{ client.nmae }}")
    problems = pipeline.check(workspace).problems
    assert {problem.file.rsplit("/")[-1] for problem in problems} == {"acme.yaml", "bolt.yaml", "page.html"}
    assert len([problem for problem in problems if problem.file.endswith("page.html")]) == 2
    assert len([problem for problem in problems if problem.file.endswith("acme.yaml")]) >= 2


@pytest.mark.parametrize("asked_for", [(), ("2027/acme.yaml",), ("acme.yaml", "2027")])
def test_two_files_with_one_id_never_write_over_each_other(workspace: Workspace, asked_for: Sequence[str]) -> None:
    render(workspace)
    before = documents(workspace.output)
    other = workspace.deals / "2027/acme.yaml"
    other.parent.mkdir()
    other.write_text("client: [")
    names = [str(workspace.deals / name) for name in asked_for]
    for _ in range(2):
        account = render(workspace, *names)
        assert {deal.status for deal in account.deals if deal.deal == "acme"} == {"failed"}
        assert "D117" in codes(account)
        other.write_text(SMALLEST.replace("Acme", "Another"))
    assert "D117" in codes(pipeline.check(workspace, names))
    assert documents(workspace.output) == before


@pytest.mark.parametrize("output", ["deals", "templates/made"])
def test_documents_never_go_among_what_they_are_made_from(workspace: Workspace, output: str) -> None:
    root = workspace.deals.parent
    with pytest.raises(Misuse, match="documents cannot go to"):
        Workspace.at(root, root / output)


def test_a_template_with_a_misspelt_name_leaves_no_file_behind(workspace: Workspace) -> None:
    (workspace.templates / "bill.html").write_text("{{ invoice.totall }}")
    account = render(workspace)
    assert set(statuses(account).values()) == {"failed"}
    assert files(workspace) == []


def word(path: Path, text: str) -> None:
    made = docx.Document()
    made.add_paragraph("A letter.")
    made.add_paragraph(text)
    made.save(str(path))


def excel(path: Path, text: str) -> None:
    made = openpyxl.Workbook()
    made.worksheets[0].title = "Slip"
    made.worksheets[0]["C12"] = text
    made.save(path)


@pytest.mark.parametrize(
    ("name", "make", "place"),
    [
        ("letter.docx", word, 'paragraph 2 "Dear {{ client.contcat.name }}"'),
        ("slip.xlsx", excel, "Slip!C12"),
        ("note.html", lambda path, text: path.write_text(f"<html lang=en>\n<p>{text}"), ""),
    ],
)
def test_a_misspelt_name_in_any_template_is_found_at_its_place_and_leaves_no_file(
    workspace: Workspace, name: str, make: Callable[[Path, str], None], place: str
) -> None:
    target = name.replace(".html", ".pdf")
    more = f"  more: {{template: {name}, each: deal, target: {target}}}\n"
    (workspace.templates / "documents.yaml").write_text(MANIFEST + more)
    make(workspace.templates / name, "Dear {{ client.contact.name }}")
    assert render(workspace).problems == ()
    shutil.rmtree(workspace.output)
    make(workspace.templates / name, "Dear {{ client.contcat.name }}")
    (problem,) = render(workspace).problems
    assert problem.file == str(workspace.templates / name)
    assert place in problem.place if place else problem.line == 2
    assert "contact" in f"{problem.message} {problem.hint}"
    assert files(workspace) == []


def test_a_fault_that_only_one_deal_runs_into_stops_that_deal_alone(workspace: Workspace) -> None:
    (workspace.templates / "page.html").write_text("<html lang=en><title>t</title>{{ client.contact.email }}</html>")
    with_email = SMALLEST.replace("name: Ann Lee", "name: Ann Lee, email: ann@acme.example")
    (workspace.deals / "acme.yaml").write_text(with_email)
    account = render(workspace)
    assert statuses(account) == {"acme": "ok", "bolt": "failed"}
    assert [problem.deal for problem in account.problems] == ["bolt"]


def test_a_fault_in_the_manifest_is_placed_by_line_and_column(workspace: Workspace) -> None:
    path = workspace.templates / "documents.yaml"
    path.write_text(MANIFEST.replace("page.pdf", '"{{ client.nmae }}.pdf"'))
    problem = next(p for p in pipeline.check(workspace).problems if p.file == str(path))
    assert problem.source[problem.column - 1 :].startswith('"{{ client.nmae')


def test_a_fault_of_the_checklist_is_told_for_every_deal_that_it_stops(workspace: Workspace) -> None:
    path = workspace.templates / "routing.yaml"
    added = "\n  - {id: x, section: File, owner: owner, due: 1, action: '{{ 1 / deal.workstations.count }}'}"
    path.write_text(path.read_text() + added)
    for deal in workspace.deals.glob("*.yaml"):
        deal.write_text(deal.read_text().replace("workstations: 14", "workstations: 0"))
    account = render(workspace)
    assert statuses(account) == {"acme": "failed", "bolt": "failed"}
    assert [(problem.code, problem.deal) for problem in account.problems] == [("P290", "acme"), ("P290", "bolt")]


def test_a_misspelt_name_in_a_text_that_no_deal_runs_into_is_found_all_the_same(workspace: Workspace) -> None:
    path = workspace.templates / "routing.yaml"
    words = "when: deal.servers.count > 99, action: '{{ clint.name }}'"
    added = f"\n  - {{id: x, section: File, owner: owner, due: 1, {words}}}"
    path.write_text(path.read_text() + added)
    (problem,) = pipeline.check(workspace).problems
    assert (problem.code, problem.file, problem.hint) == ("P226", str(path), "did you mean 'client'?")


@pytest.mark.parametrize("when", ["when: deal.servers.count > 99, ", ""])
def test_a_deal_with_a_misspelt_name_in_an_action_of_its_own_fails_whether_or_not_it_runs_into_it(
    workspace: Workspace, when: str
) -> None:
    added = f"{{id: x, section: File, owner: owner, due: 1, {when}action: '{{{{ clint.name }}}}'}}"
    path = workspace.deals / "acme.yaml"
    path.write_text(f"{path.read_text()}routing: {{add: [{added}]}}\n")
    account = render(workspace)
    assert statuses(account) == {"acme": "failed", "bolt": "ok"}
    assert codes(account) == ["P226"]
    assert {file.split("/")[0] for file in files(workspace)} == {"bolt"}
    assert [deal.status for deal in pipeline.check(workspace).deals] == ["failed", "ok"]


def test_a_condition_that_cannot_be_read_is_told_once(workspace: Workspace) -> None:
    path = workspace.templates / "documents.yaml"
    path.write_text(MANIFEST.replace("target: page.pdf", "target: page.pdf, when: deal.servers.count >"))
    assert codes(pipeline.check(workspace)) == ["P225"]


def test_a_fault_in_one_file_of_the_templates_hides_none_in_another(workspace: Workspace) -> None:
    routing = workspace.templates / "routing.yaml"
    words = "{{ client.billingname }}"
    routing.write_text(routing.read_text() + f"\n  - {{id: x, section: File, owner: ownr, due: 1, action: '{words}'}}")
    documents = workspace.templates / "documents.yaml"
    documents.write_text(MANIFEST.replace("invoice.file", "invoice.fil").replace("each: deal", "each: deals"))
    assert sorted(codes(pipeline.check(workspace))) == ["P203", "P206", "P226", "P226"]


def test_deals_in_folders_of_their_own_are_found(workspace: Workspace) -> None:
    (workspace.deals / "2027").mkdir()
    (workspace.deals / "bolt.yaml").rename(workspace.deals / "2027" / "bolt.yaml")
    assert statuses(render(workspace)) == {"acme": "ok", "bolt": "ok"}


def test_a_faulty_provider_stops_all_deals_and_still_tells_of_their_yaml(workspace: Workspace) -> None:
    (workspace.templates / "provider.yaml").write_text("name: [")
    (workspace.deals / "bolt.yaml").write_text("client: {")
    account = render(workspace)
    assert set(statuses(account).values()) == {"failed"}
    assert {problem.file.rsplit("/")[-1] for problem in account.problems} == {"provider.yaml", "bolt.yaml"}


def test_a_missing_template_is_a_problem_that_names_it(workspace: Workspace) -> None:
    (workspace.templates / "bill.html").unlink()
    account = render(workspace)
    assert any("bill.html" in problem.file for problem in account.problems)
    assert files(workspace) == []


def test_check_writes_nothing(workspace: Workspace) -> None:
    account = pipeline.check(workspace)
    assert statuses(account) == {"acme": "ok", "bolt": "ok"}
    assert not workspace.output.exists()


def test_a_deal_that_is_broken_during_the_run_costs_no_account(workspace: Workspace) -> None:
    for deal in ("acme", "bolt"):
        path = workspace.deals / f"{deal}.yaml"
        path.write_text(SMALLEST)

    def breaking(*_: object) -> None:
        (workspace.deals / "acme.yaml").write_text("client: [")

    account = pipeline.render(workspace, (), write.Disk(workspace.output), breaking, Order(jobs=1))
    assert statuses(account) == {"acme": "ok", "bolt": "ok"}
    assert "Y005" in codes(account)


def test_the_caller_hears_of_each_deal_as_it_is_done(workspace: Workspace) -> None:
    heard: list[tuple[str, int]] = []
    pipeline.render(workspace, (), write.Disk(workspace.output), lambda deal, of: heard.append((deal.deal, of)))
    assert sorted(heard) == [("acme", 2), ("bolt", 2)]
