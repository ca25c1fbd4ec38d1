"""The `merge` command: its options become a wish, and what is made of the records a sentence and an exit code."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from generator.cli.console import FAILED, OK, STOPPED, Lines, tell
from generator.errors import Faults, Misuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from generator.cli.merge_order import Order
    from generator.errors import Problem
    from generator.merge.gathering import Gathering, Wish
    from generator.merge.merging import Merged
    from generator.workspace import Workspace

# Only what --help needs is imported above; the rest is imported by the functions that use it.

_OPTIONS = (
    click.option("--data", metavar="FILE", default="",
                 help="Records from a .csv or .xlsx file (FILE#Sheet) instead of deals."),
    click.option("--map", "mapping", multiple=True, type=Lines(), metavar="COLUMN=NAME",
                 help='What templates call a column: "Firma=client.name".'),
    click.option("--encoding", default="", metavar="NAME", help="The CSV file's encoding, if it is not found out."),
    click.option("--locale", default="", metavar="NAME",
                 help="How that file writes figures and days: de_DE. [default: the provider's]"),
    click.option("--country", default="", metavar="CODE",
                 help="The country of its addresses that name none: DE. [default: the provider's]"),
    click.option("--each", type=click.Choice(["deal", "invoice"]), default="deal", show_default=True,
                 help="A record for each, with a template of your own."),
    click.option("--where", multiple=True, type=Lines(), metavar="EXPR",
                 help="Records for which this holds: \"deal.plan == 'gold'\"."),
    click.option("--sort", multiple=True, type=Lines(), metavar="EXPR",
                 help='In the order of this; "-EXPR" for the greatest first.'),
    click.option("--from", "first", type=click.IntRange(1), default=1, metavar="N",
                 help="From the Nth of these on."),
    click.option("--to", "last", type=click.IntRange(1), metavar="N", help="To the Nth of these."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many."),
    click.option("--skip-duplicates", "unique", multiple=True, type=Lines(), metavar="EXPR",
                 help="Once for each value of this: the first."),
    click.option("--set", "given", multiple=True, type=Lines(), metavar="NAME=VALUE",
                 help="A value for the template, the same in all."),
    click.option("--date", "dated", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
                 help="What documents are dated, and {{ record.date }}. [default: the deal's signing]"),
    click.option("--separate", is_flag=True, help="A file for each record."),
    click.option("--name", "pattern", metavar="PATTERN",
                 help='What these are called: "{{ client.name }} {{ deal.plan }}".'),
    click.option("--together", is_flag=True,
                 help="One document with all records, for a template that loops over `records`."),
    click.option("--duplex", is_flag=True, help="Each record begins on an odd page."),
    click.option("--pdf", is_flag=True, help="Refuse anything but a PDF."),
    click.option("--sheet", default="5160", show_default=True, metavar="NAME",
                 help="The sheet of labels: 5160, L7160 …"),
    click.option("--start-at", default="1,1", metavar="ROW,COL", help="The first free label of a part-used sheet."),
    click.option("--outline", is_flag=True, help="Draw the labels' edges, to check on plain paper."),
    click.option("--text", "text_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
                 help="What stands on labels or envelopes. [default: the address]"),
    click.option("--size", default="#10", show_default=True, metavar="NAME", help="The envelope: #10, DL, C5 …"),
    click.option("--no-sender", is_flag=True, help="Envelopes on which the sender is printed already."),
    click.option("--email", is_flag=True,
                 help="A draft of an e-mail for each record, as .eml files; nothing is sent."),
    click.option("--send", is_flag=True, help="Send these e-mails, through the server in DEALDOCS_SMTP."),
    click.option("--rate", type=click.FloatRange(0.1), default=30, show_default=True, metavar="N",
                 help="At most so many messages a minute."),
    click.option("--yes", is_flag=True, help="Do not ask before sending."),
    click.option("--preview", type=click.IntRange(1), metavar="N",
                 help="Print the first N records' values, and write nothing."),
    click.option("--dry-run", "dry", is_flag=True,
                 help="List the records and the files' names, and write nothing."),
    click.option("--data-out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                 help="Write the deals as a .csv for Word's mail merge or Outlook."),
    click.option("--output", type=click.Path(path_type=Path), metavar="PATH",
                 help="Where it goes. [default: output/_merged]"),
    click.option("--prune", is_flag=True,
                 help="Remove what an earlier such merge left in the folder, if nobody changed it."),
    click.option("--force", is_flag=True, help="Also over what was changed by hand; a copy is kept."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of the summary."),
    click.option("-q", "--quiet", is_flag=True, help="No summary; problems are told all the same."),
)  # fmt: skip


#: Option → what it belongs to: other options or documents, one of which must be there.
_BELONGS = {
    "mapping": ("--data",),
    "encoding": ("--data",),
    "locale": ("--data",),
    "country": ("--data",),
    "pattern": ("--separate", "--email"),
    "send": ("--email",),
    "yes": ("--send",),
    "rate": ("--send",),
    "sheet": ("labels",),
    "start_at": ("labels",),
    "outline": ("labels",),
    "size": ("envelopes",),
    "no_sender": ("envelopes",),
    "prune": ("--separate", "--email"),
    "text_file": ("labels", "envelopes"),
}
#: Of these there can be one.
_SHAPES = ("--separate", "--together", "--email", "--data-out", "labels", "envelopes")
_TOO = (
    ("--duplex", _SHAPES),
    ("--json", ("--preview",)),
    ("--preview", ("--duplex", "--data-out", "--send")),
    ("--output", ("--data-out", "--preview", "--send")),
    ("--prune", ("--send",)),
    ("--each", ("--data", "--data-out")),
)


@click.command()
@click.argument("document", metavar="[DOC]", default="")
@click.argument("names", metavar="[DEAL]...", nargs=-1)
@click.pass_context
def merge(context: click.Context, /, document: str, names: Sequence[str], **options: Any) -> int:  # noqa: ANN401 -- of many types
    """Mail merge: one file for the printer, separate files, labels, envelopes or e-mails.

    DOC is a document of documents.yaml, a template's file, or one of the words labels and envelopes. A DEAL is an id,
    a file or a folder; without one, all deals. A record with a fault is told and left out; the rest is done.
    """
    from generator.workspace import Workspace

    refuse(context, document)
    try:
        return done(Workspace.at(context.obj), wish_of(document, names, options), options)
    except Faults as faults:
        return fallen_through(document, faults.problems, options)
    except KeyboardInterrupt:
        click.echo("Stopped; what was written until then is whole.", err=True)
        return STOPPED


for option in _OPTIONS:
    merge = option(merge)


def refuse(context: click.Context, document: str) -> None:
    """Raise Misuse for options that do not go together."""
    given = {document, *(option for name in context.params for option in given_as(context, name))}
    for name, needed in _BELONGS.items():
        for option in given_as(context, name):
            if not given & set(needed):
                one_of = f"{' or '.join(needed)} (one of them)" if len(needed) > 1 else needed[0]
                message = f"{option} belongs to {one_of}"
                raise Misuse(message)
    shapes = [shape for shape in _SHAPES if shape in given]
    clashes = [shapes] if len(shapes) > 1 else []
    clashes += [[one, other] for one, others in _TOO for other in others if {one, other} <= given]
    if clashes:
        message = f"{' and '.join(clashes[0])} do not go together"
        raise Misuse(message)
    if not document and not given & {"--data-out", "--preview"}:
        message = "what is to be merged? Name a document, a template, labels or envelopes"
        raise Misuse(message)


def given_as(context: click.Context, name: str) -> tuple[str, ...]:
    """The option by which something was given, as it is written; nothing where it was not."""
    by_default = {None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP}
    if context.get_parameter_source(name) in by_default or context.params[name] is False:  # a variable can say no
        return ()
    return tuple(option.opts[-1] for option in merge.params if option.name == name)


def fallen_through(document: str, problems: Sequence[Problem], options: Mapping[str, Any]) -> int:
    """Tell why nothing was merged at all."""
    from generator.cli import previewing
    from generator.merge.merging import Merged

    tell(problems)
    if options["as_json"]:
        click.echo(previewing.as_json(document, (), (), Merged(), problems))
    return FAILED


def wish_of(document: str, names: Sequence[str], options: Mapping[str, Any]) -> Wish:
    """What is asked for. Raises Misuse."""
    from generator.merge.choosing import Choice
    from generator.merge.gathering import Wish

    choice = Choice(**{name: options[name] for name in ("where", "sort", "unique", "first", "last", "limit")})
    dated: date | None = options["dated"].date() if options["dated"] else None
    return Wish(
        document=document,
        names=tuple(names),
        choice=choice,
        mapping=pairs("--map", options["mapping"]),
        given=pairs("--set", options["given"]),
        dated=dated,
        bare=bool(options["data_out"] or options["preview"]),
        **{name: options[name] for name in ("data", "encoding", "locale", "country", "each")},
    )


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """What stands before and after the "=" of each. Raises Misuse."""
    made: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.rpartition("=") if option == "--map" else text.partition("=")
        if not sign or not name.strip():
            message = (
                f"{option} '{text}' has no '=' (such as {'Firma=client.name' if option == '--map' else 'offer=May'})"
            )
            raise Misuse(message)
        made[name.strip()] = value.strip() if option == "--map" else value
    return made


def done(workspace: Workspace, wish: Wish, options: Mapping[str, Any]) -> int:
    """Gather the records, make of them what is asked for, and tell. Raises Faults, and Misuse."""
    from generator import files
    from generator.cli import previewing
    from generator.cli.merge_order import Order
    from generator.merge import gathering
    from generator.merge.outbox import Outbox

    found = gathering.gather(workspace, wish)
    if options["preview"]:
        return previewed(found, options["preview"], options["text_file"])
    box = Outbox(workspace.output, options["force"])
    order = Order(workspace, found, box, options)
    try:
        writes = not options["dry"] and not options["send"]
        with files.alone(workspace.output) if writes else nullcontext():
            merged = order.made()
    except Faults as faults:
        if found.table and any(one.message.startswith("there is no value") for one in faults.problems):
            click.echo(previewing.columns(found.table), err=True)  # these are the names that there are
        raise Faults([*found.problems, *faults.problems]) from None
    except KeyboardInterrupt:
        if not order.done:
            raise
        number = len(order.done)
        click.echo(f"Stopped after {number} file{'s'[: number > 1]}, whole and in place.", err=True)
        return STOPPED
    return told(order, merged)


def previewed(found: Gathering, number: int, text: Path | None) -> int:
    """Print the first records' values; of labels and envelopes, what stands on them."""
    from generator.cli import previewing
    from generator.merge import printing
    from generator.merge.gathering import SHEETS

    count = len(found.records)
    found.records = found.records[:number]
    shown = printing.blocks_of(found, text) if found.subject.name in SHEETS else [(one, None) for one in found.records]
    tell(found.problems)
    if found.table:
        click.echo(previewing.columns(found.table))
    for at, (record, lines) in enumerate(shown, 1):
        click.echo(previewing.preview(record, at, count, lines))
    if not count:
        click.echo("There is no record to show.", err=True)
    return failed(found)


def failed(found: Gathering) -> int:
    """The exit code: whether anything went wrong; warnings alone do not count."""
    return FAILED if any(problem.severity == "error" for problem in found.problems) else OK


def told(order: Order, merged: Merged) -> int:
    """Tell what was merged, and what was not."""
    from generator.cli import previewing

    found, options = order.found, order.options
    tell(found.problems[order.told :])
    records, names = order.listed()
    if options["as_json"]:
        click.echo(previewing.as_json(found.subject.name, records, names, merged, found.problems))
    elif options["dry"]:
        shown = previewing.columns(found.table) + "\n" if found.table else ""
        click.echo(shown + previewing.listing(records, names) + previewing.summary(found, merged, options), nl=False)
    elif not options["quiet"]:
        click.echo(previewing.summary(found, merged, options), nl=False)
    return failed(found)
