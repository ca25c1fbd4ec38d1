"""LibreOffice for tests: a workbook is opened, changed by Basic statements as by a person's hand, and saved."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LIBREOFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


def run_macro(profile: Path, code: str, path: Path) -> None:
    """Open a workbook in LibreOffice, run Basic statements on its `book` and first `sheet`, and save it."""
    library = profile / "user" / "basic" / "Standard"
    if not library.is_dir():
        soffice(profile, "--terminate_after_init")
    module = _MODULE.replace("STATEMENTS", code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    (library / "Module1.xba").write_text(module, encoding="utf-8")
    was = path.stat().st_mtime_ns
    soffice(profile, f'macro:///Standard.Module1.Main("{path}")')
    assert path.stat().st_mtime_ns > was, "LibreOffice did not save the workbook"


def soffice(profile: Path, *arguments: str) -> None:
    command = ["soffice", "--headless", f"-env:UserInstallation={profile.as_uri()}", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Main(path As String)
  Dim asked(0) As New com.sun.star.beans.PropertyValue
  asked(0).Name = "Hidden"
  asked(0).Value = True
  book = StarDesktop.loadComponentFromURL(ConvertToURL(path), "_blank", 0, asked())
  sheet = book.Sheets.getByIndex(0)
  sheet.unprotect("")
STATEMENTS
  Dim saved(0) As New com.sun.star.beans.PropertyValue
  saved(0).Name = "FilterName"
  saved(0).Value = "Calc MS Excel 2007 XML"
  book.storeToURL(ConvertToURL(path), saved())
  book.close(True)
End Sub

Sub Sort(area As Object, column As Integer, ascending As Boolean)
  Dim fields(0) As New com.sun.star.table.TableSortField
  fields(0).Field = column
  fields(0).IsAscending = ascending
  Dim how(1) As New com.sun.star.beans.PropertyValue
  how(0).Name = "SortFields"
  how(0).Value = fields()
  how(1).Name = "ContainsHeader"
  how(1).Value = False
  area.sort(how())
End Sub

Sub Insert(sheet As Object, row As Integer, count As Integer)
  sheet.Rows.insertByIndex(row - 1, count)
End Sub

Sub Copy(sheet As Object, from As String, target As String)
  sheet.copyRange(sheet.getCellRangeByName(target).CellAddress, sheet.getCellRangeByName(from).RangeAddress)
End Sub
</script:module>
"""
