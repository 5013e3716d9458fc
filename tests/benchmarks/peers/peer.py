"""A peer at work: Sula or another, with the corpus in a folder and a place to publish to."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import corpus, generators
from tests.benchmarks.peers.measure import Took, run

SULA = str(Path(sys.executable).with_name("sula"))
_TRIES = 20
TOOLS = Path(".sula/peers")
SETTINGS = """
SITEURL = "https://blog.example"
SITENAME = "Corpus"
SITE_DESCRIPTION = "A corpus"
AUTHOR = "A"
SITE_ID = "tag:blog.example,2026:corpus"
"""
ONE_FEED = """
FEED_FORMATS = ("rss",)
TAG_FEEDS = False
SERIES_FEEDS = False
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Local:
    """A running local cloud: its S3 endpoint, and the folder whose `sula up` it is."""

    endpoint: str
    folder: Path


def environment(local: Local | None = None) -> dict[str, str]:
    # Nobody is measured while compiling Python anew at each start, where that is the fashion.
    foreign = ("AWS_", "SULA_", "GIT_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return {**kept, **KEYS, **({"SULA_LOCAL": str(local.folder)} if local else {})}


@contextmanager
def local_cloud(folder: Path) -> Iterator[Local]:
    """`sula up` over an empty site, on a free port."""
    (folder / "content/posts").mkdir(parents=True)
    (folder / "pelicanconf.py").write_text(SETTINGS, "utf-8")
    process = subprocess.Popen(
        [SULA, "up", "--port", "0"],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for line in process.stdout or ():
            if " is up " in line:
                break
        running = json.loads((folder / ".sula/local.json").read_text("utf-8"))
        yield Local(running["endpoint"], folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def set_aside(folder: Path) -> None:
    """Put what an earlier build has made out of the way.

    To remove it would burden the next build: for a minute ext4 looks, for each new file, at all
    that was deleted, which took half of that build's time.
    """
    if folder.exists():
        folder.rename(Path(tempfile.mkdtemp(dir=folder.parents[1])) / folder.name)


def help_cpu() -> float:
    """Seconds of CPU that ``sula --help`` takes, the least of several times."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([SULA, "--help"], capture_output=True, check=True, env=environment())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(7))


class SulaPeer:
    """Sula with the corpus in a git checkout, published to the local cloud.

    With `ONE_FEED` among its `settings` it makes what the peers make.
    """

    name = "sula"

    def __init__(self, folder: Path, count: int, local: Local) -> None:
        folder.mkdir()
        (folder / "pelicanconf.py").write_text(SETTINGS, "utf-8")
        (folder / ".gitignore").write_text("/.sula/\n/public/\n", "utf-8")
        self.folder, self.sources = folder, corpus.write(folder / "content/posts", count)
        self.environment = environment(local)
        who = ["-c", "user.name=A", "-c", "user.email=a@blog.example", "-c", "gc.auto=0"]
        for args in (["init", "-q"], ["add", "--all"], [*who, "commit", "-q", "-m", "Corpus"]):
            subprocess.run(["git", *args], cwd=folder, check=True, env=self.environment)

    def build(self) -> Took:
        """A clean full build, lists and feeds included."""
        set_aside(self.folder / "public")
        return run([SULA, "build", "public"], self.folder, self.environment, memory=True)

    @contextmanager
    def settings(self, more: str) -> Iterator[None]:
        """Have more settings for a while."""
        place = self.folder / "pelicanconf.py"
        text = place.read_text("utf-8")
        place.write_text(text + more, "utf-8")
        yield
        place.write_text(text, "utf-8")

    def first(self) -> Took:
        return run([SULA, "deploy", "--force", "--no-wait"], self.folder, self.environment)

    def publish(self) -> Took:
        """To the page uploaded; CPU is the whole command's, which goes on to tell the edge."""
        command = [SULA, "deploy", "--no-wait"]
        return run(command, self.folder, self.environment, until=b"Pages live after")

    def to_feed(self) -> Took:
        return run([SULA, "deploy"], self.folder, self.environment)

    def edit(self, number: int) -> None:
        """Change one of the posts, another one each time."""
        edit(self.sources[(number * 7 + len(self.sources) // 2) % len(self.sources)], number)


class OtherPeer:
    """A peer with the corpus, published to a bucket of its own at the same endpoint."""

    def __init__(self, name: str, folder: Path, count: int, local: Local) -> None:
        bucket = f"{name}-{count}"
        make = [str(TOOLS.resolve() / "aws/bin/aws"), "--endpoint-url", local.endpoint]
        subprocess.run([*make, "s3", "mb", f"s3://{bucket}"], check=True, env=environment(),
                       stdout=subprocess.DEVNULL)  # fmt: skip
        where = generators.Where(TOOLS.resolve(), local.endpoint, bucket)
        self.peer: generators.Peer = getattr(generators, name)(folder, count, where)
        self.name, self.sources = name, self.peer.sources

    def build(self) -> Took:
        set_aside(self.peer.folder / "public")
        return run(self.peer.build, self.peer.folder, environment(), memory=True)

    def first(self) -> Took:
        return run(self.peer.publish, self.peer.folder, environment())

    def publish(self) -> Took:
        built = run(self.peer.build, self.peer.folder, environment())
        sent = run(self.peer.publish, self.peer.folder, environment())
        return Took(built.seconds + sent.seconds, max(built.peak, sent.peak), built.cpu + sent.cpu)

    def edit(self, number: int) -> None:
        """Change one of the posts, the same one that Sula's author changes."""
        edit(self.sources[(number * 7 + len(self.sources) // 2) % len(self.sources)], number)


def edit(source: Path, number: int) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write(f"\nA correction, number {number}.\n")


def settle(sula: SulaPeer) -> None:
    """Wait until edgefeed has worked off everything, so that it burdens nobody's turn."""
    failed = 0
    for _ in range(900):
        done = subprocess.run(
            [SULA, "status", "--json"], cwd=sula.folder, env=sula.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        lists = json.loads(done.stdout)["lists"] if done.returncode == 0 else None
        if lists and lists["current"] and not lists["owed"] and lists["posts"] == len(sula.sources):
            return
        failed = failed + 1 if done.returncode else 0
        if failed > _TRIES:
            raise RuntimeError(f"edgefeed cannot be asked: {done.stderr[-2000:]}")
        time.sleep(1)
    raise TimeoutError("edgefeed did not settle")
