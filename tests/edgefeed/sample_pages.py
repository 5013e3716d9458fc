"""A few pages, as a deploy would upload them, for tests that run the whole function."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.edgefeed.strategies import SITE as FULL
from tests.edgefeed.strategies import describe, page

from edgefeed.contract import Site, key_to_path, quote_path
from edgefeed.laptop.directory import build_directory
from sula.site.theme import read_theme

ROOT = Path(__file__).parents[2]
THEME = read_theme(ROOT / "theme")
SITE: Site = msgspec.structs.replace(
    FULL, hub="", icon="icon.svg", assets=dict(THEME.assets), page_size=2, feed_size=2,
    home_size=2, renderer="sample", revision=1,
)  # fmt: skip


def key_of(name: str) -> str:
    """The object key of a post."""
    return f"pages/posts/{name}/index.html"


def post(name: str, day: int = 1, title: str = "", tags: tuple[str, ...] = ("Birds",)) -> bytes:
    """A post of a day in November 2026."""
    path = quote_path(key_to_path(key_of(name)))
    description = describe(
        path, url=SITE.url + path, headline=title or f"On {name}", keywords=list(tags),
        datePublished=f"2026-11-{day:02}T09:30:00+01:00",
    )  # fmt: skip
    return page(description, f'<p>All about <a href="/about/">{name}</a>.</p>')


def static(path: str, title: str) -> bytes:
    """A static page."""
    block = {"@context": "https://schema.org", "@type": "WebPage", "name": title}
    return page({**block, "url": SITE.absolute(path)})


BROKEN = page('{"@type": "BlogPosting", "headline": "No date, no address"}')


def from_scratch(pages: dict[str, bytes], folder: Path) -> dict[str, bytes]:
    """What every object under ``lists/`` must be: edgefeed in this process, on plain files."""
    for key, body in pages.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    build_directory(folder, SITE, ROOT / "theme/templates")
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "lists").rglob("*"))
        if path.is_file()
    }
    assert len(found) > 4
    return found
