"""A site's life on the local cloud: made, scheduled, redirected, failed, rolled back, remade.

One stack and one small site for the whole module. Each test takes the site as it finds it, because
two processes may share the module between them.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs
from tests.authored import Post
from tests.cloud.site import Site

from edgefeed.contract import INDEX_KEY
from edgefeed.index import Debt, decode, encode
from sula.cloud import stack
from sula.cloud.doctor import examine
from sula.cloud.services import CloudFormation
from sula.errors import CloudError, ConfigError, StackError
from sula.local.cloud import LocalCloud

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("operations")]


@pytest.fixture(scope="module")
def site(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site.made(local_cloud, tmp_path_factory.mktemp("site")) as site:
        site.authored.save(Post("posts/one.md", "One", "2026-01-01 09:00", "The first."))
        site.authored.save(Post("posts/two.md", "Two", "2026-01-02 09:00", "The second."))
        site.authored.put("redirects.txt", "/for-now/ https://elsewhere.example/ 302\n/gone/ 410\n")
        site.deploy()
        yield site


def until(look: Callable[[], Any], seconds: float = 30.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    pytest.fail(f"nothing within {seconds:.0f} s")


# --- posts that wait ----------------------------------------------------------------------


def test_a_scheduled_post_is_released_at_its_moment_without_a_deploy(site: Site) -> None:
    moment = datetime.fromtimestamp(int(time.time()) + 4, UTC)
    when = moment.strftime("%Y-%m-%d %H:%M:%S")
    site.authored.save(
        Post("posts/soon.md", "Soon", when, "Worth waiting for.", {"tags": ["patience"]})
    )
    site.authored.save(Post("posts/never.md", "Never", "2099-01-01 09:00"))
    outcome = site.deploy()
    assert [a.output for a in outcome.plan.appointments] == [
        "posts/never/index.html", "posts/soon/index.html",
    ]  # fmt: skip
    assert site.get("/posts/soon/")[0] == 404 or datetime.now(UTC) >= moment
    assert site.get("/posts/never/")[0] == 404
    for name in ("soon", "never"):
        assert site.get(f"/state/scheduled/posts/{name}/index.html")[0] == 404
    said = site.run("status").output
    assert "Waits: /posts/never/ until" in said
    assert "Waits: /posts/soon/ until" in said or datetime.now(UTC) >= moment

    until(lambda: site.get("/posts/soon/")[0] == 200)
    status, headers, body = site.get("/posts/soon/")
    assert datetime.now(UTC) >= moment
    assert b"Worth waiting for." in body
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=300, s-maxage=31536000"
    until(lambda: "Soon" in site.titles("/feed.xml"))
    assert site.titles("/tags/patience/feed.xml") == ["Soon"]
    assert status == 200

    # The next deploy writes nothing to it, and tells its neighbour.
    again = site.deploy()
    assert "pages/posts/soon/index.html" not in again.published.written
    assert b"/posts/soon/" in site.get("/posts/two/")[2]
    (left,) = site.schedules()
    assert "never" in left


def test_a_scheduled_post_is_redated_edited_and_withdrawn(site: Site) -> None:
    stored = "state/scheduled/posts/never/index.html"
    site.authored.save(Post("posts/never.md", "Never", "2099-01-01 09:00"))
    site.deploy()
    (name,) = site.schedules()
    expression = site.schedule(name)["ScheduleExpression"]
    assert expression == "at(2099-01-01T09:00:00)"
    site.authored.save(Post("posts/never.md", "Never", "2098-07-01 09:00", "Edited."))
    site.deploy()
    assert site.schedule(name)["ScheduleExpression"] == "at(2098-07-01T09:00:00)"
    assert b"Edited." in site.body(stored)
    site.authored.remove("posts/never.md")
    site.deploy()
    assert site.schedules() == []
    assert site.objects.head(stored) is None


def test_a_release_that_comes_late_or_twice_changes_nothing(site: Site) -> None:
    before = site.get("/posts/one/")[2]
    site.objects.put(
        "state/scheduled/posts/one/index.html", b"old", content_type="text/html", cache_control="x"
    )
    release = site.release({"page": "posts/one/index.html"})
    assert release == {
        "page": "posts/one/index.html", "released": False, "reason": "PreconditionFailed",
    }  # fmt: skip
    assert site.get("/posts/one/")[2] == before
    assert site.release({"page": "posts/nothing/index.html"})["released"] is False
    site.objects.delete(["state/scheduled/posts/one/index.html"])


# --- redirects ------------------------------------------------------------------------------


def test_old_addresses_lead_to_new_ones(site: Site) -> None:
    assert site.moved("/for-now/") == (302, "https://elsewhere.example/")
    assert site.get("/gone/")[0] == 410
    site.authored.save(
        Post("posts/one.md", "One", "2026-01-01 09:00", "The first.",
             {"slug": "uno", "redirect_from": ["/posts/one/", "/2009/é.html"]})
    )  # fmt: skip
    outcome = site.deploy()
    assert outcome.plan.redirects == {
        "/posts/one": "301 /posts/uno/", "/2009/é.html": "301 /posts/uno/",
    }  # fmt: skip
    for old in ("/posts/one/", "/posts/one", "/posts/one/index.html", "/2009/%C3%A9.html"):
        assert site.moved(old) == (301, "/posts/uno/"), old
    # What is taken back is forgotten; a hand in the store is mended by --verify.
    site.authored.put("redirects.txt", "/gone/ 410\n")
    site.redirects.change({"/stray": "301 /x/"}, frozenset())
    site.deploy(verify=True)
    assert site.get("/for-now/")[0] == 404
    assert site.redirects.all().keys() == {"/gone", "/posts/one", "/2009/é.html"}


# --- a change that fails --------------------------------------------------------------------


def test_a_change_that_fails_is_named_and_rolled_back_and_the_site_served(site: Site) -> None:
    broken = (
        stack.load_template()
        .replace(
            "Resources:\n",
            "Resources:\n  Handle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n"
            "  Broken:\n    Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Distribution\n"
            "    Properties:\n      Handle: !Ref Handle\n      Timeout: 1\n",
            1,
        )
        .replace("IPV6Enabled: true", "IPV6Enabled: false", 1)
    )
    stacks = CloudFormation(site.local.cloud)
    wanted = stack.plan(stacks, site.name, broken, {})
    lines = [" ".join(line.split()) for line in stack.plan_lines(wanted)]
    assert "+ Broken new (AWS::CloudFormation::WaitCondition)" in lines
    said: list[str] = []
    with pytest.raises(StackError, match=r"Broken \(AWS::CloudFormation::WaitCondition\)"):
        stack.apply(stacks, wanted, progress=said.append)
    assert any("rollback" in line for line in said)
    state = stacks.describe(site.name)
    assert state is not None
    assert state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert site.get("/posts/two/")[0] == 200
    assert "Two" in site.titles("/feed.xml")


# --- rolled back ------------------------------------------------------------------------------


def test_two_deploys_back_and_forward_again(site: Site) -> None:
    site.authored.save(Post("posts/gone.md", "Gone", "2026-01-02 08:00"))
    site.deploy()
    before, titles = site.public(), set(site.titles("/feed.xml"))
    assert {"Two", "Gone"} <= titles
    site.authored.save(Post("posts/two.md", "Zwei", "2026-01-02 09:00", "Changed."))
    site.deploy()
    site.authored.save(Post("posts/three.md", "Three", "2026-01-03 09:00", "A mistake."))
    site.authored.remove("posts/gone.md")
    site.deploy()
    after = site.public()
    assert "Three" in site.titles("/feed.xml")

    said = site.run("rollback", "2").output
    assert "brought back" in said
    assert site.public() == before
    assert site.get("/posts/three/")[0] == 404
    assert set(site.titles("/feed.xml")) == titles

    assert "sula rollback" in site.run("rollback").output
    assert site.public() == after
    assert set(site.titles("/feed.xml")) == titles - {"Two", "Gone"} | {"Zwei", "Three"}

    # And the author's folder again, over a rollback.
    site.run("rollback", "3")
    assert site.deploy().changed
    assert site.public() == after
    with pytest.raises(CloudError, match="earlier deploys, not 99"):
        site.rollback(99)


# --- looked after ------------------------------------------------------------------------------


def test_status_tells_of_stack_deploys_alarms_and_dead_letters(site: Site) -> None:
    for number in range(5):
        site.authored.save(Post("posts/diary.md", "Diary", "2026-01-05 09:00", f"Day {number}."))
        site.deploy()
    said = json.loads(site.run("status", "--json").output)
    assert said["stack"]["status"] in {"CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
    assert said["stack"]["current"]
    assert len(said["stack"]["deploys"]) == 5
    assert {alarm["name"] for alarm in said["stack"]["alarms"]} == {
        "dead-letters", "errors", "age", "throttles", "release",
    }  # fmt: skip
    assert said["lists"]["current"]
    text = site.run("status").output
    assert "(sula rollback 1)" in text
    assert "Alarms: 5 alarms, none of them rings" in text

    event = {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": site.outputs.bucket},
                    "object": {"key": "pages/posts/two/index.html"},
                },
            }
        ]
    }
    site.send_dead(json.dumps(event))
    until(lambda: "pages/posts/two/index.html" in site.run("status", "--letters").output)
    assert "1 message in the dead-letter queue" in site.run("status").output
    time.sleep(2.1)  # what was read is out of sight for two seconds
    assert "1 message will be tried again" in site.run("status", "--redrive").output
    until(lambda: "dead-letter" not in site.run("status").output)


def test_what_waits_for_another_run_comes_again_within_seconds(site: Site) -> None:
    """A run claims to be alive, and is not: what it owes has to wait, and not for minutes."""
    key, until_ = "pages/posts/waits/index.html", time.time() + 3
    index = decode(site.body(INDEX_KEY))
    debts = {"another.1": Debt(until_, (key,), ("home",))}
    claimed = dataclasses.replace(index, header=structs.replace(index.header, debts=debts))
    site.objects.put(
        INDEX_KEY, encode(claimed), content_type="application/gzip", cache_control="no-store",
        metadata={},
    )  # fmt: skip
    site.authored.save(Post("posts/waits.md", "Waits", "2026-01-05 09:00"))
    # Before, the queue's time-out of six minutes had to pass, and the deploy gave up after two.
    site.deploy()
    assert "Waits" in site.titles("/feed.xml")
    assert time.time() > until_
    assert not decode(site.body(INDEX_KEY)).header.debts


def test_the_doctor_finds_what_is_well_and_what_is_not(site: Site) -> None:
    found = {check.what: check for check in examine(site.config, lambda _: set())}
    assert {"settings", "credentials", "region", "quota", "stack", "function"} <= found.keys()
    assert not [check for check in found.values() if check.state == "wrong"]
    asked = site.configured(Domain="blog.example", HostedZoneId="Z1")
    found = {check.what: check for check in examine(asked, lambda _: set())}
    assert found["DNS"].state == "wrong"
    assert "point it at" in found["DNS"].said
    asked = site.configured(Domian="blog.example")
    assert "is Domain meant?" in next(iter(c for c in examine(asked) if c.state == "wrong")).said
    assert site.run("doctor").exit_code == 0


# --- destroyed, and made again over what was kept -------------------------------------------


def test_destroyed_and_made_again_over_the_bucket_that_was_kept(site: Site) -> None:
    site.deploy()
    before, titles = site.public(), set(site.titles("/feed.xml"))
    refused = site.run("destroy", given="no\n")
    assert "nothing was removed" in str(refused.exception)
    assert "stays, with all that is in it" in refused.output
    said = site.run("destroy", given=f"{site.name}\n").output
    pages = [key for key in before if key.endswith("/index.html")]
    assert f"with {len(pages)} pages" in said
    assert CloudFormation(site.local.cloud).describe(site.name) is None
    assert site.public() == before

    # Whoever does not agree changes nothing, and neither does a machine that nobody watches.
    for given in ("n\n", None):
        refused = site.run("deploy", "--create", given=given)
        assert "of an earlier stack is there" in refused.output
        assert isinstance(refused.exception, ConfigError)
    assert CloudFormation(site.local.cloud).describe(site.name) is None
    halfway = site.run("deploy", "--create", given="y\nn\n")
    assert "+ Distribution" in halfway.output
    assert "to make" in halfway.output
    assert "nothing was changed in stack" in str(halfway.exception)
    assert site.public() == before

    said = site.run("deploy", "--create", given="y\n").output
    assert "Make these changes? [y/N]: y" in said
    site.remade()
    assert site.public() == before
    assert site.get("/posts/two/")[0] == 200
    assert set(site.titles("/feed.xml")) == titles
    # It is whole: a new post reaches the feed through the new queue and function.
    site.authored.save(Post("posts/four.md", "Four", "2026-01-04 09:00"))
    site.deploy()
    assert "Four" in site.titles("/feed.xml")
    assert "is as its template says" in site.run("deploy", "--create").output

    said = site.run("destroy", "--bucket", "--yes").output
    assert "Removed bucket" in said
    assert not site.objects.exists()
