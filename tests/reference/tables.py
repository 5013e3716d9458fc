"""Tables of names within posts, between two comments: rewritten from `sula.names`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sula.names import FRONT, MACHINE, SETTINGS, Name

ROOT = Path(__file__).parents[2]
_PART = re.compile(r"(<!-- reference: (.+?) -->\n\n).*?(?=\n<!-- end -->)", re.DOTALL)


def table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of Markdown, its columns as wide as they need to be."""
    cells = [list(heads), *([cell.replace("|", "\\|") for cell in line] for line in lines)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(heads))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]  # fmt: skip
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([shown[0], rule, *shown[1:]])


def rewritten(text: str, parts: dict[str, str]) -> str:
    """A post with its tables made anew."""
    return _PART.sub(lambda match: match[1] + parts[match[2]] + "\n", text)


def front_matter() -> str:
    """Every key."""
    return table(("key", "meaning", "if it is missing"), [_line(one) for one in FRONT])


def also_written() -> str:
    """The other names of keys."""
    rows = [(_code(one.also), f"`{one.name}`") for one in FRONT if one.also]
    return table(("also written", "meaning"), rows)


def settings(area: str) -> str:
    """The settings of one kind."""
    rows = [_line(one) for one in SETTINGS if one.area == area]
    return table(("name", "meaning", "usually"), rows)


def machine() -> str:
    """The settings of ``[tool.sula]``."""
    rows = [
        (f"`{one.name}`", f"`SULA_{one.name.upper()}`", one.about.rstrip("."), one.missing)
        for one in MACHINE
    ]
    return table(("name", "variable", "meaning", "usually"), rows)


def targets() -> str:
    """What ``make`` can do, as the Makefile says."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = re.findall(r"^([a-z-]+):.*## (.+)$", makefile, re.MULTILINE)
    known = [(f"`make {name}`", _capitals(about)) for name, about in told if name != "help"]
    return table(("command", "what it does"), known)


def _capitals(text: str) -> str:
    """Variables and addresses as code."""
    return re.sub(r"http://\S+|\b[A-Z_]{4,}\b|\b\w+/(?=\s|$)", lambda m: f"`{m[0]}`", text)


def _line(one: Name) -> tuple[str, str, str]:
    return f"`{one.name}`", one.about.rstrip("."), one.missing


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
