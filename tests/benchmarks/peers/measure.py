"""Running a command and learning what it took: seconds, and memory over all its processes."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Took:
    """What a command took: wall-clock seconds, its processes' peak memory in bytes, their CPU.

    On a machine that others use as well, seconds of CPU say more than those on the wall.
    """

    seconds: float
    peak: int
    cpu: float


def _family(root: int) -> int:
    """Resident bytes of a process and its descendants, now."""
    children: dict[int, list[int]] = {}
    resident: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        pid = int(folder.name)
        children.setdefault(int(fields[1]), []).append(pid)
        resident[pid] = int(fields[21]) * _PAGE
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        total += resident.get(pid, 0)
        todo += children.get(pid, [])
    return total


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
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, _family(process.pid))

    watcher = threading.Thread(target=watch)
    if memory:  # looking costs time, so only where it is wanted
        watcher.start()
    lines, reached = [], 0.0
    with process:
        for line in process.stdout or ():
            lines.append(line)
            if line.startswith(until) and not reached:
                reached = time.perf_counter() - began
    seconds, said = reached or time.perf_counter() - began, b"".join(lines)
    done.set()
    if memory:
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command} failed:\n{said.decode(errors='replace')[-2000:]}")
    return Took(seconds, peak, _cpu() - before)


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
