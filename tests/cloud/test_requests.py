"""What one push costs in requests, counted at the local cloud's door. The docs tell the figures."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.authored import Post
from tests.cloud.site import Site

from sula.cloud.monitoring import SqsQueue
from sula.local.cloud import LocalCloud

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("requests")]

ROOT = Path(__file__).parents[2]
_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|DELETE) (\S+) ')
_NUMBER = re.compile(r"(?<=/)\d+(?=[/.])")
NEWEST = datetime(2026, 3, 1, 9, tzinfo=UTC)
SMALL, LARGE = 30, 330


def kind(method: str, path: str, bucket: str) -> str | None:
    """What a request is on the bill; None for what is free, or not asked for on AWS."""
    if path.startswith(f"/{bucket}"):
        # S3's first class: writing and listing. The second: reading. Removing is free.
        listing = "list-type=" in path or path.rstrip("/") == f"/{bucket}"
        if method in {"PUT", "POST"} or (method == "GET" and listing):
            return None if "?delete" in path else "S3 writes"
        return "S3 reads" if method in {"GET", "HEAD"} else None
    if path.endswith("/invocations"):
        return "Lambda calls"
    return None


@dataclass(frozen=True)
class Push:
    """What one push did: requests by kind, objects written, paths that the edge must forget."""

    requests: Counter[str]
    written: frozenset[str]
    paths: tuple[str, ...]

    @property
    def bill(self) -> dict[str, int]:
        return {**self.requests, "invalidation paths": len(self.paths)}


def invalidated(site: Site) -> dict[str, list[str]]:
    """Every invalidation so far, and its paths."""
    edge = site.local.cloud.client("cloudfront")
    listed = edge.list_invalidations(DistributionId=site.outputs.distribution_id)
    return {
        one["Id"]: edge.get_invalidation(DistributionId=site.outputs.distribution_id, Id=one["Id"])[
            "Invalidation"
        ]["InvalidationBatch"]["Paths"]["Items"]
        for one in listed["InvalidationList"].get("Items", [])
    }


def settled(log: Path, site: Site) -> list[str]:
    """The log, once every message was handled: edgefeed goes on after a deploy has ended."""
    queue = SqsQueue(site.local.cloud, site.outputs.queue_url)
    while sum(queue.depth()):
        time.sleep(0.05)
    return log.read_text("utf-8").splitlines()


def push(log: Path, site: Site, size: int) -> Push:
    """A site of so many posts, of which the newest are always the same, gets one more."""
    # What comes before the function has any code is out of sight for minutes: it comes first.
    site.deploy()
    site.local.cloud.client("sqs").purge_queue(QueueUrl=site.outputs.queue_url)
    for number in range(size):
        when = NEWEST - timedelta(days=4 * (number + 1))
        site.authored.save(
            Post(f"posts/{number}.md", f"Post {number}", f"{when:%Y-%m-%d %H:%M}",
                 more={"tags": ["a", "b", "c"]})
        )  # fmt: skip
    site.deploy()
    settled(log, site)
    before = invalidated(site)
    start = len(settled(log, site))
    site.authored.save(
        Post("posts/new.md", "New", f"{NEWEST:%Y-%m-%d %H:%M}", more={"tags": ["a", "b", "c"]})
    )
    site.deploy()
    requests: Counter[str] = Counter()
    written = set()
    for line in settled(log, site)[start:]:
        match = _REQUEST.search(line)
        assert match is not None, line
        if name := kind(match[1], match[2], site.outputs.bucket):
            requests[name] += 1
        if name == "S3 writes":
            key = match[2].removeprefix(f"/{site.outputs.bucket}/")
            written.add(_NUMBER.sub("N", key))
    paths = [path for one, paths in invalidated(site).items() if one not in before
             for path in paths]  # fmt: skip
    return Push(requests, frozenset(written), tuple(sorted(paths)))


@pytest.fixture(scope="module")
def pushes(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Push]:
    found = {}
    folder = tmp_path_factory.mktemp("sites")
    with LocalCloud(folder / "log") as local:
        for size in (SMALL, LARGE):
            with Site.made(local, folder / str(size)) as site:
                found[size] = push(folder / "log", site, size)
    return found


def documented() -> dict[str, int]:
    """The table of the post about costs."""
    text = (ROOT / "content/posts/cost.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (S3 reads|S3 writes|Lambda calls|invalidation paths) +\| (\d+) +\|",
        text, re.MULTILINE,
    )  # fmt: skip
    return {name: int(count) for name, count in rows}


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_one_push_costs_no_more_than_the_documentation_says(
    pushes: dict[int, Push], size: int
) -> None:
    limits = documented()
    assert set(limits) == {"S3 reads", "S3 writes", "Lambda calls", "invalidation paths"}
    bill = pushes[size].bill
    assert bill.keys() == limits.keys()
    for name, limit in limits.items():
        assert bill[name] <= limit, bill
    # How often it asks is a matter of speed; the rest is not.
    assert bill["invalidation paths"] == limits["invalidation paths"]
    assert bill["S3 writes"] > limits["S3 writes"] / 2


def test_what_is_written_does_not_depend_on_the_size_of_the_site(pushes: dict[int, Push]) -> None:
    small, large = pushes[SMALL], pushes[LARGE]
    assert len(small.written) > 20
    assert len(small.paths) == len(large.paths)
    assert small.written == large.written
