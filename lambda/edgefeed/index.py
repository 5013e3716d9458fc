"""The index: what edgefeed knows of every page, in one object of ``state/``.

The object is gzip of lines of JSON. The first line is the `Header`; then, as many as the
header says, the posts by (instant, id, key), the static pages by key, and the pages left
out by key. The header is a gzip member of its own, so that it can be read, and written,
without touching 100,000 rows.

The generation counts the writes. Being part of the bytes, it gives every version of the
object an ETag that no other version ever had, and so ``If-Match`` cannot be fooled by an
index that changed and changed back.
"""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import msgspec

from edgefeed.model import Entry, Observed, Post, Rejected, StaticPage

FORMAT: Final = 1
ALL: Final = "*"
REFRESH: Final = "*refresh"
REBUILD: Final = "*rebuild"
_MOST_KEYS: Final = 1_000
_LEVEL: Final = 1  # a tenth of a second at 100,000 rows; level 6 takes six times that
_GZIP: Final = 31
_FEW: Final = 200

_Row = TypeVar("_Row", StaticPage, Rejected)


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
    """

    format: int = FORMAT
    generation: int = 0
    revision: int = 0
    renderer: str = ""
    entries: int = 0
    pages: int = 0
    rejected: int = 0
    debts: dict[str, Debt] = {}
    emptied: dict[str, str] = {}
    held: dict[str, str] = {}
    unheard: tuple[str, ...] = ()
    rebuild: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """The rows, sorted, and the header. ``packed`` holds the rows' bytes while known."""

    header: Header = field(default_factory=Header)
    entries: tuple[Entry, ...] = ()
    pages: tuple[StaticPage, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    packed: bytes | None = None

    def with_header(self, header: Header) -> Index:
        """The same rows under another header."""
        return replace(self, header=header)

    def row(self, key: str) -> Entry | StaticPage | Rejected | None:
        """What is known of a page. Linear: for the few keys of a status question."""
        tables: tuple[Sequence[Entry | StaticPage | Rejected], ...]
        tables = (self.entries, self.pages, self.rejected)
        return next((row for rows in tables for row in rows if row.key == key), None)


_encoder = msgspec.json.Encoder()
_headers = msgspec.json.Decoder(Header)
_entries = msgspec.json.Decoder(Entry)
_pages = msgspec.json.Decoder(StaticPage)
_rejected = msgspec.json.Decoder(Rejected)


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(data) + packer.flush()


def pack_rows(index: Index) -> Index:
    """The index with its rows' bytes at hand, so that `encode` need not make them twice."""
    if index.packed is not None:
        return index
    rows = (*index.entries, *index.pages, *index.rejected)
    return replace(index, packed=_gzip(_encoder.encode_lines(rows)))


def encode(index: Index) -> bytes:
    """The index as bytes. The same index always gives the same bytes."""
    header = msgspec.structs.replace(
        index.header,
        entries=len(index.entries),
        pages=len(index.pages),
        rejected=len(index.rejected),
    )
    return _gzip(_encoder.encode(header) + b"\n") + (pack_rows(index).packed or b"")


def decode_header(data: bytes) -> Header:
    """The header alone; the first few kilobytes of the object are enough.

    Raises BadIndex.
    """
    return _split(data)[0]


def decode(data: bytes) -> Index:
    """The index from its bytes. Raises BadIndex."""
    header, packed = _split(data)
    try:
        lines = zlib.decompress(packed, _GZIP)
        first = header.entries
        if header.pages or header.rejected:
            ends = _line_ends(lines, first, first + header.pages)
        else:
            ends = (len(lines), len(lines))
        index = Index(
            header=header,
            entries=tuple(_entries.decode_lines(lines[: ends[0]])),
            pages=tuple(_pages.decode_lines(lines[ends[0] : ends[1]])),
            rejected=tuple(_rejected.decode_lines(lines[ends[1] :])),
            packed=packed,
        )
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadIndex(f"the index's rows cannot be read: {error}") from error
    found = (len(index.entries), len(index.pages), len(index.rejected))
    if found != (header.entries, header.pages, header.rejected):
        raise BadIndex(f"the index should hold {header.entries} posts, and holds {found[0]}")
    return index


def _split(data: bytes) -> tuple[Header, bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        line = unpacker.decompress(data)
        header = _headers.decode(line)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadIndex(f"the index's header cannot be read: {error}") from error
    if header.format != FORMAT:
        raise BadIndex(f"the index has format {header.format}, this edgefeed reads {FORMAT}")
    return header, unpacker.unused_data


def _line_ends(data: bytes, *counts: int) -> tuple[int, ...]:
    """The offsets after so many lines each; counted from the end, where they are few."""
    ends = []
    total = data.count(b"\n")
    for count in counts:
        at = len(data)
        for _ in range(total - count + 1):
            at = data.rfind(b"\n", 0, at)
        ends.append(at + 1)
    return tuple(ends)


def entry_order(entry: Entry) -> tuple[int, str, str]:
    """The order of posts, oldest first."""
    return entry.instant, entry.id, entry.key


def apply(index: Index, observed: Mapping[str, Observed]) -> Index:
    """The index after looking at some keys; everything else stays.

    The header stays too. Returns the same object when nothing changed.
    """
    posts = {key: seen.entry for key, seen in observed.items() if isinstance(seen, Post)}
    pages = {key: seen for key, seen in observed.items() if isinstance(seen, StaticPage)}
    rejected = {key: seen for key, seen in observed.items() if isinstance(seen, Rejected)}
    entries = _replaced(index.entries, posts, observed)
    new = Index(
        header=index.header,
        entries=index.entries if entries is None else _sorted(*entries),
        pages=_by_key(index.pages, pages, observed),
        rejected=_by_key(index.rejected, rejected, observed),
    )
    same = (
        new.entries is index.entries and new.pages is index.pages and new.rejected is index.rejected
    )
    return index if same else new


def changed_keys(old: Index, new: Index, keys: Iterable[str]) -> frozenset[str]:
    """Those of some keys whose rows differ; `ALL` when they are too many to list."""
    wanted = frozenset(keys)
    before, after = _rows(old, wanted), _rows(new, wanted)
    found = frozenset(key for key in wanted if before.get(key) != after.get(key))
    return found if len(found) <= _MOST_KEYS else frozenset({ALL})


def _rows(index: Index, keys: frozenset[str]) -> dict[str, Entry | StaticPage | Rejected]:
    tables: tuple[Sequence[Entry | StaticPage | Rejected], ...]
    tables = (index.entries, index.pages, index.rejected)
    return {row.key: row for rows in tables for row in rows if row.key in keys}


def _replaced(
    rows: tuple[Entry, ...], new: dict[str, Entry], keys: Mapping[str, object]
) -> tuple[list[Entry], list[Entry]] | None:
    """The rows that stay, and those to add; None when nothing changes."""
    old = {row.key: row for row in rows if row.key in keys}
    if old == new:
        return None
    added = [row for key, row in new.items() if old.get(key) != row]
    going = {key for key, row in old.items() if new.get(key) != row}
    return [row for row in rows if row.key not in going], added


def _sorted(kept: list[Entry], added: list[Entry]) -> tuple[Entry, ...]:
    if len(added) > _FEW:
        return tuple(sorted((*kept, *added), key=entry_order))
    for entry in added:
        bisect.insort(kept, entry, key=entry_order)
    return tuple(kept)


def _by_key(
    rows: tuple[_Row, ...], new: dict[str, _Row], keys: Mapping[str, object]
) -> tuple[_Row, ...]:
    if {row.key: row for row in rows if row.key in keys} == new:
        return rows
    kept = {row.key: row for row in rows if row.key not in keys} | new
    return tuple(kept[key] for key in sorted(kept))
