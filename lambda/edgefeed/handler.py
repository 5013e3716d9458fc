"""Where the function begins: wires the parts, runs, and says in one line what it did.

Beside this package the bundle holds ``site.json`` (`contract.Site`) and ``templates/``, as Python.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, cast

import msgspec

from edgefeed.backlog import Backlog, again, extend, settle
from edgefeed.cache import Cache
from edgefeed.contract import Site
from edgefeed.events import Work, understand
from edgefeed.index import Index
from edgefeed.lists import Theme
from edgefeed.outputs import CACHED, Fragments
from edgefeed.page import read_page
from edgefeed.ports import Ports
from edgefeed.rebuild import rebuild, refresh
from edgefeed.reconcile import Run
from edgefeed.report import Counted, line, show
from edgefeed.status import status
from edgefeed.steps import drive
from edgefeed.store import Store, Unavailable
from edgefeed.versions import Outdated

THREADS: Final = 16
_MARGIN: Final = 15.0
_TAKING: Final = 0.1
"""The share of an invocation's time in which messages are taken."""


class Context(Protocol):
    """What Lambda says of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """The time until Lambda ends the invocation."""


class Function:
    """edgefeed, wired to a store: what stays warm between invocations."""

    def __init__(
        self,
        site: Site,
        ports: Ports,
        *,
        most_time: float,
        pool: ThreadPoolExecutor | None = None,
        backlog: Backlog | None = None,
    ) -> None:
        """Take the site and the world. ``most_time``: seconds an invocation can last."""
        self._site = site
        self._backlog = backlog
        self._ports = ports
        self._pool = pool
        self._lease = most_time + _MARGIN
        self._cache: Fragments = Cache(CACHED)
        self._indexes: Cache[str, Index] = Cache(1)

    def __call__(self, event: object, request: str, seconds: float) -> dict[str, Any]:
        """Handle an event; the answer is what Lambda or the caller should hear.

        ``seconds`` is the time there is. Raises `Unavailable` and `Outdated` where a direct
        call failed; messages of a queue are answered as failed instead.
        """
        began, now = self._ports.now(), self._ports.now
        event, taken = extend(event, self._backlog, lambda: now() < began + seconds * _TAKING)
        # To acknowledge messages takes about as long as to take them.
        deadline = now() + max(seconds - _MARGIN - 2 * (now() - began), 0)
        work = understand(event, request)
        counted = Counted(self._ports.store)
        ports = replace(self._ports, store=cast("Store", counted))
        run = Run(
            self._site,
            ports,
            token=f"{request}-{uuid.uuid4().hex[:8]}",
            deadline=deadline,
            lease=self._lease,
            cache=self._cache,
            indexes=self._indexes,
        )
        run.outputs.accept = work.accept
        failure = ""
        try:
            answer = drive(_perform(run, work), self._pool)
        except (Unavailable, Outdated) as error:
            failure = f"{type(error).__name__}: {error}"
            if work.direct:
                raise
            answer = again(message.id for message in work.messages)
        finally:
            show(line(run, work, counted, failure))
        return settle(answer, event, taken, self._backlog)


async def _perform(run: Run, work: Work) -> dict[str, Any]:
    if work.direct and not work.messages:
        return {"error": work.poison[0][1]}
    if work.kind == "status":
        return await status(run, [key for message in work.messages for key in message.keys])
    if work.kind == "rebuild":
        return {"done": await rebuild(run)}
    if work.kind == "refresh":
        return {"done": await refresh(run, work.messages[0])}
    failed = await run.handle(work.messages) if work.messages else frozenset[str]()
    return {"done": not failed} if work.direct else again(failed)


def _rest(seconds: float) -> None:
    # Runs that met each other must not meet again.
    time.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


# --- in Lambda ---------------------------------------------------------------------------

_warm: dict[str, Function] = {}


def handler(event: object, context: Context) -> dict[str, Any]:
    """Lambda's entry point.

    Environment: ``BUCKET``, ``DISTRIBUTION_ID`` where there is an edge, and ``QUEUE_URL``, the
    queue that messages come from, where more of them may be taken from it.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    if "function" not in _warm:
        _warm["function"] = _wire(os.environ, seconds)
    return _warm["function"](event, context.aws_request_id, seconds)


def _wire(environment: Mapping[str, str], seconds: float) -> Function:
    from edgefeed import aws  # noqa: PLC0415 - boto3 where S3 is used

    bundle = Path(__file__).parents[1]
    site = msgspec.json.decode((bundle / "site.json").read_bytes(), type=Site)
    theme = Theme(str(bundle / "templates"), site)
    store: Store = aws.S3Store(environment["BUCKET"], connections=THREADS)
    notifier = aws.CloudFrontNotifier(environment.get("DISTRIBUTION_ID", ""), site.hub)
    queue = environment.get("QUEUE_URL", "")
    return Function(
        site,
        Ports(store, partial(read_page, site=site), theme, notifier, time.time, _rest),
        most_time=max(seconds, 60),
        pool=ThreadPoolExecutor(THREADS),
        backlog=aws.SqsBacklog(queue) if queue else None,
    )
