"""Listings to feeds: RSS 2.0, Atom 1.0 and JSON Feed 1.1 of one list, or of a page of it. Pure.

The same listing, fragments and site give the same bytes: no clock, no locale, no hash order.
An item is made once and goes, byte for byte, into every feed that carries it: the site's,
its tags', its series', their archives.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from edgefeed.atom import atom_frame, atom_item
from edgefeed.channel import ATOM, JSON, RSS, Item, channel_of
from edgefeed.contract import LISTS, Site, key_to_path
from edgefeed.gate import check_feed
from edgefeed.jsonfeed import join_items, json_frame, json_item
from edgefeed.model import Document, Entry, Fragment, Kind, Listing, Rejected
from edgefeed.rss import rss_frame, rss_item

__all__ = ["Feeds", "check_feed", "feed_documents", "make_feeds"]

_WITH_FEEDS: Final = frozenset({Kind.HOME, Kind.TAG, Kind.SERIES, Kind.PAGE})
_LARGE: Final = 100_000
"""Bytes above which an item is made anew each time rather than kept."""


class Feeds(msgspec.Struct, frozen=True):
    """The documents of one listing, and the posts that could not be put into them."""

    documents: tuple[Document, ...] = ()
    left_out: tuple[Rejected, ...] = ()


def feed_documents(
    listing: Listing, fragments: Mapping[str, Fragment], site: Site
) -> tuple[Document, ...]:
    """The feeds of a listing, none for a kind that has none. ``fragments`` goes by digest."""
    return make_feeds(listing, fragments, site).documents


def make_feeds(listing: Listing, fragments: Mapping[str, Fragment], site: Site) -> Feeds:
    """As `feed_documents`, and what was left out (feeds.md, 8)."""
    if listing.kind not in _WITH_FEEDS:
        return Feeds()
    entries: list[Entry] = []
    made: list[tuple[bytes, bytes, bytes]] = []
    left_out: list[Rejected] = []
    seen: set[str] = set()
    for entry in sorted(listing.entries, key=lambda e: (e.instant, e.id), reverse=True):
        try:
            item = _item(entry, fragments, site, seen)
        except (ValueError, TypeError) as error:  # what feedgen and lxml raise
            left_out.append(Rejected(entry.key, f"no feed can hold it: {error}", entry.updated))
            continue
        seen.add(entry.id)
        entries.append(entry)
        made.append(item)
    channel = channel_of(listing, site, entries)
    place = f"{LISTS}{listing.unit}/" if listing.unit else LISTS
    rss, atom, json = zip(*made, strict=True) if made else ((), (), ())
    return Feeds(
        (
            Document(place + RSS, _framed(rss_frame(channel), _lines(rss))),
            Document(place + ATOM, _framed(atom_frame(channel), _lines(atom))),
            Document(place + JSON, _framed(json_frame(channel), join_items(json))),
        ),
        tuple(left_out),
    )


def _item(
    entry: Entry, fragments: Mapping[str, Fragment], site: Site, seen: set[str]
) -> tuple[bytes, bytes, bytes]:
    if entry.id in seen:
        raise ValueError("its id occurs twice")
    if (fragment := fragments.get(entry.fragment)) is None:
        raise ValueError("its text is missing")
    url = site.absolute(key_to_path(entry.key))
    item = Item(entry, fragment, url, site.author, site.language)
    return (_formats if entry.size < _LARGE else _formats.__wrapped__)(item)


@lru_cache(maxsize=256)
def _formats(item: Item) -> tuple[bytes, bytes, bytes]:
    return rss_item(item), atom_item(item), json_item(item)


def _lines(items: tuple[bytes, ...]) -> bytes:
    return b"".join(item + b"\n" for item in items)


def _framed(frame: tuple[bytes, bytes], items: bytes) -> bytes:
    return frame[0] + items + frame[1]
