"""The `merge` command keeps its contracts: where files go, what is told, and with which exit code."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import openpyxl
import pypdfium2
import pytest

from generator.cli import run
from generator.cli.merge import _OPTIONS, merge
from tests.making import ROOT
from tests.reading import text_of
from tests.workspaces import COMMAND, ENVIRONMENT, change, small

if TYPE_CHECKING:
    from generator.workspace import Workspace

LETTER = "<html lang=en><title>t</title><p>{{ Name }} of {{ Town }}</p></html>"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    made = small(tmp_path, deals=3)
    (made.templates / "letter.html").write_text(LETTER)
    Path(tmp_path / "c.csv").write_text("Name,Town\nAnn,Bend\nBob,\nCy,Salem\n")
    for variable in ("NO_COLOR", "FORCE_COLOR", *(name for name in os.environ if name.startswith("DEALDOCS_"))):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return made


def merged(workspace: Workspace) -> list[str]:
    folder = workspace.output / "_merged"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def pages(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def misused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(["merge", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_one_file_is_written_and_told(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page"]) == 0
    said = capsys.readouterr()
    assert said.out.replace("\\", "/") == "3 records on 3 pages in output/_merged/page.pdf (new).\n"
    assert said.err == ""
    assert merged(workspace) == ["page.pdf"]


def test_again_it_is_the_same(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page", "-q"]) == 0
    before = (workspace.output / "_merged/page.pdf").read_bytes()
    assert run(["merge", "page"]) == 0
    assert "(same)" in capsys.readouterr().out
    assert (workspace.output / "_merged/page.pdf").read_bytes() == before


def test_a_merged_file_that_somebody_changed_stays_unless_forced(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["merge", "page", "-q"]) == 0
    path = workspace.output / "_merged/page.pdf"
    path.write_bytes(b"mine")
    assert run(["merge", "page", "-q"]) == 1
    assert "M540" in capsys.readouterr().err
    assert path.read_bytes() == b"mine"
    assert run(["merge", "page", "-q", "--force"]) == 0
    assert merged(workspace) == ["page.pdf", "page.pdf.~1~"]


def test_rendering_leaves_merged_files_alone(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page", "-q"]) == 0
    assert run(["render", "--prune", "-q"]) == 0
    assert merged(workspace) == ["page.pdf"]
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("workspace")
def test_output_is_a_file_or_a_folder_that_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    assert run(["merge", "page", "--output", "here.pdf", "-q"]) == 0
    assert run(["merge", "page", "--output", "folder", "-q"]) == 0
    assert (tmp_path / "here.pdf").is_file()
    assert (tmp_path / "folder/page.pdf").is_file()
    assert "must end with .pdf" in misused(capsys, "page", "--output", "here.docx")


def test_separate_files_are_named_by_a_pattern(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "merge",
        "letter.html",
        "--data",
        "c.csv",
        "--separate",
        "--name",
        "{{ Town | default('x', true) }}: {{ Name }}",
    ]
    assert run(words) == 0
    assert merged(workspace) == ["letter/Bend- Ann.pdf", "letter/Salem- Cy.pdf", "letter/x- Bob.pdf"]
    assert "3 records in 3 files in " in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_separate_files_go_into_a_folder_that_need_not_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page", "--separate", "--output", "new/folder", "-q"]) == 0
    assert sorted(path.name for path in Path("new/folder").iterdir()) == [f"client-0{n}.pdf" for n in range(3)]
    Path("file").write_text("x")
    assert "need a folder" in misused(capsys, "page", "--separate", "--output", "file")


def test_names_that_collide_are_found_before_anything_is_written(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["merge", "bill", "--separate", "--name", "{{ client.name }}"]) == 1
    assert capsys.readouterr().err.count("M532") == 3
    assert not (workspace.output / "_merged").exists()


def test_separate_invoices_have_names_of_their_own(workspace: Workspace) -> None:
    assert run(["merge", "bill", "client-01", "--separate"]) == 0
    assert merged(workspace) == ["bill/client-01-invoice-2026-12.pdf", "bill/client-01-invoice-setup.pdf"]


def test_a_record_with_a_fault_is_told_and_the_rest_is_done(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    change(Path("c.csv"), "Bob,", "Bob,x,y")
    assert run(["merge", "letter.html", "--data", "c.csv"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("c.csv:3: M506 ")
    assert "2 records on 2 pages" in said.out
    assert "1 fault: see above." in said.out
    assert merged(workspace) == ["letter.pdf"]


@pytest.mark.usefixtures("workspace")
def test_a_missing_name_shows_the_columns_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    change(Path("c.csv"), "Town", "Home town")
    assert run(["merge", "letter.html", "--data", "c.csv"]) == 1
    said = capsys.readouterr()
    assert "T110 there is no value 'Town'" in said.err
    assert "Home town  {{ Home_town }}" in said.err
    assert run(["merge", "letter.html", "--data", "c.csv", "--map", "Home town=Town", "-q"]) == 0


@pytest.mark.usefixtures("workspace")
def test_a_preview_shows_values_as_templates_see_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "letter.html", "--data", "c.csv", "--preview", "2", "--map", "Town=home.town"]) == 0
    said = capsys.readouterr().out
    assert "Town  {{ home.town }}" in said
    assert "Record 2 of 3: c.csv:3" in said
    assert [line.split() for line in said.splitlines() if line.startswith("  home.town ")] == [
        ["home.town", "Bend"],
        ["home.town", "(empty)"],
    ]


def test_a_preview_of_a_deal_needs_no_document_and_writes_nothing(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["merge", "", "client-01", "--preview", "9"]) == 0
    said = capsys.readouterr().out
    assert "\n  client.address.street2" in said
    assert "deal.client." not in said
    assert "(empty)" in said
    assert "figures.monthly_total" in said
    assert "client-00" not in said
    assert not workspace.output.exists()


def test_a_dry_run_lists_records_names_and_pages_and_writes_nothing(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["merge", "page", "--dry-run", "--sort=-deal.id"]) == 0
    said = capsys.readouterr().out.replace("\\", "/")
    assert [line.split()[:2] for line in said.splitlines()[:3]] == [
        ["1", "client-02"], ["2", "client-01"], ["3", "client-00"],
    ]  # fmt: skip
    assert "3 records on 3 pages in output/_merged/page.pdf (new)." in said
    assert run(["merge", "letter.html", "--data", "c.csv", "--separate", "--dry-run"]) == 0
    assert "c.csv:3  row-3.pdf" in capsys.readouterr().out
    assert not workspace.output.exists()


@pytest.mark.usefixtures("workspace")
def test_duplicates_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    change(Path("c.csv"), "Cy,Salem", "Cy,bend")
    assert run(["merge", "letter.html", "--data", "c.csv", "--skip-duplicates", "Town"]) == 0
    assert "1 record left out because one like it came before." in capsys.readouterr().out


@pytest.mark.usefixtures("workspace")
def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    change(Path("c.csv"), "Bob,", "Bob,x,y")
    assert run(["merge", "letter.html", "--data", "c.csv", "--json", "--separate"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["records"] == [
        {"key": "row-2", "file": "c.csv", "line": 2, "number": 1, "name": "row-2.pdf"},
        {"key": "row-4", "file": "c.csv", "line": 4, "number": 2, "name": "row-4.pdf"},
    ]
    assert [Path(file["path"]).name for file in told["files"]] == ["row-2.pdf", "row-4.pdf"]
    assert (told["document"], told["letters"], told["problems"][0]["code"]) == ("letter", 2, "M506")


@pytest.mark.usefixtures("workspace")
def test_json_is_one_document_also_where_nothing_was_merged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "letter.html", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["letters"], told["files"]) == (0, [])
    assert {problem["code"] for problem in told["problems"]} == {"T110"}


@pytest.mark.usefixtures("workspace")
def test_duplex_puts_no_two_records_on_one_sheet() -> None:
    assert run(["merge", "page", "--duplex", "-q", "--output", "a.pdf"]) == 0
    assert pages(Path("a.pdf")) == 5


@pytest.mark.usefixtures("workspace")
def test_labels_and_envelopes_are_merged_by_name(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "labels", "--sheet", "L7160", "--start-at", "7,3", "--outline"]) == 0
    assert "3 labels on 2 pages" in capsys.readouterr().out
    assert run(["merge", "envelopes", "--size", "DL"]) == 0
    assert "3 envelopes on 3 pages" in capsys.readouterr().out
    assert merged(workspace) == ["envelopes.pdf", "labels.pdf"]
    assert "row 11" in misused(capsys, "labels", "--start-at", "11,1")
    assert "such as 3,2" in misused(capsys, "labels", "--start-at", "3")


@pytest.mark.usefixtures("workspace")
def test_the_list_of_deals_can_be_merged_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "--data-out", "list.csv", "--where", "deal.id != 'client-01'"]) == 0
    assert "2 records in list.csv (new)." in capsys.readouterr().out
    with Path("list.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["Deal"] for row in csv.DictReader(file)] == ["client-00", "client-02"]
    assert run(["merge", "labels", "--data", "list.csv", "--output", "l.pdf", "-q"]) == 0
    assert "Client-00" in text_of(Path("l.pdf"))


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "what is to be merged?"),
        (("page", "--separate", "--together"), "--separate and --together do not go together"),
        (("labels", "--separate"), "--separate and labels do not go together"),
        (("page", "--separate", "--duplex"), "--duplex and --separate do not go together"),
        (("page", "--json", "--preview", "1"), "--json and --preview do not go together"),
        (("page", "--name", "x"), "--name belongs to --separate or --email (one of them)"),
        (("page", "--send"), "--send belongs to --email"),
        (("page", "--email", "--yes"), "--yes belongs to --send"),
        (("page", "--sheet", "5160"), "--sheet belongs to labels"),
        (("labels", "--size", "DL"), "--size belongs to envelopes"),
        (("page", "--encoding", "utf-8"), "--encoding belongs to --data"),
        (("page", "--map", "a=b"), "--map belongs to --data"),
        (("letter.html", "--data", "c.csv", "--map", "ab"), "--map 'ab' has no '='"),
        (("page", "--set", "ab"), "--set 'ab' has no '='"),
        (("page", "--prune"), "--prune belongs to --separate or --email (one of them)"),
        (("labels", "--no-sender"), "--no-sender belongs to envelopes"),
        (("page", "--set", "provider=x"), "--set provider: there is such a value already"),
        (("letter.html", "--data", "c.csv", "--set", "Town=x"), "--set Town: a column has that name"),
        (("letter.html", "--data", "c.csv", "--where", "Town = 'Bend'"), "(to compare, use ==)"),
        (("page", "nobody"), "there is no deal 'nobody'"),
        (("page", "--data", "none.csv"), "there is no file none.csv"),
        (("pgae",), "did you mean 'page'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str) -> None:
    assert said in misused(capsys, *words)


def test_only_a_pdf_is_a_pdf(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROOT / "templates/intro-letter.docx", workspace.templates / "word.docx")
    assert "no PDF" in misused(capsys, "word.docx", "--pdf")
    assert run(["merge", "page", "--pdf", "-q"]) == 0


def test_a_value_may_hold_an_equals_sign_and_a_column_too(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ sum }} {{ given }}</html>")
    Path("c.csv").write_text("a=b,c\n1,2\n")
    words = ["merge", "letter.html", "--data", "c.csv", "--map", "a=b=sum", "--set", "given=x=y", "--output", "a.pdf"]
    assert run([*words, "-q"]) == 0
    assert text_of(Path("a.pdf")).split() == ["1", "x=y"]


def test_every_option_is_documented() -> None:
    documented = (ROOT / "docs/merge.md").read_text(encoding="utf-8")
    names = [max(option.opts, key=len) for option in merge.params if option.name not in {"document", "names"}]
    assert len(names) == len(_OPTIONS)
    documented = re.sub(r"^```.*?^```$", "", documented, flags=re.MULTILINE | re.DOTALL)
    words = {word for quoted in re.findall(r"`([^`]+)`", documented) for word in re.findall(r"--?[a-z][a-z-]*", quoted)}
    assert [name for name in names if name not in words] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
def test_stopped_by_ctrl_c_it_leaves_no_half_file(workspace: Workspace) -> None:
    Path("c.csv").write_text("Name,Town\n" + "Ann,Bend\n" * 3000)
    words = [*COMMAND, "merge", "letter.html", "--data", "c.csv"]
    process = subprocess.Popen(words, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    while not (workspace.output / ".dealdocs/_lock").exists():
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode in {
        130,
        -signal.SIGINT,
    }  # the latter where the signal met Python in the middle of an import
    assert said == "Stopped; what was written until then is whole.\n"
    assert not (workspace.output / "_merged").exists()
    assert run(["merge", "page", "-q"]) == 0


def test_invoices_that_were_issued_are_merged_with_their_numbers(workspace: Workspace) -> None:
    (workspace.templates / "bill.html").write_text("<html lang=en><title>t</title>No. {{ invoice.number }}.</html>")
    assert run(["number", "--yes", "--as-of", "2026-11-20"]) == 0
    assert run(["merge", "bill", "client-00", "--output", "a.pdf", "-q"]) == 0
    assert run(["merge", "bill.html", "client-00", "--each", "invoice", "--output", "b.pdf", "-q"]) == 0
    assert re.findall(r"No\. (\S+)\.", text_of(Path("a.pdf"))) == ["2026-0001", "2026-0002"]
    assert text_of(Path("a.pdf")) == text_of(Path("b.pdf"))


def test_a_deal_that_no_longer_gives_what_was_issued_is_left_out(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["number", "--yes", "--as-of", "2026-11-20"]) == 0
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 3")
    capsys.readouterr()
    for words in (["bill"], ["bill.html", "--each", "invoice"], ["page"]):
        assert run(["merge", *words, "--force"]) == 1
        said = capsys.readouterr()
        assert "client-00" in said.err
        assert said.out.startswith(f"{2 if words[0] == 'page' else 4} records")


@pytest.mark.usefixtures("workspace")
def test_a_name_with_a_suffix_is_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert "is named like a file" in misused(capsys, "page", "--separate", "--output", "out.txt")
    assert not Path("out.txt").exists()
    assert run(["merge", "page", "--separate", "--output", "letters.2026", "-q"]) == 0


@pytest.mark.usefixtures("workspace")
def test_a_record_for_each_invoice_is_asked_of_templates_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--each belongs to" in misused(capsys, "page", "--each", "invoice")
    words = ("letter.html", "--data", "c.csv", "--each", "invoice")
    assert "--each and --data do not go together" in misused(capsys, *words)


@pytest.mark.usefixtures("workspace")
def test_where_no_document_is_needed_the_first_word_may_be_a_deal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "--data-out", "list.csv", "client-01"]) == 0
    assert "1 record in list.csv (new)." in capsys.readouterr().out
    assert run(["merge", "deals/client-01.yaml", "client-02", "--data-out", "list.csv", "-q"]) == 0
    with Path("list.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["Deal"] for row in csv.DictReader(file)] == ["client-01", "client-02"]
    assert "no document or template 'cleint'" in misused(capsys, "cleint", "--data-out", "x.csv")


@pytest.mark.usefixtures("workspace")
def test_deals_are_listed_once_whatever_is_merged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "bill", "--data-out", "list.csv"]) == 0
    assert "3 records in list.csv (new)." in capsys.readouterr().out
    assert len(Path("list.csv").read_text(encoding="utf-8-sig").splitlines()) == 4


def test_a_file_that_cannot_be_written_stops_no_other(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    folder = workspace.output / "_merged/page"
    (folder / "client-01.pdf").mkdir(parents=True)
    assert run(["merge", "page", "--separate"]) == 1
    said = capsys.readouterr()
    assert "client-01.pdf: W401 " in said.err
    assert said.out.startswith("2 records in 2 files in ")
    assert merged(workspace) == ["page/client-00.pdf", "page/client-02.pdf"]


def test_one_file_that_cannot_be_written_is_a_fault(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace.output / "_merged/page.pdf").mkdir(parents=True)
    assert run(["merge", "page"]) == 1
    said = capsys.readouterr()
    assert (said.out.splitlines()[0][:20], said.err.count("W401")) == ("Nothing was written.", 1)
    assert "M530" not in said.err


SEPARATE = ["merge", "letter.html", "--data", "c.csv", "--separate"]


def test_files_of_an_earlier_merge_are_told_and_pruned_unless_somebody_changed_them(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*SEPARATE, "-q"]) == 0
    (workspace.output / "_merged/letter/row-3.pdf").write_bytes(b"mine")
    assert run([*SEPARATE, "--limit", "1", "-q"]) == 0
    told = capsys.readouterr().err
    message = "2 files of an earlier merge are still in this folder, besides those of this one: row-3.pdf, row-4.pdf"
    assert f"M541 warning: {message} (--prune removes what nobody changed)" in told
    assert run([*SEPARATE, "--limit", "1", "--prune", "--dry-run"]) == 0
    assert "1 file of an earlier merge removed." in capsys.readouterr().out
    assert merged(workspace) == ["letter/row-2.pdf", "letter/row-3.pdf", "letter/row-4.pdf"]
    assert run([*SEPARATE, "--limit", "1", "--prune"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 record in ")
    assert "1 file of an earlier merge removed." in said.out
    assert "a file of an earlier merge is still in this folder (somebody changed what stays)" in said.err
    assert merged(workspace) == ["letter/row-2.pdf", "letter/row-3.pdf"]


def test_a_value_that_nothing_asks_for_is_refused_before_anything_is_made(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.templates / "letter.html").write_text(LETTER.replace("of", "{{ offer | default('until June') }}"))
    words = ["letter.html", "--data", "c.csv", "--set"]
    for shape in ([], ["--separate"], ["--dry-run"]):
        said = misused(capsys, *words, "offfer=x", *shape)
        assert "--set offfer: nothing asks for this value (did you mean 'offer'?)" in said
    assert "--set x: nothing asks for this value" in misused(capsys, "labels", "--set", "x=1")
    assert merged(workspace) == []
    assert run(["merge", *words, "offer=x", "-q"]) == 0


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    "words",
    [
        ["letter.html", "--data", "c.csv", "--where", "Town == town"],
        ["letter.html", "--data", "c.csv", "--separate", "--name", "{{ town }} {{ Name }}"],
        ["list.html", "--data", "c.csv", "--together"],
        ["note.docx", "--data", "c.csv"],
        ["table.xlsx", "--data", "c.csv", "--separate"],
        ["mail.txt", "--data", "c.csv", "--email"],
        ["labels", "--text", "label.txt"],
    ],
)
def test_a_value_is_asked_for_wherever_its_name_stands(workspace: Workspace, words: list[str]) -> None:
    Path("label.txt").write_text("{{ town }}")
    loop = "{% for one in records %}{{ one.town }}{% endfor %}"
    (workspace.templates / "list.html").write_text(f"<html lang=en><title>t</title>{loop}</html>")
    (workspace.templates / "mail.txt").write_text("To: a@b.example\nSubject: {{ town }}\n\nHello\n")
    note = docx.Document()
    note.add_paragraph("{% if 1 > 2 %}{{ town }}{% endif %}x")
    note.save(str(workspace.templates / "note.docx"))
    book = openpyxl.Workbook()
    book.worksheets[0]["A1"] = "{{ town }}"
    book.save(workspace.templates / "table.xlsx")
    assert run(["merge", *words, "--set", "town=Bend", "-q"]) == 0


def test_a_name_that_is_cut_is_told(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    change(Path("c.csv"), "Ann,", f"{'A' * 120},")
    assert run([*SEPARATE, "--name", "{{ Name }} / {{ Town }}"]) == 0
    said = capsys.readouterr().err
    assert f"c.csv:2: M533 warning: its file's name is too long, and was cut to '{'A' * 100}.pdf'" in said
    assert f"letter/{'A' * 100}.pdf" in merged(workspace)


@pytest.mark.usefixtures("workspace")
def test_labels_and_envelopes_can_be_previewed(capsys: pytest.CaptureFixture[str]) -> None:
    for document in ("labels", "envelopes"):
        assert run(["merge", document, "--preview", "1"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "Record 1 of 3: client-00 (deals/client-00.yaml)",
            "  Ann Lee",
            "  Client-00",
            "  1 Main Street",
            "  Portland",
            "",
        ]
    assert run(["merge", "letter.html", "--data", "c.csv", "--separate", "--preview", "1"]) == 0
    assert "Record 1 of 3" in capsys.readouterr().out


def test_a_file_that_was_kept_is_not_told_as_made(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["merge", "page", "-q"]) == 0
    assert run([*SEPARATE, "-q"]) == 0
    (workspace.output / "_merged/page.pdf").write_bytes(b"mine")
    assert run(["merge", "page"]) == 1
    said = capsys.readouterr().out.replace("\\", "/")
    assert said == "Nothing was written. output/_merged/page.pdf stayed as before. 1 fault: see above.\n"
    (workspace.output / "_merged/letter/row-3.pdf").write_bytes(b"mine")
    assert run(SEPARATE) == 1
    said = capsys.readouterr().out.replace("\\", "/")
    assert said.startswith("2 records in 2 files in output/_merged/letter (2 same). ")
    assert "output/_merged/letter/row-3.pdf stayed as before." in said


def test_a_list_without_together_is_told_to_use_it(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    loop = "{% for one in records %}{{ one.Name }} {% endfor %}{{ percent }}"
    (workspace.templates / "list.html").write_text(f"<html lang=en><title>t</title>{loop}</html>")
    assert run(["merge", "list.html", "--data", "c.csv"]) == 1
    said = capsys.readouterr().err
    assert "there is no value 'records' (use --together" in said
    assert "--set percent=…" in said
    assert run(["merge", "list.html", "--data", "c.csv", "--together", "--set", "percent=4"]) == 0
    assert capsys.readouterr().out.startswith("3 records in ")


def test_the_columns_are_shown_where_a_name_is_missing_and_not_at_other_faults(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{% if Name %}</html>")
    assert run(["merge", "letter.html", "--data", "c.csv"]) == 1
    assert "Columns of" not in capsys.readouterr().err


def test_a_dry_run_does_not_list_what_could_not_be_made(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.templates / "mail.txt").write_text("To: {{ Town }}@b.example\nSubject: x\n\n{{ Name }}\n")
    assert run(["merge", "mail.txt", "--data", "c.csv", "--email", "--dry-run"]) == 1
    said = capsys.readouterr()
    assert "c.csv:3: M602" in said.err
    assert "row-2.eml" in said.out
    assert "row-3.eml" not in said.out


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to another process")
def test_stopped_by_ctrl_c_it_tells_how_many_files_are_finished(workspace: Workspace) -> None:
    Path("c.csv").write_text("Name,Town\n" + "Ann,Bend\n" * 20_000)
    (workspace.templates / "note.txt").write_text("{{ Name }}")
    words = [*COMMAND, "merge", "note.txt", "--data", "c.csv", "--separate"]
    process = subprocess.Popen(words, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    while not (workspace.output / "_merged/note/row-9.txt").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    count = re.fullmatch(r"Stopped after (\d+) files, whole and in place\.\n", said)
    assert count
    there = [path for path in (workspace.output / "_merged/note").iterdir() if path.suffix == ".txt"]
    assert 0 <= len(there) - int(count[1]) <= 1


def test_a_german_list_is_read_filtered_and_printed_in_the_providers_way(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("de.csv").write_text("Name;Umsatz;Datum\nAnn;1.234,50;24.12.2026\nBob;99,00;15.06.2026\nCy;150;01.03.2027\n")
    Path("t.txt").write_text("{{ Name }} {{ Umsatz | money }} {{ Datum | date('MMMM d, y') }}\n")
    words = ["merge", "t.txt", "--data", "de.csv", "--where", "Umsatz | float > 100", "--sort", "-Datum"]
    assert run([*words, "--locale", "de-DE"]) == 0
    made = (workspace.output / "_merged/t.txt").read_text()
    assert made == "Cy $150.00 March 1, 2027\nAnn $1,234.50 December 24, 2026\n"
    capsys.readouterr()
    assert run(words) == 1
    assert "de.csv:2: M520" in capsys.readouterr().err


@pytest.mark.usefixtures("workspace")
def test_an_address_block_takes_the_lists_country(workspace: Workspace) -> None:
    Path("de.csv").write_text("Ort,PLZ\nDresden,01067\n")
    Path("t.txt").write_text("{{ client | address_block }}")
    mapping = ("--map", "Ort=client.city", "--map", "PLZ=client.postal_code")
    assert run(["merge", "t.txt", "--data", "de.csv", *mapping, "--country", "Germany", "-q"]) == 0
    assert (workspace.output / "_merged/t.txt").read_text().split("\n")[:2] == ["01067 Dresden", "Germany"]


@pytest.mark.usefixtures("workspace")
def test_texts_are_not_compared_letter_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    told = misused(capsys, "letter.html", "--data", "c.csv", "--where", "Town > '2026-07-01'")
    assert "would compare texts, letter by letter; compare figures as “Total | figure > 5”" in told
    assert "a cell is a text" in misused(capsys, "letter.html", "--data", "c.csv", "--where", "Town > 5")


@pytest.mark.usefixtures("workspace")
def test_why_no_record_is_left_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("letter.html", "--data", "c.csv"), ("letter.html", "--data", "c.csv", "--separate")):
        assert run(["merge", *words, "--where", "Town == 'Bern'"]) == 1
        told = capsys.readouterr().err
        assert "M530 no record is left to merge (3 records, 0 match --where “Town == 'Bern'”)" in told


@pytest.mark.usefixtures("workspace")
def test_a_list_is_written_as_csv_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert "list.xlsx must end with .csv" in misused(capsys, "--data-out", "list.xlsx")
    assert not Path("list.xlsx").exists()
    assert run(["merge", "--data-out", "LIST.CSV", "-q"]) == 0


def test_what_a_merge_is_made_from_is_never_replaced(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Path("own.txt").write_text("{{ Name }} {{ Town }}\n")
    (tmp_path / "deals/x.txt").write_text("{{ Name }} {{ Town }}\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    for words in (
        ("own.txt", "--data", "c.csv", "--output", "own.txt"),
        ("own.txt", "--data", "c.csv", "--separate", "--name", "own", "--limit", "1", "--output", "."),
        ("page", "--output", "templates/new.pdf"),
        ("page", "--separate", "--output", "templates/made"),
        ("own.txt", "--data", "c.csv", "--output", "output/../deals/x.txt"),
        ("--data-out", "deals/list.csv"),
    ):
        told = misused(capsys, *words, "--force")
        assert "name another place" in told
    assert {path: path.read_bytes() for path in before} == before
    assert not (workspace.templates / "made").exists()


@pytest.mark.usefixtures("workspace")
def test_a_spreadsheet_is_not_replaced_by_what_is_merged_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.txt").write_text("{{ Name }}\n")
    Path("list.txt").write_text("Name,Town\nAnn,Bend\n")
    words = ("x.txt", "--data", "list.txt", "--output", "list.txt", "--force")
    assert "is what this is made from" in misused(capsys, *words)
    assert Path("list.txt").read_text() == "Name,Town\nAnn,Bend\n"
