"""Entries for tests of lists: plain ones, and Hypothesis strategies that make them collide."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from tests.example_site import EXAMPLE

from edgefeed.index import Header, Index, entry_order
from edgefeed.model import Entry, Fragment, Observed, Post, Rejected, StaticPage

SITE = msgspec.structs.replace(
    EXAMPLE,
    page_size=3,
    feed_size=4,
    home_size=2,
)


def entry(number: int, **changes: object) -> Entry:
    """The post of minute ``number``."""
    date = f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00+00:00"
    fields: dict[str, object] = {
        "key": f"pages/posts/p{number}/index.html",
        "id": f"id-{number}",
        "title": f"Post {number}",
        "published": date,
        "instant": 1_767_225_600 + number * 60,
        "updated": date,
        "tags": (),
        "series": "",
        "position": None,
        "fragment": f"{number:032x}",
        "size": 1_000,
    }
    return Entry(**(fields | changes))  # type: ignore[arg-type]


def index_of(*entries: Entry, **header: object) -> Index:
    return Index(
        header=Header(**header),  # type: ignore[arg-type]
        entries=tuple(sorted(entries, key=entry_order)),
    )


KEYS = [f"pages/posts/{name}/index.html" for name in "abcdefghijkl"]

# Few values for everything, so that posts share dates, ids, tags, and titles come back.
entries = st.builds(
    Entry,
    key=st.sampled_from(KEYS),
    id=st.sampled_from(["id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7"]),
    title=st.sampled_from(["", "One", "Two"]),
    published=st.sampled_from(["2025-12-31T23:00:00-02:00", "2026-01-01T01:00:00+00:00"]),
    instant=st.integers(1_767_229_200, 1_767_229_203),
    updated=st.just("2026-01-01T01:00:00+00:00"),
    tags=st.lists(st.sampled_from(["C", "c", "C++", "page", "x"]), max_size=3, unique=True).map(
        tuple
    ),
    series=st.sampled_from(["", "", "S", "s"]),
    position=st.sampled_from([None, 1, 2]),
    fragment=st.sampled_from(["a" * 32, "b" * 32]),
    size=st.sampled_from([1_000, 300_000, 600_000, 2_000_000]),
    pinned=st.booleans(),
)


observations = st.dictionaries(
    st.sampled_from(KEYS),
    st.one_of(
        st.none(),
        st.builds(StaticPage, st.just(""), st.sampled_from(["About", "Hi"]), st.just("")),
        st.builds(Rejected, st.just(""), st.sampled_from(["bad", "worse"]), st.just("now")),
        entries.map(lambda e: Post(e, Fragment("", ""))),
    ),
    max_size=12,
).map(lambda seen: {key: _at(key, page) for key, page in seen.items()})


def _at(key: str, page: Observed) -> Observed:
    if isinstance(page, Post):
        return Post(msgspec.structs.replace(page.entry, key=key), page.fragment)
    if isinstance(page, StaticPage):
        return StaticPage(key, page.title, page.updated)
    return None if page is None else Rejected(key, page.reason, page.since)
