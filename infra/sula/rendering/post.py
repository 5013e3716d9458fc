"""What a template is given of a post or page: plain data, the same in every company."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from edgefeed.contract import Person, Site
from sula.content.fields import Enclosure
from sula.content.meta import Source
from sula.content.pictures import preview_path
from sula.content.urls import Rules
from sula.markdown.parser import Converted, Heading
from sula.model import Job, Reference, SeriesPart

_LONGEST: Final = 300
_WORDS_PER_MINUTE: Final = 230


class PostData(msgspec.Struct, frozen=True, kw_only=True):
    """A post or page, ready to print. The variable ``post`` of ``article.html``, ``page.html``.

    ``url`` is the URL path, not percent-encoded; ``canonical`` the absolute URL.
    ``title`` is empty for an untitled note. ``published`` and ``updated`` are RFC 3339
    (empty on pages that state none). ``tags`` are labels. ``description`` is plain text of
    at most 300 characters. ``image`` is absolute, or empty, as are ``preview`` (a picture of
    the title, for a post without an image) and ``link`` (what a link
    post points to). ``content`` is HTML. ``kind`` is ``hidden`` for a post that has a page
    but joins no list and no feed, ``error`` for the 404 page.
    """

    kind: Literal["post", "page", "hidden", "error"]
    id: str
    url: str
    canonical: str
    title: str
    published: str
    updated: str
    tags: tuple[str, ...]
    description: str
    authors: tuple[Person, ...]
    language: str
    image: str
    preview: str
    pinned: bool
    series: str
    position: int | None
    series_parts: tuple[SeriesPart, ...]
    previous: Reference | None
    next: Reference | None
    link: str
    enclosure: Enclosure | None
    words: int
    reading_minutes: int
    toc: tuple[Heading, ...]
    content: str


def shorten(text: str, limit: int = _LONGEST) -> str:
    """Plain text on one line, cut at a word; the cut shows as an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        # A text without spaces, as in Japanese, is cut where it must be.
        head = head.rpartition(" ")[0] or head
    return head.rstrip(" ,;:-\u2013\u2014") + "…"


def post_data(source: Source, text: Converted, job: Job, site: Site) -> PostData:
    """Put together what the source says, what its text is, and what the plan knows."""
    meta = source.meta
    kind: Literal["post", "page", "hidden", "error"] = meta.kind
    if meta.kind == "post" and meta.status == "hidden":
        kind = "hidden"
    elif meta.output == "404.html":
        kind = "error"
    enclosure = source.enclosure
    if enclosure is not None:
        url = _absolute(enclosure.url, source.enclosure_source, job, site)
        enclosure = msgspec.structs.replace(enclosure, url=url)
    return PostData(
        kind=kind,
        id=job.id,
        url="/" + meta.url,
        canonical=site.absolute("/" + meta.url),
        title=meta.title,
        published=meta.published,
        updated=meta.updated,
        tags=meta.tags,
        description=shorten(source.summary or text.opening),
        authors=tuple(_person(name, site) for name in source.authors) or (site.author,),
        language=source.language or site.language,
        image=_absolute(source.image, source.image_source, job, site),
        preview=_preview(meta.title, site),
        pinned=source.pinned,
        series=meta.series,
        position=meta.position,
        series_parts=job.series,
        previous=job.previous,
        next=job.next,
        link=source.link,
        enclosure=enclosure,
        words=text.words,
        reading_minutes=max(1, round(text.words / _WORDS_PER_MINUTE)),
        toc=text.toc,
        content=text.html,
    )


def missing_targets(source: Source, job: Job, rules: Rules) -> list[tuple[str, str]]:
    """Sources that the front matter names and the job does not know: (key, path)."""
    named = (("image", source.image_source), ("enclosure", source.enclosure_source))
    return [(key, f"{rules.folder}/{p}") for key, p in named if p and p not in job.targets]


def _person(name: str, site: Site) -> Person:
    return site.author if name == site.author.name else Person(name)


def _preview(title: str, site: Site) -> str:
    if not site.previews:
        return ""
    path = preview_path(title, site) if title else site.preview
    return f"{site.url}/{path}"


def _absolute(written: str, source: str, job: Job, site: Site) -> str:
    if source:
        return site.absolute(job.targets[source]) if source in job.targets else ""
    return site.url + written if written.startswith("/") else written
