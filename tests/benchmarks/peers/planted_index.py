"""edgefeed's index with every post of a corpus in it, most of which were never published."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.benchmarks.peers import corpus
from tests.benchmarks.peers.peer import SulaPeer

from edgefeed.contract import FRAGMENTS, INDEX_KEY, PAGES
from edgefeed.fragments import encode_fragment, fragment_digest
from edgefeed.index import decode, encode
from edgefeed.model import Entry, Fragment
from sula.cloud.connect import connect
from sula.config import load_config

_AROUND: Final = 2_000
"""So many posts before and after one that is edited have something to show: more than there
are on the pages of all its lists."""


def plant_index(peer: SulaPeer) -> None:
    """Put an index with all posts into the bucket, under the header that is there."""
    objects = connect(load_config(peer.folder)).objects
    found = objects.get(INDEX_KEY)
    if found is None:
        raise LookupError("a deploy has to come first")
    index = decode(found.body)
    real = {entry.key: entry for entry in index.entries}
    count = len(peer.sources)
    edited = (count // 2, count - 1)
    entries = []
    for post in corpus.posts(count):
        key = f"{PAGES}posts/{post.slug}/index.html"
        fragment = Fragment(f"<p>{post.body}</p>", post.title)
        name = fragment_digest(fragment)
        if any(abs(post.number - number) < _AROUND for number in edited):
            objects.put(
                FRAGMENTS + name, encode_fragment(fragment),
                content_type="application/json", cache_control="no-store",
            )  # fmt: skip
        stamp = post.date.isoformat(timespec="seconds")
        planted = Entry(
            key=key,
            id=f"urn:planted:{post.number}",
            title=post.title,
            published=stamp,
            instant=int(post.date.timestamp()),
            updated=stamp,
            tags=post.tags,
            series="",
            position=None,
            fragment=name,
            size=len(post.body),
        )
        entries.append(real.pop(key, planted))
    if real:
        raise LookupError(f"posts have other addresses than expected: {sorted(real)}")
    body = encode(replace(index, entries=tuple(entries)))
    objects.put(INDEX_KEY, body, content_type="application/gzip", cache_control="no-store")
