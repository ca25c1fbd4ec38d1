"""The wheel stands on its own: in an empty folder, with no checkout near, `init` and `render` make the packet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.making import ROOT, TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel was unpacked, which is all that installing a pure wheel does but for its command."""
    folder = tmp_path_factory.mktemp("site-packages")
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def python(installed: Path, folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_the_templates_and_one_deal_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    templates = {p.relative_to(TEMPLATES).as_posix() for p in TEMPLATES.rglob("*") if p.is_file()}
    samples = {name.removeprefix("generator/samples/") for name in names if name.startswith("generator/samples/")}
    assert samples == {f"templates/{name}" for name in templates} | {"deals/harbor-dental.yaml"}
    assert all(name.endswith(".py") for name in names if not name.startswith("generator/samples/"))
    assert {name.partition("/")[0] for name in names} == {"generator"}


def test_the_wheel_brings_the_command(installed: Path) -> None:
    (points,) = installed.glob("*.dist-info/entry_points.txt")
    assert "dealdocs = generator.__main__:main" in points.read_text(encoding="utf-8")


def test_init_and_render_work_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    where = python(installed, tmp_path, "-c", "import generator; print(generator.__file__)")
    assert where.startswith(str(installed))
    python(installed, tmp_path, "-m", "generator", "init")
    account = json.loads(python(installed, tmp_path, "-m", "generator", "render", "--json"))
    assert account["problems"] == []
    (deal,) = account["deals"]
    assert {document["document"] for document in deal["documents"]} == {
        "cover-page", "invoice", "routing-slip", "intro-letter", "service-agreement"
    }  # fmt: skip
    assert all((tmp_path / document["path"]).stat().st_size > 1000 for document in deal["documents"])
