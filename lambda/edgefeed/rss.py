"""RSS 2.0: channels through feedgen, and what feedgen 1.0 leaves to be put right. Pure.

Items are what feedgen would make of them, but for its mistakes: tests compare the bytes. It
would take three times as long, and there are many; a channel is made once for twenty items.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
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
_END: Final = "</channel></rss>"


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
    changed = element("lastBuildDate", _rfc822(channel.updated)) if channel.updated else ""
    links = [element("atom:link", **link) for link in channel.links(RSS, "application/rss+xml")]
    return framed(channel, _opening(channel.everywhere) + changed + "".join(links), _END)


@lru_cache(maxsize=256)
def _opening(channel: Channel) -> str:
    made = FeedGenerator()
    made.title(channel.title)
    made.description(channel.description)
    made.language(channel.language)
    made.generator("Sula")
    made.docs("")
    made.link(href=channel.home, rel="alternate")
    made.image(channel.icon or None, channel.title, channel.home)
    root = etree.Element("rss", version="2.0", nsmap=PREFIXES)
    root.set(XML_LANG, channel.language)  # the style sheet looks for it
    root.append(made._create_rss()[0][0])  # noqa: SLF001 - the tree before it is bytes
    etree.strip_elements(root, "lastBuildDate")  # feedgen says when it was made
    return etree.tostring(root, encoding="unicode").removesuffix(_END)


def framed(channel: Channel, opening: str, end: str, **declared: str) -> tuple[bytes, bytes]:
    """What is around the items, with CSS for a person who opens the document.

    And with the marks of RFC 5005, for which feedgen has no extension.
    """
    before = "<?xml version='1.0' encoding='UTF-8'?>\n"
    if channel.stylesheet:
        before += f'<?xml-stylesheet type="text/css" href="{channel.stylesheet}"?>'
    before += opening
    for name, there in (("complete", channel.complete), ("archive", channel.archive)):
        before += element(f"fh:{name}", **declared) if there else ""
    return f"{before}\n".encode(), f"{end}\n".encode()


def _rfc822(value: str) -> str:
    """Line 10: feedgen formats dates through the process's locale, and short years short."""
    return format_datetime(datetime.fromisoformat(value))
