"""From a plan's actions to objects: order, headers, patience; and the claims beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.bucket import Crash, MemoryBucket

from sula.errors import CloudError, Unavailable
from sula.planning.actions import Action, Stage
from sula.publishing.claims import CLAIMS_KEY, LIFETIME, Clock, claim, read_claims, withdraw
from sula.publishing.publish import OverdueError, Publisher, stored_of


@dataclass
class StillClock:
    """A clock that moves only by sleeping."""

    at: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(now=lambda: self.at, sleep=self._sleep, jitter=lambda: 0.5)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


ACTIONS = [
    Action(Stage.REMOVALS, "pages/old/index.html", "delete", "removed", "posts/old.md"),
    Action(Stage.PAGES, "pages/b/index.html", "update", "edited", "posts/b.md"),
    Action(Stage.PAGES, "pages/a/index.html", "create", "new", "posts/a.md"),
    Action(Stage.FILES, "pages/a.png", "create", "new", "a.png"),
    Action(Stage.ASSETS, "pages/theme/x.0123456789.css", "create", "new", "theme/x.css"),
    Action(Stage.REMOVALS, "pages/theme/y.0123456789.css", "retire", "unused"),
]


def body(action: Action) -> bytes:
    return action.key.encode()


def publisher(bucket: MemoryBucket, time: StillClock | None = None, workers: int = 1) -> Publisher:
    time = time or StillClock()
    return Publisher(bucket, until=time.at + 60, clock=time.clock(), workers=workers)


def test_what_a_page_needs_is_there_before_it_and_nothing_goes_before_all_has_come() -> None:
    bucket = MemoryBucket()
    for key in ("pages/old/index.html", "pages/theme/y.0123456789.css"):
        bucket.put(key, b"old", content_type="t", cache_control="c")
    bucket.writes.clear()
    done = publisher(bucket).publish(ACTIONS, body)
    assert bucket.writes == [
        ("PUT", "pages/theme/x.0123456789.css"),
        ("PUT", "pages/a.png"),
        ("PUT", "pages/a/index.html"),
        ("PUT", "pages/b/index.html"),
        ("PUT", "pages/theme/y.0123456789.css"),
        ("DELETE", "pages/old/index.html"),
    ]
    assert bucket.tags["pages/theme/y.0123456789.css"] == {"obsolete": "yes"}
    assert bucket.objects["pages/theme/y.0123456789.css"].content_type == "t"
    page = bucket.objects["pages/a/index.html"]
    assert page.content_type == "text/html; charset=utf-8"
    assert page.cache_control.startswith("public, max-age=300")
    assert "immutable" in bucket.objects["pages/theme/x.0123456789.css"].cache_control
    assert done.written == set(done.stored)
    assert done.stored["pages/a.png"] == stored_of("pages/a.png", b"pages/a.png")


def test_many_workers_do_the_same() -> None:
    bucket = MemoryBucket()
    many = [Action(Stage.PAGES, f"pages/{n}.html", "create", "new", "") for n in range(200)]
    seen: list[Action] = []
    time = StillClock()
    crew = Publisher(bucket, until=2000, clock=time.clock(), workers=8, progress=seen.append)
    assert len(crew.publish(many, body).written) == len(seen) == 200
    assert sorted(bucket.objects) == sorted(action.key for action in many)


def test_the_same_bytes_under_the_same_headers_are_not_written_again() -> None:
    bucket = MemoryBucket()
    there = stored_of("pages/a.html", b"pages/a.html")
    for present, writes in ((there, 0), (there._replace(cache_control="x"), 1), (None, 1)):
        action = Action(Stage.PAGES, "pages/a.html", "update", "edited", "", present)
        done = publisher(bucket).publish([action], body)
        assert len(done.written) == writes, present
        assert done.stored == {"pages/a.html": there}


class Flaky(MemoryBucket):
    """Fails each request so many times first."""

    failures = 0

    def _write(self, *said: object) -> None:
        if self.failures:
            type(self).failures -= 1
            raise Unavailable("not now")
        super()._write(*said)  # type: ignore[arg-type]


@pytest.mark.parametrize(("failures", "succeeds"), [(0, True), (4, True), (5, False)])
def test_what_passes_is_waited_out(failures: int, succeeds: bool) -> None:  # noqa: FBT001
    bucket, time = Flaky(), StillClock()
    Flaky.failures = failures
    action = Action(Stage.PAGES, "pages/a.html", "create", "new", "")
    if succeeds:
        publisher(bucket, time).publish([action], body)
        assert "pages/a.html" in bucket.objects
    else:
        with pytest.raises(Unavailable):
            publisher(bucket, time).publish([action], body)
    assert time.slept == sorted(time.slept)


def test_nothing_is_written_after_the_claim_has_ended() -> None:
    bucket, time = MemoryBucket(), StillClock()
    late = publisher(bucket, time)
    time.at += 60
    with pytest.raises(OverdueError, match="run it again"):
        late.publish(ACTIONS, body)
    assert bucket.writes == []


# --- claims -------------------------------------------------------------------------------


def test_a_claim_is_seen_until_it_is_withdrawn() -> None:
    bucket, clock = MemoryBucket(), StillClock().clock()
    mine, others = claim(bucket, "me", ["b", "a"], clock)
    assert (mine.keys, mine.until, others) == (("a", "b"), 1000 + LIFETIME, {})
    again, others = claim(bucket, "me", ["c"], clock)
    assert (again.keys, others) == (("a", "b", "c"), {})
    _, others = claim(bucket, "you", ["z"], clock)
    assert list(others) == ["me"]
    withdraw(bucket, ["me"], clock)
    assert list(read_claims(bucket)[0]) == ["you"]


@pytest.mark.parametrize("earlier", [[], ["earlier"]])
def test_claims_made_at_once_are_both_kept(earlier: list[str]) -> None:
    bucket, clock = MemoryBucket(), StillClock().clock()
    for deploy in earlier:
        claim(bucket, deploy, ["x"], clock)

    def interrupt(_verb: str, _key: str) -> None:
        bucket.before_write = None
        claim(bucket, "faster", ["x"], clock)

    bucket.before_write = interrupt
    _, others = claim(bucket, "slower", ["y"], clock)
    assert set(others) == {"faster", *earlier}
    assert set(read_claims(bucket)[0]) == {"faster", "slower", *earlier}


def test_a_claim_whose_answer_was_lost_is_made_once() -> None:
    bucket, clock = MemoryBucket(), StillClock().clock()
    bucket.lost = 0
    claim(bucket, "me", ["a"], clock)
    assert [key for _, key in bucket.writes] == [CLAIMS_KEY]


def test_a_claim_survives_its_deploy() -> None:
    bucket, clock = MemoryBucket(), StillClock().clock()
    bucket.arm(0, after=True)
    with pytest.raises(Crash):
        claim(bucket, "dead", ["a"], clock)
    bucket.arm(None)
    assert claim(bucket, "next", ["b"], clock)[1]["dead"].keys == ("a",)


def test_damaged_claims_are_said_with_the_remedy() -> None:
    bucket = MemoryBucket()
    bucket.put(CLAIMS_KEY, b"[", content_type="", cache_control="")
    with pytest.raises(CloudError, match="remove it and run `sula deploy --verify`"):
        read_claims(bucket)
