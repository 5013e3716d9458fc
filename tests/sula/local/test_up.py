"""What `sula up` does with saves that cannot be published: it says so, and goes on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bucket import MemoryBucket

from sula.cloud.target import LateError, Target
from sula.config import Config
from sula.console import Console
from sula.errors import ConfigError, ContentError, Finding
from sula.local import up
from sula.local.edge_proxy import EdgeProxy
from sula.planning.actions import Inputs
from sula.planning.plan import make_plan
from sula.planning.record import Prints, Record
from sula.publishing.deploy import Outcome
from sula.publishing.publish import Published


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def follow(root: Path, said: io.StringIO, monkeypatch: pytest.MonkeyPatch, saves: int) -> None:
    def bursts(*_: object, **__: object) -> Iterator[tuple[Path, ...]]:
        yield from [(root / "pelicanconf.py",)] * saves

    monkeypatch.setattr(up, "saves", bursts)
    proxy = EdgeProxy(port=0, cloud_port=0, domain="")
    up._follow(Config(root), Target(MemoryBucket()), proxy, Console(said, said))


def test_no_save_ends_it(
    tmp_path: Path, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = [
        ContentError([Finding("content/posts/a.md", 3, "date-missing", "no date")]),
        ConfigError("pelicanconf.py:1: no"),
        FileNotFoundError(2, "No such file or directory", "theme/templates/4913"),
    ]

    def deploy(*_: object) -> None:
        raise troubles.pop(0)

    monkeypatch.setattr(up, "deploy", deploy)
    follow(tmp_path, said, monkeypatch, 3)
    assert not troubles
    for words in ("a.md:3: no date", "pelicanconf.py:1: no", "theme/templates/4913: No such file"):
        assert words in said.getvalue()


def test_nor_one_that_comes_while_another_is_told_of(
    tmp_path: Path, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no pelicanconf.py when it looks for advice; it was there for the deploy."""
    monkeypatch.setattr(up, "deploy", lambda *_: None)
    monkeypatch.setattr(up, "told", lambda *_: "told")
    follow(tmp_path, said, monkeypatch, 2)
    assert said.getvalue().count("told\nsula: there is no pelicanconf.py") == 2


def test_feeds_that_are_late_at_first_are_no_reason_to_stop(
    tmp_path: Path, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deploy(*_: object) -> None:
        raise LateError("the pages are live, but")

    monkeypatch.setattr(up, "deploy", deploy)
    up._first(Config(tmp_path), Target(MemoryBucket()), Console(said, said))
    assert "the pages are live, but" in said.getvalue()


@pytest.mark.parametrize(
    ("redirects", "words"), [({}, "nothing"), ({"/old": "301 /new/"}, "1 redirect")]
)
def test_a_redirect_is_something_for_readers(
    said: io.StringIO, redirects: dict[str, str], words: str
) -> None:
    plan = make_plan(
        Inputs(blobs={}, metas={}, assets={}, prints=Prints(), site_id="", now=0,
               redirects=redirects, redirects_seen={}), Record())  # fmt: skip
    outcome = Outcome(plan, Published({}, frozenset(), frozenset()), (), 1, False, 1)  # noqa: FBT003 - its own order
    line = up.told(outcome, 0.1, Console(said, said))
    assert line.endswith(f" saved; {words} changed for readers")
