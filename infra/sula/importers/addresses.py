"""Old addresses, kept where one pattern can say them, redirected where none can. Pure.

The pattern is not read from the old settings but from the addresses themselves, so that it
is the same for every generator: of all patterns that could have made them, the one that keeps
the most.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from edgefeed.contract import slugify
from sula.content.urls import URLPattern, check_slug
from sula.importers.model import Document
from sula.local.served import is_list_path
from sula.planning.redirects import refused

ARTICLE: Final = "posts/{slug}/"
PAGE: Final = "{slug}/"
_SAFE: Final = re.compile(r"[^{}%#?\\]+")


@dataclass(frozen=True)
class Address:
    """Where a document is now: its slug, its URL path, and the old paths that lead there."""

    slug: str
    url: str
    redirects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addresses:
    """The two patterns, and the address of every document by its source."""

    article: str
    page: str
    of: dict[str, Address]
    kept: int
    moved: int


def canonical(url: str) -> str:
    """An address as the edge answers it: ``/a/index.html`` and ``/a`` are ``/a/``."""
    url = "/" + url.lstrip("/")
    url = url.removesuffix("index.html") if url.endswith("/index.html") else url
    return url if url.endswith("/") or "." in posixpath.basename(url) else url + "/"


def decide(documents: Sequence[Document]) -> Addresses:
    """Give every document its new address."""
    article = _best((d for d in documents if d.kind == "post" and not d.draft), ARTICLE)
    page = _widest([d for d in documents if d.kind == "page"])
    patterns = {"post": URLPattern(article), "page": URLPattern(page)}
    found: dict[str, Address] = {}
    taken: set[str] = set()
    for document in documents:
        slug = _kept(document, patterns[document.kind])
        url = canonical(document.url) if slug is not None else ""
        if slug is not None and url not in taken:
            taken.add(url)
            found[document.source] = Address(slug, url, _redirects(document, url))
    kept = len(found)
    for document in documents:
        if document.source not in found:
            address = _new(document, patterns[document.kind], taken)
            taken.add(address.url)
            found[document.source] = address
    moved = sum(bool(d.url) and not d.draft for d in documents if _moved(d, found[d.source]))
    return Addresses(article, page, found, kept, moved)


def _moved(document: Document, address: Address) -> bool:
    return canonical(document.url) != address.url


def _best(documents: Iterable[Document], default: str) -> str:
    counts = Counter(filter(None, map(_pattern, documents)))
    if not counts:
        return default
    return min(counts, key=lambda text: (-counts[text], text.count("/"), text))


def _widest(pages: Sequence[Document]) -> str:
    """The pattern of pages. Their slugs may have folders, so only what all share is in it."""
    found = Counter(filter(None, map(_pattern, pages)))
    if not found:
        return PAGE
    counts: Counter[str] = Counter()
    for text, count in found.items():
        counts[text.rpartition("{slug}")[2]] += count
    suffix = min(counts, key=lambda end: (-counts[end], end))
    folders = [text.split("/")[:-1] for text in found if text.endswith("{slug}" + suffix)]
    if suffix == "/":
        folders = [parts[:-1] for parts in folders]
    shared = posixpath.commonprefix(folders)
    return "/".join([*shared, "{slug}"]) + suffix


def _pattern(document: Document) -> str:
    """The pattern that could have made a document's address; empty when none could."""
    url = canonical(document.url) if document.url else ""
    if not url or is_list_path(url) or not _SAFE.fullmatch(url.replace("%", "")):
        return ""
    suffix: Literal["/", ".html"] = "/" if url.endswith("/") else ".html"
    parts = url[1:].removesuffix(suffix).split("/")
    if not url.endswith(suffix) or not parts[-1] or not all(map(_SAFE.fullmatch, parts[:-1])):
        return ""
    date = document.date if document.kind == "post" else None
    if date is not None and not _months(date).isdisjoint(part.lower() for part in parts[:-1]):
        return ""  # no pattern says a month by its name, and next year's posts are not of June
    folders = _dated(parts[:-1], date)
    lead = ""
    if date is not None and parts[-1].startswith(f"{date:%Y-%m-%d}-"):
        lead = "{date:%Y}-{date:%m}-{date:%d}-"
    text = "/".join([*folders, lead + "{slug}"]) + suffix
    try:
        URLPattern(text)
    except ValueError:
        return ""
    return text


def _months(date: datetime) -> set[str]:
    return {f"{date:%b}".lower(), f"{date:%B}".lower()}


def _dated(parts: Sequence[str], date: datetime | None) -> list[str]:
    """``2018/08/22`` as ``{date:%Y}/{date:%m}/{date:%d}``."""
    out = list(parts)
    if date is None or f"{date:%Y}" not in out:
        return out
    at = out.index(f"{date:%Y}")
    out[at] = "{date:%Y}"
    for code in ("%m", "%d"):
        at += 1
        if at < len(out) and out[at] == format(date, code):
            out[at] = f"{{date:{code}}}"
        elif code == "%m" and at < len(out) and out[at] == f"{date:%j}":
            out[at] = "{date:%j}"
            break
        else:
            break
    return out


def _kept(document: Document, pattern: URLPattern) -> str | None:
    """The slug with which the pattern gives a document its old address."""
    if not document.url or (pattern.dated and document.date is None):
        return None
    url = canonical(document.url)
    last = posixpath.basename(url.removesuffix("/")).removesuffix(".html")
    if document.kind == "page":
        before, _, after = pattern.text.partition("{slug}")
        if url[1:].startswith(before) and url.endswith(after):
            last = url[1 + len(before) : len(url) - len(after)]
    for slug in (last, re.sub(r"\A\d{4}-\d{2}-\d{2}-", "", last)):
        if document.kind == "page" and slug == "404":
            return slug
        unfit = any(map(check_slug, slug.split("/")))
        made = "" if unfit else "/" + pattern.url(slug, document.date)
        if made == url and not is_list_path(url):
            return slug
    return None


def _new(document: Document, pattern: URLPattern, taken: set[str]) -> Address:
    """An address of its own for a document that cannot keep the old one."""
    wanted = document.slug if document.slug and not check_slug(document.slug) else ""
    wanted = wanted or slugify(document.slug or document.name)
    date = document.date or datetime(1970, 1, 1)  # noqa: DTZ001 - only its digits are used
    parent = posixpath.basename(posixpath.dirname(canonical(document.url).rstrip("/")))
    tries = [wanted, f"{wanted}-{date.year}" if document.date else f"{slugify(parent)}-{wanted}"]
    tries += [f"{wanted}-{number}" for number in range(2, len(taken) + 3)]
    for slug in tries:
        url = "/" + pattern.url(slug, date)
        if url not in taken and not is_list_path(url):
            break
    old = () if document.draft or not document.url else (document.url,)
    return Address(slug, url, _redirects(document, url, old))


def _redirects(document: Document, url: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every other path that once led here."""
    paths = (path for path in (*more, *document.redirects) if not refused(path))
    return tuple(dict.fromkeys(path for path in paths if canonical(path) != url))
