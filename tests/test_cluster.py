"""The workers of a Dask scheduler make the same bytes, and what a lost worker was at is made by another."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest

from generator import inputs
from generator.cli import run
from generator.cluster import Bundle, Cluster, _do, bundled
from generator.errors import Misuse
from generator.limits import Limits
from generator.order import Order
from generator.pipeline import Workspace
from generator.record import hash_of
from generator.workers import Stopped
from generator.workshop import Errand, Finished, Workshop
from tests.making import ROOT, SAMPLES, TEMPLATES
from tests.workspaces import THOROUGH, change, changes, documents, finished, render, small, started, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

PYTHON = {**os.environ, "PYTHONPATH": str(ROOT)}
FILE = "scheduler.json"
ZONES, LOCALES, SEEDS = ("Etc/GMT+12", "Pacific/Kiritimati"), ("C", "tr_TR.UTF-8"), ("0", "1")
#: By one process, by two, by the cluster; each with a zone, a locale and a hash seed.
RUNS = list(product(("1", "2", ""), ZONES, LOCALES, SEEDS)) if THOROUGH else [
    ("1", ZONES[0], LOCALES[0], SEEDS[0]), ("2", ZONES[1], LOCALES[1], SEEDS[1]), ("", ZONES[0], LOCALES[1], SEEDS[0]),
]  # fmt: skip


def dask(*words: str, **environment: str) -> Popen[bytes]:
    """A part of a cluster, on this machine's own address only."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:], "--no-dashboard"]
    return subprocess.Popen(
        command, env={**PYTHON, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.fixture
def scheduling(tmp_path: Path) -> Iterator[Popen[bytes]]:
    """A scheduler without workers."""
    process = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(tmp_path / FILE))
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def scheduler(scheduling: Popen[bytes], tmp_path: Path) -> str:
    """Its address."""
    file = tmp_path / FILE
    deadline = time.monotonic() + 30
    while not file.is_file() or not file.read_text():
        assert scheduling.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return str(json.loads(file.read_text())["address"])


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[Popen[bytes]]]:
    """Two workers, each in a folder of its own, and in another zone, locale and hash seed."""
    made = []
    for name, zone, locale, seed in zip(("one", "two"), ZONES, LOCALES, SEEDS, strict=True):
        words = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(tmp_path / name))
        made.append(dask("worker", scheduler, *words, TZ=zone, LC_ALL=locale, PYTHONHASHSEED=seed))
    yield made
    for process in made:
        process.kill()
        process.wait()


def wait_for_workers(scheduler: str, count: int) -> None:
    from distributed import Client  # noqa: PLC0415 -- slow to import

    with Client(scheduler, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(count, timeout=30)


def of_samples(root: Path) -> Workspace:
    """A workspace with our own templates: the sample deals, twice; four of them where there is no time."""
    shutil.copytree(TEMPLATES, root / "templates")
    (root / "deals").mkdir()
    for path in SAMPLES if THOROUGH else SAMPLES[:4]:
        text = path.read_text(encoding="utf-8")
        (root / "deals" / path.name).write_text(text, encoding="utf-8")
        if THOROUGH:
            (root / "deals" / f"{path.stem}-2.yaml").write_text(
                text.replace("name: ", "name: The ", 1), encoding="utf-8"
            )
    return Workspace.at(root)


def test_every_file_is_the_same_by_one_process_two_or_a_cluster_in_every_zone_locale_and_hash_seed(
    tmp_path: Path, scheduler: str, workers: list[Popen[bytes]]
) -> None:
    workspace = of_samples(tmp_path / "work")
    wait_for_workers(scheduler, len(workers))
    found: dict[str, set[str]] = defaultdict(set)
    for number, (jobs, zone, locale, seed) in enumerate(RUNS):
        by = ("--jobs", jobs) if jobs else ("--cluster", scheduler)
        output = workspace.deals.parent / f"output-{number}"
        process = started(workspace, "-q", *by, "--output", output.name, TZ=zone, LC_ALL=locale, PYTHONHASHSEED=seed)
        assert finished(process, 600)[0] == 0
        made = tree(output)
        assert not found or set(made) == set(found)
        for name, content in made.items():
            found[name].add(hash_of(content))
    assert len(found) > 7 * (20 if THOROUGH else 4)
    assert {name: hashes for name, hashes in found.items() if len(hashes) > 1} == {}


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


def test_a_scheduler_that_is_lost_is_told_with_what_was_finished_and_what_to_do(
    tmp_path: Path, scheduling: Popen[bytes], scheduler: str, workers: list[Popen[bytes]]
) -> None:
    workspace = small(tmp_path / "work", 40)
    wait_for_workers(scheduler, len(workers))
    process = started(workspace, "--cluster", scheduler)
    deadline = time.monotonic() + 60
    while len(documents(workspace.output)) < 9:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    scheduling.kill()
    code, _, said = finished(process, 120)
    assert code == 2
    assert said.strip().splitlines()[-1] == (
        f"dealdocs: the scheduler at {scheduler} was lost; what was finished is written, run this again for the rest"
    )
    assert "Traceback" not in said
    assert "same" in changes(render(workspace)).values()
    assert len(documents(workspace.output)) == 120


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Two deals."""
    return small(tmp_path / "work")


def test_a_scheduler_without_workers_says_how_to_start_some(
    workspace: Workspace, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(workspace.deals.parent), "render", "--cluster", scheduler]) == 2
    assert "no workers; start some with 'dask worker" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    ["", "nonsense", "foo://x:1", "tcp://x", "tcp://:8786", "tcp://x:y", "tcp://x:99999", "TCP://x:1", "tcp://x:1/"],
)
def test_what_can_be_no_address_is_refused_at_once(workspace: Workspace, address: str) -> None:
    with pytest.raises(Misuse, match=re.escape(f"{address!r} is no address of a scheduler, which is such as tcp://")):
        Cluster(address, Workshop(workspace.templates, "en_US", "USD"), Limits())


def test_an_address_where_there_is_no_scheduler_is_told(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    assert run(["-C", str(workspace.deals.parent), "render", "--cluster", address]) == 2
    assert f"there is no scheduler at {address} (" in capsys.readouterr().err


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
    assert refused.problem.hint == "install the same on every worker, and start those anew that are running"


def test_a_fault_names_the_template_as_it_is_called_here(
    workspace: Workspace, scheduler: str, workers: list[Popen[bytes]]
) -> None:
    change(workspace.templates / "page.html", "{{ client.name }}", "{{ client.contact.email }}")
    wait_for_workers(scheduler, len(workers))
    account = render(workspace, "client-00", order=Order(cluster=scheduler))
    (problem,) = account.problems
    assert problem.file == str(workspace.templates / "page.html")
