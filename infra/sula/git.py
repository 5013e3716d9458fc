"""What git knows of a folder, asked in as few commands as can be."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

# All but a few of perhaps 100,000 entries: mode, blob, stage 0, path.
_ORDINARY = re.compile(r"(?<![^\0])100\d{3} ([0-9a-f]+) 0\t([^\0]+)\0")


class GitError(Exception):
    """Git is there but does not answer; the message is its own."""


class Staged(NamedTuple):
    """An entry of git's index; ``path`` is relative to the folder that was asked about."""

    mode: str
    blob: str
    stage: str
    path: str


def _environment() -> dict[str, str]:
    """Ours without what a hook adds: that would lead git to another repository."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


class Git:
    """A folder inside a git work tree."""

    def __init__(self, folder: Path, commit: str) -> None:
        """`commit` is what is checked out; empty before the first."""
        self.folder = folder
        self.commit = commit

    @classmethod
    def find(cls, folder: Path) -> Git | None:
        """The work tree around a folder; None when there is none, or no git.

        Raises `GitError` when git refuses, say because the repository is another's.
        """
        if not any((at / ".git").exists() for at in (folder.resolve(), *folder.resolve().parents)):
            return None
        try:
            asked = _start(folder, "rev-parse", "--is-inside-work-tree", "HEAD")
        except FileNotFoundError:
            return None
        with asked:
            answer, complaint = asked.communicate()
        inside, _, commit = answer.decode("ascii", "replace").strip().partition("\n")
        if not inside:
            raise GitError(_first_line(complaint))
        if inside != "true":
            return None
        # Before the first commit there is no HEAD, and the status says so.
        return cls(folder, "" if asked.returncode else commit)

    def survey(self) -> tuple[list[tuple[str, str]], list[Staged], list[str]]:
        """The blob ids and paths of the index's ordinary files, and its other entries.

        Then the files that differ from it or are new. Files that git ignores are nowhere among
        these. Raises `GitError`.
        """
        # Not `git status`: that compares the index with the last commit as well, which
        # takes as long again and is of no interest here. The two that look at the disk
        # run side by side.
        with (
            _start(self.folder, "ls-files", "-m", "-z", "--", ".") as modified,
            _start(self.folder, "ls-files", "-o", "--exclude-standard", "-z", "--", ".") as new,
            _start(self.folder, "ls-files", "-s", "-z", "--", ".") as index,
        ):
            commands = (index, modified, new)
            (listed, _), (differing, _), (unknown, _) = said = [c.communicate() for c in commands]
        if any(command.returncode for command in commands):
            raise GitError(_first_line(b"".join(complaint for _, complaint in said)))
        changes = dict.fromkeys(_names(differing) + _names(unknown))
        entries = _text(listed)
        files = _ORDINARY.findall(entries)
        others = _ORDINARY.sub("", entries) if entries.count("\0") != len(files) else ""
        return files, list(map(_staged, others.split("\0")[:-1])), list(changes)


def _text(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape")


def _names(output: bytes) -> list[str]:
    return _text(output).split("\0")[:-1]


def _staged(record: str) -> Staged:
    head, _, path = record.partition("\t")
    mode, blob, stage = head.split(" ")
    return Staged(mode, blob, stage, path)


def _first_line(complaint: bytes) -> str:
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "no answer"


def _start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    )
