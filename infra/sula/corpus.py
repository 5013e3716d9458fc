"""The sources at one moment, and what each page shows of the others. Pure.

Two of these, before and after, are what the planner compares: where both give the same
`Job` for a path, the page's bytes cannot have changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

from edgefeed.contract import slugify
from sula.model import Job, Picture, Reference, SeriesPart
from sula.record import Source

series_key = lru_cache(maxsize=4096)(slugify)
"""What makes two spellings of a series' name one series: their address."""

Place = tuple[int, str]
"""Where a post stands in time: its instant, then its path."""


def place_of(row: Source) -> Place:
    """Where a source stands in time."""
    return row.instant, row.path


def put_in(rows: dict[str, Source], more: Sequence[Source]) -> dict[str, Source]:
    """Put sources among others that are in order of time, where they belong in it.

    One whose place is taken by itself replaces itself, and a new post is usually the newest: then
    there is nothing to sort. `rows` may be changed.
    """
    moved = []
    for row in more:
        was = rows.get(row.path)
        if was is not None and was.instant == row.instant:
            rows[row.path] = row
        else:
            rows.pop(row.path, None)
            moved.append(row)
    moved.sort(key=place_of)
    last = next(reversed(rows.values()), None)
    if moved and last is not None and place_of(moved[0]) < place_of(last):
        return {row.path: row for row in sorted([*rows.values(), *moved], key=place_of)}
    return rows | {row.path: row for row in moved}


class Corpus:
    """Sources by path; which of them are live; the live posts in order of time."""

    def __init__(
        self,
        rows: Mapping[str, Source],
        files: AbstractSet[str],
        site_id: str,
        live: Callable[[Source], bool],
        *,
        living: Sequence[Source],
        pictures: Mapping[str, Picture] | None = None,
    ) -> None:
        """`rows` are in order of time; `living` are those of them of which `live` is true."""
        self.rows = rows
        self.files = files
        self.site_id = site_id
        self.live = live
        self.living = living
        self.pictures = pictures or {}
        self.posts = [row for row in living if row.kind == "post" and row.status == "published"]

    def shown(self, path: str) -> Source | None:
        """The row of a path if its page is live."""
        row = self.rows.get(path)
        return row if row is not None and self.live(row) else None

    def around(self, place: Place) -> tuple[str | None, str | None]:
        """The paths of the live posts just before and just after a place in time."""
        posts = self.posts
        at = bisect_left(posts, place, key=place_of)
        after = at + 1 if at < len(posts) and place_of(posts[at]) == place else at
        return (
            posts[at - 1].path if at else None,
            posts[after].path if after < len(posts) else None,
        )

    @cached_property
    def series(self) -> Mapping[str, tuple[Source, ...]]:
        """The live parts of every series, in reading order."""
        parts: dict[str, list[Source]] = {}
        for row in self.posts:
            if row.series:
                parts.setdefault(series_key(row.series), []).append(row)
        return {key: tuple(sorted(rows, key=_reading_order)) for key, rows in parts.items()}

    def linking_to(self, targets: Container[str]) -> Iterator[str]:
        """The paths whose source links to one of these, live or not."""
        for path, row in self.rows.items():
            for link in row.links:
                if link in targets:
                    yield path
                    break

    def address(self, path: str) -> str | None:
        """The URL path of a source or file, with its leading slash; None where none is."""
        row = self.rows.get(path)
        if row is not None:
            return "/" + row.url
        return "/" + path if path in self.files else None

    def job(self, row: Source) -> Job:
        """All that the page of a source depends on besides the source itself."""
        listed = row.kind == "post" and row.status == "published"
        previous, following = self.around((row.instant, row.path)) if listed else (None, None)
        return Job(
            path=row.path,
            output=row.output,
            id=row.identify(self.site_id) if row.kind == "post" else "",
            previous=self._reference(previous),
            next=self._reference(following),
            series=self._parts(row) if listed and row.series else (),
            pictures={link: self.pictures[link] for link in row.links if link in self.pictures},
            targets={link: url for link in row.links if (url := self.address(link)) is not None},
        )

    def _reference(self, path: str | None) -> Reference | None:
        return None if path is None else Reference(self.rows[path].title, "/" + self.rows[path].url)

    def _parts(self, row: Source) -> tuple[SeriesPart, ...]:
        return tuple(
            SeriesPart(part.title, "/" + part.url, part.position, part.path == row.path)
            for part in self.series.get(series_key(row.series), ())
        )


def _reading_order(row: Source) -> tuple[bool, int, int, str]:
    """Numbered parts first, by number; then by time."""
    return row.position is None, row.position or 0, row.instant, row.path
