"""Finished documents joined to one: each looks, counts and refers as it does by itself."""

from __future__ import annotations

import io
import re
import tracemalloc
from functools import cache
from typing import TYPE_CHECKING, Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from generator.compute import figures
from generator.errors import Faults, Misuse
from generator.plan import jobs
from generator.render.docx import DocxTemplate
from generator.render.word.join import joined
from tests import making
from tests.docx_making import PICTURE, RELATED, W, audited, lines, parts_of, replace_in, write_parts
from tests.libreoffice import LIBREOFFICE, soffice
from tests.reading import pages_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
PAGE_SIZE = '<w:pgSz w:w="12240" w:h="15840"/>'
BEGIN, APART, END = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
FIELD = (
    BEGIN + '<w:r><w:instrText xml:space="preserve">{}</w:instrText></w:r>' + APART + "<w:r><w:t>{}</w:t></w:r>" + END
)
TABLE = "<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>"
BOOKMARKED = '<w:bookmarkStart w:id="1" w:name="a"/><w:p/><w:bookmarkEnd w:id="1"/>'


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def field(code: str, result: str = "?") -> str:
    return f"<w:p>{FIELD.format(code, result)}</w:p>"


def section(inner: str = PAGE_SIZE) -> str:
    return f"<w:sectPr>{inner}</w:sectPr>"


@cache
def plain() -> Mapping[str, bytes]:
    content = io.BytesIO()
    docx.Document().save(content)
    return parts_of(content.getvalue())


def made(folder: Path, body: str, **more: str) -> bytes:
    """A finished document; `more`: kind of part ("footnotes", "header") → its XML, related by "rId" and its kind."""
    parts = dict(plain())
    text = parts["word/document.xml"].decode()
    parts["word/document.xml"] = re.sub(
        r"<w:body>.*</w:body>", lambda _: f"<w:body>{body}</w:body>", text, flags=re.DOTALL
    ).encode()
    for name, content in more.items():
        kind = name.rstrip("0123456789")
        add(parts, name, f"{RELATED}/{kind}", f"{name}.xml")
        parts[f"word/{name}.xml"] = content.encode()
        override = f'<Override PartName="/word/{name}.xml" ContentType="{KIND}.{kind}+xml"/></Types>'
        replace_in(parts, "[Content_Types].xml", "</Types>", override)
    return zipped(folder, parts)


def zipped(folder: Path, parts: Mapping[str, bytes]) -> bytes:
    write_parts(folder / "made.docx", parts)
    return (folder / "made.docx").read_bytes()


def add(parts: dict[str, bytes], identity: str, kind: str, target: str, mode: str = "") -> None:
    relation = f'<Relationship Id="rId{identity}" Type="{kind}" Target="{target}"{mode}/></Relationships>'
    replace_in(parts, "word/_rels/document.xml.rels", "</Relationships>", relation)


def part(kind: str, inner: str) -> str:
    return f'<w:{kind} xmlns:w="{W[1:-1]}" xmlns:r="{RELATED}" xmlns:wp="{WP}">{inner}</w:{kind}>'


def text_of(content: bytes, name: str = "document") -> str:
    return parts_of(content)[f"word/{name}.xml"].decode()


def body_of(content: bytes) -> Any:
    return etree.fromstring(parts_of(content)["word/document.xml"])[-1]


def sections_of(content: bytes) -> list[Any]:
    return list(body_of(content).iter(f"{W}sectPr"))


def values_of(content: bytes, name: str, attribute: str = "val") -> list[str]:
    return [each.get(f"{W}{attribute}", "") for each in body_of(content).iter(f"{W}{name}")]


def test_each_record_is_a_section_that_begins_on_a_page_numbered_1(tmp_path: Path) -> None:
    whole = joined(made(tmp_path, p(text) + section()) for text in "ABC")
    assert lines(docx.Document(io.BytesIO(whole))) == ["A", "B", "C"]
    assert [[etree.QName(child).localname for child in each] for each in sections_of(whole)] == [
        ["type", "pgSz", "pgNumType"]
    ] * 3
    assert values_of(whole, "type") == ["nextPage"] * 3
    assert values_of(whole, "pgNumType", "start") == ["1"] * 3
    assert body_of(whole)[-1].tag == f"{W}sectPr"


def test_printed_on_both_sides_each_record_begins_on_an_odd_page(tmp_path: Path) -> None:
    one = made(tmp_path, p("A") + section('<w:type w:val="continuous"/>' + PAGE_SIZE))
    assert values_of(joined([one, one], duplex=True), "type") == ["oddPage", "oddPage"]


def test_a_record_s_own_first_page_number_is_kept(tmp_path: Path) -> None:
    one = made(tmp_path, p("A") + section('<w:pgNumType w:fmt="lowerRoman" w:start="5"/>'))
    two = made(tmp_path, p("A") + section('<w:pgNumType w:fmt="lowerRoman"/>'))
    assert values_of(joined([one, two]), "pgNumType", "start") == ["5", "1"]


def test_a_record_of_one_document_alone_stays_as_it_is(tmp_path: Path) -> None:
    one = made(tmp_path, p("A") + p("B", '<w:pStyle w:val="ListNumber"/>') + section())
    assert lines(docx.Document(io.BytesIO(joined([one])))) == ["A", "B"]
    assert text_of(joined([one]), "numbering") == text_of(one, "numbering")


def test_sections_within_a_record_go_on_as_they_did(tmp_path: Path) -> None:
    inner = p("A", section('<w:type w:val="continuous"/><w:cols w:num="2"/>'))
    one = made(tmp_path, inner + p("B") + section('<w:type w:val="continuous"/>' + PAGE_SIZE))
    whole = joined([one, one])
    assert values_of(whole, "type") == ["nextPage", "continuous"] * 2
    assert len(values_of(whole, "pgNumType", "start")) == 2
    assert lines(docx.Document(io.BytesIO(whole))) == ["A", "B"] * 2


@pytest.mark.parametrize(
    "end",
    [
        "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr><w:tc><w:tcPr/><w:p/></w:tc></w:tr></w:tbl>",
        p("A", section()),
        "<w:sdt><w:sdtPr/><w:sdtContent><w:p/></w:sdtContent></w:sdt>",
    ],
    ids=["table", "section", "control"],
)
def test_only_after_what_cannot_end_a_section_comes_a_paragraph_of_no_height(tmp_path: Path, end: str) -> None:
    one = made(tmp_path, end + section())
    body = body_of(joined([one, one]))
    added = body[1]
    assert len(body) == 4
    assert added.find(f".//{W}spacing").get(f"{W}line") == "20"
    assert added.find(f".//{W}sectPr") is not None


@pytest.mark.parametrize(
    "last",
    [
        "<w:p/>",
        '<w:p w:rsidR="00AA"/>',
        "<w:p><w:pPr/><w:r><w:t>A</w:t></w:r></w:p>",
        "<w:p><w:r><w:t>A</w:t></w:r></w:p>",
        '<w:p><w:pPr><w:keepNext/><w:rPr/><w:pPrChange w:id="1" w:author="A"><w:pPr/></w:pPrChange></w:pPr></w:p>',
        f"<w:p><w:r><w:pict><w:txbxContent>{p('in a box')}<w:p/></w:txbxContent></w:pict></w:r></w:p>",
        '<w:p><w:bookmarkStart w:id="0" w:name="all"/></w:p>\n<w:bookmarkEnd w:id="0"/>\n',
    ],
)
def test_the_last_paragraph_ends_the_section_and_none_is_added(tmp_path: Path, last: str) -> None:
    one = made(tmp_path, p("first") + last + section())
    body = body_of(joined([one, one, one]))
    blocks = [child for child in body if child.tag == f"{W}p"]
    assert len(blocks) == 6
    ends = [child[0].find(f"{W}sectPr") is not None for child in blocks if len(child)]
    assert ends[:4] == [False, True, False, True]
    assert all(len(list(end.iter(f"{W}sectPr"))) == 1 for end in blocks[1:4:2])
    follows = blocks[1][0].find(f"{W}sectPr").getnext()
    assert follows is None or follows.tag == f"{W}pPrChange"


def test_a_section_s_tracked_changes_are_taken_as_made(tmp_path: Path) -> None:
    change = f'<w:sectPrChange w:id="1" w:author="A"><w:sectPr>{PAGE_SIZE}</w:sectPr></w:sectPrChange>'
    one = made(tmp_path, p("A") + section('<w:pgSz w:w="1000" w:h="1000"/>' + change))
    assert values_of(joined([one, one]), "pgSz", "w") == ["1000", "1000"]


def test_a_body_without_section_properties_gets_some(tmp_path: Path) -> None:
    assert values_of(joined([made(tmp_path, p("A")), made(tmp_path, "")]), "pgNumType", "start") == ["1", "1"]


def test_the_pages_of_a_letter_are_those_of_its_section(tmp_path: Path) -> None:
    footer = part("ftr", field(" NUMPAGES  \\* MERGEFORMAT ") + '<w:p><w:fldSimple w:instr="NUMPAGES"/></w:p>')
    body = p("A") + section('<w:footerReference w:type="default" r:id="rIdfooter1"/>')
    whole = joined(made(tmp_path, body, footer1=footer) for _ in range(2))
    codes = [
        code for name in ("footer1", "footer2") for code in re.findall(r"<w:instrText.*?>(.*?)<", text_of(whole, name))
    ]
    assert codes == [
        " SECTIONPAGES  \\* MERGEFORMAT ", " PAGEREF _RecordEnd1  \\* MERGEFORMAT ", "SECTIONPAGES",
        " SECTIONPAGES  \\* MERGEFORMAT ", " PAGEREF _RecordEnd2  \\* MERGEFORMAT ", "SECTIONPAGES",
    ]  # fmt: skip
    assert values_of(whole, "bookmarkStart", "name") == ["_RecordEnd1", "_RecordEnd2"]
    assert [each.getparent().tag for each in body_of(whole).iter(f"{W}bookmarkStart")] == [f"{W}p"] * 2


def test_the_pages_of_a_letter_with_several_sections_are_counted_to_its_end(tmp_path: Path) -> None:
    one = made(tmp_path, p("A", section()) + field(" NUMPAGES ") + section())
    whole = joined([one, one])
    assert '<w:updateFields w:val="true"/>' in text_of(whole, "settings")
    assert re.findall(r"<w:instrText.*?>(.*?)<", text_of(whole)) == [
        " PAGEREF _RecordEnd1 ",
        " PAGEREF _RecordEnd2 ",
    ]


def test_pages_that_are_numbered_in_another_way_are_counted_by_word_alone(tmp_path: Path) -> None:
    one = made(tmp_path, field(" NUMPAGES ", "7") + section('<w:pgNumType w:fmt="lowerRoman"/>'))
    text = text_of(joined([one, one]))
    assert re.findall(r"<w:instrText.*?>(.*?)<", text) == [" SECTIONPAGES "] * 2
    assert text.count("<w:t>7</w:t>") == 2


def test_headers_that_are_the_same_are_there_once_and_others_stay_with_their_records(tmp_path: Path) -> None:
    def letter(head: str) -> bytes:
        body = p("A") + section('<w:headerReference w:type="default" r:id="rIdheader1"/>')
        logo = '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="logo"/></wp:inline></w:drawing></w:r></w:p>'
        return made(tmp_path, body, header1=part("hdr", p(head) + logo))

    whole = joined(letter(head) for head in ("one", "two", "one"))
    heads = [each.header.paragraphs[0].text for each in docx.Document(io.BytesIO(whole)).sections]
    assert heads == ["one", "two", "one"]
    assert sorted(name for name in parts_of(whole) if "header" in name) == ["word/header1.xml", "word/header2.xml"]


def test_a_record_takes_no_header_over_from_the_record_before_it(tmp_path: Path) -> None:
    later = section(
        '<w:headerReference w:type="default" r:id="rIdheader1"/><w:headerReference w:type="first" r:id="rIdheader1"/>'
    )
    one = made(tmp_path, p("A", section()) + p("B") + later, header1=part("hdr", p("head")))
    heads = docx.Document(io.BytesIO(joined([one, one]))).sections
    assert [each.header.is_linked_to_previous for each in heads] == [True, False, False, False]
    assert [each.header.paragraphs[0].text for each in heads[1:]] == ["head", "", "head"]
    assert [each.first_page_header.paragraphs[0].text for each in heads[1:]] == ["head", "", "head"]


def test_numbered_lists_count_anew_in_each_record_and_bullets_need_not(tmp_path: Path) -> None:
    styles = ("ListNumber", "ListNumber", "ListBullet")
    one = made(tmp_path, "".join(p("A", f'<w:pStyle w:val="{style}"/>') for style in styles) + section())
    whole = joined([one, one, one])
    numbers = values_of(whole, "numId")
    assert len(numbers) == 4, "the first record's paragraphs keep their style's list, bullets too"
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    root = etree.fromstring(parts_of(whole)["word/numbering.xml"])
    made_lists = {each.get(f"{W}numId"): each for each in root.iter(f"{W}num")}
    assert len(made_lists) == len({*made_lists}) == text_of(one, "numbering").count("<w:num ") + 2
    for number in numbers:
        assert [each.get(f"{W}val") for each in made_lists[number].iter(f"{W}startOverride")] == ["1"]
    assert len({made_lists[number][0].get(f"{W}val") for number in numbers}) == 1


def numbering(levels: str, lists: str) -> str:
    return part("numbering", f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>{lists}')


def level(number: int, start: int, indent: int = 0) -> str:
    inner = f'<w:start w:val="{start}"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%{number + 1}."/>'
    return f'<w:lvl w:ilvl="{number}">{inner}<w:pPr><w:ind w:left="{indent}" w:hanging="200"/></w:pPr></w:lvl>'


def own_lists(folder: Path, body: str, numbers: str, style: str = "") -> bytes:
    parts = parts_of(made(folder, body + section()))
    parts["word/numbering.xml"] = numbers.encode()
    if style:
        replace_in(parts, "word/styles.xml", "</w:styles>", style + "</w:styles>")
    return zipped(folder, parts)


def in_list(number: int, at: int = 0) -> str:
    return p("A", f'<w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{number}"/></w:numPr>')


def test_two_lists_that_count_together_still_do_in_each_record(tmp_path: Path) -> None:
    lists = "".join(f'<w:num w:numId="{each}"><w:abstractNumId w:val="7"/></w:num>' for each in (3, 4))
    one = own_lists(tmp_path, in_list(3) + in_list(4) + in_list(3), numbering(level(0, 5), lists))
    whole = joined([one, one])
    assert values_of(whole, "numId") == ["3", "4", "3", "5", "6", "5"]
    told_lists = re.findall(r'<w:num w:numId="(\d)">(.*?)</w:num>', text_of(whole, "numbering"))
    restarts = {number: re.findall(r'startOverride w:val="(\d)"', text) for number, text in told_lists}
    assert restarts == {"3": [], "4": [], "5": ["5"], "6": []}


def test_a_list_s_own_deviations_stay(tmp_path: Path) -> None:
    own = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="8"/></w:lvlOverride>'
    own += f'<w:lvlOverride w:ilvl="1">{level(1, 3)}</w:lvlOverride>'
    lists = f'<w:num w:numId="3"><w:abstractNumId w:val="7"/>{own}</w:num>'
    one = own_lists(tmp_path, in_list(3), numbering(level(0, 1) + level(1, 2), lists))
    copied = re.findall(r'<w:num w:numId="4">(.*?)</w:num>', text_of(joined([one, one]), "numbering"))[0]
    assert re.findall(r'startOverride w:val="(\d)"', copied) == ["8", "2"]
    assert copied.index("startOverride", 120) < copied.index("<w:lvl ")


def test_a_style_s_indents_stay_though_its_list_is_the_paragraph_s_own_now(tmp_path: Path) -> None:
    lists = '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
    inner = '<w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr><w:ind w:left="99" w:firstLine="50"/>'
    style = f'<w:style w:type="paragraph" w:styleId="A&amp;B"><w:name w:val="AB"/><w:pPr>{inner}</w:pPr></w:style>'
    body = p("A", '<w:pStyle w:val="A&amp;B"/><w:keepNext/><w:jc w:val="right"/>')
    body += p("B", '<w:pStyle w:val="A&amp;B"/><w:ind w:start="7"/>')
    body += p("C", '<w:pStyle w:val="A&amp;B"/><w:numPr><w:ilvl w:val="0"/></w:numPr>')
    body += p("D", '<w:pStyle w:val="A&amp;B"/><w:numPr><w:numId w:val="0"/></w:numPr>')
    one = own_lists(tmp_path, body, numbering(level(0, 1) + level(1, 1, 400), lists), style)
    found = [each.find(f"{W}pPr") for each in body_of(joined([one, one])).iter(f"{W}p")][4:]
    told_properties = [[etree.QName(child).localname for child in each] for each in found[:2]]
    assert told_properties == [["pStyle", "keepNext", "numPr", "ind", "jc"], ["pStyle", "numPr", "ind"]]
    indents = [
        {etree.QName(key).localname: value for key, value in each.find(f"{W}ind").attrib.items()} for each in found[:2]
    ]
    assert indents == [{"left": "99", "firstLine": "50"}, {"left": "7", "firstLine": "50"}]
    lists_of = [[(child.tag[len(W) :], child.get(f"{W}val")) for child in each.find(f"{W}numPr")] for each in found]
    assert lists_of == [
        [("ilvl", "1"), ("numId", "4")],
        [("ilvl", "1"), ("numId", "4")],
        [("ilvl", "0"), ("numId", "4")],
        [("numId", "0")],
    ]


def test_lists_that_only_a_later_record_has_come_with_it(tmp_path: Path) -> None:
    def letter(notes: str) -> bytes:
        return template.render({"notes": notes})

    document: Any = docx.Document()
    for text in ("first", "{{p notes | markdown }}"):
        document.add_paragraph(text)
    document.save(tmp_path / "notes.docx")
    parts = parts_of(tmp_path / "notes.docx")
    relation = re.search(r"<Relationship [^>]*numbering.xml[^>]*>", parts["word/_rels/document.xml.rels"].decode())
    assert relation
    replace_in(parts, "word/_rels/document.xml.rels", relation[0], "")
    replace_in(
        parts,
        "[Content_Types].xml",
        f'<Override PartName="/word/numbering.xml" ContentType="{KIND}.numbering+xml"/>',
        "",
    )
    parts["word/styles.xml"] = re.sub(rb"<w:numPr>.*?</w:numPr>", b"", parts["word/styles.xml"])
    del parts["word/numbering.xml"]
    write_parts(tmp_path / "notes.docx", parts)
    template = DocxTemplate(tmp_path / "notes.docx")
    whole = joined(letter(notes) for notes in ("none", "1. a\n2. b", "- c\n- d", "1. e\n2. f", "- g"))
    numbers = values_of(whole, "numId")
    assert numbers == ["1", "1", "2", "2", "3", "3", "2"]
    assert text_of(whole, "numbering").count("<w:abstractNum ") == 2
    assert not audited(tmp_path, whole)


def test_footnotes_endnotes_and_comments_stay_with_their_records(tmp_path: Path) -> None:
    def letter(name: str) -> bytes:
        references = "".join(f'<w:p><w:r><w:{kind}Reference w:id="{at}"/></w:r></w:p>' for kind, at in
                             (("footnote", 2), ("endnote", 3), ("comment", 4)))  # fmt: skip
        ranged = f'<w:p><w:commentRangeStart w:id="4"/><w:commentRangeEnd w:id="4"/></w:p>{references}'
        separator = '<w:{0} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{0}>'
        notes = {
            f"{kind}s": part(
                f"{kind}s",
                ("" if kind == "comment" else separator.format(kind))
                + f'<w:{kind} w:id="9" w:author="A">{p("not referred to")}</w:{kind}>'
                + f'<w:{kind} w:id="{at}" w:author="A">{p(f"{kind} of {name}")}</w:{kind}>',
            )
            for kind, at in (("footnote", 2), ("endnote", 3), ("comment", 4))
        }
        return made(tmp_path, ranged + section(), **notes)

    whole = joined(letter(name) for name in ("one", "two"))
    for kind in ("footnote", "endnote", "comment"):
        root = etree.fromstring(parts_of(whole)[f"word/{kind}s.xml"])
        notes = {each.get(f"{W}id"): "".join(each.itertext()) for each in root if each.get(f"{W}type") is None}
        assert [notes[number] for number in values_of(whole, f"{kind}Reference", "id")] == [
            f"{kind} of one",
            f"{kind} of two",
        ]
        assert len(notes) == 2
        assert sum(each.get(f"{W}type") == "separator" for each in root) == (kind != "comment")
    assert values_of(whole, "commentRangeStart", "id") == values_of(whole, "commentReference", "id")
    assert values_of(whole, "numRestart") == ["eachSect"] * 4
    assert '<w:endnotePr><w:pos w:val="sectEnd"/></w:endnotePr>' in text_of(whole, "settings")


def test_bookmarks_get_names_of_their_own_and_what_refers_to_them_follows(tmp_path: Path) -> None:
    long = "_" + "b" * 39
    body = f'<w:p><w:bookmarkStart w:id="5" w:name="Total"/><w:bookmarkStart w:id="6" w:name="{long}"/></w:p>'
    body += '<w:p><w:bookmarkEnd w:id="6"/><w:bookmarkEnd w:id="5"/></w:p>'
    body += '<w:p><w:hyperlink w:anchor="Total"><w:r><w:t>there</w:t></w:r></w:hyperlink></w:p>'
    codes = (" REF Total \\h ", " PAGEREF Total ", ' HYPERLINK \\l "Total" ', ' HYPERLINK "x/Total" ', " Total ",
             " = Total * 2 ", ' IF Total = "Total" "a" "b" ', " REF Elsewhere ", f" REF {long} ")  # fmt: skip
    one = made(tmp_path, body + "".join(map(field, codes)) + section())
    whole = joined([one, one])
    names = values_of(whole, "bookmarkStart", "name")
    assert names[:3] == ["Total", long, "Total_r2"]
    assert len(names[3]) == 40
    assert values_of(whole, "hyperlink", "anchor") == ["Total", "Total_r2"]
    identities = values_of(whole, "bookmarkStart", "id")
    assert len({*identities}) == 4
    assert values_of(whole, "bookmarkEnd", "id") == [identities[at] for at in (1, 0, 3, 2)]
    told_codes = re.findall(r"<w:instrText.*?>(.*?)<", text_of(whole))
    assert told_codes[: len(codes)] == [*codes]
    assert told_codes[len(codes) :] == [
        " REF Total_r2 \\h ", " PAGEREF Total_r2 ", ' HYPERLINK \\l "Total_r2" ', ' HYPERLINK "x/Total" ', " Total_r2 ",
        " = Total_r2 * 2 ", ' IF Total_r2 = "Total" "a" "b" ', " REF Elsewhere ", f" REF {names[3]} ",
    ]  # fmt: skip


def test_a_field_s_code_may_be_in_pieces_and_hold_another_field(tmp_path: Path) -> None:
    code = "<w:r><w:instrText>{}</w:instrText></w:r>"
    pieces = code.format(" REF To") + code.format("tal ")
    nested = code.format(" IF ") + BEGIN + code.format(" NUMPAGES ") + END + code.format(' = Total "1" "n" ')
    body = '<w:p><w:bookmarkStart w:id="5" w:name="Total"/><w:bookmarkEnd w:id="5"/></w:p>'
    body += f"<w:p>{BEGIN}{pieces}{APART}<w:r><w:t>9</w:t></w:r>{END}</w:p><w:p>{BEGIN}{nested}{APART}{END}</w:p>"
    one = made(tmp_path, body + section())
    codes = re.findall(r"<w:instrText.*?>(.*?)</w:instrText>", text_of(joined([one, one])))
    assert codes[5:] == [" REF Total_r2 ", "", " IF ", " SECTIONPAGES ", ' = Total_r2 "1" "n" ']


def test_contents_captions_and_properties_are_those_of_the_record(tmp_path: Path) -> None:
    def letter(title: str) -> bytes:
        simple = '<w:p><w:fldSimple w:instr=" SEQ Figure "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'
        codes = (" TOC \\o ", " SEQ Figure ", " SEQ Table \\r 3 ", " TITLE ", " DOCPROPERTY Subject ")
        parts = parts_of(made(tmp_path, simple + "".join(map(field, codes)) + p("end") + section()))
        core = parts["docProps/core.xml"].decode()
        parts["docProps/core.xml"] = re.sub(r"<dc:title/>", f"<dc:title>{title}</dc:title>", core).encode()
        return zipped(tmp_path, parts)

    whole = joined([letter("First"), letter('The "2nd" &lt;one>')])
    codes = re.findall(r"<w:instrText.*?>(.*?)</w:instrText>", text_of(whole))
    one, two = codes[: len(codes) // 2], codes[len(codes) // 2 :]
    assert [each.strip() for each in one] == [
        "SEQ Figure", "TOC \\o \\b _Record1", "SEQ Figure", "SEQ Table \\r 3", "TITLE", "DOCPROPERTY Subject",
    ]  # fmt: skip
    assert [each.strip() for each in two] == [
        "SEQ Figure \\r 1", "TOC \\o \\b _Record2", "SEQ Figure", "SEQ Table \\r 3",
        'QUOTE "The \\"2nd\\" &lt;one&gt;"', "DOCPROPERTY Subject",
    ]  # fmt: skip
    assert 'The "2nd" <one>' in "".join(body_of(whole).itertext())
    assert docx.Document(io.BytesIO(whole)).core_properties.title == "First"
    begins, ends = (list(body_of(whole).iter(f"{W}{name}")) for name in ("bookmarkStart", "bookmarkEnd"))
    assert [each.get(f"{W}id") for each in begins] == [each.get(f"{W}id") for each in ends]
    assert [each.getparent()[0].find(f"{W}sectPr") is not None for each in ends] == [True, False]


def pictured(folder: Path, pictures: Mapping[str, bytes], link: str) -> bytes:
    document: Any = docx.Document()
    for content in pictures.values():
        document.add_picture(io.BytesIO(content))
    document.add_paragraph("link")
    document.save(folder / "made.docx")
    parts = parts_of(folder / "made.docx")
    add(parts, "L", f"{RELATED}/hyperlink", link, ' TargetMode="External"')
    replace_in(parts, "word/document.xml", "<w:r><w:t>link", '<w:hyperlink r:id="rIdL"><w:r><w:t>link')
    replace_in(parts, "word/document.xml", "link</w:t></w:r>", "link</w:t></w:r></w:hyperlink>")
    return zipped(folder, parts)


def test_pictures_are_there_once_and_links_lead_where_they_did(tmp_path: Path) -> None:
    other = PICTURE[:-12] + b"\0\0\0\0tEXt\0\0\0\0" + PICTURE[-12:]
    letters = [pictured(tmp_path, {"a": PICTURE, "b": mine}, f"https://a.example/?{at}&amp;b=1") for at, mine in
               enumerate((other, PICTURE, other))]  # fmt: skip
    whole = joined(letters)
    media = [name for name in parts_of(whole) if "media" in name]
    assert len(media) == 2
    document = docx.Document(io.BytesIO(whole))
    shown = [document.part.related_parts[each._inline.graphic.graphicData.pic.blipFill.blip.embed].blob for each in
             document.inline_shapes]  # fmt: skip
    assert shown == [PICTURE, other, PICTURE, PICTURE, PICTURE, other]
    identities = [each._inline.docPr.id for each in document.inline_shapes]
    assert len({*identities}) == 6
    links = [each.address for paragraph in document.paragraphs for each in paragraph.hyperlinks]
    assert links == [f"https://a.example/?{at}&b=1" for at in range(3)]
    assert not audited(tmp_path, whole)


def test_content_controls_and_paragraphs_are_not_there_twice(tmp_path: Path) -> None:
    control = '<w:sdt><w:sdtPr><w:id w:val="77"/><w:dataBinding w:xpath="/a" w:storeItemID="{1}"/></w:sdtPr>'
    control += (
        "<w:sdtContent><w:p w14:paraId=\"0A\" w14:textId='0B'><w:r><w:t>A</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    inserted = '<w:p><w:ins w:id="3" w:author="A"><w:r><w:t>B</w:t></w:r></w:ins><w:ins w:id="3" w:author="A"/></w:p>'
    one = made(tmp_path, control + inserted + section())
    whole = joined([one, one])
    assert values_of(whole, "id") == ["77"]
    assert text_of(whole).count("w14:paraId") == text_of(whole).count("w14:textId") == 1
    assert len(values_of(whole, "dataBinding")) == 1
    assert len({*values_of(whole, "ins", "id")}) == 4


def test_documents_of_another_template_are_refused(tmp_path: Path) -> None:
    one = made(tmp_path, p("A") + section())
    parts = parts_of(one)
    replace_in(parts, "word/styles.xml", "Calibri", "Arial") if b"Calibri" in parts["word/styles.xml"] else replace_in(
        parts, "word/styles.xml", "<w:docDefaults>", "<w:docDefaults> "
    )
    with pytest.raises(Faults) as caught:
        joined([one, one, zipped(tmp_path, parts)])
    problem = caught.value.problems[0]
    assert (problem.file, problem.message) == (
        "document 3",
        "comes from another template than document 1: other styles",
    )


def test_names_of_word_that_stand_under_another_prefix_are_refused(tmp_path: Path) -> None:
    parts = parts_of(made(tmp_path, p("A") + section()))
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"xmlns:r=", b"xmlns:rel=")
    with pytest.raises(Faults, match="has unusual names"):
        joined([zipped(tmp_path, parts)])


def test_it_does_not_matter_how_a_part_was_written(tmp_path: Path) -> None:
    one = made(tmp_path, p("A='b'") + TABLE + section())
    two = made(tmp_path, "<w:p><!-- a note --><w:r><w:rPr><w:b w:val='0'/></w:rPr></w:r></w:p>" + TABLE + "<w:sectPr/>")
    parts = parts_of(made(tmp_path, p("é") + section()))
    parts["word/document.xml"] = parts["word/document.xml"].decode().replace("UTF-8", "UTF-16").encode("UTF-16")
    whole = joined([one, two, zipped(tmp_path, parts)])
    assert "".join(body_of(whole).itertext()) == "A='b'é"
    assert values_of(whole, "type") == ["nextPage"] * 3


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"no zip"])
def test_what_is_no_word_document_is_refused(content: bytes) -> None:
    with pytest.raises(Faults) as caught:
        joined([content])
    assert caught.value.problems[0].message.startswith("is not a Word document")


def test_there_must_be_a_document() -> None:
    with pytest.raises(Misuse, match="no document to join"):
        joined([])


BLOCKS = st.lists(
    st.sampled_from(
        [
            p("text"),
            "<w:p/>",
            p("item", '<w:pStyle w:val="ListNumber"/>'),
            p("break", section()),
            TABLE,
            "<w:sdt><w:sdtContent><w:p/></w:sdtContent></w:sdt>",
            '<w:p><w:r><w:br w:type="page"/></w:r></w:p>',
            BOOKMARKED,
            field(" NUMPAGES "),
            field(" TOC "),
        ]
    ),
    max_size=4,
)


@given(bodies=st.lists(st.tuples(BLOCKS, st.sampled_from(["", "<w:sectPr/>", section()])), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_whatever_the_records_hold_nothing_is_lost_and_little_added(
    bodies: list[tuple[list[str], str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = body_of(joined(made(folder, "".join(blocks) + end) for blocks, end in bodies))
    blocks_there = [child for child in whole if child.tag in {f"{W}p", f"{W}tbl", f"{W}sdt"}]
    added = [child for child in blocks_there if child.find(f"{W}pPr/{W}spacing") is not None]
    unended = [blocks for blocks, _ in bodies if not blocks or re.match("<w:(tbl|sdt)|.*sectPr", blocks[-1])]
    assert len(blocks_there) - len(added) == sum(len(blocks) for blocks, _ in bodies)
    assert len(unended) - 1 <= len(added) <= len(unended)
    inner = sum(block.count("<w:sectPr") for blocks, _ in bodies for block in blocks)
    assert len(list(whole.iter(f"{W}sectPr"))) == len(bodies) + inner
    names = [each.get(f"{W}name") for each in whole.iter(f"{W}bookmarkStart")]
    assert len(names) - len({*names}) == sum(max(0, blocks.count(BOOKMARKED) - 1) for blocks, _ in bodies)


@cache
def letters(template: str, count: int) -> tuple[bytes, ...]:
    """The documents of so many clients."""
    compiled = DocxTemplate(making.TEMPLATES / template)
    made_letters = []
    for number in range(count):
        deal = making.deal(over=making.SAMPLES[number % len(making.SAMPLES)].read_text(encoding="utf-8"))
        name = ("山田商店 & <Co>", "Zoë’s “Søn”", "שלום", "a='b'")[number % 4]
        changed = deal.model_copy(update={"client": deal.client.model_copy(update={"name": f"{name} {number}"})})
        house = making.house()
        planned = jobs(changed, house, figures(changed, house.provider))
        job = next(each for each in planned if each.template == template)
        made_letters.append(compiled.render(job.values, job.dated))
    return tuple(made_letters)


@pytest.mark.parametrize(("template", "count"), [("intro-letter.docx", 12), ("service-agreement.docx", 4)])
def test_joined_letters_are_sound_small_and_always_the_same(tmp_path: Path, template: str, count: int) -> None:
    singles = letters(template, count)
    whole = joined(singles)
    assert joined(iter(singles)) == whole
    assert len(whole) < sum(map(len, singles)) * 0.8
    assert not audited(tmp_path, whole)
    assert len(docx.Document(io.BytesIO(whole)).sections) == count


def test_letters_are_taken_one_by_one_and_not_kept() -> None:
    singles = letters("service-agreement.docx", 2)

    def many() -> Iterator[bytes]:
        for number in range(120):
            yield singles[number % 2][:] + b""

    joined(singles)
    tracemalloc.start()
    try:
        whole = joined(many())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    text = len(parts_of(whole)["word/document.xml"])
    assert text > 7_000_000
    assert most < text * 3 / 4


@LIBREOFFICE
@pytest.mark.parametrize(("template", "count"), [("intro-letter.docx", 8), ("service-agreement.docx", 3)])
def test_in_libreoffice_each_page_reads_as_in_the_single_letter(tmp_path: Path, template: str, count: int) -> None:
    singles = letters(template, count)
    names = [f"{number}.docx" for number in range(count)]
    for name, content in zip([*names, "joined.docx"], [*singles, joined(singles)], strict=True):
        (tmp_path / name).write_bytes(content)
    paths = [str(tmp_path / name) for name in (*names, "joined.docx")]
    soffice(tmp_path / "profile", "--convert-to", "pdf", "--outdir", str(tmp_path), *paths)
    alone = [text.split() for name in names for text in pages_of(tmp_path / name.replace(".docx", ".pdf"))]
    together = [text.split() for text in pages_of(tmp_path / "joined.pdf")]
    assert together == alone
