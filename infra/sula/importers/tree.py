"""The old site's folder: read, never written, never left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from sula.errors import ConfigError
from sula.importers import text
from sula.importers.track import Track, untracked

_LARGEST = 20_000_000
"""Bytes; a larger file is no text."""
WELL_KNOWN = ".well-known"
_NEVER = frozenset({"node_modules", "__pycache__"})


class Tree:
    """A folder's files by their paths relative to it, with ``/``."""

    def __init__(self, root: Path, track: Track = untracked) -> None:
        """`root` is the old site. Raises `ConfigError` if it is no folder."""
        self.track = track
        if not root.is_dir():
            raise ConfigError(f"there is no folder {root}: name the old site's own folder")
        self.root = root.resolve()
        self.strange: list[str] = []

    def walk(self, below: str = "", skip: Callable[[str], bool] = lambda _: False) -> list[str]:
        """Every file below a folder, sorted. Of hidden folders only ``.well-known`` is entered."""
        return sorted(self._walk(below.strip("/"), skip))

    def _walk(self, below: str, skip: Callable[[str], bool]) -> Iterator[str]:
        start = self.root / below
        for at, folders, names in os.walk(start):
            prefix = Path(at).relative_to(self.root).as_posix()
            prefix = "" if prefix == "." else prefix + "/"
            folders[:] = sorted(
                f for f in folders
                if (f == WELL_KNOWN or not f.startswith("."))
                and f not in _NEVER and not skip(prefix + f + "/")
            )  # fmt: skip
            for name in names:
                path = prefix + name
                if name.startswith(".") or name.endswith("~") or skip(path):
                    continue
                try:
                    path.encode("utf-8")
                except UnicodeEncodeError:
                    self.strange.append(path.encode("utf-8", "backslashreplace").decode())
                    continue
                if self._usable(self.root / path):
                    yield path
                else:
                    self.strange.append(path)

    def _usable(self, place: Path) -> bool:
        """A file, not a link out of the folder, nor to nothing."""
        return place.is_file() and place.resolve().is_relative_to(self.root)

    def has(self, path: str) -> bool:
        """Whether there is such a file, inside the folder."""
        return self._usable(self.root / path)

    def head(self, path: str, size: int = 8) -> bytes:
        """The first bytes of a file."""
        with (self.root / path).open("rb") as file:
            return file.read(size)

    def read(self, path: str) -> tuple[str, list[str]]:
        """A file's text, and what had to be done for it."""
        place = self.root / path
        if place.stat().st_size > _LARGEST:
            return "", [f"larger than {_LARGEST // 1_000_000} MB: not read"]
        return text.read(place.read_bytes())

    def find(self, *paths: str) -> str | None:
        """The text of the first of these files that is there."""
        for path in paths:
            if path and self.has(path):
                return self.read(path)[0]
        return None

    def bodies(self, paths: list[str]) -> Iterator[bytes]:
        """The bytes of those files that are there."""
        for path in paths:
            if self.has(path) and (self.root / path).stat().st_size <= _LARGEST:
                yield (self.root / path).read_bytes()
