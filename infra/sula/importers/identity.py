"""Who the old posts are to those who subscribed: the ids that the old feeds gave them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from sula.importers.addresses import canonical
from sula.importers.model import Document, Site

_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


def read_feed(body: bytes) -> dict[str, str]:
    """Each entry's URL path ▶ its id, from RSS, Atom or JSON Feed; empty if it is none."""
    if body.lstrip()[:1] == b"{":
        return _json_feed(body)
    from lxml import etree  # noqa: PLC0415 - only when there is a feed

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(body, parser) if body.strip() else None
    if root is None:
        return {}
    found: dict[str, str] = {}
    for item in root.iter("{*}item", "{*}entry"):
        link, identity = "", ""
        for child in item:
            name = etree.QName(child).localname if isinstance(child.tag, str) else ""
            if name == "link" and child.get("rel", "alternate") == "alternate":
                link = link or child.get("href") or (child.text or "")
            elif name in {"guid", "id"}:
                identity = (child.text or "").strip()
        if link.strip() and identity:
            found.setdefault(_path(link), identity)
    return found


def _json_feed(body: bytes) -> dict[str, str]:
    try:
        data: Any = json.loads(body)
        items = data.get("items", [])
        return {_path(str(i["url"])): str(i["id"]) for i in items if i.get("url") and i.get("id")}
    except (ValueError, AttributeError, TypeError):
        return {}


def _path(link: str) -> str:
    try:
        return canonical(unquote(urlsplit(link.strip()).path))
    except ValueError:
        return ""


def identify(
    site: Site, feeds: Iterable[Mapping[str, str]], absolute: Mapping[str, str]
) -> tuple[dict[str, str], int]:
    """Every published post's id by its source, and how many a feed told.

    `absolute` maps sources to their old absolute URL.
    """
    known: dict[str, str] = {}
    for feed in feeds:
        known = {**feed, **known}
    ids: dict[str, str] = {}
    owners: dict[str, str] = {}
    told = 0
    for document in site.documents:
        if document.kind != "post" or document.draft or not document.url:
            continue
        stated = known.get(canonical(document.url), "")
        if stated and not _IRI.fullmatch(stated):
            site.note(
                document.source, 0,
                f"the old feed called it {stated!r}, which can be no id: its address is used, and "
                "some readers may see it once more",
            )  # fmt: skip
            stated = ""
        identity = stated or document.id or absolute[document.source]
        if identity in owners:
            other = owners[identity]
            site.note(document.source, 0, f"had the same id as {other}: it gets one of its own")
            continue
        told += bool(stated)
        owners[identity] = document.source
        ids[document.source] = identity
    return ids, told


def rule(document: Document, identity: str) -> str:
    """An id by rule, if it can be one."""
    return identity if document.url and _IRI.fullmatch(identity) else ""
