"""One PDF of many invoices against as many single files: CPU time, size, memory, fonts; and a thousand labels.

`--quick` does it with few invoices, to see that it works; its figures mean little.
"""

from __future__ import annotations

import gc
import resource
import sys
from itertools import cycle, islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, TypeVar

from generator import reading
from generator.render.binding import Part, bound
from generator.render.html import HtmlTemplate
from generator.render.labels import LabelLook, labels
from generator.stationery import SHEETS
from generator.workspace import Workspace, find

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.work import Job

Made = TypeVar("Made")
ROOT = Path(__file__).parent.parent
QUICK = "--quick" in sys.argv
MANY, MOST = (20, 100) if QUICK else (500, 1000)


def invoices() -> tuple[HtmlTemplate, list[Job]]:
    """The invoices of the sample deals, over and over."""
    workspace = Workspace.at(ROOT)
    opened = reading.open_house(workspace, ("invoice",), [])
    if opened is None:
        sys.exit("the templates have faults")
    paths = find(workspace, ())
    signed = reading.read_deals(paths, opened, [])
    jobs = [
        job for one in signed.values() for job in reading.packet_of(one, opened, []) or () if job.document == "invoice"
    ]
    template = opened.templates["invoice.html"]
    if not isinstance(template, HtmlTemplate):
        sys.exit("invoice.html is no HTML template")
    return template, list(islice(cycle(jobs), MANY))


def timed(work: Callable[[], Made]) -> tuple[Made, float]:
    before = process_time()
    made = work()
    return made, process_time() - before


def memory() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def main() -> None:
    gc.set_threshold(100_000, 20, 50)  # as the command does
    template, jobs = invoices()
    parts = [Part(template, template.text(job.values), (job.deal, job.target.stem)) for job in jobs]
    day = jobs[0].dated
    template.laid_out(parts[0].text, day)
    start = memory()
    alone, apart = timed(lambda: sum(len(template.laid_out(part.text, day)[0]) for part in parts))
    between = memory()
    whole, together = timed(lambda: bound(parts, day, title="Invoices"))
    print(f"{MANY} invoices: single files {apart:.1f} s CPU, {alone / 1e6:.2f} MB, memory {start} to {between} MB")
    print(f"  one PDF {together:.1f} s CPU ({together / apart:.2f} × the single files), {len(whole) / 1e6:.2f} MB")
    print(f"  its size is {len(whole) / alone:.1%} of theirs (aim: below 33 %); memory up to {memory()} MB")
    texts = [
        (f"Client {number}", "Accounts payable", f"{number} Quay Street", "Portland, OR 97201")
        for number in range(MOST)
    ]
    made, spent = timed(lambda: labels(texts, SHEETS["5160"], LabelLook()))
    print(f"{MOST} labels on 5160: {spent:.1f} s CPU, {len(made) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
