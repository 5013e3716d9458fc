"""What the protocol asks of the world besides the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edgefeed.model import Document, Documents, Fragment, Listing, Observed
from edgefeed.store import Store


class Reader(Protocol):
    """Reads a page. Pure, and never raises: bad input is `model.Rejected`."""

    def __call__(self, key: str, body: bytes, modified: str, /) -> Observed:
        """What the page at ``key`` says."""


class Renderer(Protocol):
    """Turns listings into documents. Pure."""

    def fragments(self, listing: Listing) -> tuple[str, ...]:
        """The digests of the fragments that the listing's documents need."""

    def documents(self, listing: Listing, fragments: Mapping[str, Fragment]) -> Documents:
        """Every document of a unit. The same input gives the same bytes."""

    def check(self, document: Document, previous: bytes | None) -> str | None:
        """The gate: why a feed document must not replace the live one, or None."""


class Notifier(Protocol):
    """Tells the edge and the hub what changed."""

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """Have the edge forget some paths. The same reference is the same request.

        Raises `Unavailable`.
        """

    def publish(self, url: str) -> None:
        """Tell the WebSub hub that this feed changed.

        Raises `Unavailable`, also while the edge still has what it was told to forget.
        """


@dataclass(frozen=True)
class Ports:
    """Everything outside that a run may touch.

    ``now`` is in seconds since 1970; it decides about leases, never about bytes. ``sleep``
    waits between attempts.
    """

    store: Store
    read: Reader
    renderer: Renderer
    notifier: Notifier
    now: Callable[[], float]
    sleep: Callable[[float], None]
