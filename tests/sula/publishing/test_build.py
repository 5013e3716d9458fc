"""``sula build``: the whole site into a folder, with the real theme, Pelican and edgefeed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.authored import NOW, Authored, Post
from tests.small_site import built

from sula.content.gather import look
from sula.errors import ConfigError, ContentError
from sula.publishing.build import MARKER, build
from sula.rendering.render import render


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.settings.pop("THEME")
    site.save_settings()
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", more={"tags": ["a"]}))
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00", "See [one](one.md)."))
    site.put("content/images/a.svg", "<svg/>")
    return site


def run(site: Authored, out: Path) -> tuple[int, int, int]:
    done = build(look(site.root, since=NOW), out, now=site.now)
    assert not done.warnings
    return done.written, done.unchanged, done.removed


def test_pages_files_assets_lists_and_feeds_share_one_tree(site: Authored, tmp_path: Path) -> None:
    out = tmp_path / "out"
    written, unchanged, removed = run(site, out)
    names = built(out)
    assert (written, unchanged, removed) == (len(names), 0, 0)
    for name in (
        "index.html", "feed.xml", "atom.xml", "feed.json", "sitemap.xml", "404.html",
        "posts/one/index.html", "tags/index.html", "tags/a/feed.xml", "archive/2026/index.html",
        "images/a.svg",
    ):  # fmt: skip
        assert name in names, name
    assert any(name.startswith("theme/style.") for name in names)
    assert not any(name.startswith(("pages/", "lists/", "state/")) for name in names)
    titles = [item["title"] for item in json.loads(names["feed.json"])["items"]]
    assert titles == ["Two", "One"]


def test_a_second_build_equals_a_first_and_writes_what_changed(
    site: Authored, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(site, out)
    assert run(site, out)[0] == 0
    site.save(Post("posts/two.md", "Zwei", "2026-01-02 09:00"))
    site.remove("posts/one.md")
    written, unchanged, removed = run(site, out)
    assert written
    assert unchanged
    assert removed
    run(site, tmp_path / "clean")
    assert built(out) == built(tmp_path / "clean")
    assert not (out / "posts/one").exists()


def test_old_addresses_lead_on_and_stand_in_nobodys_way(site: Authored, tmp_path: Path) -> None:
    old = ["/2019/one.html", "/old/", "/posts/two/", "/posts/one", "/feeds/all.rss", "/a/../../b/"]
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", more={"redirect_from": old}))
    site.put("redirects.txt", "/away/ https://a.example/?b&c 302\n/gone/ 410\n/images/a.svg/x/ /\n")
    out = tmp_path / "out"
    build(look(site.root, since=NOW), out, now=site.now)
    names = built(out)
    for name in ("2019/one.html", "old/index.html"):
        page = names[name].decode()
        assert '<meta http-equiv="refresh" content="0; url=/posts/one/">' in page
        assert f'<link rel="canonical" href="{site.settings["SITEURL"]}/posts/one/">' in page
    assert b"url=https://a.example/?b&amp;c" in names["away/index.html"]
    assert b"http-equiv" not in names["posts/two/index.html"]
    assert not any(name.startswith(("gone", "feeds")) for name in names)
    assert b"<svg/>" in names["images/a.svg"]
    lines = names["_redirects"].decode().splitlines()
    assert "/feeds/all.rss /posts/one/ 301" in lines
    assert {"/old /posts/one/ 301", "/old/ /posts/one/ 301"} <= {*lines}
    assert not (tmp_path / "b").exists()
    urls = {item["url"] for item in json.loads(names["feed.json"])["items"]}
    assert len(urls) == 2
    assert b"/old/" not in names["sitemap.xml"]

    site.save(Post("posts/one.md", "One", "2026-01-01 09:00"))
    site.put("redirects.txt", "")
    site.put("content/_redirects", "/my /own\n")
    build(look(site.root, since=NOW), out, now=site.now)
    assert not (out / "old").exists()
    assert built(out)["_redirects"] == b"/my /own\n"


@pytest.mark.parametrize("name", ["content", "content/new", "theme", "theme/new"])
def test_a_site_is_not_built_into_what_it_is_made_from(site: Authored, name: str) -> None:
    with pytest.raises(ConfigError, match="build into another folder"):
        run(site, site.root / name)
    assert not (site.root / name / MARKER).exists()


def test_pages_that_are_noted_where_they_are_made_give_the_same_lists(
    site: Authored, tmp_path: Path
) -> None:
    site.put("content/by-hand/index.html", "<head><title>Not a post</title></head>")
    checkout = look(site.root, since=NOW)
    build(checkout, tmp_path / "noted", now=site.now)
    build(checkout, tmp_path / "read", now=site.now, render=render)
    assert built(tmp_path / "noted") == built(tmp_path / "read")


def test_templates_are_compiled_once(site: Authored, tmp_path: Path) -> None:
    site.settings["SITENAME"] = "Where no other test has compiled anything"
    site.save_settings()
    run(site, tmp_path / "out")
    kept = {path: path.stat().st_ino for path in (site.root / ".sula/templates").rglob("*")}
    assert len(kept) > 10
    run(site, tmp_path / "again")
    assert {path: path.stat().st_ino for path in kept} == kept


def test_pinning_a_post_changes_the_home_page_and_its_own_and_no_feed(
    site: Authored, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(site, out)
    before = built(out)
    site.save(Post("posts/one.md", "One", "2026-01-01 09:00", more={"tags": ["a"], "pinned": True}))
    run(site, out)
    after = built(out)
    home = after["index.html"].decode()
    assert 0 < home.index(">One<") < home.index("Pinned") < home.index(">Two<")
    changed = {name for name in after if before.get(name) != after[name]} - {MARKER}
    assert changed == {"index.html", "posts/one/index.html"}
    assert before.keys() == after.keys()


def test_a_rename_keeps_the_identity_here_too(site: Authored, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(site, out)
    before = {i["title"]: i["id"] for i in json.loads(built(out)["feed.json"])["items"]}
    site.rename("posts/one.md", "posts/uno.md")
    site.save(Post("posts/two.md", "Two", "2026-01-02 09:00"))
    run(site, out)
    after = {i["title"]: i["id"] for i in json.loads(built(out)["feed.json"])["items"]}
    assert after == before


def test_a_file_may_become_a_folder_and_a_folder_a_file(site: Authored, tmp_path: Path) -> None:
    out = tmp_path / "out"
    site.put("content/data", "one")
    site.put("content/more/b.txt", "two")
    run(site, out)
    site.remove("data")
    site.remove("more/b.txt")
    (site.root / "content/more").rmdir()
    site.put("content/data/a.txt", "one")
    site.put("content/more", "two")
    run(site, out)
    run(site, tmp_path / "clean")
    assert built(out) == built(tmp_path / "clean")
    assert (out / "data/a.txt").read_text("utf-8") == "one"
    assert (out / "more").read_text("utf-8") == "two"
    assert not list((site.root / ".sula").glob("build-*"))


def test_a_folder_with_other_things_is_left_alone(site: Authored, tmp_path: Path) -> None:
    mine = tmp_path / "out/thesis.txt"
    mine.parent.mkdir()
    mine.write_text("do not touch", "utf-8")
    with pytest.raises(ConfigError, match="not empty and was not made by `sula build`"):
        run(site, mine.parent)
    assert built(mine.parent) == {"thesis.txt": b"do not touch"}


def test_what_others_put_beside_a_build_stays_and_is_never_overwritten(
    site: Authored, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(site, out)
    (out / "CNAME").write_text("blog.example", "utf-8")
    run(site, out)
    assert (out / "CNAME").read_text("utf-8") == "blog.example"
    site.put("content/CNAME", "other.example")
    with pytest.raises(ConfigError, match="CNAME was not made by `sula build`"):
        run(site, out)
    assert (out / "CNAME").read_text("utf-8") == "blog.example"


def test_content_that_does_not_build_leaves_the_folder_as_it_was(
    site: Authored, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(site, out)
    before = built(out)
    site.save(Post("posts/bad.md", "Bad", "someday"))
    with pytest.raises(ContentError, match=r"content/posts/bad\.md:3:7: "):
        run(site, out)
    assert built(out) == before


def test_a_damaged_marker_is_said(site: Authored, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(site, out)
    (out / MARKER).write_text("{", "utf-8")
    with pytest.raises(ConfigError, match="is damaged"):
        run(site, out)


def test_a_theme_without_a_template_of_lists_builds_nothing(tmp_path: Path) -> None:
    site = Authored(tmp_path / "site")  # its own theme is for pages alone
    with pytest.raises(ContentError, match=r"theme/templates/home\.html:1: the theme lacks home"):
        run(site, tmp_path / "out")
    assert not (tmp_path / "out").exists()
