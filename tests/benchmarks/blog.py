"""A blog of any size for edgefeed's benchmarks: an index, and fragments made when asked for."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from tests.example_site import EXAMPLE

from edgefeed.contract import FRAGMENTS, INDEX_KEY, json_ld, key_to_path
from edgefeed.index import Header, Index, encode
from edgefeed.laptop.stores import MemoryStore
from edgefeed.model import Entry, Fragment
from edgefeed.store import Object

ROOT = Path(__file__).parents[2]
TAGS = tuple(f"topic {number}" for number in range(60))
WORDS = tuple(a + b + c for a in "ba de fi go lu me no pa ri su ta ve zo".split()
              for b in "la ne mi ro tu sha ki vo pe du za gi".split()
              for c in "n r s l t m nd st rk ling son ra lo".split())  # fmt: skip
FIRST = datetime(2001, 1, 1, tzinfo=UTC)
BODY = "".join(
    f"<h2>Part {part}</h2><p>" + "Some <em>words</em> that say a little. " * 25 + "</p>"
    for part in range(5)
)
SITE = msgspec.structs.replace(
    EXAMPLE,
    assets={
        path.name: f"theme/{path.stem}.0123456789{path.suffix}"
        for path in (ROOT / "theme/static").iterdir()
    },
    revision=1,
    renderer="bench",
)


def key_of(number: int) -> str:
    return f"pages/posts/post-number-{number}/index.html"


def date_of(number: int, posts: int) -> datetime:
    """Twenty years of posting, however many posts there are."""
    return FIRST + timedelta(days=7300) * number / posts


def tags_of(number: int, posts: int) -> tuple[str, ...]:
    """Three tags by chance, but so that any twenty posts in a row have each tag once.

    The dice begin at the newest post: at any size the newest posts share the same tags, and
    the pages of lists are as full, so that what a change costs can be compared.
    """
    turn, place = divmod(posts - 1 - number, len(TAGS) // 3)
    shuffled = random.Random(turn).sample(TAGS, len(TAGS))
    return tuple(shuffled[3 * place : 3 * place + 3])


def title_of(number: int, posts: int) -> str:
    """Five of two thousand made-up words, by the same dice at any size."""
    dice = random.Random(f"title {posts - number}")
    return " ".join(dice.choice(WORDS) for _ in range(5)).capitalize()


def fragment_of(number: int) -> Fragment:
    return Fragment(content=f"{BODY}<p>{number}</p>", summary=f"Number {number}.")


def page_of(number: int, posts: int, title: str) -> bytes:
    date = date_of(number, posts).isoformat(timespec="seconds")
    data = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "@id": f"urn:example:{number}",
        "url": SITE.absolute(key_to_path(key_of(number))),
        "headline": title,
        "datePublished": date,
        "dateModified": date,
        "keywords": list(tags_of(number, posts)),
        "description": f"Number {number}.",
        "author": [{"@type": "Person", "name": "A. Author"}],
        "inLanguage": "en",
    }
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title>'
        f'<script type="application/ld+json">{json_ld(data)}</script></head><body>'
        f'<article class="h-entry"><div class="e-content">{BODY}<p>{number}</p></div></article>'
    ).encode()


class BlogStore(MemoryStore):
    """A bucket that makes a fragment when it is read, so that memory measures edgefeed."""

    def __init__(self, posts: int) -> None:
        super().__init__()
        self._numbers: dict[str, int] = {}
        entries = []
        for number in range(posts):
            date = date_of(number, posts)
            stamp = date.isoformat(timespec="seconds")
            name = hashlib.sha256(f"fragment {number}".encode()).hexdigest()[:32]
            self._numbers[name] = number
            entries.append(
                Entry(
                    key=key_of(number),
                    id=f"urn:example:{number}",
                    title=title_of(number, posts),
                    published=stamp,
                    instant=int(date.timestamp()),
                    updated=stamp,
                    tags=tags_of(number, posts),
                    series="",
                    position=None,
                    fragment=name,
                    size=9_000,
                )
            )
        if posts:
            header = Header(generation=1, revision=1, renderer="bench")
            self.put(INDEX_KEY, encode(Index(header=header, entries=tuple(entries))))

    def get(self, key: str) -> Object | None:
        number = self._numbers.get(key.removeprefix(FRAGMENTS))
        if number is None:
            return super().get(key)
        return Object('""', {}, "", msgspec.json.encode(fragment_of(number)))
