"""The command line keeps its contracts: exit codes, streams, colour, and what happens when it is stopped."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from generator import __version__
from generator.cli import run
from tests.making import SMALLEST, TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-m", "generator"]
MANIFEST = "documents: {page: {template: page.html, each: deal, target: page.pdf}}\n"
ANSWERS = {
    "--name": "Bolt & Nut: Makers", "--street": "1 Main Street", "--city": "Portland", "--contact": "Ann Lee",
    "--signed": "2026-11-16", "--plan": "gold", "--servers": "0", "--workstations": "3",
    "--setup-paid-by": "check", "--monthly-paid-by": "ach",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One sound deal and one small template, in the current folder."""
    for name in ("deals", "templates"):
        (tmp_path / name).mkdir()
    for name in ("provider.yaml", "routing.yaml"):
        shutil.copy(TEMPLATES / name, tmp_path / "templates")
    (tmp_path / "templates/documents.yaml").write_text(MANIFEST)
    (tmp_path / "templates/page.html").write_text("<html lang=en><title>t</title><p>{{ client.name }}</p></html>")
    (tmp_path / "deals/acme.yaml").write_text(SMALLEST)
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", *(name for name in os.environ if name.startswith("DEALDOCS_"))):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def faulty(workspace: Path) -> Path:
    """The same, with a second deal whose plan is misspelt."""
    (workspace / "deals/bolt.yaml").write_text(SMALLEST.replace("Acme", "Bolt").replace("gold", "glod"))
    return workspace


def answers(**others: str) -> list[str]:
    given = {**ANSWERS, **{f"--{key.replace('_', '-')}": value for key, value in others.items()}}
    return [word for pair in given.items() for word in pair]


def changes(text: str) -> list[str]:
    return [document["change"] for deal in json.loads(text)["deals"] for document in deal["documents"]]


def started(*words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent), **(environ or {})}
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_name_that_is_not_utf8_is_refused_and_the_others_are_rendered(workspace: Path) -> None:
    (workspace / os.fsdecode(b"deals/bad\xff.yaml")).write_text("x")
    for _ in range(2):
        ended = started("render", "--json", "--report", "report.json")
        told = json.loads(ended.stdout)
        assert ended.returncode == 1
        assert [deal["status"] for deal in told["deals"]] == ["ok", "failed"]
        assert [problem["code"] for problem in told["problems"]] == ["D109"]
        assert json.loads((workspace / "report.json").read_text(encoding="utf-8")) == told
    ended = started("render", "--failed")
    assert "1 deal failed" in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
@pytest.mark.parametrize("words", [["schema"], ["--help"], ["render"], ["render", "--json"]])
def test_output_that_cannot_be_written_is_said_and_no_traceback(workspace: Path, words: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent)}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment
        )
    assert (workspace / "deals").is_dir()
    assert (ended.returncode, ended.stderr) == (
        2,
        "dealdocs: the output cannot be written: No space left on device\n",
    )


def test_help_imports_nothing_that_is_slow() -> None:
    code = "import sys; import generator.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) & {"pydantic", "weasyprint", "lxml", "babel", "jinja2", "yaml", "holidays"} == set()


def test_version() -> None:
    assert started("--version").stdout == f"dealdocs {__version__}\n"


def test_render_says_on_standard_output_what_it_wrote(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render"]) == 0
    said = capsys.readouterr()
    assert "acme: 1 document (1 new)" in said.out
    assert said.err == ""
    assert (workspace / "output/acme/page.pdf").is_file()


@pytest.mark.usefixtures("workspace")
def test_quiet_says_nothing_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "-q"]) == 0
    assert run(["check", "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_still_tells_problems_on_standard_error(faulty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "-q"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("deals/bolt.yaml:5:7: D105 ")
    assert "did you mean 'gold'?" in said.err
    assert (faulty / "output/acme/page.pdf").is_file()
    assert not (faulty / "output/bolt").exists()


@pytest.mark.usefixtures("workspace")
def test_verbose_lists_every_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "-v"]) == 0
    assert re.search(r"^new +output/acme/page\.pdf$", capsys.readouterr().out.replace("\\", "/"), re.MULTILINE)


def test_json_is_one_document_where_no_output_can_be_written_too(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace / "output").write_text("no folder")
    assert run(["render", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["problems"][0]["code"] in said.err


@pytest.mark.usefixtures("faulty")
def test_json_is_one_document_and_the_problems_are_told_on_standard_error_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["render", "--json"]) == 1
    said = capsys.readouterr()
    account = json.loads(said.out)
    assert [(deal["deal"], deal["status"]) for deal in account["deals"]] == [("acme", "ok"), ("bolt", "failed")]
    assert account["deals"][0]["documents"][0].items() >= {"document": "page", "change": "new"}.items()
    assert account["problems"][0].items() >= {"line": 5, "column": 7, "code": "D105"}.items()
    assert "D105" in said.err


def test_a_dry_run_writes_nothing(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["render", "--dry-run"]) == 0
    assert "1 document would be written" in capsys.readouterr().out
    assert not (workspace / "output").exists()


def test_the_output_folder_is_flag_over_variable_over_default(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALDOCS_RENDER_OUTPUT", "by-variable")
    assert run(["render"]) == 0
    assert run(["render", "--output", "by-flag"]) == 0
    assert sorted(p.parent.parent.name for p in workspace.rglob("page.pdf")) == ["by-flag", "by-variable"]


def test_another_workspace_by_flag_and_by_variable(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = workspace / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(["-C", "..", "render", "-q"]) == 0
    assert (workspace / "output/acme/page.pdf").is_file()
    monkeypatch.setenv("DEALDOCS_DIRECTORY", str(workspace))
    assert run(["check", "-q"]) == 0


def test_a_file_changed_by_hand_is_kept_and_force_keeps_a_copy(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["render", "-q"]) == 0
    page = workspace / "output/acme/page.pdf"
    page.write_bytes(b"by hand")
    assert run(["render", "--json"]) == 0
    assert changes(capsys.readouterr().out) == ["kept"]
    assert run(["render", "--json", "--force"]) == 0
    assert changes(capsys.readouterr().out) == ["changed"]
    assert page.with_name("page.pdf.~1~").read_bytes() == b"by hand"


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "acmee"], "did you mean 'acme'?"),
        (["render", "--only", "pages"], "did you mean 'page'?"),
        (["check", "--format", "xml"], "'xml' is not one of"),
        (["rendr"], "No such command 'rendr'"),
        (["render", "--forse"], "--force"),
        (["-C", "nowhere", "render"], "dealdocs init"),
        (["-C", "nowhere", "new", "acme"], "dealdocs init"),
        (["new", "acme"], "is there already"),
        (["new", "Bolt & Nut"], "try 'bolt-nut'"),
        (["new", "bolt"], "missing --name, --street"),
    ],
)
def test_what_cannot_be_asked_for_exits_2_and_says_what_can(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody to ask
    assert run(words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert said in told.err


def test_a_folder_without_deals_says_how_to_make_one(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "deals/acme.yaml").unlink()
    assert run(["render"]) == 0
    said = capsys.readouterr()
    assert "There are no deals in deals yet; 'dealdocs new ID' makes one." in said.err
    assert said.out == ""


@pytest.mark.usefixtures("faulty")
def test_check_for_people_for_programs_and_for_github(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 1
    said = capsys.readouterr()
    assert "2 deals checked: 1 error." in said.out
    assert "    plan: glod\n          ^" in said.err
    assert run(["check", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["code"] == "D105"
    assert run(["check", "--format", "github"]) == 1
    assert (
        capsys.readouterr().out.replace("\\", "/").startswith("::error file=deals/bolt.yaml,line=5,col=7,title=D105::")
    )


@pytest.mark.usefixtures("faulty")
@pytest.mark.parametrize(
    ("environ", "colored"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_in_a_pipe_only_where_it_is_forced(environ: dict[str, str], *, colored: bool) -> None:
    assert ("\x1b[" in started("check", environ=environ).stderr) is colored


@pytest.mark.usefixtures("faulty")
def test_a_reader_that_went_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent)}
    command = [*COMMAND, "check", "--format", "json"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, env=environment)
    os.close(writing)
    assert done.returncode != 0
    assert done.stderr == b""


def test_text_leaves_in_utf_8_whatever_the_system_thinks(workspace: Path) -> None:
    (workspace / "deals/acme.yaml").write_text(SMALLEST.replace("gold", "gøld™"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "check", "--format", "json"], capture_output=True, check=False, env=environment)
    assert "gøld™" in done.stdout.decode("utf-8")


def test_stopping_a_run_says_what_was_done_and_exits_130(workspace: Path) -> None:
    for number in range(200):
        (workspace / f"deals/client-{number:03}.yaml").write_text(SMALLEST.replace("Acme", f"Client {number}"))
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent)}
    process = subprocess.Popen([*COMMAND, "render"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + 30
    while len(list(workspace.rglob("page.pdf"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b""
    assert re.search(rb"Stopped\. Until then:\n(\S+: 1 document \(1 new\)\n)+\n", err)
    assert b"Traceback" not in err


@pytest.mark.usefixtures("workspace")
def test_without_pango_a_render_says_who_knows_what_to_do(tmp_path: Path) -> None:
    stub = tmp_path / "stub/weasyprint/__init__.py"
    stub.parent.mkdir(parents=True)
    stub.write_text("print('a page of advice'); raise OSError('cannot load library')")
    done = started("render", environ={"PYTHONPATH": os.pathsep.join([str(tmp_path / "stub"), str(TEMPLATES.parent)])})
    assert done.returncode == 2
    assert done.stdout == ""
    assert "dealdocs doctor" in done.stderr
    assert "Traceback" not in done.stderr


def test_new_writes_a_deal_that_passes_check(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "bolt", *answers(postal_code="01234", contact_phone="+1 503 555 0134")]) == 0
    assert "made: deals" in capsys.readouterr().out
    text = (workspace / "deals/bolt.yaml").read_text(encoding="utf-8")
    assert '  name: "Bolt & Nut: Makers"' in text
    assert "starts: 2026-12-01 " in text
    assert run(["check", "bolt"]) == 0
    assert run(["render", "bolt", "-q"]) == 0


@pytest.mark.usefixtures("workspace")
@pytest.mark.parametrize(
    ("key", "wrong", "said"),
    [
        ("plan", "glod", "--plan: must be one of silver, gold, platinum (did you mean 'gold'?)"),
        ("signed", "11/16/2026", "--signed: must be a day such as 2026-12-01"),
        ("starts", "2026-11-01", "--starts: must not be before 2026-11-16"),
        ("servers", "two", "--servers: must be a whole number"),
        ("setup_paid_by", "cash", "--setup-paid-by: must be one of check, card, ach"),
        ("contact_email", "ann", "--contact-email: must be an e-mail address"),
        ("country", "USA", "--country: must be a country's two letters"),
    ],
)
def test_new_refuses_an_answer_that_cannot_be(
    key: str, wrong: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["new", "bolt", *answers(**{key: wrong})]) == 2
    assert said in capsys.readouterr().err
    assert not Path("deals/bolt.yaml").exists()


@pytest.mark.usefixtures("workspace")
def test_new_tells_every_answer_that_cannot_be_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "bolt", *answers(plan="glod", servers="two", signed="soon")]) == 2
    said = capsys.readouterr().err
    assert [option in said for option in ("--plan:", "--servers:", "--signed:", "--starts:")] == [
        True,
        True,
        True,
        False,
    ]


def test_new_writes_nothing_that_check_would_refuse(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "bolt", *answers(name="Card 4242 4242 4242 4242")]) == 1
    said = capsys.readouterr().err
    assert "D120" in said
    assert "4242 4242" not in said
    assert not (workspace / "deals/bolt.yaml").exists()


def typed(*lines: str, words: tuple[str, ...]) -> tuple[int, str]:
    """Run a command at a terminal of its own and type the lines, each after something was asked."""
    import pty  # noqa: PLC0415 -- not on Windows

    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(TEMPLATES.parent)}
    process = subprocess.Popen(
        [*COMMAND, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    said = b"".join(read_all(ours))
    return process.wait(timeout=30), said.decode()


def read_all(terminal: int) -> Iterator[bytes]:
    try:
        while part := os.read(terminal, 65536):
            yield part
    except OSError:  # how Linux says that the other side has closed
        return


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_new_asks_at_the_terminal_and_asks_again_where_an_answer_cannot_be(workspace: Path) -> None:
    lines = ["Bolt, LLC", "", "1 Main Street", "", "Portland", "OR", "97201", "", "Ann Lee", "", "", "",
             "2026-11-16", "", "glod", "Gold", "0", "3", "check", "card"]  # fmt: skip
    code, said = typed(*lines, words=("new", "bolt"))
    assert "did you mean 'gold'?" in said
    assert code == 0
    text = (workspace / "deals/bolt.yaml").read_text(encoding="utf-8")
    assert "plan: gold" in text
    assert '    postal_code: "97201"' in text
    assert "    country: US" in text
    assert "    # title:" in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.usefixtures("faulty")
def test_a_terminal_sees_colour_and_how_far_the_run_is() -> None:
    code, said = typed(words=("render",))
    assert code == 1
    assert "1/2 deals" in said
    assert "2/2 deals" in said
    assert "\x1b[1;31mD105\x1b[0m" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.usefixtures("workspace")
def test_a_terminal_has_an_empty_line_for_why_a_run_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    code, said = typed(words=("render", "--only", "pages"))
    assert code == 2
    assert re.search(r"0/1 deals\r\x1b\[2Kdealdocs: .*pages", said)


def test_init_makes_a_workspace_and_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    assert run(["init", str(folder)]) == 0
    assert f"made: {folder / 'deals' / 'harbor-dental.yaml'}" in capsys.readouterr().out
    provider = folder / "templates/provider.yaml"
    provider.write_text("ours")
    provider.with_name("invoice.html").unlink()
    assert run(["-C", str(folder), "init"]) == 0
    said = capsys.readouterr().out
    assert f"left as it was: {provider}" in said
    assert f"made: {provider.with_name('invoice.html')}" in said
    assert provider.read_text() == "ours"


def test_init_where_a_file_is_in_the_way_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "templates").write_text("a file")
    assert run(["init", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_schema_is_the_json_schema_of_a_deal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert set(shape["required"]) == {
        "client", "signed", "starts", "plan", "servers", "workstations", "setup", "monthly"
    }  # fmt: skip


def test_doctor_finds_this_machine_able(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    assert "ok       Pango\n" in capsys.readouterr().out
