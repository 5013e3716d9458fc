"""Addresses of sources: patterns such as ``posts/{slug}/``, and the file behind each URL."""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from edgefeed.contract import slugify

_DATE_PARTS: Final = re.compile(r"(?:%[Ymdj]|[^%])+")
_UNSAFE: Final = frozenset(' "#%/<>?\\[]^`{|}')


class URLPattern:
    """A pattern of URL paths (``posts/{slug}/``, ``{date:%Y}/{slug}.html``).

    It may name ``slug`` (it must), and ``date`` with ``%Y``, ``%m``, ``%d`` or ``%j``.
    Raises `ValueError`, saying what is wrong, when it is made.
    """

    def __init__(self, text: str) -> None:
        """Check the pattern."""
        self.text = text.removeprefix("/")
        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a pattern: {error}") from None
        fields = {name: spec or "" for _, name, spec, _ in parts if name is not None}
        if any(conversion for *_, conversion in parts):
            raise ValueError(f"{text!r}: conversions such as !r have no place in an address")
        if "slug" not in fields or fields["slug"]:
            raise ValueError(f'{text!r} has no {{slug}}; the usual one is "posts/{{slug}}/"')
        if set(fields) - {"slug", "date"}:
            raise ValueError(f"{text!r} may name slug and date only, as in posts/{{slug}}/")
        if "date" in fields and not _DATE_PARTS.fullmatch(fields["date"]):
            raise ValueError(f"{text!r}: a date is written {{date:%Y}}, with %Y, %m, %d or %j")
        if not self.text.endswith(("/", ".html")):
            raise ValueError(f'{text!r} should end with "/" or ".html"')
        if any(part in {"", ".", ".."} for part in self.text.removesuffix("/").split("/")):
            raise ValueError(f"{text!r} has an empty part, or dots")
        self.dated = "date" in fields

    def __repr__(self) -> str:
        return f"URLPattern({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URLPattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def url(self, slug: str, date: datetime | None) -> str:
        """The URL path of a slug, without its leading slash."""
        return self.text.format(slug=slug, date=date)


@dataclass(frozen=True)
class Rules:
    """The settings that decide what a source means.

    ``folder`` is the content directory, relative to the site's root, as findings name it.
    """

    zone: ZoneInfo
    article_url: URLPattern
    page_url: URLPattern
    folder: str = "content"


def output_of(url: str) -> str:
    """The file that is served at a URL path: ``posts/a/`` ▶ ``posts/a/index.html``."""
    return url + "index.html" if url.endswith("/") else url


def check_slug(slug: str) -> str | None:
    """Why a slug that an author wrote cannot stand in an address; None when it can."""
    bad = sorted({c for c in slug if c in _UNSAFE or unicodedata.category(c)[0] in "CZ"})
    if not slug or slug in {".", ".."} or bad or len(slug.encode()) > 200:  # noqa: PLR2004 - a key's room
        what = f" ({' '.join(map(repr, bad))})" if bad else ""
        return f"slug {slug!r} cannot stand in an address{what}; write {slugify(slug)!r}"
    return None
