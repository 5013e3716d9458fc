"""After the write: the edge forgets what changed, and the hub hears of feeds.

The part of a run (see `reconcile`) that speaks to others than the store.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from edgefeed.contract import INDEX_KEY, Site
from edgefeed.index import encode, pack_rows
from edgefeed.listing import Catalogue
from edgefeed.notify import changed_feeds, changed_paths
from edgefeed.outputs import Outputs, patiently
from edgefeed.ports import Ports
from edgefeed.steps import Call
from edgefeed.store import Conflict, Unavailable
from edgefeed.units import document_keys
from edgefeed.versions import Version

_HUB_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts to reach the hub: an invalidation takes some to reach every edge."""


class Telling:
    """What a run has to tell: of ``adopted`` units all paths, of ``unheard`` feeds the hub."""

    def __init__(
        self, site: Site, ports: Ports, token: str, deadline: float, outputs: Outputs
    ) -> None:
        """Take the site, the world and what is written; nothing happens yet."""
        self.site = site
        self.ports = ports
        self.token = token
        self.deadline = deadline
        self.outputs = outputs
        self.adopted: set[str] = set()
        self.unheard: set[str] = set()
        self.phases: dict[str, float] = defaultdict(float)
        self._phase = "start", ports.now()

    def enter(self, phase: str) -> None:
        """From here on time is spent on this, for the log."""
        now = self.ports.now()
        self.phases[self._phase[0]] += now - self._phase[1]
        self._phase = phase, now

    async def _announce(self) -> None:
        """Have the edge forget what changed; the hub is owed to hear. Raises Unavailable."""
        outputs, notifier = self.outputs, self.ports.notifier
        adopted = self.adopted & outputs.written.keys()
        keys = outputs.changed | {key for unit in adopted for key in document_keys(unit)}
        if not keys:
            return
        self.enter("notify")
        paths = changed_paths(keys)
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
                    url = self.site.absolute(rest[0])
                    await Call(lambda url=url: notifier.publish([url]))  # type: ignore[misc] # its own
                    del rest[0]
                break
            except Unavailable:
                if self.ports.now() + seconds >= self.deadline:
                    break
            await Call(lambda seconds=seconds: self.ports.sleep(seconds))  # type: ignore[misc] # its own
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
        return Version(new, written)

    def _condition(self, base: Version) -> str | None:
        return base.etag
