"""Broken and hostile pages: left out with a reason, or made harmless; never an exception."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.edgefeed.strategies import (
    KEY,
    MODIFIED,
    bodies,
    describe,
    descriptions,
    observe,
    page,
    posts,
    read,
    text,
)

from edgefeed.contract import Person, slugify
from edgefeed.metadata import MAX_HEAD
from edgefeed.model import Post, Rejected
from edgefeed.page import FAULT, MAX_ITEM, MAX_PAGE, read_page

BROKEN_JSON = "JSON-LD is not as agreed"
ELSEWHERE = "is not where it lies"


def twice() -> bytes:
    source = page(describe())
    block = source[source.index(b"<script") : source.index(b"</head>")]
    return source.replace(b"<title>", block + b"<title>")


# --- what is refused ---------------------------------------------------------------------------

Case = tuple[str, Callable[[], bytes], str]


def described(**changes: Any) -> Callable[[], bytes]:
    return lambda: page(describe(**changes))


HOSTILE: list[Case] = [
    ("20 MB", lambda: b"<" * (MAX_PAGE + 1), "20,000,001 bytes"),
    ("latin-1", lambda: page(describe()).replace(b"Text.", b"caf\xe9"), "not UTF-8"),
    ("utf-16", lambda: page(describe()).decode().encode("utf-16"), "not UTF-8"),
    ("utf-16 without a mark", lambda: page(describe()).decode().encode("utf-16-le"), "NUL"),
    ("NUL", lambda: page(describe(), "a\0b"), "NUL"),
    ("a huge head", lambda: page(describe()).replace(b"A page", b"x" * MAX_HEAD), "its head has"),
    ("no JSON", lambda: page("{"), BROKEN_JSON),
    ("an empty block", lambda: page(""), BROKEN_JSON),
    ("a list", lambda: page("[]"), BROKEN_JSON),
    ("deep JSON", lambda: page('{"a":' * 50_000), BROKEN_JSON),
    (
        "a long number",
        lambda: page('{"@type":"BlogPosting","position":' + "9" * 5_000),
        BROKEN_JSON,
    ),
    ("half a surrogate", lambda: page(json.dumps(describe(headline="\ud800"))), BROKEN_JSON),
    ("twice", twice, "2 times"),
    ("a number for a title", described(headline=1), "`$.headline`"),
    ("an object for tags", described(keywords={"a": 1}), "`$.keywords`"),
    ("numbers for tags", described(keywords=[1]), "`$.keywords[0]`"),
    ("a negative position", described(position=-1), "`$.position`"),
    ("no id", described(**{"@id": None}), "`@id`"),
    ("an empty id", described(**{"@id": ""}), "no permanent name"),
    ("an id with spaces", described(**{"@id": "urn:a b"}), "no permanent name"),
    ("an id with an override", described(**{"@id": "urn:a\u202eb"}), "no permanent name"),
    ("an id that is none", described(**{"@id": "my post"}), "no permanent name"),
    ("an endless id", described(**{"@id": "urn:" + "x" * 5_000}), "no permanent name"),
    ("no date", described(datePublished=None), "`datePublished`"),
    ("an empty date", described(datePublished=""), "datePublished"),
    ("a naive date", described(datePublished="2026-11-24T09:30:00"), "RFC 3339"),
    ("a day alone", described(datePublished="2026-11-24"), "RFC 3339"),
    ("a week date", described(datePublished="2026-W48-2T09:30:00Z"), "RFC 3339"),
    ("other digits", described(datePublished="٢٠٢٦-11-24T09:30:00Z"), "RFC 3339"),
    ("no such day", described(datePublished="2026-02-30T09:30:00Z"), "calendar"),
    ("a leap second", described(datePublished="2016-12-31T23:59:60Z"), "calendar"),
    ("an offset beyond", described(datePublished="2026-11-24T09:30:00+24:00"), "calendar"),
    ("the year 0", described(datePublished="0000-11-24T09:30:00Z"), "calendar"),
    ("the year 999", described(datePublished="0999-11-24T09:30:00Z"), "before the year 1000"),
    ("the year 10000", described(datePublished="10000-01-01T00:00:00Z"), "RFC 3339"),
    ("a bad update", described(dateModified="yesterday"), "dateModified 'yesterday'"),
    ("another path", described(url="https://blog.example/posts/b/"), ELSEWHERE),
    ("a relative url", described(url="/posts/a/"), ELSEWHERE),
    ("a script for a url", described(url="javascript:/posts/a/"), ELSEWHERE),
    ("a broken url", described(url="https://[/posts/a/"), ELSEWHERE),
    ("climbing", described(url="https://blog.example/x/../posts/a/"), ELSEWHERE),
    ("no body", lambda: page(describe()).replace(b"e-content", b"content"), "e-content"),
    ("only a quoted body", lambda: page(describe()).replace(b"h-entry", b"h-cite"), "e-content"),
    (
        "a post in a post",
        lambda: page(describe()).replace(b"<main>", b'<main class="h-entry">'),
        "e-content",
    ),
    ("one endless text", lambda: page(describe(), "x" * 11_000_000), "exceeds 10 MB"),
    ("deep HTML", lambda: page(describe(), "<div>" * 100_000), "nested"),
    (
        "a bad static page",
        lambda: page({"@type": "WebPage", "url": "https://x.example/"}),
        ELSEWHERE,
    ),
]


@pytest.mark.parametrize(
    ("make", "words"), [case[1:] for case in HOSTILE], ids=[c[0] for c in HOSTILE]
)
def test_a_broken_page_is_refused_with_a_reason(make: Callable[[], bytes], words: str) -> None:
    rejected = observe(make())
    assert isinstance(rejected, Rejected), rejected
    assert (rejected.key, rejected.since) == (KEY, MODIFIED)
    found = rejected.reason
    assert words in found
    assert len(found) < 500
    assert "\n" not in found


# --- what is made harmless -----------------------------------------------------------------------


def test_a_body_cannot_speak_for_its_post() -> None:
    impostor = json.dumps(describe(headline="An impostor", keywords=["stolen"]))
    script = f'<script type="application/ld+json">{impostor}</script>'
    for body in (
        script,
        "</head>" + script,
        f"</div></article></main></body></html><html><head>{script}</head>",
        f"<!-- <head> --><head>{script}</head>",
        f"<noscript>{script}</noscript>",
    ):
        entry = read(body=body).entry
        assert (entry.title, entry.tags) == ("A title", ())


def test_a_body_cannot_speak_for_a_page_without_tags_of_the_head() -> None:
    script = (
        f'<p>x</p><script type="application/ld+json">{json.dumps(describe(headline="x"))}</script>'
    )
    source = page(describe(), script).decode()
    for tag in ("<head>", "</head>", "<body>", "</body>", '<html lang="en">', "</html>"):
        source = source.replace(tag, "")
    found = observe(source.encode())
    assert isinstance(found, Post)
    assert found.entry.title == "A title"


def test_the_first_body_that_is_the_posts_own_is_taken() -> None:
    reply = '<div class="h-cite"><div class="e-content">Theirs</div></div><article class="h-entry">'
    source = page(describe(), "Ours").replace(b'<article class="h-entry">', reply.encode())
    found = observe(source)
    assert isinstance(found, Post)
    assert found.fragment.content == "Ours"


def test_script_in_a_title_is_text() -> None:
    assert read(headline="<script>alert(1)</script>").entry.title == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("a\u0008b", "ab"),
        ("a\u202egpj\u2066b", "agpjb"),
        ("  a \n\t b\u00a0", "a b"),
        ("a\u0085b", "a b"),
        ("a\ufffeb\uffff", "ab"),
        ("x" * 1_000, "x" * 299 + "…"),
    ],
)
def test_titles_tags_and_names_are_cleaned(given_: str, kept: str) -> None:
    post = read(headline=given_, keywords=[given_], author={"name": given_})
    assert post.entry.title == kept
    if len(kept) < 50:
        assert post.entry.tags == (kept,)
        assert post.fragment.authors == (Person(kept),)


def test_a_tag_cannot_climb() -> None:
    (label,) = read(keywords=["../../state"]).entry.tags
    assert slugify(label) == "state"


def test_there_are_not_endlessly_many_tags_and_authors() -> None:
    many = [f"tag {n}" for n in range(10_000)]
    post = read(keywords=many, author=[{"name": name} for name in many])
    assert len(post.entry.tags) == 50
    assert len(post.fragment.authors) == 10


@pytest.mark.parametrize(
    "media",
    [
        {"contentUrl": "/a.mp3", "encodingFormat": "audio/mpeg", "contentSize": "1"},
        {"contentUrl": "https://x.example/a", "encodingFormat": "mp3", "contentSize": "1"},
        {"contentUrl": "https://x.example/a", "encodingFormat": "audio/mpeg"},
        {"contentUrl": "https://x.example/a", "encodingFormat": "audio/mpeg", "contentSize": "?"},
    ],
)
def test_an_enclosure_without_all_it_needs_is_none(media: dict[str, str]) -> None:
    assert read(associatedMedia=media).fragment.enclosure is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/a", "https://[", "x" * 3_000, "data:,x"])
def test_links_of_the_head_are_absolute_or_left_out(url: str) -> None:
    post = read(image=url, sharedContent={"url": url}, author={"name": "A", "url": url})
    fragment = post.fragment
    assert (fragment.image, fragment.link, fragment.authors[0].url) == ("", "", "")


def test_a_post_too_heavy_for_any_feed_gives_way_to_a_link() -> None:
    for body in (
        "<p>" + "x <b>y</b> " * 80_000,
        "<p>Start.</p>" + "<p>word &amp; &lt;</p>" * 60_000,
    ):
        post = read(body=body)
        assert post.entry.size < MAX_ITEM
        assert post.fragment.content.endswith(
            '<p><a href="https://blog.example/posts/a/">Read the whole post</a></p>'
        )
        assert post.fragment.more
        assert post.fragment.excerpt
        assert len(post.fragment.content) < 20_000


def test_an_error_that_nobody_thought_of_takes_only_its_page() -> None:
    nothing: Any = None
    found = read_page(KEY, page(describe()), site=nothing, modified=MODIFIED)
    assert isinstance(found, Rejected)
    assert found.reason.startswith(FAULT)
    assert "AttributeError" in found.reason


@pytest.mark.parametrize(
    "piece", ["&amp;", "< ", "<p>x</p>", "<input type=checkbox>", "<h2>x</h2>"]
)
def test_a_huge_body_takes_time_in_proportion(piece: str) -> None:
    started = time.process_time()
    post = read(body=piece * (8_000_000 // len(piece)))
    assert time.process_time() - started < 10
    assert "Read the whole post" in post.fragment.content


# --- any bytes ------------------------------------------------------------------------------------


@settings(max_examples=1_000, deadline=None)
@given(st.binary(max_size=500))
@example(b"<head><script type=application/ld+json>")
def test_any_bytes_are_answered(source: bytes) -> None:
    observe(source)
    observe(page(describe()).replace(b"Text.", source))
    observe(page(describe()).replace(b"A page", source))


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_page_broken_anywhere_is_answered(data: st.DataObject) -> None:
    source = bytearray(page(data.draw(descriptions("/posts/a/")), data.draw(bodies())))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(source)))
        end = min(len(source), start + data.draw(st.integers(0, 40)))
        source[start:end] = data.draw(st.binary(max_size=20)) * data.draw(st.integers(1, 3))
    observe(bytes(source))


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text(10), inner, max_size=3),
        max_leaves=10,
    ),
    st.sampled_from([*describe(), "author", "keywords", "isPartOf", "position", "image"]),
)
def test_any_json_is_answered(value: Any, member: str) -> None:
    observe(page(json.dumps(value)))
    observe(page(json.dumps(describe() | {member: value})))


@settings(max_examples=200, deadline=None)
@given(posts())
def test_what_is_read_is_clean(post: Post) -> None:
    entry, fragment = post.entry, post.fragment
    shown = (
        entry.title,
        entry.series,
        fragment.summary,
        *entry.tags,
        *(a.name for a in fragment.authors),
    )
    for value in shown:
        assert value == " ".join(value.split())
        assert not any(
            c < " " or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in value
        )
    assert len({slugify(tag) for tag in entry.tags}) == len(entry.tags)
    assert len(fragment.summary) <= 300
    assert fragment.excerpt or not fragment.more
