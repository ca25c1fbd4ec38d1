"""Records of deals and spreadsheets become one file or many; what is wrong with one of them stops no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pypdfium2
import pytest

from generator.errors import Faults, Misuse
from generator.merge import gathering, merging
from generator.merge.choosing import Choice
from generator.merge.gathering import Gathering, Wish
from tests.docx_making import cells, lines, paragraph, saved, table
from tests.making import SMALLEST
from tests.workspaces import change, sign, small

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.errors import Problem
    from generator.workspace import Workspace

NOTE = "<html lang=en><title>t</title><p>{{ client.name }} {{ record.sequence }}/{{ record.count }}</p></html>"
ROWS = "Name,Town,Fee\nAnn,Bend,10\nBob,,9\nCy,Salem,100\n"
LETTER = "<html lang=en><title>t</title><p>{{ Name }} of {{ Town }}, {{ Fee }}</p></html>"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = small(tmp_path, deals=3)
    (made.templates / "note.html").write_text(NOTE)
    (made.templates / "letter.html").write_text(LETTER)
    (tmp_path / "c.csv").write_text(ROWS)
    return made


def data(workspace: Workspace, text: str = "") -> str:
    path = workspace.deals.parent / "c.csv"
    if text:
        path.write_text(text)
    return str(path)


def word(workspace: Workspace, *paragraphs: str) -> None:
    def build(document: Any) -> None:
        for text in paragraphs:
            paragraph(document, text)

    saved(workspace.templates, build).rename(workspace.templates / "letter.docx")


def gathered(workspace: Workspace, document: str, **wish: Any) -> Gathering:
    return gathering.gather(workspace, Wish(document, **wish))


def keys(found: Gathering) -> list[str]:
    return [one.key for one in found.records]


def pages(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded().strip() for page in document]


def one_file(found: Gathering) -> bytes:
    return merging.one_file(found, merging.opened(found), duplex=False)[0]


def told(problems: list[Problem]) -> list[tuple[str, int, str]]:
    return [(problem.file.rpartition("/")[2], problem.line, problem.code) for problem in problems]


def failing(what: Callable[[], object]) -> tuple[Problem, ...]:
    with pytest.raises(Faults) as caught:
        what()
    return caught.value.problems


def test_a_document_of_the_packet_is_merged_from_all_deals(workspace: Workspace) -> None:
    found = gathered(workspace, "page")
    assert keys(found) == ["client-00", "client-01", "client-02"]
    assert [page.splitlines()[0] for page in pages(one_file(found))] == [
        f"Client-0{number}, +1 503 555 0140" for number in range(3)
    ]


def test_a_document_for_each_invoice_has_a_record_for_each(workspace: Workspace) -> None:
    found = gathered(workspace, "bill", names=("client-01",))
    assert keys(found) == ["client-01-invoice-setup", "client-01-invoice-2026-12"]


def test_a_template_of_ones_own_can_have_a_record_for_each_invoice_too(workspace: Workspace) -> None:
    assert keys(gathered(workspace, "bill.html", names=("client-01",), each="invoice")) == [
        "client-01-invoice-setup",
        "client-01-invoice-2026-12",
    ]


def test_a_document_that_a_deal_does_not_get_is_no_record(workspace: Workspace) -> None:
    change(workspace.templates / "documents.yaml", "{template: page.html,", "{template: page.html, when: deal.notes,")
    sign(workspace, "client-03", f"{SMALLEST}notes: Ring twice\n")
    assert keys(gathered(workspace, "page")) == ["client-03"]


def test_a_template_is_found_in_the_templates_folder_and_anywhere_else(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.html"
    elsewhere.write_text(NOTE)
    assert gathered(workspace, "note.html").subject.name == "note"
    assert gathered(workspace, str(elsewhere)).subject.name == "elsewhere"


@pytest.mark.parametrize(
    ("document", "message"),
    [("pgae", "did you mean 'page'"), ("nothing", "there are page, bill, labels"), ("provider.yaml", "is no template")],
)
def test_a_document_that_there_is_not_is_refused(workspace: Workspace, document: str, message: str) -> None:
    with pytest.raises(Misuse, match=message):
        gathered(workspace, document)


def test_records_know_their_place_in_the_source_and_among_those_chosen(workspace: Workspace) -> None:
    choice = Choice(sort=("-deal.id",), first=2)
    found = gathered(workspace, "note.html", choice=choice)
    assert pages(one_file(found)) == ["Client-01 1/2", "Client-00 2/2"]
    assert [one.number for one in found.records] == [2, 1]


def test_a_condition_may_ask_for_the_place_in_the_source(workspace: Workspace) -> None:
    choice = Choice(where=("record.number > 1",))
    assert keys(gathered(workspace, "letter.html", data=data(workspace), choice=choice)) == ["row-3", "row-4"]


def test_a_deal_with_a_fault_is_told_and_the_others_are_merged(workspace: Workspace) -> None:
    change(workspace.deals / "client-01.yaml", "gold", "glod")
    found = gathered(workspace, "page")
    assert told(found.problems) == [("client-01.yaml", 5, "D105")]
    assert keys(found) == ["client-00", "client-02"]


def test_a_row_that_a_template_cannot_use_is_told_by_its_place_and_left_out(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ 10 // (Fee | int - 9) }}</html>")
    found = gathered(workspace, "letter.html", data=data(workspace))
    assert pages(one_file(found)) == ["10", "0"]
    assert told(found.problems) == [("c.csv", 3, "T110")]
    assert "letter.html, line 1: " in found.problems[0].message


def test_a_deal_that_a_template_cannot_use_is_told_by_its_id(workspace: Workspace) -> None:
    sign(workspace, "client-01", f"{SMALLEST}notes: Ring twice\n")
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ deal.notes }}</html>")
    found = gathered(workspace, "letter.html")
    assert pages(one_file(found)) == ["Ring twice"]
    assert [(problem.deal, problem.code) for problem in found.problems] == [
        ("client-00", "T110"),
        ("client-02", "T110"),
    ]


def test_a_character_that_no_font_has_leaves_its_record_out_alone(workspace: Workspace) -> None:
    found = gathered(
        workspace, "letter.html", data=data(workspace, "Name,Town,Fee\nAnn,Bend,1\n\U0001f9ff,x,2\nCy,y,3\n")
    )
    assert pages(one_file(found)) == ["Ann of Bend, 1", "Cy of y, 3"]
    assert told(found.problems) == [("c.csv", 3, "T130")]


def test_no_record_left_is_a_fault_that_also_says_why(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ 1 // 0 }}</html>")
    found = gathered(workspace, "letter.html", data=data(workspace))
    assert [problem.code for problem in failing(lambda: one_file(found))] == ["T110", "T110", "T110", "M530"]


def test_an_empty_cell_prints_nothing_and_is_no_fault(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace))
    assert pages(one_file(found)) == ["Ann of Bend, 10", "Bob of , 9", "Cy of Salem, 100"]
    assert found.problems == []


def test_a_name_that_is_no_column_is_a_fault_before_anything_is_made(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text(
        "<html lang=en><title>t</title>{{ Nmae }}\n{{ Nmae }}{{ client.name }}</html>"
    )
    found = gathered(workspace, "letter.html", data=data(workspace))
    problems = failing(lambda: merging.opened(found))
    assert [problem.message for problem in problems] == [
        "there is no value 'Nmae', here and at 1 more places",
        "there is no value 'client'",
    ]
    assert problems[0].hint == "did you mean 'Name'? Or give it to all with --set Nmae=…"
    assert problems[1].hint == '--map "COLUMN=client.…" takes it from a column'


def test_columns_take_the_place_of_a_deals_values_where_they_are_mapped(workspace: Workspace) -> None:
    found = gathered(workspace, "note.html", data=data(workspace), mapping={"Name": "client.name"})
    assert pages(one_file(found)) == ["Ann 1/3", "Bob 2/3", "Cy 3/3"]


def test_a_name_within_a_mapped_value_is_looked_for_too(workspace: Workspace) -> None:
    (workspace.templates / "note.html").write_text("<html lang=en><title>t</title>{{ client.nmae }}</html>")
    found = gathered(workspace, "note.html", data=data(workspace), mapping={"Name": "client.name"})
    assert failing(lambda: merging.opened(found))[0].hint == "did you mean 'name'?"


def test_what_a_cell_holds_is_never_template_nor_markup(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace, "Name,Town,Fee\n{{ 7*7 }} & <b>Sons</b>,=1+1,x\n"))
    assert pages(one_file(found)) == ["{{ 7*7 }} & <b>Sons</b> of =1+1, x"]


def test_values_can_be_given_on_the_command_line(workspace: Workspace) -> None:
    (workspace.templates / "note.html").write_text(
        "<html lang=en><title>t</title>{{ client.name }}: {{ offer }}</html>"
    )
    found = gathered(workspace, "note.html", names=("client-00",), given={"offer": "5 < 6"})
    assert pages(one_file(found)) == ["Client-00: 5 < 6"]


@pytest.mark.parametrize("name", ["client", "record", "records", "provider", "two words", "a.b", "not"])
def test_a_name_that_is_taken_cannot_be_given_a_value(workspace: Workspace, name: str) -> None:
    with pytest.raises(Misuse, match="--set"):
        gathered(workspace, "note.html", given={name: "x"})


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(where=("deal.plam == 'gold'",)), "--where.*did you mean 'plan'"),
        (Choice(sort=("-clinet.name",)), "--sort.*did you mean 'client'"),
        (Choice(unique=("client.nmae",)), "--skip-duplicates.*did you mean 'name'"),
    ],
)
def test_a_name_in_a_condition_is_looked_up_without_any_record(
    workspace: Workspace, choice: Choice, message: str
) -> None:
    with pytest.raises(Misuse, match=message):
        gathered(workspace, "page", choice=choice)


def test_deals_and_a_spreadsheet_do_not_go_together(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match="not from both"):
        gathered(workspace, "page", names=("client-00",), data=data(workspace))


def test_word_letters_become_one_document_with_a_section_for_each(workspace: Workspace, tmp_path: Path) -> None:
    word(workspace, "Dear {{ Name }} of {{ Town }},", "letter {{ record.sequence }} of {{ record.count }}")
    found = gathered(workspace, "letter.docx", data=data(workspace), choice=Choice(sort=("-Fee",)))
    path = tmp_path / "made.docx"
    path.write_bytes(one_file(found))
    made = docx.Document(str(path))
    assert lines(made) == [
        "Dear Cy of Salem,", "letter 1 of 3", "Dear Ann of Bend,", "letter 2 of 3", "Dear Bob of ,", "letter 3 of 3",
    ]  # fmt: skip
    assert len(made.sections) == 3


def test_text_templates_become_one_text(workspace: Workspace) -> None:
    (workspace.templates / "line.txt").write_text("{{ Name }};{{ Fee }}\n")
    assert one_file(gathered(workspace, "line.txt", data=data(workspace))) == b"Ann;10\nBob;9\nCy;100\n"


def test_workbooks_are_not_put_into_one_another(workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "{{ client.name }}"
    book.save(workspace.templates / "book.xlsx")
    with pytest.raises(Misuse, match="--separate"):
        one_file(gathered(workspace, "book.xlsx"))


def test_together_a_template_loops_over_all_records(workspace: Workspace) -> None:
    (workspace.templates / "list.html").write_text(
        "<html lang=en><title>t</title>{% for one in records %}<p>{{ one.client.name }} {{ one.record.sequence }}</p>"
        "{% endfor %}{{ provider.short_name }}</html>"
    )
    found = gathered(workspace, "list.html")
    content, merged = merging.together(found, merging.opened(found, together=True))
    assert pages(content)[0].split() == ["Client-00", "1", "Client-01", "2", "Client-02", "3", "Tamarack", "Lane", "IT"]
    assert merged.letters == 3


def test_together_a_value_from_the_command_line_is_there_too(workspace: Workspace) -> None:
    (workspace.templates / "list.txt").write_text("{{ offer }}:{% for one in records %} {{ one.Name }}{% endfor %}")
    found = gathered(workspace, "list.txt", data=data(workspace), given={"offer": "May"})
    assert merging.together(found, merging.opened(found, together=True))[0] == b"May: Ann Bob Cy"


def test_together_names_within_records_are_looked_up_too(workspace: Workspace) -> None:
    (workspace.templates / "list.html").write_text(
        "<html lang=en><title>t</title>{% for one in records %}{{ one.Nmae }}{% endfor %}</html>"
    )
    found = gathered(workspace, "list.html", data=data(workspace))
    assert failing(lambda: merging.opened(found, together=True))[0].hint == "did you mean 'Name'?"


def test_a_column_may_be_called_like_something_that_python_has(workspace: Workspace) -> None:
    (workspace.templates / "list.txt").write_text("{% for one in records %}{{ one.items }}{{ one.class }} {% endfor %}")
    found = gathered(workspace, "list.txt", data=data(workspace, "items,class\nx,A\ny,B\n"))
    assert merging.together(found, merging.opened(found, together=True))[0] == b"xA yB "


def test_files_of_their_own_are_named_by_a_pattern(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace))
    assert merging.names_of(found, "{{ Name }}/{{ Town }}", ".pdf") == ["Ann-Bend.pdf", "Bob.pdf", "Cy-Salem.pdf"]
    assert merging.names_of(found, "{{ Name }}.pdf", ".pdf") == ["Ann.pdf", "Bob.pdf", "Cy.pdf"]
    assert merging.names_of(found, merging.PATTERN, ".pdf") == ["row-2.pdf", "row-3.pdf", "row-4.pdf"]


def test_names_that_are_one_file_are_a_fault(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace, "Name,Town,Fee\nAnn,x,1\nBob,x,2\nANN,x,3\n"))
    problems = failing(lambda: merging.names_of(found, "{{ Name }}", ".pdf"))
    assert told(list(problems)) == [("c.csv", 4, "M532")]
    assert "c.csv:2" in problems[0].message


def test_a_record_without_a_name_for_its_file_is_left_out(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace))
    assert merging.names_of(found, "{{ Town }}", ".pdf") == ["Bend.pdf", "Salem.pdf"]
    assert told(found.problems) == [("c.csv", 3, "M531")]
    assert keys(found) == ["row-2", "row-4"]


def test_a_pattern_is_held_against_what_records_have(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace))
    for pattern in ("{{ Nmae }}", "{{ Name"):
        with pytest.raises(Misuse, match="--name"):
            merging.names_of(found, pattern, ".pdf")


def test_the_same_records_make_the_same_bytes(workspace: Workspace) -> None:
    word(workspace, "Dear {{ Name }}")
    for document in ("letter.docx", "letter.html"):
        made = {one_file(gathered(workspace, document, data=data(workspace))) for _ in range(2)}
        assert len(made) == 1


def test_records_of_invoices_stand_below_their_client_in_the_outline(workspace: Workspace) -> None:
    found = gathered(workspace, "bill", names=("client-00", "client-01"))
    with pypdfium2.PdfDocument(one_file(found)) as document:
        outline = [(item.level, item.get_title()) for item in document.get_toc()]
    assert outline == [
        (0, "Client-00"), (1, "invoice-setup"), (1, "invoice-2026-12"),
        (0, "Client-01"), (1, "invoice-setup"), (1, "invoice-2026-12"),
    ]  # fmt: skip


def test_records_that_are_called_alike_are_told_apart_in_the_outline(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace, "Name,Town,Fee\nAnn,x,1\nAnn,y,2\n"))
    with pypdfium2.PdfDocument(one_file(found)) as document:
        assert [item.get_title() for item in document.get_toc()] == ["Ann", "Ann (row-3)"]


def test_the_list_of_deals_is_for_others_merges(workspace: Workspace) -> None:
    found = gathered(workspace, "", choice=Choice(where=("deal.id != 'client-01'",)))
    text = merging.contact_list(found).decode("utf-8-sig")
    assert [line.split(",")[2] for line in text.split("\r\n")[:3]] == ["Company", "Client-00", "Client-02"]
    with pytest.raises(Misuse, match="is one already"):
        merging.contact_list(gathered(workspace, "", data=data(workspace)))


def test_a_day_can_be_given_to_all(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ record.date }}</html>")
    dated = gathered(workspace, "letter.html", data=data(workspace), dated=date(2026, 12, 24))
    assert set(pages(one_file(dated))) == {"2026-12-24"}
    undated = gathered(workspace, "letter.html", data=data(workspace))
    assert {problem.code for problem in failing(lambda: one_file(undated))} == {"T110", "M530"}
    signed = gathered(workspace, "letter.html")
    assert set(pages(one_file(signed))) == {"2026-11-16"}


def test_one_record_is_not_the_next_ones_business(workspace: Workspace) -> None:
    found = gathered(workspace, "letter.html", data=data(workspace))
    alone = [one_file(replace(found, records=[one])) for one in found.records]
    assert [pages(one)[0] for one in alone] == pages(one_file(found))


def test_several_records_stand_on_one_page_of_a_word_document(workspace: Workspace, tmp_path: Path) -> None:
    def build(document: Any) -> None:
        table(
            document,
            ("{%tr for row in records | batch(2) %}", "", ""),
            ("{%tc for one in row %}", "{{ one.Name }} {{ one.record.sequence }}", "{%tc endfor %}"),
            ("{%tr endfor %}", "", ""),
        )

    saved(workspace.templates, build).rename(workspace.templates / "cards.docx")
    found = gathered(workspace, "cards.docx", data=data(workspace, f"{ROWS}Di,Salem,1\n"))
    path = tmp_path / "made.docx"
    path.write_bytes(merging.together(found, merging.opened(found, together=True))[0])
    assert cells(docx.Document(str(path)).tables[0]) == [["Ann 1", "Bob 2"], ["Cy 3", "Di 4"]]


def test_all_records_stand_on_one_sheet_of_a_workbook(workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in ("{%tr for one in records %}", "{{ one.Name }}", "{%tr endfor %}"):
        book.active.append([row])
    book.save(workspace.templates / "list.xlsx")
    found = gathered(workspace, "list.xlsx", data=data(workspace))
    content, _ = merging.together(found, merging.opened(found, together=True))
    made = openpyxl.load_workbook(BytesIO(content)).active
    assert made is not None
    assert [row[0] for row in made.iter_rows(values_only=True)] == ["Ann", "Bob", "Cy"]


def test_the_address_block_and_the_greeting_of_a_row(workspace: Workspace) -> None:
    (workspace.templates / "block.txt").write_text(
        "{{ to | address_block(Name) }}\n{{ Name | greeting('Dear {first},', 'Hello,') }}\n\n"
    )
    rows = "Name,Street,City,Zip,Country\nAnn Lee,1 Main St,Bend,97701,\n,Weg 5,Köln,01234,DE\n"
    mapping = {"Street": "to.street", "City": "to.city", "Zip": "to.postal_code", "Country": "to.country"}
    found = gathered(workspace, "block.txt", data=data(workspace, rows), mapping=mapping)
    assert one_file(found).decode().split("\n\n") == [
        "Ann Lee\n1 Main St\nBend 97701\nDear Ann,",
        "Weg 5\n01234 Köln\nGermany\nHello,",
        "",
    ]


def test_no_record_left_for_a_pdf_is_a_fault_and_no_more(workspace: Workspace) -> None:
    found = gathered(workspace, "bill", choice=Choice(where=("deal.plan == 'nope'",)))
    assert [problem.code for problem in failing(lambda: one_file(found))] == ["M530"]


def test_a_column_that_is_mapped_into_deal_makes_no_deal_of_a_row(workspace: Workspace) -> None:
    (workspace.templates / "letter.html").write_text("<html lang=en><title>t</title>{{ deal.plan }}</html>")
    found = gathered(workspace, "letter.html", data=data(workspace), mapping={"Town": "deal.plan"})
    assert pages(one_file(found)) == ["Bend", "", "Salem"]


def test_texts_without_a_line_end_do_not_run_together(workspace: Workspace) -> None:
    (workspace.templates / "line.txt").write_text("{{ Name }};{{ Fee }}")
    assert one_file(gathered(workspace, "line.txt", data=data(workspace))) == b"Ann;10\nBob;9\nCy;100\n"


def test_the_address_book_has_a_deal_once_however_many_invoices_it_has(workspace: Workspace) -> None:
    found = gathered(workspace, "bill")
    assert len(merging.contact_list(found).splitlines()) == 4
    assert len(found.records) == 3


def test_a_column_called_self_is_a_value_like_others(workspace: Workspace) -> None:
    (workspace.templates / "line.txt").write_text("{{ self_ }}\n")
    rows = "self,Town\nAnn,Bend\nBob,Salem\n"
    choice = Choice(where=("self_ == 'Bob'",), sort=("self_",))
    assert one_file(gathered(workspace, "line.txt", data=data(workspace, rows), choice=choice)) == b"Bob\n"


def test_the_case_of_a_templates_suffix_makes_no_difference(workspace: Workspace) -> None:
    word(workspace, "Dear {{ Name }},")
    (workspace.templates / "letter.docx").rename(workspace.templates / "L.DOCX")
    found = gathered(workspace, "L.DOCX", data=data(workspace))
    assert one_file(found).startswith(b"PK")
    assert merging.suffix_of(found) == ".docx"


def test_an_address_block_in_html_has_a_line_for_each_of_its_lines(workspace: Workspace) -> None:
    (workspace.templates / "note.html").write_text(
        "<html lang=en><title>t</title><p>{{ client.address | address_block(client.name, '<b>') }}</p></html>"
    )
    found = gathered(workspace, "note.html", names=("client-00",))
    assert pages(one_file(found))[0].splitlines() == ["Client-00", "<b>", "1 Main Street", "Portland"]


@pytest.mark.parametrize(("document", "each"), [("page", "invoice")])
def test_a_document_of_the_packet_says_itself_what_it_is_made_for(
    workspace: Workspace, document: str, each: str
) -> None:
    with pytest.raises(Misuse, match="--each belongs to"):
        gathered(workspace, document, each=each)


def test_double_sided_texts_are_refused(workspace: Workspace) -> None:
    (workspace.templates / "line.txt").write_text("{{ Name }}")
    found = gathered(workspace, "line.txt", data=data(workspace))
    with pytest.raises(Misuse, match="--duplex"):
        merging.one_file(found, merging.opened(found), duplex=True)
