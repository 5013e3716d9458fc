"""Lines 21 to 23 of feeds.md: history, deletion, size."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.edgefeed.feed_readers import (
    NAMES,
    archive,
    days,
    feeds,
    home,
    links,
    one,
    site,
    tag,
)
from tests.edgefeed.strategies import SITE, by_digest, read

from edgefeed.feeds import feed_documents
from edgefeed.index import Header, Index
from edgefeed.listing import Catalogue
from edgefeed.model import Kind, Post

# --- history, deletion, size -----------------------------------------------------------------


def test_line_21_a_front_that_holds_everything_is_complete() -> None:
    found = home(read())
    for root in (found.rss[0], found.atom):
        assert root.find("fh:complete", NAMES) is not None
        assert root.find("fh:archive", NAMES) is None
        assert all("archive" not in str(link[0]) for link in links(root))
    assert "next_url" not in found.json


def test_line_21_a_front_leads_to_the_newest_complete_page() -> None:
    found = home(read(), total=45, archive="page/2")
    for root, name in ((found.rss[0], "feed.xml"), (found.atom, "atom.xml")):
        assert root.find("fh:complete", NAMES) is None
        assert root.find("fh:archive", NAMES) is None
        near = {link[0]: link[1] for link in links(root)}
        assert near["prev-archive"] == f"https://blog.example/page/2/{name}"
        assert near["self"] == f"https://blog.example/{name}"
        assert "current" not in near
    assert found.json["next_url"] == "https://blog.example/page/2/feed.json"


def test_line_21_an_archive_is_chained_both_ways() -> None:
    post = read()
    found = feeds(archive(post), post)
    for root, name in ((found.rss[0], "feed.xml"), (found.atom, "atom.xml")):
        assert root.find("fh:archive", NAMES) is not None
        near = {link[0]: link[1] for link in links(root)}
        assert near["self"] == f"https://blog.example/page/2/{name}"
        assert near["current"] == f"https://blog.example/{name}"
        assert near["prev-archive"] == f"https://blog.example/page/1/{name}"
        assert near["next-archive"] == f"https://blog.example/page/3/{name}"
    assert found.json["next_url"] == "https://blog.example/page/1/feed.json"
    assert one(found.atom, "a:id").text == SITE.id


def test_line_21_the_newest_page_is_no_archive_yet() -> None:
    post = read()
    found = feeds(archive(post, newer=None, complete=False), post)
    for root in (found.rss[0], found.atom):
        assert root.find("fh:archive", NAMES) is None
        assert root.find("fh:complete", NAMES) is None
        assert "next-archive" not in {link[0] for link in links(root)}


def test_line_21_a_complete_archive_changes_only_with_its_own_posts() -> None:
    post = read(keywords=["birds"])
    given_: dict[str, Any] = {"front": "tags/birds", "front_kind": Kind.TAG, "slug": "birds"}
    before = archive(post, unit="tags/birds/page/2", title="Birds", **given_)
    # Other posts decide how the tag is spelled; a theme has new files; a hub is chosen.
    after = msgspec.structs.replace(before, title="BIRDS", total=99)
    newer = site(assets={"feed.css": "theme/feed.ffffffffff.css"}, icon="", hub="", revision=9)
    texts_ = by_digest(post)
    assert feed_documents(before, texts_, SITE) == feed_documents(after, texts_, newer)
    edited = read(keywords=["birds"], headline="Other")
    changed = archive(edited, unit="tags/birds/page/2", title="Birds", **given_)
    assert feed_documents(changed, by_digest(edited), SITE) != feed_documents(before, texts_, SITE)


def catalogue(posts: list[Post], **changes: Any) -> Catalogue:
    rows = sorted((p.entry for p in posts), key=lambda e: (e.instant, e.id, e.key))
    return Catalogue(Index(Header(), tuple(rows)), site(**changes))


def history(found: Catalogue, posts: list[Post], name: str) -> tuple[set[str], int]:
    """The ids that a reader finds by following prev-archive from a front, and how far it went."""
    ids: set[str] = set()
    unit: str | None = ""
    steps = 0
    while unit is not None:
        resolved = found.resolve(unit)
        assert resolved is not None, unit
        trio = feeds(resolved, *posts, site=found.site)
        assert all(len(body) <= 1_000_000 for body in trio.bodies)
        ids |= {item["id"] for item in trio.json["items"]}
        roots = {"feed.xml": trio.rss[0], "atom.xml": trio.atom}
        if name in roots:
            previous = {link[0]: link[1] for link in links(roots[name])}.get("prev-archive")
        else:
            previous = trio.json.get("next_url")
        unit = previous and previous.removeprefix(f"{SITE.url}/").removesuffix(f"/{name}")
        steps += 1
    return ids, steps


@pytest.mark.parametrize("name", ["feed.xml", "atom.xml", "feed.json"])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7, 13])
def test_line_21_history_can_be_followed_to_the_first_post(name: str, count: int) -> None:
    posts = days(count)
    ids, steps = history(catalogue(posts, feed_size=3, page_size=3), posts, name)
    assert ids == {post.entry.id for post in posts}
    assert steps <= 1 + count // 3


def test_line_22_an_emptied_tag_keeps_valid_feeds() -> None:
    found = feeds(tag(total=0))
    assert list(found.rss.iter("item")) == []
    assert one(found.rss, "channel/title").text == f"{SITE.title}: Birds"
    assert found.rss[0].find("lastBuildDate") is None
    assert one(found.atom, "a:updated").text == "1970-01-01T00:00:00+00:00"
    assert found.json["items"] == []


def test_line_23_no_document_is_above_a_megabyte_and_nothing_is_lost() -> None:
    heavy = "<p>&lt;word&gt; &amp; &quot;</p>\n" * 4_000
    posts = days(9, body=heavy)
    assert all(90_000 < post.entry.size < 900_000 for post in posts)
    ids, steps = history(catalogue(posts), posts, "atom.xml")
    assert ids == {post.entry.id for post in posts}
    assert steps > 2
