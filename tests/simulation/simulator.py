"""One schedule: authors, messages, runs and faults, decided by one seed, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import msgspec
from tests.simulation.cloud import Clock, Edge, Violation, WatchedStore
from tests.simulation.scheduler import Died, Process
from tests.simulation.site import SITE, PlainRenderer, Source, encode_source, reader_for
from tests.simulation.verdict import judge

from edgefeed.cache import Cache
from edgefeed.contract import LISTS, PAGES, Site
from edgefeed.index import Index
from edgefeed.ports import Ports, Renderer
from edgefeed.rebuild import rebuild, refresh
from edgefeed.reconcile import Run
from edgefeed.steps import Call
from edgefeed.store import Unavailable
from edgefeed.units import unit_of
from edgefeed.versions import Message, Outdated

LIMIT = 60.0
LEASE = 75.0
VISIBLE_AGAIN = 90.0
RUNS_AT_ONCE = 4
MOST_STEPS = 60_000

KEYS = tuple(f"{PAGES}posts/{name}/index.html" for name in "abcdef")
PACES = ((0.0, 0.5, 1.0), (0.0, 2.0, 5.0), (0.0, 0.5, 3.0, 20.0, 200.0))
TAGS = ("x", "y", "X", "z")


class Plan(msgspec.Struct, frozen=True):
    """What a schedule is made of; smaller numbers are simpler schedules."""

    seed: int
    edits: int = 7
    faults: int = 3
    rebuilds: bool = True
    deploys: bool = True


def plan_of(seed: int) -> Plan:
    """The plan that a seed stands for: a third calm, a third rough, a third with all of it."""
    random = Random(f"plan {seed}")
    kind = seed % 3
    return Plan(
        seed=seed,
        edits=random.randint(2, 9),
        faults=(0, 3, 6)[kind],
        rebuilds=kind == 2 and random.random() < 0.3,
        deploys=kind != 0 and random.random() < 0.3,
    )


@dataclass(eq=False)
class Live:
    """A run in progress: the messages it handles, when it must be over, when it goes on."""

    process: Process
    name: str
    messages: tuple[str, ...]
    limit: float
    awake: float = 0.0


class Simulation:
    """A schedule in progress."""

    def __init__(
        self,
        plan: Plan,
        run_class: type[Run] = Run,
        render: Callable[[Site], Renderer] = PlainRenderer,
        random: Random | None = None,
    ) -> None:
        self.random = random or Random(plan.seed)
        # Of their own, so that a seed is the same schedule with pinned posts as it was without.
        self._pins = Random(f"pins {plan.seed}")
        self.clock = Clock()
        self.store = WatchedStore(self.clock, self._is_contended)
        self.edge = Edge(self.store)
        # A site without a search has fewer objects to write, and meets itself more often; with
        # a hub, runs write the index once more, and some faults show only without that.
        hub = SITE.hub if plan.seed % 4 == 1 else ""
        self.site = msgspec.structs.replace(SITE, search=plan.seed % 4 == 3, hub=hub)
        self._run_class = run_class
        # All runs are of one warm function, which keeps the index that it saw last.
        self._indexes: Cache[str, Index] = Cache(1)
        self._render = render
        self._faults = plan.faults
        self._plan = plan
        self._agenda = self._make_agenda(plan)
        self._next_edit = self.clock.now
        # Some schedules are a quarrel over one page, some a stroll through six.
        self._keys = KEYS[: self.random.choice((1, 2, 4, 6))]
        self._pauses = self.random.choice(PACES)
        self._number = 0
        self._unacknowledged: dict[str, Message] = {}
        self._kinds: dict[str, str] = {}
        self._visible: dict[str, float] = {}
        self._live: list[Live] = []
        self._slowness = self.random.choice((0.0, 0.02, 0.1))
        # What a run has just read grows old before it is used, best of all because its author
        # changes it: the race that chance alone brings about once in a thousand schedules.
        self._staleness = self.random.choice((0.0, 0.6))
        self._earlier: dict[str, bytes] = {}
        self.steps = 0
        self.log: list[str] = []

    # --- the whole schedule ----------------------------------------------------------

    def play(self) -> None:
        """Run until everything was handled, and judge. Raises Violation."""
        for _ in range(MOST_STEPS):
            self._kill_overdue()
            if not self._act():
                break
        else:
            raise Violation(f"no end after {MOST_STEPS} steps")
        judge(self.store, self.edge, self.site, self._render(self.site))

    def _act(self) -> bool:
        """Let something happen; False when nothing is left to happen."""
        random, now = self.random, self.clock.now
        if self._agenda and now >= self._next_edit and random.random() < 0.3:
            self._agenda.pop(0)()
            self._next_edit = now + random.choice(self._pauses)
        due = [name for name, at in self._visible.items() if at <= now]
        if due and len(self._live) < RUNS_AT_ONCE and random.random() < 0.3:
            self._start(due)
            return True
        awake = [live for live in self._live if live.awake <= now]
        if awake:
            self._step(random.choice(awake))
            return True
        if due and len(self._live) < RUNS_AT_ONCE:
            return True
        return bool(self._agenda and now >= self._next_edit) or self._let_time_pass()

    def _let_time_pass(self) -> bool:
        """On to the next moment at which something happens, if there is one."""
        times = [*self._visible.values(), *(min(run.awake, run.limit) for run in self._live)]
        times += [self._next_edit] if self._agenda else []
        coming = [time for time in times if time > self.clock.now]
        if not coming:
            return False
        self.clock.now = min(coming)
        return True

    # --- authors ---------------------------------------------------------------------

    def _make_agenda(self, plan: Plan) -> list[Callable[[], None]]:
        agenda: list[Callable[[], None]] = [self._change_page] * plan.edits
        if plan.deploys:
            agenda.insert(self.random.randrange(len(agenda) + 1), self._deploy)
        if plan.rebuilds:
            agenda.insert(self.random.randrange(len(agenda) + 1), self._ask_rebuild)
            agenda.insert(self.random.randrange(len(agenda) + 1), self._lose_list)
        return agenda

    def _change_page(self, key: str = "") -> None:
        random = self.random
        key = key or random.choice(self._keys)
        now, earlier = self.store.get(key), self._earlier.get(key)
        if now is not None:
            self._earlier[key] = now.body
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
        self.site = msgspec.structs.replace(
            self.site, revision=revision, renderer=str(revision), reader=reader
        )
        self.log.append(f"deploy {revision}{reader}")
        self._send((), "refresh")

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

    def _ask_rebuild(self) -> None:
        self.log.append("rebuild")
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

    def _start(self, due: list[str]) -> None:
        random, now = self.random, self.clock.now
        names = random.sample(due, min(len(due), random.choice((1, 1, 2, 3))))
        calls = [name for name in names if self._kinds[name] != "keys"]
        names = calls[:1] or names
        for name in names:
            # Sometimes a message is delivered again although it is being handled.
            again = self._kinds[name] == "keys" and random.random() < 0.1
            self._visible[name] = now + (0.0 if again else VISIBLE_AGAIN)
        self._number += 1
        ports = Ports(
            self.store, reader_for(self.site), self._render(self.site), self.edge,
            lambda: self.clock.now, lambda _: None,
        )  # fmt: skip
        # Every fifth run has time for a page or two.
        brief = self._number % 5 == 0
        run = self._run_class(
            self.site,
            ports,
            token=f"r{self._number}",
            deadline=now + (1 if brief else LIMIT - 15),
            lease=LEASE,
            indexes=self._indexes,
        )
        run.at_least = run.at_least if not brief else 0
        run.part = (1, 2, run.part)[self._number % 3]
        process = Process(self._work(run, names), random)
        self.log.append(f"{now:.1f} {run.token} starts on {names}")
        self._live.append(Live(process, run.token, tuple(names), now + LIMIT))

    async def _work(self, run: Run, names: list[str]) -> frozenset[str]:
        if self._kinds[names[0]] == "rebuild":
            run.part = 2
            finished = await rebuild(run)
            return frozenset(() if finished else names)
        if self._kinds[names[0]] == "refresh":
            finished = await refresh(run, self._unacknowledged[names[0]])
            return frozenset(() if finished else names)
        return await run.handle([self._unacknowledged[name] for name in names])

    def _end(self, live: Live) -> None:
        process = live.process
        if process.error is not None:
            if not isinstance(process.error, (Unavailable, Outdated)):
                raise process.error
            self.log.append(f"{self.clock.now:.1f} {live.name} failed: {process.error}")
            return
        done = [name for name in live.messages if name not in process.result]
        self.log.append(f"{self.clock.now:.1f} {live.name} acknowledges {done}")
        for name in done:
            self._unacknowledged.pop(name, None)
            self._visible.pop(name, None)

    # --- runs ------------------------------------------------------------------------

    def _step(self, live: Live) -> None:
        self.steps += 1
        self.clock.now += self.random.random() * 0.2
        self.store.read_page = ""
        try:
            live.process.step(self._make)
        except Died:
            live.process.kill()
            self.log.append(f"{self.clock.now:.1f} {live.name} died")
        if live.process.done:
            self._live.remove(live)
            if live.process.result is not None or live.process.error is not None:
                self._end(live)
        elif self.store.read_page and self.random.random() < self._staleness:
            live.awake = self.clock.now + self.random.choice((5.0, 20.0, 40.0))
            if self._change_page in self._agenda and self.random.random() < 0.5:
                self._agenda.remove(self._change_page)
                self._change_page(self.store.read_page)
        elif self.random.random() < self._slowness:
            # A slow answer: the others go on, and may finish first.
            live.awake = self.clock.now + self.random.choice((2.0, 10.0, 40.0))

    def _kill_overdue(self) -> None:
        for live in list(self._live):
            if self.clock.now >= live.limit:
                live.process.kill()
                self._live.remove(live)
                self.log.append(f"{self.clock.now:.1f} {live.name} killed at its limit")

    def _make(self, call: Call[Any]) -> Any:
        """Make a request, or have it fail in one of the ways that the fault model names."""
        random = self.random
        if random.random() < 0.03:
            lists = [key for key in self.store.objects if key.startswith(LISTS) and unit_of(key)]
            if lists:
                self.edge.fetch(random.choice(lists))
        if not self._faults or random.random() > 0.02:
            return call.run()
        self._faults -= 1
        fault = random.randrange(5)
        self.log.append(f"{self.clock.now:.1f} fault {fault}")
        if fault == 0:
            raise Unavailable("500, and nothing happened")
        if fault == 1:
            call.run()
            raise Unavailable("a time-out, after it happened")
        if fault == 2:
            raise Died
        if fault == 3:
            call.run()
            raise Died
        raise Unavailable("503")

    def _is_contended(self) -> bool:
        """Whether S3 answers a conditional write with 409: another one is in progress."""
        if not self._faults or self.random.random() > 0.01:
            return False
        self._faults -= 1
        self.log.append(f"{self.clock.now:.1f} 409")
        return True


def simulate(
    plan: Plan,
    run_class: type[Run] = Run,
    render: Callable[[Site], Renderer] = PlainRenderer,
    random: Random | None = None,
) -> Simulation:
    """Play one schedule. Raises Violation, with the log as its note.

    ``random`` decides what happens; usually the plan's seed does.
    """
    simulation = Simulation(plan, run_class, render, random)
    try:
        simulation.play()
    except BaseException as error:
        error.add_note("\n".join([repr(plan), *simulation.log]))
        raise
    return simulation
