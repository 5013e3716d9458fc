"""What an import promises, whatever the old site: read only, repeatable, the author's word last."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_site import tree

from sula.content.meta import read_source
from sula.errors import ConfigError
from sula.importers import blocks, kramdown, liquid, pymarkdown, shortcodes
from sula.importers.command import import_lines, run_import
from sula.importers.front import split_front
from sula.importers.marks import Marks
from sula.importers.text import read
from sula.site.settings import load_settings


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "_posts").mkdir(parents=True)
    (folder / "_config.yml").write_text("url: https://old.example\n", "utf-8")
    for day in (1, 2):
        post = f"---\ntitle: Day {day}\n---\nWords {day}.\n"
        (folder / f"_posts/2020-01-0{day}-day-{day}.md").write_text(post, "utf-8")
    return folder


def test_what_the_author_edited_or_removed_since_stands(old: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    run_import("jekyll", old, new)
    first, second = sorted((new / "content/posts").iterdir())
    first.write_text("---\ntitle: Mine\ndate: 2020-01-01\n---\n", "utf-8")
    second.unlink()
    (old / "_posts/2020-01-03-more.md").write_text("---\ntitle: More\n---\nx\n", "utf-8")
    again = run_import("jekyll", old, new)
    assert again.written.edited == (f"content/posts/{first.name}",)
    assert again.written.deleted == (f"content/posts/{second.name}",)
    assert again.written.written == ("content/posts/2020-01-03-more.md",)
    assert "title: Mine" in first.read_text("utf-8")
    told = "\n".join(import_lines(again, new))
    assert "edited since, and left as it is" in told
    assert "Next: cd " in told


def test_ids_are_taken_over_from_a_feed_that_is_named(old: Path, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        '<rss version="2.0"><channel><item><link>https://old.example/2020/01/01/day-1.html</link>'
        "<guid>tag:old.example,2020:1</guid></item><item>"
        "<link>https://old.example/2020/01/02/day-2.html</link><guid>no good</guid></item>"
        "</channel></rss>",
        "utf-8",
    )
    imported = run_import("jekyll", old, tmp_path / "new", feeds=(feed,))
    assert imported.report.counts["ids from the old feed"] == 1
    first = (tmp_path / "new/content/posts/2020-01-01-day-1.md").read_text("utf-8")
    assert '\nid: "tag:old.example,2020:1"\n' in first
    assert any("'no good', which can be no id" in i.message for i in imported.report.items)
    feed.write_text("{}", "utf-8")
    with pytest.raises(ConfigError, match="is no feed"):
        run_import("jekyll", old, tmp_path / "other", feeds=(feed,))


def test_a_folder_within_the_other_is_refused(old: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    for folder in (old / "new", old, tmp_path):
        with pytest.raises(ConfigError, match="lie within each other"):
            run_import("jekyll", old, folder)
    with pytest.raises(ConfigError, match="is it a Hugo site"):
        run_import("hugo", old, tmp_path / "new")
    with pytest.raises(ConfigError, match="there is no folder"):
        run_import("hugo", tmp_path / "none", tmp_path / "new")
    assert tree(tmp_path) == before


def test_without_an_address_the_remedy_is_said(old: Path, tmp_path: Path) -> None:
    (old / "_config.yml").write_text("title: Mine\n", "utf-8")
    with pytest.raises(ConfigError, match=r"add --url https://THE\.OLD\.ADDRESS"):
        run_import("jekyll", old, tmp_path / "new")
    run_import("jekyll", old, tmp_path / "new", url="https://said.example/blog")
    assert load_settings(tmp_path / "new").site.url == "https://said.example"


def test_a_link_out_of_the_old_folder_is_not_followed(old: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (old / "leak.txt").symlink_to(tmp_path / "secret.txt")
    imported = run_import("jekyll", old, tmp_path / "new")
    assert not (tmp_path / "new/content/leak.txt").exists()
    assert any(item.source == "leak.txt" for item in imported.report.of("left out"))


def test_a_damaged_report_is_not_guessed_at(old: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new/import-report.json").write_text("[]", "utf-8")
    with pytest.raises(ConfigError, match="is damaged"):
        run_import("jekyll", old, tmp_path / "new")


def test_a_very_long_post_comes_over_whole(old: Path, tmp_path: Path) -> None:
    words = "A line of words, a [link](/x), `code` and *more*.\n\n> quoted\n\n    indented\n\n"
    body = words * (1_700_000 // len(words))
    (old / "_posts/2020-02-01-long.md").write_text(f"---\ntitle: Long\n---\n{body}", "utf-8")
    run_import("jekyll", old, tmp_path / "new")
    made = (tmp_path / "new/content/posts/2020-02-01-long.md").read_text("utf-8")
    assert made.endswith(body.rstrip() + "\n")


def test_other_encodings_are_read() -> None:
    assert read("Grüße".encode("cp1252"))[0] == "Grüße"
    assert read("Grüße".encode("utf-16"))[0] == "Grüße"


def test_the_report_counts_what_there_is(old: Path, tmp_path: Path) -> None:
    (old / "_posts/2020-03-01-x.md").write_text("{% mystery %}\n", "utf-8")
    run_import("jekyll", old, tmp_path / "new")
    data = json.loads((tmp_path / "new/import-report.json").read_bytes())
    assert (data["counts"]["posts"], data["counts"]["to decide"]) == (3, 1)
    text = (tmp_path / "new/import-report.md").read_text("utf-8")
    assert "## To decide (1)" in text
    assert "`content/posts/2020-03-01-x.md:" in text


BITS = st.sampled_from([
    *"""{{ }} {% %} {%raw%} {%endraw%} {%if%} {%endif%} {%for x in y%} {%highlight%} {{< >}} {{% %}}
    {{</*x*/>}} {: .a} {:toc} ``` ~~~ ` <div <div> </div> <!-- --> <pre> </pre> <script> ]]> $$ $
    \\\\( \\\\) [^1] [^1]: [a](b) ![ ]( javascript: > - 1. # --- +++ :::py #!x *[A]: {filename}
    """.split(),
    *("\n", "\n\n", "    ", "\t", " ", "x", "é", "\u200b", "<!--more-->", "title: a: b"),
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(BITS, max_size=40).map("".join))
def test_whatever_stands_in_a_text_it_is_converted(text: str) -> None:
    def tell(*_: str) -> None:
        """Nobody listens."""

    front = split_front(f"---\n{text}\n---\n{text}")
    assert front.body_line >= 1
    makes: tuple[Callable[[str, Marks], str], ...] = (
        lambda t, m: liquid.render(t, liquid.Surroundings(site={}), m, page={}),
        lambda t, m: shortcodes.render(t, shortcodes.Surroundings(), m),
        lambda t, _: blocks.settle(kramdown.convert(t, tell, dollars=True)),
        lambda t, _: pymarkdown.convert(t, tell),
        lambda t, _: blocks.whole(t),
    )
    for make in makes:
        marks = Marks()
        made = marks.release(make(text, marks))
        assert "\ufdd0" not in made
        source, findings = read_source("posts/x.md", made, RULES)
        assert source is not None or findings


RULES = load_settings(Path(__file__).parents[3]).rules
