"""moto over HTTP on loopback, for a process that is not ours. (moto's own server wants Flask.)

Each request is handed to the moto of this process as if botocore had sent it to Amazon: the
host is Amazon's for the service that the request was signed for. Enter `moto.mock_aws` first.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Self

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber
from tests.edgefeed.runtime_api import LoopbackServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # The credential's scope: key, date, region, service, and the scheme's name.
        scope = self.headers["Authorization"].partition("Credential=")[2].split("/")
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        request = AWSPreparedRequest(
            self.command,
            f"https://{scope[3]}.amazonaws.com{self.path}",
            headers,
            body,
            stream_output=False,
        )
        with self.server.lock:  # moto checks a condition and then writes
            self.server.seen.append((scope[3], self.command, self.path))
            found = BotocoreStubber().process_request(request)
        assert found is not None
        status, answered, content = found
        payload = content.encode() if isinstance(content, str) else content
        self.send_response(int(status))
        for name, value in answered.items():
            if name.lower() not in {"content-length", "connection", "date", "server"}:
                self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the base's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


class _Server(LoopbackServer):
    lock = threading.Lock()
    seen: list[tuple[str, str, str]]


class MotoEndpoint:
    """An ``AWS_ENDPOINT_URL``. ``requests`` are (service, method, path), in order."""

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self.requests = self._server.seen = []
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
