"""Inputs: the hash of everything that documents are made from, besides the deal: templates, program, libraries, fonts.

Files count by their content, never by their time. Fonts and shared libraries, which are large and come with the
system, count by name and size; the settings by which Fontconfig chooses among fonts count by content.
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
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile, is_zipfile

from generator.naming import HIDDEN
from generator.record import hash_at, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The libraries whose version may show in a document.
LIBRARIES = (
    "babel", "brotli", "brotlicffi", "cffi", "cssselect2", "fonttools", "holidays", "jinja2", "lxml", "markdown-it-py",
    "markupsafe", "mdurl", "openpyxl", "pillow", "pydantic", "pydantic-core", "pydyf", "pyphen", "python-dateutil",
    "python-stdnum", "pyyaml", "tinycss2", "tinyhtml5", "weasyprint", "webencodings", "zopfli",
)  # fmt: skip
#: Where systems keep fonts, and the libraries that set text.
FONTS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts",
    "/System/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts",
)  # fmt: skip
#: Where Fontconfig has its settings, and the variables that say where else.
SETTINGS = ("/etc/fonts", "/usr/local/etc/fonts", "/opt/homebrew/etc/fonts", "C:/msys64/ucrt64/etc/fonts")
SETTINGS_ELSEWHERE = ("FONTCONFIG_FILE", "FONTCONFIG_PATH", "FONTCONFIG_SYSROOT")
#: In settings, a folder of fonts that is named in full; and more settings.
_FOLDER = re.compile(rb"<dir\b[^>]*>\s*([/~][^<]*?)\s*</dir>")
_INCLUDED = re.compile(rb"<include\b[^>]*>\s*([^<]+?)\s*</include>")
SHARED = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib", "C:/msys64/ucrt64/bin")
#: Bytes of all parts together, unzipped: by a larger package no document is made (render/package.py).
LARGEST_PACKAGE = 50_000_000
#: A file's markup, within which a tag of a template may be torn apart, or stand in an attribute.
_MARKUP = re.compile(rb"<[^>]*>")
_ASKED = re.compile(rb"\{[{%][^}]*revision")
_ASKING = re.compile(rb"(?:\{[{%]|\bdeal\b)[^<>}]*revision")
SETTERS = ("libpango", "libharfbuzz", "libfontconfig", "libfreetype")


def of_deal(path: Path) -> tuple[str, bool]:
    """The hash of a deal's file, and whether it may ask for the deal's revision; both by reading it once."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- a thousand of them in a run: Path.open takes longer
            content = file.read()
    except OSError:
        return hash_at(path) or "", False
    return hash_of(content), bool(_ASKED.search(content))


def of_house(templates: Path) -> dict[str, str]:
    """Name → hash of all that every deal's documents depend on; the names are for people to read."""
    files = {f"templates/{name}": hash_at(path) or "" for name, path in sorted(files_below(templates))}
    return {**files, **of_machine()}


def state_of(templates: Path) -> frozenset[tuple[object, ...]]:
    """What is other once a file was written to, even if its old content was put back: its times."""
    return frozenset((name, *times_of(path)) for name, path in files_below(templates))


def times_of(path: Path) -> tuple[int, ...]:
    """What the disk has of a file besides its content; nothing of one that has just gone, as editors' own files go."""
    try:
        at = path.stat()
    except OSError:
        return ()
    return at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files below a folder with their names in it, without hidden ones and office programs' lock files (naming.py).

    What is no regular file, such as a pipe, is not read: nobody might ever write to it.
    """
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        for name in names:
            path = Path(root, name)
            if not name.startswith(HIDDEN) and os.path.isfile(path):  # noqa: PTH113 -- Path's own may raise
                yield path.relative_to(folder).as_posix(), path


def shows_revision(templates: Path) -> bool:
    """Whether any of the templates may ask for a deal's revision, so that it is one of the inputs."""
    return any(asks(text) for _, path in files_below(templates) for text in texts_of(content_of(path)))


def asks(text: bytes) -> bool:
    """Whether a text may ask for a deal's revision; by any other name it cannot be asked for."""
    return b"revision" in text


def texts_of(content: bytes) -> Iterator[bytes]:
    """The texts that a file may ask for a revision in: its own, whatever it is called, or those in the package it is.

    A package's markup has words of its own (`cp:revision`), so of that only what looks like a tag. One that cannot be
    read asks for nothing: the documents that are made from it have that as their fault. What is not UTF-8, such as a
    picture, cannot be included.
    """
    if not is_zipfile(BytesIO(content)):
        with suppress(UnicodeDecodeError):
            content.decode()
            yield content
        return
    with suppress(Exception), ZipFile(BytesIO(content)) as package:  # what is damaged or locked fails in a dozen ways
        members = package.infolist()
        if sum(member.file_size for member in members) > LARGEST_PACKAGE:
            return
        for part in (package.read(member) for member in members if member.filename.endswith((".xml", ".rels"))):
            yield _MARKUP.sub(b"", part)
            yield from _ASKING.findall(part)


@cache
def of_machine() -> dict[str, str]:
    """The hash of the program, of the libraries that it uses, and of the fonts."""
    package = Path(__file__).parent
    ours = sorted((name, hash_at(path) or "") for name, path in files_below(package) if name.endswith(".py"))
    libraries = [sys.version, platform.machine(), zlib.ZLIB_RUNTIME_VERSION, *map(version_of, LIBRARIES)]
    return {
        "dealdocs": hashed(f"{name} {hash_}" for name, hash_ in ours),
        "libraries": hashed([*libraries, *sorted(shared_libraries())]),
        "fonts": hashed(fonts()),
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


def fonts() -> Iterator[str]:
    """The fonts that there are, and the settings by which Fontconfig chooses one of them."""
    settings = with_included(font_settings())
    named = [os.fsdecode(name) for content in settings.values() for name in _FOLDER.findall(content)]
    folders = {*map(in_home, (*FONTS, *named)), of_user("XDG_DATA_HOME", "~/.local/share") / "fonts"}
    yield from sorted({name for folder in folders for name in sizes(folder)})
    yield from (f"{name} {os.environ.get(name, '')}" for name in SETTINGS_ELSEWHERE)
    yield from sorted(f"{name} {hash_of(content)}" for name, content in settings.items())


def with_included(settings: Iterable[Path]) -> dict[str, bytes]:
    """Path → content of settings, and of those that they include, by files or by folders of them."""
    found: dict[str, bytes] = {}
    coming = list(settings)
    while coming:
        path = coming.pop()
        if str(path) not in found:
            found[str(path)] = content = content_of(path)
            included = [path.parent / in_home(os.fsdecode(name)) for name in _INCLUDED.findall(content)]
            coming += [file for at in included for file in (at.glob("*.conf") if at.is_dir() else [at])]
    return found


def font_settings() -> Iterator[Path]:
    """The files of Fontconfig's settings: the system's, the user's, and those that variables name."""
    file, named = os.environ.get("FONTCONFIG_FILE", ""), os.environ.get("FONTCONFIG_PATH", "").split(os.pathsep)
    folders = [of_user("XDG_CONFIG_HOME", "~/.config") / "fontconfig", *map(in_home, (*SETTINGS, *filter(None, named)))]
    files = [in_home("~/.fonts.conf"), *(folder / file for folder in (Path(), *folders) if file)]
    yield from (path for path in files if path.is_file())
    for folder in (*folders, *files, in_home("~/.fonts.conf.d")):
        yield from (path for pattern in ("*.conf", "conf.d/*.conf") for path in folder.glob(pattern))


def in_home(path: str) -> Path:
    """A path, with the user's folder for a `~`; as it is where nobody knows that folder."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 -- Path's own raises there


def of_user(variable: str, usual: str) -> Path:
    """The folder that a variable of the user names, or the usual one."""
    return in_home(os.environ.get(variable) or usual)


def content_of(path: Path) -> bytes:
    """What a file holds; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
