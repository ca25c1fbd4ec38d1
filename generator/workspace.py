"""The workspace: its three folders, which files in them are deals, which of these are meant, and the ledger."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generator import ledger
from generator.codes import Code
from generator.errors import Misuse, Problem, did_you_mean
from generator.ledger import Ledger
from generator.naming import HIDDEN
from generator.source import problem_in

if TYPE_CHECKING:
    from collections.abc import Sequence

DEAL_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The three folders, each as the user would name it."""

    deals: Path
    templates: Path
    output: Path

    @classmethod
    def at(cls, root: Path, output: Path | None = None) -> Workspace:
        """The workspace in a folder; `output` overrules its output folder. Raises Misuse for one among the others."""
        made = cls(root / "deals", root / "templates", output or root / "output")
        for folder in (made.deals, made.templates):
            if made.output.resolve().is_relative_to(folder.resolve()):
                message = f"documents cannot go to {made.output}, for that is in {folder}; name another folder"
                raise Misuse(message)
        return made

    @property
    def ledger(self) -> Path:
        """The ledger of issued invoices."""
        return self.deals / ledger.NAME


def find(workspace: Workspace, names: Sequence[str]) -> list[Path]:
    """The deal files that files, folders and ids name; all of the workspace's deals without a name. Raises Misuse."""
    found = [path for name in names for path in named(workspace, name)] if names else deal_files(workspace.deals)
    return sorted(by_place(found).values(), key=lambda path: (path.stem, str(path)))


def by_place(paths: Sequence[Path]) -> dict[Path, Path]:
    """Where each file really is → how it was named first; a link is where it stands, not where it leads to."""
    folders = {folder: folder.resolve() for folder in {path.parent for path in paths}}
    return {folders[path.parent] / path.name: path for path in reversed(paths)}


def same_ids(paths: Sequence[Path], deals: Sequence[Path]) -> dict[Path, Problem]:
    """Those of the paths whose id another of them has, or another of the `deals` that there are, with their fault."""
    groups: dict[str, list[Path]] = {}
    for path in by_place([*paths, *deals]).values():
        groups.setdefault(path.stem.casefold(), []).append(path)
    found = {}
    for path in paths:
        for other in [other for other in groups[path.stem.casefold()] if other != path][:1]:
            message = f"{other} has the same id '{path.stem}'; both would go to the same folder"
            found[path] = Problem(str(path), Code.SAME_ID, message, 1, 1, hint="rename one of the files")
    return found


def all_deals(workspace: Workspace) -> list[Path]:
    """The deal files of the workspace; none where it has no folder for them."""
    return deal_files(workspace.deals) if workspace.deals.is_dir() else []


def named(workspace: Workspace, name: str) -> list[Path]:
    """The deal files that one name on the command line means; an id before a folder of that name, such as output/ID."""
    path = Path(name)
    if path.is_file():
        return [path] if path.name not in {ledger.NAME, ledger.LOCK} else []
    deals = all_deals(workspace)
    if by_id := [deal for deal in deals if deal.stem == name]:
        return by_id
    if path.is_dir():
        return deal_files(path)
    for other in (path, *(workspace.deals / f"{name}{suffix}" for suffix in DEAL_SUFFIXES)):
        if other.exists():
            message = f"{other} is no file, so it is no deal"
            raise Misuse(message)
    hint = did_you_mean(name, [deal.stem for deal in deals]) or f"the deals are the .yaml files in {workspace.deals}"
    message = f"there is no deal '{name}' ({hint})"
    raise Misuse(message)


def is_named_so(path: Path) -> bool:
    """Whether a path has a deal file's suffix, in letters of either case."""
    return path.suffix.lower() in DEAL_SUFFIXES


def deal_files(folder: Path) -> list[Path]:
    """The deal files in a folder and in those below it. Raises Misuse where there is no such folder.

    What is no file is no deal, for reading a pipe would not end; a link that leads nowhere is one that cannot be read.
    Raises Misuse for a folder that cannot be read, too: nobody knows which deals are in it.
    """
    if not folder.is_dir():
        message = f"there is no folder {folder} (make a workspace with 'dealdocs init', or name one with -C)"
        raise Misuse(message)
    found = []
    for root, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(HIDDEN)]
        found += [Path(root, name) for name in names if not name.startswith(HIDDEN)]
    return [path for path in found if is_named_so(path) and (path.is_file() or not path.exists())]


def unreadable(error: OSError) -> None:
    """Raise Misuse for a folder that the system does not let be read."""
    message = f"{error.filename} cannot be read: {error.strerror}"
    raise Misuse(message) from error


def issued(workspace: Workspace) -> Ledger:
    """The ledger; an empty one where none is there yet. What is wrong with it is among its problems."""
    name = str(workspace.ledger)
    try:
        return ledger.parse(workspace.ledger.read_bytes().decode(), name)
    except FileNotFoundError:
        return Ledger(name)
    except UnicodeDecodeError:
        message, hint = "is not UTF-8 text", "bring the file back from git if a spreadsheet program saved it"
    except OSError as error:
        message, hint = f"cannot be read: {error.strerror}", ""
    return Ledger(name, problems=(problem_in(name, "", Code.LEDGER_UNREADABLE, (1, 1), message, hint),))
