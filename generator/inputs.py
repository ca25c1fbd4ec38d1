"""Inputs: the hash of everything that documents are made from, besides the deal: templates, program, libraries, fonts.

Files count by their content, never by their time. Fonts and shared libraries, which are large and come with the
system, count by name and size.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import zlib
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from generator.record import hash_at, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The libraries whose version may show in a document.
LIBRARIES = (
    "babel", "cssselect2", "fonttools", "holidays", "jinja2", "lxml", "markupsafe", "openpyxl", "pillow", "pydantic",
    "pydyf", "pyphen", "python-dateutil", "tinycss2", "tinyhtml5", "weasyprint",
)  # fmt: skip
#: Where systems keep fonts, and the libraries that set text.
FONTS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts",
    "/System/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts",
)  # fmt: skip
SHARED = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib", "C:/msys64/ucrt64/bin")
#: A file's markup, within which a tag of a template may be torn apart, or stand in an attribute.
_MARKUP = re.compile(rb"<[^>]*>")
_ASKING = re.compile(rb"(?:\{[{%]|\bdeal\b)[^<>}]*revision")
SETTERS = ("libpango", "libharfbuzz", "libfontconfig", "libfreetype")


def of_house(templates: Path) -> dict[str, str]:
    """Name → hash of all that every deal's documents depend on; the names are for people to read."""
    files = {f"templates/{name}": hash_at(path) or "" for name, path in sorted(files_below(templates))}
    return {**files, **of_machine()}


def state_of(templates: Path) -> frozenset[tuple[object, ...]]:
    """What is other once a file was written to, even if its old content was put back: its times."""
    states = ((name, path.stat()) for name, path in files_below(templates))
    return frozenset((name, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns) for name, at in states)


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder with their names in it, without hidden ones and office programs' lock files."""
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith((".", "~$")):
                path = Path(root, name)
                yield path.relative_to(folder).as_posix(), path


def shows_revision(templates: Path) -> bool:
    """Whether any of the templates may ask for a deal's revision, so that it is one of the inputs."""
    return any(b"revision" in text for _, path in files_below(templates) for text in texts_of(path))


def texts_of(path: Path) -> Iterator[bytes]:
    """The texts that a template may ask for a revision in: its own, or those in the package that it is.

    A package's markup has words of its own (`cp:revision`), so of that only what looks like a tag.
    """
    if path.suffix in {".docx", ".xlsx"}:
        with suppress(BadZipFile, OSError), ZipFile(path) as package:
            for part in (package.read(name) for name in package.namelist() if name.endswith((".xml", ".rels"))):
                yield _MARKUP.sub(b"", part)
                yield from _ASKING.findall(part)
    elif path.suffix in {".html", ".yaml"}:
        with suppress(OSError):
            yield path.read_bytes()


@cache
def of_machine() -> dict[str, str]:
    """The hash of the program, of the libraries that it uses, and of the fonts."""
    package = Path(__file__).parent
    ours = sorted((name, hash_at(path) or "") for name, path in files_below(package) if name.endswith(".py"))
    libraries = [sys.version, platform.machine(), zlib.ZLIB_RUNTIME_VERSION, *map(version_of, LIBRARIES)]
    return {
        "dealdocs": hashed(f"{name} {hash_}" for name, hash_ in ours),
        "libraries": hashed([*libraries, *sorted(shared_libraries())]),
        "fonts": hashed(sorted(name for folder in FONTS for name in sizes(Path(folder).expanduser()))),
    }


def hashed(lines: Iterable[str]) -> str:
    """One hash of many lines."""
    return hash_of("\n".join(lines).encode("utf-8", "surrogateescape"))


def version_of(library: str) -> str:
    """A library's name and version."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return library


def sizes(folder: Path) -> Iterator[str]:
    """Every file below a folder, with its size."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)  # noqa: PTH118 -- thousands of fonts: Path takes longer
            yield f"{path} {size_of(path)}"


def size_of(path: str | Path) -> int:
    """A file's size, 0 where it cannot be told."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 -- as above
    except OSError:
        return 0


def shared_libraries() -> Iterator[str]:
    """The files of the libraries that set text, with their size: Pango's version stands in its file's name."""
    for folder in SHARED:
        for below in (Path(folder), *Path(folder).glob("*-linux-*")):
            for path in (path for setter in SETTERS for path in below.glob(f"{setter}*")):
                yield f"{path.resolve()} {size_of(path)}"
