"""After the write: which paths the edge must forget, which feeds the hub should know of. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edgefeed.contract import LISTS, Site, key_to_path, quote_path
from edgefeed.units import unit_of

MOST_PATHS: Final = 10
"""Paths in one invalidation. A wildcard counts as one; 1,000 a month are free."""


def changed_paths(keys: Iterable[str]) -> tuple[str, ...]:
    """The edge's paths for some objects, folded into wildcards when there are many.

    A page is named both as readers ask for it and as the edge function rewrites it.
    Percent-encoded, sorted, at most `MOST_PATHS`.
    """
    public = {key.removeprefix(LISTS) for key in keys if key.startswith(LISTS)}
    for fold in (_exact, _by_folder, _by_list):
        paths = sorted({quote_path(path) for key in public for path in fold(key)})
        if len(paths) <= MOST_PATHS:
            return tuple(paths)
    return ("/*",)


def _exact(key: str) -> tuple[str, ...]:
    path = key_to_path(LISTS + key)
    return (path, f"{path}index.html") if path.endswith("/") else (path,)


def _by_folder(key: str) -> tuple[str, ...]:
    folder = key.rpartition("/")[0]
    return (f"/{folder}/*",) if folder else _exact(key)


def _by_list(key: str) -> tuple[str, ...]:
    head, slash, _ = key.partition("/")
    if head.startswith("sitemap"):
        return ("/sitemap*",)
    return (f"/{head}/*",) if slash else _exact(key)


def changed_feeds(keys: Iterable[str], site: Site) -> tuple[str, ...]:
    """The URL paths of the feeds among some objects that readers subscribe to; no archives.

    Nor those that the settings have done away with: there is nothing to fetch.
    """
    feeds = []
    for key in sorted(keys):
        unit = unit_of(key)
        archive = unit is not None and f"/{unit}".rpartition("/")[0].endswith("/page")
        if unit is None or archive:
            continue
        if key.rpartition("/")[2] in {feed.file for feed in site.feeds_of(unit)}:
            feeds.append(key_to_path(key))
    return tuple(feeds)
