"""Text that is safe to print in any format: no control characters, no disguises."""

from __future__ import annotations

import re
from typing import Final

_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Embeddings, overrides and isolates: they reach beyond the text that holds them.
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


_CONTROLS: Final = bytes(c for c in range(128) if _ILLEGAL.match(chr(c)))


def legal(text: str) -> str:
    """The text without what XML 1.0 (section 2.2) forbids, and without C1 controls."""
    if text.isascii():  # a tenth of the time
        return text.encode().translate(None, _CONTROLS).decode()
    return _ILLEGAL.sub("", text)


def plain(text: str, limit: int) -> str:
    """One line of plain text: white space folded, at most ``limit`` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # as most names and titles are
    text = legal(text.replace("\x85", " "))
    if not text.isascii():
        text = _DIRECTION.sub("", text)
    return shorten(" ".join(text.split()), limit)


def shorten(text: str, limit: int) -> str:
    """Text cut at a word, with an ellipsis, when it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    # A cut inside a word goes back to the space before it, unless that loses too much.
    space = cut.rfind(" ")
    kept = cut[:space] if space > limit // 2 else cut[:-1]
    return kept.rstrip(" ,;:.!?-–—(…") + "…"  # noqa: RUF001 - dashes that end a cut phrase


def count_words(text: str) -> int:
    """Words, where two characters of Chinese, Japanese or Korean count as one word."""
    if text.isascii():
        return len(text.split())
    return len(_CJK.sub(" ", text).split()) + (len(_CJK.findall(text)) + 1) // 2
