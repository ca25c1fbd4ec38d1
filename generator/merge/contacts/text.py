"""CSV files as rows: their encoding and separator found out, and a row that cannot be told apart said by its line."""

from __future__ import annotations

import codecs
import csv
import re
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING

from charset_normalizer import from_bytes

from generator.errors import Faults, Misuse, Problem
from generator.recipients import Row
from generator.source import UNWANTED

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS = ",;\t|"
#: Byte-order marks; the longer ones first, since UTF-32's begins like UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: What is looked at to find out the separator, in lines; and the encoding, in bytes.
SAMPLE_LINES, SAMPLE_BYTES = 50, 200_000
#: Letters and signs of Western European text beyond ASCII. Other encodings, read as Windows-1252, show others.
_WESTERN = re.compile("[ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽž‘’“”„–—…€£§°´¿¡«»·ªº©®™½\xa0]")
_ABOVE_ASCII = re.compile(r"[^\x00-\x7f]")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_ABOVE = 0.34  # of Western European words, letters beyond ASCII are far fewer; of Greek read so, nearly all
_BAD_OF_UTF_8 = 0.34  # of text in other encodings that is read as UTF-8, more than half of what is not ASCII is bad
_DIRECTIVE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")


def rows_of(content: bytes, file: str, encoding: str = "") -> tuple[list[Row], list[Problem]]:
    """The rows of a CSV file with the line that each begins on, without empty ones. Raises Faults, and Misuse."""
    text, problems = decoded(content, file, encoding)
    directive = _DIRECTIVE.match(text)
    skipped = 1 if directive else 0
    text = text[directive.end() :] if directive else text
    separator = directive[1] if directive else separator_of(text)
    rows: list[Row] = []
    for line, cells in records(text, separator):
        if isinstance(cells, str):
            hint = 'quotes inside of a quoted cell are doubled: "the ""new"" office"'
            problems.append(Problem(file, "M503", cells, line + skipped, hint=hint))
        elif any(cell.strip() for cell in cells):
            rows.append(Row(line + skipped, tuple(clean(cell) for cell in cells)))
    return rows, problems


def decoded(content: bytes, file: str, encoding: str) -> tuple[str, list[Problem]]:
    """The text, and a warning where its encoding is a guess. Raises Faults for bytes that it cannot be, and Misuse."""
    guessed = ""
    if not encoding:
        encoding = marked(content)
    if not encoding:
        encoding = guessed = guess(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not {encoding} text: byte {content[error.start]:#04x} cannot be read"
        hint = "correct that line, or name another encoding with --encoding"
        raise Faults([Problem(file, "M502", message, line, hint=hint)]) from None
    except (LookupError, ValueError):  # some are none of files, such as "undefined"
        message = f"there is no encoding '{encoding}' (the usual ones: utf-8, utf-16, cp1252, cp1250, shift_jis)"
        raise Misuse(message) from None
    text = text.removeprefix("\ufeff")
    if not guessed or guessed == "utf-8":
        return text, []
    message = f"is not UTF-8 text; it was read as {guessed}"
    hint = "look at a name with accents; if it is wrong, name the encoding with --encoding"
    return text, [Problem(file, "M504", message, hint=hint, severity="warning")]


def marked(content: bytes) -> str:
    """The encoding that the first bytes say, or that zeros between the letters betray, or that is strict and fits."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    head = content[:1000]
    if head.count(0) > len(head) // 4:
        return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "utf-8"


def guess(content: bytes) -> str:
    """The encoding that bytes that are not UTF-8 are most likely in: Windows-1252 if that makes Western words.

    It is UTF-8 all the same where few of the letters beyond ASCII are none of it: then those bytes are the fault.
    """
    damaged = _ABOVE_ASCII.findall(content.decode("utf-8", "replace"))
    if _BAD_OF_UTF_8 * len(damaged) >= damaged.count("\ufffd"):
        return "utf-8"
    sample = content[:SAMPLE_BYTES]
    try:
        if is_western(sample.decode("cp1252")):
            return "cp1252"
    except UnicodeDecodeError:
        pass
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


def is_western(text: str) -> bool:
    """Whether a text reads as Western European words: few of the letters are beyond ASCII, and those the usual."""
    above = _ABOVE_ASCII.findall(text)
    letters = len(_LETTER.findall(text))
    return all(_WESTERN.match(one) for one in above) and len(above) < _MOST_ABOVE * max(letters, 1)


def separator_of(text: str) -> str:
    """The separator that cuts the header into the most cells, unless another fits the first lines far better."""
    counts = {separator: counts_of(text, separator) or [1] for separator in SEPARATORS}
    fitness = {
        separator: found.count(found[0]) / len(found) if found[0] > 1 else 0.0 for separator, found in counts.items()
    }
    least = max(fitness.values()) / 2
    good = [separator for separator in SEPARATORS if fitness[separator] >= least]
    return max(good, key=lambda separator: (counts[separator][0], fitness[separator]))


def counts_of(text: str, separator: str) -> list[int]:
    """The number of cells in each of the first records that are not empty."""
    found = (cells for _, cells in islice(records(text, separator), SAMPLE_LINES) if not isinstance(cells, str))
    return [len(cells) for cells in found if any(cells)]


def records(text: str, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the line that it begins on; where it cannot be read, what is wrong instead of its cells."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = in_words(error)
        yield line, cells
        line = reader.line_num + 1


def in_words(error: csv.Error) -> str:
    """What the reader of CSV files found wrong, for people."""
    if "unexpected end" in str(error):
        return "a quote is opened here and never closed, so the rest of the file cannot be told apart"
    if "expected after" in str(error):
        return "a quote is closed in the middle of a cell"
    return f"cannot be read: {error}"


def clean(cell: str) -> str:
    """A cell without what only surrounds it, or cannot be seen; line breaks as one kind."""
    return UNWANTED.sub("", _LINE_ENDS.sub("\n", cell)).strip()
