"""What was worked out or fetched before, as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """Values by key; beyond a total weight the least recently used go. Safe for threads."""

    def __init__(self, limit: int) -> None:
        """Hold at most ``limit``, in the unit of the weights that `add` is told."""
        self._limit = limit
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value, if it is still here."""
        with self._lock:
            if held := self._held.get(key):
                self._held.move_to_end(key)
            return held and held[0]

    def add(self, key: K, value: V, weight: int) -> None:
        """Keep a value, which must be what every other `add` under its key gives."""
        with self._lock:
            if key in self._held:
                return
            self._held[key] = value, weight
            self._weight += weight
            while self._weight > self._limit and len(self._held) > 1:
                self._weight -= self._held.popitem(last=False)[1][1]
