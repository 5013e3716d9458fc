"""Old addresses and where they lead. Pure.

    redirect_from: [/old/, /older.html]          in a post, whose address is now another
    /old/ /new/ [301|302]                        in redirects.txt, beside pelicanconf.py
    /gone/ 410

The edge function looks a reader's path up under `key_of` it, in a store that takes keys of 512
bytes and values of 1,024.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from edgefeed.contract import quote_path
from sula.errors import Finding
from sula.local.served import LIST_PATHS, is_list_path

if TYPE_CHECKING:
    from sula.planning.blocks import Source

REDIRECTS_FILE: Final = "redirects.txt"
_LONGEST_KEY: Final = 512
_LONGEST_VALUE: Final = 1000
_GONE: Final = "410"
_STATUS: Final = {"301", "302"}


def key_of(path: str) -> str:
    """What a path is looked up under: decoded, without ``index.html`` and last slash."""
    path = unquote(path)
    path = path.removesuffix("index.html") if path.endswith("/index.html") else path
    return path.rstrip("/") or "/"


_LISTS: Final = frozenset({"/sitemap.xml", *(key_of(path.rstrip("*")) for path in LIST_PATHS)})


def parse(text: str) -> tuple[dict[str, str], list[Finding]]:
    """Read ``redirects.txt``: keys to values as the edge function reads them."""
    found: dict[str, str] = {}
    findings: list[Finding] = []

    def wrong(number: int, message: str) -> None:
        findings.append(Finding(REDIRECTS_FILE, number, "redirects-file", message))

    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        problem = _problem(words)
        if problem:
            wrong(number, problem)
            continue
        key = key_of(words[0])
        if key in found:
            wrong(number, f"{words[0]} is redirected on an earlier line already")
            continue
        if words[1] == _GONE:
            found[key] = _GONE
        else:
            status = words[2] if len(words) > 2 else "301"  # noqa: PLR2004 - the third word
            found[key] = f"{status} {_target(words[1])}"
    return found, findings


def _problem(words: list[str]) -> str:
    form = 'a line is "/old/ /new/", "/old/ /new/ 302" or "/old/ 410"'
    if not 2 <= len(words) <= 3 or not words[0].startswith("/"):  # noqa: PLR2004 - see the form
        return form
    if words[1] == _GONE:
        return "" if len(words) == 2 else form  # noqa: PLR2004 - the same
    if len(words) == 3 and words[2] not in _STATUS:  # noqa: PLR2004 - the same
        return f"the status is 301, 302 or 410, not {words[2]}; {form}"
    parts = urlsplit(words[1])
    if not (words[1].startswith("/") or (parts.scheme in {"http", "https"} and parts.netloc)):
        return f"{words[1]} is neither a path from the root nor a web address; {form}"
    if words[1].startswith(("//", "/\\")):
        return f"{words[1]} would lead to another site; write https:// if that is meant"
    return _too_long(words[0], words[1])


def _too_long(old: str, new: str) -> str:
    if len(key_of(old).encode()) > _LONGEST_KEY or len(new.encode()) > _LONGEST_VALUE:
        return f"the edge keeps {_LONGEST_KEY} bytes of an old address, {_LONGEST_VALUE} of a new"
    if is_list_path(key_of(old)) or is_list_path(key_of(old) + "/"):
        return f"{old} belongs to the lists that Sula writes itself"
    return ""


def _target(text: str) -> str:
    return text if "%" in text or not text.startswith("/") else quote_path(text)


def keys_of(rows: Iterable[Source]) -> set[str]:
    """What pages are looked up under, and their old addresses."""
    return {key_of(path) for row in rows for path in ("/" + row.url, *row.redirect_from)}


def make_map(rows: Iterable[Source], stated: Mapping[str, str]) -> dict[str, str]:
    """Every redirect of a site. The file goes first; an address that is a page is none."""
    rows = list(rows)
    moved = [row for row in rows if row.redirect_from]
    if not stated and not moved:
        return {}
    pages = {key_of("/" + row.url) for row in rows}
    found = {
        key_of(old): f"301 {quote_path('/' + row.url)}"
        for row in moved
        for old in row.redirect_from
    }
    return {k: v for k, v in sorted((found | dict(stated)).items()) if k not in pages}


def hidden(rows: Iterable[Source]) -> list[tuple[str, str]]:
    """Old addresses that are a page's of today: the source that states one, and what is wrong."""
    rows = list(rows)
    moved = [row for row in rows if row.redirect_from]
    if not moved:
        return []
    pages = {key_of("/" + row.url): row.path for row in rows}
    return [
        (row.path, f"redirect_from: {old} is the address of {pages[key_of(old)]}; it stays that")
        for row in moved
        for old in row.redirect_from
        if key_of(old) in pages
    ]


def refused(old: str) -> str:
    """Why a page cannot have this old address; empty when it can.

    The edge looks up redirects first: one from the home page or a feed would take it from readers.
    """
    if not old.startswith("/"):
        return f"{old!r} should begin with a slash"
    key = key_of(old)
    if key in _LISTS:
        return f"{old} belongs to the lists that Sula writes itself"
    if len(key.encode()) > _LONGEST_KEY:
        return f"{old[:40]}... is too long: the edge keeps {_LONGEST_KEY} bytes of an old address"
    return ""


def difference(
    old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, str], frozenset[str]]:
    """What to put, and what to delete."""
    return {k: v for k, v in new.items() if old.get(k) != v}, frozenset(old.keys() - new.keys())


__all__ = [
    "REDIRECTS_FILE", "difference", "hidden", "key_of", "keys_of", "make_map", "parse",
    "refused",
]  # fmt: skip
