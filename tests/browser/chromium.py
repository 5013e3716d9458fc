"""Debian's Chromium, driven without a network, and a folder served on the loopback."""

from __future__ import annotations

import functools
import http.server
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from tests.serving import serving

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TEMPLATE = Path(__file__).parents[2] / "infra/template.yaml"
_POLICY = re.search(
    r"ContentSecurityPolicy: >-\n(.*?)\n +Override", _TEMPLATE.read_text("utf-8"), re.DOTALL
)
assert _POLICY is not None
POLICY = " ".join(_POLICY[1].split())
"""The Content-Security-Policy of the edge."""
# Chromium tells of each shift; those before the script that listens count too.
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    const what = sources.map(({ node }) => (node?.outerHTML ?? "gone").slice(0, 60));
    window.shifted.push(`${value} ${what}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""What keeps every shift of a page's parts in ``window.shifted``, with the parts."""
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


def launch(playwright: Playwright) -> Browser:
    """Start the browser; its sandbox is off because tests may run as root."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Plain files with the types that the edge gives them."""

    extensions_map = {  # noqa: RUF012 - the base class declares it so
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".html": "text/html; charset=utf-8",
        ".svg": "image/svg+xml",
        ".xml": "application/xml",
    }

    def end_headers(self) -> None:
        """Allow what the edge allows and nothing else: no inline script, no inline style."""
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


class _Slow(_Quiet):
    """Pages in three pieces, as over a bad line: the first ends within the menu."""

    def do_GET(self) -> None:
        """Send half a menu, wait, send what is left up to the title, wait, send the rest."""
        if not self.path.endswith("/"):
            super().do_GET()
            return
        page = Path(self.translate_path(self.path), "index.html").read_bytes()
        menu = page.index(b"</li>") + len(b"</li>")
        title = page.index(b'id="main"')
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        for piece in (page[:menu], page[menu:title], page[title:]):
            self.wfile.write(piece)
            time.sleep(0.25)  # enough for Chromium to draw, were it not told to wait


@contextmanager
def serve(folder: Path, *, slowly: bool = False) -> Iterator[str]:
    """Serve a folder on a free loopback port; gives the address without a final slash."""
    handler = functools.partial(_Slow if slowly else _Quiet, directory=str(folder))
    with serving(handler) as address:
        yield address
