"""Making lists anew from the command line's side: who is asked what, how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.bucket import MemoryBucket

from sula.cloud.target import Target
from sula.errors import CloudError, Unavailable
from sula.publishing.reindex import accept_held, reindex


class Answering:
    """A function that gives prepared answers, or raises them."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[Mapping[str, Any]] = []

    def update_code(self, code: bytes, description: str = "") -> bool:
        raise AssertionError((code, description))

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(payload)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    """Time that passes only while someone waits."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        self.time += 1
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds


def run(function: Answering, **options: Any) -> int:
    clock = Clock()
    target = Target(MemoryBucket(), function)
    return reindex(target, pause=clock.pause, now=clock.now, **options)


def test_it_goes_on_until_the_end_is_reached() -> None:
    function = Answering({"done": False}, {"done": False}, {"done": True})
    seen: list[int] = []
    assert run(function, part=seen.append) == 3
    assert seen == [1, 2, 3]
    assert function.asked == [{"rebuild": True}] * 3


def test_a_function_that_is_busy_is_asked_again() -> None:
    function = Answering(Unavailable("throttled"), {"done": True})
    assert run(function) == 1
    assert len(function.asked) == 2


def test_it_does_not_wait_for_ever_and_says_what_to_do() -> None:
    with pytest.raises(CloudError, match="run `sula reindex` again"):
        run(Answering({"done": False}), patience=30)


def test_held_feeds_are_let_through_without_a_rebuild() -> None:
    function = Answering({"done": True})
    accept_held(Target(MemoryBucket(), function))
    assert function.asked == [{"refresh": True, "accept": True}]


@pytest.mark.parametrize("ask", [reindex, accept_held])
def test_without_a_function_it_says_so(ask: Any) -> None:
    with pytest.raises(CloudError, match="sula deploy"):
        ask(Target(MemoryBucket()))
