"""What runs pass to each other and about: messages, versions of the index, choices. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from edgefeed.index import Header
from edgefeed.listing import Catalogue


class Outdated(Exception):  # noqa: N818 - a state of affairs
    """A newer edgefeed has taken over; this one must not write."""


class Message(msgspec.Struct, frozen=True):
    """A message of the queue: look at these keys. ``id`` is the same when it comes again."""

    id: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Version:
    """One version of the index, as read or as written."""

    catalogue: Catalogue
    etag: str | None

    @property
    def header(self) -> Header:
        """The version's header."""
        return self.catalogue.index.header


@dataclass(frozen=True)
class Choice:
    """What a commit looks at: keys, and for a rebuild how far that takes it.

    With ``everything`` all units are owed, whatever the pages say; ``more`` are those that have
    objects. Pages that are not read by the time ``until`` are left for another run.
    """

    keys: Sequence[str]
    until: float = math.inf
    rebuild: str | None = None
    more: frozenset[str] = frozenset()
    everything: bool = False
