"""What sula asks of a cloud, in its own words: values and narrow ports, no boto3.

The engine (publisher, stack, status) is written against these; `sula.cloud.aws` implements
them, and tests implement them in memory with failures where they want one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol


@dataclass(frozen=True)
class StoredObject:
    """An object as it was at one moment.

    ``etag`` is as S3 spells it, quotes included: give it back in ``if_match`` untouched.
    ``modified`` is RFC 3339, UTC, whole seconds.
    """

    key: str
    body: bytes
    etag: str
    content_type: str = ""
    cache_control: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    modified: str = ""


@dataclass(frozen=True)
class ObjectHead:
    """An object without its body. ``size`` in bytes; the rest as in `StoredObject`."""

    key: str
    etag: str
    size: int
    content_type: str = ""
    cache_control: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    modified: str = ""


class Listed(NamedTuple):
    """A line of a bucket's listing. ``size`` in bytes."""

    key: str
    etag: str
    size: int


class Objects(Protocol):
    """One bucket. Strongly consistent, last writer wins, except where a condition is named."""

    def get(self, key: str) -> StoredObject | None:
        """The object, or None when there is none. Raises `CloudError`."""

    def head(self, key: str) -> ObjectHead | None:
        """The object without its body, or None when there is none."""

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Write an object and return its ETag: the body's MD5 in hex, in quotes.

        An unconditional write is retried here. A conditional one (``if_match``: only over
        that ETag; ``if_absent``: only where nothing is) is sent once, because a second
        attempt could meet its own write. Raises `Conflict` where the condition does not
        hold, `Unavailable` where the outcome is not known, `CloudError` on a refusal.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Remove objects, any number; those that do not exist are no error."""

    def list(self, prefix: str) -> Iterator[Listed]:
        """Everything under a prefix, in key order."""


class Version(NamedTuple):
    """One version of an object. ``removed`` marks the moment of a removal, without bytes."""

    key: str
    id: str
    etag: str
    modified: str
    removed: bool


class History(Protocol):
    """What a bucket has kept of what was replaced."""

    def versions(self, prefix: str) -> Iterator[Version]:
        """Every version under a prefix: by key, the newest first."""

    def get_version(self, key: str, version: str) -> bytes:
        """The bytes of one version. Raises `CloudError` when it is kept no longer."""


class Function(Protocol):
    """The deployed function, by its name and its ``live`` alias."""

    def update_code(self, code: bytes, description: str = "") -> bool:
        """Make these bytes (a zip) live; False when they were already.

        Publishes a version and moves the alias to it, so that a run never sees half of an
        update. Converges: an update that died half-way is finished by the next.
        """

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Run the live version, wait, and return its answer.

        Raises `FunctionFailed` when the run ended in an error, `CloudError` otherwise.
        """


class Edge(Protocol):
    """The distribution."""

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """Forget these paths (``/posts/a/``, ``/tags/*``), percent-encoded.

        The same ``reference`` with the same paths again is no new invalidation.
        """


class Schedules(Protocol):
    """One-time schedules that release waiting pages, in a group of their own."""

    def set(self, name: str, at: str, payload: Mapping[str, str]) -> None:
        """Have the release function called with a payload at a moment (UTC), once.

        Replaces the schedule of that name. A moment that has passed is as soon as possible.
        """

    def cancel(self, name: str) -> None:
        """Drop a schedule; none there is no error."""

    def exists(self, name: str) -> bool:
        """Whether there is such a schedule, which then has not fired yet."""


class KeyValues(Protocol):
    """The edge's small store of keys and values."""

    def all(self) -> dict[str, str]:
        """Everything in it."""

    def change(self, puts: Mapping[str, str], deletes: frozenset[str]) -> None:
        """Write and remove keys, over what others wrote meanwhile.

        Raises `Conflict` when others were always faster.
        """


class Depth(NamedTuple):
    """How many messages wait in a queue, and how many are being worked on."""

    waiting: int
    in_flight: int


class Letter(NamedTuple):
    """A message that could not be handled."""

    id: str
    body: str
    attempts: int


class Queue(Protocol):
    """One queue."""

    def depth(self) -> Depth:
        """Approximate, as SQS's own figures are."""

    def peek(self, limit: int = 10) -> list[Letter]:
        """Some of the waiting messages, left in the queue."""

    def move_to(self, url: str) -> int:
        """Send every waiting message to another queue, and count them."""


class Alarm(NamedTuple):
    """An alarm: its name without the stack's, CloudWatch's word for its state, and why."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True)
class Change:
    """One line of a change set: what will happen to one resource."""

    action: Literal["Add", "Modify", "Remove", "Import", "Dynamic"]
    resource: str
    type: str
    replacement: bool = False


@dataclass(frozen=True)
class StackState:
    """A stack as it is. ``status`` is CloudFormation's own word."""

    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StackEvent:
    """Something that happened to one resource of a stack."""

    id: str
    resource: str
    type: str
    status: str
    reason: str = ""


class Stacks(Protocol):
    """CloudFormation, as far as one stack needs it."""

    def describe(self, name: str) -> StackState | None:
        """The stack, or None when there is none (or it is deleted)."""

    def prepare(
        self, name: str, change_set: str, template: str, parameters: Mapping[str, str], *, new: bool
    ) -> tuple[Change, ...]:
        """Make a change set, wait until it is ready, return its changes.

        Empty when nothing would change; the change set is then gone again.
        """

    def prepare_import(self, name: str, change_set: str, template: str, bucket: str) -> None:
        """Make the change set of a new stack whose ``Bucket`` is there; wait until it is ready."""

    def execute(self, name: str, change_set: str) -> None:
        """Start carrying a change set out. `events` and `describe` tell how it goes."""

    def discard(self, name: str, change_set: str) -> None:
        """Drop a change set that will not be carried out."""

    def events(self, name: str) -> list[StackEvent]:
        """The newest events, oldest first."""

    def delete(self, name: str, keep: Sequence[str] = ()) -> None:
        """Start deleting a stack; ``keep`` names resources to leave (after a failure)."""
