"""Lists of a directory: the same bytes on several cores as on one, and as in the cloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest
from tests.benchmarks.blog import ROOT, SITE, key_of, page_of
from tests.edgefeed import in_memory
from tests.edgefeed.in_memory import World, key, page

from edgefeed import feeds
from edgefeed.cache import Cache
from edgefeed.contract import PAGES
from edgefeed.laptop import ahead as ahead_module
from edgefeed.laptop import directory, notes
from edgefeed.laptop.ahead import Ahead, Fork, Spool
from edgefeed.laptop.directory import Share, build_directory, read_templates
from edgefeed.laptop.notes import Notebook, Notes
from edgefeed.laptop.stores import DirectoryStore
from edgefeed.model import Post
from edgefeed.page import read_page

COUNT = 40


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sharing is worth it from the first page on, and in small parts."""
    monkeypatch.setattr(ahead_module, "WORTH_FORKING", 1)
    monkeypatch.setattr(directory, "WORTH_FORKING", 1)
    monkeypatch.setattr(ahead_module, "_AT_ONCE", 7)
    monkeypatch.setattr(notes, "_AT_ONCE", 20_000)


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
    store = DirectoryStore(lay_out(tmp_path / "site"))
    keys, reader = list(store.keys(PAGES)), partial(read_page, site=SITE)
    with (
        TemporaryFile() as file,
        Ahead(store, keys, reader, SITE, Spool(file), processes=2) as ahead,
    ):
        for number in range(COUNT):
            page = store.get(key_of(number))
            assert page is not None
            body = (
                page.body.replace(f"Post {number}".encode(), b"Other") if number % 3 else page.body
            )
            wanted = reader(key_of(number), body, page.modified)
            assert ahead(key_of(number), body, page.modified) == wanted
        assert ahead("pages/none.html", b"", "") is None


def noted(folder: Path, numbers: Iterable[int], name: str) -> Path:
    """A notebook of some of a folder's pages."""
    place = folder.parent / name
    with Notebook.at(place, SITE) as notebook:
        for number in numbers:
            file = folder / key_of(number)
            notebook.add(key_of(number).removeprefix(PAGES), file.read_bytes(), file.stat())
        broken = folder / "pages/posts/broken/index.html"
        notebook.add("posts/broken/index.html", broken.read_bytes(), broken.stat())
        notebook.add("robots.txt", b"", broken.stat())
    return place


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("processes", [1, 2])
def test_pages_that_are_noted_give_the_same_lists(tmp_path: Path, processes: int) -> None:
    read, known = lay_out(tmp_path / "read"), lay_out(tmp_path / "known")
    theme = ROOT / "theme/templates"
    build_directory(read, SITE, theme)
    notebooks = [
        noted(known, range(0, COUNT, 3), "some"),
        noted(known, range(1, COUNT, 3), "others"),
    ]
    build_directory(known, SITE, theme, processes=processes, notebooks=notebooks)
    assert tree(known) == tree(read)


def test_a_page_that_is_noted_is_not_read(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "site")
    with noted(folder, range(COUNT), "notes").open("rb") as file, TemporaryFile() as spooled:
        store, spool = DirectoryStore(folder), Spool(spooled)
        found = directory._index([key_of(3)], store, Notes(folder, [file]), unread, spool)
        (entry,) = found.entries
        assert max(map(len, spool.get(entry))) == entry.size
        page = store.get(key_of(3))
        assert page is not None
        fragment = spool.get(entry.fragment)
        assert read_page(key_of(3), page.body, "", site=SITE) == Post(entry, fragment)


def unread(key: str, body: bytes, modified: str) -> Any:
    raise AssertionError((key, body, modified))


def test_a_page_that_changed_since_it_was_noted_is_read(tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "site")
    with noted(folder, range(COUNT), "notes").open("rb") as file:
        notes = Notes(folder, [file])
        assert notes.recall(key_of(3))
        DirectoryStore(folder).put(key_of(3), page_of(3, COUNT, "Post X"))  # as many bytes
        (folder / key_of(4)).unlink()
        assert key_of(3) in notes
        assert not notes.recall(key_of(3))
        assert not notes.recall(key_of(4))


@pytest.mark.usefixtures("few")
def test_what_was_made_to_weigh_a_post_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Cache[Any, Any](1)  # remembers the last item only
    monkeypatch.setattr(notes, "made_items", made)
    monkeypatch.setattr(feeds, "made_items", made)
    store = DirectoryStore(lay_out(tmp_path / "site"))
    keys, reader = list(store.keys(PAGES)), partial(read_page, site=SITE)
    with (
        TemporaryFile() as file,
        Ahead(store, keys, reader, SITE, spool := Spool(file), processes=2) as ahead,
    ):
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


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_directory_is_built_as_the_cloud_would(tmp_path: Path, processes: int) -> None:
    world = World()
    pages = {f"p{n}": page(f"p{n}", f"Post {n}", minute=n, tags=("a", "ü")) for n in range(25)}
    pages["about"] = pages["p1"].replace(b'"BlogPosting"', b'"WebPage"')
    pages["double"] = pages["p2"]
    pages["broken"] = b"<head>\xff"
    for name, body in pages.items():
        world.store.put(key(name), body)
        path = tmp_path / key(name)
        path.parent.mkdir(parents=True)
        path.write_bytes(body)
    (tmp_path / "pages/image.png").write_bytes(b"png")
    world.send(*pages)
    foreign = tmp_path / "lists/tags/none.txt"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"")

    def built() -> dict[str, bytes]:
        files = (path for path in (tmp_path / "lists").rglob("*") if path.is_file())
        return {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in files}

    def build() -> None:
        build_directory(tmp_path, in_memory.SITE, ROOT / "theme/templates", processes=processes)

    build()
    assert built() == {k: o.body for k, o in world.lists().items()}
    assert len(built()) > 20
    stamps = {k: (tmp_path / k).stat().st_mtime_ns for k in built()}
    build()
    assert {k: (tmp_path / k).stat().st_mtime_ns for k in built()} == stamps
    (tmp_path / key("p24")).unlink()
    build()
    world.store.delete(key("p24"))
    world.send("p24")
    assert built() == {k: o.body for k, o in world.lists().items()}


def test_a_folder_without_templates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no templates"):
        read_templates(tmp_path)
