"""One site with one of every mistake, checked once; and what is remembered of a check."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.authored import NOW, Authored, Post
from tests.small_site import git

from sula.checks.codes import CODES, OTHER, code_of
from sula.checks.run import Check
from sula.errors import Finding
from sula.gather import look
from sula.theme import shipped_theme

FRONT = "---\ntitle: T\ndate: 2026-01-02\n{more}---\n{body}\n"


def text(body: str = "Words.", more: str = "") -> str:
    return FRONT.format(more=more, body=body)


BIG = "x" * 2_100_000
MISTAKES: dict[str, tuple[str, str, int]] = {
    # code: the file (or what is written where), its text, the line of the finding
    "import-mark": ("a.md", text("\n<!-- sula-import Liquid, line 3: {% x %} -->"), 6),
    "front-matter-missing": ("a.md", "Words.\n", 1),
    "front-matter-unclosed": ("a.md", "---\ntitle: T\n", 1),
    "front-matter-unreadable": ("a.md", "---\ntitle: A: b\n---\n", 2),
    "key-twice": ("a.md", text(more="title: U\n"), 4),
    "key-unknown": ("a.md", text(more="tittle: U\n"), 4),
    "key-unused": ("a.md", text(more="category: U\n"), 4),
    "control-character": ("a.md", text(more='summary: "a\\x07"\n'), 4),
    "title-missing": ("a.md", "---\ndate: 2026-01-02\n---\n", 1),
    "date-missing": ("a.md", "---\ntitle: T\n---\n", 1),
    "date-unreadable": ("a.md", "---\ntitle: T\ndate: 3/4/2026\n---\n", 3),
    "updated-before-date": ("a.md", text(more="updated: 2025-01-01\n"), 4),
    "id-wrong": ("a.md", text(more="id: x y\n"), 4),
    "id-twice": ("b.md", text(more="id: urn:x:twice\n"), 4),
    "slug-wrong": ("a.md", text(more="slug: a b\n"), 4),
    "address-twice": ("a.md", text(more="slug: taken\n"), 4),
    "address-reserved": ("../pages/a.md", "---\ntitle: T\nslug: archive\n---\n", 3),
    "tag-twice": ("a.md", text(more="tags: [own, Own]\n"), 4),
    "tag-blanks": ("a.md", text(more="tags: own words\n"), 4),
    "tag-spelling": ("a.md", text(more="tags: [USUAL]\n"), 4),
    "enclosure-wrong": ("a.md", text(more="enclosure: x.zip\n"), 4),
    "template-unknown": ("a.md", text(more="template: home\n"), 4),
    "redirect-wrong": ("a.md", text(more="redirect_from: [/posts/taken/]\n"), 4),
    "value-wrong": ("a.md", text(more="draft: perhaps\n"), 4),
    "link-missing": ("a.md", text("[x](no.md)"), 5),
    "link-draft": ("a.md", text("[x](draft.md)"), 5),
    "link-outside": ("a.md", text("[x](../../../x.md)"), 5),
    "link-unclear": ("a.md", text("[x](about)"), 5),
    "link-anchor": ("a.md", text("[x](taken.md#beginnin)"), 5),
    "link-address": ("a.md", text("\n[x](/posts/takn/)"), 6),
    "link-script": ("a.md", text('<a href="javascript:go()">x</a>'), 5),
    "link-scheme": ("a.md", text("[x](//cdn.example/x)"), 5),
    "image-alt": ("a.md", text("![](https://x.example/p.png){width=6 height=4}"), 5),
    "image-size": ("a.md", text('x\n<img alt="x" src="https://x.example/p.png">'), 6),
    "image-large": ("big.png", BIG, 0),
    "heading-order": ("a.md", text("## A\n\n#### B"), 7),
    "heading-top": ("a.md", text("# A"), 5),
    "fence-unclosed": ("a.md", text("Words\n\n```python\nx = 1"), 7),
    "template-syntax": ("a.md", text("A line.\nSay {{ name }} here."), 6),
    "more-misplaced": ("a.md", text("<!--more-->\n\nx\n\n<!--more-->"), 9),
    "footnote": ("a.md", text("x[^1]"), 5),
    "language-unknown": ("a.md", text("```klingon\nx\n```"), 5),
    "math-unset": ("a.md", text("$\\frac{1}{$"), 5),
    "file-encoding": ("a.md", "\0", 1),
    "redirects-file": ("../../redirects.txt", "/old/\n", 1),
    "file-elsewhere": ("../a.md", "# A\n", 0),
}
ELSEWHERE = {
    "file-name", "file-unreadable", "file-link", "file-submodule", "file-conflict", "git-silent",
    "setting-unknown", "theme-contract", "feed-refused", "link-dead", "link-moved", OTHER,
}  # fmt: skip
"""Codes that other tests show, or that a machine would have to be broken for."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authored, list[Finding]]:
    """Each mistake in files named after its code, in one site that is checked once."""
    site = Authored(tmp_path_factory.mktemp("mistakes") / "site")
    site.save(Post("posts/taken.md", "Taken", body="## Beginning\n\nWords."))
    site.save(Post("posts/draft.md", "Draft", more={"draft": True}))
    for number in range(2):
        site.save(Post(f"posts/usual{number}.md", "U", more={"tags": ["usual"]}))
    site.save(Post("posts/first.md", "F", more={"id": "urn:x:twice"}))
    for code, (name, body, _) in MISTAKES.items():
        site.put(place(code, name), body)
    return site, Check(site.look(), NOW).findings()


def place(code: str, name: str) -> str:
    if name.endswith("redirects.txt"):
        return "redirects.txt"
    folder = {"../pages/a.md": "pages", "../a.md": "."}.get(name, "posts")
    suffix = "png" if name.endswith("png") else "md"
    return str(Path("content") / folder / f"x-{code}.{suffix}")


def test_every_code_has_a_mistake() -> None:
    assert set(MISTAKES) | ELSEWHERE == set(CODES)
    assert len(CODES) == len(set(CODES))


@pytest.mark.parametrize("code", sorted(MISTAKES))
def test_a_mistake_is_found_where_it_is(found: tuple[Authored, list[Finding]], code: str) -> None:
    path, line = place(code, MISTAKES[code][0]), MISTAKES[code][2]
    here = [finding for finding in found[1] if finding.path == path]
    assert [(f.code, f.line) for f in here if f.code == code] == [(code, line)], here
    # Nothing is said twice in other words.
    assert {f.code for f in here} <= {code, "tag-spelling"}, here


def test_no_finding_lacks_a_code(found: tuple[Authored, list[Finding]]) -> None:
    assert [f for f in found[1] if f.code in {"", OTHER}] == []
    assert code_of("who would say such a thing?") == OTHER


def test_a_column_is_said_where_it_is_known(found: tuple[Authored, list[Finding]]) -> None:
    (syntax,) = [f for f in found[1] if f.code == "template-syntax"]
    assert str(syntax).startswith("content/posts/x-template-syntax.md:6:5: warning: '{{ name }}'")
    assert str(syntax).endswith(" [template-syntax]")


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
            "content/posts/three.md:1: warning: it redirects /old/, as posts/four.md does: keep "
            "one of the two [redirect-wrong]"
        ),
        "content/posts/two.md:6: warning: nothing is published at /oldest/ [link-address]",
    ]


def test_warnings_are_silenced_by_site_and_by_post(site: Authored) -> None:
    expected = ["one image-alt", "one link-address", "one template-syntax", "two link-anchor"]
    assert sorted(codes(site)) == expected
    site.settings["CHECK_IGNORE"] = ("link-anchor", "no-such-code")
    site.save_settings()
    site.save(Post("posts/one.md", "One", body="## A\n\n![](/x.png){width=6 height=4} {{ raw }}",
                   more={"check_ignore": ["image-alt", "link-address"]}))  # fmt: skip
    assert sorted(codes(site)) == ["one template-syntax", "pelicanconf setting-unknown"]


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
    (site.root / "mine/templates/home.html").write_text("{% nonsense %}", "utf-8")
    site.put(
        "mine/templates/article.html", (shipped_theme() / "templates/article.html").read_text()
    )
    found = Check(site.look(), NOW).findings()
    assert ("mine/templates/home.html", 1, "error") in {(f.path, f.line, f.severity) for f in found}
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
    other = tmp_path / "other"
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
    assert " [image-alt]\n" in done.stderr
