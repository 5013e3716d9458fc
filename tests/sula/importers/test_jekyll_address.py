"""Where Jekyll published a post: every placeholder and style of its permalinks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sula.importers.jekyll_address import page_url, post_url

DATE = datetime(2021, 1, 3, 4, 5, 6, tzinfo=UTC)
"""A Sunday, in the last week of the year before."""


@pytest.mark.parametrize(
    ("style", "url"),
    [
        ("date", "/birds/sea/2021/01/03/A-Title.html"),
        ("pretty", "/birds/sea/2021/01/03/A-Title/"),
        ("ordinal", "/birds/sea/2021/003/A-Title.html"),
        ("weekdate", "/birds/sea/2021/W53/Sun/A-Title.html"),
        ("none", "/birds/sea/A-Title.html"),
        ("/:year-:short_year/:month-:i_month/:day-:i_day/", "/2021-21/01-1/03-3/"),
        ("/:short_month-:long_month/:short_day-:long_day/", "/Jan-January/Sun-Sunday/"),
        ("/:hour:minute:second/:y_day/", "/040506/003/"),
        ("/:w_year/:week/:w_day/", "/2020/53/7/"),
        ("/:title/:slug/:name/", "/A-Title/a-title/a-name/"),
        ("/:collection/:path:output_ext", "/posts/A name.html"),
        ("/:title-x/:titles//", "/A-Title-x/A-Titles/"),
        ("/:slugified_categories/", "/birds/sea/"),
        ("/:year/:nobody/", ""),
    ],
)
def test_a_style_says_the_address(style: str, url: str) -> None:
    categories = ["Birds", "Sea", "birds"]
    found = post_url(style, slug="A Title", date=DATE, categories=categories, name="A name")
    assert found == url


def test_months_and_days_have_their_own_names() -> None:
    style = "/:long_month/:long_day/"
    found = [
        post_url(style, slug="x", date=datetime(2024, n, n, tzinfo=UTC), categories=[])
        for n in range(1, 13)
    ]
    assert found == [
        f"/{datetime(2024, n, n, tzinfo=UTC):%B}/{datetime(2024, n, n, tzinfo=UTC):%A}/"
        for n in range(1, 13)
    ]


def test_without_a_date_or_a_title_what_is_there_is_used() -> None:
    assert post_url("none", slug="!", date=None, categories=[], name="a") == "/!.html"
    assert post_url("/:title/", slug="?", date=None, categories=[], name="A b") == "/A-b/"
    assert post_url("/:name/", slug="A b", date=None, categories=[]) == "/a-b/"
    assert post_url("date", slug="x", date=None, categories=[]) == ""


@pytest.mark.parametrize(
    ("path", "style", "url"),
    [
        ("about.md", "", "/about.html"),
        ("docs/intro.md", "date", "/docs/intro.html"),
        ("docs/intro.md", "none", "/docs/intro.html"),
        ("docs/intro.md", "pretty", "/docs/intro/"),
        ("docs/intro.md", "/:year/:title/", "/docs/intro/"),
        ("docs/intro.md", "/:title:output_ext", "/docs/intro.html"),
        ("docs/intro.md", "/:title", "/docs/intro"),
        ("docs/index.html", "date", "/docs/"),
        ("index.md", "pretty", "/"),
    ],
)
def test_a_page_follows_the_style_of_posts(path: str, style: str, url: str) -> None:
    assert page_url(path, style) == url


def test_a_page_may_say_its_address() -> None:
    assert page_url("docs/intro.md", "pretty", "/help/:basename:output_ext") == "/help/intro.html"
    assert page_url("docs/intro.md", "pretty", "/a:b/") == "/a:b/"
