"""This site at the local edge, in a real browser: every kind of page, both schemes, both widths.

One browser, one site, and each page loaded once for each scheme and width: whatever can be
measured of it is measured then, under the template's own headers.
"""

from __future__ import annotations

import re
import shutil
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from sula.markdown.parser import convert

from . import nu
from .chromium import SCHEMES, SHIFTS, WIDTHS, serve
from .edge import published
from .samples import Sample, render_post, theme_assets
from .screenshots import found

pytestmark = pytest.mark.browser

POST_BUDGET = 14_000
POST_REQUESTS = 3
HOME_BUDGET = 30_000
RULES = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str
    pages: dict[str, str]

    def html(self, path: str) -> str:
        file = self.folder / (path.strip("/") + ("/index.html" if path.endswith("/") else ""))
        return file.read_text("utf-8")


@dataclass
class Seen:
    """What was noticed of a page."""

    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    size: int = 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with published(tmp_path_factory.mktemp("edge")) as (address, folder):
        pages = {name: path for name, path in found(folder) if not path.endswith(".xml")}
        assert {
            "home", "older", "post", "pictures", "note", "link", "tag", "tags", "series", "archive",
            "year", "search", "found", "about", "subscribe", "error",
        } <= pages.keys()  # fmt: skip
        yield Site(folder, address, pages)


def watch(page: Page) -> Seen:
    seen = Seen()
    page.on("console", lambda message: seen.said.append(message.text))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))
    return seen


@pytest.mark.parametrize(("width", "scheme"), [*product(WIDTHS, SCHEMES)])
def test_no_kind_of_page_has_a_barrier_a_shift_a_message_or_a_stranger(
    browser: Browser, site: Site, width: int, scheme: str
) -> None:
    problems = []
    with browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    ) as context:
        context.add_init_script(SHIFTS)
        page = context.new_page()
        seen = watch(page)
        for name, path in site.pages.items():
            page.goto(site.address + path)
            if name == "found":
                page.locator(".lines li").first.wait_for()
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append(f"{name}: wider than {width}")
            problems += [f"{name}: shifts by {one}" for one in page.evaluate("window.shifted")]
            for violation in Axe().run(page, options=RULES).response["violations"]:
                nodes = [node["html"][:120] for node in violation["nodes"][:3]]
                problems.append(f"{name}: {violation['id']}: {nodes}")
    assert problems == []
    assert seen.said == []
    assert len(seen.asked) > len(site.pages)
    assert [url for url in seen.asked if not url.startswith(site.address)] == []


def wire(url: str) -> int:
    """The bytes of a response's body, compressed as the edge sends it."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip", url
        return len(answer.read())


def test_posts_and_home_stay_under_their_budgets(browser: Browser, site: Site) -> None:
    texts = [
        f"/posts/{path.parent.name}/"
        for path in site.folder.glob("posts/*/index.html")
        if "<img" not in path.read_text("utf-8")
    ]
    assert len(texts) > 15
    with browser.new_context() as context:
        page = context.new_page()
        sent: list[int] = []
        page.on("requestfinished", lambda one: sent.append(one.sizes()["responseBodySize"]))
        longest = max(texts, key=lambda path: len(site.html(path)))
        page.goto(site.address + longest, wait_until="networkidle")
        assert len(sent) <= POST_REQUESTS
        shared = sum(sent) - wire(site.address + longest)
        assert shared > 0
        for path in texts:
            assert wire(site.address + quote(path)) + shared <= POST_BUDGET, path
        sent.clear()
        with browser.new_context() as fresh:  # which has kept nothing
            home = fresh.new_page()
            home.on("requestfinished", lambda one: sent.append(one.sizes()["responseBodySize"]))
            home.goto(site.address + "/", wait_until="networkidle")
            assert home.locator(".h-feed > .h-entry").count() == 10
            assert sum(sent) <= HOME_BUDGET


REACHABLE = "a[href], button, input, summary, audio, video, [tabindex='0']"
WHERE = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const all = [...document.querySelectorAll(REACHABLE)];
  return {
    place: all.indexOf(at),
    name: at.outerHTML.slice(0, 100),
    seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}""".replace("REACHABLE", f'"{REACHABLE}"')


@pytest.mark.parametrize("kind", ["home", "pictures", "series", "found"])
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    browser: Browser, site: Site, kind: str
) -> None:
    with browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        page.goto(site.address + site.pages[kind], wait_until="networkidle")
        due = page.evaluate(
            f"""[...document.querySelectorAll("{REACHABLE}")]
            .flatMap((e, i) => e.checkVisibility({{ visibilityProperty: true }}) ? [i] : [])"""
        )
        reached = []
        for _ in due:
            page.keyboard.press("Tab")
            where = page.evaluate(WHERE)
            assert where["seen"], where
            assert where["ring"], where
            reached.append(where["place"])
        assert reached == due


def test_the_switch_is_remembered_without_a_flash(browser: Browser, site: Site) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with browser.new_context(color_scheme="light") as context:
        page = context.new_page()
        page.goto(site.address + "/")
        light = page.evaluate(ground)
        switch = page.get_by_role("button", name="Dark colours")
        assert switch.get_attribute("aria-pressed") == "false"
        switch.focus()
        page.keyboard.press("Enter")
        dark = page.evaluate(ground)
        assert dark != light
        # The script stands before the style sheet and blocks: nothing is drawn before it ran.
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { window.early = "
            "document.documentElement.dataset.scheme; }, { capture: true })"
        )
        page.goto(site.address + site.pages["post"])
        assert page.evaluate("window.early") == "dark"
        assert page.evaluate(ground) == dark
        page.get_by_role("button", name="Dark colours").click()
        assert page.evaluate("localStorage.length") == 0
        assert page.evaluate(ground) == light


def test_code_is_copied_and_a_footnote_read_in_place(browser: Browser, site: Site) -> None:
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(site.address + "/posts/dialect/")
        block = page.locator(".highlight").first
        button = block.get_by_role("button", name="Copy")
        button.focus()
        page.keyboard.press("Enter")
        block.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == block.locator("pre").text_content()
        link = page.locator(".footnote-ref a").first
        link.focus()
        page.keyboard.press("Enter")
        card = page.get_by_role("dialog", name="Footnote 1")
        note = page.locator(".footnotes li").first.text_content() or ""
        assert (card.locator(".text").text_content() or "").strip() == note.rstrip(
            " ↩\ufe0e\n"
        ).strip()
        page.keyboard.press("Escape")
        card.wait_for(state="detached")
        assert link.evaluate("e => e === document.activeElement")


def test_without_scripts_all_text_is_there_and_the_search_says_what_to_do(
    browser: Browser, site: Site
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site.address + site.pages["search"])
        assert "site:sula.example" in page.locator("noscript").inner_text()
        page.goto(site.address + "/posts/dialect/")
        page.locator(".footnote-ref a").first.click()
        assert page.url.endswith("#fn1")
        assert not page.locator(".scheme").is_visible()


def test_the_search_finds_marks_shares_and_obeys_the_keyboard(browser: Browser, site: Site) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        seen = watch(page)
        page.goto(site.address + "/search/?q=UBER")
        page.get_by_text("2 posts found").wait_for()
        assert page.locator(".lines mark").first.text_content() == "Über"
        field = page.get_by_role("searchbox")
        field.fill("push becomes")
        page.get_by_text("4 posts found").wait_for()
        assert page.url.endswith("?q=push+becomes")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.locator(".lines a").nth(1).evaluate("e => e === document.activeElement")
        page.keyboard.press("/")
        assert field.evaluate("e => e === document.activeElement")
        field.fill("edgefede")  # a slip of the fingers
        page.locator(".lines mark", has_text="edgefeed").first.wait_for()
        field.fill("nothing like this")
        page.get_by_text("Nothing found.").wait_for()
        assert page.locator(".lines li").count() == 0
        page.route("**/search/0/*.json", lambda route: route.abort())
        page.goto(site.address + "/search/?q=push")
        page.get_by_text("could not be carried out").wait_for()
        assert [url for url in seen.asked if not url.startswith(site.address)] == []


EMBEDS = {
    "https://youtu.be/aBcDeFgHiJk": "https://www.youtube-nocookie.com/embed/aBcDeFgHiJk?autoplay=1",
    "https://vimeo.com/123456789": "https://player.vimeo.com/video/123456789?dnt=1&autoplay=1",
    "https://social.example/@ann/112233445566778899": (
        "https://social.example/@ann/112233445566778899/embed"
    ),
    "https://gist.github.com/ann/0123456789abcdef0123": (
        "https://gist.github.com/ann/0123456789abcdef0123.pibb"
    ),
    "https://codepen.io/ann/pen/abcdef": ("https://codepen.io/ann/embed/abcdef?default-tab=result"),
}


def test_an_embed_asks_nobody_before_the_click(browser: Browser, tmp_path: Path) -> None:
    text = convert("\n\n".join(EMBEDS), path="posts/a.md", targets={}).html
    (tmp_path / "index.html").write_text(render_post(Sample(content=text)), "utf-8")
    for name, body in theme_assets().values():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    with serve(tmp_path) as address, browser.new_context() as context:
        page = context.new_page()
        page.route(
            re.compile("https:"),
            lambda route: route.fulfill(body="<p>It is here.", content_type="text/html"),
        )
        seen = watch(page)
        page.goto(address, wait_until="networkidle")
        assert all(url.startswith(address) for url in seen.asked)
        cards = page.locator(".embed")
        assert cards.count() == len(EMBEDS)
        for number, (link, frame) in enumerate(EMBEDS.items()):
            card = cards.nth(number)
            assert card.get_by_role("link").get_attribute("href") == link
            name = card.get_by_role("link").inner_text()
            card.get_by_role("link").focus()
            page.keyboard.press("Enter")
            card.frame_locator("iframe").get_by_text("It is here.").wait_for()
            assert seen.asked[-1] == frame
            assert card.locator("iframe").get_attribute("title") == name
        assert seen.said == []


def test_the_nu_checker_has_nothing_to_say(site: Site) -> None:
    if not shutil.which("java") or not nu.JAR.exists():
        pytest.skip("needs Java, and npm's vnu-jar, which make dev fetches where there is Java")
    paths = {path.partition("?")[0] for path in site.pages.values()}
    files = [site.folder / (p[1:] + "index.html" * p.endswith("/")) for p in paths]
    assert len(files) > 12
    assert all(file.is_file() for file in files)
    assert nu.complaints(files) == []
