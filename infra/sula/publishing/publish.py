"""Plan + bodies ▶ objects: uploads in order, many at once, and what came of each.

Assets first, then files, then pages, so that no page is seen before what it shows; removals
after. The build record is not written here but by `sula.publishing.deploy`, last of all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeVar

import msgspec

from edgefeed.contract import PAGES
from sula.cloud.ports import Objects
from sula.errors import CloudError, Unavailable
from sula.local.served import cache_control, content_type
from sula.planning.actions import Action, Plan, Stage
from sula.planning.record import File, Headers, Record, Source, Stored
from sula.publishing.claims import Clock

T = TypeVar("T")

WORKERS = 16
OBSOLETE = {"obsolete": "yes"}
"""The tag of an asset that no page uses any more; the bucket's lifecycle removes it. It is the
object's metadata, too: a HEAD does not show tags."""
_ATTEMPTS = 5

Bodies = Callable[[Action], bytes]
"""Where an action's bytes come from."""


class OverdueError(CloudError):
    """A deploy took longer than its claim lasts."""


@dataclass(frozen=True)
class Published:
    """What publishing did: the object now under every uploaded key, and which were new bytes."""

    stored: Mapping[str, Stored]
    written: frozenset[str]
    removed: frozenset[str]

    def __or__(self, other: Published) -> Published:
        """Both."""
        return Published(
            {**self.stored, **other.stored},
            self.written | other.written,
            self.removed | other.removed,
        )


def etag_of(body: bytes) -> str:
    """The ETag, without quotes, that S3 gives these bytes."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def stored_of(key: str, body: bytes) -> Stored:
    """The object that publishing these bytes under a key makes."""
    return Stored(etag_of(body), content_type(key), cache_control(key))


class Publisher:
    """Carries out a plan's actions on a bucket, until a moment and no longer."""

    def __init__(
        self,
        objects: Objects,
        *,
        until: float,
        clock: Clock,
        workers: int = WORKERS,
        progress: Callable[[Action], None] | None = None,
    ) -> None:
        """Do nothing yet. ``until`` is when the deploy's claim ends."""
        self._objects = objects
        self._until = until
        self._clock = clock
        self._workers = workers
        self._progress = progress or (lambda _: None)

    def publish(self, actions: Iterable[Action], bodies: Bodies) -> Published:
        """Carry out every action, stage by stage. Raises the first error of a stage.

        An object that already holds the same bytes under the same headers is not written.
        """
        stored: dict[str, Stored] = {}
        written: set[str] = set()
        removed: set[str] = set()
        for stage, group in groupby(sorted(actions), key=lambda action: action.stage):
            batch = list(group)
            if stage is Stage.REMOVALS:
                self._remove(batch)
                removed |= {action.key for action in batch}
                continue
            for action, (now, wrote) in zip(
                batch, self._all(lambda a: self._upload(a, bodies(a)), batch), strict=True
            ):
                stored[action.key] = now
                if wrote:
                    written.add(action.key)
        return Published(stored, frozenset(written), frozenset(removed))

    def _all(
        self, work: Callable[[Action], tuple[Stored, bool]], batch: list[Action]
    ) -> list[tuple[Stored, bool]]:
        if len(batch) == 1 or self._workers == 1:
            return [work(action) for action in batch]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only for many

        with ThreadPoolExecutor(min(self._workers, len(batch))) as pool:
            futures = [pool.submit(work, action) for action in batch]
            try:
                return [future.result() for future in futures]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _upload(self, action: Action, body: bytes) -> tuple[Stored, bool]:
        wanted = stored_of(action.key, body)
        if action.present == wanted:
            self._progress(action)
            return wanted, False
        etag = self.patiently(
            lambda: self._objects.put(
                action.key,
                body,
                content_type=wanted.content_type,
                cache_control=wanted.cache_control,
            )
        )
        self._progress(action)
        return wanted._replace(etag=etag.strip('"')), True

    def _remove(self, batch: list[Action]) -> None:
        for action in batch:
            if action.kind == "retire":
                self.patiently(partial(self._retire, action.key))
        keys = [action.key for action in batch if action.kind == "delete"]
        if keys:
            self.patiently(lambda: self._objects.delete(keys))
        for action in batch:
            self._progress(action)

    def _retire(self, key: str) -> None:
        """Write the asset once more, tagged: the lifecycle counts its week from now."""
        found = self._objects.get(key)
        if found is not None:
            self._objects.put(
                key,
                found.body,
                content_type=found.content_type,
                cache_control=found.cache_control,
                tags=OBSOLETE,
                metadata=OBSOLETE,
            )

    def patiently(self, request: Callable[[], T]) -> T:
        """Do something, again and again while there is no clear answer; not after the claim."""
        for attempt in range(_ATTEMPTS):
            if self._clock.now() >= self._until:
                raise OverdueError(
                    "the deploy took longer than an hour and stopped; run it again: it goes on "
                    "from here"
                )
            try:
                return request()
            except Unavailable:
                if attempt == _ATTEMPTS - 1:
                    raise
                self._clock.back_off(attempt)
        raise AssertionError  # the loop returns or raises


def record_of(plan: Plan, stored: Mapping[str, Stored], **header: str | int) -> Record:
    """The build record once a plan is carried out. ``header`` names its own members."""
    headers = Headers(plan.record.headers)

    def page(row: Source) -> Source:
        now = stored[PAGES + row.output]
        line = headers.line(now.content_type, now.cache_control)
        return msgspec.structs.replace(row, etag=now.etag, headers=line)

    def file(row: File) -> File:
        now = None if row.etag else stored[PAGES + row.path]
        if now is None:
            return row
        line = headers.line(now.content_type, now.cache_control)
        return msgspec.structs.replace(row, etag=now.etag, headers=line)

    return msgspec.structs.replace(
        plan.record,
        # Those that the plan has settled are published, or are to be.
        sources=plan.rows.change(list(map(page, plan.rows.unsettled(plan.inputs.now)))),
        files=tuple(map(file, plan.files)),
        assets=tuple(map(file, plan.assets)),
        waiting=plan.waiting,
        redirects=dict(plan.inputs.redirects),
        prints=plan.inputs.prints,
        site_id=plan.inputs.site_id,
        headers=tuple(headers.table),
        **header,
    )
