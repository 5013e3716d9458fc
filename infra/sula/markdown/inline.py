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
from collections.abc import Callable
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


def _emphasis(mark: str, group: int) -> str:
    """One run of one or two marks, words without any construct, and the same run."""
    run = re.escape(mark)
    return (
        rf"{run}(?<![^{_BEFORE}]{run})({run}?)"
        rf"({_WORDY}(?:[^*_`\[\]<\n\\$~{{@&]*{_WORDY})?)"
        rf"{run}\{group}(?![^{_AFTER}])"
    )


_CODE: Final = r"`(?<!``)(?!`)[^`\n]+`(?!`)"
# Each alternative begins with a character of its own, which is what makes the search quick. The
# last ones have no group: what the parser could take for something else than text.
_CONSTRUCT: Final = re.compile(
    r"\n(?<! \n)([ \t]*)"
    r"|`(?<!``)([^`\n]+)`(?!`)"
    rf"|{_emphasis('*', 3)}"
    rf"|{_emphasis('_', 5)}"
    rf"|\[(?<!!\[)((?:[^*_`\[\]<\n\\$~{{@&]++|_(?<=\w_)(?=\w)|{_CODE})+)\]"
    r"\(([^\s\x00-\x20\x7f()<>\[\]\\&`{}]+)\)"
    r"|\n|\*|`|\[|\\|\$|~|\{|@|&(?=[#A-Za-z])|<(?! )|_(?!\w)|_(?<!\w_)"
)
_SPAN: Final = re.compile(r"`([^`]+)`")
_ADDRESS: Final = re.compile(r"(?:https?|mailto|xmpp):|www\.")
# An address that the parser leaves as it is; a host's name could be too long for it.
_PLAIN_HREF: Final = re.compile(r"(?:https?://)?[A-Za-z0-9/?#&=._~+-]{1,250}")


KEY: Final = "sula"
"""Where an inline token's ``meta`` holds its `Inline`."""


class Inline:
    """A paragraph's or heading's content.

    ``parts`` make up its HTML. ``words`` are its words, without markup. ``links`` are its links:
    where among the parts the address stands, the address, and on which line, from the first.
    """

    __slots__ = ("links", "parts", "words")

    def __init__(self, parts: list[str], words: str, links: list[tuple[int, str, int]]) -> None:
        self.parts = parts
        self.words = words
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
    pieces = _CONSTRUCT.split(content)
    special = "&" in content or "<" in content or ">" in content or '"' in content
    escaped: Callable[[str], str] = escapeHtml if special else str
    parts: list[str] = []
    words: list[str] = []
    links: list[tuple[int, str, int]] = []
    line = 0
    for at in range(0, len(pieces) - 1, 9):
        text, blanks, code, star, starred, under, underlined, label, href = pieces[at : at + 9]
        words.append(text)
        parts.append(escaped(text))
        if starred or underlined:
            tag = "strong" if star or under else "em"
            words.append(text := starred or underlined)
            parts.append(f"<{tag}>{escaped(text)}</{tag}>")
        elif code:
            words.append(text := _code(code))
            parts.append(f"<code>{escaped(text)}</code>")
        elif blanks is not None:
            line += 1
            words.append(" ")
            parts.append("\n")
        elif not href or not (address := _href(href)):
            return None
        else:
            links.append((len(parts) + 1, address, line))
            parts += ('<a href="', escapeHtml(address), '">')
            for number, piece in enumerate(_SPAN.split(label)):
                words.append(text := _code(piece) if number % 2 else piece)
                parts.append(f"<code>{escaped(text)}</code>" if number % 2 else escaped(text))
            parts.append("</a>")
    words.append(pieces[-1])
    parts.append(escaped(pieces[-1]))
    text = "".join(words)
    if (links and _is_alone(pieces)) or ((":" in text or "www." in text) and _has_address(pieces)):
        return None
    return Inline(parts, text, links)


def _code(text: str) -> str:
    """What a code span holds; one blank is taken off on both sides."""
    return text[1:-1] if text[0] == text[-1] == " " and text.strip(" ") else text


def _is_alone(pieces: list[str]) -> bool:
    """Whether a link is all there is: it may become a card."""
    return len(pieces) == 10 and not (pieces[0] or pieces[-1])  # noqa: PLR2004 - as `read` has them


def _has_address(pieces: list[str]) -> bool:
    """Whether there is an address that the parser makes a link, in words that are no code."""
    words = (*pieces[::9], *pieces[4::9], *pieces[6::9], *pieces[7::9])
    return _ADDRESS.search("\0".join(filter(None, words))) is not None


@lru_cache(maxsize=4096)
def _href(written: str) -> str:
    """An address as the parser normalises it; empty where it would refuse it."""
    if _PLAIN_HREF.fullmatch(written):
        return written
    href = normalizeLink(written)
    return href if validateLink(href) else ""
