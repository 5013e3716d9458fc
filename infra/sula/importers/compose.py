"""A new site's own files as text: front matter, dates, ``pelicanconf.py``. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sula.content.dates import DateError, parse_date
from sula.importers.addresses import Addresses
from sula.importers.model import Site
from sula.importers.text import one_line

Value = str | int | bool | tuple[str, ...]
_PLAIN: Final = re.compile(r"[A-Za-z0-9/](?:[\w/.+-]|:(?=[^\s\[\]{}])|[ ](?![#-]))*")
_NO_YEAR: Final = 1970


def source_text(fields: Mapping[str, Value], body: str) -> str:
    """A source: front matter, an empty line, the text."""
    front = [f"{key}: {_value(value)}" for key, value in fields.items()]
    return "\n".join(["---", *front, "---", "", body.strip("\n").rstrip(), ""])


def _value(value: Value) -> str:
    """YAML, plain where that is read back the same."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = one_line(str(value))
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def plain_date(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as plainly as the site's time zone allows: without an offset if it needs none."""
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    try:
        if parse_date(text, zone) == moment:
            return text
    except DateError:
        pass
    return moment.replace(microsecond=0).isoformat(" ")


def settings_text(site: Site, addresses: Addresses, menu: Iterable[tuple[str, str]]) -> bytes:
    """``pelicanconf.py``. The site's id has the year of its first post, so that it stands still."""
    host = urlsplit(site.url).hostname or "site"
    years = [d.date.year for d in site.documents if d.date and not d.draft]
    identity = f"tag:{host},{max(min(years, default=_NO_YEAR), _NO_YEAR)}:site"
    lines = [
        f'"""The site\'s settings, as they were in {site.generator}."""',
        "",
        f"SITEURL = {_python(site.url)}",
        f"SITENAME = {_python(site.title or host)}",
        f"SITE_DESCRIPTION = {_python(site.description)}",
        f"AUTHOR = {_python(site.author or site.title or host)}",
        *([f"AUTHOR_EMAIL = {_python(site.email)}"] if site.email else []),
        "",
        "# Names this site for ever. Never change it.",
        f"SITE_ID = {_python(identity)}",
        "",
        f"DEFAULT_LANG = {_python(site.language)}",
        f"TIMEZONE = {_python(str(site.zone))}",
        "",
        "# The addresses the old site had.",
        f"ARTICLE_URL = {_python(addresses.article)}",
        f"PAGE_URL = {_python(addresses.page)}",
        *_pairs("MENU", menu),
        *_pairs("SOCIAL", site.social),
    ]
    return ("\n".join(lines) + "\n").encode()


def _python(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)


def _pairs(name: str, pairs: Iterable[tuple[str, str]]) -> list[str]:
    rows = [f"    ({_python(label)}, {_python(url)})," for label, url in pairs]
    return ["", f"{name} = (", *rows, ")"] if rows else []
