"""Lines 9 to 17 of feeds.md: what RSS, Atom and JSON Feed each have to say."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from tests.edgefeed.feed_readers import (
    NAMES,
    XML_LANG,
    everything,
    home,
    links,
    one,
    texts,
)
from tests.edgefeed.strategies import SITE, read

# --- RSS -------------------------------------------------------------------------------------


def test_line_09_the_channel() -> None:
    channel = one(home(read()).rss, "channel")
    assert one(channel, "title").text == SITE.title
    assert one(channel, "link").text == "https://blog.example/"
    assert one(channel, "description").text == SITE.description
    assert one(channel, "language").text == "en"
    image = one(channel, "image")
    assert {node.tag: node.text for node in image} == {
        "url": "https://blog.example/theme/icon.0123456789.png",
        "title": SITE.title,
        "link": "https://blog.example/",
    }
    assert channel.find("docs") is None
    assert links(channel) == [
        ("self", "https://blog.example/feed.xml", "application/rss+xml"),
        ("hub", "https://hub.example/", None),
    ]


@pytest.mark.parametrize(
    ("given_", "written"),
    [
        ("2026-11-24T09:30:00+01:00", "Tue, 24 Nov 2026 09:30:00 +0100"),
        ("2026-11-24T09:30:00Z", "Tue, 24 Nov 2026 09:30:00 +0000"),
        ("1066-10-14T08:00:00+05:30", "Sun, 14 Oct 1066 08:00:00 +0530"),
        ("9999-12-31T23:59:59-14:00", "Fri, 31 Dec 9999 23:59:59 -1400"),
    ],
)
def test_line_10_dates_are_rfc_822(given_: str, written: str) -> None:
    found = home(read(datePublished=given_))
    assert texts(found.items("pubDate")) == [written]
    assert one(found.rss, "channel/lastBuildDate").text == written
    assert parsedate_to_datetime(written).strftime("%a") == written[:3]


def test_line_11_the_summary_comes_before_the_whole_post() -> None:
    (item,) = home(read(body="<p>The <b>whole</b>.</p>")).rss.iter("item")
    tags = [node.tag for node in item]
    encoded = f"{{{NAMES['c']}}}encoded"
    assert tags.index("description") < tags.index(encoded)
    assert item.findtext("description") == "What it is about."
    assert item.findtext(encoded) == "<p>The <b>whole</b>.</p>"


def test_line_11_without_a_summary_the_whole_post_is_still_whole() -> None:
    (item,) = home(read(description=None, headline=None, body='<img src="a.png">')).rss.iter("item")
    assert item.find("description") is not None
    assert item.findtext("description") == ""
    assert "a.png" in (item.findtext(f"{{{NAMES['c']}}}encoded") or "")
    assert item.find("title") is None


def test_line_12_a_creator_by_name_an_author_only_by_address() -> None:
    cy, di = {"name": "Cy", "email": "c@c.example"}, {"name": "Di", "email": "d@d.example"}
    found = home(read(author=[{"name": "Bo"}, cy, di]))
    assert texts(found.items("dc:creator")) == ["Bo", "Cy", "Di"]
    assert texts(found.items("author")) == ["c@c.example (Cy)"]
    found = home(read())
    assert texts(found.items("dc:creator")) == [SITE.author.name]
    assert found.items("author") == []


def test_line_13_a_category_for_each_tag_and_one_enclosure() -> None:
    found = home(everything())
    assert texts(found.items("category")) == ["C++", "Möwen & Co"]
    (enclosure,) = found.items("enclosure")
    assert dict(enclosure.attrib) == {
        "url": "https://blog.example/a.mp3",
        "length": "1234",
        "type": "audio/mpeg",
    }
    assert texts(found.items("link")) == ["https://blog.example/posts/a/"]


# --- Atom ------------------------------------------------------------------------------------


def test_line_14_the_feed() -> None:
    atom = home(read()).atom
    assert one(atom, "a:id").text == SITE.id
    assert one(atom, "a:title").text == SITE.title
    assert one(atom, "a:subtitle").text == SITE.description
    assert one(atom, "a:updated").text == "2026-11-24T09:30:00+01:00"
    assert links(atom) == [
        ("self", "https://blog.example/atom.xml", "application/atom+xml"),
        ("hub", "https://hub.example/", None),
        ("alternate", "https://blog.example/", "text/html"),
    ]
    assert one(atom, "a:author/a:name").text == SITE.author.name
    assert one(atom, "a:author/a:uri").text == SITE.author.url
    assert atom.get(XML_LANG) == "en"
    assert one(atom, "a:icon").text == "https://blog.example/theme/icon.0123456789.png"


def test_line_14_an_entry_names_authors_and_a_language_of_its_own() -> None:
    (entry,) = home(everything()).atom.iter(f"{{{NAMES['a']}}}entry")
    assert one(entry, "a:author/a:name").text == "Bo"
    assert one(entry, "a:author/a:email").text == "bo@b.example"
    assert one(entry, "a:author/a:uri").text == "https://b.example/"
    assert entry.get(XML_LANG) == "de"


def test_an_item_in_the_sites_own_language_does_not_repeat_it() -> None:
    found = home(read(inLanguage=SITE.language))
    assert found.atom.get(XML_LANG) == SITE.language
    assert [entry.get(XML_LANG) for entry in found.atom.iter(f"{{{NAMES['a']}}}entry")] == [None]
    assert "language" not in found.json["items"][0]


def test_line_15_published_stays_and_updated_is_the_pages_own() -> None:
    first = read("/1/", dateModified="2026-12-24T09:00:00+05:00")
    second = read("/2/", datePublished="2026-12-01T00:00:00Z")
    found = home(first, second)
    later = "2026-12-01T00:00:00+00:00"
    assert texts(found.entries("a:published")) == [later, "2026-11-24T09:30:00+01:00"]
    assert texts(found.entries("a:updated")) == [later, "2026-12-24T09:00:00+05:00"]
    assert one(found.atom, "a:updated").text == "2026-12-24T09:00:00+05:00"


def test_line_16_content_categories_and_links() -> None:
    (entry,) = home(everything()).atom.iter(f"{{{NAMES['a']}}}entry")
    content = one(entry, "a:content")
    assert (content.get("type"), content.text) == ("html", "<p>Text.</p>")
    assert one(entry, "a:summary").text == "What it is about."
    categories = [dict(node.attrib) for node in entry.findall("a:category", NAMES)]
    assert categories == [
        {"term": "cplusplus", "label": "C++"},
        {"term": "möwen-and-co", "label": "Möwen & Co"},
    ]
    assert links(entry) == [
        ("alternate", "https://blog.example/posts/a/", "text/html"),
        ("related", "https://other.example/", None),
        ("enclosure", "https://blog.example/a.mp3", "audio/mpeg"),
    ]
    (enclosure,) = entry.findall("a:link[@rel='enclosure']", NAMES)
    assert enclosure.get("length") == "1234"


def test_line_16_a_note_has_an_empty_title() -> None:
    assert texts(home(read(headline=None)).entries("a:title")) == [""]


# --- JSON Feed -------------------------------------------------------------------------------


def test_line_17_the_feed_and_its_items() -> None:
    found = home(everything()).json
    items = found.pop("items")
    assert found == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": SITE.title,
        "home_page_url": "https://blog.example/",
        "feed_url": "https://blog.example/feed.json",
        "description": SITE.description,
        "icon": "https://blog.example/theme/icon.0123456789.png",
        "authors": [{"name": "Ann Author", "url": "https://ann.example/"}],
        "language": "en",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    }
    assert items == [
        {
            "id": "urn:example:posts/a",
            "url": "https://blog.example/posts/a/",
            "external_url": "https://other.example/",
            "title": "A title",
            "content_html": "<p>Text.</p>",
            "summary": "What it is about.",
            "image": "https://blog.example/a.png",
            "date_published": "2026-11-24T09:30:00+01:00",
            "date_modified": "2026-11-25T10:00:00+00:00",
            "authors": [{"name": "Bo", "url": "https://b.example/"}],
            "tags": ["C++", "Möwen & Co"],
            "language": "de",
            "attachments": [
                {
                    "url": "https://blog.example/a.mp3",
                    "mime_type": "audio/mpeg",
                    "size_in_bytes": 1234,
                }
            ],
        }
    ]


def test_line_17_a_note_has_no_title() -> None:
    assert "title" not in home(read(headline=None)).json["items"][0]
