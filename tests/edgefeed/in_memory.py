"""The function with its real parts over a store in memory, and pages for it to read."""

from __future__ import annotations

import json
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import feedparser
import msgspec
from tests.example_site import EXAMPLE

from edgefeed.contract import Site, json_ld
from edgefeed.handler import Function
from edgefeed.laptop.directory import read_templates
from edgefeed.laptop.stores import MemoryStore
from edgefeed.lists import Theme
from edgefeed.page import read_page
from edgefeed.ports import Ports, Renderer
from edgefeed.store import Object, Unavailable

ROOT = Path(__file__).parents[2]
ASSETS = {f.name: f"theme/{f.stem}.0123456789{f.suffix}" for f in (ROOT / "theme/static").iterdir()}
SITE = msgspec.structs.replace(
    EXAMPLE,
    hub="https://hub.example.org/",
    assets=ASSETS,
    revision=1,
    renderer="one",
)


def page(
    name: str, title: str = "A title", *, minute: int = 0, tags: tuple[str, ...] = ()
) -> bytes:
    date = f"2026-11-24T10:{minute:02}:00+00:00"
    data = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}",
        "url": f"https://example.org/posts/{name}/",
        "headline": title,
        "datePublished": date,
        "dateModified": date,
        "keywords": list(tags),
        "description": "What it says.",
        "author": [{"@type": "Person", "name": "A. Author"}],
        "inLanguage": "en",
    }
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>'
        f'<script type="application/ld+json">{json_ld(data)}</script></head><body>'
        f'<article class="h-entry"><div class="e-content"><p>Body of {name}.</p></div></article>'
    ).encode()


def key(name: str) -> str:
    return f"pages/posts/{name}/index.html"


class Hearer:
    """A notifier that remembers, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.urls: list[str] = []
        self.references: list[str] = []
        self.edge_fails = 0
        self.hub_fails = 0
        self.refused = ""

    def invalidate(self, paths: Any, reference: str) -> None:
        self.references.append(reference)
        if self.edge_fails:
            self.edge_fails -= 1
            raise Unavailable("the edge is busy")
        self.paths += paths

    def publish(self, url: str) -> None:
        if self.hub_fails:
            self.hub_fails -= 1
            raise Unavailable("the hub is busy")
        if url == self.refused:
            raise Unavailable("the hub wants nothing of this feed")
        self.urls.append(url)


class World:
    """A store, a clock, an edge, and functions wired to them."""

    def __init__(self, site: Site = SITE, renderer: Renderer | None = None) -> None:
        self.store = MemoryStore(lambda: "2026-11-24T12:00:00Z")
        self.hearer = Hearer()
        self.now = 1_000.0
        self.tick = 0.0
        self.function = self.wire(site, renderer)

    def wire(self, site: Site, renderer: Renderer | None = None) -> Function:
        if renderer is None:
            renderer = Theme(read_templates(ROOT / "theme/templates"), site)
        self.ports = Ports(
            self.store,
            partial(read_page, site=site),
            renderer,
            self.hearer,
            self.clock,
            lambda _: None,
        )
        return Function(site, self.ports, most_time=60)

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def put(self, name: str, title: str = "A title", **options: Any) -> None:
        self.store.put(key(name), page(name, title, **options))

    def event(self, *keys: str, name: str = "m1") -> dict[str, Any]:
        records = [{"s3": {"object": {"key": k}}} for k in keys]
        return {"Records": [{"messageId": name, "body": json.dumps({"Records": records})}]}

    def send(self, *names: str, seconds: float = 60) -> dict[str, Any]:
        return self.function(self.event(*map(key, names)), "request", seconds)

    def text(self, name: str) -> str:
        found = self.store.get(name)
        assert found is not None, f"{name} is not there"
        return found.body.decode()

    def lists(self) -> dict[str, Object]:
        return {k: o for k, o in self.store.objects.items() if k.startswith("lists/")}

    def titles(self, feed: str = "lists/feed.xml") -> list[str]:
        return [entry.title for entry in feedparser.parse(self.text(feed)).entries]


DONE: dict[str, Any] = {"batchItemFailures": []}
