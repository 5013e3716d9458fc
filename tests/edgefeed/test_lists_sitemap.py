"""The sitemap, by the protocol of sitemaps.org."""

from __future__ import annotations

from lxml import etree
from tests.browser.samples import make, site, theme

from edgefeed.model import Count, Kind, Listing, StaticPage

SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def tree(listing: Listing) -> etree._Element:
    (document,) = theme().list_documents(listing, {})
    assert document.key == f"lists/{listing.unit}"
    return etree.fromstring(document.body)


def rows(root: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(row.findtext(f"{SPACE}loc"), row.findtext(f"{SPACE}lastmod")) for row in root]


def test_the_index_names_every_part() -> None:
    root = tree(
        Listing(
            unit="sitemap.xml",
            kind=Kind.SITEMAP,
            counts=(Count("pages", "/sitemap/pages.xml", 0), Count("1", "/sitemap/1.xml", 0)),
        )
    )
    assert root.tag == f"{SPACE}sitemapindex"
    assert rows(root) == [
        ("https://sula.example/sitemap/pages.xml", None),
        ("https://sula.example/sitemap/1.xml", None),
    ]


def test_a_part_gives_each_post_its_encoded_address_and_its_last_change() -> None:
    entry, _ = make(
        "über & more", "T", "2026-01-01T00:00:00Z", "", updated="2026-02-03T04:05:06+02:00"
    )
    root = tree(Listing(unit="sitemap/1.xml", kind=Kind.URLS, entries=(entry,)))
    assert root.tag == f"{SPACE}urlset"
    assert rows(root) == [
        ("https://sula.example/posts/%C3%BCber%20&%20more/", "2026-02-03T04:05:06+02:00")
    ]


def test_the_part_for_pages_holds_the_fronts_too() -> None:
    pages = (StaticPage("pages/about/index.html", "About", ""),)
    root = tree(Listing(unit="sitemap/pages.xml", kind=Kind.URLS, pages=pages))
    paths = [str(address).removeprefix(site().url) for address, _ in rows(root)]
    assert paths == ["/", "/archive/", "/tags/", "/about/"]


def test_an_empty_part_is_well_formed() -> None:
    assert rows(tree(Listing(unit="sitemap/1.xml", kind=Kind.URLS))) == []
