"""A site in memory, to plan and to deploy."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from edgefeed.contract import PAGES
from sula.content.files import Contents, authored
from sula.model import Job, Meta
from sula.planning.actions import Inputs, Plan
from sula.planning.plan import make_plan, to_read
from sula.planning.record import Prints, Record, Stored, decode, encode
from sula.publishing.publish import record_of, stored_of

SITE = "tag:example.org,2026:site"
PRINTS = Prints("engine", "theme", "settings")
NOW = 1_800_000_000


def post(path: str, day: int = 1, **said: object) -> Meta:
    slug = path.rpartition("/")[2].removesuffix(".md")
    stated = {"title": slug.title(), "slug": slug, **said}
    url = f"posts/{stated['slug']}/"
    published = f"2026-01-{day:02d}T09:00:00+00:00"
    return msgspec.convert(
        {"path": path, "kind": "post", "url": url, "output": url + "index.html",
         "published": published, "updated": published, **stated},
        Meta,
    )  # fmt: skip


class Site:
    """A site that is edited and deployed in memory; a page's bytes are its whole input."""

    def __init__(self) -> None:
        self.record = Record()
        self.metas: dict[str, Meta] = {}
        self.bodies: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.assets: dict[str, str] = {}
        self.prints = PRINTS
        self.now = NOW
        self.hints: dict[str, str] = {}
        self.redirects: dict[str, str] = {}

    def write(self, meta: Meta, body: str = "") -> None:
        self.metas[meta.path] = meta
        self.bodies[meta.path] = body

    def remove(self, path: str) -> None:
        del self.metas[path], self.bodies[path]

    def blobs(self) -> dict[str, str]:
        sources = {p: f"{m.title}|{m!r}|{self.bodies[p]}" for p, m in self.metas.items()}
        return {**sources, **self.files}

    def plan(
        self, *, record: Record | None = None, observed: Mapping[str, Stored | None] | None = None
    ) -> Plan:
        record = self.record if record is None else record
        blobs = self.blobs()
        plan = self.plan_of(blobs, record, observed)
        # The same from a record that was just read, and from only what git says differs.
        known = decode(encode(record))
        changes = {path: blobs.get(path) for path in {*blobs, *known.by_path, *authored(known)}}
        for path in [*blobs][::3]:
            if Contents(known, {}).get(path) == blobs[path]:
                del changes[path]
        quick = self.plan_of(Contents(decode(encode(record)), changes), None, observed)
        for name in Plan.__dataclass_fields__.keys() - {"inputs", "record"}:
            assert getattr(quick, name) == getattr(plan, name), name
        return plan

    def plan_of(
        self,
        blobs: Mapping[str, str],
        record: Record | None,
        observed: Mapping[str, Stored | None] | None,
    ) -> Plan:
        if record is None:
            assert isinstance(blobs, Contents)
            record = blobs.record
        wanted = to_read(blobs, record, self.prints)
        return make_plan(
            Inputs(
                blobs=blobs, metas={p: self.metas[p] for p in wanted}, assets=self.assets,
                prints=self.prints, site_id=SITE, now=self.now, hints=self.hints,
                observed=observed or {}, redirects=self.redirects,
            ),
            record,
        )  # fmt: skip

    def deploy(self) -> Plan:
        plan = self.plan()
        assert not [r for r in plan.remarks if r.severity == "error"], plan.remarks
        jobs = {PAGES + job.output: job for job in plan.jobs}
        bodies = {key: self.page(job) for key, job in jobs.items()}
        for action in plan.actions:
            if action.key not in bodies and action.kind in {"create", "update"}:
                bodies[action.key] = (self.files | self.assets)[action.path].encode()
        stored = {key: stored_of(key, body) for key, body in bodies.items()}
        self.record = record_of(plan, stored, revision=self.record.revision + 1)
        return plan

    def page(self, job: Job) -> bytes:
        return msgspec.json.encode([job, self.bodies[job.path], self.metas[job.path], self.prints])


def reasons(plan: Plan) -> dict[str, str]:
    return {a.key.removeprefix(PAGES): f"{a.kind}: {a.reason}" for a in plan.actions}
