"""The routing slip with 30 actions against openpyxl's load, fill and save, and against xltpl: CPU times of one run."""

from __future__ import annotations

import io
import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from copy import copy
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

import openpyxl
import xlsxwriter
from xltpl.writerx import BookWriter

from generator import load, validate
from generator.compute import figures
from generator.plan import jobs
from generator.render.xlsx import XlsxTemplate
from generator.templating import environment

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SLIP = ROOT / "templates" / "routing-slip.xlsx"
ACTIONS = 30
WANTED = 15
COLUMNS = ("id", "section", "text", "owner", "due")


def values() -> dict[str, Any]:
    """The sample deal's values, its actions filled up to 30."""
    names = ("provider", "routing", "documents")
    house = validate.house(*(load.read(ROOT / "templates" / f"{name}.yaml", name) for name in names))
    deal, _ = validate.deal(load.read(ROOT / "deals" / "harbor-dental.yaml", "harbor-dental"), "harbor-dental", house)
    made: dict[str, Any] = next(
        dict(job.values) for job in jobs(deal, house, figures(deal, house.provider)) if job.template == SLIP.name
    )
    return {**made, "actions": tuple(islice(cycle(made["actions"]), ACTIONS))}


def with_openpyxl(given: dict[str, Any]) -> bytes:
    """What a script would do: load the slip, write each cell, copy the row's styles, save."""
    book = openpyxl.load_workbook(SLIP)
    page: Any = book["Slip"]
    first = next(row for row in range(1, page.max_row) if str(page.cell(row, 1).value).startswith("{%tr for"))
    for row in page.iter_rows(max_row=first - 1):
        for cell in row:
            if isinstance(cell.value, str) and "{{" in cell.value:
                cell.value = given["client"].name
    body = [copy(page.cell(first + 2, column)._style) for column in range(1, 9)]  # noqa: SLF001 -- as its users do
    for number, action in enumerate(given["actions"], first):
        for column, style in enumerate(body, 1):
            cell = page.cell(number, column)
            cell._style = style  # noqa: SLF001
            cell.value = getattr(action, COLUMNS[column - 1]) if column <= len(COLUMNS) else None
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def for_xltpl(path: Path) -> Path:
    """A slip of the same rows in xltpl's own tags, without what surrounds them."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Slip")
        page.write_row("A1", COLUMNS)
        for column, name in enumerate(COLUMNS):
            page.write(1, column, f"{{% xv action.{name} %}}")
        page.write_comment("A2", "beforerow{% for action in actions %}")
        page.write("A3", "end")
        page.write_comment("A3", "beforerow{% endfor %}")
    return path


def with_xltpl(path: Path, given: dict[str, Any]) -> None:
    with redirect_stdout(io.StringIO()):
        writer: Any = BookWriter(str(path))  # type: ignore[no-untyped-call]  # it has no types
        writer.render_book([{"actions": given["actions"], "tpl_name": "Slip", "sheet_name": "Slip"}])
        writer.save(io.BytesIO())


def milliseconds(work: Callable[[], object], times: int) -> float:
    begin = process_time()
    for _ in range(times):
        work()
    return (process_time() - begin) / times * 1000


def main() -> None:
    warnings.simplefilter("ignore")  # openpyxl says what it loses
    given = values()
    env = environment(given["provider"].locale, given["provider"].currency)
    template = XlsxTemplate(SLIP, env)
    rounds, times = (3, 3) if "--quick" in sys.argv else (9, 10)
    with tempfile.TemporaryDirectory() as folder:
        other = for_xltpl(Path(folder) / "slip.xlsx")
        work: dict[str, tuple[Callable[[], object], int]] = {
            "XlsxTemplate.render": (lambda: template.render(given), times * 10),
            "openpyxl load, fill, save": (lambda: with_openpyxl(given), times),
            "xltpl load, render, save": (lambda: with_xltpl(other, given), times),
            "XlsxTemplate, compiled once": (lambda: XlsxTemplate(SLIP, env), times),
        }
        found: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(rounds):
            for name, (one, count) in work.items():
                found[name].append(milliseconds(one, count))
    for name, spent in found.items():
        print(f"{name:28} {median(spent):8.2f} ms CPU")
    pairs = zip(found["openpyxl load, fill, save"], found["XlsxTemplate.render"], strict=True)
    print(f"{ACTIONS} actions; openpyxl / XlsxTemplate.render = {median(a / b for a, b in pairs):.1f} (aim: {WANTED})")


if __name__ == "__main__":
    main()
