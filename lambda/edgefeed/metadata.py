"""What a page's head says of it: JSON-LD of schema.org, typed. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeVar

import msgspec
from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer

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
_REST_OF_TAG: Final = re.compile(r"""(?:"[^"]*"|'[^']*'|[^'">])*+>""")
_IN_HEAD: Final = frozenset({"html", "head", "meta", "link", "base"})
_RAW: Final = frozenset({"!--", "script", "style", "title", "noscript", "template"})
_SCRIPTS: Final = SoupStrainer("script")


def split(text: str) -> tuple[str, str]:
    """The head of a page, up to the first tag that cannot be in one, and the rest.

    A parser for HTML would guess where a head ends whose tags were left out, and guess in
    favour of the head. One pass: what does not match ends it.
    """
    place = 0
    while found := _OPENING.search(text, place):
        name = (found[1] or "!--").lower()
        if name not in _IN_HEAD | _RAW:
            return text[: found.start()], text[found.start() :]
        closed = _REST_OF_TAG.match(text, found.end()) if name != "!--" else found
        if closed and name in _RAW:
            end = re.compile("-->" if name == "!--" else f"</{name}", re.IGNORECASE)
            closed = end.search(text, closed.end())
        if closed is None:
            break
        place = closed.end()
    return text, text[place:]


def description(head: str) -> Posting | WebPage | None:
    """The one description of ours in a head, or None."""
    postings, pages = [], []
    for source in _json_blocks(head):
        match _decode(source, _Kind).type:
            case "BlogPosting":
                postings.append(_decode(source, Posting))
            case "WebPage":
                pages.append(_decode(source, WebPage))
    found = postings or pages
    if len(found) > 1:
        raise RefusedError(f"its head describes it {len(found)} times in JSON-LD, not once")
    return found[0] if found else None


def _json_blocks(head: str) -> list[str]:
    if len(head) > MAX_HEAD:
        raise RefusedError(
            f"its head has {len(head):,} characters; more than {MAX_HEAD:,} are not read"
        )
    # Beautiful Soup warns of XML where it sees a declaration; only scripts matter here.
    soup = BeautifulSoup(re.sub(r"^\s*<\?xml[^>]*>", "", head), "lxml", parse_only=_SCRIPTS)
    return [
        script.get_text()
        for script in soup.find_all("script")
        if str(script.get("type", "")).strip().lower() == "application/ld+json"
    ]


def _decode(source: str, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(source, type=type_)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise RefusedError(f"its JSON-LD is not as agreed: {plain(str(error), 200)}") from None
