"""Whether pages look as they did when someone last looked: ``python -m tests.browser.likeness``.

A page is drawn whole and made small: four or eight pixels become one. What is compared is where
there is much ink and where there is little, so that another version of the browser, or other edges
of letters, are no difference, and a box that is gone or a table that breaks out is. The fonts are
named, because a line that breaks elsewhere moves all that follows.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Browser, sync_playwright

from .chromium import SCHEMES, WIDTHS, launch, serve
from .sample_site import write
from .screenshots import found

REFERENCE = Path(__file__).parent / "reference"
LOOKS = tuple(product(WIDTHS, SCHEMES))
FONTS = ':root { --serif: "DejaVu Serif"; --sans: "DejaVu Sans"; --mono: "DejaVu Sans Mono"; }'
_SCALE = {360: 4, 1280: 8}
_BLUR = 2
# Measured: hinting, subpixel positions and a 500th of an em between letters change nothing by 20
# levels of 256; the smallest of eight broken layouts changed 0.36 % of a page by so much.
_LEVELS = 20
_SHARE = 0.002
_HEIGHT = 0.02


def pages_of(folder: Path) -> list[tuple[str, str]]:
    """Every kind of page of a site, each page once."""
    names = {path: name for name, path in reversed([*found(folder)]) if path[-4:] != ".xml"}
    return [(name, path) for path, name in reversed(names.items())]


def draw_small(
    browser: Browser, address: str, pages: list[tuple[str, str]], look: tuple[int, str],
    style: str = "",
) -> dict[str, Image.Image]:  # fmt: skip
    """Each page, whole and small. ``style`` is a style sheet that comes last."""
    width, scheme = look
    drawn = {}
    with browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        bypass_csp=True,  # the fonts are named in a style element
    ) as context:
        page = context.new_page()
        for name, path in pages:
            page.goto(address + path)
            if name == "found":
                page.locator(".lines li").first.wait_for()
            page.add_style_tag(content=FONTS + style)
            image = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
            size = width // _SCALE[width], max(1, image.height // _SCALE[width])
            drawn[name] = image.resize(size, Image.Resampling.BOX)
    return drawn


def difference(one: Image.Image, other: Image.Image) -> str:
    """What differs, for a person to read; empty where nothing does that matters."""
    if abs(one.height - other.height) > _HEIGHT * max(one.height, other.height):
        return f"it was {other.height} high and is {one.height}"
    box = (0, 0, one.width, min(one.height, other.height))
    first, second = (i.crop(box).filter(ImageFilter.BoxBlur(_BLUR)) for i in (one, other))
    red, green, blue = ImageChops.difference(first, second).split()
    levels = ImageChops.lighter(ImageChops.lighter(red, green), blue).histogram()
    share = sum(levels[_LEVELS:]) / sum(levels)
    return f"{share:.1%} of it differs" if share > _SHARE else ""


def save(drawn: Mapping[str, Image.Image], folder: Path) -> None:
    """Keep pages, each in a file of its own, without any loss."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in drawn.items():
        image.save(folder / f"{name}.webp", lossless=True, quality=100, method=6)


def load(look: tuple[int, str]) -> dict[str, Image.Image]:
    """The pages as they were when `main` was last asked to keep them."""
    return {file.stem: Image.open(file).convert("RGB") for file in reference(look).iterdir()}


def reference(look: tuple[int, str]) -> Path:
    """Where the pages of a look are kept."""
    return REFERENCE / f"{look[0]}-{look[1]}"


def main() -> int:
    """Draw the sample site's pages anew."""
    shutil.rmtree(REFERENCE, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        write(Path(name))
        with serve(Path(name)) as address:
            browser = launch(playwright)
            for look in LOOKS:
                save(draw_small(browser, address, pages_of(Path(name)), look), reference(look))
            browser.close()
    sys.stdout.write(f"likeness: {REFERENCE} is drawn anew: look at it before it is kept\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
