"""Doctor: what this machine has of all that dealdocs uses, and the command that mends what it lacks."""

from __future__ import annotations

import platform
import shutil
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

# What to type, by the way in which a system installs programs.
PYTHON: Mapping[str, str] = {
    "apt": "sudo apt-get install python3",
    "brew": "brew install python",
    "windows": "winget install Python.Python.3.13",
}
PANGO: Mapping[str, str] = {
    "apt": "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0",
    "brew": "brew install pango",
    "windows": "install MSYS2 (winget install MSYS2.MSYS2), then in its shell: pacman -S mingw-w64-ucrt-x86_64-pango",
}
SUBSET: Mapping[str, str] = {
    "apt": "sudo apt-get install libharfbuzz-subset0",
    "brew": "brew install harfbuzz",
    "windows": "in the MSYS2 shell: pacman -S mingw-w64-ucrt-x86_64-harfbuzz",
}
CARLITO: Mapping[str, str] = {
    "apt": "sudo apt-get install fonts-crosextra-carlito",
    "brew": "brew install --cask font-carlito",
    "windows": "install Microsoft Office, or the Carlito font for all users",
}
NOTO: Mapping[str, str] = {
    "apt": "sudo apt-get install fonts-noto-core",
    "brew": "brew install --cask font-noto-sans",
    "windows": "install the Noto Sans fonts for all users",
}
EAST_ASIAN: Mapping[str, str] = {
    "apt": "sudo apt-get install fonts-droid-fallback",
    "brew": "brew install --cask font-noto-sans-cjk",
    "windows": "add a Chinese, Japanese or Korean font in Settings, Optional features",
}
OFFICE: Mapping[str, str] = {
    "apt": "sudo apt-get install libreoffice-writer-nogui libreoffice-calc-nogui",
    "brew": "brew install --cask libreoffice",
    "windows": "winget install TheDocumentFoundation.LibreOffice",
}
GIT: Mapping[str, str] = {
    "apt": "sudo apt-get install git",
    "brew": "brew install git",
    "windows": "winget install Git.Git",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for; `without` says what goes wrong without it, `mend` what to type."""

    name: str
    found: bool
    needed: bool
    without: str
    mend: str


def examine() -> tuple[Finding, ...]:
    """Look for everything that dealdocs uses on this machine."""
    library = layout_library()
    fonts = font_families(library) if library else frozenset()
    subset = library is not None and library.harfbuzz_subset is not None
    rows = (
        (f"Python {platform.python_version()}", sys.version_info >= (3, 11), True, "dealdocs does not run", PYTHON),
        ("Pango", library is not None, True, "there are no PDF documents", PANGO),
        ("HarfBuzz-Subset", subset, False, "PDF documents take several times as long", SUBSET),
        ("Carlito or Calibri", has_any(fonts, "Carlito", "Calibri"), False, "documents come in another type", CARLITO),
        ("Noto Sans", has_any(fonts, "Noto Sans"), False, "names in other scripts may lack letters", NOTO),
        ("East Asian font", has_east_asian(fonts), False, "Chinese, Japanese or Korean names lack letters", EAST_ASIAN),
        ("LibreOffice", shutil.which("soffice") is not None, False, "some of dealdocs' own tests are skipped", OFFICE),
        ("git", shutil.which("git") is not None, False, "deals have no history", GIT),
    )
    return tuple(Finding(name, found, needed, without, command(mend)) for name, found, needed, without, mend in rows)


def layout_library() -> Any | None:  # noqa: ANN401 -- the libraries that WeasyPrint has loaded, which have no types
    """Pango and its companions as the PDF renderer loads them, or None where they cannot be loaded."""
    with catch_warnings(), redirect_stdout(StringIO()):  # it prints a page of advice; ours is shorter
        simplefilter("ignore")
        try:
            from weasyprint.text import ffi  # noqa: PLC0415 -- its import is what is tried
        except OSError:
            return None
    return ffi


def font_families(library: Any) -> Collection[str]:  # noqa: ANN401 -- see above
    """The names of every font family that the PDF renderer can use."""
    ffi, fontconfig = library.ffi, library.fontconfig
    config = fontconfig.FcInitLoadConfigAndFonts()
    fonts = fontconfig.FcConfigGetFonts(config, fontconfig.FcSetSystem)
    families = set()
    for index in range(fonts.nfont):
        text = ffi.new("FcChar8 **")
        if fontconfig.FcPatternGetString(fonts.fonts[index], b"family", 0, text) == fontconfig.FcResultMatch:
            families.add(ffi.string(text[0]).decode())
    fontconfig.FcConfigDestroy(config)
    return families


def has_any(fonts: Collection[str], *names: str) -> bool:
    """Whether one of the named families is there."""
    return any(name in fonts for name in names)


def has_east_asian(fonts: Collection[str]) -> bool:
    """Whether some family is there that has Chinese, Japanese and Korean characters."""
    names = ("Droid Sans Fallback", "Noto Sans CJK", "Source Han Sans", "PingFang", "Hiragino Sans", "Microsoft YaHei")
    return any(family.startswith(names) for family in fonts)


def command(mend: Mapping[str, str]) -> str:
    """What to type on this system; Debian's words where it has none of the installers that we know."""
    system = platform.system()
    if system == "Linux" and shutil.which("apt-get") is None:
        return f"as on Debian: {mend['apt']}"
    return mend[{"Windows": "windows", "Darwin": "brew"}.get(system, "apt")]


def told(findings: Iterable[Finding]) -> str:
    """A line for each finding, and below what is missing what to type."""
    lines = []
    for finding in findings:
        if finding.found:
            lines.append(f"ok       {finding.name}")
            continue
        lines.append(f"{'MISSING' if finding.needed else 'missing'}  {finding.name}: without it {finding.without}")
        lines.append(f"         {finding.mend}")
    return "\n".join(lines) + "\n"


def lacks_needed(findings: Sequence[Finding]) -> bool:
    """Whether something is missing without which there are no documents."""
    return any(finding.needed and not finding.found for finding in findings)
