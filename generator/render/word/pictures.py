"""Pictures that a template places: read from its own folder, measured, and drawn in line with the text."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from lxml import etree

from generator.render.package import parser
from generator.render.word.values import Xml

LARGEST_PICTURE = 10_000_000  # bytes
_UNITS = {"mm": 36_000, "cm": 360_000, "in": 914_400, "pt": 12_700, "px": 9_525}  # in Word's own, 914,400 an inch
_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(mm|cm|in|pt|px)")
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_SVG = "http://schemas.microsoft.com/office/drawing/2016/SVG/main"
#: A transparent dot: what a reader shows that cannot draw an SVG picture.
_NOTHING = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b4944415408d7636000020000050001e226059b"
    "0000000049454e44ae426082"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file: its bytes, its suffix, and its size in pixels."""

    content: bytes
    suffix: str
    width: float
    height: float

    @property
    def part(self) -> str:
        """The part that holds it: the same picture is kept once."""
        return f"word/media/picture-{hashlib.sha256(self.content).hexdigest()[:12]}.{self.suffix}"


@dataclass(slots=True)
class Pictures:
    """The pictures of one part of one document: part of the picture → the id of the relationship to it."""

    folder: Path
    number: Callable[[], int]
    relations: dict[str, str] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def place(self, name: str, width: str, height: str, alt: str) -> Xml:
        """A run with the picture. Raises ValueError."""
        picture = read(self.folder, name)
        size = _size(picture, width, height)
        if picture.suffix == "svg":
            shown = self._relate(f"{picture.part[:-4]}.png", _fallback(self.folder, name))
            drawn = (
                f'<a:extLst><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}"><asvg:svgBlip xmlns:asvg="{_SVG}" '
            )
            drawn += f'r:embed="{self._relate(picture.part, picture.content)}"/></a:ext></a:extLst>'
        else:
            shown, drawn = self._relate(picture.part, picture.content), ""
        return Xml(_drawn(self.number(), size, shown, drawn, quoteattr(alt)))

    def _relate(self, part: str, content: bytes) -> str:
        self.contents[part] = content
        return self.relations.setdefault(part, f"rIdPicture{len(self.relations) + 1}")


def read(folder: Path, name: str) -> Picture:
    """Read a picture from the template's folder, and from nowhere else. Raises ValueError."""
    home, path = folder.resolve(), (folder / name).resolve()
    if not path.is_relative_to(home):
        message = f"the picture '{name}' is not in the template's folder"
        raise ValueError(message)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_PICTURE + 1)
    except OSError as error:
        message = f"the picture '{name}' cannot be read: {error.strerror}"
        raise ValueError(message) from None
    if len(content) > LARGEST_PICTURE:
        message = f"the picture '{name}' is larger than {LARGEST_PICTURE // 1_000_000} MB"
        raise ValueError(message)
    measured = _png(content) or _jpeg(content) or (_svg(content) if path.suffix.lower() == ".svg" else None)
    if measured is None or not all(measured[1:]):
        message = f"the picture '{name}' is neither PNG nor JPEG nor SVG"
        raise ValueError(message)
    return Picture(content, *measured)


def _fallback(folder: Path, name: str) -> bytes:
    """A PNG picture of the same name beside an SVG picture, or else a transparent one."""
    beside = (folder / name).with_suffix(".png")
    return read(folder, str(beside.relative_to(folder))).content if beside.is_file() else _NOTHING


def _png(content: bytes) -> tuple[str, float, float] | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or len(content) < 24:  # noqa: PLR2004 -- up to the size
        return None
    return ("png", *struct.unpack(">II", content[16:24]))


def _jpeg(content: bytes) -> tuple[str, float, float] | None:
    """The size stands in the frame header, the first marker of C0 to CF but for three that say something else."""
    at = 2
    while content.startswith(b"\xff\xd8") and at + 9 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return ("jpeg", width, height)
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    return None


def _svg(content: bytes) -> tuple[str, float, float] | None:
    try:
        root = etree.fromstring(content, parser())
    except etree.XMLSyntaxError:
        return None
    if etree.QName(root).localname != "svg" or b"<!DOCTYPE" in content:
        return None
    box = re.findall(r"-?[0-9.]+", root.get("viewBox", ""))
    lengths = [re.fullmatch(r"([0-9.]+)(?:px)?", root.get(name, "")) for name in ("width", "height")]
    measures = zip(lengths, (2, 3), strict=True)
    measures = zip(lengths, (2, 3), strict=True)
    sizes = [float(found[1]) if found else float((box or [0] * 4)[place]) for found, place in measures]
    return ("svg", sizes[0], sizes[1])


def _size(picture: Picture, width: str, height: str) -> tuple[int, int]:
    """The size on paper; what is not given follows from the picture's own proportions, or its pixels."""
    wide, high = _length(width), _length(height)
    if not wide and not high:
        wide = round(picture.width * _UNITS["px"])
    shape = picture.width / picture.height
    return wide or round(high * shape), high or round(wide / shape)


def _length(text: str) -> int:
    if not text:
        return 0
    found = _LENGTH.fullmatch(text.strip())
    if not found:
        message = f"'{text}' is not a length such as 35mm, 2.5cm, 1in, 72pt or 120px"
        raise ValueError(message)
    return round(float(found[1]) * _UNITS[found[2]])


def _drawn(number: int, size: tuple[int, int], shown: str, drawn: str, alt: str) -> str:
    extent = f'cx="{size[0]}" cy="{size[1]}"'
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0" '
        f'xmlns:wp="{_DRAWING}/wordprocessingDrawing" '
        f'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<wp:extent {extent}/><wp:docPr id="{number}" name="Picture {number}" descr={alt}/>'
        f'<a:graphic xmlns:a="{_DRAWING}/main"><a:graphicData uri="{_DRAWING}/picture">'
        f'<pic:pic xmlns:pic="{_DRAWING}/picture"><pic:nvPicPr><pic:cNvPr id="0" name="Picture {number}"/>'
        f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{shown}">{drawn}</a:blip>'
        f"<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>"
        f'<a:off x="0" y="0"/><a:ext {extent}/></a:xfrm>'
        f""
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        f"</wp:inline></w:drawing></w:r>"
    )
