"""The nouns of edgefeed: what a page says, what a list shows. Frozen, typed, no I/O."""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec

from edgefeed.contract import Person


class Enclosure(msgspec.Struct, frozen=True):
    """A media file that travels with a post (RSS ``enclosure``). ``length`` in bytes."""

    url: str
    type: str
    length: int


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False, cache_hash=True):
    """One post, as the index keeps it: what lists need to sort, cut and link.

    ``key`` is the page's object key. ``title`` is plain text, empty for an untitled note.
    ``published`` and ``updated`` are RFC 3339 with an offset; ``instant`` is ``published``
    in seconds since 1970 UTC. ``position`` is the part's place in its ``series``.
    ``fragment`` is the digest of the post's `Fragment`; ``size`` its weight in a feed
    document: bytes, in the format in which it takes most. ``pinned``: it stands first on home.
    """

    key: str
    id: str
    title: str
    published: str
    instant: int
    updated: str
    tags: tuple[str, ...]
    series: str
    position: int | None
    fragment: str
    size: int
    pinned: bool = False


class Fragment(msgspec.Struct, frozen=True, omit_defaults=True, cache_hash=True):
    """What feeds and lists show of a post beyond its `Entry`; stored under its digest.

    ``content`` is the whole post: sanitised HTML, every URL absolute. ``excerpt`` is what
    lists show, without ids (empty: the whole ``content``, which has none); ``more`` tells
    whether the post goes on after it. ``summary`` is plain text, at most 300 characters.
    ``link`` is what a link post points to.
    """

    content: str
    summary: str
    excerpt: str = ""
    more: bool = False
    authors: tuple[Person, ...] = ()
    language: str = ""
    image: str = ""
    enclosure: Enclosure | None = None
    link: str = ""
    words: int = 0


class Post(msgspec.Struct, frozen=True):
    """A page that joins lists and feeds, just read: its entry and its fragment."""

    entry: Entry
    fragment: Fragment


class StaticPage(msgspec.Struct, frozen=True, array_like=True, tag="page"):
    """A page that joins the sitemap only (``WebPage``). ``updated`` may be empty."""

    key: str
    title: str
    updated: str


class Rejected(msgspec.Struct, frozen=True, array_like=True, tag="rejected"):
    """A page that was left out, why, and since when (the object's ``Last-Modified``)."""

    key: str
    reason: str
    since: str


Observed = Post | StaticPage | Rejected | None
"""What reading a key shows. ``None``: nothing is there, or nothing that joins a list."""


class Kind(enum.Enum):
    """What a listing is of."""

    HOME = "home"
    TAG = "tag"
    SERIES = "series"
    PAGE = "page"  # an older page of home, tag or series: also the feeds' archive
    TAGS = "tags"
    YEARS = "years"
    YEAR = "year"
    SITEMAP = "sitemap"  # the sitemap index
    URLS = "urls"  # one part of the sitemap
    SEARCH = "search"
    WORDS = "words"  # one shard of the search
    PROBLEMS = "problems"


class Count(msgspec.Struct, frozen=True):
    """A line of an overview: a tag, a series or a year, where it is, how many posts."""

    label: str
    path: str
    count: int


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of output, resolved: everything its documents show, fragments apart.

    ``unit`` names it and is its place under ``lists/``: ``""`` (home), ``page/3``,
    ``tags/python``, ``tags/python/page/3``, ``series/x``, ``tags``, ``archive``,
    ``archive/2026``, ``sitemap.xml``, ``sitemap/3.xml``, ``search``, ``search/0/3.json``,
    ``problems``.
    ``entries`` are newest first. For home, tag and series they are the newest
    ``feed_size``; for a page, the page's own. ``parts`` holds all entries of a series in
    reading order. ``older`` and ``newer`` are units. On a page, ``front`` is the unit of
    the list it belongs to and ``complete`` tells whether a newer page has begun, so that
    it never changes again by itself. ``archive`` is the newest complete page of a front:
    the feeds' ``prev-archive``. ``pinned`` stand first on home, newest first, and in no feed for
    that. ``total`` counts the list's posts. ``shards`` says how many shards each segment of the
    search has.
    """

    unit: str
    kind: Kind
    title: str = ""
    slug: str = ""
    front: str = ""
    front_kind: Kind = Kind.HOME
    number: int = 0
    entries: tuple[Entry, ...] = ()
    parts: tuple[Entry, ...] = ()
    pinned: tuple[Entry, ...] = ()
    older: str | None = None
    newer: str | None = None
    archive: str | None = None
    complete: bool = False
    total: int = 0
    counts: tuple[Count, ...] = ()
    shards: tuple[int, ...] = ()
    pages: tuple[StaticPage, ...] = ()
    problems: tuple[Rejected, ...] = ()


class Parts(NamedTuple):
    """What a feed's document was put together from: its items and what is around them."""

    before: bytes
    items: tuple[bytes, ...]
    after: bytes


class Document(msgspec.Struct, frozen=True):
    """One object to write: its key under ``lists/`` (or ``state/``) and its bytes.

    ``left_out`` are keys of posts that should be in it and cannot. Where its ``parts`` are known,
    they need not be looked for in the bytes.
    """

    key: str
    body: bytes
    left_out: tuple[str, ...] = ()
    parts: Parts | None = None


Documents = tuple[Document, ...]
"""What a unit is made of."""
