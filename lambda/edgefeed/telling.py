"""After the write: the edge forgets what changed, and the hub hears of feeds.

The part of a run (see `reconcile`) that speaks to others than the store.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Final

from edgefeed.cache import Cache
from edgefeed.contract import INDEX_KEY, LISTS, Site
from edgefeed.index import Index, encode, pack_rows
from edgefeed.listing import Catalogue
from edgefeed.notify import changed_feeds, changed_paths
from edgefeed.outputs import CACHED, Fragments, Outputs, patiently
from edgefeed.ports import Ports
from edgefeed.steps import Call
from edgefeed.store import Conflict, Unavailable
from edgefeed.units import document_keys
from edgefeed.versions import Version

_HUB_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts to reach the hub: an invalidation takes some to reach every edge."""


@dataclass(eq=False)
class Telling:
    """What a run has to tell: of ``adopted`` units all paths, of ``unheard`` feeds the hub."""

    site: Site
    ports: Ports
    _: KW_ONLY
    token: str
    deadline: float
    cache: Fragments = field(default_factory=lambda: Cache(CACHED))
    indexes: Cache[str, Index] = field(default_factory=lambda: Cache(1))
    adopted: set[str] = field(default_factory=set)
    unheard: set[str] = field(default_factory=set)
    phases: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def __post_init__(self) -> None:
        """Begin to measure; nothing else happens yet."""
        self.outputs = Outputs(self.ports, self.cache)
        self._phase = "start", self.ports.now()

    def enter(self, phase: str) -> None:
        """From here on time is spent on this, for the log."""
        now = self.ports.now()
        self.phases[self._phase[0]] += now - self._phase[1]
        self._phase = phase, now

    async def lists(self) -> list[str]:
        """The keys of all that is under ``lists/``. Raises Unavailable."""
        return await patiently(self.ports, lambda: list(self.ports.store.keys(LISTS)))

    async def _announce(self) -> None:
        """Have the edge forget what changed; the hub is owed to hear. Raises Unavailable."""
        outputs, notifier = self.outputs, self.ports.notifier
        adopted = self.adopted & outputs.written.keys()
        keys = outputs.changed | {key for unit in adopted for key in document_keys(unit)}
        if not (paths := changed_paths(keys)):
            return
        self.enter("notify")
        reference = f"{self.token}-{len(outputs.announced)}"
        await patiently(self.ports, lambda: notifier.invalidate(paths, reference))
        outputs.announced.append(paths)
        outputs.changed.clear()
        self.adopted -= adopted
        if self.site.hub:
            self.unheard.update(changed_feeds(keys, self.site))

    async def _tell(self, version: Version) -> Version:
        """Tell the hub of feeds that changed. Never fails: what it did not hear stays owed.

        That is in the index since the debt was settled, and any later run tells it.
        """
        unheard = version.header.unheard
        if not unheard:
            return version
        self.enter("notify")
        rest, notifier = list(unheard), self.ports.notifier
        for seconds in _HUB_PAUSES:
            try:
                while rest and self.ports.now() < self.deadline:
                    await Call(partial(notifier.publish, self.site.absolute(rest[0])))
                    del rest[0]
                break
            except Unavailable:
                rest.append(rest.pop(0))  # it may be this one alone that the hub refuses
                if self.ports.now() + seconds >= self.deadline:
                    break
            await Call(partial(self.ports.sleep, seconds))
        self.outputs.counts["pings owed"] += len(rest)
        if len(rest) == len(unheard):
            return version
        generation = version.header.generation + 1
        told = version.catalogue.under(generation=generation, unheard=tuple(rest))
        try:
            return await self._swap(version, told)
        except (Conflict, Unavailable):
            return version  # then some are told twice

    async def _swap(self, base: Version, new: Catalogue) -> Version:
        """Write the index in the place of the version it was made from."""
        new.index = pack_rows(new.index)
        body = encode(new.index)
        store, etag = self.ports.store, self._condition(base)
        written = await Call(
            lambda: store.put(INDEX_KEY, body, if_match=etag, if_absent=base.etag is None)
        )
        self.indexes.add(written, new.index, 1)
        return Version(new, written)

    def _condition(self, base: Version) -> str | None:
        return base.etag
