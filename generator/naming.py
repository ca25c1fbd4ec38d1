"""File names: those that every system takes, those that are one file on some, and those that stay in a folder."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: What a file's name may be on Windows, macOS and Linux alike.
PORTABLE = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[^\\/:*?\"<>|\x00-\x1f]{1,120}(?<![ .])", re.IGNORECASE
)
#: How the names of files begin that systems hide, and of those by which office programs lock another.
HIDDEN = (".", "~$")
_REFUSED = re.compile(r"[\\/:*?\"<>|\x00-\x1f\x7f]+")
_LONGEST = 100  # characters; letters beyond ASCII take up to four bytes, and some systems take 255 of these
_MOST_BYTES = 200
_MOST_BYTES_OF_ALL = 230  # with its suffix; a copy's ".~12~" and a temporary file's dots and numbers make it up to 255


def portable(text: str) -> str:
    """The text as a file's name without its suffix: "-" for what some system refuses, and no more than all take."""
    name = _spelt(text)[:_LONGEST]
    while len(name.encode("utf-8", "replace")) > _MOST_BYTES:
        name = name[:-1]
    name = name.strip(" .-")
    return name if not name or PORTABLE.fullmatch(name) else f"_{name}"


def fitting_id(text: str) -> str:
    """What a deal could be called that somebody wants to call so; nothing where no letter of it is one of a to z."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def is_portable(name: str) -> bool:
    """Whether every system takes a file's name, also with what is added for a copy and while it is written."""
    return bool(PORTABLE.fullmatch(name)) and len(name.encode("utf-8", "replace")) <= _MOST_BYTES_OF_ALL


def is_cut(text: str) -> bool:
    """Whether a text is too long to be a file's name as it is."""
    name = _spelt(text)
    return len(name) > _LONGEST or len(name.encode("utf-8", "replace")) > _MOST_BYTES


def _spelt(text: str) -> str:
    """The text with "-" for what some system refuses."""
    return _REFUSED.sub("-", unicodedata.normalize("NFC", " ".join(text.split())))


def alike(names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The places of two names that are the same file on some system, where the case of letters makes no difference."""
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        first = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), at)
        if first != at:
            yield first, at


def inside(folder: Path, name: str) -> Path | None:
    """The file of that name below a folder, if there is one, its real path is below the folder too, and none is hidden.

    Hidden files are nobody's work: they are not among the inputs, nor are they taken to other machines.
    """
    try:
        path = (folder / name).resolve()
        fits = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # a name too long, or with a NUL
        return None
    return path if fits and not is_hidden(folder, name) else None


def is_hidden(folder: Path, name: str) -> bool:
    """Whether a name below a folder is of a hidden file or a lock file, lies in a hidden folder, or leads there."""
    parts = [part for part in PurePath(name).parts if part != ".."]
    with suppress(OSError, ValueError):
        parts += (folder / name).resolve().relative_to(folder.resolve()).parts
    return any(part.startswith(HIDDEN) for part in parts)
