"""``sula new``: a post to begin with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from edgefeed.contract import slugify
from sula.errors import ConfigError, SulaError


def new_post(
    content: Path,
    title: str,
    *,
    now: datetime,
    tags: Sequence[str] = (),
    draft: bool = False,
    identity: str | None = None,
) -> Path:
    """Write a post's front matter to a file of its own, and return its path.

    ``now`` is the date it will carry, already in the site's time zone. Raises `SulaError`
    when the file is there, `ConfigError` for a title that cannot be one.
    """
    title = " ".join(title.split())
    if not title:
        raise ConfigError('a post needs a title: sula new "My title"')
    path = content / "posts" / f"{slugify(title)}.md"
    identity = identity or f"urn:uuid:{uuid.uuid4()}"
    lines = ["---", _yaml("title", title), f"date: {now:%Y-%m-%d %H:%M:%S}", f"id: {identity}"]
    wanted = [tag.strip() for tag in tags if tag.strip()]
    if wanted:
        lines.append(_yaml("tags", wanted))
    if draft:
        lines.append("draft: true")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("\n".join([*lines, "---", "", ""]))
    except FileExistsError:
        raise SulaError(f"{path} is there already; choose another title, or edit it") from None
    return path


def _yaml(name: str, value: object) -> str:
    """One line of YAML, as plain as it can be and still read back the same."""
    import yaml  # noqa: PLC0415 - only here

    flow = None if isinstance(value, list) else False
    text: str = yaml.safe_dump(
        {name: value}, default_flow_style=flow, allow_unicode=True, width=9999
    )
    return text.strip()
