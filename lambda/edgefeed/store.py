"""The store: where pages are read from and lists are written to.

`Store` is the whole of what edgefeed asks of S3. Every implementation keeps S3's
semantics: strong read-after-write consistency, last writer wins, and the conditional
writes of the S3 API (``If-Match``, ``If-None-Match: *``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

import msgspec

from edgefeed.contract import DOCUMENT_CACHE, list_type


class Conflict(Exception):  # noqa: N818 - a state of affairs, expected and handled
    """A conditional write met another state than it named (412), or a racing one (409)."""


class Unavailable(Exception):  # noqa: N818 - the same
    """The store did not answer as it should (5xx, time-out, throttling): try again later.

    A write that ends so may or may not have happened.
    """


class Head(msgspec.Struct, frozen=True):
    """An object without its body. ``modified`` is RFC 3339, UTC, whole seconds."""

    etag: str
    metadata: Mapping[str, str]
    modified: str


class Object(Head, frozen=True):
    """An object as it was at one moment."""

    body: bytes


class Store(Protocol):
    """What edgefeed asks of a bucket."""

    def get(self, key: str) -> Object | None:
        """The object, or None when there is none. Raises `Unavailable`."""

    def head(self, key: str) -> Head | None:
        """The object without its body, or None. Raises `Unavailable`."""

    def put(
        self,
        key: str,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        """Write an object and return its ETag.

        Content type and cache rule are those of edgefeed's own objects (`contract`). Raises
        `Conflict` where the condition does not hold, `Unavailable` where the outcome is not known.
        """

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object; nothing happens when there is none. Raises as `put` does."""

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """The keys under a prefix, sorted in UTF-8 order. Raises `Unavailable`."""


GENERATION: Final = "generation"
DIGEST: Final = "digest"
"""Metadata of every object under ``lists/``: which write of the index it shows, and the
digest of its bytes and headers."""


def digest(key: str, body: bytes) -> str:
    """What tells two states of a public object apart: its bytes and its headers."""
    found = hashlib.sha256(f"{list_type(key)}\n{DOCUMENT_CACHE}\n".encode())
    found.update(body)
    return found.hexdigest()[:32]
