"""A check of a site: what it looks at together, what it remembers, what it is silent about."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.authored import NOW, Authored, Post
from tests.small_site import git

from sula.checks.run import Check
from sula.content.gather import look
from sula.site.theme import shipped_theme


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.settings.pop("THEME")
    site.save_settings()
    site.save(
        Post("posts/one.md", "One", body="## A part\n\n![](/x.png){width=6 height=4} {{ raw }}")
    )
    site.save(Post("posts/two.md", "Two", body="[there](one.md#a-part) [gone](one.md#b)"))
    return site


def codes(site: Authored, now: float = NOW) -> list[str]:
    return [f"{Path(f.path).stem} {f.code}" for f in Check(site.look(), now).findings()]


def test_an_old_address_has_one_owner(site: Authored) -> None:
    for name in ("three", "four"):
        site.save(Post(f"posts/{name}.md", name, more={"redirect_from": ["/old/"]}))
    site.put("redirects.txt", "/older/ /posts/two/\n")
    site.save(Post("posts/two.md", "Two", body="[a](/old) [b](/older/) [c](/oldest/)"))
    found = [str(f) for f in Check(site.look(), NOW).findings() if "one.md" not in f.path]
    assert found == [
        (
            "content/posts/three.md:4:16: warning: it redirects /old/, as posts/four.md does: keep "
            "one of the two [redirect-wrong]"
        ),
        "content/posts/two.md:6:28: warning: nothing is published at /oldest/ [link-address]",
    ]


def test_every_old_address_that_is_a_page_of_today_is_told(site: Authored) -> None:
    old = ["/posts/one/", "/old/", "/posts/two"]
    site.save(Post("posts/three.md", "Three", more={"redirect_from": old}))
    found = [f.message for f in Check(site.look(), NOW).findings() if "three.md" in f.path]
    assert found == [
        "redirect_from: /posts/one/ is the address of posts/one.md; it stays that",
        "redirect_from: /posts/two is the address of posts/two.md; it stays that",
    ]


def test_a_picture_that_is_none_is_told(site: Authored) -> None:
    site.put("content/images/empty.jpg", "")
    site.put("content/images/page.png", "<!doctype html>")
    site.put("content/images/plain.svg", "<svg/>")
    found = {f.path: f.message for f in Check(site.look(), NOW).findings() if "images" in f.path}
    assert {path.rpartition("/")[2] for path in found} == {"empty.jpg", "page.png", "plain.svg"}
    assert found["content/images/page.png"].endswith("no image: save it anew")
    assert found["content/images/plain.svg"].endswith("or a viewBox")


def test_warnings_are_silenced_by_site_and_by_post(site: Authored) -> None:
    expected = ["one image-alt", "one link-address", "one template-syntax", "two link-anchor"]
    assert sorted(codes(site)) == expected
    site.settings["CHECK_IGNORE"] = ("link-anchor", "no-such-code")
    site.save_settings()
    site.save(Post("posts/one.md", "One", body="## A\n\n![](/x.png){width=6 height=4} {{ raw }}",
                   more={"check_ignore": ["image-alt", "link-address"]}))  # fmt: skip
    assert sorted(codes(site)) == ["one template-syntax", "pelicanconf code-unknown"]


def test_an_error_cannot_be_silenced(site: Authored) -> None:
    site.save(Post("posts/one.md", "One", "someday", more={"check_ignore": "date-unreadable"}))
    assert "one date-unreadable" in codes(site)


def test_what_is_remembered_is_what_would_be_found(site: Authored) -> None:
    fresh = codes(site)
    assert codes(site) == fresh
    site.save(Post("posts/one.md", "One", body="## B\n\n## A part"))
    again = codes(site)
    assert again == []
    for cache in (site.root / ".sula").glob("check*"):
        cache.write_bytes(b"damaged")
    assert codes(site) == again
    # The time of a post comes, though no file changes.
    site.save(Post("posts/late.md", "Late", "2027-06-01 09:00"))
    site.save(Post("posts/two.md", "Two", body="[later](late.md)"))
    assert codes(site) == ["two link-draft"]
    assert codes(site, NOW + 365 * 86400) == []


def test_the_theme_is_read_as_edgefeed_reads_it(site: Authored) -> None:
    shutil.copytree(shipped_theme(), site.root / "mine")
    site.settings["THEME"] = "mine"
    site.save_settings()
    assert "theme-contract" not in {f.code for f in Check(site.look(), NOW).findings()}
    site.put("mine/templates/article.html", "<title>{{ post.title }}</title>{{ post.content }}")
    found = Check(site.look(), NOW).findings()
    assert any("rel=canonical" in f.message and f.code == "theme-contract" for f in found)
    assert any("does not describe itself" in f.message for f in found), found
    self_description = """<!doctype html><html lang="en"><head><title>x</title>
        <script type="application/ld+json">{"@context": "https://schema.org",
        "@type": "BlogPosting", "@id": "{{ post.id }}", "url": "{{ post.canonical }}",
        "headline": "x", "datePublished": "someday"}</script></head>
        <body><div class="e-content">x</div></body></html>"""
    site.put("mine/templates/article.html", self_description)
    found = Check(site.look(), NOW).findings()
    assert any(f.code == "feed-refused" for f in found), found
    site.put("mine/templates/article.html", "<title>x</title>{{ post.nonsense }}")
    found = Check(site.look(), NOW).findings()
    assert any("nonsense" in f.message and f.severity == "error" for f in found), found
    site.put("mine/templates/article.html", "")
    found = Check(site.look(), NOW).findings()
    assert any("page is empty" in f.message and f.severity == "error" for f in found), found
    (site.root / "mine/templates/home.html").write_text("{% nonsense %}", "utf-8")
    site.put(
        "mine/templates/article.html", (shipped_theme() / "templates/article.html").read_text()
    )
    found = Check(site.look(), NOW).findings()
    assert ("mine/templates/home.html", 1, "error") in {(f.path, f.line, f.severity) for f in found}
    site.put("mine/templates/home.html", "<p>\n{{ listing.totl }}")
    found = Check(site.look(), NOW).findings()
    assert ("mine/templates/home.html", 2, "error") in {(f.path, f.line, f.severity) for f in found}
    (site.root / "mine/templates/home.html").unlink()
    found = Check(site.look(), NOW).findings()
    assert any("the theme lacks home.html" in f.message for f in found)


def test_files_that_cannot_be_published(site: Authored, tmp_path: Path) -> None:
    content = site.root / "content"
    (content / "gone.png").symlink_to("nowhere.png")
    (content / "back\\slash.png").write_bytes(b"x")
    found = {(f.path, f.code) for f in Check(site.look(), NOW).findings()}
    assert ("content/gone.png", "file-link") in found
    assert ("content/back\\slash.png", "file-name") in found
    git(site.root, "init", "-q", "-b", "main")
    git(site.root, "add", "--all")
    git(site.root, "commit", "-q", "-m", "x")
    other = tmp_path / "pelican"
    git(tmp_path, "init", "-q", str(other))
    git(other, "commit", "-q", "--allow-empty", "-m", "x")
    git(site.root, "submodule", "--quiet", "add", str(other), "content/sub")
    assert "file-submodule" in {f.code for f in Check(site.look(), NOW).findings()}


def test_many_are_looked_at_by_several_processes(tmp_path: Path) -> None:
    site = Authored(tmp_path / "site")
    for number in range(305):
        site.save(Post(f"posts/p{number}.md", f"P{number}", body="{{ x }}"))
    found = [f for f in Check(site.look(), NOW).findings() if f.code == "template-syntax"]
    assert len(found) == 305


def test_a_deploy_says_what_a_check_would(site: Authored) -> None:
    checkout = look(site.root, since=0)
    found = {f.code for f in Check(checkout, NOW).of(["posts/one.md"])}
    assert found == {"image-alt", "template-syntax"}


def test_the_command_prints_codes(site: Authored) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sula", "check"], cwd=site.root, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert " [image-alt]\n" in done.stdout  # what was asked for, and so for a pipe
