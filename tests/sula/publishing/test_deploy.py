"""A deploy, over a bucket in memory and a small real site rendered by Pelican."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.authored import Authored, Post, clean_build, deploying, record_in
from tests.bucket import Crash, MemoryBucket

from edgefeed.contract import RECORD_KEY
from sula.cloud.target import LateError, Target
from sula.errors import ContentError, FunctionFailed
from sula.planning.record import RecordUnreadableError
from sula.publishing.claims import CLAIMS_KEY, Clock, read_claims
from sula.publishing.deploy import Deploy, Options
from sula.publishing.wait import wait_for_feeds


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00", "See [one](one.md)."))
    site.put("content/images/a.svg", "<svg/>")
    return site


def kinds(bucket: MemoryBucket) -> list[str]:
    return [key.rpartition("/")[0] or key for _, key in bucket.writes]


def test_a_second_deploy_reads_two_objects_and_writes_none(site: Authored) -> None:
    bucket = MemoryBucket()
    first = site.deploy(bucket)
    assert first.changed
    assert first.revision == 1
    bucket.writes.clear()
    bucket.reads.clear()
    second = site.deploy(bucket)
    assert not second.changed
    assert bucket.writes == []
    assert sorted(bucket.reads) == [CLAIMS_KEY, RECORD_KEY]


def test_an_edit_claims_uploads_records_and_withdraws(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    bucket.writes.clear()
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended."))
    site.deploy(bucket)
    page = "pages/posts/one/index.html"
    assert [key for _, key in bucket.writes] == [CLAIMS_KEY, page, RECORD_KEY, CLAIMS_KEY]
    assert read_claims(bucket)[0] == {}
    assert record_in(bucket).revision == 2


def test_a_file_that_goes_meanwhile_is_named(site: Authored) -> None:
    checkout = site.look()
    (site.root / "content/images/a.svg").unlink()
    with pytest.raises(ContentError, match=r"content/images/a\.svg:1: cannot be read any more"):
        Deploy(checkout, Target(MemoryBucket())).run()


def test_content_that_does_not_build_uploads_nothing_and_tells_everything(site: Authored) -> None:
    bucket = MemoryBucket()
    site.save(Post("posts/bad.md", "Bad", "someday"))
    site.put("content/posts/worse.md", "---\ntitle: [\n---\n")
    site.put("content/posts/broken.md", Post("", body="A [link](gone.md).").text())
    with pytest.raises(ContentError) as caught:
        site.deploy(bucket)
    told = {(f.path, f.line) for f in caught.value.findings}
    assert {path for path, _ in told} == {
        "content/posts/bad.md", "content/posts/worse.md", "content/posts/broken.md",
    }  # fmt: skip
    assert ("content/posts/broken.md", 6) in told
    assert bucket.writes == []


def test_a_link_to_what_cannot_be_read_is_not_called_broken(site: Authored) -> None:
    site.save(Post("posts/one.md", "One", "someday"))
    with pytest.raises(ContentError) as caught:
        site.deploy(MemoryBucket())
    assert {finding.path for finding in caught.value.findings} == {"content/posts/one.md"}


def test_wherever_a_deploy_dies_the_next_one_finishes_it(site: Authored) -> None:
    for after in (False, True):
        for at in range(30):
            bucket = MemoryBucket()
            site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "First."))
            site.deploy(bucket)
            site.save(Post("posts/one.md", "Uno", "2026-01-01 09:00", "Second."))
            site.put("content/images/a.svg", f"<svg id='{at}{after}'/>")
            bucket.arm(at, after=after)
            try:
                site.deploy(bucket)
            except Crash:
                pass
            else:
                break
            finally:
                bucket.arm(None)
            # The next one even has other content: what the dead one did must be undone.
            site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "First."))
            site.deploy(bucket)
            assert bucket.public() == clean_build(site, record_in(bucket)).public(), (at, after)
        assert at > 4


def test_of_two_deploys_at_once_one_wins_and_the_other_plans_again(
    site: Authored, tmp_path: Path
) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    other = site.copy(tmp_path / "other")
    other.save(Post("posts/three.md", "Three", "2026-01-03 09:00"))
    site.save(Post("posts/two.md", "Zwei", "2026-01-02 09:00"))

    def interrupt(_verb: str, key: str) -> None:
        if key == RECORD_KEY:
            bucket.before_write = None
            assert other.deploy(bucket).attempts == 1

    bucket.before_write = interrupt
    outcome = site.deploy(bucket)
    assert outcome.attempts == 2
    assert bucket.public() == clean_build(site, record_in(bucket)).public()
    assert "pages/posts/three/index.html" not in bucket.objects


def test_the_claim_of_a_deploy_long_dead_is_dropped(site: Authored) -> None:
    bucket = MemoryBucket()
    bucket.arm(3)
    with pytest.raises(Crash):
        site.deploy(bucket)
    bucket.arm(None)
    site.deploy(bucket)
    assert len(read_claims(bucket)[0]) == 1  # it may still live
    site.now += 4000
    site.deploy(bucket)
    assert read_claims(bucket)[0] == {}


def test_a_damaged_record_stops_a_deploy_and_full_writes_it_anew(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    bucket.put(RECORD_KEY, b"damaged", content_type="", cache_control="")
    bucket.put("pages/stray.html", b"?", content_type="", cache_control="")
    with pytest.raises(RecordUnreadableError, match="--full"):
        site.deploy(bucket)
    site.deploy(bucket, full=True)
    assert bucket.public() == clean_build(site, record_in(bucket)).public()
    assert not site.deploy(bucket).changed


def test_a_site_without_a_page_for_lost_readers_gets_a_plain_one(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    assert b"A notebook" in bucket.objects["pages/404.html"].body
    site.put("content/pages/404.md", "---\ntitle: Lost\n---\n\nSorry.\n")
    site.deploy(bucket)
    assert b"Sorry." in bucket.objects["pages/404.html"].body


def test_a_file_saved_while_it_is_published_is_looked_at_again(site: Authored) -> None:
    bucket = MemoryBucket()
    deploy = deploying(site, bucket)
    site.put("content/images/a.svg", "<svg>later</svg>")
    path = site.root / "content/images/a.svg"
    deploy.checkout = type(deploy.checkout)(**{
        **{name: getattr(deploy.checkout, name) for name in deploy.checkout.__dataclass_fields__},
        "since": path.stat().st_mtime,
    })  # fmt: skip
    deploy.run()
    (row,) = (file for file in record_in(bucket).files if file.path == "images/a.svg")
    assert row.blob == "?"
    site.deploy(bucket)
    assert bucket.public() == clean_build(site, record_in(bucket)).public()


def test_renames_are_followed_by_contents(site: Authored) -> None:
    bucket = MemoryBucket()
    site.deploy(bucket)
    before = {
        row.path: row.identify(record_in(bucket).site_id) for row in record_in(bucket).sources
    }
    site.rename("posts/one.md", "posts/uno.md")
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
    outcome = site.deploy(bucket)
    assert outcome.plan.renamed == {"posts/uno.md": "posts/one.md"}
    page = bucket.objects["pages/posts/uno/index.html"].body.decode()
    assert before["posts/one.md"] in page


# --- the function ---------------------------------------------------------------------------


class FakeFunction:
    """Answers as prepared, and keeps what it was given."""

    def __init__(self, bucket: MemoryBucket, answers: list[dict[str, Any]] | None = None) -> None:
        self.bucket = bucket
        self.answers = answers or []
        self.codes: list[bytes] = []
        self.heard: list[Mapping[str, Any]] = []
        self.seen_at_update: list[str] = []

    def update_code(self, code: bytes, description: str = "") -> bool:
        assert description.startswith("revision ")
        self.codes.append(code)
        self.seen_at_update = sorted(self.bucket.objects)
        return True

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        self.heard.append(payload)
        if payload.get("status") and self.answers:
            return self.answers.pop(0)
        return {"pending": [], "owed": 0, "current": True}

    def site_json(self) -> dict[str, Any]:
        with zipfile.ZipFile(io.BytesIO(self.codes[-1])) as archive:
            found: dict[str, Any] = json.loads(archive.read("site.json"))
            return found


def with_function(site: Authored, bucket: MemoryBucket, function: FakeFunction) -> Deploy:
    deploy = deploying(site, bucket)
    deploy.target = Target(bucket, function)
    return deploy


def test_the_function_is_updated_when_lists_would_look_different_and_only_then(
    site: Authored,
) -> None:
    bucket = MemoryBucket()
    function = FakeFunction(bucket)
    assert with_function(site, bucket, function).run().function_updated
    # The lists may name the theme's assets from now on: they were there; pages come after.
    assert any(key.startswith("pages/theme/style.") for key in function.seen_at_update)
    assert not any(key.startswith("pages/posts/") for key in function.seen_at_update)
    first = function.site_json()
    assert first["revision"] == 1
    assert function.heard[0] == {"refresh": True}
    assert [key for payload in function.heard[1:] for key in payload["keys"]] == [
        "pages/404.html", "pages/posts/one/index.html", "pages/posts/two/index.html",
    ]  # fmt: skip

    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", "Mended."))
    assert not with_function(site, bucket, function).run().function_updated
    assert len(function.codes) == 1

    site.settings["SITENAME"] = "Another name"
    site.save_settings()
    assert with_function(site, bucket, function).run().function_updated
    second = function.site_json()
    assert second["revision"] == 3
    assert second["renderer"] != first["renderer"]
    assert not with_function(site, bucket, function).run().changed

    site.remove("posts/two.md")  # a deploy waits until the lists have forgotten it
    gone = "pages/posts/two/index.html"
    assert with_function(site, bucket, function).run().published.removed == {gone}
    assert gone in function.heard[-1]["keys"]


def test_wherever_a_deploy_dies_the_next_one_has_its_own_function(site: Authored) -> None:
    name = site.settings["SITENAME"]
    for after in (False, True):
        for at in range(30):
            bucket = MemoryBucket()
            function = FakeFunction(bucket)
            with_function(site, bucket, function).run()
            site.settings["SITENAME"] = "Another name"
            site.save_settings()
            bucket.arm(at, after=after)
            try:
                with_function(site, bucket, function).run()
            except Crash:
                pass
            else:
                break
            finally:
                bucket.arm(None)
                site.settings["SITENAME"] = name
                site.save_settings()
            with_function(site, bucket, function).run()
            assert function.site_json()["title"] == name, (at, after)
        assert at > 2


def test_a_function_whose_settings_do_not_run_yet_is_published_anew(site: Authored) -> None:
    bucket = MemoryBucket()
    function = FakeFunction(bucket)
    with_function(site, bucket, function).run()
    again = with_function(site, bucket, function)
    again.options = Options(renew=True)
    assert again.run().function_updated
    # No later bundle is of the same revision as this one.
    assert function.site_json()["revision"] == record_in(bucket).revision == 2


def test_a_deploy_waits_for_every_page_and_for_all_that_is_owed() -> None:
    bucket = MemoryBucket()
    keys = [f"pages/{n}.html" for n in range(600)]
    function = FakeFunction(
        bucket,
        [
            {"pending": keys[:20], "owed": 0, "current": True},
            {"pending": keys[5:20], "owed": 2, "current": True},
            {"pending": [], "owed": 2, "current": True},
            {"pending": [keys[300]], "owed": 0, "current": True},
        ],
    )
    waited: list[float] = []
    wait_for_feeds(Target(bucket, function), keys, refresh=False, patience=60, pause=waited.append)
    assert len(waited) == 1
    asked = [payload["keys"] for payload in function.heard]
    assert {key for some in asked for key in some} == set(keys)
    assert all(len(some) <= 520 for some in asked)


class FakeQueue:
    def depth(self) -> Any:
        return type("Depth", (), {"waiting": 3})

    def peek(self, limit: int = 10) -> list[Any]:
        raise AssertionError(limit)

    def move_to(self, url: str) -> int:
        raise AssertionError(url)


def test_feeds_that_stay_behind_are_said_with_what_is_in_the_dead_letter_queue() -> None:
    function = FakeFunction(MemoryBucket(), [{"pending": ["a"], "owed": 0, "current": True}] * 99)
    times = iter(range(100))
    target = Target(MemoryBucket(), function, dead_letters=FakeQueue())
    with pytest.raises(LateError, match=r"1 changed pages.*3 messages.*sula status"):
        wait_for_feeds(
            target, ["a"], refresh=False, patience=5,
            pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip


def test_patience_is_with_what_does_not_move() -> None:
    behind = [{"pending": ["a"], "owed": owed, "current": True} for owed in range(40, 0, -4)]
    function = FakeFunction(MemoryBucket(), [*behind, {"pending": [], "owed": 0, "current": True}])
    times = itertools.count()
    wait_for_feeds(
        Target(MemoryBucket(), function), ["a"], refresh=False, patience=5,
        pause=lambda _: None, now=lambda: next(times),
    )  # fmt: skip
    assert len(function.heard) == 11


def test_debts_that_come_and_go_are_no_progress() -> None:
    behind = [{"pending": ["a"], "owed": owed, "current": True} for owed in [2, 9] * 99]
    times = itertools.count()
    with pytest.raises(LateError, match="for 5 s nothing has moved"):
        wait_for_feeds(
            Target(MemoryBucket(), FakeFunction(MemoryBucket(), behind)), ["a"], refresh=False,
            patience=5, pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip


class FailingFunction(FakeFunction):
    """Fails at its first so many calls, as when a run dies."""

    def __init__(self, failures: int) -> None:
        super().__init__(MemoryBucket())
        self.failures = failures

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        if self.failures:
            self.failures -= 1
            raise FunctionFailed("function sula-edgefeed failed: out of memory")
        return super().invoke(payload)


def test_a_run_that_died_does_not_end_the_waiting() -> None:
    function = FailingFunction(2)
    waited: list[float] = []
    target = Target(MemoryBucket(), function)
    wait_for_feeds(target, ["a"], refresh=True, patience=60, pause=waited.append)
    assert [*function.heard] == [{"refresh": True}, {"status": True, "keys": ["a"]}]
    assert len(waited) == 2


def test_a_function_that_always_fails_is_said_to() -> None:
    times = iter(range(100))
    with pytest.raises(LateError, match="failed: out of memory, and for 5 s nothing has moved"):
        wait_for_feeds(
            Target(MemoryBucket(), FailingFunction(99)), ["a"], refresh=False, patience=5,
            pause=lambda _: None, now=lambda: next(times),
        )  # fmt: skip


def test_options_and_clock_have_sensible_defaults() -> None:
    assert Options().wait
    assert not Options().force
    assert Clock().now() > 1_700_000_000
