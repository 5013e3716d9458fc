"""What was written, when, about what: counted by hand beside what is counted."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, date
from pathlib import Path
from zoneinfo import ZoneInfo

import lxml.etree
import pytest
from tests.authored import Authored, Post

from sula.authoring import stats_chart
from sula.authoring.stats import Gap, Stats, _words_by_day, history
from sula.commands import run_stats
from sula.content.gather import look

TODAY = date(2026, 5, 20)


def commit(site: Authored, when: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when,
                    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}  # fmt: skip
    for command in (["add", "--all"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b.example", *command],
                       cwd=site.root, check=True, env=environment)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Authored:
    site = Authored(tmp_path_factory.mktemp("stats") / "site")
    site.settings["TIMEZONE"] = "Europe/Vienna"
    site.save_settings()
    (site.root / ".gitignore").write_text("/.sula/\n", "utf-8")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=site.root, check=True)
    body = "One two three.\n\n-- a line like a hunk's\n+++ another\n@@ -1 +1 @@ a third"
    site.save(Post("posts/a.md", "A", "2026-01-05", body, {"tags": ["x", "y"]}))
    commit(site, "2026-01-05T12:00:00Z")
    site.save(Post("posts/a.md", "A", "2026-01-05", "One two three.", {"tags": ["x", "y"]}))
    site.save(Post("posts/b.md", "B", "2026-03-01", "四つの字 and two.", {"tags": ["x"]}))
    commit(site, "2026-01-05T23:30:00Z")  # already the 6th in Vienna
    site.rename("posts/b.md", "posts/c.md")
    site.save(Post("posts/draft.md", "D", "2026-03-02", "No.", {"draft": True}))
    site.save(Post("posts/late.md", "L", "2030-03-02", "No."))
    commit(site, "2026-02-01T12:00:00Z")
    return site


def test_words_are_those_of_lines_that_came_less_those_that_went(site: Authored) -> None:
    words = history(site.root / "content", ZoneInfo("Europe/Vienna"))
    # Front matter is written, too: title, date and tags of each.
    assert words is not None
    assert words.keys() == {date(2026, 1, 5), date(2026, 1, 6), date(2026, 2, 1)}
    assert words[date(2026, 1, 5)] == _words(site, "posts/a.md") + 10
    assert words[date(2026, 1, 6)] == _words(site, "posts/c.md") - 10
    assert words[date(2026, 2, 1)] == _words(site, "posts/draft.md") + _words(site, "posts/late.md")


def _words(site: Authored, path: str) -> int:
    from sula.markdown.structure import count_words

    text = (site.root / "content" / path).read_text("utf-8")
    return sum(count_words(line) for line in text.splitlines())


def test_posts_gaps_and_tags(site: Authored) -> None:
    stats = run_stats(look(site.root, since=0), TODAY)
    assert (stats.count, stats.versioned) == (2, True)
    assert list(stats.posts.items()) == [
        (date(2026, 1, 1), 1), (date(2026, 2, 1), 0), (date(2026, 3, 1), 1),
    ]  # fmt: skip
    assert stats.gaps == (
        Gap(80, date(2026, 3, 1), TODAY), Gap(55, date(2026, 1, 5), date(2026, 3, 1)),
    )  # fmt: skip
    assert stats.tags == {2026: {"x": 2, "y": 1}}
    data = stats.data()
    assert data["posts_per_month"] == {"2026-01": 1, "2026-02": 0, "2026-03": 1}
    assert data["longest_gaps"][0] == {"days": 80, "after": "2026-03-01", "before": "2026-05-20"}


def test_the_chart_says_it_in_lines_and_in_a_picture(site: Authored) -> None:
    stats = run_stats(look(site.root, since=0), TODAY)
    lines = list(stats_chart.lines(stats, "Notes", TODAY, lambda text, _: text))
    assert lines[0].startswith("Notes: 2 posts, ")
    assert "    80 days  2026-03-01 to today" in lines
    assert any(line.startswith("  2026-01  ███") and line.endswith(" 1") for line in lines)
    assert "  2026-02" in lines
    picture = lxml.etree.fromstring(stats_chart.svg(stats, "A & <B>", TODAY).encode())
    titles = picture.xpath("//*[local-name()='rect']/*[local-name()='title']/text()")
    assert "2026-01: 1" in titles
    assert len(titles) == 3 + 26 + 1
    assert "A & <B>" in (picture.findtext("{*}title") or "")


def test_nothing_yet_and_no_git() -> None:
    lines = list(stats_chart.lines(Stats(), "Notes", TODAY, lambda text, _: text))
    assert lines[0] == "Notes: 0 posts, 0 words"
    assert "git has no history" in lines[-1]
    assert lxml.etree.fromstring(stats_chart.svg(Stats(), "Notes", TODAY).encode()) is not None
    assert _words_by_day([], UTC) == {}
    assert history(Path("/"), UTC) is None
