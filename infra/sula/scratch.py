"""The site's folder for what can be made anew: ``.sula/``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

NAME: Final = ".sula"


def keep(root: Path, name: str, body: bytes) -> None:
    """Write a file below the folder, whole or not at all.

    The folder ignores itself in git. Where nothing can be written nothing is kept: the
    site is no worse for it, only slower.
    """
    path = root / NAME / name
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = root / NAME / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", "utf-8")
        draft.write_bytes(body)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)


def recall(root: Path, name: str) -> bytes | None:
    """What was kept, or None."""
    try:
        return (root / NAME / name).read_bytes()
    except OSError:
        return None
