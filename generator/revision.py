"""Revisions: what git knows of the deals' files. Without git, or outside a repository, that is nothing."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from generator.errors import Misuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: The variables by which git tells a hook where its repository is.
THE_REPOSITORY = frozenset(["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"])
#: Before each commit in git's list of the files that it changed.
COMMIT = "commit "
#: Letters of a commit's name. Git's own short names hang on the repository's size, and on settings.
SHORT = 10
#: Settings of the user that change what git answers.
PLAIN = ("-c", "color.ui=false", "-c", "diff.relative=false", "-c", "log.showSignature=false")
#: The newest commit first, and a merge where it made a file other than both sides had it.
LISTED = ("--topo-order", "-c", "--name-only")
#: What git need not look for: files that it does not know, and what submodules have in them.
QUICKLY = ("--untracked-files=no", "--ignore-submodules=all")


def changed(revision: str, paths: Sequence[Path], templates: Path) -> list[Path]:
    """The files that differ from a revision, those new to git too; all of them, if anything of the templates does.

    Raises Misuse where there is no such revision.
    """
    if not paths:
        return []
    if differing(revision, templates):
        return list(paths)
    different = {path for folder in by_repository(paths) for path in differing(revision, folder)}
    return [path for path in paths if path.resolve() in different]


def by_repository(paths: Iterable[Path]) -> dict[Path, list[Path]]:
    """For each repository, the folder in it that all of its files are below → these files.

    What links lead to is below it too, where that is in the same repository.
    """
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    repositories: dict[Path, dict[Path, list[Path]]] = {}
    for folder, files in folders.items():
        real = folder.resolve()
        group = repositories.setdefault(top_of(real), {})
        group.setdefault(real, []).extend(files)
        for place in {path.resolve().parent for path in files if path.is_symlink()}:
            if top_of(place) == top_of(real):
                group.setdefault(place, [])
    return {Path(os.path.commonpath(group)): [*chain(*group.values())] for group in repositories.values()}


def top_of(folder: Path) -> Path:
    """The nearest folder above with a .git, as worktrees and submodules have too: git would take a process to tell it.

    The root where there is none; git may know of a repository by other means.
    """
    above = (folder, *folder.parents)
    return next((place for place in above if os.path.exists(place / ".git")), above[-1])  # noqa: PTH110 -- never raises


def differing(revision: str, folder: Path) -> set[Path]:
    """The real paths of the files below a folder that differ from a revision, or are new to git."""
    top = Path(git(folder, "rev-parse", "--show-toplevel").strip())
    tracked = git(folder, "diff", "--name-only", "-z", "--no-renames", commit_of(revision, folder), "--", ".")
    new = git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", ".")
    return {(top / name).resolve() for name in (tracked + new).split("\0") if name}


def shown(revision: str, path: Path) -> str:
    """A file's text as it was at a revision, its target's if it is a link; empty where it was not there.

    Raises Misuse where there is no such revision.
    """
    path = path.resolve()
    folder = next(folder for folder in path.parents if folder.is_dir())
    name, commit = path.relative_to(folder).as_posix(), commit_of(revision, folder)
    if not git(folder, "ls-tree", "--name-only", commit, "--", name):
        return ""
    return git(folder, "show", f"{commit}:./{name}")


def committed(path: Path, commit: str = "HEAD") -> bytes | None:
    """What a file holds in a commit, its target if it is a link; None where it is not there, or there is no git.

    One process, and quick.
    """
    path = path.resolve()
    command = ["git", "-C", str(path.parent), "show", f"{commit}:./{path.name}"]
    try:
        done = subprocess.run(  # noqa: S603 -- our own words, and no shell
            command, env=surroundings(path.parent), capture_output=True, check=False
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout


def ever_committed(path: Path) -> Iterator[bytes]:
    """What a file holds in each commit that changed it, of any branch or tag, the newest first; what is stashed not.

    Nothing where there is no git, and no repository.
    """
    path = path.resolve()
    every = ("--exclude=refs/stash", "--all", "--full-history", "--format=%H", "--", path.name)
    try:
        commits = git(path.parent, "log", *every).split()
    except Misuse:
        return
    yield from (content for commit in commits if (content := committed(path, commit)) is not None)


def merging(folder: Path) -> bool:
    """Whether a merge or the like was begun in a folder's repository, and is not committed yet."""
    inner = Path(folder, git(folder, "rev-parse", "--git-dir").strip())
    return any((inner / name).exists() for name in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"))


def commit_of(revision: str, folder: Path) -> str:
    """The commit that a revision names in a folder's repository. Raises Misuse where there is none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    return git(folder, *words, about=revision).strip()


def has_commits(folder: Path) -> bool:
    """Whether a folder's repository has a last commit: a new one has none."""
    try:
        return bool(commit_of("HEAD", folder))
    except Misuse:
        return False


def of_deals(paths: Sequence[Path]) -> Mapping[Path, str]:
    """For each file the short name of the commit that changed it last, with "+" where it has changed since.

    A file that git does not know has no revision, nor has any outside a repository. Raises Misuse where the history is
    cut off before that commit, as in a shallow clone.
    """
    found: dict[Path, str] = {}
    for folder, files in by_repository(paths).items():
        try:
            top, shallow = git(folder, "rev-parse", "--show-toplevel", "--git-path", "shallow").splitlines()
            log = git(folder, "log", f"--format={COMMIT}%H", *LISTED, "-z", "--no-renames", "--", ".")
            dirty = git(folder, "status", "--porcelain=v1", "-z", "--no-renames", *QUICKLY, "--", ".")
        except Misuse:
            continue
        commits, ends, root = last_commits(log), ends_of_history(folder / shallow), Path(top).resolve()
        touched = {entry[3:] for entry in dirty.split("\0") if entry}
        for path in files:
            place = path.resolve()
            name = place.relative_to(root).as_posix() if place.is_relative_to(root) else ""
            if commits.get(name) in ends:
                message = (
                    f"git's history is cut off here, and {path} has no revision ('git fetch --unshallow' brings all)"
                )
                raise Misuse(message)
            if name in commits:
                found[path] = commits[name][:SHORT] + ("+" if name in touched else "")
    return found


def ends_of_history(shallow: Path) -> frozenset[str]:
    """The commits before which a history is cut off, by git's own list: it shows all files as new in them."""
    return frozenset(shallow.read_text().split()) if shallow.is_file() else frozenset()


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

    Gives the folder, the names in `deals/` of the staged files and of those that are staged to go, and whether
    anything of `templates/` is staged; a link is when what it leads to is. Raises Misuse outside a repository.
    """
    top = Path(git(root, "rev-parse", "--show-toplevel").strip())
    prefix = git(root, "rev-parse", "--show-prefix").strip()
    deals, templates = f"{prefix}deals", f"{prefix}templates"
    with TemporaryDirectory() as made:
        folder = Path(made).resolve()
        links = put_out(top, {deals, templates}, folder)
        for name in (deals, templates):  # git has no folders without files
            (folder / name).mkdir(parents=True, exist_ok=True)
        names = by_links(listed(top, {deals, templates, *links.values()}), links)
        found = {name.removeprefix(f"{deals}/") for name in names if name.startswith(f"{deals}/")}
        yield folder / prefix, sorted(found), any(name.startswith(f"{templates}/") for name in names)


def put_out(top: Path, wanted: Iterable[str], folder: Path) -> Mapping[str, str]:
    """Write what a repository's index has below some paths to a folder, and what links lead to; gives the links."""
    nothing = git(top, "hash-object", "-t", "tree", "--stdin", given="").strip()
    known: set[str] = set()
    while new := {*wanted} - known:
        tracked = "\0".join(listed(top, new, nothing))
        git(top, "checkout-index", "-z", "--stdin", "--force", f"--prefix={folder.as_posix()}/", given=tracked)
        known |= new
        wanted = links_in(folder).values()
    return links_in(folder)


def listed(top: Path, paths: Iterable[str], *since: str) -> list[str]:
    """What is staged of a repository's paths since a commit, the last one without one; not what is to be staged yet."""
    words = ("diff", "--cached", "--name-only", "--no-renames", "--ita-invisible-in-index", "-z", *since)
    return [name for name in git(top, *words, "--", *(f":(literal){path}" for path in paths)).split("\0") if name]


def links_in(folder: Path) -> dict[str, str]:
    """Link → what it leads to in the end, for all in a folder that do not lead out of it; both as they lie from it."""
    links = {path: Path(os.path.realpath(path)) for path in folder.rglob("*") if path.is_symlink()}
    return {
        path.relative_to(folder).as_posix(): real.relative_to(folder).as_posix()
        for path, real in links.items()
        if real.is_relative_to(folder)
    }


def by_links(names: Sequence[str], links: Mapping[str, str]) -> list[str]:
    """The names, and those by which links reach the same files."""
    behind = [
        link + name.removeprefix(target)
        for link, target in links.items()
        for name in names
        if f"{name}/".startswith(f"{target}/")
    ]
    return [*names, *behind]


def surroundings(folder: Path) -> dict[str, str]:
    """The variables for git. Where it can find a folder's repository by itself, a hook's must not name another.

    In a linked worktree git tells its hooks the repository, and not how far above the folder the worktree begins. The
    index that it tells them stays: a commit of some files has one of its own.
    """
    named = THE_REPOSITORY if os.path.exists(top_of(folder.resolve()) / ".git") else ()  # noqa: PTH110 -- never raises
    return {name: value for name, value in os.environ.items() if name not in named}


def git(folder: Path, *words: str, about: str | None = None, given: str | None = None) -> str:
    """What git answers. Raises Misuse where there is no git, no repository, or no such revision as `about`."""
    command = ["git", "--no-optional-locks", *PLAIN, "-C", str(folder), *words]  # a person may be committing meanwhile
    try:
        done = subprocess.run(  # noqa: S603 -- our own words, and no shell
            command, env=surroundings(folder), input=given,
            capture_output=True, check=False, encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
    except FileNotFoundError:
        message = "git is not installed"
        raise Misuse(message) from None
    if done.returncode:
        said = done.stderr.strip().removeprefix("fatal: ")
        message = f"git does not know the revision '{about}'" if about is not None else f"git: {said}"
        raise Misuse(message)
    return done.stdout
