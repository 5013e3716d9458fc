"""Lists in HTML: what each kind of page shows, and what holds for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import html5lib
import msgspec
import pytest
from jinja2 import TemplateError
from lxml import html as lxml_html
from tests.browser.sample_site import FRAGMENTS, documents, listings
from tests.browser.samples import make, site, templates, theme

from edgefeed.contract import key_to_path
from edgefeed.lists import Theme
from edgefeed.model import Entry, Fragment, Kind, Listing, Rejected

Post = tuple[Entry, Fragment]
INLINE = "//script[not(@src or @type)]"
PAGES = {one.key: one.body for one in documents() if one.key.endswith(".html")}


def render(listing: Listing, *posts: Post) -> Any:
    """The one HTML document of a unit, as a tree."""
    (document,) = theme().list_documents(listing, {entry.fragment: frag for entry, frag in posts})
    return lxml_html.document_fromstring(document.body)


def home(*posts: Post, **more: Any) -> Listing:
    entries = tuple(entry for entry, _ in posts)
    return Listing(unit="", kind=Kind.HOME, entries=entries, total=len(entries), **more)


def tag(title: str, *posts: Post, **more: Any) -> Listing:
    entries = tuple(entry for entry, _ in posts)
    settings = {"unit": "tags/x", "kind": Kind.TAG, "front": "tags/x", "front_kind": Kind.TAG}
    return Listing(**(settings | {"title": title, "entries": entries, **more}))  # type: ignore[arg-type]


def words(node: Any) -> str:
    return " ".join(node.text_content().split())


def one(tree: Any, path: str) -> Any:
    (node,) = tree.xpath(path)
    return node


def plain(slug: str = "a", title: str = "A title", **more: Any) -> Post:
    return make(slug, title, "2026-11-24T09:30:00+01:00", "<p>All of it.</p>", **more)


# --- every page ------------------------------------------------------------------------------


def test_there_are_pages_of_every_kind() -> None:
    assert {listing.kind for listing in listings()} > {Kind.HOME, Kind.PAGE, Kind.YEAR, Kind.SERIES}
    assert len(PAGES) == len(listings()) - 1  # a shard of the search is no page


@pytest.mark.parametrize("key", PAGES)
def test_every_list_is_strictly_valid_html_with_the_marks_of_a_page(key: str) -> None:
    html5lib.HTMLParser(strict=True).parse(PAGES[key].decode())
    tree = lxml_html.document_fromstring(PAGES[key])
    path = key_to_path(key)
    assert tree.get("lang") == "en"
    assert one(tree, "//link[@rel='canonical']").get("href") == site().absolute(path)
    assert one(tree, "//meta[@property='og:url']").get("content") == site().absolute(path)
    assert len(tree.xpath("//h1")) == len(tree.xpath("//main")) == len(tree.xpath("//title")) == 1
    assert tree.xpath("//body/*")[0].get("href") == "#main"
    assert not tree.xpath(f"{INLINE} | //style | //@style | //*[@href=''] | //iframe")
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert PAGES[key].endswith(b"</html>\n")


@pytest.mark.parametrize("key", PAGES)
def test_line_29_every_list_announces_the_sites_three_feeds_last(key: str) -> None:
    tree = lxml_html.document_fromstring(PAGES[key])
    feeds = tree.xpath("//link[@rel='alternate']/@href")
    assert feeds[-3:] == ["/feed.xml", "/atom.xml", "/feed.json"]


@pytest.mark.parametrize("kind", [Kind.TAG, Kind.PAGE])
def test_line_29_a_tags_page_announces_the_tags_feeds_first_on_older_pages_too(kind: Kind) -> None:
    unit = "tags/x" if kind is Kind.TAG else "tags/x/page/2"
    tree = render(tag("X & Y", plain(), kind=kind, unit=unit, number=2), plain())
    feeds = tree.xpath("//link[@rel='alternate']")
    assert [feed.get("href") for feed in feeds[:3]] == [
        "/tags/x/feed.xml", "/tags/x/atom.xml", "/tags/x/feed.json",
    ]  # fmt: skip
    assert [feed.get("type") for feed in feeds[:3]] == [
        "application/rss+xml", "application/atom+xml", "application/feed+json",
    ]  # fmt: skip
    assert feeds[0].get("title") == "Sula: X & Y (RSS)"
    assert words(one(tree, "//p[@class='follow']")).endswith("RSS · Atom · JSON Feed")


def test_the_menu_marks_where_the_reader_is() -> None:
    tree = lxml_html.document_fromstring(PAGES["lists/tags/index.html"])
    assert tree.xpath("//nav//a[@aria-current='page']/@href") == ["/tags/"]


def test_the_same_input_gives_the_same_bytes() -> None:
    again = Theme(templates(), site())
    for listing in listings():
        assert again.list_documents(listing, FRAGMENTS) == theme().list_documents(
            listing, FRAGMENTS
        )


def test_a_theme_may_call_whatever_jinja_lets_it_call() -> None:
    macros = "{% macro b(x) %}<b>{{ x }}{{ caller() }}</b>{% endmacro %}"
    page = (
        "{% from 'macros.html' import b %}"
        "{% macro i(x, y='&') %}<i>{{ x }}{{ y }}</i>{% endmacro %}"
        "{% for item in items %}{% set n = loop.cycle('x', 'y') %}"
        "{% call b(item.label) %}{{ i(n) }}{% endcall %}{{ _('{x}').format(x='<') }}{% endfor %}"
        "{% block main %}{% for x in '<' %}{{ i(x, y=x) }}{% endfor %}{% endblock %}"
    )
    made = Theme({"macros.html": macros, "tag.html": page}, site())
    posts = plain(), plain("b", "O&")
    fragments = {entry.fragment: fragment for entry, fragment in posts}
    (document,) = made.list_documents(tag("X", *posts), fragments)
    assert document.body.decode() == (
        "<b>A title<i>x&amp;</i></b>&lt;<b>O&amp;<i>y&amp;</i></b>&lt;<i>&lt;&lt;</i>\n"
    )


def test_a_wrong_template_is_an_error_and_not_a_gap() -> None:
    broken = Theme({**templates(), "home.html": "{{ nobody_gives_this }}"}, site())
    with pytest.raises(TemplateError):
        broken.list_documents(home(), {})


# --- home ------------------------------------------------------------------------------------


def test_home_shows_fewer_posts_than_its_feeds_and_links_to_older_ones() -> None:
    posts = [plain(f"p{n}") for n in range(20)]
    tree = render(home(*posts, older="page/4"), *posts)
    assert len(tree.xpath("//article")) == site().home_size == 10
    assert one(tree, "//nav[@aria-label='Pages']/a").get("href") == "/page/4/"


def test_a_pinned_post_stands_first_on_home_once_and_says_so() -> None:
    old = plain("old", "Read this first", pinned=True)
    new = [plain(f"p{n}", f"Post {n}", pinned=n == 1) for n in range(3)]
    pinned = (new[1][0], old[0])
    tree = render(home(*new, pinned=pinned), *new, old)
    assert [words(node) for node in tree.xpath("//h2")] == [
        "Post 1", "Read this first", "Post 0", "Post 2",
    ]  # fmt: skip
    marked = tree.xpath("//article[.//span[@class='pinned']]//h2")
    assert [words(node) for node in marked] == ["Post 1", "Read this first"]
    assert words(one(tree, "(//span[@class='pinned'])[1]")) == "Pinned"


def test_an_older_page_shows_a_pinned_post_in_its_place_without_a_mark() -> None:
    posts = plain("a", pinned=True), plain("b")
    page = Listing(unit="page/1", kind=Kind.PAGE, number=1, entries=tuple(e for e, _ in posts))
    tree = render(page, *posts)
    assert len(tree.xpath("//h2")) == 2
    assert not tree.xpath("//span[@class='pinned']")


def test_an_excerpt_says_read_more_with_a_label_of_its_own() -> None:
    post = plain(excerpt="<p>The beginning.</p>", more=True)
    tree = render(home(post), post)
    assert words(one(tree, "//article//div")) == "The beginning."
    link = one(tree, "//p[@class='more']/a")
    assert words(link) == "Read more: A title"
    assert link.get("href") == "/posts/a/"


def test_a_short_post_is_shown_whole_and_does_not_promise_more() -> None:
    tree = render(home(plain()), plain())
    assert words(one(tree, "//div[contains(@class, 'e-content')]")) == "All of it."
    assert not tree.xpath("//p[@class='more']")


def test_an_untitled_note_is_named_by_its_date_which_leads_to_it() -> None:
    note = plain("n", "", summary="All of it.")
    tree = render(home(note), note)
    assert words(one(tree, "//article//h2[@class='vh']")) == "Note, 24 November 2026"
    assert not tree.xpath("//article//*[contains(@class, 'p-name')]")
    assert one(tree, "//article//a[@class='u-url']").get("href") == "/posts/n/"


def test_a_link_post_leads_to_its_target_with_a_permalink_beside() -> None:
    post = plain(link="https://www.example.org:8443/a?b=1&c=2")
    tree = render(home(post), post)
    title = one(tree, "//h2/a")
    assert title.get("href") == "https://www.example.org:8443/a?b=1&c=2"
    assert words(one(tree, "//h2/span")) == "example.org"
    assert one(tree, "//a[@class='u-url']").get("href") == "/posts/a/"


def test_a_post_in_another_language_says_so_and_reads_in_its_direction() -> None:
    posts = [plain("he", language="he"), plain("en")]
    articles = render(home(*posts), *posts).xpath("//article")
    assert [(a.get("lang"), a.get("dir")) for a in articles] == [("he", "rtl"), (None, None)]


def test_an_empty_site_has_a_friendly_home() -> None:
    tree = render(home())
    assert "Nothing has been published here yet" in words(tree)


def test_pages_of_home_turn_both_ways() -> None:
    page = Listing(unit="page/2", kind=Kind.PAGE, number=2, older="page/1", newer="page/3")
    tree = render(page)
    assert tree.xpath("//nav[@aria-label='Pages']/a/@href") == ["/page/1/", "/page/3/"]
    assert words(one(tree, "//h1")) == "Posts, page 2"


# --- the other lists -------------------------------------------------------------------------


def test_a_tags_page_lists_date_title_and_summary() -> None:
    post = plain(summary="What it says.")
    tree = render(tag("X", post, total=1), post)
    assert words(one(tree, "//ol/li")) == "24 Nov 2026 A title What it says."
    assert "1 post" in words(one(tree, "//header[@class='title']"))


def test_a_note_in_a_list_is_named_by_its_first_words() -> None:
    note = plain("n", "", summary="word " * 50)
    tree = render(tag("X", note), note)
    label = words(one(tree, "//ol//a"))
    assert label.startswith("word word")
    assert label.endswith("word…")
    assert len(label) <= 91


def test_an_emptied_tag_keeps_a_friendly_page() -> None:
    assert "No post carries this tag any more" in words(render(tag("Gone")))


def test_a_series_keeps_its_own_numbers_and_gaps_in_reading_order() -> None:
    posts = [plain(f"p{n}", f"Part {n}", series="S", position=n) for n in (1, 2, 5)]
    last = plain("p9", "Unnumbered", series="S")
    parts = tuple(entry for entry, _ in [*posts, last])
    listing = Listing(
        unit="series/s", kind=Kind.SERIES, title="S", front_kind=Kind.SERIES, total=4,
        parts=parts, entries=parts[::-1],
    )  # fmt: skip
    items = render(listing, *posts, last).xpath("//ol[@class='parts']/li")
    assert [item.get("value") for item in items] == ["1", "2", "5", None]
    assert [words(item.find("a")) for item in items] == ["Part 1", "Part 2", "Part 5", "Unnumbered"]


def test_a_series_longer_than_its_feed_needs_no_fragment_of_the_parts_outside_it() -> None:
    posts = [plain(f"p{n}", summary="Told.", series="S", position=n) for n in range(1, 4)]
    parts = tuple(entry for entry, _ in posts)
    listing = Listing(
        unit="series/s", kind=Kind.SERIES, title="S", parts=parts, entries=parts[1:], total=3
    )
    assert theme().fragments(listing) == tuple(entry.fragment for entry in parts[1:])
    tree = render(listing, *posts[1:])
    assert "Told." not in words(tree)
    assert len(tree.xpath("//ol[@class='parts']/li")) == 3


def test_a_year_goes_month_by_month_even_where_offsets_interleave_two_months() -> None:
    dates = ["11-02T00:00:00+00:00", "11-01T01:00:00+14:00", "10-31T12:00:00+00:00",
             "11-01T00:30:00+14:00", "10-01T00:00:00+00:00"]  # fmt: skip
    posts = [make(f"y{n}", f"T{n}", f"2026-{date}", "") for n, date in enumerate(dates)]
    year = Listing(
        unit="archive/2026", kind=Kind.YEAR, title="2026", entries=tuple(e for e, _ in posts)
    )
    tree = render(year)  # no fragment is asked for
    assert [words(node) for node in tree.xpath("//h2")] == ["November", "October"]
    assert [words(node) for node in tree.xpath("//section[1]//li")] == ["2 T0", "1 T1", "1 T3"]


def test_overviews_count() -> None:
    tree = lxml_html.document_fromstring(PAGES["lists/archive/index.html"])
    assert [words(li) for li in tree.xpath("//main//li")] == ["2026 128 posts", "2025 1 post"]
    tree = lxml_html.document_fromstring(PAGES["lists/tags/index.html"])
    assert "/tags/v%C3%B6gel/" in tree.xpath("//main//li/a/@href")


def test_problems_are_told_to_the_owner() -> None:
    problems = (Rejected("pages/x.html", "no date", "2026-01-01T00:00:00Z"),)
    (document,) = theme().list_documents(
        Listing(unit="problems", kind=Kind.PROBLEMS, problems=problems), {}
    )
    assert document.key == "state/problems.json"
    assert msgspec.json.decode(document.body) == {
        "problems": [{"key": "pages/x.html", "reason": "no date", "since": "2026-01-01T00:00:00Z"}]
    }


def test_a_missing_fragment_is_an_error() -> None:
    with pytest.raises(KeyError):
        theme().list_documents(home(plain()), {})


# --- hostile input ---------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "../../state",
    "' onmouseover='alert(1)",
    "a & b &amp; c",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("make_listing", [home, lambda *posts: tag(HOSTILE[1], *posts)])
def test_hostile_titles_and_tags_stay_text(text: str, make_listing: Callable[..., Listing]) -> None:
    post = plain(title=text, tags=(text,), series=text, summary=text)
    listing = make_listing(post)
    (document,) = theme().list_documents(listing, {post[0].fragment: post[1]})
    html5lib.HTMLParser(strict=True).parse(document.body.decode())
    tree = lxml_html.document_fromstring(document.body)
    assert not tree.xpath(f"{INLINE} | //main//img | //@onerror | //@onmouseover")
    assert text in [words(node) for node in tree.xpath("//*[contains(@class, 'p-name')]")]
    links = tree.xpath("//main//a/@href")
    assert all(re.fullmatch(r"/[\w/.%-]*", link) and ".." not in link for link in links)
