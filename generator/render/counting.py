"""Counting: how many pages a PDF has."""

from __future__ import annotations

from io import BytesIO

from pikepdf import Pdf


def pages_in(made: bytes) -> int:
    """The number of pages of a PDF of ours."""
    with Pdf.open(BytesIO(made)) as document:
        return len(document.pages)
