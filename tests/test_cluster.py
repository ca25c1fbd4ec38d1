"""The workers of a Dask scheduler make the same bytes, and what a lost worker was at is made by another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from generator import inputs
from generator.batch import Order
from generator.cli import run
from generator.cluster import Bundle, _do, bundled
from generator.limits import Limits
from generator.workers import Stopped
from generator.workshop import Errand, Finished, Workshop
from tests.making import ROOT
from tests.workspaces import change, documents, finished, render, small, started, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

    from generator.pipeline import Workspace

PYTHON = {**os.environ, "PYTHONPATH": str(ROOT)}


def dask(*words: str) -> Popen[bytes]:
    """A part of a cluster, on this machine's own address only."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
    return subprocess.Popen(command, env=PYTHON, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler without workers."""
    file = tmp_path / "scheduler.json"
    process = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
    deadline = time.monotonic() + 30
    while not file.is_file() or not file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield json.loads(file.read_text())["address"]
    process.kill()
    process.wait()


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[Popen[bytes]]]:
    """Two workers, each in a folder of its own."""
    made = []
    for name in ("one", "two"):
        words = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(tmp_path / name))
        made.append(dask("worker", scheduler, *words))
    yield made
    for process in made:
        process.kill()
        process.wait()


def wait_for_workers(scheduler: str, count: int) -> None:
    from distributed import Client  # noqa: PLC0415 -- slow to import

    with Client(scheduler, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(count, timeout=30)


def test_every_document_is_made_although_a_worker_is_killed(
    tmp_path: Path, scheduler: str, workers: list[Popen[bytes]]
) -> None:
    here, there = small(tmp_path / "here", 20), small(tmp_path / "there", 20)
    render(here)
    wait_for_workers(scheduler, 2)
    process = started(there, "--cluster", scheduler)
    deadline = time.monotonic() + 60
    while len(documents(there.output)) < 9:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    workers[0].kill()
    code, out, _ = finished(process, 120)
    assert code == 0
    assert "60 documents written for 20 deals" in out
    assert tree(there.output) == tree(here.output)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two deals."""
    return small(tmp_path / "work")


def test_a_scheduler_without_workers_says_how_to_start_some(
    workspace: Workspace, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(workspace.deals.parent), "render", "--cluster", scheduler]) == 2
    assert "no workers; start some with 'dask worker" in capsys.readouterr().err


def done(workspace: Workspace, bundle: Bundle) -> Finished | Stopped:
    """What a worker makes of an errand without any job."""
    assert workspace.deals.is_dir()
    return _do(bundle, Errand("acme", (), {}))


def test_a_worker_with_other_libraries_refuses(workspace: Workspace) -> None:
    bundle = bundled(Workshop(workspace.templates, "en_US", "USD"), Limits())
    assert done(workspace, bundle) == Finished()
    refused = done(workspace, replace(bundle, machine={**inputs.of_machine(), "fonts": "others"}))
    assert isinstance(refused, Stopped)
    assert refused.problem.code == "T153"
    assert "not the same fonts" in refused.problem.message


def test_a_fault_names_the_template_as_it_is_called_here(
    workspace: Workspace, scheduler: str, workers: list[Popen[bytes]]
) -> None:
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ client.contact.email }}")
    wait_for_workers(scheduler, len(workers))
    account = render(workspace, "client-00", order=Order(cluster=scheduler))
    (problem,) = account.problems
    assert problem.file == str(workspace.templates / "page.html")
