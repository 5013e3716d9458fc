"""Pictures in an author's own HTML. Pure.

They are the author's, so little is added: the size, where the file tells it and the author does
not, because a page would jump without it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from sula.model import Picture

_COMMENT: Final = re.compile(r"(<!--.*?-->)", re.DOTALL)
_IMAGE: Final = re.compile(r"<img\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"\s([^\s\"'<>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?"
)


def has_pictures(markup: str) -> bool:
    """Whether it is worth a closer look."""
    return "<img" in markup or "<IMG" in markup


def attributes(tag: str) -> dict[str, str]:
    """A tag's attributes; one without a value is empty."""
    return {
        name.lower(): html.unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(tag)
    }


def pictures(markup: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each ``img``: on which line of the markup, from 0, and its attributes."""
    # A comment's lines count, its tags do not.
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), markup)
    for match in _IMAGE.finditer(text):
        yield text.count("\n", 0, match.start()), attributes(match[0])


def sized(markup: str, known: Mapping[str, tuple[str, Picture]]) -> str:
    """The markup with a size at each ``img`` that states none. `known` goes by address."""

    def size(match: re.Match[str]) -> str:
        own = attributes(match[0])
        _, picture = known.get(own.get("src", ""), ("", None))
        if picture is None or "width" in own or "height" in own:
            return match[0]
        return f'{match[0][:4]} width="{picture.width}" height="{picture.height}"{match[0][4:]}'

    if not has_pictures(markup):
        return markup
    parts = _COMMENT.split(markup)
    return "".join(p if p.startswith("<!--") else _IMAGE.sub(size, p) for p in parts)
