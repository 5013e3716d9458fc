"""An import, put on disk: what an author has edited since is never written over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sula.errors import ConfigError
from sula.importers.report import JSON
from sula.importers.track import Track, untracked

Body = bytes | Path
"""A file's bytes, or the old site's file to copy."""


@dataclass(frozen=True)
class Written:
    """What writing did, in paths: ``edited`` and ``deleted`` are the author's, and stand."""

    written: tuple[str, ...]
    unchanged: int
    edited: tuple[str, ...]
    deleted: tuple[str, ...]
    stale: tuple[str, ...]


def digest(body: Body) -> str:
    """The SHA-256 of a file's bytes."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def earlier(folder: Path) -> dict[str, str]:
    """What an earlier import wrote here: path ▶ SHA-256. Raises `ConfigError`."""
    place = folder / JSON
    try:
        data = json.loads(place.read_bytes())
        files = data["files"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ConfigError(
            f"{place} is damaged ({error}); remove it, and files that are there already are kept"
        ) from error
    return {str(path): str(value) for path, value in files.items()}


def write(
    folder: Path,
    files: Mapping[str, Body],
    digests: Mapping[str, str],
    last: Callable[[], Mapping[str, bytes]],
    track: Track = untracked,
) -> Written:
    """Write the files, and then `last` (the report), which is always written."""
    before = earlier(folder)
    written, edited, deleted, unchanged = [], [], [], 0
    for path in track("Writing files", sorted(files)):
        body = files[path]
        place = folder / path
        _inside(folder, place)
        if not place.exists():
            if path in before:
                deleted.append(path)
                continue
        else:
            now = digest(place)
            if now == digests[path]:
                unchanged += 1
                continue
            if now != before.get(path):
                edited.append(path)
                continue
        _put(place, body)
        written.append(path)
    for path, body in last().items():
        place = folder / path
        if not place.exists() or place.read_bytes() != body:
            _put(place, body)
    stale = tuple(p for p in sorted(before.keys() - files.keys()) if (folder / p).exists())
    return Written(tuple(written), unchanged, tuple(edited), tuple(deleted), stale)


def _inside(folder: Path, place: Path) -> None:
    """A symbolic link in the target must not lead writes elsewhere."""
    if not place.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{place} leads out of {folder}: remove that symbolic link")


def _put(place: Path, body: Body) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(place.name[:100] + ".sula-new")
    if isinstance(body, bytes):
        draft.write_bytes(body)
    else:
        with body.open("rb") as source, draft.open("wb") as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)
    draft.replace(place)
