"""The gate: a feed is read back before it replaces the one that subscribers have. Pure.

Two things are held back: a document that a strict reader would refuse, and one in which
most posts have another id than before. A reader shows every new id as a new post, so the
second floods every subscriber; it is nearly always a mistake (feeds.md, 31).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cached_property, lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from lxml import etree

from edgefeed.cache import Cache
from edgefeed.channel import ATOM, JSON, RSS
from edgefeed.jsonfeed import VERSION
from edgefeed.model import Document, Parts
from edgefeed.rss import PREFIXES

MAX_DOCUMENT: Final = 1_000_000
"""Bytes of a feed document (feeds.md, 23)."""
FEWEST: Final = 5
"""Posts that two documents must share before their ids are compared."""

_CONTENT: Final = re.compile(rb"""(<content(?::encoded| type="html")>)[^<]*""")
"""Most of what is published, and nothing that is compared."""

_T = TypeVar("_T")
_Reader = Callable[[bytes, Parts | None], "list[_Item]"]
_A: Final = "{http://www.w3.org/2005/Atom}"


class _Item(msgspec.Struct, frozen=True):
    """What the gate looks at: ``place`` is the path of the item's page."""

    id: str
    place: str
    title: str
    published: datetime


class _FaultError(Exception):
    """Why a document is held back; caught in this module."""


def check_feed(document: Document, previous: bytes | None) -> str | None:
    """Why a feed must not be published, or None. Documents that are no feeds pass.

    ``previous`` is what is published now. Of a post that both documents hold (the page
    has the same path or, failing that, the same date and title) the id must be the
    same. When there are at least `FEWEST` such posts, and the ids of more than half of
    them differ, the document is held back. New posts, imports of old ones, deletions and
    pages that were cut anew share fewer posts or keep their ids, and pass.
    """
    read = _READERS.get(document.key.rpartition("/")[2])
    if read is None:
        return None
    try:
        items = _checked(read, document)
    except _FaultError as fault:
        return str(fault).replace(_A, "")
    try:
        before = read(_CONTENT.sub(rb"\1", previous), None) if previous is not None else []
    except _FaultError:
        return None  # the published one is broken: anything valid is better
    return _renamed(before, items) if before else None


def _checked(read: _Reader, document: Document) -> list[_Item]:
    if len(document.body) > MAX_DOCUMENT:
        raise _FaultError(f"it has {len(document.body):,} bytes, more than {MAX_DOCUMENT:,}")
    items = read(document.body, document.parts)
    for name, times in Counter([item.id for item in items]).items():
        if not name or times > 1:
            raise _FaultError(f"the id {name!r} occurs {times} times")
    dates = [item.published for item in items]
    if dates != sorted(dates, reverse=True):
        raise _FaultError("its items are not sorted from the newest")
    return items


def _renamed(before: list[_Item], items: list[_Item]) -> str | None:
    places = {item.place: item.id for item in items}
    moments = {(item.published, item.title): item.id for item in items}
    pairs = [
        (old.id, places.get(old.place) or moments.get((old.published, old.title))) for old in before
    ]
    both = [pair for pair in pairs if pair[1] is not None]
    changed = [pair for pair in both if pair[0] != pair[1]]
    if len(both) < FEWEST or 2 * len(changed) <= len(both):
        return None
    old, new = changed[0]
    return (
        f"{len(changed)} of {len(both)} posts would get another id ({old} would be {new}), "
        "and every subscriber would see them as new"
    )


# --- reading -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Format:
    """How XML holds items: the tag of one, what a document declares."""

    item: bytes
    prefixes: Mapping[str | None, str]
    find: Callable[[etree._Element], list[etree._Element]]
    read: Callable[[etree._Element], _Item]

    @cached_property
    def _around(self) -> tuple[bytes, bytes]:
        alone = etree.tostring(etree.Element("items", nsmap={**self.prefixes}))
        return alone.replace(b"/>", b">"), b"</items>"

    def __call__(self, body: bytes, parts: Parts | None = None) -> list[_Item]:
        """The items of a document, of which the parts may be known. Raises `_FaultError`."""
        with suppress(_FaultError):  # the whole of it says what is wrong
            if parts:
                return self._by_item(parts)
        return [self.read(element) for element in self.find(_xml(body))]

    def _by_item(self, parts: Parts) -> list[_Item]:
        """Likewise, but each item is parsed once, however many documents it is in.

        The document is parsed with an empty item, which proves the place of all: they
        follow each other. Any is well-formed there if it is so under a root that declares
        the same prefixes.
        """
        one = b"<%b/>" % self.item if parts.items else b""
        frame = _xml(parts.before + one + parts.after)
        declared = frame.nsmap, frame.getroottree().docinfo.encoding
        if declared != (self.prefixes, "UTF-8") or len(self.find(frame)) != bool(one):
            raise _FaultError("its items cannot be told apart")
        return [_once(item, self._item) for item in parts.items]

    def _item(self, element: bytes) -> _Item:
        root = _xml(element.join(self._around))
        if len(root) != 1:
            raise _FaultError("it is more than one element")
        return self.read(root[0])


def _once(body: bytes, read: Callable[[bytes], _Item]) -> _Item:
    item = _checked_items.get(body)
    if item is None:
        item = read(body)
        _checked_items.add(body, item, len(body))
    return item


_checked_items: Final[Cache[bytes, _Item]] = Cache(48_000_000)
"""Items that were read, by their bytes, which `feeds` keeps too; formats have none in common."""


_strict: Final = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _xml(body: bytes) -> etree._Element:
    try:
        root = etree.fromstring(body, _strict)
    except etree.XMLSyntaxError as error:
        raise _FaultError(f"it is not well-formed XML: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise _FaultError("it declares a document type")
    return root


def _texts(parent: etree._Element, *names: str) -> list[str]:
    """The text of children that there must be exactly once; none but a title may be empty."""
    found: dict[str, str] = {}
    whole = str(parent.tag)
    for child in parent.iterchildren(*names):
        name = str(child.tag)
        if name in found:
            raise _FaultError(f"{whole} has more than one {name}")
        found[name] = child.text or ""
    for name in names:
        if name not in found or not (found[name] or name == f"{_A}title"):
            raise _FaultError(f"{whole} has no {name}")
    return [found[name] for name in names]


def _rss(root: etree._Element) -> list[etree._Element]:
    channel = root.find("channel")
    if channel is None:
        raise _FaultError("it has no channel")
    _texts(channel, "title", "link", "description")
    return channel.findall("item")


def _rss_item(item: etree._Element) -> _Item:
    name, link, date = _texts(item, "guid", "link", "pubDate")
    return _Item(name, _path(link), item.findtext("title") or "", _rfc822(date))


def _atom(feed: etree._Element) -> list[etree._Element]:
    if feed.tag != f"{_A}feed":
        raise _FaultError("it is no Atom feed")
    _, title, updated = _texts(feed, f"{_A}id", f"{_A}title", f"{_A}updated")
    if not title:
        raise _FaultError("feed has no title")
    _rfc3339(updated)
    return feed.findall(f"{_A}entry")


def _atom_item(entry: etree._Element) -> _Item:
    links = [link.get("href", "") for link in entry.iterfind(f"{_A}link[@rel='alternate']")]
    if len(links) != 1:
        raise _FaultError(f"entry has {len(links)} alternate links, not one")
    names = (f"{_A}id", f"{_A}title", f"{_A}updated", f"{_A}published")
    name, title, updated, published = _texts(entry, *names)
    _rfc3339(updated)
    return _Item(name, _path(links[0]), title, _rfc3339(published))


class _JsonItem(msgspec.Struct):
    id: str
    url: str
    content_html: str
    date_published: str
    title: str = ""


class _JsonFeed(msgspec.Struct):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    items: list[_JsonItem]


_json_feeds: Final = msgspec.json.Decoder(_JsonFeed)  # not in a thread: see `metadata`


def _json(body: bytes, _: Parts | None = None) -> list[_Item]:
    try:
        feed = _json_feeds.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _FaultError(f"it is no JSON Feed: {error}") from None
    if feed.version != VERSION:
        raise _FaultError(f"its version is {feed.version!r}, not {VERSION!r}")
    return [
        _Item(item.id, _path(item.url), item.title, _rfc3339(item.date_published))
        for item in feed.items
    ]


def _parsed(parse: Callable[[str], _T], text: str, what: str) -> _T:
    try:
        return parse(text)
    except ValueError:
        raise _FaultError(f"{text!r} is no {what}") from None


@lru_cache(maxsize=4_096)
def _path(url: str) -> str:
    parts = _parsed(urlsplit, url, "URL")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise _FaultError(f"{url!r} is not absolute")
    return parts.path


@lru_cache(maxsize=4_096)
def _rfc3339(text: str) -> datetime:
    moment = _parsed(datetime.fromisoformat, text, "RFC 3339 date")
    if moment.tzinfo is None:
        raise _FaultError(f"{text!r} has no offset")
    return moment


@lru_cache(maxsize=4_096)
def _rfc822(text: str) -> datetime:
    moment = _parsed(parsedate_to_datetime, text, "RFC 822 date")
    if moment.tzinfo is None or format_datetime(moment) != text:
        raise _FaultError(f"{text!r} is no RFC 822 date with its right weekday and an offset")
    return moment


_READERS: Final[dict[str, _Reader]] = {
    RSS: _Format(b"item", PREFIXES, _rss, _rss_item),
    ATOM: _Format(b"entry", {None: _A[1:-1]}, _atom, _atom_item),
    JSON: _json,
}
