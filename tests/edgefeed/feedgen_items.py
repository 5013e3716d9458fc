"""Items of feeds as feedgen makes them, its mistakes put right: what edgefeed's own must equal."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

# feedgen.util uses lxml.etree without importing it.
from lxml import etree  # isort: split

from feedgen.entry import FeedEntry

from edgefeed.channel import Item
from edgefeed.contract import slugify
from edgefeed.rss import PREFIXES, XML_LANG

DC = f"{{{PREFIXES['dc']}}}"


def rss_item(item: Item) -> bytes:
    entry, fragment = item.entry, item.fragment
    made = _begun(item)
    made.link(href=item.url)
    made.guid(entry.id, permalink=entry.id == item.url)
    made.summary(fragment.summary or "-")  # without, it takes the content for one
    for person in [person for person in item.authors if person.email][:1]:
        made.author({"name": person.name, "email": person.email})
    if media := fragment.enclosure:
        made.enclosure(media.url, str(media.length), media.type)
    element = made.rss_entry()
    if not fragment.summary:
        next(element.iter("description")).text = None
    for person in item.authors:
        etree.SubElement(element, f"{DC}creator").text = person.name
    # Through the locale, and short years short, if feedgen did it.
    date = format_datetime(datetime.fromisoformat(entry.published))
    etree.SubElement(element, "pubDate").text = date
    host = etree.Element("rss", nsmap=PREFIXES)
    host.append(element)
    body = etree.tostring(host, encoding="UTF-8", xml_declaration=False)
    return body[body.index(b">") + 1 :].removesuffix(b"</rss>")


def atom_item(item: Item) -> bytes:
    entry, fragment = item.entry, item.fragment
    made = _begun(item)
    made.id(entry.id)
    made.title(entry.title or "-")  # it refuses an empty one
    made.published(datetime.fromisoformat(entry.published))
    made.updated(datetime.fromisoformat(entry.updated))
    made.summary(fragment.summary)
    for person in fragment.authors:
        parts = {"name": person.name, "email": person.email, "uri": person.url}
        made.author({name: value for name, value in parts.items() if value})
    element = made.atom_entry()
    next(element.iter("title")).text = entry.title or None
    for place, link in enumerate(_links(item), 2):  # it drops rel, type and length
        element.insert(place, etree.Element("link", link))
    if fragment.language and fragment.language != item.language:
        element.set(XML_LANG, fragment.language)
    return etree.tostring(element, encoding="UTF-8", xml_declaration=False)


def _begun(item: Item) -> FeedEntry:
    made = FeedEntry()
    made.title(item.entry.title)
    made.content(item.fragment.content, type="html")
    made.category([{"term": slugify(label), "label": label} for label in item.entry.tags])
    return made


def _links(item: Item) -> list[dict[str, str]]:
    fragment = item.fragment
    links = [{"rel": "alternate", "type": "text/html", "href": item.url}]
    if fragment.link:
        links.append({"rel": "related", "href": fragment.link})
    if media := fragment.enclosure:
        length = str(media.length)
        links.append({"rel": "enclosure", "type": media.type, "length": length, "href": media.url})
    return links
