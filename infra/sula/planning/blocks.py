"""The rows of the build record, and the blocks they are packed in.

Each block says in a summary what its rows have in common, and has a key, four bytes of hash, for
everything that its rows are asked for by: path, address, links, series and so on. What has no
key is not there; what has one is looked at, for two things may share a hash.

A block ends where a row's path says: whoever changes one row packs one block anew, wherever
in the site it is, and the same rows make the same blocks.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Final, Literal, Self

import msgspec

from edgefeed.contract import slugify
from sula.errors import SulaError
from sula.model import Meta, Status
from sula.planning import identity
from sula.planning.redirects import key_of

ROWS_A_BLOCK: Final = 128
"""On average. Fewer are opened sooner, and take more room."""
_LEVEL: Final = 4
"""Of compression: a tenth less than the quickest, for who sends the record to the cloud."""
_GZIP: Final = 31
"""zlib's name for the format with gzip's header and trailer."""

series_key = lru_cache(maxsize=4096)(slugify)
"""What makes two spellings of a series' name one series: their address."""

Buffer = bytes | memoryview

Place = tuple[int, str]
"""Where a post stands in time: its instant, then its path."""


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


def place_of(row: Source) -> Place:
    """Where a source stands in time."""
    return row.instant, row.path


Kind = Literal["path", "address", "link", "series", "identity", "tag", "from"]

ASKED_FOR: Final[Mapping[Kind, Callable[[Source], Iterable[str]]]] = {
    "path": lambda row: (row.path,),
    "address": lambda row: {key_of("/" + row.url), key_of("/" + row.output)},
    "link": lambda row: row.links,
    "series": lambda row: (series_key(row.series),) if row.series else (),
    "identity": lambda row: filter(None, (row.id or row.identity,)),
    "tag": lambda row: row.tags,
    "from": lambda row: map(key_of, row.redirect_from),
}
"""What rows can be asked for by. An address, and an old one, is as `redirects.key_of` says."""


def hash_of(kind: Kind, value: str) -> int:
    """The key of something that a row is asked for by."""
    return zlib.crc32(f"{kind}\0{value}".encode("utf-8", "surrogateescape"))


class RecordUnreadableError(SulaError):
    """The build record cannot be used."""


REMEDY: Final = (
    "run `sula deploy --full` to write it anew (posts that state no `id` and were renamed "
    "will look new to subscribers)"
)


class Summary(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What can be known of a block without opening it.

    ``last`` is its last row's place, ``stored`` how many rows have a page. ``odd`` is whether any
    has none though it is no draft, or one though it is. ``drafts`` are the drafts' paths.
    """

    rows: int
    keys: int
    last: Place
    stored: int
    odd: bool
    drafts: tuple[str, ...] = ()


_decoder: Final = msgspec.json.Decoder(tuple[Source, ...])  # not in a thread: `edgefeed.metadata`


class Block:
    """Rows that follow each other, at least one, and their packed form: a gzip member (RFC 1952).

    Made of the one, it has the other where it is asked for.
    """

    def __init__(self, rows: tuple[Source, ...]) -> None:
        """Pack nothing yet."""
        self.rows = rows

    @classmethod
    def packed(cls, summary: Summary, keys: Buffer, body: Buffer) -> Self:
        """Open nothing yet."""
        block = cls.__new__(cls)
        block.__dict__ |= {"summary": summary, "keys": keys, "body": body}
        return block

    @cached_property
    def rows(self) -> tuple[Source, ...]:
        """The rows. Raises `RecordUnreadableError` where the body is damaged."""
        try:
            return _decoder.decode(zlib.decompress(self.body, _GZIP))
        except (zlib.error, msgspec.DecodeError) as error:
            message = f"the build record is damaged ({error}); {REMEDY}"
            raise RecordUnreadableError(message) from error

    @cached_property
    def body(self) -> Buffer:
        """The same rows, the same bytes."""
        return gzip.compress(msgspec.json.encode(self.rows), compresslevel=_LEVEL, mtime=0)

    @cached_property
    def keys(self) -> Buffer:
        """A hash of everything that the rows are asked for by, in order, each once."""
        found = {
            hash_of(kind, value)
            for kind, values in ASKED_FOR.items()
            for row in self.rows
            for value in values(row)
        }
        return struct.pack(f"<{len(found)}I", *sorted(found))

    @cached_property
    def summary(self) -> Summary:
        """See `Summary`."""
        return Summary(
            rows=len(self.rows),
            keys=len(self.keys) // 4,
            last=place_of(self.rows[-1]),
            stored=self.stored,
            odd=any((row.etag != "") is not (row.status != "draft") for row in self.rows),
            drafts=self.drafts,
        )

    @property
    def is_open(self) -> bool:
        """Whether its rows are at hand."""
        return "rows" in self.__dict__

    @property
    def is_keyed(self) -> bool:
        """Whether its keys are at hand."""
        return "keys" in self.__dict__

    def __len__(self) -> int:
        return len(self.rows) if self.is_open else self.summary.rows

    @property
    def last(self) -> Place:
        """Its last row's place."""
        return place_of(self.rows[-1]) if self.is_open else self.summary.last

    @property
    def stored(self) -> int:
        """How many rows have a page."""
        return sum(row.etag != "" for row in self.rows) if self.is_open else self.summary.stored

    @property
    def drafts(self) -> tuple[str, ...]:
        """The paths of its drafts."""
        if not self.is_open:
            return self.summary.drafts
        return tuple(row.path for row in self.rows if row.status == "draft")

    def unsettled(self, now: int) -> Iterator[Source]:
        """See `Rows.unsettled`."""
        if self.is_open or self.summary.odd or self.last[0] > now:
            for row in self.rows:
                # As the planner's `_is_live` says, without a call for each source of the site.
                if (row.etag != "") is not (row.status != "draft" and row.instant <= now):
                    yield row

    def live(self, now: int) -> int:
        """See `Rows.live`."""
        if self.is_open or self.summary.odd or self.last[0] > now:
            return sum(row.status != "draft" and row.instant <= now for row in self.rows)
        return self.summary.stored


def cut(rows: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
    """Rows as blocks; the last one, perhaps empty, is what no row has ended."""
    some: list[Source] = []
    for row in rows:
        some.append(row)
        if zlib.crc32(row.path.encode("utf-8", "surrogateescape")) % ROWS_A_BLOCK == 0:
            yield tuple(some)
            some = []
    yield tuple(some)
