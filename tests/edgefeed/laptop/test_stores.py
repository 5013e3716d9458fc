"""The stores without a cloud keep the promises that S3 keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgefeed.laptop.stores import DirectoryStore, MemoryStore
from edgefeed.store import DIGEST, Conflict, Store, digest

KEY = "lists/tags/é/index.html"


@pytest.fixture(params=["memory", "directory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else DirectoryStore(tmp_path)


def test_an_object_comes_back(store: Store) -> None:
    etag = store.put(KEY, b"body")
    found, head = store.get(KEY), store.head(KEY)
    assert found is not None
    assert head is not None
    assert (found.body, found.etag) == (b"body", etag)
    assert (head.etag, head.modified) == (found.etag, found.modified)


def test_nothing_is_none(store: Store) -> None:
    assert store.get(KEY) is None
    assert store.head(KEY) is None
    store.delete(KEY)
    assert list(store.keys("lists/")) == []


def test_conditions(store: Store) -> None:
    first = store.put(KEY, b"1", if_absent=True)
    with pytest.raises(Conflict):
        store.put(KEY, b"2", if_absent=True)
    second = store.put(KEY, b"2", if_match=first)
    assert first != second
    with pytest.raises(Conflict):
        store.put(KEY, b"3", if_match=first)
    with pytest.raises(Conflict):
        store.delete(KEY, if_match=first)
    store.delete(KEY, if_match=second)
    with pytest.raises(Conflict):
        store.put(KEY, b"3", if_match=second)
    assert store.get(KEY) is None


def test_keys_come_in_the_order_of_their_bytes(store: Store) -> None:
    keys = ["pages/a.html", "pages/a/b.html", "pages/a-b.html", "pages/ü.html", "pages/Z.html"]
    for key in [*keys, "lists/x.html", "pagesx/y.html"]:
        store.put(key, b"")
    ordered = sorted(keys, key=str.encode)
    assert list(store.keys("pages/")) == ordered
    assert list(store.keys("pages/", ordered[1])) == ordered[2:]
    assert list(store.keys("pages/a")) == [k for k in ordered if k.startswith("pages/a")]


def test_keys_begin_anywhere(store: Store) -> None:
    keys = ["a", "p/a.html", "p/a/b", "p/a-b/c", "p/a/b-c", "p/a/b.d/e", "p/é/x", "p/z", "pp/a/b"]
    for key in keys:
        store.put(key, b"")
    ordered = sorted(keys, key=str.encode)
    for prefix in ("", "p", "p/", "p/a", "p/a/", "p/a/b", "q/", "p/z/"):
        for after in ("", "p/a", "p/a-", "p/a-b", "p/a/", "p/a0", "p/b", "p/é", "q", *keys):
            wanted = [key for key in ordered if key.startswith(prefix) and key > after]
            assert list(store.keys(prefix, after)) == wanted


def test_only_the_folders_that_are_come_to_are_read(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for key in ("p/a/x", "p/b/x", "p/c/x", "p/d/x", "p/d/.hidden", "p/.hidden/x"):
        store.put(key, b"")
    rest = store.keys("p/", "p/b/")
    assert next(rest) == "p/b/x"
    store.delete("p/a/x")
    store.delete("p/c/x")
    assert list(rest) == ["p/d/x"]


def test_a_directory_knows_when_bytes_are_right(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put(KEY, b"body", metadata={DIGEST: "not kept"})
    head = store.head(KEY)
    assert head is not None
    assert head.metadata[DIGEST] == digest(KEY, b"body")
    assert (tmp_path / KEY).read_bytes() == b"body"


def test_a_directory_leaves_nothing_beside_its_files(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put(KEY, b"body")
    store.delete(KEY)
    assert [path.name for path in tmp_path.rglob("*")] in ([], ["lists"])


@pytest.mark.parametrize("key", ["../x", "/etc/x", "a/../../x", "a//b", "", "lists/."])
def test_a_directory_holds_no_key_that_leads_elsewhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        DirectoryStore(tmp_path).put(key, b"")
