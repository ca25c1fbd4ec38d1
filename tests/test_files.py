"""Files are written whole, by one run at a time, and wherever somebody wants them."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import pytest

from generator import files
from generator.errors import Faults, Misuse
from generator.record import RECORDS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_run_that_is_refused_sweeps_nothing_of_the_one_that_writes(tmp_path: Path) -> None:
    with files.alone(tmp_path):
        half = tmp_path / ".dealdocs" / ".acme.json.99.tmp"
        half.write_bytes(b"half")
        with pytest.raises(Misuse, match="another run"), files.alone(tmp_path):
            pass
        assert half.exists()
    with files.alone(tmp_path):
        assert not half.exists()


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_not_taken_for_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system's own disks have locks")

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(Faults) as caught, files.alone(tmp_path):
        pass
    (problem,) = caught.value.problems
    assert (problem.file, problem.code) == (str(tmp_path / RECORDS / "_lock"), "W401")
    assert f"cannot be locked: {os.strerror(code)}" in problem.message
    assert "a disk that can lock files" in problem.hint


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_what_is_handed_out_goes_through_a_link_and_into_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    files.hand_out(tmp_path / "link", b"one")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"one"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    files.hand_out(tmp_path / "pipe", b"two")
    assert os.read(reader, 10) == b"two"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
