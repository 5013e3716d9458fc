"""What a source means: addresses, dates, kinds, and everything that can be wrong."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from edgefeed.page import _LONGEST_NAME, _MOST_TAGS
from sula.content.fields import LONGEST_NAME, MOST_TAGS
from sula.content.meta import Source, kind_of, read_meta, read_source, source_links
from sula.content.urls import Rules, URLPattern
from sula.errors import Finding
from sula.model import Meta

RULES = Rules(ZoneInfo("Europe/Vienna"), URLPattern("posts/{slug}/"), URLPattern("{slug}/"))
DATED = Rules(ZoneInfo("UTC"), URLPattern("{date:%Y/%m}/{slug}.html"), URLPattern("{slug}/"))


def source(front: str, path: str = "posts/a.md", body: str = "Text.\n") -> Source:
    found, findings = read_source(path, f"---\n{front}\n---\n{body}", RULES)
    assert not [f for f in findings if f.severity == "error"], findings
    assert found is not None
    return found


def findings(front: str, path: str = "posts/a.md", body: str = "Text.\n") -> list[str]:
    return [str(f) for f in read_meta(path, f"---\n{front}\n---\n{body}", RULES)[1]]


def test_a_post() -> None:
    text = """---
title: A  wren
date: 2026-03-01 06:30
updated: 2026-03-02
id: urn:uuid:0a4c8f5e-6f0e-4b51-9a0c-31a9a5f1c001
tags: [wrens, C++]
series: Mornings
position: 2
---
See [b](b.md#x), [c](../pages/c.md) and ![d](<d e.png>).
"""
    assert read_meta("posts/deep/a.md", text, RULES) == (
        Meta(
            path="posts/deep/a.md",
            kind="post",
            title="A wren",
            slug="a",
            url="posts/a/",
            output="posts/a/index.html",
            published="2026-03-01T06:30:00+01:00",
            updated="2026-03-02T00:00:00+01:00",
            id="urn:uuid:0a4c8f5e-6f0e-4b51-9a0c-31a9a5f1c001",
            tags=("wrens", "C++"),
            series="Mornings",
            position=2,
            links=("posts/deep/b.md", "posts/deep/d e.png", "posts/pages/c.md"),
        ),
        [],
    )


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("posts/hello.md", "hello"),
        ("posts/2018-08-22-hello-world.md", "hello-world"),
        ("posts/2018/Hello World.md", "hello-world"),
        ("posts/hello/index.md", "hello"),
        ("posts/index.md", "index"),
        ("posts/C++.md", "cplusplus"),
        ("posts/日本.md", "日本"),
    ],
)
def test_the_slug_is_the_files_name(path: str, slug: str) -> None:
    assert source("title: x\ndate: 2026-01-01", path).meta.slug == slug


def test_a_slug_of_ones_own_is_kept_and_composed() -> None:
    assert source("title: x\ndate: 2026-01-01\nslug: My_Post.v2").meta.slug == "My_Post.v2"
    decomposed = 'title: x\ndate: 2026-01-01\nslug: "a\\u0301"'
    assert source(decomposed).meta.slug == "\u00e1"


def test_a_date_in_the_files_name_serves_when_there_is_no_other() -> None:
    path = "posts/2018-08-22-a.md"
    assert source("title: x", path).meta.published == "2018-08-22T00:00:00+02:00"
    assert source("title: x\ndate: 2019-01-01", path).meta.published.startswith("2019")


def test_addresses_follow_the_pattern() -> None:
    meta, _ = read_meta("posts/a.md", "Title: x\nDate: 2026-03-01\n\n", DATED)
    assert meta is not None
    assert (meta.url, meta.output) == ("2026/03/a.html", "2026/03/a.html")


def test_static_pages_need_no_date() -> None:
    meta = source("title: About", "pages/info/about.md").meta
    assert (meta.kind, meta.url, meta.published, meta.updated) == ("page", "about/", "", "")
    dated = source("title: About\nupdated: 2026-03-02", "pages/about.md").meta
    assert dated.updated == "2026-03-02T00:00:00+01:00"
    assert source("title: Lost", "pages/404.md").meta.output == "404.html"


def test_a_static_page_may_lie_below_another() -> None:
    meta = source("title: x\nslug: help/writing", "pages/writing.md").meta
    assert (meta.url, meta.output) == ("help/writing/", "help/writing/index.html")
    for slug in ("/help", "help/", "help//writing", "../help", "help/wri?ing"):
        assert "cannot stand in an address" in findings(f"title: x\nslug: {slug}", "pages/a.md")[0]


def test_a_pinned_post_says_so_and_a_static_page_cannot_be() -> None:
    assert source("title: x\ndate: 2026-01-01\npinned: yes").pinned
    assert source("title: x\ndate: 2026-01-01\npin: true").pinned
    assert not source("title: x\ndate: 2026-01-01\npinned: false").pinned
    assert findings("title: x\npinned: true", "pages/a.md") == [
        (
            'content/pages/a.md:3:1: warning: "pinned" has no effect: a static page is on no list '
            "[key-unused]"
        )
    ]


def test_a_note_has_no_title_and_says_so() -> None:
    assert source("note: true\ndate: 2026-01-01", "posts/notes/a.md").meta.title == ""
    missing = 'content/posts/notes/a.md:1: no title: add "title: A title", or "note: true" if'
    assert findings("date: 2026-01-01", "posts/notes/a.md")[0].startswith(missing)
    assert "note" not in findings("note: true", "pages/a.md")[0]


@pytest.mark.parametrize(
    ("front", "status"),
    [
        ("draft: true", "draft"),
        ("draft: false", "published"),
        ("status: draft", "draft"),
        ("status: Hidden", "hidden"),
        ("hidden: yes", "hidden"),
        ("published: false", "draft"),
        ("published: true", "published"),
    ],
)
def test_status(front: str, status: str) -> None:
    assert source(f"title: x\ndate: 2026-01-01\n{front}").meta.status == status


def test_a_draft_may_be_unfinished() -> None:
    assert findings("draft: true") == []


def test_updated() -> None:
    base = "title: x\ndate: 2026-03-02 12:00\n"
    same = "2026-03-02T12:00:00+01:00"
    assert source(base).meta.updated == same
    assert source(base + "updated: 2026-03-02").meta.updated == same
    assert source(base + "modified: 2026-03-03 09:00").meta.updated == "2026-03-03T09:00:00+01:00"
    assert source(base + "updated: 2026-02-01").meta.updated == same
    assert "updated is before date" in findings(base + "updated: 2026-02-01")[0]


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("[a, b]", ("a", "b")),
        ("a, b b,, c", ("a", "b b", "c")),
        ("a; b, c", ("a", "b, c")),
        ("solo", ("solo",)),
        ("", ()),
        ("[Über, 日本]", ("Über", "日本")),
        ("[New York]", ("New York",)),
        ("New York", ("New", "York")),
        ("a b a", ("a", "b")),
        ("New York,", ("New York",)),
        (">\n  new\n  york", ("new", "york")),
    ],
)
def test_tags(written: str, tags: tuple[str, ...]) -> None:
    assert source(f"title: x\ndate: 2026-01-01\ntags: {written}").meta.tags == tags


def test_blanks_part_tags_where_jekyll_says_so_and_it_is_told() -> None:
    post = "title: x\ndate: 2026-01-01\n"
    assert findings(post + "tags: New York") == [
        (
            "content/posts/a.md:4:7: warning: read as 2 tags: write tags: [New, York] to say so "
            "everywhere, or tags: [New York] if it is one [tag-blanks]"
        )
    ]
    assert source(post + "tag: New York").meta.tags == ("New York",)
    assert findings(post + "tag: New York") == []
    toml = '+++\ntitle = "x"\ndate = 2026-01-01\ntags = "New York"\n+++\n'
    assert [str(f).split(" [")[-1] for f in read_meta("posts/a.md", toml, RULES)[1]] == [
        "tag-blanks]"
    ]
    meta, found = read_meta("posts/a.md", "Title: x\nDate: 2026-01-01\nTags: New York\n\n", RULES)
    assert meta is not None
    assert (meta.tags, found) == (("New York",), [])


def test_names_are_as_long_and_as_many_as_lists_show() -> None:
    assert (LONGEST_NAME, MOST_TAGS) == (_LONGEST_NAME, _MOST_TAGS)
    front = f"title: x\ndate: 2026-01-01\nseries: {'s' * 100}\ntags: {[*range(49), 't' * 100]}"
    assert findings(front) == []


def test_a_tag_twice_in_one_post_is_told() -> None:
    front = "title: x\ndate: 2026-01-01\ntags: [Wrens, wrens, fog]"
    assert findings(front) == [
        (
            "content/posts/a.md:4:7: warning: the tags 'Wrens' and 'wrens' are the same: "
            "remove one [tag-twice]"
        )
    ]
    assert source(front).meta.tags == ("Wrens", "fog")


def test_what_only_the_page_shows() -> None:
    page = source(
        "title: x\ndate: 2026-01-01\nsummary: Two\n  lines\nimage: ../images/a.png\nlang: de\n"
        "authors: [Ada, Bob, Ada]\nlink: https://x.example/?a=1\ntemplate: wide.html\n"
        "redirect_from: [/old/]\nenclosure: {url: talk.mp3}"
    )
    assert (page.summary, page.language, page.authors) == ("Two lines", "de", ("Ada", "Bob"))
    assert (page.image_source, page.enclosure_source) == ("images/a.png", "posts/talk.mp3")
    assert page.enclosure is not None
    assert (page.enclosure.type, page.enclosure.length) == ("audio/mpeg", 0)
    assert (page.link, page.template) == ("https://x.example/?a=1", "wide")
    assert page.meta.redirect_from == ("/old/",)
    assert page.meta.links == ("images/a.png", "posts/talk.mp3")


@pytest.mark.parametrize(
    ("front", "line", "message"),
    [
        ("title: x", 1, 'no date: add a line such as "date: 2026-11-24 09:30"'),
        ("title: x\ndate: soon", 3, "unreadable date: 'soon' is not a date"),
        ("date: 2026-01-01", 1, "no title"),
        ("title:\ndate: 2026-01-01", 2, "no title"),
        ("title: x: y\ndate: 2026-01-01", 2, "not YAML"),
        ("title: x\ndate: 2026-01-01\nslug: a/b", 4, "cannot stand in an address"),
        ("title: x\ndate: 2026-01-01\nid: 17", 4, "is no identifier"),
        ("title: x\ndate: 2026-01-01\nseries: a\nposition: two", 5, "should be a whole number"),
        (f"title: x\ndate: 2026-01-01\nseries: {'s' * 101}", 4, "may have 100 characters, not 101"),
        (f"title: x\ndate: 2026-01-01\ntags: [a, {'t' * 101}]", 4, "100 characters, not 101"),
        (f"title: x\ndate: 2026-01-01\ntags: {[*range(51)]}", 4, "may have 50 tags, not 51"),
        ("title: x\ndate: 2026-01-01\ndraft: maybe", 4, "should be true or false"),
        ("title: x\ndate: 2026-01-01\nstatus: secret", 4, "should be published, hidden or draft"),
        ("title: x\ndate: 2026-01-01\nlink: x.example", 4, "should be a whole address"),
        ("title: x\ndate: 2026-01-01\nlink: http://[", 4, "should be a whole address"),
        ("title: x\ndate: 2026-01-01\nlang: en_US", 4, "lang should be like"),
        ("title: x\ndate: 2026-01-01\nenclosure: [a.mp3]", 4, "has a url, and elsewhere"),
        ("title: x\ndate: 2026-01-01\nenclosure: /a.mp3", 4, "length, in bytes, is missing"),
        ("title: x\ndate: 2026-01-01\nenclosure: a.zip", 4, "length, in bytes, is missing"),
        (
            "title: x\ndate: 2026-01-01\nenclosure: {url: https://a.example/a.mp3}",
            4,
            "length, in bytes, is missing",
        ),
        ("title: x\ndate: 2026-01-01\nupdated: a\nmodified: b", 5, "says again what line 4 says"),
        ("title: [x]\ndate: 2026-01-01", 2, "should be one text"),
        ("title: x\ndate: 2026-01-01\ntags: {a: b}", 4, "should be a list"),
        ("title: x\ndate: 2026-01-01\nimage: ../../../x.png", 4, "leads out of the content"),
        ("title: x\ndate: 2026-01-01\nredirect_from: old/", 4, "should begin with a slash"),
        ("title: x\ndate: 2026-01-01\nredirect_from: /feed.xml", 4, "belongs to the lists"),
        ("title: x\ndate: 2026-01-01\nredirect_from: /tags", 4, "belongs to the lists"),
        ("title: x\ndate: 2026-01-01\nredirect_from: /index.html", 4, "belongs to the lists"),
        (f"title: x\ndate: 2026-01-01\nredirect_from: /{'é' * 256}", 4, "keeps 512 bytes"),
        ("title: x\ndate: 2026-01-01\ntemplate: ../x", 4, "is no template's name"),
        ('title: "a\\x07b"\ndate: 2026-01-01', 2, '"title" has a control character'),
        ('title: x\ndate: 2026-01-01\ntags: [a, "\\x00"]', 4, "has a control character"),
        ("title: x\ndate: 2026-01-01\ntemplate: home", 4, "is a template of lists"),
    ],
)
def test_errors_name_the_line_and_nothing_is_published(front: str, line: int, message: str) -> None:
    meta, found = read_meta("posts/a.md", f"---\n{front}\n---\n", RULES)
    errors = [f for f in found if f.severity == "error"]
    assert meta is None
    assert errors[0].line == line, errors
    assert message in errors[0].message
    assert errors[0].path == "content/posts/a.md"


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("tittle: y", 'the key "tittle" is not known; is "title" meant?'),
        ("zzz: y", 'the key "zzz" is not known and has no effect'),
        ("category: y", '"category" has no effect'),
        ("position: 2", "a position without a series"),
        ("permalink: /a/", '"redirect_from" leads there from an old one'),
        ("aliases: [/a/]", '"aliases" is not known; "redirect_from" has whole paths'),
        ("redirect_to: /a/", "a line of redirects.txt leads an address elsewhere"),
        ("summary: Ranked #1", "is a comment to YAML, and lost"),
    ],
)
def test_warnings_do_not_stop_anything(front: str, message: str) -> None:
    meta, found = read_meta("posts/a.md", f"---\ntitle: x\ndate: 2026-01-01\n{front}\n---\n", RULES)
    assert meta is not None
    assert [(f.severity, f.line) for f in found] == [("warning", 4)]
    assert message in found[0].message


def test_a_title_that_is_a_list_is_not_missing_too() -> None:
    _, found = read_meta("posts/a.md", "---\ntitle: [One]\ndate: 2026-01-01\n---\n", RULES)
    assert [f.code for f in found] == ["value-wrong"]


def test_a_source_without_front_matter() -> None:
    meta, found = read_meta("posts/a.md", "Just text.\n", RULES)
    assert meta is None
    assert found == [
        Finding("content/posts/a.md", 1, "front-matter-missing", found[0].message, column=1)
    ]
    assert "no front matter" in found[0].message


def test_links_have_their_lines() -> None:
    text = (
        "---\ntitle: x\nimage: i.png\ndate: 2026-01-01\n---\n\n"
        "A [b](b.md)\nand [c]({filename}/pages/c.md).\n"
    )
    assert [(link.target, link.line) for link in source_links("posts/a.md", text)] == [
        ("posts/i.png", 3),
        ("posts/b.md", 7),
        ("pages/c.md", 8),
    ]


def test_kinds() -> None:
    assert kind_of("posts/a/b.md") == "post"
    assert kind_of("pages/a.md") == "page"
    assert kind_of("posts/a.png") is None
    assert kind_of("a.md") is None


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("posts/", "no {slug}"),
        ("{slug.__class__}/", "no {slug}"),
        ("{slug!r}/", "conversions"),
        ("{slug}/{date:%B}/", "with %Y, %m, %d or %j"),
        ("{slug}/{title}/", "slug and date only"),
        ("{slug}", 'end with "/" or ".html"'),
        ("a//{slug}/", "an empty part"),
        ("../{slug}/", "dots"),
        ("{slug", "not a pattern"),
    ],
)
def test_patterns_that_cannot_be_meant(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|slug|date|part|end") as caught:
        URLPattern(pattern)
    assert why in str(caught.value)
