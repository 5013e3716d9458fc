"""Sula beside its peers: the same corpus, machine and S3 endpoint, in one run.

    python -m tests.benchmarks.peers [--sizes 100 1000 10000] [--peers hugo pelican eleventy]
                                     [--planted 100000]

For each size: a clean full build (time and peak memory), then one post edited, from the
command's start to the page uploaded, alternating, the median of several rounds. The peers make
one feed; Sula is built twice, with that one alone and with all that it makes unless it is told
otherwise. Figures are printed with their ratio to Hugo's; all of them go to a JSON file, from
which `plot.py` draws.
The S3 endpoint is the local cloud that `sula up` starts. At the sizes after ``--planted`` Sula's
edits are measured, see `planted.py`, and of the first peer beyond 10,000 posts only a build: what
an edit takes it at the least. A ratio to that has a ``<`` before it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import generators, planted, plot
from tests.benchmarks.peers.measure import Took, medians
from tests.benchmarks.peers.peer import (
    ONE_FEED,
    TOOLS,
    OtherPeer,
    SulaPeer,
    edit,
    help_cpu,
    local_cloud,
    settle,
)

RESULTS = Path("tests/benchmarks/peers/results.json")
_BUILT = 10_000
PICTURE = Path("content/posts/publish-one-edit.svg")


def say(text: str) -> None:
    """A line for the person who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


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
    found |= _build_all(peers, found)
    for peer in peers:
        found[peer.name]["first"] = peer.first().seconds
    settle(sula)
    edits: dict[str, list[Took]] = {peer.name: [] for peer in peers}
    feeds, idle = [], []
    for number in range(rounds):
        for peer in peers:
            peer.edit(number)
            edits[peer.name].append(peer.publish())
            settle(sula)
        edit(sula.sources[-1], number)
        feeds.append(sula.to_feed())
        idle.append(sula.to_feed())
    for name, took in edits.items():
        found[name] |= medians(edit=took)
    found["sula"] |= medians(feed=feeds, idle=idle)
    return found


def measure_planted(count: int, names: list[str], rounds: int) -> dict[str, Any]:
    """Sula with a record that is planted, beside peers that build; beyond `_BUILT` posts one."""
    base = Path(tempfile.mkdtemp(prefix="peers-"))
    try:
        with local_cloud(base / "up") as local:
            sula = SulaPeer(base / "sula", count, local)
            size = planted.plant(sula)
            times = planted.measure(sula, rounds)
            found: dict[str, dict[str, Any]] = {"sula": {"planted": True, "record": size, **times}}
            if count > _BUILT:
                other = OtherPeer(names[0], base / names[0], count, local)
                _build(other, found.setdefault(other.name, {}))
            else:
                others = [OtherPeer(name, base / name, count, local) for name in names]
                peers: list[SulaPeer | OtherPeer] = [sula, *others]
                found |= _build_all(peers, {peer.name: {} for peer in peers} | found)
                for other in others[:1]:  # the others take minutes for each
                    other.first()
                    found[other.name] |= planted.edits_of(other, rounds)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return found


def _build_all(
    peers: Sequence[SulaPeer | OtherPeer], found: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Add clean full builds: of Sula one as the peers', and one with the feeds of every tag."""
    for peer in peers:
        if isinstance(peer, SulaPeer):
            found["sula, all feeds"] = {}
            _build(peer, found["sula, all feeds"], " with all feeds")
            with peer.settings(ONE_FEED):
                _build(peer, found[peer.name])
        else:
            _build(peer, found[peer.name])
    return found


def _build(peer: SulaPeer | OtherPeer, found: dict[str, Any], how: str = "") -> None:
    took = peer.build()
    found |= {"build": took.seconds, "build cpu": took.cpu, "peak": took.peak}
    say(f"  {peer.name}{how}: built in {took.seconds:.2f} s, {took.peak / 1e6:.0f} MB")


def table(results: Mapping[str, dict[str, Any]], names: list[str]) -> Iterator[str]:
    yield "sula / peer, on the wall (in CPU): one post edited, command start to page uploaded"
    yield _row("posts", *names, "edit, s", "to feed, s", "no change, s")
    for count, found in results.items():
        ours = found["sula"]
        times = [f"{ours[name]:.2f}" if name in ours else "-" for name in ("edit", "feed", "idle")]
        yield _row(count, *(_edit_ratio(ours, found.get(name, {})) for name in names), *times)
    for name, what in (("sula", "the peers' one feed"), ("sula, all feeds", "all feeds")):
        yield f"sula / peer, on the wall (in CPU), memory: clean full build with {what}"
        yield from _builds(results, names, name)


def _builds(results: Mapping[str, dict[str, Any]], names: list[str], which: str) -> Iterator[str]:
    for count, found in results.items():
        ours = found.get(which, {})
        cells = []
        for name in names:
            theirs = found.get(name, {})
            both = "peak" in ours and "peak" in theirs
            memory = f", {ours['peak'] / theirs['peak']:.2f}" if both else ""
            cells.append(_ratio(ours, theirs, "build") + memory)
        yield _row(count, *cells)


def _edit_ratio(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    """The ratio of two edits; or, of a peer that only built, what it is at most."""
    if "edit" in theirs or "build" not in theirs:
        return _ratio(ours, theirs, "edit")
    return f"<{ours['edit'] / theirs['build']:.4f}"


def _ratio(ours: Mapping[str, Any], theirs: Mapping[str, Any], name: str) -> str:
    if name not in ours or name not in theirs:
        return "-"
    cpu = f" ({ours[f'{name} cpu'] / theirs[f'{name} cpu']:.2f})" if f"{name} cpu" in theirs else ""
    return f"{ours[name] / theirs[name]:.3f}{cpu}"


def _row(*cells: str) -> str:
    return "  ".join(f"{cell:>20}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--peers", nargs="+", default=["hugo", "pelican", "eleventy"])
    parser.add_argument("--planted", type=int, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    generators.install(TOOLS)
    say(f"sula --help: {help_cpu():.3f} s of CPU")
    # Sizes may be measured in several runs; ratios are always within one.
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for count in options.sizes:
        say(f"{count} posts")
        results[str(count)] = measure(count, options.peers, options.rounds)
        _keep(results)
    for count in options.planted:
        say(f"{count} posts, their record planted")
        results[str(count)] = measure_planted(count, options.peers, options.rounds)
        _keep(results)
    say("\n".join(table(dict(sorted(results.items(), key=_size)), options.peers)))
    say(f"bench-peers: {len(results)} sizes, {len(options.peers)} peers; figures in {RESULTS}")


def _size(item: tuple[str, Any]) -> int:
    return int(item[0])


def _keep(results: dict[str, dict[str, Any]]) -> None:
    """Write figures and picture: a size that was measured is not lost with the next."""
    results = dict(sorted(results.items(), key=_size))
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    PICTURE.write_text(plot.draw(results), "utf-8")


if __name__ == "__main__":
    main()
