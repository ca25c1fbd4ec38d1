"""Watching folders: a round now, and one after every change, as soon as it is quiet for a moment."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import DefaultFilter, watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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

    A folder may come, go or be replaced meanwhile; that is a change, and the new one is watched from then on. `made`
    are the files and folders that a round writes; what lies in them is no change, unless a watched folder does.
    A KeyboardInterrupt goes through.
    """
    folders, made = tuple(folders), tuple(made)
    while True:
        watched = standing(folders)
        resolved = [path.resolve() for path in made]
        apart = [path for path in resolved if not any(one.is_relative_to(path) for one in watched)]
        with suppress(FileNotFoundError):  # one has gone this very moment
            yield from until_replaced(folders, watched, Ours(apart))


def until_replaced(folders: Iterable[Path], watched: Mapping[Path, tuple[int, int]], ours: Ours) -> Iterator[None]:
    """Yield now, and after every change in what is watched, until other folders stand there."""
    first = True
    # The watching begins when the first answer is asked for, so that one has to come although nothing has changed.
    for changes in watch(
        *watched, watch_filter=ours, debounce=1600, step=QUIET, rust_timeout=QUIET, yield_on_timeout=True
    ):
        # A new folder may have the old one's number, but not without a word that the old one is gone.
        if standing(folders) != watched or any(Path(path) in watched for _, path in changes):
            return
        if changes or first:
            first = False
            yield


def standing(folders: Iterable[Path]) -> Mapping[Path, tuple[int, int]]:
    """Those folders that there are, and which they are: the number of each, which one in its place has not."""
    found = {}
    for folder in {folder.resolve() for folder in folders}:
        with suppress(OSError):
            state = folder.stat()
            if stat.S_ISDIR(state.st_mode):
                found[folder] = (state.st_dev, state.st_ino)
    return found
