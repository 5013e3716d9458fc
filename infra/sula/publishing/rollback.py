"""``sula rollback``: the pages as they were some deploys ago.

    old record ▶ what differs ▶ its bytes, from object versions ▶ publish ▶ record ▶ wait

The bucket keeps what was replaced, and so every build record of its history. A rollback is a
deploy like any other, but for where its bytes come from: it claims, publishes in order, replaces
the record by compare-and-swap, and lists and feeds follow the pages' events. It is in the history
itself, so that another rollback takes it back; and the next `sula deploy` publishes the
author's folder again. The function stays as it is, and with it the look of the lists: the
theme's assets of both moments are kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from edgefeed.contract import PAGES, RECORD_KEY
from sula.cloud.ports import History, Version
from sula.cloud.target import Target
from sula.errors import CloudError
from sula.planning.actions import Action, Stage
from sula.planning.record import File, Headers, Record, Stored, decode
from sula.planning.redirects import difference, make_map
from sula.publishing.claims import Clock, claim, public_keys, read_claims, withdraw
from sula.publishing.inventory import changed_paths, look_at, read_record, replace_record
from sula.publishing.publish import Published, Publisher
from sula.publishing.wait import wait_for_feeds

_FEW = 50
"""So many objects are looked for one by one; for more the whole history is read."""


@dataclass(frozen=True)
class Past:
    """One build record of the history, and when it was written (RFC 3339, UTC)."""

    record: Record
    written: str


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did."""

    past: Past
    published: Published
    revision: int


def history(past: History, limit: int) -> list[Past]:
    """The newest build records, newest first."""
    versions = [v for v in past.versions(RECORD_KEY) if v.key == RECORD_KEY and not v.removed]
    return [_past(past, version) for version in versions[:limit]]


def _past(past: History, version: Version) -> Past:
    return Past(decode(past.get_version(version.key, version.id)), version.modified)


@dataclass
class Rollback:
    """One rollback in progress."""

    target: Target
    past: History
    clock: Clock = field(default_factory=Clock)
    wait: bool = True
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def run(self, deploys: int) -> RolledBack:
        """Bring back what was published so many deploys ago. Raises `CloudError`."""
        objects = self.target.objects
        claims, _ = read_claims(objects)
        now, etag = read_record(objects)
        kept = history(self.past, deploys + 1)
        if len(kept) <= deploys:
            raise CloudError(
                f"the history has {max(len(kept) - 1, 0)} earlier deploys, not {deploys}; "
                "`sula status` shows them"
            )
        old = kept[deploys]
        there: dict[str, Stored | None] = dict(_objects(now))
        there |= look_at(objects, public_keys(claims))
        actions = list(_actions(there, _objects(old.record), now))
        bodies = self._bodies(actions, _objects(old.record))
        own, others = claim(objects, self.token, [a.key for a in actions], self.clock)
        if others.keys() - claims.keys():
            withdraw(objects, [self.token], self.clock)
            raise CloudError("another deploy is under way; try again when it has ended")
        publisher = Publisher(objects, until=own.until, clock=self.clock)
        published = publisher.publish(
            [a for a in actions if a.stage is not Stage.REMOVALS], lambda a: bodies(a.key)
        )
        self._redirect(now, old.record)
        published |= publisher.publish(
            [a for a in actions if a.stage is Stage.REMOVALS], lambda a: bodies(a.key)
        )
        final = _record(now, old.record, self.token)
        if not replace_record(objects, final, etag):
            raise CloudError("another deploy came in between; see `sula status`, then try again")
        changed = {*published.written, *published.removed}
        # Before the claim goes: whoever dies in between leaves it to the next.
        if self.target.edge is not None and (touched := changed | public_keys(claims)):
            self.target.edge.invalidate(changed_paths(touched), self.token)
        withdraw(objects, [self.token], self.clock)
        if self.wait:
            pages = sorted(key for key in changed if key.endswith(".html"))
            wait_for_feeds(self.target, pages, refresh=False, patience=120.0)
        return RolledBack(old, published, final.revision)

    def _bodies(self, actions: list[Action], wanted: Mapping[str, Stored]) -> _Bodies:
        """Where each object's bytes are. Raises `CloudError` when some are kept no longer."""
        keys = [action.key for action in actions if action.stage is not Stage.REMOVALS]
        prefixes = keys if len(keys) <= _FEW else [PAGES]
        found: dict[str, str] = {}
        for prefix in prefixes:
            for version in self.past.versions(prefix):
                stored = wanted.get(version.key)
                if stored is None or version.removed:
                    continue
                if version.etag.strip('"') == stored.etag:
                    found.setdefault(version.key, version.id)
        lost = [key for key in keys if key not in found]
        if lost:
            raise CloudError(
                f"{len(lost)} objects of that deploy are kept no longer, {lost[0]} among them; "
                "nothing was changed. How long they are kept: HistoryDays"
            )
        return _Bodies(self.past, found)

    def _redirect(self, now: Record, old: Record) -> None:
        if self.target.redirects is not None:
            maps = [
                make_map([row for row in record.sources if row.etag], record.redirects)
                for record in (now, old)
            ]
            self.target.redirects.change(*difference(*maps))


@dataclass(frozen=True)
class _Bodies:
    """The bytes of old versions."""

    past: History
    found: Mapping[str, str]

    def __call__(self, key: str) -> bytes:
        return self.past.get_version(key, self.found[key])


def _objects(record: Record) -> dict[str, Stored]:
    """Every public object of a record."""
    found = {PAGES + row.output: record.stored(row) for row in record.sources if row.etag}
    for file in (*record.files, *record.assets):
        found[PAGES + file.path] = record.stored(file)
    return found


def _actions(
    there: Mapping[str, Stored | None], wanted: Mapping[str, Stored], now: Record
) -> list[Action]:
    """From what is there to what was."""
    assets = {PAGES + asset.path for asset in now.assets}
    found = []
    for key, stored in wanted.items():
        present = there.get(key)
        if present is None or present.etag != stored.etag:
            stage = Stage.PAGES if key.endswith(".html") else Stage.FILES
            kind = "update" if present else "create"
            found.append(Action(stage, key, kind, "rolled back", "", present))  # type: ignore[arg-type]  # one of two
    found += [
        Action(Stage.REMOVALS, key, "delete", "not there then")
        for key, present in there.items()
        if present is not None and key not in wanted and key not in assets
    ]
    return sorted(found)


def _record(now: Record, old: Record, token: str) -> Record:
    """The old record as a new one. What waits goes on waiting; today's assets stay known."""
    headers = Headers(old.headers)
    known = {asset.path for asset in old.assets}
    more = tuple(
        File(asset.path, asset.blob, asset.etag, headers.line(*now.headers[asset.headers]))
        for asset in now.assets
        if asset.path not in known
    )
    return msgspec.structs.replace(
        old,
        revision=now.revision + 1,
        deploy=token,
        function=now.function,
        waiting=now.waiting,
        assets=tuple(sorted((*old.assets, *more), key=lambda asset: asset.path)),
        headers=tuple(headers.table),
    )
