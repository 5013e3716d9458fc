"""The main job, with real parts and nothing mocked: `git push` to the feed, over HTTP.

A site is served by `sula up`; its author, in a clone elsewhere, pushes to the remote that
`sula remote` made. After each push returns, the page, the home page, the tag pages and the
three feeds are read through the edge, as a reader and a feed reader would.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import feedparser
import pytest
from lxml import html

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("push-to-feed")]

SULA = str(Path(sys.executable).with_name("sula"))
SETTINGS = """
SITEURL = "https://blog.example"
SITENAME = "Ada's notebook"
SITE_DESCRIPTION = "Engines & weaving"
AUTHOR = "Ada"
SITE_ID = "tag:blog.example,2026:site"
TIMEZONE = "Europe/London"
"""
FIRST = """\
---
title: Before the push
date: 2026-01-02 09:00:00
tags: [looms]
---

Here first.
"""
POST = """\
---
title: Notes & <engines>
date: 2026-03-04 10:30:00
id: urn:uuid:7f5a1c7e-3a3c-4f4b-9d55-1f0d6a0f7f10
tags: [Looms, 機械]
---

The engine *weaves*, as [before](before.md).

<!--more-->

The rest of it, with a ![card](card.svg).
"""
CARD = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M0 0h8v8z"/></svg>'
IDENTITY = "urn:uuid:7f5a1c7e-3a3c-4f4b-9d55-1f0d6a0f7f10"
FEEDS = ("feed.xml", "atom.xml", "feed.json")


@dataclass
class Author:
    """A running site, and a clone of its repository to write in."""

    address: str
    clone: Path
    environment: dict[str, str]

    def git(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *args], cwd=self.clone, env=self.environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def push(self, message: str) -> subprocess.CompletedProcess[str]:
        assert self.git("add", "--all").returncode == 0
        assert self.git("commit", "-m", message).returncode == 0
        return self.git("push", "sula", "HEAD:main")

    def read(self, path: str) -> bytes:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def feed(self, path: str) -> dict[str, str]:
        """Identity to title, as an independent reader of feeds sees a feed."""
        body = self.read(path)
        if path.endswith(".json"):
            return {item["id"]: item.get("title", "") for item in json.loads(body)["items"]}
        parsed = feedparser.parse(body)
        assert not parsed.bozo, parsed.get("bozo_exception")
        return {entry.id: entry.get("title", "") for entry in parsed.entries}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def git_environment(home: Path) -> dict[str, str]:
    """No configuration of the machine's, and somebody to commit as."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "AWS_", "SULA_"))}
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
           for what, value in (("NAME", "Ada"), ("EMAIL", "ada@blog.example"))}  # fmt: skip
    return {**kept, **who, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


def make_site(folder: Path, environment: dict[str, str]) -> None:
    (folder / "content/posts").mkdir(parents=True)
    (folder / "pelicanconf.py").write_text(SETTINGS, "utf-8")
    (folder / "content/posts/before.md").write_text(FIRST, "utf-8")
    (folder / ".gitignore").write_text("/.sula/\n", "utf-8")
    for args in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *args], cwd=folder, env=environment, check=True)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text("utf-8")
        try:
            with urllib.request.urlopen(address + "/feed.xml", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the site did not come up:\n" + log.read_text("utf-8"))


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    base = tmp_path_factory.mktemp("push")
    environment = git_environment(base)
    site = base / "site"
    make_site(site, environment)
    port, log = free_port(), base / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SULA, "up", "--port", str(port)],
            cwd=site, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, process, log)
        subprocess.run([SULA, "remote"], cwd=site, env=environment, check=True, capture_output=True)
        clone = base / "clone"
        subprocess.run(["git", "clone", "-q", str(site), str(clone)], env=environment, check=True)
        author = Author(address, clone, environment)
        assert author.git("remote", "add", "sula", str(site / ".sula/remote.git")).returncode == 0
        yield author
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) is not None
    shutil.rmtree(base, ignore_errors=True)


def test_a_post_is_followed_from_push_to_feed_and_away_again(author: Author) -> None:
    post = author.clone / "content/posts/engines.md"
    assert author.status("/posts/engines/") == 404

    # Written and pushed: page, image, home, both tag pages, the tags' feeds and the site's.
    post.write_text(POST, "utf-8")
    (author.clone / "content/posts/card.svg").write_text(CARD, "utf-8")
    pushed = author.push("Add engines")
    assert pushed.returncode == 0, pushed.stdout
    assert "engines" in pushed.stdout.casefold()

    page = html.fromstring(author.read("/posts/engines/"))
    assert page.findtext(".//h1") == "Notes & <engines>"
    assert page.xpath("//a[@href='/posts/before/']")
    assert author.read("/posts/card.svg") == CARD.encode()
    home = html.fromstring(author.read("/"))
    (link,) = home.xpath("//h2//a[@href='/posts/engines/']")
    assert link.text_content().strip() == "Notes & <engines>"
    assert "The rest of it" not in home.text_content()
    assert "/posts/engines/" in author.read("/tags/looms/").decode()
    assert "/posts/engines/" in author.read("/tags/%E6%A9%9F%E6%A2%B0/").decode()
    for feed in FEEDS:
        assert author.feed(f"/{feed}")[IDENTITY] == "Notes & <engines>", feed
        assert list(author.feed(f"/tags/%E6%A9%9F%E6%A2%B0/{feed}")) == [IDENTITY], feed
        assert len(author.feed(f"/tags/looms/{feed}")) == 2, feed
    assert "The rest of it" in json.loads(author.read("/feed.json"))["items"][0]["content_html"]

    # Edited: the same identity, the new words.
    post.write_text(POST.replace("weaves", "computes").replace("<engines>", "machines"), "utf-8")
    pushed = author.push("Mend engines")
    assert pushed.returncode == 0, pushed.stdout
    for feed in FEEDS:
        assert author.feed(f"/{feed}")[IDENTITY] == "Notes & machines", feed
    assert "computes" in author.read("/posts/engines/").decode()
    # Its neighbour names it, and followed.
    assert "Notes &amp; machines" in author.read("/posts/before/").decode()

    # Retagged: gone from one tag, which keeps a valid, empty feed; there in another.
    post.write_text(POST.replace("機械", "cards"), "utf-8")
    pushed = author.push("Retag engines")
    assert pushed.returncode == 0, pushed.stdout
    for feed in FEEDS:
        assert author.feed(f"/tags/%E6%A9%9F%E6%A2%B0/{feed}") == {}, feed
        assert list(author.feed(f"/tags/cards/{feed}")) == [IDENTITY], feed

    # Deleted: gone everywhere.
    post.unlink()
    pushed = author.push("Remove engines")
    assert pushed.returncode == 0, pushed.stdout
    assert author.status("/posts/engines/") == 404
    assert "/posts/engines/" not in author.read("/").decode()
    for feed in FEEDS:
        assert IDENTITY not in author.feed(f"/{feed}"), feed
        assert author.feed(f"/tags/cards/{feed}") == {}, feed


def test_what_does_not_build_is_refused_and_harms_nothing(author: Author) -> None:
    bad = author.clone / "content/posts/bad.md"
    bad.write_text("---\ntitle: No date\n---\n\nSee [it](missing.md).\n", "utf-8")
    before = {path: author.read(path) for path in ("/", "/feed.xml", "/sitemap.xml")}
    pushed = author.push("Add a bad post")
    assert pushed.returncode != 0
    assert "content/posts/bad.md:" in pushed.stdout
    assert "date" in pushed.stdout
    assert {path: author.read(path) for path in before} == before
    assert author.status("/posts/bad/") == 404
    assert author.git("reset", "--hard", "HEAD~1").returncode == 0


def test_a_push_that_changes_nothing_uploads_nothing(author: Author) -> None:
    stamp = "/feed.xml", "/posts/before/", "/sitemap.xml"

    def seen() -> list[tuple[str | None, str | None]]:
        answers = []
        for path in stamp:
            with urllib.request.urlopen(author.address + path, timeout=30) as answer:
                answers.append((answer.headers["ETag"], answer.headers["Last-Modified"]))
        return answers

    (author.clone / "NOTES.txt").write_text("not content", "utf-8")
    pushed = author.push("Take a note beside the content")
    assert pushed.returncode == 0, pushed.stdout
    before = seen()
    (author.clone / "NOTES.txt").write_text("still not content", "utf-8")
    pushed = author.push("Take another")
    assert pushed.returncode == 0, pushed.stdout
    assert seen() == before


def test_line_25_an_unchanged_feed_answers_304_and_head_without_a_redirect(author: Author) -> None:
    for feed in FEEDS:
        with urllib.request.urlopen(f"{author.address}/{feed}", timeout=30) as answer:
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
            assert answer.url == f"{author.address}/{feed}"
        head = urllib.request.Request(f"{author.address}/{feed}", method="HEAD")
        with urllib.request.urlopen(head, timeout=30) as answer:
            assert (answer.status, answer.headers["ETag"], answer.read()) == (200, etag, b"")
        for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
            for encoding in ({}, {"Accept-Encoding": "gzip"}):
                request = urllib.request.Request(
                    f"{author.address}/{feed}", headers={**condition, **encoding}
                )
                with pytest.raises(urllib.error.HTTPError) as caught:
                    urllib.request.urlopen(request, timeout=30)
                assert caught.value.code == 304, (feed, condition, encoding)
                caught.value.close()
