"""A patched part compiled: its XML as constants between Jinja's code, and each line of code tied to a place."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jinja2 import Template, nodes
from lxml import etree

from generator.render.package import parser
from generator.render.sources import bounded
from generator.render.word.balance import Placed, balanced, readable
from generator.render.word.finish import needs_blocks, needs_grids, with_blocks, with_grids
from generator.render.word.patch import INSTRUCTION, Slot
from generator.render.word.pieces import MARKED
from generator.render.word.tags import unescaped
from generator.render.word.words import TBL, TR, P, T, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

    from jinja2 import Environment
    from lxml.etree import _Element as Element

    Report = Callable[[str, str, str, str], None]

LARGEST_TEXT = 50_000_000
_MOST_FAILURES = 20
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: How many times a part was compiled in this process: once for each tagged part of each template.
compiled_parts = 0

_ANY_SLOT = re.compile(f"{MARKED.pattern}|<\\?{INSTRUCTION} (\\d+)\\?>")
_CONSTANT = re.compile("\x01(\\d+)\x02")


@dataclass(frozen=True, slots=True)
class Program:
    """One part of a template, ready to run. `slots` are in the order of the lines of code, from line 2 on."""

    part: str
    template: Template
    slots: tuple[Slot, ...]
    blocks: bool
    grids: bool

    def run(self, values: Mapping[str, object]) -> str:
        """The part's XML with values filled in."""
        code = self.template.root_render_func
        text = "".join(bounded(code(self.template.new_context(dict(values))), LARGEST_TEXT))
        text = with_blocks(text) if self.blocks else text
        check_sound(text)
        return HEAD + (with_grids(text) if self.grids else text)

    def slot_of(self, traceback: TracebackType | None) -> Slot | None:
        """The tag that an error comes from: the innermost of this part's lines in the traceback."""
        line = 0
        while traceback:
            if traceback.tb_frame.f_code.co_filename == self.template.filename:
                line = self.template.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return slot_at(self.slots, line)


@dataclass(frozen=True, slots=True)
class Listing:
    """A part's tags as Jinja source, one tag a line, with the constants that stand between them."""

    part: str
    source: str
    slots: tuple[Slot, ...]
    constants: tuple[str, ...]
    blocks: bool
    grids: bool


def check_sound(text: str) -> None:
    """Refuse a part that is no XML: only markup that a template changes can break it. Raises ValueError."""
    try:
        etree.fromstring(text.encode(), parser())
    except etree.XMLSyntaxError as error:
        message = f"markup that was changed, or passed on with '| safe', breaks the document: {error}"
        raise ValueError(message) from None


def slot_at(slots: Sequence[Slot], line: int) -> Slot | None:
    """The slot of a line of a listing; lines count from 1, and the first tag's words stand on line 2."""
    return slots[line - 2] if 0 <= line - 2 < len(slots) else None


def listed(part: str, root: Element, slots: Sequence[Slot], environment: Environment, report: Report) -> Listing:
    """Write a patched part as a listing; reports tags that cannot be read and those without their counterparts.

    Faulty tags are left out and open ones closed, so that the listing can be looked over for further faults.
    """
    text: str = etree.tostring(root, encoding="unicode", with_tail=False)
    placed = _placed(root, slots)
    constants: list[str] = []
    tags: list[Placed | str] = []
    end = 0
    for found in _ANY_SLOT.finditer(text):
        constants.append(unescaped(text[end : found.start()]))
        tags += (f"\x01{len(constants) - 1}\x02", placed[int(found[1] or found[2])])
        end = found.end()
    constants.append(unescaped(text[end:]))
    tags.append(f"\x01{len(constants) - 1}\x02")
    sound = [tag for tag in tags if isinstance(tag, str) or (_counts(tag) and readable(tag.slot, environment, report))]
    kept, closing = balanced([tag for tag in sound if isinstance(tag, Placed)], report)
    numbers = {tag.number for tag in kept}
    lines = [tag for tag in sound if isinstance(tag, str) or tag.number in numbers]
    source = "".join(tag if isinstance(tag, str) else _written(tag.slot) for tag in lines)
    source += "".join(f"{{% {word} %}}" for word in closing)
    written = tuple(tag.slot for tag in lines if isinstance(tag, Placed))
    return Listing(part, source, written, tuple(constants), needs_blocks(slots), needs_grids(slots))


def tree_of(listing: Listing, environment: Environment) -> nodes.Template:
    """Parse a listing. Raises TemplateSyntaxError."""
    return environment.parse(listing.source, listing.part, f"<{listing.part}>")


def compiled(listing: Listing, environment: Environment) -> Program:
    """Compile a listing that has no faults. Raises TemplateSyntaxError."""
    global compiled_parts  # noqa: PLW0603 -- a count that tests read
    tree = tree_of(listing, environment)
    for output in tree.find_all(nodes.Output):
        output.nodes = [_filled(node, listing) for node in output.nodes]
    code = environment.compile(tree, listing.part, f"<{listing.part}>")
    compiled_parts += 1
    template = Template.from_code(environment, code, environment.globals)
    return Program(listing.part, template, listing.slots, listing.blocks, listing.grids)


def failures(
    listing: Listing, environment: Environment, values: Mapping[str, object], expected: tuple[type[Exception], ...]
) -> Iterator[tuple[Slot | None, Exception]]:
    """Every error of filling in a part: a value that fails is left out, and the part tried again."""
    for _ in range(_MOST_FAILURES):
        program = compiled(listing, environment)
        try:
            program.run(values)
        except expected as error:
            slot = program.slot_of(error.__traceback__)
            yield slot, error
            if slot is None or slot.tag.mark != "{{":
                return
            listing = _without(listing, slot)
        else:
            return


def _without(listing: Listing, slot: Slot) -> Listing:
    """A listing in which a value is an empty text."""
    lines = listing.source.split("\n")
    line = next(number for number, each in enumerate(listing.slots, 1) if each is slot)
    lines[line] = "''" + lines[line][len(slot.tag.inner) :]
    return replace(listing, source="\n".join(lines))


def _counts(tag: Placed) -> bool:
    return tag.slot.tag.mark != "{#"


def _written(slot: Slot) -> str:
    """A tag with its words on a line of their own: the new line stands inside the tag, so it prints nothing."""
    closing = "}}" if slot.tag.mark == "{{" else "%}"
    return f"{slot.tag.mark}\n{slot.tag.inner} {closing}"


def _filled(node: nodes.Expr, listing: Listing) -> nodes.Expr:
    """Put constants back, and pass every value through what its place makes of it."""
    if isinstance(node, nodes.TemplateData):
        node.data = _CONSTANT.sub(lambda found: listing.constants[int(found[1])], node.data)
        return node
    slot = slot_at(listing.slots, node.lineno)
    context, properties = (slot.context, slot.properties) if slot else ("text", "")
    given: list[nodes.Expr] = [nodes.Const(properties, lineno=node.lineno)] if context in {"run", "block"} else []
    made = nodes.Filter(node, f"_{context}", given, [], None, None, lineno=node.lineno)
    if node.environment:  # the parser sets it on every node
        made.set_environment(node.environment)
    return made


def _placed(root: Element, slots: Sequence[Slot]) -> dict[int, Placed]:
    """Where the mark of each slot stands in the tree."""
    found: dict[int, Placed] = {}
    tree = root.getroottree()
    for element in root.iter():
        if element.tag is etree.ProcessingInstruction:
            number, parent = int(element.text), element.getparent()
            inside = tree.getpath(parent) if parent is not None and parent.tag in {TBL, TR} else ""
            found[number] = Placed(number, slots[number], _path(parent), inside)
            continue
        for number in map(int, MARKED.findall(element.text or "")):
            found[number] = Placed(number, slots[number], _path(element), _paragraph_path(element), _is_alone(element))
        for name, value in element.attrib.items():
            for number in map(int, MARKED.findall(value)):
                found[number] = Placed(number, slots[number], (*_path(element), f"@{name}"), tree.getpath(element))
    return found


def _is_alone(element: Element) -> bool:
    """Whether a paragraph holds one tag and nothing else."""
    paragraph = nearest(element, P)
    text = "".join(each.text or "" for each in ([] if paragraph is None else paragraph.iter(T)))
    return MARKED.fullmatch(text.strip()) is not None


def _paragraph_path(element: Element) -> str:
    paragraph = nearest(element, P)
    return "" if paragraph is None else str(element.getroottree().getpath(paragraph))


def _path(element: Element | None) -> tuple[str, ...]:
    if element is None:
        return ()
    return (*(str(ancestor.tag) for ancestor in reversed([*element.iterancestors()])), str(element.tag))
