"""Word templates made for tests with python-docx, and what is read back from finished documents."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import docx
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator

from generator.errors import Faults
from generator.render.docx import DocxTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from docx.document import Document
    from docx.text.paragraph import Paragraph

    from generator.errors import Problem
    from generator.templating import Sandbox

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FOOTNOTES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:footnotes xmlns:w="{W[1:-1]}">
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:t xml:space="preserve">TEXT</w:t></w:r></w:p></w:footnote></w:footnotes>"""
_FOOTNOTES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_FOOTNOTES_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"


RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)


def paragraph(document: Any, *runs: str) -> Paragraph:
    """Add a paragraph of runs; a run that begins with "*" is bold."""
    made: Paragraph = document.add_paragraph()
    for text in runs:
        run = made.add_run(text.removeprefix("*"))
        if text.startswith("*"):
            run.bold = True
    return made


def table(document: Any, *rows: tuple[str, ...]) -> Any:
    """Add a table with a text in every cell."""
    made = document.add_table(len(rows), max(map(len, rows)))
    for row, texts in zip(made.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=False):
            cell.text = text
    return made


def saved(folder: Path, build: Callable[[Any], object], footnote: str = "") -> Path:
    """Save a template that `build` fills."""
    document: Document = docx.Document()
    build(document)
    path = folder / "template.docx"
    document.save(str(path))
    if footnote:
        add_footnote(path, footnote)
    return path


def add_footnote(path: Path, text: str) -> None:
    """Add a footnote to a saved template, which python-docx cannot do."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["word/footnotes.xml"] = _FOOTNOTES.replace("TEXT", text).encode()
    override = f'<Override PartName="/word/footnotes.xml" ContentType="{_FOOTNOTES_TYPE}"/></Types>'
    relation = f'<Relationship Id="rIdNotes" Type="{_FOOTNOTES_RELATION}" Target="footnotes.xml"/></Relationships>'
    note = '<w:p><w:r><w:footnoteReference w:id="2"/></w:r></w:p><w:sectPr'
    replace_in(parts, "[Content_Types].xml", "</Types>", override)
    replace_in(parts, "word/_rels/document.xml.rels", "</Relationships>", relation)
    replace_in(parts, "word/document.xml", "<w:sectPr", note)
    write_parts(path, parts)


def replace_in(parts: dict[str, bytes], name: str, old: str, new: str) -> None:
    """Change a part's XML as text."""
    assert old in parts[name].decode()
    parts[name] = parts[name].decode().replace(old, new, 1).encode()


def parts_of(content: bytes | Path) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(path: Path, parts: Mapping[str, bytes]) -> None:
    """Write a package anew."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def rendered(path: Path, values: Mapping[str, object], environment: Sandbox | None = None) -> Document:
    """The finished document as python-docx reads it."""
    return docx.Document(io.BytesIO(DocxTemplate(path, environment).render(values)))


def lines(document: Any) -> list[str]:
    """The texts of a document's, cell's or header's paragraphs."""
    return [paragraph.text for paragraph in document.paragraphs]


def cells(made: Any) -> list[list[str]]:
    """The texts of a table's cells."""
    return [[cell.text for cell in row.cells] for row in made.rows]


def footnote_of(content: bytes) -> str:
    """The text of the one footnote, with breaks and tabs as they were written."""
    root = etree.fromstring(parts_of(content)["word/footnotes.xml"])
    told = {f"{W}br": "\n", f"{W}tab": "\t"}
    return "".join(told.get(element.tag, element.text or "") for element in root.iter(f"{W}t", f"{W}br", f"{W}tab"))


def told(problems: tuple[Problem, ...]) -> list[str]:
    """Problems as a person reads them."""
    return [
        f"{problem.place}: {problem.message}" + (f" ({problem.hint})" if problem.hint else "") for problem in problems
    ]


def faults(path: Path, values: Mapping[str, object]) -> list[str]:
    """What a render that fails says."""
    with pytest.raises(Faults) as caught:
        DocxTemplate(path).render(values)
    return told(caught.value.problems)


def audited(folder: Path, content: bytes) -> list[str]:
    """What the auditor finds in a document beyond what python-docx's own template brings along."""
    (folder / "made.docx").write_bytes(content)
    docx.Document().save(str(folder / "plain.docx"))
    made, plain = (
        [str(each) for each in OpenXmlValidator().validate(folder / name).errors]
        for name in ("made.docx", "plain.docx")
    )
    return [error for error in made if error not in plain and "stylesWithEffects" not in error]
