"""The two walks of a newcomer, as they type them: three commands to a local site with a feed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("walks")]

SULA = str(Path(sys.executable).with_name("sula"))


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SULA_", "AWS_", "GIT_"))}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CEILING_DIRECTORIES": "/"}


def sula(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [SULA, *arguments], cwd=folder, env=environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def up(folder: Path) -> Iterator[str]:
    """The third command. Gives the address that it prints once the site is there."""
    process = subprocess.Popen(
        [SULA, "up", "--port", "0"], cwd=folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if " is up after " in line:
                break
        else:
            pytest.fail("".join(said))
        yield line.split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, "".join(said) + rest


def feed(address: str, title: str) -> dict[str, str]:
    """The entry of a title, once the feed has it."""
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(f"{address}feed.json", timeout=30) as answer:
            items: list[dict[str, str]] = json.loads(answer.read())["items"]
        found = [item for item in items if item.get("title") == title]
        if found or time.monotonic() > deadline:
            assert found, items
            return found[0]
        time.sleep(0.1)


def test_from_an_empty_folder_to_a_post_in_the_feed(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    assert 'sula new "Hello, world"' in sula(folder, "init", ".")
    assert sula(folder, "new", "Hello, world") == "content/posts/hello-world.md\n"
    with up(folder) as address:
        entry = feed(address, "Hello, world")
        assert entry["url"] == f"{address}posts/hello-world/"
        with urllib.request.urlopen(entry["url"], timeout=30) as answer:
            assert b"Hello, world" in answer.read()


def test_from_a_jekyll_folder_to_the_same(tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "_posts").mkdir(parents=True)
    (old / "_config.yml").write_text("title: Old\nurl: https://old.example\n", "utf-8")
    post = "---\ntitle: From before\ntags: a b\n---\nSee [it]({% post_url 2020-01-02-before %}).\n"
    (old / "_posts/2020-01-02-before.md").write_text(post, "utf-8")
    assert "Next: cd new && sula up" in sula(tmp_path, "import", "jekyll", "old", "new")
    assert sula(tmp_path / "new", "check").startswith("No problems found")
    with up(tmp_path / "new") as address:
        entry = feed(address, "From before")
        assert entry["id"] == "https://old.example/2020/01/02/before.html"
        assert entry["url"] == f"{address}2020/01/02/before.html"
        with urllib.request.urlopen(entry["url"], timeout=30) as answer:
            assert b'href="/2020/01/02/before.html"' in answer.read()
