"""Ordinary paragraphs, read in one go: what markdown-it-py makes of them, in a tenth of its time.

Most of what people write is words, emphasis, code and links, none inside another. `read` knows
these alone; whatever could mean something else it leaves to the parser (None), so that the two
never differ. Which way is taken depends on nothing but the text.

Why each construct means what it is taken for is CommonMark 0.31, section 6: a delimiter run
with a blank or punctuation on its one side and a letter or digit on the other can only open, or
only close (6.2); a run inside a word of letters and digits, made of ``_``, does neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from markdown_it.common.normalize_url import normalizeLink, validateLink
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore, normalize

# Blanks and punctuation before an opening, after a closing delimiter. Not every one: enough.
# The last ones are typographic quotes, dashes and the ellipsis.
_BEFORE: Final = r""" \n("'\u201c\u201e\u2018\u00ab\u2014\u2013-"""
_AFTER: Final = r""" \n.,;:!?)"'\u201d\u201c\u2019\u00bb\u2026\u2014\u2013-"""
_WORDY: Final = r"[^\W_]"


def _emphasis(mark: str) -> str:
    """One run of one or two marks, words without any construct, and the same run."""
    name = "star" if mark == "*" else "under"
    run = re.escape(mark)
    return (
        rf"{run}(?<![^{_BEFORE}]{run})(?P<{name}>{run}?)"
        rf"(?P<{name}_text>{_WORDY}(?:[^*_`\[\]<\n]*{_WORDY})?)"
        rf"{run}(?P={name})(?![^{_AFTER}])"
    )


_CODE: Final = r"`(?<!``)(?!`)[^`\n]+`(?!`)"
# Each alternative begins with a character of its own, which is what makes the search quick.
_CONSTRUCT: Final = re.compile(
    r"\n[ \t]*"
    rf"|`(?<!``)(?P<code>[^`\n]+)`(?!`)"
    rf"|{_emphasis('*')}"
    rf"|{_emphasis('_')}"
    rf"|\[(?<!!\[)(?P<label>(?:[^*`\[\]<\n]|{_CODE})+)\]"
    r"\((?P<href>[^\s\x00-\x20\x7f()<>\[\]\\&`{}]+)\)"
)
# What, outside of the constructs above, the parser could take for something else than text.
_MORE: Final = re.compile(
    r"[*`\[\\$~{@&<_](?:(?<![&<_])|(?<=&)(?=[#A-Za-z])|(?<=<)(?! )|(?<=_)(?!\w)|(?<!\w_)(?<=_))"
)
_SCHEME: Final = re.compile(r"(?:https?|mailto|xmpp):")
_SPAN: Final = re.compile(r"`([^`]+)`")
_MARKS: Final[Mapping[str, str]] = {"star_text": "star", "under_text": "under"}
_SPECIAL: Final = re.compile(r'[&<>"]')


KEY: Final = "sula"
"""Where an inline token's ``meta`` holds its `Inline`."""


class Inline:
    """A paragraph's or heading's content.

    ``parts`` make up its HTML. ``text`` is its words, without markup. ``links`` are its links:
    where among the parts the address stands, the address, and on which line, from the first.
    """

    __slots__ = ("links", "parts", "text")

    def __init__(self, parts: list[str], text: str, links: list[tuple[int, str, int]]) -> None:
        self.parts = parts
        self.text = text
        self.links = links

    def relink(self, at: int, rewrite: Callable[[str], str | None]) -> None:
        """Give the link at a place of `links` its new address, if it has one."""
        place, href, line = self.links[at]
        new = rewrite(href)
        if new is not None:
            self.links[at] = place, new, line
            self.parts[place] = escapeHtml(new)


def normalize_rule(state: StateCore) -> None:
    """In the place of `markdown_it.rules_core.normalize`, for texts that mostly need it not."""
    if "\r" in state.src or "\0" in state.src:
        normalize(state)


def inline_rule(state: StateCore) -> None:
    """In the place of `markdown_it.rules_core.inline`."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        found = read(token.content)
        if found is not None:
            token.meta[KEY] = found
            continue
        token.children = []
        state.md.inline.parse(token.content, state.md, state.env, token.children)


def read(content: str) -> Inline | None:
    """The content of an inline token, or None where it takes the parser to tell."""
    reading = _Reading(content)
    escaped, parts, words, plain = reading.escaped, reading.parts, reading.words, reading.plain
    position = 0
    for match in _CONSTRUCT.finditer(content):
        start = match.start()
        if start > position:
            text = content[position:start]
            words.append(text)
            plain.append(text)
            parts.append(escaped(text))
        position = match.end()
        kind = match.lastgroup or ""
        if kind in _MARKS:
            text = match[kind]
            words.append(text)
            plain.append(text)
            tag = "strong" if match[_MARKS[kind]] else "em"
            parts.append(f"<{tag}>{escaped(text)}</{tag}>")
        elif kind == "code":
            reading.code(match["code"])
        elif kind == "href":
            # All of a paragraph, a link may become a card.
            if position - start == len(content) or not reading.link(match["label"], match["href"]):
                return None
        elif content[start - 1] == " ":
            return None  # a line break, perhaps
        else:
            reading.line_end()
    if position < len(content):
        reading.text(content[position:])
    return reading.result()


class _Reading:
    """One content being read: the `Inline` it becomes, as far as it was read."""

    __slots__ = ("escaped", "line", "links", "parts", "plain", "words")

    def __init__(self, content: str) -> None:
        self.escaped: Callable[[str], str] = escapeHtml if _SPECIAL.search(content) else str
        self.parts: list[str] = []
        self.words: list[str] = []
        self.plain: list[str] = []  # the words that are no code
        self.links: list[tuple[int, str, int]] = []
        self.line = 0

    def text(self, text: str) -> None:
        self.words.append(text)
        self.plain.append(text)
        self.parts.append(self.escaped(text))

    def code(self, text: str) -> None:
        """A code span; one blank is taken off on both sides."""
        if text[0] == text[-1] == " " and text.strip(" "):
            text = text[1:-1]
        self.words.append(text)
        self.parts.append(f"<code>{self.escaped(text)}</code>")

    def line_end(self) -> None:
        self.line += 1
        self.words.append(" ")
        self.parts.append("\n")

    def link(self, label: str, written: str) -> bool:
        """A link; False where the parser would refuse its address."""
        href = _href(written)
        if not href:
            return False
        self.links.append((len(self.parts) + 1, href, self.line))
        self.parts += ('<a href="', escapeHtml(href), '">')
        for number, piece in enumerate(_SPAN.split(label)):
            if number % 2:
                self.code(piece)
            else:
                self.text(piece)
        self.parts.append("</a>")
        return True

    def result(self) -> Inline | None:
        if _is_more("\0".join(self.plain)):
            return None
        text = "".join(self.words)
        if "  " in text or not (text.isascii() and text.isprintable()):
            text = " ".join(text.split())
        return Inline(self.parts, text.strip(), self.links)


def _is_more(text: str) -> bool:
    """Whether the parser could find something in words that are none of our constructs."""
    return (
        _MORE.search(text) is not None
        or "www." in text
        or (":" in text and _SCHEME.search(text) is not None)
    )


@lru_cache(maxsize=4096)
def _href(written: str) -> str:
    """An address as the parser normalises it; empty where it would refuse it."""
    href = normalizeLink(written)
    return href if validateLink(href) else ""
