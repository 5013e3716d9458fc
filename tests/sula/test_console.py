"""Progress on a terminal, while many threads publish."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sula.console import Console, Following
from sula.errors import Finding
from sula.planning.actions import Action, Stage


class Terminal(io.StringIO):
    """Somebody looks on."""

    def isatty(self) -> bool:
        return True


def drawing() -> list[threading.Thread]:
    """The threads that redraw bars: rich starts one for each set of them."""
    return [one for one in threading.enumerate() if type(one).__module__ == "rich.live"]


def gone() -> bool:
    """Whether they end, which they do a moment after they were told to."""
    for _ in range(500):
        if not drawing():
            return True
        time.sleep(0.01)
    return False


def test_what_is_gone_through_is_given_back_and_drawn_once_it_takes_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = Terminal()
    following = Following(Console(screen, Terminal()))
    given = []
    for item in following.track("Reading posts", "abcde"):
        given.append(item)
        if item == "c":
            assert len(drawing()) == 1
    following.close()
    assert gone()
    assert given == list("abcde")
    assert "Reading posts" in screen.getvalue()


@pytest.mark.parametrize("screen", [io.StringIO(), Terminal()], ids=["pipe", "terminal"])
def test_nothing_is_drawn_where_nobody_looks_on_nor_in_the_first_moments(
    screen: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    following = Following(Console(screen, io.StringIO()), patience=3600)
    assert list(following.track("Reading posts", range(9))) == list(range(9))
    following.looked(300, 900)
    following.close()
    assert screen.getvalue() == ""


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
    assert gone()


@pytest.mark.parametrize("trouble", [True, False])
def test_what_goes_into_a_file_has_no_colours_though_the_rest_goes_to_a_terminal(
    trouble: bool,  # noqa: FBT001 - a case
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    wrong = Finding("content/a.md", 1, "title-missing", "no title", "error")
    for out, err in ((Terminal(), io.StringIO()), (io.StringIO(), Terminal())):
        Console(out, err).findings([wrong], trouble=trouble)
        used, other = (err, out) if trouble else (out, err)
        assert ("\033[" in used.getvalue()) == used.isatty()
        assert "content/a.md:1:" in used.getvalue()
        assert not other.getvalue()
