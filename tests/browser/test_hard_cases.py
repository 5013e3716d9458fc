"""What authors write and themes forget: words without an end, HTML of their own, no description."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from edgefeed.contract import Link, series_path, tag_path
from edgefeed.lists import Theme
from edgefeed.model import Count, Kind, Listing
from sula.markdown.parser import convert
from sula.model import Reference, SeriesPart

from .chromium import serve
from .samples import Sample, make, render_post, site, templates, theme_assets

pytestmark = pytest.mark.browser

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
ADDRESS = f"https://a-long-name.of-a-host.somewhere.example.org/{'path' * 40}?{'query' * 40}"
CELLS = "".join(f"<td>column {n}</td>" for n in range(20))
FORMULA = " + ".join(f"a_{{{n}}}" for n in range(30))
TEXT = convert(
    f"""{WORD * 3} {ADDRESS} `{WORD}` ${FORMULA}$

## {WORD}

- {WORD}
  - {WORD}

> {WORD}

| a | b |
|---|---|
| {WORD} | {WORD} |

{WORD}
:   {WORD}

```sh
echo a command that just about fills it
```

<table><tr>{CELLS}</tr></table>

<svg viewBox="0 0 2000 20" width="2000" height="20"></svg>

<details><summary>Folded</summary><p id="folded">Unfolded.</p></details>

A note.[^1]

[^1]: {WORD}
""",
    path="posts/a.md",
    targets={},
).html
LISTS = Theme(templates(), site(title=WORD, description=""))
ENTRIES = dict(
    make(
        f"post-{n}", f"{title} {n}", f"2026-11-2{n}T10:00:00+01:00", TEXT, tags=(WORD,),
        series=WORD, position=n, summary=f"{WORD} {ADDRESS}", link=ADDRESS if n == 2 else "",
    )
    for n, title in enumerate((WORD, ADDRESS, WORD))
)  # fmt: skip


def listings() -> Iterator[Listing]:
    entries, total = tuple(ENTRIES), len(ENTRIES)
    tag, series = tag_path(WORD), series_path(WORD)
    yield Listing(unit="", kind=Kind.HOME, entries=entries, total=total)
    for path, kind in ((tag, Kind.TAG), (series, Kind.SERIES)):
        yield Listing(
            unit=path.strip("/"), kind=kind, title=WORD, front_kind=kind, entries=entries,
            parts=entries, total=total,
        )  # fmt: skip
    yield Listing(unit="tags", kind=Kind.TAGS, counts=(Count(WORD, tag, 3),))
    yield Listing(unit="archive/2026", kind=Kind.YEAR, title="2026", entries=entries, total=total)


def post() -> Sample:
    parts = tuple(SeriesPart(WORD, f"/posts/{n}/", n, n == 1) for n in (1, 2))
    return Sample(
        url="/posts/post-1/", title=WORD, content=TEXT, tags=(WORD, ADDRESS), series=WORD,
        position=1, series_parts=parts, link=ADDRESS, previous=Reference(WORD, "/posts/0/"),
        next=Reference(ADDRESS, "/posts/2/"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The address of a site of such posts, and the paths of its pages."""
    folder = tmp_path_factory.mktemp("hard")
    fragments = {entry.fragment: fragment for entry, fragment in ENTRIES.items()}
    made = [one for listing in listings() for one in LISTS.list_documents(listing, fragments)]
    files = {one.key.removeprefix("lists/"): one.body for one in made}
    owner = site(menu=(Link(WORD, "/"),), footer=WORD)
    files["posts/post-1/index.html"] = render_post(post(), owner).encode()
    for name, body in (files | dict(theme_assets().values())).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(body)
    pages = [f"/{name.removesuffix('index.html')}" for name in files if name[-5:] == ".html"]
    assert len(pages) == 6
    with serve(folder) as address:
        yield address, pages


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_that_an_author_writes_widens_a_page(
    browser: Browser, hard: tuple[str, list[str]], width: int
) -> None:
    address, pages = hard
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for path in pages:
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        # A table scrolls, and does not break its words to bits instead.
        page.goto(address + "/posts/post-1/")
        cell = page.locator(".table td").first
        assert cell.evaluate("e => e.offsetWidth > 400")


def test_the_keyboard_reaches_what_scrolls_and_nothing_else(
    page: Page, hard: tuple[str, list[str]]
) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    for path in hard[1]:
        page.goto(hard[0] + path)
        found = Axe().run(page, options={"runOnly": ["scrollable-region-focusable"]})
        assert found.response["violations"] == [], path
    scrolling = page.locator(".prose :is(table, p)[tabindex]")
    assert page.url.endswith("/posts/post-1/")
    assert scrolling.evaluate_all("all => all.map((e) => e.localName)") == ["p", "table"]


def test_where_nothing_hovers_the_copy_button_covers_no_code(
    browser: Browser, hard: tuple[str, list[str]]
) -> None:
    with browser.new_context(
        viewport={"width": 320, "height": 800}, has_touch=True, is_mobile=True
    ) as context:
        page = context.new_page()
        page.goto(hard[0] + "/posts/post-1/")
        button = page.locator(".copy").first.bounding_box()
        code = page.locator(".highlight code").first.bounding_box()
        assert button is not None
        assert code is not None
        assert button["y"] + button["height"] <= code["y"]


def test_print_shows_what_is_folded_and_all_of_a_table(
    page: Page, hard: tuple[str, list[str]]
) -> None:
    page.goto(hard[0] + "/posts/post-1/")
    visible = "document.querySelector('#folded').checkVisibility({ contentVisibilityAuto: true })"
    assert not page.evaluate(visible)
    page.emulate_media(media="print")
    page.wait_for_function(visible)  # what is folded opens when the page is drawn next
    for what in (".table", "p:has(> math)", "body table:not(.table > *)"):
        style = f"getComputedStyle(document.querySelector('{what}')).overflowX"
        assert page.evaluate(style) == "visible", what


def test_a_site_without_a_description_begins_with_its_posts(
    page: Page, hard: tuple[str, list[str]]
) -> None:
    page.goto(hard[0] + "/")
    first = page.locator(".h-feed > :first-child")
    assert "h-entry" in (first.get_attribute("class") or "")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()
