"""Scalars: a text as YAML writes it."""

from __future__ import annotations

import json
import re

#: What stands without quotes: text that begins with a letter, or a number and a word, without YAML's own marks.
_PLAIN = re.compile(r"(?:\d+ )?[^\W\d_](?:[\w .,&'/()@-]*[\w.)])?")
_NOT_TEXT_ELSEWHERE = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}


def scalar(value: str, *, flow: bool = False) -> str:
    """A text as YAML writes it: plain where every reader takes it for that text, otherwise in double quotes.

    `flow`: within braces or brackets, where a comma ends a value.
    """
    plain = _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT_ELSEWHERE and not (flow and "," in value)
    if plain or not value:
        return value
    return json.dumps(value, ensure_ascii=False)
