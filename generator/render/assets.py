"""Assets: the files that a page may use, and what WeasyPrint says of them while it works."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import DataHandler, Request

from weasyprint.urls import URLFetcher, URLFetcherResponse

from generator.naming import inside, is_hidden

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The address that a template's folder has while it is laid out; no machine's paths get into the document.
HERE = "https://templates.invalid/"
ABSENT = "not a file in the templates' folder"
LARGEST_FILE = 20_000_000
KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}

_LOG = logging.getLogger("weasyprint")
_LOG.setLevel(logging.WARNING)
logging.getLogger("fontTools").setLevel(logging.ERROR)  # where it does HarfBuzz-Subset's work, it remarks on each font


class RefusedError(Exception):
    """A page asks for something that it may not have, or that is not there."""


class Assets(URLFetcher):
    """What pages may refer to: the files below one folder, and data: addresses.

    Keeps what it refused, and why, and the hash of each file that it gave.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)  # type: ignore[no-untyped-call]
        self.folder = folder.resolve()
        self.refused: dict[str, str] = {}
        self.used: dict[str, str] = {}

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002 -- WeasyPrint asks so
        """Answer with a file's content; nothing is ever asked of the network."""
        try:
            if url.lower().startswith("data:"):
                answer = DataHandler().data_open(Request(url))  # noqa: S310 -- it holds its own content
                return URLFetcherResponse("data:", answer.read(), answer.headers)
            path = self.path(url)
            kind = KINDS.get(path.suffix.lower(), "application/octet-stream")
            content = path.read_bytes()
            self.used[path.relative_to(self.folder).as_posix()] = sha256(content).hexdigest()
            return URLFetcherResponse(url, content, {"Content-Type": kind})
        except (RefusedError, OSError, ValueError) as error:
            self.refused[url] = str(error)
            raise

    def path(self, url: str) -> Path:
        """The file that an address means. Raises RefusedError."""
        shown = url.removeprefix(HERE)
        if not url.startswith(HERE):
            message = f"'{shown}' is not in the templates' folder, and pages may use nothing else"
            raise RefusedError(message)
        name = unquote(urlsplit(url).path).lstrip("/")
        path = inside(self.folder, name)
        if path is None:
            hidden = is_hidden(self.folder, name)
            message = f"'{shown}' is {'a hidden file, and pages use none' if hidden else ABSENT}"
            raise RefusedError(message)
        if path.stat().st_size > LARGEST_FILE:
            message = f"'{shown}' is larger than {LARGEST_FILE // 1_000_000} MB"
            raise RefusedError(message)
        return path


class Heard(logging.Handler):
    """Keeps what WeasyPrint says while it works."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


@contextmanager
def listening() -> Iterator[list[logging.LogRecord]]:
    """Hear WeasyPrint's warnings and errors, which would otherwise be lost."""
    heard = Heard()
    _LOG.addHandler(heard)
    try:
        yield heard.records
    finally:
        _LOG.removeHandler(heard)


def in_words(record: logging.LogRecord) -> str:
    """What WeasyPrint said, without the address that stands for the templates' folder."""
    return record.getMessage().replace(HERE, "").rstrip(" .:")
