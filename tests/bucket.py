"""A bucket in memory, with S3's semantics, that can fail at any write."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sula.cloud.ports import Listed, ObjectHead, StoredObject
from sula.errors import Conflict, Unavailable


class Crash(BaseException):
    """The machine stops. No `Exception`, so that nothing can handle it."""


@dataclass
class MemoryBucket:
    """`Objects` in a dict. ``writes`` logs every PUT, DELETE and tagging, in order.

    ``crash_at`` kills the caller at the Nth write from now (0: the next), before it happens, or
    after it when ``crash_after``. ``lost`` answers `Unavailable` to the Nth write, which
    happened all the same. ``before_write`` runs ahead of each write.
    """

    objects: dict[str, StoredObject] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    writes: list[tuple[str, str]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    crash_at: int | None = None
    crash_after: bool = False
    lost: int | None = None
    before_write: Callable[[str, str], None] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ticks: Iterator[int] = field(default_factory=itertools.count)

    def arm(self, crash_at: int | None, *, after: bool = False) -> None:
        """Crash at the Nth write from now."""
        self.crash_at, self.crash_after = crash_at, after

    def _write(self, verb: str, key: str, apply: Callable[[], None]) -> None:
        if self.before_write is not None:
            self.before_write(verb, key)
        crash = lost = False
        if self.crash_at is not None:
            crash = self.crash_at <= 0
            self.crash_at -= 1
        if self.lost is not None:
            lost = self.lost == 0
            self.lost -= 1
        if crash and not self.crash_after:
            raise Crash
        apply()
        self.writes.append((verb, key))
        if crash:
            raise Crash
        if lost:
            raise Unavailable(f"writing {key}: the answer was lost")

    def get(self, key: str) -> StoredObject | None:
        self.reads.append(key)
        return self.objects.get(key)

    def head(self, key: str) -> ObjectHead | None:
        self.reads.append(key)
        found = self.objects.get(key)
        return None if found is None else ObjectHead(
            key, found.etag, len(found.body), found.content_type, found.cache_control,
            found.metadata, found.modified,
        )  # fmt: skip

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'

        def apply() -> None:
            there = self.objects.get(key)
            if if_absent and there is not None:
                raise Conflict(key)
            if if_match is not None and (there is None or there.etag != if_match):
                raise Conflict(key)
            modified = f"tick {next(self._ticks)}"
            self.objects[key] = StoredObject(
                key, body, etag, content_type, cache_control, dict(metadata or {}), modified
            )
            self.tags[key] = dict(tags or {})

        with self._lock:
            self._write("PUT", key, apply)
        return etag

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            with self._lock:
                self._write("DELETE", key, lambda key=key: self._drop(key))  # type: ignore[misc]

    def _drop(self, key: str) -> None:
        self.objects.pop(key, None)
        self.tags.pop(key, None)

    def list(self, prefix: str) -> Iterator[Listed]:
        for key in sorted(self.objects):
            if key.startswith(prefix):
                yield Listed(key, self.objects[key].etag, len(self.objects[key].body))

    def release(self, page: str) -> None:
        """What the cloud's release function does: a waiting page goes where nothing is yet."""
        found, key = self.objects.get(f"state/scheduled/{page}"), f"pages/{page}"
        if found is not None and key not in self.objects:
            self.objects[key] = StoredObject(
                key, found.body, found.etag, found.content_type, found.cache_control
            )

    def public(self) -> dict[str, tuple[bytes, str, str]]:
        """Everything readers can get under ``pages/``: bytes and headers, obsolete assets not."""
        return {
            key: (found.body, found.content_type, found.cache_control)
            for key, found in sorted(self.objects.items())
            if key.startswith("pages/") and not self.tags.get(key)
        }


@dataclass
class MemorySchedules:
    """`Schedules` in a dict, for one bucket. ``fired`` are the payloads of all that ever fired."""

    bucket: MemoryBucket
    waiting: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    fired: list[dict[str, str]] = field(default_factory=list)

    def set(self, name: str, at: str, payload: Mapping[str, str]) -> None:
        self.waiting[name] = (at, dict(payload))

    def cancel(self, name: str) -> None:
        self.waiting.pop(name, None)

    def exists(self, name: str) -> bool:
        return name in self.waiting

    def pass_time(self, now: float, *, lost: bool = False) -> None:
        """Fire what is due; or lose it, as a schedule removed by hand is."""
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        for name, (at, payload) in list(self.waiting.items()):
            if at <= moment:
                del self.waiting[name]
                self.fired.append(payload)
                if not lost:
                    self.bucket.release(payload["page"])

    def fire_again(self) -> None:
        """Everything that ever fired, once more: late, and long out of date."""
        for payload in self.fired:
            self.bucket.release(payload["page"])
