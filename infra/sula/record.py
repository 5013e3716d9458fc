"""The build record: what the last deploy published, and from what. One object in ``state/``.

A plan is the difference between the sources as they are and this record. It is compact
(rows, not named members), gzipped, versioned, and only ever replaced by compare-and-swap. The
inputs of every page are in it, so that two states of a page's inputs can be compared as
values; what cannot be compared so (theme, settings, the engine itself) is a digest.

The rows are packed in blocks, which end where a row's path says: whoever changes one row packs
one block anew, wherever in the site it is.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Final, Literal, NamedTuple

import msgspec

from sula import identity
from sula.errors import SulaError
from sula.model import Meta, Status

VERSION = 2
_ROWS_A_BLOCK = 512
_GZIP = 31
"""zlib's name for the format with gzip's header and trailer."""


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
            path=meta.path, blob=blob, kind=meta.kind, title=meta.title,
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


class Block(NamedTuple):
    """Rows that follow each other, and their packed form: a gzip member (RFC 1952)."""

    rows: tuple[Source, ...]
    body: bytes

    @classmethod
    def pack(cls, rows: tuple[Source, ...]) -> Block:
        """Pack rows: the same rows, the same bytes."""
        return cls(rows, gzip.compress(msgspec.json.encode(rows), compresslevel=1, mtime=0))

    @classmethod
    def unpack(cls, body: bytes) -> Block:
        """The opposite of `pack`."""
        return cls(_rows.decode(zlib.decompress(body, _GZIP)), body)

    @property
    def is_whole(self) -> bool:
        """Whether it ends of itself, and not with the last row of all."""
        return _ends(self.rows[-1])


def _ends(row: Source) -> bool:
    return zlib.crc32(row.path.encode("utf-8", "surrogateescape")) % _ROWS_A_BLOCK == 0


class Record(msgspec.Struct, frozen=True, kw_only=True, dict=True):
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

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The sources, packed."""
        return tuple(_blocks(self.sources, ()))

    @cached_property
    def by_path(self) -> Mapping[str, Source]:
        """The sources by their path, in order of time."""
        return {row.path: row for row in self.sources}

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


class _Head(Record, frozen=True, kw_only=True):
    """A record on its way: the sources follow it in blocks of so many bytes."""

    sizes: tuple[int, ...] = ()


# Made here, before there are threads: see `edgefeed.metadata`.
_rows: Final = msgspec.json.Decoder(tuple[Source, ...])
_heads: Final = msgspec.json.Decoder(_Head)
_versions: Final = msgspec.json.Decoder(_Version)


def _blocks(rows: tuple[Source, ...], known: Iterable[Block]) -> Iterator[Block]:
    """Cut rows into blocks, and take those that are packed already."""
    packed = {block.rows[0].path: block for block in known}
    at = 0
    while at < len(rows):
        block = packed.get(rows[at].path)
        end = at + len(block.rows) if block else at
        if block and (block.is_whole or end == len(rows)) and rows[at:end] == block.rows:
            yield block
        else:
            end = next((i for i in range(at, len(rows)) if _ends(rows[i])), len(rows) - 1) + 1
            yield Block.pack(rows[at:end])
        at = end


def encode(record: Record, like: Record | None = None) -> bytes:
    """The bytes of a record: the same record, the same bytes.

    What it shares with another, that was read, need not be packed again.
    """
    bodies = [block.body for block in _blocks(record.sources, like.blocks if like else ())]
    said = {name: getattr(record, name) for name in Record.__struct_fields__} | {"sources": ()}
    head = _Head(**said, sizes=tuple(map(len, bodies)))
    return gzip.compress(msgspec.json.encode(head), compresslevel=1, mtime=0) + b"".join(bodies)


def decode(body: bytes) -> Record:
    """Read a record. Raises `RecordUnreadableError`, with the remedy, where it cannot."""
    try:
        member = zlib.decompressobj(_GZIP)
        text = member.decompress(body) + member.flush()
        version = _versions.decode(text).version
    except (zlib.error, msgspec.DecodeError) as error:
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
        head = _heads.decode(text)
        if not member.eof or sum(head.sizes) != len(member.unused_data):
            raise RecordUnreadableError(f"the build record is damaged (cut short); {_REMEDY}")
        blocks = tuple(map(Block.unpack, _parts(member.unused_data, head.sizes)))
    except (zlib.error, msgspec.DecodeError) as error:
        raise RecordUnreadableError(f"the build record is damaged ({error}); {_REMEDY}") from error
    said = {name: getattr(head, name) for name in Record.__struct_fields__}
    record = Record(
        **said | {"sources": tuple(chain.from_iterable(block.rows for block in blocks))}
    )
    record.__dict__["blocks"] = blocks  # as they were read
    return record


def _parts(packed: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield packed[at : at + size]
        at += size


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
