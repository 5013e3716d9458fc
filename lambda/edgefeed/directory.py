"""On a laptop: the same run over a directory, on every core.

Pages are read ahead by some processes, in the order in which a rebuild asks for them, or what they
say is noted already. The units that it owes are shared out between some, each of which gets a
stretch of time, and helps with the others' when it is done: a post is on many lists, and what is
known of it is at hand while the lists around its date are written.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import BytecodeCache, ModuleLoader

from edgefeed.ahead import WORTH_FORKING, Ahead, Fork, Spool
from edgefeed.contract import Site
from edgefeed.feeds import WITH_FEEDS, item_name, keep_item, made_items
from edgefeed.listing import Catalogue
from edgefeed.lists import TEMPLATES, Theme
from edgefeed.model import Fragment, Listing, Post
from edgefeed.notes import Notebook as Notebook  # noqa: PLC0414 - for whoever makes the pages
from edgefeed.notes import Notes
from edgefeed.outputs import Fragments, Outputs
from edgefeed.page import read_page
from edgefeed.ports import Ports, Reader, Renderer
from edgefeed.rebuild import rebuild
from edgefeed.reconcile import Run
from edgefeed.steps import drive
from edgefeed.stores import Silent
from edgefeed.templates import Templates

_UNITS_AT_ONCE: Final = 16
_MOST_PARTS: Final = 2_000
"""Parts of a share: their numbers must fit into a pipe that nobody reads yet."""
_NEVER: Final = 1e12


def build_directory(
    root: Path,
    site: Site,
    templates: Path,
    *,
    processes: int = 1,
    notebooks: Iterable[Path] = (),
    compiled: BytecodeCache | None = None,
) -> None:
    """Write ``root/lists`` from ``root/pages``: what a from-scratch run in the cloud gives.

    Pages that are noted in finished `notebooks` are not read. `compiled` holds templates that were
    compiled before. Unchanged files are left alone, obsolete ones removed. Raises ValueError when
    a file cannot be put into a directory, OSError when the disk refuses.
    """
    sources = read_templates(templates)
    theme = Theme(sources, site)
    theme.templates.environment.bytecode_cache = compiled

    def compile_lists() -> None:
        for name in sources.keys() & {*TEMPLATES.values(), "base.html", "macros.html"}:
            theme.templates.get(name)

    reader = partial(read_page, site=site)
    build(
        root, site, reader, theme,
        processes=processes, notebooks=notebooks, meanwhile=compile_lists,
    )  # fmt: skip


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
    notebooks: Iterable[Path] = (),
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """Write ``root/lists`` from ``root/pages``; the bytes are the same with any number.

    Pages that are noted in finished `notebooks` are not read. Unchanged files are left alone,
    obsolete ones removed. ``meanwhile`` is done while others read. Raises ValueError when a file
    cannot be put into a directory, OSError when the disk refuses.
    """
    # Elsewhere a fork is not to be had, or not to be trusted (macOS's own libraries).
    processes = processes if sys.platform == "linux" else 1
    state = Path(tempfile.mkdtemp(prefix="edgefeed-"))
    try:
        with ExitStack() as stack:
            pages = Notes(root, state, [stack.enter_context(p.open("rb")) for p in notebooks])
            spool = Spool(stack.enter_context(tempfile.TemporaryFile()))
            ahead = stack.enter_context(Ahead(pages, reader, processes, site, spool))
            meanwhile()
            ports = Ports(pages, ahead, renderer, Silent(), time.time, time.sleep)
            # No end, but a number: the lease is written into the index, where JSON has no infinity.
            run = Run(site, ports, token=uuid.uuid4().hex, deadline=_NEVER, lease=_NEVER)
            # What is noted is held already: no need to sort and pack the index again and again.
            run.part = max(run.part, len(pages.noted) + 1)
            run.outputs = Shared(ports, run.outputs.cache, processes, site, spool)
            drive(rebuild(run))
        _publish_problems(state, root)
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _publish_problems(state: Path, root: Path) -> None:
    """Keep the list of problems, the one thing in ``state/`` that a person wants."""
    (root / "state").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(state / "problems.json", root / "state/problems.json")


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
            if post.entry.fragment not in named and post.entry.fragment not in self._spool:
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
