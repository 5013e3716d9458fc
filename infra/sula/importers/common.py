"""What the front matter of all three generators has in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sula.content.dates import DateError, parse_date
from sula.errors import ConfigError
from sula.importers import text
from sula.importers.front import Front
from sula.importers.model import Site

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_USED: Final = frozenset(
    """
    title date updated modified lastmod last_modified_at tags tag categories category keywords
    draft published status hidden summary description excerpt image cover header featured_image
    thumbnail images lang language locale author authors series series_index slug permalink url
    aliases alias redirect_from link external_url external-url id path permalink_name save_as
    excerpt_separator render_with_liquid publishdate expirydate
    unpublishdate headless build _build
    """.split()
)
_PINNED: Final = ("pinned", "pin", "sticky")
_BORING: Final = frozenset({"layout", "type", "template", "comments", "comment"})

More = dict[str, str | int | bool | tuple[str, ...]]


def more_fields(front: Front, site: Site, people: Mapping[str, str]) -> More:
    """Summary, authors, language, series, link, hidden, pinned; the keys of no use are counted.

    `people` maps the short names of authors to what they are called.
    """
    more: More = {}
    summary = text.plain(front.text("description", "summary", "excerpt"))
    if summary:
        more["summary"] = summary
    series = front.values.get("series")
    series = series[0] if isinstance(series, list) and series else series
    if isinstance(series, str) and series.strip():
        more["series"] = text.one_line(series)
        if re.fullmatch(r"\d{1,6}", front.text("series_index", "series_order", "part")):
            more["position"] = int(front.text("series_index", "series_order", "part"))
    language = front.text("lang", "language", "locale").replace("_", "-")
    if _LANGUAGE.fullmatch(language) and language.lower() != site.language.lower():
        more["lang"] = language
    authors = more_authors(front, people)
    if authors and authors != (site.author,):
        more["authors"] = authors
    link = front.text("link", "external_url", "external-url")
    if is_address(link):
        more["link"] = link
    more |= _flags(front)
    for key in front.values:
        if key not in _USED.union(_PINNED) and key not in _BORING and key not in more:
            site.drop(key)
    return more


def _flags(front: Front) -> More:
    hidden = front.flag("hidden") or front.text("status").lower() == "hidden"
    pinned = any(map(front.flag, _PINNED))
    return {key: True for key, said in (("hidden", hidden), ("pinned", pinned)) if said}


def more_authors(front: Front, people: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Who wrote a post; `people` maps short names to full ones."""
    value = front.values.get("authors") or front.values.get("author")
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str):
        value = re.split(r"\s*[;,]\s*", value)
    names = []
    for item in value if isinstance(value, list) else ():
        name = (item.get("name") or item.get("title")) if isinstance(item, Mapping) else item
        if isinstance(name, str) and name.strip():
            names.append((people or {}).get(name, text.one_line(name)))
    return tuple(dict.fromkeys(names))


def image(front: Front) -> str:
    """The picture that stands for a post, in the ways themes have invented."""
    for key in ("image", "featured_image", "cover", "header", "thumbnail", "images"):
        value = front.values.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, Mapping):
            names = ("path", "feature", "image", "src", "url", "teaser", "og_image", "relative")
            value = next((value[n] for n in names if isinstance(value.get(n), str)), None)
        if isinstance(value, str) and re.search(r"\.\w{2,5}(?:\?|$)", value.strip()):
            return value.strip()
    return ""


def is_address(value: str) -> bool:
    """Whether this is a whole http address."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
    except ValueError:
        return False


def address(written: str) -> SplitResult:
    """The old site's address, taken apart. Raises `ConfigError` where it is nowhere to be found."""
    if written.startswith("//"):
        written = "https:" + written
    elif written.strip("/") and "//" not in written:
        written = f"https://{written.strip('/')}"
    if not is_address(written):
        raise ConfigError(
            "the old site's settings do not say where it is: add --url https://THE.OLD.ADDRESS "
            "(posts keep the identity that their old address gives them)"
        )
    return urlsplit(written)


def moment(written: str, zone: ZoneInfo) -> datetime | None:
    """A date in any form that means one moment; None if it does not."""
    try:
        return parse_date(written.strip(), zone) if written.strip() else None
    except DateError:
        return None


def zone_of(name: object, site_notes: list[str]) -> ZoneInfo:
    """A settings file's time zone; UTC if it names none."""
    if not isinstance(name, str) or not name.strip():
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError):
        site_notes.append(f"the time zone {name!r} is not known: UTC is used")
        return ZoneInfo("UTC")


def language_of(value: object, default: str = "en") -> str:
    """A settings file's language."""
    language = str(value or "").replace("_", "-")
    return language if _LANGUAGE.fullmatch(language) else default


def titled(name: str) -> str:
    """A title made from a file's name."""
    words = re.sub(r"[-_\s]+", " ", text.one_line(name)).strip()
    return words[:1].upper() + words[1:]


def paths(value: object) -> tuple[str, ...]:
    """Old addresses, as one or a list: their URL paths."""
    items: Iterable[object] = value if isinstance(value, list) else [value]
    found = []
    for item in items:
        if isinstance(item, str) and item.strip():
            try:
                path = urlsplit(item.strip()).path if is_address(item.strip()) else item.strip()
            except ValueError:
                continue
            found.append("/" + path.lstrip("/"))
    return tuple(dict.fromkeys(found))


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """A menu: entries with a title and an address, in the ways themes have invented."""
    found = []
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, Mapping):
            continue
        low: dict[str, Any] = {str(k).lower(): v for k, v in item.items()}
        label = next((low[k] for k in ("title", "name", "label", "text") if low.get(k)), None)
        url = next((low[k] for k in ("url", "link", "href", "pageref") if low.get(k)), None)
        if isinstance(label, str) and isinstance(url, str) and label.strip() and url.strip():
            found.append((text.one_line(label), url.strip()))
    return tuple(found)
