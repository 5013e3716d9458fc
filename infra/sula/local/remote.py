"""``sula remote``: a git repository on this machine that deploys what is pushed to it.

A bare repository with a pre-receive hook. The hook checks what is pushed out into a folder of
its own, runs ``sula deploy`` there with the Python that made the remote, and streams the
report to whoever pushes. Content that does not build is refused, and so is never on the branch.

The folder is kept between pushes, so that git replaces only the files that changed and Sula's
cache stays warm. It is a repository of its own that borrows the objects of the bare one, because
what a push brings lies in quarantine until the hook has agreed (git-receive-pack(1)).
"""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from sula.config import Config
from sula.errors import ConfigError, SulaError

_SETTINGS: Final = "sula.json"
_NOTHING: Final = frozenset("0")
_HOOK: Final = """\
#!/bin/sh
# Made by `sula remote`: deploys what is pushed to the branch {branch}.
exec {python} -m sula.local.remote {remote}
"""


class Remote(msgspec.Struct, frozen=True):
    """What the hook must know: which branch, whose local cloud, where the site lies.

    ``prefix`` is the site's folder within the repository (empty: its top).
    """

    branch: str
    local: str
    prefix: str = ""


def make_remote(config: Config, place: Path) -> Path:
    """Make the repository, or bring its hook up to date. Returns its path.

    Raises `ConfigError` when something else is there, `SulaError` when git refuses.
    """
    place = place.absolute()
    if place.exists() and not place.is_dir():
        raise ConfigError(f"{place} is a file; name a folder")
    if place.exists() and not (place / "HEAD").exists() and any(place.iterdir()):
        raise ConfigError(f"{place} is not empty and is no git repository; name another folder")
    if not (place / "HEAD").exists():
        place.mkdir(parents=True, exist_ok=True)
        git(["init", "--quiet", "--bare", str(place)])
        # Not `init --initial-branch`, which git has had since 2.28 only.
        git(["symbolic-ref", "HEAD", f"refs/heads/{config.branch}"], place)
    elif git(["rev-parse", "--is-bare-repository"], place).strip() != "true":
        raise ConfigError(f"{place} is a repository with a work tree; name another folder")
    remote = Remote(config.branch, str(config.local), prefix_of(config.root))
    (place / _SETTINGS).write_bytes(msgspec.json.encode(remote) + b"\n")
    hook = place / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    text = _HOOK.format(
        branch=config.branch, python=shlex.quote(sys.executable), remote=shlex.quote(str(place))
    )
    draft = hook.with_name("pre-receive.new")
    draft.write_text(text, "utf-8")
    draft.chmod(0o755)
    draft.replace(hook)
    return place


def prefix_of(root: Path) -> str:
    """Where the site lies in its own repository; empty at the top, or without one."""
    try:
        return git(["rev-parse", "--show-prefix"], root).strip().strip("/")
    except SulaError:
        return ""


def remote_lines(config: Config, place: Path) -> Iterator[str]:
    """What to type next, for the repository and branch that the site is in now."""
    root, branch = config.root, config.branch
    try:
        current = git(["symbolic-ref", "--quiet", "--short", "HEAD"], root).strip()
        first = ""
    except SulaError:
        # On no branch, or in no repository.
        inside = is_repository(root)
        current = "HEAD" if inside else branch
        first = "" if inside else f"  git init --initial-branch={branch}"
    # git takes a path as seen from the top of the work tree.
    near = place.is_relative_to(root) and not prefix_of(root)
    shown = str(place.relative_to(root) if near else place)
    yield f"{shown} deploys what is pushed to its branch {branch}. Once:\n"
    if first:
        yield first
    yield f"  git remote add sula {shlex.quote(shown)}\n\nand then, whenever you like:\n"
    yield f"  git push sula {branch if current == branch else f'{current}:{branch}'}"


def is_repository(folder: Path) -> bool:
    """Whether a folder lies in a git repository."""
    try:
        git(["rev-parse", "--git-dir"], folder)
    except SulaError:
        return False
    return True


def say(text: str) -> None:
    """A line to whoever pushes; git shows it as the remote's."""
    sys.stdout.write(f"sula: {text}\n")
    sys.stdout.flush()


class Update(NamedTuple):
    """One line of what a push asks for (githooks(5), pre-receive)."""

    old: str
    new: str
    ref: str

    @property
    def removes(self) -> bool:
        """Whether the ref is to go."""
        return set(self.new) == _NOTHING


def receive(place: Path, updates: list[Update], environ: Mapping[str, str]) -> int:
    """What the hook does: deploy the branch if it is pushed. Returns the hook's exit status."""
    remote = msgspec.json.decode((place / _SETTINGS).read_bytes(), type=Remote)
    ref = f"refs/heads/{remote.branch}"
    for update in updates:
        if update.ref != ref:
            continue
        if update.removes:
            say(f"{remote.branch} is what this remote deploys; it stays")
            return 1
        return deploy_commit(place, remote, update.new, environ)
    if updates:
        say(f"taken in; only {remote.branch} is deployed")
    return 0


def deploy_commit(place: Path, remote: Remote, commit: str, environ: Mapping[str, str]) -> int:
    """Check a commit out and deploy it; one push after the other."""
    with one_at_a_time(place / "sula.lock"):
        tree = place / "sula-checkout"
        check_out(place, tree, commit, environ)
        site = tree / remote.prefix
        if not site.is_dir():
            say(f"{remote.prefix}/ is not in {commit[:10]}")
            return 1
        command = [sys.executable, "-m", "sula", "deploy"]
        child = {**clean(environ), "SULA_LOCAL": remote.local}
        return subprocess.run(command, cwd=site, env=child, check=False).returncode


def check_out(place: Path, tree: Path, commit: str, environ: Mapping[str, str]) -> None:
    """Make the folder hold exactly a commit, writing only the files that differ."""
    if not (tree / ".git").exists():
        git(["init", "--quiet", str(tree)])
    objects = [place / "objects"]
    quarantine = environ.get("GIT_QUARANTINE_PATH")
    if quarantine:
        objects.append(Path(quarantine).absolute())
    alternates = tree / ".git/objects/info/alternates"
    alternates.parent.mkdir(parents=True, exist_ok=True)
    alternates.write_text("".join(f"{path}\n" for path in objects), "utf-8")
    (tree / ".git/HEAD").write_text(f"{commit}\n", "utf-8")
    git(["read-tree", "--reset", "-u", commit], tree)
    git(["clean", "--quiet", "-ffd", "--exclude=/.sula/"], tree)


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait for other pushes; the lock ends with its process, however that ends."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another push")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what git tells its hooks: it names another repository."""
    return {name: value for name, value in environ.items() if not name.startswith("GIT_")}


def git(arguments: list[str], folder: Path | None = None) -> str:
    """Run git in a folder. Raises `SulaError` with its own words where it refuses."""
    where = ["-C", str(folder)] if folder else []
    try:
        done = subprocess.run(
            ["git", *where, *arguments],
            env={**clean(os.environ), "LC_ALL": "C"},
            capture_output=True,
            encoding="utf-8",  # whatever the locale: it is what paths and messages are in
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError:
        raise SulaError("git is not installed, or not on the path") from None
    if done.returncode:
        raise SulaError(f"git {arguments[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout


def main() -> int:
    """The hook's entry: updates on standard input, the repository as argument."""
    updates = [Update(*line.split(" ", 2)) for line in sys.stdin.read().splitlines()]
    try:
        return receive(Path(sys.argv[1]), updates, os.environ)
    except (SulaError, OSError, msgspec.DecodeError) as error:
        say(f"{error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
