"""Which lists there are, and what each shows. Pure.

edgefeed's output is made of *units* (see `model.Listing`): the front of each list, its
numbered pages, the overviews, the sitemap's parts. `Catalogue` resolves a unit of one
index; `changes.affected` names the units that differ between two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

import msgspec

from edgefeed import search
from edgefeed.contract import Site, slugify
from edgefeed.cut import cut, window, year_cut
from edgefeed.index import Index, entry_order
from edgefeed.model import Count, Entry, Kind, Listing, Rejected, StaticPage
from edgefeed.units import (
    OVERVIEWS,
    PARTS,
    SERIES,
    SITEMAP_PART,
    STATIC_PART,
    TAGS,
    YEARS,
    front_kind,
    page_unit,
)


class Catalogue:
    """Every list of one index, worked out as far as it is asked for."""

    def __init__(self, index: Index, site: Site) -> None:
        """Take an index and the site's settings."""
        self.index = index
        self.site = site
        self._cuts: dict[str, Sequence[int]] = {}
        self._segments: dict[int, Sequence[list[Entry]]] = {}

    def under(self, **changes: Any) -> Catalogue:  # noqa: ANN401 - the header's fields
        """The same rows under a changed header; what was worked out of the rows stays."""
        twin = copy(self)
        header = msgspec.structs.replace(self.index.header, **changes)
        twin.index = replace(self.index, header=header)
        return twin

    # --- posts -----------------------------------------------------------------------

    @cached_property
    def _doubles(self) -> dict[str, str]:
        """Keys of posts whose id another one has, each with that one's key: the smallest."""
        entries = self.index.entries
        if len({entry.id for entry in entries}) == len(entries):
            return {}
        winners: dict[str, str] = {}
        for entry in entries:
            winners[entry.id] = min(entry.key, winners.get(entry.id, entry.key))
        return {e.key: winners[e.id] for e in entries if winners[e.id] != e.key}

    @cached_property
    def posts(self) -> Sequence[Entry]:
        """Every post that lists show, oldest first."""
        doubles = self._doubles
        if not doubles:
            return self.index.entries
        return tuple(entry for entry in self.index.entries if entry.key not in doubles)

    @cached_property
    def _pinned(self) -> tuple[Entry, ...]:
        """The posts that stand first on home: no more than it shows of others, newest first."""
        size = self.site.home_size
        return tuple(islice((post for post in reversed(self.posts) if post.pinned), size))

    @cached_property
    def problems(self) -> tuple[Rejected, ...]:
        """Every page that lists leave out, by key."""
        doubles = [
            Rejected(e.key, f"its id {e.id} is already the id of {self._doubles[e.key]}", e.updated)
            for e in (self.index.entries if self._doubles else ())
            if e.key in self._doubles
        ]
        rejected = [row for row in self.index.others if isinstance(row, Rejected)]
        return tuple(sorted((*rejected, *doubles), key=lambda row: row.key))

    @cached_property
    def lists(self) -> Mapping[str, Mapping[str, Sequence[Entry]]]:
        """The tags, series and years that have posts, by their fronts: of each spelling, which."""
        tags, series, years = (defaultdict[str, list[Entry]](list) for _ in range(3))
        for post in self.posts:
            for label in post.tags:
                tags[label].append(post)
            if post.series:
                series[post.series].append(post)
            years[post.published[:4]].append(post)
        lists: dict[str, dict[str, Sequence[Entry]]] = defaultdict(dict)
        for place, spellings in ((TAGS, tags), (SERIES, series), (YEARS, years)):
            for label, posts in spellings.items():
                lists[place + slugify(label)][label] = posts
        return dict(lists)

    # --- lists -----------------------------------------------------------------------

    @cached_property
    def fronts(self) -> tuple[str, ...]:
        """Every front of a tag, a series or a year, emptied ones too, sorted."""
        return tuple(sorted(self.lists.keys() | self.index.header.emptied.keys()))

    def members(self, front: str) -> Sequence[Entry]:
        """A list's posts, oldest first."""
        if not front:
            return self.posts
        spelled = [*self.lists.get(front, {}).values()]
        if len(spelled) == 1:
            return spelled[0]
        # A post may spell one tag in two ways.
        return sorted({post.key: post for post in chain(*spelled)}.values(), key=entry_order)

    def cut(self, front: str) -> Sequence[int]:
        """Where each page of a list begins, and after the last one where it ends."""
        if front not in self._cuts:
            posts, size = self.members(front), min(self.site.page_size, self.site.feed_size)
            is_year = front.startswith(YEARS)
            self._cuts[front] = year_cut(posts) if is_year else cut(posts, max(size, 1))
        return self._cuts[front]

    def title(self, front: str) -> str:
        """The label of a list: its most frequent spelling, ties to the smallest."""
        spellings = self.lists.get(front, {})
        emptied = self.index.header.emptied.get(front, "")
        return min(spellings, key=lambda label: (-len(spellings[label]), label), default=emptied)

    # --- units -----------------------------------------------------------------------

    def units(self) -> Iterator[str]:
        """Every unit of the site."""
        yield from (unit for unit in OVERVIEWS if unit != search.SEARCH or self.site.search)
        yield from self.parts
        if self.site.search:
            for number, shards in enumerate(search.segments(self.posts)):
                yield from search.shard_units(number, shards)
        yield from self.fronts
        for front in ("", *self.fronts):
            yield from (page_unit(front, n) for n in range(1, len(self.cut(front))))

    @property
    def parts(self) -> list[str]:
        """The parts of the sitemap that hold posts."""
        count = -(-len(self.posts) // SITEMAP_PART)
        return [f"{PARTS}{number}.xml" for number in range(1, count + 1)]

    def resolve(self, unit: str) -> Listing | None:  # noqa: PLR0911 - a table of kinds
        """What a unit shows; None when the site has no such unit."""
        match unit:
            case "tags":
                return Listing(unit=unit, kind=Kind.TAGS, counts=tuple(self._counts(TAGS)))
            case "archive":
                return Listing(unit=unit, kind=Kind.YEARS, counts=tuple(self._counts(YEARS)[::-1]))
            case "search":
                return search.front(self.posts) if self.site.search else None
            case "problems":
                return Listing(unit=unit, kind=Kind.PROBLEMS, problems=self.problems)
        if unit.startswith("sitemap"):
            return self._sitemap(unit)
        if unit.startswith("search/"):
            return search.shard(unit, self.posts, self._segments) if self.site.search else None
        front, marked, number = unit.rpartition("page/")
        # A tag may be called "page": its front has no number after it.
        if marked and number.isascii() and number.isdigit() and (not front or front[-1] == "/"):
            return self._page(unit, front.removesuffix("/"), int(number))
        return self._front(unit)

    def _front(self, unit: str) -> Listing | None:
        kind, slug = front_kind(unit)
        posts = self.members(unit)
        if unit and not posts and unit not in self.index.header.emptied:
            return None
        starts = self.cut(unit)
        newest = posts[starts[-1] :] if kind is Kind.YEAR else window(posts, self.site.feed_size)
        shown = min(self.site.home_size, len(newest)) if kind is Kind.HOME else len(newest)
        rest = len(posts) - shown
        holding = min(bisect_right(starts, rest - 1), len(starts) - 1)
        return Listing(
            unit=unit,
            kind=kind,
            title=self.title(unit),
            slug=slug,
            front=unit,
            front_kind=kind,
            entries=tuple(reversed(newest)),
            parts=tuple(sorted(posts, key=_place)) if kind is Kind.SERIES else (),
            pinned=self._pinned if kind is Kind.HOME else (),
            # A series shows all its parts: nothing is older.
            older=page_unit(unit, holding) if rest and kind is not Kind.SERIES else None,
            archive=page_unit(unit, len(starts) - 2) if len(starts) > 2 else None,  # noqa: PLR2004 - a second page, so the one before is complete
            total=len(posts),
        )

    def _page(self, unit: str, front: str, number: int) -> Listing | None:
        starts = self.cut(front)
        last = len(starts) - 1
        if not 1 <= number <= last or unit != page_unit(front, number):
            return None
        kind, slug = front_kind(front)
        # The front of a year goes on where its pages end; other fronts overlap them.
        newest = front if kind is Kind.YEAR else None
        return Listing(
            unit=unit,
            kind=Kind.YEAR if kind is Kind.YEAR else Kind.PAGE,
            title=self.title(front),
            slug=slug,
            front=front,
            front_kind=kind,
            number=number,
            entries=tuple(reversed(self.members(front)[starts[number - 1] : starts[number]])),
            older=page_unit(front, number - 1) if number > 1 else None,
            newer=page_unit(front, number + 1) if number < last else newest,
            complete=number < last,
        )

    def _sitemap(self, unit: str) -> Listing | None:
        parts = self.parts
        if unit == "sitemap.xml":
            counts = tuple(Count(part, "/" + part, 0) for part in (STATIC_PART, *parts))
            return Listing(unit=unit, kind=Kind.SITEMAP, counts=counts)
        if unit == STATIC_PART:
            pages = tuple(row for row in self.index.others if isinstance(row, StaticPage))
            return Listing(unit=unit, kind=Kind.URLS, pages=pages)
        if unit not in parts:
            return None
        number = parts.index(unit) + 1
        posts = self.posts[(number - 1) * SITEMAP_PART : number * SITEMAP_PART]
        return Listing(unit=unit, kind=Kind.URLS, number=number, entries=tuple(reversed(posts)))

    def _counts(self, place: str) -> list[Count]:
        fronts = sorted(front for front in self.lists if front.startswith(place))
        return [
            Count(self.title(front), f"/{front}/", len(self.members(front))) for front in fronts
        ]


def _place(part: Entry) -> tuple[bool, int]:
    """Parts of a series without a position come last; the order of dates decides the rest."""
    return part.position is None, part.position or 0
