"""`make screenshots`, on the sample site."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from .chromium import SCHEMES, WIDTHS
from .sample_site import write
from .screenshots import REFERENCE, TILE, draw, found, sample_pages, sheet

# A mean difference in levels of grey, of 256.
TOLERANCE = 4.0


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


@pytest.mark.browser
def test_every_page_looks_as_it_did_when_someone_last_looked(
    browser: Browser, sample_site: str, tmp_path: Path
) -> None:
    """Beyond what another version of the browser or of a font may do to the edges of letters."""
    write(tmp_path)
    pages = sample_pages(tmp_path)
    now = sheet(browser, sample_site, pages)
    before = Image.open(REFERENCE).convert("RGB")
    assert before.size == now.size
    differing = []
    for column, row in product(range(len(pages)), range(len(WIDTHS) * len(SCHEMES))):
        left, top = TILE[0] * column, TILE[1] * row
        box = (left, top, left + TILE[0], top + TILE[1])
        change = ImageChops.difference(now.crop(box), before.crop(box)).convert("L")
        if max(ImageStat.Stat(change).mean) > TOLERANCE:
            differing.append((pages[column][0], list(product(WIDTHS, SCHEMES))[row]))
    if differing:
        now.save(tmp_path / "now.png")
    assert not differing, (
        f"compare {tmp_path / 'now.png'} with {REFERENCE}; if it pleases, draw that anew: "
        "python -m tests.browser.screenshots --reference"
    )


@pytest.mark.browser
@pytest.mark.parametrize(("name", "path"), [("home", "/"), ("post", "/posts/constant-time/")])
def test_a_screen_reader_meets_what_it_met_before(
    browser: Browser, sample_site: str, name: str, path: str
) -> None:
    """The accessibility tree, in the order in which it is read out."""
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        page.goto(sample_site + path)
        heard = page.locator("body").aria_snapshot() + "\n"
    kept = Path(__file__).parent / f"heard-{name}.yml"
    if os.environ.get("SULA_KEEP_HEARD"):
        kept.write_text(heard, "utf-8")
    assert heard == kept.read_text("utf-8"), (
        "keep it with SULA_KEEP_HEARD=1, if it is as it should be"
    )
