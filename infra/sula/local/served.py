"""How the edge serves an object: from which prefix, and with which headers."""

from __future__ import annotations

import functools
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
    # Known to some systems' tables and not to others', as they are to some Pythons.
    ".woff": "font/woff",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".ics": "text/calendar; charset=utf-8",
    ".vcf": "text/vcard; charset=utf-8",
    ".epub": "application/epub+zip",
    ".gpx": "application/gpx+xml",
    ".kml": "application/vnd.google-earth.kml+xml",
    ".geojson": "application/geo+json",
    ".gz": "application/gzip",
    ".7z": "application/x-7z-compressed",
    ".rtf": "application/rtf",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".mkv": "video/x-matroska",
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
    found, encoding = (_TYPES.get(suffix), None) if suffix in _TYPES else _known().guess_type(name)
    # A type is of what is inside where there is an encoding, and nobody is told of that.
    return found if found and not encoding else "application/octet-stream"


@functools.cache
def _known() -> mimetypes.MimeTypes:
    """What Python knows by itself: with what the system adds, two machines would not agree."""
    return mimetypes.MimeTypes()


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
