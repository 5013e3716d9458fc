"""RSS 2.0: channels through feedgen, and what feedgen 1.0 leaves to be put right. Pure.

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

HISTORY: Final = "http://purl.org/syndication/history/1.0"
"""The namespace of RFC 5005."""
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
PREFIXES: Final[dict[str | None, str]] = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
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
    root = etree.Element("rss", version="2.0", nsmap=PREFIXES)
    root.set(XML_LANG, channel.language)  # the style sheet looks for it
    root.append(made._create_rss()[0][0])  # noqa: SLF001 - the tree before it is bytes
    for now in root[0].findall("lastBuildDate"):  # feedgen says when it was made
        root[0].remove(now)
    added = [element("lastBuildDate", _rfc822(channel.updated))] if channel.updated else []
    for relation, href in channel.links(RSS):
        typed = {} if relation == "hub" else {"type": "application/rss+xml"}
        added.append(element("atom:link", rel=relation, href=href, **typed))
    return framed(root, channel, added, b"</channel></rss>")


def framed(
    root: etree._Element, channel: Channel, added: list[str], end: bytes, **declared: str
) -> tuple[bytes, bytes]:
    """A document without items, cut where they belong; there, elements are added.

    With CSS for a person who opens the feed in a browser, and RFC 5005's ``complete`` and
    ``archive``, until feedgen has an extension for it.
    """
    if channel.stylesheet:
        pi = f'type="text/css" href="{channel.stylesheet}"'
        root.addprevious(etree.ProcessingInstruction("xml-stylesheet", pi))
    body = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
    for name, there in (("complete", channel.complete), ("archive", channel.archive)):
        added += [element(f"fh:{name}", **declared)] if there else []
    return body.removesuffix(end) + "".join(added).encode() + b"\n", end + b"\n"


def _rfc822(value: str) -> str:
    """Line 10: feedgen formats dates through the process's locale, and short years short."""
    return format_datetime(datetime.fromisoformat(value))
