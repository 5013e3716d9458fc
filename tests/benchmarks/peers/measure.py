"""Running a command and learning what it took: seconds, and memory over all its processes."""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_EVERY = 0.1
"""Seconds between two looks at memory: each takes about a millisecond a process."""


@dataclass(frozen=True)
class Took:
    """What a command took: wall-clock seconds, its processes' peak memory in bytes, their CPU.

    On a machine that others use as well, seconds of CPU say more than those on the wall.
    """

    seconds: float
    peak: int
    cpu: float


def memory_of(root: int) -> int:
    """What a process and its descendants hold now, in bytes: their proportional set sizes.

    A page that processes share counts once, each of them having its part of it. A file's pages
    in memory count too, as everywhere. Reads Linux's ``smaps_rollup``.
    """
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        total += _proportional(pid)
        todo += children.get(pid, [])
    return total


def _proportional(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has just ended
    found = re.search(r"^Pss:\s+(\d+) kB$", rollup, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0  # an ended process that nobody has waited for


class Peak:
    """The most that a process and its descendants hold while it is looked at."""

    def __init__(self, root: int) -> None:
        self.bytes = 0
        self._root = root
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            self.bytes = max(self.bytes, memory_of(self._root))


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    memory: bool = False,
    until: bytes = b"\0",
) -> Took:
    """Run a command to its end. Raises RuntimeError with what it said.

    The seconds are those to the first line that begins with `until`, if there is one.
    """
    began, before = time.perf_counter(), _cpu()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines, reached = [], 0.0
    peak = Peak(process.pid)
    # Looking at memory costs time, so only where it is wanted.
    with process, peak if memory else nullcontext():
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith(until) and not reached:
                reached = time.perf_counter() - began
        process.wait()
    seconds, said = reached or time.perf_counter() - began, b"".join(lines)
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{said.decode(errors='replace')[-2000:]}")
    return Took(seconds, peak.bytes, _cpu() - before)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def medians(**took: Sequence[Took]) -> dict[str, float]:
    """For each name the median of the seconds, and as ``NAME cpu`` that of the CPU."""
    found = {}
    for name, each in took.items():
        found[name] = statistics.median(one.seconds for one in each)
        found[f"{name} cpu"] = statistics.median(one.cpu for one in each)
    return found
