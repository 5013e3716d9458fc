"""Claims: which objects a deploy in flight may have touched. One small object in ``state/``.

Before a deploy writes its first page it claims, by compare-and-swap, the keys it will touch;
after the build record is written it withdraws the claim. So:

* a deploy that dies anywhere leaves its claim, and the next one looks at those objects
  instead of believing the record: an interrupted deploy is finished by the next, which has the
  edge forget them, too;
* so it is with the function: the code that a deploy is about to publish is claimed as well, and
  while another's may run, the record is not believed to say which one does;
* of two deploys at once, whoever writes the record first wins. The other's compare-and-swap
  fails; it plans again, looking at the keys that it and all others claimed, and continues.

Why that is enough. A deploy succeeds only by replacing the very record it planned against, so
nobody else finished in between. Somebody else may still be writing: their claim was either there
before ours, and we looked at its keys, or it came later, and they saw ours. Either way they
find the record replaced, plan again, and look at what both claimed; or they die, and
their claim stays for the next. A claim ends by the clock as well: its deploy writes no page after
that, so that a claim which has ended, and whose keys were looked at after its end, can go.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from edgefeed.contract import PAGES
from sula.cloud.ports import Objects
from sula.errors import CloudError, Conflict, Unavailable

CLAIMS_KEY: Final = "state/claims.json"
FUNCTION: Final = "function/"
"""Before the mark of a function's code, in place of an object's key."""
LIFETIME: Final = 3600
"""Seconds a claim lasts: no deploy goes on writing for longer."""
_ATTEMPTS: Final = 20


class Claim(msgspec.Struct, frozen=True):
    """The keys that one deploy may touch, until a moment (seconds since 1970 UTC).

    A function that it may publish is in it by its mark, after `FUNCTION`.
    """

    until: int
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Clock:
    """Time, as a port: ``now`` in seconds since 1970 UTC, and ``sleep``."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default=random.random)

    def back_off(self, attempt: int) -> None:
        """Wait before the next attempt: longer each time, never two deploys in step."""
        self.sleep(min(5.0, 0.05 * 2.0**attempt) * (0.5 + self.jitter()))


Claims = Mapping[str, Claim]


def public_keys(claims: Claims) -> set[str]:
    """The public objects that somebody may have touched."""
    return {key for each in claims.values() for key in each.keys if key.startswith(PAGES)}


def functions(claims: Claims) -> set[str]:
    """The marks of functions that somebody may have published."""
    keys = (key for each in claims.values() for key in each.keys)
    return {key.removeprefix(FUNCTION) for key in keys if key.startswith(FUNCTION)}


_claims = msgspec.json.Decoder(dict[str, Claim])  # not in a thread: see `edgefeed.metadata`


def read_claims(objects: Objects) -> tuple[dict[str, Claim], str | None]:
    """Every claim by its deploy, and the object's ETag."""
    found = objects.get(CLAIMS_KEY)
    if found is None:
        return {}, None
    try:
        return _claims.decode(found.body), found.etag
    except msgspec.DecodeError as error:
        raise CloudError(
            f"{CLAIMS_KEY} is damaged ({error}); remove it and run `sula deploy --verify`"
        ) from error


def change_claims(
    objects: Objects, change: Callable[[dict[str, Claim]], dict[str, Claim]], clock: Clock
) -> dict[str, Claim]:
    """Replace the claims by compare-and-swap; returns those that were there before.

    ``change`` may run more than once. A write whose answer was lost is found again by its effect:
    claims that already are as they should be need no write.
    """
    for attempt in range(_ATTEMPTS):
        try:
            claims, etag = read_claims(objects)
            wanted = change(dict(claims))
            if wanted != claims:
                objects.put(
                    CLAIMS_KEY,
                    msgspec.json.encode(wanted),
                    content_type="application/json",
                    cache_control="no-store",
                    if_match=etag,
                    if_absent=etag is None,
                )
        except (Conflict, Unavailable):
            clock.back_off(attempt)
        else:
            return claims
    raise CloudError(f"{CLAIMS_KEY} could not be written in {_ATTEMPTS} attempts; try again")


def claim(
    objects: Objects, deploy: str, keys: Iterable[str], clock: Clock
) -> tuple[Claim, dict[str, Claim]]:
    """Claim keys for a deploy, on top of what it claimed before; also gives others' claims."""
    until = int(clock.now()) + LIFETIME

    def add(claims: dict[str, Claim]) -> dict[str, Claim]:
        own = claims.get(deploy, Claim(0, ()))
        if own.until and set(keys) <= set(own.keys):
            return claims
        return {**claims, deploy: Claim(until, tuple(sorted({*own.keys, *keys})))}

    keys = tuple(keys)
    before = change_claims(objects, add, clock)
    own = before.pop(deploy, Claim(until, ()))
    return Claim(own.until, tuple(sorted({*own.keys, *keys}))), before


def withdraw(objects: Objects, deploys: Collection[str], clock: Clock) -> None:
    """Drop the claims of deploys that have finished, or have long died."""
    change_claims(
        objects, lambda claims: {k: v for k, v in claims.items() if k not in deploys}, clock
    )
