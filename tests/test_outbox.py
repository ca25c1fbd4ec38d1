"""Merged files are written whole, and never over what a person changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generator.account import Written
from generator.errors import Faults
from generator.merge import outbox
from generator.merge.outbox import MERGED, Outbox
from generator.record import hash_of, recorded

if TYPE_CHECKING:
    from pathlib import Path

    from generator.errors import Problem


def write(output: Path, *files: tuple[Path, bytes], force: bool = False) -> tuple[list[str], list[Problem]]:
    problems: list[Problem] = []
    return [one.change for one in Outbox(output, force).write(files, "letter", problems)], problems


def test_a_file_is_new_then_the_same_then_changed(tmp_path: Path) -> None:
    path = tmp_path / MERGED / "a.txt"
    assert [write(tmp_path, (path, text))[0] for text in (b"1", b"1", b"2")] == [["new"], ["same"], ["changed"]]
    assert path.read_bytes() == b"2"


def test_a_file_that_somebody_changed_stays_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / MERGED / "a.txt"
    write(tmp_path, (path, b"1"))
    path.write_bytes(b"mine")
    changes, problems = write(tmp_path, (path, b"2"))
    assert (changes, path.read_bytes()) == (["kept"], b"mine")
    assert [(problem.file, problem.code) for problem in problems] == [(str(path), "M540")]
    assert "--force" in problems[0].hint


def test_a_file_that_was_never_ours_stays_too_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "a.txt"
    path.parent.mkdir()
    path.write_bytes(b"mine")
    assert write(tmp_path / "output", (path, b"2"))[0] == ["kept"]
    assert path.read_bytes() == b"mine"


def test_force_replaces_it_and_keeps_a_copy(tmp_path: Path) -> None:
    path = tmp_path / MERGED / "a.txt"
    write(tmp_path, (path, b"1"))
    path.write_bytes(b"mine")
    assert write(tmp_path, (path, b"2"), force=True) == (["changed"], [])
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.txt", "a.txt.~1~"]
    assert path.with_name("a.txt.~1~").read_bytes() == b"mine"
    assert write(tmp_path, (path, b"3"))[0] == ["changed"]


def test_a_file_elsewhere_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "a.txt"
    assert [write(tmp_path / "output", (path, text))[0] for text in (b"1", b"2")] == [["new"], ["changed"]]


def test_a_run_that_was_cut_short_leaves_files_that_are_known_as_ours(tmp_path: Path) -> None:
    path = tmp_path / MERGED / f"{'a' * 245}.txt"  # there is no room for a temporary file's longer name
    path.parent.mkdir()
    assert [problem.code for problem in write(tmp_path, (path, b"1"))[1]] == ["W401"]
    path.write_bytes(b"1")
    assert [problem.code for problem in write(tmp_path, (path, b"2"))[1]] == ["W401"]
    entry = recorded(tmp_path, MERGED).entries[f"{MERGED}/{path.name}"]
    assert entry.is_ours(hash_of(b"1"))
    assert entry.is_ours(hash_of(b"2"))


def test_a_preview_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / MERGED / "a.txt"
    problems: list[Problem] = []
    assert [one.change for one in Outbox(tmp_path).preview([(path, b"1")], "letter", problems)] == ["new"]
    assert list(tmp_path.iterdir()) == []


def test_what_other_merges_wrote_stays_and_stays_known(tmp_path: Path) -> None:
    first, second = (tmp_path / MERGED / name for name in ("a.txt", "b.txt"))
    write(tmp_path, (first, b"1"))
    write(tmp_path, (second, b"1"))
    assert first.read_bytes() == b"1"
    assert set(recorded(tmp_path, MERGED).entries) == {f"{MERGED}/a.txt", f"{MERGED}/b.txt"}


def test_many_files_are_written_as_they_come(tmp_path: Path) -> None:
    files = [(tmp_path / MERGED / f"{number}.txt", b"x") for number in range(outbox.AT_A_TIME * 2 + 1)]
    changes, problems = write(tmp_path, *files)
    assert (changes, problems) == (["new"] * len(files), [])
    assert len(recorded(tmp_path, MERGED).entries) == len(files)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "a.txt"
    changes, problems = write(tmp_path, (path, b"1"))
    assert (changes, [(problem.file, problem.code) for problem in problems]) == (["kept"], [(str(path), "W401")])


def test_a_file_that_cannot_be_written_is_told_and_the_others_are_written(tmp_path: Path) -> None:
    files = [(tmp_path / MERGED / name, b"1") for name in ("a.txt", "b.txt", "c.txt")]
    files[1][0].mkdir(parents=True)  # stands for a file that another program holds open
    changes, problems = write(tmp_path, *files)
    assert changes == ["new", "kept", "new"]
    assert [(problem.file, problem.code) for problem in problems] == [(str(files[1][0]), "W401")]
    assert files[2][0].read_bytes() == b"1"


def test_an_output_folder_that_is_none_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"")
    with pytest.raises(Faults):
        write(tmp_path / "output", (tmp_path / "a.txt", b"1"))


def left(output: Path, folder: Path, *made: str, document: str = "letter") -> dict[str, bool]:
    done = [Written(document, str(folder / name), "same") for name in made]
    return {path.name: ours for path, ours in Outbox(output).earlier(folder, document, done).items()}


def test_files_of_an_earlier_merge_of_the_same_document_in_the_same_folder_are_known(tmp_path: Path) -> None:
    folder = tmp_path / MERGED / "letter"
    write(tmp_path, *((folder / name, b"1") for name in ("a.txt", "b.txt", "c.txt", "d.txt")))
    write(tmp_path, (tmp_path / MERGED / "e.txt", b"1"))
    (folder / "b.txt").write_bytes(b"mine")
    (folder / "c.txt").unlink()
    (folder / "other.txt").write_bytes(b"mine")
    assert left(tmp_path, folder, "a.txt") == {"b.txt": False, "d.txt": True}
    assert left(tmp_path, folder, document="bill") == {}


def test_such_files_are_known_in_a_folder_elsewhere_too(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    write(tmp_path / "output", (folder / "a.txt", b"1"))
    assert left(tmp_path / "output", folder) == {"a.txt": True}


def test_what_is_removed_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / MERGED
    write(tmp_path, (folder / "a.txt", b"1"), (folder / "b.txt", b"1"))
    problems: list[Problem] = []
    assert Outbox(tmp_path).remove([folder / "a.txt"], problems) == [folder / "a.txt"]
    assert problems == []
    assert set(recorded(tmp_path, MERGED).entries) == {f"{MERGED}/b.txt"}
    (folder / "a.txt").write_bytes(b"1")  # by somebody else, so it stays
    assert left(tmp_path, folder, "b.txt") == {}


def test_files_are_told_one_by_one_as_they_are_written(tmp_path: Path) -> None:
    files = [(tmp_path / MERGED / name, b"1") for name in ("a.txt", "b.txt")]
    writing = Outbox(tmp_path).write(files, "letter", [])
    next(writing)
    assert [path.exists() for path, _ in files] == [True, False]
