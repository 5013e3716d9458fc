"""Old addresses for a host that serves plain files: pages that lead on. Pure.

The edge has its store of redirects (`sula.planning.redirects`); a folder of files has none. A page
with a refresh is what such a host can do, and search engines take it for a permanent redirect when
it waits zero seconds. ``_redirects`` says the same to hosts that read it, Netlify and Cloudflare
Pages among them, and more: an old feed cannot be a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final
from urllib.parse import urljoin

from edgefeed.contract import quote_path

HOST_FILE: Final = "_redirects"
_LONGEST_NAME: Final = 255
_PAGES: Final = (".html", ".htm")


def moved_files(redirects: Mapping[str, str], url: str, language: str) -> dict[str, bytes]:
    """The files that lead from old addresses to new ones, by their paths.

    `redirects` are keys and values as the edge reads them, `url` is the site's address.
    """
    found: dict[str, bytes] = {}
    lines = []
    for old, value in sorted(redirects.items()):
        status, _, target = value.partition(" ")
        if not target:
            continue  # 410: a file can only be absent
        path = _file_of(old)
        lines += [f"{quote_path(form)} {target} {status}\n" for form in _forms(old)]
        if path:
            found[path] = _page(target, urljoin(url, target), language)
    if lines:
        found[HOST_FILE] = "".join(lines).encode()
    return found


def _forms(old: str) -> Iterator[str]:
    """An address as readers ask for it: some hosts know only the one with the slash."""
    yield old
    if "." not in old.rpartition("/")[2]:
        yield old + "/"


def _file_of(old: str) -> str:
    """The file that is served at an old address; empty where no page can be."""
    parts = old[1:].split("/")
    if any(
        part in {"", ".", ".."} or not part.isprintable() or len(part.encode()) > _LONGEST_NAME
        for part in parts
    ):
        return ""
    if "." not in parts[-1]:
        return f"{old[1:]}/index.html"
    return old[1:] if parts[-1].lower().endswith(_PAGES) else ""


def _page(target: str, whole: str, language: str) -> bytes:
    there, address = escape(target), escape(whole)
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<meta charset="utf-8">\n'
        f"<title>{address}</title>\n"
        f'<link rel="canonical" href="{address}">\n'
        f'<meta name="robots" content="noindex">\n'
        f'<meta http-equiv="refresh" content="0; url={there}">\n'
        f'<p><a href="{there}">{address}</a></p>\n'
    ).encode()
