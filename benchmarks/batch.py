"""A batch of deals: what each part costs, what two processes gain, what unchanged deals cost, and a plain script.

`--quick` does it with few deals, to see that it works; its figures mean little.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from weasyprint import HTML, Document

from generator import reading
from generator.pipeline import Workspace
from generator.render.html import HtmlTemplate
from generator.render.pages import HERE, Assets

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.work import Job

ROOT = Path(__file__).parent.parent
QUICK = "--quick" in sys.argv
FEW, MANY = (10, 30) if QUICK else (100, 1000)
SAMPLES = [(path.stem, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "deals").glob("*.yaml"))]


#: The time that WeasyPrint's own functions have taken, without what they call of one another.
INSIDE: list[float] = []
WITHIN = "    of it within WeasyPrint"


def watch(owner: type, name: str) -> None:
    """Note what a function of WeasyPrint takes."""
    really = getattr(owner, name)

    def noted(*given: object, **more: object) -> object:
        before, known = process_time(), len(INSIDE)
        result = really(*given, **more)
        del INSIDE[known:]
        INSIDE.append(process_time() - before)
        return result

    setattr(owner, name, noted)


def make_deals(root: Path, count: int) -> None:
    """So many deals, the samples over and over, each with a client of its own."""
    (root / "deals").mkdir(parents=True)
    if not (root / "templates").exists():
        (root / "templates").symlink_to(ROOT / "templates", target_is_directory=True)
    for number in range(count):
        name, text = SAMPLES[number % len(SAMPLES)]
        for key in ("billing_name: ", "name: "):
            text = re.sub(rf"^((?:client: {{| *){key})", rf"\g<1>N{number} ", text, count=1, flags=re.MULTILINE)
        (root / f"deals/{name[:40]}-{number:05}.yaml").write_text(text, encoding="utf-8")


def run(*words: str) -> tuple[float, int]:
    """Seconds that a command takes, and the most memory in MB that it or one of its processes had."""
    before = perf_counter()
    process = subprocess.Popen([sys.executable, *words], env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{words} ended with {process.returncode}")
    return perf_counter() - before, used.ru_maxrss // 1000


def render(root: Path, *words: str) -> tuple[float, int]:
    return run("-m", "generator", "-C", str(root), "render", "-q", *words)


def timed(work: Callable[[], object]) -> float:
    before = process_time()
    work()
    return process_time() - before


def parts(root: Path) -> None:
    """The CPU time of each part of a deal, in this process, and that of WeasyPrint alone for the same pages."""
    workspace = Workspace.at(root)
    opened = reading.open_house(workspace, (), [])
    if opened is None:
        sys.exit("the templates have faults")
    paths = reading.find(workspace, ())
    spent: dict[str, float] = defaultdict(float)
    jobs: list[Job] = []
    for path in paths:
        before = process_time()
        signed = reading.read_deals([path], opened, [])
        between = process_time()
        jobs += reading.packet_of(signed[path], opened, []) or ()
        spent["reading and checking"] += between - before
        spent["money, dates, checklist"] += process_time() - between
    names = {".html": "PDF", ".docx": "Word", ".xlsx": "Excel"}
    for warm in (True, False):
        for job in jobs[:8] if warm else jobs:
            template = opened.templates[job.template]
            if isinstance(template, HtmlTemplate):
                used = pages(template, job)
            else:
                before = process_time()
                template.render(job.values, job.dated)
                used = {names[Path(job.template).suffix]: process_time() - before}
            for name, seconds in used.items():
                spent[name] += 0 if warm else seconds
    print(f"\nA deal's parts, CPU time, mean of {len(paths)} deals:")
    for name, seconds in spent.items():
        print(f"  {name:42} {seconds / len(paths) * 1000:8.2f} ms")
    all_ = sum(seconds for name, seconds in spent.items() if not name.startswith(" "))
    print(f"  around WeasyPrint: {(all_ - spent[WITHIN]) / all_:.1%} of all (aim: at most 10 %)")


def pages(template: HtmlTemplate, job: Job) -> dict[str, float]:
    """The parts of a PDF, and what WeasyPrint takes by itself for the same text."""
    INSIDE.clear()
    before = process_time()
    text = template.text(job.values)
    between = process_time()
    template.pages(text, job.dated)
    after, within = process_time(), sum(INSIDE)
    INSIDE.clear()

    def alone(**more: object) -> None:
        HTML(string=text, base_url=HERE, url_fetcher=Assets(template.folder)).write_pdf(pdf_tags=True, **more)

    return {
        "filling in HTML": between - before,
        "PDF from HTML": after - between,
        WITHIN: within,
        "    WeasyPrint alone, fonts at hand": timed(lambda: alone(font_config=template.press.fonts)),
        "    WeasyPrint alone, as usually called": timed(alone),
    }


def batch(root: Path, few: Path) -> None:
    """Whole runs, as the shell sees them."""
    count = len(list((few / "deals").iterdir()))
    one, _ = render(few, "--jobs", "1", "--output", str(few / "one"))
    two, _ = render(few, "--jobs", "2", "--output", str(few / "two"))
    plain, _ = run("-m", "benchmarks._plain", str(few), str(few / "plain"))
    print(f"\n{count} deals, cold:")
    print(f"  one process   {one:7.2f} s, {one / count * 1000:.0f} ms a deal")
    print(f"  two processes {two:7.2f} s, {one / two:.2f} × as fast (aim: 1.8)")
    print(f"  plain script  {plain:7.2f} s, {plain / one:.2f} × as long as one process (aim: 2)")
    changes(root, few)


def changes(root: Path, few: Path) -> None:
    """Runs over many deals that were made before."""
    few_memory = render(few, "--jobs", "2", "--output", str(few / "memory"))[1]
    first, many_memory = render(root, "--jobs", "2")
    count = len(list((root / "deals").iterdir()))
    unchanged = min(render(root)[0] for _ in range(3))
    path = min((root / "deals").iterdir())
    alone = change_and_render(path, root, str(path))
    changed = change_and_render(path, root)
    print(f"\n{count} deals: {first:.1f} s by two processes")
    print(f"  nothing changed {unchanged:6.2f} s (aim for 1,000: 1 s)")
    print(f"  one changed     {changed:6.2f} s; that deal alone {alone:.2f} s (aim: at most 1 s more)")
    print(f"  memory at most  {many_memory} MB, at {len(list((few / 'deals').iterdir()))} deals {few_memory} MB")


def change_and_render(path: Path, root: Path, *words: str) -> float:
    """Seconds for a run after the counts of one deal have changed."""
    text = path.read_text(encoding="utf-8") + "# changed\n"
    text = re.sub(r"^workstations: .*", f"workstations: {len(text) % 90 + 1}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return render(root, *words)[0]


def main() -> None:
    for owner, name in ((HTML, "__init__"), (HTML, "render"), (Document, "write_pdf")):
        watch(owner, name)
    with TemporaryDirectory() as folder:
        root, few = Path(folder, "many"), Path(folder, "few")
        make_deals(root, MANY)
        make_deals(few, FEW)
        parts(few)
        batch(root, few)
    print(f"\nThe most memory of any process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1000} MB")


if __name__ == "__main__":
    main()
