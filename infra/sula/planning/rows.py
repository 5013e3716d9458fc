"""The sources of a site in order of time, in blocks that open where one asks.

Whoever edits one of 100,000 posts needs a few rows: its own, its neighbours', those that link to
it. Nothing here opens more blocks than it must, and changed rows share what is packed of the
others.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, pairwise
from typing import Final, NamedTuple, overload

from sula.planning.blocks import (
    ASKED_FOR,
    Block,
    Buffer,
    Kind,
    Place,
    Source,
    Summary,
    cut,
    hash_of,
    place_of,
)

_MANY: Final = 500
"""So many questions take longer than opening every block."""
_MANY_ROWS: Final = 5_000
"""To find the keys of so many rows takes longer than to look through all of them once or twice."""


class Rows(Sequence[Source]):
    """Sources in order of time, which never change."""

    def __init__(self, blocks: Iterable[Block], tags: Mapping[str, int] | None = None) -> None:
        """`tags` counts the tags of all rows, where that is known."""
        self.blocks = tuple(blocks)
        self._tags = tags
        self._index: dict[str, Source] | None = None
        self._found: dict[str, Source | None] = {}

    @classmethod
    def of(cls, rows: Iterable[Source]) -> Rows:
        """Rows in any order."""
        return cls(map(Block, filter(None, cut(sorted(rows, key=place_of)))))

    # --- all of them ---------------------------------------------------------------------

    def __len__(self) -> int:
        return sum(map(len, self.blocks))

    def __iter__(self) -> Iterator[Source]:
        return chain.from_iterable(block.rows for block in self.blocks)

    @overload
    def __getitem__(self, index: int) -> Source: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Source, ...]: ...
    def __getitem__(self, index: int | slice) -> Source | tuple[Source, ...]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rows):
            return tuple(self) == other
        # The same rows make the same blocks.
        return len(self.blocks) == len(other.blocks) and all(
            one is another or one.rows == another.rows
            for one, another in zip(self.blocks, other.blocks, strict=True)
        )

    __hash__ = None  # type: ignore[assignment] # as that of other containers

    def __repr__(self) -> str:
        return f"Rows.of({tuple(self)!r})"

    @property
    def is_open(self) -> bool:
        """Whether every row is at hand."""
        return all(block.is_open for block in self.blocks)

    @property
    def tags(self) -> Mapping[str, int]:
        """How many rows have each tag."""
        if self._tags is None:
            self._tags = Counter(chain.from_iterable([row.tags for row in self]))
        return self._tags

    @property
    def drafts(self) -> list[str]:
        """The paths of the drafts."""
        return [path for block in self.blocks for path in block.drafts]

    @property
    def stored(self) -> int:
        """How many rows have a page."""
        return sum(block.stored for block in self.blocks)

    # --- some of them --------------------------------------------------------------------

    @cached_property
    def by_path(self) -> Mapping[str, Source]:
        """The rows by their path, in order of time."""
        return _ByPath(self)

    def everything(self) -> dict[str, Source]:
        """All rows by their path; better than `by_path` for who asks for most of them."""
        if self._index is None:
            self._index = {row.path: row for row in self}
        return self._index

    def find(self, path: str) -> Source | None:
        """The row of a path."""
        if self._index is not None or len(self._found) > _MANY or self.is_open:
            return self.everything().get(path)
        if path not in self._found:
            rows = (row for block in self._with("path", path) for row in block.rows)
            self._found[path] = next((row for row in rows if row.path == path), None)
        return self._found[path]

    def named(self, paths: Iterable[str]) -> Iterator[Source]:
        """The rows of those paths that have one."""
        return (row for row in map(self.find, paths) if row is not None)

    def having(self, kind: Kind, values: Collection[str]) -> Iterator[Source]:
        """The rows that are asked for by any of these values, in order of time."""
        wanted, asked_for = frozenset(values), ASKED_FOR[kind]
        if not wanted:
            return
        rows: Iterable[Source] = self
        if len(wanted) <= _MANY and self._is_keyed:
            some = {block.last: block for value in wanted for block in self._with(kind, value)}
            rows = chain.from_iterable(some[last].rows for last in sorted(some))
        for row in rows:
            if not wanted.isdisjoint(asked_for(row)):
                yield row

    def around(
        self, place: Place, wanted: Callable[[Source], bool]
    ) -> tuple[Source | None, Source | None]:
        """The nearest wanted rows just before and just after a place in time."""
        number = bisect_left(self._lasts, place)
        rows = self.blocks[number].rows if number < len(self.blocks) else ()
        at = bisect_left(rows, place, key=place_of)
        earlier = chain(reversed(rows[:at]), self._before(number))
        later = chain(rows[at:], chain.from_iterable(b.rows for b in self.blocks[number + 1 :]))
        return (
            next(filter(wanted, earlier), None),
            next((row for row in later if wanted(row) and place_of(row) != place), None),
        )

    def later(self, now: int) -> list[Source]:
        """The rows whose instant is after a moment."""
        first = bisect_left(self._lasts, (now + 1, ""))
        rows = chain.from_iterable(block.rows for block in self.blocks[first:])
        return [row for row in rows if row.instant > now]

    def unsettled(self, now: int) -> Iterator[Source]:
        """The rows that have a page but should not at this moment, or none but should."""
        return chain.from_iterable(block.unsettled(now) for block in self.blocks)

    def live(self, now: int) -> int:
        """How many rows are no drafts, and not after this moment. All must be settled."""
        return sum(block.live(now) for block in self.blocks)

    def _before(self, number: int) -> Iterator[Source]:
        for block in reversed(self.blocks[:number]):
            yield from reversed(block.rows)

    def _with(self, kind: Kind, value: str) -> Iterator[Block]:
        """The blocks that have a key."""
        wanted, at = struct.pack("<I", hash_of(kind, value)), -1
        while (at := self._keys.find(wanted, at + 1)) >= 0:
            if at % 4 == 0:
                number = bisect_right(self._starts, at) - 1
                yield self.blocks[number]
                at = self._starts[number + 1] - 1

    @cached_property
    def _is_keyed(self) -> bool:
        """Whether there are few rows whose keys are not at hand."""
        return sum(len(block) for block in self.blocks if not block.is_keyed) <= _MANY_ROWS

    @cached_property
    def _keys(self) -> bytes:
        return b"".join(block.keys for block in self.blocks)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(block.keys) for block in self.blocks)]

    @cached_property
    def _lasts(self) -> list[Place]:
        return [block.last for block in self.blocks]

    # --- others --------------------------------------------------------------------------

    def change(self, come: Collection[Source], gone: Collection[str] = ()) -> Rows:
        """Without the rows of some paths, and with others, which replace those of their paths."""
        paths = [*gone, *(row.path for row in come)]
        was = {row.path: row for row in self.named(paths)}
        if not was and not come:
            return self
        arriving: dict[int, list[Source]] = {}
        for row in come:
            arriving.setdefault(bisect_left(self._lasts, place_of(row)), []).append(row)
        touched = {bisect_left(self._lasts, place_of(row)) for row in was.values()}
        if len(self.blocks) in arriving:  # they go on from the last block, which may have no end
            touched.add(len(self.blocks) - 1)
        blocks: list[Block] = []
        left: tuple[Source, ...] = ()
        for number in range(len(self.blocks) + 1):
            block = self.blocks[number] if number < len(self.blocks) else None
            if block and not left and number not in touched and number not in arriving:
                blocks.append(block)
                continue
            stay = [row for row in block.rows if row.path not in was] if block else []
            if number in arriving:
                stay = sorted([*stay, *arriving[number]], key=place_of)
            *whole, left = cut([*left, *stay])
            blocks += map(Block, whole)
        return Rows(blocks + [Block(left)] * bool(left), self._recounted(was.values(), come))

    def _recounted(
        self, gone: Iterable[Source], come: Iterable[Source]
    ) -> Mapping[str, int] | None:
        if self._tags is None:
            return None
        tags = Counter(self._tags)
        tags.subtract(chain.from_iterable(row.tags for row in gone))
        tags.update(chain.from_iterable(row.tags for row in come))
        return +tags


class _ByPath(Mapping[str, Source]):
    """Rows by their path."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __getitem__(self, path: str) -> Source:
        row = self._rows.find(path)
        if row is None:
            raise KeyError(path)
        return row

    def get(self, path: str, default: Source | None = None) -> Source | None:  # type: ignore[override] # no rows but ours
        """See `Mapping.get`, which would raise and catch for each path that is not there."""
        row = self._rows.find(path)
        return default if row is None else row

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._rows.find(path) is not None

    def __iter__(self) -> Iterator[str]:
        return (row.path for row in self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Packed(NamedTuple):
    """Rows as bytes: the blocks' keys, then their bodies; the size of each, and its summary."""

    summaries: list[Summary]
    sizes: list[int]
    parts: list[Buffer]


def pack(rows: Rows) -> Packed:
    """Pack what is not packed yet."""
    blocks = rows.blocks
    bodies = [block.body for block in blocks]
    sizes = list(map(len, bodies))
    return Packed([b.summary for b in blocks], sizes, [*(b.keys for b in blocks), *bodies])


def unpack(
    summaries: Sequence[Summary], sizes: Sequence[int], packed: memoryview, tags: Mapping[str, int]
) -> Rows | None:
    """The opposite of `pack`; None where there are not as many bytes as there should be."""
    keys = [summary.keys * 4 for summary in summaries]
    ends = list(accumulate([*keys, *sizes], initial=0))
    if len(keys) != len(sizes) or ends[-1] != len(packed):
        return None
    parts = [packed[start:end] for start, end in pairwise(ends)]
    return Rows(map(Block.packed, summaries, parts[: len(keys)], parts[len(keys) :]), tags)
