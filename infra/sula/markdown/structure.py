"""One walk over the blocks of a text: anchors, figures, tables, alerts, and its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.attrs.parse import ParseError, parse

from sula.markdown.embeds import as_card
from sula.markdown.html import has_pictures, pictures, sized
from sula.markdown.inline import KEY, Inline
from sula.markdown.links import lines_of
from sula.markdown.render import Document

# Ids that the page around the text uses.
_TAKEN: Final = frozenset({"main"})
_TRAILING_ATTRIBUTES: Final = re.compile(r"\s*\{:?\s*([#.][^{}]*)\}\s*\Z")
_ID: Final = re.compile(r"""\s(?:id|name)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_CJK}]|[^\W{_CJK}][^\s{_CJK}]*")
_WITH_LINKS: Final = frozenset({"link_open", "html_inline", "footnote_ref"})
_NO_ANCHOR: Final = re.compile(r"[^\w -]", re.ASCII)
# ASCII with one kind of blank, and what is part of no word there.
_BLANKS: Final = bytes(32 if chr(code).isspace() else code for code in range(256))
_MARKS: Final = bytes(code for code in range(128) if not re.match(r"[\w\s]", chr(code)))
_LOOSE_NOTE: Final = re.compile(r"\[\^[^\]\s]+\]")


def count_words(text: str) -> int:
    """How many words a text has; a Chinese or Japanese character is one."""
    if text.isascii():
        # Whatever stands between blanks, but for marks alone: the same, sooner.
        bare = text.encode().translate(_BLANKS, _MARKS).strip()
        while b"  " in bare:
            bare = bare.replace(b"  ", b" ")
        return bare.count(b" ") + bool(bare)
    return len(_WORD.findall(text))


class Text(NamedTuple):
    """What a text amounts to: headings as (level, anchor, text)."""

    words: int
    opening: str
    headings: tuple[tuple[int, str, str], ...]


def dress(tokens: Sequence[Token], document: Document) -> Text:
    """Give the tokens of a text what HTML needs; they are changed in place."""
    walk = _Walk(document)
    for index, token in enumerate(tokens):
        if token.type == "inline":
            walk.inline(tokens, index)
        elif token.type == "html_block":
            walk.html(token, token.map[0] if token.map else 0)
        elif token.type in {"th_open", "td_open"}:
            _align(token)
        elif token.type == "alert_open":
            token.attrs["class"] = f"alert alert-{str(token.meta['kind']).lower()}"
            token.attrs["role"] = "note"
        elif token.type == "alert_title_open":
            token.attrs["class"] = "alert-title"
            title = tokens[index + 1]
            said = document.say(title.content)
            if KEY in title.meta:
                title.meta[KEY] = Inline([escapeHtml(said)], said, [])
            for child in title.children or ():
                child.content = said
        # A heading's own id is claimed when its text is read.
        if token.attrs and "id" in token.attrs and token.type != "heading_open":
            walk.ids.add(str(token.attrs["id"]))
    walk.check_fragments()
    words = walk.words + count_words("\n".join(walk.ascii))
    return Text(words, walk.opening or walk.fallback, tuple(walk.headings))


def _align(cell: Token) -> None:
    """A class instead of the inline style that a strict content security policy forbids."""
    style = str(cell.attrs.pop("style", ""))
    if style:
        cell.attrJoin("class", "align-" + style.removeprefix("text-align:"))


def plain_text(inline: Token) -> str:
    """The words of a paragraph or heading, without markup."""
    parts = []
    for child in inline.children or ():
        if child.type in {"text", "code_inline", "text_special"} or "math" in child.type:
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
    return _on_one_line("".join(parts))


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def github_anchor(text: str) -> str:
    """The anchor GitHub gives a heading: lower case, hyphens for blanks, no punctuation."""
    if text.isascii():
        return _NO_ANCHOR.sub("", text.strip().lower()).replace(" ", "-") or "section"
    kept = (c for c in text.strip().lower() if c in "-_ " or unicodedata.category(c)[0] in "LMN")
    return "".join(kept).replace(" ", "-") or "section"


def _html(markup: str) -> Token:
    token = Token("html_inline", "", 0)
    token.content = markup
    return token


class _Walk:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = 0
        self.ascii: list[str] = []  # counted in one go
        self.opening = ""
        self.fallback = ""
        self.headings: list[tuple[int, str, str]] = []
        self.ids: set[str] = set(_TAKEN)
        self.fragments: list[tuple[str, int]] = []

    def inline(self, tokens: Sequence[Token], index: int) -> None:
        """A paragraph's, heading's or cell's content; its opening token stands before it."""
        token, opener = tokens[index], tokens[index - 1]
        quick: Inline | None = token.meta.get(KEY)
        if quick is not None:
            text = quick.words
            if quick.links:
                first = token.map[0] if token.map else 0
                self.fragments += [
                    (href[1:], first + line)
                    for _, href, line in quick.links
                    if href[0] == "#" and len(href) > 1
                ]
        else:
            for child, line in lines_of(token):
                self._child(child, line)
            text = plain_text(token)
        if text.isascii():
            self.ascii.append(text)
        else:
            self.words += count_words(text)
        kind = opener.type
        if kind == "heading_open":
            self._heading(opener, token, _on_one_line(text))
        elif kind == "paragraph_open":
            if quick is None:  # a picture or a link alone is none
                self._figure(tokens, index)
            if not self.opening and opener.level == 0:
                self.opening = _on_one_line(text)
        if not (self.opening or self.fallback) and kind not in {"heading_open", "alert_title_open"}:
            self.fallback = _on_one_line(text)

    def _child(self, child: Token, line: int) -> None:
        if child.type == "image":
            self._image(child, line)
        elif child.type == "link_open":
            href = str(child.attrs.get("href", ""))
            if len(href) > 1 and href.startswith("#"):
                self.fragments.append((href[1:], line))
        elif child.type == "html_inline":
            self.html(child, line)
        elif child.type.startswith("math"):
            child.map = [line, line + 1]  # for a finding while it is rendered
        elif child.type == "text" and "[^" in child.content:
            self._loose_note(child, line)
        if child.attrs and "id" in child.attrs:
            self.ids.add(str(child.attrs["id"]))

    def html(self, token: Token, line: int) -> None:
        """The author's own HTML."""
        self.ids.update(_ID.findall(token.content))
        if not has_pictures(token.content):
            return
        token.content = sized(token.content, self.document.pictures)
        for at, image in pictures(token.content):
            if "alt" not in image:
                source = image.get("src", "")
                message = f'the image {source} has no description: alt="what it shows"'
                self.document.find(line + at, "image-alt", message, at=source)

    def _loose_note(self, token: Token, line: int) -> None:
        if match := _LOOSE_NOTE.search(token.content):
            message = f"the footnote {match[0]} has no text: add {match[0]}: ..."
            self.document.find(line, "footnote", message, at=match[0])

    def _image(self, image: Token, line: int) -> None:
        if not image.content.strip():
            source = str(image.attrs.get("src"))
            message = f"the image {source} has no description: ![what it shows](...)"
            self.document.find(line, "image-alt", message, at=source)

    def _heading(self, opener: Token, inline: Token, text: str) -> None:
        children = inline.children or []
        last = children[-1] if children else None
        if last is not None and last.type == "text" and last.content.rstrip().endswith("}"):
            text = self._trailing_attributes(opener, last, text)
        wanted = str(opener.attrs.get("id", "")) or github_anchor(text)
        anchor, again = wanted, 0
        while anchor in self.ids:
            again += 1
            anchor = f"{wanted}-{again}"
        opener.attrs["id"] = anchor
        self.ids.add(anchor)
        self.headings.append((int(opener.tag[1:]), anchor, text))
        # The heading's own words are the link, so that it is called by them and nothing else. A
        # heading that links elsewhere keeps to that: links do not nest.
        start, end = f'<a class="anchor" href="#{escape(anchor)}">', "</a>"
        quick: Inline | None = inline.meta.get(KEY)
        if quick is not None:
            if text and not quick.links:
                quick.parts = [start, *quick.parts, end]
        elif text and not any(child.type in _WITH_LINKS for child in children):
            inline.children = [_html(start), *children, _html(end)]

    def _trailing_attributes(self, opener: Token, last: Token, text: str) -> str:
        """``## Title {#anchor .class}``, as Pandoc, Hugo and Python-Markdown have it."""
        match = _TRAILING_ATTRIBUTES.search(last.content)
        if match is None:
            return text
        try:
            _, attributes = parse("{" + match[1] + "}")
        except ParseError:
            return text
        opener.attrs.update(attributes)
        last.content = last.content[: match.start()]
        return text[: text.rindex("{")].rstrip()

    def _figure(self, tokens: Sequence[Token], index: int) -> None:
        """An image alone in its paragraph, with a title: the title is its caption."""
        opener, token, closer = tokens[index - 1 : index + 2]
        children = token.children or []
        if opener.level == 0 and not opener.hidden:
            as_card(opener, token, closer, self.document.say)
        if opener.hidden or len(children) != 1 or children[0].type != "image":
            return
        title = children[0].attrs.pop("title", "")
        if not title:
            return
        caption = _html(f"\n<figcaption>{escape(str(title))}</figcaption>")
        token.children = [*children, caption]
        opener.tag = closer.tag = "figure"

    def check_fragments(self) -> None:
        """Links within the page need something to lead to."""
        for fragment, line in self.fragments:
            if fragment not in self.ids and not fragment.startswith(("fn", "%")):
                message = f"there is no heading or id #{fragment} on this page"
                self.document.find(line, "link-anchor", message, at=f"#{fragment}")
