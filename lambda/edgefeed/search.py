"""The search: who has which words, cut so that a reader need load little. Pure.

Posts are cut into *segments* from the oldest, as every list is, so that a new post touches
the newest segment alone. Within a segment, a post is in the *shard* of each word of its title,
tags and series: the beginning of the word decides which. A browser that looks for some words
loads one shard of each segment, that of the longest word, and finds the rest in what it
loaded (``search.js`` in the theme, which must cut words and choose shards as here).

How many shards a segment has depends on how many posts it has, and so a small site has one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Final

import msgspec

from edgefeed.contract import key_to_path, quote_path
from edgefeed.model import Entry, Kind, Listing

SEARCH: Final = "search"
SEGMENT: Final = 2_000
"""Posts of one segment."""
PER_SHARD: Final = 12
"""Posts per shard, at least: a segment of twice as many has twice as many shards."""
MOST_SHARDS: Final = 128
MOST_POSTS: Final = 250
"""Posts that a segment's shard holds for one beginning of a word: the newest. A word that
more of them have is no word to search for alone."""
PREFIX: Final = 3
"""Letters that decide on a word's shard; what a reader types must have so many."""

_MARKS: Final = re.compile("[\u0300-\u036f]")
# A Chinese, Japanese or Korean letter is a word: there are no spaces to cut at.
_WORD: Final = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
    "|[^\\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+"
)


def words(text: str) -> list[str]:
    """The words of a text as they are compared: lower case, no accents (NFKD)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))
    return _WORD.findall(text.lower())


@lru_cache(maxsize=65_536)
def shard_of(prefix: str, shards: int) -> int:
    """The shard of the words that begin so."""
    value = 0
    for letter in prefix:
        value = (value * 31 + ord(letter)) % 65_521
    return value % shards


def shards_for(posts: int) -> int:
    """How many shards a segment of so many posts has: a power of two."""
    shards = 1
    while shards < MOST_SHARDS and shards * PER_SHARD * 2 <= posts:
        shards *= 2
    return shards


def segments(posts: Sequence[Entry]) -> tuple[int, ...]:
    """The number of shards of each segment."""
    return tuple(
        shards_for(min(SEGMENT, len(posts) - start)) for start in range(0, len(posts), SEGMENT)
    )


def front(posts: Sequence[Entry]) -> Listing:
    """The page with the form."""
    return Listing(unit=SEARCH, kind=Kind.SEARCH, shards=segments(posts))


def shard_units(number: int, shards: int) -> Iterator[str]:
    """The units of a segment, counted from 0."""
    return (f"{SEARCH}/{number}/{shard}.json" for shard in range(shards))


def shard(
    unit: str, posts: Sequence[Entry], known: dict[int, Sequence[list[Entry]]] | None = None
) -> Listing | None:
    """One shard; None when there is no such shard. ``known`` keeps the segments of these posts."""
    known = {} if known is None else known
    match = re.fullmatch(r"search/(0|[1-9]\d*)/(0|[1-9]\d*)\.json", unit, re.ASCII)
    if match is None:
        return None
    number, place = int(match[1]), int(match[2])
    cut = posts[number * SEGMENT : (number + 1) * SEGMENT]
    if not cut or place >= shards_for(len(cut)):
        return None
    if number not in known:
        known[number] = _shards(cut)
    return Listing(unit=unit, kind=Kind.WORDS, entries=tuple(known[number][place]))


def changed(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[str]:
    """The units that differ between two states of the posts, oldest first."""
    if segments(old) != segments(new):
        yield SEARCH
    for start in range(0, max(len(old), len(new)), SEGMENT):
        before, after = old[start : start + SEGMENT], new[start : start + SEGMENT]
        if before == after:
            continue
        for place, (was, now) in enumerate(zip_longest(_shards(before), _shards(after))):
            if was != now:
                yield f"{SEARCH}/{start // SEGMENT}/{place}.json"


def document(listing: Listing) -> bytes:
    """A shard: a line of JSON for each post, newest first: title, path, date, tags, series."""
    return b"[\n" + b",\n".join(map(_line, listing.entries)) + b"\n]\n"


@lru_cache(maxsize=2 * SEGMENT)  # a post is in several shards of its segment
def _line(post: Entry) -> bytes:
    path = quote_path(key_to_path(post.key))
    return msgspec.json.encode([post.title, path, post.published[:10], post.tags, post.series])


def _shards(posts: Sequence[Entry]) -> Sequence[list[Entry]]:
    """The posts of each shard of a segment, as it shows them, newest first."""
    shards = shards_for(len(posts)) if posts else 0
    filled: list[list[Entry]] = [[] for _ in range(shards)]
    taken: Counter[str] = Counter()
    for post in map(_bare, reversed(posts)):
        starts = _starts(" ".join((post.title, *post.tags, post.series)))
        taken.update(starts)
        for place in {shard_of(s, shards) for s in starts if taken[s] <= MOST_POSTS}:
            filled[place].append(post)
    return filled


@lru_cache(maxsize=2 * SEGMENT)
def _starts(text: str) -> frozenset[str]:
    return frozenset(word[:PREFIX] for word in words(text))


def _bare(post: Entry) -> Entry:
    """What a shard shows of a post: a body that changed is no change of the search."""
    return msgspec.structs.replace(
        post, id="", instant=0, updated="", position=None, fragment="", size=0
    )
