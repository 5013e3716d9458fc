"""Waiting until the lists show what was published, and with what patience."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from tests.bucket import MemoryBucket
from tests.sula.fake_function import FakeFunction

from sula.cloud.target import LateError, Target
from sula.errors import FunctionFailed
from sula.publishing.wait import wait_for_feeds


def test_a_deploy_waits_for_every_page_and_for_all_that_is_owed() -> None:
    bucket = MemoryBucket()
    keys = [f"pages/{n}.html" for n in range(600)]
    function = FakeFunction(
        bucket,
        [
            {"pending": keys[:20], "owed": 0, "current": True},
            {"pending": keys[5:20], "owed": 2, "current": True},
            {"pending": [], "owed": 2, "current": True},
            {"pending": [keys[300]], "owed": 0, "current": True},
        ],
    )
    waited: list[float] = []
    wait_for_feeds(Target(bucket, function), keys, refresh=False, patience=60, pause=waited.append)
    assert len(waited) == 1
    asked = [payload["keys"] for payload in function.heard]
    assert {key for some in asked for key in some} == set(keys)
    assert all(len(some) <= 520 for some in asked)


class FakeQueue:
    def depth(self) -> Any:
        return type("Depth", (), {"waiting": 3})

    def peek(self, limit: int = 10) -> list[Any]:
        raise AssertionError(limit)

    def move_to(self, url: str) -> int:
        raise AssertionError(url)


def test_feeds_that_stay_behind_are_said_with_what_is_in_the_dead_letter_queue() -> None:
    function = FakeFunction(MemoryBucket(), [{"pending": ["a"], "owed": 0, "current": True}] * 99)
    times = iter(range(100))
    target = Target(MemoryBucket(), function, dead_letters=FakeQueue())
    with pytest.raises(LateError, match=r"1 changed pages.*3 messages.*sula status"):
        wait_for_feeds(
            target, ["a"], refresh=False, patience=5,
            pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip


def test_patience_is_with_what_does_not_move() -> None:
    behind = [{"pending": ["a"], "owed": owed, "current": True} for owed in range(40, 0, -4)]
    function = FakeFunction(MemoryBucket(), [*behind, {"pending": [], "owed": 0, "current": True}])
    times = itertools.count()
    wait_for_feeds(
        Target(MemoryBucket(), function), ["a"], refresh=False, patience=5,
        pause=lambda _: None, now=lambda: next(times),
    )  # fmt: skip
    assert len(function.heard) == 11


def test_debts_that_come_and_go_are_no_progress() -> None:
    behind = [{"pending": ["a"], "owed": owed, "current": True} for owed in [2, 9] * 99]
    times = itertools.count()
    with pytest.raises(LateError, match="for 5 s nothing has moved"):
        wait_for_feeds(
            Target(MemoryBucket(), FakeFunction(MemoryBucket(), behind)), ["a"], refresh=False,
            patience=5, pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip


class FailingFunction(FakeFunction):
    """Fails at its first so many calls, as when a run dies."""

    def __init__(self, failures: int) -> None:
        super().__init__(MemoryBucket())
        self.failures = failures

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        if self.failures:
            self.failures -= 1
            raise FunctionFailed("function sula-edgefeed failed: out of memory")
        return super().invoke(payload)


def test_a_run_that_died_does_not_end_the_waiting() -> None:
    function = FailingFunction(2)
    waited: list[float] = []
    target = Target(MemoryBucket(), function)
    wait_for_feeds(target, ["a"], refresh=True, patience=60, pause=waited.append)
    assert [*function.heard] == [{"refresh": True}, {"status": True, "keys": ["a"]}]
    assert len(waited) == 2


def test_a_function_that_always_fails_is_said_to() -> None:
    times = iter(range(100))
    with pytest.raises(LateError, match="failed: out of memory, and for 5 s nothing has moved"):
        wait_for_feeds(
            Target(MemoryBucket(), FailingFunction(99)), ["a"], refresh=False, patience=5,
            pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip
