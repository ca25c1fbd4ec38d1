"""Labels and envelopes: where they stand on paper, measured in the finished PDF, and that nothing is ever cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdfium2 import raw as pdfium

from generator.errors import Faults, Misuse
from generator.render.labels import LabelLook, envelopes, labels
from generator.stationery import ENVELOPES, SHEETS, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

PDFIUM: Any = pdfium
MM = 72 / 25.4
LOOK = LabelLook()
ADDRESS = ("Harbor Dental", "Attn: Maria Lindqvist", "9 Quay Street", "Suite 4", "Portland, OR 97201")
#: left, top, right, bottom in mm, from the top left corner
Place = tuple[float, float, float, float]


def texts(count: int) -> list[tuple[str, ...]]:
    return [(f"Client {number}", *ADDRESS[2:]) for number in range(1, count + 1)]


def read(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def edges(pdf: bytes) -> list[Place]:
    """The paths drawn on the first page, in reading order."""
    with pypdfium2.PdfDocument(pdf) as document:
        height = document[0].get_height()
        bounds = (item.get_bounds() for item in document[0].get_objects() if item.type == PDFIUM.FPDF_PAGEOBJ_PATH)
        found = [
            ((height - top) / MM, left / MM, right / MM, (height - bottom) / MM) for left, bottom, right, top in bounds
        ]
    return [(left, top, right, bottom) for top, left, right, bottom in sorted(found)]


def where(pdf: bytes, words: str, page: int = 0) -> Place:
    """The box around some words."""
    with pypdfium2.PdfDocument(pdf) as document:
        read_page = document[page].get_textpage()
        found = read_page.search(words).get_next()
        assert found, f"{words} is not on page {page}"
        boxes = [read_page.get_charbox(at) for at in range(found[0], found[0] + found[1])]
        height = document[page].get_height()
    left, top = min(box[0] for box in boxes) / MM, (height - max(box[3] for box in boxes)) / MM
    return left, top, max(box[2] for box in boxes) / MM, (height - min(box[1] for box in boxes)) / MM


def sizes(pdf: bytes) -> set[float]:
    """The sizes of type on the first page, in points."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0].get_textpage()
        return {round(PDFIUM.FPDFText_GetFontSize(page, at) * 72 / 96, 1) for at in range(page.count_chars())} - {0.8}


def inside(found: Place, sheet: Sheet, place: int) -> bool:
    box = sheet.box(place)
    left, top, right, bottom = found
    return box.left <= left < right <= box.left + box.width and box.top <= top < bottom <= box.top + box.height


@pytest.mark.parametrize("name", ["5160", "5161", "5162", "5163", "5164", "5167", "L7159", "L7160", "L7163", "L7165"])
def test_labels_are_drawn_where_the_table_says(name: str) -> None:
    sheet = SHEETS[name]
    made = labels([("Ann",)] * sheet.count, sheet, LOOK, outline=True)
    found = edges(made)
    assert len(found) == sheet.count
    for place, edge in enumerate(found):
        box = sheet.box(place)
        assert edge == pytest.approx((box.left, box.top, box.left + box.width, box.top + box.height), abs=0.3)
    with pypdfium2.PdfDocument(made) as document:
        assert document[0].get_size() == pytest.approx([length * MM for length in sheet.paper], abs=0.1)


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_the_measures_of_a_sheet_agree_with_one_another(sheet: Sheet) -> None:
    last = sheet.box(sheet.count - 1)
    assert sheet.pitch[0] >= sheet.label[0]
    assert sheet.pitch[1] >= sheet.label[1]
    assert last.left + last.width + sheet.first[0] == pytest.approx(sheet.paper[0], abs=0.01)
    assert last.top + last.height + sheet.first[1] == pytest.approx(sheet.paper[1], abs=0.01)


@pytest.mark.parametrize(
    ("name", "count", "inches"),
    [("5160", 30, (2.625, 1)), ("5163", 10, (4, 2)), ("5164", 6, (4, 3.333)), ("5167", 80, (1.75, 0.5))],
)
def test_us_sheets_are_what_their_packages_say(name: str, count: int, inches: tuple[float, float]) -> None:
    assert SHEETS[name].count == count
    assert [length / 25.4 for length in SHEETS[name].label] == pytest.approx(inches, abs=0.001)


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [("L7160", 21, (7.25, 15.15)), ("L7163", 14, (4.65, 15.15)), ("L7651", 65, (4.75, 10.7))],
)
def test_a4_sheets_are_what_their_packages_say(name: str, count: int, first: tuple[float, float]) -> None:
    assert SHEETS[name].count == count
    assert SHEETS[name].first == pytest.approx(first, abs=0.01)


def test_every_text_stands_in_its_own_label() -> None:
    sheet = SHEETS["5160"]
    made = labels(texts(30), sheet, LOOK)
    assert all(inside(where(made, f"Client {number}\r"), sheet, number - 1) for number in (1, 2, 3, 4, 17, 30))
    boxes = [where(made, f"Client {number}\r") for number in (10, 11)]
    assert boxes[1][0] - boxes[0][0] == pytest.approx(sheet.pitch[0], abs=0.3)


def test_thirty_one_addresses_make_two_sheets_of_thirty() -> None:
    made = read(labels(texts(31), SHEETS["5160"], LOOK))
    assert [page.count("Client") for page in made] == [30, 1]
    assert "Client 31" in made[1]


def test_a_part_used_sheet_is_begun_at_the_label_that_is_left() -> None:
    sheet = SHEETS["5160"]
    made = labels(texts(7), sheet, LOOK, start=(9, 2))
    assert [page.count("Client") for page in read(made)] == [5, 2]
    assert inside(where(made, "Client 1\r"), sheet, 25)
    assert inside(where(made, "Client 5\r"), sheet, 29)
    assert inside(where(made, "Client 6\r", page=1), sheet, 0)


@pytest.mark.parametrize("start", [(11, 1), (1, 4), (0, 1), (1, 0)])
def test_a_start_off_the_sheet_is_refused(start: tuple[int, int]) -> None:
    with pytest.raises(Misuse, match=r"no label in row .* of a sheet 5160: it has 10 rows and 3 columns"):
        labels(texts(1), SHEETS["5160"], LOOK, start=start)


def test_a_long_name_is_set_smaller_with_its_line_whole() -> None:
    name = "Environmental Consulting Associates, Inc."
    made = labels([(name, *ADDRESS[2:])], SHEETS["5160"], LOOK)
    assert name in read(made)[0]
    assert sizes(made) == {10.0}


def test_a_longer_name_is_broken_between_words_and_stays_readable() -> None:
    name = "Gesellschaft für angewandte Röntgenphysik und Strahlenschutz mit beschränkter Haftung"
    sheet = SHEETS["5160"]
    made = labels([(name, *ADDRESS[2:])], sheet, LOOK)
    assert " ".join(read(made)[0].split()).startswith(name)
    assert inside(where(made, "Gesellschaft"), sheet, 0)
    assert inside(where(made, "Haftung"), sheet, 0)
    assert inside(where(made, "97201"), sheet, 0)
    assert min(sizes(made)) >= 8


def test_nothing_is_cut_at_the_smallest_size_and_nothing_runs_into_the_next_label() -> None:
    sheet = SHEETS["5160"]
    lines = [f"Line {number} of a very long address" for number in range(8)]
    made = labels([lines, ADDRESS], sheet, LOOK)
    assert sizes(made) == {6.5, 10.5}
    assert [inside(where(made, words), sheet, 0) for words in ("Line 0 of", "Line 7 of a very long address")] == [
        True,
        True,
    ]


def test_all_addresses_that_cannot_fit_are_named_at_once() -> None:
    long = [f"Line {number}" for number in range(20)]
    with pytest.raises(Faults) as raised:
        labels([ADDRESS, long, ADDRESS, ("wide " * 200,)], SHEETS["5160"], LOOK)
    assert [problem.place for problem in raised.value.problems] == ["label 2", "label 4"]
    assert "20 lines" in raised.value.problems[0].message
    assert "does not fit into 61 × 23 mm, even at 6 points" in raised.value.problems[0].message


@settings(max_examples=25, deadline=None)
@given(
    lines=st.lists(st.text("abcdeMWil ", min_size=1, max_size=90).filter(str.strip), min_size=1, max_size=9),
    sheet=st.sampled_from([SHEETS["5160"], SHEETS["L7163"], SHEETS["5167"]]),
)
def test_whatever_is_written_stands_whole_inside_its_label_or_is_refused(lines: list[str], sheet: Sheet) -> None:
    try:
        made = labels([lines], sheet, LOOK)
    except Faults as faults:
        assert [problem.place for problem in faults.problems] == ["label 1"]  # noqa: PT017 -- either is right
        return
    with pypdfium2.PdfDocument(made) as document:
        page = document[0].get_textpage()
        text, height = page.get_text_range(), document[0].get_height()
        boxes = [page.get_charbox(at) for at in range(page.count_chars()) if not text[at : at + 1].isspace()]
    assert re.sub(r"[\s\ufffe\xad-]", "", text) == re.sub(r"\s", "", "".join(lines))
    inks = [box for box in boxes if box[2] > box[0]]
    assert all(inside((b[0] / MM, (height - b[3]) / MM, b[2] / MM, (height - b[1]) / MM), sheet, 0) for b in inks)


def test_a_name_without_a_space_is_broken_rather_than_cut() -> None:
    sheet = SHEETS["5167"]
    made = labels([("Wolkenkratzerfassadenreinigungsgesellschaft",)], sheet, LOOK)
    assert re.sub(r"\s|\ufffe", "", read(made)[0]) == "Wolkenkratzerfassadenreinigungsgesellschaft"
    with pypdfium2.PdfDocument(made) as document:
        page = document[0].get_textpage()
        boxes = [page.get_charbox(at) for at in range(page.count_chars())]
    box = sheet.box(0)
    assert max(right for _, _, right, _ in boxes) / MM <= box.left + box.width


@pytest.mark.parametrize(
    "name", ["Łukasz Żółć & Søn <ÅÄÖ>", "株式会社山田商店", "{{ 7*7 }}", "O’Brien “Quoted”", "Đặng Thị Hồng"]
)
def test_names_of_all_kinds_read_back_as_written(name: str) -> None:
    assert name in read(labels([(name, *ADDRESS[2:])], SHEETS["5160"], LOOK))[0]


def test_what_is_written_from_right_to_left_stands_at_the_right() -> None:
    sheet = SHEETS["5160"]
    made = labels([("משרד כהן", "רחוב הרצל 5"), ("משרד לוי", "5 Herzl Street")], sheet, LOOK)
    right = sheet.label[0] - 3
    assert where(made, "רחוב")[2] - sheet.box(0).left == pytest.approx(right, abs=0.5)
    assert where(made, "הרצל")[2] < where(made, "רחוב")[0]
    assert where(made, "Herzl")[0] < sheet.box(1).left + sheet.label[0] / 2
    assert where(made, "לוי")[2] < where(made, "משרד")[0] + sheet.pitch[0]


def test_a_character_that_no_font_has_is_a_fault_of_its_label() -> None:
    with pytest.raises(Faults) as raised:
        labels([ADDRESS, ("A\U000f1234",)], SHEETS["5160"], LOOK)
    assert [(problem.code, problem.place) for problem in raised.value.problems] == [("T130", "label 2")]


def test_a_value_with_line_breaks_is_several_lines_and_an_empty_text_leaves_its_label_empty() -> None:
    sheet = SHEETS["5160"]
    made = labels([("Ann\n9 Quay Street",), (), ("Bob",)], sheet, LOOK)
    assert where(made, "9 Quay")[1] > where(made, "Ann")[3]
    assert inside(where(made, "Bob"), sheet, 2)


def test_the_same_texts_make_the_same_bytes() -> None:
    assert labels(texts(3), SHEETS["L7160"], LOOK) == labels(texts(3), SHEETS["L7160"], LabelLook())


@pytest.mark.parametrize(("name", "millimetres"), [("#10", (241.3, 104.775)), ("DL", (220, 110)), ("C5", (229, 162))])
def test_an_envelope_has_its_size_the_sender_above_and_the_address_below_to_the_right(
    name: str, millimetres: Sequence[float]
) -> None:
    made = envelopes([ADDRESS, ("Ann",)], ENVELOPES[name], ("Tamarack Lane IT", "400 Tamarack Lane"))
    with pypdfium2.PdfDocument(made) as document:
        assert [page.get_size() for page in document] == [
            pytest.approx([length * MM for length in millimetres], abs=0.1)
        ] * 2
    width, height = millimetres
    sender, first, last = (where(made, words) for words in ("Tamarack Lane IT", "Harbor Dental", "Portland, OR 97201"))
    assert sender[:2] == pytest.approx((10, 9), abs=1.5)
    assert first[0] == pytest.approx(0.42 * width, abs=0.6)
    assert first[1] >= 0.4 * height
    assert last[3] <= height - 5 / 8 * 25.4
    assert "Tamarack Lane IT" in read(made)[1]


def test_an_envelope_needs_no_sender() -> None:
    assert read(envelopes([("Ann",)], ENVELOPES["C6"], ())) == ["Ann"]


def test_what_does_not_fit_on_an_envelope_is_named() -> None:
    long = [f"Line {number}" for number in range(40)]
    with pytest.raises(Faults) as raised:
        envelopes([ADDRESS, long], ENVELOPES["C6"], long)
    assert [problem.place for problem in raised.value.problems] == ["envelope 2", "the sender"]
