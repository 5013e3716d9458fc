"""Writing what the lists owe: each document guarded, unchanged ones left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from edgefeed.cache import Cache
from edgefeed.contract import FEED_FILES, FRAGMENTS
from edgefeed.fragments import decode_fragment, encode_fragment
from edgefeed.listing import Catalogue
from edgefeed.model import Document, Fragment, Listing, Post
from edgefeed.ports import Ports
from edgefeed.steps import Call, Together
from edgefeed.store import DIGEST, GENERATION, Conflict, Head, Unavailable, digest
from edgefeed.units import document_keys

T = TypeVar("T")
Fragments = Cache[str, Fragment]
"""Fragments by digest. They never change."""

ATTEMPTS: Final = 6
CACHED: Final = 64_000_000
"""Characters of posts' text that a warm function keeps."""
_UNITS_AT_ONCE: Final = 16


async def patiently(ports: Ports, call: Callable[[], T]) -> T:
    """A request that may be repeated: tried again while the store is unavailable."""
    for attempt in range(ATTEMPTS):
        try:
            return await Call(call)
        except Unavailable:
            if attempt == ATTEMPTS - 1:
                raise
        await pause(ports, attempt)
    raise AssertionError  # pragma: no cover - the loop returns or raises


async def pause(ports: Ports, attempt: int) -> None:
    """Wait before the next attempt, longer each time."""
    await Call(lambda: ports.sleep(0.05 * 2**attempt))


class Outputs:
    """The documents that one run writes, and what became of them.

    ``written`` maps each unit that was brought up to date to the listing it now shows.
    ``left`` are units of which a newer run had written a document. ``changed`` are keys
    whose bytes changed, or may have. ``held`` are documents that the gate refused,
    ``passed`` those it did not; with ``accept`` there is no gate. ``left_out`` are posts that
    no feed could hold. ``announced`` are the paths of each invalidation so far.
    """

    def __init__(self, ports: Ports, cache: Fragments) -> None:
        """Take the ports; nothing is written yet."""
        self._ports = ports
        self.cache = cache
        self.written: dict[str, Listing | None] = {}
        self.left: set[str] = set()
        self.changed: set[str] = set()
        self.held: dict[str, str] = {}
        self.passed: set[str] = set()
        self.left_out: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.announced: list[Sequence[str]] = []
        self.accept = False
        self._saved: set[str] = set()

    async def write(
        self, units: Iterable[str], catalogue: Catalogue, deadline: float
    ) -> tuple[str, ...]:
        """Bring units up to date with one version of the index.

        Returns those for which there was no time. However late it is, some are written: a
        run that wrote none would leave the next one where it began. Raises Unavailable.
        """
        owed = sorted(units)
        while owed:
            some, owed = owed[:_UNITS_AT_ONCE], owed[_UNITS_AT_ONCE:]
            await self._write(some, catalogue)
            if self._ports.now() >= deadline:
                break
        return tuple(owed)

    async def _write(self, units: list[str], catalogue: Catalogue) -> None:
        listings = {unit: catalogue.resolve(unit) for unit in units}
        fragments = await self._load(list(filter(None, listings.values())), catalogue)
        due: list[tuple[str, str, Document | None]] = []
        for unit, listing in listings.items():
            documents: dict[str, Document | None] = dict.fromkeys(document_keys(unit))
            if listing is not None:
                for document in self._ports.renderer.documents(listing, fragments):
                    documents[document.key] = document
                    self.left_out.update(document.left_out)
            due += [(unit, key, document) for key, document in documents.items()]
        self.left.difference_update(units)
        generation = catalogue.index.header.generation
        await Together([self._replace(*one, generation) for one in due])
        self.written.update(listings)

    # --- one document ----------------------------------------------------------------

    async def _replace(self, unit: str, key: str, new: Document | None, generation: int) -> None:
        """Make an object what it should be, unless a newer run already has."""
        store = self._ports.store
        mark = digest(key, new.body) if new else ""
        for attempt in range(ATTEMPTS):
            head = await patiently(self._ports, lambda: store.head(key))
            if self._is_newer(head, generation):
                self.left.add(unit)
                self.counts["left"] += 1
                return
            if _is_right(mark, head):
                self._pass(key, "unchanged")
                return
            if new and await self._is_held(new, head):
                return
            try:
                # Even a write that fails may have happened: the edge must hear of it.
                self.changed.add(key)
                await self._put(key, new.body if new else None, head, generation, mark)
            except Conflict:
                continue
            except Unavailable:
                await pause(self._ports, attempt)
                continue
            self._pass(key, "written" if new else "deleted")
            return
        raise Unavailable(f"{key} could not be written in {ATTEMPTS} attempts")

    def _is_newer(self, head: Head | None, generation: int) -> bool:
        stamp = head.metadata.get(GENERATION, "") if head else ""
        return stamp.isascii() and stamp.isdigit() and int(stamp) > generation

    async def _put(
        self, key: str, body: bytes | None, head: Head | None, generation: int, mark: str
    ) -> None:
        store, etag = self._ports.store, head.etag if head else None
        if body is None:
            await Call(lambda: store.delete(key, if_match=etag))
            return
        marks = {GENERATION: str(generation), DIGEST: mark}
        await Call(lambda: store.put(key, body, metadata=marks, if_match=etag, if_absent=not etag))
        self.counts["bytes"] += len(body)

    async def _is_held(self, document: Document, head: Head | None) -> bool:
        """Whether the gate refuses a feed."""
        key = document.key
        if not key.endswith(FEED_FILES) or self.accept:
            return False
        store = self._ports.store
        old = await patiently(self._ports, lambda: store.get(key)) if head else None
        reason = self._ports.renderer.check(document, old.body if old else None)
        if reason is None:
            return False
        self.passed.discard(key)
        self.held[key] = reason
        self.counts["held"] += 1
        return True

    def _pass(self, key: str, how: str) -> None:
        self.held.pop(key, None)
        self.passed.add(key)
        self.counts[how] += 1

    # --- fragments -------------------------------------------------------------------

    async def save(self, posts: Iterable[Post], named: set[str]) -> None:
        """Store the fragments of posts, but for those saved before, or named by the index."""
        new = {post.entry.fragment: post.fragment for post in posts}
        for name, fragment in new.items():
            self.cache.add(name, fragment, len(fragment.content))
        fresh = new.keys() - named - self._saved
        await Together([self._save(name, new[name]) for name in sorted(fresh)])

    async def _save(self, name: str, fragment: Fragment) -> None:
        store, body = self._ports.store, encode_fragment(fragment)
        await patiently(self._ports, lambda: store.put(FRAGMENTS + name, body))
        self._saved.add(name)
        self.counts["fragments"] += 1

    async def _load(
        self, listings: Iterable[Listing], catalogue: Catalogue
    ) -> Mapping[str, Fragment]:
        wanted = {name for listing in listings for name in self._ports.renderer.fragments(listing)}
        found = {name: fragment for name in wanted if (fragment := self.cache.get(name))}
        missing = sorted(wanted - found.keys())
        fetched = await Together([self._fetch(name, catalogue) for name in missing])
        loaded = dict(zip(missing, fetched, strict=True))
        for name, fragment in loaded.items():
            self.cache.add(name, fragment, len(fragment.content))
        return found | loaded

    async def _fetch(self, name: str, catalogue: Catalogue) -> Fragment:
        store = self._ports.store
        stored = await patiently(self._ports, lambda: store.get(FRAGMENTS + name))
        if stored is not None:
            return decode_fragment(stored.body)
        # Lost. Its page still says it, unless the page has moved on: then its event is due.
        key = next(entry.key for entry in catalogue.index.entries if entry.fragment == name)
        page = await patiently(self._ports, lambda: store.get(key))
        seen = page and self._ports.read(key, page.body, page.modified)
        if not isinstance(seen, Post) or seen.entry.fragment != name:
            raise Unavailable(f"the fragment of {key} is lost, and the page has changed since")
        await self._save(name, seen.fragment)
        return seen.fragment


def _is_right(mark: str, head: Head | None) -> bool:
    """Whether an object has this digest already; an empty one stands for no object."""
    return head.metadata.get(DIGEST) == mark if head and mark else not (head or mark)
