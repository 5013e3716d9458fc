"""Where a deploy goes: the cloud's ports, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sula.cloud.ports import Edge, Function, KeyValues, Objects, Queue, Schedules
from sula.errors import CloudError


@dataclass(frozen=True)
class Target:
    """A deployed stack, as the deploy uses it.

    Without a ``function`` there are no lists, without an ``edge`` no cache: tests of the
    publisher need neither. ``libraries`` is the processor the function's bundle must carry
    its dependencies for; empty where they are there already (the local cloud).
    Without ``schedules`` a post of the future waits for the first deploy after its moment,
    without ``redirects`` the edge knows of none.
    ``url`` is what readers type. ``identity`` tells this stack from one that it replaced over
    the same bucket, whose function is another.
    """

    objects: Objects
    function: Function | None = None
    edge: Edge | None = None
    dead_letters: Queue | None = None
    schedules: Schedules | None = None
    redirects: KeyValues | None = None
    libraries: str = ""
    cache: Path = Path()
    url: str = ""
    identity: str = ""


class LateError(CloudError):
    """The pages are live, but the feeds do not show them yet."""
