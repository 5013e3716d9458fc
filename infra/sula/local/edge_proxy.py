"""The way into the local cloud's edge: http://127.0.0.1:8000/ for a browser.

    with EdgeProxy(port=8000, cloud_port=local.port, domain=outputs.distribution_domain,
                   live_reload=True) as proxy:
        ...
        proxy.reload()

The emulator finds a distribution by its Host header and does not compress; a browser
sends another Host and CloudFront compresses. This stands between them and adds nothing
else, so that what is seen here is what the real edge serves. With ``live_reload`` every
HTML page also carries a script of ours that waits for `EdgeProxy.reload`, and nothing is
kept by the browser for longer than a question.
"""

from __future__ import annotations

import errno
import http.client
import queue
import re
import socket
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from sula.errors import CloudError
from sula.local.edge_transform import Headers, compressed, is_page, unkept, with_script

RELOAD_SCRIPT = "/__sula/reload.js"
RELOAD_EVENTS = "/__sula/events"

_SCRIPT = f"""\
// Waits for `sula up` to say that the site has changed, and shows the change.
(() => {{
  let lost = false;
  const events = new EventSource("{RELOAD_EVENTS}");
  events.addEventListener("reload", () => location.reload());
  events.addEventListener("open", () => {{ if (lost) location.reload(); }});
  events.addEventListener("error", () => {{ lost = true; }});
}})();
""".encode()

_AWAY = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>502</title>
<h1>The local cloud does not answer</h1>
<p>It may be starting or stopping: see the terminal in which <code>sula up</code> runs.</p>
"""

# The emulator answers these itself, whatever the Host; no site may see them through its edge.
_EMULATORS = re.compile(r"/(_ministack|_localstack|_aws)(/|$)|/health$")
_NOWHERE = "/.sula-nothing-is-here/"

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade",
}  # fmt: skip
_OURS = {"host", "accept-encoding", "authorization", "content-length", "if-none-match"}
_HEARTBEAT = 15.0
_FOREVER = 60.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: EdgeProxy, port: int) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        """Ask nobody for the name of this machine, which takes half a minute where none answers."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a reader who goes away in the middle is no news."""


class EdgeProxy:
    """Serves a distribution of the local cloud on loopback until the block ends."""

    def __init__(
        self, *, port: int, cloud_port: int, domain: str, live_reload: bool = False
    ) -> None:
        self.port = port
        self.cloud_port = cloud_port
        self.domain = domain
        self.live_reload = live_reload
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._listeners: set[queue.SimpleQueue[bool]] = set()

    @property
    def url(self) -> str:
        """Where the site is, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        try:
            self._server = _Server(self, self.port)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            why = "taken" if error.errno == errno.EADDRINUSE else "not ours to use"
            other = self.port + (1000 if self.port + 1000 < 2**16 else -1000)
            raise CloudError(
                f"port {self.port} is {why}; choose another: sula up --port {other}"
            ) from error
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="edge-proxy"
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tell(again=False)
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def reload(self) -> None:
        """Have every open page of the site load itself anew."""
        self._tell(again=True)

    def _tell(self, *, again: bool) -> None:
        with self._lock:
            for listener in self._listeners:
                listener.put(again)

    def listen(self) -> queue.SimpleQueue[bool]:
        """A queue that gets True for each reload, and False at the end."""
        listener: queue.SimpleQueue[bool] = queue.SimpleQueue()
        with self._lock:
            self._listeners.add(listener)
        return listener

    def forget(self, listener: queue.SimpleQueue[bool]) -> None:
        """Undo `listen`."""
        with self._lock:
            self._listeners.discard(listener)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = _FOREVER
    disable_nagle_algorithm = True
    _upstream: http.client.HTTPConnection | None = None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the terminal is for what changed."""

    def version_string(self) -> str:
        """No name and no versions."""
        return "sula"

    def do_GET(self) -> None:
        if self.server.proxy.live_reload and self.path == RELOAD_SCRIPT:
            self._answer(200, [("Content-Type", "text/javascript; charset=utf-8")], _SCRIPT)
        elif self.server.proxy.live_reload and self.path == RELOAD_EVENTS:
            self._send_events()
        else:
            self._forward()

    def do_HEAD(self) -> None:
        self._forward()

    def _refuse_to_write(self) -> None:
        """Answer as the behaviours' AllowedMethods do.

        Not asked of the emulator: a page of any other site could have a browser post to its
        administration, which resets everything.
        """
        self.close_connection = True  # whatever body there is stays unread
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Allow", "GET, HEAD")]
        self._answer(405, headers, b"Method Not Allowed\n")

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _refuse_to_write  # noqa: N815 - theirs

    def finish(self) -> None:
        """Close the connection to the cloud with the reader's."""
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def _forward(self) -> None:
        if "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0":
            self.close_connection = True  # a question has no body; if there is one it stays unread
        try:
            status, headers, answer = self._ask()
        except http.client.InvalidURL:
            self._answer(400, [("Content-Type", "text/plain; charset=utf-8")], b"Bad Request\n")
            return
        except (OSError, http.client.HTTPException):
            self._answer(502, [("Content-Type", "text/html; charset=utf-8")], _AWAY)
            return
        if self.server.proxy.live_reload:
            headers = unkept(headers)
            if self.command == "GET" and status not in {206, 304} and is_page(headers):
                headers, answer = with_script(headers, answer, RELOAD_SCRIPT)
        if self.command == "GET" and status == HTTPStatus.OK:
            accepted = self.headers.get("Accept-Encoding", "")
            headers, answer = compressed(headers, answer, accepted)
        self._answer(status, headers, answer)

    def _ask(self) -> tuple[int, Headers, bytes]:
        """One request to the emulated edge, on a connection kept for the reader's next one."""
        proxy = self.server.proxy
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP | _OURS
        }
        headers["Host"] = proxy.domain
        # The real edge is reached over TLS; without this the emulated one would redirect to it.
        headers["X-Forwarded-Proto"] = "https"
        if known := self.headers.get("If-None-Match"):
            # A weak tag names our compressed form of the bucket's object (RFC 9110, 8.8.3.2).
            headers["If-None-Match"] = known.replace('W/"', '"')
        # What a reader sends unescaped, a browser would have escaped.
        path = quote(self.path.encode("latin-1"), safe=_PRINTABLE)
        if _EMULATORS.match(unquote(path.partition("?")[0])):
            path = _NOWHERE
        for last in (False, True):
            if self._upstream is None:
                self._upstream = http.client.HTTPConnection(
                    "127.0.0.1", proxy.cloud_port, timeout=_FOREVER
                )
            try:
                self._upstream.request(self.command, path, headers=headers)
                answer = self._upstream.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            except http.client.InvalidURL:
                raise
            except (OSError, http.client.HTTPException):
                # A kept connection may have been closed at the other end meanwhile: once more.
                self._upstream.close()
                self._upstream = None
                if last:
                    raise
        raise AssertionError("not reached")

    def _answer(self, status: int, headers: Headers, body: bytes) -> None:
        self.send_response_only(status)
        without_body = self.command == "HEAD" or status in {204, 304}
        for name, value in headers:
            if name.lower() in _HOP_BY_HOP or (
                name.lower() == "content-length" and not without_body
            ):
                continue
            self.send_header(name, value)
        if not without_body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not without_body:
            self.wfile.write(body)

    def _send_events(self) -> None:
        """Server-sent events (HTML, 9.2): one ``reload`` for each change of the site."""
        proxy = self.server.proxy
        listener = proxy.listen()
        try:
            self.send_response_only(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"retry: 500\n\n")
            while True:
                try:
                    again = listener.get(timeout=_HEARTBEAT)
                    message = b"event: reload\ndata: -\n\n"
                except queue.Empty:
                    again, message = True, b": still here\n\n"
                if not again:
                    break
                self.wfile.write(message)
        except OSError:
            pass  # the page is gone
        finally:
            proxy.forget(listener)
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
