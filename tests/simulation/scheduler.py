"""Runs as the simulator sees them: strands of coroutines that stop at every request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from edgefeed.steps import Call, Steps, Together


class Died(Exception):  # noqa: N818 - what happened
    """The process is gone; no code of the run sees this."""


class Strand:
    """One coroutine of a run, waiting for a request or for its own parts."""

    __slots__ = ("call", "coroutine", "failures", "parent", "place", "results", "waiting")

    def __init__(self, coroutine: Steps[Any], parent: Strand | None, place: int) -> None:
        self.coroutine = coroutine
        self.parent = parent
        self.place = place
        self.call: Call[Any] | None = None
        self.waiting = 0
        self.results: list[Any] = []
        self.failures: dict[int, Exception] = {}


class Process:
    """A run that is advanced one request at a time, in an order the dice decide."""

    def __init__(self, coroutine: Steps[Any], random: Random) -> None:
        self._random = random
        self._ready: list[Strand] = []
        self._root = Strand(coroutine, None, 0)
        self.done = False
        self.result: Any = None
        self.error: Exception | None = None
        self._all = [self._root]
        self._resume(self._root, None, None)

    def step(self, make: Callable[[Call[Any]], Any]) -> None:
        """Make one request, and go on to the next. `Died` passes through."""
        ready = self._ready
        at = int(self._random.random() * len(ready)) if len(ready) > 1 else 0
        strand = ready[at]
        ready[at] = ready[-1]
        ready.pop()
        call = strand.call
        assert call is not None
        try:
            value = make(call)
        except Died:
            raise
        except Exception as error:  # noqa: BLE001 - handed to the protocol, as the driver does
            self._resume(strand, None, error)
        else:
            self._resume(strand, value, None)

    @property
    def asked(self) -> list[Call[Any]]:
        """The requests that it waits for."""
        return [strand.call for strand in self._ready if strand.call is not None]

    def kill(self) -> None:
        """End the process wherever it is; nothing of it runs any more."""
        for strand in reversed(self._all):
            strand.coroutine.close()
        self.done = True

    def _resume(self, strand: Strand, value: Any, error: Exception | None) -> None:
        while True:
            try:
                step = (
                    strand.coroutine.send(value) if error is None else strand.coroutine.throw(error)
                )
            except StopIteration as end:
                self._ended(strand, end.value, None)
                return
            except Exception as raised:  # noqa: BLE001 - its parent's business
                self._ended(strand, None, raised)
                return
            if isinstance(step, Call):
                strand.call = step
                self._ready.append(strand)
                return
            assert isinstance(step, Together)
            if step.parts:
                self._spawn(strand, step.parts)
                return
            value, error = [], None

    def _spawn(self, strand: Strand, parts: Sequence[Steps[Any]]) -> None:
        strand.waiting = len(parts)
        strand.results = [None] * len(parts)
        strand.failures = {}
        children = [Strand(part, strand, place) for place, part in enumerate(parts)]
        self._all += children
        for child in children:
            self._resume(child, None, None)

    def _ended(self, strand: Strand, value: Any, error: Exception | None) -> None:
        parent = strand.parent
        if parent is None:
            self.done, self.result, self.error = True, value, error
            return
        if error is None:
            parent.results[strand.place] = value
        else:
            parent.failures[strand.place] = error
        parent.waiting -= 1
        if parent.waiting == 0:
            if parent.failures:
                self._resume(parent, None, parent.failures[min(parent.failures)])
            else:
                self._resume(parent, parent.results, None)
