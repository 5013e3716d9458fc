"""Progress on a terminal, while many threads publish."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sula.actions import Action, Stage
from sula.console import Console, Following


class Terminal(io.StringIO):
    """Somebody looks on."""

    def isatty(self) -> bool:
        return True


def drawing() -> list[threading.Thread]:
    """The threads that redraw bars: rich starts one for each set of them."""
    return [one for one in threading.enumerate() if type(one).__module__ == "rich.live"]


def test_many_threads_draw_one_set_of_bars_and_it_goes_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    following = Following(Console(Terminal(), Terminal()))
    together = threading.Barrier(8)
    actions = [Action(Stage.PAGES, f"pages/{n}.html", "create", "new") for n in range(8)]
    seen: list[int] = []

    def upload(action: Action) -> None:
        together.wait()
        following.uploaded(action)
        seen.append(len(drawing()))

    following._uploads = len(actions)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, actions))
    assert set(seen) == {1}
    following.close()
    assert drawing() == []
