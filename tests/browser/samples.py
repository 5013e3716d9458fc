"""What it takes to render the theme's templates alone, without a build or a cloud.

Lists come from `edgefeed.lists`, posts from the page templates with plain data in the shape
that the renderer gives them. `sample_site` makes a small site of these.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edgefeed.contract import Link, Person, Site, template_filters, template_globals
from edgefeed.lists import Theme
from edgefeed.model import Entry, Fragment
from sula.markdown.parser import Heading
from sula.model import Reference, SeriesPart

ROOT = Path(__file__).parents[2]
THEME = ROOT / "theme"


@cache
def theme_assets() -> dict[str, tuple[str, bytes]]:
    """Each static file of the theme: its fingerprinted path and its bytes."""
    found = {}
    for path in sorted((THEME / "static").iterdir()):
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:10]
        found[path.name] = (f"theme/{path.stem}.{digest}{path.suffix}", body)
    return found


def site(**changes: Any) -> Site:
    settings: dict[str, Any] = {
        "id": "tag:sula.example,2026:site",
        "url": "https://sula.example",
        "title": "Sula",
        "description": "A blog that its author owns: push Markdown, and every page, feed and "
        "index is live.",
        "language": "en",
        "author": Person("The Sula founders"),
        "icon": "icon.svg",
        "menu": (
            Link("Home", "/"),
            Link("Archive", "/archive/"),
            Link("Tags", "/tags/"),
            Link("About", "/about/"),
            Link("Subscribe", "/subscribe/"),
        ),
        "social": (Link("Mastodon", "https://social.example/@sula"),),
        "assets": {name: path for name, (path, _) in theme_assets().items()},
    }
    return Site(**(settings | changes))


def templates() -> Mapping[str, str]:
    return {path.name: path.read_text("utf-8") for path in (THEME / "templates").glob("*.html")}


@cache
def theme() -> Theme:
    return Theme(templates(), site())


# --- posts -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    url: str
    type: str
    length: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the renderer hands to article.html and page.html as ``post``."""

    url: str = "/posts/sample/"
    id: str = "urn:uuid:6a0d2a1c-5a57-5a0e-9f0e-3f3e6b3f7a10"
    title: str = "A sample"
    published: str = "2026-11-24T09:30:00+01:00"
    updated: str = "2026-11-24T09:30:00+01:00"
    tags: Sequence[str] = ()
    description: str = "What the sample is about."
    authors: Sequence[Person] = (Person("The Sula founders"),)
    language: str = "en"
    image: str = ""
    preview: str = ""
    pinned: bool = False
    toc: Sequence[Heading] = ()
    series: str = ""
    position: int | None = None
    series_parts: Sequence[SeriesPart] = ()
    previous: Reference | None = None
    next: Reference | None = None
    link: str = ""
    enclosure: Enclosed | None = None
    words: int = 700
    reading_minutes: int = 4
    kind: str = "post"
    content: str = "<p>The text.</p>"
    canonical: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "canonical", site().absolute(self.url))


@cache
def usual_environment() -> Environment:
    return page_environment(site())


def page_environment(for_site: Site) -> Environment:
    """Jinja2 as the page renderer sets it up."""
    environment = Environment(
        loader=FileSystemLoader(THEME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(template_filters(for_site))
    environment.globals.update(template_globals(for_site))
    return environment


def render_post(post: Sample, for_site: Site | None = None) -> str:
    name = "article.html" if post.kind in {"post", "hidden"} else "page.html"
    environment = page_environment(for_site) if for_site else usual_environment()
    return environment.get_template(name).render(site=for_site or site(), post=post)


def make(
    slug: str, title: str, published: str, content: str, *, tags: tuple[str, ...] = (), **more: Any
) -> tuple[Entry, Fragment]:
    """An entry and its fragment. ``series``, ``position``, ``updated``, ``pinned`` go to it."""
    digest = hashlib.sha256(f"{slug}{title}{content}".encode()).hexdigest()[:32]
    entry = Entry(
        key=f"pages/posts/{slug}/index.html",
        id=f"urn:sample:{slug}",
        title=title,
        published=published,
        instant=int(datetime.fromisoformat(published).timestamp()),
        updated=more.pop("updated", published),
        tags=tags,
        series=more.pop("series", ""),
        position=more.pop("position", None),
        pinned=more.pop("pinned", False),
        fragment=digest,
        size=len(content) + 500,
    )
    return entry, Fragment(content=content, **({"summary": "", "language": "en"} | more))
