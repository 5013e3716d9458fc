"""The content directory: which files are there, and a digest of each, without reading them.

In a git checkout the digests are git's own blob ids, asked for in commands whose time hardly
depends on what the files contain; where the build record says what was published, git is asked
for what differs from that, and nothing else is looked at. Elsewhere the same ids are computed,
and a cache keyed by each file's size and times makes the second look cheap.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path

import msgspec

from sula.checks.codes import Code, Severity
from sula.content.blobs import Blobs, blob_id
from sula.content.files import Contents
from sula.content.git import GONE, Git, GitError, Staged, is_plain
from sula.content.leftovers import SUFFIXES, is_hidden
from sula.errors import ConfigError, Finding
from sula.planning.record import Record, Surveyed

_FEW = 1_000
"""So many files that differ from the last commit are not worth remembering which."""
_SOURCES = ("posts/", "pages/")
_MARKDOWN = frozenset({"md", "markdown", "mdown", "mkdown", "mkd", "mkdn", "mdwn"})
# A name that needs no second look: plain characters, nothing hidden, nothing that was left over.
_ENDS = "|".join(suffix[1:] for suffix in SUFFIXES if suffix.startswith("."))
_ORDINARY = re.compile(
    rf"\w[\w+, /-]*(?<=\w)(?<!Thumbs)\.(?!(?:{_ENDS})\Z)[a-z0-9]+", re.ASCII
).fullmatch


class Scan(msgspec.Struct, frozen=True):
    """What is in the content directory.

    ``blobs`` maps each file to publish or render (its path relative to the content
    directory, with ``/``) to its blob id. ``from_git`` tells whether git was asked;
    ``commit`` is then what is checked out (empty before the first commit), and ``surveyed`` how
    the files differ from it, unless there is anything that must be looked at each time.
    """

    blobs: Mapping[str, str]
    findings: tuple[Finding, ...] = ()
    from_git: bool = False
    commit: str = ""
    surveyed: Surveyed | None = None


Known = Callable[[], Record | None]
"""Gives the build record, where there is one."""


def scan(root: Path, folder: str = "content", known: Known = lambda: None) -> Scan:
    """See what is in the content directory `folder` of the site in `root`.

    Where a build record is `known` only what differs from it is looked at. Files that git ignores
    are left out, as are hidden files (but ``.well-known``) and what editors leave behind. Raises
    `ConfigError` when there is no such directory.
    """
    content = root / folder
    if not content.is_dir():
        raise ConfigError(f"there is no folder {content}")
    survey = _Survey(content, folder, Blobs(root))
    try:
        git = Git.find(content)
        with git.looking() if git else nullcontext():
            blobs = survey.ask(git, known()) if git else survey.walk()
    except GitError as error:
        message = f"git could not be asked ({error}); every file is looked at instead"
        survey.note("", "git-silent", message)
        git, blobs = None, survey.walk()
    survey.hashed.save()
    return Scan(
        blobs=blobs,
        findings=tuple(sorted({*survey.findings})),  # git may name a file in two answers
        from_git=git is not None,
        commit=git.commit if git else "",
        surveyed=None if survey.findings else survey.surveyed,
    )


def read_text(root: Path, folder: str, path: str) -> tuple[str, list[Finding]]:
    r"""A source's text with ``\n`` line ends and no byte order mark, or why there is none."""
    where = f"{folder}/{path}"
    try:
        with open(f"{root}/{folder}/{path}", "rb") as file:  # noqa: PTH123 - there can be ten thousand
            body = file.read()
    except OSError as error:
        return "", [Finding(where, 1, "file-unreadable", f"cannot be read: {error.strerror}")]
    return decode(body, where)


def decode(body: bytes, where: str) -> tuple[str, list[Finding]]:
    """A source's bytes as text; `where` is what findings call it."""
    if b"\0" in body:
        line = body.count(b"\n", 0, body.index(b"\0")) + 1
        message = "not a text: it has a zero byte. A picture or other file needs its own suffix"
        if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            message = "not UTF-8 but UTF-16: save the file as UTF-8"
        return "", [Finding(where, line, "file-encoding", message)]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 (byte 0x{body[error.start]:02x}): save the file as UTF-8"
        before = body[body.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8").removeprefix("\ufeff")) + 1
        return "", [Finding(where, line, "file-encoding", message, column=column)]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff"), []


class _Survey:
    """One look at the content directory."""

    def __init__(self, content: Path, folder: str, hashed: Blobs) -> None:
        self.content = content
        self.folder = folder
        self.hashed = hashed
        self.blobs: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.surveyed: Surveyed | None = None

    def note(self, path: str, code: Code, message: str, severity: Severity = "warning") -> None:
        where = f"{self.folder}/{path}" if path else self.folder
        shown = where.encode("utf-8", "backslashreplace").decode("utf-8")
        self.findings.append(Finding(shown, 0, code, message, severity))

    # --- asking git ---

    def ask(self, git: Git, record: Record | None) -> Mapping[str, str]:
        """Blob ids from git; files that differ from its index, or are new, are read."""
        status = git.status
        if git.commit and not status.odd and len(status.staged) + len(status.unsettled) <= _FEW:
            self.surveyed = Surveyed(git.prefix, tuple(sorted({*status.staged, *status.unsettled})))
            compared = None if record is None else self._compare(git, record)
            if compared is not None:
                return compared
        files, others = git.index()
        wanted = self._wanted
        self.blobs |= {path: blob for blob, path in files if _ORDINARY(path) or wanted(path)}
        links: list[str] = []
        for entry in others:
            self._staged(entry, links)
        for path in status.unsettled:
            self.blobs.pop(path, None)
        for path in [*status.unsettled, *links]:
            self._look(path)
        if others:
            self.surveyed = None
        return self._sorted()

    def _compare(self, git: Git, record: Record) -> Contents | None:
        """What differs from a record; None where it or git does not tell."""
        was = record.surveyed
        if was is None or was.prefix != git.prefix or not record.commit:
            return None
        moved = git.since(record.commit)
        if moved is None or not all(is_plain(entry.mode) for entry in moved):
            return None
        status = git.status
        entries = {entry.path: entry for entry in moved} | status.staged
        unsure = set(was.apart) - entries.keys() - {*status.unsettled}
        if unsure:  # they have been put back
            files, others = git.index(*sorted(unsure))
            if others:
                return None
            entries |= {path: Staged(GONE, "", "0", path) for path in unsure}
            entries |= {path: Staged("100644", blob, "0", path) for blob, path in files}
        for path, entry in entries.items():
            if entry.mode != GONE and self._wanted(path):
                self.blobs[path] = entry.blob
        for path in status.unsettled:
            self.blobs.pop(path, None)
            self._look(path)
        missing = entries.keys() | {*status.unsettled}
        return Contents(record, {**dict.fromkeys(missing), **self.blobs})

    def _sorted(self) -> dict[str, str]:
        return dict(sorted(self.blobs.items()))

    def _staged(self, entry: Staged, links: list[str]) -> None:
        """An entry of the index that is no ordinary file."""
        if not self._wanted(entry.path):
            return
        if entry.mode == "160000":
            self.note(
                entry.path, "file-submodule", "a git submodule: what is in it is not published"
            )
        elif entry.stage != "0":
            if not any(f.path == f"{self.folder}/{entry.path}" for f in self.findings):
                message = "has a merge conflict: resolve it and git add it"
                self.note(entry.path, "file-conflict", message, "error")
        elif entry.mode == "120000":
            links.append(entry.path)

    # --- looking oneself ---

    def walk(self) -> dict[str, str]:
        """Every file below the directory. Hidden directories are not entered."""
        for at, folders, names in os.walk(self.content):
            prefix = os.path.relpath(at, self.content).replace(os.sep, "/") + "/"
            prefix = "" if prefix == "./" else prefix
            for name in folders:
                if (Path(at) / name).is_symlink():
                    self._look(prefix + name)
            folders[:] = sorted(f for f in folders if not is_hidden(prefix + f))
            for name in names:
                self._look(prefix + name)
        return self._sorted()

    def _look(self, path: str) -> None:
        """Read a file's blob id from the disk, if it is a file to publish."""
        if not (_ORDINARY(path) or self._wanted(path)):
            return
        full = self.content / path
        try:
            status = full.lstat()
            if stat.S_ISLNK(status.st_mode):
                if not self._inside(path, full):
                    return
                status = full.stat()
            if stat.S_ISREG(status.st_mode):
                self.blobs[path] = self.hashed.of(path, full, status)
            elif stat.S_ISDIR(status.st_mode):
                if full.is_symlink():
                    message = "a symbolic link to a folder: its files are not published"
                    self.note(path, "file-link", message)
            else:
                self.note(
                    path, "file-unreadable", "neither a file nor a folder: it is not published"
                )
        except FileNotFoundError:
            return  # removed, or never staged
        except OSError as error:
            self.note(path, "file-unreadable", f"cannot be read: {error.strerror}", "error")

    def _inside(self, path: str, full: Path) -> bool:
        """A symbolic link may only lead to another file of the content directory."""
        try:
            target = full.resolve(strict=True)
        except (OSError, RuntimeError):
            message = f"a symbolic link to {full.readlink()}, which is not there"
            self.note(path, "file-link", message, "error")
            return False
        if target.is_relative_to(self.content.resolve()):
            return True
        self.note(
            path,
            "file-link",
            f"a symbolic link out of {self.folder}/ is refused: put the file itself here",
            "error",
        )
        return False

    def _wanted(self, path: str) -> bool:
        """Whether a file is published; of most, `_ORDINARY` has said so before."""
        return not is_hidden(path) and self._nameable(path)

    def _nameable(self, path: str) -> bool:
        """Names must survive in an address, and on every system."""
        try:
            path.encode("utf-8")
        except UnicodeEncodeError:
            self.note(path, "file-name", "its name is not UTF-8: rename it", "error")
            return False
        if "\\" in path or any(ord(c) < 32 or ord(c) == 127 for c in path):  # noqa: PLR2004 - ASCII controls
            message = "its name has a backslash or control character: rename it"
            self.note(path, "file-name", message, "error")
            return False
        return True


def markdown_elsewhere(paths: Iterable[str], folder: str = "content") -> list[Finding]:
    """Markdown that is neither a post nor a page, which its author may not have meant."""
    found = []
    for path in paths:
        stem, _, suffix = path.rpartition(".")
        if not stem or suffix.lower() not in _MARKDOWN:
            continue
        if not path.startswith(_SOURCES):
            remedy = "a post belongs in posts/, a page in pages/"
        elif suffix != "md":
            what = "post" if path.startswith("posts/") else "page"
            remedy = f"a {what}'s name ends in .md, so rename it to {stem.rpartition('/')[2]}.md"
        else:
            continue
        message = f"is published as it is: {remedy}"
        found.append(Finding(f"{folder}/{path}", 0, "file-elsewhere", message, "warning"))
    return found


__all__ = ["Scan", "blob_id", "decode", "markdown_elsewhere", "read_text", "scan"]
