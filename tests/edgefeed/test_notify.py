from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.edgefeed.posts import SITE
from tests.serving import serving

from edgefeed.aws import CloudFrontNotifier
from edgefeed.contract import key_to_path, slugify
from edgefeed.notify import MOST_PATHS, changed_feeds, changed_paths
from edgefeed.store import Unavailable
from edgefeed.units import document_keys, page_unit

names = st.text(min_size=1, max_size=8).map(slugify)
fronts = st.one_of(st.just(""), names.map("tags/{}".format), names.map("series/{}".format))
units = st.one_of(
    fronts,
    st.builds(page_unit, fronts, st.integers(1, 99)),
    st.sampled_from(["tags", "archive", "archive/2026", "sitemap.xml", "sitemap/1.xml"]),
)


@given(st.sets(units, max_size=40))
def test_every_changed_path_is_covered_by_few(changed: set[str]) -> None:
    keys = {key for unit in changed for key in document_keys(unit)}
    paths = changed_paths(keys)
    assert len(paths) <= MOST_PATHS
    assert list(paths) == sorted(set(paths))
    assert all(path.isascii() for path in paths)
    for key in keys:
        path = key_to_path(key)
        # CloudFront keeps a page under the address that the edge function rewrites it to.
        for asked in {path, path + "index.html" if path.endswith("/") else path}:
            assert any(
                asked.startswith(unquote(known)[:-1])
                if known.endswith("*")
                else asked == unquote(known)
                for known in paths
            )


def test_few_paths_are_named_one_by_one() -> None:
    assert changed_paths(["lists/tags/é/index.html", "lists/sitemap/1.xml"]) == (
        "/sitemap/1.xml",
        "/tags/%C3%A9/",
        "/tags/%C3%A9/index.html",
    )


def test_a_new_post_with_three_tags_takes_no_more_than_ten() -> None:
    changed = ["", "page/7", "tags", "archive", "archive/2026", "sitemap/1.xml"]
    for tag in ("a", "b", "c"):
        changed += [f"tags/{tag}", f"tags/{tag}/page/4"]
    paths = changed_paths(key for unit in changed for key in document_keys(unit))
    assert paths == (
        "/", "/archive/*", "/atom.xml", "/feed.json", "/feed.xml", "/index.html", "/page/*",
        "/sitemap*", "/tags/*",
    )  # fmt: skip
    assert not any(fnmatchcase("/posts/hello/", path) for path in paths)


def test_private_objects_have_no_path() -> None:
    assert changed_paths(["state/problems.json"]) == ()


def test_the_hub_hears_of_feeds_but_not_of_archives() -> None:
    keys = [key for unit in ("", "page/2", "tags/page", "tags/page/page/1", "tags")
            for key in document_keys(unit)]  # fmt: skip
    assert changed_feeds(keys, SITE) == (
        "/atom.xml", "/feed.json", "/feed.xml",
        "/tags/page/atom.xml", "/tags/page/feed.json", "/tags/page/feed.xml",
    )  # fmt: skip


def test_the_hub_does_not_hear_of_feeds_that_were_done_away_with() -> None:
    site = msgspec.structs.replace(SITE, feed_formats=("atom", "json"), tag_feeds=False)
    keys = [key for unit in ("", "tags/a", "series/a") for key in document_keys(unit)]
    assert changed_feeds(keys, site) == (
        "/atom.xml", "/feed.json", "/series/a/atom.xml", "/series/a/feed.json",
    )  # fmt: skip


class Hub(BaseHTTPRequestHandler):
    heard: list[dict[str, list[str]]]
    status = 202

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.heard.append(parse_qs(body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub() -> Iterator[type[Hub]]:
    class Fresh(Hub):
        heard: list[dict[str, list[str]]] = []  # noqa: RUF012 - one for each test

    with serving(Fresh, HTTPServer) as url:
        Fresh.url = f"{url}/"  # type: ignore[attr-defined]
        yield Fresh


def test_a_ping_is_what_websub_says(hub: type[Hub]) -> None:
    CloudFrontNotifier("", hub.url).publish("https://example.org/feed.xml")  # type: ignore[attr-defined]
    assert hub.heard == [{"hub.mode": ["publish"], "hub.url": ["https://example.org/feed.xml"]}]


def test_a_hub_that_refuses_or_is_gone_is_unavailable(hub: type[Hub]) -> None:
    hub.status = 503
    with pytest.raises(Unavailable, match=r"example\.org"):
        CloudFrontNotifier("", hub.url).publish("https://example.org/feed.xml")  # type: ignore[attr-defined]
    with pytest.raises(Unavailable):
        CloudFrontNotifier("", "http://127.0.0.1:1/").publish("https://example.org/feed.xml")
