"""The nouns of an import: the old site, its documents and files, and remarks about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["decide", "changed", "left out"]
"""``decide``: stops the build until the author has decided. ``changed``: carried over in another
form. ``left out``: not carried over, and nothing of it is published."""


@dataclass(frozen=True, order=True)
class Remark:
    """Something to know about one place of the old site. ``line`` 0 is the whole file."""

    source: str
    line: int
    message: str
    kind: Kind = "changed"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A post or page of the old site.

    ``source`` is its file, relative to the old folder. ``name`` is what its new file should be
    called, without suffix (``hello``, or ``hello/index`` with files of its own). ``url`` is the
    old URL path with its leading slash, not percent-encoded; empty when it never had one.
    ``date`` carries the offset with which its address was made. ``undated`` is a date that
    could not be read, as written. ``id`` is what its feed called it by rule, if not its address.
    ``body`` is in Sula's dialect, its links still the old ones. ``more`` are other front-matter
    keys with their values.
    """

    source: str
    kind: Literal["post", "page"]
    name: str
    url: str
    slug: str
    title: str
    body: str
    date: datetime | None = None
    undated: str = ""
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    draft: bool = False
    image: str = ""
    redirects: tuple[str, ...] = ()
    id: str = ""
    more: Mapping[str, str | int | bool | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file to take over as it is: where it lies, and its old URL path."""

    source: str
    url: str


@dataclass(kw_only=True)
class Site:
    """An old site, read. ``url`` has no trailing slash and no path; ``prefix`` is that path.

    ``feeds`` are old feed addresses and what they become, ``lists`` those of tags, categories
    and archives. ``dropped`` counts front-matter keys that mean nothing here.
    """

    generator: str
    root: Path
    url: str
    prefix: str = ""
    title: str = ""
    description: str = ""
    author: str = ""
    email: str = ""
    language: str = "en"
    zone: ZoneInfo
    menu: tuple[tuple[str, str], ...] = ()
    social: tuple[tuple[str, str], ...] = ()
    documents: list[Document] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    feeds: dict[str, str] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    feed_files: tuple[str, ...] = ()
    dropped: dict[str, int] = field(default_factory=dict)
    categories: int = 0

    def note(self, source: str, line: int, message: str, kind: Kind = "changed") -> None:
        """Add a remark."""
        self.remarks.append(Remark(source, line, message, kind))

    def drop(self, key: str) -> None:
        """Count a front-matter key that is not carried over."""
        self.dropped[key] = self.dropped.get(key, 0) + 1
