"""A batch of deals: what each part costs, what two processes gain, what unchanged deals cost, and a plain script.

`--quick` does it with few deals, to see that it works; its figures mean little. `--pairs` measures only what two
processes gain; `--many` only the memory that 10,000 deals take, each with the one document that is quickest to make.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING

import psutil
from weasyprint import HTML, Document

from generator import reading
from generator.render.assets import HERE, Assets
from generator.render.html import HtmlTemplate
from generator.workspace import Workspace, find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from generator.work import Job

ROOT = Path(__file__).parent.parent
QUICK = "--quick" in sys.argv
FEW, MANY, MOST, ROUNDS = (10, 30, 40, 1) if QUICK else (100, 1000, 10_000, 5)
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


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *words], env={**os.environ, "PYTHONPATH": str(ROOT)})


def run(*words: str) -> float:
    """Seconds that a command takes."""
    return run_together([words])


def run_together(commands: Iterable[Iterable[str]]) -> float:
    """Seconds until the last of some commands ends."""
    before = perf_counter()
    for process in [start(*words) for words in commands]:
        if process.wait():
            sys.exit(f"{process.args!r} ended with {process.returncode}")
    return perf_counter() - before


def rendering(root: Path, *words: str) -> tuple[str, ...]:
    return ("-m", "generator", "-C", str(root), "render", "-q", *words)


def render(root: Path, *words: str) -> float:
    return run(*rendering(root, *words))


def memory(root: Path, *words: str) -> tuple[float, int, int]:
    """Seconds that a run takes, and the most memory in MB: of the run itself, and of the largest of its workers."""
    before, own, workers = perf_counter(), 0, 0
    process = start(*rendering(root, *words))
    run = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            own = max(own, run.memory_info().rss)
            workers = max([workers, *(child.memory_info().rss for child in run.children(recursive=True))])
        sleep(0.05)
    return perf_counter() - before, own // 1_000_000, workers // 1_000_000


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
    paths = find(workspace, ())
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
        "    WeasyPrint alone, fonts at hand": timed(lambda: alone(font_config=template.press.styles.fonts)),
        "    WeasyPrint alone, as usually called": timed(alone),
    }


def pairs(few: Path) -> None:
    """What two processes gain, and what this machine would let them: a run over each half of the deals at once."""
    ids = sorted(path.stem for path in (few / "deals").iterdir())
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):  # in turns, so that all see the same machine
        for jobs in ("1", "2"):
            seconds[jobs].append(render(few, "--force", "--jobs", jobs, "--output", str(few / jobs)))
        halves = [("--force", "--jobs", "1", "--output", str(few / f"half-{n}"), *ids[n::2]) for n in (0, 1)]
        seconds["halves"].append(run_together(rendering(few, *words) for words in halves))
    print(f"\n{len(ids)} deals, all made, {ROUNDS} times in turns:")
    for name, what in (("1", "one process"), ("2", "two processes"), ("halves", "two runs, each of half the deals")):
        ratios = [one / other for one, other in zip(seconds["1"], seconds[name], strict=True)]
        print(
            f"  {what:34} at best {min(seconds[name]):6.2f} s, in the middle {median(seconds[name]):6.2f} s;"
            f" {min(seconds['1']) / min(seconds[name]):.2f} × and {median(ratios):.2f} × one process"
        )


def batch(root: Path, few: Path) -> None:
    """Whole runs, as the shell sees them."""
    count = len(list((few / "deals").iterdir()))
    one = render(few, "--jobs", "1", "--output", str(few / "one"))
    plain = run("-m", "benchmarks._plain", str(few), str(few / "plain"))
    print(f"\n{count} deals, cold:")
    print(f"  one process   {one:7.2f} s, {one / count * 1000:.0f} ms a deal")
    print(f"  plain script  {plain:7.2f} s, {plain / one:.2f} × as long as one process (aim: 2)")
    pairs(few)
    changes(root, few)


def changes(root: Path, few: Path) -> None:
    """Runs over many deals that were made before."""
    _, *few_memory = memory(few, "--jobs", "2", "--output", str(few / "memory"))
    first, *many_memory = memory(root, "--jobs", "2")
    count = len(list((root / "deals").iterdir()))
    unchanged = min(render(root) for _ in range(3))
    path = min((root / "deals").iterdir())
    alone = change_and_render(path, root, str(path))
    changed = change_and_render(path, root)
    print(f"\n{count} deals: {first:.1f} s by two processes")
    print(f"  nothing changed {unchanged:6.2f} s (aim for 1,000: 1 s)")
    print(f"  one changed     {changed:6.2f} s; that deal alone {alone:.2f} s (aim: at most 1 s more)")
    print_memory(len(list((few / "deals").iterdir())), *few_memory)
    print_memory(count, *many_memory)


def print_memory(count: int, own: int, worker: int) -> None:
    print(f"  {count:6} deals: at most {own} MB in the run's own process, {worker} MB in a worker")


def many(few: Path, most: Path) -> None:
    """What a great many deals take of memory, and of time, when their documents take next to none."""
    print("\nOne Word document for each deal, by two processes:")
    for root in (few, most):
        seconds, *megabytes = memory(root, "--jobs", "2", "--only", "intro-letter")
        print_memory(len(list((root / "deals").iterdir())), *megabytes)
    print(f"  the latter took {seconds:.0f} s")


def change_and_render(path: Path, root: Path, *words: str) -> float:
    """Seconds for a run after the counts of one deal have changed."""
    text = path.read_text(encoding="utf-8") + "# changed\n"
    text = re.sub(r"^workstations: .*", f"workstations: {len(text) % 90 + 1}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    return render(root, *words)


def main() -> None:
    for owner, name in ((HTML, "__init__"), (HTML, "render"), (Document, "write_pdf")):
        watch(owner, name)
    with TemporaryDirectory() as folder:
        few, root = Path(folder, "few"), Path(folder, "many")
        make_deals(few, FEW)
        if "--pairs" in sys.argv:
            pairs(few)
        elif "--many" in sys.argv:
            make_deals(root, MOST)
            many(few, root)
        else:
            make_deals(root, MANY)
            parts(few)
            batch(root, few)


if __name__ == "__main__":
    main()
