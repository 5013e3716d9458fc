"""The sources taken together: anchors, addresses, redirects, the size of pictures. Pure.

What the plan finds anyway (`sula.planning.remarks`: missing sources, shared addresses and
identities, tags) is not looked for again.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from sula.checks.codes import Code
from sula.checks.text import Place, Seen
from sula.errors import Finding
from sula.local.served import is_list_path
from sula.planning.actions import Plan
from sula.planning.record import Source
from sula.planning.redirects import REDIRECTS_FILE, key_of
from sula.planning.remarks import Remark

_PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff")
_LARGE: Final = 2_000_000
"""Bytes. A reader on the road waits several seconds for as many."""
_FOOTNOTE: Final = ("fn", "fnref")

Anchors = Callable[[str], tuple[str, ...]]
"""The anchors of a source by its path."""


def find_across(
    seen: Mapping[str, Seen],
    plan: Plan,
    folder: str,
    anchors: Anchors,
    size_of: Callable[[str], int],
    *,
    redirects: Iterable[str] = (),
) -> list[Finding]:
    """Everything that no source can tell alone.

    `size_of` gives a file's bytes. `redirects` are the keys (`sula.planning.redirects.key_of`) of
    ``redirects.txt``.
    """
    rows = {row.path: row for row in plan.rows if row.status != "draft"}
    made = {"/" + key for key in plan.inputs.blobs if not key.endswith(".md")}
    by_address = {"/" + row.url: path for path, row in rows.items()}
    findings: list[Finding] = []
    known = by_address.keys() | made | set(redirects)
    known |= {key_of(old) for row in rows.values() for old in row.redirect_from}
    for path in sorted(rows.keys() & seen.keys()):
        where = f"{folder}/{path}"
        for place in seen[path].places:
            wrong = _address(place, known, by_address, rows, anchors)
            if wrong is not None:
                code, message = wrong
                finding = Finding(where, place.line, code, message, "warning", column=place.column)
                findings.append(finding)
    return [*findings, *_pictures(plan, folder, size_of)]


def double_redirects(plan: Plan, redirects: Iterable[str]) -> Iterator[Remark]:
    """Old addresses that two sources claim, or a source and ``redirects.txt``."""
    owner = dict.fromkeys(redirects, REDIRECTS_FILE)
    rows = {row.path: row for row in plan.rows if row.status != "draft"}
    for path in sorted(rows):
        for old in rows[path].redirect_from:
            first = owner.setdefault(key_of(old), path)
            if first != path:
                message = f"it redirects {old}, as {first} does: keep one of the two"
                yield Remark(path, "redirect_from", "redirect-wrong", message, "warning")


def _address(
    place: Place,
    known: set[str],
    by_address: Mapping[str, str],
    rows: Mapping[str, Source],
    anchors: Anchors,
) -> tuple[Code, str] | None:
    """What is wrong with a link to an address or to an anchor of another source; or nothing."""
    target = place.target
    if target.startswith("/"):
        source = by_address.get(target) or by_address.get(target.rstrip("/") + "/")
        if source is None:
            nearly = (target, target.rstrip("/") + "/", key_of(target))
            if _is_made(target) or any(address in known for address in nearly):
                return None
            close = difflib.get_close_matches(target, known, 1, 0.85)
            hint = f"; is {close[0]} meant?" if close else ""
            return "link-address", f"nothing is published at {target}{hint}"
        target = source
    if not place.fragment or target not in rows or place.fragment.startswith(_FOOTNOTE):
        return None
    there = anchors(target)
    if place.fragment in there:
        return None
    close = difflib.get_close_matches(place.fragment, there, 1)
    hint = f"; is #{close[0]} meant?" if close else ""
    return "link-anchor", f"links to #{place.fragment}, which is not on {target}{hint}"


def _is_made(path: str) -> bool:
    """Whether Sula publishes something there by itself."""
    return is_list_path(path) or path.startswith(("/theme/", "/tags/", "/series/", "/archive/"))


def _pictures(plan: Plan, folder: str, size_of: Callable[[str], int]) -> Iterator[Finding]:
    for path in plan.inputs.blobs:
        if path.lower().endswith(_PICTURES) and (size := size_of(path)) > _LARGE:
            message = (
                f"the image has {size / 1e6:.1f} MB: at most {_LARGE / 1e6:g} MB is good manners, "
                "since feeds carry it as it is; make it smaller"
            )
            yield Finding(f"{folder}/{path}", 0, "image-large", message, "warning")
        if plan.inputs.sizes.get(path) == (0, 0):
            remedy = (
                "say width and height, or a viewBox" if path.endswith(".svg") else "save it anew"
            )
            message = f"nothing in it tells its size, as if it were damaged or no image: {remedy}"
            yield Finding(f"{folder}/{path}", 0, "image-size", message, "warning")
