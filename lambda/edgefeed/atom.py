"""Atom 1.0 (RFC 4287): channels through feedgen, entries as feedgen would make them. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from feedgen.feed import FeedGenerator
from lxml import etree

from edgefeed.channel import ATOM, Channel, Item, element, escaped
from edgefeed.contract import Person, slugify
from edgefeed.rss import HISTORY, framed

_TYPE: Final = "application/atom+xml"
_END: Final = "</feed>"
_NEVER: Final = "1970-01-01T00:00:00+00:00"
"""When an empty feed changed: it must say, and there is nothing to tell."""


def atom_item(item: Item) -> bytes:
    """One ``entry`` element. Raises ValueError where no feed can hold the post."""
    entry, fragment, media = item.entry, item.fragment, item.fragment.enclosure
    foreign = fragment.language and fragment.language != item.language
    named = [_author(person).items() for person in fragment.authors]
    authors = [[element(name, escaped(said)) for name, said in parts] for parts in named]
    return element(
        "entry",
        element("id", escaped(entry.id)),
        element("title", escaped(entry.title)),
        element("link", rel="alternate", type="text/html", href=item.url),
        element("link", rel="related", href=fragment.link) if fragment.link else "",
        element("link", rel="enclosure", type=media.type, length=str(media.length), href=media.url)
        if media
        else "",
        element("updated", entry.updated),
        *[element("author", *parts) for parts in authors],
        element("content", item.xml, type="html"),
        element("summary", escaped(fragment.summary)),
        *[element("category", term=slugify(label), label=label) for label in entry.tags],
        element("published", entry.published),
        **({"xml:lang": fragment.language} if foreign else {}),
    ).encode()


def atom_frame(channel: Channel) -> tuple[bytes, bytes]:
    """What stands before and after the entries."""
    links = [element("link", href=one.pop("href"), **one) for one in channel.links(ATOM, _TYPE)]
    opening = _opening(channel.everywhere).replace("<link ", f"{''.join(links)}<link ", 1)
    updated = element("updated", channel.updated or _NEVER)
    opening = opening.replace(element("updated", _NEVER), updated, 1)
    return framed(channel, opening, _END, **{"xmlns:fh": HISTORY})


@lru_cache(maxsize=256)
def _opening(channel: Channel) -> str:
    made = FeedGenerator()
    made.id(channel.id)
    made.title(channel.title)
    made.subtitle(channel.description)
    made.language(channel.language)
    made.generator("Sula")
    made.updated(_NEVER)
    made.author(_author(channel.author))
    made.icon(channel.icon or None)
    made.link(href=channel.home, rel="alternate", type="text/html")
    tree, _ = made._create_atom()  # noqa: SLF001 - the tree before it is bytes
    return etree.tostring(tree, encoding="unicode").removesuffix(_END)


def _author(person: Person) -> dict[str, str]:
    parts = {"name": person.name, "email": person.email, "uri": person.url}
    return {name: value for name, value in parts.items() if value}
