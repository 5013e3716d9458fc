"""``sula reindex``: the function makes its index and the lists anew, from the pages alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from sula.cloud.ports import Function
from sula.cloud.target import Target
from sula.errors import CloudError, Unavailable

_PAUSE = 2.0


def reindex(
    target: Target,
    *,
    patience: float = 3600.0,
    part: Callable[[int], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> int:
    """Have everything made anew; returns how many invocations that took.

    One invocation does as much as its time limit allows and the next goes on from there.
    ``part`` is told how many have ended. Raises `CloudError` when there is no function, or
    when it does not come to an end in ``patience`` seconds; nothing is lost then, and another
    reindex goes on where this one was.
    """
    function = _function(target)
    deadline, invocations = now() + patience, 0
    while now() < deadline:
        try:
            answer = function.invoke({"rebuild": True})
        except Unavailable:
            pause(_PAUSE)
            continue
        invocations += 1
        part(invocations)
        if answer.get("done"):
            return invocations
    raise CloudError(
        f"the lists are not made anew after {patience:.0f} s; run `sula reindex` again, and it "
        "goes on where it was"
    )


def accept_held(target: Target) -> None:
    """Let the feeds through that the gate holds back: the author has looked at them.

    Raises `CloudError` where there is no function.
    """
    _function(target).invoke({"refresh": True, "accept": True})


def _function(target: Target) -> Function:
    if target.function is None:
        raise CloudError("there is no function here that could do that; run `sula deploy` first")
    return target.function
