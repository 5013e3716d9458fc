"""What is mended: those lines and no others, and twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.authored import NOW, Authored
from tests.small_site import git, tree

from sula.checks.fix import _replace, fix
from sula.checks.run import Check
from sula.content.gather import prepare
from sula.planning.identity import mint
from sula.planning.record import Record

SITE_ID = "tag:blog.example,2026:site"


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    return Authored(tmp_path / "site")


def mended(site: Authored, path: str, text: str) -> str:
    site.put(f"content/{path}", text)
    fix(site.look())
    return (site.root / "content" / path).read_bytes().decode("utf-8")


def test_an_identity_is_the_one_the_post_has(site: Authored) -> None:
    site.put("content/posts/a.md", "---\ntitle: A\ndate: 2026-01-02\n---\n\nWords.\n")
    before = prepare(site.look(), Record(), now=NOW).plan.jobs
    told = fix(site.look())
    identity = mint(SITE_ID, "posts/a.md")
    assert [str(one) for one in told] == [f"content/posts/a.md:4: id: {identity} is written down"]
    text = (site.root / "content/posts/a.md").read_text("utf-8")
    assert text == f"---\ntitle: A\ndate: 2026-01-02\nid: {identity}\n---\n\nWords.\n"
    after = prepare(site.look(), Record(), now=NOW).plan.jobs
    assert [job.id for job in after] == [job.id for job in before] == [identity]


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("date: 22 August 2018", "date: 2018-08-22 00:00:00"),
        ("date: 2018-8-2 9:05", "date: 2018-08-02 09:05:00"),
        ("date: 2018-08-22 19:52:08 +0200", "date: 2018-08-22 19:52:08+02:00"),
        ("date: Wed, 22 Aug 2018 19:52:08 GMT  ", "date: 2018-08-22 19:52:08"),
        ("date: 2018-08-22", "date: 2018-08-22"),
        ("date: 3/4/2018", "date: 3/4/2018"),
        ("date: 22 Aug 2018 # a remark", "date: 22 Aug 2018 # a remark"),
        ("date: 2018-01-02\ntags: a, A, b", "date: 2018-01-02\ntags: [a, b]"),
        ("date: 2018-01-02\ntags: [C++, 'x: y', c++]", "date: 2018-01-02\ntags: [C++, 'x: y']"),
        ("date: 2018-01-02\ntags: new york", "date: 2018-01-02\ntags: [new, york]"),
        ("date: 2018-01-02\ntag: new york", "date: 2018-01-02\ntag: new york"),
        ("date: 2018-01-02\ntags:\n- a\n- A", "date: 2018-01-02\ntags:\n- a\n- A"),
    ],
)
def test_lines_of_yaml(site: Authored, front: str, expected: str) -> None:
    text = mended(site, "posts/a.md", f"---\nid: urn:x\n{front}\ntitle: T\n---\nBody\n")
    assert text == f"---\nid: urn:x\n{expected}\ntitle: T\n---\nBody\n"


def test_line_ends_and_marks_stay(site: Authored) -> None:
    (site.root / "content/posts/a.md").write_bytes(
        b"\xef\xbb\xbfTitle: T\r\nDate: 1 Jan 2018\r\nTags: b; B\r\n\r\nBody\r\n"
    )
    fix(site.look())
    text = (site.root / "content/posts/a.md").read_bytes()
    identity = mint(SITE_ID, "posts/a.md").encode()
    assert text == (
        b"\xef\xbb\xbfTitle: T\r\nDate: 2018-01-01 00:00:00\r\nTags: b\r\nId: " + identity
        + b"\r\n\r\nBody\r\n"
    )  # fmt: skip


def test_the_spelling_used_most_is_written_everywhere(site: Authored) -> None:
    for name, tag in (("a", "Looms"), ("b", "looms"), ("c", "looms")):
        front = f"title: T\ndate: 2026-01-02\nid: urn:{name}\ntags: [{tag}]"
        site.put(f"content/posts/{name}.md", f"---\n{front}\n---\n")
    assert [f.code for f in Check(site.look(), NOW).findings() if "tag" in f.code]
    (one,) = fix(site.look())
    assert str(one) == "content/posts/a.md:5: tags: [Looms] is now [looms]"
    assert not [f for f in Check(site.look(), NOW).findings() if "tag" in f.code]


def test_a_post_that_was_renamed_is_left_to_its_author(site: Authored) -> None:
    site.put("content/posts/old.md", "---\ntitle: T\ndate: 2026-01-02\n---\nWords enough.\n")
    git(site.root, "init", "-q", "-b", "main")
    git(site.root, "add", "--all")
    git(site.root, "commit", "-q", "-m", "x")
    git(site.root, "mv", "content/posts/old.md", "content/posts/new.md")
    git(site.root, "commit", "-q", "-m", "y")
    assert fix(site.look()) == []


def test_no_identity_is_written_where_git_does_not_answer(site: Authored) -> None:
    site.put("content/posts/a.md", "---\ntitle: A\ndate: 1 May 2026\n---\n")
    site.put(".git", "gitdir: /nowhere/at/all\n")
    assert [one.message for one in fix(site.look())] == [
        "date: 1 May 2026 is now 2026-05-01 00:00:00"
    ]


def test_what_a_hook_says_leads_git_nowhere_else(
    site: Authored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.put("content/posts/old.md", "---\ntitle: T\ndate: 2026-01-02\n---\nWords enough.\n")
    git(site.root, "init", "-q", "-b", "main")
    git(site.root, "add", "--all")
    git(site.root, "commit", "-q", "-m", "x")
    git(site.root, "mv", "content/posts/old.md", "content/posts/new.md")
    git(site.root, "commit", "-q", "-m", "y")
    git(tmp_path, "init", "-q", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    assert fix(site.look()) == []


def test_a_text_is_replaced_whole_and_not_over_a_newer_one(tmp_path: Path) -> None:
    path, link = tmp_path / "a.md", tmp_path / "b.md"
    path.write_text("old", "utf-8")
    path.chmod(0o640)
    link.symlink_to("a.md")
    inode = path.stat().st_ino
    assert _replace(link, "old", "new")
    assert (link.is_symlink(), path.read_text("utf-8")) == (True, "new")
    assert path.stat().st_ino != inode
    assert path.stat().st_mode & 0o777 == 0o640
    assert not _replace(path, "old", "older still")
    assert path.read_text("utf-8") == "new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.md", "b.md"]


def test_what_cannot_be_read_is_left_alone(site: Authored) -> None:
    for name, text in (
        ("a", "---\ntitle: A: b\n---\n"),
        ("b", "no front matter"),
        ("c", "+++\ntitle = 'x'\ndate = 2018-1-2\n+++\n"),
    ):
        site.put(f"content/posts/{name}.md", text)
    before = tree(site.root / "content")
    assert fix(site.look()) == []
    assert tree(site.root / "content") == before


WORDS = st.sampled_from(["a", "A", "b c", "B  C", "x,y", "'q'", "#t", "[", "é"])
LINES = st.sampled_from([
    "title: T", "date: 1 May 2018", "date: 2018-1-2", "updated: 3 June 2019", "", "  more", "- x",
    "id: urn:x", "slug: s", "tags:", "# remark", "---", "Title: P",
])  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(LINES, max_size=7), st.lists(WORDS, max_size=4), st.sampled_from(["\n", "\r\n"]))
def test_mending_twice_is_mending_once_and_harms_no_text(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], tags: list[str], end: str
) -> None:
    site = Authored(tmp_path_factory.mktemp("fix") / "site")
    text = end.join(["---", *lines, f"tags: {', '.join(tags)}", "---", "", "Body: text", ""])
    (site.root / "content/posts/a.md").write_bytes(text.encode())
    errors = [f for f in prepare(site.look(), Record(), now=NOW).findings if f.severity == "error"]
    fix(site.look())
    once = (site.root / "content/posts/a.md").read_bytes()
    assert fix(site.look()) == []
    assert once.endswith(f"Body: text{end}".encode())
    after = [f for f in prepare(site.look(), Record(), now=NOW).findings if f.severity == "error"]
    assert len(after) <= len(errors)
