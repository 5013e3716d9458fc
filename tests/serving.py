"""A server for the time of a test, on the loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

_LOOKS = 0.01  # seconds between two looks whether it is to end; usually half a second


@contextmanager
def serving(
    handler: type[BaseHTTPRequestHandler] | Any, kind: type[HTTPServer] = ThreadingHTTPServer
) -> Iterator[str]:
    """Serve on a free port; gives the address, without a final slash."""
    with kind(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_LOOKS,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
