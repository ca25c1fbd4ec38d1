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
    """Leaves out what a round makes, and what editors and office programs put beside the file that is being changed."""

    def __init__(self, made: Iterable[Path] = ()) -> None:
        super().__init__()
        self.made = tuple(made)

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a change counts."""
        name = Path(path).name
        if name.startswith((".", "~$")) or name.endswith(("~", ".tmp")) or not super().__call__(change, path):
            return False
        return not any(Path(path).is_relative_to(made) for made in self.made)


def rounds(folders: Iterable[Path], made: Iterable[Path]) -> Iterator[None]:
    """Yield when the folders are watched, and after every change below them, one during a round too.

    `made` are the files and folders that a round writes; what lies in them is no change, unless a watched folder does.
    A KeyboardInterrupt goes through.
    """
    watched = {folder.resolve() for folder in folders if folder.is_dir()}
    apart = [path for path in (one.resolve() for one in made) if not any(one.is_relative_to(path) for one in watched)]
    first = True
    # The watching begins when the first answer is asked for, so that one has to come although nothing has changed.
    for changes in watch(
        *watched, watch_filter=Ours(apart), debounce=1600, step=QUIET, rust_timeout=QUIET, yield_on_timeout=True
    ):
        if changes or first:
            first = False
            yield
