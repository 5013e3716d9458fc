"""Which feeds are made is a setting, and lists, pages and files follow it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from tests.edgefeed.sample_pages import ROOT, SITE, key_of, post

from edgefeed.contract import FEED_FILES, FEED_FORMATS, Site
from edgefeed.laptop.directory import build_directory

SERIES = b'"isPartOf": {"@type": "CreativeWorkSeries", "name": "Nests"}, "headline"'


def write(folder: Path, site: Site) -> dict[str, bytes]:
    """Every list of three posts, written over what is there."""
    for day, name in enumerate(("a", "b", "c"), 1):
        path = folder / key_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(post(name, day).replace(b'"headline"', SERIES))
    build_directory(folder, site, ROOT / "theme/templates")
    lists = folder / "lists"
    return {
        path.relative_to(lists).as_posix(): path.read_bytes()
        for path in lists.rglob("*")
        if path.is_file()
    }


def with_feeds(*formats: str, tags: bool = True, series: bool = True) -> Site:
    return msgspec.structs.replace(
        SITE, feed_formats=formats, tag_feeds=tags, series_feeds=series, renderer=repr(formats)
    )


def folders(found: dict[str, bytes], name: str) -> set[str]:
    return {path.removesuffix(name) for path in found if path.endswith(name)}


EVERYWHERE = {
    "", "page/1/", "page/2/", "tags/birds/", "tags/birds/page/1/", "tags/birds/page/2/",
    "series/nests/", "series/nests/page/1/", "series/nests/page/2/",
}  # fmt: skip


def test_usually_every_list_has_every_format(tmp_path: Path) -> None:
    found = write(tmp_path, with_feeds(*FEED_FORMATS))
    assert [folders(found, name) for name in FEED_FILES] == [EVERYWHERE] * 3


@pytest.mark.parametrize("formats", [("rss",), ("atom",), ("json",), ("json", "rss")])
def test_only_the_formats_that_are_wanted_are_made_and_announced(
    tmp_path: Path, formats: tuple[str, ...]
) -> None:
    found = write(tmp_path, with_feeds(*formats))
    whole = write(tmp_path / "whole", with_feeds(*FEED_FORMATS))
    files = [FEED_FORMATS[name].file for name in formats]
    for name in FEED_FILES:
        assert folders(found, name) == (EVERYWHERE if name in files else set())
    for path in found:
        if path.endswith(FEED_FILES):
            assert found[path] == whole[path]
    announced = re.findall(r'rel="alternate"[^>]*href="([^"]+)"', found["index.html"].decode())
    assert announced == [f"/{file}" for file in files]
    tag = re.findall(r'rel="alternate"[^>]*href="([^"]+)"', found["tags/birds/index.html"].decode())
    assert tag == [*(f"/tags/birds/{file}" for file in files), *announced]


def test_tags_and_series_can_go_without(tmp_path: Path) -> None:
    found = write(tmp_path, with_feeds(*FEED_FORMATS, tags=False))
    assert not any("tags/" in folder for folder in folders(found, "feed.xml"))
    assert "series/nests/" in folders(found, "feed.xml")
    page = found["tags/birds/page/1/index.html"].decode()
    assert "/tags/birds/feed.xml" not in page
    assert "Follow this tag" not in page
    found = write(tmp_path, with_feeds(*FEED_FORMATS, series=False))
    assert not any("series/" in folder for folder in folders(found, "atom.xml"))
    assert "tags/birds/page/2/" in folders(found, "atom.xml")
    assert "Follow this series" not in found["series/nests/index.html"].decode()


def test_a_change_of_settings_ends_as_a_from_scratch_run(tmp_path: Path) -> None:
    settings = [
        with_feeds(*FEED_FORMATS), with_feeds("atom", tags=False), with_feeds("rss", series=False),
        with_feeds(*FEED_FORMATS),
    ]  # fmt: skip
    for number, site in enumerate(settings):
        assert write(tmp_path / "one", site) == write(tmp_path / str(number), site)
