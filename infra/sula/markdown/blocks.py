"""Ordinary documents, cut into blocks in one go: the very tokens that markdown-it-py makes.

`read` knows headings, paragraphs, fenced code, tight lists of one-line items and
``<!--more-->``, all of them at the margin. At any line that could begin something else it
leaves the whole document to the parser (None), so that the two never differ.

What may begin a block is CommonMark 0.31, sections 4 and 5, and the plugins' marks: ``:`` and
``~`` (definitions), ``$`` (math), ``{`` (attributes), ``[^`` (footnotes), ``|`` (tables).
"""

from __future__ import annotations

import re
from typing import Final

from markdown_it.common.utils import mdTrim
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# A line of prose: it can begin or continue a paragraph, and nothing else.
_PROSE: Final = re.compile(
    r"""[^\W\d_]|["'(\u201c\u201e\u2018\u00ab\u2026\u2014]|\*{1,2}[^\W_]|_{1,2}[^\W_]|`[^`]|\d+(?![\d.)])"""
    r"""|\[(?!\^)[^\[\]\\]+\]\("""
)
_HEADING: Final = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_FENCE: Final = re.compile(r"(`{3,})([^`]*)")
_FENCE_END: Final = re.compile(r" {0,3}(`{3,})[ \t]*")
_ITEM: Final = re.compile(r"(?:([-*+])|(\d{1,9})([.)])) (?=\S)")
_MORE: Final = re.compile(r"<!-- ?more ?-->")


def block_rule(state: StateCore) -> None:
    """In the place of `markdown_it.rules_core.block`."""
    tokens = read(state.src)
    if tokens is None:
        state.md.block.parse(state.src, state.md, state.env, state.tokens)
    else:
        state.tokens += tokens


def read(text: str) -> list[Token] | None:
    r"""The blocks of a text with ``\n`` line ends, or None where it takes the parser to tell."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    elif not lines[-1].strip(" \t"):
        return None
    tokens: list[Token] = []
    at, end = 0, len(lines)
    while at < end:
        line = lines[at]
        mark = line[:1]
        if _PROSE.match(line):
            after = _paragraph(lines, at, tokens)
        elif not line.strip(" \t"):
            after = at + 1
        elif mark == "#":
            after = _heading(line, at, tokens)
        elif mark == "`":
            after = _fence(lines, at, tokens)
        elif mark == "<":
            after = _more(lines, at, text, tokens)
        else:
            after = _list(lines, at, tokens)
        if not after:
            return None
        at = after
    return tokens


def _paragraph(lines: list[str], at: int, tokens: list[Token]) -> int:
    start, end = at, len(lines)
    at += 1
    while at < end and _PROSE.match(lines[at]):
        at += 1
    content = lines[start] if at == start + 1 else "\n".join(lines[start:at])
    place = [start, at]
    tokens += (
        Token("paragraph_open", "p", 1, {}, place, block=True),
        Token("inline", "", 0, {}, [start, at], 1, [], mdTrim(content), block=True),
        Token("paragraph_close", "p", -1, block=True),
    )
    # What comes next must be able to interrupt a paragraph, or be none of its business.
    if at < end and lines[at][0:1] not in {"", "#", "`", "<"} and lines[at].strip(" \t"):
        return 0
    return at


def _heading(line: str, at: int, tokens: list[Token]) -> int:
    match = _HEADING.fullmatch(line)
    if match is None:
        return 0
    marks, content = match[1], mdTrim(match[2])
    if content.endswith("#"):
        return 0
    tag = f"h{len(marks)}"
    tokens += (
        Token("heading_open", tag, 1, {}, [at, at + 1], markup=marks, block=True),
        Token("inline", "", 0, {}, [at, at + 1], 1, [], content, block=True),
        Token("heading_close", tag, -1, markup=marks, block=True),
    )
    return at + 1


def _fence(lines: list[str], start: int, tokens: list[Token]) -> int:
    match = _FENCE.fullmatch(lines[start])
    if match is None:
        return 0
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if "```" in line:
            last = _FENCE_END.fullmatch(line)
            if last is not None and len(last[1]) >= len(match[1]):
                break
    else:
        return 0
    content = "".join([line + "\n" for line in lines[start + 1 : at]])
    place = [start, at + 1]
    tokens.append(
        Token("fence", "code", 0, {}, place, 0, None, content, match[1], match[2], block=True)
    )
    return at + 1


def _more(lines: list[str], at: int, text: str, tokens: list[Token]) -> int:
    last = at + 1 == len(lines) and not text.endswith("\n")
    if last or _MORE.fullmatch(lines[at]) is None:
        return 0
    content = lines[at] + "\n"
    tokens.append(Token("html_block", "", 0, {}, [at, at + 1], content=content, block=True))
    return at + 1


def _list(lines: list[str], start: int, tokens: list[Token]) -> int:
    """A tight list whose items are one line of prose each."""
    first = _ITEM.match(lines[start])
    if first is None:
        return 0
    mark = first[1] or first[3]
    items: list[tuple[str, str]] = []
    at, end = start, len(lines)
    while at < end and lines[at].strip(" \t"):
        match = _ITEM.match(lines[at])
        if match is None or (match[1] or match[3]) != mark:
            return 0
        content = lines[at][match.end() :]
        if not _PROSE.match(content):
            return 0
        items.append((match[2] or "", content))
        at += 1
    after = at
    while after < end and not lines[after].strip(" \t"):
        after += 1
    if after < end and (lines[after][0] in " \t" or _ITEM.match(lines[after] + " .")):
        return 0  # its last item goes on, or the list does
    kind = "bullet_list" if first[1] else "ordered_list"
    tag = "ul" if first[1] else "ol"
    attributes: dict[str, str | int | float] = {}
    if first[2] and int(first[2]) != 1:
        attributes["start"] = int(first[2])
    tokens.append(
        Token(f"{kind}_open", tag, 1, attributes, [start, after], markup=mark, block=True)
    )
    for number, (info, content) in enumerate(items, start):
        place = [number, after if number + 1 == at else number + 1]
        here = [number, number + 1]
        tokens += (
            Token("list_item_open", "li", 1, {}, place, 1, None, "", mark, info, block=True),
            Token("paragraph_open", "p", 1, {}, here, 2, block=True, hidden=True),
            Token("inline", "", 0, {}, here, 3, [], mdTrim(content), block=True),
            Token("paragraph_close", "p", -1, {}, None, 2, block=True, hidden=True),
            Token("list_item_close", "li", -1, {}, None, 1, None, "", mark, block=True),
        )
    tokens.append(Token(f"{kind}_close", tag, -1, markup=mark, block=True))
    return after
