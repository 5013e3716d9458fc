"""Content directories to look at, with git and without."""

from __future__ import annotations

from pathlib import Path

from tests.small_site import git

from sula.errors import Finding

NAMES = ("posts/a b.md", "posts/c+d.md", "posts/e%20f.md", "posts/ümlaut 日本.md", "x/y/z.png")


def fill(root: Path, *names: str) -> Path:
    for name in names:
        path = root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text of {name}\n", "utf-8")
    return root


def repository(root: Path, *names: str) -> Path:
    fill(root, *names)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    return root


def messages(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.severity} {finding.path}: {finding.message}" for finding in findings]
