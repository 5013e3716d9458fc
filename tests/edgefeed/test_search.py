"""The search: how words are cut, who is in which shard, and what a reader has to load."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgefeed import search
from edgefeed.model import Entry, Kind

# A page loads its shards over one connection, each compressed by itself.
BUDGET = 200_000


def post(n: int, title: str, tags: Sequence[str] = (), **more: str) -> Entry:
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(hours=7 * n)
    return Entry(
        key=f"pages/posts/{title.lower().replace(' ', '-')}-{n}/index.html",
        id=f"urn:{n}", title=title, published=moment.isoformat(), instant=int(moment.timestamp()),
        updated=moment.isoformat(), tags=tuple(tags), series=more.get("series", ""), position=None,
        fragment=more.get("fragment", "f"), size=1000,
    )  # fmt: skip


def found(posts: Sequence[Entry], query: str) -> tuple[set[str], int]:
    """What search.js does: the titles it finds, and the bytes that it loads."""
    wanted = search.words(query)
    longest = max(wanted, key=len)
    titles, size = set(), 0
    for number, shards in enumerate(search.segments(posts)):
        place = search.shard_of(longest[: search.PREFIX], shards)
        listing = search.shard(f"search/{number}/{place}.json", posts)
        assert listing is not None
        body = search.document(listing)
        size += len(gzip.compress(body, 6))
        for title, _, _, tags, series in json.loads(body):
            has = search.words(" ".join((title, *tags, series)))
            if all(any(own.startswith(one) for own in has) for one in wanted):
                titles.add(title)
    return titles, size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Über C++ and naïve İstanbul", ["uber", "c", "and", "naive", "istanbul"]),
        ("日本語 text", ["日", "本", "語", "text"]),
        ("snake_case, e-mail & RFC5005", ["snake", "case", "e", "mail", "rfc5005"]),
        ("ΣΊΣΥΦΟΣ Ёлка", ["σισυφος", "елка"]),
        ("", []),
    ],
)
def test_words_are_compared_without_case_and_accents(text: str, words: list[str]) -> None:
    assert search.words(text) == words


def test_a_post_is_found_by_the_beginning_of_any_word_of_title_tags_and_series() -> None:
    posts = [
        post(1, "Counting gannets", ["Birds"], series="From the pier"),
        post(2, "Über Möwen", ["Vögel", "日本語"]),
        *(post(n, f"Filler number {n}") for n in range(3, 100)),
    ]
    for query in ("gannets", "GANN count", "bird", "pier gannets"):
        assert found(posts, query)[0] == {"Counting gannets"}, query
    for query in ("uber", "vogel", "日本"):
        assert found(posts, query)[0] == {"Über Möwen"}, query
    assert found(posts, "cormorant")[0] == set()


def test_a_small_site_has_one_shard_and_a_large_one_many() -> None:
    assert search.segments([]) == ()
    assert search.segments([post(1, "One")]) == (1,)
    many = [post(n, "x") for n in range(search.SEGMENT + 1)]
    assert search.segments(many) == (search.shards_for(search.SEGMENT), 1)
    assert search.shards_for(10**6) == search.MOST_SHARDS


def test_there_is_no_shard_but_those_it_has() -> None:
    posts = [post(1, "One")]
    for unit in ("search/0/1.json", "search/1/0.json", "search/00/0.json", "search/0/x.json"):
        assert search.shard(unit, posts) is None, unit
    assert search.front(posts).kind is Kind.SEARCH


TITLES = st.lists(st.sampled_from("ant bee cat dog eel fox".split()), max_size=3).map(" ".join)
POSTS = st.lists(TITLES, max_size=80).map(lambda titles: [post(n, t) for n, t in enumerate(titles)])


@settings(max_examples=60, deadline=None)
@given(POSTS, POSTS)
def test_changed_names_exactly_the_shards_that_differ(old: list[Entry], new: list[Entry]) -> None:
    units = {"search"} | {
        unit
        for posts in (old, new)
        for number, shards in enumerate(search.segments(posts))
        for unit in search.shard_units(number, shards)
    }

    def at(unit: str, posts: list[Entry]) -> object:
        return search.front(posts) if unit == "search" else search.shard(unit, posts)

    expected = {unit for unit in units if at(unit, old) != at(unit, new)}
    assert set(search.changed(old, new)) == expected


def test_an_edited_body_changes_no_shard_and_a_new_post_only_the_newest_segment() -> None:
    posts = [post(n, f"Title {n}") for n in range(search.SEGMENT + 40)]
    edited = [*posts[:-1], post(len(posts) - 1, posts[-1].title, fragment="other")]
    assert list(search.changed(posts, edited)) == []
    units = list(search.changed(posts, [*posts, post(len(posts), "A new one")]))
    assert units
    assert all(unit.startswith("search/1/") for unit in units)


def test_a_query_at_ten_thousand_posts_stays_under_budget() -> None:
    """Titles of seven words, from a vocabulary in which few are common, as in any language."""
    dice = random.Random(6)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [12.7, 9.1, 8.2, 7.5, 7, 6.7, 6.3, 6.1, 6, 4.3, 4, 2.8, 2.8, 2.4, 2.4, 2.4, 2, 1.9,
               1, 1.5, 2, 0.8, 0.2, 0.1, 0.2, 0.1]  # fmt: skip
    words = ["".join(dice.choices(letters, weights, k=dice.randint(3, 10))) for _ in range(6000)]
    often = [1 / rank for rank in range(1, len(words) + 1)]
    tags = [f"{dice.choice(words)}" for _ in range(60)]
    posts = [
        post(n, " ".join(dice.choices(words, often, k=7)), dice.sample(tags, 3))
        for n in range(10_000)
    ]
    queries = [*words[:5], words[2000], words[5000], tags[0]]
    sizes = [found(posts, query)[1] for query in queries]
    assert max(sizes) < BUDGET
    # A word that is rare in titles costs less than the most frequent one, and far less than all.
    assert sizes[5] < max(sizes)
