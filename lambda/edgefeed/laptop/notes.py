"""What pages say, noted where they are made: whoever makes the lists need not read them again.

A `Notebook` is for the process that has a page's bytes in its hands, `Notes` for the one that
makes lists of them. Any number of the first may be at work side by side, each with its own file.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

import msgspec

from edgefeed.contract import PAGES, Site
from edgefeed.events import is_page
from edgefeed.feeds import Formats, item_name, made_items
from edgefeed.laptop.plain_body import read_plain
from edgefeed.laptop.stores import modified_at
from edgefeed.model import Fragment, Observed, Post
from edgefeed.page import read_page

_BUFFER: Final = 1 << 18
_AT_ONCE: Final = 1_000_000
"""Bytes of pages that are kept, to be read in one go.

Rendering and reading each use most of a processor's caches: by turns, page by page, both take a
fifth longer.
"""
_LENGTH: Final = 8
_ELSEWHERE: Final = Fragment(content="", summary="")
"""In the place of a fragment that is in the file."""


class Note(msgspec.Struct, frozen=True, array_like=True):
    """What a page says, and how its file was when it said so.

    A post's fragment, and the items made of it, are in the notebook's file: where they begin there,
    and how long they are.
    """

    key: str
    state: tuple[int, int, int]
    seen: Observed
    fragment: tuple[int, int] = (0, 0)
    made: tuple[int, int] = (0, 0)


class Notebook:
    """A file of notes, written in one go."""

    def __init__(self, file: IO[bytes], site: Site) -> None:
        """Take an empty file."""
        self._file = file
        self._site = site
        self._notes: list[Note] = []
        self._pages: list[tuple[str, bytes, os.stat_result]] = []
        self._weight = 0
        self._end = 0

    @classmethod
    @contextmanager
    def at(cls, path: Path, site: Site) -> Iterator[Self]:
        """A notebook for as long as pages are made; it can be read only after that."""
        with path.open("wb", buffering=_BUFFER) as file:
            notebook = cls(file, site)
            yield notebook
            notebook.finish()

    def add(self, name: str, body: bytes, status: os.stat_result) -> None:
        """Note what a page says: its path below ``pages/``, its bytes, and its file's state."""
        if is_page(key := PAGES + name):
            self._pages.append((key, body, status))
            self._weight += len(body)
        if self._weight >= _AT_ONCE:
            self._read()

    def _read(self) -> None:
        for page in self._pages:
            self._notes.append(self._note(*page))
        self._pages.clear()
        self._weight = 0

    def _note(self, key: str, body: bytes, status: os.stat_result) -> Note:
        seen = read_page(key, body, modified_at(status), site=self._site, bodies=read_plain)
        fragment = made = (0, 0)
        if isinstance(seen, Post):
            fragment = self._write(pickle.dumps(seen.fragment))
            made = self._write(pickled_items(seen, self._site))
            seen = msgspec.structs.replace(seen, fragment=_ELSEWHERE)
        return Note(key, _state(status), seen, fragment, made)

    def finish(self) -> None:
        """Write the notes themselves; after them, how long they are."""
        self._read()
        _, length = self._write(pickle.dumps(self._notes))
        self._write(length.to_bytes(_LENGTH, "big"))

    def _write(self, what: bytes) -> tuple[int, int]:
        start, self._end = self._end, self._end + len(what)
        self._file.write(what)
        return start, len(what)


class Notes:
    """What finished notebooks say of the pages of a directory."""

    def __init__(self, root: Path, notebooks: Iterable[IO[bytes]] = ()) -> None:
        """Take the directory above ``pages/``, and notebooks, which stay open."""
        self._root = f"{root}{os.sep}"
        self._noted: Mapping[str, tuple[Note, IO[bytes]]] = {
            note.key: (note, file) for file in notebooks for note in _notes_in(file)
        }

    def __contains__(self, key: str) -> bool:
        """Whether there is a note of a page."""
        return key in self._noted

    def recall(self, key: str) -> tuple[Note, IO[bytes]] | None:
        """The note of a page whose file is as it was when it was noted; the notebook's file."""
        if not (found := self._noted.get(key)):
            return None
        try:
            status = os.stat(self._root + key)  # noqa: PTH116 - there can be many
        except OSError:
            return None
        return found if _state(status) == found[0].state else None


def pickled_items(seen: Observed, site: Site) -> bytes:
    """The items that were made to weigh a post, pickled; empty where none are known."""
    made: Formats | None = None
    if isinstance(seen, Post):
        made = made_items.get(item_name(seen.entry, site))
    return pickle.dumps(made) if made else b""


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _notes_in(file: IO[bytes]) -> list[Note]:
    end = file.seek(-_LENGTH, os.SEEK_END)
    length = int.from_bytes(file.read(_LENGTH), "big")
    file.seek(end - length)
    notes: list[Note] = pickle.loads(file.read(length))  # noqa: S301 - our own
    return notes
