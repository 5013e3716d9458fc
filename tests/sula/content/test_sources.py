"""What is in the content directory, with git and without, as the same ids."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.small_site import copy_site, git
from tests.sula.checkouts import NAMES, fill, messages, repository

from sula.content.blobs import Blobs, blob_id
from sula.content.git import Git
from sula.content.leftovers import is_hidden
from sula.content.sources import _ORDINARY, _Survey, decode, markdown_elsewhere, read_text, scan
from sula.errors import CloudError, ConfigError


def test_git_and_reading_agree(tmp_path: Path) -> None:
    plain = scan(fill(tmp_path / "plain", *NAMES))
    asked = scan(repository(tmp_path / "git", *NAMES))
    assert (plain.from_git, asked.from_git) == (False, True)
    assert plain.blobs == asked.blobs
    assert set(plain.blobs) == set(NAMES)
    assert asked.commit == git(tmp_path / "git", "rev-parse", "HEAD").strip()
    assert plain.findings == asked.findings == ()


def test_what_git_knows_is_not_read(tmp_path: Path) -> None:
    root = repository(tmp_path, *NAMES)
    survey = _Survey(root / "content", "content", Blobs(root))
    asked = Git.find(root / "content")
    assert asked is not None
    survey.ask(asked, None)
    assert (len(survey.blobs), survey.hashed.read) == (len(NAMES), 0)
    fill(root, "posts/new.md")
    asked = Git.find(root / "content")
    assert asked is not None
    survey.ask(asked, None)
    assert (len(survey.blobs), survey.hashed.read) == (len(NAMES) + 1, 1)


def test_git_is_stopped_where_the_record_cannot_be_had(tmp_path: Path) -> None:
    root = repository(tmp_path, *NAMES)

    def nobody_answers() -> None:
        raise CloudError("no answer")

    with pytest.raises(CloudError):
        scan(root, known=nobody_answers)
    gc.collect()  # a process left to itself would complain, and the test fail


def test_dirty_new_removed_ignored_and_renamed(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a.md", "posts/b.md", "posts/c.md", "posts/d.md")
    content = root / "content"
    (root / ".gitignore").write_text("*.log\n", "utf-8")
    (content / "posts/a.md").write_text("changed\n", "utf-8")
    (content / "posts/b.md").unlink()
    git(root, "mv", "content/posts/c.md", "content/posts/C.md")
    fill(root, "posts/new.md", "posts/x.log")
    (content / "posts/d.md").write_text("staged\n", "utf-8")
    git(root, "add", "content/posts/d.md")
    (content / "posts/d.md").write_text("and changed again\n", "utf-8")
    blobs = scan(root).blobs
    assert set(blobs) == {"posts/a.md", "posts/C.md", "posts/new.md", "posts/d.md"}
    assert blobs["posts/a.md"] == blob_id(b"changed\n")
    assert blobs["posts/d.md"] == blob_id(b"and changed again\n")
    assert blobs["posts/C.md"] == blob_id(b"text of posts/c.md\n")


def test_a_site_in_a_corner_of_a_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo" / "sites" / "blog", "posts/a.md")
    shutil.rmtree(root / ".git")
    repository(tmp_path / "repo", "posts/other.md")
    (root / "content/posts/a.md").write_text("changed", "utf-8")
    assert scan(root).from_git
    assert scan(root).blobs == {"posts/a.md": blob_id(b"changed")}


@given(st.text(st.sampled_from("aZ0_./~# +%é\\\n\x7f-") | st.characters(), max_size=9))
@example("posts/.a")
@example("a/.b.md")
@example("a.swp")
@example("posts/a.tmp")
@example("#a#")
@example("Thumbs.db")
def test_what_needs_no_second_look_would_have_passed_it(path: str) -> None:
    for name in (path, f"posts/{path}", f"{path}.md", f"posts/{path}.orig"):
        if _ORDINARY(name):
            survey = _Survey(Path(), "content", Blobs(Path()))
            assert not is_hidden(name)
            assert survey._nameable(name)
            assert not survey.findings


def test_odd_entries_of_the_index_are_told_from_files(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a 0\tb.md", "posts/c.md")
    (root / "content/posts/link.md").symlink_to("c.md")
    git(root, "add", "-A")
    found = Git.find(root / "content")
    assert found is not None
    assert found.status.odd
    files, others = found.index()
    assert {path for _, path in files} == {"posts/a 0\tb.md", "posts/c.md"}
    assert [(entry.mode, entry.path) for entry in others] == [("120000", "posts/link.md")]


def test_before_the_first_commit(tmp_path: Path) -> None:
    root = fill(tmp_path, "posts/a.md")
    git(root, "init", "-q")
    found = scan(root)
    assert (found.from_git, found.commit, list(found.blobs)) == (True, "", ["posts/a.md"])


def test_a_hooks_environment_leads_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "a", "posts/a.md")
    other = repository(tmp_path / "b", "posts/b.md")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert list(scan(root).blobs) == ["posts/a.md"]


def test_a_shallow_clone_knows_as_much(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", *NAMES)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "b")
    assert scan(tmp_path / "b") == scan(root)


def test_line_ends_that_git_converts_are_no_change(tmp_path: Path) -> None:
    root = fill(tmp_path / "a", "posts/a.md")
    (root / ".gitattributes").write_text("*.md text eol=crlf\n", "utf-8")
    repository(root)
    git(tmp_path, "clone", "-q", str(root), "b")
    copy = tmp_path / "b"
    assert (copy / "content/posts/a.md").read_bytes().endswith(b"\r\n")
    assert scan(copy).blobs == {"posts/a.md": blob_id(b"text of posts/a.md\n")}
    assert read_text(copy, "content", "posts/a.md") == ("text of posts/a.md\n", [])


def test_a_merge_conflict_is_an_error(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a.md")
    git(root, "checkout", "-q", "-b", "side")
    for branch, text in (("side", "one"), ("main", "two")):
        git(root, "checkout", "-q", branch)
        (root / "content/posts/a.md").write_text(text, "utf-8")
        git(root, "commit", "-q", "-a", "-m", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "-q", "side")
    expected = "error content/posts/a.md: has a merge conflict: resolve it and git add it"
    assert messages(scan(root).findings) == [expected]


def test_a_submodule_is_named_and_left_out(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", "posts/x.md")
    root = repository(tmp_path / "outer", "posts/a.md")
    git(root, "submodule", "--quiet", "add", str(inner), "content/posts/sub")
    found = scan(root)
    assert list(found.blobs) == ["posts/a.md"]
    assert "warning content/posts/sub: a git submodule" in messages(found.findings)[0]


@pytest.mark.parametrize("tracked", [False, True])
def test_symbolic_links(tmp_path: Path, *, tracked: bool) -> None:
    root = fill(tmp_path / "site", "posts/a.md", "images/a.png")
    (tmp_path / "secret").write_text("secret", "utf-8")
    posts = root / "content" / "posts"
    (posts / "inside.png").symlink_to("../images/a.png")
    (posts / "outside.png").symlink_to(tmp_path / "secret")
    (posts / "broken.png").symlink_to("nowhere")
    (posts / "folder").symlink_to("../images")
    (posts / "loop.png").symlink_to("loop.png")
    if tracked:
        repository(root)
    found = scan(root)
    assert set(found.blobs) == {"posts/a.md", "images/a.png", "posts/inside.png"}
    assert found.blobs["posts/inside.png"] == found.blobs["images/a.png"]
    told = messages(found.findings)
    assert any("error content/posts/outside.png: a symbolic link out of" in m for m in told)
    assert any("broken.png: a symbolic link to nowhere" in m for m in told)
    assert any("warning content/posts/folder: a symbolic link to a folder" in m for m in told)
    assert any("error content/posts/loop.png" in m for m in told)


@pytest.mark.parametrize("tracked", [False, True])
def test_names_that_cannot_be_published(tmp_path: Path, *, tracked: bool) -> None:
    root = fill(tmp_path, "posts/a.md", "posts/b\nc.md", "posts/d\\e.md")
    bad = os.fsencode(root / "content" / "posts") + b"/\xff.md"
    with open(bad, "wb") as file:  # noqa: PTH123 - a name that is no text
        file.write(b"x")
    if tracked:
        repository(root)
    found = scan(root)
    assert list(found.blobs) == ["posts/a.md"]
    assert len(found.findings) == 3
    assert all(f.severity == "error" and "rename it" in f.message for f in found.findings)
    assert all(str(f).encode("utf-8") for f in found.findings)


def test_hidden_files_and_editors_leftovers(tmp_path: Path) -> None:
    kept = ("posts/a.md", ".well-known/x.txt", "#tag.txt")
    fill(tmp_path, *kept, ".DS_Store", "posts/.a.md.swp", "posts/a.md~", ".git2/x", "posts/#a.md#",
         "posts/a.md.crswap", "images/Thumbs.db", "a.mp3.part", ".well-known/x.txt~")  # fmt: skip
    assert set(scan(tmp_path).blobs) == set(kept)
    assert not is_hidden("posts/a.b.md")


def test_a_git_that_refuses_is_done_without(tmp_path: Path) -> None:
    root = fill(tmp_path, "posts/a.md")
    (root / ".git").write_text("gitdir: /nowhere/at/all\n", "utf-8")
    found = scan(root)
    assert (found.from_git, list(found.blobs)) == (False, ["posts/a.md"])
    assert "git could not be asked" in found.findings[0].message
    assert found.findings[0].severity == "warning"


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no folder"):
        scan(tmp_path)


# --- text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        (b"a\nb\xff\n", 2, "not UTF-8 (byte 0xff)"),
        (b"\xe9", 1, "not UTF-8 (byte 0xe9)"),
        (b"a\n\nb\0c", 3, "not a text: it has a zero byte"),
        ("---\n".encode("utf-16"), 1, "not UTF-8 but UTF-16: save the file as UTF-8"),
        (b"\xff\xfea\0", 1, "not UTF-8 but UTF-16"),
        (b"\xed\xa0\x80", 1, "not UTF-8"),
    ],
)
def test_what_is_no_text(body: bytes, line: int, message: str) -> None:
    text, (finding,) = decode(body, "content/posts/a.md")
    assert (text, finding.line) == ("", line)
    assert message in finding.message


def test_marks_and_line_ends() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n", "x") == ("a\nb\nc\n", [])


def test_a_file_that_went_away(tmp_path: Path) -> None:
    text, (finding,) = read_text(tmp_path, "content", "posts/a.md")
    assert (text, finding.path) == ("", "content/posts/a.md")


def test_markdown_in_the_wrong_place_is_told() -> None:
    (finding,) = markdown_elsewhere(["a.md", "posts/b.md", "pages/c.md", "d.png"])
    assert finding.path == "content/a.md"
    assert finding.severity == "warning"


def test_markdown_by_another_name_is_told() -> None:
    """Jekyll and editors know it by others; here it would be published as it is, unseen."""
    paths = ["posts/a.markdown", "pages/b/C.MD", "posts/d.md", "posts/e.txt", "posts/markdown"]
    one, other = markdown_elsewhere(paths)
    assert one.path == "content/posts/a.markdown"
    assert one.message.endswith("a post's name ends in .md, so rename it to a.md")
    assert other.message.endswith("a page's name ends in .md, so rename it to C.md")


def test_the_small_site_is_the_same_everywhere(tmp_path: Path) -> None:
    copy = copy_site(tmp_path / "copy")
    assert len(scan(copy).blobs) == 10
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    assert scan(copy).blobs == scan(copy_site(tmp_path / "other")).blobs
