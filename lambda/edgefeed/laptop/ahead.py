"""Pages known before they are asked for: read by other processes, or where they were made.

The processes are forks, so that nothing has to be sent to them: a fork has what there is as it
is. What they send back comes through a pipe, which holds up whoever is too far ahead. What lists
show of posts is in files that all have open: there may be more of it than fits in memory.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import pickle
from collections.abc import Callable, Hashable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import IO, Any, Final, Self

from edgefeed.contract import Site
from edgefeed.laptop.notes import pickled_items
from edgefeed.model import Observed, Post
from edgefeed.ports import Reader
from edgefeed.store import Store

WORTH_FORKING: Final = 200
"""So many pages, or units, take longer than the processes to share them with."""
_AT_ONCE: Final = 25


class Spool:
    """Things by name, pickled into files; forks read what was there before them."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take an empty file, for what is to be added."""
        self._file = file
        self._places: dict[Hashable, tuple[int, int, int]] = {}

    def add(self, name: Hashable, pickled: bytes) -> None:
        """Hold what is the same whenever its name is."""
        if name not in self._places:
            self._places[name] = self._file.fileno(), self._file.tell(), len(pickled)
            self._file.write(pickled)

    def add_place(self, name: Hashable, file: IO[bytes], start: int, length: int) -> None:
        """Hold what stands in another file, which stays open."""
        self._places.setdefault(name, (file.fileno(), start, length))

    def __contains__(self, name: Hashable) -> bool:
        """Whether something of this name was added."""
        return name in self._places

    def flush(self) -> None:
        """Let it be read from now on."""
        self._file.flush()

    def get(self, name: Hashable) -> Any:  # noqa: ANN401 - whatever was added
        """What was added before the last `flush`, or None."""
        file, start, length = self._places.get(name, (0, 0, 0))
        # Not through a file object: its place in the file is shared by all forks.
        return pickle.loads(os.pread(file, length, start)) if length else None  # noqa: S301 - our own


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
    """Pages, known before they are asked for. A `ports.Reader`."""

    def __init__(
        self,
        pages: Store,
        keys: Sequence[str],
        reader: Reader,
        site: Site,
        spool: Spool,
        *,
        processes: int,
    ) -> None:
        """Start nothing yet; items that are made go into the spool. The keys are sorted."""
        self._pages = pages
        self._keys = keys
        self._reader = reader
        self._processes = processes
        self._site = site
        self._spool = spool
        self._forks: list[Fork] = []
        self._parts: list[Sequence[str]] = []
        self._read: dict[str, tuple[bytes, Observed]] = {}
        self._next = 0

    def __enter__(self) -> Self:
        """Begin to read, where it is worth it."""
        keys = self._keys
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
                page = self._pages.get(key)
                if page is not None:
                    seen = self._reader(key, page.body, page.modified)
                    made = pickled_items(seen, self._site)
                    found.append((key, _mark(page.body), seen, made))
            yield found


def _mark(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
