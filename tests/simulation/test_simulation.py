"""Law 2: after every message was handled, the lists are what a from-scratch run writes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation import simulator
from tests.simulation.__main__ import replay
from tests.simulation.cloud import Violation
from tests.simulation.mutations import MUTATIONS, NoDebt
from tests.simulation.outside import Plan
from tests.simulation.shrink import shrink
from tests.simulation.simulator import Simulation, plan_of, simulate

from edgefeed.contract import Site
from edgefeed.laptop.directory import read_templates
from edgefeed.lists import Theme
from edgefeed.reconcile import Run

ROOT = Path(__file__).parents[2]
SCHEDULES = 2_000
SHARDS = 16


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_schedule_ends_as_a_from_scratch_run(shard: int) -> None:
    requests = 0
    for seed in range(shard, SCHEDULES, SHARDS):
        requests += simulate(plan_of(seed)).steps
    assert requests > 10_000


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_the_simulator_sees_a_broken_protocol(mutation: type[Run]) -> None:
    for seed in range(SCHEDULES):
        try:
            simulate(plan_of(seed), mutation)
        except Violation:
            return
    pytest.fail(f"{mutation.__doc__} Not found in {SCHEDULES} schedules.")


def test_the_schedules_are_as_rough_as_they_say() -> None:
    logs = "\n".join(line for seed in range(60) for line in simulate(plan_of(seed)).log)
    for event in (
        "died", "killed at its limit", "failed: ", "fault 0", "fault 1", "fault 3", "409",
        "deploy", "rebuild", "spoil", "delete", "'bad'", "'static'", "'shared'", "pinned=True",
        "carried out late", "lose ", "the index is", "accept", "is at work",
    ):  # fmt: skip
        assert event in logs, f"no schedule has {event}"


def test_a_seed_replays_exactly() -> None:
    first, second = simulate(plan_of(5)), simulate(plan_of(5))
    assert (first.log, first.steps) == (second.log, second.steps)
    assert replay(5) == 0


plans = st.builds(
    # What stands first is made small first.
    lambda edits, faults, rebuilds, deploys, hazards, seed: Plan(
        seed, edits, faults, rebuilds, deploys, hazards
    ),
    edits=st.integers(1, 12),
    faults=st.integers(0, 8),
    rebuilds=st.booleans(),
    deploys=st.booleans(),
    hazards=st.booleans(),
    seed=st.integers(0, 2**32),
)


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(plans, st.randoms(use_true_random=False))
def test_any_plan_holds_whatever_happens_when(plan: Plan, random: Random) -> None:
    """Hypothesis decides about every step, and would shrink the plan and the interleaving."""
    simulate(plan, random=random)


def test_a_failing_seed_shrinks_to_a_short_schedule() -> None:
    logs = {seed: log_of(plan_of(seed), NoDebt) for seed in range(40)}
    seed = max(logs, key=lambda seed: len(logs[seed]))
    short = shrink(plan_of(seed), NoDebt)
    assert short.log[-1].startswith("broken: ")
    assert len(short.log) * 3 < len(logs[seed]) * 2


def log_of(plan: Plan, mutation: type[Run]) -> list[str]:
    """What happens in a schedule that breaks it; nothing in one that does not."""
    simulation = Simulation(plan, mutation)
    try:
        simulation.play()
    except Violation:
        return simulation.log
    return []


def is_broken(plan: Plan, mutation: type[Run]) -> bool:
    try:
        simulate(plan, mutation)
    except Violation:
        return True
    return False


def test_a_failure_shrinks_to_a_small_plan() -> None:
    from hypothesis import find

    def is_broken_somehow(plan: Plan) -> bool:
        """By one of a few seeds, so that chance does not decide which plan is the smallest."""
        seeds = range(plan.seed, plan.seed + 4)
        return any(is_broken(msgspec.structs.replace(plan, seed=n), NoDebt) for n in seeds)

    quick = settings(max_examples=40, deadline=None, database=None)
    smallest = find(plans, is_broken_somehow, settings=quick, random=Random(1))
    assert (smallest.rebuilds, smallest.deploys) == (False, False)
    assert (smallest.edits, smallest.faults) == (1, 0)


def test_the_steps_are_bounded() -> None:
    longest = max(simulate(plan_of(seed)).steps for seed in range(30))
    assert longest * 20 < simulator.MOST_STEPS


@pytest.mark.long
def test_it_holds_with_the_themes_templates_and_the_real_feeds() -> None:
    templates = read_templates(ROOT / "theme/templates")
    assets = {path.name: f"theme/{path.name}" for path in (ROOT / "theme/static").iterdir()}

    def render(site: Site) -> Theme:
        whole = msgspec.structs.replace(site, assets=assets, title=f"Site {site.revision}")
        return Theme(templates, whole)

    documents = 0
    for seed in range(12):
        simulation = simulate(plan_of(seed), render=render)
        documents += sum(key.startswith("lists/") for key in simulation.store.objects)
    assert documents > 100
