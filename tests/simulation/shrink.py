"""A failing schedule made short: its dice are recorded, and thrown out as long as it fails.

Every choice of a schedule comes from one `Dice`. What they showed is a list of numbers; played
again with some of them missing it is another schedule, mostly a shorter one. Delta debugging
(Zeller and Hildebrandt, 2002) finds a list of which no part can go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import msgspec
from tests.simulation.cloud import Violation
from tests.simulation.outside import Plan
from tests.simulation.simulator import Simulation

from edgefeed.reconcile import Run

MOST_TRIES = 600


class Dice(Random):
    """Random numbers that are remembered, or told beforehand; after those, as the seed has them.

    All of `Random`'s methods draw from these two.
    """

    def __init__(self, seed: int, told: Sequence[float] = ()) -> None:
        super().__init__(seed)
        self._told = iter(told)
        self.shown: list[float] = []

    def random(self) -> float:
        value = next(self._told, None)
        return self._show(super().random() if value is None else value % 1)

    def getrandbits(self, k: int, /) -> int:
        value = next(self._told, None)
        bits = super().getrandbits(k) if value is None else int(value) % (1 << k)
        self._show(bits)
        return bits

    def _show(self, value: float) -> float:
        self.shown.append(value)
        return value


def shrink(plan: Plan, run_class: type[Run] = Run) -> Simulation:
    """The shortest failing schedule that is found on the way from this one, which must fail.

    Raises ValueError when it does not.
    """
    dice = Dice(plan.seed)
    best = _fails(plan, dice, run_class)
    if best is None:
        raise ValueError(f"seed {plan.seed} holds")
    tries = 0

    def is_better(smaller: Plan, told: list[float]) -> bool:
        nonlocal best, plan, dice, tries
        tries += 1
        attempt = Dice(0, told)
        found = _fails(smaller, attempt, run_class)
        if found is None or best is None or len(found.log) > len(best.log):
            return False
        best, plan, dice = found, smaller, attempt
        return True

    for changes in ({"hazards": False}, {"faults": 0}, {"rebuilds": False}, {"deploys": False}):
        is_better(msgspec.structs.replace(plan, **changes), dice.shown)
    while plan.edits > 1 and is_better(
        msgspec.structs.replace(plan, edits=plan.edits - 1), dice.shown
    ):
        pass
    told = _minimal(
        list(dice.shown), lambda part: is_better(plan, part), lambda: tries < MOST_TRIES
    )
    return _fails(plan, Dice(0, told), run_class) or best


def _minimal(
    whole: list[float], fails: Callable[[list[float]], bool], may_go_on: Callable[[], bool]
) -> list[float]:
    """A list of which no part of a size that was tried can go."""
    size = len(whole) // 2
    while size and may_go_on():
        at, shorter = 0, False
        while at < len(whole) and may_go_on():
            part = whole[:at] + whole[at + size :]
            if fails(part):
                whole, shorter = part, True
            else:
                at += size
        if not shorter:
            size //= 2
    return whole


def _fails(plan: Plan, dice: Dice, run_class: type[Run]) -> Simulation | None:
    simulation = Simulation(plan, run_class, random=dice)
    try:
        simulation.play()
    except Violation as error:
        simulation.log.append(f"broken: {error}")
        return simulation
    return None
