"""Atom 1.0 (RFC 4287) through feedgen, and what feedgen 1.0 leaves to be put right. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

# feedgen.util uses lxml.etree without importing it.
from lxml import etree  # isort: split

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from edgefeed.channel import ATOM, PLACEHOLDER, Channel, Item
from edgefeed.contract import Person
from edgefeed.rss import XML_LANG, add_stylesheet, mark_history, split_frame

_TYPE: Final = "application/atom+xml"
_NEVER: Final = "1970-01-01T00:00:00+00:00"
"""When an empty feed changed: it must say, and there is nothing to tell."""


def atom_item(item: Item) -> bytes:
    """One ``entry`` element. Raises ValueError where feedgen refuses the post."""
    entry, fragment = item.entry, item.fragment
    made = FeedEntry()
    made.id(entry.id)
    made.title(entry.title or PLACEHOLDER)
    made.published(datetime.fromisoformat(entry.published))
    made.updated(datetime.fromisoformat(entry.updated))
    made.summary(fragment.summary)
    made.content(fragment.content and PLACEHOLDER, type="html")
    made.category([{"term": slug, "label": label} for slug, label in item.tags])
    for person in fragment.authors:
        made.author(_author(person))
    element = made.atom_entry()
    _untitled(element, entry.title)
    _links(element, item)
    if fragment.language and fragment.language != item.language:
        element.set(XML_LANG, fragment.language)
    return item.filled(etree.tostring(element, encoding="UTF-8", xml_declaration=False))


def atom_frame(channel: Channel) -> tuple[bytes, bytes]:
    """What stands before and after the entries."""
    made = FeedGenerator()
    made.id(channel.id)
    made.title(channel.title)
    made.subtitle(channel.description)
    made.language(channel.language)
    made.generator("Sula")
    made.updated(datetime.fromisoformat(channel.updated or _NEVER))
    made.author(_author(channel.author))
    if channel.icon:
        made.icon(channel.icon)
    for relation, href in channel.links(ATOM):
        made.link(href=href, rel=relation, **({} if relation == "hub" else {"type": _TYPE}))
    made.link(href=channel.home, rel="alternate", type="text/html")
    root, _ = made._create_atom()  # noqa: SLF001 - the tree before it is bytes
    mark_history(root, channel)
    add_stylesheet(root, channel)
    return split_frame(root, b"</feed>")


def _author(person: Person) -> dict[str, str]:
    parts = {"name": person.name, "email": person.email, "uri": person.url}
    return {name: value for name, value in parts.items() if value}


# --- corrections ---------------------------------------------------------------------


def _untitled(entry: etree._Element, title: str) -> None:
    """A note has no title, Atom asks for the element, feedgen for a text in it.

    It can go when feedgen accepts an empty title.
    """
    element = entry.find("title")
    if element is not None:
        element.text = title or None


def _links(entry: etree._Element, item: Item) -> None:
    """Line 16: feedgen drops rel, type and length of an entry's links.

    So they are made here, after the title; until feedgen's loop stops hiding its variable.
    """
    fragment = item.fragment
    links = [{"rel": "alternate", "type": "text/html", "href": item.url}]
    if fragment.link:
        links.append({"rel": "related", "href": fragment.link})
    if media := fragment.enclosure:
        length = str(media.length)
        links.append({"rel": "enclosure", "type": media.type, "length": length, "href": media.url})
    for place, link in enumerate(links, 2):
        element = etree.Element("link")
        for name, value in link.items():
            element.set(name, value)
        entry.insert(place, element)
