"""What a killed run has left in memory is removed by the next, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.memory import LOCK, PREFIX, begin, make, sweep

ROOT = Path(__file__).parents[1]
RUN = """
import sys
from pathlib import Path
from tests.memory import make
print(make(Path(sys.argv[1])).path, flush=True)
sys.stdin.read()
"""
ME = os.geteuid()


@contextmanager
def another_run(place: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process with a folder of its own, which has files in it."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(place)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        (folder / "pytest-of-me").mkdir()
        (folder / "pytest-of-me/a.md").write_text("a")
        yield process, folder
        process.kill()


def next_run(place: Path) -> None:
    if mine := begin(place):
        mine.remove()


def test_what_a_killed_run_has_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with another_run(tmp_path) as (process, folder), another_run(tmp_path) as (_, living):
        next_run(tmp_path)
        assert folder.exists()
        process.kill()
        process.wait()
        assert folder.exists()
        next_run(tmp_path)
        assert not folder.exists()
        assert (living / "pytest-of-me/a.md").read_text() == "a"


def test_a_fork_that_outlives_its_parent_keeps_the_folder(tmp_path: Path) -> None:
    mine = make(tmp_path)
    inherited = os.dup(mine.lock)  # as a fork has it
    os.close(mine.lock)
    sweep(tmp_path, user=ME)
    assert mine.path.exists()
    os.close(inherited)
    sweep(tmp_path, user=ME)
    assert not mine.path.exists()


def test_a_run_removes_its_own(tmp_path: Path) -> None:
    mine = make(tmp_path)
    sweep(tmp_path, user=ME)
    assert mine.path.exists()
    mine.remove()
    assert not list(tmp_path.iterdir())


def test_what_is_not_surely_ours_and_dead_stays(tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    for folder in (elsewhere, place / f"{PREFIX}new", place / "another-program"):
        folder.mkdir(parents=True)
        (folder / "a").write_text("a")
    for folder in (elsewhere, place / "another-program"):
        (folder / LOCK).touch()
    (place / f"{PREFIX}file").write_text("a")
    (place / f"{PREFIX}link").symlink_to(elsewhere)
    before = sorted(tmp_path.rglob("*"))
    sweep(place, user=ME)
    assert sorted(tmp_path.rglob("*")) == before


def test_another_users_stays(tmp_path: Path) -> None:
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir()
    (theirs / LOCK).touch()
    sweep(tmp_path, user=ME + 1)
    assert theirs.exists()
    sweep(tmp_path, user=ME)
    assert not theirs.exists()
