"""The build record: what the last deploy published, and from what. One object in ``state/``.

A plan is the difference between the sources as they are and this record. It is compact
(rows, not named members), gzipped, versioned, and only ever replaced by compare-and-swap. The
inputs of every page are in it, so that two states of a page's inputs can be compared as
values; what cannot be compared so (theme, settings, the engine itself) is a digest.

The sources are packed in blocks (`rows`), so that reading and writing a record costs what is
asked of it, and what was changed.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from sula.planning.blocks import REMEDY, RecordUnreadableError, Source, Summary
from sula.planning.rows import Rows, pack, unpack

VERSION = 3
_GZIP = 31
"""zlib's name for the format with gzip's header and trailer."""
_CHUNK = 65_536


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
    """A page that is stored out of reach until its minute, and scheduled (`scheduled`).

    ``instant`` is when, in seconds since 1970 UTC; ``inputs`` a digest of what its bytes depend
    on. ``gone`` is when it was withdrawn, as long as a late release may still come; else 0.
    """

    path: str
    output: str
    instant: int
    inputs: str
    gone: int = 0


class Surveyed(msgspec.Struct, frozen=True, array_like=True):
    """How the content directory was when git was asked: as in a commit, but for some paths.

    ``prefix`` is its place in the repository. ``apart`` are the paths that were not, or may not
    have been, as in that commit.
    """

    prefix: str
    apart: tuple[str, ...] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is published, and from what.

    ``revision`` counts deploys. ``deploy`` names the one that wrote this, so that a write
    whose answer was lost is recognised. ``commit`` is git's, where there is one, and ``surveyed``
    how the sources differed from it, where that is known.
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
    surveyed: Surveyed | None = None
    function: str = ""
    prints: Prints = Prints()
    headers: tuple[tuple[str, str], ...] = ()
    sources: Sequence[Source] = ()
    files: tuple[File, ...] = ()
    assets: tuple[File, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    redirects: dict[str, str] = {}

    @cached_property
    def rows(self) -> Rows:
        """The sources, to be asked for some of them."""
        return self.sources if isinstance(self.sources, Rows) else Rows.of(self.sources)

    @property
    def by_path(self) -> Mapping[str, Source]:
        """The sources by their path, in order of time."""
        return self.rows.by_path

    def stored(self, row: Source | File) -> Stored:
        """The published object of a row."""
        return Stored(row.etag, *self.headers[row.headers])


class _Version(msgspec.Struct):
    version: int


class _Head(Record, frozen=True, kw_only=True):
    """A record on its way: its sources follow it. See `sula.planning.rows.pack`."""

    sources: tuple[Source, ...] = ()
    summaries: tuple[Summary, ...] = ()
    sizes: tuple[int, ...] = ()
    tags: dict[str, int] = {}


# Made here, before there are threads: see `edgefeed.metadata`.
_heads: Final = msgspec.json.Decoder(_Head)
_versions: Final = msgspec.json.Decoder(_Version)


def encode(record: Record) -> bytes:
    """The bytes of a record: the same record, the same bytes."""
    summaries, sizes, parts = pack(record.rows)
    said = {name: getattr(record, name) for name in Record.__struct_fields__} | {"sources": ()}
    tags = dict(sorted(record.rows.tags.items()))
    head = _Head(**said, summaries=tuple(summaries), sizes=tuple(sizes), tags=tags)
    return b"".join([gzip.compress(msgspec.json.encode(head), compresslevel=1, mtime=0), *parts])


def decode(body: bytes) -> Record:
    """Read a record. Raises `RecordUnreadableError`, with the remedy, where it cannot."""
    try:
        text, packed = _head_of(body)
        version = _versions.decode(text).version
    except (zlib.error, msgspec.DecodeError) as error:
        raise RecordUnreadableError(f"the build record is damaged ({error}); {REMEDY}") from error
    if version > VERSION:
        raise RecordUnreadableError(
            f"the build record was written by a newer Sula (format {version}, this one knows "
            f"{VERSION}); install that one"
        )
    if version < VERSION:
        raise RecordUnreadableError(
            f"the build record's format {version} is no longer read; {REMEDY}"
        )
    try:
        head = _heads.decode(text)
    except msgspec.DecodeError as error:
        raise RecordUnreadableError(f"the build record is damaged ({error}); {REMEDY}") from error
    rows = unpack(head.summaries, head.sizes, packed, head.tags)
    if rows is None:
        raise RecordUnreadableError(f"the build record is damaged (cut short); {REMEDY}")
    said = {name: getattr(head, name) for name in Record.__struct_fields__}
    return Record(**said | {"sources": rows})


def _head_of(body: bytes) -> tuple[bytes, memoryview]:
    """The head's text, and what follows it. Raises `zlib.error` where the head has no end."""
    member, rest, text = zlib.decompressobj(_GZIP), memoryview(body), []
    while not member.eof:
        if not rest:
            raise zlib.error("cut short")
        chunk = rest[:_CHUNK]  # what follows is large, and not to be copied
        text.append(member.decompress(chunk))
        rest = rest[len(chunk) - len(member.unused_data) :]
    return b"".join(text), rest


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


__all__ = [
    "File", "Headers", "Prints", "Record", "RecordUnreadableError", "Source", "Stored",
    "Surveyed", "Waiting", "decode", "encode",
]  # fmt: skip
