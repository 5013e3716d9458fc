"""What git knows of a folder, asked in as few commands as can be."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

# All but a few of perhaps 100,000 entries: mode, blob, stage 0, path.
_ORDINARY = re.compile(r"(?<![^\0])100\d{3} ([0-9a-f]+) 0\t([^\0]+)\0")

GONE = "000000"
"""The mode of what is not there."""
_WORDS = {"1": 7, "u": 9}
"""How many words there are before a path in a line of the status (git-status(1))."""


class GitError(Exception):
    """Git is there but does not answer; the message is its own."""


class Staged(NamedTuple):
    """An entry of git's index; ``path`` is relative to the folder that was asked about."""

    mode: str
    blob: str
    stage: str
    path: str


class Status(NamedTuple):
    """What is not as the last commit has it.

    ``staged`` are the entries of the index that differ from it, those that are gone with mode
    ``000000``. ``unsettled`` are the files that differ from the index, or are new. Files that git
    ignores are nowhere among these. ``odd`` is whether there is a conflict, or anything but files.
    """

    staged: dict[str, Staged]
    unsettled: tuple[str, ...]
    odd: bool


def _environment() -> dict[str, str]:
    """Ours without what a hook adds: that would lead git to another repository.

    Nothing is written, and nothing fetched that a partial clone lacks.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}


class Git:
    """A folder inside a git work tree."""

    def __init__(self, folder: Path, commit: str, prefix: str) -> None:
        """`commit` is what is checked out; empty before the first.

        `prefix` is the folder's place in the work tree.
        """
        self.folder = folder
        self.commit = commit
        self.prefix = prefix
        self._asked: subprocess.Popen[bytes] | None = None

    @classmethod
    def find(cls, folder: Path) -> Git | None:
        """The work tree around a folder; None when there is none, or no git.

        Raises `GitError` when git refuses, say because the repository is another's.
        """
        if not any((at / ".git").exists() for at in (folder.resolve(), *folder.resolve().parents)):
            return None
        try:
            asked = _start(folder, "rev-parse", "--is-inside-work-tree", "--show-prefix", "HEAD")
        except FileNotFoundError:
            return None
        with asked:
            answer, complaint = asked.communicate()
        inside, *more = _text(answer).split("\n")
        if not inside:
            raise GitError(_first_line(complaint))
        if inside != "true":
            return None
        # Before the first commit there is no HEAD, and the exit status says so.
        commit, prefix = "" if asked.returncode else more[-2], "\n".join(more[:-2])
        return cls(folder, commit, prefix)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Have git look at every file already, while others look elsewhere."""
        # Renames and submodules cost time.
        self._asked = _start(
            self.folder, "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames",
            "--ignore-submodules=all", "--", ".",
        )  # fmt: skip
        with self._asked:
            try:
                yield
            finally:
                self._asked.kill()  # nothing, where it has ended

    @cached_property
    def status(self) -> Status:
        """See `Status`. Raises `GitError`."""
        if self._asked is None:
            with self.looking():
                return self.status
        staged: dict[str, Staged] = {}
        unsettled: dict[str, None] = {}
        odd = False
        try:
            lines = _text(_answer(self._asked)).split("\0")[:-1]
        except GitError:
            return self._without_commit()
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "#":  # a header, which somebody's configuration asks for
                continue
            path = rest if kind == "?" else rest.split(" ", _WORDS.get(kind, 0))[-1]
            path = path.removeprefix(self.prefix)
            if kind != "1":
                odd = odd or kind != "?"
                unsettled[path] = None
                continue
            states, _, was, mode, now, _, blob, _ = rest.split(" ", _WORDS[kind])
            odd = odd or not all(map(is_plain, (was, mode, now)))
            if states[0] != ".":
                staged[path] = Staged(mode, blob, "0", path)
            if states[1] != ".":
                unsettled[path] = None
        return Status(staged, tuple(unsettled), odd)

    def _without_commit(self) -> Status:
        """What the index alone can tell: a hook's checkout may lack the commit that it is of."""
        command = ("ls-files", "-m", "-o", "--exclude-standard", "-z", "--", ".")
        names = _text(_answer(_start(self.folder, *command))).split("\0")[:-1]
        return Status({}, tuple(dict.fromkeys(names)), odd=True)

    def index(self, *paths: str) -> tuple[list[tuple[str, str]], list[Staged]]:
        """The blob ids and paths of the index's ordinary files, and its other entries.

        All of them, or those of some paths. Raises `GitError`.
        """
        command = ("--literal-pathspecs", "ls-files", "-s", "-z", "--", *(paths or (".",)))
        entries = _text(_answer(_start(self.folder, *command)))
        files = _ORDINARY.findall(entries)
        others = _ORDINARY.sub("", entries) if entries.count("\0") != len(files) else ""
        return files, list(map(_staged, others.split("\0")[:-1]))

    def since(self, commit: str) -> list[Staged] | None:
        """What was another in an earlier commit, as it is in this one.

        None where git does not have that commit, as in a shallow clone.
        """
        if commit == self.commit:
            return []
        command = ("diff-tree", "-r", "-z", "--no-renames", "--relative", commit, self.commit)
        try:
            words = _text(_answer(_start(self.folder, *command, "--", "."))).split("\0")
        except GitError:
            return None
        pairs = zip(words[::2], words[1::2], strict=False)
        return [Staged(head.split(" ")[1], head.split(" ")[3], "0", path) for head, path in pairs]

    def renames(self, commit: str) -> dict[str, str]:
        """What was called otherwise in an earlier commit: new path to old. Raises `GitError`."""
        command = ("diff", "--name-status", "-z", "-M", "--diff-filter=R", "--relative", commit)
        words = _text(_answer(_start(self.folder, *command, "--", "."))).split("\0")
        return {new: old for old, new in zip(words[1::3], words[2::3], strict=False)}

    def was_renamed(self, path: str) -> bool:
        """Whether the history has a file under another name, too. Raises `GitError`."""
        if not self.commit:
            return False
        command = ("--literal-pathspecs", "log", "--follow", "--format=", "--name-status",
                   "--diff-filter=R", "-1", "--", path)  # fmt: skip
        return bool(_answer(_start(self.folder, *command)).strip())

    def patches(self, pattern: str) -> Iterator[bytes]:
        """Every change of files that are called so, line by line: as much as a history holds.

        Before each commit's is a line with a zero byte and its time. Raises `GitError`.
        """
        asked = _start(
            self.folder, "log", "--no-merges", "--format=%x00%at", "-p", "-U0", "-M", "--no-color",
            "--no-ext-diff", "--no-textconv", "--", pattern, errors=subprocess.DEVNULL,
        )  # fmt: skip
        with asked:
            yield from asked.stdout or ()
        if asked.returncode:
            raise GitError("no history")


def is_plain(mode: str) -> bool:
    """Whether this is the mode of a file, or of nothing."""
    return mode == GONE or mode.startswith("100")


def _answer(asked: subprocess.Popen[bytes]) -> bytes:
    with asked:
        answer, complaint = asked.communicate()
    if asked.returncode:
        raise GitError(_first_line(complaint))
    return answer


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def _staged(record: str) -> Staged:
    head, _, path = record.partition("\t")
    mode, blob, stage = head.split(" ")
    return Staged(mode, blob, stage, path)


def _first_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "no answer"


def _start(folder: Path, *arguments: str, errors: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=_environment())
