"""`make screenshots`, on the sample site."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .chromium import SCHEMES, WIDTHS
from .sample_site import write
from .screenshots import draw, found


def test_each_kind_of_page_is_found_once(tmp_path: Path) -> None:
    write(tmp_path)
    pages = dict(found(tmp_path))
    assert pages["home"] == "/"
    assert pages["post"] == "/posts/constant-time/"  # the longest
    assert pages["note"] == "/posts/note-gannets/"
    assert pages["error"] == "/404.html"
    assert {"older", "tag", "tags", "series", "archive", "year", "about"} <= set(pages)


@pytest.mark.browser
def test_a_page_is_drawn_at_every_width_in_every_scheme(
    browser: Browser, sample_site: str, tmp_path: Path
) -> None:
    count = draw(browser, sample_site, [("tags", "/tags/")], tmp_path)
    drawings = {path.name for path in tmp_path.iterdir()}
    assert count == len(drawings) == len(WIDTHS) * len(SCHEMES)
    assert "tags-360-dark.png" in drawings
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
