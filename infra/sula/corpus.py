"""The sources at one moment, and what each page shows of the others. Pure.

Two of these, before and after, are what the planner compares: where both give the same
`Job` for a path, the page's bytes cannot have changed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

from edgefeed.contract import slugify
from sula.model import Job, Picture, Reference, SeriesPart
from sula.record import Source

series_key = lru_cache(maxsize=4096)(slugify)
"""What makes two spellings of a series' name one series: their address."""

Place = tuple[int, str]
"""Where a post stands in time: its instant, then its path."""


class Corpus:
    """Sources by path; which of them are live; the live posts in order of time."""

    def __init__(
        self,
        rows: Mapping[str, Source],
        files: AbstractSet[str],
        site_id: str,
        live: Callable[[Source], bool],
        pictures: Mapping[str, Picture] | None = None,
    ) -> None:
        """Order the live posts: one pass, and a sort of what is nearly sorted."""
        self.rows = rows
        self.files = files
        self.site_id = site_id
        self.live = live
        self.pictures = pictures or {}
        self.order: list[Place] = sorted(
            (row.instant, path)
            for path, row in rows.items()
            if row.kind == "post" and row.status == "published" and live(row)
        )

    def shown(self, path: str) -> Source | None:
        """The row of a path if its page is live."""
        row = self.rows.get(path)
        return row if row is not None and self.live(row) else None

    def around(self, place: Place) -> tuple[str | None, str | None]:
        """The paths of the live posts just before and just after a place in time."""
        at = bisect_left(self.order, place)
        after = at + 1 if at < len(self.order) and self.order[at] == place else at
        return (
            self.order[at - 1][1] if at else None,
            self.order[after][1] if after < len(self.order) else None,
        )

    @cached_property
    def series(self) -> Mapping[str, tuple[Source, ...]]:
        """The live parts of every series, in reading order."""
        parts: dict[str, list[Source]] = {}
        for _, path in self.order:
            row = self.rows[path]
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
