"""Small workspaces for tests of many deals, and how thoroughly such tests go about it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from generator import pipeline, write
from generator.order import Order
from generator.pipeline import Workspace
from generator.record import RECORDS
from tests.making import ROOT, SMALLEST, TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from generator.account import Account

#: A CI has the time that somebody who waits for the tests has not.
THOROUGH = bool(os.environ.get("DEALDOCS_THOROUGH"))
COMMAND = [sys.executable, "-m", "generator"]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("DEALDOCS_")} | {
    "PYTHONPATH": str(ROOT)
}

PAGE = """<html lang=en><title>t</title><link rel=stylesheet href=look.css>
<p>{{ client.name }}, {{ provider.contact.phone }}</p><p>{{ deal.notes | default("") }}</p></html>"""
BILL = "<html lang=en><title>t</title>{% include 'part.html' %}{{ invoice.total | money }}</html>"
MANIFEST = """
documents:
  page: {template: page.html, each: deal, target: page.pdf}
  bill: {template: bill.html, each: invoice, target: "{{ invoice.file }}.pdf"}
"""


def small(root: Path, deals: int = 2) -> Workspace:
    """A workspace with small templates, and deals that are named client-00, client-01 …; three documents each."""
    made = Workspace.at(root)
    for folder in (made.deals, made.templates):
        folder.mkdir(parents=True)
    for name in ("provider.yaml", "routing.yaml"):
        shutil.copy(TEMPLATES / name, made.templates)
    for name, text in {
        "documents.yaml": MANIFEST,
        "page.html": PAGE,
        "bill.html": BILL,
        "part.html": "Total: ",
    }.items():
        (made.templates / name).write_text(text)
    (made.templates / "look.css").write_text("p { color: navy }")
    for number in range(deals):
        sign(made, f"client-{number:02}")
    return made


def sign(workspace: Workspace, name: str, text: str = SMALLEST) -> Path:
    """A deal whose client is named like its file."""
    path = workspace.deals / f"{name}.yaml"
    path.write_text(text.replace("Acme", name.title()))
    return path


def change(path: Path, old: str, new: str) -> None:
    """Change a text file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def render(workspace: Workspace, *names: str, order: Order = Order(jobs=1), only: tuple[str, ...] = ()) -> Account:  # noqa: B008 -- frozen
    """A run in this process, unless another number of jobs is asked for."""
    order = replace(order, only=frozenset(only))
    return pipeline.render(workspace, names, write.Disk(workspace.output, force=order.force), order=order)


def started(workspace: Workspace, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`dealdocs render` in a process of its own."""
    return subprocess.Popen(
        [*COMMAND, "render", *words],
        cwd=workspace.deals.parent, env={**ENVIRONMENT, **environment}, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finished(process: subprocess.Popen[str], seconds: float = 60) -> tuple[int, str, str]:
    """Its exit code, and what it said on standard output and on standard error."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def tree(output: Path) -> dict[str, bytes]:
    """Every file but the lock, which names a process while one is running."""
    paths = (path for path in output.rglob("*") if path.is_file() and path.name != "_lock")
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in paths}


def documents(output: Path) -> dict[str, bytes]:
    """Every file that is for people."""
    return {name: content for name, content in tree(output).items() if not name.startswith(RECORDS)}


def changes(account: Account) -> dict[str, str]:
    """Target → what became of it."""
    return {
        "/".join(document.path.replace("\\", "/").split("/")[-2:]): document.change
        for deal in (*account.deals, *account.gone)
        for document in deal.documents
    }


def reasons(account: Account) -> dict[str, str]:
    """Target → why."""
    return {
        "/".join(document.path.replace("\\", "/").split("/")[-2:]): document.why
        for deal in (*account.deals, *account.gone)
        for document in deal.documents
    }
