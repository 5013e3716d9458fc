"""Liquid, taken apart: text, outputs, tags and blocks, each with its place. Pure.

Jekyll's dialect of Liquid 4. A tokenizer of our own and not a Liquid library, as an import must
not do what a library does: render everything, and print nothing for what it does not know. Here
what is not known has to stay visible, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_TAG: Final = re.compile(r"([\w-]+|#)[ \t\n]*(.*)\Z", re.DOTALL)
_END_RAW: Final = re.compile(r"\{%-?\s*endraw\s*(-?)%\}")
BLOCKS: Final = {
    "if": ("elsif", "else"), "unless": ("elsif", "else"), "for": ("else",),
    "case": ("when", "else"), "highlight": (), "comment": (), "capture": (), "codeblock": (),
}  # fmt: skip
"""Tags that have an end, and the tags that part them."""
_DEEPEST: Final = 40


@dataclass
class Piece:
    """Text, an output or a tag: ``name`` is ``""``, ``"="`` or the tag's name.

    ``text`` is the text, the expression or the tag's arguments; ``raw`` the whole as written.
    Of a block, ``branches`` are its parts: (name, arguments, raw, pieces), the first being the
    block's own; ``end`` is its end tag as written.
    """

    name: str
    text: str
    raw: str
    at: int
    branches: list[tuple[str, str, str, list[Piece]]] = field(default_factory=list)
    end: str = ""


def parse(text: str) -> list[Piece]:
    """A template as pieces. Never raises: an unclosed tag is a tag without a name."""
    pieces = list(_tokens(text))
    parsed, _ = _nest(pieces, 0, (), 0)
    return parsed


def has_liquid(text: str) -> bool:
    """Whether there is anything to do."""
    return "{{" in text or "{%" in text


def _tokens(text: str) -> Iterator[Piece]:
    at = 0
    strip = False
    while at < len(text):
        start = _opening(text, at)
        stretch = text[at:start]
        if strip:
            stretch = stretch.lstrip()
        if start >= len(text):
            yield Piece("", stretch, stretch, at)
            return
        output = text[start + 1] == "{"
        close = text.find("}}" if output else "%}", start + 2)
        dashed = text[start + 2 : start + 3] == "-"
        if stretch:
            yield Piece("", stretch.rstrip() if dashed else stretch, stretch, at)
        if close < 0:
            yield Piece("?", "", text[start : start + 2], start)
            at, strip = start + 2, False
            continue
        at = close + 2
        raw = text[start:at]
        inner = raw[2:-2].removeprefix("-")
        strip = inner.endswith("-")
        inner = inner.removesuffix("-").strip()
        if output:
            yield Piece("=", inner, raw, start)
            continue
        match = _TAG.match(inner)
        name, arguments = (match[1], match[2].strip()) if match else ("?", inner)
        if name != "raw":
            yield Piece(name, arguments, raw, start)
            continue
        end = _END_RAW.search(text, at)
        if end is None:
            yield Piece("?", "", raw, start)
            continue
        yield Piece("", text[at : end.start()], text[start : end.end()], start)
        at, strip = end.end(), bool(end[1])


def _opening(text: str, at: int) -> int:
    """The next ``{{`` or ``{%``; the end of the text if there is none."""
    while (at := text.find("{", at)) >= 0:
        if text[at + 1 : at + 2] in {"{", "%"}:
            return at
        at += 1
    return len(text)


def _nest(
    pieces: list[Piece], at: int, stops: tuple[str, ...], depth: int
) -> tuple[list[Piece], int]:
    """Pieces up to a tag among `stops`, blocks put together; and where it is."""
    found: list[Piece] = []
    while at < len(pieces):
        piece = pieces[at]
        if piece.name in stops:
            return found, at
        block = _block(pieces, at, depth) if piece.name in BLOCKS and depth < _DEEPEST else None
        if block is None:
            found.append(piece)
            at += 1
        else:
            found.append(block[0])
            at = block[1]
    return found, at


def _block(pieces: list[Piece], at: int, depth: int) -> tuple[Piece, int] | None:
    """A block that begins at a piece, and where the text goes on; None when it has no end."""
    opener = pieces[at]
    end = f"end{opener.name}"
    if not _ends(pieces, at, opener.name):
        return None
    block = Piece(opener.name, opener.text, opener.raw, opener.at)
    name, arguments, raw = opener.name, opener.text, opener.raw
    while True:
        inner, at = _nest(pieces, at + 1, (*BLOCKS[opener.name], end), depth + 1)
        if at >= len(pieces):
            return None
        block.branches.append((name, arguments, raw, inner))
        name, arguments, raw = pieces[at].name, pieces[at].text, pieces[at].raw
        if name == end:
            block.end = raw
            return block, at + 1


def _ends(pieces: list[Piece], at: int, name: str) -> bool:
    """Whether the block that begins here has an end of its own."""
    depth = 0
    for piece in pieces[at:]:
        depth += (piece.name == name) - (piece.name == f"end{name}")
        if depth == 0:
            return True
    return False
