"""What an import could not carry over: marked in the text, so that it is never published raw.

A mark is an HTML comment that holds the original. ``sula check``, build and deploy refuse a
source that still has one, until its author has decided what should stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sula.content.frontmatter import Spot

_OPEN: Final = "<!-- sula-import"
_MARK: Final = re.compile(
    r"<!-- sula-import (?P<what>[\w -]+), line (?P<line>\d+): (?P<text>.*?) -->"
)
_LONGEST: Final = 400
# Stand for a mark while a text is being converted. Noncharacters: no text has them.
_BEGIN, _END = "\ufdd0", "\ufdd1"
_HELD: Final = re.compile(f"{_BEGIN}(\\d+){_END}")


def mark(what: str, line: int, original: str) -> str:
    """The comment that stands for `original`, found on a line of the old file."""
    text = " ".join(original.split())
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + " …"
    return f"{_OPEN} {what}, line {line}: {text.replace('--', '-&#45;')} -->"


def find_marks(body: str, first_line: int = 1) -> Iterator[tuple[Spot, str]]:
    """Every mark left in a source's text: where in the file it is, and what to do."""
    if _OPEN not in body:
        return
    for match in _MARK.finditer(body):
        at = match.start()
        spot = Spot(body.count("\n", 0, at) + first_line, at - body.rfind("\n", 0, at))
        original = match["text"].replace("-&#45;", "--")
        message = (
            f"the import could not carry over {match['what']} {original!r} (line {match['line']} "
            "of the old file): write what should stand here, and remove the comment"
        )
        yield spot, message


class Marks:
    """The marks of one text. They travel through its conversion as placeholders."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: list[tuple[str, int, str]] = []

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, what: str, line: int, original: str) -> str:
        """A placeholder for something that cannot be carried over."""
        self._held.append((what, line, original))
        return f"{_BEGIN}{len(self._held) - 1}{_END}"

    def drop_after(self, count: int) -> None:
        """Forget what was held after the first `count`."""
        del self._held[count:]

    def release(self, text: str) -> str:
        """The text with its marks in place of the placeholders."""
        return _HELD.sub(lambda m: mark(*self._held[int(m[1])]), text) if self._held else text

    def used(self, text: str) -> list[tuple[str, int, str]]:
        """What the placeholders of a text stand for, in its order: what, line, original."""
        return [self._held[int(number)] for number in _HELD.findall(text)]


def without_placeholders(text: str) -> str:
    """A text that cannot be mistaken for one that holds marks."""
    return text.replace(_BEGIN, "").replace(_END, "")
