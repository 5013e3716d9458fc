"""Waiting until readers can see it: the lists show the pages as they now are.

Nothing is pushed along from here. The pages' own events wake the function; this only asks
it, read-only, how far it is. A question that fails is asked again: one run that died says
nothing of the runs that do the work.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from sula.cloud.ports import Function
from sula.cloud.target import LateError, Target
from sula.errors import FunctionFailed, Unavailable

_AT_ONCE = 500
_SAMPLE = 20
_FIRST, _LONGEST = 0.03, 1.0


def wait_for_feeds(
    target: Target,
    keys: Sequence[str],
    *,
    refresh: bool,
    patience: float,
    waiting: Callable[[int], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> None:
    """Return once the lists show every key as it is now.

    Raises `LateError` after ``patience`` seconds in which nothing came nearer to that.
    ``refresh`` has the function look first whether it has itself changed.
    """
    function = target.function
    if function is None:
        return
    deadline, step = now() + patience, _FIRST
    # One call does as much as its time limit allows; where pages are read anew it takes several.
    while refresh and now() < deadline:
        answer = _patiently(lambda: function.invoke({"refresh": True}), deadline, pause, now)
        refresh = not answer.get("done", True)
    left = list(keys)
    nearest = (len(left), math.inf)
    while True:
        # A few first: as long as these are pending the others need not be asked about.
        asked = left[:_SAMPLE] or []
        answer = _status(function, asked)
        if not answer["pending"] and len(left) > len(asked):
            asked = left[: _SAMPLE + _AT_ONCE]
            answer = _status(function, asked)
        pending = set(answer["pending"])
        left = [key for key in left if key in pending] + left[len(asked) :]
        if not left and not answer["owed"] and answer["current"]:
            return
        nearness = (len(left), answer["owed"])
        if "failed" not in answer and nearness < nearest:
            nearest, deadline = nearness, now() + patience
        if now() >= deadline:
            raise LateError(_too_late(target, len(left), answer, patience))
        waiting(len(left))
        if len(pending) == len(asked):
            pause(step)
            step = min(step * 1.4, _LONGEST)


def _status(function: Function, keys: Sequence[str]) -> dict[str, Any]:
    try:
        answer = function.invoke({"status": True, "keys": list(keys)})
    except (FunctionFailed, Unavailable) as error:
        answer = {"failed": str(error)}
    return {"pending": list(keys), "owed": 1, "current": False, **answer}


def _patiently(
    request: Callable[[], dict[str, Any]],
    deadline: float,
    pause: Callable[[float], None],
    now: Callable[[], float],
) -> dict[str, Any]:
    while True:
        try:
            return request()
        except (FunctionFailed, Unavailable):
            if now() >= deadline:
                raise
            pause(1.0)


def _too_late(target: Target, left: int, answer: dict[str, Any], patience: float) -> str:
    dead = target.dead_letters.depth().waiting if target.dead_letters is not None else 0
    letters = f"; {dead} messages are in the dead-letter queue" if dead else ""
    behind = f"{left} changed pages are not in the lists" if left else "lists are still owed"
    if not left and not answer["current"]:
        behind = "the function has not yet drawn the lists anew (`sula reindex` has it go on)"
    if "failed" in answer:
        behind = answer["failed"]
    return (
        f"the pages are live, but {behind}, and for {patience:.0f} s nothing has moved{letters}. "
        "They will follow by themselves if the function is well: see `sula status`"
    )
