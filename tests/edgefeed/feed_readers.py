"""Feeds as independent readers see them: lxml in strict mode, feedparser, a schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import msgspec
from jsonschema import Draft202012Validator
from lxml import etree
from tests.edgefeed.strategies import SITE, by_digest, listing, read

from edgefeed.contract import Site
from edgefeed.feeds import feed_documents
from edgefeed.model import Kind, Listing, Post

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "c": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class Trio(NamedTuple):
    """The three feeds of one listing, parsed, and their bytes in the same order."""

    rss: etree._Element
    atom: etree._Element
    json: dict[str, Any]
    bodies: tuple[bytes, bytes, bytes]

    def items(self, path: str) -> list[etree._Element]:
        """What a path finds in each RSS item."""
        return [found for item in self.rss.iter("item") for found in item.findall(path, NAMES)]

    def entries(self, path: str) -> list[etree._Element]:
        """What a path finds in each Atom entry."""
        rows = self.atom.findall("a:entry", NAMES)
        return [found for entry in rows for found in entry.findall(path, NAMES)]


def feeds(listing: Listing, *posts: Post, site: Any = SITE) -> Trio:
    """The feeds of a listing, each parsed by a strict reader, nothing left out."""
    made = feed_documents(listing, by_digest(*posts), site)
    assert not [document for document in made if document.left_out]
    rss, atom, body = (document.body for document in made)
    folder = f"lists/{listing.unit}/" if listing.unit else "lists/"
    keys = [document.key for document in made]
    assert keys == [folder + name for name in ("feed.xml", "atom.xml", "feed.json")]
    data = json.loads(body)
    json_schema().validate(data)
    return Trio(strict(rss), strict(atom), data, (rss, atom, body))


def strict(body: bytes) -> etree._Element:
    """XML as the strictest reader takes it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False)
    return etree.fromstring(body, parser)


def texts(nodes: list[etree._Element]) -> list[str]:
    """The text of each element."""
    return [node.text or "" for node in nodes]


def one(root: etree._Element, path: str) -> etree._Element:
    """The only element at a path."""
    (found,) = root.findall(path, NAMES)
    return found


def links(root: etree._Element) -> list[tuple[str | None, ...]]:
    """Relation, target and type of the Atom links directly in an element."""
    return [(x.get("rel"), x.get("href"), x.get("type")) for x in root.findall("a:link", NAMES)]


def parsed(body: bytes) -> Any:
    """What feedparser makes of a feed; its complaints are an error."""
    found = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.get("bozo_exception")
    return found


@cache
def json_schema() -> Draft202012Validator:
    """JSON Feed 1.1."""
    path = Path(__file__).parent / "schemas" / "json-feed-1.1.json"
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


# --- lists and posts to make them of ----------------------------------------


def site(**changes: Any) -> Site:
    """The site of the tests with other settings."""
    return msgspec.structs.replace(SITE, **changes)


def home(*posts: Post, **more: Any) -> Trio:
    """The feeds of a home list."""
    return feeds(listing(*posts, **more), *posts)


def tag(*posts: Post, **more: Any) -> Listing:
    """The list of a tag."""
    settings: dict[str, Any] = {"unit": "tags/birds", "kind": Kind.TAG, "slug": "birds"}
    return listing(*posts, **(settings | {"front": "tags/birds", "title": "Birds"} | more))


def archive(*posts: Post, **more: Any) -> Listing:
    """Page 2 of the home list."""
    settings: dict[str, Any] = {"unit": "page/2", "kind": Kind.PAGE, "number": 2, "total": 0}
    near = {"older": "page/1", "newer": "page/3", "complete": True}
    return listing(*posts, **(settings | near | more))


def days(count: int, **changes: Any) -> list[Post]:
    """Posts of one day after the other."""
    return [
        read(f"/posts/{n}/", datePublished=f"2026-01-{n:02}T10:00:00+01:00", **changes)
        for n in range(1, count + 1)
    ]


def everything() -> Post:
    """A post that says all it can."""
    return read(
        keywords=["C++", "Möwen & Co"],
        author=[{"name": "Bo", "email": "bo@b.example", "url": "https://b.example/"}],
        inLanguage="de",
        image="https://blog.example/a.png",
        sharedContent={"url": "https://other.example/"},
        associatedMedia={
            "contentUrl": "https://blog.example/a.mp3",
            "encodingFormat": "audio/mpeg",
            "contentSize": "1234",
        },
        dateModified="2026-11-25T10:00:00Z",
    )
