"""A deploy, over a bucket in memory and a small real site rendered by Pelican."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.authored import Authored, Post, clean_build, deploying, record_in
from tests.bucket import Crash, MemoryBucket
from tests.sula.fake_function import FakeFunction

from edgefeed.contract import RECORD_KEY
from sula.cloud.target import Target
from sula.errors import ContentError
from sula.planning.record import RecordUnreadableError
from sula.publishing.claims import CLAIMS_KEY, Clock, read_claims
from sula.publishing.deploy import Deploy, Options


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


def test_options_and_clock_have_sensible_defaults() -> None:
    assert Options().wait
    assert not Options().force
    assert Clock().now() > 1_700_000_000
