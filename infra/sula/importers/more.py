"""Where the summary of a post ends: every generator's mark as Sula's ``<!--more-->``. Pure."""

from __future__ import annotations

import re
from typing import Final

from sula.importers.code import outside

_MORE: Final = re.compile(r"[ \t]*<!--[ \t]*more[ \t]*-->[ \t]*", re.IGNORECASE)


def one_more(text: str, mark: str = "") -> str:
    """The text with one ``<!--more-->`` at most, on lines of its own.

    `mark` is what the old site wrote instead, if it was something else.
    """
    if mark.strip() and not _MORE.fullmatch(mark.strip()) and mark in text:
        text = text.replace(mark, "\n\n<!--more-->\n\n", 1)
    if "<!--" not in text or not _MORE.search(text):
        return text
    seen = False

    def place(_: re.Match[str]) -> str:
        nonlocal seen
        if seen:
            return " "
        seen = True
        return "\n\n<!--more-->\n\n"

    # Comments are code to `outside`: the mark is hidden from it under another name.
    hidden = _MORE.sub("\ufdd2", text)
    if "\ufdd2" not in hidden:
        return text
    shown = outside(hidden, lambda part: re.sub("\ufdd2", place, part))
    shown = shown.replace("\ufdd2", "<!--more-->")
    return re.sub(r"\n{3,}(<!--more-->)\n{3,}", r"\n\n\1\n\n", shown)
