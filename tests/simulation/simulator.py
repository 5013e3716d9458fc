"""One schedule: authors, messages, runs and faults, decided by one seed, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from tests.simulation.cloud import Violation
from tests.simulation.outside import Outside, Plan
from tests.simulation.scheduler import Died, Process
from tests.simulation.site import Gated, PlainRenderer, reader_for
from tests.simulation.verdict import judge

from edgefeed.cache import Cache
from edgefeed.contract import INDEX_KEY, LISTS, Site
from edgefeed.index import Index, decode
from edgefeed.outputs import Fragments
from edgefeed.ports import Ports, Renderer
from edgefeed.rebuild import rebuild, refresh
from edgefeed.reconcile import Run
from edgefeed.steps import Call
from edgefeed.store import Conflict, Unavailable
from edgefeed.units import unit_of
from edgefeed.versions import Outdated

LIMIT = 60.0
LEASE = 75.0
VISIBLE_AGAIN = 90.0
RUNS_AT_ONCE = 4
MOST_STEPS = 60_000
PACES = ((0.0, 0.5, 1.0), (0.0, 2.0, 5.0), (0.0, 0.5, 3.0, 20.0, 200.0))


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
        hazards=kind != 0 and random.random() < 0.5,
    )


@dataclass(eq=False)
class Live:
    """A run in progress: the messages it handles, when it must be over, when it goes on."""

    process: Process
    name: str
    messages: tuple[str, ...]
    limit: float
    awake: float = 0.0


class Simulation(Outside):
    """A schedule in progress."""

    def __init__(
        self,
        plan: Plan,
        run_class: type[Run] = Run,
        render: Callable[[Site], Renderer] = PlainRenderer,
        random: Random | None = None,
    ) -> None:
        self._faults = plan.faults
        super().__init__(plan, random or Random(plan.seed))
        self._run_class = run_class
        # All runs are of two warm functions, which keep what they saw last.
        self._indexes: tuple[Cache[str, Index], ...] = (Cache(1), Cache(1))
        self._fragments: Fragments = Cache(3)
        self._render = render
        self._next_edit = self.clock.now
        self._pauses = self.random.choice(PACES)
        self._live: list[Live] = []
        self._slowness = self.random.choice((0.0, 0.02, 0.1))
        # What a run has just read grows old before it is used, best of all because its author
        # changes it: the race that chance alone brings about once in a thousand schedules.
        self._staleness = self.random.choice((0.0, 0.6))
        self._adrift: list[tuple[float, Call[Any]]] = []
        """Requests of runs that do not wait for them any more, and when they are carried out."""
        self.steps = 0

    # --- the whole schedule ----------------------------------------------------------

    def play(self) -> None:
        """Run until everything was handled, and judge. Raises Violation."""
        for _ in range(MOST_STEPS):
            self._kill_overdue()
            self._carry_out()
            if not self._act() and not self._accept():
                break
        else:
            raise Violation(f"no end after {MOST_STEPS} steps")
        self._judge()

    def _judge(self) -> None:
        edge = None if self.is_state_lost else self.edge
        judge(self.store, edge, self.site, self._render(self.site))

    def _accept(self) -> bool:
        """Let pass what the gate holds back, when all else is done; False where there is none."""
        if not (index := self.store.objects.get(INDEX_KEY)) or not decode(index.body).header.held:
            return False
        self._judge()
        self.log.append("accept")
        self._send((), "accept")
        return True

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
        times += [at for at, _ in self._adrift]
        coming = [time for time in times if time > self.clock.now]
        if not coming:
            return False
        self.clock.now = min(coming)
        return True

    # --- messages --------------------------------------------------------------------

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
        site, renderer = self._function(is_call=bool(calls))
        ports = Ports(
            self.store, reader_for(site), renderer, self.edge, lambda: self.clock.now,
            lambda _: None,
        )  # fmt: skip
        # Every fifth run has time for a page or two.
        brief = self._number % 5 == 0
        run = self._run_class(
            site,
            ports,
            token=f"r{self._number}",
            deadline=now + (1 if brief else LIMIT - 15),
            lease=LEASE,
            cache=self._fragments,
            indexes=self._indexes[self._number % 2],
        )
        run.at_least = run.at_least if not brief else 0
        run.part = (1, 2, run.part)[self._number % 3]
        process = Process(self._work(run, names), random)
        self.log.append(f"{now:.1f} {run.token} starts on {names}")
        self._live.append(Live(process, run.token, tuple(names), now + LIMIT))

    def _function(self, *, is_call: bool) -> tuple[Site, Renderer]:
        """The function that is invoked: with hazards it has a gate, and may be the old one."""
        if self.hazards is None:
            return self.site, self._render(self.site)
        is_old = not is_call and self.clock.now < self.old_until and self.hazards.random() < 0.5
        site = self.old_site if is_old else self.site
        return site, Gated(self._render(site))

    async def _work(self, run: Run, names: list[str]) -> frozenset[str]:
        if self._kinds[names[0]] == "rebuild":
            run.part = 2
            finished = await rebuild(run)
            return frozenset(() if finished else names)
        if self._kinds[names[0]] in {"refresh", "accept"}:
            run.outputs.accept = self._kinds[names[0]] == "accept"
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
            live.process.step(partial(self._make, live))
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
                self._leave(live, *live.process.asked)
                live.process.kill()
                self._live.remove(live)
                self.log.append(f"{self.clock.now:.1f} {live.name} killed at its limit")

    def _leave(self, live: Live, *calls: Call[Any]) -> None:
        """What a run asked for when it died may still be carried out, as long as its lease."""
        if self.hazards is not None and calls and self.hazards.random() < 0.7:
            left = live.limit - LIMIT + LEASE - self.clock.now
            at = self.clock.now + left * self.hazards.random()
            self._adrift.append((at, self.hazards.choice(calls)))

    def _carry_out(self) -> None:
        for late in [late for late in self._adrift if late[0] <= self.clock.now]:
            self._adrift.remove(late)
            with suppress(Conflict, Unavailable):
                self.log.append(f"{self.clock.now:.1f} a request is carried out late")
                late[1].run()

    def _make(self, live: Live, call: Call[Any]) -> Any:
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
            self._leave(live, call)
            raise Died
        if fault == 3:
            call.run()
            raise Died
        raise Unavailable("503")

    def _is_busy(self) -> bool:
        """Whether a run is at work, or something that one has asked for."""
        return bool(self._live or self._adrift)

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
