"""A package is read within limits and written the same every time."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import TYPE_CHECKING

import docx
import pytest

from generator.errors import Faults
from generator.render.package import CONTENT_TYPES, Member, Package, zipped
from tests.docx_making import paragraph, parts_of, saved, write_parts

if TYPE_CHECKING:
    from pathlib import Path

TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="XML" ContentType="application/xml"/>'
    b'<Override PartName="/A.xml" ContentType="text/a"/></Types>'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return saved(tmp_path, lambda document: paragraph(document, "Hello"))


def read_all(path: Path) -> None:
    package = Package(path)
    for name in package.parts:
        if name.endswith((".xml", ".rels")):
            package.tree(name)


def refused(path: Path) -> str:
    with pytest.raises(Faults) as caught:
        read_all(path)
    return caught.value.problems[0].message


def test_a_package_written_without_changes_holds_the_same_parts(path: Path) -> None:
    assert parts_of(Package(path).written({})) == parts_of(path)


def test_a_written_package_is_sound_and_read_by_word_s_other_reader(path: Path) -> None:
    content = Package(path).written({})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == CONTENT_TYPES
    assert docx.Document(io.BytesIO(content)).paragraphs[0].text == "Hello"


def test_the_same_package_gives_the_same_bytes_whatever_the_zip_s_own_dates(path: Path) -> None:
    first = Package(path).written({})
    write_parts(path, parts_of(path))
    assert Package(path).written({}) == first


def test_changes_replace_add_and_leave_out_parts(path: Path) -> None:
    package = Package(path)
    content = package.written({"word/document.xml": b"new", "word/added.xml": b"added", "docProps/core.xml": None})
    parts = parts_of(content)
    assert (parts["word/document.xml"], parts["word/added.xml"]) == (b"new", b"added")
    assert "docProps/core.xml" not in parts


def test_a_member_that_is_ready_deflated_is_written_as_it_is(path: Path) -> None:
    ready = Member.of("word/document.xml", b"ready")
    assert parts_of(Package(path).written({"word/document.xml": ready}))["word/document.xml"] == b"ready"


def test_names_outside_ascii_are_kept() -> None:
    assert list(parts_of(zipped([Member.of("wörd/é.xml", b"x")]))) == ["wörd/é.xml"]


def test_content_types_come_from_the_part_s_name_before_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": b"", "b.xml": b"", "c.bin": b""})
    assert Package(path).content_types == {
        CONTENT_TYPES: "application/xml",
        "a.xml": "text/a",
        "b.xml": "application/xml",
    }


def test_relations_are_resolved_to_part_names(path: Path) -> None:
    package = Package(path)
    office = [each for each in package.relations().values() if each.kind.endswith("/officeDocument")]
    assert [each.target for each in office] == ["word/document.xml"]
    assert "word/styles.xml" in {each.target for each in package.relations("word/document.xml").values()}
    assert package.relations("word/styles.xml") == {}


def test_a_missing_file_and_a_file_that_is_no_zip_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "none.docx")
    other = tmp_path / "text.docx"
    other.write_text("Dear client")
    assert "is not a Word or Excel file" in refused(other)


def test_a_zip_without_content_types_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {"a.xml": b"<a/>"})
    assert "[Content_Types].xml" in refused(path)


def test_a_part_packed_more_than_a_hundred_to_one_is_refused_before_it_is_unzipped(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": b"0" * 1_000_000})
    assert "packed more than 100 : 1" in refused(path)


def test_a_package_that_declares_more_than_50_mb_is_refused_before_it_is_unzipped(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": b"small"})
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2")
    struct.pack_into("<I", content, entry + 24, 60_000_000)
    path.write_bytes(content)
    assert "larger than 50 MB" in refused(path)


def test_a_part_that_is_larger_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\1\2") + 24, 10)
    path.write_bytes(content)
    assert "is not a Word or Excel file" in refused(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {CONTENT_TYPES: TYPES})
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    assert refused(path) == "is encrypted"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_type_definitions_and_entities_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.docx"
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    )
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": text.encode(encoding)})
    assert "document type definition" in refused(path)


def test_broken_xml_is_told_with_its_part(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    write_parts(path, {CONTENT_TYPES: TYPES, "a.xml": b"<a>"})
    assert re.match("'a.xml' is broken", refused(path))
