"""A credit note goes into a deal file, and nothing that stands there changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from difflib import ndiff
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import load, validate
from generator.deal import CreditNote, NoteLine
from generator.errors import Misuse
from generator.invoicing import amending
from tests.making import SAMPLES, SMALLEST, house

GOOD = sorted((Path(__file__).parent / "deals/good").glob("*.yaml"))
NOTE = CreditNote(
    invoice="2026-0007",
    dated=date(2027, 6, 1),
    reason="Off: two were retired, says Ann",
    lines=(
        NoteLine(description="Managed workstation", amount=Decimal("130.00")),
        NoteLine(description="Firewall, [grey] {13} #1", amount=Decimal("99.95"), taxable=True),
    ),
    tax=Decimal("7.25"),
)
BLOCK = """\
credit_notes:
  - invoice: "2026-0007"
    dated: 2027-06-01
    reason: "Off: two were retired, says Ann"
    lines:
      - {description: Managed workstation, amount: 130.00}
      - {description: "Firewall, [grey] {13} #1", amount: 99.95, taxable: true}
    tax: 7.25
"""
SHORT = NOTE.model_copy(update={"reason": None, "lines": NOTE.lines[:1], "tax": Decimal(0)})


def first(text: str, note: CreditNote = NOTE) -> str:
    """The likeliest of the texts."""
    return next(amending.amended(load.parse(text, "acme.yaml"), note))


def right(text: str, note: CreditNote = NOTE) -> str:
    """The first of the texts that reads as the same deal with the note."""
    source = load.parse(text, "acme.yaml")
    before, _ = validate.deal(source, "acme", house())
    expected = before.model_copy(update={"credit_notes": (*before.credit_notes, note)})
    found = amending.amended(source, note)
    return next(text for text in found if validate.deal(load.parse(text, "x"), "acme", house())[0] == expected)


def removed(before: str, after: str) -> list[str]:
    """The lines that a diff shows as taken out; a line's end is a part of it."""
    lines = ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in lines if line.startswith("- ")]


@pytest.mark.parametrize(
    "path", [*SAMPLES, *(path for path in GOOD if path.stem != "short-forms")], ids=lambda path: path.stem
)
def test_every_sample_takes_one_note_after_another(path: Path) -> None:
    before = load.read(path, path.name).text
    once = right(before)
    twice = right(once, SHORT)
    for old, new in ((before, once), (once, twice)):
        if old[-1] in "\r\n":
            assert removed(old, new) == []
    assert ("\r\n" in before) == ("\r\n" in once)
    assert "\n" not in twice.replace("\r\n", "") or "\r\n" not in before


def test_a_first_note_stands_at_the_end_of_the_file() -> None:
    assert first(SMALLEST) == SMALLEST + BLOCK


def test_comments_at_the_end_stay_where_they_are_and_blank_lines_do_too() -> None:
    assert first(f"{SMALLEST}# notes: none\n\n\n") == f"{SMALLEST}# notes: none\n{BLOCK}\n\n"
    assert right(f"{SMALLEST}...\n# the end\n") == f"{SMALLEST}{BLOCK}...\n# the end\n"


def test_blank_lines_that_belong_to_a_text_are_not_taken_from_it() -> None:
    text = f"{SMALLEST}notes: |+\n  Ring twice\n\n\n"
    assert right(text) == text + BLOCK


def test_a_next_note_stands_below_the_last_and_above_comments_on_what_follows() -> None:
    other = BLOCK.replace("0007", "0001")
    text = f"{other}  # so far\n\n# the client\n{SMALLEST}"
    assert right(text) == f"{other}  # so far\n{BLOCK.partition(chr(10))[2]}\n# the client\n{SMALLEST}"


LAYOUTS = {
    "hyphens below the key": """\
credit_notes:
- invoice: A-1
  dated: 2027-01-01
  lines:
  - {description: x, amount: 1}
+- invoice: "2026-0007"
+  dated: 2027-06-01
+  lines:
+  - {description: Managed workstation, amount: 130.00}
""",
    "wide": """\
credit_notes:
    -   invoice: A-1
        dated: 2027-01-01
        lines:
            - {description: x, amount: 1}
+    -   invoice: "2026-0007"
+        dated: 2027-06-01
+        lines:
+            - {description: Managed workstation, amount: 130.00}
""",
    "hyphens alone": """\
credit_notes:
  -
    invoice: A-1
    dated: 2027-01-01
    lines: [{description: x, amount: 1}]
+  - invoice: "2026-0007"
+    dated: 2027-06-01
+    lines:
+      - {description: Managed workstation, amount: 130.00}
""",
    "braces": """\
credit_notes:
  - {invoice: A-1, dated: 2027-01-01,
     lines: [{description: x, amount: 1}]}
+  - invoice: "2026-0007"
+    dated: 2027-06-01
+    lines:
+      - {description: Managed workstation, amount: 130.00}
""",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_next_note_is_laid_out_like_those_that_are_there(layout: str) -> None:
    written, added = layout[: layout.index("+")], layout[layout.index("+") :].replace("+", "")
    assert right(SMALLEST + written, SHORT) == SMALLEST + written + added
    assert right(written + SMALLEST.lstrip(), SHORT) == written + added + SMALLEST.lstrip()


def test_a_first_note_is_laid_out_like_the_lists_of_the_file() -> None:
    text = f"{SMALLEST}lines:\n- {{description: x, price: 1, every: once}}\n"
    assert right(text, SHORT).removeprefix(text).splitlines() == [
        "credit_notes:", '- invoice: "2026-0007"', "  dated: 2027-06-01", "  lines:",
        "  - {description: Managed workstation, amount: 130.00}",
    ]  # fmt: skip


def test_a_key_without_notes_gets_its_first() -> None:
    text = f"credit_notes:   # none yet\n# the client\n{SMALLEST}"
    head, _, rest = text.partition("\n")
    assert right(text) == f"{head}\n{BLOCK.partition(chr(10))[2]}{rest}"


def test_keys_that_are_all_indented_get_one_more_like_them() -> None:
    text = "".join(f"  {line}\n" for line in SMALLEST.strip().splitlines())
    assert right(text) == text + "".join(f"  {line}\n" for line in BLOCK.splitlines())


def test_lines_end_as_they_do_in_the_file() -> None:
    text = SMALLEST.replace("\n", "\r\n")
    assert right(text) == text + BLOCK.replace("\n", "\r\n")


def test_a_last_line_without_an_end_stays_the_last() -> None:
    text = f"{SMALLEST}# of the office\n# and its key\nnotes: Ring twice"
    assert right(text) == f"{SMALLEST}{BLOCK}# of the office\n# and its key\nnotes: Ring twice"


def test_a_last_note_without_an_end_is_followed_by_the_next() -> None:
    text = SMALLEST + BLOCK.rstrip()
    after = right(text)
    assert after == SMALLEST + BLOCK + BLOCK.partition("\n")[2]


@pytest.mark.parametrize(
    "brackets", ["[]", "[{invoice: A-1, dated: 2027-01-01, lines: [{description: x, amount: 1}]}]"]
)
def test_notes_in_brackets_are_refused_with_their_line(brackets: str) -> None:
    with pytest.raises(Misuse, match=r"acme.yaml:10: credit_notes is written in brackets.*lines of its own"):
        first(f"{SMALLEST}credit_notes: {brackets}\n")


def test_a_file_in_braces_is_refused() -> None:
    with pytest.raises(Misuse, match=r"acme.yaml:2: the file is written in brackets"):
        first("# all of it\n{plan: gold, servers: 2}\n")


KEYS = SMALLEST.lstrip().splitlines(keepends=True)
between = st.lists(st.sampled_from(["\n", "# a comment\n", "  # set in\n", "   \n", "#\n"]), max_size=3).map("".join)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The keys of a deal with its notes at any place, comments and blank lines around them, and line ends of a kind."""
    pieces = [*KEYS, "notes: |\n  Ring twice\n\n  # at the back\n"]
    for block in draw(st.sampled_from([[], [BLOCK], ["credit_notes:\n"]])):
        pieces.insert(draw(st.integers(0, len(pieces))), block)
    text = "".join(draw(between) + piece for piece in pieces) + draw(between)
    text = text if draw(st.booleans()) else text.rstrip("\n")
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@given(texts())
def test_whatever_stands_around_it_a_note_is_put_in_in_one_piece(before: str) -> None:
    after = right(before)
    same = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(before))
    assert after.endswith(before[same:])
    assert len(after) > len(before)
