"""A post's body, made fit for other people's pages. Pure.

What leaves this module can be shown by any feed reader: sanitised, every URL absolute,
nothing that runs, no class names with a meaning of their own (microformats).
"""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import Final, NamedTuple, Protocol

from lxml import etree

from edgefeed.contract import CONTENT_CLASS
from edgefeed.metadata import RefusedError
from edgefeed.sanitize import SUMMARY_MARK, classes, clean, make_harmless
from edgefeed.text import count_words, plain

SUMMARY_LENGTH: Final = 300
"""Characters of a summary (feeds.md, 20)."""
SHORT_POST: Final = 120
"""Words up to which a post is shown whole."""
EXCERPT_WORDS: Final = 60
"""Words after which an excerpt ends, at the end of a paragraph."""
MAX_MARKUP: Final = 2_000_000
"""Characters of markup above which a body is not sanitised: no feed could hold it, and
nh3's time grows with the square of the character references in one text."""
_LONGEST_EXCERPT = 200
_NO_END: Final = re.compile("<h[1-6r][ >]")
_MOST_BODIES = 100


class Body(NamedTuple):
    """A post's body as feeds and lists show it (see `model.Fragment`).

    Without ``content`` but with ``more`` where it is too heavy to be looked at: `replacement`.
    """

    content: str
    excerpt: str
    more: bool
    words: int

    @property
    def summary(self) -> str:
        """Its beginning, for a post whose head says nothing of what it is about."""
        # Ten times what a summary holds is enough to fold and cut.
        text = to_text(self.excerpt or self.content)[: 10 * SUMMARY_LENGTH]
        return plain(text, SUMMARY_LENGTH)


class Bodies(Protocol):
    """What `read_body` is."""

    def __call__(self, source: str, url: str, /, *, titled: bool) -> Body:
        """See `read_body`."""


def read_body(source: str, url: str, *, titled: bool) -> Body:
    """The post in a page's markup, which is its ``.e-content``.

    ``url`` is the page's own, against which its links resolve. ``titled`` posts are shortened
    on the home page, notes never are, unless the author says where. Raises
    `RefusedError` where there is none, or where the parser gives up.
    """
    element = _find(source.encode())
    make_harmless(element, url)
    summary = _summary(element)
    if summary is not None:
        blocks = _blocks(summary)
        lead = "".join(blocks)
        # The author's mark is no element of the post.
        blocks += [html.escape(summary.tail or "", quote=False), *map(_markup, element[1:])]
    else:
        blocks = _blocks(element)
    if sum(map(len, blocks)) > MAX_MARKUP:
        text = " ".join(element.itertext())
        beginning = plain(text[: 10 * SUMMARY_LENGTH], SUMMARY_LENGTH)
        return Body("", _paragraph(beginning), more=True, words=count_words(text))
    content = clean("".join(blocks))
    words = count_words(to_text(content))
    if summary is not None:
        more = _follows(summary)
    else:
        lead, more = opening(blocks) if titled and words > SHORT_POST else ("", False)
    # Lists show several posts on a page, where two footnotes called ``fn1`` would clash.
    shown = clean(lead if more else "".join(blocks), ids=False)
    return Body(content, shown if more or shown != content else "", more, words)


# --- finding it ----------------------------------------------------------------------


def _find(source: bytes) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    root = etree.fromstring(source, parser) if source.strip() else None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise RefusedError(
            "its elements are nested more than 250 deep, or one text in it exceeds 10 MB"
        )
    nodes = root.iter() if root is not None else ()
    bodies = (node for node in nodes if CONTENT_CLASS in classes(node))
    for element in filter(_own, islice(bodies, _MOST_BODIES)):
        return element
    raise RefusedError("it has no element of the class e-content, which holds a post's text")


def _own(element: etree._Element) -> bool:
    """Whether it belongs to the page's own entry, not to one that the entry quotes."""
    around = [name for parent in element.iterancestors() for name in classes(parent)]
    return around.count("h-entry") <= 1 and "h-cite" not in around


# --- the excerpt ---------------------------------------------------------------------


def _summary(element: etree._Element) -> etree._Element | None:
    """The element around the part before ``<!--more-->``: the first in the body, or none."""
    first = element[0] if len(element) and not (element.text or "").strip() else None
    return first if first is not None and first.get(SUMMARY_MARK) is not None else None


def _follows(summary: etree._Element) -> bool:
    """Whether anything can be seen after the summary."""
    return bool((summary.tail or "").strip()) or any(
        "".join(other.itertext()).strip() or other.xpath("descendant-or-self::*[@src]")
        for other in summary.itersiblings()
    )


def _blocks(element: etree._Element) -> list[str]:
    """The markup of what an element holds: its text, then each child with what follows it."""
    return [html.escape(element.text or "", quote=False), *map(_markup, element)]


def _markup(node: etree._Element) -> str:
    return etree.tostring(node, encoding="unicode", method="html")


def opening(blocks: list[str]) -> tuple[str, bool]:
    """The first blocks, up to the one with the sixtieth word; never ends in a heading.

    The first is the text before the first element. And whether there is more after them.
    """
    words, last = count_words(blocks[0]), 0
    while words < EXCERPT_WORDS and last + 1 < len(blocks):
        last += 1
        words += count_words(to_text(blocks[last]))
    if words > _LONGEST_EXCERPT:
        text = plain(to_text(clean("".join(blocks[: last + 1]))), SUMMARY_LENGTH)
        return _paragraph(text), True
    while last > 1 and _NO_END.match(blocks[last]):
        last -= 1
    return "".join(blocks[: last + 1]), last + 1 < len(blocks)


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text, quote=False)}</p>"


# --- text ----------------------------------------------------------------------------

BREAK: Final = re.compile(
    r"</(?:p|div|li|h[1-6]|tr|td|th|dt|dd|pre|blockquote|figcaption|summary|caption|section)>|<br>"
)
# A tag, or an element that is not read out, and all that is in it.
_UNSPOKEN: Final = re.compile(
    r"""<(?:sup\ class="footnote-ref">.*?</sup>|(annotation|rt|rp)\b.*?</\1>
    |[^<>"]*+(?>(?:"[^"]*+"[^<>"]*+)*)>)""",
    re.DOTALL | re.VERBOSE,
)
_ALT: Final = re.compile(r'<img\b[^<>]*?\salt="([^"]*)"')


def to_text(markup: str) -> str:
    """What a person reads of sanitised HTML; of one that is all pictures, what they show."""
    text = _UNSPOKEN.sub("", BREAK.sub(" ", markup))
    return html.unescape(text if text.strip() else " ".join(_ALT.findall(markup)))


def replacement(body: Body, url: str, label: str) -> Body:
    """A body too heavy for any feed, as its opening and a link to the whole of it."""
    opening = body.excerpt if len(body.excerpt) < 10_000 else ""  # noqa: PLR2004 - some paragraphs
    opening = opening or _paragraph(body.summary)
    link = f'<p><a href="{html.escape(url)}">{html.escape(label)}</a></p>'
    return body._replace(content=opening + link, excerpt=opening, more=True)
