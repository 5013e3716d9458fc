"""Law 2: after every message was handled, the lists are what a from-scratch run writes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation import simulator
from tests.simulation.__main__ import replay
from tests.simulation.cloud import Violation
from tests.simulation.mutations import MUTATIONS, NoGenerations
from tests.simulation.simulator import Plan, plan_of, simulate

from edgefeed.contract import Site
from edgefeed.handler import ThemeRenderer, read_templates
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
    ):  # fmt: skip
        assert event in logs, f"no schedule has {event}"


def test_a_seed_replays_exactly() -> None:
    first, second = simulate(plan_of(5)), simulate(plan_of(5))
    assert (first.log, first.steps) == (second.log, second.steps)
    assert replay(5) == 0


plans = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    edits=st.integers(1, 12),
    faults=st.integers(0, 8),
    rebuilds=st.booleans(),
    deploys=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(plans)
def test_any_plan_holds(plan: Plan) -> None:
    simulate(plan)


def test_a_failure_shrinks_to_a_small_plan() -> None:
    from hypothesis import find

    def is_broken(plan: Plan) -> bool:
        try:
            simulate(plan, NoGenerations)
        except Violation:
            return True
        return False

    quick = settings(max_examples=300, deadline=None, database=None)
    smallest = find(plans, is_broken, settings=quick)
    assert smallest.faults <= 1
    assert (smallest.rebuilds, smallest.deploys) == (False, False)
    assert smallest.edits < 9


def test_the_steps_are_bounded() -> None:
    longest = max(simulate(plan_of(seed)).steps for seed in range(30))
    assert longest * 20 < simulator.MOST_STEPS


def test_it_holds_with_the_themes_templates_and_the_real_feeds() -> None:
    templates = read_templates(ROOT / "theme/templates")
    assets = {path.name: f"theme/{path.name}" for path in (ROOT / "theme/static").iterdir()}

    def render(site: Site) -> ThemeRenderer:
        whole = msgspec.structs.replace(site, assets=assets, title=f"Site {site.revision}")
        return ThemeRenderer(Theme(templates, whole), whole)

    documents = 0
    for seed in range(12):
        simulation = simulate(plan_of(seed), render=render)
        documents += sum(key.startswith("lists/") for key in simulation.store.objects)
    assert documents > 100
