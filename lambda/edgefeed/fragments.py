"""Fragments as they are stored: under the digest of their own bytes. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from edgefeed.model import Fragment

_DECODER = msgspec.json.Decoder(Fragment)


def encode_fragment(fragment: Fragment) -> bytes:
    """The bytes that are stored; equal fragments give equal bytes."""
    return msgspec.json.encode(fragment)


def decode_fragment(data: bytes) -> Fragment:
    """The fragment in stored bytes. Raises `msgspec.MsgspecError` where they are not one."""
    return _DECODER.decode(data)


def fragment_digest(fragment: Fragment) -> str:
    """A fragment's name: 32 hexadecimal digits of the SHA-256 of its bytes."""
    return hashlib.sha256(encode_fragment(fragment)).hexdigest()[:32]
