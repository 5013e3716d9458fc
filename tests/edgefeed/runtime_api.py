"""Lambda's Runtime API on loopback, and a function that is run by Amazon's own client.

The API is the one AWS documents ("Using the Lambda runtime API", 2018-06-01). The function
is started as Lambda starts it: ``awslambdaric``, the unpacked bundle first on the path, the
runtime's libraries second, and no site-packages (``-S``), so that what the bundle lacks is
missed.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from itertools import count
from pathlib import Path
from typing import Any, Self

from sula.publishing import dependencies

_BASE = "/2018-06-01/runtime"
LAMBDA_HAS = ("boto3", "awslambdaric")
"""What Lambda's own Python runtime brings, with what these need."""
ARN = "arn:aws:lambda:us-east-1:123456789012:function:sula-edgefeed:live"


class FunctionFailedError(AssertionError):
    """The function did not answer: it raised, or it is dead."""


@dataclass(frozen=True)
class Answer:
    """What an invocation ended with. ``error`` is what the client reported instead."""

    value: Any = None
    error: Mapping[str, Any] | None = None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path != f"{_BASE}/invocation/next":
            return self._say(404)
        if not self.server.is_ready.is_set():
            self.server.ready_at = time.perf_counter()
            self.server.is_ready.set()
        work = self.server.waiting.get()
        if work is None:  # the test is over, and the client dead
            self.close_connection = True
            return None
        request, event = work
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 60) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Content-Type": "application/json",
        }
        return self._say(200, event, headers)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        self.server.answered_at = time.perf_counter()
        if self.path.endswith("/response"):
            self.server.answers.put(Answer(body))
        elif self.path.endswith("/error"):
            self.server.answers.put(Answer(error=body))
        self._say(202)

    def _say(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


class LoopbackServer(ThreadingHTTPServer):
    """A server whose clients may be killed at any time."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Server(LoopbackServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.waiting: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.answers: queue.Queue[Answer] = queue.Queue()
        self.is_ready = threading.Event()
        self.ready_at = self.answered_at = 0.0


class Lambda:
    """One execution environment of a function: a process, and the API it talks to."""

    def __init__(
        self,
        path: Iterable[Path],
        handler: str,
        environment: Mapping[str, str],
        log: Path,
        python: str = sys.executable,
    ) -> None:
        """Take the folders on Python's path, in order; ``log`` gets the function's output."""
        self._path = os.pathsep.join(map(str, path))
        self._handler = handler
        self._environment = dict(environment)
        self._log = log
        self._python = python
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        host, port = self._server.server_address[:2]
        # Nothing is inherited: Lambda's environment is not the tester's.
        environment = {
            "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}",
            "PYTHONPATH": self._path,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": os.environ.get("PATH", ""),
            **self._environment,
        }
        with self._log.open("wb") as log:
            self._began = time.perf_counter()
            self._process = subprocess.Popen(
                [self._python, "-S", "-P", "-m", "awslambdaric", self._handler],
                cwd=self._log.parent, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._server.waiting.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_until_ready(self, seconds: float = 60) -> float:
        """The seconds from the process's start to its asking for work."""
        self._wait(self._server.is_ready.is_set, seconds)
        return self._server.ready_at - self._began

    def invoke(self, event: object, seconds: float = 60) -> Answer:
        """Hand over an event (bytes go as they are) and wait for what becomes of it."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        self._server.waiting.put((f"request-{next(self._numbers)}", body))
        self._wait(lambda: not self._server.answers.empty(), seconds)
        return self._server.answers.get()

    def answered_after(self) -> float:
        """The seconds from the process's start to its latest answer."""
        return self._server.answered_at - self._began

    def log(self) -> list[str]:
        """The lines that the function has printed so far."""
        return self._log.read_text("utf-8").splitlines()

    def _wait(self, done: Any, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done():
            if self._process.poll() is not None and not done():
                raise FunctionFailedError(
                    f"the function ended ({self._process.returncode}):\n{self._text()}"
                )
            if time.monotonic() > end:
                raise FunctionFailedError(f"no answer in {seconds} s:\n{self._text()}")
            time.sleep(0.002)

    def _text(self) -> str:
        return self._log.read_text("utf-8", "replace")


def lambdas_own(folder: Path) -> Path:
    """A folder with what Lambda's runtime has, linked from this environment, and only that."""
    folder.mkdir()
    for distribution in dependencies.needed(LAMBDA_HAS):
        for top in _tops(distribution):
            if not (folder / top.name).exists():
                (folder / top.name).symlink_to(top)
    return folder


def _tops(distribution: metadata.Distribution) -> set[Path]:
    """The modules and packages of a distribution, as files and folders."""
    root = Path(str(distribution.locate_file("")))
    names = {path.parts[0] for path in distribution.files or () if path.parts[0] != ".."}
    return {root / name for name in names if not name.startswith(("__pycache__", "."))}
