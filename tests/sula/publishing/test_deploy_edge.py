"""What the edge keeps of a page: nothing that a deploy has replaced, wherever that deploy ended.

CloudFront keeps pages for a year unless it is told otherwise, and the local edge keeps none: so
here stands an edge that never forgets by itself, and a reader who has seen every page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from moto import mock_aws
from tests.authored import Authored, Post, deploying
from tests.bucket import Crash, MemoryBucket

from edgefeed.contract import RECORD_KEY, key_to_path, quote_path
from sula.cloud.aws import Cloud, Endpoint
from sula.cloud.target import Target
from sula.errors import Unavailable
from sula.publishing.claims import Clock, read_claims
from sula.publishing.deploy import Deploy, Options, Outcome, Steps
from sula.publishing.inventory import changed_paths
from sula.publishing.rollback import Rollback

Bodies = dict[str, tuple[bytes, str, str]]


@dataclass
class KeepingEdge:
    """An edge through which every page was read. ``broken`` invalidations fail first."""

    bucket: MemoryBucket
    broken: int = 0
    kept: Bodies = field(default_factory=dict)
    told: list[list[str]] = field(default_factory=list)

    def read_all(self) -> None:
        """A reader asks for everything there is."""
        self.kept = self.bucket.public() | self.kept

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        assert reference
        if self.broken:
            self.broken -= 1
            raise Unavailable("invalidating: the cloud did not answer")
        self.told.append(list(paths))
        self.kept = {
            key: body
            for key, body in self.kept.items()
            if not any(fnmatchcase(quote_path(key_to_path(key)), path) for path in paths)
        }

    def stale(self) -> list[str]:
        """What readers would still be shown though it is no more."""
        now = self.bucket.public()
        return [key for key, body in self.kept.items() if now.get(key) != body]


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "First."))
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
    return site


def through(edge: KeepingEdge, site: Authored) -> Deploy:
    deploy = deploying(site, edge.bucket)
    deploy.target = Target(edge.bucket, edge=edge)
    return deploy


def published(site: Authored) -> KeepingEdge:
    edge = KeepingEdge(MemoryBucket())
    through(edge, site).run()
    edge.read_all()
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended."))
    return edge


def test_the_edge_forgets_what_changed(site: Authored) -> None:
    edge = published(site)
    through(edge, site).run()
    assert edge.told[-1] == ["/posts/one/", "/posts/one/index.html"]
    assert edge.stale() == []


@pytest.mark.parametrize(
    ("keys", "paths"),
    [
        (["pages/a b.png"], ["/a%20b.png"]),
        (["pages/404.html", "pages/x/index.html"], ["/404.html", "/x/", "/x/index.html"]),
        ([f"pages/posts/{n}/index.html" for n in range(50)] + ["pages/é.png"],
         ["/%C3%A9.png", "/posts/*"]),
        ([f"pages/{n}/index.html" for n in range(50)], ["/*"]),
    ],
)  # fmt: skip
def test_many_changed_paths_are_folded(keys: list[str], paths: list[str]) -> None:
    assert changed_paths(keys) == paths


def test_wherever_a_deploy_dies_the_next_one_has_the_edge_forget(site: Authored) -> None:
    for after in (False, True):
        for at in range(30):
            site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "First."))
            edge = published(site)
            edge.bucket.arm(at, after=after)
            try:
                through(edge, site).run()
            except Crash:
                pass
            else:
                break
            finally:
                edge.bucket.arm(None)
            edge.read_all()
            through(edge, site).run()  # the very same content: there is nothing left to upload
            assert edge.stale() == [], (at, after)
        assert at > 2


def test_an_edge_that_did_not_answer_is_told_by_the_next_deploy(site: Authored) -> None:
    edge = published(site)
    edge.broken = 1
    with pytest.raises(Unavailable):
        through(edge, site).run()
    assert edge.stale() == ["pages/posts/one/index.html"]
    assert not through(edge, site).run().changed
    assert edge.stale() == []


def test_what_an_attempt_wrote_that_lost_the_race_is_forgotten_too(
    site: Authored, tmp_path: Path
) -> None:
    edge = published(site)
    other = site.copy(tmp_path / "other")
    other.save(Post("posts/three.md", "Three", "2026-01-03 09:00"))

    def interrupt(_verb: str, key: str) -> None:
        if key == RECORD_KEY:
            edge.bucket.before_write = None
            deploying(other, edge.bucket).run()  # its edge heard nothing of it yet

    edge.bucket.before_write = interrupt
    outcome = through(edge, site).run()
    assert outcome.attempts == 2
    assert edge.stale() == []
    # Nor does such a deploy end before the lists show what it wrote.
    assert "pages/posts/one/index.html" in outcome.touched - outcome.published.written


def test_a_rollback_keeps_its_claim_until_the_edge_was_told(site: Authored) -> None:
    with mock_aws():
        cloud = Cloud(Endpoint("us-east-1", access_key="test", secret_key="test"))
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="bucket")
        s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
        objects, edge = cloud.objects("bucket"), KeepingEdge(MemoryBucket(), broken=1)

        def publish(target: Target) -> None:
            Deploy(site.look(), target, Options(force=True), Clock(now=lambda: site.now)).run()

        publish(Target(objects))
        site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended."))
        publish(Target(objects))
        back = Rollback(Target(objects, edge=edge), objects, wait=False)
        with pytest.raises(Unavailable):
            back.run(1)
        assert [claim.keys for claim in read_claims(objects)[0].values()] == [
            ("pages/posts/one/index.html",)
        ]
        publish(Target(objects, edge=edge))
        assert edge.told == [["/posts/one/", "/posts/one/index.html"]]


def test_nothing_to_do_is_nothing_to_forget(site: Authored) -> None:
    edge = published(site)
    through(edge, site).run()
    told = len(edge.told)
    through(edge, site).run()
    assert len(edge.told) == told


class Watching(Steps):
    """Notes what the edge had been told when the pages were said to be live."""

    def __init__(self, edge: KeepingEdge) -> None:
        self.edge = edge
        self.told_at: list[int] = []

    def live(self, outcome: Outcome) -> None:
        assert outcome.page_after is not None
        self.told_at.append(len(self.edge.told))


def test_nobody_waits_for_the_edge_to_hear_that_pages_are_up(site: Authored) -> None:
    edge = KeepingEdge(MemoryBucket())
    deploy = through(edge, site)
    deploy.steps = steps = Watching(edge)
    deploy.run()
    assert (steps.told_at, len(edge.told)) == ([0], 1)
