"""`make bench`: what edgefeed must reach, and what it reaches here. Ratios to the targets.

Each measurement runs in a process of its own, one after the other.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import cold_start

from edgefeed import backlog

ROOT = Path(__file__).parents[2]
CPU = {100: 0.15, 10_000: 0.25, 100_000: 1.0}
MEMORY = 512
PAGES_PER_SECOND = 400
GROWTH = 1.02
"""What a change may cost at 100,000 posts, times what it costs at 10,000."""
ROUNDS = 3
# As many messages as one run takes from a long queue.
BATCH = backlog.MOST


def measure(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.edgefeed_runs", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def new_pages() -> dict[str, Any]:
    return measure("new", "10000", str(BATCH))


class Table:
    """Lines of a table, and whether every target was met."""

    def __init__(self) -> None:
        self.missed = 0
        self.lines = 0
        self._row("what", "measured", "target", "ratio")

    def add(
        self, what: str, measured: float, target: float, unit: str, *, least: bool = False
    ) -> None:
        ratio = target / measured if least else measured / target
        self.missed += ratio > 1
        self.lines += 1
        sign = "≥" if least else "≤"
        self._row(what, f"{measured:.4g} {unit}", f"{sign} {target:g} {unit}", f"{ratio:.2f}")

    def note(self, what: str, measured: str) -> None:
        self._row(what, measured, "", "")

    def _row(self, *cells: str) -> None:
        widths = (52, 30, 16, 6)
        text = "".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        sys.stdout.write(text.rstrip() + "\n")
        sys.stdout.flush()


def pace() -> float:
    """Seconds of CPU for ten million additions in Python: what to compare machines by."""
    began, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number * number
    return time.process_time() - began


def main() -> int:
    table = Table()
    machine = f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"
    table.note(f"this machine: {machine}; pace", f"{pace():.2f} s")
    runs = {posts: measure("change", str(posts)) for posts in CPU}
    for posts, target in CPU.items():
        table.add(f"one post changed of {posts:,}: CPU", runs[posts]["cpu"], target, "s")
    for posts, run in runs.items():
        total = sum(run["requests"].values())
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(run["requests"].items()))
        table.note(f"one post changed of {posts:,}: S3 requests", f"{total} ({kinds})")
        table.note(f"  documents, bytes without the index: {run['written']}", f"{run['bytes']:,}")
    most, fewer = runs[100_000], runs[10_000]
    requests = sum(most["requests"].values()) / sum(fewer["requests"].values())
    table.add("S3 requests, at 100,000 posts to 10,000", requests, GROWTH, "times")
    written = most["bytes"] / fewer["bytes"]
    table.add("bytes written, at 100,000 posts to 10,000", written, GROWTH, "times")
    table.add("peak memory at 100,000 posts", most["memory"], MEMORY, "MB")
    # Neighbours on the machine only ever add to a time, so the best of some is nearest to it.
    speeds = [new["pages"] / new["cpu"] for new in (new_pages() for _ in range(ROUNDS))]
    table.add(
        f"10,000 new pages at once, per core, best of {ROUNDS}",
        max(speeds), PAGES_PER_SECOND, "pages/s", least=True,
    )  # fmt: skip
    table.note("  each time", ", ".join(f"{speed:.0f}" for speed in speeds))
    table.note("pace at the end", f"{pace():.2f} s")
    starts = cold_start.ratios(cold_start.measure())
    table.add("cold start to ready, times a plain S3 function", starts["ready"], 2.5, "times")
    table.note("cold start to the first answer, likewise", f"{starts['answer']:.3g} times")
    met = table.lines - table.missed
    sys.stdout.write(f"bench: {met} of {table.lines} targets met\n")
    return 0 if not table.missed else 1


if __name__ == "__main__":
    sys.exit(main())
