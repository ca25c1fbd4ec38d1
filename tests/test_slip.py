"""A routing slip is filled in, bent and rendered again: no mark is lost, none gets to another action."""

from __future__ import annotations

import random
import shutil
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment

from generator import pipeline, write
from generator.order import Order
from generator.record import LEFT
from generator.slip.reading import Slip, read
from generator.slip.workbook import UnreadableError
from tests.libreoffice import LIBREOFFICE, run_macro
from tests.slip_making import DEAL, MARKS, ONLY_SLIPS, Office, follow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from generator.account import Written

DAY = date(2026, 11, 17)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with a new slip, to be copied."""
    return Office.opened(tmp_path_factory.mktemp("blank") / "office").root


@pytest.fixture
def office(blank: Path, tmp_path: Path) -> Office:
    return copied(blank, tmp_path / "office")


def copied(blank: Path, to: Path) -> Office:
    shutil.copytree(blank, to)
    return Office(to)


def changes(office: Office, **options: bool) -> str:
    """What became of the slip when it was made again."""
    (document,) = office.render(**options).deals[0].documents
    return document.change


def warned(office: Office) -> dict[str, str]:
    """Render again: place → message of every problem, all of them warnings."""
    account = office.render()
    assert not account.failed
    assert {problem.file for problem in account.problems} <= {str(office.slip)}
    return {problem.place: problem.message for problem in account.problems}


def test_marks_are_in_the_next_slip_on_the_same_action(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO", "Spelt “Harbor”, not “Harbour”")
    sheet.mark("invoices-made", None, "RO", 4471)
    sheet.save()
    office.change_deal(("starts: 2026-12-01", "starts: 2027-01-01"))
    assert changes(office) == "changed"
    actions = office.actions()
    assert [actions["names-match"][mark] for mark in MARKS] == [DAY, "RO", "Spelt “Harbor”, not “Harbour”"]
    assert [actions["invoices-made"][mark] for mark in MARKS] == [None, "RO", 4471]
    assert not any(row["Done on"] for name, row in actions.items() if name != "names-match")
    assert changes(office) == "same"


def fill_in(office: Office) -> None:
    """Fill in an action, and have that carried over."""
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO")
    sheet.save()
    assert changes(office) == "changed"


def test_the_reason_for_a_slip_that_is_made_again_is_that_it_was_filled_in(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO")
    sheet.save()
    (deal,) = office.render().deals
    assert [one.why for one in deal.documents if one.change == "changed"] == ["people filled it in"]


def test_a_slip_that_the_deal_no_longer_has_stays_if_people_filled_it_in(office: Office) -> None:
    fill_in(office)
    manifest = office.root / "templates" / "documents.yaml"
    old, new = "target: routing-slip.xlsx", "target: slip.xlsx"
    manifest.write_text(manifest.read_text("utf-8").replace(old, new), "utf-8")
    filled_in = office.slip.read_bytes()
    for why in (LEFT, LEFT):
        account = office.render()
        assert ("W403", why) in [(problem.code, problem.message) for problem in account.problems]
        assert office.slip.read_bytes() == filled_in
    office.slip.with_name("slip.xlsx").unlink()
    manifest.write_text(manifest.read_text("utf-8").replace(new, old), "utf-8")
    office.render()
    assert office.actions()["names-match"]["Initials"] == "RO"


@pytest.mark.parametrize("filled_in", [True, False])
def test_the_slip_of_a_deal_that_is_gone_stays_if_people_filled_it_in(office: Office, *, filled_in: bool) -> None:
    if filled_in:
        fill_in(office)
    office.change_deal(("starts: 2026-12-01", "starts: 2027-01-01"))
    office.render()
    (office.root / "deals" / f"{DEAL}.yaml").unlink()
    writer = write.Disk(office.workspace.output)
    pipeline.render(office.workspace, (), writer, order=Order(prune=True))
    assert office.slip.exists() is filled_in


def test_a_slip_that_nobody_touched_stays_the_same(office: Office) -> None:
    before = office.slip.read_bytes()
    assert changes(office) == "same"
    assert office.slip.read_bytes() == before


def test_rows_that_people_added_stay_as_they_wrote_them(office: Office) -> None:
    added = {
        "id": None, "Section": "Extra", "Action": "=Bring a cake & <b>candles</b>", "Owner": "Priya Raman",
        "Due": date(2026, 11, 20), "Done on": DAY, "Initials": "PR", "Notes": "two\nlines",
    }  # fmt: skip
    sheet = office.sheet()
    spare = next(number for number, row in sheet.rows() if not any(row.values()))
    sheet.put(spare, added)
    sheet.put(spare + 12, {"Notes": "Far below"})
    sheet.save()
    assert warned(office) == {}
    assert office.added() == [added, {**dict.fromkeys(added), "Notes": "Far below"}]
    assert changes(office) == "same"


def test_what_was_done_for_another_amount_is_kept_and_told(office: Office) -> None:
    sheet = office.sheet()
    cell = sheet.mark("check-collected", DAY, "DW", "check 118")
    sheet.mark("check-applied", DAY, "RO")
    sheet.save()
    office.change_deal(("monthly: {paid_by: card}", "monthly: {paid_by: check}"))
    assert list(warned(office)) == [cell]
    actions, (kept,) = office.actions(), office.kept()
    assert actions["check-collected"]["Done on"] is None
    assert actions["check-applied"]["Done on"] == DAY
    assert (kept["Stood in"], kept["id"], kept["Done on"], kept["Initials"]) == (cell, "check-collected", DAY, "DW")
    assert "$2,096.40" in kept["Action"]
    assert "$6,672.17" in kept["Why"]


def test_what_was_noted_for_an_action_that_reads_otherwise_now_stays_with_it(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("check-collected", None, None, "They will bring it on Friday")
    sheet.save()
    office.change_deal(("monthly: {paid_by: card}", "monthly: {paid_by: check}"))
    assert warned(office) == {}
    assert office.actions()["check-collected"]["Notes"] == "They will bring it on Friday"


def test_a_mark_for_an_action_that_no_longer_applies_is_kept_and_told(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("card-charged", DAY)
    row = sheet.row_of("card-charged")
    sheet.save()
    office.change_deal(("monthly: {paid_by: card}", "monthly: {paid_by: ach}"))
    assert "no longer applies" in warned(office)[f"Slip!A{row}"]
    assert "card-charged" not in office.actions()
    assert [(kept["id"], kept["Done on"]) for kept in office.kept()] == [("card-charged", DAY)]


def test_what_was_kept_stays_kept_until_somebody_deletes_it(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY)
    sheet.put(sheet.row_of("names-match"), {"id": "nams-match"})
    sheet.save()
    assert len(warned(office)) == 1
    assert warned(office) == {}
    first = office.kept()
    assert [row["id"] for row in first] == ["nams-match"]
    office.change_deal(("servers: 2", "servers: 3"))
    assert changes(office) == "changed"
    assert office.kept() == first
    book = office.sheet().book
    book["Kept"].delete_rows(5)
    book.save(office.slip)
    office.render()
    assert office.kept() == []


@pytest.mark.parametrize(("written", "reason"), [(None, "missing"), ("names_match", "no action has the id")])
def test_a_marked_row_without_its_id_is_kept_and_told(office: Office, written: str | None, reason: str) -> None:
    sheet = office.sheet()
    row = sheet.row_of("names-match")
    sheet.mark("names-match", DAY)
    sheet.put(row, {"id": written})
    sheet.save()
    told = warned(office)
    assert reason in told[f"Slip!A{row}"]
    assert "names-match" in told[f"Slip!A{row}"]
    assert office.actions()["names-match"]["Done on"] is None
    assert [kept["Done on"] for kept in office.kept()] == [DAY]


def test_two_rows_with_the_same_id_and_different_marks_are_both_kept(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY)
    first, second = sheet.row_of("names-match"), sheet.row_of("invoices-made")
    text = sheet.get(first, "Action")
    sheet.put(second, {"id": "names-match", "Action": text, "Done on": DAY + timedelta(1)})
    sheet.save()
    assert warned(office).keys() == {f"Slip!A{first}", f"Slip!A{second}"}
    assert not any(row["Done on"] for row in office.actions().values())
    assert [kept["Done on"] for kept in office.kept()] == [DAY, DAY + timedelta(1)]


def test_a_row_that_was_copied_counts_once(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO")
    number = sheet.row_of("names-match")
    sheet.put(70, {heading: sheet.get(number, heading) for heading in sheet.columns})
    sheet.save()
    assert warned(office).keys() == {"Slip!A70"}
    assert office.actions()["names-match"]["Done on"] == DAY
    assert (office.kept(), office.added()) == ([], [])


def test_what_is_no_day_stays_where_it_was_written_and_is_told(office: Office) -> None:
    sheet = office.sheet()
    cell = sheet.mark("names-match", "yes")
    sheet.save()
    assert "'yes' is not a day" in warned(office)[cell]
    assert office.actions()["names-match"]["Done on"] == "yes"


@pytest.mark.parametrize(
    "written", [DAY, datetime.combine(DAY, time(9, 30)), "2026-11-17", " 2026-11-17 ", 46343], ids=str
)
def test_a_day_is_understood_however_it_got_there(office: Office, written: object) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", written)
    if isinstance(written, int):
        sheet.cells.cell(sheet.row_of("names-match"), 6).number_format = "General"
    sheet.save()
    assert warned(office) == {}
    assert office.actions()["names-match"]["Done on"] == DAY


def test_a_formula_that_nobody_worked_out_stays_as_its_text(office: Office) -> None:
    sheet = office.sheet()
    sheet.cells.cell(sheet.row_of("names-match"), 8).value = "=1+1"
    sheet.save()
    assert warned(office) == {}
    assert office.actions()["names-match"]["Notes"] == "=1+1"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("a\r\nb", "a\nb"),
        ("_x000D_\nb", "\nb"),
        ("_x0007_bell", "bell"),
        ("#N/A", "#N/A"),
        ("007", "007"),
        ("😀", "😀"),
    ],
)
def test_texts_as_other_programs_store_them_are_carried_over(office: Office, stored: str, shown: str) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", None, None, stored)
    sheet.save()
    assert warned(office) == {}
    assert office.actions()["names-match"]["Notes"] == shown
    assert changes(office) == "same"


def test_what_somebody_saves_while_the_slip_is_made_stays(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY)
    sheet.save()

    class Slow(write.Disk):
        def write(self, *given: Any, **more: Any) -> tuple[Written, ...]:
            sheet.mark("names-match", DAY, "RO")
            sheet.save()
            return super().write(*given, **more)

    account = pipeline.render(office.workspace, (), Slow(office.workspace.output), order=ONLY_SLIPS)
    assert [document.change for document in account.deals[0].documents] == ["kept"]
    assert office.actions()["names-match"]["Initials"] == "RO"
    assert changes(office) == "changed"
    assert [office.actions()["names-match"][mark] for mark in MARKS] == [DAY, "RO", None]


def test_columns_may_be_moved_and_the_sheet_renamed(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO", "moved")
    sheet.cells.title = "Our slip"
    sheet.cells.insert_cols(1)
    sheet.save()
    assert warned(office) == {}
    assert [office.actions()["names-match"][mark] for mark in MARKS] == [DAY, "RO", "moved"]


@pytest.mark.parametrize("lock", ["~$routing-slip.xlsx", ".~lock.routing-slip.xlsx#"])
def test_a_slip_that_is_open_elsewhere_is_left_alone(office: Office, lock: str) -> None:
    office.change_deal(("servers: 2", "servers: 3"))
    before = office.slip.read_bytes()
    (office.slip.parent / lock).write_text("Ruth")
    assert ["open in another program" in message for message in warned(office).values()] == [True]
    assert changes(office) == "kept"
    assert office.slip.read_bytes() == before
    (office.slip.parent / lock).unlink()
    assert changes(office) == "changed"


def test_a_slip_that_may_not_be_read_is_left_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.change_deal(("servers: 2", "servers: 3"))
    read_bytes = type(office.slip).read_bytes

    def refused(path: Path) -> bytes:
        if path == office.slip:
            raise PermissionError(13, "Permission denied", str(path))
        return read_bytes(path)

    with monkeypatch.context() as patch:
        patch.setattr(type(office.slip), "read_bytes", refused)
        assert ["cannot be opened" in message for message in warned(office).values()] == [True]
        assert changes(office) == "kept"


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04 torn"])
def test_a_slip_that_cannot_be_read_is_left_alone_unless_by_force(office: Office, content: bytes) -> None:
    office.slip.write_bytes(content)
    assert ["that can be read" in message for message in warned(office).values()] == [True]
    assert changes(office) == "kept"
    assert office.slip.read_bytes() == content
    assert changes(office, force=True) == "changed"
    assert office.slip.with_name("routing-slip.xlsx.~1~").read_bytes() == content
    assert len(office.actions()) > 20


def test_a_slip_without_its_headings_is_left_alone(office: Office) -> None:
    sheet = office.sheet()
    sheet.cells.cell(sheet.top, 6).value = "Finished"
    sheet.save()
    assert ["done on" in message for message in warned(office).values()] == [True]
    assert changes(office) == "kept"


def test_a_slip_whose_headings_were_sorted_into_its_rows_is_left_alone(office: Office) -> None:
    sheet = office.sheet()
    sheet.mark("names-match", DAY)
    first = list(sheet.cells.values)[sheet.top]
    for column, heading in enumerate([*sheet.columns], 1):
        sheet.cells.cell(sheet.top + 1, column).value = heading
        sheet.cells.cell(sheet.top, column).value = first[column - 1]
    sheet.save()
    assert [f"below the row of 'names-match' (Slip!A{sheet.top})" in told for told in warned(office).values()] == [True]
    assert changes(office) == "kept"


def test_a_slip_with_its_sheet_copied_is_left_alone(office: Office) -> None:
    book = office.sheet().book
    book.copy_worksheet(book["Slip"])
    book.save(office.slip)
    assert ["it has 2 sheets with the headings" in told for told in warned(office).values()] == [True]
    assert changes(office) == "kept"


def test_a_slip_with_more_on_it_than_can_be_carried_over_is_left_alone(office: Office) -> None:
    sheet = office.sheet()
    row = sheet.row_of("names-match")
    sheet.cells.cell(row, 9).value = "ticket 7"
    sheet.cells.cell(row, 8).comment = Comment("Ask Ruth", "Priya")
    sheet.book.create_sheet("Passwords")["A1"] = "not here"
    sheet.save()
    before = office.slip.read_bytes()
    assert warned(office).keys() == {f"Slip!I{row}", "Passwords", ""}
    assert changes(office) == "kept"
    assert office.slip.read_bytes() == before
    assert changes(office, force=True) == "changed"
    assert office.slip.with_name("routing-slip.xlsx.~1~").read_bytes() == before


@pytest.mark.parametrize("content", [b"oops", None])
def test_a_template_that_is_broken_is_a_fault_and_the_slip_stays(office: Office, content: bytes | None) -> None:
    template, before = office.root / "templates" / "routing-slip.xlsx", office.slip.read_bytes()
    template.unlink()
    if content:
        template.write_bytes(content)
    account = office.render()
    assert [deal.status for deal in account.deals] == ["failed"]
    assert {problem.file for problem in account.problems} == {str(template)}
    assert office.slip.read_bytes() == before


def test_a_sheet_that_the_template_gets_later_is_one_of_the_slips(office: Office) -> None:
    template = office.root / "templates" / "routing-slip.xlsx"
    office.change_deal(("starts: 2026-12-01", "starts: 2027-01-01"))
    assert changes(office) == "changed"
    for path in (template, office.slip):
        book = openpyxl.load_workbook(path)
        book.create_sheet("Our notes")
        book.save(path)
    office.change_deal(("starts: 2027-01-01", "starts: 2027-02-01"))
    assert changes(office) == "changed"


def test_a_template_that_would_drop_what_people_filled_in_is_an_error(office: Office) -> None:
    template = office.workspace.templates / "routing-slip.xlsx"
    book = openpyxl.load_workbook(template)
    for row in book["Slip"].iter_rows():
        for cell in row:
            if cell.value == "{{ action.initials }}":
                cell.value = None
    book.save(template)
    sheet = office.sheet()
    sheet.mark("names-match", DAY, "RO")
    sheet.save()
    before = office.slip.read_bytes()
    (problem,) = office.render().problems
    assert (problem.file, problem.code, problem.severity, problem.deal) == (str(template), "S514", "error", DEAL)
    assert "RO" in problem.message
    assert office.slip.read_bytes() == before


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40)
notes = texts | st.integers(-(10**9), 10**9) | st.booleans() | st.dates(date(1990, 1, 1), date(2199, 12, 31))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_filled_in_is_in_the_next_slip(blank: Path, tmp_path_factory: Any, data: st.DataObject) -> None:
    office = copied(blank, tmp_path_factory.mktemp("filled") / "office")
    sheet = office.sheet()
    names = list(office.actions())
    filled = data.draw(
        st.dictionaries(
            st.sampled_from(names), st.tuples(st.dates(date(1990, 1, 1), date(2199, 12, 31)), notes, notes), max_size=12
        )
    )
    for name, marks in filled.items():
        sheet.mark(name, *marks)
    rows = data.draw(
        st.lists(
            st.fixed_dictionaries({"Action": texts.map(lambda text: f"+ {text}"), "Owner": texts, "Notes": notes}),
            max_size=4,
        )
    )
    spare = sheet.row_of(names[-1]) + 1
    for number, row in enumerate(rows, spare):
        sheet.put(number, row)
    sheet.save()
    assert warned(office) == {}
    actions = office.actions()
    for name in names:
        marks = tuple(actions[name][mark] for mark in MARKS)
        assert marks == tuple(none_if_blank(mark) for mark in filled.get(name, (None, None, None)))
    assert [(row["Action"], row["Owner"], row["Notes"]) for row in office.added()] == [
        tuple(none_if_blank(row[key]) for key in ("Action", "Owner", "Notes")) for row in rows
    ]
    assert changes(office) == "same"


def none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_to_the_rows_no_mark_is_lost_or_on_another_action(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    sheet = office.sheet()
    rows = [row for _, row in sheet.rows() if any(row.values())]
    for number, row in enumerate(rows):
        if chance.random() < 0.6:
            row |= {"Done on": date(2026, 1, 1) + timedelta(number), "Notes": f"note {number}"}
    for _ in range(chance.randrange(1, 12)):
        bend(rows, chance)
    for number in range(sheet.top + 1, sheet.top + 80):
        sheet.put(number, rows.pop(0) if rows else dict.fromkeys(sheet.columns))
    sheet.save()
    before = office.rows()
    follow(before, office, office.render())
    again = office.slip.read_bytes()
    office.render()
    assert office.slip.read_bytes() == again


def bend(rows: list[dict[str, Any]], chance: random.Random) -> None:
    """One of the things that people do to a slip."""
    one, other, place = chance.choice(rows), chance.choice(rows), chance.randrange(len(rows))
    deeds: list[Callable[[], object]] = [
        lambda: rows.sort(key=lambda row: str(row[chance.choice(["Due", "Owner", "Action"])])),
        lambda: rows.remove(one),
        lambda: rows.insert(place, dict(one)),
        lambda: rows.insert(place, {**one, "id": None}),
        lambda: rows.insert(place, dict.fromkeys(one)),
        lambda: other.update(one),
        lambda: one.update({"id": None}),
        lambda: one.update({"id": f"{one['id']}x"}),
        lambda: one.update({"Action": f"{one['Action']} (see Bob)"}),
        lambda: swap(one, other),
    ]
    chance.choice(deeds)()


def swap(one: dict[str, Any], other: dict[str, Any]) -> None:
    """What sorting without the column of ids does."""
    one["id"], other["id"] = other["id"], one["id"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_is_read_or_refused_but_never_a_crash(blank: Path, at: float, byte: int, *, cut: bool) -> None:
    content = bytearray(Office(blank).slip.read_bytes())
    place = int(at * (len(content) - 1))
    content[place] = byte
    with suppress(UnreadableError):
        assert isinstance(read(bytes(content[:place] if cut else content)), Slip)


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LibreOffice's settings, away from anybody's own."""
    return tmp_path_factory.mktemp("libreoffice")


def filled(office: Office) -> tuple[int, int]:
    """Mark two rows in three, each with a day of its own; gives the first and the last row of actions."""
    sheet = office.sheet()
    numbers = [sheet.row_of(name) for name in office.actions()]
    for number in numbers:
        if number % 3:
            sheet.put(number, {"Done on": date(2026, 1, 1) + timedelta(number), "Notes": f"note {number}"})
    sheet.save()
    return numbers[0], numbers[-1]


@LIBREOFFICE
@pytest.mark.parametrize("column", [3, 4, 2], ids=["by owner", "by due date", "by action"])
def test_sorting_whole_rows_in_libreoffice_moves_no_mark(office: Office, profile: Path, column: int) -> None:
    first, last = filled(office)
    marks = {name: [row[mark] for mark in MARKS] for name, row in office.actions().items()}
    run_macro(profile, f'Sort(sheet.getCellRangeByName("A{first}:H{last}"), {column}, False)', office.slip)
    assert list(office.actions()) != list(marks)
    assert warned(office) == {}
    assert {name: [row[mark] for mark in MARKS] for name, row in office.actions().items()} == marks
    assert list(office.actions()) == list(marks)


@LIBREOFFICE
def test_sorting_only_the_visible_columns_in_libreoffice_puts_no_mark_on_another_action(
    office: Office, profile: Path
) -> None:
    first, last = filled(office)
    macro = (
        f'sheet.Columns.getByName("A").IsVisible = False\nSort(sheet.getCellRangeByName("B{first}:H{last}"), 3, True)'
    )
    run_macro(profile, macro, office.slip)
    before = office.rows()
    account = office.render()
    follow(before, office, account)
    assert len(account.problems) >= 10
    assert len(office.kept()) >= 10


@LIBREOFFICE
def test_inserting_deleting_copying_and_editing_rows_in_libreoffice_loses_no_mark(
    office: Office, profile: Path
) -> None:
    first, last = filled(office)
    macro = f"""
      Insert(sheet, {first + 4}, 2)
      sheet.getCellRangeByName("C{first + 4}").setString("Bring a cake")
      sheet.getCellRangeByName("F{first + 4}").setFormula("2026-03-03")
      Copy(sheet, "A{first + 1}:H{first + 1}", "A{first + 5}")
      sheet.Rows.removeByIndex({first + 8}, 1)
      Copy(sheet, "A{first + 10}:H{first + 10}", "A{first + 12}")
      Insert(sheet, {first + 15}, 1)
      Copy(sheet, "A{first + 16}:H{first + 16}", "A{first + 15}")
      sheet.getCellRangeByName("F{first + 15}").setFormula("2026-04-04")
      sheet.getCellRangeByName("A{first + 18}").setString("")
      sheet.getCellRangeByName("A{first + 20}").setString("agent-on-sewers")
      sheet.getCellRangeByName("C{first + 22}").setString("Something else")
      sheet.getCellRangeByName("H{first + 23}").setString("edited")
      Sort(sheet.getCellRangeByName("A{first}:H{last + 3}"), 2, True)
    """
    run_macro(profile, macro, office.slip)
    before = office.rows()
    assert date(2026, 3, 3) in {row["Done on"] for row in before.values()}
    follow(before, office, office.render())
    assert [row["Action"] for row in office.added()] == ["Bring a cake"]
    assert "edited" in {row["Notes"] for row in office.actions().values()}
    assert changes(office) == "same"
