"""Git's blob ids, computed without git, and remembered by each file's size and times."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from sula.scratch import keep, recall

_NAME: Final = "blobs.cache"
_VERSION: Final = 1
# A file changed this shortly before it was read may change again unnoticed: the times of
# some file systems are that coarse.
_SETTLED: Final = 2_000_000_000  # nanoseconds


def blob_id(body: bytes) -> str:
    """The id git gives these bytes (SHA-1 object format)."""
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


class _Known(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file as it was when it was read."""

    size: int
    modified: int
    changed: int
    inode: int
    blob: str


class _Cache(msgspec.Struct, array_like=True):
    version: int
    files: dict[str, _Known]


class Blobs:
    """Blob ids of files, read only where size or times have changed since the last look."""

    def __init__(self, root: Path) -> None:
        """The cache is in the scratch folder of `root`. Nothing is read yet."""
        self._root = root
        self._known: dict[str, _Known] | None = None
        self._seen: dict[str, _Known] = {}
        self.read = 0
        """How many files had to be read."""

    def of(self, path: str, full: Path, status: os.stat_result) -> str:
        """The blob id of a file whose `stat` is at hand. Raises `OSError`."""
        if self._known is None:
            self._known = self._load()
        known = self._known.get(path)
        if known is None or (known.size, known.modified, known.changed, known.inode) != (
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
        ):
            now = time.time_ns()
            self.read += 1
            blob = blob_id(full.read_bytes())
            known = _Known(
                status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, blob
            )
            if now - max(known.modified, known.changed) < _SETTLED:
                return blob
        self._seen[path] = known
        return known.blob

    def save(self) -> None:
        """Remember what was seen."""
        if self._known is not None and self._seen != self._known:
            keep(self._root, _NAME, msgspec.msgpack.encode(_Cache(_VERSION, self._seen)))

    def _load(self) -> dict[str, _Known]:
        try:
            cache = msgspec.msgpack.decode(recall(self._root, _NAME) or b"", type=_Cache)
        except msgspec.DecodeError:
            return {}
        return cache.files if cache.version == _VERSION else {}
