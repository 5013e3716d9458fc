"""What a list's page says in its ``<head>``: title, description, feeds. Pure."""

from __future__ import annotations

import msgspec

from edgefeed.contract import Site, Words, quote_path
from edgefeed.model import Kind, Listing


class Alternate(msgspec.Struct, frozen=True):
    """A feed that a page announces: ``format`` is how a person calls it."""

    title: str
    type: str
    href: str
    format: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What ``base.html`` needs to know of any page, list or post.

    ``title`` is empty on the home page. ``path`` is the URL path, not percent-encoded.
    ``kind`` is a `Kind`'s value, or ``post``, ``page``, ``error``. ``image`` is absolute.
    ``alternates`` are the page's own feeds; the site's come after them on every page.
    """

    title: str
    description: str
    path: str
    kind: str
    language: str
    image: str = ""
    published: str = ""
    updated: str = ""
    alternates: tuple[Alternate, ...] = ()


def unit_path(unit: str) -> str:
    """The URL path of a unit's page, not percent-encoded."""
    return f"/{unit}/" if unit else "/"


def head_of(listing: Listing, site: Site) -> Head:
    """The head of a list's page."""
    title, description = _words(listing, site)
    if listing.number:
        page = Words(site).say("{title}, page {number}")
        title = page.format(title=title, number=listing.number)
    return Head(
        title=title,
        description=description,
        path=unit_path(listing.unit),
        kind=listing.kind.value,
        language=site.language,
        alternates=_alternates(listing, site),
    )


def about(kind: Kind, label: str, site: Site) -> str:
    """What a list is of, in a sentence: on its page and in its feeds."""
    say = Words(site).say
    match kind:
        case Kind.TAG:
            return say("Posts about {name} on {site}.").format(name=label, site=site.title)
        case Kind.SERIES:
            sentence = say("All parts of the series {name} on {site}.")
            return sentence.format(name=label, site=site.title)
        case _:
            return site.description


def _words(listing: Listing, site: Site) -> tuple[str, str]:
    """Title and description of a list."""
    kind = listing.front_kind if listing.kind is Kind.PAGE else listing.kind
    say = Words(site).say
    match kind:
        case Kind.TAG | Kind.SERIES:
            return listing.title, about(kind, listing.title, site)
        case Kind.TAGS:
            title, description = say("Tags"), say("Everything that {site} writes about.")
        case Kind.YEARS:
            title, description = say("Archive"), say("All posts of {site}, year by year.")
        case Kind.SEARCH:
            title, description = say("Search"), say("Search {site}.")
        case Kind.YEAR:
            title = listing.title
            description = say("Posts of {site} from {year}.").format(site=site.title, year=title)
            return title, description
        case _:
            return (say("Posts") if listing.kind is Kind.PAGE else ""), about(kind, "", site)
    return title, description.format(site=site.title)


def _alternates(listing: Listing, site: Site) -> tuple[Alternate, ...]:
    """The feeds of the page's own list; the site's feeds follow on every page."""
    kind, unit = listing.kind, listing.unit
    if kind is Kind.PAGE:  # an archive is no feed to subscribe to: its front is
        kind, unit = listing.front_kind, listing.front
    if kind not in {Kind.TAG, Kind.SERIES}:
        return ()
    title, base = f"{site.title}: {listing.title}", quote_path(unit_path(unit))
    return tuple(
        Alternate(f"{title} ({feed.label})", feed.type, base + feed.file, feed.label)
        for feed in site.feeds_of(unit)
    )
