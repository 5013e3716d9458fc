"""RSS 2.0 through feedgen, and what feedgen 1.0 leaves to be put right. Pure.

Each correction is a function of its own that says which line of feeds.md it serves and
when it can go.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

# feedgen.util uses lxml.etree without importing it.
from lxml import etree  # isort: split

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from edgefeed.channel import PLACEHOLDER, RSS, Channel, Item

_ATOM: Final = "http://www.w3.org/2005/Atom"
_CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
HISTORY: Final = "http://purl.org/syndication/history/1.0"
"""The namespace of RFC 5005."""
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES: Final[dict[str | None, str]] = {
    "atom": _ATOM,
    "content": _CONTENT,
    "dc": _DC,
    "fh": HISTORY,
}
"""What every RSS document declares: items are made without, and so fit into any."""


def rss_item(item: Item) -> bytes:
    """One ``item`` element. Raises ValueError where feedgen refuses the post."""
    entry, fragment = item.entry, item.fragment
    made = FeedEntry()
    made.title(entry.title)
    made.link(href=item.url)
    made.guid(entry.id, permalink=entry.id == item.url)
    made.summary(fragment.summary or PLACEHOLDER)
    made.content(fragment.content and PLACEHOLDER, type="html")
    made.category([{"term": slug, "label": label} for slug, label in item.tags])
    # An item can have one author, with an address; ``dc:creator`` has all.
    for person in [person for person in item.authors if person.email][:1]:
        made.author({"name": person.name, "email": person.email})
    if fragment.enclosure:
        media = fragment.enclosure
        made.enclosure(media.url, str(media.length), media.type)
    element = made.rss_entry()
    if not fragment.summary:
        _child(element, "description").text = None
    for person in item.authors:
        etree.SubElement(element, f"{{{_DC}}}creator").text = person.name
    _date(element, "pubDate", entry.published)
    return item.filled(_without_declarations(element))


def rss_frame(channel: Channel) -> tuple[bytes, bytes]:
    """What stands before and after the items."""
    made = FeedGenerator()
    made.id(channel.id)
    made.title(channel.title)
    made.description(channel.description)
    made.language(channel.language)
    made.generator("Sula")
    made.docs("")
    made.link(href=channel.home, rel="alternate")
    if channel.icon:
        made.image(channel.icon, channel.title, channel.home)
    root, _ = made._create_rss()  # noqa: SLF001 - the tree before it is bytes
    element = root[0]
    # feedgen says now.
    element.remove(_child(element, "lastBuildDate"))
    if channel.updated:
        _date(element, "lastBuildDate", channel.updated)
    for relation, href in channel.links(RSS):
        link = etree.SubElement(element, f"{{{_ATOM}}}link", rel=relation, href=href)
        if relation != "hub":
            link.set("type", "application/rss+xml")
    mark_history(element, channel)
    whole = _redeclared(root)
    whole.set(XML_LANG, channel.language)  # the style sheet looks for it
    add_stylesheet(whole, channel)
    return split_frame(whole, b"</channel></rss>")


# --- shared with Atom ----------------------------------------------------------------


def mark_history(element: etree._Element, channel: Channel) -> None:
    """RFC 5005's ``complete`` and ``archive``; until feedgen has an extension for it."""
    for name, there in (("complete", channel.complete), ("archive", channel.archive)):
        if there:
            etree.SubElement(element, f"{{{HISTORY}}}{name}", nsmap={"fh": HISTORY})


def add_stylesheet(root: etree._Element, channel: Channel) -> None:
    """CSS for a person who opens the feed in a browser."""
    if channel.stylesheet:
        pi = f'type="text/css" href="{channel.stylesheet}"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", pi))


def split_frame(root: etree._Element, end: bytes) -> tuple[bytes, bytes]:
    """A document without items, cut where they belong."""
    body = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
    return body.removesuffix(end) + b"\n", end + b"\n"


# --- corrections ---------------------------------------------------------------------


def _child(element: etree._Element, name: str) -> etree._Element:
    found = element.find(name)
    if found is None:
        raise ValueError(f"feedgen left out {name}")
    return found


def _date(parent: etree._Element, name: str, value: str) -> None:
    """Line 10: feedgen formats dates through the process's locale, and short years short.

    It can go when feedgen uses `email.utils.format_datetime`.
    """
    etree.SubElement(parent, name).text = format_datetime(datetime.fromisoformat(value))


def _without_declarations(element: etree._Element) -> bytes:
    """An item's bytes, its prefixes left to the document that will hold it.

    feedgen can only serialise whole feeds; it can go when it can do items.
    """
    host = etree.Element("rss", nsmap=PREFIXES)
    host.append(element)
    body = etree.tostring(host, encoding="UTF-8", xml_declaration=False)
    return body[body.index(b">") + 1 :].removesuffix(b"</rss>")


def _redeclared(root: etree._Element) -> etree._Element:
    """The document under a root that declares the prefixes of items added later."""
    whole = etree.Element("rss", version="2.0", nsmap=PREFIXES)
    whole.extend(list(root))
    return whole
