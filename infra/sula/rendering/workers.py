"""Processes that render shards: copies of this one where that is safe, new ones elsewhere.

A copy has everything loaded already, and shares the memory of it. But of a process with several
threads it has only one, and whatever lock another held stays locked; and on macOS, the system's
own libraries do not survive copying.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

import msgspec

from sula.rendering.shard import Shard, report_on


class Process(Protocol):
    """What is asked of a process; `subprocess.Popen` has it."""

    returncode: int | None

    @property
    def stdout(self) -> IO[bytes] | None:
        """What it prints."""

    @property
    def stderr(self) -> IO[bytes] | None:
        """What it complains about."""

    def poll(self) -> int | None:
        """Its status, if it has ended."""

    def wait(self) -> int:
        """Its status, when it has ended."""

    def kill(self) -> None:
        """End it."""


def may_copy() -> bool:
    """Whether this process can be copied safely, now."""
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


@contextlib.contextmanager
def prepared(*, notes: bool = False) -> Iterator[None]:
    """Load what rendering takes, once for all copies; and keep them from copying it after all.

    Looking for garbage writes to every object that it looks at.
    """
    if not may_copy():
        yield
        return
    load(notes=notes)
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def load(*, notes: bool) -> None:
    """Import what rendering takes, and what noting takes of what pages say."""
    from sula.rendering import pelican_run  # noqa: F401, PLC0415 - only where pages are rendered

    if notes:
        import edgefeed.laptop.directory  # noqa: F401, PLC0415 - the same


def start(shard: Shard, file: Path) -> Process:
    """A process that renders a shard and prints what `shard` says. `file` is free for it."""
    if may_copy():
        return _Copy(shard)
    file.write_bytes(msgspec.json.encode(shard))
    return subprocess.Popen(
        # -P: nothing in the current folder is taken for a module.
        [sys.executable, "-P", "-m", "sula.rendering.shard", str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


class _Copy:
    """A copy of this process at work on a shard."""

    def __init__(self, shard: Shard) -> None:
        self.returncode: int | None = None
        output, errors = os.pipe(), os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _work(shard, output[1], errors[1])
        os.close(output[1])
        os.close(errors[1])
        self.stdout: IO[bytes] | None = os.fdopen(output[0], "rb")
        self.stderr: IO[bytes] | None = os.fdopen(errors[0], "rb")

    def poll(self) -> int | None:
        return self._ended(os.WNOHANG)

    def wait(self) -> int:
        status = self._ended(0)
        return -1 if status is None else status

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def _ended(self, how: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self._pid, how)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _work(shard: Shard, output: int, errors: int) -> None:
    """What a copy does, to its end; nothing of what this process was about to do goes on in it."""
    status = 2
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        status = report_on(shard)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - whatever it is, this process ends here
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
