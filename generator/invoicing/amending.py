"""Amending: a credit note put into the text of a deal file, where all that stands there stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.errors import Misuse
from generator.scalars import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from generator.deal import CreditNote, NoteLine
    from generator.source import Source

KEY = "credit_notes"


def amended(source: Source, note: CreditNote) -> Iterator[str]:
    """The file's text with the note added, as it may be meant, the likeliest first; nothing is taken out of it.

    A text may end in several ways (blank lines can belong to its last value): whoever uses one reads it first.
    Raises Misuse where the file's credit notes stand in brackets, or all of it does.
    """
    lines = source.text.splitlines(keepends=True)
    refuse_brackets(source, lines)
    if (KEY,) not in source.keys:
        block = [f"{KEY}:", *written(note, source)]
        for at in free_places(source, lines):
            yield inserted(lines, at, block, indent_of(source))
        return
    if source.get(KEY) is None:
        key_line, column = source.keys[KEY,]
        yield inserted(lines, key_line, written(note, source), column - 1)
        return
    line, column = source.positions[KEY,]
    for at in ends_of(source, lines, line):
        yield inserted(lines, at, written(note, source), column - 1)


def refuse_brackets(source: Source, lines: Sequence[str]) -> None:
    """Raise Misuse where nothing can be added without a change to a line that is there."""
    for path, what in (((), "the file"), ((KEY,), KEY)):
        line, column = source.positions.get(path, (1, 1))
        if path in source.positions and lines[line - 1][column - 1] in "[{":
            message = (
                f"{source.file}:{line}: {what} is written in brackets, where nothing can be added without a change to "
                "that line; write it on lines of its own, each note's beginning with '- ' (or take an empty [] away), "
                "then do this again"
            )
            raise Misuse(message)


def inserted(lines: Sequence[str], at: int, block: Iterable[str], indent: int) -> str:
    """The text with a block of lines after its first `at` lines; their ends are those of the line before."""
    before, after = list(lines[:at]), lines[at:]
    end = next((line[len(line.rstrip("\r\n")) :] for line in (*reversed(before), *after) if line[-1] in "\r\n"), "\n")
    if before and before[-1][-1] not in "\r\n":
        before[-1] += end
    return "".join([*before, *(f"{' ' * indent}{line}{end}" for line in block), *after])


def indent_of(source: Source) -> int:
    """How far the file's keys are indented: usually not at all."""
    return min(column for path, (_, column) in source.keys.items() if len(path) == 1) - 1


def free_places(source: Source, lines: Sequence[str]) -> Iterator[int]:
    """After how many lines a new key may stand: at the file's end, as a rule.

    Where the last line has no end, it would be changed by getting one; so the new key goes before the last one.
    """
    end = next((at for at, line in enumerate(lines) if line.split()[:1] == ["..."]), len(lines))
    if lines[-1][-1] not in "\r\n":
        last = max(line for path, (line, _) in source.keys.items() if len(path) == 1) - 1
        while last and lines[last - 1].lstrip().startswith("#"):
            last -= 1
        if last:
            yield last
    written_to = end
    while not lines[written_to - 1].strip():
        written_to -= 1
    yield written_to
    yield end


def ends_of(source: Source, lines: Sequence[str], begun: int) -> Iterator[int]:
    """After how many lines the notes may end: before blank lines and comments that belong to the key that follows."""
    following = [line for path, (line, _) in source.keys.items() if len(path) == 1 and line > begun]
    end = min(following) - 1 if following else len(lines)
    last = end
    while not lines[last - 1].strip() or lines[last - 1].startswith(("#", "...")):
        last -= 1
    yield last
    yield end


def written(note: CreditNote, source: Source) -> Iterator[str]:
    """The note as lines of a list, laid out as the file lays out its own."""
    gap, step = gap_of(source), step_of(source)
    texts = [
        f"invoice: {scalar(note.invoice)}",
        f"dated: {note.dated}",
        *([f"reason: {scalar(note.reason)}"] if note.reason else []),
        "lines:",
        *(f"{' ' * step}- {written_line(line)}" for line in note.lines),
        *([f"tax: {note.tax}"] if note.tax else []),
    ]
    offset = " " * (0 if (KEY,) in source.positions else step)
    yield f"{offset}-{' ' * (gap - 1)}{texts[0]}"
    yield from (f"{offset}{' ' * gap}{text}" for text in texts[1:])


def written_line(line: NoteLine) -> str:
    """One line of a note, in braces."""
    taxable = ", taxable: true" if line.taxable else ""
    return f"{{description: {scalar(line.description, flow=True)}, amount: {line.amount}{taxable}}}"


def gap_of(source: Source) -> int:
    """How far the keys of the notes stand from their hyphens: "- " is 2."""
    column = source.positions.get((KEY,), (0, 0))[1]
    for path in reversed(source.under(KEY)):
        keys = [place for key, place in source.keys.items() if key[:-1] == path]
        line, first = min(keys, default=(0, 0))
        if first > column and (line, first) == source.positions[path]:
            return first - column
    return 2


def step_of(source: Source) -> int:
    """How far hyphens stand from the key that they are listed under: by the file's first such list."""
    for path, (line, column) in source.positions.items():
        key_line, key_column = source.keys.get(path, (line, 0))
        if isinstance(source.get(*path), list) and line > key_line and column >= key_column:
            return column - key_column
    return 2
