"""A page as edgefeed reads it: HTML that describes itself ▶ a post, a page or a refusal. Pure.

Only ``<head>`` is trusted with metadata, so nothing in a body can speak for the post. Any
bytes are answered, never with an exception: what is broken or hostile is `Rejected` with a
reason that its author can act on, or made harmless.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from edgefeed.content import Bodies, Body, read_body, replacement
from edgefeed.contract import PINNED, Person, Site, Words, key_to_path, slugify
from edgefeed.feeds import weigh
from edgefeed.fragments import fragment_digest
from edgefeed.metadata import Media, Named, Posting, RefusedError, WebPage, description, split
from edgefeed.model import Enclosure, Entry, Fragment, Observed, Post, Rejected, StaticPage
from edgefeed.text import plain

MAX_PAGE: Final = 20_000_000
"""Bytes above which a page is refused without being parsed."""
MAX_ITEM: Final = 900_000
"""Bytes in a feed above which a post's content gives way to its summary and a link."""

FAULT: Final = "edgefeed failed to read it, which is a fault of edgefeed's"
"""How the reason begins when a page met an error that nobody thought of."""

_LONGEST_TITLE = 300
_LONGEST_NAME = 100
_LONGEST_URL = 2_000
_MOST_TAGS = 50
_MOST_AUTHORS = 10


def read_page(
    key: str, body: bytes, modified: str, *, site: Site, bodies: Bodies = read_body
) -> Observed:
    """What the page at a key is to the lists; never raises.

    None: not HTML, or HTML without JSON-LD of ours, which joins nothing. ``modified`` is
    the object's ``Last-Modified``, for the report of a page that is left out. ``bodies`` is
    `read_body`, or finds the same sooner.
    """
    if not key.endswith(".html"):
        return None
    try:
        return _read(key, body, site, bodies)
    except RefusedError as refusal:
        return Rejected(key, str(refusal), modified)
    except Exception as error:  # noqa: BLE001 - one page must not stop all others
        reason = plain(f"{type(error).__name__}: {error}", 200)
        return Rejected(key, f"{FAULT} ({reason})", modified)


def _read(key: str, body: bytes, site: Site, bodies: Bodies) -> Observed:
    if len(body) > MAX_PAGE:
        raise RefusedError(f"it has {len(body):,} bytes; more than {MAX_PAGE:,} are not read")
    scripts, rest = split(_decoded(body))
    found = description(scripts)
    if isinstance(found, WebPage):
        _same_place(found.url, key)
        updated = _moment("dateModified", found.updated).isoformat() if found.updated else ""
        return StaticPage(key, plain(found.name, _LONGEST_TITLE), updated)
    return None if found is None else _post(key, found, rest, site, bodies)


def _decoded(body: bytes) -> str:
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        raise RefusedError(f"it is not UTF-8 (byte {error.start})") from None
    if "\0" in text:
        raise RefusedError(f"it holds a NUL (character {text.index(chr(0))}): is it UTF-16?")
    return text


# --- a post --------------------------------------------------------------------------


def _post(key: str, found: Posting, rest: str, site: Site, bodies: Bodies) -> Post:
    url = site.absolute(key_to_path(key))
    if found.url != url:  # another host may say so, and other escapes
        _same_place(found.url, key)
    published = _moment("datePublished", found.published)
    updated = _moment("dateModified", found.updated) if found.updated else published
    title = plain(found.headline or "", _LONGEST_TITLE)
    series = found.series if found.series and found.series.type == "CreativeWorkSeries" else None
    entry = Entry(
        key=key,
        id=_identity(found.id),
        title=title,
        published=published.isoformat(),
        instant=(published - _EPOCH) // timedelta(seconds=1),
        updated=updated.isoformat(),
        tags=_tags(found.keywords),
        series=plain(series.name, _LONGEST_NAME) if series else "",
        position=found.position,
        fragment="",
        size=0,
        pinned=found.status == PINNED,
    )
    body = bodies(rest, url, titled=bool(title))
    post = _weighed(entry, _fragment(found, body), site)
    if post.entry.size > MAX_ITEM or (body.more and not body.content):
        body = replacement(body, url, Words(site).say("Read the whole post"))
        post = _weighed(entry, _fragment(found, body), site)
    return post


def _weighed(entry: Entry, fragment: Fragment, site: Site) -> Post:
    """A post with its weight, which is that of the largest of its forms in a feed."""
    entry = msgspec.structs.replace(entry, fragment=fragment_digest(fragment))
    try:
        return Post(weigh(entry, fragment, site), fragment)
    except (ValueError, TypeError) as error:  # what the makers of items raise
        raise RefusedError(f"no feed can hold it: {plain(str(error), 200)}") from None


def _fragment(found: Posting, body: Body) -> Fragment:
    return Fragment(
        content=body.content,
        summary=plain(found.description or "", 300) or body.summary,
        excerpt=body.excerpt,
        more=body.more,
        authors=_authors(found.author),
        language=_language(found.language),
        image=_url(found.image or ""),
        enclosure=_enclosure(found.media),
        link=_url(found.link.url) if found.link else "",
        words=body.words,
    )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EARLIEST_YEAR = 1000


def _moment(name: str, value: str) -> datetime:
    """A date in whole seconds. Refuses what is not RFC 3339, section 5.6, with an offset."""
    found = _RFC3339.fullmatch(value)
    if found is None:
        raise RefusedError(
            f"its {name} {plain(value, 40)!r} is not like 2026-11-24T08:30:00+01:00 (RFC 3339)"
        )
    offset = "+00:00" if found[3] in "Zz" else found[3]
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}{offset}")
    except ValueError:
        raise RefusedError(f"its {name} {value} is not in the calendar") from None
    if moment.year < _EARLIEST_YEAR:
        raise RefusedError(f"its {name} {value} lies before the year {_EARLIEST_YEAR}")
    return moment


_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f-\x9f]+")


def _identity(value: str) -> str:
    if len(value) > _LONGEST_URL or not _IRI.fullmatch(value) or plain(value, 9999) != value:
        raise RefusedError(
            f"its @id {plain(value, 80)!r} is no permanent name: "
            "it takes an IRI like urn:uuid:… or tag:…"
        )
    return value


def _same_place(url: str, key: str) -> None:
    """Refuse a page that says it is somewhere else."""
    path = key_to_path(key)
    said = _web_path(url)
    if said is None or unquote(said) != path:
        raise RefusedError(
            f"its url {plain(url, 200)!r} is not where it lies, {plain(path, 200)!r}"
        )


def _tags(keywords: list[str] | str | None) -> tuple[str, ...]:
    """Labels without doubles (by address), in the author's order."""
    labels = keywords.split(",") if isinstance(keywords, str) else keywords or []
    found: dict[str, str] = {}
    for label in labels:
        if len(found) < _MOST_TAGS and (clean := plain(label, _LONGEST_NAME)):
            found.setdefault(slugify(clean), clean)
    return tuple(found.values())


def _authors(people: list[Named] | Named | None) -> tuple[Person, ...]:
    listed = [people] if isinstance(people, Named) else people or []
    return tuple(
        Person(name, _email(person.email), _url(person.url))
        for person in listed[:_MOST_AUTHORS]
        if (name := plain(person.name, _LONGEST_NAME))
    )


def _email(value: str) -> str:
    return value if re.fullmatch(r"[^\s@<>()\x00-\x20\x7f-\x9f]{1,64}@[\w.-]{1,190}", value) else ""


def _language(value: str | None) -> str:
    """A language tag that looks like one (RFC 5646), or none."""
    known = re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}", value or "")
    return known[0] if known else ""


def _url(value: str) -> str:
    """An absolute http or https URL, or none."""
    value = plain(value, _LONGEST_URL + 1)
    if len(value) > _LONGEST_URL or _web_path(value) is None:
        return ""
    return value.replace(" ", "%20")


def _web_path(url: str) -> str | None:
    """The path of an http or https URL; None of anything else."""
    try:
        parts = urlsplit(url)
        return parts.path if parts.scheme in {"http", "https"} and parts.hostname else None  # noqa: TRY300
    except ValueError:  # an unclosed bracket
        return None


def _enclosure(media: Media | None) -> Enclosure | None:
    """A media file with all that RSS asks of one: URL, type and length."""
    if media is None:
        return None
    url, size = _url(media.url), str(media.size)
    typed = re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", media.type, re.ASCII)
    if not url or not typed or not re.fullmatch(r"[0-9]{1,18}", size):
        return None
    return Enclosure(url, media.type, int(size))
