"""How the edge serves an object: from which prefix, and with which headers."""

from __future__ import annotations

import mimetypes
import re
from typing import Final

from edgefeed import contract

LIST_PATHS: Final = (
    "/",
    "/index.html",
    "/feed.xml",
    "/atom.xml",
    "/feed.json",
    "/page/*",
    "/tags/*",
    "/series/*",
    "/archive/*",
    "/search/*",
    "/sitemap*",
)
"""URL path patterns that the edge serves from ``lists/``; everything else is ``pages/``."""


_BEGINNINGS: Final = tuple(path[:-1] for path in LIST_PATHS if path.endswith("*"))


def is_list_path(path: str) -> bool:
    """Whether a URL path (``/tags/python/``) belongs to edgefeed."""
    return path in LIST_PATHS or path.startswith(_BEGINNINGS)


_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
    # Known to some systems' tables and not to others'.
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".m4v": "video/mp4",
    ".ogv": "video/ogg",
} | {f".{suffix}": found for suffix, found in contract.DOCUMENT_TYPES.items()}
_FINGERPRINTED = re.compile(r"\.[0-9a-f]{10}\.[a-z0-9]+$")


def content_type(key: str) -> str:
    """The ``Content-Type`` of a public object, from its key alone."""
    if key.startswith(contract.LISTS):
        return contract.list_type(key)
    name = key.rpartition("/")[2]
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    return _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def cache_control(key: str) -> str:
    """The ``Cache-Control`` of a public object, from its key alone.

    Fingerprinted assets never change. Images and other files are kept by readers for a day,
    documents as `contract.DOCUMENT_CACHE` says.
    """
    if _FINGERPRINTED.search(key):
        return "public, max-age=31536000, immutable"
    name = key.rpartition("/")[2]
    if name.endswith((".html", ".xml", ".json", ".txt")):
        return contract.DOCUMENT_CACHE
    return "public, max-age=86400, s-maxage=31536000"
