"""On a laptop: the same run over a directory, on every core.

Pages are read ahead by some processes, in the order in which a rebuild asks for them. The
units that it owes are shared out between some, each of which gets a stretch of time, and helps
with the others' when it is done: a post is on many lists, and what is known of it is at hand
while the lists around its date are written.

The processes are forks, so that nothing has to be sent to them: a fork has the index as it is.
What they send back comes through a pipe, which holds up whoever is too far ahead. What lists
show of posts is in one file that all have open: there may be more of it than fits in memory.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import pickle
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, Final, Self

from jinja2 import ModuleLoader

from edgefeed.contract import PAGES, Site
from edgefeed.events import is_page
from edgefeed.feeds import WITH_FEEDS, item_name, keep_item, made_items
from edgefeed.listing import Catalogue
from edgefeed.lists import TEMPLATES, Theme
from edgefeed.model import Fragment, Listing, Observed, Post
from edgefeed.outputs import Fragments, Outputs
from edgefeed.page import read_page
from edgefeed.ports import Ports, Reader, Renderer
from edgefeed.rebuild import rebuild
from edgefeed.reconcile import Run
from edgefeed.steps import drive
from edgefeed.store import Store
from edgefeed.stores import DirectoryStore, Silent
from edgefeed.templates import Templates

WORTH_FORKING: Final = 200
"""So many pages, or units, take longer than the processes to share them with."""
_AT_ONCE: Final = 25
_UNITS_AT_ONCE: Final = 16
_MOST_PARTS: Final = 2_000
"""Parts of a share: their numbers must fit into a pipe that nobody reads yet."""
_NEVER: Final = 1e12


def build_directory(root: Path, site: Site, templates: Path, *, processes: int = 1) -> None:
    """Write ``root/lists`` from ``root/pages``: what a from-scratch run in the cloud gives.

    Unchanged files are left alone, obsolete ones removed. Raises ValueError when a file
    cannot be put into a directory, OSError when the disk refuses.
    """
    sources = read_templates(templates)
    theme = Theme(sources, site)

    def compile_lists() -> None:
        for name in sources.keys() & {*TEMPLATES.values(), "base.html", "macros.html"}:
            theme.templates.get(name)

    reader = partial(read_page, site=site)
    build(root, site, reader, theme, processes=processes, meanwhile=compile_lists)


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


def build(
    root: Path,
    site: Site,
    reader: Reader,
    renderer: Renderer,
    *,
    processes: int = 1,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Write ``root/lists`` from ``root/pages``; the bytes are the same with any number.

    Unchanged files are left alone, obsolete ones removed. ``meanwhile`` is done while others
    read. Raises ValueError when a file cannot be put into a directory, OSError when the disk
    refuses.
    """
    # Elsewhere a fork is not to be had, or not to be trusted (macOS's own libraries).
    processes = processes if sys.platform == "linux" else 1
    state = Path(tempfile.mkdtemp(prefix="edgefeed-"))
    try:
        store = DirectoryStore(root, state)
        with (
            tempfile.TemporaryFile() as file,
            Ahead(store, reader, processes, site, spool := Spool(file)) as ahead,
        ):
            meanwhile()
            ports = Ports(store, ahead, renderer, Silent(), time.time, time.sleep)
            # No end, but a number: the lease is written into the index, where JSON has no infinity.
            run = Run(site, ports, token=uuid.uuid4().hex, deadline=_NEVER, lease=_NEVER)
            run.outputs = Shared(ports, run.outputs.cache, processes, site, spool)
            drive(rebuild(run))
        _publish_problems(state, root)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _publish_problems(state: Path, root: Path) -> None:
    """Keep the list of problems, the one thing in ``state/`` that a person wants."""
    (root / "state").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(state / "problems.json", root / "state/problems.json")


class Spool:
    """Things by name, pickled into one file; forks read what was there before them."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take an empty file."""
        self._file = file
        self._places: dict[Hashable, tuple[int, int]] = {}

    def add(self, name: Hashable, pickled: bytes) -> None:
        """Hold what is the same whenever its name is."""
        if name not in self._places:
            self._places[name] = self._file.tell(), len(pickled)
            self._file.write(pickled)

    def flush(self) -> None:
        """Let it be read from now on."""
        self._file.flush()

    def get(self, name: Hashable) -> Any:  # noqa: ANN401 - whatever was added
        """What was added before the last `flush`, or None."""
        start, length = self._places.get(name, (0, 0))
        # Not through the file object: its place in the file is shared by all forks.
        pickled = os.pread(self._file.fileno(), length, start)
        return pickle.loads(pickled) if pickled else None  # noqa: S301 - our own


class Fork:
    """A fork of this process that sends what an iterator yields."""

    def __init__(self, work: Callable[[], Iterator[Any]]) -> None:
        """Begin at once."""
        context = multiprocessing.get_context("fork")
        self._here, there = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(work, there, self._here), daemon=True)
        gc.freeze()  # else the fork's first collection would copy nearly all that it shares
        self._process.start()
        gc.unfreeze()
        there.close()

    def receive(self) -> Any:  # noqa: ANN401 - whatever was yielded
        """The next thing; raises what the iterator raised, EOFError after its end."""
        what = self._here.recv()
        if isinstance(what, Exception):
            raise what
        return what

    def close(self) -> None:
        """End it, if it has not come to its end."""
        self._here.close()
        self._process.terminate()
        self._process.join()
        self._process.close()


def _send(work: Callable[[], Iterator[Any]], there: Connection, here: Connection) -> None:
    here.close()
    try:
        for what in work():
            there.send(what)
    except BrokenPipeError:
        pass  # nobody wants the rest
    except Exception as error:  # noqa: BLE001 - raised where it is received
        there.send(error)


class Ahead:
    """Pages, read by other processes before they are asked for. A `ports.Reader`."""

    def __init__(
        self, store: Store, reader: Reader, processes: int, site: Site, spool: Spool
    ) -> None:
        """Start nothing yet; the items of posts go into the spool."""
        self._store = store
        self._reader = reader
        self._processes = processes
        self._site = site
        self._spool = spool
        self._forks: list[Fork] = []
        self._parts: list[list[str]] = []
        self._read: dict[str, tuple[bytes, Observed]] = {}
        self._next = 0

    def __enter__(self) -> Self:
        """Begin to read, where it is worth it."""
        keys = list(filter(is_page, self._store.keys(PAGES)))
        if self._processes > 1 and len(keys) >= WORTH_FORKING:
            self._parts = [keys[at : at + _AT_ONCE] for at in range(0, len(keys), _AT_ONCE)]
            self._forks = [Fork(lambda n=n: self._every(n)) for n in range(self._processes)]  # type: ignore[misc] # its own n
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading."""
        for fork in self._forks:
            fork.close()

    def __call__(self, key: str, body: bytes, modified: str, /) -> Observed:
        """See `ports.Reader`."""
        while key not in self._read and self._next < len(self._parts) and self._is_due(key):
            for read, mark, seen, made in self._forks[self._next % len(self._forks)].receive():
                self._read[read] = mark, seen
                if isinstance(seen, Post) and made:
                    self._spool.add(seen.entry, made)
            self._next += 1
        digest, seen = self._read.pop(key, (b"", None))
        # A page that has changed meanwhile is read as it is now.
        return seen if digest == _mark(body) else self._reader(key, body, modified)

    def _is_due(self, key: str) -> bool:
        return self._parts[self._next][0] <= key

    def _every(self, number: int) -> Iterator[list[tuple[str, bytes, Observed, bytes]]]:
        for part in self._parts[number :: self._processes]:
            found = []
            for key in part:
                page = self._store.get(key)
                if page is not None:
                    seen = self._reader(key, page.body, page.modified)
                    found.append((key, _mark(page.body), seen, self._made(seen)))
            yield found

    def _made(self, seen: Observed) -> bytes:
        """The items that were made to weigh a post."""
        made = made_items.get(item_name(seen.entry, self._site)) if isinstance(seen, Post) else None
        return pickle.dumps(made) if made else b""


def _mark(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


class Shared(Outputs):
    """Outputs that several processes write, each its share of the units."""

    def __init__(
        self, ports: Ports, cache: Fragments, processes: int, site: Site, spool: Spool
    ) -> None:
        """As `Outputs`; nothing is written yet. Fragments and items are in the spool."""
        super().__init__(ports, cache)
        self._processes = processes
        self._site = site
        self._spool = spool

    async def save(self, posts: Iterable[Post], named: set[str]) -> None:
        """See `Outputs.save`: no later run will ask for them."""
        for post in posts:
            if post.entry.fragment not in named:
                self.cache.add(post.entry.fragment, post.fragment, len(post.fragment.content))
                self._spool.add(post.entry.fragment, pickle.dumps(post.fragment))
        self._spool.flush()

    async def _load(
        self, listings: Iterable[Listing], catalogue: Catalogue
    ) -> Mapping[str, Fragment]:
        shown = list(listings)
        for entry in {e for each in shown if each.kind in WITH_FEEDS for e in each.entries}:
            if not made_items.get(item_name(entry, self._site)) and (
                made := self._spool.get(entry)
            ):
                keep_item(entry, self._site, made)
        return await super()._load(shown, catalogue)

    async def _fetch(self, name: str, catalogue: Catalogue) -> Fragment:
        found: Fragment | None = self._spool.get(name)
        return found or await super()._fetch(name, catalogue)

    # --- sharing -----------------------------------------------------------------------

    async def write(
        self, units: Iterable[str], catalogue: Catalogue, generation: int, deadline: float
    ) -> tuple[str, ...]:
        """See `Outputs.write`; there is no deadline."""
        owed = list(units)
        if self._processes == 1 or len(owed) < WORTH_FORKING:
            return await super().write(owed, catalogue, generation, deadline)
        shares = [Share(share) for share in _stretches(owed, catalogue, self._processes)]
        forks = [
            Fork(lambda first=first: self._write_apart(shares, first, catalogue, generation))  # type: ignore[misc] # its own first
            for first in range(1, self._processes)
        ]
        try:
            await self._write_shares(shares, 0, catalogue, generation)
            for fork in forks:
                self._take_over(fork.receive())
            self.written |= {
                unit: catalogue.resolve(unit) for unit in owed if unit not in self.written
            }
        finally:
            for fork in forks:
                fork.close()
            for share in shares:
                share.close()
        return ()

    async def _write_shares(
        self, shares: list[Share], first: int, catalogue: Catalogue, generation: int
    ) -> None:
        for share in shares[first:] + shares[:first]:
            while units := share.take():
                await self._write(units, catalogue, generation)

    def _write_apart(
        self, shares: list[Share], first: int, catalogue: Catalogue, generation: int
    ) -> Iterator[tuple[set[str], set[str], dict[str, str], set[str], Counter[str]]]:
        self.changed, self.counts = set(), Counter()
        drive(self._write_shares(shares, first, catalogue, generation))
        yield self.changed, self.left, self.held, self.passed, self.counts

    def _take_over(
        self, done: tuple[set[str], set[str], dict[str, str], set[str], Counter[str]]
    ) -> None:
        changed, left, held, passed, counts = done
        self.changed |= changed
        self.left |= left
        self.held |= held
        self.passed |= passed
        self.counts += counts


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


def _stretches(units: list[str], catalogue: Catalogue, count: int) -> list[list[str]]:
    """Units in the order of time, cut into stretches of about as much work each."""
    weighed = []
    for unit in units:
        listing = catalogue.resolve(unit)
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
