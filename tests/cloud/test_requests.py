"""What one push costs in requests, counted at the local cloud's door. The docs tell the figures."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.authored import Post
from tests.cloud.site import Site

from sula.local import LocalCloud

pytestmark = pytest.mark.cloud

ROOT = Path(__file__).parents[2]
_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|DELETE) (\S+) ')


def kind(method: str, path: str, bucket: str) -> str | None:
    """What a request is on the bill; None for what is free, or not asked for on AWS."""
    if path.startswith(f"/{bucket}"):
        # S3's first class: writing and listing. The second: reading. Removing is free.
        listing = "list-type=" in path or path.rstrip("/") == f"/{bucket}"
        if method in {"PUT", "POST"} or (method == "GET" and listing):
            return None if "?delete" in path else "S3 writes"
        return "S3 reads" if method in {"GET", "HEAD"} else None
    if "/invalidation" in path and method == "POST":
        return "invalidations"
    if path.endswith("/invocations"):
        return "Lambda calls"
    return None


def counted(log: Path, start: int, bucket: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in log.read_text("utf-8").splitlines()[start:]:
        match = _REQUEST.search(line)
        assert match is not None, line
        if name := kind(match[1], match[2], bucket):
            found[name] += 1
    return found


def documented() -> dict[str, int]:
    """The table of the post about costs."""
    text = (ROOT / "content/posts/cost.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (S3 reads|S3 writes|Lambda calls|invalidations) +\| (\d+) +\|", text, re.MULTILINE
    )
    return {name: int(count) for name, count in rows}


def test_one_push_costs_no_more_than_the_documentation_says(tmp_path: Path) -> None:
    log = tmp_path / "access"
    with LocalCloud(log) as local, Site.made(local, tmp_path / "home") as site:
        for number in range(30):
            site.authored.save(
                Post(f"posts/{number}.md", f"Post {number}", f"2026-01-{number % 28 + 1:02} 09:00",
                     more={"tags": ["a", "b", "c"]})
            )  # fmt: skip
        site.deploy()
        time.sleep(2)
        start = len(log.read_text("utf-8").splitlines())
        site.authored.save(
            Post("posts/new.md", "New", "2026-03-01 09:00", more={"tags": ["a", "b", "c"]})
        )
        site.deploy()
        time.sleep(2)
        found = counted(log, start, site.outputs.bucket)
    limits = documented()
    assert set(limits) == {"S3 reads", "S3 writes", "Lambda calls", "invalidations"}
    assert found["S3 writes"] > 10
    for name, limit in limits.items():
        assert found[name] <= limit, found
