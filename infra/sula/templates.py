"""Compiled templates, kept from run to run: compiling takes longer than rendering a page."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

import jinja2
import msgspec
from jinja2.bccache import Bucket

from edgefeed.contract import Site
from sula.scratch import keep, recall

_memory: Final[dict[tuple[str, str], bytes]] = {}


class Compiled(jinja2.BytecodeCache):
    """Compiled templates in memory, and on disk.

    Each is checked against the source it was compiled from, and the site it was compiled for:
    what a filter makes of a constant is worked out then. The folder's name tells apart what that
    check does not: versions of Jinja2 and Python.
    """

    def __init__(self, root: Path, site: Site) -> None:
        """Keep them in the scratch folder of `root`."""
        self._root = root
        self._site = hashlib.sha256(msgspec.json.encode(site, order="sorted")).hexdigest()
        self._folder = f"templates/{jinja2.__version__}-{sys.implementation.cache_tag}"

    def get_source_checksum(self, source: str) -> str:
        """See `jinja2.BytecodeCache`."""
        return self._site + super().get_source_checksum(source)

    def load_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        body = _memory.get((bucket.key, bucket.checksum))
        body = body or recall(self._root, f"{self._folder}/{bucket.key}")
        if body is not None:
            bucket.bytecode_from_string(body)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        body = _memory[bucket.key, bucket.checksum] = bucket.bytecode_to_string()
        keep(self._root, f"{self._folder}/{bucket.key}", body)
