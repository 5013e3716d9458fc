"""The cloud of a simulation: a bucket that watches what is written, an edge, a clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from tests.simulation.site import SITE

from edgefeed.contract import LISTS, PAGES, key_to_path
from edgefeed.laptop.stores import MemoryStore
from edgefeed.notify import changed_feeds
from edgefeed.store import GENERATION, Conflict, Object


class Violation(AssertionError):  # noqa: N818 - what it is
    """The protocol broke a promise."""


class Clock:
    """Virtual time, in seconds."""

    def __init__(self) -> None:
        self.now = 1_000.0


class WatchedStore(MemoryStore):
    """A bucket that checks each write under ``lists/`` against those before it.

    An object's generation never goes backwards, unless the object had changed and changed
    back: then S3 itself cannot tell.
    """

    def __init__(self, clock: Clock, is_contended: Callable[[], bool]) -> None:
        super().__init__(lambda: f"{clock.now:.6f}")
        self._is_contended = is_contended
        self._history: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self.read_page = ""
        """The page that was asked for since this was last emptied."""
        self.news: set[str] = set()
        """Objects that a run wrote or removed, and of which nobody has been told since."""

    def get(self, key: str) -> Object | None:
        self.read_page = key if key.startswith(PAGES) else self.read_page
        return super().get(key)

    def put(
        self,
        key: str,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        if (if_match is not None or if_absent) and self._is_contended():
            raise Conflict("409: another write is in progress")
        before = self.objects.get(key)
        etag = super().put(key, body, metadata=metadata, if_match=if_match, if_absent=if_absent)
        if not key.startswith(LISTS):
            return etag
        self.news.add(key)
        generation = int((metadata or {})[GENERATION])
        history = self._history[key]
        if before is not None and int(before.metadata.get(GENERATION, 0)) > generation:
            same = [old for name, old in history if name == before.etag]
            if min(same) > generation:
                raise Violation(
                    f"{key}: generation {generation} was written over {before.metadata[GENERATION]}"
                )
        history.append((etag, generation))
        return etag

    def spoil(self, key: str) -> None:
        """Somebody writes what is not theirs to write: no generation, no digest."""
        super().put(key, b"spoilt")


class Edge:
    """A cache that keeps what it was asked for until it is told to forget it."""

    def __init__(self, store: WatchedStore) -> None:
        self._store = store
        self.cached: dict[str, bytes] = {}

    def fetch(self, key: str) -> None:
        """A reader asks for a document."""
        found = self._store.get(key)
        if key not in self.cached and found is not None:
            self.cached[key] = found.body

    def invalidate(self, paths: Sequence[str], reference: str) -> None:  # noqa: ARG002 - the port's
        wanted = [unquote(path) for path in paths]
        for key in list(self.cached):
            path = key_to_path(key)
            if any(
                path.startswith(want[:-1]) if want.endswith("*") else path == want
                for want in wanted
            ):
                del self.cached[key]

    def publish(self, url: str) -> None:
        self._store.news.discard(LISTS + urlsplit(url).path.removeprefix("/"))

    def check(self, unheard: Sequence[str], *, hub: bool) -> None:
        """Raises Violation when somebody was not told of a change, and is not owed to be."""
        owed = {LISTS + path.removeprefix("/") for path in unheard}
        told = changed_feeds(self._store.news, SITE)
        missed = {LISTS + path.removeprefix("/") for path in told} - owed
        if hub and missed:
            raise Violation(f"the hub was never told of {sorted(missed)}")
        for key, body in self.cached.items():
            found = self._store.get(key)
            if found is None or found.body != body:
                raise Violation(f"{key}: the edge was not told of the last change")
