"""Bare links to what other sites show: a card that loads it when a reader asks for it.

A link alone in its paragraph, to a video on YouTube or Vimeo, a post on Mastodon, a Gist or a
pen on CodePen, becomes a figure with the link in it. The theme's script puts a frame in its
place on a click; before that no other site is asked for anything. Without scripts, and in
feeds, it is a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from markdown_it.token import Token


class Embed(NamedTuple):
    """What a link leads to: the service, the frame's address and its shape."""

    service: str
    source: str
    shape: str

    def caption(self, say: Callable[[str], str]) -> str:
        """What the link of the card says."""
        words = say("Play on {service}") if self.shape == "video" else say("Show from {service}")
        return words.format(service=self.service)


_KNOWN: Final[Sequence[tuple[re.Pattern[str], str, str, str]]] = [
    (re.compile(pattern, re.ASCII), service, source, shape)
    for pattern, service, source, shape in (
        (
            r"https://(?:www\.|m\.)?youtu(?:be\.com/(?:watch\?v=|shorts/)|\.be/)([\w-]{11})(?:[?&].*)?",
            "YouTube", r"https://www.youtube-nocookie.com/embed/\1?autoplay=1", "video",
        ),
        (
            r"https://(?:www\.)?vimeo\.com/(\d+)(?:\?\S*)?",
            "Vimeo", r"https://player.vimeo.com/video/\1?dnt=1&autoplay=1", "video",
        ),
        (
            r"https://gist\.github\.com/([\w-]+/[0-9a-f]{20,})/?",
            "GitHub", r"https://gist.github.com/\1.pibb", "text",
        ),
        (
            r"https://codepen\.io/([\w-]+)/(?:pen|full|details)/(\w+)/?",
            "CodePen", r"https://codepen.io/\1/embed/\2?default-tab=result", "text",
        ),
        # Mastodon runs on hosts of any name; its posts have a name and a long number.
        (r"https://([\w.-]+)/@([\w.@-]+)/(\d{15,20})", r"\1", r"https://\1/@\2/\3/embed", "text"),
    )
]  # fmt: skip


def embed_of(url: str) -> Embed | None:
    """What a link to one of the known services shows; None for any other link."""
    for pattern, service, source, shape in _KNOWN:
        if match := pattern.fullmatch(url):
            return Embed(match.expand(service), match.expand(source), shape)
    return None


def bare_link(children: Sequence[Token]) -> str:
    """The address of a link that is all of a paragraph and has no text but itself; or empty."""
    if [child.type for child in children] != ["link_open", "text", "link_close"]:
        return ""
    href = str(children[0].attrs.get("href", ""))
    return href if children[1].content in {href, href.removeprefix("https://")} else ""


def as_card(opener: Token, inline: Token, closer: Token, say: Callable[[str], str]) -> None:
    """Turn a paragraph that is a bare link into a card, where the link is a known one."""
    url = bare_link(inline.children or ())
    found = embed_of(url) if url else None
    if found is None:
        return
    opener.tag = closer.tag = "figure"
    opener.attrs |= {"class": "embed", "data-src": found.source, "data-shape": found.shape}
    host = urlsplit(found.source).hostname or ""
    promise = say("Nothing is loaded from {host} before that.").format(host=host)
    card = Token("html_inline", "", 0)
    card.content = (
        f'\n<a href="{escape(url)}">{escape(found.caption(say))}</a>\n'
        f"<figcaption>{escape(url)}<br>{escape(promise)}</figcaption>\n"
    )
    inline.children = [card]
