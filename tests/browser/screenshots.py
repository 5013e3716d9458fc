"""Every kind of page of the real site, drawn by Chromium: ``make screenshots``.

Builds the site with ``sula build``, finds one page of each kind in what was built, and
draws it at two widths in both schemes into ``screenshots/``, and many of them into
``contact.png``, which is content/images/pages.png. `likeness` draws what CI compares.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from .chromium import CHROMIUM, SCHEMES, WIDTHS, launch, serve

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "screenshots"
SULA = Path(sys.executable).with_name("sula")
# The name of a drawing, and which built file it shows: the largest one that matches.
KINDS = (
    ("home", "index.html"),
    ("older", "page/*/index.html"),
    ("post", "posts/*/index.html"),
    ("tag", "tags/*/index.html"),
    ("tags", "tags/index.html"),
    ("series", "series/*/index.html"),
    ("archive", "archive/index.html"),
    ("search", "search/index.html"),
    ("year", "archive/*/index.html"),
    ("about", "about/index.html"),
    ("subscribe", "subscribe/index.html"),
    ("error", "404.html"),
    ("rss", "feed.xml"),
    ("atom", "atom.xml"),
)


def found(folder: Path) -> Iterator[tuple[str, str]]:
    """Each kind's name and the URL path of the page that stands for it."""
    for name, pattern in KINDS:
        files = sorted(folder.glob(pattern), key=lambda path: (path.stat().st_size, path))
        if files:
            yield name, "/" + files[-1].relative_to(folder).as_posix().removesuffix("index.html")
    if (folder / "search/0").is_dir():
        yield "found", "/search/?q=push"
    posts = sorted(folder.glob("posts/*/index.html"), key=lambda path: (path.stat().st_size, path))
    for name, mark in (("pictures", b"<img"), ("link", b"u-bookmark-of")):
        files = [path for path in posts if mark in path.read_bytes()]
        if files:
            yield name, f"/posts/{files[-1].parent.name}/"
    notes = [p for p in folder.glob("posts/*/index.html") if b"h-entry post note" in p.read_bytes()]
    if notes:
        yield "note", f"/posts/{min(notes).parent.name}/"


def draw(browser: Browser, address: str, pages: list[tuple[str, str]], target: Path) -> int:
    """Draw every page; gives the number of drawings."""
    count = 0
    for width, scheme in product(WIDTHS, SCHEMES):
        with browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        ) as context:
            page = context.new_page()
            for name, path in pages:
                page.goto(address + path)
                # Chromium cannot measure a document that is not HTML.
                whole = not path.endswith(".xml")
                file = target / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=file, full_page=whole)
                count += 1
    return count


def contact(target: Path) -> None:
    """Many kinds of pages on one picture, as on a telephone: what the documentation shows."""
    kinds = "home post series link note about tag tags archive year found error".split()
    (across, down), gap, half = (6, 2), 16, 2
    size = WIDTHS[0] // half, 680 // half
    whole = Image.new(
        "RGB", ((size[0] + gap) * across - gap, (size[1] + gap) * down - gap), "#7d868b"
    )
    for place, kind in enumerate(kinds):
        row, column = divmod(place, across)
        file = target / f"{kind}-{WIDTHS[0]}-{SCHEMES[(row + column) % 2]}.png"
        with Image.open(file) as opened:
            top = opened.convert("RGB").crop((0, 0, size[0] * half, size[1] * half))
        small = top.resize(size, Image.Resampling.LANCZOS)
        whole.paste(small, ((size[0] + gap) * column, (size[1] + gap) * row))
    whole.quantize(256, dither=Image.Dither.NONE).save(target / "contact.png", optimize=True)


def main() -> int:
    """Build, serve, draw. Exit status 2 when something that is needed is not there."""
    if not CHROMIUM.exists():
        sys.stderr.write(f"screenshots: no browser at {CHROMIUM}: install Debian's chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "site"
        built = subprocess.run([SULA, "build", folder], cwd=ROOT, check=False)
        if built.returncode:
            return built.returncode
        pages = list(found(folder))
        TARGET.mkdir(exist_ok=True)
        with serve(folder) as address, sync_playwright() as playwright:
            browser = launch(playwright)
            count = draw(browser, address, pages, TARGET)
            browser.close()
    contact(TARGET)
    sys.stdout.write(f"screenshots: {count} drawings of {len(pages)} kinds of page in {TARGET}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
