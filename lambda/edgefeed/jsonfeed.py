"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). Pure."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from edgefeed.channel import JSON, Channel, Item
from edgefeed.contract import Person

VERSION: Final = "https://jsonfeed.org/version/1.1"


def json_item(item: Item) -> bytes:
    """One item, its members in the order of the specification."""
    entry, fragment = item.entry, item.fragment
    foreign = fragment.language not in {"", item.language}
    media = fragment.enclosure
    return _encode(
        id=entry.id,
        url=item.url,
        external_url=fragment.link,
        title=entry.title,
        content_html=msgspec.Raw(msgspec.json.encode(fragment.content)),
        summary=fragment.summary,
        image=fragment.image,
        date_published=entry.published,
        date_modified=entry.updated,
        authors=[_author(person) for person in fragment.authors],
        tags=list(entry.tags),
        language=fragment.language if foreign else "",
        attachments=[{"url": media.url, "mime_type": media.type, "size_in_bytes": media.length}]
        if media
        else [],
    )


def json_frame(channel: Channel) -> tuple[bytes, bytes]:
    """What stands before and after the items."""
    older = channel.previous + JSON if channel.previous else ""
    body = _encode(
        version=VERSION,
        title=channel.title,
        home_page_url=channel.home,
        feed_url=channel.place + JSON,
        description=channel.description,
        next_url=older,
        icon=channel.icon,
        authors=[_author(channel.author)],
        language=channel.language,
        hubs=[{"type": "WebSub", "url": channel.hub}] if channel.hub else [],
        items=msgspec.Raw(b"[]"),
    )
    return body.removesuffix(b"]}") + b"\n", b"]}\n"


def _author(person: Person) -> dict[str, str]:
    return {"name": person.name, "url": person.url} if person.url else {"name": person.name}


def _encode(**members: Any) -> bytes:  # noqa: ANN401 - JSON
    """JSON of the members that say something."""
    return msgspec.json.encode({name: value for name, value in members.items() if value})
