"""What happens to a site from outside: pages change, functions are deployed, things break."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from tests.simulation.cloud import Clock, Edge, WatchedStore
from tests.simulation.site import SITE, Source, encode_source

from edgefeed.contract import FRAGMENTS, INDEX_KEY, LISTS, PAGES
from edgefeed.index import decode
from edgefeed.store import Object
from edgefeed.versions import Message

KEYS = tuple(f"{PAGES}posts/{name}/index.html" for name in "abcdef")
TAGS = ("x", "y", "X", "z")
READERS = ("", ", read otherwise", ", read anew")


class Plan(msgspec.Struct, frozen=True):
    """What a schedule is made of; smaller numbers are simpler schedules.

    With ``hazards`` there are several deploys, of other settings too and some cut off, a gate,
    requests of the dead that are carried out late, and state that is lost or put back.
    """

    seed: int
    edits: int = 7
    faults: int = 3
    rebuilds: bool = True
    deploys: bool = True
    hazards: bool = False


class Outside:
    """Everybody who changes the bucket or sends messages, but for the runs."""

    def __init__(self, plan: Plan, random: Random) -> None:
        self.random = random
        # Of their own, so that a seed is the same schedule with pinned posts as it was without.
        self._pins = Random(f"pins {plan.seed}")
        self.hazards = Random(f"hazards {plan.seed}") if plan.hazards else None
        self.clock = Clock()
        self.store = WatchedStore(self.clock, self._is_contended)
        self.edge = Edge(self.store)
        # A site without a search has fewer objects to write, and meets itself more often; with
        # a hub, runs write the index once more, and some faults show only without that.
        hub = SITE.hub if plan.seed % 4 == 1 else ""
        self.site = msgspec.structs.replace(SITE, search=plan.seed % 4 == 3, hub=hub)
        self.old_site = self.site
        self.old_until = 0.0
        """When the last instance of the function before the last deploy has gone."""
        self.is_state_lost = False
        """Whether what was owed to the edge and to the hub has been forgotten with the index."""
        self._old_index: Object | None = None
        self._agenda = self._make_agenda(plan)
        # Some schedules are a quarrel over one page, some a stroll through six.
        self._keys = KEYS[: self.random.choice((1, 2, 4, 6))]
        self._earlier: dict[str, bytes] = {}
        self._number = 0
        self._unacknowledged: dict[str, Message] = {}
        self._kinds: dict[str, str] = {}
        self._visible: dict[str, float] = {}
        self.log: list[str] = []

    def _is_contended(self) -> bool:
        raise NotImplementedError

    def _is_busy(self) -> bool:
        raise NotImplementedError

    # --- authors ---------------------------------------------------------------------

    def _make_agenda(self, plan: Plan) -> list[Callable[[], None]]:
        agenda: list[Callable[[], None]] = [self._change_page] * plan.edits
        if plan.deploys:
            agenda.insert(self.random.randrange(len(agenda) + 1), self._deploy)
        if plan.rebuilds:
            agenda.insert(self.random.randrange(len(agenda) + 1), self._ask_rebuild)
            agenda.insert(self.random.randrange(len(agenda) + 1), self._lose_list)
        if self.hazards is not None:
            more = [self._deploy, self._deploy, self._lose_fragment, self._lose_index]
            for event in self.hazards.sample(more, self.hazards.randint(1, 4)):
                agenda.insert(self.hazards.randrange(len(agenda) + 1), event)
        return agenda

    def _change_page(self, key: str = "") -> None:
        random = self.random
        key = key or random.choice(self._keys)
        now, earlier = self.store.get(key), self._earlier.get(key)
        if now is not None:
            self._earlier[key] = now.body
        if self.hazards is not None and self.hazards.random() < 0.3:
            self._old_index = self.store.objects.get(INDEX_KEY)
        if earlier is not None and random.random() < 0.4:
            # An author changes a page back, and a run that looks finds nothing new.
            self.store.put(key, earlier)
            self.log.append(f"{self.clock.now:.1f} put {key} as it was")
        elif random.random() < 0.25:
            self.store.delete(key)
            self.log.append(f"{self.clock.now:.1f} delete {key}")
        else:
            source = self._source(key)
            self.store.put(key, encode_source(source))
            self.log.append(f"{self.clock.now:.1f} put {key} {source}")
        self._send((key,))

    def _source(self, key: str) -> Source:
        random = self.random
        kind = random.choice(("post",) * 8 + ("static", "bad", "other"))
        name = key.split("/")[2]
        return Source(
            kind=kind,
            id="shared" if random.random() < 0.15 else f"id-{name}",
            # Few titles: pages change, and change back.
            title=random.choice(("one", "two")),
            year=random.choice((2020, 2021)),
            minute=random.choice((1, 2, 3)),
            tags=tuple(tag for tag in TAGS if random.random() < 0.3),
            series="s" if random.random() < 0.2 else "",
            pinned=self._pins.random() < 0.2,
        )

    def _deploy(self) -> None:
        revision = self.site.revision + 1
        reader = self.site.reader if self._pins.random() < 0.5 else f", read by {revision}"
        changes = {"renderer": str(revision), "reader": reader}
        if self.hazards is not None:
            changes = self._other_settings(self.hazards)
        self.old_site, self.old_until = self.site, self.clock.now + 30
        self.site = msgspec.structs.replace(self.site, revision=revision, **changes)
        self.log.append(f"{self.clock.now:.1f} deploy {revision} {changes}")
        # One that is cut off is followed by another.
        if self.hazards is None or self._deploy not in self._agenda or self.hazards.random() < 0.5:
            self._send((), "refresh")

    def _other_settings(self, random: Random) -> dict[str, Any]:
        """Few values for each, so that what was deployed before is deployed again."""
        chosen = {
            "reader": random.choice(READERS),
            "page_size": random.choice((2, 3)),
            "search": random.random() < 0.5,
        }
        return {**chosen, "renderer": f"{chosen}"}

    def _lose_list(self) -> None:
        """Something else spoils a list; a rebuild must mend it."""
        lists = [key for key in self.store.objects if key.startswith(LISTS)]
        if lists:
            key = self.random.choice(lists)
            self.store.spoil(key)
            self.edge.cached.pop(key, None)
            self.log.append(f"spoil {key}")
        self.store.spoil(f"{LISTS}foreign.txt")
        self._ask_rebuild()

    def _lose_fragment(self) -> None:
        names = [key for key in self.store.objects if key.startswith(FRAGMENTS)]
        if names:
            name = self.random.choice(names)
            self.store.delete(name)
            self.log.append(f"{self.clock.now:.1f} lose {name}")

    def _lose_index(self) -> None:
        """Somebody removes the index, or puts an old one back; a rebuild must mend it.

        With care: nobody is at work, and the old one owes nothing.
        """
        if self._is_busy():
            return
        old = self._old_index and decode(self._old_index.body).header
        if self._old_index is None or not old or old.debts or old.held:
            self.store.delete(INDEX_KEY)
        else:
            self.store.objects[INDEX_KEY] = self._old_index
        self.is_state_lost = True
        self.log.append(f"{self.clock.now:.1f} the index is gone, or an old one")
        self._ask_rebuild()

    def _ask_rebuild(self) -> None:
        self.log.append(f"{self.clock.now:.1f} rebuild")
        self._send((), "rebuild")

    # --- messages --------------------------------------------------------------------

    def _send(self, keys: tuple[str, ...], kind: str = "keys") -> None:
        random = self.random
        # A rebuild is a call, made again until it is done; the queue's messages double.
        for _ in range(random.choice((1, 1, 1, 2)) if kind == "keys" else 1):
            name = f"m{self._number}"
            self._number += 1
            self._unacknowledged[name] = Message(name, keys)
            self._kinds[name] = kind
            self._visible[name] = self.clock.now + random.choice((0.0, 0.0, 0.0, 1.0, 30.0, 300.0))
