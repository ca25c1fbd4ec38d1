"""Files are written whole or not at all, and what a person changed is kept."""

from __future__ import annotations

import errno
import os
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from generator import write
from generator.errors import Faults
from generator.record import RECORDS, recorded
from generator.work import Job, Made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.account import Written


def made(name: str, content: bytes = b"one") -> Made:
    job = Job("acme", name.partition(".")[0], "t.html", PurePosixPath("acme", name), date(2026, 11, 16), {})
    return Made(job, content)


def put(output: Path, *finished: Made, packet: Sequence[Made] | None = None, force: bool = False) -> list[str]:
    jobs = [one.job for one in (finished if packet is None else packet)]
    return changes(write.Disk(output, force=force).write("acme", jobs, finished))


def changes(written: Sequence[Written]) -> list[str]:
    return [one.change for one in written]


def tree(output: Path) -> dict[str, bytes]:
    return {str(p.relative_to(output)): p.read_bytes() for p in output.rglob("*") if p.is_file()}


def test_a_first_document_is_new_and_the_same_again_is_same(tmp_path: Path) -> None:
    assert put(tmp_path, made("a.pdf")) == ["new"]
    before = tree(tmp_path)
    assert put(tmp_path, made("a.pdf")) == ["same"]
    assert tree(tmp_path) == before


def test_a_document_as_we_wrote_it_is_replaced(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    assert put(tmp_path, made("a.pdf", b"two")) == ["changed"]
    assert (tmp_path / "acme" / "a.pdf").read_bytes() == b"two"


def test_a_document_that_somebody_changed_is_kept(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    (tmp_path / "acme" / "a.pdf").write_bytes(b"by hand")
    assert put(tmp_path, made("a.pdf", b"two")) == ["kept"]
    assert put(tmp_path, made("a.pdf", b"three")) == ["kept"]
    assert (tmp_path / "acme" / "a.pdf").read_bytes() == b"by hand"


def test_force_replaces_it_and_keeps_copies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "a.pdf"
    put(tmp_path, made("a.pdf"))
    for n, content in enumerate([b"by hand", b"again"], 1):
        path.write_bytes(content)
        assert put(tmp_path, made("a.pdf", b"new %d" % n), force=True) == ["changed"]
    assert path.read_bytes() == b"new 2"
    assert (tmp_path / "acme" / "a.pdf.~1~").read_bytes() == b"by hand"
    assert (tmp_path / "acme" / "a.pdf.~2~").read_bytes() == b"again"


def test_the_copy_is_told_also_by_a_preview(tmp_path: Path) -> None:
    one = made("a.pdf", b"two")
    put(tmp_path, made("a.pdf"))
    (tmp_path / "acme" / "a.pdf").write_bytes(b"by hand")
    told = write.Preview(tmp_path, force=True).write("acme", [one.job], [one])
    assert [written.copy for written in told] == [str(tmp_path / "acme" / "a.pdf.~1~")]
    assert write.Disk(tmp_path, force=True).write("acme", [one.job], [one]) == told


def test_a_document_that_lost_all_that_was_in_it_is_written_anew(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    (tmp_path / "acme" / "a.pdf").write_bytes(b"")
    assert put(tmp_path, made("a.pdf")) == ["changed"]
    assert (tmp_path / "acme" / "a.pdf").read_bytes() == b"one"


def test_force_makes_no_copy_of_what_nobody_changed(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    put(tmp_path, made("a.pdf", b"two"), force=True)
    assert sorted(p.name for p in (tmp_path / "acme").iterdir()) == ["a.pdf"]


def test_touching_a_file_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    os.utime(tmp_path / "acme" / "a.pdf", (0, 0))
    assert put(tmp_path, made("a.pdf", b"two")) == ["changed"]


def test_a_document_that_left_the_packet_is_removed_unless_somebody_changed_it(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"), made("b.pdf"), made("c.pdf"))
    (tmp_path / "acme" / "c.pdf").write_bytes(b"by hand")
    assert put(tmp_path, made("a.pdf")) == ["same", "removed", "kept"]
    assert sorted(p.name for p in (tmp_path / "acme").iterdir()) == ["a.pdf", "c.pdf"]


def test_a_document_of_the_packet_that_was_not_asked_for_stays(tmp_path: Path) -> None:
    both = [made("a.pdf"), made("b.pdf")]
    put(tmp_path, *both)
    assert put(tmp_path, made("a.pdf", b"two"), packet=both) == ["changed"]
    assert put(tmp_path, made("b.pdf", b"two"), packet=both) == ["changed"]


def test_a_damaged_record_loses_nothing(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    (tmp_path / RECORDS / "acme.json").write_text("{")
    assert put(tmp_path, made("a.pdf")) == ["same"]
    assert put(tmp_path, made("a.pdf", b"two")) == ["changed"]


def test_nobody_is_said_to_have_changed_what_there_is_no_record_of(tmp_path: Path) -> None:
    put(tmp_path, made("a.pdf"))
    (tmp_path / RECORDS / "acme.json").unlink()
    one = made("a.pdf", b"two")
    for _ in range(2):
        (kept,) = write.Disk(tmp_path).write("acme", [one.job], [one])
        assert (kept.change, kept.why) == ("kept", "there is no record of who wrote it")
        assert write.outdated(kept).message == kept.why
    entry = recorded(tmp_path, "acme").entries["a.pdf"]
    assert entry.why_kept == kept.why


def test_an_unknown_file_in_the_way_is_kept(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "a.pdf").write_bytes(b"whose?")
    assert put(tmp_path, made("a.pdf")) == ["kept"]
    assert (tmp_path / "acme" / "a.pdf").read_bytes() == b"whose?"


def test_a_preview_writes_nothing_and_says_the_same(tmp_path: Path) -> None:
    finished = [made("a.pdf"), made("b.pdf")]
    jobs = [one.job for one in finished]
    said = write.Preview(tmp_path).write("acme", jobs, finished)
    assert tree(tmp_path) == {}
    assert said == write.Disk(tmp_path).write("acme", jobs, finished)


def test_a_link_out_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    outside, output = tmp_path / "outside", tmp_path / "output"
    outside.mkdir()
    output.mkdir()
    (output / "acme").symlink_to(outside)
    with pytest.raises(Faults, match="outside the output folder"):
        put(output, made("a.pdf"))
    assert list(outside.iterdir()) == []


def test_a_target_that_is_a_folder_fails_with_its_name_and_leaves_no_litter(tmp_path: Path) -> None:
    (tmp_path / "acme" / "a.pdf" / "x").mkdir(parents=True)
    with pytest.raises(Faults) as caught:
        put(tmp_path, made("a.pdf"))
    assert "a.pdf" in caught.value.problems[0].file
    assert [p.name for p in (tmp_path / "acme").iterdir()] == ["a.pdf"]


def test_a_disk_that_takes_no_more_leaves_the_old_file_whole(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no file size limits to stand for a full disk")
    put(tmp_path, made("a.pdf"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(Faults, match="cannot be written: File too large"):
            put(tmp_path, made("a.pdf", b"two" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(tmp_path / "acme") == {"a.pdf": b"one"}


def test_a_disk_that_is_full_by_the_last_document_replaces_none(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="this system has no file size limits to stand for a full disk")
    put(tmp_path, made("a.pdf"), made("b.pdf"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(Faults, match="cannot be written: File too large"):
            put(tmp_path, made("a.pdf", b"two"), made("b.pdf", b"two" * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(tmp_path / "acme") == {"a.pdf": b"one", "b.pdf": b"one"}
    assert put(tmp_path, made("a.pdf", b"two"), made("b.pdf", b"two")) == ["changed", "changed"]


@pytest.fixture
def open_in_excel(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """Files by name, and what may not take their place, as on Windows."""
    refused: list[tuple[str, bytes]] = []
    really = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if (target.name, self.read_bytes()) in refused:
            raise PermissionError(errno.EACCES, "it is open", str(self), None, str(target))
        return really(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return refused


def test_a_document_that_is_open_leaves_all_of_its_deal_as_they_were(
    tmp_path: Path, open_in_excel: list[tuple[str, bytes]]
) -> None:
    after = [made("a.pdf", b"two"), made("b.pdf", b"two"), made("c.xlsx", b"two")]
    put(tmp_path, made("b.pdf"), made("c.xlsx"))
    open_in_excel.append(("c.xlsx", b"two"))
    with pytest.raises(Faults) as caught:
        put(tmp_path, *after)
    assert [problem.file for problem in caught.value.problems] == [str(tmp_path / "acme/c.xlsx")]
    assert tree(tmp_path / "acme") == {"b.pdf": b"one", "c.xlsx": b"one"}
    open_in_excel.clear()
    assert put(tmp_path, *after) == ["new", "changed", "changed"]


def test_a_new_document_that_cannot_be_taken_back_is_told(
    tmp_path: Path, open_in_excel: list[tuple[str, bytes]]
) -> None:
    put(tmp_path, made("a.pdf"), made("b.pdf"), made("c.xlsx"))
    open_in_excel += [("c.xlsx", b"two"), ("b.pdf", b"one")]
    with pytest.raises(Faults) as caught:
        put(tmp_path, made("a.pdf", b"two"), made("b.pdf", b"two"), made("c.xlsx", b"two"))
    refused, left = caught.value.problems
    assert (refused.file, refused.message) == (str(tmp_path / "acme/c.xlsx"), "cannot be written: it is open")
    assert left.file == str(tmp_path / "acme/b.pdf")
    assert left.message == "is the new one already, and cannot be taken back: it is open"
    assert tree(tmp_path / "acme") == {"a.pdf": b"one", "b.pdf": b"two", "c.xlsx": b"one"}


def test_after_a_document_was_refused_the_record_says_what_stands_there(
    tmp_path: Path, open_in_excel: list[tuple[str, bytes]]
) -> None:
    put(tmp_path, made("b.pdf"), made("c.xlsx"))
    before = recorded(tmp_path, "acme")
    open_in_excel.append(("c.xlsx", b"two"))
    with pytest.raises(Faults):
        put(tmp_path, made("b.pdf", b"two"), made("c.xlsx", b"two"))
    assert recorded(tmp_path, "acme") == before


def test_a_document_is_removed_only_when_the_others_are_written(
    tmp_path: Path, open_in_excel: list[tuple[str, bytes]]
) -> None:
    put(tmp_path, made("a.pdf"), made("c.xlsx"))
    open_in_excel.append(("c.xlsx", b"two"))
    with pytest.raises(Faults):
        put(tmp_path, made("c.xlsx", b"two"))
    assert tree(tmp_path / "acme") == {"a.pdf": b"one", "c.xlsx": b"one"}
    open_in_excel.clear()
    assert put(tmp_path, made("c.xlsx", b"two")) == ["changed", "removed"]
    assert list(recorded(tmp_path, "acme").entries) == ["c.xlsx"]


def test_what_came_to_nothing_leaves_no_copies(tmp_path: Path, open_in_excel: list[tuple[str, bytes]]) -> None:
    put(tmp_path, made("a.pdf"), made("c.xlsx"))
    (tmp_path / "acme/a.pdf").write_bytes(b"by hand")
    open_in_excel.append(("c.xlsx", b"two"))
    with pytest.raises(Faults):
        put(tmp_path, made("a.pdf", b"two"), made("c.xlsx", b"two"), force=True)
    assert tree(tmp_path / "acme") == {"a.pdf": b"by hand", "c.xlsx": b"one"}


@pytest.mark.parametrize("packet", [["a.pdf", "b.pdf"], ["a.pdf"]], ids=["replaced", "removed"])
def test_what_somebody_saves_while_the_deal_is_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packet: list[str]
) -> None:
    put(tmp_path, made("a.pdf"), made("b.pdf"))
    really = os.fsync

    def slow(file: int) -> None:
        (tmp_path / "acme/b.pdf").write_bytes(b"by hand")
        really(file)

    monkeypatch.setattr(os, "fsync", slow)
    new = [made(name, b"two") for name in packet]
    with pytest.raises(Faults, match=r"b\.pdf: was saved by somebody just now"):
        put(tmp_path, *new)
    assert tree(tmp_path / "acme") == {"a.pdf": b"one", "b.pdf": b"by hand"}
    assert put(tmp_path, *new) == ["changed", "kept"]
    assert (tmp_path / "acme/b.pdf").read_bytes() == b"by hand"


class Killed(BaseException):
    """Stands for a process that is ended at once."""


def test_what_a_killed_run_had_replaced_is_known_as_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, made("a.pdf"), made("b.pdf"))
    really = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if target.name == "b.pdf":
            raise Killed
        return really(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(Killed):
        put(tmp_path, made("a.pdf", b"two"), made("b.pdf", b"two"))
    monkeypatch.undo()
    assert tree(tmp_path / "acme") == {"a.pdf": b"two", "b.pdf": b"one"}
    assert put(tmp_path, made("a.pdf", b"three"), made("b.pdf", b"three")) == ["changed", "changed"]


@pytest.mark.skipif(os.name == "nt", reason="Windows opens no folder")
def test_a_file_is_on_the_disk_before_it_is_in_its_place_and_its_folder_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, int]] = []
    sync, replace = os.fsync, Path.replace

    def synced(file: int) -> None:
        done.append(("synced", os.fstat(file).st_ino))
        sync(file)

    def placed(self: Path, target: Path) -> Path:
        done.append(("placed", self.stat().st_ino))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", placed)
    put(tmp_path, made("a.pdf"), made("b.pdf"))
    for path in (tmp_path / "acme/a.pdf", tmp_path / "acme/b.pdf", tmp_path / RECORDS / "acme.json"):
        file, folder = path.stat().st_ino, path.parent.stat().st_ino
        assert done.index(("synced", file)) < done.index(("placed", file))
        assert ("synced", folder) in done[done.index(("placed", file)) :]
