"""What a feed says of itself and of each item, before it takes one format or another. Pure."""

from __future__ import annotations

import html
import uuid
from collections import Counter
from datetime import datetime
from typing import Final

import msgspec

from edgefeed.contract import Person, Site, quote_path, slugify
from edgefeed.list_head import about
from edgefeed.model import Entry, Fragment, Kind, Listing
from edgefeed.text import legal

RSS: Final = "feed.xml"
ATOM: Final = "atom.xml"
JSON: Final = "feed.json"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A feed without its items.

    ``id`` survives every move. ``home`` is the HTML page it belongs to, ``place`` the URL
    of the folder it is served from. ``current``, ``previous`` and ``next`` are such folders
    too (RFC 5005, sections 3 and 4), or empty. ``updated`` is empty in an empty feed.
    """

    id: str
    title: str
    description: str
    home: str
    place: str
    language: str
    author: Person
    updated: str = ""
    icon: str = ""
    hub: str = ""
    stylesheet: str = ""
    current: str = ""
    previous: str = ""
    next: str = ""
    complete: bool = False
    archive: bool = False

    @property
    def everywhere(self) -> Channel:
        """What all pages of its list say alike: feedgen is asked for that once."""
        return Channel(
            id=self.id, title=self.title, description=self.description, home=self.home, place="",
            language=self.language, author=self.author, icon=self.icon,
        )  # fmt: skip

    def links(self, file: str, kind: str) -> list[dict[str, str]]:
        """The links of a feed in one format; ``self`` comes first."""
        near = [("self", self.place), ("current", self.current), ("prev-archive", self.previous),
                ("next-archive", self.next)]  # fmt: skip
        found = [{"rel": name, "href": place + file, "type": kind} for name, place in near if place]
        return [*found, {"rel": "hub", "href": self.hub}] if self.hub else found


class Item(msgspec.Struct, frozen=True):
    """A post as it goes into a feed, whatever the format; ``xml`` is its content, `escaped`."""

    entry: Entry
    fragment: Fragment
    url: str
    author: Person
    language: str
    xml: str

    @property
    def authors(self) -> tuple[Person, ...]:
        """Who wrote it: the site's author where the post names nobody."""
        return self.fragment.authors or (self.author,)


def element(name: str, *children: str, **attributes: str) -> str:
    """An XML element: its children are markup, its attributes' values are not."""
    given = "".join([f' {key}="{_quoted(value)}"' for key, value in attributes.items()])
    inner = "".join(children)
    return f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}/>"


def escaped(text: str) -> str:
    """Text as an XML element holds it, and as lxml writes it. ValueError where none can."""
    if legal(text) != text:
        raise ValueError("a feed cannot hold its control characters")
    return html.escape(text, quote=False).replace("\r", "&#13;")


def _quoted(text: str) -> str:
    """Likewise in an attribute."""
    return escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def channel_of(listing: Listing, site: Site, entries: list[Entry]) -> Channel:
    """The feed of a list (home, tag, series), or of one page of it, which is an archive.

    A complete archive says nothing that could change while its posts stay: no theme, no
    icon, no spelling of a tag that other posts decide.
    """
    page = listing.kind is Kind.PAGE
    kind = listing.front_kind if page else listing.kind
    front = listing.front if page else listing.unit
    label = _own_label(kind, listing.slug, entries) if page else listing.title
    whole = not page and listing.total <= len(entries)
    still = page and listing.complete
    home = _folder(site, front)
    return Channel(
        id=feed_id(site, front),
        title=site.title if kind is Kind.HOME else f"{site.title}: {label or listing.title}",
        description=about(kind, label or listing.title, site) or site.title,
        home=home,
        place=_folder(site, listing.unit),
        language=site.language,
        author=site.author,
        updated=max((e.updated for e in entries), key=datetime.fromisoformat, default=""),
        icon="" if still else _icon(site),
        hub="" if still else site.hub,
        stylesheet="" if still else _asset(site, "feed.css"),
        current=home if page else "",
        previous="" if whole else _folder_or_none(site, listing.older if page else listing.archive),
        next=_folder_or_none(site, listing.newer) if page else "",
        complete=whole,
        archive=still,
    )


def feed_id(site: Site, front: str) -> str:
    """A feed's permanent id: the site's own, or a UUID derived from it for each list."""
    if not front:
        return site.id
    return uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, site.id), f"feed:{front}").urn


def _own_label(kind: Kind, slug: str, entries: list[Entry]) -> str:
    """The spelling of a tag or series that is most frequent in these entries alone."""
    series = kind is Kind.SERIES
    names = [name for e in entries for name in ((e.series,) if series else e.tags) if name]
    found = Counter(name for name in names if slugify(name) == slug)
    return min(found, key=lambda name: (-found[name], name), default="")


def _folder(site: Site, unit: str) -> str:
    return site.absolute(f"/{unit}/" if unit else "/")


def _folder_or_none(site: Site, unit: str | None) -> str:
    return "" if unit is None else _folder(site, unit)


def _asset(site: Site, name: str) -> str:
    return f"/{quote_path(site.assets[name])}" if name in site.assets else ""


def _icon(site: Site) -> str:
    path = _asset(site, site.icon) or site.icon
    if path.startswith("/") and not path.startswith("//"):
        return site.url + path
    return path if path.startswith(("https://", "http://")) else ""
