"""The index: what edgefeed knows of every page, in one object of ``state/``.

The object is gzip of lines of JSON. The first line is the `Header`; then come the static pages
and the pages left out, by key, and the posts by (instant, id, key). The header is a gzip member
of its own, so that it can be read, and written, without touching 100,000 rows; so is what is no
post, and each block of posts, cut from the oldest, so that a change compresses its own block and
those after it.

The generation counts the writes. Being part of the bytes, it gives every version of the
object an ETag that no other version ever had, and so ``If-Match`` cannot be fooled by an
index that changed and changed back.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from edgefeed.model import Entry, Observed, Post, Rejected, StaticPage

FORMAT: Final = 3
ALL: Final = "*"
REFRESH: Final = "*refresh"
REBUILD: Final = "*rebuild"
BLOCK: Final = 1_000
"""Posts in one block."""
_LEVEL: Final = 1  # a tenth of a second at 100,000 rows; level 6 takes six times that
_GZIP: Final = 31

Other = StaticPage | Rejected
T = TypeVar("T", bound=Entry | Other)


class BadIndex(ValueError):  # noqa: N818 - what it is, as Conflict and Unavailable are
    """The index object cannot be read: damaged, or of another format."""


class Debt(msgspec.Struct, frozen=True):
    """Units that a run has yet to write: it says so before it starts.

    Until ``until`` (seconds since 1970) the run may be alive; then anyone may adopt the
    debt. ``keys`` are those whose rows the run changed: what a message must not be
    acknowledged for while the debt stands. `ALL` stands for more than can be listed,
    `REFRESH` and `REBUILD` for the calls of these names.
    """

    until: float
    keys: tuple[str, ...]
    units: tuple[str, ...]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything of the index but its rows.

    ``revision`` and ``renderer`` are the newest `Site.revision` and `Site.renderer` that
    took part. ``emptied`` maps the unit of a tag or series that lost its last post to the
    label it had. ``held`` maps documents that the feed gate held back to the reason.
    ``unheard`` are paths of feeds that changed and of which the hub has not heard yet.
    ``rebuild`` is how far a rebuild has come: every page up to this key was looked at.
    ``reader`` is the `Site.reader` that has read every page, or `ALL` where it was several;
    while there is a rebuild, those pages that it has looked at.
    """

    format: int = 0
    generation: int = 0
    revision: int = 0
    renderer: str = ""
    reader: str = ""
    rows: int = 0
    debts: dict[str, Debt] = {}
    emptied: dict[str, str] = {}
    held: dict[str, str] = {}
    unheard: tuple[str, ...] = ()
    rebuild: str | None = None


class Packed(NamedTuple):
    """The bytes of some rows, block by block: those that are no posts, and the posts."""

    rows: tuple[Sequence[Entry | Other], ...] = ()
    blocks: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Index:
    """The rows, sorted, and the header.

    ``packed`` holds the bytes of these rows, or of earlier ones, most of whose blocks are the
    same.
    """

    header: Header = field(default_factory=Header)
    entries: tuple[Entry, ...] = ()
    others: tuple[Other, ...] = ()
    packed: Packed = field(default=Packed(), compare=False)


_encoder = msgspec.json.Encoder()
_headers = msgspec.json.Decoder(Header)
_entries = msgspec.json.Decoder(Entry)
_others = msgspec.json.Decoder(Other)


def _gzip(data: bytes) -> bytes:
    return zlib.compress(data, _LEVEL, _GZIP)


def pack_rows(index: Index) -> Index:
    """The index with its rows' bytes at hand, so that `encode` need not make them twice."""
    old, entries = index.packed, index.entries
    blocks = (entries[start : start + BLOCK] for start in range(0, len(entries), BLOCK))
    rows = (index.others, *blocks)
    packed = tuple(
        old.blocks[number]
        if old.rows[number : number + 1] == (some,)
        else _gzip(_encoder.encode_lines(some))
        for number, some in enumerate(rows)
    )
    return replace(index, packed=Packed(rows, packed))


def encode(index: Index) -> bytes:
    """The index as bytes. The same index always gives the same bytes."""
    rows = len(index.entries) + len(index.others)
    header = msgspec.structs.replace(index.header, format=FORMAT, rows=rows)
    return b"".join((_gzip(_encoder.encode(header) + b"\n"), *pack_rows(index).packed.blocks))


def decode(data: bytes) -> Index:
    """The index from its bytes. Raises BadIndex."""
    members = _members(data)
    try:
        header = _headers.decode(next(members, (b"", b""))[1])
        if header.format != FORMAT:
            raise BadIndex(f"the index has format {header.format}, this edgefeed reads {FORMAT}")
        blocks = list(members)
        others = tuple(chain(*(_others.decode_lines(lines) for _, lines in blocks[:1])))
        posts = [tuple(_entries.decode_lines(lines)) for _, lines in blocks[1:]]
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadIndex(f"the index cannot be read: {error}") from error
    entries = tuple(chain.from_iterable(posts))
    if (found := len(entries) + len(others)) != header.rows:
        raise BadIndex(f"the index should hold {header.rows} pages, and holds {found}")
    packed = Packed((others, *posts), tuple(block for block, _ in blocks))
    return Index(header, entries, others, packed)


def _members(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each gzip member, as it is and unpacked."""
    while data:
        unpacker = zlib.decompressobj(_GZIP)
        lines = unpacker.decompress(data)
        if not unpacker.eof:
            raise zlib.error("it ends too early")
        rest = unpacker.unused_data
        yield data[: len(data) - len(rest)], lines
        data = rest


entry_order: Final[Callable[[Entry], Any]] = attrgetter("instant", "id", "key")
"""The order of posts, oldest first."""


def apply(index: Index, observed: Mapping[str, Observed]) -> Index:
    """The index after looking at some keys; everything else stays.

    The header stays too, and so do the objects that rows of other keys are. Returns the same
    index when nothing changed.
    """
    posts = {key: seen.entry for key, seen in observed.items() if isinstance(seen, Post)}
    others = {key: seen for key, seen in observed.items() if isinstance(seen, Other)}
    entries = _replaced(index.entries, posts, observed, entry_order)
    rows = _replaced(index.others, others, observed, attrgetter("key"))
    if entries is index.entries and rows is index.others:
        return index
    return replace(index, entries=entries, others=rows)


def _replaced(
    rows: tuple[T, ...], new: dict[str, T], keys: Mapping[str, object], order: Callable[[T], Any]
) -> tuple[T, ...]:
    """The rows, those of some keys by what they are now."""
    if {row.key: row for row in rows if row.key in keys} == new:
        return rows
    kept = [row for row in rows if row.key not in keys]
    return tuple(sorted([*kept, *new.values()], key=order))
