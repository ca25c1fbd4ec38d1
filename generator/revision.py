"""Revisions: what git knows of the deals' files. Without git, or outside a repository, that is nothing."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from generator.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Before each commit in git's list of the files that it changed.
COMMIT = "commit "


def changed(revision: str, paths: Sequence[Path], templates: Path) -> list[Path]:
    """The files that differ from a revision, those new to git too; all of them, if anything of the templates does.

    Raises Misuse where there is no such revision.
    """
    if not paths:
        return []
    if differing(revision, [templates], templates):
        return list(paths)
    different = {path for folder in by_folder(paths) for path in differing(revision, [folder], folder)}
    return [path for path in paths if path.resolve() in different]


def by_folder(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """Folder → the files in it."""
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    return folders


def differing(revision: str, where: Sequence[Path], folder: Path) -> set[Path]:
    """The real paths of the files below some folders of a repository that differ from a revision, or are new to git."""
    below = [str(path.resolve()) for path in where]
    top = Path(git(folder, "rev-parse", "--show-toplevel").strip())
    known = git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", about=revision
    )
    tracked = git(folder, "diff", "--name-only", "-z", "--no-renames", known.strip(), "--", *below)
    new = git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", *below)
    return {(top / name).resolve() for name in (tracked + new).split("\0") if name}


def shown(revision: str, path: Path) -> str:
    """A file's text as it was at a revision; empty where it was not there. Raises Misuse where there is none such."""
    folder = path.parent
    commit = git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", about=revision
    ).strip()
    if not git(folder, "ls-tree", "--name-only", commit, "--", path.name):
        return ""
    return git(folder, "show", f"{commit}:./{path.name}")


def of_deals(paths: Sequence[Path]) -> Mapping[Path, str]:
    """For each file the short name of the commit that changed it last, with "+" where it has changed since.

    A file that git does not know has no revision, nor has any outside a repository.
    """
    found: dict[Path, str] = {}
    for folder, files in by_folder(paths).items():
        try:
            top = Path(git(folder, "rev-parse", "--show-toplevel").strip())
            log = git(folder, "log", f"--format={COMMIT}%h", "--name-only", "-z", "--no-renames", "--", ".")
            dirty = git(folder, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--", ".")
        except Misuse:
            continue
        commits = last_commits(log)
        touched = {entry[3:] for entry in dirty.split("\0") if entry}
        for path in files:
            name = path.resolve().relative_to(top.resolve()).as_posix()
            if name in commits:
                found[path] = commits[name] + ("+" if name in touched else "")
    return found


def last_commits(log: str) -> dict[str, str]:
    """File → the first commit of a list, newest first, that changed it."""
    commits: dict[str, str] = {}
    commit = ""
    for entry in log.replace("\n", "\0").split("\0"):
        if entry.startswith(COMMIT):
            commit = entry.removeprefix(COMMIT)
        elif entry:
            commits.setdefault(entry, commit)
    return commits


@contextmanager
def staged(root: Path) -> Iterator[tuple[Path, list[str], bool]]:
    """The workspace as it is staged, in a folder of its own for as long as it is looked at.

    Gives the folder, the staged deal files' names in `deals/`, and whether anything of `templates/` is staged.
    Raises Misuse outside a repository.
    """
    names = git(
        root, "diff", "--cached", "--name-only", "--relative", "--diff-filter=d", "-z", "--", "deals", "templates"
    )
    gone = git(root, "diff", "--cached", "--name-only", "--relative", "--diff-filter=D", "-z", "--", "templates")
    changed_names = [name for name in names.split("\0") if name]
    with TemporaryDirectory() as folder:
        tracked = git(root, "ls-files", "-z", "--", "deals", "templates")
        prefix = f"--prefix={Path(folder).as_posix()}/"
        git(root, "checkout-index", "-z", "--stdin", "--force", prefix, given=tracked)
        inner = Path(folder, git(root, "rev-parse", "--show-prefix").strip())
        deals = [name.removeprefix("deals/") for name in changed_names if name.startswith("deals/")]
        yield inner, deals, bool(gone) or any(name.startswith("templates/") for name in changed_names)


def git(folder: Path, *words: str, about: str | None = None, given: str | None = None) -> str:
    """What git answers. Raises Misuse where there is no git, no repository, or no such revision as `about`."""
    command = ["git", "-C", str(folder), *words]
    try:
        done = subprocess.run(  # noqa: S603 -- our own words, and no shell
            command, input=given, capture_output=True, check=False, encoding="utf-8", errors="surrogateescape"
        )
    except FileNotFoundError:
        message = "git is not installed"
        raise Misuse(message) from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("fatal: ")
        message = f"git does not know the revision '{about}'" if about is not None else f"git: {said}"
        raise Misuse(message)
    return done.stdout
