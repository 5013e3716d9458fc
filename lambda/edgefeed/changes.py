"""What a change of the index means for the lists. Pure.

`advance` takes a catalogue to a new state of the index; `affected` names every unit whose
listing differs between two catalogues. It resolves only those of lists that a changed post is,
or was, on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise, zip_longest
from typing import Final

from edgefeed import search
from edgefeed.index import ALL, Index, Other
from edgefeed.listing import Catalogue
from edgefeed.model import Entry
from edgefeed.units import OVERVIEWS, SITEMAP_PART, STATIC_PART, YEARS, page_unit

_MOST_KEYS: Final = 1_000


def advance(old: Catalogue, index: Index) -> Catalogue:
    """The catalogue of a new state of the index.

    A tag or series that lost its last post keeps an empty, valid front (feeds.md, 22): the
    new index remembers its label. One that has posts again is forgotten.
    """
    if index is old.index:
        return old
    new = Catalogue(index, old.site)
    left = (front for front in old.fronts if front not in new.lists)
    emptied = {front: old.title(front) for front in left if not front.startswith(YEARS)}
    return new if emptied == index.header.emptied else new.under(emptied=emptied)


def changed_keys(old: Index, new: Index, keys: Iterable[str]) -> frozenset[str]:
    """Those of some keys whose rows differ; `ALL` when they are too many to list."""
    wanted = frozenset(keys)
    before, after = _rows(old, wanted), _rows(new, wanted)
    found = frozenset(key for key in wanted if before.get(key) != after.get(key))
    return found if len(found) <= _MOST_KEYS else frozenset({ALL})


def _rows(index: Index, keys: frozenset[str]) -> dict[str, Entry | Other]:
    return {row.key: row for row in chain(index.entries, index.others) if row.key in keys}


def affected(old: Catalogue, new: Catalogue) -> frozenset[str]:
    """Every unit whose listing differs: ``{u : old.resolve(u) != new.resolve(u)}``.

    Rows that a change does not touch are the same objects on both sides, so that lists without
    changes are quickly compared. Both catalogues must be of the same site.
    """
    before, after = old.lists, new.lists
    fronts = {f for f in before.keys() | after.keys() if before.get(f) != after.get(f)}
    fronts |= dict(old.index.header.emptied.items() ^ new.index.header.emptied.items()).keys()
    units, differing = {STATIC_PART, "problems"}, set[str]()
    if old.posts != new.posts:
        fronts.add("")
        units.update(OVERVIEWS)
        differing.update(_sitemap_parts(old, new))
        if new.site.search:
            differing.update(search.changed(old.posts, new.posts))
    differing |= {unit for unit in units | fronts if old.resolve(unit) != new.resolve(unit)}
    for front in fronts:
        differing.update(_pages(old, new, front))
    return frozenset(differing)


def _pages(old: Catalogue, new: Catalogue, front: str) -> Iterator[str]:
    """Numbered pages of a list that differ."""
    renamed = old.title(front) != new.title(front)
    pages = zip_longest(_cut_pages(old, front), _cut_pages(new, front))
    for number, (before, after) in enumerate(pages, 1):
        if renamed or before != after:
            yield page_unit(front, number)


def _cut_pages(catalogue: Catalogue, front: str) -> Iterator[tuple[Sequence[Entry], bool]]:
    """The posts of each page of a list, and whether another one follows."""
    posts, starts = catalogue.members(front), catalogue.cut(front)
    return ((posts[start:end], end < starts[-1]) for start, end in pairwise(starts))


def _sitemap_parts(old: Catalogue, new: Catalogue) -> Iterator[str]:
    parts = max(old.parts, new.parts, key=len)
    for number, part in enumerate(parts):
        cut = slice(number * SITEMAP_PART, (number + 1) * SITEMAP_PART)
        if old.posts[cut] != new.posts[cut]:
            yield part
