"""Listings to feeds: RSS 2.0, Atom 1.0 and JSON Feed 1.1 of one list, or of a page of it. Pure.

The same listing, fragments and site give the same bytes: no clock, no locale, no hash order.
An item is made once and goes, byte for byte, into every feed that carries it: the site's,
its tags', its series', their archives. Making it is also how `page` learns that a post can
be in a feed, and what it weighs there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edgefeed.atom import atom_frame, atom_item
from edgefeed.cache import Cache
from edgefeed.channel import ATOM, JSON, RSS, Item, channel_of
from edgefeed.contract import LISTS, Site, key_to_path
from edgefeed.jsonfeed import json_frame, json_item
from edgefeed.model import Document, Entry, Fragment, Kind, Listing
from edgefeed.rss import rss_frame, rss_item

Formats = tuple[bytes, bytes, bytes]
"""One item as RSS, Atom and JSON Feed have it."""

_PICTURE: Final = re.compile(r"<picture>\s*(?:<source\b[^<>]*>\s*)*(<img\b[^<>]*>)\s*</picture>")
_WITH_FEEDS: Final = frozenset({Kind.HOME, Kind.TAG, Kind.SERIES, Kind.PAGE})
_made: Final[Cache[Item, Formats]] = Cache(48_000_000)


def make_item(entry: Entry, fragment: Fragment, site: Site) -> Formats:
    """A post in each format. Raises ValueError or TypeError where no feed can hold it."""
    # Its weight is known only afterwards, and is in no feed.
    entry = msgspec.structs.replace(entry, size=0)
    url = site.absolute(key_to_path(entry.key))
    if "<picture>" in fragment.content:
        fragment = msgspec.structs.replace(fragment, content=_originals(fragment.content))
    item = Item(entry, fragment, url, site.author, site.language)
    made = _made.get(item)
    if made is None:
        made = rss_item(item), atom_item(item), json_item(item)
        _made.add(item, made, sum(map(len, made)))
    return made


def feed_documents(
    listing: Listing, fragments: Mapping[str, Fragment], site: Site
) -> tuple[Document, ...]:
    """The feeds of a listing, none for a kind that has none. ``fragments`` goes by digest.

    A post that cannot be in a feed, or whose id a newer one has, is left out: it never takes
    the feed down (feeds.md, 4 and 8), and the document says so. `page` refuses such posts, with
    the reason; only an index that older code has written can still name one.
    """
    if listing.kind not in _WITH_FEEDS:
        return ()
    made: dict[str, tuple[Entry, Formats]] = {}
    left_out: list[str] = []
    for entry in sorted(listing.entries, key=lambda e: (e.instant, e.id), reverse=True):
        try:
            item = make_item(entry, fragments[entry.fragment], site)
        except (ValueError, TypeError, KeyError):
            left_out.append(entry.key)
        else:
            if made.setdefault(entry.id, (entry, item))[0] is not entry:
                left_out.append(entry.key)
    channel = channel_of(listing, site, [entry for entry, _ in made.values()])
    place = f"{LISTS}{listing.unit}/" if listing.unit else LISTS
    rss, atom, json = zip(*(item for _, item in made.values()), strict=True) if made else ((),) * 3
    return (
        Document(place + RSS, _framed(rss_frame(channel), rss, b"\n"), tuple(left_out)),
        Document(place + ATOM, _framed(atom_frame(channel), atom, b"\n")),
        Document(place + JSON, _framed(json_frame(channel), json, b",\n")),
    )


def _framed(frame: tuple[bytes, bytes], items: Sequence[bytes], separator: bytes) -> bytes:
    """A document: what stands before the items, the items on a line each, what comes after."""
    return frame[0] + separator.join(items) + (b"\n" if items else b"") + frame[1]


def _originals(content: str) -> str:
    """A picture in several formats as the one that every reader knows."""
    return _PICTURE.sub(r"\1", content)
