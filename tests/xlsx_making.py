"""Workbooks for the tests of Excel templates: small ones from a few cells, and one that holds everything."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter

from generator.render.xlsx import XlsxTemplate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Item:
    """A row's worth of values."""

    name: str
    amount: Decimal
    due: date
    tag: str


def items(count: int) -> list[Item]:
    """Items with amounts in quarters, so that their sums are exact in every program."""
    return [
        Item(f"item {i}", Decimal(i) * Decimal("1.25") - 2, date(2026, 1, 1 + i % 28), "odd" if i % 2 else "even")
        for i in range(count)
    ]


def template(folder: Path, cells: Mapping[str, Any], name: str = "template.xlsx", sheet: str = "Slip") -> XlsxTemplate:
    """A template of one sheet with these cells; a text that begins with `=` is a formula."""
    return XlsxTemplate(saved(folder, cells, name, sheet))


def saved(folder: Path, cells: Mapping[str, Any], name: str = "template.xlsx", sheet: str = "Slip") -> Path:
    """The same, not yet read."""
    path = folder / name
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet(sheet)
        for place, value in cells.items():
            page.write(place, value)
    return path


def parts(content: bytes) -> dict[str, str]:
    """The parts of a workbook as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def changed(path: Path, part: str, old: str, new: str) -> Path:
    """Put other markup into a part of a saved workbook."""
    content = parts(path.read_bytes())
    assert old in content[part]
    content[part] = content[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
    return path


def without_values(content: bytes) -> bytes:
    """The workbook without the values beside its formulas, so that a program has to work them out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as target:
        for name in archive.namelist():
            data = archive.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"(</f>)<v[^>]*>[^<]*</v>", rb"\1", data)
            target.writestr(name, data)
    return made.getvalue()


def picture() -> bytes:
    """A red PNG of two by two pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", 2, 2, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0\xff\0\0" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def everything(path: Path) -> Path:
    """A template that holds whatever can follow a loop's rows: rows 5 to 7 are the loop, row 6 its body."""
    book = xlsxwriter.Workbook(path)
    page, sums, table = book.add_worksheet("Slip"), book.add_worksheet("Sums & more"), book.add_worksheet("Table")
    book.add_worksheet("Still").write_row("A1", ["stays", 1, 2.5])
    _rows(book, page)
    _follow(book, page)
    _sums(sums)
    _drawn(book, page, sums)
    _table(table)
    book.define_name("Amounts", "=Slip!$B$6:$B$6")
    book.define_name("Slip!Own", "=Slip!$A$9")
    book.close()
    return path


def _rows(book: xlsxwriter.Workbook, page: Any) -> None:
    money, day, bold = (
        book.add_format(f) for f in ({"num_format": "#,##0.00"}, {"num_format": "d.m.yyyy"}, {"bold": True})
    )
    page.write("A1", "Slip of {{ client }}", bold)
    page.write("B1", "{{ signed }}", day)
    page.write("C1", "{{ yes }}")
    page.write("D1", "{{ nothing }}", bold)
    page.write_formula("E1", '=COUNTA(A6:A6)&" rows, "&SUM(B6:B6)', None, "stale")
    page.write_formula("F1", "=B9*2", None, 99)
    page.write_row("A3", ["name", "amount", "due", "double", "tag", "running"], bold)
    page.write("A5", "{%tr for item in items %}")
    page.write("A6", "{{ item.name }}", bold)
    page.write("B6", "{{ item.amount }}", money)
    page.write("C6", "{{ item.due }}", day)
    page.write_formula("D6", "=B6*2", money)
    page.write("E6", "{{ item.tag }}")
    page.write_formula("F6", "=SUM($B$6:B6)", money)
    page.write_formula("G6", '=IF(B6>=$B$9/10,"big","small")')
    page.write_formula("H6", "=ROUND(B6/3,2)")
    page.merge_range("I6:J6", "in {{ loop.index }}")
    page.set_row(5, 33.5)
    page.write("A7", "{%tr endfor %}")
    page.write("A8", "below {{ items | length }}")
    page.write_formula("B9", "=SUM(B6:B6)", money, 12345)
    page.write_formula("C9", "=COUNT(B5:B7)")
    page.write_formula("D9", "=MAX(B6:B6)-MIN(B3:B8)")
    page.write_formula("E9", '=COUNTIF(E6:E6,"odd")')
    page.write_formula("F9", '=SUMIF(E6:E6,"even",B6:B6)')
    page.write_formula("G9", '=SUMIFS(B6:B6,E6:E6,"odd",B6:B6,">1")')
    page.write_formula("H9", '=COUNTIFS(E6:E6,"<>odd",B6:B6,"<5")')
    page.write_formula("I9", '="Total: "&ROUND(B9,1)&IF(C9=0," (none)","")')
    page.write_array_formula("J9:J9", "{=SUM(B6:B6*2)}")
    page.set_row(8, 21)
    page.merge_range("A11:C12", "merged below")
    page.merge_range("L4:L8", "merged around")


def _follow(book: xlsxwriter.Workbook, page: Any) -> None:
    red = book.add_format({"bg_color": "#FF0000"})
    page.conditional_format("A6:H6", {"type": "formula", "criteria": "=$B6>$B$9/2", "format": red})
    page.conditional_format("A9:B9", {"type": "cell", "criteria": ">", "value": "$B$6", "format": red})
    page.conditional_format("B6:B6", {"type": "data_bar", "data_bar_2010": True})
    page.data_validation("E6", {"validate": "list", "source": ["odd", "even"]})
    page.data_validation("C9", {"validate": "whole", "criteria": ">", "value": "=$B$9"})
    page.data_validation("E9", {"validate": "list", "source": "='Sums & more'!$A$1:$A$3"})
    page.autofilter("A3:F7")
    page.freeze_panes(3, 1)
    page.print_area("A1:K12")
    page.repeat_rows(2)
    page.set_h_pagebreaks([9, 11])
    page.protect("", {"sort": True})
    page.ignore_errors({"number_stored_as_text": "A6:A12"})
    page.write_url("K6", "https://example.com/list", string="list")
    page.write_url("K9", "internal:Slip!B9", string="total")
    page.write_comment("B6", "Amount of the row", {"author": "Office"})
    page.write_comment("B9", "The total", {"author": "Office"})
    page.add_sparkline("M6", {"range": "Slip!B6:D6"})
    page.add_sparkline("M9", {"range": "Slip!B6:B6"})
    page.set_header("&L{{ client }}&RPage &P of &N")
    page.set_landscape()


def _sums(sums: Any) -> None:
    sums.write_formula("A1", "=SUM(Slip!B6:B6)")
    sums.write_formula("A2", "=Slip!B9+A1")
    sums.write_formula("A3", '="last: "&Slip!A8')
    sums.write_formula("B1", "=SUM(Amounts)")
    sums.write_formula("B2", "=AVERAGE(Slip!B3:B9)")
    sums.write_formula("B3", "=SUM(Slip!B:B)")


def _drawn(book: Any, page: Any, sums: Any) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Slip!$B$6:$B$6", "categories": "=Slip!$A$6:$A$6", "name": "=Slip!$A$1"})
    chart.set_title({"name": "Amounts of {{ client }}"})
    page.insert_chart("N11", chart)
    page.insert_image("N14", "red.png", {"image_data": io.BytesIO(picture())})
    page.insert_textbox("N30", "Made for {{ client }}")
    sums.insert_image("D2", "red.png", {"image_data": io.BytesIO(picture())})


def _table(table: Any) -> None:
    table.write("A3", "{%tr for item in items %}")
    table.write("A4", "{{ item.name }}")
    table.write("B4", "{{ item.amount }}")
    table.write("A5", "{%tr endfor %}")
    columns = [{"header": "Name", "total_string": "All"}, {"header": "Amount", "total_function": "sum"}]
    table.add_table("A2:B6", {"columns": columns, "total_row": True, "name": "Items"})
    table.write("A3", "{%tr for item in items %}")
    table.write("A8", "after the table")
