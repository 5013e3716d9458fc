"""Line 31 of feeds.md: what the gate holds back, and what it must let through."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from tests.edgefeed.feed_readers import days, everything
from tests.edgefeed.strategies import SITE, by_digest, listing, read, unique_posts

from edgefeed.contract import Site
from edgefeed.feeds import feed_documents
from edgefeed.gate import _READERS, _checked_items, check_feed
from edgefeed.model import Document, Post

ATOM = "{http://www.w3.org/2005/Atom}"
FORMATS = pytest.mark.parametrize("number", [0, 1, 2], ids=["rss", "atom", "json"])


def document(number: int, *posts: Post, site: Site = SITE) -> Document:
    return feed_documents(listing(*posts), by_digest(*posts), site)[number]


def judged(number: int, before: list[Post], after: list[Post]) -> str | None:
    return check_feed(document(number, *after), document(number, *before).body)


def renamed(posts: list[Post]) -> list[Post]:
    """The same posts under other ids."""
    return [
        msgspec.structs.replace(p, entry=msgspec.structs.replace(p.entry, id=p.entry.id + "-new"))
        for p in posts
    ]


# --- what passes ---------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(unique_posts())
def test_line_31_every_feed_that_is_made_passes(posts: list[Post]) -> None:
    for found in feed_documents(listing(*posts), by_digest(*posts), SITE):
        assert check_feed(found, None) is None
        assert check_feed(found, found.body) is None


@FORMATS
def test_line_31_growth_edits_and_deletions_pass(number: int) -> None:
    posts = days(20)
    edited = [read("/posts/3/", headline="Other", datePublished="2026-01-03T10:00:00Z")]
    for after in (
        [*posts[1:], everything()],
        posts[:10] + posts[11:],
        [*posts[:2], *edited, *posts[3:]],
        [],
        days(28)[20:],  # all are new
        [read(f"/old/{n}/", datePublished=f"1999-01-{n:02}T10:00:00Z") for n in range(1, 21)],
    ):
        assert judged(number, posts, after) is None
        assert judged(number, after, posts) is None


@FORMATS
def test_line_31_a_page_that_is_cut_anew_passes(number: int) -> None:
    posts = days(25)
    assert judged(number, posts[:20], posts[5:]) is None
    assert judged(number, posts[:5], posts[20:]) is None


@FORMATS
def test_line_31_a_few_new_ids_pass(number: int) -> None:
    posts = days(20)
    assert judged(number, posts, renamed(posts[:10]) + posts[10:]) is None
    assert judged(number, posts[:4], renamed(posts[:4])) is None


@FORMATS
def test_line_31_anything_valid_replaces_what_is_broken(number: int) -> None:
    found = document(number, *days(9))
    for broken in (b"", b"<", b"\xff", b"[]", b"<html/>"):
        assert check_feed(found, broken) is None


def test_line_31_other_documents_are_not_judged() -> None:
    assert check_feed(Document("lists/index.html", b"<"), None) is None


# Near the ends of items, and in their texts: there it is easiest to be mistaken.
MARKS = re.compile(rb"</?(?:item|entry|channel|feed|guid|id)\b|&lt;|(?<=>)[^<>]")


def whole(number: int, body: bytes) -> list[tuple[str, str]]:
    """Ids and titles, as a reader finds them that knows nothing of the gate's ways."""
    root = etree.fromstring(body)
    return [
        (node.findtext(("guid", ATOM + "id")[number]) or "",
         node.findtext(("title", ATOM + "title")[number]) or "")
        for node in root.iterfind(("channel/item", ATOM + "entry")[number])
    ]  # fmt: skip


INSERTED = (
    b"&", b"&#0;", b"&amp;", b"&apos;", b">", b"\x08", b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbf",
    b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<item>", b"</item>", b"<entry>", b"</entry>", b"</",
    b"x", b"<?p", b"?>", b"&e;", b'<x xmlns:dc="u">', b"</x>", b"</channel>", b"<channel>", b" ",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([0, 1]), st.lists(st.tuples(st.integers(0), st.sampled_from(INSERTED)),
                                         max_size=3))  # fmt: skip
def test_line_31_items_that_are_read_once_are_what_the_whole_document_holds(
    number: int, insertions: list[tuple[int, bytes]]
) -> None:
    body = document(number, *days(3)).body
    for place, what in insertions:
        marks = [m.start() for m in MARKS.finditer(body)]
        at = marks[place % len(marks)]
        body = body[:at] + what + body[at:]
    judged_as_whole(number, Document(("feed.xml", "atom.xml")[number], body))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([0, 1]), st.integers(0), st.integers(0, 2), st.sampled_from(INSERTED))
def test_line_31_parts_are_judged_as_the_document_that_they_make(
    number: int, place: int, which: int, what: bytes
) -> None:
    made = document(number, *days(3))
    assert made.parts is not None
    items = list(made.parts.items)
    body = items[which]
    marks = [m.start() for m in MARKS.finditer(body)]
    at = marks[place % len(marks)]
    items[which] = body[:at] + what + body[at:]
    parts = made.parts._replace(items=tuple(items))
    judged_as_whole(number, Document(made.key, made.body.replace(body, items[which]), (), parts))


def judged_as_whole(number: int, found: Document) -> None:
    """A document passes only if a reader finds in it what the gate does."""
    reason = check_feed(found, None)
    try:
        held = whole(number, found.body)
    except etree.XMLSyntaxError:
        assert reason is not None
        return
    if reason is None:
        items = _READERS[("feed.xml", "atom.xml")[number]](found.body, found.parts)
        assert [(item.id, item.title) for item in items] == held


def test_line_31_an_item_in_many_documents_is_read_once() -> None:
    posts = days(6)
    first = document(0, *posts)
    assert check_feed(first, None) is None
    before = _checked_items.get(item_of(first))
    assert before is not None
    assert check_feed(document(0, *posts[2:]), first.body) is None
    assert _checked_items.get(item_of(first)) is before


def item_of(found: Document) -> bytes:
    """The first item's bytes."""
    return found.body[found.body.index(b"<item>") : found.body.index(b"</item>") + 7]


# --- what is held back ---------------------------------------------------------------------------


@FORMATS
def test_line_31_new_ids_for_most_posts_are_held_back(number: int) -> None:
    posts = days(20)
    for after in (renamed(posts), renamed(posts[:11]) + posts[11:]):
        reason = judged(number, posts, after)
        assert reason is not None
        assert "of 20 posts would get another id" in reason
        assert re.search(r"\((\S+) would be \1-new\)", reason)
    five = judged(number, posts[:5], renamed(posts[:5]))
    assert five is not None


@FORMATS
def test_line_31_also_when_they_moved_to_another_domain_or_address(number: int) -> None:
    posts = days(20)
    before = document(number, *posts).body
    moved = msgspec.structs.replace(SITE, url="https://new.example")
    found = check_feed(document(number, *renamed(posts), site=moved), before)
    assert found is not None
    elsewhere = [
        msgspec.structs.replace(
            p, entry=msgspec.structs.replace(p.entry, key=p.entry.key.replace("posts", "blog"))
        )
        for p in renamed(posts)
    ]
    assert judged(number, posts, elsewhere) is not None


BROKEN = [
    (0, b"<guid", b"<gid", "guid"),
    (0, b"</rss>", b"", "well-formed"),
    (0, b"<title>A title</title>", b"<title>\x08</title>", "well-formed"),
    (0, b"<rss", b'<!DOCTYPE rss [<!ENTITY a "b">]><rss', "document type"),
    (0, b"<link>https://blog.example/</link>", b"", "channel has no link"),
    (0, b"urn:example:posts/1<", b"urn:example:posts/2<", "occurs 2 times"),
    (0, b"urn:example:posts/1<", b"<", "has no guid"),
    (0, b"<pubDate>Thu", b"<pubDate>Fri", "RFC 822"),
    (0, b"01 Jan 2026", b"01 Jan 2027", "RFC 822"),
    (0, b"+0100</pubDate>", b"</pubDate>", "RFC 822"),
    (0, b"+0100</pubDate>", b"-0000</pubDate>", "RFC 822"),
    (0, b"<link>https://blog.example/posts/1/", b"<link>/posts/1/", "not absolute"),
    (0, b"<channel>", b"<chan>", "well-formed"),
    (1, b"<id>urn:example:posts/1", b"<id>urn:example:posts/2", "occurs 2 times"),
    (1, b'<feed xmlns="http://www.w3.org/2005/Atom"', b"<feed", "no Atom feed"),
    (1, b"<updated>2026-01-01T10:00:00+01:00", b"<updated>2026-01-01T10:00:00", "no offset"),
    (1, b"<published>2026-01-01", b"<published>2026-02-30", "RFC 3339"),
    (1, b"<published>2026-01-01", b"<published>2027-01-01", "not sorted"),
    (1, b'rel="alternate" type="text/html" href="https://blog.example/p', b'href="', "alternate"),
    (2, b'"items"', b'"itemz"', "no JSON Feed"),
    (2, b"org/version/1.1", b"org/version/9", "version"),
    (2, b'"id":"urn:example:posts/1"', b'"id":1', "no JSON Feed"),
    (2, b'"id":"urn:example:posts/1"', b'"id":""', "occurs 1 times"),
    (2, b'"date_published":"2026-01-01T10:00:00+01:00"', b'"date_published":"soon"', "RFC 3339"),
    (2, b'"url":"https://blog.example/posts/1/"', b'"url":"http://["', "no URL"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "old", "new", "words"), BROKEN)
def test_line_31_what_a_strict_reader_refuses_is_held_back(
    number: int, old: bytes, new: bytes, words: str
) -> None:
    good = document(number, *days(3))
    assert old in good.body
    reason = check_feed(Document(good.key, good.body.replace(old, new)), good.body)
    assert reason is not None
    assert words in reason


@FORMATS
def test_line_31_what_is_too_large_is_held_back(number: int) -> None:
    good = document(number, *days(3))
    reason = check_feed(Document(good.key, good.body + b" " * 1_000_000), None)
    assert reason is not None
    assert "bytes" in reason


def test_line_31_entities_are_not_expanded_and_files_not_read() -> None:
    bomb = (
        b'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">'
        b'<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><channel><title>&b;&f;</title></channel></rss>'
    )
    reason = check_feed(Document("lists/feed.xml", bomb), None)
    assert reason == "it declares a document type"
