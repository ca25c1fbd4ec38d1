"""Formulas of random sheets, before and after rows were put in or taken out, worked out by LibreOffice."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import openpyxl
import pytest
import xlsxwriter

from generator.render.xlsx import XlsxTemplate
from tests.xlsx_making import without_values

if TYPE_CHECKING:
    from pathlib import Path

FIRST, LAST, END = 10, 12, 25
ROWS = [row for row in range(1, END + 1) if not FIRST <= row <= LAST]
COUNTS = (0, 1, 2, 9)
SEEDS = range(4)


def reference(chance: random.Random, sheet: str) -> str:
    """A cell or a range outside the loop's rows, or around them, with or without dollar signs and a sheet's name."""

    def cell(column: str, row: int) -> str:
        return f"{chance.choice(['', '$'])}{column}{chance.choice(['', '$'])}{row}"

    columns = sorted(chance.choices("ABCD", k=2))
    rows = sorted(chance.choices(ROWS, k=2))
    area = f"{cell(columns[0], rows[0])}:{cell(columns[1], rows[1])}"
    lines = f"{rows[0]}:{rows[1]}" if sheet else ""
    text = chance.choice([cell(columns[0], rows[0]), area, area, lines or area])
    return f"{sheet}{text}"


def formula(chance: random.Random, sheet: str) -> str:
    parts = [
        chance.choice(["SUM({})", "MAX({})-MIN({})", "COUNT({})", "ROUND(SUM({},{})/7,2)", "SUMPRODUCT({}*3)"])
        for _ in range(chance.randint(1, 3))
    ]
    return "=" + "+".join(part.format(reference(chance, sheet), reference(chance, sheet)) for part in parts)


def workbook(path: Path, seed: int, *, tags: bool) -> Path:
    chance = random.Random(seed)
    with xlsxwriter.Workbook(path) as book:
        data, other = book.add_worksheet("Data"), book.add_worksheet("Other sheet")
        for row in ROWS:
            for column in "ABCD":
                data.write(f"{column}{row}", chance.randint(1, 10**9))
            data.write(f"F{row}", formula(chance, ""))
            other.write(f"A{row}", formula(chance, chance.choice(["Data!", "'Data'!"])))
        if tags:
            data.write(f"E{FIRST}", "{%tr for x in xs %}")
            data.write(f"E{LAST}", "{%tr endfor %}")
    return path


def recalculated(folder: Path, files: dict[str, bytes]) -> dict[str, openpyxl.Workbook]:
    for name, content in files.items():
        (folder / f"{name}.xlsx").write_bytes(without_values(content))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", "xlsx", "--outdir", str(folder / "saved")]
    sources = [str(folder / f"{name}.xlsx") for name in files]
    subprocess.run([*command, *sources], check=True, capture_output=True, timeout=120)
    return {name: openpyxl.load_workbook(folder / "saved" / f"{name}.xlsx", data_only=True) for name in files}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_formulas_give_the_same_when_empty_rows_come_or_go(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for seed in SEEDS:
        files[f"{seed}"] = workbook(tmp_path / "plain.xlsx", seed, tags=False).read_bytes()
        template = XlsxTemplate(workbook(tmp_path / "tags.xlsx", seed, tags=True))
        files |= {f"{seed}-{count}": template.render({"xs": range(count)}) for count in COUNTS}
    books = recalculated(tmp_path, files)
    compared = 0
    for seed in SEEDS:
        for count in COUNTS:
            made, shift = books[f"{seed}-{count}"], count - (LAST - FIRST + 1)
            written = openpyxl.load_workbook(io.BytesIO(files[f"{seed}-{count}"]))
            for row in ROWS:
                now = row if row < FIRST else row + shift
                before = books[f"{seed}"]["Data"][f"F{row}"].value
                assert before is not None
                assert made["Data"][f"F{now}"].value == before, (seed, count, written["Data"][f"F{now}"].value)
                before = books[f"{seed}"]["Other sheet"][f"A{row}"].value
                formula_now = written["Other sheet"][f"A{row}"].value
                assert made["Other sheet"][f"A{row}"].value == before, (seed, count, formula_now)
                compared += 2
    assert compared == len(SEEDS) * len(COUNTS) * len(ROWS) * 2
