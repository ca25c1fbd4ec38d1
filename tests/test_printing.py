"""Labels and envelopes from deals, from columns that are called like an address, or from a text of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest

from generator.errors import Faults, Misuse
from generator.merge import gathering, printing
from generator.merge.gathering import Gathering, Wish
from tests.workspaces import small

if TYPE_CHECKING:
    from pathlib import Path

    from generator.merge.merging import Merged
    from generator.workspace import Workspace

CONTACTS = "First name,Last name,Company,Street,City,State,Zip,Country\nAnn,Lee,Acme,1 Main Street,Bend,OR,97701,\n"
ABROAD = "Jürgen,Groß,Müller & Söhne,Hauptstraße 5,Köln,,01234,DE\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return small(tmp_path, deals=2)


def gathered(workspace: Workspace, document: str = "labels", text: str = "", **wish: str) -> Gathering:
    path = workspace.deals.parent / "c.csv"
    if text:
        path.write_text(text)
    return gathering.gather(workspace, Wish(document, data=str(path) if text else "", **wish))  # type: ignore[arg-type]


def labels(found: Gathering, text: Path | None = None, sheet: str = "5160") -> tuple[bytes, Merged]:
    return printing.labels(found, sheet, (1, 1), text, outline=False)


def words(pdf: bytes) -> list[list[str]]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded().split("\r\n") for page in document]


def test_deals_get_labels_with_contact_client_and_address(workspace: Workspace) -> None:
    content, merged = labels(gathered(workspace))
    assert words(content) == [
        ["Ann Lee", "Client-00", "1 Main Street", "Portland", "Ann Lee", "Client-01", "1 Main Street", "Portland"]
    ]
    assert (merged.letters, merged.pages) == (2, 1)


def test_columns_are_taken_for_what_they_are_called(workspace: Workspace) -> None:
    content, _ = labels(gathered(workspace, text=CONTACTS + ABROAD))
    assert words(content) == [
        [
            "Ann Lee", "Acme", "1 Main Street", "Bend, OR 97701",
            "Jürgen Groß", "Müller & Söhne", "Hauptstraße 5", "01234 Köln", "Germany",
        ]
    ]  # fmt: skip


def test_columns_that_are_called_otherwise_are_asked_for(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match="--text FILE"):
        labels(gathered(workspace, text="Alpha,Beta\nx,y\n"))


def test_a_text_of_ones_own_says_what_stands_on_labels(workspace: Workspace, tmp_path: Path) -> None:
    text = tmp_path / "label.txt"
    text.write_text("{{ client.name }}\n\n{% if deal.notes %}{{ deal.notes }}{% endif %}\n{{ deal.plan | upper }}\n")
    assert words(labels(gathered(workspace), text)[0]) == [["Client-00", "GOLD", "Client-01", "GOLD"]]


def test_a_name_that_such_a_text_asks_for_in_vain_is_a_fault(workspace: Workspace, tmp_path: Path) -> None:
    text = tmp_path / "label.txt"
    text.write_text("{{ clinet.name }}")
    with pytest.raises(Faults) as caught:
        labels(gathered(workspace), text)
    assert [(problem.file, problem.hint) for problem in caught.value.problems] == [
        (str(text), "did you mean 'client'?")
    ]


def test_thirty_one_addresses_on_5160_make_two_sheets(workspace: Workspace) -> None:
    rows = "".join(f"Ann,Lee {number},Acme,1 Main Street,Bend,OR,97701,\n" for number in range(30))
    content, merged = labels(gathered(workspace, text=CONTACTS + rows))
    assert (merged.letters, merged.pages, len(words(content))) == (31, 2, 2)


def test_an_address_that_does_not_fit_is_told_by_its_row_and_the_others_are_printed(workspace: Workspace) -> None:
    long = "Ann,Lee,Acme," + " ".join(["Street"] * 200) + ",Bend,OR,97701,\n"
    found = gathered(workspace, text=CONTACTS + long + ABROAD)
    content, merged = labels(found)
    assert merged.letters == 2
    assert "Jürgen Groß" in words(content)[0]
    assert [(problem.file.rpartition("/")[2], problem.line, problem.code) for problem in found.problems] == [
        ("c.csv", 3, "T170")
    ]


def test_a_row_without_any_address_is_told(workspace: Workspace) -> None:
    found = gathered(workspace, text="Note," + CONTACTS.replace("\n", "\nx,", 1) + "only this,,,,,,,,\n")
    assert labels(found)[1].letters == 1
    assert [(problem.line, problem.code) for problem in found.problems] == [(3, "M534")]


def test_no_address_at_all_is_a_fault(workspace: Workspace) -> None:
    with pytest.raises(Faults, match="no record is left"):
        labels(gathered(workspace, text="Note," + CONTACTS.splitlines()[0] + "\nx,,,,,,,,\n"))


def test_an_envelope_for_each_record_has_the_provider_as_sender(workspace: Workspace) -> None:
    content, merged = printing.envelopes(gathered(workspace, "envelopes"), "#10", None)
    first, second = words(content)
    assert (merged.letters, merged.pages) == (2, 2)
    assert "Tamarack Lane IT Services, LLC" in first
    assert "Client-00" in first
    assert "Client-01" in second


@pytest.mark.parametrize("sheet", ["5161", "L7160", "L7163"])
def test_sheets_are_known_by_their_makers_numbers(workspace: Workspace, sheet: str) -> None:
    assert labels(gathered(workspace), sheet=sheet)[1].letters == 2


def test_a_sheet_or_an_envelope_that_there_is_not_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match=r"no sheet 'L716'.*did you mean 'L716"):
        labels(gathered(workspace), sheet="L716")
    with pytest.raises(Misuse, match=r"there are 5160, 5161, .*, L7651, and those cut alike"):
        labels(gathered(workspace), sheet="nine")
    with pytest.raises(Misuse, match="no envelope 'C9'"):
        printing.envelopes(gathered(workspace, "envelopes"), "C9", None)


@pytest.mark.parametrize("document", ["labels", "envelopes"])
def test_what_is_too_large_and_what_no_font_has_are_told_at_their_rows(workspace: Workspace, document: str) -> None:
    long = "Ann,Lee,Acme," + " ".join(["Street"] * 900) + ",Bend,OR,97701,\n"
    strange = "Bo\U0001f9ff,Lee,Acme,1 Main Street,Bend,OR,97701,\n"
    found = gathered(workspace, document, text=CONTACTS + long + strange + ABROAD)
    content, merged = labels(found) if document == "labels" else printing.envelopes(found, "#10", None)
    assert merged.letters == 2
    assert "Jürgen Groß" in words(content)[-1]
    assert [(problem.line, problem.code) for problem in found.problems] == [(3, "T170"), (4, "T130")]


def test_a_column_that_is_mapped_into_deal_prints_its_label(workspace: Workspace) -> None:
    text = "Plan," + CONTACTS.replace("\n", "\ngold,", 1)
    found = gathered(workspace, text=text, mapping={"Plan": "deal.plan"})  # type: ignore[arg-type]
    assert words(labels(found)[0]) == [["Ann Lee", "Acme", "1 Main Street", "Bend, OR 97701"]]


@pytest.mark.parametrize("sheet", ["l7160", "Avery 5160", "avery-l7160"])
def test_a_sheet_is_known_however_its_number_is_written(workspace: Workspace, sheet: str) -> None:
    assert labels(gathered(workspace), sheet=sheet)[1].letters == 2


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("C6/5", (229, 114)),
        ("c5/6", (229, 114)),
        ("#6¾", (165.1, 92.1)),
        ("#6 3/4", (165.1, 92.1)),
        ("10", (241.3, 104.8)),
    ],
)
def test_an_envelope_is_known_however_its_name_is_written(
    workspace: Workspace, name: str, size: tuple[float, float]
) -> None:
    content, _ = printing.envelopes(gathered(workspace, "envelopes"), name, None)
    with pypdfium2.PdfDocument(content) as document:
        assert [round(points / 72 * 25.4, 1) for points in document[0].get_size()] == list(size)


def test_an_envelope_can_be_without_the_sender(workspace: Workspace) -> None:
    content, _ = printing.envelopes(gathered(workspace, "envelopes"), "DL", None, sender=False)
    assert words(content)[0] == ["Ann Lee", "Client-00", "1 Main Street", "Portland"]


def test_a_list_has_a_country_of_its_own(workspace: Workspace) -> None:
    german = "Firma,Straße,PLZ,Ort,Land\nGroß KG,Weg 1,01067,Dresden,\nLee,Rue 2,75001,Paris,Frankreich\n"
    content, _ = labels(gathered(workspace, text=german, country="de", locale="de_DE"))
    assert words(content) == [
        ["Groß KG", "Weg 1", "01067 Dresden", "Germany", "Lee", "Rue 2", "75001 Paris", "France"],
    ]


def test_a_country_or_locale_that_is_none_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Misuse, match="there is no country 'Germoney'"):
        gathered(workspace, text=CONTACTS, country="Germoney")
    with pytest.raises(Misuse, match="there is no locale 'german'"):
        gathered(workspace, text=CONTACTS, locale="german")
