"""`make screenshots`, on the sample site."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from .chromium import SCHEMES, WIDTHS
from .likeness import LOOKS, difference, draw_small, load, pages_of, reference, save
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


@pytest.mark.browser
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_looks_as_it_did_when_someone_last_looked(
    browser: Browser, sample_site: str, tmp_path: Path, look: tuple[int, str]
) -> None:
    write(tmp_path)
    now, before = draw_small(browser, sample_site, pages_of(tmp_path), look), load(look)
    assert now.keys() == before.keys()
    unlike = {name: why for name in now if (why := difference(now[name], before[name]))}
    if unlike:
        save(now, tmp_path / "now")
    assert not unlike, (
        f"compare {tmp_path / 'now'} with {reference(look)}; if it pleases, draw that anew: "
        "python -m tests.browser.likeness"
    )


BROKEN = (
    ".series { display: none; }",
    ".masthead { display: block !important; }",
    ".table { overflow: visible; }",
    ".tags { display: block; }",
    "figure { display: none; }",
    ":root { --soft: red; }",
)


@pytest.mark.browser
def test_a_broken_layout_is_seen_and_a_finer_edge_of_letters_is_not(
    browser: Browser, sample_site: str
) -> None:
    look, pages = LOOKS[0], [("post", "/posts/constant-time/")]
    before = load(look)["post"]

    def seen(style: str) -> str:
        return difference(draw_small(browser, sample_site, pages, look, style)["post"], before)

    assert [style for style in BROKEN if not seen(style)] == []
    assert not seen("body { letter-spacing: .002em; }")


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
