"""What documents depend on besides the deal is known by its content, whatever lies among it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generator import inputs

if TYPE_CHECKING:
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
