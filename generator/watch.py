"""Watching folders: a round now, and one after every change, as soon as it is quiet for a moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import DefaultFilter, watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from watchfiles import Change

#: Milliseconds to gather changes for: an editor's save is several.
QUIET = 150


class Ours(DefaultFilter):
    """Leaves out what editors and office programs put beside the file that is being changed."""

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a change counts."""
        name = Path(path).name
        return not name.startswith((".", "~$")) and not name.endswith(("~", ".tmp")) and super().__call__(change, path)


def rounds(folders: Iterable[Path]) -> Iterator[None]:
    """Yield at once, and after every change below the folders. A KeyboardInterrupt goes through."""
    changes = watch(
        *{folder.resolve() for folder in folders if folder.is_dir()}, watch_filter=Ours(), debounce=1600, step=QUIET
    )
    yield
    for _ in changes:
        yield
