"""Listings to documents: HTML through the theme's templates, the sitemap, the problems.

Pure: the same listing, fragments, templates and site give the same bytes. Feeds are made
in `feeds`; a list page only names them.

A list template receives

* ``site``: `contract.Site`;
* ``listing``: `model.Listing`;
* ``head``: `list_head.Head`, what ``base.html`` prints in ``<head>``;
* ``items``: `Item` objects, newest first (of a series front: its parts, in reading order);
* ``months``: on a year's page, the same items grouped by month;
* ``older``, ``newer``: URL paths, or empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from markupsafe import Markup

from edgefeed import search
from edgefeed.contract import (
    LISTS,
    PROBLEMS_KEY,
    Person,
    Site,
    Words,
    key_to_path,
    quote_path,
)
from edgefeed.feeds import WITH_FEEDS, feed_documents
from edgefeed.gate import check_feed
from edgefeed.list_head import head_of, unit_path
from edgefeed.model import Document, Documents, Entry, Fragment, Kind, Listing
from edgefeed.sitemap import sitemap_index, sitemap_part
from edgefeed.templates import Templates

TEMPLATES = {
    Kind.HOME: "home.html",
    Kind.TAG: "tag.html",
    Kind.SERIES: "series.html",
    Kind.TAGS: "tags.html",
    Kind.YEARS: "archive.html",
    Kind.YEAR: "year.html",
    Kind.SEARCH: "search.html",
}
_LABEL_LENGTH = 90
_BOXES = ("<pre", '<div class="table"', '<div class="math"')
_NOTHING = Fragment(content="", summary="")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One post as a list shows it.

    ``url`` is root-relative and percent-encoded. ``label`` is never empty: the title, or
    the first words of an untitled note. ``language`` is empty where it is the site's own,
    and so are ``authors``. ``more`` tells whether the post goes on after its `body`, ``summary`` is
    plain text of at most 300 characters, ``link`` is where a link post leads.
    """

    entry: Entry
    url: str
    label: str
    fragment: Fragment = _NOTHING
    language: str = ""
    authors: tuple[Person, ...] = ()
    more: bool = False
    summary: str = ""
    link: str = ""

    @property
    def body(self) -> Markup:
        """What a full list shows of the post: all of it, or its beginning."""
        # The fragment was sanitised when its page was read.
        html = self.fragment.excerpt or self.fragment.content
        for box in _BOXES:  # they scroll: by keyboard too
            html = html.replace(box, f'{box} tabindex="0"')
        return Markup(html)  # noqa: S704


class Theme:
    """A theme for one site. A `ports.Renderer`."""

    def __init__(self, templates: Mapping[str, str] | str, site: Site) -> None:
        """Take the templates: see `Templates`."""
        self._site = site
        self.templates = Templates(templates, site)
        self._words = Words(site)

    def fragments(self, listing: Listing) -> tuple[str, ...]:
        """The digests of the fragments that a unit's documents need, feeds included."""
        if listing.kind not in WITH_FEEDS:
            return ()
        return tuple(dict.fromkeys(entry.fragment for entry in listing.pinned + listing.entries))

    def documents(self, listing: Listing, fragments: Mapping[str, Fragment]) -> Documents:
        """See `ports.Renderer`: lists from the theme's templates, feeds from `feeds`."""
        feeds = feed_documents(listing, fragments, self._site)
        return (*self.list_documents(listing, fragments), *feeds)

    def check(self, document: Document, previous: bytes | None) -> str | None:
        """See `ports.Renderer`."""
        return check_feed(document, previous)

    def list_documents(self, listing: Listing, fragments: Mapping[str, Fragment]) -> Documents:
        """Every document of a unit but its feeds.

        ``fragments`` must hold those that `Theme.fragments` names. Raises KeyError when one is
        missing, `jinja2.TemplateError` when a template is wrong.
        """
        if listing.kind is Kind.PROBLEMS:
            body = msgspec.json.encode(
                {"problems": [*map(msgspec.structs.asdict, listing.problems)]}
            )
            return (Document(PROBLEMS_KEY, msgspec.json.format(body, indent=2) + b"\n"),)
        key = LISTS + listing.unit
        if listing.kind is Kind.SITEMAP:
            return (Document(key, sitemap_index(listing, self._site)),)
        if listing.kind is Kind.URLS:
            return (Document(key, sitemap_part(listing, self._site)),)
        if listing.kind is Kind.WORDS:
            return (Document(key, search.document(listing)),)
        name = f"{key}/index.html" if listing.unit else f"{key}index.html"
        return (Document(name, self._html(listing, fragments).encode()),)

    def _html(self, listing: Listing, fragments: Mapping[str, Fragment]) -> str:
        kind = listing.front_kind if listing.kind is Kind.PAGE else listing.kind
        items = tuple(
            self._item(entry, _fragment(listing, entry, fragments))
            for entry in _shown(listing, self._site)
        )
        template = self.templates.get(TEMPLATES[kind])
        text = template.render(
            site=self._site,
            listing=listing,
            head=head_of(listing, self._site),
            items=items,
            months=_by_month(items) if kind is Kind.YEAR else (),
            older=_unit_url(listing.older),
            newer=_unit_url(listing.newer),
        )
        return text if text.endswith("\n") else text + "\n"

    def _item(self, entry: Entry, fragment: Fragment) -> Item:
        site = self._site
        return Item(
            entry=entry,
            url=quote_path(key_to_path(entry.key)),
            label=entry.title or _first_words(fragment.summary) or self._nameless(entry),
            fragment=fragment,
            language="" if fragment.language == site.language else fragment.language,
            authors=() if fragment.authors == (site.author,) else fragment.authors,
            more=fragment.more,
            summary=fragment.summary,
            link=fragment.link,
        )

    def _nameless(self, entry: Entry) -> str:
        """A name for an untitled note of which nothing else is known: its time of day."""
        return self._words.say("Note, {time}").format(time=entry.published[11:16])


def _shown(listing: Listing, site: Site) -> Sequence[Entry]:
    """The entries of the HTML page: home shows fewer than its feeds, a series all parts.

    What is pinned is shown once, and takes no other post's place.
    """
    if listing.kind is Kind.HOME:
        return tuple(dict.fromkeys(listing.pinned + listing.entries[: site.home_size]))
    return listing.parts if listing.kind is Kind.SERIES else listing.entries


def _fragment(listing: Listing, entry: Entry, fragments: Mapping[str, Fragment]) -> Fragment:
    """The entry's fragment where this kind of list shows one.

    A series longer than its feed shows none, rather than summaries for some of its parts.
    """
    if listing.kind not in WITH_FEEDS or len(listing.parts) > len(listing.entries):
        return _NOTHING
    return fragments[entry.fragment]


def _first_words(text: str) -> str:
    if len(text) <= _LABEL_LENGTH:
        return text
    cut = text[: _LABEL_LENGTH + 1]
    return (cut.rpartition(" ")[0] or cut[:-1]).rstrip(" ,;:-–—") + "…"  # noqa: RUF001


def _by_month(items: Iterable[Item]) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Posts by the month of their own date, each month with its first post's date.

    Their order is by instant: around the turn of a month, offsets can interleave two months.
    """
    months: dict[str, list[Item]] = {}
    for item in items:
        months.setdefault(item.entry.published[:7], []).append(item)
    ordered = sorted(months.values(), key=lambda run: run[0].entry.published[:7], reverse=True)
    return tuple((run[0].entry.published, tuple(run)) for run in ordered)


def _unit_url(unit: str | None) -> str:
    return "" if unit is None else quote_path(unit_path(unit))
