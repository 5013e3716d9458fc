"""Notices when the author saves.

for changed in saves(root, stop=event):
    ...  # a sorted tuple of paths, some milliseconds after the last save of a burst
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sula.config import SETTINGS_FILE
from sula.content.leftovers import is_hidden
from sula.planning.redirects import REDIRECTS_FILE

WATCHED = ("content", "theme", SETTINGS_FILE, REDIRECTS_FILE)
_PROBE = "4913"
"""Vim makes and removes a file of this name, to see whether it may."""

# Long enough to gather an editor's write-and-rename, too short to be felt.
_QUIET_MS = 40
_BURST_MS = 400
_NOTICE_STOP_MS = 500
_IN_TURN: Final[Mapping[str, Any]] = {"force_polling": True, "poll_delay_ms": 1000}
"""How to watch where the system watches no more folders: each file is looked at, once a second."""


def saves(
    root: Path, *, stop: threading.Event, watched: Sequence[str] = WATCHED
) -> Iterator[tuple[Path, ...]]:
    """Yield the files that changed, burst by burst, until ``stop`` is set.

    ``watched`` are files and folders, relative to the site's root or absolute. A file is
    watched through its folder, because many editors save by renaming, which replaces the
    file that a watch was on; but that folder not deeply, because the root also holds the
    environment and git's objects.
    """
    folders = [root / name for name in watched if (root / name).is_dir()]
    files = {root / name for name in watched} - set(folders)
    bursts: queue.SimpleQueue[tuple[Path, ...] | None] = queue.SimpleQueue()

    def in_folders(path: Path) -> bool:
        inside = [path.relative_to(f).as_posix() for f in folders if path.is_relative_to(f)]
        return path.name != _PROBE and not all(map(is_hidden, inside))

    watchers = [
        _watcher(folders, in_folders, stop=stop, bursts=bursts, recursive=True),
        _watcher(
            sorted({path.parent for path in files}),
            files.__contains__,
            stop=stop,
            bursts=bursts,
            recursive=False,
        ),
    ]
    running = len(watchers)
    while running:
        burst = bursts.get()
        if burst is None:
            running -= 1
        elif burst and not stop.is_set():
            yield burst
    for watcher in watchers:
        watcher.join()


def _watcher(
    places: Sequence[Path],
    wanted: Callable[[Path], bool],
    *,
    stop: threading.Event,
    bursts: queue.SimpleQueue[tuple[Path, ...] | None],
    recursive: bool,
) -> threading.Thread:
    """Watch in a thread of its own: bursts into the queue, None at the end."""
    from watchfiles import watch  # noqa: PLC0415 - only `sula up` needs it

    def run() -> None:
        try:
            existing = [place for place in places if place.is_dir()]
            if not existing:
                return
            for how in ({}, _IN_TURN):
                try:
                    for changes in watch(
                        *existing,
                        watch_filter=lambda _change, path: wanted(Path(path)),
                        debounce=_BURST_MS,
                        step=_QUIET_MS,
                        stop_event=stop,
                        rust_timeout=_NOTICE_STOP_MS,
                        recursive=recursive,
                        raise_interrupt=False,
                        **how,
                    ):
                        bursts.put(tuple(sorted({Path(path) for _, path in changes})))
                except (OSError, RuntimeError):
                    if how:
                        raise
                else:
                    return
        finally:
            bursts.put(None)

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    return thread
