"""The local cloud leaves nothing behind, however it ends, and lets nothing in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from sula.cloud import object_store
from sula.cloud.services import CloudFormation
from sula.errors import CloudError
from sula.local import cloud as local
from sula.local.cloud import LocalCloud, Running, announce, read_running

pytestmark = pytest.mark.cloud

# A parent that starts a cloud, has it run a function (so that there is a worker and a Node),
# says where, and waits.
PARENT = """
import sys, time
from sula.cloud import stack
from sula.publishing.bundle import zipped
from sula.local.cloud import LocalCloud, stopping_on_sigterm
from sula.cloud.services import CloudFormation, LambdaFunction
with stopping_on_sigterm(), LocalCloud() as cloud:
    made = stack.ensure(
        CloudFormation(cloud.cloud), "s", stack.load_template(), {}, progress=lambda _: None
    )
    function = LambdaFunction(cloud.cloud, made.function)
    function.update_code(zipped({"index.py": b"def handler(e, c): return {'ok': 1}"}))
    assert function.invoke({}) == {"ok": 1}
    import urllib.request
    request = urllib.request.Request(
        cloud.url + "/x/", headers={"Host": made.distribution_domain, "X-Forwarded-Proto": "https"}
    )
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError:
        pass
    print(cloud._process.pid, cloud.home, flush=True)
    time.sleep(60)
"""


def group(leader: int) -> list[str]:
    """The processes of a process group, as ps names them; zombies do not count."""
    shown = subprocess.run(
        ["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in shown.splitlines()]
    return [row[2] for row in rows if row[0] == str(leader) and not row[1].startswith("Z")]


def started() -> tuple[subprocess.Popen[str], int, Path]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, home = parent.stdout.readline().split()
    return parent, int(pid), Path(home)


def gone(leader: int, home: Path, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not group(leader) and not home.exists():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_the_parent_ends(how: signal.Signals) -> None:
    parent, pid, home = started()
    try:
        running = group(pid)
        assert len(running) >= 3, running  # ministack, a Lambda worker, Node
        assert home.is_dir()
        parent.send_signal(how)
        parent.wait(15)
        assert gone(pid, home, within=10), (group(pid), home.exists())
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout is not None:
            parent.stdout.close()


def listening(leader: int) -> list[str]:
    """The addresses on which the processes of a group listen (IPv4 and IPv6, in hex)."""
    sockets = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(place.name)) == leader:
                sockets |= {str(link.readlink()) for link in (place / "fd").iterdir()}
        except OSError:
            continue  # it ended meanwhile
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    rows = [
        row.split()
        for table in tables
        if table.exists()
        for row in table.read_text().splitlines()[1:]
    ]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]


@pytest.mark.long
def test_it_listens_on_loopback_only_and_on_one_port() -> None:
    with LocalCloud() as cloud:
        assert cloud._process is not None
        CloudFormation(cloud.cloud).describe("nothing")
        time.sleep(2)  # ministack starts some services a little later
        assert listening(cloud._process.pid) == [f"0100007F:{cloud.port:04X}"]


def test_nothing_of_ours_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "PYTHONPATH", "SECRET"):
        monkeypatch.setenv(name, "leak")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    with LocalCloud() as cloud:
        assert cloud._process is not None
        environment = Path(f"/proc/{cloud._process.pid}/environ").read_bytes()
        assert b"leak" not in environment
        assert b"AWS_SECRET_ACCESS_KEY=test\0" in environment
        assert f"GATEWAY_PORT={cloud.port}\0".encode() in environment


def test_stopping_twice_is_no_harm() -> None:
    with LocalCloud() as cloud:
        cloud.stop()
        home = cloud.home
    assert not home.exists()


def test_without_node_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_node_directory", lambda: None)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(CloudError, match=r"Node.*sula\[local\]"), LocalCloud():
        pass


def test_a_cloud_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "free_port", lambda: 70_000)
    with pytest.raises(CloudError, match="did not start"), LocalCloud():
        pass


# --- .sula/local.json ---------------------------------------------------------------------


def running(pid: int) -> Running:
    return Running(
        endpoint="http://127.0.0.1:1", region="us-east-1", stack="sula",
        url="http://127.0.0.1:8000", pid=pid,
    )  # fmt: skip


def test_a_running_cloud_is_found_while_it_runs(tmp_path: Path) -> None:
    assert read_running(tmp_path) is None
    with announce(tmp_path, running(os.getpid())):
        found = read_running(tmp_path)
        assert found == running(os.getpid())
        assert found.cloud().endpoint.url == "http://127.0.0.1:1"
    assert read_running(tmp_path) is None
    assert not list((tmp_path / ".sula").iterdir())


UP = """
import sys
from pathlib import Path
import msgspec
from sula.local.cloud import Running, announce
with announce(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Running)):
    print("up", flush=True)
    input()
"""


@contextmanager
def another(root: Path, up: Running) -> Iterator[subprocess.Popen[str]]:
    """A process that is up for a site."""
    command = [sys.executable, "-c", UP, str(root), msgspec.json.encode(up).decode()]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        try:
            yield process
        finally:
            process.kill()


def test_what_a_dead_one_left_is_not_believed(tmp_path: Path) -> None:
    """Not even where another process has its number by now, as after a power cut."""
    with another(tmp_path, running(os.getpid())) as dead:
        assert read_running(tmp_path) == running(os.getpid())
        dead.kill()
        dead.wait()
    assert (tmp_path / ".sula/local.json").exists()
    assert read_running(tmp_path) is None
    with announce(tmp_path, running(os.getpid())):
        assert read_running(tmp_path) is not None


def test_a_second_one_for_the_same_site_is_refused(tmp_path: Path) -> None:
    with (
        another(tmp_path, running(7)),
        pytest.raises(CloudError, match=r"already serves .* \(process 7\)"),
        announce(tmp_path, running(os.getpid())),
    ):
        pass


def test_a_proxy_is_not_asked_for_what_is_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with LocalCloud() as cloud:
        assert CloudFormation(cloud.cloud).describe("nothing") is None
        cloud.cloud.client("s3").create_bucket(Bucket="a-bucket")
        objects = object_store.objects(cloud.cloud, "a-bucket")
        objects.put("a", b"x", content_type="text/plain", cache_control="")
        found = objects.get("a")
        assert found is not None
        assert found.body == b"x"


def test_a_broken_file_is_as_none(tmp_path: Path) -> None:
    (tmp_path / ".sula").mkdir()
    (tmp_path / ".sula/local.json").write_text("{")
    assert read_running(tmp_path) is None
