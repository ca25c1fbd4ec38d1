"""The doctor names what a machine lacks and the command that mends it; each lack is made for real in a new process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from generator import doctor
from generator.doctor import Finding
from tests.making import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def examined(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    command = [sys.executable, "-m", "generator", "doctor"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)


def test_a_machine_that_is_set_up_lacks_nothing_that_is_needed() -> None:
    findings = doctor.examine()
    assert not doctor.lacks_needed(findings)
    assert len(findings) == 8


def test_without_pango_the_exit_code_is_2_and_the_command_is_named(tmp_path: Path) -> None:
    stub = tmp_path / "weasyprint/text"
    stub.mkdir(parents=True)
    (stub.parent / "__init__.py").touch()
    (stub / "__init__.py").touch()
    (stub / "ffi.py").write_text("print('a page of advice'); raise OSError('cannot load library')")
    done = examined({"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])})
    assert done.returncode == 2
    assert "MISSING  Pango: without it there are no PDF documents\n" in done.stdout
    assert "advice" not in done.stdout
    assert done.stderr == ""


def test_fonts_that_fontconfig_does_not_know_are_missing_but_not_needed(tmp_path: Path) -> None:
    config = tmp_path / "fonts.conf"
    config.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    done = examined({"FONTCONFIG_FILE": str(config)})
    assert done.returncode == 0
    for name in ("Carlito or Calibri", "Noto Sans", "East Asian font"):
        assert f"missing  {name}: without it " in done.stdout


def test_programs_that_are_not_on_the_path_are_missing_but_not_needed(tmp_path: Path) -> None:
    done = examined({"PATH": str(tmp_path)})
    assert done.returncode == 0
    assert "missing  git: without it deals have no history\n" in done.stdout
    assert "missing  LibreOffice" in done.stdout


@pytest.mark.parametrize(
    ("system", "command"), [("Darwin", "brew install pango"), ("Linux", "libpango"), ("Windows", "pacman -S")]
)
def test_each_system_has_its_own_command(system: str, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    assert command in doctor.command(doctor.PANGO)


def test_what_is_missing_is_told_with_what_to_type_and_the_rest_in_a_line() -> None:
    findings = (Finding("git", True, False, "no history", "install git"), Finding("Pango", False, True, "no PDF", "go"))  # noqa: FBT003
    assert doctor.told(findings) == "ok       git\nMISSING  Pango: without it no PDF\n         go\n"
    assert doctor.lacks_needed(findings)
