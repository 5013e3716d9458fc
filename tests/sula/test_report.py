"""What a deploy tells its author."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from tests.authored import Authored, Post
from tests.bucket import MemoryBucket

from sula.cloud.target import Target
from sula.commands import tell, tell_pages
from sula.console import Console
from sula.report import lists_that_show


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    for number, tags in enumerate((["a"], ["a", "b"], ["c"], []), start=1):
        more: dict[str, Any] = {"tags": tags} if tags else {}
        site.save(Post(f"posts/p{number}.md", f"Post {number}", f"2026-01-0{number}", more=more))
    return site


def told(site: Authored, bucket: MemoryBucket) -> list[str]:
    outcome = site.deploy(bucket)
    out = io.StringIO()
    console = Console(out, out)
    if outcome.changed:
        tell_pages(outcome, console)
    tell(outcome, Target(bucket), console)
    return [line for line in out.getvalue().splitlines() if "live after" not in line]


def test_it_names_pages_and_the_lists_that_show_them(site: Authored) -> None:
    bucket = MemoryBucket()
    assert "Lists and feeds: home, archive, tag a, tag b, tag c" in told(site, bucket)
    site.posts["posts/p2.md"].more = {"tags": ["b", "d"], "series": "S"}
    site.save(site.posts["posts/p2.md"])
    site.remove("posts/p3.md")
    assert told(site, bucket) == [
        "  ~ /posts/p2/",
        "  - /posts/p3/",
        "1 page edited, 1 page removed, 1 page followed",
        "Lists and feeds: home, archive, tag a, tag b, tag c, tag d, series S",
    ]


def test_many_lists_are_counted(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    site.posts["posts/p4.md"].more = {"tags": [f"t{n}" for n in range(6)]}
    site.save(site.posts["posts/p4.md"])
    assert "Lists and feeds: home, archive, 6 tags" in told(site, bucket)


def test_a_page_that_only_follows_changes_no_list(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    site.engine = "engine 2"
    assert lists_that_show(site.deploy(bucket).plan) == ()
    site.put("content/pages/about.md", "---\ntitle: About\n---\n\nUs.\n")
    assert lists_that_show(site.deploy(bucket).plan) == ()
    assert told(site, bucket)[0].startswith("Nothing to do: ")
