"""How an import tells how far it is: by going through what it is handed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Track(Protocol):
    """Gives back what it was handed, one by one."""

    def __call__(self, what: str, items: Collection[T], /) -> Iterable[T]:
        """`what` is being done with the items, in words for a person."""


def untracked(what: str, items: Collection[T], /) -> Iterable[T]:
    """Tell nobody."""
    del what
    return items
