"""What documents depend on besides the deal is known by its content, whatever lies among it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from generator import inputs, naming
from generator.cli import run
from generator.pipeline import Workspace
from tests.docx_making import paragraph, saved
from tests.making import ROOT, TEMPLATES
from tests.workspaces import ENVIRONMENT, changes, reasons, render, small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTING = "<fontconfig><alias><family>serif</family><prefer><family>{}</family></prefer></alias></fontconfig>"


def fonts() -> str:
    """The hash of the fonts and their settings, as a new run would find it."""
    inputs.of_machine.cache_clear()
    found = inputs.of_machine()["fonts"]
    inputs.of_machine.cache_clear()
    return found


@pytest.mark.parametrize(
    ("variable", "named", "file"),
    [
        ("FONTCONFIG_FILE", "own.conf", "own.conf"),
        ("FONTCONFIG_PATH", "", "fonts.conf"),
        ("FONTCONFIG_PATH", "", "conf.d/10-own.conf"),
        ("XDG_CONFIG_HOME", "", "fontconfig/fonts.conf"),
        ("HOME", "", ".config/fontconfig/conf.d/10-own.conf"),
        ("HOME", "", ".fonts.conf"),
    ],
)
def test_the_settings_that_choose_a_font_are_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, named: str, file: str
) -> None:
    if variable == "HOME":
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / named))
    found = [fonts()]
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    for family in ("DejaVu Serif", "DejaVu Sans"):
        (tmp_path / file).write_text(SETTING.format(family))
        found.append(fonts())
    assert len(set(found)) == 3
    assert fonts() == found[-1]


@pytest.mark.parametrize("variable", ["FONTCONFIG_FILE", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT"])
def test_where_the_settings_are_is_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    before = fonts()
    monkeypatch.setenv(variable, str(tmp_path))
    assert fonts() != before


def test_fonts_of_the_user_and_of_folders_that_settings_name_are_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "own.conf"))
    (tmp_path / "own.conf").write_text(f"<fontconfig><dir>{tmp_path / 'own'}</dir></fontconfig>")
    found = {fonts()}
    for folder in (tmp_path / "data" / "fonts", tmp_path / "own"):
        folder.mkdir(parents=True)
        (folder / "own.ttf").write_bytes(b"a font")
        found.add(fonts())
    assert len(found) == 3


def test_settings_that_others_include_are_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "own.conf"))
    (tmp_path / "own.conf").write_text("<fontconfig><include ignore_missing='yes'>more</include></fontconfig>")
    found = [fonts()]
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.conf").write_text(f"<fontconfig><include>{tmp_path / 'all'}</include></fontconfig>")
    for family in ("DejaVu Serif", "DejaVu Sans"):
        (tmp_path / "all").write_text(SETTING.format(family))
        found.append(fonts())
    (tmp_path / "all").write_text(f"<fontconfig><include>{tmp_path / 'own.conf'}</include></fontconfig>")
    found.append(fonts())
    assert len(set(found)) == 4


def test_a_package_that_is_larger_than_any_template_is_not_unpacked(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "bomb.docx", "w", ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b"{{ deal.revision }}" * 3_000_000)
    assert list(inputs.texts_of((tmp_path / "bomb.docx").read_bytes())) == []


def test_a_package_that_cannot_be_read_asks_for_nothing(tmp_path: Path) -> None:
    for name, damage in DAMAGE.items():
        (tmp_path / f"{name}.docx").write_bytes(damage(package("<w:t>{{ deal.revision }}</w:t>" * 200)))
    assert len(list(inputs.files_below(tmp_path))) == len(DAMAGE)
    assert not inputs.shows_revision(tmp_path)


def package(text: str) -> bytes:
    """A Word file with nothing but its text."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", text)
    return file.getvalue()


def at(place: int, value: bytes) -> Callable[[bytes], bytes]:
    """Writes some bytes into a package's directory, counted from its beginning."""

    def damaged(content: bytes) -> bytes:
        where = content.index(b"PK\x01\x02") + place
        return content[:where] + value + content[where + len(value) :]

    return damaged


#: What is wrong with a package → what makes it so.
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "broken-stream": lambda content: content[:60] + b"\xff" * 20 + content[80:],
    "encrypted": at(8, b"\x01"),
    "packed-in-no-known-way": at(10, b"\x63"),
    "too-new": at(6, b"\xff"),
    "cut-short": lambda content: content[:50],
    "empty": lambda _: b"",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text, and pipes among files")
def test_files_that_no_document_uses_stop_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = small(tmp_path)
    (workspace.templates / "broken.docx").write_bytes(DAMAGE["broken-stream"](package("<w:t>words</w:t>" * 200)))
    (workspace.templates / os.fsdecode(b"caf\xe9.png")).write_bytes(b"a picture")
    os.mkfifo(workspace.templates / "pipe.html")
    command = ["-C", str(tmp_path), "render", "-v", "--jobs", "1"]
    assert run(command) == 0
    assert set(changes(render(workspace)).values()) == {"same"}
    (workspace.templates / os.fsdecode(b"caf\xe9.png")).write_bytes(b"another")
    assert run([*command, "--dry-run"]) == run([*command, "--json"]) == run(command) == 0
    assert set(changes(render(workspace)).values()) == {"same"}
    assert "nothing changed" in reasons(render(workspace)).values()
    capsys.readouterr()


def test_what_pages_can_use_is_what_is_looked_at(tmp_path: Path) -> None:
    names = ["a.css", "b/c.css", "d~$.css", ".e.css", "~$f.css", ".g/h.css", "~$i/j.css", "b/.k.css"]
    links = ["l.css", "b/m.css"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("p {}")
    (tmp_path / "l.css").symlink_to(tmp_path / ".e.css")
    (tmp_path / "b" / "m.css").symlink_to(tmp_path / "a.css")
    found = {name for name, _ in inputs.files_below(tmp_path)}
    usable = {name for name in (*names, *links) if naming.inside(tmp_path, name)}
    assert usable == {"a.css", "b/c.css", "d~$.css", "b/m.css"}
    assert usable <= found <= {*usable, *links}


#: Libraries that a render loads, and why no document changes with their version.
EXCUSED = {
    "annotated-types": "pydantic's words for limits; it is pydantic that holds them",
    "click": "reads the command line",
    "colorama": "colours the terminal of Windows",
    "psutil": "tells how much memory a document takes",
    "pycparser": "reads declarations of C for cffi",
    "six": "gives python-dateutil the names of Python 2",
    "typing-extensions": "annotations",
    "typing-inspection": "looks at annotations for pydantic",
}
LOADED = """
import sys
before = set(sys.modules)
from generator.cli import run
assert run(sys.argv[1:]) == 0
from importlib.metadata import packages_distributions
packages = packages_distributions()
print(*{one for name in {*sys.modules} - before for one in packages.get(name.partition(".")[0], ())}, sep="\\n")
"""


def test_every_library_that_makes_documents_is_an_input(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path)
    shutil.copytree(TEMPLATES, workspace.templates)
    workspace.deals.mkdir()
    shutil.copy(ROOT / "deals" / "harbor-dental.yaml", workspace.deals)
    saved(workspace.templates, lambda document: paragraph(document, "{{p deal.notes | markdown }}"))
    with (workspace.templates / "documents.yaml").open("a", encoding="utf-8") as manifest:
        manifest.write("  notes: {template: template.docx, each: deal, target: notes.docx}\n")
    command = [sys.executable, "-c", LOADED, "-C", str(tmp_path), "render", "-q", "--jobs", "1"]
    found = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.split()
    made = {path.suffix for path in workspace.output.rglob("*.*") if path.is_file()}
    assert made >= {".pdf", ".docx", ".xlsx"}
    loaded = {re.sub("[-_.]+", "-", name).lower() for name in found}
    assert loaded >= {"weasyprint", "markdown-it-py", "openpyxl"}
    assert loaded - set(inputs.LIBRARIES) - set(EXCUSED) == set()


def test_a_file_that_has_just_gone_has_no_times(tmp_path: Path) -> None:
    assert inputs.times_of(tmp_path / "4913") == ()
