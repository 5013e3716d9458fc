"""The sample site in a real browser: it fits, stays at home, and works by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from edgefeed.contract import key_to_path

from .chromium import SCHEMES, SHIFTS, serve
from .sample_site import documents, posts, write
from .samples import ROOT, THEME, site

pytestmark = pytest.mark.browser

GAZETTE = ROOT / "themes/gazette"
PATHS = (
    *(path for one in documents() if (path := key_to_path(one.key)).endswith("/")),
    *(post.url for post in posts()),
)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own in a fresh context."""
    with browser.new_context() as context:
        yield context.new_page()


def size(width: int) -> ViewportSize:
    return {"width": width, "height": 800}


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_every_page_fits_the_console_is_silent_and_nobody_else_is_asked(
    page: Page, sample_site: str, width: int, scheme: str
) -> None:
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size(size(width))
    for path in PATHS:
        page.goto(sample_site + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert said == []
    assert len(asked) > len(PATHS)
    assert [url for url in asked if not url.startswith(sample_site)] == []


def test_the_schemes_differ(page: Page, sample_site: str) -> None:
    page.goto(sample_site)
    ground = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light


def test_the_keyboard_skips_to_the_text_and_shows_where_it_is(page: Page, sample_site: str) -> None:
    page.goto(sample_site + "/posts/constant-time/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")
    box = skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement)"
    assert page.evaluate(f"{style}.outlineStyle") == "solid"
    assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2


def test_the_measure_stays_readable(page: Page, sample_site: str) -> None:
    page.set_viewport_size(size(1920))
    page.goto(sample_site + "/posts/constant-time/")
    letters, height, line = page.evaluate(
        """() => {
            const long = (p) => p.innerText.length > 200;
            const p = [...document.querySelectorAll(".prose > p")].find(long);
            const line = parseFloat(getComputedStyle(p).lineHeight);
            return [p.innerText.length, p.getBoundingClientRect().height, line];
        }"""
    )
    per_line = letters / round(height / line)
    assert 50 <= per_line <= 80


def test_wide_code_and_wide_tables_scroll_inside_themselves(page: Page, sample_site: str) -> None:
    page.set_viewport_size(size(320))
    page.goto(sample_site + "/posts/constant-time/")
    for selector in ("pre", ".table"):
        assert page.evaluate(
            "s => [...document.querySelectorAll(s)].some(e => e.scrollWidth > e.clientWidth)",
            selector,
        ), selector


def test_a_page_that_arrives_in_pieces_does_not_jump(page: Page, tmp_path: Path) -> None:
    write(tmp_path)
    page.add_init_script(SHIFTS)
    page.set_viewport_size(size(1280))
    with serve(tmp_path, slowly=True) as address:
        for path in ("/about/", "/"):
            page.goto(address + path)
            page.wait_for_function("performance.getEntriesByType('paint').length")
            assert page.evaluate("window.shifted") == []


def test_right_to_left_everything_fits_and_code_stays_as_it_is(page: Page, tmp_path: Path) -> None:
    write(tmp_path, site(language="he"))
    page.set_viewport_size(size(320))
    with serve(tmp_path) as address:
        for path in (*PATHS[::3], "/posts/constant-time/", "/search/"):
            page.goto(address + path)
            assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.goto(address + "/posts/constant-time/")
        for what in ("pre", "code", "kbd", ".highlight"):
            style = f"getComputedStyle(document.querySelector('{what}')).direction"
            assert page.evaluate(style) == "ltr", what
        page.set_viewport_size(size(1280))
        # The parts of a line follow each other from the right, each dot before its part.
        first, second = (
            box
            for n in (0, 1)
            if (box := page.locator(".title .meta > *").nth(n).bounding_box()) is not None
        )
        assert first["x"] > second["x"]


def test_forced_colours_leave_every_control_an_outline(page: Page, sample_site: str) -> None:
    page.emulate_media(forced_colors="active")
    for path, controls in (("/search/", ("input", ".field button")),
                           ("/posts/constant-time/", ("pre", ".series", "details"))):  # fmt: skip
        page.goto(sample_site + path)
        for control in controls:
            style = f"getComputedStyle(document.querySelector('main {control}')).borderTopStyle"
            assert page.evaluate(style) == "solid", control


def test_print_leaves_the_frame_out(page: Page, sample_site: str) -> None:
    page.goto(sample_site + "/posts/constant-time/")
    page.emulate_media(media="print")
    assert not page.locator(".masthead nav").is_visible()
    assert not page.locator(".turn").is_visible()
    assert page.locator(".prose").is_visible()


def test_ornaments_are_seen_and_not_spoken(page: Page, sample_site: str) -> None:
    page.goto(sample_site + "/posts/constant-time/")
    for name in ("24 November 2026", "Design"):
        assert page.get_by_role("link", name=name, exact=True).count() == 1
    tag = "getComputedStyle(document.querySelector('.tags a'), '::before').content"
    assert page.evaluate(tag).startswith('"#"')


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_gazette_raises_no_barrier_and_fits(
    browser: Browser, sample_site: str, scheme: str
) -> None:
    style = (GAZETTE / "static/gazette.css").read_text("utf-8")
    with browser.new_context(
        viewport=size(360), color_scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    ) as context:
        page = context.new_page()
        for path in ("/", "/posts/constant-time/"):
            page.goto(sample_site + path)
            page.add_style_tag(content=style)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            found = Axe().run(page, options={"resultTypes": ["violations"]})
            assert [
                (v["id"], [n["html"][:100] for n in v["nodes"]])
                for v in found.response["violations"]
            ] == [], path


FEED = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/css" href="/feed.css"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>A feed</title><link>https://sula.example/</link><description>About it.</description>
<item><title>A post</title><guid isPermaLink="false">urn:x</guid>
<pubDate>Tue, 24 Nov 2026 09:30:00 +0100</pubDate><description>Its summary.</description></item>
<item><title>LONG</title><description>עברית 1.</description>
<content:encoded>&lt;p&gt;All of it.&lt;/p&gt;</content:encoded></item></channel></rss>
""".replace("LONG", "Schifffahrt" * 20)


def test_a_feed_opened_in_a_browser_is_readable(page: Page, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED, "utf-8")
    shutil.copy(THEME / "static/feed.css", tmp_path)
    with serve(tmp_path) as address:
        page.set_viewport_size(size(320))
        page.goto(address + "/feed.xml")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        # What is written from right to left is read so.
        word = page.get_by_text("עברית 1.", exact=True)
        assert word.evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
        for text in ("A feed", "About it.", "A post", "Its summary."):
            assert page.get_by_text(text, exact=True).is_visible(), text
        for text in ("urn:x", "<p>All of it.</p>"):
            assert not page.get_by_text(text, exact=True).is_visible(), text
