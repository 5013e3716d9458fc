"""The cache of ids: a file that was left alone is not read again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from tests.sula.checkouts import fill

from sula.content.blobs import Blobs, blob_id
from sula.content.sources import scan


def settle(root: Path) -> None:
    """Make files look as if they had been left alone for a while; ctime cannot be set."""
    time.sleep(2.1)
    assert root.exists()


def test_a_second_look_reads_only_what_changed(tmp_path: Path) -> None:
    root = fill(tmp_path, "posts/a.md", "posts/b.md")
    settle(root)
    first = scan(root)
    (root / "content/posts/a.md").write_text("changed", "utf-8")
    blobs = Blobs(root)
    for name in first.blobs:
        path = root / "content" / name
        blobs.of(name, path, path.stat())
    assert blobs.read == 1
    second = scan(root)
    assert second.blobs == dict(first.blobs) | {"posts/a.md": blob_id(b"changed")}


def test_a_change_of_the_same_size_within_a_moment_is_seen(tmp_path: Path) -> None:
    root = fill(tmp_path, "posts/a.md")
    path = root / "content/posts/a.md"
    for text in ("aaaa", "bbbb", "cccc"):
        status = path.stat()
        path.write_text(text, "utf-8")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert scan(root).blobs["posts/a.md"] == blob_id(text.encode())


@pytest.mark.parametrize("body", [b"", b"garbage", b"\x92\x05\x80", b"\x92\x01\x81\xa1a\x01"])
def test_a_broken_cache_is_no_cache(tmp_path: Path, body: bytes) -> None:
    root = fill(tmp_path, "posts/a.md")
    (root / ".sula").mkdir()
    (root / ".sula" / "blobs.cache").write_bytes(body)
    assert scan(root).blobs == {"posts/a.md": blob_id(b"text of posts/a.md\n")}
