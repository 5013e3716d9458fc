"""The sitemap (sitemaps.org, protocol 0.9): an index, and parts of posts or pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from edgefeed.contract import Site, key_to_path
from edgefeed.model import Listing
from edgefeed.units import STATIC_PART

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_FRONTS = ("/", "/archive/", "/tags/")


def sitemap_index(listing: Listing, site: Site) -> bytes:
    """The index: one ``sitemap`` for each count of the listing, by its path.

    It states no ``lastmod``: that is optional, and would rewrite the index with each post.
    """
    return _document(
        "sitemapindex", "sitemap", ((count.path, "") for count in listing.counts), site
    )


def sitemap_part(listing: Listing, site: Site) -> bytes:
    """One part: posts in the listing's order, or the static pages after the site's fronts."""
    entries = [(key_to_path(entry.key), entry.updated) for entry in listing.entries]
    pages = [(key_to_path(page.key), page.updated) for page in listing.pages]
    fronts = [(path, "") for path in _FRONTS] if listing.unit == STATIC_PART else []
    return _document("urlset", "url", [*fronts, *pages, *entries], site)


def _document(root: str, item: str, urls: Iterable[tuple[str, str]], site: Site) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{_NAMESPACE}">']
    for path, modified in urls:
        stamp = f"<lastmod>{escape(modified)}</lastmod>" if modified else ""
        lines.append(f"<{item}><loc>{escape(site.absolute(path))}</loc>{stamp}</{item}>")
    lines.append(f"</{root}>\n")
    return "\n".join(lines).encode()
