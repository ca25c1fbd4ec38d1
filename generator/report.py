"""Report: what happened, as sentences, as JSON, as annotations, and as an exit code."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from generator.record import GONE, LEFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from generator.account import Account, DealAccount
    from generator.errors import Problem

OK, FAILED, STOPPED = 0, 1, 130
_STYLES = {"error": "1;31", "warning": "1;33", "place": "1"}  # ANSI: bold red, bold yellow, bold


def exit_code(account: Account) -> int:
    """0: all well; 1: a deal or a template has a problem; 130: it was stopped. Warnings alone are no problem."""
    if account.stopped:
        return STOPPED
    return FAILED if account.failed else OK


def diagnostics(problems: Iterable[Problem], *, color: bool = False) -> str:
    """Each problem with its place, its line and a caret under the place; one that many deals share is told once."""
    return "".join(f"{diagnostic(problem, color=color)}\n" for problem in shared(problems))


def shared(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Put together what differs in the deal alone; `deal` then lists the first three."""
    rows = sorted(problems, key=lambda problem: problem.order)
    for same, group in groupby(rows, key=lambda problem: replace(problem, deal="")):
        deals = [problem.deal for problem in group if problem.deal]
        more = f" and {len(deals) - 3} more" if len(deals) > 3 else ""  # noqa: PLR2004 -- three are enough to go by
        yield replace(same, deal=", ".join(deals[:3]) + more)


def diagnostic(problem: Problem, *, color: bool = False) -> str:
    """One problem: `file:line:column: CODE message (hint)`, then the line and a caret."""

    def paint(text: str, style: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if color else text

    code = paint(problem.code, problem.severity)
    warning = "warning: " if problem.severity == "warning" else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    deal = f" [{problem.deal}]" if problem.deal else ""
    text = f"{paint(where(problem), 'place')}: {code} {warning}{problem.message}{hint}{deal}"
    return text + excerpt(problem)


def where(problem: Problem) -> str:
    """`file:line:column`, or `file: place` for a place that is said in words."""
    if problem.line:
        column = f":{problem.column}" if problem.column else ""
        return f"{problem.file}:{problem.line}{column}"
    return f"{problem.file}: {problem.place}" if problem.place else problem.file


def excerpt(problem: Problem) -> str:
    """The line and a caret below the place; tabs stay, so that the caret stands right."""
    if not problem.source:
        return ""
    lead = "".join("\t" if character == "\t" else " " for character in problem.source[: max(problem.column - 1, 0)])
    caret = f"\n    {lead}^" if problem.column else ""
    return f"\n    {problem.source.rstrip()}{caret}"


def github(problems: Iterable[Problem]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request."""
    return "".join(f"{annotation(problem)}\n" for problem in shared(problems))


def annotation(problem: Problem) -> str:
    """One problem as a workflow command."""
    place = f",line={problem.line},col={problem.column}" if problem.line else ""
    words = f"{problem.place}: " if problem.place else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    message = f"{words}{problem.message}{hint}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    file = problem.file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{problem.severity} file={file}{place},title={problem.code}::{message}"


def as_json(account: Account) -> str:
    """The whole account as one JSON document; the keys are a contract.

    It is put together row by row: as one structure it takes several times the memory of its text.
    """
    lists: dict[str, Iterable[Mapping[str, object]]] = {
        "deals": ({"deal": deal.deal, "status": deal.status, **documents(deal)} for deal in account.deals),
        "gone": ({"deal": deal.deal, **documents(deal)} for deal in account.gone),
        "problems": map(problem_as_json, account.problems),
    }
    fields = [f'  "{name}": {listed(rows)}' for name, rows in lists.items()]
    fields += ['  "stopped": true'] if account.stopped else []
    fields += [f'  "undone": {account.undone}'] if account.undone else []
    return "{\n" + ",\n".join(fields) + "\n}"


def listed(rows: Iterable[Mapping[str, object]]) -> str:
    """A list within a JSON document, indented by two."""
    texts = [json.dumps(row, ensure_ascii=False, indent=2).replace("\n", "\n    ") for row in rows]
    return "[\n    " + ",\n    ".join(texts) + "\n  ]" if texts else "[]"


def documents(deal: DealAccount) -> dict[str, list[dict[str, str]]]:
    """What became of a deal's documents, and why; where a copy was kept, `copy` says where."""
    rows = []
    for d in deal.documents:
        copy = {"copy": d.copy} if d.copy else {}
        rows.append({"document": d.document, "path": d.path, "change": d.change, "why": d.why, **copy})
    return {"documents": rows}


def problem_as_json(problem: Problem) -> dict[str, object]:
    """A problem's keys; `line` and `column` are null where the place is said in words."""
    return {
        "file": problem.file,
        "line": problem.line or None,
        "column": problem.column or None,
        "place": problem.place,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "deal": problem.deal,
    }


def summary(account: Account, *, dry: bool = False) -> str:
    """A line for each deal of which not all is the same, lists of what to know of, and the totals in a sentence."""
    blocks = [[deal_line(deal) for deal in account.deals if is_news(deal)]]
    blocks += [[heading, *listed] for heading, listed in lists(account, dry=dry).items() if listed]
    return "\n\n".join("\n".join(block) for block in [*filter(None, blocks), [totals(account, dry=dry)]]) + "\n"


def lists(account: Account, *, dry: bool) -> dict[str, list[str]]:
    """The documents that somebody has to know of, with the reason where that is not said by the heading above them."""
    there, gone = ([d for deal in deals for d in deal.documents] for deals in (account.deals, account.gone))
    would = "would be" if dry else "were"
    kept = [d for d in there if d.change == "kept"]
    return {
        "Kept as they are (--force writes the new ones and keeps copies of these):": [
            f"  {d.path} ({d.why})" for d in kept if d.why != LEFT
        ],
        "Kept, although their deals no longer have them:": [f"  {d.path}" for d in kept if d.why == LEFT],
        f"Somebody had changed these, and copies of that {would} kept:": [f"  {d.copy}" for d in there if d.copy],
        f"Their deals no longer have these, and they {would} removed:": [
            f"  {d.path}" for d in there if d.change == "removed"
        ],
        "Left of deals that are gone (--prune removes what nobody changed):": [
            f"  {d.path}{'' if d.why == GONE else f' ({d.why})'}" for d in gone if d.change == "gone"
        ],
        f"Of deals that are gone, these {would} removed:": [f"  {d.path}" for d in gone if d.change == "removed"],
        "Of deals that are gone, these stay:": [f"  {d.path} ({d.why})" for d in gone if d.change == "kept"],
    }


def is_news(deal: DealAccount) -> bool:
    """Whether anything of a deal is not as it was."""
    return not deal.documents or any(document.change != "same" for document in deal.documents)


def deal_line(deal: DealAccount) -> str:
    """`harbor-dental: 7 documents (5 new, 2 same), 1 removed`."""
    if deal.status == "failed":
        return f"{deal.deal}: failed, nothing written"
    counts = Counter(document.change for document in deal.documents)
    said = ", ".join(f"{counts[change]} {change}" for change in ("new", "changed", "same", "kept") if counts[change])
    there = f"{counted(counts.total() - counts['removed'], 'document')} ({said})" if said else "no documents"
    return f"{deal.deal}: {there}" + (f", {counts['removed']} removed" if counts["removed"] else "")


def listing(account: Account, *, why: bool = False) -> str:
    """A line for each document: what became of it, its path, and the reason if that is asked for."""
    documents = [d for deal in (*account.deals, *account.gone) for d in deal.documents]
    return "".join(f"{d.change:<8} {d.path}{f'  ({d.why})' if why and d.why else ''}\n" for d in documents)


def totals(account: Account, *, dry: bool) -> str:
    """The run in one sentence, and in another what was not begun of it."""
    counts = Counter(document.change for deal in (*account.deals, *account.gone) for document in deal.documents)
    failed = sum(deal.status == "failed" for deal in account.deals)
    would = "would be " if dry else ""
    written = counted(counts["new"] + counts["changed"], "document")
    said = f"{written} {would}written for {counted(len(account.deals) - failed, 'deal')}, {counts['same']} unchanged"
    kept = f", {counts['kept']} kept" if counts["kept"] else ""
    removed = f", {counts['removed']} {would}removed" if counts["removed"] else ""
    wrong = f"; {counted(failed, 'deal')} failed" if failed else ""
    undone = f" Stopped with {counted(account.undone, 'deal')} not done." if account.undone else ""
    return f"{said}{kept}{removed}{wrong}.{undone}"


def checked(account: Account) -> str:
    """What a check found, in one sentence."""
    counts = Counter(problem.severity for problem in account.problems)
    found = " and ".join(counted(counts[kind], kind) for kind in ("error", "warning") if counts[kind])
    return f"{counted(len(account.deals), 'deal')} checked: {found or 'no problems'}.\n"


def counted(number: int, word: str) -> str:
    """`1 deal`, `2 deals`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
