"""The site's folder for what can be made anew: ``.sula/``."""

from __future__ import annotations

import os
from contextlib import suppress
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
        _ignore(root / NAME)
        draft.write_bytes(body)
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()


def scratch(root: Path) -> Path | None:
    """The folder itself; None where nothing can be written."""
    folder = root / NAME
    try:
        folder.mkdir(exist_ok=True)
        _ignore(folder)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _ignore(folder: Path) -> None:
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", "utf-8")


def recall(root: Path, name: str) -> bytes | None:
    """What was kept, or None."""
    try:
        return (root / NAME / name).read_bytes()
    except OSError:
        return None
