"""The names of units, and the objects they consist of. Pure; see `model.Listing`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from edgefeed.contract import FEED_FILES, LISTS, PROBLEMS_KEY
from edgefeed.model import Kind

SITEMAP_PART: Final = 500
"""Posts in one part of the sitemap: what a new post rewrites, so it is small."""
YEAR_PAGE: Final = 200
"""Posts on one older page of a year; its front shows what is newer, twice as many at most."""

TAGS: Final = "tags/"
SERIES: Final = "series/"
YEARS: Final = "archive/"
PARTS: Final = "sitemap/"
STATIC_PART: Final = "sitemap/pages.xml"
OVERVIEWS: Final = ("", "tags", "archive", "search", "sitemap.xml", STATIC_PART, "problems")
"""Units that every site has, an empty one too."""


def document_keys(unit: str) -> tuple[str, ...]:
    """Every object that a unit may consist of. It says nothing about what there is now."""
    if unit == "problems":
        return (PROBLEMS_KEY,)
    if unit.startswith(("sitemap", "search/")):
        return (LISTS + unit,)
    base = f"{LISTS}{unit}/" if unit else LISTS
    if unit in {"tags", "archive", "search"} or unit.startswith(YEARS):
        return (base + "index.html",)
    return (base + "index.html", *(base + name for name in FEED_FILES))


def unit_of(key: str) -> str | None:
    """The unit that an object under ``lists/`` belongs to; None when it is not edgefeed's."""
    path = key.removeprefix(LISTS)
    whole = path.startswith("sitemap") or (path.startswith("search/") and path.endswith(".json"))
    unit = path if whole else path.rpartition("/")[0]
    return unit if key in document_keys(unit) else None


def units_of(keys: Iterable[str]) -> set[str]:
    """The units that some objects under ``lists/`` belong to; the home page's has an empty name."""
    return {unit for key in keys if (unit := unit_of(key)) is not None}


def page_unit(front: str, number: int) -> str:
    """The unit of a list's numbered page."""
    return f"{front}/page/{number}" if front else f"page/{number}"


_KINDS: Final = {"tags": Kind.TAG, "series": Kind.SERIES, "archive": Kind.YEAR}


def front_kind(front: str) -> tuple[Kind, str]:
    """What kind of list a front is of, and its slug."""
    place, _, slug = front.partition("/")
    return _KINDS.get(place, Kind.HOME), slug
