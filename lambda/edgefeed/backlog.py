"""The queue behind an event: a run takes what else is waiting, and says when to come again.

Each run brings the lists up to date with the pages it was told of. When a whole site is
published at once, runs of ten messages would write the same growing lists again and again;
so a run whose messages fill a request takes more from the queue itself, and acknowledges
those as Lambda acknowledges the others: only once they are handled.

What failed would come again only when the queue's time-out for a run that died has passed,
which is minutes. A run that lives to say that it failed has it come after a second, and
after twice as long each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec

FULL: Final = 10
"""So many messages in one event mean that more may be waiting: SQS gives ten at a time."""

MOST: Final = 2_000
"""Messages that one run takes: as many pages as it can hold, and write the lists of, in time."""

LONGEST: Final = 300
"""Seconds between two attempts at most."""


class Waiting(msgspec.Struct, frozen=True):
    """A message of the queue. ``receipt`` is what SQS wants to hear to drop it.

    ``received`` counts the times that it was handed out.
    """

    id: str
    body: str
    receipt: str
    received: int = 1

    @property
    def delay(self) -> int:
        """Seconds after which it comes again if it failed: 1, 2, 4 and so on."""
        return min(1 << min(max(self.received - 1, 0), 10), LONGEST)


class Backlog(Protocol):
    """The queue behind an event."""

    def take(self) -> Iterator[Sequence[Waiting]]:
        """Messages that are waiting now, some at a time.

        They come again unless they are dropped in time.
        """

    def drop(self, waiting: Sequence[Waiting]) -> None:
        """Acknowledge messages. What cannot be acknowledged comes again."""

    def retry(self, waiting: Sequence[Waiting]) -> None:
        """Have messages come again after their delay. At the latest they do by themselves."""


def extend(
    event: object, backlog: Backlog | None, in_time: Callable[[], bool]
) -> tuple[object, list[Waiting]]:
    """The event with what else is waiting, when it is full; and what was taken for that.

    No more is taken once it is not ``in_time``, for what was taken has to be acknowledged too.
    """
    records = event.get("Records") if isinstance(event, Mapping) else None
    if backlog is None or not isinstance(records, list) or len(records) < FULL:
        return event, []
    taken: list[Waiting] = []
    for some in backlog.take():
        taken += some
        if len(records) + len(taken) >= MOST or not in_time():
            break
    more = [{"messageId": message.id, "body": message.body} for message in taken]
    return {"Records": [*records, *more]}, taken


def settle(
    answer: Mapping[str, Any], event: object, taken: Sequence[Waiting], backlog: Backlog | None
) -> dict[str, Any]:
    """Acknowledge what was taken and is handled, have the rest come again soon.

    Returns the answer that is left for Lambda. ``event`` is as Lambda gave it, or extended.
    """
    failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", ())}
    if backlog is None or not (taken or failed):
        return dict(answer)
    backlog.drop([message for message in taken if message.id not in failed])
    backlog.retry([message for message in (*_given(event), *taken) if message.id in failed])
    return again(failed.difference(message.id for message in taken))


def again(failed: Iterable[str]) -> dict[str, Any]:
    """SQS's partial batch response: which messages must come again."""
    return {"batchItemFailures": [{"itemIdentifier": name} for name in sorted(failed)]}


class _Attributes(msgspec.Struct, rename="pascal"):
    approximate_receive_count: int


class _Given(msgspec.Struct, rename="camel"):
    message_id: str
    receipt_handle: str
    attributes: _Attributes


def _given(event: object) -> Iterator[Waiting]:
    """The messages of an event that say how SQS knows them."""
    for record in event.get("Records", ()) if isinstance(event, Mapping) else ():
        with suppress(msgspec.ValidationError):  # then it comes when it comes
            given = msgspec.convert(record, _Given, strict=False)
            received = given.attributes.approximate_receive_count
            yield Waiting(given.message_id, "", given.receipt_handle, received)
