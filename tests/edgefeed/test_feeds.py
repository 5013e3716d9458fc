"""What a feed from Sula must be, line by line: the numbers are those of feeds.md.

Lines 9 to 17 are in test_feeds_formats, 21 to 23 in test_feeds_history, 31 in test_gate.
Lines 24 to 27 are about HTTP and 29 about pages: they are proved where those are served.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from tests.edgefeed.feed_readers import (
    archive,
    everything,
    feeds,
    home,
    links,
    one,
    site,
    strict,
    tag,
    texts,
)
from tests.edgefeed.strategies import SITE, by_digest, describe, listing, page, read

from edgefeed.channel import feed_id
from edgefeed.contract import Person
from edgefeed.feeds import feed_documents
from edgefeed.model import Kind, Listing, Post
from edgefeed.page import read_page

# --- identity --------------------------------------------------------------------------------


def test_line_01_an_id_is_the_same_in_every_format_and_every_feed() -> None:
    post = read(**{"@id": "urn:example:1"}, keywords=["Birds"])
    for found in (home(post), feeds(tag(post), post), feeds(archive(post), post)):
        assert texts(found.items("guid")) == ["urn:example:1"]
        assert texts(found.entries("a:id")) == ["urn:example:1"]
        assert [item["id"] for item in found.json["items"]] == ["urn:example:1"]


def test_line_02_an_id_survives_a_new_slug_date_title_domain_and_scheme() -> None:
    name = {"@id": "urn:example:1"}
    moved = site(url="http://new.example")
    later = {"headline": "Other", "datePublished": "2027-01-01T00:00:00Z"}
    url = "http://new.example/b/"
    source = page(describe("/b/", **name, **later, url=url))
    found = read_page("pages/b/index.html", source, site=moved, modified="")
    assert isinstance(found, Post)
    before, after = home(read(**name)), feeds(listing(found), found, site=moved)
    assert texts(before.items("guid")) == texts(after.items("guid"))
    assert texts(before.entries("a:id")) == texts(after.entries("a:id"))
    assert texts(after.items("link")) == [url]


@pytest.mark.parametrize(
    ("name", "permalink"),
    [
        ("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", "false"),
        ("tag:blog.example,2026:1", "false"),
        ("https://old.example/?p=1", "false"),  # it names the post; it need not lead there
        ("https://blog.example/posts/a/", "true"),
    ],
)
def test_line_02_a_guid_is_a_permalink_only_where_it_leads_to_the_post(
    name: str, permalink: str
) -> None:
    (guid,) = home(read(**{"@id": name})).items("guid")
    assert guid.get("isPermaLink") == permalink


def test_line_03_every_feed_has_an_id_of_its_own_that_survives_a_move() -> None:
    units = ("", "tags/birds", "tags/bees", "series/birds")
    ids = [feed_id(SITE, unit) for unit in units]
    assert ids[0] == SITE.id
    assert len(set(ids)) == len(ids)
    assert all(name.startswith("urn:uuid:") for name in ids[1:])
    assert ids == [feed_id(site(url="http://new.example", title="New"), unit) for unit in units]


def test_line_03_every_feed_has_its_own_self_link_and_title() -> None:
    post = read(keywords=["Birds"])
    first, second = home(post), feeds(tag(post), post)
    for found, folder, title in (
        (first, "https://blog.example/", SITE.title),
        (second, "https://blog.example/tags/birds/", f"{SITE.title}: Birds"),
    ):
        assert links(found.rss[0])[0] == ("self", folder + "feed.xml", "application/rss+xml")
        assert links(found.atom)[0] == ("self", folder + "atom.xml", "application/atom+xml")
        assert found.json["feed_url"] == folder + "feed.json"
        assert one(found.rss, "channel/title").text == title
        assert one(found.atom, "a:title").text == title
        assert found.json["title"] == title
    assert one(first.atom, "a:id").text != one(second.atom, "a:id").text


def test_line_04_no_id_occurs_twice() -> None:
    first, second = read("/a/", **{"@id": "urn:x"}), read("/b/", **{"@id": "urn:x"})
    made = feed_documents(listing(first, second), by_digest(first, second), SITE)
    assert made[0].body.count(b"<item>") == 1
    assert made[1].body.count(b"<entry>") == 1
    assert len(json.loads(made[2].body)["items"]) == 1
    assert made[0].left_out in (("pages/a/index.html",), ("pages/b/index.html",))


# --- well-formed, and the same every time ----------------------------------------------------


def test_line_05_utf_8_with_a_declaration() -> None:
    found = home(read(headline="Möwe"))
    for body in found.bodies[:2]:
        assert re.match(rb"<\?xml version='1\.0' encoding='UTF-8'\?>", body)
    assert all("Möwe" in body.decode("utf-8") for body in found.bodies)


def test_line_05_what_xml_forbids_is_removed_and_the_rest_survives() -> None:
    bad = "a\u0008\u0000\u001f\ufffe\uffffb\U0001f426\ue000 c"
    good = "ab\U0001f426\ue000 c"
    body = f"<p>{bad} ]]&gt; ]]></p>".replace("\0", "")
    post = read(headline=bad, keywords=[bad], description=bad, body=body)
    found = home(post)
    assert texts(found.items("title")) == [good]
    assert texts(found.items("category")) == [good]
    assert texts(found.entries("a:summary")) == [good]
    for content in (*texts(found.items("c:encoded")), *texts(found.entries("a:content"))):
        assert content == f"<p>{good} ]]&gt; ]]&gt;</p>"


def test_line_06_newest_first_by_date_and_id_whatever_the_order_given() -> None:
    same = {"datePublished": "2026-01-02T10:00:00Z"}
    posts = [
        read("/1/", datePublished="2026-01-01T23:00:00-05:00"),  # later than it looks
        read("/2/", **{"@id": "urn:b"}, **same),
        read("/3/", **{"@id": "urn:c"}, **same),
    ]
    order = ["urn:c", "urn:b", "urn:example:1"]
    rows = tuple(post.entry for post in posts)
    for entries in (rows, rows[::-1], (rows[1], rows[2], rows[0])):
        found = feeds(Listing(unit="", kind=Kind.HOME, entries=entries, total=3), *posts)
        assert texts(found.items("guid")) == order
        assert texts(found.entries("a:id")) == order
        assert [item["id"] for item in found.json["items"]] == order


def test_line_06_no_version_that_changes_by_itself() -> None:
    found = home(read())
    assert one(found.rss, "channel/generator").text == "Sula"
    generator = one(found.atom, "a:generator")
    assert (generator.text, dict(generator.attrib)) == ("Sula", {})


def test_line_07_titles_are_escaped_exactly_once() -> None:
    found = home(read(headline="<b>A</b> & B &amp; C"))
    assert b"<title>&lt;b&gt;A&lt;/b&gt; &amp; B &amp;amp; C</title>" in found.bodies[0]
    assert b"<title>&lt;b&gt;A&lt;/b&gt; &amp; B &amp;amp; C</title>" in found.bodies[1]
    assert found.json["items"][0]["title"] == "<b>A</b> & B &amp; C"


def test_line_08_a_post_that_cannot_be_in_a_feed_is_left_out_and_reported() -> None:
    good, bad, lost = read("/good/"), read("/bad/"), read("/lost/", body="<p>Lost.</p>")
    # An index written before titles were cleaned.
    broken = msgspec.structs.replace(bad.entry, title="a\u0008b")
    # As another instance of the function has read it: this one has made nothing of it.
    unread = msgspec.structs.replace(lost.entry, fragment="0" * 32)
    shown = Listing(unit="", kind=Kind.HOME, entries=(good.entry, broken, unread), total=3)
    found = feed_documents(shown, by_digest(good, bad), SITE)
    assert {*found[0].left_out} == {"pages/bad/index.html", "pages/lost/index.html"}
    for document in found:
        assert b"urn:example:good" in document.body
        assert b"urn:example:bad" not in document.body
        assert b"urn:example:lost" not in document.body


# --- content: 18 to 20 are proved in test_content; here, that it arrives ---------------------


def test_line_18_the_full_post_with_absolute_urls() -> None:
    body = '<p><a href="#x">x</a><img src="a.png" srcset="/b.png 2x"></p>' + "<p>word</p>" * 200
    post = read(body=body)
    assert post.fragment.more
    found = home(post)
    whole = post.fragment.content
    assert whole.count("<p>word</p>") == 200
    assert 'href="https://blog.example/posts/a/#x"' in whole
    assert texts(found.items("c:encoded")) == [whole]
    assert texts(found.entries("a:content")) == [whole]
    assert found.json["items"][0]["content_html"] == whole


def test_line_19_nothing_runs() -> None:
    body = (
        '<p onclick="x()">a<script>alert(1)</script><iframe src="https://v.example/"></iframe></p>'
    )
    for document in home(read(body=body)).bodies:
        assert b"alert" not in document
        assert b"onclick" not in document
        assert b"iframe" not in document
        assert b"https://v.example/" in document


def test_line_20_summaries_are_plain_and_short() -> None:
    found = home(read(body="<p><b>x</b> " + "word " * 200, description=None))
    (summary,) = texts(found.entries("a:summary"))
    assert summary.startswith("x word word")
    assert summary.endswith("word…")
    assert len(summary) <= 300
    assert texts(found.items("description")) == [summary] == [found.json["items"][0]["summary"]]


# --- over HTTP, as far as the document goes; found and read ----------------------------------


def test_line_26_the_same_input_gives_the_same_bytes() -> None:
    post = everything()
    assert home(post).bodies == home(everything()).bodies


def test_line_28_hub_and_self_in_the_document() -> None:
    for root in (home(read()).rss[0], home(read()).atom):
        assert {link[0] for link in links(root)} >= {"self", "hub"}
    found = feeds(listing(read()), read(), site=site(hub=""))
    assert all(b"hub" not in body for body in found.bodies)


def test_line_30_css_at_most() -> None:
    found = home(read())
    for body in found.bodies[:2]:
        sheets = strict(body).xpath("preceding-sibling::processing-instruction()")
        assert [(pi.target, pi.text) for pi in sheets] == [
            ("xml-stylesheet", 'type="text/css" href="/theme/feed.0123456789.css"')
        ]
    plain = feeds(listing(read()), read(), site=site(assets={}))
    assert all(b"<?xml-stylesheet" not in body for body in plain.bodies)


# --- what has feeds, and what they say --------------------------------------------------------


def test_only_lists_of_posts_have_feeds() -> None:
    for kind in set(Kind) - {Kind.HOME, Kind.TAG, Kind.SERIES, Kind.PAGE}:
        assert feed_documents(Listing(unit="x", kind=kind), {}, SITE) == ()


def test_a_series_has_feeds() -> None:
    post = read(isPartOf={"@type": "CreativeWorkSeries", "name": "On birds"})
    series: dict[str, Any] = {"unit": "series/on-birds", "kind": Kind.SERIES, "slug": "on-birds"}
    found = feeds(listing(post, title="On birds", **series), post)
    described = f"All parts of the series On birds on {SITE.title}."
    assert one(found.rss, "channel/description").text == described
    assert one(found.rss, "channel/link").text == "https://blog.example/series/on-birds/"


def test_a_site_says_little_about_itself() -> None:
    bare = site(description="", icon="https://cdn.example/i.png", author=Person("A"), hub="")
    found = feeds(listing(read()), read(), site=bare)
    assert one(found.rss, "channel/description").text == SITE.title
    assert one(found.atom, "a:icon").text == "https://cdn.example/i.png"
    none = feeds(listing(read()), read(), site=site(icon=""))
    assert none.rss[0].find("image") is None
