"""Waiting for input and output, as data.

The protocol is written as coroutines that do no I/O: they await a `Call`, and whoever
drives them makes it. In the function that is `drive`, with a pool of threads; in the
simulator it is a scheduler that interleaves, fails and kills runs at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Steps = Coroutine[Any, Any, T]
"""A coroutine whose every suspension is a `Call` or a `Together`."""


@dataclass(eq=False, slots=True)
class Call(Generic[T]):
    """One request to the outside. Awaiting it gives its result, or raises its error."""

    run: Callable[[], T]

    def __await__(self) -> Generator[Any, Any, T]:
        """Hand the call to the driver."""
        result: T = yield self
        return result


@dataclass(eq=False, slots=True)
class Together(Generic[T]):
    """Several coroutines at once. Awaiting it gives their results, in their order.

    All of them end before the first error, in their order, is raised.
    """

    parts: Sequence[Steps[T]]

    def __await__(self) -> Generator[Any, Any, list[T]]:
        """Hand the coroutines to the driver."""
        results: list[T] = yield self
        return results


def drive(steps: Steps[T], pool: Executor | None = None) -> T:
    """Run a coroutine to its end, blocking; what can go together goes through the pool."""
    value: Any = None
    error: Exception | None = None
    try:
        while True:
            step = steps.send(value) if error is None else steps.throw(error)
            value, error = None, None
            try:
                value = step.run() if isinstance(step, Call) else _all(step, pool)
            except Exception as raised:  # noqa: BLE001 - the coroutine decides what it means
                error = raised
    except StopIteration as end:
        result: T = end.value
        return result


def _all(step: Together[Any], pool: Executor | None) -> list[Any]:
    run = map if pool is None else pool.map
    ends = list(run(_end, step.parts))
    errors = [end for failed, end in ends if failed]
    if errors:
        raise errors[0]
    return [end for _, end in ends]


def _end(part: Steps[Any]) -> tuple[bool, Any]:
    # Without the pool: a thread that waited for its own pool could wait for ever.
    try:
        return False, drive(part)
    except Exception as error:  # noqa: BLE001 - raised again once all have ended
        return True, error
