"""The git remote: what its hook does with a push, without a cloud behind it.

A deploy here ends at once, with the message that no local cloud is running: enough to see
that it was begun, in which folder, with which environment, and that its failure refuses the push.
`tests/cloud/test_push_to_feed.py` follows a push all the way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.authored import Authored, Post

from sula.config import load_config
from sula.errors import ConfigError
from sula.local.remote import (
    Remote,
    Update,
    check_out,
    clean,
    make_remote,
    one_at_a_time,
    receive,
    remote_lines,
)

WHO = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")}  # fmt: skip

Git = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def site(tmp_path: Path) -> Authored:
    site = Authored(tmp_path / "site")
    site.save(Post("posts/one.md"))
    site.put(".gitignore", "/.sula/\n")
    return site


@pytest.fixture
def git(site: Authored, tmp_path: Path) -> Git:
    environment = {
        **clean(os.environ), **WHO, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1",
    }  # fmt: skip

    def run(*arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["git", *arguments], cwd=site.root, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert (done.returncode == 0) is ok, done.stdout
        return done

    run("init", "-q", "-b", "main")
    run("add", "--all")
    run("commit", "-q", "-m", "one")
    return run


def made(site: Authored) -> Path:
    config = load_config(site.root, environ={})
    return make_remote(config, site.root / ".sula/remote.git")


def typed(site: Authored) -> list[str]:
    """What `sula remote` says to type."""
    text = "\n".join(remote_lines(load_config(site.root, environ={}), made(site)))
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


def test_what_it_says_to_type_works_on_any_branch(site: Authored, git: Git) -> None:
    add = "git remote add sula .sula/remote.git"
    assert typed(site) == [add, "git push sula main"]
    git("checkout", "-q", "-b", "trunk")
    assert typed(site) == [add, "git push sula trunk:main"]
    git("checkout", "-q", "--detach")
    assert typed(site) == [add, "git push sula HEAD:main"]


def test_what_it_says_to_type_works_without_a_repository_and_below_one(
    site: Authored, tmp_path: Path
) -> None:
    first, add, push = typed(site)
    assert first == "git init --initial-branch=main"
    assert (add, push) == ("git remote add sula .sula/remote.git", "git push sula main")
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    # git takes a relative path as seen from the top, and the site is below.
    add, push = typed(site)
    assert add == f"git remote add sula {site.root}/.sula/remote.git"


def test_a_push_that_cannot_be_deployed_is_refused_with_the_reason(
    site: Authored, git: Git
) -> None:
    place = made(site)
    pushed = git("push", str(place), "main", ok=False)
    assert "remote: sula: the local cloud of" in pushed.stdout
    assert str(site.root) in pushed.stdout
    assert "pre-receive hook declined" in pushed.stdout
    assert git("ls-remote", str(place)).stdout == ""
    # What was pushed had been checked out all the same, files and nothing else.
    tree = place / "sula-checkout"
    assert (tree / "content/posts/one.md").read_text("utf-8") == site.posts["posts/one.md"].text()


def test_content_that_does_not_build_is_refused_with_every_place(
    site: Authored, git: Git, tmp_path: Path
) -> None:
    """`sula check` in place of `sula deploy`: the hook passes on whatever its command says."""
    place = made(site)
    site.save(Post("posts/one.md", date="someday"))
    git("commit", "-qam", "bad")
    git("push", str(place), "main", ok=False)
    checkout = place / "sula-checkout"
    done = subprocess.run(
        [sys.executable, "-m", "sula", "check"], cwd=checkout, capture_output=True, text=True,
        env={**clean(os.environ), "SULA_LOCAL": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.startswith("content/posts/one.md:3:7: ")


def test_other_branches_are_taken_in_without_a_deploy(site: Authored, git: Git) -> None:
    place = made(site)
    pushed = git("push", str(place), "main:draft", "main:refs/tags/v1")
    assert "only main is deployed" in pushed.stdout
    assert not (place / "sula-checkout").exists()


def test_the_deployed_branch_cannot_be_removed(
    site: Authored, capsys: pytest.CaptureFixture[str]
) -> None:
    place = made(site)
    gone = Update("1" * 40, "0" * 40, "refs/heads/main")
    assert receive(place, [gone], {}) == 1
    assert "it stays" in capsys.readouterr().out


def test_making_it_again_brings_the_hook_up_to_date(site: Authored, git: Git) -> None:
    place = made(site)
    git("push", str(place), "main:kept")
    hook = place / "hooks/pre-receive"
    first = hook.read_text("utf-8")
    assert sys.executable in first
    hook.write_text("stale", "utf-8")
    assert made(site) == place
    assert hook.read_text("utf-8") == first
    assert os.access(hook, os.X_OK)
    assert "refs/heads/kept" in git("ls-remote", str(place)).stdout


def test_an_older_git_will_do(
    site: Authored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin/git"
    old.parent.mkdir()
    old.write_text(
        '#!/bin/sh\ncase "$*" in *--initial-branch*) echo "unknown option" >&2; exit 129;; esac\n'
        f'exec "{shutil.which("git")}" "$@"\n',
        "utf-8",
    )
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    place = make_remote(load_config(site.root, {"branch": "public"}, {}), tmp_path / "remote.git")
    assert (place / "HEAD").read_text("utf-8") == "ref: refs/heads/public\n"


def test_a_folder_with_other_things_is_left_alone(site: Authored, tmp_path: Path) -> None:
    config = load_config(site.root, environ={})
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(ConfigError, match="is no git repository; name another folder"):
        make_remote(config, other)
    assert [path.name for path in other.iterdir()] == ["mine.txt"]
    with pytest.raises(ConfigError, match=r"mine\.txt is a file; name a folder"):
        make_remote(config, other / "mine.txt")


def test_a_site_deeper_in_its_repository_is_found_there(tmp_path: Path) -> None:
    site = Authored(tmp_path / "repository/blog")
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True,
                   env=clean(os.environ))  # fmt: skip
    place = made(site)
    assert b'"prefix":"blog"' in (place / "sula.json").read_bytes()


def test_a_folder_is_called_what_it_is_called_in_any_locale(tmp_path: Path) -> None:
    site = Authored(tmp_path / "repository/blög")
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True,
                   env=clean(os.environ))  # fmt: skip
    program = (
        "import pathlib; from sula.local.remote import prefix_of;"
        "print(ascii(prefix_of(pathlib.Path())))"
    )
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=site.root, env={**clean(os.environ), **plain},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "'bl\\xf6g'\n", done.stderr


def test_a_checkout_follows_the_commit_exactly(site: Authored, git: Git, tmp_path: Path) -> None:
    place = made(site)
    tree = tmp_path / "tree"
    git("push", str(place), "main:work")
    first = git("rev-parse", "HEAD").stdout.strip()
    check_out(place, tree, first, {})
    (tree / "content/posts/stray.md").write_text("stray", "utf-8")
    (tree / "content/posts/one.md").write_text("changed", "utf-8")
    (tree / ".sula").mkdir()
    (tree / ".sula/cache").write_text("kept", "utf-8")
    site.remove("posts/one.md")
    site.save(Post("posts/two with space.md"))
    git("add", "--all")
    git("commit", "-qm", "two")
    git("push", str(place), "main:work")
    check_out(place, tree, git("rev-parse", "HEAD").stdout.strip(), {})
    assert [path.name for path in (tree / "content/posts").iterdir()] == ["two with space.md"]
    assert (tree / ".sula/cache").exists()
    check_out(place, tree, first, {})
    assert [path.name for path in (tree / "content/posts").iterdir()] == ["one.md"]


def test_what_git_tells_its_hooks_does_not_reach_the_deploy() -> None:
    assert clean({"GIT_DIR": "x", "GIT_QUARANTINE_PATH": "y", "PATH": "z"}) == {"PATH": "z"}


def test_two_pushes_at_once_are_deployed_one_after_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order: list[str] = []
    begun, release = threading.Event(), threading.Event()

    def first() -> None:
        with one_at_a_time(tmp_path / "lock"):
            begun.set()
            release.wait(10)
            order.append("first")

    def second() -> None:
        with one_at_a_time(tmp_path / "lock"):
            order.append("second")

    one = threading.Thread(target=first)
    one.start()
    begun.wait(10)
    two = threading.Thread(target=second)
    two.start()
    two.join(0.2)
    assert two.is_alive()
    release.set()
    one.join(10)
    two.join(10)
    assert order == ["first", "second"]
    assert "waiting for another push" in capsys.readouterr().out


def test_the_hook_knows_its_site() -> None:
    assert Remote("main", "/x").prefix == ""
