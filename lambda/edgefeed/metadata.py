"""What a page's head says of it: JSON-LD of schema.org, typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, TypeVar

import msgspec

from edgefeed.text import plain

MAX_HEAD: Final = 500_000
"""Characters above which a head is refused without being parsed."""

T = TypeVar("T")


class Named(msgspec.Struct):
    """A ``Person``, or a ``CreativeWorkSeries``."""

    name: str = ""
    email: str = ""
    url: str = ""
    type: str = msgspec.field(default="", name="@type")


class Media(msgspec.Struct):
    """A ``MediaObject``. ``size`` is in bytes, digits in a string."""

    url: str = msgspec.field(default="", name="contentUrl")
    type: str = msgspec.field(default="", name="encodingFormat")
    size: str | int = msgspec.field(default="", name="contentSize")


class _Target(msgspec.Struct):
    url: str = ""


class _Kind(msgspec.Struct):
    type: Any = msgspec.field(default=None, name="@type")


class Posting(msgspec.Struct, kw_only=True):
    """The contract's JSON-LD (see the design): schema.org's ``BlogPosting``."""

    id: str = msgspec.field(name="@id")
    url: str
    published: str = msgspec.field(name="datePublished")
    updated: str | None = msgspec.field(default=None, name="dateModified")
    headline: str | None = None
    keywords: list[str] | str | None = None
    description: str | None = None
    author: list[Named] | Named | None = None
    language: str | None = msgspec.field(default=None, name="inLanguage")
    image: str | None = None
    status: str | None = msgspec.field(default=None, name="creativeWorkStatus")
    series: Named | None = msgspec.field(default=None, name="isPartOf")
    position: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    link: _Target | None = msgspec.field(default=None, name="sharedContent")
    media: Media | None = msgspec.field(default=None, name="associatedMedia")


class WebPage(msgspec.Struct, kw_only=True):
    """A static page."""

    url: str
    name: str = ""
    updated: str | None = msgspec.field(default=None, name="dateModified")


class RefusedError(Exception):
    """Why a page is left out; `page` catches it."""


# --- the head ------------------------------------------------------------------------

_OPENING: Final = re.compile(r"<(/?[a-zA-Z][^\s/>]*)|<!--")
_REST_OF_TAG: Final = re.compile(r"""(?>(?:"[^"]*"|'[^']*'|[^'">])*)>""")
_AS_AGREED: Final = re.compile(r'<script type="application/ld\+json">([^<]*)</script>')
_IN_HEAD: Final = frozenset({"html", "head", "meta", "link", "base"})
_RAW: Final = frozenset({"!--", "script", "style", "title", "noscript", "template"})


# Made here, before there are threads: msgspec crashes the process where two threads are the first
# to need the same struct (0.22.0; tests/edgefeed/test_threads.py tells when this can go).
_kinds: Final = msgspec.json.Decoder(_Kind)
_postings: Final = msgspec.json.Decoder(Posting)
_pages: Final = msgspec.json.Decoder(WebPage)


def split(text: str) -> tuple[list[str], str]:
    """The scripts in a page's head, each with its tags, and the page after its head.

    The head goes up to the first tag that cannot be in one. A parser for HTML would guess where
    a head ends whose tags were left out, and guess in favour of the head. One pass: what does
    not match ends it.
    """
    scripts, place = [], 0
    while found := _OPENING.search(text, place):
        name = (found[1] or "!--").lower()
        if name not in _IN_HEAD and name not in _RAW:
            place = found.start()
            break
        closed = _REST_OF_TAG.match(text, found.end()) if name != "!--" else found
        if closed and name in _RAW:
            end = re.compile("-->" if name == "!--" else f"</{name}", re.IGNORECASE)
            closed = end.search(text, closed.end())
            if name == "script":
                scripts.append(text[found.start() : closed.end() if closed else None] + ">")
        if closed is None:
            break
        place = closed.end()
    if place > MAX_HEAD and any("ld+json" in script.lower() for script in scripts):
        raise RefusedError(
            f"its head has {place:,} characters; more than {MAX_HEAD:,} are not read"
        )
    return scripts, text[place:]


def description(scripts: Iterable[str]) -> Posting | WebPage | None:
    """The one description of ours among a head's scripts, or None."""
    postings, pages = [], []
    for source in (text for text in map(_json_ld, scripts) if text is not None):
        match _decode(source, _kinds).type:
            case "BlogPosting":
                postings.append(_decode(source, _postings))
            case "WebPage":
                pages.append(_decode(source, _pages))
    found = postings or pages
    if len(found) > 1:
        raise RefusedError(f"its head describes it {len(found)} times in JSON-LD, not once")
    return found[0] if found else None


def _json_ld(script: str) -> str | None:
    """What a script element holds, if that is JSON-LD."""
    plainly = _AS_AGREED.fullmatch(script)
    if plainly or "ld+json" not in script.lower():
        return plainly and plainly[1]
    from bs4 import BeautifulSoup  # noqa: PLC0415 - slow to load, and few need it

    element = BeautifulSoup(script, "html.parser").script
    kind = str(element.get("type", "")).strip().lower() if element else ""
    return element.get_text() if element and kind == "application/ld+json" else None


def _decode(source: str, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(source)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise RefusedError(f"its JSON-LD is not as agreed: {plain(str(error), 200)}") from None
