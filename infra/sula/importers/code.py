"""Where the code of a Markdown text is, so that conversions leave it alone. Pure.

Fences, indented blocks, code spans, and HTML whose content is no text (``pre``, ``script``,
``style``, comments).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Final

Range = tuple[int, int]

_FENCE: Final = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})([^\n]*)")
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_TICKS: Final = re.compile(r"`+")
_GAP: Final = re.compile(r"\n[ \t]*(?=\n)")
_BEGIN: Final = re.compile(r"(`+)|<(pre|script|style|textarea)\b|<!--", re.IGNORECASE)
_CLOSING: Final = {
    "": re.compile("-->"),
    **{
        name: re.compile(f"</{name}\\s*>", re.IGNORECASE)
        for name in ("pre", "script", "style", "textarea")
    },
}


def code_ranges(text: str) -> list[Range]:
    """Sorted, without overlaps: (start, end) of everything that is code."""
    blocks = _blocks(text)
    ranges: list[Range] = []
    at = 0
    for start, end in [*blocks, (len(text), len(text))]:
        ranges += _between(text, at, start)
        ranges.append((start, end))
        at = end
    return ranges[:-1]


def outside(text: str, change: Callable[[str], str], ranges: list[Range] | None = None) -> str:
    """The text with `change` applied to every stretch that is not code."""
    parts: list[str] = []
    at = 0
    for start, end in code_ranges(text) if ranges is None else ranges:
        parts += [change(text[at:start]), text[start:end]]
        at = end
    return "".join([*parts, change(text[at:])])


class Mask:
    """Tells for any position of a text whether it is code."""

    def __init__(self, text: str) -> None:
        """Look through the text once."""
        self.ranges = code_ranges(text)
        self._starts = [start for start, _ in self.ranges]

    def __contains__(self, position: int) -> bool:
        at = bisect_right(self._starts, position) - 1
        return at >= 0 and position < self.ranges[at][1]


def _blocks(text: str) -> list[Range]:
    """Fences and indented blocks."""
    found: list[Range] = []
    scan = _Scan()
    at = 0
    for line in text.splitlines(keepends=True):
        if scan.fence:
            if scan.closes(line):
                found.append((scan.start, at + len(line)))
        elif scan.opens(line):
            if scan.block >= 0:
                found.append((scan.block, at))
            scan.start, scan.block, scan.blank = at, -1, False
        elif (block := scan.indented(line, at)) is not None:
            found.append(block)
        at += len(line)
    if scan.fence:
        found.append((scan.start, at))
    elif scan.block >= 0:
        found.append((scan.block, at))
    return found


class _Scan:
    """What is open, line by line: a fence, or an indented block."""

    def __init__(self) -> None:
        self.fence = ""
        self.start = 0
        self.block = -1
        self.blank = True
        self.in_list = False

    def opens(self, line: str) -> bool:
        match = _FENCE.match(line)
        if match is None or (match[1][0] == "`" and "`" in match[2]):
            return False
        self.fence = match[1]
        return True

    def closes(self, line: str) -> bool:
        text = line.strip().lstrip("> \t")
        if text.startswith(self.fence) and not text.strip(self.fence[0]):
            self.fence = ""
            return True
        return False

    def indented(self, line: str, at: int) -> Range | None:
        """The indented block that ends before this line, if one does."""
        empty, deep = not line.strip(), line.startswith(("    ", "\t"))
        ended = None
        if empty:
            self.blank = True
            return None
        if not deep:
            self.in_list = bool(_ITEM.match(line)) or (self.in_list and line[:1] in " \t")
            if self.block >= 0:
                ended = (self.block, at)
                self.block = -1
        elif not self.in_list and self.blank and self.block < 0:
            self.block = at
        self.blank = False
        return ended


def _between(text: str, start: int, end: int) -> list[Range]:
    """Raw HTML and code spans in a stretch without code blocks; whichever begins first wins."""
    runs: dict[int, list[Range]] = {}
    for ticks in _TICKS.finditer(text, start, end):
        runs.setdefault(ticks.end() - ticks.start(), []).append(ticks.span())
    gaps = [gap.start() for gap in _GAP.finditer(text, start, end)] if runs else []
    found: list[Range] = []
    at = start
    while (match := _BEGIN.search(text, at, end)) is not None:
        close = _raw_end(text, match, end) if match[1] is None else -1
        if match[1] is not None:
            escaped = match.start() > start and text[match.start() - 1] == "\\"
            opener = match.start() + escaped  # an escaped backtick is a character
            after = bisect_right(gaps, opener)
            limit = gaps[after] if after < len(gaps) else end
            same = runs.get(match.end() - opener, [])
            following = bisect_right(same, (match.end(), 0))
            if following < len(same) and same[following][1] <= limit and opener < match.end():
                found.append((opener, same[following][1]))
                close = same[following][1]
        elif close > match.end():
            found.append((match.start(), close))
        at = max(close, match.end())
    return found


def _raw_end(text: str, match: re.Match[str], end: int) -> int:
    """Where raw HTML ends that begins with this match; without an end it is just a tag."""
    closing = _CLOSING[(match[2] or "").lower()].search(text, match.end(), end)
    return closing.end() if closing else match.end()
