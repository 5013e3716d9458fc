"""On a laptop: the same run over a directory, on every core.

Pages are read ahead by some processes, in the order in which a rebuild asks for them. The
units that it owes are shared out between some, each of which gets a stretch of time: a post is
on many lists, and its items are made once while the lists around its date are written.

The processes are forks, so that nothing has to be sent to them: a fork has the index as it is.
What they send back comes through a pipe, which holds up whoever is too far ahead.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, Self

from jinja2 import ModuleLoader

from edgefeed.contract import PAGES, Site
from edgefeed.events import is_page
from edgefeed.listing import Catalogue
from edgefeed.lists import Theme
from edgefeed.model import Observed
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
_NEVER: Final = 1e12


def build_directory(root: Path, site: Site, templates: Path, *, processes: int = 1) -> None:
    """Write ``root/lists`` from ``root/pages``: what a from-scratch run in the cloud gives.

    Unchanged files are left alone, obsolete ones removed. Raises ValueError when a file
    cannot be put into a directory, OSError when the disk refuses.
    """
    theme = Theme(read_templates(templates), site)
    build(root, site, partial(read_page, site=site), theme, processes=processes)


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
    root: Path, site: Site, reader: Reader, renderer: Renderer, *, processes: int = 1
) -> None:
    """Write ``root/lists`` from ``root/pages``; the bytes are the same with any number.

    Unchanged files are left alone, obsolete ones removed. Raises ValueError when a file
    cannot be put into a directory, OSError when the disk refuses.
    """
    # Elsewhere a fork is not to be had, or not to be trusted (macOS's own libraries).
    processes = processes if sys.platform == "linux" else 1
    state = Path(tempfile.mkdtemp(prefix="edgefeed-"))
    try:
        store = DirectoryStore(root, state)
        with Ahead(store, reader, processes) as ahead:
            ports = Ports(store, ahead, renderer, Silent(), time.time, time.sleep)
            # No end, but a number: the lease is written into the index, where JSON has no infinity.
            run = Run(site, ports, token=uuid.uuid4().hex, deadline=_NEVER, lease=_NEVER)
            run.outputs = Shared(ports, run.outputs.cache, processes)
            drive(rebuild(run))
        _publish_problems(state, root)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _publish_problems(state: Path, root: Path) -> None:
    """Keep the list of problems, the one thing in ``state/`` that a person wants."""
    (root / "state").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(state / "problems.json", root / "state/problems.json")


class Fork:
    """A fork of this process that sends what an iterator yields."""

    def __init__(self, work: Callable[[], Iterator[Any]]) -> None:
        """Begin at once."""
        context = multiprocessing.get_context("fork")
        self._here, there = context.Pipe(duplex=False)
        self._process = context.Process(target=_send, args=(work, there, self._here), daemon=True)
        self._process.start()
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

    def __init__(self, store: Store, reader: Reader, processes: int) -> None:
        """Start nothing yet."""
        self._store = store
        self._reader = reader
        self._processes = processes
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
            self._read.update(self._forks[self._next % len(self._forks)].receive())
            self._next += 1
        digest, seen = self._read.pop(key, (b"", None))
        # A page that has changed meanwhile is read as it is now.
        return seen if digest == _mark(body) else self._reader(key, body, modified)

    def _is_due(self, key: str) -> bool:
        return self._parts[self._next][0] <= key

    def _every(self, number: int) -> Iterator[dict[str, tuple[bytes, Observed]]]:
        for part in self._parts[number :: self._processes]:
            found = {}
            for key in part:
                page = self._store.get(key)
                if page is not None:
                    seen = self._reader(key, page.body, page.modified)
                    found[key] = _mark(page.body), seen
            yield found


def _mark(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


class Shared(Outputs):
    """Outputs that several processes write, each its share of the units."""

    def __init__(self, ports: Ports, cache: Fragments, processes: int) -> None:
        """As `Outputs`; nothing is written yet."""
        super().__init__(ports, cache)
        self._processes = processes

    async def write(
        self, units: Iterable[str], catalogue: Catalogue, generation: int, deadline: float
    ) -> tuple[str, ...]:
        """See `Outputs.write`; there is no deadline."""
        owed = list(units)
        if self._processes == 1 or len(owed) < WORTH_FORKING:
            return await super().write(owed, catalogue, generation, deadline)
        shares = _stretches(owed, catalogue, self._processes)
        forks = [
            Fork(lambda share=share: self._write_apart(share, catalogue, generation))  # type: ignore[misc] # its own share
            for share in shares[1:]
        ]
        try:
            await self._write_share(shares[0], catalogue, generation)
            for share, fork in zip(shares[1:], forks, strict=True):
                self._take_over(fork.receive())
                self.written.update((unit, catalogue.resolve(unit)) for unit in share)
        finally:
            for fork in forks:
                fork.close()
        return ()

    async def _write_share(self, units: list[str], catalogue: Catalogue, generation: int) -> None:
        for at in range(0, len(units), _UNITS_AT_ONCE):
            await self._write(units[at : at + _UNITS_AT_ONCE], catalogue, generation)

    def _write_apart(
        self, units: list[str], catalogue: Catalogue, generation: int
    ) -> Iterator[tuple[set[str], set[str], dict[str, str], set[str], Counter[str]]]:
        self.changed, self.counts = set(), Counter()
        drive(self._write_share(units, catalogue, generation))
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


def _stretches(units: list[str], catalogue: Catalogue, count: int) -> list[list[str]]:
    """Units in the order of time, cut into stretches with as many posts each."""
    weighed = []
    for unit in units:
        listing = catalogue.resolve(unit)
        entries = listing.entries if listing else ()
        instant = entries[-1].instant if entries else 0
        weighed.append((instant, unit, len(entries) + 1))
    weighed.sort()
    due = sum(weight for *_, weight in weighed) / count
    shares: list[list[str]] = [[] for _ in range(count)]
    total = 0
    for _, unit, weight in weighed:
        shares[min(int(total / due), count - 1)].append(unit)
        total += weight
    return shares
