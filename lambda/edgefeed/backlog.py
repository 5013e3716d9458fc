"""A queue that has grown long: a run takes what else is waiting.

Each run brings the lists up to date with the pages it was told of. When a whole site is
published at once, runs of ten messages would write the same growing lists again and again;
so a run whose messages fill a request takes more from the queue itself, and acknowledges
those as Lambda acknowledges the others: only once they are handled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

FULL: Final = 10
"""So many messages in one event mean that more may be waiting: SQS gives ten at a time."""

MOST: Final = 2_000
"""Messages that one run takes: as many pages as it can hold, and write the lists of, in time."""


class Waiting(msgspec.Struct, frozen=True):
    """A message taken from the queue. ``receipt`` is what SQS wants to hear to drop it."""

    id: str
    body: str
    receipt: str


class Backlog(Protocol):
    """The queue behind an event."""

    def take(self, most: int) -> list[Waiting]:
        """Messages that are waiting now. They come again unless they are dropped in time."""

    def drop(self, waiting: Sequence[Waiting]) -> None:
        """Acknowledge messages. What cannot be acknowledged comes again."""


def extend(event: object, backlog: Backlog | None) -> tuple[object, list[Waiting]]:
    """The event with what else is waiting, when it is full; and what was taken for that."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if backlog is None or not isinstance(records, list) or len(records) < FULL:
        return event, []
    taken = backlog.take(MOST - len(records))
    more = [{"messageId": message.id, "body": message.body} for message in taken]
    return {"Records": [*records, *more]}, taken


def settle(
    answer: Mapping[str, Any], taken: Sequence[Waiting], backlog: Backlog | None
) -> dict[str, Any]:
    """Acknowledge what was taken and is handled; the answer that is left for Lambda."""
    if backlog is None or not taken:
        return dict(answer)
    failed = _failed(answer.get("batchItemFailures", ()))
    backlog.drop([message for message in taken if message.id not in failed])
    ours = {message.id for message in taken}
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(failed - ours)]}


def _failed(failures: Iterable[Mapping[str, str]]) -> set[str]:
    return {failure["itemIdentifier"] for failure in failures}
