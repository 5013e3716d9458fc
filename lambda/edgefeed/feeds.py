"""Listings to feeds: RSS 2.0, Atom 1.0 and JSON Feed 1.1 of one list, or of a page of it. Pure.

The same listing, fragments and site give the same bytes: no clock, no locale, no hash order.
An item is made once and goes, byte for byte, into every feed that carries it: the site's,
its tags', its series', their archives. Making it is also how `page` learns that a post can
be in a feed, and what it weighs there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from edgefeed.atom import atom_frame, atom_item
from edgefeed.cache import Cache
from edgefeed.channel import ATOM, JSON, RSS, Channel, Item, channel_of, escaped
from edgefeed.contract import FEED_FORMATS, LISTS, Person, Site, key_to_path
from edgefeed.jsonfeed import json_frame, json_item
from edgefeed.model import Document, Documents, Entry, Fragment, Kind, Listing, Parts
from edgefeed.rss import rss_frame, rss_item

Formats = tuple[bytes, bytes, bytes]
"""One item as RSS, Atom and JSON Feed have it; empty in a format that the site does without."""

_Name = tuple[Entry, str, Person, str, tuple[str, ...]]
_PICTURE: Final = re.compile(r"<picture>\s*(?:<source\b[^<>]*>\s*)*(<img\b[^<>]*>)\s*</picture>")
WITH_FEEDS: Final = frozenset({Kind.HOME, Kind.TAG, Kind.SERIES, Kind.PAGE})
made_items: Final[Cache[_Name, Formats]] = Cache(48_000_000)


def weigh(entry: Entry, fragment: Fragment, site: Site) -> Entry:
    """The entry with its weight (see `model.Entry`), its items made and kept for feeds to come.

    Raises ValueError or TypeError where no feed can hold it.
    """
    made = _make_item(entry, fragment, site)
    entry = msgspec.structs.replace(entry, size=max(map(len, made)))
    keep_item(entry, site, made)
    return entry


def _item_of(entry: Entry, fragments: Mapping[str, Fragment], site: Site) -> Formats:
    made = made_items.get(item_name(entry, site))
    if made is None:
        made = _make_item(entry, fragments[entry.fragment], site)
        keep_item(entry, site, made)
    return made


def keep_item(entry: Entry, site: Site, made: Formats) -> None:
    """Remember what was made of an entry's item."""
    made_items.add(item_name(entry, site), made, sum(map(len, made)))


def item_name(entry: Entry, site: Site) -> _Name:
    """All that an item depends on; what its fragment says is in the entry as a digest."""
    return entry, site.url, site.author, site.language, site.feed_formats


def _make_item(entry: Entry, fragment: Fragment, site: Site) -> Formats:
    url = site.absolute(key_to_path(entry.key))
    if "<picture>" in fragment.content:  # in several formats: the one that every reader knows
        original = _PICTURE.sub(r"\1", fragment.content)
        fragment = msgspec.structs.replace(fragment, content=original)
    item = Item(entry, fragment, url, site.author, site.language, escaped(fragment.content))
    makers = zip(FEED_FORMATS, (rss_item, atom_item, json_item), strict=True)
    rss, atom, json = (make(item) if name in site.feed_formats else b"" for name, make in makers)
    return rss, atom, json


def feed_documents(listing: Listing, fragments: Mapping[str, Fragment], site: Site) -> Documents:
    """The feeds of a listing, none for a kind that has none. ``fragments`` goes by digest.

    A post that cannot be in a feed, or whose id a newer one has, is left out: it never takes
    the feed down (feeds.md, 4 and 8), and the document says so. `page` refuses such posts, with
    the reason; only an index that older code has written can still name one.
    """
    formats = site.feeds_of(listing.unit) if listing.kind in WITH_FEEDS else ()
    if not formats:
        return ()
    made: dict[str, tuple[Entry, Formats]] = {}
    left_out: list[str] = []
    for entry in sorted(listing.entries, key=lambda e: (e.instant, e.id), reverse=True):
        try:
            item = _item_of(entry, fragments, site)
        except (ValueError, TypeError, KeyError):
            left_out.append(entry.key)
        else:
            if made.setdefault(entry.id, (entry, item))[0] is not entry:
                left_out.append(entry.key)
    channel = channel_of(listing, site, [entry for entry, _ in made.values()])
    place = f"{LISTS}{listing.unit}/" if listing.unit else LISTS
    documents = []
    for feed in formats:
        number, separator, frame = _FRAMES[feed.file]
        before, after = frame(channel)
        parts = Parts(before, tuple(item[number] for _, item in made.values()), after)
        joined = [piece for item in parts.items for piece in (separator, item)][1:]
        body = b"".join((before, *joined, b"\n" if joined else b"", after))
        documents.append(Document(place + feed.file, body, tuple(left_out), parts))
    return tuple(documents)


_FRAMES: Final[dict[str, tuple[int, bytes, Callable[[Channel], tuple[bytes, bytes]]]]] = {
    RSS: (0, b"\n", rss_frame),
    ATOM: (1, b"\n", atom_frame),
    JSON: (2, b",\n", json_frame),
}
"""For each document: which of `Formats` its items are, what is between them, what around them."""
