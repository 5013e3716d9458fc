"""A new post reads back as it was asked for, and no file is ever overwritten."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sula.authoring.new import new_post
from sula.content.meta import read_meta
from sula.content.urls import Rules, URLPattern
from sula.errors import ConfigError, SulaError

VIENNA = ZoneInfo("Europe/Vienna")
RULES = Rules(VIENNA, URLPattern("posts/{slug}/"), URLPattern("{slug}/"))
NOW = datetime(2026, 7, 8, 9, 10, 11, tzinfo=VIENNA)
TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn", "Cf", "Zl", "Zp"]))


def test_a_post_is_as_the_readme_shows_it(tmp_path: Path) -> None:
    path = new_post(
        tmp_path, "Hello, world", now=NOW, tags=["first", " hello ", ""], identity="urn:x"
    )
    assert path == tmp_path / "posts/hello-world.md"
    assert path.read_text("utf-8") == (
        "---\ntitle: Hello, world\ndate: 2026-07-08 09:10:11\nid: urn:x\n"
        "tags: [first, hello]\n---\n\n"
    )


def test_a_tag_is_written_once(tmp_path: Path) -> None:
    path = new_post(tmp_path, "One", now=NOW, tags=["Dup", "x", "dup", "C++", "C#"])
    assert "tags: [Dup, x, C++, C#]\n" in path.read_text("utf-8")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = new_post(tmp_path, "One", now=NOW)
    before = path.read_bytes()
    with pytest.raises(SulaError, match=r"one\.md is there already; choose another title"):
        new_post(tmp_path, "one", now=NOW)
    assert path.read_bytes() == before


def test_a_title_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a title"):
        new_post(tmp_path, " \t", now=NOW)


@given(
    title=TITLES.filter(str.strip), tag=TITLES.filter(lambda tag: tag.strip() and "," not in tag)
)
def test_whatever_the_title_it_reads_back(
    tmp_path_factory: pytest.TempPathFactory, title: str, tag: str
) -> None:
    folder = tmp_path_factory.mktemp("new")
    path = new_post(folder, title, now=NOW, tags=[tag], draft=True)
    text = path.read_text("utf-8")
    meta, findings = read_meta("posts/" + path.name, text, RULES)
    assert meta is not None, findings
    assert meta.title == " ".join(title.split())
    assert len(meta.tags) == 1
    assert meta.published == "2026-07-08T09:10:11+02:00"
    assert meta.status == "draft"
    assert meta.id.startswith("urn:uuid:")
