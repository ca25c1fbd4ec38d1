"""The letter and the agreement against docxtpl with a fresh template for each document: CPU times of one run."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from generator import load, validate
from generator.compute import figures
from generator.plan import jobs
from generator.render.docx import DocxTemplate
from generator.templating import environment
from generator.work import VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent
TEMPLATES = ("intro-letter.docx", "service-agreement.docx")
ROUNDS = 15
WANTED = 15


def values() -> dict[str, Mapping[str, object]]:
    """Template → the values of the sample deal."""
    names = ("provider", "routing", "documents")
    house = validate.house(*(load.read(ROOT / "templates" / f"{name}.yaml", name) for name in names))
    deal, _ = validate.deal(load.read(ROOT / "deals" / "harbor-dental.yaml", "harbor-dental"), "harbor-dental", house)
    return {job.template: job.values for job in jobs(deal, house, figures(deal, house.provider))}


def by_peer(path: Path, given: Mapping[str, object]) -> bytes:
    """What docxtpl's users write: a template object for each document."""
    from docxtpl.template import DocxTemplate as Peer  # noqa: PLC0415 -- see main

    peer, content = Peer(path), io.BytesIO()
    peer.render(dict(given), environment(), autoescape=True)
    peer.save(content)
    return content.getvalue()


def milliseconds(work: Callable[[], Any], times: int = 1) -> float:
    """CPU time of one call."""
    start = process_time()
    for _ in range(times):
        work()
    return (process_time() - start) * 1000 / times


def compiled(path: Path) -> DocxTemplate:
    """A template looked over and compiled, as a run of dealdocs does it once."""
    template = DocxTemplate(path, environment())
    assert not template.problems(VALUES)  # noqa: S101
    assert template.programs  # noqa: S101
    return template


def main() -> int:
    """Print the figures; 1 if a ratio is below what is wanted."""
    warnings.simplefilter("ignore")
    sys.path[0] = str(ROOT)  # as a script, this file would hide the library of the same name
    given, worst = values(), float("inf")
    for name in TEMPLATES:
        path = ROOT / "templates" / name
        compiled(path), by_peer(path, given[name])  # so that imports and caches are paid for
        cost = milliseconds(lambda path=path: compiled(path))  # type: ignore[misc]
        template = compiled(path)
        pairs = []
        for _ in range(ROUNDS):  # in turns, so that both see the same machine
            theirs = milliseconds(lambda path=path, name=name: by_peer(path, given[name]))  # type: ignore[misc]
            ours = milliseconds(lambda template=template, name=name: template.render(given[name]), 20)  # type: ignore[misc]
            pairs.append((theirs, ours))
        theirs, ours = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
        ratio = median(pair[0] / pair[1] for pair in pairs)
        thousand = milliseconds(lambda template=template, name=name: template.render(given[name]), 1000)  # type: ignore[misc]
        worst = min(worst, ratio)
        print(f"{name}: docxtpl {theirs:.1f} ms, dealdocs {ours:.2f} ms a document: {ratio:.1f} × in CPU time")
        print(f"  compiled and looked over once in {cost:.0f} ms; 1,000 documents in {thousand:.2f} s")
    return 0 if worst >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
