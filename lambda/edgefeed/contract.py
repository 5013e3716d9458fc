"""What sula and edgefeed agree on, and nothing else.

Three things live here: where objects are kept and who owns them, how names become
addresses, and what a template of the theme may use. Both programs import this module;
it imports neither of them, so either can be replaced.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from gettext import c2py
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec
from markupsafe import Markup, escape

PAGES: Final = "pages/"
LISTS: Final = "lists/"
STATE: Final = "state/"

RECORD_KEY: Final = "state/record.json.gz"
"""sula's build record."""
INDEX_KEY: Final = "state/index.jsonl.gz"
"""edgefeed's index."""
PROBLEMS_KEY: Final = "state/problems.json"
"""Pages that edgefeed left out, and why."""
FRAGMENTS: Final = "state/fragments/"
"""edgefeed's content-addressed post bodies, ready for a feed."""

CONTENT_CLASS: Final = "e-content"
SUMMARY_CLASS: Final = "p-summary"
"""microformats2 class names that mark the body, and the part before ``<!--more-->``."""

PINNED: Final = "Pinned"
"""schema.org's ``creativeWorkStatus`` of a post that stands first on the home page."""


class FeedFormat(NamedTuple):
    """A format of feeds: how a person calls it, its media type, its file's name."""

    label: str
    type: str
    file: str


FEED_FORMATS: Final = {
    "rss": FeedFormat("RSS", "application/rss+xml", "feed.xml"),
    "atom": FeedFormat("Atom", "application/atom+xml", "atom.xml"),
    "json": FeedFormat("JSON Feed", "application/feed+json", "feed.json"),
}
"""Every format that there is, by its name in the settings."""
FEED_FILES: Final = tuple(feed.file for feed in FEED_FORMATS.values())


@lru_cache(maxsize=8_192)
def key_to_path(key: str) -> str:
    """The URL path, not percent-encoded, at which a public object is served.

    ``pages/posts/hello/index.html`` is served at ``/posts/hello/``.
    """
    path = "/" + key.removeprefix(PAGES).removeprefix(LISTS)
    return path.removesuffix("index.html") if path.endswith("/index.html") else path


@lru_cache(maxsize=8_192)
def quote_path(path: str) -> str:
    """Percent-encode a URL path (RFC 3986), leaving what is already plain as it is."""
    return quote(path, safe="/-._~!$&'()*,;=:@")


_SPELLED = str.maketrans({"+": "plus", "#": "sharp", "&": "-and-", "@": "-at-"})
_LONGEST_SLUG = 80


@lru_cache(maxsize=65_536)
def slugify(name: str) -> str:
    """The address of a name: lower case, letters and digits of any script, hyphens.

    Unlike most, it keeps ``C``, ``C++`` and ``C#`` apart and does not transliterate, so
    that two names which differ in more than case, spacing or punctuation never share an
    address. Never empty, never longer than 80 characters, never contains a dot or slash.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = unicodedata.normalize("NFC", text.translate(_SPELLED))
    # Marks (category M) carry vowels in many scripts; str.isalnum does not know them.
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else "-" for c in text)
    slug = re.sub(r"-+", "-", "".join(kept)).strip("-")
    if slug and len(slug) <= _LONGEST_SLUG:
        return slug
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug[:60].rstrip('-')}-{digest}" if slug else f"x-{digest}"


def tag_path(name: str) -> str:
    """URL path of a tag's page, not percent-encoded."""
    return f"/tags/{slugify(name)}/"


def series_path(name: str) -> str:
    """URL path of a series' page, not percent-encoded."""
    return f"/series/{slugify(name)}/"


# --- headers -------------------------------------------------------------------------

DOCUMENT_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "xml": "application/xml",
}
_LIST_TYPES: Final = DOCUMENT_TYPES | {
    feed.file: f"{feed.type}; charset=utf-8" for feed in FEED_FORMATS.values()
}
DOCUMENT_CACHE: Final = "public, max-age=300, s-maxage=31536000"
"""The ``Cache-Control`` of documents: the edge keeps them until they are invalidated, readers for
five minutes."""


def list_type(key: str) -> str:
    """The ``Content-Type`` of an object that edgefeed writes, from its key alone."""
    name = key.rpartition("/")[2]
    found = _LIST_TYPES.get(name) or _LIST_TYPES.get(name.rpartition(".")[2])
    return found or "application/octet-stream"


# --- the site, as both programs and every template see it --------------------------------


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """An author."""

    name: str
    email: str = ""
    url: str = ""


class Link(msgspec.Struct, frozen=True):
    """A menu entry: a label and a URL or root-relative path."""

    label: str
    url: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a site that a page, a list or a feed may print.

    ``id`` names the site for ever (an IRI): it survives a change of domain, and feed ids
    derive from it. ``url`` has no trailing slash. ``assets`` maps a file of the theme
    (``style.css``) to its fingerprinted path (``theme/style.0123456789.css``).
    ``search``: whether there is one. ``favicon`` is the icon itself, as a ``data:`` URL, where it
    is a small drawing.
    ``previews``: whether each post has a picture of its title; ``preview`` is the path of the
    site's own. ``words`` maps the theme's English words to those of the site's language, by
    plural form (none: English); ``plural`` is gettext's expression that tells a number's form.
    ``feed_formats`` are names of `FEED_FORMATS`, the one that readers should prefer first;
    ``tag_feeds`` and ``series_feeds``: whether each tag and each series has feeds of its own.
    ``revision`` grows with every deploy of the function; ``renderer`` is a digest of
    everything that shapes lists (theme, settings, code), ``reader`` of what decides how a page is
    read.
    """

    id: str
    url: str
    title: str
    description: str
    language: str
    author: Person
    timezone: str = "UTC"
    icon: str = ""
    favicon: str = ""
    search: bool = True
    menu: tuple[Link, ...] = ()
    social: tuple[Link, ...] = ()
    footer: str = ""
    hub: str = ""
    feed_formats: tuple[str, ...] = tuple(FEED_FORMATS)
    tag_feeds: bool = True
    series_feeds: bool = True
    feed_size: int = 20
    page_size: int = 20
    home_size: int = 10
    assets: dict[str, str] = {}
    options: dict[str, str] = {}
    previews: bool = False
    preview: str = ""
    words: dict[str, tuple[str, ...]] = {}
    plural: str = ""
    revision: int = 0
    renderer: str = ""
    reader: str = ""

    def absolute(self, path: str) -> str:
        """The absolute, percent-encoded URL of a URL path."""
        return self.url + quote_path(path)

    def feeds_of(self, unit: str = "") -> tuple[FeedFormat, ...]:
        """The feeds that a list has, by its place (``tags/python``); of the site: no place."""
        own = {"tags/": self.tag_feeds, "series/": self.series_feeds}
        has_some = own.get(unit[: unit.find("/") + 1], True)
        return tuple(FEED_FORMATS[name] for name in self.feed_formats) if has_some else ()


class Words:
    """The theme's words in the site's language, as gettext has them."""

    def __init__(self, site: Site | None = None) -> None:
        """Take a site; without one, or without a translation, the words are English."""
        self._words = site.words if site else {}
        self._form = c2py(site.plural) if site and site.plural else None

    def say(self, message: str) -> str:
        """``_`` in templates: a message in the site's language."""
        return self._words.get(message, (message,))[0]

    def count(self, one: str, many: str, number: int) -> str:
        """``ngettext`` in templates: the form that goes with a number."""
        forms = self._words.get(one)
        if forms is None or self._form is None:
            return one if number == 1 else many
        return forms[min(self._form(number), len(forms) - 1)]

    def date(self, value: str) -> str:
        """An RFC 3339 date for a person: ``24 November 2026``. No locale, no clock."""
        moment = datetime.fromisoformat(value)
        pattern = self.say("{day} {month} {year}")
        return pattern.format(day=moment.day, month=self.month(value), year=moment.year)

    def short_date(self, value: str) -> str:
        """An RFC 3339 date where room is scarce: ``24 Nov 2026``."""
        moment = datetime.fromisoformat(value)
        month = self.say(_MONTHS[moment.month - 1][:3])
        pattern = self.say("{day} {mon} {year}")
        return pattern.format(day=moment.day, mon=month, year=moment.year)

    def month(self, value: str) -> str:
        """The month of an RFC 3339 date: ``November``."""
        return self.say(_MONTHS[datetime.fromisoformat(value).month - 1])


_MONTHS = (
    "January February March April May June July August September October November December"
).split()


def host(url: str) -> str:
    """The host that a URL leads to, as a reader names it: no ``www.``, no port."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:  # an unclosed bracket
        return ""


_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_ld(data: dict[str, Any]) -> Markup:
    """JSON for a ``script`` element: nothing in it can end the element or start another.

    Members whose value is None are left out, at any depth, so that a template can state
    them all.
    """
    # One after the other: str.translate takes ten times as long.
    text = _as_json(_without_none(data)).replace("<", r"\u003c").replace(">", r"\u003e")
    text = text.replace("&", r"\u0026").replace("\u2028", r"\u2028").replace("\u2029", r"\u2029")
    return Markup(text)  # noqa: S704 - escaped just above


def _without_none(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list | tuple) else value


def printed(what: Any) -> str:  # noqa: ANN401 - a template prints anything
    """What `markupsafe.escape` makes of it; but what needs no escaping is not marked as markup.

    A template joins it with the rest at once, and to mark it takes three times as long.
    """
    plain = type(what) is str and not (
        "&" in what or "<" in what or ">" in what or '"' in what or "'" in what
    )
    return what if plain or type(what) is Markup else escape(what)


def template_filters(site: Site | None = None) -> Mapping[str, Callable[..., Any]]:
    """The Jinja2 filters a theme may use, the same in pages and in lists."""
    words = Words(site)
    return {
        "date": words.date,
        "short_date": words.short_date,
        "month": words.month,
        "host": host,
        "json_ld": json_ld,
        "tag_path": lambda name: quote_path(tag_path(name)),
        "series_path": lambda name: quote_path(series_path(name)),
        "quote_path": quote_path,
    }


def template_globals(site: Site | None = None) -> Mapping[str, Any]:
    """The functions a theme may call, and its site, the same in pages and in lists.

    So a template that is imported without a context has them too.
    """
    words = Words(site)
    return {"_": words.say, "ngettext": words.count} | ({"site": site} if site else {})
