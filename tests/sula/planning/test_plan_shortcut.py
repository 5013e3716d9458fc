"""The shortcut is right: what a plan did not look at could not have changed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sula.planned import NOW, SITE, Site, post

from edgefeed.contract import PAGES
from sula.model import Meta
from sula.planning.record import Prints, Record
from sula.planning.redirects import make_map

NAMES = [f"posts/{name}.md" for name in "abcdefg"]
FIELDS: dict[str, st.SearchStrategy[object]] = {
    "title": st.sampled_from(["A", "B", ""]),
    "slug": st.sampled_from(["x", "y"]),
    "series": st.sampled_from(["", "S", "s", "T"]),
    "position": st.sampled_from([None, 1, 2]),
    "status": st.sampled_from(["published", "draft", "hidden"]),
    "links": st.sampled_from([*NAMES, "images/a.png"]).map(lambda path: [path]),
    "tags": st.sampled_from([["A"], ["a", "b"], []]),
    "redirect_from": st.sampled_from([["/posts/ax/", "/old/"], ["/posts/by/", "/o.html"], []]),
    "published": st.sampled_from(
        [*(f"2026-01-0{day}T09:00:00+00:00" for day in range(1, 5)), "2031-05-05T05:05:05+00:00"]
    ),
}
SET = st.sampled_from(sorted(FIELDS)).flatmap(
    lambda field: st.tuples(st.just(field), st.sampled_from(NAMES), FIELDS[field])
)
SEEN = st.sampled_from(["301 /a/", "410", ""])
EDITS = st.lists(
    SET
    | st.tuples(st.just("remove"), st.sampled_from(NAMES), st.none())
    | st.tuples(st.just("now"), st.none(), st.sampled_from([NOW, 2_000_000_000]))
    | st.tuples(st.just("redirect"), st.sampled_from(["/old", "/posts/ax"]), SEEN),
    min_size=1,
    max_size=3,
)


def apply_edit(site: Site, field: str, path: str | None, value: object) -> None:
    if path is None:
        assert isinstance(value, int)
        site.now = value
    elif field == "redirect":
        assert isinstance(value, str)
        site.redirects = {**site.redirects, path: value} if value else {}
    elif field == "remove":
        site.metas.pop(path, None)
        site.bodies.pop(path, None)
    else:
        said = msgspec.structs.asdict(site.metas.get(path) or post(path, 2))
        said |= {field: path[6] + str(value) if field == "slug" else value}
        said["url"] = f"posts/{said['slug']}/"
        said["output"] = said["url"] + "index.html"
        site.write(msgspec.convert(said, Meta))
    for meta in list(site.metas.values()):
        there = [link for link in meta.links if link in site.metas or link in site.files]
        if len(there) < len(meta.links):
            site.write(msgspec.structs.replace(meta, links=tuple(there)))


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=4), st.integers(0, len(NAMES)))
def test_an_incremental_plan_leaves_exactly_what_a_full_comparison_would(
    rounds: list[list[tuple[str, str | None, object]]], to_begin: int
) -> None:
    site = Site()
    site.files["images/a.png"] = "png"
    for number, path in enumerate(NAMES[:to_begin]):
        links = (NAMES[0],) if number > 2 else ()
        site.write(post(path, number // 2 + 1, links=links, series="S" if number < 3 else ""))
    published: dict[str, bytes] = {}
    edge: dict[str, str] = {}
    for edits in [[], *rounds]:
        for edit in edits:
            apply_edit(site, *edit)
        full = site.plan(record=memory_of(site.record))
        plan = site.deploy()
        for action in plan.actions:
            if action.kind == "delete":
                del published[action.key]
        published |= {PAGES + job.output: site.page(job) for job in plan.jobs}
        published |= {a.key: b"png" for a in plan.actions if a.path.endswith(".png")}
        wanted = {PAGES + job.output: site.page(job) for job in full.jobs}
        assert published == {**wanted, PAGES + "images/a.png": b"png"}
        assert {r.path: r.identify(SITE) for r in plan.rows} == {
            r.path: r.identify(SITE) for r in full.rows
        }
        edge = {k: v for k, v in edge.items() if k not in plan.redirects_gone}
        edge |= plan.redirects
        live = [row for row in full.rows if row.status != "draft" and row.instant <= site.now]
        assert edge == make_map(live, site.redirects)
        uploads = sum(action.kind in {"create", "update"} for action in plan.actions)
        assert (plan.kept + uploads, plan.drafts) == (len(live) + 1, full.drafts)
        spelled = [[r for r in p.remarks if r.code == "tag-spelling"] for p in (plan, full)]
        assert spelled[0] == spelled[1]
        assert site.plan().actions == ()


def memory_of(record: Record) -> Record:
    """Only what a clean build may know of the past: identities."""
    return msgspec.structs.replace(
        record,
        prints=Prints(),
        files=(),
        assets=(),
        sources=tuple(msgspec.structs.replace(row, etag="") for row in record.sources),
    )
