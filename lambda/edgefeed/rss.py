"""RSS 2.0: channels through feedgen, and what feedgen 1.0 leaves to be put right. Pure.

Each correction is a function of its own that says which line of feeds.md it serves.
Items are what feedgen would make of them, but for its mistakes: tests compare the bytes. It
would take three times as long, and there are many; a channel is made once for twenty items.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from feedgen.feed import FeedGenerator
from lxml import etree

from edgefeed.channel import RSS, Channel, Item, element, escaped

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
    """One ``item`` element. Raises ValueError where no feed can hold the post."""
    entry, fragment, media = item.entry, item.fragment, item.fragment.enclosure
    # An item can have one author, with an address; ``dc:creator`` has all.
    mailed = [person for person in item.authors if person.email][:1]
    return element(
        "item",
        element("title", escaped(entry.title)) if entry.title else "",
        element("link", escaped(item.url)),
        element("description", escaped(fragment.summary)),
        f"<content:encoded>{item.xml}</content:encoded>",
        *[element("author", escaped(f"{one.email} ({one.name})")) for one in mailed],
        element("guid", escaped(entry.id), isPermaLink=str(entry.id == item.url).lower()),
        *[element("category", escaped(label)) for label in entry.tags],
        element("enclosure", url=media.url, length=str(media.length), type=media.type)
        if media
        else "",
        *[element("dc:creator", escaped(person.name)) for person in item.authors],
        element("pubDate", _rfc822(entry.published)),
    ).encode()


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
    for now in element.findall("lastBuildDate"):  # feedgen says when it was made
        element.remove(now)
    if channel.updated:
        etree.SubElement(element, "lastBuildDate").text = _rfc822(channel.updated)
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


def _rfc822(value: str) -> str:
    """Line 10: feedgen formats dates through the process's locale, and short years short."""
    return format_datetime(datetime.fromisoformat(value))


def _redeclared(root: etree._Element) -> etree._Element:
    """The document under a root that declares the prefixes of items added later."""
    whole = etree.Element("rss", version="2.0", nsmap=PREFIXES)
    whole.extend(list(root))
    return whole
