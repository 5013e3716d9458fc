r"""A site's life on Amazon's cloud: made, published, pushed to, scheduled, rolled back, destroyed.

    SULA_LIVE=1 SULA_CLOUD=eu-central-1 \
        python -m pytest -o addopts=--import-mode=importlib tests/live

**Nobody has run this yet.** It is written from the documentation of the services, for the first
person with an account. It makes a stack of its own, costs a few cents, takes about half an hour
(most of it CloudFront's), and removes everything, the bucket included. If it stops in between:
``sula --cloud REGION --stack sula-live-NNNN destroy --bucket``.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from tests.authored import Authored, Post

from sula.theme import shipped_theme

REGION = os.environ.get("SULA_CLOUD", "eu-central-1")

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("SULA_LIVE") != "1", reason="needs an AWS account and SULA_LIVE=1"
    ),
    pytest.mark.timeout(3600),
]


class Live:
    """A stack in a real account, and an author."""

    def __init__(self, folder: Path) -> None:
        self.stack = f"sula-live-{secrets.token_hex(2)}"
        self.authored = Authored(folder / "site")
        self.authored.settings["THEME"] = str(shipped_theme())
        self.authored.save_settings()
        self.address = ""

    def sula(self, *words: str) -> str:
        """A command, as it is typed. Fails with all that it said."""
        command = [sys.executable, "-m", "sula", "--cloud", REGION, "--stack", self.stack, *words]
        done = subprocess.run(
            command, cwd=self.authored.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def titles(self) -> list[str]:
        return [entry.title for entry in feedparser.parse(self.get("/feed.xml")[1]).entries]

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.sula("status", "--json"))
        return found


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    site = Live(tmp_path_factory.mktemp("live"))
    site.authored.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    try:
        site.sula("deploy", "--create")
        site.address = site.status()["stack"]["address"]
        yield site
    finally:
        site.sula("destroy", "--bucket", "--yes")


def until(look: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"nothing within {seconds:.0f} s"
        time.sleep(5)


def test_created_and_published(live: Live) -> None:
    until(lambda: live.get("/posts/one/")[0] == 200, 900)
    assert live.titles() == ["One"]
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
    until(lambda: "Two" in live.titles(), 120)


def test_an_old_address_leads_on(live: Live) -> None:
    live.authored.put("redirects.txt", "/old/ /posts/one/\n/gone/ 410\n")
    live.sula("deploy")
    until(lambda: live.get("/gone/")[0] == 410, 120)
    assert b"One" in live.get("/old/")[1]


def test_a_scheduled_post_comes_at_its_minute(live: Live) -> None:
    moment = datetime.fromtimestamp(time.time() + 150, UTC)
    when = moment.strftime("%Y-%m-%d %H:%M")
    live.authored.save(Post("posts/soon.md", "Soon", when))
    live.sula("deploy")
    assert live.get("/posts/soon/")[0] == 404
    until(lambda: live.get("/posts/soon/")[0] == 200, 300)
    until(lambda: "Soon" in live.titles(), 120)


def test_rolled_back_and_forward(live: Live) -> None:
    live.authored.save(Post("posts/one.md", "Uno", "2026-01-01 09:00"))
    live.sula("deploy")
    until(lambda: "Uno" in live.titles(), 120)
    live.sula("rollback")
    until(lambda: "One" in live.titles(), 120)
    live.sula("rollback")
    until(lambda: "Uno" in live.titles(), 120)


def test_a_second_deploy_does_nothing_and_the_doctor_is_content(live: Live) -> None:
    assert "Nothing" in live.sula("deploy")
    assert "wrong" not in live.sula("doctor")


def test_destroyed_and_made_again_over_the_bucket(live: Live) -> None:
    live.sula("destroy", "--yes")
    live.sula("deploy", "--create")
    live.address = live.status()["stack"]["address"]
    until(lambda: live.get("/posts/one/")[0] == 200, 900)
    until(lambda: "Uno" in live.titles(), 300)
