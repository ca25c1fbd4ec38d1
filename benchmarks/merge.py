"""Letters joined to one document, against docxcompose that appends what docxtpl made: CPU times of one run.

`--quick` does it with few letters, to see that it works; its figures mean little.
"""

from __future__ import annotations

import io
import re
import sys
import warnings
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from generator import load, validate
from generator.compute import figures
from generator.plan import jobs
from generator.render.docx import DocxTemplate
from generator.render.word.join import joined
from generator.templating import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parent.parent
QUICK = "--quick" in sys.argv
LETTERS = {"intro-letter.docx": 6 if QUICK else 100, "service-agreement.docx": 4 if QUICK else 30}
WANTED = 1 if QUICK else 10
SAMPLES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "deals").glob("*.yaml"))]


def values(template: str, count: int) -> list[Mapping[str, object]]:
    """The values of so many deals, the samples over and over, each with a client of its own."""
    names = ("provider", "routing", "documents")
    house = validate.house(*(load.read(ROOT / "templates" / f"{name}.yaml", name) for name in names))
    made = []
    for number in range(count):
        text = re.sub(r"(?m)^((?:client: {| *)name: )", rf"\g<1>N{number} ", SAMPLES[number % len(SAMPLES)], count=1)
        deal, _ = validate.deal(load.parse(text, "deal"), f"deal-{number}", house)
        made += [job.values for job in jobs(deal, house, figures(deal, house.provider)) if job.template == template]
    return made


def by_peer(path: Path, given: Mapping[str, object]) -> bytes:
    """A letter as docxtpl's users make it."""
    from docxtpl.template import DocxTemplate as Peer  # noqa: PLC0415 -- see main

    peer, content = Peer(path), io.BytesIO()
    peer.render(dict(given), environment(), autoescape=True)
    peer.save(content)
    return content.getvalue()


def appended_by_peer(letters: list[bytes]) -> bytes:
    """The letters in one document, as docxcompose's users make it."""
    from docx import Document  # noqa: PLC0415 -- see main
    from docxcompose.composer import Composer  # noqa: PLC0415 -- see main

    composer, content = Composer(Document(io.BytesIO(letters[0]))), io.BytesIO()
    for letter in letters[1:]:
        composer.doc.add_page_break()
        composer.append(Document(io.BytesIO(letter)))
    composer.save(content)
    return content.getvalue()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a piece of work gives, and its CPU time in milliseconds."""
    before = process_time()
    made = work()
    return made, (process_time() - before) * 1000


def measured(name: str, count: int) -> float:
    """Print the figures of one template; gives the smaller ratio."""
    path, given = ROOT / "templates" / name, values(name, count)
    template = DocxTemplate(path, environment())
    joined([template.render(each) for each in given[:2]]), appended_by_peer([by_peer(path, given[0])] * 2)
    theirs, made_by_them = timed(lambda: [by_peer(path, each) for each in given])
    ours, made_by_us = timed(lambda: [template.render(each) for each in given])
    _, put_by_them = timed(lambda: appended_by_peer(theirs))
    whole, put_by_us = timed(lambda: joined(ours))
    both = (made_by_them + put_by_them) / (made_by_us + put_by_us)
    alone = put_by_them / put_by_us
    print(f"{name}, {count} in one document of {len(whole) / 1000:,.0f} kB, CPU time a letter:")
    print(f"  joined: docxcompose {put_by_them / count:.1f} ms, dealdocs {put_by_us / count:.2f} ms: {alone:.0f} ×")
    print(f"  made and joined: {(made_by_them + put_by_them) / count:.1f} ms with docxtpl and docxcompose, "
          f"{(made_by_us + put_by_us) / count:.2f} ms with dealdocs: {both:.0f} ×")  # fmt: skip
    return min(both, alone)


def main() -> int:
    """Print the figures; 1 if a ratio is below what is wanted."""
    warnings.simplefilter("ignore")
    sys.path[0] = str(ROOT)  # as a script, the file beside it would hide the library docx
    return 0 if min(measured(*each) for each in LETTERS.items()) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
