"""The addresses that Jekyll gave: permalink styles and placeholders, as in Jekyll 4. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

_STYLES: Final = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
# Jekyll::Utils.slugify, modes "pretty" and "default".
_PRETTY: Final = re.compile(r"[^\w.~!$&'()+,;=@-]+")
_DEFAULT: Final = re.compile(r"[\W_]+")


def pretty(name: str) -> str:
    """The ``:title`` of a permalink."""
    return re.sub(r"-+", "-", _PRETTY.sub("-", name)).strip("-")


def slugged(name: str) -> str:
    """The ``:slug`` of a permalink."""
    return _DEFAULT.sub("-", name).strip("-").lower()


def post_url(
    style: str, *, slug: str, date: datetime | None, categories: Sequence[str], name: str = ""
) -> str:
    """The URL path of a post. Without a date only styles that need none work."""
    template = _STYLES.get(style, style)
    parts = {
        "title": pretty(slug) or pretty(name), "slug": slugged(slug), "name": slugged(name or slug),
        "output_ext": ".html", "categories": "/".join(dict.fromkeys(c.lower() for c in categories)),
        "slugified_categories": "/".join(dict.fromkeys(map(slugged, categories))),
        "collection": "posts", "path": name or slug, "basename": name or slug,
    }  # fmt: skip
    if date is not None:
        parts |= {
            "year": f"{date:%Y}", "short_year": f"{date:%y}", "month": f"{date:%m}",
            "i_month": str(date.month), "day": f"{date:%d}", "i_day": str(date.day),
            "y_day": f"{date:%j}", "hour": f"{date:%H}", "minute": f"{date:%M}",
            "second": f"{date:%S}", "week": f"{date:%V}", "w_day": str(date.isoweekday()),
            "short_month": _MONTHS[date.month - 1][:3], "long_month": _MONTHS[date.month - 1],
            "short_day": _DAYS[date.weekday()][:3], "long_day": _DAYS[date.weekday()],
            "w_year": str(date.isocalendar().year),
        }  # fmt: skip
    return fill(template, parts)


def fill(template: str, parts: dict[str, str]) -> str:
    """A template's placeholders filled; empty when one is not known."""
    missing = False

    def part(match: re.Match[str]) -> str:
        nonlocal missing
        # The longest name that is known: ":title-x" has ":title" in it.
        name = match[1]
        while name and name not in parts:
            name = name[:-1]
        missing = missing or not name
        return parts.get(name, "") + match[1][len(name) :]

    url = re.sub(r":([a-z_]+)", part, template)
    return "" if missing else "/" + re.sub(r"/+", "/", url).lstrip("/")


def page_url(path: str, style: str, permalink: str = "") -> str:
    """The URL path of a page (``docs/intro.md``) under the site's permalink style."""
    folder, base = posixpath.split(path)
    stem = base.rpartition(".")[0]
    parts = {"path": folder, "basename": stem, "output_ext": ".html", "title": stem, "name": stem}
    if permalink:
        return fill(permalink, parts) or permalink
    if stem == "index":
        return fill("/:path/", parts)
    suffix = ".html" if style in {"date", "ordinal", "none", "weekdate", ""} else ""
    if style == "pretty" or (style not in _STYLES and style.endswith("/")):
        suffix = "/"
    elif style.endswith(":output_ext"):
        suffix = ".html"
    return fill("/:path/:basename", parts) + suffix


_MONTHS: Final = (
    "January February March April May June July August September October November December"
).split()
_DAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
