"""Posts that wait for their minute: stored, scheduled, released, and mended by the next deploy."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.authored import NOW, Authored, Post, clean_build, record_in
from tests.bucket import Crash, MemoryBucket, MemorySchedules

from sula.planning.scheduled import moment
from sula.publishing.release import schedule_name
from sula.report import plan_lines

DAY = 86_400
PAGE = "pages/posts/later/index.html"
STORED = "state/scheduled/posts/later/index.html"


def date(seconds: float) -> str:
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def bucket() -> MemoryBucket:
    return MemoryBucket()


@pytest.fixture
def site(tmp_path: Path, bucket: MemoryBucket) -> Authored:
    site = Authored(tmp_path / "site")
    site.schedules = MemorySchedules(bucket)
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    site.save(Post("posts/later.md", "Later", date(DAY), "Soon."))
    return site


def schedules(site: Authored) -> MemorySchedules:
    assert site.schedules is not None
    return site.schedules


def pass_time(site: Authored, seconds: float, *, lost: bool = False) -> None:
    site.now += seconds
    schedules(site).pass_time(site.now, lost=lost)


def is_clean(site: Authored, bucket: MemoryBucket) -> bool:
    return bucket.public() == clean_build(site, record_in(bucket)).public()


def test_it_is_stored_out_of_reach_and_scheduled(site: Authored, bucket: MemoryBucket) -> None:
    outcome = site.deploy(bucket)
    assert [a.reason for a in outcome.plan.appointments] == ["new"]
    line = f"@ /posts/later/ for {moment(int(NOW + DAY))}Z  new  (posts/later.md)"
    assert line in plan_lines(outcome.plan)
    assert PAGE not in bucket.objects
    assert b"Soon." in bucket.objects[STORED].body
    assert bucket.objects[STORED].content_type == "text/html; charset=utf-8"
    ((at, payload),) = schedules(site).waiting.values()
    assert at == moment(int(NOW + DAY))
    assert payload == {"page": "posts/later/index.html"}
    bucket.writes.clear()
    assert not site.deploy(bucket).plan.appointments
    assert bucket.writes == []


def test_at_its_minute_it_is_public_without_a_deploy(site: Authored, bucket: MemoryBucket) -> None:
    site.deploy(bucket)
    pass_time(site, DAY)
    released = bucket.objects[PAGE].body
    assert b"One" in released  # it knows what comes before it
    outcome = site.deploy(bucket)
    # The same bytes are not uploaded again; its neighbour learns of it.
    assert bucket.objects[PAGE].body == released
    assert PAGE not in outcome.published.written
    assert "pages/posts/one/index.html" in outcome.published.written
    assert STORED not in bucket.objects
    assert is_clean(site, bucket)


def test_the_record_forgets_it_in_the_end(site: Authored, bucket: MemoryBucket) -> None:
    site.deploy(bucket)
    pass_time(site, DAY)
    site.deploy(bucket)
    assert record_in(bucket).waiting[0].gone
    site.now += 1000
    site.deploy(bucket)
    assert record_in(bucket).waiting == ()


def test_a_lost_schedule_is_made_good_by_the_next_deploy(
    site: Authored, bucket: MemoryBucket
) -> None:
    site.deploy(bucket)
    pass_time(site, DAY, lost=True)
    assert PAGE not in bucket.objects
    site.deploy(bucket)
    assert is_clean(site, bucket)
    assert b"Soon." in bucket.objects[PAGE].body


def test_firing_twice_or_late_never_overwrites(site: Authored, bucket: MemoryBucket) -> None:
    site.deploy(bucket)
    pass_time(site, DAY)
    site.save(Post("posts/later.md", "Later", date(DAY), "Mended."))
    schedules(site).fire_again()
    site.deploy(bucket)
    schedules(site).fire_again()
    assert b"Mended." in bucket.objects[PAGE].body
    site.remove("posts/later.md")
    site.deploy(bucket)
    schedules(site).fire_again()
    assert PAGE not in bucket.objects


def test_an_edit_is_what_is_released(site: Authored, bucket: MemoryBucket) -> None:
    site.deploy(bucket)
    site.save(Post("posts/later.md", "Later", date(DAY), "Better."))
    assert [a.reason for a in site.deploy(bucket).plan.appointments] == ["edited"]
    pass_time(site, DAY)
    assert b"Better." in bucket.objects[PAGE].body


@pytest.mark.parametrize("days", [0.5, 2.0])
def test_another_date_is_another_schedule(
    site: Authored, bucket: MemoryBucket, days: float
) -> None:
    site.deploy(bucket)
    site.save(Post("posts/later.md", "Later", date(DAY * days)))
    assert [a.reason for a in site.deploy(bucket).plan.appointments] == ["another date"]
    ((at, _),) = schedules(site).waiting.values()
    assert at == moment(int(NOW + DAY * days))
    pass_time(site, DAY * (days - 0.1))
    assert PAGE not in bucket.objects
    pass_time(site, DAY * 0.1)
    assert PAGE in bucket.objects


@pytest.mark.parametrize("how", ["draft", "deleted", "published"])
def test_what_waits_no_longer_is_withdrawn(site: Authored, bucket: MemoryBucket, how: str) -> None:
    site.deploy(bucket)
    if how == "deleted":
        site.remove("posts/later.md")
    else:
        more: dict[str, object] = {"draft": True} if how == "draft" else {}
        site.save(Post("posts/later.md", "Later", date(DAY if how == "draft" else -DAY), more=more))
    (withdrawn,) = site.deploy(bucket).plan.appointments
    assert (withdrawn.kind, withdrawn.instant) == ("withdraw", int(NOW + DAY))
    assert schedules(site).waiting == {}
    assert STORED not in bucket.objects
    pass_time(site, DAY * 2)
    assert (PAGE in bucket.objects) == (how == "published")


def test_a_release_that_was_withdrawn_too_late_is_undone(
    site: Authored, bucket: MemoryBucket
) -> None:
    """It fires between the deploy's look and its withdrawal: the next deploy takes it off."""
    site.deploy(bucket)
    site.remove("posts/later.md")
    site.now += DAY - 1

    def interrupt(_verb: str, key: str) -> None:
        if key == STORED:
            bucket.before_write = None
            bucket.release("posts/later/index.html")

    bucket.before_write = interrupt
    site.deploy(bucket)
    assert PAGE in bucket.objects
    site.now += 60
    site.deploy(bucket)
    assert PAGE not in bucket.objects
    assert is_clean(site, bucket)


def test_a_late_release_is_undone_however_many_deploys_were_in_between(
    site: Authored, bucket: MemoryBucket
) -> None:
    site.deploy(bucket)
    stored = bucket.objects[STORED]
    site.remove("posts/later.md")
    site.now += DAY
    for text in ("Mended.", "Mended again."):
        site.save(Post("posts/one.md", "One", "2026-01-01 09:00", text))
        site.now += 60
        site.deploy(bucket)
    bucket.objects[PAGE] = stored
    site.now += 60
    site.deploy(bucket)
    assert PAGE not in bucket.objects


def test_wherever_a_deploy_dies_the_next_one_keeps_or_withdraws(site: Authored) -> None:
    for after in (False, True):
        for at in range(8):
            bucket = MemoryBucket()
            site.schedules = MemorySchedules(bucket)
            bucket.arm(at, after=after)
            with contextlib.suppress(Crash):
                site.deploy(bucket)
            bucket.arm(None)
            text = (site.root / "content/posts/later.md").read_text()
            site.remove("posts/later.md")
            site.deploy(bucket)
            assert STORED not in bucket.objects, (at, after)
            site.put("content/posts/later.md", text)
            site.deploy(bucket)
            assert STORED in bucket.objects
            assert len(schedules(site).waiting) == 1


def test_what_a_dead_deploy_withdrew_waits_again(site: Authored) -> None:
    """The record still says that it waits, but nothing is stored for its minute."""
    for at in range(4):
        bucket = MemoryBucket()
        site.schedules = MemorySchedules(bucket)
        site.deploy(bucket)
        text = (site.root / "content/posts/later.md").read_text()
        site.remove("posts/later.md")
        bucket.arm(at, after=True)
        with contextlib.suppress(Crash):
            site.deploy(bucket)
        bucket.arm(None)
        site.put("content/posts/later.md", text)
        site.deploy(bucket)
        assert STORED in bucket.objects, at
        assert len(schedules(site).waiting) == 1, at


def test_verify_finds_a_lost_schedule_and_a_stray_page(
    site: Authored, bucket: MemoryBucket
) -> None:
    site.deploy(bucket)
    schedules(site).waiting.clear()
    bucket.put("state/scheduled/stray.html", b"?", content_type="", cache_control="")
    site.deploy(bucket, verify=True)
    assert len(schedules(site).waiting) == 1
    assert "state/scheduled/stray.html" not in bucket.objects


def test_of_two_that_wait_the_second_knows_the_first(site: Authored, bucket: MemoryBucket) -> None:
    site.save(Post("posts/last.md", "Last", date(2 * DAY), more={"series": "S"}))
    site.save(Post("posts/later.md", "Later", date(DAY), more={"series": "S"}))
    site.deploy(bucket)
    first = bucket.objects[STORED].body.decode()
    second = bucket.objects["state/scheduled/posts/last/index.html"].body.decode()
    assert "/posts/last/" not in first
    assert "/posts/later/" in second
    # The first one goes: the second is no longer as it should be at its moment.
    site.remove("posts/later.md")
    site.deploy(bucket)
    assert "/posts/later/" not in bucket.objects[
        "state/scheduled/posts/last/index.html"
    ].body.decode()  # fmt: skip


def test_the_time_zone_is_the_sites(site: Authored, bucket: MemoryBucket) -> None:
    site.settings["TIMEZONE"] = "Europe/Vienna"
    site.save_settings()
    site.save(Post("posts/later.md", "Later", "2027-07-01 09:00"))
    site.deploy(bucket)
    ((at, _),) = schedules(site).waiting.values()
    assert at == "2027-07-01T07:00:00"


@pytest.mark.parametrize(
    "output", ["posts/hello/index.html", "é/ü.html", "posts/" + "x" * 200 + "/index.html"]
)
def test_schedules_have_names_that_amazon_takes(output: str) -> None:
    name = schedule_name(output)
    assert 0 < len(name) <= 64
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name != schedule_name(output + "x")
