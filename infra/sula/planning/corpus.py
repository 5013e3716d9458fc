"""The sources at one moment, and what each page shows of the others. Pure.

Two of these, before and after, are what the planner compares: where both give the same
`Job` for a path, the page's bytes cannot have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from sula.model import Job, Picture, Reference, SeriesPart
from sula.planning.blocks import Source, place_of, series_key
from sula.planning.redirects import key_of
from sula.planning.rows import Rows


class Corpus:
    """Sources by path; which of them are live; the live posts in order of time."""

    def __init__(
        self,
        table: Rows,
        files: AbstractSet[str],
        site_id: str,
        live: Callable[[Source], bool],
        *,
        pictures: Mapping[str, Picture] | None = None,
    ) -> None:
        """`live` says which sources have a page."""
        self.table = table
        # Where all are at hand, whoever asks for one has all of them put in order.
        self.rows: Mapping[str, Source] = table.everything() if table.is_open else table.by_path
        self.files = files
        self.site_id = site_id
        self.live = live
        self.pictures = pictures or {}

    @cached_property
    def living(self) -> list[Source]:
        """All that are live, in order of time."""
        return list(filter(self.live, self.table))

    def shown(self, path: str) -> Source | None:
        """The row of a path if its page is live."""
        row = self.rows.get(path)
        return row if row is not None and self.live(row) else None

    def is_listed(self, row: Source) -> bool:
        """Whether it is a live post that others may name."""
        return row.kind == "post" and row.status == "published" and self.live(row)

    def around(self, row: Source) -> tuple[Source | None, Source | None]:
        """The live posts just before and just after where a source stands in time."""
        return self.table.around(place_of(row), self.is_listed)

    def neighbours(self) -> dict[str, tuple[Source | None, Source | None]]:
        """What is `around` each post that others may name: sooner than one by one."""
        rows = list(filter(self.is_listed, self.table))
        pairs = zip([None, *rows], [*rows[1:], None], strict=False)
        return {row.path: pair for row, pair in zip(rows, pairs, strict=False)}

    def parts(self, series: str) -> tuple[Source, ...]:
        """The live parts of the series of this name, in reading order."""
        key = series_key(series)
        if self.table.is_open:
            return self._series.get(key, ())
        return tuple(sorted(self._in_series(self.table.having("series", (key,))), key=_order))

    @cached_property
    def _series(self) -> Mapping[str, tuple[Source, ...]]:
        parts: dict[str, list[Source]] = {}
        for row in self._in_series(self.table):
            parts.setdefault(series_key(row.series), []).append(row)
        return {key: tuple(sorted(rows, key=_order)) for key, rows in parts.items()}

    def _in_series(self, rows: Iterable[Source]) -> Iterator[Source]:
        return (row for row in rows if row.series and self.is_listed(row))

    def linking_to(self, targets: Collection[str]) -> Iterator[str]:
        """The paths whose source links to one of these, live or not."""
        return (row.path for row in self.table.having("link", targets))

    def at(self, outputs: Collection[str]) -> list[Source]:
        """The live sources whose pages are these files."""
        return list(filter(self.live, self.due(outputs)))

    def due(self, outputs: Collection[str]) -> Iterator[Source]:
        """The sources whose pages are these files, or will be."""
        found = self.table.having("address", {key_of("/" + output) for output in outputs})
        return (row for row in found if row.output in outputs)

    def leading(self, keys: Collection[str]) -> list[Source]:
        """The live sources that are, or were, at these addresses (`key_of`), in order of time."""
        rows = [*self.table.having("address", keys), *self.table.having("from", keys)]
        return sorted({row.path: row for row in rows if self.live(row)}.values(), key=place_of)

    def address(self, path: str) -> str | None:
        """The URL path of a source or file, with its leading slash; None where none is."""
        row = self.rows.get(path)
        if row is not None:
            return "/" + row.url
        return "/" + path if path in self.files else None

    def job(self, row: Source, near: tuple[Source | None, Source | None] | None = None) -> Job:
        """All that the page of a source depends on besides the source itself.

        `near` is what is `around` it, where that is known.
        """
        listed = row.kind == "post" and row.status == "published"
        previous, following = (near or self.around(row)) if listed else (None, None)
        return Job(
            path=row.path,
            output=row.output,
            id=row.identify(self.site_id) if row.kind == "post" else "",
            previous=_reference(previous),
            next=_reference(following),
            series=self._parts(row) if listed and row.series else (),
            pictures={link: self.pictures[link] for link in row.links if link in self.pictures},
            targets={link: url for link in row.links if (url := self.address(link)) is not None},
        )

    def _parts(self, row: Source) -> tuple[SeriesPart, ...]:
        return tuple(
            SeriesPart(part.title, "/" + part.url, part.position, part.path == row.path)
            for part in self.parts(row.series)
        )


def _reference(row: Source | None) -> Reference | None:
    return None if row is None else Reference(row.title, "/" + row.url)


def _order(row: Source) -> tuple[bool, int, int, str]:
    """Numbered parts first, by number; then by time."""
    return row.position is None, row.position or 0, row.instant, row.path
