"""What is installed, as digests: worked out once per installation, then remembered.

Reading all of Sula's code and the metadata of what it uses takes longer than planning a site. The
digests are kept in the site's scratch folder beside a *look*: size and time of each file of
Sula's and edgefeed's code, and the times of the folders that hold installed packages, which change
whenever a package of another version comes. While the look is the same, so are the digests.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from edgefeed import contract
from sula.scratch import keep, recall

_NAME: Final = "installed.json"
# Times may be coarse: what changed this shortly ago may change again unnoticed.
_SETTLED: Final = 2_000_000_000  # nanoseconds


class _Kept(msgspec.Struct):
    look: str
    digests: dict[str, str]


def remembered(root: Path, name: str, compute: Callable[[], str]) -> str:
    """A digest of the installation by its name, computed where it is not known yet."""
    look, newest = _look()
    try:
        kept = msgspec.json.decode(recall(root, _NAME) or b"", type=_Kept)
    except msgspec.MsgspecError:
        kept = _Kept("", {})
    if kept.look != look:
        kept = _Kept(look, {})
    if name not in kept.digests:
        kept.digests[name] = compute()
        if time.time_ns() - newest > _SETTLED:
            keep(root, _NAME, msgspec.json.encode(kept))
    return kept.digests[name]


def _look() -> tuple[str, int]:
    """What files look like from outside, and the newest of their times."""
    digest, newest = hashlib.sha256(sys.version.encode()), 0
    for path, status in _seen():
        newest = max(newest, status.st_mtime_ns)
        digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest(), newest


def _seen() -> Iterator[tuple[str, os.stat_result]]:
    for package in (Path(__file__).parent, Path(contract.__file__).parent):
        yield from _code(str(package))
    # The other places on the path hold the program that runs, or Python itself.
    for place in sorted({place for place in sys.path if place.endswith("-packages")}):
        try:
            yield place, os.stat(place)  # noqa: PTH116 - of a path that is text already
        except FileNotFoundError:
            continue


def _code(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _code(entry.path)
        elif entry.is_file():
            yield entry.path, entry.stat()
