"""What git knows: which deals differ from a revision, what is staged, and the commit that a document shows."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
import yaml

from generator import inputs, revision, staging
from generator.cli import run
from generator.errors import Misuse
from generator.order import Order
from tests.ledger_making import issue
from tests.making import ROOT
from tests.workspaces import ENVIRONMENT, change, changes, documents, render, sign, small

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.pipeline import Workspace

LINKS = pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
IDENTITY = ("-c", "user.name=Office", "-c", "user.email=office@example.com", "-c", "commit.gpgsign=false")


def git(workspace: Workspace, *words: str) -> str:
    command = ["git", *IDENTITY, *words]
    return subprocess.run(command, cwd=workspace.deals.parent, check=True, capture_output=True, text=True).stdout


def commit(workspace: Workspace) -> str:
    git(workspace, "add", "--all", "--", "deals", "templates")
    git(workspace, "commit", "--quiet", "--message", "more")
    return git(workspace, "rev-parse", "--short=10", "HEAD").strip()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Three deals, in a folder of a repository, committed."""
    (tmp_path / "office").mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    made = small(tmp_path / "office", 3)
    commit(made)
    return made


def since(workspace: Workspace, rev: str) -> list[str]:
    return [deal.deal for deal in render(workspace, order=Order(jobs=1, since=rev)).deals]


def test_deals_that_differ_from_a_revision_uncommitted_and_untracked_ones_too(workspace: Workspace) -> None:
    assert since(workspace, "HEAD") == []
    change(workspace.deals / "client-01.yaml", "servers: 2", "servers: 3")
    assert since(workspace, "HEAD") == ["client-01"]
    sign(workspace, "client-09")
    assert since(workspace, "HEAD") == ["client-01", "client-09"]
    commit(workspace)
    assert since(workspace, "HEAD") == []
    assert since(workspace, "HEAD~1") == ["client-01", "client-09"]


def test_a_template_that_differs_concerns_every_deal(workspace: Workspace) -> None:
    (workspace.templates / "new.css").write_text("p { color: red }")
    assert len(since(workspace, "HEAD")) == 3


@pytest.mark.parametrize("rev", ["nonsense", "--output=x", ""])
def test_a_revision_that_there_is_not_is_named(workspace: Workspace, rev: str) -> None:
    with pytest.raises(Misuse, match="does not know the revision"):
        since(workspace, rev)
    assert documents(workspace.output) == {}


def test_outside_a_repository_git_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Misuse, match="not a git repository"):
        since(small(tmp_path), "HEAD")


def test_without_git_that_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Misuse, match="git is not installed"):
        since(workspace, "HEAD")


def test_the_revision_of_a_deal_is_its_own_files(workspace: Workspace) -> None:
    first = git(workspace, "rev-parse", "--short=10", "HEAD").strip()
    one, two = workspace.deals / "client-00.yaml", workspace.deals / "client-01.yaml"
    change(two, "servers: 2", "servers: 3")
    second = commit(workspace)
    change(one, "servers: 2", "servers: 5")
    new = sign(workspace, "client-09")
    assert revision.of_deals([one, two, new]) == {one: f"{first}+", two: second}


def test_the_revision_after_a_merge_that_was_resolved_is_the_merge(workspace: Workspace) -> None:
    deal = workspace.deals / "client-01.yaml"
    git(workspace, "branch", "other")
    change(deal, "servers: 2", "servers: 3")
    commit(workspace)
    git(workspace, "checkout", "--quiet", "other")
    change(deal, "servers: 2", "servers: 4")
    commit(workspace)
    git(workspace, "merge", "--quiet", "--strategy", "ours", "--no-commit", "@{-1}")
    deal.write_text(deal.read_text().replace("servers: 4", "servers: 5"))
    merge = commit(workspace)
    assert revision.of_deals([deal]) == {deal: merge}


def test_a_history_that_is_cut_off_before_a_deals_commit_is_an_error(workspace: Workspace, tmp_path: Path) -> None:
    change(workspace.deals / "client-01.yaml", "servers: 2", "servers: 3")
    last = commit(workspace)
    sign(workspace, "client-09")
    commit(workspace)
    for depth in (1, 2):
        clone = ["git", "clone", "--quiet", f"--depth={depth}", tmp_path.as_uri(), str(tmp_path / str(depth))]
        subprocess.run(clone, check=True)
    deals = [tmp_path / str(depth) / "office/deals/client-01.yaml" for depth in (1, 2)]
    with pytest.raises(Misuse, match="'git fetch --unshallow' brings all"):
        revision.of_deals(deals[:1])
    with pytest.raises(Misuse, match=r"cut off here, and .*client-01\.yaml has no revision"):
        revision.of_deals(deals[1:])
    subprocess.run(["git", "fetch", "--quiet", "--unshallow"], cwd=deals[0].parent, check=True)
    assert revision.of_deals(deals[:1]) == {deals[0]: last}


def test_settings_of_the_user_change_no_revision(workspace: Workspace) -> None:
    deal = workspace.deals / "client-01.yaml"
    before = revision.of_deals([deal])
    for setting in ("core.abbrev=20", "diff.relative=true", "color.ui=always", "status.relativePaths=true"):
        git(workspace, "config", *setting.split("="))
    assert revision.of_deals([deal]) == before
    change(deal, "servers: 2", "servers: 3")
    assert since(workspace, "HEAD") == ["client-01"]


def test_a_document_that_shows_the_revision_is_made_again_when_that_changes(workspace: Workspace) -> None:
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ client.name }} {{ deal.revision }}")
    commit(workspace)
    render(workspace)
    before = documents(workspace.output)
    assert set(changes(render(workspace)).values()) == {"same"}
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 2  # as agreed")
    assert changed(workspace) == ["client-00/page.pdf"]
    commit(workspace)
    assert changed(workspace) == ["client-00/page.pdf"]
    assert documents(workspace.output)["client-01/page.pdf"] == before["client-01/page.pdf"]


def changed(workspace: Workspace) -> list[str]:
    return [target for target, became in changes(render(workspace)).items() if became == "changed"]


def test_outside_git_a_revision_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    workspace = small(tmp_path)
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ client.name }}{{ deal.revision }}")
    assert render(workspace).problems == ()


def test_a_deal_cannot_write_its_own_revision(workspace: Workspace) -> None:
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 2\nrevision: abc")
    (problem,) = render(workspace).problems
    assert (problem.code, problem.hint) == ("D102", "a deal's revision is what git says")


def staged(workspace: Workspace) -> list[tuple[str, str]]:
    account = staging.check(workspace.deals.parent)
    return [(problem.code, problem.file) for problem in account.problems]


def test_what_is_staged_is_checked_as_it_is_staged(workspace: Workspace) -> None:
    path = workspace.deals / "client-00.yaml"
    assert staging.check(workspace.deals.parent).deals == ()
    change(path, "gold", "glod")
    assert staged(workspace) == []
    git(workspace, "add", "deals")
    change(path, "glod", "gold")
    assert staged(workspace) == [("D105", str(path))]
    git(workspace, "add", "deals")
    assert staged(workspace) == []


def test_a_staged_deal_must_not_have_the_id_of_one_that_is_not_staged(workspace: Workspace) -> None:
    (workspace.deals / "2027").mkdir()
    path = sign(workspace, "2027/Client-00")
    assert staged(workspace) == []
    git(workspace, "add", "deals")
    assert ("D117", str(path)) in staged(workspace)
    git(workspace, "mv", "--force", "deals/2027/Client-00.yaml", "deals/2027/client-09.yaml")
    assert "D117" not in {code for code, _ in staged(workspace)}


def test_a_staged_template_is_checked_with_every_deal(workspace: Workspace) -> None:
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ clint.name }}")
    git(workspace, "add", "templates")
    assert [code for code, _ in staged(workspace)] == ["T110"]
    git(workspace, "rm", "--quiet", "--force", "templates/part.html")
    assert {code for code, _ in staged(workspace)} == {"T110", "T102"}


def test_a_staged_deletion_is_checked_with_all_that_is_left(workspace: Workspace) -> None:
    issue(workspace, "client-00")
    commit(workspace)
    git(workspace, "rm", "--quiet", "deals/client-00.yaml")
    assert {code for code, _ in staged(workspace)} == {"L309"}
    git(workspace, "reset", "--quiet", "--hard")
    git(workspace, "rm", "--quiet", "deals/invoices.csv")
    assert staged(workspace) == [("L312", str(workspace.ledger))]
    git(workspace, "reset", "--quiet", "--hard")
    git(workspace, "mv", "deals/client-00.yaml", "deals/another.yaml")
    assert {code for code, _ in staged(workspace)} == {"L309"}
    git(workspace, "rm", "-r", "--quiet", "--force", "deals")
    assert staged(workspace) == [("L312", str(workspace.ledger))]


def test_a_file_that_is_only_meant_to_be_added_is_not_staged(workspace: Workspace) -> None:
    path = sign(workspace, "client-09")
    git(workspace, "add", "--intent-to-add", "deals/client-09.yaml")
    assert staging.check(workspace.deals.parent).deals == ()
    change(workspace.templates / "look.css", "navy", "maroon")
    git(workspace, "add", "templates")
    account = staging.check(workspace.deals.parent)
    assert (len(account.deals), account.problems) == (3, ())
    change(path, "gold", "glod")
    git(workspace, "add", "deals")
    assert staged(workspace) == [("D105", str(path))]


def linked(path: Path, folder: Path) -> Path:
    """Move a file to another folder, and have a link in its place."""
    folder.mkdir(exist_ok=True)
    real = path.rename(folder / path.name)
    path.symlink_to(os.path.relpath(real, path.parent))
    return real


@LINKS
def test_a_deal_that_is_a_link_differs_when_what_it_leads_to_does(workspace: Workspace, tmp_path: Path) -> None:
    real = linked(workspace.deals / "client-00.yaml", tmp_path / "shared")
    git(workspace, "add", "--all", str(tmp_path))
    git(workspace, "commit", "--quiet", "--message", "links")
    assert since(workspace, "HEAD") == []
    change(real, "servers: 2", "servers: 3")
    assert since(workspace, "HEAD") == ["client-00"]
    git(workspace, "commit", "--quiet", "--all", "--message", "more servers")
    assert since(workspace, "HEAD") == []
    last = git(workspace, "rev-parse", "--short=10", "HEAD").strip()
    path = workspace.deals / "client-00.yaml"
    assert revision.of_deals([path]) == {path: last}
    (workspace.deals / "client-00.yaml").unlink()
    other = linked(workspace.deals / "client-01.yaml", tmp_path / "shared")
    (workspace.deals / "client-00.yaml").symlink_to(other)
    assert since(workspace, "HEAD") == ["client-00", "client-01"]


@LINKS
def test_links_within_the_repository_are_followed_to_what_is_staged(workspace: Workspace, tmp_path: Path) -> None:
    path = workspace.deals / "client-00.yaml"
    look = linked(workspace.templates / "look.css", workspace.templates / "brand")
    again = linked(linked(path, tmp_path / "shared"), tmp_path / "kept")
    git(workspace, "add", "--all", str(tmp_path))
    account = staging.check(workspace.deals.parent)
    assert (len(account.deals), account.problems) == (3, ())
    git(workspace, "commit", "--quiet", "--message", "links")
    change(again, "gold", "glod")
    assert staged(workspace) == []
    git(workspace, "add", str(again))
    assert staged(workspace) == [("D105", str(path))]
    git(workspace, "reset", "--quiet", "--hard")
    git(workspace, "rm", "--quiet", str(look))
    assert {code for code, _ in staged(workspace)} == {"T120"}


@LINKS
def test_deals_may_lie_in_another_folder_of_the_repository_behind_a_link(workspace: Workspace, tmp_path: Path) -> None:
    linked(workspace.deals, tmp_path / "shared")
    git(workspace, "add", "--all", str(tmp_path))
    git(workspace, "commit", "--quiet", "--message", "links")
    change(tmp_path / "shared/deals/client-01.yaml", "gold", "glod")
    git(workspace, "add", str(tmp_path / "shared"))
    assert staged(workspace) == [("D105", str(workspace.deals / "client-01.yaml"))]


@LINKS
def test_a_ledger_behind_a_link_is_held_against_what_was_committed_there(workspace: Workspace, tmp_path: Path) -> None:
    issue(workspace, "client-00")
    real = linked(workspace.ledger, tmp_path / "kept")
    git(workspace, "add", "--all", str(tmp_path))
    git(workspace, "commit", "--quiet", "--message", "links")
    issue(workspace, "client-01")
    git(workspace, "add", str(real))
    assert staged(workspace) == []
    real.write_text("".join(real.read_text().splitlines(keepends=True)[:2]))
    git(workspace, "add", str(real))
    assert {code for code, _ in staged(workspace)} == {"L312"}


def test_the_first_commit_may_bring_a_ledger(tmp_path: Path) -> None:
    workspace = small(tmp_path)
    git(workspace, "init", "--quiet")
    issue(workspace, "client-00")
    git(workspace, "add", "deals", "templates")
    assert staged(workspace) == []
    change(workspace.deals / "client-00.yaml", "workstations: 14", "workstations: 28")
    git(workspace, "add", "deals")
    assert {code for code, _ in staged(workspace)} == {"L313"}


def test_problems_of_what_is_staged_name_no_folder_but_the_users_own(workspace: Workspace) -> None:
    issue(workspace, "client-00")
    commit(workspace)
    change(workspace.deals / "client-00.yaml", "workstations: 14", "workstations: 28")
    git(workspace, "rm", "--quiet", "--cached", "deals/invoices.csv")
    git(workspace, "add", "deals/client-00.yaml")
    (problem,) = staging.check(workspace.deals.parent).problems
    assert problem.hint == f"lines are only added; bring it back, see 'git diff HEAD -- {workspace.ledger}'"


def test_what_is_staged_is_checked_without_a_choice_of_deals_or_of_a_revision(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--since", "HEAD"], ["client-00"]):
        assert run(["-C", str(workspace.deals.parent), "check", "--staged", *words]) == 2
        assert "--staged checks what is staged" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "{% if figures.months_prepaid < 3 %}rev {{ deal.revision }}{% endif %}<p>",
        '<img alt="{{ deal.revision }}">',
        "<p>{{ deal['revision'] }}",
    ],
)
def test_a_page_that_asks_for_the_revision_is_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.html").write_text("<p>{{ deal.plan }}")
    assert not inputs.shows_revision(tmp_path)
    (tmp_path / "page.html").write_text(text)
    assert inputs.shows_revision(tmp_path)


def test_git_is_asked_once_for_all_the_folders_of_a_repository(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = in_folders(workspace, "one", "two/deep", "two/deeper")
    first = commit(workspace)
    change(paths[1], "servers: 2", "servers: 3")
    asked: list[str] = []
    really = revision.git

    def heard(folder: Path, *words: str, about: str | None = None) -> str:
        asked.append(words[0])
        return really(folder, *words, about=about)

    monkeypatch.setattr(revision, "git", heard)
    assert revision.of_deals(paths) == {paths[0]: first, paths[1]: f"{first}+", paths[2]: first}
    assert asked == ["rev-parse", "log", "status"]
    asked.clear()
    assert revision.changed("HEAD", paths, workspace.templates) == [paths[1]]
    assert len(asked) == 2 * 4  # for the templates, and for the deals


def in_folders(workspace: Workspace, *folders: str) -> list[Path]:
    """A deal in each of some folders of the deals."""
    for folder in folders:
        (workspace.deals / folder).mkdir(parents=True)
    return [sign(workspace, f"{folder}/client-{number}") for number, folder in enumerate(folders, 40)]


def test_repositories_within_a_repository_tell_of_their_own_deals(workspace: Workspace, tmp_path: Path) -> None:
    paths = in_folders(workspace, "ours", "theirs/a", "theirs/b")
    theirs = workspace.deals / "theirs"
    git(workspace, "init", "--quiet", str(theirs))
    git(workspace, "-C", str(theirs), "add", "a")
    git(workspace, "-C", str(theirs), "commit", "--quiet", "--message", "theirs")
    inner = git(workspace, "-C", str(theirs), "rev-parse", "--short=10", "HEAD").strip()
    git(workspace, "add", "deals/ours")
    git(workspace, "commit", "--quiet", "--message", "ours")
    outer = git(workspace, "rev-parse", "--short=10", "HEAD").strip()
    assert revision.of_deals(paths) == {paths[0]: outer, paths[1]: inner}
    assert revision.changed("HEAD", paths, workspace.templates) == [paths[2]]
    git(workspace, "worktree", "add", "--quiet", "--detach", str(workspace.deals / "worktree"))
    (tmp_path / "link").symlink_to(workspace.deals / "ours")
    elsewhere = [
        workspace.deals / "worktree" / "office" / "deals" / "ours" / paths[0].name,
        tmp_path / "link" / paths[0].name,
    ]
    assert revision.of_deals([*elsewhere, *paths]) == {**dict.fromkeys([*elsewhere, paths[0]], outer), paths[1]: inner}
    assert revision.changed("HEAD", elsewhere, workspace.templates) == []


def test_revisions_are_found_without_writing_what_a_commit_would_wait_for(workspace: Workspace, tmp_path: Path) -> None:
    before = (tmp_path / ".git" / "index").read_bytes()
    for path in workspace.deals.iterdir():
        os.utime(path, (1, 1))
    assert len(revision.of_deals([*workspace.deals.iterdir()])) == 3
    assert (tmp_path / ".git" / "index").read_bytes() == before


@pytest.mark.parametrize("name", ["foot.txt", "foot", "foot.css", "foot.HTM", "below/foot.md"])
def test_a_file_of_any_name_that_pages_may_include_is_looked_into_for_the_revision(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / "page.html").write_text(f"{{% include '{name}' %}}")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG revision")
    assert not inputs.shows_revision(tmp_path)
    (tmp_path / name).write_text("{{ deal.revision }}")
    assert inputs.shows_revision(tmp_path)


ASKING = "{id: file, section: Set up, action: 'File as {{ deal.revision }}', owner: technician, due: 6}"


def test_a_deal_whose_own_text_asks_for_its_revision_is_made_again_when_that_changes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ actions | map(attribute='text') | join }}")
    change(workspace.deals / "client-00.yaml", "servers: 2", f"routing: {{add: [{ASKING}]}}\nservers: 2")
    commit(workspace)
    asked: list[list[Path]] = []
    really = revision.of_deals

    def heard(paths: list[Path]) -> Mapping[Path, str]:
        asked.append(paths)
        return really(paths)

    monkeypatch.setattr(revision, "of_deals", heard)
    assert render(workspace).problems == ()
    assert asked == [[workspace.deals / "client-00.yaml"]]
    assert set(changes(render(workspace)).values()) == {"same"}
    change(workspace.deals / "client-00.yaml", "servers: 2", "servers: 2  # as agreed")
    assert changed(workspace) == ["client-00/page.pdf"]
    commit(workspace)
    assert changed(workspace) == ["client-00/page.pdf"]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("<w:t>{{ deal.re</w:t><w:t>vision }}</w:t>", True),
        ('<wp:docPr descr="{{ deal.revision }}"/>', True),
        ('<w:fldSimple w:instr="MERGEFIELD deal.revision"/>', True),
        ('<cp:revision>3</cp:revision><w:trackRevisions/><w:t>{{ deal.plan }}</w:t><xr:revisionPtr rev="1"/>', False),
        ('<x xmlns:xr="http://example.com/2014/revision"/><w:t>{{ deal.plan }}</w:t>', False),
    ],
)
def test_a_word_file_that_asks_for_the_revision_is_known_by_more_than_its_markup(
    tmp_path: Path, text: str, *, asks: bool
) -> None:
    with ZipFile(tmp_path / "letter.docx", "w") as package:
        package.writestr("word/document.xml", text)
    assert inputs.shows_revision(tmp_path) is asks


def test_the_hook_runs_a_command_that_there_is(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    program, *words = hook["entry"].split()
    assert program == "dealdocs"
    assert run(["-C", str(workspace.deals.parent), *words]) == 0
    assert "0 deals checked" in capsys.readouterr().out


HOOK = f"""#!/bin/sh
exec "{sys.executable}" -m generator -C office check --staged
"""


@pytest.mark.parametrize("words", [("--all",), ("--", "office/deals/client-01.yaml")])
def test_the_hook_of_a_linked_worktree_sees_what_is_staged_there(workspace: Workspace, words: tuple[str, ...]) -> None:
    top = workspace.deals.parent.parent
    hook = top / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    git(workspace, "worktree", "add", "--quiet", str(top / "linked"))
    change(top / "linked/office/deals/client-01.yaml", "gold", "glod")
    command = ["git", *IDENTITY, "commit", "--quiet", "--message", "faulty", *words]
    done = subprocess.run(command, cwd=top / "linked", env=ENVIRONMENT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "D105" in done.stderr


def test_a_deal_that_is_a_link_out_of_the_repository_has_no_revision(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    path = workspace.deals / "client-00.yaml"
    outside.write_text(path.read_text())
    path.unlink()
    path.symlink_to(outside)
    assert set(revision.of_deals([path, workspace.deals / "client-01.yaml"])) == {workspace.deals / "client-01.yaml"}


def test_what_is_staged_cannot_be_told_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"\Agit: not a git repository[^\n]*\Z"):
        staging.check(tmp_path)
