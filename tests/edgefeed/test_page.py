"""Reading a page: what is taken from it, what is refused and with which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from tests.edgefeed.strategies import SITE, describe, observe, page, read, text

from edgefeed.contract import Person, key_to_path
from edgefeed.fragments import decode_fragment, encode_fragment, fragment_digest
from edgefeed.metadata import RefusedError, description
from edgefeed.model import Enclosure, Post, StaticPage


def test_everything_that_the_contract_names() -> None:
    changes: dict[str, Any] = {
        "@id": "tag:blog.example,2026:1",
        "dateModified": "2026-11-25T10:00:00Z",
        "keywords": ["Python", "C++", "python", "  "],
        "author": [
            {"@type": "Person", "name": "Bo", "email": "bo@b.example", "url": "https://b.example/"}
        ],
        "inLanguage": "de",
        "image": "https://blog.example/a.png",
        "isPartOf": {
            "@type": "CreativeWorkSeries",
            "name": "On birds",
            "url": "https://x.example/",
        },
        "position": 2,
        "sharedContent": {"@type": "WebPage", "url": "https://other.example/"},
        "associatedMedia": {
            "@type": "MediaObject",
            "contentUrl": "https://blog.example/a.mp3",
            "encodingFormat": "audio/mpeg",
            "contentSize": "1234",
        },
        "wordCount": 1,
        "creativeWorkStatus": "Pinned",
    }
    post = read(**changes)
    entry, fragment = post.entry, post.fragment
    assert (entry.key, entry.id, entry.title) == (
        "pages/posts/a/index.html",
        "tag:blog.example,2026:1",
        "A title",
    )
    assert entry.published == "2026-11-24T09:30:00+01:00"
    assert entry.instant == 1795509000
    assert entry.updated == "2026-11-25T10:00:00+00:00"
    assert entry.tags == ("Python", "C++")
    assert (entry.series, entry.position) == ("On birds", 2)
    assert entry.pinned
    assert not read(creativeWorkStatus="Draft").entry.pinned
    assert entry.fragment == fragment_digest(fragment)
    assert len(entry.fragment) == 32
    assert fragment.content == "<p>Text.</p>"
    assert fragment.summary == "What it is about."
    assert fragment.authors == (Person("Bo", "bo@b.example", "https://b.example/"),)
    assert (fragment.language, fragment.image) == ("de", "https://blog.example/a.png")
    assert fragment.link == "https://other.example/"
    assert fragment.enclosure == Enclosure("https://blog.example/a.mp3", "audio/mpeg", 1234)
    assert decode_fragment(encode_fragment(fragment)) == fragment


def test_tags_may_be_one_text_with_commas_as_schema_org_has_it() -> None:
    assert read(keywords="Python, C++,python, ,").entry.tags == ("Python", "C++")
    assert read(keywords=None).entry.tags == ()


def test_a_note_has_no_title_and_a_missing_update_is_the_publication() -> None:
    entry = read(headline=None).entry
    assert entry.title == ""
    assert entry.updated == entry.published


def test_a_static_page() -> None:
    about = {
        "@type": "WebPage",
        "url": "https://blog.example/about/",
        "name": "About",
        "dateModified": "2026-01-02T03:04:05Z",
    }
    found = observe(page(about), "pages/about/index.html")
    assert found == StaticPage("pages/about/index.html", "About", "2026-01-02T03:04:05+00:00")
    without = {name: about[name] for name in ("@type", "url")}
    found = observe(page(without), "pages/about/index.html")
    assert found == StaticPage("pages/about/index.html", "", "")


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"plain",
        b"<html><head><title>x</title></head><body>application/ld+json</body></html>",
        page({"@type": "BreadcrumbList"}),
        page({"@context": "https://schema.org"}),
        page('{"@type": ["BlogPosting"]}'),
    ],
)
def test_pages_that_join_nothing(source: bytes) -> None:
    assert observe(source) is None


@pytest.mark.parametrize("key", ["pages/a.png", "pages/feed.xml", "pages/posts/a/", "pages/a.HTML"])
def test_what_is_not_html_is_not_read(key: str) -> None:
    assert observe(b"\xff\xfe\x00", key) is None


def test_other_descriptions_beside_ours_do_no_harm() -> None:
    other = '{"@type":"Organization"}</script><script type="application/ld+json">'
    found = observe(page(other + json.dumps(describe())))
    assert isinstance(found, Post)


def test_a_byte_order_mark_is_no_text() -> None:
    assert isinstance(observe(b"\xef\xbb\xbf" + page(describe())), Post)


def test_tags_of_the_head_may_be_left_out() -> None:
    source = page(describe()).decode().replace("<head>", "").replace("</head>", "")
    assert isinstance(observe(source.encode()), Post)
    assert isinstance(observe(source.replace("<body>", "").encode()), Post)


def test_xml_declarations_are_passed_over() -> None:
    assert isinstance(observe(b'<?xml version="1.0"?>\n' + page(describe())), Post)


def described(script: str) -> object:
    try:
        return description([script])
    except RefusedError as refusal:
        return str(refusal)


def static(name: str) -> str:
    return json.dumps({"@type": "WebPage", "url": "\r\n", "name": name}, indent=1)


@given(text(400) | text(400).map(static))
@example("\r\n")
@example(static("&amp;\r") + "</scrip>")
def test_a_script_is_read_alike_by_us_and_by_beautiful_soup(source: str) -> None:
    ours = described(f'<script type="application/ld+json">{source}</script>')
    assert ours == described(f"<script type='application/ld+json'>{source}</script>")


@pytest.mark.parametrize(
    "key",
    [
        "pages/posts/a b/index.html",
        "pages/posts/a+b/index.html",
        "pages/posts/100%/index.html",
        "pages/posts/%41/index.html",
        "pages/posts/übung/index.html",
        "pages/posts/日本/index.html",
        "pages/posts/x.html",
        "pages/posts/a?b#c/index.html",
    ],
)
def test_any_key_can_be_a_page(key: str) -> None:
    url = SITE.absolute(key_to_path(key))
    found = observe(page(describe(url=url), '<a href="#x">x</a>'), key)
    assert isinstance(found, Post)
    assert f'href="{url}#x"' in found.fragment.content
