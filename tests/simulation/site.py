"""A site small enough to simulate thousands of times: pages of JSON, lists that print all."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

import msgspec
from tests.example_site import EXAMPLE

from edgefeed.contract import Site, key_to_path
from edgefeed.model import (
    Document,
    Entry,
    Fragment,
    Kind,
    Listing,
    Observed,
    Post,
    Rejected,
    StaticPage,
)
from edgefeed.ports import Reader, Renderer
from edgefeed.units import document_keys

SITE = msgspec.structs.replace(
    EXAMPLE,
    page_size=2,
    feed_size=3,
    home_size=2,
    hub="https://hub.example.org/",
    revision=1,
    renderer="1",
)


class Source(msgspec.Struct, frozen=True, array_like=True):
    """What a simulated page says."""

    kind: str
    id: str = ""
    title: str = ""
    year: int = 2020
    minute: int = 0
    tags: tuple[str, ...] = ()
    series: str = ""
    pinned: bool = False


def encode_source(source: Source) -> bytes:
    return msgspec.json.encode(source)


_sources = msgspec.json.Decoder(Source)


def reader_for(site: Site) -> Reader:
    """The reader of a deployed function: pure and quick, and another says other titles."""
    return lambda key, body, modified: _read(key, body, modified, site.reader)


def _read(key: str, body: bytes, modified: str, reader: str) -> Observed:
    source = _sources.decode(body)
    source = msgspec.structs.replace(source, title=source.title + reader)
    if source.kind == "static":
        return StaticPage(key, source.title, "")
    if source.kind == "bad":
        return Rejected(key, source.title, modified)
    if source.kind == "other":
        return None
    fragment = Fragment(content=source.title, summary=source.title)
    name = hashlib.sha256(msgspec.json.encode(fragment)).hexdigest()[:32]
    date = f"{source.year}-01-01T00:{source.minute:02}:00+00:00"
    entry = Entry(
        key=key,
        id=source.id,
        title=source.title,
        published=date,
        instant=source.year * 31_536_000 + source.minute * 60,
        updated=date,
        tags=source.tags,
        series=source.series,
        position=None,
        fragment=name,
        size=100_000,
        pinned=source.pinned,
    )
    return Post(entry, fragment)


class PlainRenderer:
    """Prints every listing in full, so that any difference in it is a difference in bytes."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def fragments(self, listing: Listing) -> tuple[str, ...]:
        if listing.kind in {Kind.HOME, Kind.TAG, Kind.SERIES, Kind.PAGE}:
            return tuple(entry.fragment for entry in listing.pinned + listing.entries)
        return ()

    def documents(
        self, listing: Listing, fragments: Mapping[str, Fragment]
    ) -> tuple[Document, ...]:
        contents = [fragments[name].content for name in self.fragments(listing)]
        text = msgspec.json.encode((self._site.renderer, listing, contents))
        # One HTML page and one feed stand for the four documents of a list.
        return tuple(
            Document(key, key_to_path(key).encode() + b"\n" + text)
            for key in document_keys(listing.unit)[:2]
        )

    def check(self, document: Document, previous: bytes | None) -> str | None:  # noqa: ARG002
        return None


class Gated:
    """A renderer with a gate: what it thinks of a document depends on both of them."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner

    def fragments(self, listing: Listing) -> tuple[str, ...]:
        return self._inner.fragments(listing)

    def documents(
        self, listing: Listing, fragments: Mapping[str, Fragment]
    ) -> tuple[Document, ...]:
        return self._inner.documents(listing, fragments)

    def check(self, document: Document, previous: bytes | None) -> str | None:
        differs = previous is not None and previous != document.body
        doubtful = differs and zlib.crc32((previous or b"") + document.body) % 4 == 0
        return "not today" if doubtful else self._inner.check(document, previous)
