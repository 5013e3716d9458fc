"""What can be made anew is kept where it can be, and missed where it cannot."""

from __future__ import annotations

from pathlib import Path

from sula.scratch import keep, recall, scratch


def test_what_is_kept_is_there_again_and_git_is_not_told(tmp_path: Path) -> None:
    keep(tmp_path, "derived/a", b"x")
    assert recall(tmp_path, "derived/a") == b"x"
    assert (tmp_path / ".sula/.gitignore").read_text("utf-8") == "*\n"
    assert [path.name for path in (tmp_path / ".sula/derived").iterdir()] == ["a"]
    assert scratch(tmp_path) == tmp_path / ".sula"


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / ".sula").write_text("somebody else's", "utf-8")
    keep(tmp_path, "derived/a", b"x")
    assert recall(tmp_path, "derived/a") is None
    assert scratch(tmp_path) is None
    assert (tmp_path / ".sula").read_text("utf-8") == "somebody else's"
