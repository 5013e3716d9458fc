"""Lists of a directory: the same bytes on several cores as on one, and as in the cloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from tests.benchmarks.blog import ROOT, SITE, key_of, page_of
from tests.edgefeed import in_memory
from tests.edgefeed.in_memory import World, key, page

from edgefeed import directory, feeds
from edgefeed.cache import Cache
from edgefeed.directory import Ahead, Fork, Share, Spool, build_directory, read_templates
from edgefeed.model import Post
from edgefeed.page import read_page
from edgefeed.stores import DirectoryStore

COUNT = 40


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sharing is worth it from the first page on, and in small parts."""
    monkeypatch.setattr(directory, "WORTH_FORKING", 1)
    monkeypatch.setattr(directory, "_AT_ONCE", 7)


def lay_out(folder: Path) -> Path:
    store = DirectoryStore(folder)
    for number in range(COUNT):
        store.put(key_of(number), page_of(number, COUNT, f"Post {number}"))
    store.put("pages/posts/broken/index.html", b"<head>\xff")
    os.utime(folder / "pages/posts/broken/index.html", (0, 0))  # when, a report of problems says
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.usefixtures("few")
def test_any_number_of_processes_gives_the_same_bytes(tmp_path: Path) -> None:
    built = []
    for processes in (1, 2, 3):
        folder = lay_out(tmp_path / str(processes))
        build_directory(folder, SITE, ROOT / "theme/templates", processes=processes)
        built.append(tree(folder))
    assert built[0] == built[1] == built[2]
    assert len(built[0]) > COUNT * 2
    assert b"broken" in built[0]["state/problems.json"]


@pytest.mark.usefixtures("few")
def test_a_page_that_changed_since_it_was_read_ahead_is_read_again(tmp_path: Path) -> None:
    store = DirectoryStore(lay_out(tmp_path))
    reader = partial(read_page, site=SITE)
    with TemporaryFile() as file, Ahead(store, reader, 2, SITE, Spool(file)) as ahead:
        for number in range(COUNT):
            page = store.get(key_of(number))
            assert page is not None
            body = (
                page.body.replace(f"Post {number}".encode(), b"Other") if number % 3 else page.body
            )
            wanted = reader(key_of(number), body, page.modified)
            assert ahead(key_of(number), body, page.modified) == wanted
        assert ahead("pages/none.html", b"", "") is None


@pytest.mark.usefixtures("few")
def test_what_was_made_to_weigh_a_post_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Cache[Any, Any](1)  # remembers the last item only
    monkeypatch.setattr(directory, "made_items", made)
    monkeypatch.setattr(feeds, "made_items", made)
    store = DirectoryStore(lay_out(tmp_path))
    reader = partial(read_page, site=SITE)
    with TemporaryFile() as file, Ahead(store, reader, 2, SITE, spool := Spool(file)) as ahead:
        page = store.get(key_of(3))
        assert page is not None
        post = ahead(key_of(3), page.body, page.modified)
        assert isinstance(post, Post)
        spool.flush()
        rss, atom, json = spool.get(post.entry)
        assert max(map(len, (rss, atom, json))) == post.entry.size
        assert b"Post 3" in rss


def test_units_are_taken_once_by_whoever_comes() -> None:
    units = [str(number) for number in range(directory._MOST_PARTS * 20)]
    share = Share(units)

    def take() -> Iterator[list[str]]:
        while some := share.take():
            yield some

    fork = Fork(lambda: iter([list(take())]))
    here = list(take())
    there = fork.receive()
    fork.close()
    share.close()
    assert sorted(chain.from_iterable(here + there), key=int) == units


def numbers(fail: Callable[[int], None]) -> Iterator[int]:
    for number in range(5):
        fail(number)
        yield number


def test_what_goes_wrong_in_a_fork_is_raised_where_it_is_received() -> None:
    def fail(number: int) -> None:
        if number == 2:
            raise ValueError("the third")

    fork = Fork(lambda: numbers(fail))
    try:
        assert [fork.receive(), fork.receive()] == [0, 1]
        with pytest.raises(ValueError, match="the third"):
            fork.receive()
    finally:
        fork.close()


def test_a_fork_that_dies_is_noticed_and_one_that_is_not_wanted_ends() -> None:
    def die(number: int) -> None:
        if number == 1:
            raise SystemExit

    fork = Fork(lambda: numbers(die))
    assert fork.receive() == 0
    with pytest.raises(EOFError):
        fork.receive()
    fork.close()
    endless: Any = iter(int, 1)
    Fork(lambda: (bytes(100_000) for _ in endless)).close()


def test_a_directory_is_built_as_the_cloud_would(tmp_path: Path) -> None:
    world = World()
    pages = {f"p{n}": page(f"p{n}", f"Post {n}", minute=n, tags=("a", "ü")) for n in range(25)}
    for name, body in pages.items():
        world.store.put(key(name), body)
        path = tmp_path / key(name)
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    (tmp_path / "pages/image.png").write_bytes(b"png")
    world.send(*pages)
    build_directory(tmp_path, in_memory.SITE, ROOT / "theme/templates")

    def built() -> dict[str, bytes]:
        files = (path for path in (tmp_path / "lists").rglob("*") if path.is_file())
        return {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in files}

    assert built() == {k: o.body for k, o in world.lists().items()}
    assert len(built()) > 20
    stamps = {k: (tmp_path / k).stat().st_mtime_ns for k in built()}
    build_directory(tmp_path, in_memory.SITE, ROOT / "theme/templates")
    assert {k: (tmp_path / k).stat().st_mtime_ns for k in built()} == stamps
    (tmp_path / key("p24")).unlink()
    build_directory(tmp_path, in_memory.SITE, ROOT / "theme/templates")
    world.store.delete(key("p24"))
    world.send("p24")
    assert built() == {k: o.body for k, o in world.lists().items()}


def test_a_folder_without_templates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no templates"):
        read_templates(tmp_path)
