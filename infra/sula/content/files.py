"""The files of the content directory by their blob ids: all of them, or a record and what differs.

Git tells what differs from what was published; where that is known, nobody looks at the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from sula.planning.record import Record

_HEX: Final = 40
"""A blob id has at least so many digits, 64 in some repositories. Files that Sula made itself
are recorded by shorter marks."""


def is_source(path: str) -> bool:
    """Whether a file of the content directory is rendered, not copied (see `meta.kind_of`)."""
    return path.endswith(".md") and path.startswith(("posts/", "pages/"))


def authored(record: Record) -> dict[str, str]:
    """The blob ids of the files that an author put into the content directory, sources aside."""
    return {file.path: file.blob for file in record.files if len(file.blob) >= _HEX}


class Contents(Mapping[str, str]):
    """Each file's blob id, as a record has it but for some. None: a file that is not there."""

    def __init__(self, record: Record, changes: Mapping[str, str | None]) -> None:
        """`changes` may name what is no change."""
        self.record = record
        self.changes = changes
        self._authored = authored(record)

    def __getitem__(self, path: str) -> str:
        blob = self.changes[path] if path in self.changes else self._recorded(path)
        if blob is None:
            raise KeyError(path)
        return blob

    def __iter__(self) -> Iterator[str]:
        yield from (p for p in (*self.record.by_path, *self._authored) if p not in self.changes)
        yield from (path for path, blob in self.changes.items() if blob is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _recorded(self, path: str) -> str | None:
        row = self.record.by_path.get(path)
        return self._authored.get(path) if row is None else row.blob

    def change(self, changes: Mapping[str, str | None]) -> Contents:
        """With more changes."""
        return Contents(self.record, {**self.changes, **changes})

    def files(self) -> dict[str, str]:
        """What is no source."""
        found = {**self._authored, **self.changes}
        return {p: blob for p, blob in found.items() if blob is not None and not is_source(p)}

    def difference(self) -> Difference:
        """See `difference`."""
        differ = {path for path in self.changes if self.changes[path] != self._recorded(path)}
        sources = set(filter(is_source, differ))
        there = {path for path in sources if self.changes[path] is not None}
        return Difference(frozenset(there), frozenset(sources - there))


class Difference(NamedTuple):
    """Sources that are not as a record has them: new or changed, and gone."""

    there: frozenset[str]
    gone: frozenset[str]


def difference(blobs: Mapping[str, str], record: Record) -> Difference:
    """Which sources are not as the record has them."""
    if isinstance(blobs, Contents) and blobs.record.rows is record.rows:
        return blobs.difference()
    known = record.rows.everything()
    there = [p for p, blob in blobs.items() if p not in known or known[p].blob != blob]
    return Difference(frozenset(filter(is_source, there)), frozenset(known.keys() - blobs.keys()))


def files_of(blobs: Mapping[str, str]) -> dict[str, str]:
    """The files that are copied, not rendered."""
    if isinstance(blobs, Contents):
        return blobs.files()
    return {path: blob for path, blob in blobs.items() if not is_source(path)}


def adjusted(
    blobs: Mapping[str, str], without: Collection[str], more: Mapping[str, str]
) -> Mapping[str, str]:
    """Without some files, and with others."""
    if isinstance(blobs, Contents):
        return blobs.change({**dict.fromkeys(without), **more})
    return {path: blob for path, blob in blobs.items() if path not in without} | dict(more)
