"""Stores without a cloud: in memory, for tests; in a directory, for plain files."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from edgefeed.store import DIGEST, GENERATION, Conflict, Head, Object, digest


def _etag(key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> str:
    """Like S3's, the same for the same content; what says its digest needs no other."""
    return f'"{(metadata or {}).get(DIGEST) or digest(key, body)}"'


def _check(etag: str | None, if_match: str | None, *, if_absent: bool) -> None:
    """S3's conditions on a write to an object that now has this ETag."""
    if if_absent and etag is not None:
        raise Conflict("the object is there already")
    if if_match is not None and etag != if_match:
        raise Conflict(f"the object has the ETag {etag}, not {if_match}")


class Silent:
    """A notifier where there is no edge and no hub."""

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """Do nothing."""

    def publish(self, url: str) -> None:
        """Do nothing."""


class MemoryStore:
    """A bucket in memory, with S3's semantics: an ETag is a digest of the content."""

    def __init__(self, modified: Callable[[], str] = lambda: "1970-01-01T00:00:00Z") -> None:
        """Take what stands for the bucket's clock."""
        self.objects: dict[str, Object] = {}
        self._modified = modified

    def get(self, key: str) -> Object | None:
        """See `store.Store`."""
        return self.objects.get(key)

    def head(self, key: str) -> Head | None:
        """See `store.Store`."""
        return self.objects.get(key)

    def put(
        self,
        key: str,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        """See `store.Store`."""
        found = self.objects.get(key)
        _check(found.etag if found else None, if_match, if_absent=if_absent)
        etag = _etag(key, body, metadata)
        self.objects[key] = Object(etag, dict(metadata or {}), self._modified(), body)
        return etag

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """See `store.Store`."""
        found = self.objects.get(key)
        if found is None:
            return
        _check(found.etag, if_match, if_absent=False)
        del self.objects[key]

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """See `store.Store`."""
        found = (key for key in self.objects if key.startswith(prefix))
        return iter(sorted(key for key in found if key.encode() > start_after.encode()))


class DirectoryStore:
    """A bucket as a directory: a key is a file's path below ``root``.

    For one writer at a time: conditions are checked, but not atomically with the write.
    Files carry no metadata; the digest is worked out from the bytes, so that an unchanged
    file is left alone.
    """

    def __init__(self, root: Path) -> None:
        """Take the directory; it is made when something is written."""
        self._root = root

    def _path(self, key: str) -> Path:
        if key.startswith("/") or not {"", ".", ".."}.isdisjoint(key.split("/")):
            raise ValueError(f"{key!r} is not a key that a directory can hold")
        return self._root / key

    def get(self, key: str) -> Object | None:
        """See `store.Store`."""
        path = self._path(key)
        try:
            body = path.read_bytes()
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        metadata = {GENERATION: "0", DIGEST: digest(key, body)}
        return Object(_etag(key, body, metadata), metadata, modified_at(status), body)

    def head(self, key: str) -> Head | None:
        """See `store.Store`."""
        return self.get(key)

    def put(
        self,
        key: str,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        """See `store.Store`."""
        if if_match is not None or if_absent:
            found = self.head(key)
            _check(found.etag if found else None, if_match, if_absent=if_absent)
        self.write(key, body)
        return _etag(key, body, metadata)

    def write(self, key: str, body: bytes) -> None:
        """Write a file. A reader sees the old one or the new one, never a part."""
        # Names as text: with thousands of files pathlib would take longer than the disk.
        path = str(self._path(key))
        part = f"{path.rpartition(os.sep)[0]}{os.sep}.{os.getpid()}.part"
        _write(part, body)
        os.replace(part, path)  # noqa: PTH105

    def create(self, key: str, body: bytes) -> None:
        """Write a file that is new, where nobody reads yet."""
        _write(str(self._path(key)), body)

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """See `store.Store`. Directories that become empty go too."""
        found = self.head(key)
        if found is None:
            return
        _check(found.etag, if_match, if_absent=False)
        path = self._path(key)
        path.unlink()
        for parent in itertools.takewhile(lambda p: p != self._root, path.parents):
            try:
                parent.rmdir()
            except OSError:
                break

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """See `store.Store`. Hidden files are not objects. Folders are read as they are come to."""
        folder = prefix.rpartition("/")[0]
        top = str(self._path(folder) if folder else self._root)
        return _walk(top, f"{folder}/" if folder else "", prefix, start_after)


def _walk(folder: str, base: str, prefix: str, start_after: str) -> Iterator[str]:
    """The keys of the files below a folder, sorted: those that begin so, and come after that one.

    Text sorts as its UTF-8 does.
    """
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        found = [
            f"{base}{entry.name}/" if entry.is_dir() else base + entry.name
            for entry in entries
            if not entry.name.startswith(".") and not (entry.is_symlink() and entry.is_dir())
        ]
    for key in sorted(found):
        is_folder = key.endswith("/")
        leads_on = is_folder and (prefix.startswith(key) or start_after.startswith(key))
        if not (key.startswith(prefix) and key > start_after) and not leads_on:
            continue
        if is_folder:
            yield from _walk(f"{folder}{os.sep}{key[len(base) : -1]}", key, prefix, start_after)
        else:
            yield key


def modified_at(status: os.stat_result) -> str:
    """When a file was changed, as a store says it."""
    moment = datetime.fromtimestamp(int(status.st_mtime), UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _write(path: str, body: bytes) -> None:
    try:
        file = open(path, "wb")  # noqa: PTH123, SIM115
    except FileNotFoundError:
        os.makedirs(path.rpartition(os.sep)[0], exist_ok=True)  # noqa: PTH103
        file = open(path, "wb")  # noqa: PTH123, SIM115
    with file:
        os.fchmod(file.fileno(), 0o644)
        file.write(body)
