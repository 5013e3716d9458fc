from __future__ import annotations

import mimetypes

import pytest

from edgefeed.contract import FEED_FORMATS, LISTS, PAGES
from sula.local.served import cache_control, content_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("a.JSON", "application/json"),
        ("feed.xml", "application/xml"),  # of an author's own: feeds are lists
        ("theme/style.0123456789.css", "text/css; charset=utf-8"),
        ("talk.m4a", "audio/mp4"),
        ("a.png", "image/png"),
        ("font.ttf", "font/ttf"),
        ("sources.tar.gz", "application/gzip"),
        ("a.svgz", "application/octet-stream"),  # who reads it is not told that it is packed
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_a_page_has_the_type_that_its_name_says(name: str, expected: str) -> None:
    assert content_type(PAGES + name) == expected


def test_no_machine_has_types_of_its_own() -> None:
    mimetypes.add_type("text/of-this-machine", ".odd")
    try:
        assert content_type(PAGES + "a.odd") == "application/octet-stream"
    finally:
        mimetypes.init()


def test_a_list_has_the_type_that_edgefeed_gives_it() -> None:
    for feed in FEED_FORMATS.values():
        assert content_type(f"{LISTS}tags/a/{feed.file}") == f"{feed.type}; charset=utf-8"
    assert content_type("lists/tags/index.html") == content_type("pages/index.html")
    assert content_type("lists/sitemap.xml") == "application/xml"
    assert content_type("lists/search/0/1.json") == "application/json"


def test_only_what_is_fingerprinted_is_kept_for_ever() -> None:
    assert "immutable" in cache_control("pages/theme/style.0123456789.css")
    assert "max-age=86400" in cache_control("pages/a.png")
    assert cache_control("pages/a.html") == cache_control("lists/feed.xml")
