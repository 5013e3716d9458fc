"""A deploy, from checkout to feeds.

    record, claims ▶ plan ▶ render ▶ claim ▶ publish ▶ function ▶ record ▶ edge ▶ withdraw ▶ wait

The build record is the commit point: it is replaced by compare-and-swap, last. Whoever finds
it replaced by another deploy plans again and continues (`claims` says why that is right).
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec

from edgefeed.contract import PAGES
from sula.cloud.ports import Objects
from sula.cloud.target import Target
from sula.content.gather import (
    Checkout,
    Prepared,
    changed_since,
    prepare,
    surveyed,
    with_unknown,
)
from sula.errors import CloudError, Finding
from sula.planning.actions import Action, Plan, Stage
from sula.planning.record import Record, Stored, Waiting
from sula.planning.scheduled import WAITING
from sula.publishing import release
from sula.publishing.claims import (
    FUNCTION,
    Claim,
    Clock,
    claim,
    functions,
    public_keys,
    read_claims,
    withdraw,
)
from sula.publishing.function import Bundled, bundle_for, renderer_of
from sula.publishing.inventory import as_new, changed_paths, look_at, read_record, replace_record
from sula.publishing.publish import WORKERS, Published, Publisher, record_of
from sula.publishing.wait import wait_for_feeds
from sula.rendering.workshop import Renderer, Workshop

_ATTEMPTS = 8
_SKEW = 120


@dataclass(frozen=True)
class Options:
    """How to deploy. ``full`` renders and compares everything; ``verify`` lists the bucket.

    ``renew`` publishes the function even if it is what the record says: its settings are not.
    """

    force: bool = False
    renew: bool = False
    full: bool = False
    verify: bool = False
    wait: bool = True
    patience: float = 120.0


@dataclass(frozen=True)
class Outcome:
    """What a deploy did. Times are in seconds since it began; None: nothing to wait for.

    ``plan`` and ``published`` are the last attempt's, ``touched`` the objects of all of them.
    """

    plan: Plan
    published: Published
    warnings: tuple[Finding, ...]
    revision: int
    function_updated: bool
    attempts: int
    touched: frozenset[str] = frozenset()
    page_after: float | None = None
    feed_after: float | None = None

    @property
    def changed(self) -> bool:
        """Whether anything at all was written for readers."""
        return bool(self.touched or self.function_updated)


Before = tuple[Mapping[str, Claim], Record, str | None]
"""What a deploy begins with: the claims, the build record and its ETag."""


def read_before(objects: Objects, options: Options) -> Before:
    """See `Before`. A claim is made before the record is replaced, so it is asked for first."""
    claims, _ = read_claims(objects)
    return (claims, *read_record(objects, lenient=options.full))


class Ahead:
    """`read_before`, while git is already looking at the files of the checkout."""

    def __init__(self, objects: Objects, options: Options) -> None:
        """Ask."""
        self._objects, self._options = objects, options
        self._before: Before | None = None
        self._trouble: Exception | None = None
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        try:
            self._before = read_before(self._objects, self._options)
        except Exception as error:  # noqa: BLE001 - raised where the answer is wanted
            self._trouble = error

    def __call__(self) -> Before:
        """The answer. Raises what went wrong."""
        self._thread.join()
        if self._trouble is not None:
            raise self._trouble
        return self._before or read_before(self._objects, self._options)

    def known(self) -> Record | None:
        """The record, for who looks at the checkout; none where everything is to be looked at."""
        self._thread.join()
        believed = not (self._options.full or self._options.verify)
        return self._before[1] if self._before and believed else None


class Steps:
    """Told what a deploy is doing. This one says nothing."""

    def planned(self, plan: Plan) -> None:
        """A plan was made (again, when another deploy came first)."""

    def rendered(self, done: int, of: int) -> None:
        """So many pages are rendered."""

    def uploaded(self, action: Action) -> None:
        """An action is carried out."""

    def live(self, outcome: Outcome) -> None:
        """The pages are up, and the record says so; the lists have yet to follow."""

    def waiting(self, pending: int) -> None:
        """So many pages are not in the lists yet."""


@dataclass
class Deploy:
    """One deploy in progress."""

    checkout: Checkout
    target: Target
    options: Options = field(default_factory=Options)
    clock: Clock = field(default_factory=Clock)
    steps: Steps = field(default_factory=Steps)
    render: Renderer | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    now: float | None = None
    workers: int = WORKERS
    began: float = field(default_factory=time.monotonic)
    ahead: Ahead | None = None
    _published_at: float = 0.0
    _touched: set[str] = field(default_factory=set)

    def run(self) -> Outcome:
        """Publish the checkout. Raises `ContentError`, `SulaError`; see the module."""
        with Workshop(self.checkout, self.render) as workshop:
            for attempt in range(1, _ATTEMPTS + 1):
                outcome = self._attempt(workshop, attempt)
                if outcome is not None:
                    break
                self.clock.back_off(attempt)
            else:
                raise CloudError(
                    f"another deploy was always faster, {_ATTEMPTS} times in a row; try again"
                )
        if outcome.changed:
            self._follow_up(outcome)
            if self.target.function is not None and self.options.wait:
                outcome = replace(outcome, feed_after=time.monotonic() - self.began)
        return outcome

    def prepared(self) -> Prepared:
        """What a deploy would do now: everything is read, and nothing written."""
        before = self.ahead or partial(read_before, self.target.objects, self.options)
        claims, record, _ = before()
        return self._prepare(record, claims)

    # --- one attempt -------------------------------------------------------------------

    def _attempt(self, workshop: Workshop, attempt: int) -> Outcome | None:
        """Plan and publish; None when another deploy came in between."""
        objects = self.target.objects
        early = self.ahead if attempt == 1 else None
        claims, record, etag = early() if early else read_before(objects, self.options)
        prepared = self._prepare(record, claims)
        plan = prepared.plan
        self.steps.planned(plan)
        bundled = self._bundle(record, claims)
        dead = [d for d, c in claims.items() if c.until + _SKEW < self.clock.now()]
        own: Claim | None = claims.get(self.token)
        warnings = [*prepared.warnings, *workshop.render(plan, self.steps.rendered)]
        keys = [action.key for action in plan.actions] + release.keys_of(plan)
        if bundled is not None:
            keys.append(FUNCTION + self._mark(bundled.renderer))
        if bundled is not None or not plan.empty:
            own, others = claim(objects, self.token, keys, self.clock)
            if others.keys() - claims.keys():
                return None
        published, updated = self._publish(plan, bundled, workshop, own)
        self._touched |= {*published.written, *published.removed}
        racy = changed_since(self.checkout, plan)
        final = record_of(
            with_unknown(plan, racy),
            published.stored,
            revision=record.revision + 1,
            deploy=self.token,
            commit=self.checkout.scan.commit,
            function=self._mark(bundled.renderer) if bundled else record.function,
        )
        final = msgspec.structs.replace(final, surveyed=surveyed(self.checkout.scan, final, racy))
        # Whoever wrote anything replaces the record, even by one that says the same: another
        # deploy, over whose objects these writes went, must learn of them.
        # The function, too, must not be of a revision that a later deploy takes again.
        quiet = plan.empty and bundled is None and _same(final, record)
        if not quiet and not replace_record(objects, final, etag):
            return None
        outcome = Outcome(
            plan, published, tuple(warnings), final.revision, updated, attempt,
            frozenset(self._touched),
        )  # fmt: skip
        if outcome.changed:
            outcome = replace(outcome, page_after=self._published_at - self.began)
            self.steps.live(outcome)
        self._forget(claims)
        if own is not None or dead:
            withdraw(objects, [self.token, *dead], self.clock)
        return outcome

    def _prepare(self, record: Record, claims: Mapping[str, Claim]) -> Prepared:
        observed = self.observe(record, claims)
        known = as_new(record) if self.options.full else record
        now = self.clock.now() if self.now is None else self.now
        prepared = prepare(
            self.checkout,
            known,
            now=now,
            observed=observed,
            waiting=self.observe_waiting(record, claims),
            redirects_seen=self.observe_redirects(claims),
        )
        prepared.check()
        if not self.options.force:
            prepared.plan.check_safety()
        return prepared

    def observe(self, record: Record, claims: Mapping[str, Claim]) -> dict[str, Stored | None]:
        """What is really there, under the keys for which the record may not be right."""
        objects = self.target.objects
        keys = public_keys(claims) | release.due(record, self.clock.now())
        if self.options.verify or self.options.full:
            keys |= {found.key for found in objects.list(PAGES)}
            keys |= {PAGES + path for path in self.checkout.theme.files}
            keys |= {PAGES + row.output for row in record.sources if row.etag}
            keys |= {PAGES + file.path for file in record.files}
        return look_at(objects, keys)

    def observe_waiting(
        self, record: Record, claims: Mapping[str, Claim]
    ) -> dict[str, Waiting | None]:
        """What really waits for its minute, where the record may not be right."""
        if self.options.verify or self.options.full:
            return release.look_at_all(self.target.objects, self.target.schedules, record)
        keys = {key for each in claims.values() for key in each.keys if key.startswith(WAITING)}
        return release.look(self.target.objects, keys)

    def observe_redirects(self, claims: Mapping[str, Claim]) -> dict[str, str] | None:
        """What the edge really knows, where a deploy may have died after telling it."""
        if self.target.redirects is None:
            return None
        asked = self.options.verify or self.options.full or claims
        return self.target.redirects.all() if asked else None

    def _bundle(self, record: Record, claims: Mapping[str, Claim]) -> Bundled | None:
        if self.target.function is None:
            return None
        renderer = renderer_of(self.checkout, self.target.libraries)
        anew = self.options.full or self.options.renew
        mark = self._mark(renderer)
        if mark == record.function and not anew and functions(claims) <= {mark}:
            return None
        return bundle_for(self.checkout, self.target, renderer, record.revision + 1)

    def _mark(self, renderer: str) -> str:
        """What the record says of the function: its code, and which stack has it."""
        identity = self.target.identity
        return f"{renderer}@{identity}" if identity else renderer

    def _publish(
        self, plan: Plan, bundled: Bundled | None, workshop: Workshop, own: Claim | None
    ) -> tuple[Published, bool]:
        """Assets and files, the function that may name them, pages, removals."""
        until = self.clock.now() + _SKEW if own is None else own.until
        publisher = Publisher(
            self.target.objects,
            until=until,
            clock=self.clock,
            workers=self.workers,
            progress=self.steps.uploaded,
        )
        for appointment in plan.appointments:
            publisher.patiently(partial(release.keep, appointment, self.target, workshop))
        early = [a for a in plan.actions if a.stage in {Stage.ASSETS, Stage.FILES}]
        late = [a for a in plan.actions if a.stage is Stage.PAGES]
        last = [a for a in plan.actions if a.stage is Stage.REMOVALS]
        first = publisher.publish(early, workshop.body)
        if bundled is not None and self.target.function is not None:
            self.target.function.update_code(bundled.code, f"revision {bundled.revision}")
        second = publisher.publish(late, workshop.body)
        if self.target.redirects is not None:
            change = self.target.redirects.change
            publisher.patiently(partial(change, plan.redirects, plan.redirects_gone))
        second |= publisher.publish(last, workshop.body)
        self._published_at = time.monotonic()
        return first | second, bundled is not None

    # --- afterwards --------------------------------------------------------------------

    def _forget(self, claims: Mapping[str, Claim]) -> None:
        """Let the edge forget what changed, while our claim still says that it must.

        It keeps pages for a year, so nobody may end between the two. What others claimed is
        forgotten with it: they may have died before they could say so. And so is what an attempt
        of ours wrote that another deploy came before: the next found it there already.
        """
        if self.target.edge is not None and (changed := self._touched | public_keys(claims)):
            self.target.edge.invalidate(changed_paths(changed), self.token)

    def _follow_up(self, outcome: Outcome) -> None:
        """See the lists follow."""
        if self.target.function is not None and self.options.wait:
            wait_for_feeds(
                self.target,
                sorted(key for key in outcome.touched if key.endswith(".html")),
                refresh=outcome.function_updated,
                patience=self.options.patience,
                waiting=self.steps.waiting,
            )


def _same(one: Record, other: Record) -> bool:
    """Whether two records say the same of the site, whoever wrote them."""
    bare = {"revision": 0, "deploy": "", "commit": "", "surveyed": None}
    return msgspec.structs.replace(one, **bare) == msgspec.structs.replace(other, **bare)
