"""The nouns of a build: what a source says, and what one page needs to be rendered."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["published", "hidden", "draft"]


class Meta(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one Markdown source says of itself, normalised. Kept in the build record.

    ``path`` is relative to the content directory, with ``/``. ``url`` is the URL path
    without its leading slash (``posts/hello/``), ``output`` the file it becomes
    (``posts/hello/index.html``). ``published`` and ``updated`` are RFC 3339 with an
    offset, in the site's time zone where the source names none; empty on static pages
    that state none. ``id`` is empty unless the source states one. ``links`` are the
    source paths it links to (posts, pages, files), sorted, resolved, relative to the
    content directory. ``redirect_from`` are URL paths that lead here.
    """

    path: str
    kind: Literal["post", "page"]
    title: str = ""
    slug: str
    url: str
    output: str
    published: str = ""
    updated: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()
    series: str = ""
    position: int | None = None
    status: Status = "published"
    links: tuple[str, ...] = ()
    redirect_from: tuple[str, ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """A post that another one points to: its title (may be empty) and its URL path."""

    title: str
    url: str


class SeriesPart(msgspec.Struct, frozen=True):
    """One line of a series box. ``current`` marks the post that shows the box."""

    title: str
    url: str
    position: int | None
    current: bool = False


class Picture(msgspec.Struct, frozen=True):
    """A picture's size in pixels, and the digest in the names of what is made of it, if any.

    Of a recording, which has no size, only the digest.
    """

    width: int
    height: int
    mark: str = ""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """All that rendering one page depends on besides its source, the theme and settings.

    Plain data, so that a shard of jobs can be rendered by another process or machine.
    ``id`` is the permanent identity to print. ``targets`` maps each of the source's links
    to the URL path (leading slash, not percent-encoded) it must become, ``pictures`` those
    that lead to a picture or recording to what the page says of it.
    """

    path: str
    output: str
    id: str
    previous: Reference | None = None
    next: Reference | None = None
    series: tuple[SeriesPart, ...] = ()
    targets: dict[str, str] = {}
    pictures: dict[str, Picture] = {}
