"""Page templates, without a browser: the contract they print, and what parsers make of it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import html5lib
import mf2py
import pytest
from lxml import html as lxml_html

from edgefeed.contract import Person
from sula.markdown.parser import Heading
from sula.model import Reference, SeriesPart

from .sample_site import documents, posts
from .samples import ROOT, THEME, Enclosed, Sample, render_post, site

BASE = "https://sula.example"
RENDERED = {post.url: render_post(post) for post in posts()}


def tree(text: str) -> Any:
    return lxml_html.document_fromstring(text)


def json_ld(text: str) -> dict[str, Any]:
    (block,) = tree(text).xpath("//head/script[@type='application/ld+json']")
    found: dict[str, Any] = json.loads(block.text)
    return found


def h_entry(post: Sample) -> dict[str, Any]:
    items = mf2py.parse(doc=render_post(post), url=BASE + post.url)["items"]
    (entry,) = [item for item in items if item["type"] == ["h-entry"]]
    properties: dict[str, Any] = entry["properties"]
    return properties


@pytest.mark.parametrize("url", RENDERED)
def test_every_page_is_strictly_valid_html_with_one_heading(url: str) -> None:
    html5lib.HTMLParser(strict=True).parse(RENDERED[url])
    page = tree(RENDERED[url])
    assert len(page.xpath("//h1")) == len(page.xpath("//main")) == 1
    assert page.xpath("//link[@rel='alternate']/@href") == ["/feed.xml", "/atom.xml", "/feed.json"]
    assert not page.xpath("//script[not(@src or @type='application/ld+json')] | //style | //@style")


def test_the_contract_of_a_full_post() -> None:
    post = Sample(
        url="/posts/über/",
        title="A title",
        updated="2026-12-01T08:00:00Z",
        tags=("Python", "C++"),
        authors=(Person("Ann", "ann@example.org", "https://ann.example/"), Person("Bo")),
        image="https://sula.example/a.png",
        series="How it works",
        position=2,
        link="https://example.org/",
        enclosure=Enclosed(url="https://sula.example/a.mp3", type="audio/mpeg", length=1234),
        words=512,
    )
    assert json_ld(render_post(post)) == {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": post.id,
        "url": "https://sula.example/posts/%C3%BCber/",
        "headline": "A title",
        "datePublished": post.published,
        "dateModified": "2026-12-01T08:00:00Z",
        "keywords": ["Python", "C++"],
        "description": post.description,
        "author": [
            {
                "@type": "Person",
                "name": "Ann",
                "email": "ann@example.org",
                "url": "https://ann.example/",
            },
            {"@type": "Person", "name": "Bo"},
        ],
        "inLanguage": "en",
        "image": "https://sula.example/a.png",
        "isPartOf": {
            "@type": "CreativeWorkSeries",
            "name": "How it works",
            "url": "https://sula.example/series/how-it-works/",
        },
        "position": 2,
        "sharedContent": {"@type": "WebPage", "url": "https://example.org/"},
        "associatedMedia": {
            "@type": "MediaObject",
            "contentUrl": "https://sula.example/a.mp3",
            "encodingFormat": "audio/mpeg",
            "contentSize": "1234",
        },
        "wordCount": 512,
    }


def test_the_contract_of_a_bare_note_leaves_out_what_it_lacks() -> None:
    found = json_ld(render_post(Sample(title="", authors=(), updated="", language="", words=0)))
    assert "headline" not in found
    assert found["author"] == [{"@type": "Person", "name": "The Sula founders"}]
    assert found["dateModified"] == found["datePublished"]
    assert found["keywords"] == []
    assert not {"image", "isPartOf", "position", "sharedContent", "wordCount"} & set(found)


def test_a_static_page_is_a_web_page_and_the_error_page_is_nothing() -> None:
    page = json_ld(render_post(Sample(kind="page", url="/about/", title="About", updated="")))
    assert page == {
        "@context": "https://schema.org", "@type": "WebPage",
        "url": "https://sula.example/about/", "name": "About",
    }  # fmt: skip
    error = tree(render_post(Sample(kind="error", url="/404.html", title="No such page")))
    assert not error.xpath("//script[@type] | //link[@rel='canonical']")
    assert error.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_a_hidden_post_joins_no_list_and_asks_not_to_be_found() -> None:
    page = tree(render_post(Sample(kind="hidden")))
    assert not page.xpath("//script[@type]")
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//article[contains(@class, 'h-entry')]")


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--", "]]>", "a&b", "\u2028\u2029"]
)
def test_nothing_breaks_out_of_the_block(text: str) -> None:
    post = Sample(title=text, description=text, tags=(text,), series=text, id=text)
    rendered = render_post(post)
    found = json_ld(rendered)
    assert found["headline"] == found["description"] == found["keywords"][0] == text
    (block,) = re.findall(r"<script type=.*?>(.*?)</script>", rendered, re.DOTALL)
    assert not set("<>&\u2028\u2029") & set(block)


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ((2, 3, 2, 3), {2: "", 3: "sub"}),
        ((3, 3, 4, 3, 3, 6), {3: ""}),
        ((1, 2, 4, 3), {}),
        ((4, 5, 4, 6), {}),
        ((), {}),
    ],
)
def test_the_list_of_contents(levels: tuple[int, ...], shown: dict[int, str]) -> None:
    toc = [Heading(level, f"h-{at}", f"Title {at}") for at, level in enumerate(levels)]
    lines = tree(render_post(Sample(toc=toc))).xpath("//details[@class='contents']//li")
    found = [(line.get("class", ""), line[0].get("href"), line[0].text) for line in lines]
    expected = [(shown[h.level], f"#{h.anchor}", h.text) for h in toc if h.level in shown]
    assert found == expected


def test_mf2py_reads_the_same_post() -> None:
    post = posts()[0]
    entry = h_entry(post)
    assert entry["name"] == [post.title]
    assert entry["url"] == [post.canonical]
    assert entry["uid"] == [post.id]
    # mf2py rewrites +01:00 to +0100.
    assert [datetime.fromisoformat(d) for d in (*entry["published"], *entry["updated"])] == [
        datetime.fromisoformat(d) for d in (post.published, post.updated)
    ]
    assert entry["category"] == list(post.tags)
    assert entry["author"][0]["properties"]["name"] == ["The Sula founders"]
    assert "A blog with a hundred thousand posts" in entry["summary"][0]
    assert "And the last words." in entry["content"][0]["value"]


def test_mf2py_finds_no_name_on_a_note_and_the_target_of_a_link() -> None:
    note, link = posts()[1:3]
    assert "name" not in h_entry(note)
    assert h_entry(link)["bookmark-of"] == [link.link]
    assert h_entry(link)["name"] == [link.title]


def test_related_tags_are_not_those_of_the_list() -> None:
    pages = {one.key: one.body.decode() for one in documents()}
    page = pages["lists/tags/design/index.html"]
    assert 'class="related"' in page
    feeds = [i for i in mf2py.parse(doc=page, url=BASE)["items"] if i["type"] == ["h-feed"]]
    assert [set(feed["properties"]) for feed in feeds] == [{"name"}]


@pytest.mark.parametrize(
    ("language", "locale"), [("en", []), ("pt-BR", ["pt_BR"]), ("zh-Hant-TW", []), ("es-419", [])]
)
def test_a_locale_is_a_language_and_a_territory(language: str, locale: list[str]) -> None:
    page = tree(render_post(Sample(language=language)))
    assert page.xpath("//meta[@property='og:locale']/@content") == locale


def test_a_series_box_keeps_gaps_and_marks_where_the_reader_is() -> None:
    (box,) = tree(RENDERED["/posts/constant-time/"]).xpath("//nav[@aria-label='Series']")
    assert " ".join(box.find("p").text_content().split()) == "Part 3 of 5 in How Sula works"
    assert box.xpath(".//li/@value") == ["1", "2", "3", "5"]
    assert box.xpath(".//*[@aria-current]/text()") == ["Push to live in constant time"]


def test_a_long_series_folds_its_list() -> None:
    parts = tuple(SeriesPart(f"P{n}", f"/posts/{n}/", n, n == 3) for n in range(1, 31))
    text = render_post(Sample(series="Long", position=3, series_parts=parts))
    assert tree(text).xpath("//details/summary/text()") == ["All 30 parts"]


def test_neighbours_are_encoded_and_an_untitled_one_has_a_name() -> None:
    post = Sample(previous=Reference("", "/posts/ü/"), next=Reference("<b>", "/posts/b/"))
    links = tree(render_post(post)).xpath("//nav[@aria-label='Posts before and after']/a")
    assert [(a.get("rel"), a.get("href"), a.text_content()) for a in links] == [
        ("prev", "/posts/%C3%BC/", "Earlier A note"),
        ("next", "/posts/b/", "Later <b>"),
    ]


def test_the_updated_date_shows_only_where_it_differs() -> None:
    assert "Updated" not in render_post(Sample())
    assert "Updated" in render_post(Sample(updated="2027-01-01T00:00:00Z"))


def test_a_hebrew_site_reads_from_right_to_left() -> None:
    page = tree(render_post(Sample(language="he"), site(language="he")))
    assert (page.get("lang"), page.get("dir")) == ("he", "rtl")
    assert not page.xpath("//article/@lang")


# --- the stylesheet --------------------------------------------------------------------------

STYLE = (THEME / "static/style.css").read_text("utf-8")


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


PAIRS = re.findall(r"([-\w]+): light-dark\((#\w+), (#\w+)\)", STYLE)
VARIABLES = {name: (light, dark) for name, light, dark in PAIRS if name.startswith("--")}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_has_contrast_on_paper_and_on_shade(scheme: int) -> None:
    assert len(PAIRS) > 15
    assert contrast(VARIABLES["--ink"][scheme], VARIABLES["--mark-ground"][scheme]) >= 4.5
    for ground in ("--paper", "--shade"):
        under = VARIABLES[ground][scheme]
        assert contrast(VARIABLES["--ink"][scheme], under) >= 7
        for name, *colours in PAIRS:
            if name not in {"--paper", "--shade", "--rule", "--mark-ground"}:
                assert contrast(colours[scheme], under) >= 4.5, (name, colours, ground)


def test_the_stylesheet_is_small_and_asks_for_nothing_else() -> None:
    assert len(STYLE.encode()) < 17_000
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert not re.search(r"(margin|padding|border)-(left|right)", STYLE)


def test_the_library_of_the_search_is_what_its_makers_publish() -> None:
    """In the theme with its license above it, as locked in requirements/node."""
    package = ROOT / ".venv/scan/node/node_modules/@leeoniya/ufuzzy"
    if not package.is_dir():
        pytest.skip("make check installs what requirements/node locks")
    ours = (THEME / "static/ufuzzy.js").read_text("utf-8")
    assert ours.endswith("*/\n" + (package / "dist/uFuzzy.iife.min.js").read_text("utf-8"))
    assert (package / "LICENSE").read_text("utf-8").strip() in ours


def test_the_icon_and_the_feeds_style_are_there() -> None:
    names = {path.name for path in Path(THEME / "static").iterdir()}
    assert names >= {"style.css", "feed.css", "icon.svg"}
