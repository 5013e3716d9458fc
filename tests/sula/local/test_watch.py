"""Saves are noticed, as editors make them; noise is not."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sula.local.watch import saves


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for folder in ("content/posts", "content/.well-known", "theme/templates", ".venv/lib"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pelicanconf.py").write_text("A = 1\n")
    (tmp_path / "content/posts/a.md").write_text("a")
    return tmp_path


@pytest.fixture
def bursts(site: Path) -> Iterator[queue.SimpleQueue[tuple[Path, ...]]]:
    stop = threading.Event()
    found: queue.SimpleQueue[tuple[Path, ...]] = queue.SimpleQueue()

    def run() -> None:
        for burst in saves(site, stop=stop):
            found.put(burst)

    thread = threading.Thread(target=run)
    thread.start()
    # Until the watches stand, nothing is seen: touch a file until it is.
    probe = site / "content/probe.md"
    for attempt in range(100):
        probe.write_text(str(attempt))
        try:
            found.get(timeout=0.1)
            break
        except queue.Empty:
            continue
    else:
        pytest.fail("the watch does not start")
    time.sleep(0.6)
    while not found.empty():
        found.get()
    yield found
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_save_is_seen(site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]]) -> None:
    post = site / "content/posts/a.md"
    post.write_text("b")
    assert bursts.get(timeout=5) == (post,)


def test_no_save_is_kept_for_a_second(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []

    def watch(*_places: Path, **how: Any) -> Iterator[set[tuple[int, str]]]:
        told.append(how)
        return iter(())

    monkeypatch.setattr("watchfiles.watch", watch)
    assert not list(saves(site, stop=threading.Event()))
    assert len(told) == 2
    for how in told:
        # A burst is handed on when a step brought nothing new, at the latest one step after
        # `debounce`.
        assert how["debounce"] + how["step"] < 1000


def test_where_the_system_watches_no_more_files_are_looked_at_in_turn(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []

    def watch(*_places: Path, force_polling: bool = False, **_: Any) -> Iterator[set[Any]]:
        told.append(force_polling)
        if not force_polling:
            raise OSError("OS file watch limit reached.")
        yield {(1, str(site / "content/posts/a.md")), (1, str(site / "pelicanconf.py"))}

    monkeypatch.setattr("watchfiles.watch", watch)
    assert len(list(saves(site, stop=threading.Event()))) == 2
    assert sorted(told) == [False, False, True, True]


def test_saves_are_seen_while_others_follow(
    site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]]
) -> None:
    for number in range(500):  # some twenty until the burst is cut
        (site / f"content/posts/{number}.md").write_text("x")
        with suppress(queue.Empty):
            assert bursts.get(timeout=0.02)
            return
    pytest.fail("all was saved before anything was seen")


def test_settings_saved_by_renaming_are_seen(
    site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]]
) -> None:
    for text in ("A = 2\n", "A = 3\n"):
        draft = site / ".pelicanconf.py.swp"
        draft.write_text(text)
        draft.replace(site / "pelicanconf.py")
        assert bursts.get(timeout=5) == (site / "pelicanconf.py",)


def test_saves_together_come_together(
    site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]]
) -> None:
    wanted = {site / f"content/posts/{n}.md" for n in range(5)}
    for path in wanted:
        path.write_text("x")
    seen: set[Path] = set()
    while seen != wanted:
        seen |= set(bursts.get(timeout=5))
    (site / "content/posts/a.md").unlink()
    assert bursts.get(timeout=5) == (site / "content/posts/a.md",)


def test_noise_and_the_rest_of_the_root_are_not_seen(
    site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]]
) -> None:
    for name in (
        "content/posts/.a.md.swp", "content/posts/a.md~", "content/4913", ".venv/lib/x.py",
        "theme/templates/x.pyc", "content/#a.md#", "notes.txt",
    ):  # fmt: skip
        (site / name).write_text("x")
    last = site / "theme/templates/post.html"
    last.write_text("x")
    assert bursts.get(timeout=5) == (last,)


@pytest.mark.parametrize("name", ["redirects.txt", "content/.well-known/security.txt"])
def test_whatever_is_published_is_seen(
    site: Path, bursts: queue.SimpleQueue[tuple[Path, ...]], name: str
) -> None:
    (site / name).write_text("x")
    assert bursts.get(timeout=5) == (site / name,)
