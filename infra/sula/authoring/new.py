"""``sula new``: a post to begin with."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edgefeed.contract import slugify
from sula.errors import ConfigError, SulaError

_HEAD: Final = 8_192
"""Bytes of a source in which its front matter ends, as good as always."""


def new_post(
    content: Path,
    title: str,
    *,
    now: datetime,
    tags: Sequence[str] = (),
    draft: bool = False,
    identity: str | None = None,
    note: bool = False,
    link: str = "",
    series: str = "",
) -> Path:
    """Write a post's front matter to a file of its own, and return its path.

    ``now`` is the date it will carry, already in the site's time zone. A note may lack a title;
    its file is then called by its time. A new part of a series stands after the parts there are.
    Raises `SulaError` when the file is there, `ConfigError` for a title or link that cannot be one.
    """
    title, series = " ".join(title.split()), " ".join(series.split())
    if not title and not note:
        raise ConfigError('a post needs a title: sula new "My title"; a note does not: --note')
    if link and not _is_address(link):
        raise ConfigError(f"--link: should be a whole address, https://..., not {link!r}")
    name = slugify(title) if title else f"{now:%Y%m%d-%H%M%S}"
    path = content / "posts" / f"{name}.md"
    identity = identity or f"urn:uuid:{uuid.uuid4()}"
    kept: dict[str, str] = {}
    for tag in filter(None, map(str.strip, tags)):
        kept.setdefault(slugify(tag), tag)
    wanted = [*kept.values()]
    values: dict[str, object] = {
        **({"title": title} if title else {}),
        **({"note": True} if note else {}),
        "date": f"{now:%Y-%m-%d %H:%M:%S}",
        "id": identity,
        **({"tags": wanted} if wanted else {}),
        **({"link": link} if link else {}),
        **({"series": series, "position": _position(content, series)} if series else {}),
        **({"draft": True} if draft else {}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(_front(values))
    except FileExistsError:
        raise SulaError(f"{path} is there already; choose another title, or edit it") from None
    return path


def _front(values: Mapping[str, object]) -> str:
    plain = ("date", "id")
    lines = [f"{k}: {v}" if k in plain else _yaml(k, v) for k, v in values.items()]
    return "\n".join(["---", *lines, "---", "", ""])


def _yaml(name: str, value: object) -> str:
    """One line of YAML, as plain as it can be and still read back the same."""
    import yaml  # noqa: PLC0415 - only here

    flow = None if isinstance(value, list) else False
    text: str = yaml.safe_dump(
        {name: value}, default_flow_style=flow, allow_unicode=True, width=9999
    )
    return text.strip()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in url
    except ValueError:
        return False


def _position(content: Path, series: str) -> int:
    """One more than the last part that a series has."""
    from sula.content.fields import Fields  # noqa: PLC0415 - only for a part of a series
    from sula.content.frontmatter import split  # noqa: PLC0415 - the same
    from sula.content.sources import decode  # noqa: PLC0415 - the same

    last = 0
    for path in (content / "posts").rglob("*.md"):
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not re.search(rb"series", head, re.IGNORECASE):
            continue
        text, problems = decode(path.read_bytes(), path.name)
        fields = Fields(split(text if not problems else ""))
        if slugify(fields.text("series")) == slugify(series):
            last = max(last, fields.number("position") or 0)
    return last + 1
