"""Who a post is, for ever: the identity that feeds print and subscribers remember.

An identity comes from the front matter's ``id``. A source that states none gets one,
minted from the site's id and the source's path; it is remembered in the build record by
that path and follows renames, so that a new slug, date, title or domain never makes an
old post new to a subscriber.
"""

from __future__ import annotations

import functools
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Container, Mapping


@functools.lru_cache(maxsize=16_384)  # a plan asks for each three times
def mint(site_id: str, path: str) -> str:
    """A new identity: UUID version 5 (RFC 9562, section 5.5) of the path within the site."""
    digest = hashlib.sha1(_namespace(site_id) + path.encode(), usedforsecurity=False).hexdigest()
    # With version and variant in their places: `uuid.uuid5` takes ten times as long to say it.
    variant = "89ab"[int(digest[16], 16) & 3]
    return (
        f"urn:uuid:{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-"
        f"{variant}{digest[17:20]}-{digest[20:32]}"
    )


@functools.lru_cache(maxsize=16)
def _namespace(site_id: str) -> bytes:
    return uuid.uuid5(uuid.NAMESPACE_URL, site_id).bytes


def mint_unused(site_id: str, path: str, taken: Container[str]) -> str:
    """Mint for a path whose own identity may have left with a renamed post."""
    identity, count = mint(site_id, path), 1
    while identity in taken:
        count += 1
        identity = mint(site_id, f"{path}#{count}")
    return identity


def follow_renames(
    gone: Mapping[str, str], come: Mapping[str, str], hints: Mapping[str, str]
) -> dict[str, str]:
    """New path to old path, for every source that only moved.

    ``gone`` and ``come`` map the paths that vanished and appeared to their blob ids: equal
    contents are one source. ``hints`` (new path to old) is what git's rename detection says of
    those that were edited on the way; equal contents win over it.
    """
    by_blob: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(gone, reverse=True):
        by_blob[gone[path]].append(path)
    found = {path: by_blob[come[path]].pop() for path in sorted(come) if by_blob.get(come[path])}
    used = set(found.values())
    for new, old in sorted(hints.items()):
        if new in come and old in gone and new not in found and old not in used:
            found[new] = old
            used.add(old)
    return found
