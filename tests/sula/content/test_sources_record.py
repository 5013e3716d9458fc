"""What is in the content directory, where a record knows most of it already: the same."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.small_site import git
from tests.sula.checkouts import NAMES, fill, repository

from sula.content.blobs import blob_id
from sula.content.files import Contents, difference, files_of, is_source
from sula.content.gather import surveyed
from sula.content.sources import Scan, scan
from sula.model import Meta
from sula.planning.blocks import Source
from sula.planning.record import File, Record, Surveyed
from sula.planning.rows import Rows

PLACES = ("posts/a.md", "posts/A.md", "posts/ü +%.md", "x/p.png", "posts/a 0\tb.md", "posts/.h.md")
AUTHOR = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(PLACES), st.sampled_from(["1\n", "2\n"])),
    st.tuples(st.just("remove"), st.sampled_from(PLACES), st.none()),
    st.tuples(st.just("rename"), st.sampled_from(PLACES), st.sampled_from(PLACES)),
    st.tuples(st.just("link"), st.sampled_from(PLACES), st.sampled_from(["p.md", "../../out"])),
    st.tuples(st.just("ignore"), st.sampled_from(PLACES), st.none()),
    st.tuples(st.just("git"), st.none(), st.sampled_from([
        "add -A", "commit -qam x", "add -AN", "reset -q", "stash -qu", "stash pop -q",
        "checkout -q -f main", "checkout -q -f side", "rm -q --cached content/posts/a.md",
        "reset -q --hard HEAD~1", "commit -q --amend -m y", "merge -q side",
        "config core.autocrlf true", "update-index --skip-worktree content/posts/a.md",
    ])),
    st.tuples(st.just("deploy"), st.none(), st.none()),
)  # fmt: skip


def recorded(found: Scan) -> Record:
    """The record of a deploy of what was found."""
    row = Source.of(Meta(path="", kind="post", slug="s", url="u", output="u"), "")
    record = Record(
        commit=found.commit,
        sources=Rows.of(
            msgspec.structs.replace(row, path=path, blob=blob)
            for path, blob in found.blobs.items()
            if is_source(path)
        ),
        files=tuple(File(path, blob, "e", 0) for path, blob in files_of(found.blobs).items()),
    )
    return msgspec.structs.replace(record, surveyed=surveyed(found, record, ()))


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(st.lists(AUTHOR, max_size=12))
@example([("deploy", None, None), ("git", None, "rm -q --cached content/posts/a.md")])
@example([("write", "x/p.png", "2\n"), ("deploy", None, None), ("git", None, "stash -qu")])
@example([("remove", "posts/a.md", None), ("deploy", None, None), ("git", None, "reset -q --hard")])
@example([("write", "x/p.png", "2\n"), ("deploy", None, None), ("ignore", "x/p.png", None)])
@example([("deploy", None, None), ("write", "posts/a\tb.md", "1\n"), ("git", None, "add -AN")])
def test_what_differs_from_a_record_is_all_that_differs(
    edits: list[tuple[str, str | None, str | None]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # In a corner of a repository whose other files are none of its business.
        root = repository(Path(folder) / "sites" / "b log", "posts/a.md", "posts/q.md")
        shutil.move(root / ".git", folder)
        for command in ("add -A", "commit -qm all", "branch side"):
            git(root, *command.split())
        fill(root, "posts/r.md")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "more")
        record = Record()
        for name, path, value in [*edits, ("deploy", None, None)]:
            edit_checkout(root, name, path, value)
            (root / "content").mkdir(parents=True, exist_ok=True)
            whole, quick = scan(root), knowing(root, record)
            assert dict(quick.blobs) == whole.blobs
            assert msgspec.structs.replace(quick, blobs={}) == msgspec.structs.replace(
                whole, blobs={}
            )
            if name == "deploy":
                record = recorded(quick)


def test_a_site_that_moved_within_its_repository_is_looked_at_anew(tmp_path: Path) -> None:
    """Git tells what changed where it is now, and not what is gone from where it was."""
    old, new = tmp_path / "old", tmp_path / "new"
    repository(old, "posts/a.md", "posts/b.md")
    shutil.move(old / ".git", tmp_path)
    for command in ("add -A", "commit -qm old"):
        git(old, *command.split())
    record = recorded(scan(old))
    (old / "content/posts/b.md").unlink()
    old.rename(new)
    for command in ("add -A", "commit -qm new"):
        git(new, *command.split())
    assert dict(knowing(new, record).blobs) == scan(new).blobs


def knowing(root: Path, record: Record) -> Scan:
    """What is there, asked by who knows the record."""
    return scan(root, known=lambda: record)


def edit_checkout(root: Path, name: str, path: str | None, value: str | None) -> None:
    """One thing that an author may do; what git refuses is not done."""
    file = root / "content" / (path or "")
    if name == "git":
        assert value is not None
        with contextlib.suppress(subprocess.CalledProcessError):
            git(root, *value.split())
    elif name == "write":
        assert value is not None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(value, "utf-8")
    elif name == "remove":
        file.unlink(missing_ok=True)
    elif name == "rename" and file.exists():
        assert value is not None
        (root / "content" / value).parent.mkdir(parents=True, exist_ok=True)
        file.replace(root / "content" / value)
    elif name == "link":
        assert value is not None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.symlink_to(value)
    elif name == "ignore":
        (root / ".gitignore").write_text(f"{file.name}\n", "utf-8")


def test_of_what_a_record_knows_nothing_else_is_looked_at(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a.md", "posts/b.md", "x/p.png")
    record = recorded(scan(root))
    assert record.surveyed == Surveyed("content/")
    fill(root, "posts/c.md")
    git(root, "stash", "-qu")
    for name in ("showStash", "branch", "short", "relativePaths"):
        git(root, "config", f"status.{name}", "true")
    git(root, "stash", "apply", "-q")
    (root / "content/posts/b.md").unlink()
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "more")
    (root / "content/posts/a.md").write_text("changed\n", "utf-8")
    found = knowing(root, record)
    assert isinstance(found.blobs, Contents)
    assert found.blobs.changes == {
        "posts/a.md": blob_id(b"changed\n"),
        "posts/b.md": None,
        "posts/c.md": blob_id(b"text of posts/c.md\n"),
    }
    assert found.surveyed == Surveyed("content/", ("posts/a.md",))
    there, gone = difference(found.blobs, record)
    assert (sorted(there), sorted(gone)) == (["posts/a.md", "posts/c.md"], ["posts/b.md"])


def test_a_file_that_changed_meanwhile_is_looked_at_again(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a.md", "x/p.png")
    found = scan(root)
    for path in ("posts/a.md", "x/p.png"):
        doubtful = msgspec.structs.replace(found, blobs={**found.blobs, path: "?"})
        record = recorded(doubtful)
        told = surveyed(found, record, {path})
        assert told == Surveyed("content/", (path,))
        record = msgspec.structs.replace(record, surveyed=told)
        again = knowing(root, record)
        assert isinstance(again.blobs, Contents)
        assert again.blobs.changes == {path: found.blobs[path]}


def test_a_checkout_that_lacks_its_own_commit_has_an_index_all_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path, "posts/a.md", "posts/b.md")
    (root / "content/posts/a.md").write_text("changed", "utf-8")
    fill(root, "posts/new.md")
    whole = scan(root)
    (root / ".git/HEAD").write_text("ab" * 20 + "\n", "utf-8")
    found = knowing(root, recorded(whole))
    assert (found.blobs, found.from_git, found.findings) == (whole.blobs, True, ())
    assert found.surveyed is None


def test_a_commit_that_is_not_there_is_done_without(tmp_path: Path) -> None:
    root = repository(tmp_path / "a", *NAMES)
    record = recorded(scan(root))
    fill(root, "posts/new.md")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "more")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "b")
    found = knowing(tmp_path / "b", record)
    assert not isinstance(found.blobs, Contents)
    assert found == scan(root)
