"""On a laptop: the same lists in a directory, on every core, without the protocol of `reconcile`.

Pages are read ahead by some processes, in the order of their keys, or what they say is noted
already. The units are shared out between some processes, each of which gets a stretch of time, and
helps with the others' when it is done: a post is on many lists, and what is known of it is at hand
while the lists around its date are written.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache, ModuleLoader

from edgefeed.cache import Cache
from edgefeed.contract import LISTS, PAGES, Site
from edgefeed.events import is_page
from edgefeed.feeds import WITH_FEEDS, item_name, keep_item, made_items
from edgefeed.index import Index, entry_order
from edgefeed.laptop.ahead import WORTH_FORKING, Ahead, Fork, Spool
from edgefeed.laptop.notes import Notebook as Notebook  # noqa: PLC0414 - for whoever makes the pages
from edgefeed.laptop.notes import Notes
from edgefeed.laptop.stores import DirectoryStore
from edgefeed.listing import Catalogue
from edgefeed.lists import TEMPLATES, Theme
from edgefeed.model import Entry, Fragment, Listing, Observed, Post, Rejected, StaticPage
from edgefeed.outputs import CACHED
from edgefeed.page import read_page
from edgefeed.ports import Reader, Renderer
from edgefeed.search import SEARCH
from edgefeed.templates import Templates
from edgefeed.units import document_keys, unit_of

_UNITS_AT_ONCE: Final = 16
_MOST_PARTS: Final = 2_000
"""Parts of a share: their numbers must fit into a pipe that nobody reads yet."""


def build_directory(
    root: Path,
    site: Site,
    templates: Path,
    *,
    pages: Iterable[str] | None = None,
    processes: int = 1,
    notebooks: Iterable[Path] = (),
    compiled: BytecodeCache | None = None,
) -> None:
    """Write ``root/lists`` from ``root/pages``: what a from-scratch run in the cloud gives.

    The bytes are the same with any number of processes. ``pages`` are the keys of the files there,
    for whoever knows them; pages that are noted in finished `notebooks` are not read. `compiled`
    holds templates that were compiled before. Unchanged files are left alone, obsolete ones
    removed. Raises ValueError when a file cannot be put into a directory, OSError when the disk
    refuses.
    """
    # Elsewhere a fork is not to be had, or not to be trusted (macOS's own libraries).
    processes = processes if sys.platform == "linux" else 1
    store, reader = DirectoryStore(root), partial(read_page, site=site)
    keys = sorted(filter(is_page, store.keys(PAGES) if pages is None else pages))
    sources = read_templates(templates)
    theme = Theme(sources, site)
    theme.templates.environment.bytecode_cache = compiled
    with ExitStack() as stack:
        notes = Notes(root, [stack.enter_context(path.open("rb")) for path in notebooks])
        spool = Spool(stack.enter_context(tempfile.TemporaryFile()))
        unknown = [key for key in keys if key not in notes]
        ahead = stack.enter_context(Ahead(store, unknown, reader, site, spool, processes=processes))
        for name in sources.keys() & {*TEMPLATES.values(), "base.html", "macros.html"}:
            theme.templates.get(name)  # now, while others read
        catalogue = Catalogue(_index(keys, store, notes, ahead, spool), site)
        Lists(store, theme, catalogue, spool).write(processes)


def read_templates(folder: Path) -> dict[str, str]:
    """A theme's templates by name. Raises FileNotFoundError when there are none."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    if not found:
        raise FileNotFoundError(f"no templates in {folder}")
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def compile_templates(sources: Mapping[str, str], site: Site) -> dict[str, str]:
    """Templates as Python modules, by their files' names; the same with every hash seed.

    Raises `jinja2.TemplateSyntaxError`.
    """
    environment = Templates(sources, site).environment
    return {
        ModuleLoader.get_module_filename(name): environment.compile(
            source, name, raw=True, defer_init=True
        )
        for name, source in sources.items()
    }


def _index(
    keys: Iterable[str], store: DirectoryStore, notes: Notes, reader: Reader, spool: Spool
) -> Index:
    """What all pages say; what lists show of posts goes into the spool."""
    posts: list[Entry] = []
    others: list[StaticPage | Rejected] = []
    seen: Observed
    for key in keys:
        if found := notes.recall(key):
            note, file = found
            seen = note.seen
            if isinstance(seen, Post):
                spool.add_place(seen.entry.fragment, file, *note.fragment)
                spool.add_place(seen.entry, file, *note.made)
        else:
            page = store.get(key)
            seen = reader(key, page.body, page.modified) if page else None
            if isinstance(seen, Post):
                spool.add(seen.entry.fragment, pickle.dumps(seen.fragment))
        if isinstance(seen, Post):
            posts.append(seen.entry)
        elif seen:
            others.append(seen)
    spool.flush()
    return Index(entries=tuple(sorted(posts, key=entry_order)), others=tuple(others))


class Lists:
    """The lists of a directory, to be written by several processes, each its share.

    The same documents as `outputs` writes, but nobody else writes here, and there is no gate: it
    would compare them with what subscribers have, and finds no fault with what is made (line 31).
    """

    def __init__(
        self, store: DirectoryStore, renderer: Renderer, catalogue: Catalogue, spool: Spool
    ) -> None:
        """Write nothing yet. Fragments and items are in the spool."""
        self._store = store
        self._renderer = renderer
        self._catalogue = catalogue
        self._site = catalogue.site
        self._spool = spool
        self._there = frozenset(store.keys(LISTS))
        self._fragments: Cache[str, Fragment] = Cache(CACHED)
        self._resolved: dict[str, Listing | None] = {}

    def write(self, processes: int) -> None:
        """Write everything, remove what is no list."""
        units = {*self._catalogue.units()}
        for key in self._there:
            if (unit := unit_of(key)) is None:
                self._store.delete(key)
            else:
                units.add(unit)  # it may be one no more
        # What is in a part of the search takes long to say: whoever writes it will.
        some = [unit for unit in units if not unit.startswith(f"{SEARCH}/")]
        self._resolved = {unit: self._catalogue.resolve(unit) for unit in some}
        processes = processes if len(units) >= WORTH_FORKING else 1
        shares = [Share(share) for share in _stretches(units, self._resolved, processes)]
        forks = [
            Fork(lambda first=first: self._write_shares(shares, first))  # type: ignore[misc] # its own first
            for first in range(1, processes)
        ]
        try:
            for _ in self._write_shares(shares, 0):
                pass
            for fork in forks:
                fork.receive()
        finally:
            for fork in forks:
                fork.close()
            for share in shares:
                share.close()

    def _write_shares(self, shares: list[Share], first: int) -> Iterator[None]:
        """Write until nothing is left to take, and say so."""
        for share in shares[first:] + shares[:first]:
            while units := share.take():
                for unit in units:
                    self._write(unit)
        yield

    def _write(self, unit: str) -> None:
        known = self._resolved
        listing = known[unit] if unit in known else self._catalogue.resolve(unit)
        bodies: dict[str, bytes | None] = dict.fromkeys(document_keys(unit))
        if listing is not None:
            fragments = self._load(listing)
            documents = self._renderer.documents(listing, fragments)
            bodies |= {document.key: document.body for document in documents}
        for key, body in bodies.items():
            found = self._store.get(key) if key in self._there else None
            if body is None:
                if found:
                    self._store.delete(key)
            elif found is None:
                self._store.create(key, body)
            elif found.body != body:
                self._store.write(key, body)

    def _load(self, listing: Listing) -> Mapping[str, Fragment]:
        if listing.kind in WITH_FEEDS and self._site.feeds_of(listing.unit):
            for entry in listing.entries:
                known = made_items.get(item_name(entry, self._site))
                if known is None and (made := self._spool.get(entry)):
                    keep_item(entry, self._site, made)
        return {name: self._fragment(name) for name in self._renderer.fragments(listing)}

    def _fragment(self, name: str) -> Fragment:
        fragment = self._fragments.get(name)
        if fragment is None:
            fragment = self._spool.get(name)
            self._fragments.add(name, fragment, len(fragment.content))
        return fragment


class Share:
    """Units of which each process takes some until none are left."""

    def __init__(self, units: list[str]) -> None:
        """Take the units, before any fork."""
        at_once = max(_UNITS_AT_ONCE, -(-len(units) // _MOST_PARTS))
        self._parts = [units[at : at + at_once] for at in range(0, len(units), at_once)]
        # Whoever reads a number has it: a pipe gives each byte to one reader.
        self._numbers, there = os.pipe()
        with open(there, "wb") as pipe:  # noqa: PTH123 - it has no path
            pipe.write(b"".join(n.to_bytes(2, "big") for n in range(len(self._parts))))

    def take(self) -> list[str]:
        """The next units; none when all were taken."""
        number = os.read(self._numbers, 2)
        return self._parts[int.from_bytes(number, "big")] if number else []

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._numbers)


def _stretches(
    units: Iterable[str], resolved: Mapping[str, Listing | None], count: int
) -> list[list[str]]:
    """Units in the order of time, cut into stretches of about as much work each."""
    weighed = []
    for unit in units:
        listing = resolved.get(unit)
        entries = listing.entries if listing else ()
        instant = entries[-1].instant if entries else 0
        feeds = listing is not None and listing.kind in WITH_FEEDS
        weighed.append((instant, unit, len(entries) + 5 if feeds else 5))
    weighed.sort()
    due = sum(weight for *_, weight in weighed) / count
    shares: list[list[str]] = [[] for _ in range(count)]
    total = 0
    for _, unit, weight in weighed:
        shares[min(int(total / due), count - 1)].append(unit)
        total += weight
    return shares
