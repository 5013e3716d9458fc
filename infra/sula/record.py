"""The build record: what the last deploy published, and from what. One object in ``state/``.

A plan is the difference between the sources as they are and this record. It is compact
(rows, not named members), gzipped, versioned, and only ever replaced by compare-and-swap. The
inputs of every page are in it, so that two states of a page's inputs can be compared as
values; what cannot be compared so (theme, settings, the engine itself) is a digest.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from sula import identity
from sula.errors import SulaError
from sula.model import Meta, Status

VERSION = 1


class Stored(NamedTuple):
    """A public object: the MD5 of its body in hex (S3's ETag, without quotes), its headers."""

    etag: str
    content_type: str
    cache_control: str


class Prints(msgspec.Struct, frozen=True):
    """Digests of what shapes every page: Sula and its libraries, the theme, the settings."""

    engine: str = ""
    theme: str = ""
    settings: str = ""


class Source(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One Markdown source: its blob, all that its page or another's may print, its page.

    ``instant`` is ``published`` in seconds since 1970 UTC (0 where a page states none).
    ``identity`` is set only where it differs from what its path would mint. ``etag`` is the
    published page's, empty while nothing is published (a draft, a post of the future).
    ``headers`` is the page's line in `Record.headers`. The rest is as in `model.Meta`.
    """

    path: str
    blob: str
    kind: Literal["post", "page"]
    title: str
    slug: str
    url: str
    output: str
    published: str
    instant: int
    updated: str
    id: str
    tags: tuple[str, ...]
    series: str
    position: int | None
    status: Status
    links: tuple[str, ...]
    identity: str = ""
    etag: str = ""
    headers: int = 0
    redirect_from: tuple[str, ...] = ()

    @classmethod
    def of(cls, meta: Meta, blob: str) -> Source:
        """A source just read, not published yet."""
        moment = meta.published and datetime.fromisoformat(meta.published)
        return cls(
            path=meta.path, blob=blob, kind=meta.kind, title=meta.title, slug=meta.slug,
            url=meta.url, output=meta.output, published=meta.published,
            instant=int(moment.timestamp()) if moment else 0, updated=meta.updated, id=meta.id,
            tags=meta.tags, series=meta.series, position=meta.position, status=meta.status,
            links=meta.links, redirect_from=meta.redirect_from,
        )  # fmt: skip

    def identify(self, site_id: str) -> str:
        """The permanent identity: stated, remembered, or minted from the path."""
        return self.id or self.identity or identity.mint(site_id, self.path)


class File(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A published file: an image (``blob`` is git's) or an asset of the theme (no blob).

    ``width`` and ``height`` are a picture's, in pixels.
    """

    path: str
    blob: str
    etag: str
    headers: int
    width: int = 0
    height: int = 0


class Waiting(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A page that is stored out of reach until its minute, and scheduled (`sula.waiting`).

    ``instant`` is when, in seconds since 1970 UTC; ``inputs`` a digest of what its bytes depend
    on. ``gone`` is when it was withdrawn, as long as a late release may still come; else 0.
    """

    path: str
    output: str
    instant: int
    inputs: str
    gone: int = 0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is published, and from what.

    ``revision`` counts deploys. ``deploy`` names the one that wrote this, so that a write
    whose answer was lost is recognised. ``commit`` is git's, where there is one.
    ``function`` is the digest of the bundle that makes the lists. ``headers`` is the table of
    (content type, cache rule) that rows refer to. ``sources`` are sorted by (instant, path).
    ``waiting`` are the pages that a schedule will release. ``redirects`` are those of
    ``redirects.txt``, as the edge function reads them; the others are in the rows.
    """

    version: int = VERSION
    revision: int = 0
    deploy: str = ""
    site_id: str = ""
    commit: str = ""
    function: str = ""
    prints: Prints = Prints()
    headers: tuple[tuple[str, str], ...] = ()
    sources: tuple[Source, ...] = ()
    files: tuple[File, ...] = ()
    assets: tuple[File, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    redirects: dict[str, str] = {}

    def stored(self, row: Source | File) -> Stored:
        """The published object of a row."""
        return Stored(row.etag, *self.headers[row.headers])


class RecordUnreadableError(SulaError):
    """The build record cannot be used."""


class _Version(msgspec.Struct):
    version: int


_REMEDY = (
    "run `sula deploy --full` to write it anew (posts that state no `id` and were renamed "
    "will look new to subscribers)"
)


def encode(record: Record) -> bytes:
    """The bytes of a record: the same record, the same bytes."""
    return gzip.compress(msgspec.json.encode(record), compresslevel=1, mtime=0)


def decode(body: bytes) -> Record:
    """Read a record. Raises `RecordUnreadableError`, with the remedy, where it cannot."""
    try:
        text = gzip.decompress(body)
        version = msgspec.json.decode(text, type=_Version).version
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise RecordUnreadableError(f"the build record is damaged ({error}); {_REMEDY}") from error
    if version > VERSION:
        raise RecordUnreadableError(
            f"the build record was written by a newer Sula (format {version}, this one knows "
            f"{VERSION}); install that one"
        )
    if version < VERSION:
        raise RecordUnreadableError(
            f"the build record's format {version} is no longer read; {_REMEDY}"
        )
    try:
        return msgspec.json.decode(text, type=Record)
    except msgspec.DecodeError as error:
        raise RecordUnreadableError(f"the build record is damaged ({error}); {_REMEDY}") from error


class Headers:
    """The table of headers of a record in the making."""

    def __init__(self, table: Iterable[tuple[str, str]]) -> None:
        """Go on from an older table: its lines keep their numbers."""
        self.table = list(table)
        self._lines = {headers: line for line, headers in enumerate(self.table)}

    def line(self, content_type: str, cache_control: str) -> int:
        """The number of a line, added where it is new."""
        headers = (content_type, cache_control)
        if headers not in self._lines:
            self._lines[headers] = len(self.table)
            self.table.append(headers)
        return self._lines[headers]
