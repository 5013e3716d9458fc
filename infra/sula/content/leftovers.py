"""Files that are none of a site's business: hidden ones, what editors and systems leave. Pure.

They are neither published nor taken for parts of the theme, and nobody waits for them to be saved.
"""

from __future__ import annotations

from typing import Final

SUFFIXES: Final = ("~", ".swp", ".swo", ".swx", ".tmp", ".orig", ".part", ".crswap", ".pyc")
_WELL_KNOWN: Final = ".well-known"
_THUMBNAILS: Final = "Thumbs.db"


def is_hidden(path: str) -> bool:
    """Whether a file or folder, by its path with ``/``, is hidden or left over."""
    name = path.rpartition("/")[2]
    if name.endswith(SUFFIXES) or name == _THUMBNAILS or (name[:1] == "#" and name[-1:] == "#"):
        return True
    return "/." in f"/{path}" and any(
        part.startswith(".") and part != _WELL_KNOWN for part in path.split("/")
    )
