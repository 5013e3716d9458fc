r"""A site's life on Amazon's cloud: made, published, pushed to, scheduled, rolled back, destroyed.

    SULA_LIVE=1 SULA_CLOUD=eu-central-1 \
        python -m pytest -o addopts=--import-mode=importlib tests/live

**Nobody has run this on Amazon's cloud yet.** It is written from the documentation of the services,
for the first person with an account (`make env-aws` first). It makes a stack of its own, costs a
few cents, takes about half an hour (most of it CloudFront's), and removes everything, the bucket
included. If it stops in between: ``sula --cloud REGION --stack sula-live-NNNN destroy --bucket``.

Without SULA_LIVE the same steps are taken on the local cloud, so that they at least are steps
that this Sula can take.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import feedparser
import pytest
from tests.authored import Authored, Post
from tests.cloud.site import Site

from sula.cloud.aws import Cloud, Endpoint
from sula.local.cloud import LocalCloud
from sula.site.theme import shipped_theme

REAL = os.environ.get("SULA_LIVE") == "1"
REGION = os.environ.get("SULA_CLOUD", "eu-central-1")
# How long before its minute a post is written, how often one looks, and how patient one is.
AHEAD, PAUSE, PATIENCE = (150, 5.0, 900) if REAL else (4, 0.1, 30)

pytestmark = [
    pytest.mark.cloud,
    pytest.mark.timeout(3600 if REAL else 300),
    pytest.mark.xdist_group("live"),
]


class Live:
    """A stack, and an author who knows it by its address and the command line alone."""

    def __init__(self, authored: Authored, stack: str, cloud: str) -> None:
        self.stack, self.cloud = stack, cloud
        self.authored = authored
        self.address = ""

    def sula(self, *words: str) -> str:
        """A command, as it is typed. Fails with all that it said."""
        command = [sys.executable, "-m", "sula", "--cloud", self.cloud, "--stack", self.stack]
        done = subprocess.run(
            [*command, *words], cwd=self.authored.root, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def find(self) -> None:
        """Learn the address of the stack as it is now."""
        self.address = self.status()["stack"]["address"]

    def get(self, path: str) -> tuple[int, bytes]:
        status, _, body = self.ask(path)
        return status, body

    def ask(self, path: str, **headers: str) -> tuple[int, Message, bytes]:
        """One request, redirects not followed."""
        request = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def titles(self) -> list[str]:
        return [entry.title for entry in feedparser.parse(self.get("/feed.xml")[1]).entries]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.sula("status", "--json"))
        return found


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: where an answer leads is part of the answer."""

    def redirect_request(self, *_: object) -> None:
        return None


class LiveHere(Live):
    """The same on the local cloud: `sula up` would have made the stack, and say where it is."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.authored, site.name, "local")
        self.site = site

    def find(self) -> None:
        self.site.remade()
        self.address = self.site.proxy.url


@contextmanager
def somewhere(folder: Path) -> Iterator[Live]:
    if not REAL:
        with LocalCloud() as local, Site.made(local, folder) as site:
            yield LiveHere(site)
        return
    authored = Authored(folder / "site")
    authored.settings["THEME"] = str(shipped_theme())
    authored.save_settings()
    live = Live(authored, f"sula-live-{secrets.token_hex(2)}", REGION)
    try:
        yield live
    finally:
        live.sula("destroy", "--bucket", "--yes")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with somewhere(tmp_path_factory.mktemp("live")) as site:
        site.authored.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
        site.sula("deploy", "--create", "--yes")
        site.find()
        yield site


def until(look: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, f"nothing within {PATIENCE} s"
        time.sleep(PAUSE)


def test_created_and_published(live: Live) -> None:
    until(lambda: live.get("/posts/one/")[0] == 200)
    until(lambda: "One" in live.titles())
    status, body = live.get("/state/record.json.gz")
    assert status == 404
    assert b"One" not in body
    assert live.status()["stack"]["current"]


def test_the_root_is_the_list(live: Live) -> None:
    """Which of its two behaviours CloudFront takes for "/" no emulator can say."""
    for path in ("/", "/index.html"):
        status, body = live.get(path)
        assert status == 200
        assert b"One" in body


def test_a_push_is_in_the_feed(live: Live) -> None:
    live.authored.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
    live.sula("deploy")
    until(lambda: "Two" in live.titles())


@pytest.mark.parametrize("path", ["/feed.xml", "/atom.xml", "/feed.json"])
def test_a_feed_that_is_known_is_not_sent_again(live: Live, path: str) -> None:
    status, headers, body = live.ask(path)
    assert (status, bool(body)) == (200, True)
    for known in (
        {"If-None-Match": headers["ETag"]},
        {"If-Modified-Since": headers["Last-Modified"]},
    ):
        assert live.ask(path, **known)[0] == 304, known


def test_an_old_address_leads_on(live: Live) -> None:
    live.authored.put("redirects.txt", "/old/ /posts/one/\n/gone/ 410\n")
    live.sula("deploy")
    until(lambda: live.get("/gone/")[0] == 410)
    status, headers, _ = live.ask("/old/")
    assert (status, headers["Location"]) == (301, "/posts/one/")


def test_a_scheduled_post_comes_at_its_minute(live: Live) -> None:
    # To the second, as a post says it.
    moment = datetime.fromtimestamp(time.time() + AHEAD, UTC).replace(microsecond=0)
    when = moment.strftime("%Y-%m-%d %H:%M:%S")
    live.authored.save(Post("posts/soon.md", "Soon", when))
    live.sula("deploy")
    assert live.get("/posts/soon/")[0] == 404 or datetime.now(UTC) >= moment
    until(lambda: live.get("/posts/soon/")[0] == 200)
    assert datetime.now(UTC) >= moment
    until(lambda: "Soon" in live.titles())


def test_rolled_back_and_forward(live: Live) -> None:
    live.authored.save(Post("posts/one.md", "Uno", "2026-01-01 09:00"))
    live.sula("deploy")
    until(lambda: "Uno" in live.titles())
    live.sula("rollback")
    until(lambda: "One" in live.titles())
    live.sula("rollback")
    until(lambda: "Uno" in live.titles())


@pytest.mark.skipif(not REAL, reason="only CloudFront knows its measure")
def test_the_edge_function_is_far_from_the_time_it_may_take(live: Live) -> None:
    edge = Cloud(Endpoint(REGION)).client("cloudfront")
    name = f"{live.stack}-{REGION}"
    etag = edge.describe_function(Name=name, Stage="LIVE")["ETag"]
    cases = sorted((Path(__file__).parents[1] / "edge").glob("*.json"))
    assert cases
    for case in cases:
        event = json.dumps(json.loads(case.read_text("utf-8"))["event"]).encode()
        result = edge.test_function(Name=name, IfMatch=etag, Stage="LIVE", EventObject=event)
        # Per cent of what is allowed.
        assert int(result["TestResult"]["ComputeUtilization"]) < 50, case.name


def test_a_second_deploy_does_nothing_and_the_doctor_is_content(live: Live) -> None:
    assert "Nothing" in live.sula("deploy")
    assert "wrong" not in live.sula("doctor")


def test_destroyed_and_made_again_over_the_bucket(live: Live) -> None:
    live.sula("deploy")
    titles = set(live.titles())
    live.sula("destroy", "--yes")
    live.sula("deploy", "--create", "--yes")
    live.find()
    until(lambda: live.get("/posts/one/")[0] == 200)
    until(lambda: set(live.titles()) == titles)
