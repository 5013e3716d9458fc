"""The order of the tests: what waits begins early, and so does what is long."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

WAIT = ("browser", "cloud")
"""Marks of tests that wait for other processes."""


def dealt(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The items in the order in which as many workers are done soonest.

    xdist gives each worker one piece of the list, and who has nothing left to do takes from the
    end of what another has. So no long test may stand at an end, where everybody would wait for
    it. The first worker gets what waits, and is the only one with a local cloud; the second
    begins with what is long.
    """
    waiting, long, rest = list[pytest.Item](), list[pytest.Item](), list[pytest.Item]()
    for item in items:
        if any(item.get_closest_marker(name) for name in WAIT):
            waiting.append(item)
        else:
            (long if item.get_closest_marker("long") else rest).append(item)
    if workers < 2:
        return [*waiting, *long, *rest]
    room = max(0, len(items) // workers - len(waiting))
    return [*waiting, *rest[:room], *long, *rest[room:]]
