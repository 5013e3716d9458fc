"""The folder in memory in which a run of the tests has its files.

A run that is killed outright leaves its folder, and the next one removes it. Each run holds a lock
in its own; the kernel lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PREFIX = "sula-tests-"
LOCK = ".held-while-in-use"
ROOM = 2 << 30
"""A whole run needs a tenth of it."""


@dataclass(frozen=True)
class Folder:
    """A folder of ours and the open file whose lock says that we live."""

    path: Path
    lock: int

    def remove(self) -> None:
        """Give the memory back."""
        shutil.rmtree(self.path)
        os.close(self.lock)


def begin(place: Path) -> Folder | None:
    """Remove what killed runs have left, then make a folder. None where there is no room for it."""
    sweep(place, user=os.geteuid())
    return make(place) if has_room(place) else None


def has_room(place: Path) -> bool:
    """Whether we may make files in a folder, run them, and not fill it."""
    if not os.access(place, os.W_OK | os.X_OK):
        return False
    state = os.statvfs(place)
    runs_programs = not state.f_flag & os.ST_NOEXEC
    return runs_programs and state.f_bavail * state.f_frsize >= ROOM


def make(place: Path) -> Folder:
    """Make a folder, in use until it is removed or this process ends."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    draft = path / f"{LOCK}.draft"
    lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    draft.rename(path / LOCK)  # it is not to be seen before it is held
    return Folder(path, lock)


def sweep(place: Path, *, user: int) -> None:
    """Remove the user's folders that nobody uses any more.

    One without a lock stays: it may be about to get it, or belong to an older version's run.
    """
    for path in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another run was quicker
            state = path.lstat()
            if stat.S_ISDIR(state.st_mode) and state.st_uid == user:
                _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    """Raises `OSError` where it has no lock, or somebody holds it."""
    lock = os.open(path / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
