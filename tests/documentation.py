"""The documents, and what they show: commands, tables, code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
POSTS = ROOT / "content/posts"
CONTENT = sorted((ROOT / "content").rglob("*.md"))
DOCUMENTS = [ROOT / name for name in ("README.md", "infra/README.md", "lambda/README.md")] + CONTENT
_FRONT_MATTER = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_COMMAND = re.compile(r"(?:\.venv/bin/)?(sula|make|python)(?=\s|$)(.*)")


@dataclass(frozen=True)
class Command:
    """A command as a document shows it; ``whole`` when it stands in a block, to be copied."""

    document: str
    program: str
    words: tuple[str, ...]
    whole: bool


def text_of(path: Path) -> str:
    return _FRONT_MATTER.sub("", path.read_text("utf-8"), count=1)


def code_in(text: str) -> Iterator[tuple[str, bool]]:
    """Code in Markdown: lines of blocks (True) and spans (False)."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in {"fence", "code_block"}:
            yield from ((line.strip(), True) for line in token.content.splitlines())
        for child in token.children or ():
            if child.type == "code_inline":
                yield " ".join(child.content.split()), False


def commands() -> list[Command]:
    found = []
    for path in DOCUMENTS:
        for line, whole in code_in(text_of(path)):
            match = _COMMAND.fullmatch(line)
            if match is not None:
                # What the shell does with the output is the shell's affair.
                asked = re.split(r"\s>{1,2}\s", match[2], maxsplit=1)[0]
                words = tuple(shlex.split(asked, comments=True))
                found.append(Command(path.name, match[1], words, whole))
    return found


def spans_of(text: str) -> set[str]:
    return {code for code, whole in code_in(text) if not whole}


def section(text: str, heading: str) -> str:
    """What stands under a heading of the second level."""
    pattern = rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)"
    match = re.search(pattern, text, re.DOTALL | re.MULTILINE)
    assert match is not None, f"there is no section {heading!r}"
    return match[1]


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of the table whose first line begins so, without the backticks around them."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if re.match(rf"\| {header} +\|", line))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    assert found, f"the table {header!r} is empty"
    return found
