"""Sula beside its peers: the same corpus, machine and S3 endpoint, in one run.

    python -m tests.benchmarks.peers [--sizes 100 1000 10000] [--peers hugo pelican eleventy]

For each size: a clean full build (time and peak memory), then one post edited, from the
command's start to the page uploaded, alternating, the median of several rounds. Figures are
printed with their ratio to Hugo's; all of them go to a JSON file, from which `plot.py` draws.
The S3 endpoint is the local cloud that `sula up` starts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import corpus, generators, plot
from tests.benchmarks.peers.measure import Took, run

SULA = str(Path(sys.executable).with_name("sula"))
TOOLS = Path(".sula/peers")
RESULTS = Path("tests/benchmarks/peers/results.json")
PICTURE = Path("tests/benchmarks/peers/publish-one-edit.svg")
SETTINGS = """
SITEURL = "https://blog.example"
SITENAME = "Corpus"
SITE_DESCRIPTION = "A corpus"
AUTHOR = "A"
SITE_ID = "tag:blog.example,2026:corpus"
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}


@dataclass(frozen=True)
class Local:
    """A running local cloud: its S3 endpoint, and the folder whose `sula up` it is."""

    endpoint: str
    folder: Path


def say(text: str) -> None:
    """A line for the person who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def environment(local: Local | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SULA_", "GIT_"))}
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


class SulaPeer:
    """Sula with the corpus in a git checkout, published to the local cloud."""

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
        shutil.rmtree(self.folder / "public", ignore_errors=True)
        return run([SULA, "build", "public"], self.folder, self.environment, memory=True)

    def first(self) -> Took:
        return run([SULA, "deploy", "--force", "--no-wait"], self.folder, self.environment)

    def publish(self) -> Took:
        return run([SULA, "deploy", "--no-wait"], self.folder, self.environment)

    def to_feed(self) -> Took:
        return run([SULA, "deploy"], self.folder, self.environment)


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
        shutil.rmtree(self.peer.folder / "public", ignore_errors=True)
        return run(self.peer.build, self.peer.folder, environment(), memory=True)

    def first(self) -> Took:
        return run(self.peer.publish, self.peer.folder, environment())

    def publish(self) -> Took:
        built = run(self.peer.build, self.peer.folder, environment())
        sent = run(self.peer.publish, self.peer.folder, environment())
        return Took(built.seconds + sent.seconds, max(built.peak, sent.peak))


def edit(source: Path, number: int) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write(f"\nA correction, number {number}.\n")


def settle(sula: SulaPeer) -> None:
    """Wait until edgefeed has worked off everything, so that it burdens nobody's turn."""
    for _ in range(900):
        done = subprocess.run(
            [SULA, "status", "--json"], cwd=sula.folder, env=sula.environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        lists = json.loads(done.stdout)["lists"] if done.returncode == 0 else None
        if lists and lists["current"] and not lists["owed"] and lists["posts"] == len(sula.sources):
            return
        time.sleep(1)
    raise TimeoutError("edgefeed did not settle")


def measure(count: int, names: list[str], rounds: int) -> dict[str, Any]:
    """Everything at one size."""
    base = Path(tempfile.mkdtemp(prefix="peers-"))
    try:
        with local_cloud(base / "up") as local:
            sula = SulaPeer(base / "sula", count, local)
            others = [OtherPeer(name, base / name, count, local) for name in names]
            return _measure([sula, *others], sula, rounds)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _measure(peers: list[SulaPeer | OtherPeer], sula: SulaPeer, rounds: int) -> dict[str, Any]:
    found: dict[str, Any] = {peer.name: {} for peer in peers}
    for peer in peers:
        took = peer.build()
        found[peer.name] |= {"build": took.seconds, "peak": took.peak}
        found[peer.name]["first"] = peer.first().seconds
        say(f"  {peer.name}: built in {took.seconds:.2f} s, {took.peak / 1e6:.0f} MB")
    settle(sula)
    edits: dict[str, list[float]] = {peer.name: [] for peer in peers}
    feeds, idle = [], []
    for number in range(rounds):
        for peer in peers:
            source = peer.sources[(number * 7 + len(peer.sources) // 2) % len(peer.sources)]
            edit(source, number)
            edits[peer.name].append(peer.publish().seconds)
            settle(sula)
        edit(sula.sources[-1], number)
        feeds.append(sula.to_feed().seconds)
        idle.append(sula.to_feed().seconds)
    for name, times in edits.items():
        found[name]["edit"] = statistics.median(times)
    found["sula"] |= {"feed": statistics.median(feeds), "idle": statistics.median(idle)}
    return found


def table(results: Mapping[str, dict[str, Any]], names: list[str]) -> Iterator[str]:
    head = ["posts", *(f"sula/{name}" for name in names), "sula to feed", "nothing changed"]
    yield "one post edited, command start to page uploaded (ratios); sula's other times in seconds"
    yield "  ".join(f"{h:>14}" for h in head)
    for count, found in results.items():
        ours = found["sula"]
        ratios = [f"{ours['edit'] / found[n]['edit']:.3f}" if n in found else "-" for n in names]
        cells = [count, *ratios]
        cells += [f"{ours['feed']:.2f}", f"{ours['idle']:.2f}"]
        yield "  ".join(f"{c:>14}" for c in cells)
    yield "clean full build: time and peak memory (ratios)"
    for count, found in results.items():
        ours = found["sula"]
        cells = [count]
        for n in names:
            if n not in found:
                cells.append("-")
                continue
            speed, memory = ours["build"] / found[n]["build"], ours["peak"] / found[n]["peak"]
            cells.append(f"{speed:.2f} / {memory:.2f}")
        yield "  ".join(f"{c:>14}" for c in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--peers", nargs="+", default=["hugo", "pelican", "eleventy"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    generators.install(TOOLS)
    # Sizes may be measured in several runs; ratios are always within one.
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for count in options.sizes:
        say(f"{count} posts")
        results[str(count)] = measure(count, options.peers, options.rounds)
    results = dict(sorted(results.items(), key=lambda item: int(item[0])))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    PICTURE.write_text(plot.draw(results), "utf-8")
    say("\n".join(table(results, options.peers)))
    say(f"bench-peers: {len(results)} sizes, {len(options.peers)} peers; figures in {RESULTS}")


if __name__ == "__main__":
    main()
