"""Hypothesis strategies: pages as a hostile author might write them, and what is read of them."""

from __future__ import annotations

import html
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from edgefeed.contract import Person, Site, json_ld
from edgefeed.fragments import fragment_digest
from edgefeed.model import Entry, Fragment, Kind, Listing, Observed, Post, Rejected
from edgefeed.page import FAULT, read_page

SITE = Site(
    id="tag:blog.example,2026:site",
    url="https://blog.example",
    title='Möwen & <Gänse> "zu zweit"',
    description="Birds, mostly.",
    language="en",
    author=Person("Ann Author", url="https://ann.example/"),
    icon="icon.png",
    hub="https://hub.example/",
    assets={"icon.png": "theme/icon.0123456789.png", "feed.css": "theme/feed.0123456789.css"},
)
MODIFIED = "2026-11-24T12:00:00Z"

AWKWARD = (
    "",
    "]]>",
    "<b>bold</b> & <script>alert(1)</script>",
    "&amp;lt; &#8; &nbsp;",
    "</script><script>alert(1)</script>",
    "a\u0008b\u0000c\ufffed",
    "\u202egpj.exe\u2066",
    "שלום, עולם",
    "日本語の題名はとても長い",
    "👩‍👩‍👧‍👦 e\u0301",
    "../../state",
    'quote " and \\ back',
    "tab\tnew\nline\r\nend",
    "C++",
    "C#",
    "\N{MATHEMATICAL FRAKTUR CAPITAL U}nicode",
)


def text(max_size: int = 60) -> st.SearchStrategy[str]:
    """Any text that JSON can carry, the awkward more often than chance would have it."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=max_size)
    return st.one_of(st.sampled_from(AWKWARD), anything)


def dates() -> st.SearchStrategy[str]:
    """RFC 3339 dates of any year that is accepted, any offset."""
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
    moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31), timezones=offsets)  # noqa: DTZ001 - hypothesis asks for naive bounds
    return moments.map(lambda moment: moment.replace(microsecond=0).isoformat())


def urls() -> st.SearchStrategy[str]:
    """What stands in ``href`` and ``src``: relative, absolute, foreign, hostile."""
    known = (
        "", "#", "#fn1", "a.png", "../b/", "/c?d=e&f=g", "//cdn.example/x", "?q", "./", ".",
        "https://other.example/ü", "http://[broken", "mailto:a@b.example", "javascript:alert(1)",
        " java\nscript:alert(1)", "data:text/html,x", "data:image/png;base64,AA==", "vbscript:x",
        "file:///etc/passwd", "https:", "a b.png", "%zz", "\\\\host\\share", "JAVASCRIPT:x",
        "blob:x",
    )  # fmt: skip
    return st.one_of(st.sampled_from(known), text(20))


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """The inside of an ``e-content``: proper and improper HTML."""
    tags = st.sampled_from(
        "p div a img b ul li table tr td pre code iframe script style form input svg math video"
        " picture source blockquote h2 br object embed template noscript details sup".split()
    )
    attributes = st.sampled_from(
        "href src srcset poster cite data class id style onclick title alt".split()
    )

    def element(inner: str) -> str:
        tag = draw(tags)
        given = "".join(
            f' {draw(attributes)}="{html.escape(draw(urls()))}"'
            for _ in range(draw(st.integers(0, 2)))
        )
        end = f"</{tag}>" if draw(st.booleans()) else ""
        return f"<{tag}{given}>{inner}{end}"

    parts = draw(st.lists(text(30), max_size=5))
    raw = [part if draw(st.booleans()) else html.escape(part) for part in parts]
    # A page that holds a NUL is refused.
    return "\n".join(element(part) for part in raw).replace("\0", "")


@st.composite
def descriptions(draw: st.DrawFn, path: str) -> dict[str, Any]:
    """JSON-LD as agreed, with any text in it."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": draw(st.uuids()).urn,
        "url": SITE.absolute(path),
        "headline": draw(text()),
        "datePublished": draw(dates()),
        "dateModified": draw(dates()),
        "keywords": draw(st.lists(text(20), max_size=4)),
        "description": draw(text(400)),
        "inLanguage": draw(st.sampled_from(["en", "de", "pt-BR", "", "x y"])),
        "author": [
            {"@type": "Person", "name": draw(text(20)), "email": draw(email), "url": draw(urls())}
            for _ in range(draw(st.integers(0, 2)))
        ],
    }
    if draw(st.booleans()):
        series = {"@type": "CreativeWorkSeries", "name": draw(text(20))}
        found |= {"isPartOf": series, "position": draw(st.integers(0, 9))}
    if draw(st.booleans()):
        found["image"] = draw(urls())
        found["creativeWorkStatus"] = draw(st.sampled_from(["Pinned", "Draft"]))
        found["sharedContent"] = {"@type": "WebPage", "url": draw(urls())}
    if draw(st.booleans()):
        found["associatedMedia"] = {
            "@type": "MediaObject",
            "contentUrl": draw(st.sampled_from(["https://cdn.example/a b.mp3", "/a.mp3"])),
            "encodingFormat": draw(st.sampled_from(["audio/mpeg", "nonsense"])),
            "contentSize": draw(st.sampled_from(["0", "123456789", "-1", "x"])),
        }
    return found


email = st.sampled_from(["", "a@b.example", "not an address", "<x@y>", "a\x81b@c.example"])


def page(description: dict[str, Any] | str, body: str = "<p>Text.</p>") -> bytes:
    """A page as a theme would make it. A description that is text is taken as it is."""
    block = description if isinstance(description, str) else json_ld(description)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>A page</title>\n'
        f'<script type="application/ld+json">\n{block}\n</script>\n</head>\n<body>\n<main>\n'
        f'<article class="h-entry">\n<div class="e-content prose">\n{body}\n</div>\n</article>\n'
        "</main>\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def describe(path: str = "/posts/a/", **changes: Any) -> dict[str, Any]:
    """A plain description; a change to None leaves a member out."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": f"urn:example:{path.strip('/')}",
        "url": SITE.absolute(path),
        "headline": "A title",
        "datePublished": "2026-11-24T09:30:00+01:00",
        "description": "What it is about.",
    } | changes
    return {name: value for name, value in found.items() if value is not None}


KEY = "pages/posts/a/index.html"


def observe(source: bytes, key: str = KEY) -> Observed:
    """What a page is to the lists."""
    found = read_page(key, source, site=SITE, modified=MODIFIED)
    assert not (isinstance(found, Rejected) and found.reason.startswith(FAULT)), found.reason
    return found


def read(path: str = "/posts/a/", body: str = "<p>Text.</p>", **changes: Any) -> Post:
    """The post at a path, read from a page as a theme would make it."""
    key = f"pages{path}index.html"
    found = observe(page(describe(path, **changes), body), key)
    assert isinstance(found, Post), found
    return found


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """A post as it was read from a page with any text, tags, dates and body."""
    number = draw(st.integers(0, 10**6))
    slug = draw(st.sampled_from(["a", "mit leer", "a+b", "100%", "ünï", "x&y"]))
    path = f"/posts/{slug}-{number}/"
    source = page(draw(descriptions(path)), draw(bodies()))
    found = observe(source, f"pages{path}index.html")
    assert isinstance(found, Post), found
    return found


def entries() -> st.SearchStrategy[Entry]:
    """Entries as the index keeps them."""
    return posts().map(lambda post: post.entry)


def fragments() -> st.SearchStrategy[Fragment]:
    """Fragments as they are stored."""
    return posts().map(lambda post: post.fragment)


def listing(*found: Post, **more: Any) -> Listing:
    """A home listing of posts, newest first."""
    rows = sorted((p.entry for p in found), key=lambda e: (e.instant, e.id), reverse=True)
    given: dict[str, Any] = {"unit": "", "kind": Kind.HOME, "entries": tuple(rows)}
    return Listing(**({"total": len(rows)} | given | more))


def by_digest(*found: Post) -> dict[str, Fragment]:
    """Fragments as `feed_documents` takes them."""
    return {fragment_digest(post.fragment): post.fragment for post in found}


def unique_posts(max_size: int = 6) -> st.SearchStrategy[list[Post]]:
    """Posts that could be in one index."""
    return st.lists(
        posts(), max_size=max_size, unique_by=(lambda p: p.entry.key, lambda p: p.entry.id)
    )
