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
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from edgefeed.backlog import Backlog, Nothing, extend, settle
from edgefeed.cache import Cache
from edgefeed.contract import Site
from edgefeed.events import Work, understand
from edgefeed.feeds import feed_documents
from edgefeed.gate import check_feed
from edgefeed.lists import Theme, fragments_of
from edgefeed.model import Document, Fragment, Listing, Observed, Rejected
from edgefeed.outputs import CACHED, Fragments
from edgefeed.page import read_page
from edgefeed.ports import Ports
from edgefeed.rebuild import rebuild, refresh
from edgefeed.reconcile import Outdated, Run
from edgefeed.report import CountedStore, Report
from edgefeed.status import status
from edgefeed.steps import Steps, drive
from edgefeed.store import Store, Unavailable
from edgefeed.templates import compile_templates

__all__ = ["compile_templates", "handler"]

THREADS: Final = 16
_MARGIN: Final = 15.0
_NEVER: Final = 1e12


class Context(Protocol):
    """What Lambda says of an invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """The time until Lambda ends the invocation."""


class ThemeRenderer:
    """Lists from the theme's templates, feeds from `feeds`."""

    def __init__(self, theme: Theme, site: Site) -> None:
        """Take a theme that was compiled for this site."""
        self._theme = theme
        self._site = site

    def fragments(self, listing: Listing) -> tuple[str, ...]:
        """See `ports.Renderer`."""
        return fragments_of(listing)

    def documents(
        self, listing: Listing, fragments: Mapping[str, Fragment]
    ) -> tuple[Document, ...]:
        """See `ports.Renderer`."""
        return (
            *self._theme.list_documents(listing, fragments),
            *feed_documents(listing, fragments, self._site),
        )

    def check(self, document: Document, previous: bytes | None) -> str | None:
        """See `ports.Renderer`."""
        return check_feed(document, previous)


class PageReader:
    """Pages as `page` reads them."""

    def __init__(self, site: Site) -> None:
        """Take the site that the pages belong to."""
        self._site = site

    def __call__(self, key: str, body: bytes, modified: str, /) -> Observed:
        """See `ports.Reader`."""
        try:
            return read_page(key, body, site=self._site, modified=modified)
        except Exception as error:  # noqa: BLE001 - one page must never stop the others
            return Rejected(key, f"could not be read: {type(error).__name__}", modified)


def read_templates(folder: Path) -> dict[str, str]:
    """A theme's templates by name. Raises FileNotFoundError when there are none."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if not found:
        raise FileNotFoundError(f"no templates in {folder}")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


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
        self._backlog = backlog or Nothing()
        self._ports = ports
        self._pool = pool
        self._lease = most_time + _MARGIN
        self._cache: Fragments = Cache(CACHED)

    def __call__(self, event: object, request: str, seconds: float) -> dict[str, Any]:
        """Handle an event; the answer is what Lambda or the caller should hear.

        ``seconds`` is the time there is. Raises `Unavailable` and `Outdated` where a direct
        call failed; messages of a queue are answered as failed instead.
        """
        event, taken = extend(event, self._backlog)
        work = understand(event, request)
        counted = CountedStore(self._ports.store)
        ports = replace(self._ports, store=counted)
        run = Run(
            self._site,
            ports,
            token=f"{request}-{uuid.uuid4().hex[:8]}",
            deadline=ports.now() + max(seconds - _MARGIN, 0),
            lease=self._lease,
            cache=self._cache,
        )
        run.outputs.accept = work.accept
        report = Report(run, work, counted, ports.now())
        try:
            answer = self._drive(_perform(run, work))
        except (Unavailable, Outdated) as error:
            report.failed(error)
            if work.direct:
                raise
            answer = _again([message.id for message in work.messages])
        finally:
            report.show(ports.now())
        return settle(answer, taken, self._backlog)

    def _drive(self, steps: Steps[dict[str, Any]]) -> dict[str, Any]:
        return drive(steps, self._pool)


async def _perform(run: Run, work: Work) -> dict[str, Any]:
    if work.direct and not work.messages:
        return {"error": work.poison[0][1]}
    if work.kind == "status":
        return await status(run, [key for message in work.messages for key in message.keys])
    if work.kind == "rebuild":
        return {"done": await rebuild(run)}
    if work.kind == "refresh":
        return {"done": await refresh(run, work.messages[0])}
    if not work.messages:
        return _again([])
    failed = await run.handle(work.messages)
    return {"done": not failed} if work.direct else _again(sorted(failed))


def _again(failed: list[str]) -> dict[str, Any]:
    """SQS's partial batch response: which messages must come again."""
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _rest(seconds: float) -> None:
    # Runs that met each other must not meet again.
    time.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


# --- on a laptop -------------------------------------------------------------------------


def build_directory(root: Path, site: Site, templates: Path, *, processes: int = 1) -> None:
    """Write ``root/lists`` from ``root/pages``: what a from-scratch run in the cloud gives.

    Unchanged files are left alone, obsolete ones removed. Raises ValueError when a file
    cannot be put into a directory, OSError when the disk refuses.
    """
    from edgefeed.directory import build  # noqa: PLC0415 - no part of the function in Lambda

    renderer = ThemeRenderer(Theme(read_templates(templates), site), site)
    build(root, site, PageReader(site), renderer, processes=processes)


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
    theme = Theme(read_templates(bundle / "templates"), site, compiled=True)
    store: Store = aws.S3Store(environment["BUCKET"], connections=THREADS)
    notifier = aws.CloudFrontNotifier(environment.get("DISTRIBUTION_ID", ""), site.hub)
    queue = environment.get("QUEUE_URL", "")
    return Function(
        site,
        Ports(store, PageReader(site), ThemeRenderer(theme, site), notifier, time.time, _rest),
        most_time=max(seconds, 60),
        pool=ThreadPoolExecutor(THREADS),
        backlog=aws.SqsBacklog(queue) if queue else None,
    )
